"""Wire models of WeChat Pay v3, field names to the channel's letter: what decides nothing may be odd.

What decides (ids, whose they are, states, amounts, currencies) may be missing where that is documented; anything but the
documented type there is an answer that nobody can read.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.codec.lenient import OrAbsent, Text
from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PaymentFacts, PayoutFacts, RefundFacts

AMOUNT_DIGITS = 16


def _digits(value: Any) -> Any:
    """Public clients disagree whether a transfer's amount is a number or digits in a text: take both."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < AMOUNT_DIGITS else value


Time = Annotated[Annotated[AwareDatetime, Strict()] | None, OrAbsent()]
"""Strict: a number would be read as seconds since 1970."""
Fen = Annotated[Annotated[int, Strict()] | None, OrAbsent()]


class Answer(BaseModel):
    """Base: unknown fields are ignored, known ones read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ErrorAnswer(Answer):
    """``{"code","message","detail"}`` of a 4xx or 5xx."""

    code: str
    message: Text = None


class Sealed(Answer):
    """A box of AEAD_AES_256_GCM."""

    nonce: str
    associated_data: str = ""
    ciphertext: str


class CertificateEntry(Answer):
    """One platform certificate."""

    serial_no: str
    encrypt_certificate: Sealed


class CertificateList(Answer):
    """Of ``GET /v3/certificates``."""

    data: tuple[CertificateEntry, ...]


class AmountAnswer(Answer):
    """Amounts in fen. ``total`` is what was ordered, ``payer_total`` what the payer gave after coupons."""

    total: Annotated[int, Strict()] | None = None
    currency: str = "CNY"
    payer_total: Fen = None
    payer_currency: Text = None


class PayerAnswer(Answer):
    """Who paid, by whichever app asked."""

    openid: Text = None
    sp_openid: Text = None
    sub_openid: Text = None


class NativeAnswer(Answer):
    """Of native: what the QR code says."""

    code_url: str


class H5Answer(Answer):
    """Of h5: where the payer's browser goes."""

    h5_url: str


class PrepayAnswer(Answer):
    """Of jsapi and app: what the wallet is called with."""

    prepay_id: str


class Whose(Answer):
    """For whom an answer speaks: a merchant, or a service provider (``sp_``) and his merchant (``sub_``)."""

    mchid: str | None = None
    appid: str | None = None
    sp_mchid: str | None = None
    sp_appid: str | None = None
    sub_mchid: str | None = None

    def foreign(self, config: WechatConfig) -> str:
        """Say in a few words what of it is not ours."""
        ours = {"mchid": config.mchid, "appid": config.appid, "sp_mchid": config.mchid, "sp_appid": config.appid}
        for name, own in ours.items():
            told = getattr(self, name)
            if told is not None and told != own:
                return f"{name} differs"
        return ""


class Reversed(Whose):
    """Of reverse: whose and which. The signature does not say what was asked, so other answers about the order are told apart."""

    out_trade_no: str
    trade_state: Any = None
    out_refund_no: Any = None

    def foreign(self, config: WechatConfig) -> str:
        """Also look for what the answers to a query or a refund of the same order have."""
        if self.trade_state is not None or self.out_refund_no is not None:
            return "it answers something else than a reversal"
        return super().foreign(config)


class Transaction(Whose):
    """A payment, as query and notification give it. ``trade_state`` decides."""

    out_trade_no: str
    transaction_id: str | None = None
    trade_type: Text = None
    trade_state: str
    trade_state_desc: Text = None
    bank_type: Text = None
    attach: Text = None
    success_time: Time = None
    payer: Annotated[PayerAnswer | None, OrAbsent()] = None
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
            payer_id=(self.payer.openid or self.payer.sp_openid or self.payer.sub_openid) if self.payer else None,
            attach=self.attach,
            amounts=Amounts(
                order=money(amount.total, amount.currency),
                payer=money(amount.payer_total, amount.payer_currency or amount.currency),
            ),
            extra={name: text for name, text in (("bank_type", self.bank_type), ("sub_mchid", self.sub_mchid)) if text},
        )


class Transfer(Whose):
    """A transfer to a wallet. ``state`` decides. Queries write the merchant as ``mch_id``, unlike all else of v3."""

    mch_id: str | None = None
    out_bill_no: str
    transfer_bill_no: str | None = None
    state: str
    transfer_amount: Annotated[int, BeforeValidator(_digits), Strict()] | None = None
    fail_reason: Text = None
    openid: Text = None
    create_time: Time = None
    update_time: Time = None
    package_info: Text = None

    def foreign(self, config: WechatConfig) -> str:
        """Also look at the underscored name."""
        if self.mch_id is not None and self.mch_id != config.mchid:
            return "mch_id differs"
        return super().foreign(config)

    def facts(self) -> PayoutFacts:
        """Put it in the domain's words."""
        return PayoutFacts(
            merchant_order_id=self.out_bill_no,
            channel_order_id=self.transfer_bill_no,
            channel_time=self.update_time or self.create_time,
            paid_at=self.update_time if self.state == "SUCCESS" else None,
            amounts=Amounts(order=money(self.transfer_amount, "CNY")),
        )


class RefundAmount(Answer):
    """``refund`` is this refund's amount, ``total`` its payment's."""

    refund: Annotated[int, Strict()] | None = None
    total: Fen = None
    currency: str = "CNY"
    payer_refund: Fen = None
    settlement_refund: Fen = None
    refund_fee: Fen = None


class Refund(Whose):
    """A refund, as creation and query give it. ``status`` decides."""

    refund_id: Text = None
    out_refund_no: str
    transaction_id: str | None = None
    out_trade_no: str | None = None
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


class RefundNotice(Whose):
    """What a refund's notification carries: the same facts under ``refund_status``."""

    refund_id: Text = None
    out_refund_no: str
    transaction_id: str | None = None
    out_trade_no: str | None = None
    refund_status: str
    success_time: Time = None
    user_received_account: Text = None
    amount: RefundAmount | None = None

    def facts(self) -> RefundFacts:
        """Put it in the domain's words."""
        told = self.model_dump(exclude={"refund_status"}, exclude_none=True)
        return Refund(status=self.refund_status, **told).facts()


class Notification(Answer):
    """The envelope of every notification."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    create_time: Time = None
    event_type: str
    resource: Sealed


class BillAddress(Answer):
    """Of the bill applications: where the file is, and the hash of its uncompressed bytes."""

    hash_type: str
    hash_value: str
    download_url: str


def money(fen: int | None, currency: str) -> Money | None:
    """Return Money, or nothing where the wire says nothing."""
    return None if fen is None else Money(fen, currency)


def rfc3339(moment: datetime) -> str:
    """Write a time as the channel documents it: ``2018-06-08T10:34:56+08:00``, whole seconds."""
    return moment.replace(microsecond=0).isoformat()
