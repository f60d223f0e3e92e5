"""Refunds by v3, of payments of any product."""

from urllib.parse import urlencode

from payment_channels.channel import Exchange, HttpReply, Reading
from payment_channels.channels.wechat import bodies, checks
from payment_channels.channels.wechat.line import OK, Line
from payment_channels.channels.wechat.messages import Refund
from payment_channels.channels.wechat.payments import segment
from payment_channels.model.orders import RefundOrder
from payment_channels.model.queries import RefundQuery

REFUNDS = "/v3/refund/domestic/refunds"


def refund(line: Line, order: RefundOrder) -> Exchange[Reading]:
    """``POST /v3/refund/domestic/refunds``: an answer of 200 means taken in; ``status`` says more."""
    reply = yield from line.send("POST", REFUNDS, bodies.encoded(bodies.refund(order)))
    return (yield from _reading(line, reply, "refund"))


def query(line: Line, asked: RefundQuery) -> Exchange[Reading]:
    """``GET /v3/refund/domestic/refunds/{out_refund_no}``."""
    checks.check_out_refund_no(asked.merchant_refund_id)
    bodies.whose(line.config, asked.sub_merchant)  # refuses a service provider's query without its merchant
    whose = f"?{urlencode({'sub_mchid': asked.sub_merchant})}" if asked.sub_merchant else ""
    reply = yield from line.send("GET", f"{REFUNDS}/{segment(asked.merchant_refund_id)}{whose}")
    return (yield from _reading(line, reply, "query_refund"))


def _reading(line: Line, reply: HttpReply, operation: str) -> Exchange[Reading]:
    if reply.status != OK:
        return (yield from line.refusal(reply, operation))
    answer = line.parsed(Refund, reply)
    if answer is None:
        return line.unreadable(reply, operation, "the body is not the documented JSON")
    try:
        facts = answer.facts()
    except ValueError:
        return line.unreadable(reply, operation, "the amount is not as documented")
    return (yield from line.reading(reply, operation, "refund_status", answer.status, facts=facts))
