"""Times, amounts and facts of messages: what the wire writes, and what its answers tell of a payout."""

from datetime import datetime, timedelta, timezone

from payment_channels.channels.cib.fox import MessageRefusedError, only, text, wanted
from payment_channels.codec.amounts import minor_of_text
from payment_channels.codec.xml import Element
from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PayoutFacts

BEIJING = timezone(timedelta(hours=8))
PAID = "PAYOUT"
CURRENCIES = {None: "CNY", "RMB": "CNY", "01": "CNY"}
EXTRA = ("CHEQUENUM", "DTDUE", "PMTMODE")
"""What only this channel says, worth keeping beside the facts; never an account number."""


def moment(when: datetime) -> str:
    """Write a time as DTCLIENT has it: ``yyyy-MM-dd HH:mm:ss``, in Beijing."""
    return when.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment_of(written: str | None) -> datetime | None:
    """Read ``2014-11-19 14:23:11`` or ``2012-04-23T10:15:43``; None where it is none."""
    try:
        return datetime.strptime((written or "").replace("T", " "), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None


def money_of(written: str | None, name: str, currency: str | None = None) -> Money | None:
    """Read an amount in yuan; None where there is none.

    Raises:
        MessageRefusedError: it is no amount, or not in a currency that is known.
    """
    if written is None:
        return None
    if currency not in CURRENCIES:
        raise MessageRefusedError(f"the currency of {name} is not known")
    try:
        return Money(minor_of_text(written), CURRENCIES[currency])
    except ValueError as error:
        raise MessageRefusedError(f"{name} is no amount") from error


def state_of(element: Element) -> dict[str, str]:
    """Read XFERPRCSTS: the state, and the bank's words for it.

    Raises:
        MessageRefusedError: there is none.
    """
    status = wanted(element, "XFERPRCSTS")
    code = text(status, "XFERPRCCODE")
    if code is None:
        raise MessageRefusedError("XFERPRCSTS has no XFERPRCCODE")
    return {"where": "XFERPRCCODE", "code": code, "message": text(status, "MESSAGE") or ""}


def payout_of(info: Element, holder: Element, *, order_id: str | None, channel_id: str | None) -> PayoutFacts:
    """Read XFERINFO or MAGENTPAYINFO, and the time from the XFERPRCSTS of its ``holder``."""
    status = wanted(holder, "XFERPRCSTS")
    at = moment_of(text(status, "DTXFERPRC"))
    payee = only(info, "ACCTTO")
    currency = text(info, "CURSYM")
    extra = {name: found for name in EXTRA if (found := text(info, name)) is not None}
    return PayoutFacts(
        merchant_order_id=order_id,
        channel_order_id=channel_id,
        channel_time=at,
        paid_at=at if text(status, "XFERPRCCODE") == PAID else None,
        payee_account=text(payee, "ACCTID") if payee is not None else None,
        payee_name=text(payee, "NAME") if payee is not None else None,
        amounts=Amounts(
            order=money_of(text(info, "TRNAMT"), "TRNAMT", currency), fee=money_of(text(info, "HANDLECHG"), "HANDLECHG", currency)
        ),
        extra=extra,
    )
