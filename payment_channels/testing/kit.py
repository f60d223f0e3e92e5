"""What a conformance test is given and what its author says of his channel: fixtures, sample orders, small tools."""

import itertools
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import CancelOrder, OriginalPayment, PaymentOrder, PayoutBatchOrder, PayoutOrder, RefundOrder
from payment_channels.model.queries import PaymentQuery
from payment_channels.testing.caller import COLOURS, Caller, Colour
from payment_channels.testing.counterpart import Booked, Collected, Counterpart, Trouble

_NUMBERS = itertools.count(1)


class KitClock:
    """The adapter's clock in a test: real time, moved forward at will."""

    def __init__(self) -> None:
        """Start at the present."""
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the moment."""
        return datetime.now(UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self.ahead += timedelta(seconds=seconds)


class Kit:
    """The part of the kit that an author subclasses. He overrides the fixtures and, where needed, the samples."""

    usual_product: ClassVar[str] = ""
    """The product by which payments are made in most checks: one whose order is created by a request."""
    cancel_after: ClassVar[float] = 0
    """Seconds that the channel wants between a payment and its cancellation."""

    pays_elsewhere: ClassVar[bool] = False
    """Payments are made by another interface than this channel's: override ``paid``, and its refunds are checked all the same."""

    @pytest.fixture
    def clock(self) -> KitClock:
        """Return the clock to give to the adapter."""
        return KitClock()

    @pytest.fixture
    def counterpart(self) -> Counterpart:
        """Return the other end of the wire, with empty books. To be overridden."""
        raise NotImplementedError(
            "请覆盖 fixture `counterpart`：返回具有 Counterpart 各方法的对象"
            " / override the fixture `counterpart`: return an object with the methods of Counterpart"
        )

    @pytest.fixture
    def channel(self, counterpart: Counterpart, clock: KitClock) -> Channel:
        """Return the adapter under test, configured for the counterpart. To be overridden."""
        raise NotImplementedError(
            "请覆盖 fixture `channel`：返回 open_channel(渠道名, 配置, clock=clock)"
            " / override the fixture `channel`: return open_channel(name, configuration, clock=clock)"
        )

    @pytest.fixture(params=COLOURS, ids=str)
    def caller(self, request: pytest.FixtureRequest, channel: Channel, counterpart: Counterpart) -> Iterator[Caller]:
        """Return a client in each colour."""
        colour: Colour = request.param
        if not colour.available:
            pytest.skip(f"没有安装 {colour.library} / {colour.library} is not installed")
        made = Caller.to(counterpart, channel, colour)
        yield made
        made.end()

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        """Return what this channel needs in an order besides what every channel does: a payer, fields of its own.

        ``choice`` is the product of a payment or the kind of payee of a payout. A payout needs its ``payee`` from here.
        """
        del verb, choice
        return {}

    def collected(self) -> list[Collected]:
        """Return the collected table's rows that the counterpart can answer. To be overridden."""
        return []

    def number(self) -> str:
        """Return an id that no other order has, in digits and letters that every channel takes."""
        return f"K{os.getpid() % 100000:05}{next(_NUMBERS):09}"

    def payment(self, counterpart: Counterpart, product: str = "", **changes: Any) -> PaymentOrder:
        """Return a payment of 12.34, or as ``changes`` say."""
        chosen = product or self.usual_product
        fields: dict[str, Any] = {
            "merchant_order_id": self.number(),
            "ordered_at": datetime.now(UTC),
            "product": chosen,
            "amount": Money(1234),
            "subject": "conformance 一致性",
            "notify_url": counterpart.notify_url,
        }
        return PaymentOrder(**{**fields, **self.details(Verb.PAY, chosen), **changes})

    def payout(self, counterpart: Counterpart, party: str, **changes: Any) -> PayoutOrder:
        """Return a payout of 12.34 to a kind of payee, or as ``changes`` say; ``details`` gives the payee."""
        fields: dict[str, Any] = {
            "merchant_order_id": self.number(),
            "ordered_at": datetime.now(UTC),
            "amount": Money(1234),
            "notify_url": counterpart.notify_url,
        }
        told = {**self.details(Verb.PAYOUT, party), **changes}
        if "payee" not in told:
            raise NotImplementedError(
                f"请在 {type(self).__name__} 中覆盖 `details`：对 Verb.PAYOUT 与 {party!r} 返回一个字典，"
                "其中有 `payee`（该种账户）与代付所需的其他字段"
                f" / override `details` in {type(self).__name__}: for Verb.PAYOUT and {party!r} return a dict with `payee`, "
                "an account of that kind, and what else a payout needs there"
            )
        return PayoutOrder(**{**fields, **told})

    def batch(self, channel: Channel, counterpart: Counterpart) -> PayoutBatchOrder:
        """Return a batch with two lines to each kind of payee that is declared."""
        lines = [self.payout(counterpart, party) for party in self.choices(channel, Verb.PAYOUT_BATCH) * 2]
        return PayoutBatchOrder(
            **{
                "merchant_batch_id": self.number(),
                "ordered_at": lines[0].ordered_at,
                "lines": tuple(line.model_copy(update={"notify_url": None}) for line in lines),
                "notify_url": counterpart.notify_url,
                **self.details(Verb.PAYOUT_BATCH, None),
            }
        )

    def refund(self, paid: PaymentOrder, query: PaymentQuery, fen: int, **changes: Any) -> RefundOrder:
        """Return a refund of ``fen`` of a payment; ``query`` carries what was found of it."""
        fields: dict[str, Any] = {
            "merchant_refund_id": self.number(),
            "ordered_at": datetime.now(UTC),
            "amount": Money(fen),
            "original": self.original(paid, query),
        }
        return RefundOrder(**{**fields, **self.details(Verb.REFUND, paid.product), **changes})

    def cancellation(self, paid: PaymentOrder, query: PaymentQuery) -> CancelOrder:
        """Return the order that undoes a payment."""
        fields: dict[str, Any] = {
            "merchant_cancel_id": self.number(),
            "ordered_at": datetime.now(UTC),
            "original": self.original(paid, query),
        }
        return CancelOrder(**{**fields, **self.details(Verb.CANCEL, paid.product)})

    def original(self, paid: PaymentOrder, query: PaymentQuery) -> OriginalPayment:
        """Return a payment as a refund or a cancellation names it."""
        return OriginalPayment(
            merchant_order_id=paid.merchant_order_id,
            channel_order_id=query.channel_order_id,
            ordered_at=paid.ordered_at,
            amount=paid.amount,
            product=paid.product,
            wire=query.wire,
        )

    def paid(self, caller: Caller, counterpart: Counterpart, order: PaymentOrder) -> PaymentQuery:
        """Create an order, let it be paid, find it, and return the query of it, by every id that is known then."""
        prepared = caller.prepare(order)
        counterpart.pay(order, caller.pay(prepared))
        query = PaymentQuery.of(prepared)
        found = caller.query(query)
        return query.model_copy(update={"channel_order_id": found.channel_order_id})

    def needs(self, channel: Channel, *verbs: Verb) -> None:
        """Skip a check that is about what the channel does not declare."""
        name = channel.manifest.name
        lacking = ", ".join(str(verb) for verb in verbs if verb not in channel.manifest.capabilities)
        if lacking:
            pytest.skip(f"{name} 没有声明 {lacking} / {name} does not declare {lacking}")

    def plays(self, counterpart: Counterpart, trouble: Trouble) -> None:
        """Skip a trouble that the counterpart cannot play."""
        if trouble not in counterpart.troubles:
            pytest.skip(f"对端演不了 {trouble} / the counterpart cannot play {trouble}")

    def needs_a_payment(self, channel: Channel, *verbs: Verb) -> None:
        """Skip a check that is about what is done to a payment, where the channel declares neither that nor payments."""
        self.needs(channel, *(() if self.pays_elsewhere else (Verb.PAY,)), *verbs)

    def choices(self, channel: Channel, verb: Verb) -> list[str]:
        """Return the products, payees or kinds of bill that a verb declares."""
        capability = channel.manifest.capabilities[verb]
        declared = {Verb.PAYOUT: capability.parties, Verb.PAYOUT_BATCH: capability.parties, Verb.BILL: capability.bill_kinds}.get(
            verb, capability.products
        )
        return sorted(declared)

    def known_choices(self, channel: Channel, verb: Verb) -> set[str]:
        """Return what a row of the collected table may name for a verb: a query's rows name what its orders declare."""
        order = Verb.PAYOUT if "payout" in str(verb) else Verb.PAY
        declared = channel.manifest.capabilities
        return {choice for one in (verb, order) if one in declared for choice in self.choices(channel, one)}

    def booked(self, counterpart: Counterpart, merchant_id: str) -> list[Booked]:
        """Return what the books hold under an id."""
        return [entry for entry in counterpart.books() if entry.merchant_id == merchant_id]
