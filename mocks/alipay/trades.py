"""What is done to a trade after it was made: asked about, closed, cancelled."""

from datetime import timedelta
from typing import Any

from mocks.alipay import magic, orders
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import refused
from mocks.alipay.desk import Desk
from mocks.alipay.fields import check, wrong
from mocks.alipay.orders import Order

# "Within the day", unverified: the day on which the trade was made is assumed to be 24 hours.
CANCELLED_WITHIN = timedelta(days=1)


def named(desk: Desk, call: Call) -> Order | None:
    """Return the order that a request names, unless there is no trade of it (yet).

    Raises:
        RefusedError: it names none, or its magic value provokes a code.
    """
    check(call.operation, call.biz)
    if not call.biz.get("trade_no") and not call.biz.get("out_trade_no"):
        raise wrong(call.operation, "out_trade_no", "和trade_no不能同时为空")
    order = desk.orders.find(call.biz)
    if order is not None:
        magic.provoke(call.operation, order.parameters, first=False)
    return order if order is not None and order.exists else None


def existing(desk: Desk, call: Call) -> Order:
    """Return the trade that a request names.

    Raises:
        RefusedError: there is none.
    """
    order = named(desk, call)
    if order is None:
        raise refused(call.operation, "ACQ.TRADE_NOT_EXIST")
    return order


def query(desk: Desk, call: Call) -> Answer:
    """Tell the state of a trade."""
    return Answer(orders.shown(existing(desk, call), call.biz.get("query_options")))


def close(desk: Desk, call: Call) -> Answer:
    """Close a trade that waits for its payer; any other is refused."""
    order = existing(desk, call)
    if (order.state, "close") not in orders.STATES:
        raise refused(call.operation, "ACQ.TRADE_STATUS_ERROR")
    desk.orders.move(order, "close")
    desk.order_closed(order, by_time=False)
    return Answer({"trade_no": order.trade_no, "out_trade_no": order.out_trade_no})


def cancel(desk: Desk, call: Call) -> Answer:
    """Undo a trade whatever became of it: closed when unpaid, given back when paid. Without a trade there is no ``action``."""
    order = named(desk, call)
    if order is None:  # what was handed out can still be paid: nothing was found, so nothing was closed
        return Answer({"out_trade_no": str(call.biz.get("out_trade_no", "")), "retry_flag": "N"})
    if order.state == "TRADE_FINISHED":
        raise refused(call.operation, "ACQ.TRADE_HAS_FINISHED")
    if order.cancelled is None:
        _undo(desk, call, order)
    ids: dict[str, Any] = {"trade_no": order.trade_no, "out_trade_no": order.out_trade_no}
    return Answer(ids | {"retry_flag": "N", "action": order.cancelled})


def _undo(desk: Desk, call: Call, order: Order) -> None:
    paid = order.state == "TRADE_SUCCESS"
    if order.refunded or desk.refunds.of(order):
        raise refused(call.operation, "ACQ.REASON_TRADE_REFUND_FEE_ERR")
    if paid and desk.clock.now() - order.created > CANCELLED_WITHIN:
        raise refused(call.operation, "ACQ.TRADE_CANCEL_TIME_OUT")
    if paid and desk.balance() < order.total:
        raise refused(call.operation, "ACQ.SELLER_BALANCE_NOT_ENOUGH")
    desk.orders.move(order, "cancel")
    order.cancelled = "refund" if paid else "close"
    if paid:
        order.refunded = order.total
        desk.order_refunded(order, None)
