"""What comes back, in the domain's words: VSP's JSON answers and posted forms, and the lines of TLT's packets.

Source: the field lists of hlib-go/hallinpay@74394108 (apiweb_unitorder_*.go, which copy Allinpay's pages) and
Varorbc/PaySharp@3423dafe src/PaySharp.Allinpay (initamt 订单金额, trxamt 结算金额); com/aipg of Allinpay's own TLT demo in
zhanght86/leasing@7149622d. Names are the wire's, to the letter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, NoReturn

from payment_channels.codec import forms
from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PaymentFacts, PayoutFacts, RefundFacts

BEIJING = timezone(timedelta(hours=8))
MOST_FIELDS = 200
AMOUNT_DIGITS = 15  # more than any amount of money in fen
LONG_TIME, DAY = 14, 8
EXTRA = ("trxcode", "chnltrxid", "trxamt", "accttype", "bankcode", "termno", "cmid", "chnlid", "srctrxid")
"""What only this channel says, worth keeping beside the facts; never an account."""


class MessageRefusedError(ValueError):
    """A message that is not of the documented form. The text says how, and quotes nothing of it."""


def moment(when: datetime) -> str:
    """Write a time as SUBMIT_TIME has it: ``yyyyMMddHHmmss``, in Beijing."""
    return when.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def moment_of(text: str) -> datetime | None:
    """Read such a time; None where it is none."""
    if len(text) != LONG_TIME or not (text.isascii() and text.isdigit()):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None


def day_of(text: str) -> date | None:
    """Read ``yyyyMMdd``; None where it is none."""
    found = moment_of(f"{text}000000") if len(text) == DAY else None
    return found.date() if found is not None else None


def money(digits: str, name: str) -> Money | None:
    """Read fen; None where nothing stands.

    Raises:
        MessageRefusedError: it is anything else.
    """
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()) or len(digits) > AMOUNT_DIGITS:
        reason = f"{name} is not digits of fen"
        raise MessageRefusedError(reason)
    return Money(int(digits))


def read_answer(body: bytes) -> dict[str, str]:
    """Read a JSON answer: one flat object of texts; whole numbers are taken as their digits, null as nothing.

    Raises:
        MessageRefusedError: it is anything else, or a name stands twice.
    """
    try:
        told = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, MessageRefusedError) else "it is not JSON in UTF-8"
        raise MessageRefusedError(reason) from error
    if not isinstance(told, dict) or not told:
        reason = "it is no JSON object with fields"
        raise MessageRefusedError(reason)
    return whole({name: _text(value) for name, value in told.items()})


def whole(fields: dict[str, str]) -> dict[str, str]:
    """Return fields that were read out of JSON.

    Raises:
        MessageRefusedError: one holds half a character (a lone surrogate), which nothing could write or store.
    """
    try:
        "".join((*fields, *fields.values())).encode()
    except UnicodeEncodeError as error:
        reason = "it holds half a character"
        raise MessageRefusedError(reason) from error
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or len(pairs) > MOST_FIELDS:
        reason = "a name stands twice, or there are too many"
        raise MessageRefusedError(reason)
    return found


def _no_float(_text: str) -> NoReturn:
    reason = "a number is not whole"
    raise MessageRefusedError(reason)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    reason = "a field is neither a text nor a whole number"
    raise MessageRefusedError(reason)


def read_post(body: bytes) -> dict[str, str]:
    """Read a notification's form, which may have fields that nobody has heard of.

    Raises:
        MessageRefusedError: it is no form.
    """
    try:
        return forms.parse(body)
    except forms.FormRefusedError as error:
        raise MessageRefusedError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Told:
    """What a message of VSP's says of a transaction. ``initamt`` is what was ordered, ``trxamt`` what is settled.

    Raises, from every method that returns facts:
        MessageRefusedError: an amount is not as documented.
    """

    fields: Mapping[str, str]

    def text(self, *names: str) -> str | None:
        """Return the first of several fields that is there and not empty."""
        return next((self.fields[name] for name in names if self.fields.get(name)), None)

    def _amounts(self) -> Amounts:
        told = money(self.fields.get("trxamt", ""), "trxamt")
        ordered = money(self.fields.get("initamt", ""), "initamt")
        return Amounts(
            order=ordered or told,
            settled=told if ordered is not None else None,
            fee=money(self.fields.get("fee", ""), "fee"),
        )

    def _when(self) -> datetime | None:
        return moment_of(self.text("fintime", "paytime") or "")

    def _extra(self) -> dict[str, str]:
        return {name: text for name in EXTRA if (text := self.text(name))}

    def payment(self, product: str | None, *, paid: bool) -> PaymentFacts:
        """Return the facts of a payment. A query calls our number ``reqsn``, a notification ``cusorderid``."""
        return PaymentFacts(
            merchant_order_id=self.text("reqsn", "cusorderid"),
            channel_order_id=self.text("trxid"),
            product=product,
            paid_at=self._when() if paid else None,
            channel_time=self._when(),
            business_date=day_of(self.fields.get("trxdate", "")),
            payer_id=self.text("acct"),
            attach=self.text("trxreserved"),
            amounts=self._amounts(),
            extra=self._extra(),
        )

    def refund(self, *, done: bool) -> RefundFacts:
        """Return the facts of a refund or of a cancellation, whose own ids stand where a payment's do."""
        return RefundFacts(
            merchant_refund_id=self.text("reqsn", "cusorderid"),
            channel_refund_id=self.text("trxid"),
            channel_order_id=self.text("srctrxid"),
            refunded_at=self._when() if done else None,
            channel_time=self._when(),
            business_date=day_of(self.fields.get("trxdate", "")),
            amounts=self._amounts(),
            extra=self._extra(),
        )


def payout_line(detail: Mapping[str, str], number: str | None, *, done: bool) -> PayoutFacts:
    """Return the facts of a QTDETAIL; ``number`` is whose line it is.

    Raises:
        MessageRefusedError: the amount is not as documented.
    """
    when = moment_of(detail.get("FINTIME", ""))
    return PayoutFacts(
        merchant_order_id=number,
        paid_at=when if done else None,
        channel_time=when,
        settlement_date=day_of(detail.get("SETTDAY", "")),
        payee_account=detail.get("ACCOUNT_NO") or None,
        payee_name=detail.get("ACCOUNT_NAME") or None,
        amounts=Amounts(order=money(detail.get("AMOUNT", ""), "AMOUNT")),
        extra={name: detail[name] for name in ("BATCHID", "SN", "TRXDIR") if detail.get(name)},
    )
