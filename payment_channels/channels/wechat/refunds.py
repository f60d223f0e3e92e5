"""Refunds by v3, of payments of any product."""

from typing import Any
from urllib.parse import urlencode

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.wechat import bodies, checks
from payment_channels.channels.wechat.line import Line
from payment_channels.channels.wechat.messages import Refund
from payment_channels.channels.wechat.payments import segment
from payment_channels.model.orders import RefundOrder
from payment_channels.model.queries import RefundQuery

REFUNDS = "/v3/refund/domestic/refunds"


def refund(line: Line, order: RefundOrder) -> Exchange[Reading]:
    """``POST /v3/refund/domestic/refunds``: an answer of 200 means taken in; ``status`` says more."""
    reply = yield from line.send("POST", REFUNDS, bodies.encoded(bodies.refund(order)))
    return (yield from line.read(reply, "refund", Refund, _words))


def query(line: Line, asked: RefundQuery) -> Exchange[Reading]:
    """``GET /v3/refund/domestic/refunds/{out_refund_no}``."""
    checks.check_out_refund_no(asked.merchant_refund_id)
    bodies.whose(line.config, asked.sub_merchant)  # refuses a service provider's query without its merchant
    whose = f"?{urlencode({'sub_mchid': asked.sub_merchant})}" if asked.sub_merchant else ""
    reply = yield from line.send("GET", f"{REFUNDS}/{segment(asked.merchant_refund_id)}{whose}")
    return (yield from line.read(reply, "query_refund", Refund, _words))


def _words(answer: Refund) -> dict[str, Any]:
    return {"where": "refund_status", "code": answer.status, "facts": answer.facts(), "sub_merchant": answer.sub_mchid}
