"""Refunds: repeated under the same request number they give back once; the query alone says the amount of one."""

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.alipay import bodies, checks
from payment_channels.channels.alipay.line import Line
from payment_channels.channels.alipay.messages import Refund, RefundFound, Words
from payment_channels.model.orders import RefundOrder
from payment_channels.model.queries import RefundQuery

REFUND, QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"


def refund(line: Line, order: RefundOrder) -> Exchange[Reading]:
    """``alipay.trade.refund``. ``fund_change`` Y: money went back; N or absent: this call moved none, an earlier one may have.

    The answer names neither the request number nor this refund's amount, so it is the query that settles it.
    """
    reply = yield from line.send(REFUND, bodies.refund(order))
    return (yield from line.read(reply, REFUND, "refund", Refund, _said))


def _said(answer: Refund) -> Words:
    if not answer.fund_change:
        return {"where": "code", "code": answer.code, "facts": answer.named()}
    return {"where": "fund_change", "code": answer.fund_change, "facts": answer.named()}


def query(line: Line, asked: RefundQuery) -> Exchange[Reading]:
    """``alipay.trade.fastpay.refund.query``, ten seconds after the refund or later. No ``refund_status``: not known yet."""
    checks.check_no_sub_merchant(asked.sub_merchant)
    checks.check_request_no(asked.merchant_refund_id, "merchant_refund_id")
    if asked.merchant_order_id is not None:
        checks.check_out_trade_no(asked.merchant_order_id)
    trade_no = asked.channel_order_id or asked.wire.get("trade_no")
    if asked.merchant_order_id is None:
        checks.check_channel_id(trade_no or "")
    content = {
        **bodies.named(asked.merchant_order_id, trade_no),
        "out_request_no": asked.merchant_refund_id,
        "query_options": ["gmt_refund_pay"],
    }
    reply = yield from line.send(QUERY, content)
    return (yield from line.read(reply, QUERY, "query_refund", RefundFound, _found))


def _found(answer: RefundFound) -> Words:
    reason = ("error_code", answer.error_code) if answer.error_code else None
    if not answer.refund_status:
        return {"where": "code", "code": answer.code, "reason": reason, "facts": answer.facts()}
    return {"where": "refund_status", "code": answer.refund_status, "reason": reason, "facts": answer.facts()}
