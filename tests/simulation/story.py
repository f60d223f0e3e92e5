"""One seed's story: a merchant's day on three channels, in which everything goes wrong that may, and the days after it."""

import hashlib
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mocks.clock import Clock as MockClock
from mocks.opening import open_world
from payment_channels import ChannelClient, Inbound, NotSentError, Outcome, PaymentChannelError, PaymentOrder, RefundOrder
from payment_channels.journal import DurableClient, Inbox, Journal, KeyRing, OrderKey, OrderRecord, Resolver, SqliteStore, State
from payment_channels.journal.looking import events
from payment_channels.journal.records import COLUMNS, microseconds, record_of
from tests.simulation.channels import SIDES, Side
from tests.simulation.wire import Clock, Killed, Mail, Wire

DAY = 6 * 3600
"""Seconds in which the orders are placed; notifications are replayed for two days."""
PAYABLE = timedelta(minutes=30)


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


@dataclass
class Told:
    """What a verb said of an order: an outcome, or None where it raised, and where the journal stood right then."""

    key: OrderKey
    outcome: Outcome | None
    stood: State | None


@dataclass
class Story:
    """A world, a journal on a file, and the processes that come and go over it."""

    seed: int
    size: Size
    keys: Path
    folder: Path
    intents: list[Intent] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What was seen to be wrong on the way."""
    restarts: int = 0

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.dice = random.Random(f"story {self.seed}")
        self.world = open_world(self.keys, MockClock(self.clock))
        self.sides: dict[str, Side] = {side.name: side(self.world, self.keys) for side in SIDES}
        self.wire = Wire(self.world, self.clock, random.Random(f"wire {self.seed}"), self.size.rate)
        mail = random.Random(f"mail {self.seed}")
        self.mail = Mail(self.sides, mail, self.size.rate, self._give, self._give_later, self._refuse)
        self.world._post = self.mail.post
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count(1)
        self._paid: list[tuple[Side, PaymentOrder]] = []
        self._start()

    # --- processes

    def _start(self) -> None:
        """Start a process: nothing is left of the one before but the file."""
        self.store = SqliteStore(self.folder / "journal.sqlite3")
        self.journal = Journal(self.store, KeyRing.single(bytes(range(32))), clock=self.clock)
        http = self.wire.client()
        bare = {name: ChannelClient(side.open(self.clock), http=http, timeout=20) for name, side in self.sides.items()}
        self.bare = bare
        self.clients = {name: DurableClient(one, self.journal, account=name) for name, one in bare.items()}
        self.inboxes = {name: Inbox(one, self.journal, account=name) for name, one in bare.items()}
        self.resolver = Resolver(self.journal, bare, timeout=20, sleep=lambda _: None)

    def restart(self) -> None:
        self.restarts += 1
        self.store.close()
        self._start()

    def _alive(self, work: Callable[[], Any]) -> Any:
        """Do something in the present process; None where it died over it."""
        try:
            return work()
        except Killed:
            self.restart()
            return None

    # --- the merchant

    def send(self, verb: str, key: OrderKey, order: Any, *, tries: int = 30) -> None:
        """Ask for an order; if an exception says that nothing left, or the process died, ask for the very same once more."""

        def ask() -> Outcome | None:
            try:
                outcome: Outcome = getattr(self.clients[key.account], verb)(order).outcome
            except PaymentChannelError as error:
                outcome = None  # type: ignore[assignment]
                if not isinstance(error, NotSentError):
                    self.broken.append(f"{key}: refused: {error}")
            record = self.journal.find(key)
            self.told.append(Told(key, outcome, record.state if record is not None else None))
            return outcome

        outcome = self._alive(ask)
        if outcome is None and tries:
            self.at(60, lambda: self.send(verb, key, order, tries=tries - 1))

    def at(self, seconds: float, work: Callable[[], None]) -> None:
        """Put something on the agenda, so many seconds from now."""
        heapq.heappush(self._agenda, (self.clock.seconds + seconds, next(self._numbers), work))

    def _number(self, kind: str) -> str:
        return f"S{self.seed:06}{kind}{next(self._numbers):07}"

    def _payment(self, side: Side) -> None:
        number, fen = self._number("P"), self.dice.randint(1, 90_000)
        key, now = OrderKey(side.name, "payment", number), self.clock()
        order = side.payment(number, fen, now, now + PAYABLE)
        self.intents.append(Intent(fen, [key]))
        self._paid.append((side, order))
        self.send("pay", key, order)
        if self.dice.random() < 0.7:
            self.at(self.dice.uniform(5, 1500), lambda: self._pays(side, number))
        if side.closes and self.dice.random() < 0.2:
            self.at(self.dice.uniform(60, 1500), lambda: self._close(side, order))
        if self.dice.random() < 0.2:
            self.at(self.dice.uniform(1, 3600), lambda: self.send("pay", key, order, tries=0))

    def _pays(self, side: Side, number: str) -> None:
        side.does("orders", number, "pay")

    def _close(self, side: Side, order: PaymentOrder) -> None:
        record = self.journal.find(OrderKey(side.name, "payment", order.merchant_order_id))
        if record is None:
            return
        key = OrderKey(side.name, "close", order.merchant_order_id)
        self.send("close", key, side.close(order, self.journal.prepared_of(record).wire))

    def _payout(self, side: Side, intent: Intent, tries: int = 2) -> None:
        number, choice = self._number("T"), self.dice.randrange(2)
        key = OrderKey(side.name, "payout", number)
        order = side.payout(number, intent.fen, self.clock(), choice)
        intent.keys.append(key)
        fate = self.dice.choice(side.fates)
        self.send("payout", key, order)
        if fate:
            again = fate == "return"
            after = 0.0 if side.fate_at_once else self.dice.uniform(1, 9) if fate == "fail" else self.dice.uniform(60, 70_000)
            self.at(after, lambda: self._befalls(side, number, fate, again=again))
        if self.dice.random() < 0.2:
            self.at(self.dice.uniform(1, 3600), lambda: self.send("payout", key, order, tries=0))
        if tries:
            self.at(self.dice.uniform(30, 50) * 3600, lambda: self._anew(side, intent, key, tries - 1))

    def _befalls(self, side: Side, number: str, fate: str, *, again: bool) -> None:
        if not side.does(side.things, number, fate) and again:
            self.at(7200, lambda: self._befalls(side, number, fate, again=False))

    def _anew(self, side: Side, intent: Intent, key: OrderKey, tries: int) -> None:
        """Pay under a new number what is known to have failed: here a failure that was none would pay twice."""
        record = self.journal.find(key)
        if record is not None and record.state is State.FAILED:
            self._payout(side, intent, tries)

    def _refund(self, tries: int = 20) -> None:
        """Refund something of a payment that is known to be paid; sometimes more than is left."""
        paid = [(side, one, record) for side, one in self._paid if (record := self._succeeded(side, one)) is not None]
        if not paid:
            if tries:
                self.at(900, lambda: self._refund(tries - 1))
            return
        side, payment, record = self.dice.choice(paid)
        number, fen = self._number("R"), self.dice.randint(1, payment.amount.amount)
        found = {"channel_order_id": record.channel_order_id, "wire": self.journal.prepared_of(record).wire}
        order: RefundOrder = side.refund(number, fen, self.clock(), payment, found)
        key = OrderKey(side.name, "refund", number)
        self.intents.append(Intent(fen, [key]))
        self.send("refund", key, order)

    def _succeeded(self, side: Side, order: PaymentOrder) -> OrderRecord | None:
        record = self.journal.find(OrderKey(side.name, "payment", order.merchant_order_id))
        return record if record is not None and record.state is State.SUCCEEDED else None

    # --- notifications

    def _give(self, account: str, inbound: Inbound) -> tuple[int, str] | None:
        def take() -> tuple[int, str] | None:
            try:
                answer = self.inboxes[account].take(inbound)
            except PaymentChannelError:
                return 500, ""
            return answer.status, answer.body.decode()

        self.mail.count["given"] += 1
        given: tuple[int, str] | None = self._alive(take)
        return given

    def _give_later(self, seconds: float, account: str, inbound: Inbound) -> None:
        self.at(seconds, lambda: (self._give(account, inbound), None)[1])

    def _refuse(self, name: str, account: str, forged: Inbound) -> None:
        before = self._written()
        self._give(account, forged)
        if self._written() != before:
            self.broken.append(f"{account}: a forged notification ({name}) was taken in")

    def _written(self) -> tuple[Any, ...]:
        text = "SELECT (SELECT COUNT(*) FROM notices), (SELECT COUNT(*) FROM events)"
        return self.store.read(lambda cursor: cursor.rows(text)[0])

    # --- time

    def run(self, progress: Callable[[float], None] = lambda _: None) -> None:
        """Let the day happen, and then time run on until nobody has anything left to do."""
        self._plan()
        while (due := self._next()) is not None:
            self.clock.wait(max(0.0, due - self.clock.seconds) + 0.001)  # moments are kept to a microsecond
            self.wire.arrive()
            while self._agenda and self._agenda[0][0] <= self.clock.seconds:
                heapq.heappop(self._agenda)[2]()
            self.world.deliver()
            self._alive(self.resolver.step)
            progress(self.clock.seconds)

    def _plan(self) -> None:
        sides = list(self.sides.values())
        for number in range(self.size.payments):
            self.at(self.dice.uniform(0, DAY), lambda side=sides[number % 3]: self._payment(side))  # type: ignore[misc]
        for number in range(self.size.payouts):
            intent = Intent(self.dice.randint(30, 90_000), [])
            self.intents.append(intent)
            side = sides[number % 3]
            self.at(self.dice.uniform(0, DAY), lambda side=side, intent=intent: self._payout(side, intent))  # type: ignore[misc]
        for _ in range(self.size.refunds):
            self.at(self.dice.uniform(1800, 2 * DAY), self._refund)
        for _ in range(3):
            self.at(self.dice.uniform(0, DAY), self.restart)
        for _ in range(48):
            self.at(self.dice.uniform(600, 8 * DAY), self._replays)

    def _replays(self) -> None:
        for _ in range(self.size.notifications // 48):
            if self.mail.count["given"] < self.size.notifications:
                self.mail.replay()

    def _next(self) -> float | None:
        """Return when something happens next: on the agenda, on the wire, at a mock's notifications, or in the journal."""
        text = "SELECT MIN(MAX(next_at, COALESCE(lease_until, 0))) FROM orders WHERE next_at IS NOT NULL"
        ((looked,),) = self.store.read(lambda cursor: cursor.rows(text))
        waiting = [one.due for channel in self.world.channels.values() for one in channel.notices._waiting if one.due is not None]
        moments = [(one - self.clock.start).total_seconds() for one in waiting]
        moments += [self._agenda[0][0]] if self._agenda else []
        moments += [self.wire.next_late] if self.wire.next_late is not None else []
        # What is due in the journal is looked at together, a second later.
        moments += [max(looked - microseconds(self.clock.start), 0) / 1e6 + 1] if looked is not None else []
        return min(moments, default=None)

    # --- afterwards

    def records(self) -> list[OrderRecord]:
        rows = self.store.read(lambda cursor: cursor.rows(f"SELECT {COLUMNS} FROM orders ORDER BY id"))  # noqa: S608
        return [record_of(row) for row in rows]

    def digest(self) -> str:
        """Return what tells one story from another: all that happened to every order, and when, without the mocks' own ids."""
        lines = [repr((self.clock.seconds, sorted(self.wire.played.items()), sorted(self.mail.count.items())))]
        for record in self.records():
            lines.append(repr((record.key, record.state, record.manual is not None, record.standing)))
            lines += [
                repr((self._since(one.at), one.source, one.attempt, one.outcome, one.canonical, one.state))
                for one in events(self.journal, record)
            ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _since(self, moment: datetime) -> float:
        return (moment - self.clock.start).total_seconds()

    def states(self) -> Counter[str]:
        return Counter(f"{one.key.kind} {one.state}" for one in self.records())
