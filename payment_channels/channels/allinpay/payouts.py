"""Payouts by TLT: one in real time (100014), and the query of one (200004), which alone states the amount.

The envelope's code comes first; below an envelope that was processed the detail decides. 1000 and 1001 in answer to a query say
that the query failed, and nothing of the payout.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.allinpay import packets
from payment_channels.channels.allinpay.config import TltConfig
from payment_channels.channels.allinpay.messages import MessageRefusedError, day_of, payout_line
from payment_channels.channels.allinpay.packets import Packet
from payment_channels.channels.allinpay.payees import bank_code_of
from payment_channels.channels.allinpay.tlt import DETAIL, INFO, PROCESSED, QUERY, SINGLE, TltLine
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import AccountKind, BankAccount, CorporateAccount, PersonalAccount
from payment_channels.model.queries import PayoutQuery
from payment_channels.model.results import PayoutFacts

ACCOUNT_TYPES: Mapping[AccountKind, str] = {
    AccountKind.DEBIT_CARD: "00",
    AccountKind.PASSBOOK: "01",
    AccountKind.CREDIT_CARD: "02",
}
PERSONAL, CORPORATE = "0", "1"
EVERY_STATUS, BY_DAY = "2", "1"
SINGLE_SN = "0"
"""The line of a real-time payout, as a refund of one names it (ORGBATCHSN 0)."""
PAYEE = "payee"
"""Of ``Prepared.wire``: the last digits of the account that is paid, all that answers show of it, and no more may stand there."""
LAST_DIGITS = 4


def wire_of(order: PayoutOrder) -> dict[str, str]:
    """Return what has to be kept of a payout to tell it from another one under its number."""
    assert isinstance(order.payee, BankAccount)  # noqa: S101  prepare checked it
    return {PAYEE: order.payee.account_no[-LAST_DIGITS:]}


def account(config: TltConfig, payee: BankAccount, order: PayoutOrder) -> dict[str, str | None]:
    """Return the payee and the amount (fen), in the demo's order. A company's account is written as a card's."""
    person = payee if isinstance(payee, PersonalAccount) else None
    return {
        "BANK_CODE": bank_code_of(config, payee),
        "ACCOUNT_TYPE": ACCOUNT_TYPES[person.account_kind if person else AccountKind.DEBIT_CARD],
        "ACCOUNT_NO": payee.account_no,
        "ACCOUNT_NAME": payee.name,
        "ACCOUNT_PROP": CORPORATE if isinstance(payee, CorporateAccount) else PERSONAL,
        "AMOUNT": str(order.amount.amount),
        "CURRENCY": order.amount.currency,
        "ID_TYPE": person.id_type if person else None,
        "ID": person.id_no if person else None,
        "TEL": person.mobile if person else None,
        "CUST_USERID": _text(order, "CUST_USERID"),
        "REMARK": order.remark,
        "SUMMARY": order.purpose,
        "UNION_BANK": payee.cnaps_code,
    }


def _text(order: PayoutOrder, name: str) -> str | None:
    given = order.channel_fields.get(name)
    return str(given) if given is not None else None


def trans(config: TltConfig, order: PayoutOrder, submitted: str) -> str:
    """Write TRANS of 100014."""
    payee = order.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  the capabilities name no other
    head = {
        "BUSINESS_CODE": _text(order, "BUSINESS_CODE") or config.business_code,
        "MERCHANT_ID": config.merchant_id,
        "SUBMIT_TIME": submitted,
    }
    return packets.within("TRANS", packets.fields_of({**head, **account(config, payee, order)}))


def payout(line: TltLine, order: PayoutOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``100014``. The order's number is REQ_SN. A success states no amount, so the query says that it succeeded."""
    number = order.merchant_order_id
    reply = yield from line.send(SINGLE, number, trans(line.config, order, wire["SUBMIT_TIME"]))

    def say(packet: Packet) -> dict[str, Any]:
        details = packet.parts("TRANSRET")
        if not details:
            return {}
        if len(details) > 1 or not details[0].get("RET_CODE"):
            reason = "there is no one TRANSRET with a RET_CODE"
            raise MessageRefusedError(reason)
        detail = details[0]
        facts = PayoutFacts(merchant_order_id=number, settlement_date=day_of(detail.get("SETTLE_DAY", "")))
        return {"where": DETAIL, "code": detail["RET_CODE"], "message": detail.get("ERR_MSG", ""), "facts": facts}

    return (yield from line.read(reply, "payout", SINGLE, number, say))


def asking(config: TltConfig, number: str) -> str:
    """Write QTRANSREQ of 200004: every line, whatever its state, of one request."""
    fields = {"QUERY_SN": number, "MERCHANT_ID": config.merchant_id, "STATUS": EVERY_STATUS, "TYPE": BY_DAY}
    return packets.within("QTRANSREQ", packets.fields_of(fields))


def query(line: TltLine, asked: PayoutQuery) -> Exchange[Reading]:
    """``200004`` by the payout's REQ_SN, which comes back as BATCHID.

    An envelope that says of the payout how it ended names it nowhere. What ties it to this one is the signed REQ_SN of the
    question, a number of its own that was never used before: the answer to it speaks of what it asked after.
    """
    number, own = asked.merchant_order_id or "", line.query_number()
    reply = yield from line.send(QUERY, own, asking(line.config, number))

    def say(packet: Packet) -> dict[str, Any]:
        details = packet.parts("QTRANSRSP", "QTDETAIL")
        if not details:
            return {}
        if len(details) > 1 or not details[0].get("RET_CODE"):
            reason = "there is no one QTDETAIL with a RET_CODE"
            raise MessageRefusedError(reason)
        words = told(details[0], details[0].get("BATCHID") or None)
        other = elsewhere(details[0], asked.wire.get(PAYEE))
        return {**words, "foreign": line.foreign(packet.info, QUERY, own) or other} if other else words

    reading = yield from line.read(reply, "query_payout", QUERY, own, say)
    return replace(reading, facts=PayoutFacts(merchant_order_id=number)) if reading.where == INFO else reading


def elsewhere(detail: Mapping[str, str], account: str | None) -> str:
    """Say in a few words that a line was paid to another account than the one that ends so. Answers show its end alone."""
    shown = detail.get("ACCOUNT_NO", "")[-LAST_DIGITS:]
    return "" if account is None or account.endswith(shown) else "ACCOUNT_NO differs"


def told(detail: Mapping[str, str], number: str | None) -> dict[str, Any]:
    """Put one QTDETAIL into a reading's words."""
    code = detail["RET_CODE"]
    facts = payout_line(detail, number, done=code == PROCESSED)
    return {"where": DETAIL, "code": code, "message": detail.get("ERR_MSG", ""), "facts": facts}
