"""What a core asks after: orders by either id, balances, bills. Each query says what amount is expected."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from payment_channels.model.money import Money
from payment_channels.model.orders import CancelOrder, Id, PaymentOrder, PayoutBatchOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.record import AccountNumber, Moment, Request

OrderT = TypeVar("OrderT", PaymentOrder, RefundOrder, PayoutOrder, PayoutBatchOrder)


class Query(Request):
    """What all queries of orders share. ``amount`` is the order's: a success with another amount is no success.

    ``wire`` is the ``Prepared.wire`` of the order; ``ordered_at``, ``last_sent_at`` and ``expires_at`` let the answer say from
    when on "not found" is conclusive. ``of`` a ``Prepared`` takes the time of preparing for ``last_sent_at``: give the true one
    where the order left later, or once more.
    """

    channel_order_id: Id | None = None
    amount: Money
    ordered_at: Moment | None = None
    last_sent_at: Moment | None = None
    sub_merchant: str | None = None
    wire: Mapping[str, str] = Field(default_factory=dict)


class PaymentQuery(Query):
    """Ask for a payment (查单), by the core's id or by the channel's."""

    kind: Literal["query"] = "query"
    merchant_order_id: Id | None = None
    product: str | None = None  # where products are queried at different doors
    expires_at: Moment | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.merchant_order_id is None and self.channel_order_id is None:
            reason = "name the payment: merchant_order_id or channel_order_id"
            raise ValueError(reason)
        return self

    @classmethod
    def of(cls, asked: PaymentOrder | Prepared) -> Self:
        """Make the query of an order, or of what was persisted of it."""
        order, wire = _order_and_wire(asked, PaymentOrder)
        return cls(
            merchant_order_id=order.merchant_order_id,
            amount=order.amount,
            ordered_at=order.ordered_at,
            last_sent_at=_prepared_at(asked),
            expires_at=order.expires_at,
            product=order.product,
            sub_merchant=order.sub_merchant,
            wire=wire,
        )


class RefundQuery(Query):
    """Ask for a refund (退款查询), or for a cancellation where the channel's capability says that it is found so."""

    kind: Literal["query_refund"] = "query_refund"
    merchant_refund_id: Id
    merchant_order_id: Id | None = None  # of the payment, where the channel wants it
    product: str | None = None

    @classmethod
    def of(cls, asked: RefundOrder | CancelOrder | Prepared) -> Self:
        """Make the query of a refund or a cancellation, or of what was persisted of it."""
        given, wire = (asked.order, asked.wire) if isinstance(asked, Prepared) else (asked, {})
        if isinstance(given, CancelOrder):
            return cls._of_a_cancellation(given, wire).model_copy(update={"last_sent_at": _prepared_at(asked)})
        order, wire = _order_and_wire(asked, RefundOrder)
        return cls(
            merchant_refund_id=order.merchant_refund_id,
            merchant_order_id=order.original.merchant_order_id,
            amount=order.amount,
            ordered_at=order.ordered_at,
            last_sent_at=_prepared_at(asked),
            product=order.original.product,
            sub_merchant=order.sub_merchant,
            wire=wire,
        )

    @classmethod
    def _of_a_cancellation(cls, order: CancelOrder, wire: Mapping[str, str]) -> Self:
        if order.merchant_cancel_id is None:
            reason = "a cancellation without a merchant_cancel_id has nothing to be asked after by"
            raise TypeError(reason)
        return cls(
            merchant_refund_id=order.merchant_cancel_id,
            merchant_order_id=order.original.merchant_order_id,
            amount=order.original.amount,
            ordered_at=order.ordered_at,
            product=order.original.product,
            sub_merchant=order.sub_merchant,
            wire=wire,
        )


class PayoutQuery(Query):
    """Ask for a payout (代付查询)."""

    kind: Literal["query_payout"] = "query_payout"
    merchant_order_id: Id | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.merchant_order_id is None and self.channel_order_id is None:
            reason = "name the payout: merchant_order_id or channel_order_id"
            raise ValueError(reason)
        return self

    @classmethod
    def of(cls, asked: PayoutOrder | Prepared) -> Self:
        """Make the query of a payout, or of what was persisted of it."""
        order, wire = _order_and_wire(asked, PayoutOrder)
        return cls(
            merchant_order_id=order.merchant_order_id,
            amount=order.amount,
            ordered_at=order.ordered_at,
            last_sent_at=_prepared_at(asked),
            sub_merchant=order.sub_merchant,
            wire=wire,
        )


class PayoutBatchQuery(Request):
    """Ask for a batch of payouts; ``lines`` says what was ordered, since each line's amount is compared."""

    kind: Literal["query_payout_batch"] = "query_payout_batch"
    merchant_batch_id: Id
    ordered_at: Moment | None = None
    last_sent_at: Moment | None = None
    lines: tuple[PayoutOrder, ...]
    wire: Mapping[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, asked: PayoutBatchOrder | Prepared) -> Self:
        """Make the query of a batch, or of what was persisted of it."""
        order, wire = _order_and_wire(asked, PayoutBatchOrder)
        return cls(
            merchant_batch_id=order.merchant_batch_id,
            ordered_at=order.ordered_at,
            last_sent_at=_prepared_at(asked),
            lines=order.lines,
            wire=wire,
        )


class BalanceQuery(Request):
    """Ask what a channel account holds (余额)."""

    kind: Literal["balance"] = "balance"
    account: AccountNumber | None = None
    account_kind: str | None = None  # the channel's own division of accounts
    sub_merchant: str | None = None


class BillQuery(Request):
    """Ask for one day's bill (对账单). ``day`` is the channel's business day, ``bill_kind`` one the channel declares."""

    kind: Literal["bill"] = "bill"
    day: date
    bill_kind: str
    variant: str | None = None  # a channel's own narrowing: successes only, refunds only, one of several accounts
    sub_merchant: str | None = None
    compressed: bool = False


AnyQuery = Annotated[
    PaymentQuery | RefundQuery | PayoutQuery | PayoutBatchQuery | BalanceQuery | BillQuery,
    Field(discriminator="kind"),
]


def _prepared_at(asked: object) -> datetime | None:
    return asked.prepared_at if isinstance(asked, Prepared) else None


def _order_and_wire(asked: OrderT | CancelOrder | Prepared, wanted: type[OrderT]) -> tuple[OrderT, Mapping[str, str]]:
    order, wire = (asked.order, asked.wire) if isinstance(asked, Prepared) else (asked, {})
    if not isinstance(order, wanted):
        reason = f"a query of a {wanted.__name__} cannot be made of a {type(order).__name__}"
        raise TypeError(reason)
    return order, wire
