"""What Alipay does for a refund: at once, applied for and done later, and asked about."""

from typing import Any

from mocks.alipay import magic
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import find, refused
from mocks.alipay.desk import Desk
from mocks.alipay.fields import amount, wrong, yuan
from mocks.alipay.orders import Order, time
from mocks.alipay.refunds import Refund, details, shown
from mocks.alipay.trades import existing


def refund(desk: Desk, call: Call) -> Answer:
    """Give money back at once; a repeated number is answered again, and changes no funds (fund_change N)."""
    one, first = _request(desk, call, applied=False)
    if first and not magic.says(call.biz, "PROCESSING"):
        desk.end_refund(one, "succeed")
    order = one.order
    content: dict[str, Any] = {
        "trade_no": order.trade_no,
        "out_trade_no": order.out_trade_no,
        **order.payer,
        "fund_change": "Y" if first and one.state == "SUCCESS" else "N",
        "refund_fee": yuan(order.refunded),  # all that was given back so far, not this refund's alone
    }
    if one.state == "SUCCESS":
        content["gmt_refund_pay"] = time(one.ended)
        if "refund_detail_item_list" in (call.biz.get("query_options") or []):
            content |= details(one)
    return Answer(content)


def apply(desk: Desk, call: Call) -> Answer:
    """Take in a refund that is done later."""
    one, _ = _request(desk, call, applied=True)
    return Answer(
        {
            "trade_no": one.order.trade_no,
            "out_trade_no": one.order.out_trade_no,
            "out_request_no": one.number,
            "refund_amount": yuan(one.amount),
            "refund_status": f"REFUND_{one.state}",
        }
    )


def query(desk: Desk, call: Call) -> Answer:
    """Tell of a refund; of one that did not succeed (yet), or was never asked for, no ``refund_status`` is told."""
    order = existing(desk, call)
    one = desk.refunds.find(order, call.biz["out_request_no"])
    if one is None:
        return Answer()
    magic.provoke(call.operation, one.parameters, first=False)
    return Answer(shown(one, call.biz.get("query_options") or []))


def _request(desk: Desk, call: Call, *, applied: bool) -> tuple[Refund, bool]:
    order = existing(desk, call)
    operation, biz = call.operation, call.biz
    asked = amount(operation, biz, "refund_amount")
    magic.provoke(operation, biz, first=True)
    # A refund without a number of its own takes the order's; so the whole can be refunded, but no part.
    number = biz.get("out_request_no") or order.out_trade_no
    known = desk.refunds.find(order, number)
    if known is not None:
        if known.amount != asked:
            raise refused(operation, "ACQ.DISCORDANT_REPEAT_REQUEST")
        return known, False
    if not biz.get("out_request_no") and asked != order.total:
        raise wrong(operation, "out_request_no", "部分退款时不能为空")
    _check(desk, operation, order, asked)
    one = Refund(number, order, asked, desk.clock.now(), biz, applied)
    desk.refunds.all[order.out_trade_no, number] = one
    return one, True


def _check(desk: Desk, operation: str, order: Order, asked: int) -> None:
    if order.state == "TRADE_FINISHED":
        raise refused(operation, "ACQ.TRADE_HAS_FINISHED")
    if order.state == "TRADE_CLOSED":
        raise refused(operation, "ACQ.TRADE_HAS_CLOSE")
    if order.state != "TRADE_SUCCESS":
        raise refused(operation, "ACQ.TRADE_STATUS_ERROR")
    if asked + sum(one.amount for one in desk.refunds.of(order)) > order.total:
        raise refused(operation, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
    if asked > desk.balance():
        # refund.apply has no code of its own for it in the official enumeration; a refund that is not allowed is assumed.
        without = "ACQ.SELLER_BALANCE_NOT_ENOUGH"
        raise refused(operation, without if find(operation, without) else "ACQ.TRADE_NOT_ALLOW_REFUND")
