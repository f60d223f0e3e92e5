"""Refunds of orders that payers paid to the bank's e-commerce interfaces (商户单笔退款 MRCHREFUNDTRNRQ, 3.15.1), and their query.

The same TRNUID sent again is documented as answered with the stored refund; the query is the same message with nothing but the
TRNUID in it. REFUNDSTATUS decides. While people are still approving the instruction the answer has none (the document's own
example) or 0: then XFERPRCCODE of the instruction speaks.
"""

import re
from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.cib import checks, fox
from payment_channels.channels.cib.config import CibConfig
from payment_channels.channels.cib.line import STATE, Line, Say
from payment_channels.channels.cib.messages import PAID, moment_of, money_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.codec.xml import Element
from payment_channels.model.orders import RefundOrder
from payment_channels.model.queries import RefundQuery
from payment_channels.model.results import Amounts, RefundFacts

NAME = "MRCHREFUNDTRNRQ"
REFUNDED, FAILED, TO_BEGIN = "1", "2", "0"
STATUS = "REFUNDSTATUS"
ORDERNO = re.compile(r"[!-%'-;=?-~]{1,32}")
"""The order was made by another interface, whose signs are not this one's to narrow: what the wire can carry."""
MOST_FEN = 10**15  # (15,2)
MEMO = 50
MERCHANT, TOTAL = "MRCHNO", "ORDERAMT"
"""Of ``Prepared.wire``: whose order it is, and the order's total."""
NEVER = frozenset({"FAIL", "CANCEL", "EXPIRED"})


def check(order: RefundOrder, config: CibConfig) -> None:
    """Check a refund."""
    if config.order_mrch_no is None:
        raise checks.refuse("kind", "退款需要配置 order_mrch_no（商户代号）", "refunds need order_mrch_no in the configuration")
    checks.check_trnuid(order.merchant_refund_id, "merchant_refund_id")
    if not ORDERNO.fullmatch(order.original.merchant_order_id or ""):
        raise checks.refuse(
            "original.merchant_order_id",
            "必填：原订单号，1–32 个可见字符，不含 < > &",
            "required: the order's number, 1 to 32 characters that can be seen, without < > &",
        )
    for field, amount in (("amount", order.amount), ("original.amount", order.original.amount)):
        if amount.amount >= MOST_FEN:
            raise checks.refuse(field, "整数部分不超过 13 位（元）", "at most 13 digits of yuan")
    checks.check_text(order.reason, "reason", MEMO)
    checks.check_no_others([("sub_merchant", order.sub_merchant), ("notify_url", order.notify_url)])


def wire_of(order: RefundOrder, config: CibConfig) -> dict[str, str]:
    """Return what has to be kept of a refund to tell its answers from another's."""
    return {MERCHANT: config.order_mrch_no or "", TOTAL: text_of_minor(order.original.amount.amount)}


def refund(line: Line, order: RefundOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """Give money of an order back, in part or in full. The bank answers at once, or after people have approved it."""
    body = {
        "MRCHNO": wire[MERCHANT],
        "ORDERNO": order.original.merchant_order_id,
        "ORDERAMT": wire[TOTAL],
        "REFUNDAMT": text_of_minor(order.amount.amount),
        **({"MEMO": order.reason} if order.reason is not None else {}),
    }
    number = order.merchant_refund_id
    reply = yield from line.send(NAME, {"TRNUID": number, "RQBODY": body})
    return line.read(reply, "refund", NAME, number, _say(number, order.original.merchant_order_id, wire))


def query(line: Line, asked: RefundQuery) -> Exchange[Reading]:
    """Ask for a refund by its TRNUID."""
    number = checks.check_trnuid(asked.merchant_refund_id, "merchant_refund_id")
    reply = yield from line.send(NAME, {"TRNUID": number})
    return line.read(reply, "query_refund", NAME, number, _say(number, asked.merchant_order_id, asked.wire))


def _say(number: str, order_id: str | None, wire: Mapping[str, str]) -> Say:
    def say(told: Element, _answer: fox.Answer) -> dict[str, Any]:
        held = fox.wanted(told, "RSBODY")
        total = money_of(fox.text(held, TOTAL), TOTAL)
        differing = [
            name
            for name, known, given in (
                ("ORDERNO", order_id, fox.text(held, "ORDERNO")),
                (MERCHANT, wire.get(MERCHANT), fox.text(held, MERCHANT)),
                (TOTAL, wire.get(TOTAL), text_of_minor(total.amount) if total is not None else None),
            )
            if known is not None and given != known
        ]
        words: dict[str, Any] = {**_state(held), "facts": _facts(held, number)}
        return {**words, "foreign": f"{differing[0]} differs"} if differing else words

    return say


def _state(held: Element) -> dict[str, str]:
    """Find what decides.

    Raises:
        MessageRefusedError: nothing does, or the refund's state and the instruction's exclude each other.
    """
    refunded = fox.text(held, STATUS)
    instruction = fox.only(held, "XFERPRCSTS")
    state = fox.text(instruction, STATE) if instruction is not None else None
    if refunded is None and state is None:
        raise fox.MessageRefusedError("there is neither REFUNDSTATUS nor XFERPRCCODE")
    if (refunded == REFUNDED and state in NEVER) or (refunded == FAILED and state == PAID):
        raise fox.MessageRefusedError("REFUNDSTATUS and XFERPRCCODE exclude each other")
    message = (fox.text(instruction, "MESSAGE") if instruction is not None else None) or ""
    if state is not None and refunded in {None, TO_BEGIN}:
        return {"where": STATE, "code": state, "message": message}
    return {"where": STATUS, "code": refunded or "", "message": message}


def _facts(held: Element, number: str) -> RefundFacts:
    at = moment_of(fox.text(held, "REFUNDTIME"))
    extra = {name: found for name in ("CHEQUENUM", "DTDUE") if (found := fox.text(held, name)) is not None}
    return RefundFacts(
        merchant_refund_id=number,
        merchant_order_id=fox.text(held, "ORDERNO"),
        channel_time=at,
        refunded_at=at if fox.text(held, STATUS) == REFUNDED else None,
        amounts=Amounts(order=money_of(fox.text(held, "REFUNDAMT"), "REFUNDAMT")),
        extra=extra,
    )
