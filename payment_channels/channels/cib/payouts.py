"""Payouts one by one: a transfer (XFERTRNRQ), 快速转账 (ICTRANSFERTRNRQ) or 收付直通车代付 (MAGENTPAYTRNRQ), and their query.

The same TRNUID sent again is documented as answered with the stored result. A query carries a number of its own; its answer names
the payout by being the answer to that number. By 收付直通车 the query is the same message with nothing but the TRNUID in it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.cib import bodies, checks, fox
from payment_channels.channels.cib.line import STATUS, Line
from payment_channels.channels.cib.messages import BEIJING, PAID, moment_of, payout_of, state_of
from payment_channels.codec.xml import Element
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import BankAccount
from payment_channels.model.queries import PayoutQuery

TRANSFER, AGENT, FAST = checks.BY["XFER"], checks.BY["MAGENTPAY"], checks.BY["ICTRANSFER"]
QUERIES = {TRANSFER: ("XFERINQTRNRQ", "query_payout.xfer"), FAST: ("ICTRANSFERINQTRNRQ", "query_payout.fast")}
"""The query of a transfer, and as which operation its answer is read."""
INTERFACE, PAYEE, DUE = "interface", "payee", "DTDUE"
"""Of ``Prepared.wire``: by which interface it goes, the mark of its payee, and the day of one that is to be paid later."""


def wire_of(order: PayoutOrder) -> dict[str, str]:
    """Return what has to be kept of a payout to find it again."""
    assert isinstance(order.payee, BankAccount)  # noqa: S101  prepare checked it
    mark = bodies.account_mark(order.merchant_order_id, order.payee.account_no)
    due = {DUE: order.requested_date.isoformat()} if order.requested_date is not None else {}
    return {INTERFACE: checks.interface_of(order), PAYEE: mark, **due}


def payout(line: Line, order: PayoutOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """Send one payout by its interface."""
    if checks.interface_of(order) == AGENT:
        reply = yield from line.send(AGENT, bodies.agent(line.config, order))
        return line.read(reply, "payout.agent", AGENT, order.merchant_order_id, _agent(order.merchant_order_id, wire))
    fast = checks.interface_of(order) == FAST
    operation = "payout.fast" if fast else "payout.super" if checks.is_super(order) else "payout.xfer"
    name, inside = (FAST, "XPMTRS") if fast else (TRANSFER, "XFERRS")
    reply = yield from line.send(name, (bodies.fast if fast else bodies.transfer)(line.config, order))

    def say(told: Element, answer: fox.Answer) -> dict[str, Any]:
        held = fox.wanted(told, inside)
        number = fox.text(held, "SRVRID") or fox.text(held, "SRVRTID")
        words = _said(held, "XFERINFO", number, order.merchant_order_id, wire)
        return words | _registered(line, words, held, answer, wire)

    return line.read(reply, operation, name, order.merchant_order_id, say)


def query(line: Line, asked: PayoutQuery) -> Exchange[Reading]:
    """Ask for a payout, at the interface that it went by. Without ``wire`` two are: not found there says nothing."""
    order_id = checks.check_trnuid(asked.merchant_order_id, "merchant_order_id")
    interface = asked.wire.get(INTERFACE)
    if interface not in {None, *checks.BY.values()}:
        names = ", ".join(checks.BY.values())
        raise checks.refuse(f"wire.{INTERFACE}", f"可用：{names}", f"one of {names}, as prepare() has written it")
    if interface == AGENT:
        return (yield from _query_agent(line, order_id, asked.wire))
    first = yield from _query_transfer(line, order_id, asked.wire, interface or TRANSFER)
    if interface is not None or not first.readable or first.where != STATUS:
        return first
    if line.config.mrch_no is None:
        return _by_neither(first)
    second = yield from _query_agent(line, order_id, asked.wire)
    found = second.readable and second.where != STATUS
    return second if found else _by_neither(second if _not_found(first) else first)


def _by_neither(reading: Reading) -> Reading:
    """Nothing was found without knowing the interface. It may be a batch's line, which no query finds: never conclusive."""
    return replace(reading, operation="query_payout") if reading.readable else reading


def _not_found(reading: Reading) -> bool:
    return reading.code in {"2020", "2001"}


def _query_transfer(line: Line, order_id: str, wire: Mapping[str, str], interface: str) -> Exchange[Reading]:
    own_number, (name, operation) = line.nonce(), QUERIES[interface]
    content = {"TRNUID": own_number, "XFERINQRQ": {"CLIENTREF": order_id}}
    reply = yield from line.send(name, content)

    def say(told: Element, answer: fox.Answer) -> dict[str, Any]:
        held = fox.wanted(fox.wanted(fox.wanted(told, "XFERINQRS"), "XFERLIST"), "XFER")
        number = fox.text(held, "SRVRTID") or fox.text(held, "SRVRID")  # the documents' tables and examples have both
        words = _said(held, "XFERINFO", number, order_id, wire)
        return words | _registered(line, words, held, answer, wire)

    return line.read(reply, operation, name, own_number, say)


def _registered(
    line: Line, words: Mapping[str, Any], held: Element, answer: fox.Answer, wire: Mapping[str, str]
) -> dict[str, Any]:
    """PAYOUT is 交易成功 or 登记成功: before the day on which a transfer is to be made, it can be the second alone.

    Raises:
        MessageRefusedError: it says PAYOUT, and the day is no date: nobody knows which of the two it is.
    """
    written = fox.text(fox.wanted(held, "XFERINFO"), DUE)
    told = _day(written)
    due = told or _day(wire.get(DUE))
    today = (moment_of(answer.server_time) or line.clock()).astimezone(BEIJING).date()
    if words["code"] == PAID and written is not None and told is None:
        raise fox.MessageRefusedError("DTDUE is no date")
    if words["code"] != PAID or due is None or due <= today:
        return {}
    return {"finding": "REQUEST_ACCEPTED", "note": "it is to be paid on a later day: it can only have been registered"}


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat((written or "")[:10])
    except ValueError:
        return None


def _query_agent(line: Line, order_id: str, wire: Mapping[str, str]) -> Exchange[Reading]:
    reply = yield from line.send(AGENT, {"TRNUID": order_id})
    return line.read(reply, "query_payout.agent", AGENT, order_id, _agent(order_id, wire))


def _agent(order_id: str, wire: Mapping[str, str]) -> Any:
    def say(told: Element, _answer: fox.Answer) -> dict[str, Any]:
        held = fox.wanted(told, "MAGENTPAYRS")
        words = _said(held, "MAGENTPAYINFO", fox.text(held, "SRVRTID"), order_id, wire)
        number = fox.text(fox.wanted(held, "MAGENTPAYINFO"), "ORDERNO")
        return {**words, "foreign": "ORDERNO differs"} if number != order_id else words

    return say


def _said(held: Element, info_name: str, channel_id: str | None, order_id: str, wire: Mapping[str, str]) -> dict[str, Any]:
    """Put the state and the facts into the reading's words. The payout named in CLIENTREF, where there is one, is this one."""
    info = fox.wanted(held, info_name)
    facts = payout_of(info, held, order_id=order_id, channel_id=channel_id)
    words: dict[str, Any] = {**state_of(held), "facts": facts}
    if fox.text(held, "CLIENTREF") not in {None, order_id}:
        words["foreign"] = "CLIENTREF differs"
    account, mark = facts.payee_account, wire.get(PAYEE)
    if mark is not None and (account is None or bodies.account_mark(order_id, account) != mark):
        words["foreign"] = "ACCTTO/ACCTID differs"
    return words
