"""Wire models of WeChat Pay v3, field names to the channel's letter; what does not decide may be missing or odd."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Strict, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PaymentFacts, RefundFacts


def _or_nothing(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Drop an optional field that is not as documented: it must not cost the outcome."""
    try:
        return check(value)
    except ValidationError:
        return None


Odd = WrapValidator(_or_nothing)
Text = Annotated[str | None, Odd]
Time = Annotated[AwareDatetime | None, Odd]
Fen = Annotated[Annotated[int, Strict()] | None, Odd]


class Answer(BaseModel):
    """Base: unknown fields are ignored, known ones read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ErrorAnswer(Answer):
    """``{"code","message","detail"}`` of a 4xx or 5xx."""

    code: str
    message: Text = None


class AmountAnswer(Answer):
    """Amounts in fen. ``total`` is what was ordered, ``payer_total`` what the payer gave after coupons."""

    total: Annotated[int, Strict()] | None = None
    currency: str = "CNY"
    payer_total: Fen = None
    payer_currency: Text = None


class PayerAnswer(Answer):
    """Who paid."""

    openid: Text = None


class PrepayAnswer(Answer):
    """Of native: what the QR code says."""

    code_url: str


class Transaction(Answer):
    """A payment, as query and notification give it. ``trade_state`` decides."""

    mchid: Text = None
    appid: Text = None
    out_trade_no: str
    transaction_id: Text = None
    trade_type: Text = None
    trade_state: str
    trade_state_desc: Text = None
    bank_type: Text = None
    attach: Text = None
    success_time: Time = None
    payer: Annotated[PayerAnswer | None, Odd] = None
    amount: AmountAnswer | None = None

    def facts(self) -> PaymentFacts:
        """Put it in the domain's words."""
        amount = self.amount or AmountAnswer()
        return PaymentFacts(
            merchant_order_id=self.out_trade_no,
            channel_order_id=self.transaction_id or None,
            product=self.trade_type,
            paid_at=self.success_time,
            channel_time=self.success_time,
            payer_id=self.payer.openid if self.payer else None,
            attach=self.attach,
            amounts=Amounts(
                order=money(amount.total, amount.currency),
                payer=money(amount.payer_total, amount.payer_currency or amount.currency),
            ),
            extra={"bank_type": self.bank_type} if self.bank_type else {},
        )


class RefundAmount(Answer):
    """``refund`` is this refund's amount, ``total`` its payment's."""

    refund: Annotated[int, Strict()] | None = None
    total: Fen = None
    currency: str = "CNY"
    payer_refund: Fen = None
    settlement_refund: Fen = None
    refund_fee: Fen = None


class Refund(Answer):
    """A refund, as creation and query give it. ``status`` decides."""

    refund_id: Text = None
    out_refund_no: str
    transaction_id: Text = None
    out_trade_no: Text = None
    channel: Text = None
    user_received_account: Text = None
    success_time: Time = None
    create_time: Time = None
    status: str
    funds_account: Text = None
    amount: RefundAmount | None = None

    def facts(self) -> RefundFacts:
        """Put it in the domain's words."""
        amount = self.amount or RefundAmount()
        return RefundFacts(
            merchant_refund_id=self.out_refund_no,
            channel_refund_id=self.refund_id,
            merchant_order_id=self.out_trade_no,
            channel_order_id=self.transaction_id,
            refunded_at=self.success_time,
            channel_time=self.success_time or self.create_time,
            received_by=self.user_received_account,
            amounts=Amounts(
                order=money(amount.refund, amount.currency),
                payer=money(amount.payer_refund, amount.currency),
                settled=money(amount.settlement_refund, amount.currency),
                fee=money(amount.refund_fee, amount.currency),
            ),
            extra={name: text for name, text in (("channel", self.channel), ("funds_account", self.funds_account)) if text},
        )


def money(fen: int | None, currency: str) -> Money | None:
    """Return Money, or nothing where the wire says nothing."""
    return None if fen is None else Money(fen, currency)


def rfc3339(moment: datetime) -> str:
    """Write a time as the channel documents it: ``2018-06-08T10:34:56+08:00``, whole seconds."""
    return moment.replace(microsecond=0).isoformat()
