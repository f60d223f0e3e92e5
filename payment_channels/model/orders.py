"""What a core orders: payments, refunds, payouts, and the undoing of them. Persist them before they are sent."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, JsonValue, model_validator

from payment_channels.model.money import Money
from payment_channels.model.parties import Payee, Payer
from payment_channels.model.record import AccountNumber, Moment, Request

Id = Annotated[str, Field(min_length=1, max_length=64)]
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""What is later has no date in Beijing: the last years of ``datetime`` end with its own."""
ChannelFields = Mapping[str, JsonValue]
"""What only one channel knows; the channel's page lists the keys, and an unknown key is refused before sending."""


class Speed(StrEnum):
    """How fast a payout should arrive, where the channel offers a choice."""

    REAL_TIME = "real_time"
    SAME_DAY = "same_day"
    NEXT_DAY = "next_day"


class Order(Request):
    """What all orders have in common. ``ordered_at`` is the core's own time of the order, with its zone."""

    ordered_at: Moment
    amount: Money
    sub_merchant: str | None = None  # 子商户号, where a service provider acts for a merchant
    notify_url: str | None = None
    channel_fields: ChannelFields = Field(default_factory=dict)

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if self.amount.amount <= 0:
            reason = "the amount must be positive"
            raise ValueError(reason)
        return self


class PaymentOrder(Order):
    """Take money from a payer (收款). ``product`` is one of the channel's products, such as ``native``."""

    kind: Literal["payment"] = "payment"
    merchant_order_id: Id  # 商户订单号
    product: str
    subject: Annotated[str, Field(min_length=1, max_length=256)]  # what is bought, as the payer reads it
    payer: Payer | None = None
    payer_ip: str | None = None
    device_id: str | None = None
    store_id: str | None = None
    expires_at: Annotated[Moment, Field(lt=END_OF_TIME)] | None = None  # afterwards the payer can no longer pay
    attach: str | None = None  # comes back with queries, notifications and bills
    return_url: str | None = None  # where the payer's browser goes afterwards
    purpose: str | None = None
    end_to_end_id: str | None = None


class _Prepared(Protocol):
    """A ``Prepared``: it is made of orders, so this file cannot import it."""

    @property
    def order(self) -> object: ...
    @property
    def wire(self) -> Mapping[str, str]: ...


class _PaymentResult(Protocol):
    """A ``PaymentResult``, of a query or of a notification's event."""

    @property
    def merchant_order_id(self) -> str | None: ...
    @property
    def channel_order_id(self) -> str | None: ...


class OriginalPayment(Request):
    """The payment that a refund or a cancellation is about, with all that any channel needs to find it."""

    merchant_order_id: Id | None = None
    channel_order_id: Id | None = None
    ordered_at: Moment | None = None
    amount: Money  # the payment's total, which several channels demand
    product: str | None = None
    wire: Mapping[str, str] = Field(default_factory=dict)  # of the payment's ``Prepared``

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.merchant_order_id is None and self.channel_order_id is None:
            reason = "name the payment: merchant_order_id or channel_order_id"
            raise ValueError(reason)
        return self

    @classmethod
    def of(cls, asked: PaymentOrder | _Prepared, found: _PaymentResult | None = None) -> Self:
        """Name the payment of an order, or of the ``Prepared`` that was persisted of it.

        ``found`` is the ``PaymentResult`` of a query or of a notification: the channel's own id comes from there, without
        which some channels refund nothing. The amount is the order's total.

        Raises:
            TypeError: ``asked`` is no payment.
            ValueError: ``found`` is of another payment.
        """
        order = asked if isinstance(asked, PaymentOrder) else asked.order
        if not isinstance(order, PaymentOrder):
            reason = f"an original payment cannot be made of a {type(order).__name__}"
            raise TypeError(reason)
        if found is not None and found.merchant_order_id not in {None, order.merchant_order_id}:
            reason = f"the order is {order.merchant_order_id!r}, and found is of {found.merchant_order_id!r}"
            raise ValueError(reason)
        return cls(
            merchant_order_id=order.merchant_order_id,
            channel_order_id=found.channel_order_id if found is not None else None,
            ordered_at=order.ordered_at,
            amount=order.amount,
            product=order.product,
            wire={} if isinstance(asked, PaymentOrder) else asked.wire,
        )


class RefundOrder(Order):
    """Give money of a payment back (退款). ``amount`` is this refund's; the total stands in ``original``."""

    kind: Literal["refund"] = "refund"
    merchant_refund_id: Id  # 商户退款单号: the same on every repetition
    original: OriginalPayment
    reason: str | None = None

    @model_validator(mode="after")
    def _within_the_payment(self) -> Self:
        if self.amount.currency != self.original.amount.currency or self.amount.amount > self.original.amount.amount:
            reason = "a refund cannot exceed its payment, nor have another currency"
            raise ValueError(reason)
        return self


class CloseOrder(Request):
    """Close an order that has not been paid (关单)."""

    kind: Literal["close"] = "close"
    merchant_order_id: Id
    ordered_at: Moment | None = None
    sub_merchant: str | None = None
    product: str | None = None
    wire: Mapping[str, str] = Field(default_factory=dict)


class CancelOrder(Request):
    """Undo a payment whatever its state (撤销 / 冲正): if it was paid, the money goes back."""

    kind: Literal["cancel"] = "cancel"
    merchant_cancel_id: Id | None = None  # where the channel wants an id of its own for it
    ordered_at: Moment  # of the cancellation
    original: OriginalPayment
    sub_merchant: str | None = None
    notify_url: str | None = None


class PayoutOrder(Order):
    """Pay money out (代付) to a personal account, a corporate account or a wallet."""

    kind: Literal["payout"] = "payout"
    merchant_order_id: Id  # 商户订单号 / 代付单号
    payee: Payee
    debit_account: AccountNumber | None = None  # the account that pays, where a channel has several
    purpose: str | None = None  # 用途, as the payee's bank shows it
    remark: str | None = None
    requested_speed: Speed | None = None
    requested_date: date | None = None
    end_to_end_id: str | None = None


class ConfirmPayoutOrder(Request):
    """Release a payout that the channel holds back until somebody confirms it (确认付款)."""

    kind: Literal["confirm_payout"] = "confirm_payout"
    merchant_order_id: Id
    ordered_at: Moment  # of the payout
    amount: Money
    confirm_code: str
    notify_url: str | None = None


class CancelPayoutOrder(Request):
    """Withdraw a payout that is not final (撤销代付)."""

    kind: Literal["cancel_payout"] = "cancel_payout"
    merchant_order_id: Id
    ordered_at: Moment | None = None
    amount: Money
    sub_merchant: str | None = None


class PayoutBatchOrder(Request):
    """Many payouts in one message; the result says of each line where it stands."""

    kind: Literal["payout_batch"] = "payout_batch"
    merchant_batch_id: Id
    ordered_at: Moment
    lines: Annotated[tuple[PayoutOrder, ...], Field(min_length=1, max_length=3000)]
    notify_url: str | None = None

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if len({line.merchant_order_id for line in self.lines}) != len(self.lines):
            reason = "two lines have the same merchant_order_id"
            raise ValueError(reason)
        return self


AnyOrder = Annotated[
    PaymentOrder
    | RefundOrder
    | CloseOrder
    | CancelOrder
    | PayoutOrder
    | ConfirmPayoutOrder
    | CancelPayoutOrder
    | PayoutBatchOrder,
    Field(discriminator="kind"),
]
