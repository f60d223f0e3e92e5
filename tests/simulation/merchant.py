"""The merchant: what he intends and orders, and what payers and banks make of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from payment_channels import PaymentOrder, PayoutOrder, PayoutResult, Phase, Verb
from payment_channels.journal import Journal, OrderKey, OrderRecord, State
from tests.simulation.channels import Side
from tests.simulation.channels.side import QUICK

DAY = 6 * 3600
"""Seconds in which the orders are placed."""
PAYABLE = timedelta(minutes=30)
MOST_LINES = 5
CHOICES = 5040
"""Any number of payees, up to ten, is chosen from evenly."""
"""Payouts of one batch, where a channel takes batches."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens in one seed's story."""

    payments: int
    payouts: int
    refunds: int
    notifications: int
    rate: float = 0.3


@dataclass
class Intent:
    """What the merchant wants to happen once: ``keys`` are the orders that were made for it, each after the last had failed."""

    fen: int
    keys: list[OrderKey]


class Desk(Protocol):
    """What the merchant works with; the journal is another object after each restart."""

    journal: Journal
    intents: list[Intent]

    @property
    def clock(self) -> Callable[[], datetime]:
        """The one clock."""

    def at(self, seconds: float, work: Callable[[], None]) -> None:
        """Put something on the agenda, so many seconds from now."""

    def send(self, verb: str, key: OrderKey, order: Any, *, tries: int = 30) -> None:
        """Hand an order in, and if an exception says that nothing left, or the process died over it, the very same once more."""

    def number(self, kind: str) -> str:
        """Return a number that was never used."""


class Merchant:
    """Places a day's orders on all channels; a channel does whatever it declares."""

    def __init__(self, desk: Desk, sides: list[Side], dice: random.Random) -> None:
        """``dice`` decide everything that he and his payers do."""
        self.desk = desk
        self.sides = sides
        self.dice = dice
        self._paid: list[tuple[Side, PaymentOrder]] = []

    def plan(self, size: Size) -> None:
        """Put a day's orders on the agenda."""
        at, dice = self.desk.at, self.dice
        sides = [side for side in self.sides if side.can(Verb.PAY)]
        for number in range(size.payments):
            side = sides[number % len(sides)]
            at(dice.uniform(0, DAY), lambda side=side, number=number: self._payment(side, number // len(sides)))  # type: ignore[misc]
        for side, intents in self._payouts(size.payouts):
            at(dice.uniform(0, DAY), lambda side=side, intents=intents: self._pays_out(side, intents))  # type: ignore[misc]
        for _ in range(size.refunds):
            at(dice.uniform(1800, 2 * DAY), self._refund)
        for side in (one for one in self.sides if one.can(Verb.REFUND) and not one.can(Verb.PAY)):
            for _ in range(size.refunds // 5):
                at(dice.uniform(0, DAY), lambda side=side: self._collected(side))  # type: ignore[misc]

    def _payouts(self, count: int) -> list[tuple[Side, list[Intent]]]:
        """Return what is to be paid out, on the channels in turn: one by one, and where a channel takes batches, also in some."""
        planned: list[tuple[Side, list[Intent]]] = []
        for number in range(count):
            side, intent = self.sides[number % len(self.sides)], Intent(self.dice.randint(30, 90_000), [])
            self.desk.intents.append(intent)
            batch = next((made for other, made in planned if other is side and len(made) < MOST_LINES), None)
            if side.batches and batch is not None and self.dice.random() < 0.5:
                batch.append(intent)
            else:
                planned.append((side, [intent]))
        return planned

    # --- payments

    def _payment(self, side: Side, choice: int) -> None:
        number, fen = self.desk.number("P"), self.dice.randint(1, 90_000)
        key, now = OrderKey(side.name, "payment", number), self.desk.clock()
        order = side.payment(number, fen, now, now + PAYABLE, choice)
        self.desk.intents.append(Intent(fen, [key]))
        self._paid.append((side, order))
        self.desk.send("pay", key, order)
        if self.dice.random() < 0.7:
            self.desk.at(self.dice.uniform(5, 1500), lambda: self._pays(side, number))
        ending = self.dice.random()
        if side.closes(order.product) and ending < 0.2:
            self.desk.at(self.dice.uniform(60, 1500), lambda: self._close(side, order))
        elif side.cancels(order.product) and ending > 0.75:
            self.desk.at(self.dice.uniform(20, 2400), lambda: self._cancel(side, order))
        if self.dice.random() < 0.2:
            self.desk.at(self.dice.uniform(1, 3600), lambda: self._send_again("pay", key, order))

    def _pays(self, side: Side, number: str) -> None:
        side.pays(number)

    def _send_again(self, verb: str, key: OrderKey, order: Any) -> None:
        """Hand the very same order in once more, as an impatient core does."""
        self.desk.send(verb, key, order, tries=0)

    def _close(self, side: Side, order: PaymentOrder) -> None:
        record = self._known(side, order)
        if record is not None:
            key = OrderKey(side.name, "close", order.merchant_order_id)
            self.desk.send("close", key, side.close(order, self.desk.journal.prepared_of(record).wire))

    def _cancel(self, side: Side, order: PaymentOrder, tries: int = 4) -> None:
        """Undo a payment whatever became of it; where the channel wants it paid, wait until it is known to be."""
        record = self._known(side, order)
        if record is None or (side.cancels_by_number and record.state is not State.SUCCEEDED):
            if tries:
                self.desk.at(900, lambda: self._cancel(side, order, tries - 1))
            return
        number = self.desk.number("C") if side.cancels_by_number else order.merchant_order_id
        made = side.cancel(number, self.desk.clock(), order, self._found(record))
        self.desk.send("cancel", OrderKey(side.name, "cancel", number), made)

    def _known(self, side: Side, order: PaymentOrder) -> OrderRecord | None:
        return self.desk.journal.find(OrderKey(side.name, "payment", order.merchant_order_id))

    def _found(self, record: OrderRecord) -> dict[str, Any]:
        return {"channel_order_id": record.channel_order_id, "wire": self.desk.journal.prepared_of(record).wire}

    def _refund(self, tries: int = 20) -> None:
        """Refund something of a payment that is known to be paid; sometimes more than is left."""
        known = [(side, one, self._known(side, one)) for side, one in self._paid]
        paid = [(side, one, record) for side, one, record in known if record is not None and record.state is State.SUCCEEDED]
        if not paid:
            if tries:
                self.desk.at(900, lambda: self._refund(tries - 1))
            return
        side, payment, record = self.dice.choice(paid)
        self._gives_back(side, payment, self._found(record))

    def _collected(self, side: Side) -> None:
        """Refund something of a payment that was made elsewhere; sometimes twice, and then more than is left."""
        payment = side.collected(self.desk.number("P"), self.dice.randint(1, 90_000), self.desk.clock())
        for _ in range(self.dice.choice((1, 2))):
            self._gives_back(side, payment, {})

    def _gives_back(self, side: Side, payment: PaymentOrder, found: dict[str, Any]) -> None:
        number, fen = self.desk.number("R"), self.dice.randint(1, payment.amount.amount)
        key = OrderKey(side.name, "refund", number)
        self.desk.intents.append(Intent(fen, [key]))
        self.desk.send("refund", key, side.refund(number, fen, self.desk.clock(), payment, found))

    # --- payouts

    def _pays_out(self, side: Side, intents: list[Intent]) -> None:
        if len(intents) == 1:
            self._payout(side, intents[0])
        else:
            self._batch(side, intents)

    def _ordered(self, side: Side, intent: Intent, key: OrderKey, *, line: bool = False) -> PayoutOrder:
        intent.keys.append(key)
        made = side.line if line else side.payout
        return made(key.merchant_id, intent.fen, self.desk.clock(), self.dice.randrange(CHOICES))

    def _payout(self, side: Side, intent: Intent, tries: int = 2) -> None:
        key = OrderKey(side.name, "payout", self.desk.number("T"))
        order = self._ordered(side, intent, key)
        self.desk.send("payout", key, order)
        if side.can(Verb.CONFIRM_PAYOUT) and self.dice.random() < 0.8:
            self.desk.at(self.dice.uniform(60, 7200), lambda: self._confirm(side, key, order))
        self._meets_its_fate(side, key.merchant_id)
        if self.dice.random() < 0.2:
            self.desk.at(self.dice.uniform(1, 3600), lambda: self._send_again("payout", key, order))
        if tries:
            self.desk.at(self.dice.uniform(30, 50) * 3600, lambda: self._anew(side, intent, key, tries - 1))

    def _confirm(self, side: Side, key: OrderKey, order: PayoutOrder) -> None:
        """Let the channel pay what it holds back, if it told by which code."""
        record = self.desk.journal.find(key)
        if record is None or record.state is not State.PENDING or record.phase != Phase.AWAITING_CONFIRMATION:
            return
        told = self.desk.journal.result_of(record)
        code = told.confirm_code if isinstance(told, PayoutResult) else None
        if code is not None:
            self.desk.send("confirm_payout", OrderKey(side.name, "confirm_payout", key.merchant_id), side.confirm(order, code))

    def _batch(self, side: Side, intents: list[Intent]) -> None:
        """Pay many in one message."""
        key = OrderKey(side.name, "payout_batch", self.desk.number("B"))
        lines = [OrderKey(side.name, "payout", self.desk.number("L")) for _ in intents]
        orders = tuple(self._ordered(side, intent, line, line=True) for intent, line in zip(intents, lines, strict=True))
        order = side.batch(key.merchant_id, self.desk.clock(), orders)
        self.desk.send("payout_batch", key, order)
        for line in lines:
            self._meets_its_fate(side, line.merchant_id)
        if self.dice.random() < 0.5:
            self.desk.at(self.dice.uniform(1, 3600), lambda: self._send_again("payout_batch", key, order))

    def _meets_its_fate(self, side: Side, number: str) -> None:
        for place, fate in enumerate(self.dice.choice(side.fates).split()):
            soon = fate in QUICK and not place
            after = self.dice.uniform(60, 70_000) if not soon else 0.0 if side.fate_at_once else self.dice.uniform(1, 9)
            self.desk.at(after, lambda fate=fate: self._befalls(side, number, fate, again=fate == "return"))  # type: ignore[misc]

    def _befalls(self, side: Side, number: str, fate: str, *, again: bool) -> None:
        if not side.does(number, fate) and again:
            self.desk.at(7200, lambda: self._befalls(side, number, fate, again=False))

    def _anew(self, side: Side, intent: Intent, key: OrderKey, tries: int) -> None:
        """Pay under a new number what is known to have failed: here a failure that was none would pay twice."""
        record = self.desk.journal.find(key)
        if record is not None and record.state is State.FAILED:
            self._payout(side, intent, tries)
