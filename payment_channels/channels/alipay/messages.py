"""Wire models of the gateway's answers, field names to the channel's letter: what decides nothing may be odd.

What decides (ids, states, codes, amounts, currencies) may be missing or null; anything but a text there is an answer that
nobody can read. Source: alipay/alipay-sdk-php-all@d95249a3, v3/src/Model (its fields are those of the gateway). Amounts are
texts in yuan.
"""

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from payment_channels.codec.amounts import minor_of_text
from payment_channels.codec.lenient import OrAbsent, Text
from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, Balance, Facts, PaymentFacts, PayoutFacts, RefundFacts, Return

BEIJING = timezone(timedelta(hours=8))
WHEN = "%Y-%m-%d %H:%M:%S"
_WHEN_LENGTH = 19
Words: TypeAlias = dict[str, Any]
"""What an answer says, as fields of a ``Reading``: where, code, facts."""


def time_of(moment: datetime) -> str:
    """Write a time as the gateway reads it: Beijing's, to the second."""
    return moment.astimezone(BEIJING).isoformat(" ", "seconds")[:_WHEN_LENGTH]


def moment_of(value: Any) -> datetime:
    """Read a time of Beijing; ``gmt_refund`` comes with a fraction of a second, which is cut off.

    Raises:
        ValueError: it is not as documented.
    """
    if not isinstance(value, str):
        raise ValueError("a time is no text")  # noqa: TRY004  a number would be read as seconds since 1970
    return datetime.strptime(value[:_WHEN_LENGTH], WHEN).replace(tzinfo=BEIJING)


Time = Annotated[Annotated[datetime, BeforeValidator(moment_of)] | None, OrAbsent()]
Shown: TypeAlias = Any
"""A time as it came: that it is there decides what ``TRADE_CLOSED`` means, and what it says decides nothing else."""


def shown(*times: Shown) -> bool:
    """Say whether any of several times is there.

    Raises:
        ValueError: one is not as documented, so that nobody can say what its being there means.
    """
    given = [moment_of(time) for time in times if time is not None and time != ""]  # each of them has to be readable
    return bool(given)


def first_of(*times: Shown) -> datetime | None:
    """Return the first time that can be read."""
    for time in times:
        if time:
            try:
                return moment_of(time)
            except ValueError:
                continue
    return None


def yuan(text: str | None, currency: str | None = None) -> Money | None:
    """Read an amount that decides.

    Raises:
        ValueError: it is not as documented.
    """
    return None if text is None else Money(minor_of_text(text), currency or "CNY")


def _aside(text: str | None) -> Money | None:
    """Read an amount that decides nothing; None where it is not as documented."""
    try:
        return yuan(text)
    except ValueError:
        return None


def _told(**fields: str | None) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}


class Answer(BaseModel):
    """What every answer has. Unknown fields are ignored, known ones read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    msg: Text = None
    sub_code: str | None = None
    sub_msg: Text = None

    def named(self) -> Facts | None:
        """Return the ids alone, of an answer that tells nothing further."""
        return None


class Named(Answer):
    """What names a trade."""

    out_trade_no: str | None = None
    trade_no: str | None = None

    def named(self) -> PaymentFacts:
        """Return the ids alone."""
        return PaymentFacts(merchant_order_id=self.out_trade_no or None, channel_order_id=self.trade_no or None)


class Trade(Named):
    """Of trade.pay and trade.query; the others answer with a part of it. ``total_amount`` is what was ordered."""

    trade_status: str | None = None
    total_amount: str | None = None
    trans_currency: str | None = None
    buyer_pay_amount: Text = None
    receipt_amount: Text = None
    gmt_payment: Shown = None
    send_pay_date: Shown = None
    buyer_user_id: Text = None
    buyer_open_id: Text = None
    passback_params: Text = None
    additional_status: Text = None

    def facts(self, product: str | None = None) -> PaymentFacts:
        """Return everything.

        Raises:
            ValueError: the amount is not as documented.
        """
        return PaymentFacts(
            merchant_order_id=self.out_trade_no or None,
            channel_order_id=self.trade_no or None,
            product=product,
            paid_at=first_of(self.gmt_payment, self.send_pay_date),
            payer_id=self.buyer_user_id or self.buyer_open_id,
            attach=self.passback_params,
            amounts=Amounts(
                order=yuan(self.total_amount, self.trans_currency),
                payer=_aside(self.buyer_pay_amount),
                settled=_aside(self.receipt_amount),
            ),
            extra=_told(additional_status=self.additional_status),
        )

    def state(self) -> Words:
        """Say the state. ``TRADE_CLOSED`` is never paid, or paid and refunded in full: a second field tells which, if any does.

        Raises:
            ValueError: there is no state, or it is ``TRADE_CLOSED`` and the time of its payment is not as documented.
        """
        if not self.trade_status:
            raise ValueError("there is no trade_status")
        told = None
        if self.trade_status == "TRADE_CLOSED":
            paid = [_aside(self.buyer_pay_amount), _aside(self.receipt_amount)]
            nothing = all(amount == Money(0) for amount in paid)
            told = "send_pay_date" if shown(self.send_pay_date) else "buyer_pay_amount=0.00" if nothing else None
        return {"where": "trade_status", "code": self.trade_status, "sub_code": told}


class Precreated(Named):
    """Of trade.precreate: what the QR code says."""

    qr_code: str | None = None


class Closed(Trade):
    """Of trade.close: the ids and nothing else. What other answers have is looked for, since no answer's name is signed."""

    qr_code: str | None = None
    action: str | None = None
    fund_change: str | None = None
    refund_fee: str | None = None

    def of_another(self) -> str:
        """Say in a few words what shows that it answers something else; empty when nothing does."""
        names = ("trade_status", "total_amount", "qr_code", "action", "fund_change", "refund_fee")
        found = next((name for name in names if getattr(self, name) is not None), None)
        return f"with {found} it answers something else than a close" if found else ""


class Cancelled(Trade):
    """Of trade.cancel."""

    action: str | None = None
    retry_flag: str | None = None


class Refund(Answer):
    """Of trade.refund. ``refund_fee`` is the sum of all refunds of the trade so far, so it says nothing of this one's amount."""

    out_trade_no: str | None = None
    trade_no: str | None = None
    fund_change: str | None = None
    refund_fee: Text = None
    gmt_refund_pay: Time = None

    def named(self) -> RefundFacts:
        """Return what it says of the refund: whose, and when."""
        return RefundFacts(
            merchant_order_id=self.out_trade_no or None,
            channel_order_id=self.trade_no or None,
            refunded_at=self.gmt_refund_pay,
            extra=_told(refund_fee=self.refund_fee),
        )


class RefundFound(Refund):
    """Of trade.fastpay.refund.query: ``refund_amount`` is this refund's, ``refund_status`` may be missing."""

    out_request_no: str | None = None
    refund_amount: str | None = None
    refund_status: str | None = None
    error_code: Text = None

    def facts(self) -> RefundFacts:
        """Return everything.

        Raises:
            ValueError: the amount is not as documented.
        """
        amounts = Amounts(order=yuan(self.refund_amount))
        return self.named().model_copy(update={"merchant_refund_id": self.out_request_no or None, "amounts": amounts})


class Transfer(Answer):
    """Of fund.trans.uni.transfer and its query. The amount comes with the query, and only while the state is SUCCESS."""

    out_biz_no: str | None = None
    order_id: str | None = None
    pay_fund_order_id: Text = None
    status: str | None = None
    sub_status: str | None = None
    amount: str | None = None
    trans_amount: str | None = None
    trans_date: Time = None
    pay_date: Time = None
    order_fee: Text = None
    arrival_time_end: Text = None
    error_code: Text = None
    fail_reason: Text = None

    def named(self) -> PayoutFacts:
        """Return the ids alone."""
        return PayoutFacts(merchant_order_id=self.out_biz_no or None, channel_order_id=self.order_id or None)

    def state(self) -> Words:
        """Say the state and the facts. The second state of a success says whether the money went back; a new one goes first.

        Raises:
            ValueError: there is no state, or the amount is not as documented.
        """
        if not self.status:
            raise ValueError("there is no status")
        second = self.sub_status if self.sub_status not in {None, "", "SUCCESS"} else None
        new = second is not None and second != "REFUNDED"
        return {
            "where": "sub_status" if new else "status",
            "code": second if new else self.status,
            "sub_code": None if new else second,
            "message": self.fail_reason or "",
            "reason": ("error_code", self.error_code) if self.error_code else None,
            "facts": self.facts(),
        }

    def facts(self) -> PayoutFacts:
        """Return everything.

        Raises:
            ValueError: the amount is not as documented.
        """
        amounts = Amounts(order=yuan(self.trans_amount or self.amount), fee=_aside(self.order_fee))
        came_back = self.status == "REFUND" or self.sub_status == "REFUNDED"
        return self.named().model_copy(
            update={
                "paid_at": self.pay_date or self.trans_date,
                "amounts": amounts,
                "returned": Return(amount=amounts.order, reason=self.fail_reason or "") if came_back else None,
                "extra": _told(pay_fund_order_id=self.pay_fund_order_id, arrival_time_end=self.arrival_time_end),
            }
        )


class Account(Answer):
    """Of fund.account.query."""

    available_amount: str | None = None
    freeze_amount: Text = None
    total_amount: Text = None

    def balance(self, account: str) -> Balance:
        """Return the amounts of ``account``.

        Raises:
            ValueError: the available amount is missing or not as documented.
        """
        available = yuan(self.available_amount)
        if available is None:
            raise ValueError("there is no available_amount")
        frozen, total = _aside(self.freeze_amount), _aside(self.total_amount)
        return Balance(account=account, available=available, frozen=frozen, total=total)


class BillAddress(Answer):
    """Of data.dataservice.bill.downloadurl.query."""

    bill_download_url: Text = None
    bill_file_code: str | None = None


class CertificateDownload(Answer):
    """Of open.app.alipaycert.download."""

    alipay_cert_content: str
