"""交易状态查询: every transaction is found the same way, by its order number and its time; the query has the last word.

``origRespCode`` is the order's state once the query's own ``respCode`` is 00. Failed transactions are not notified.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.unionpay import bodies, checks
from payment_channels.channels.unionpay.line import DONE, QUERY, Line
from payment_channels.channels.unionpay.messages import Told, moment, moment_of
from payment_channels.channels.unionpay.windows import LADDERS, PAYABLE, can_still_be_paid
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import Facts

NOT_NAMED = frozenset({None, "00"})
"""An answer to a query may carry the query's own txnType, or none."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked after: which transactions answer to it, at what pace it is asked again, how its facts are read."""

    operation: str
    types: frozenset[str]
    ladder: str
    facts: Callable[[Told, bool], Facts]


def payment(line: Line, asked: PaymentQuery) -> Exchange[Reading]:
    """Ask for a payment. What is called failed before the expiry is not: the payer may try again with the same form."""
    order_id = checks.check_order_id(asked.merchant_order_id, "merchant_order_id")
    sought = Sought("query", frozenset({"01"}), "front", lambda told, done: told.payment(asked.product, paid=done))
    txn_time = _txn_time(asked)
    reading = yield from _asked(line, order_id, txn_time, sought)
    expires_at = asked.expires_at or moment_of(asked.wire.get("payTimeout", "")) or _sent(txn_time) + PAYABLE
    if reading.where == "origRespCode" and can_still_be_paid(asked.product, expires_at, line.clock()):
        return replace(reading, provisional="the payer may still try again, until the order expires")
    return reading


def refund(line: Line, asked: RefundQuery) -> Exchange[Reading]:
    """Ask for a refund, or for a cancellation, which is a transaction like it."""
    order_id = checks.check_order_id(asked.merchant_refund_id, "merchant_refund_id")
    sought = Sought("query_refund", frozenset({"04", "31"}), "back", lambda told, done: told.refund(done=done))
    return (yield from _asked(line, order_id, _txn_time(asked), sought))


def payout(line: Line, asked: PayoutQuery) -> Exchange[Reading]:
    """Ask for a payout."""
    order_id = checks.check_order_id(asked.merchant_order_id, "merchant_order_id")
    sought = Sought("query_payout", frozenset({"12"}), "payout", lambda told, done: told.payout(paid=done))
    return (yield from _asked(line, order_id, _txn_time(asked), sought))


def _asked(line: Line, order_id: str, txn_time: str, sought: Sought) -> Exchange[Reading]:
    asked = bodies.query(line.config.mer_id, order_id, txn_time)
    reply = yield from line.send(QUERY, asked)
    ladder = LADDERS[sought.ladder]
    age = (line.clock() - _sent(txn_time)).total_seconds()

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        found = where == "origRespCode"
        words: dict[str, Any] = {
            "facts": sought.facts(told, code in DONE) if found else None,
            "retry_after": ladder.next_after(age) if code in ladder.again else None,
        }
        if found and told.text("txnType") not in NOT_NAMED | sought.types:
            words["foreign"] = "txnType differs"
        return words

    return line.read(reply, sought.operation, asked, say, of_order=True)


def _txn_time(asked: PaymentQuery | RefundQuery | PayoutQuery) -> str:
    """Return the order's time as it was sent: the persisted one, or ``ordered_at`` in Beijing."""
    kept = asked.wire.get("txnTime")
    if kept is not None:
        if not checks.TXN_TIME.fullmatch(kept) or moment_of(kept) is None:
            raise checks.refuse("wire.txnTime", "须为 yyyyMMddHHmmss", "yyyyMMddHHmmss is wanted")
        return kept
    if asked.ordered_at is None:
        raise checks.refuse(
            "ordered_at",
            "必填（或 wire）：银联按订单号与下单时间查找",
            "required (or wire): UnionPay finds an order by its number and its time",
        )
    return moment(asked.ordered_at)


def _sent(txn_time: str) -> datetime:
    found = moment_of(txn_time)
    assert found is not None  # noqa: S101  _txn_time refused anything else
    return found
