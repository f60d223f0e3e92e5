"""What WeChat Pay does for a payment: prepay, query, close, refund; and what its payer does, on the control plane."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from mocks.control import text_of
from mocks.notices import is_loopback
from mocks.wechat import batches, magic, orders, refunds, transfers
from mocks.wechat.codes import refused, text
from mocks.wechat.desk import Desk
from mocks.wechat.fields import ABNORMAL_REFUND, PREPAID, REFUND, check, order_fields, read_body, wrong
from mocks.wechat.orders import Order
from mocks.wire import MockReply, MockRequest


def merchant_of(desk: Desk, operation: str, given: dict[str, Any], *, partner: bool, location: str = "body") -> str:
    """Return whose numbers the request is about: the merchant's own, or the sub-merchant's of a service provider.

    Raises:
        RefusedError: a merchant is missing, or it is not the one that signed.
    """
    for name, title in (("sp_mchid", "服务商户号"), ("sub_mchid", "子商户号")) if partner else (("mchid", "直连商户号"),):
        if not isinstance(given.get(name), str) or not given[name]:
            issue = f"映射到字段“{title}”必填性规则校验失败，此字段为必填项"
            raise wrong(operation, name if location == "query" else f"/{name}", None, issue, location=location)
    if given["sp_mchid" if partner else "mchid"] != desk.keys.mchid:
        raise refused("gateway", "PARAM_ERROR", text("gateway", "PARAM_ERROR", "不匹配"))
    if partner and given["sub_mchid"] == desk.keys.mchid:  # 268443705 of the trouble-shooting guide; the code is assumed
        raise refused(operation, "PARAM_ERROR", "子商户mchid不能与自身mchid相同")
    return str(given["sub_mchid" if partner else "mchid"])


def for_partner(request: MockRequest) -> bool:
    """Say whether a path is one of the service providers' twins."""
    return request.path.startswith("/v3/pay/partner/")


def check_notify_url(operation: str, url: str | None) -> None:
    """Refuse an address that WeChat Pay would: not https, or with a query. To loopback the mock takes http too.

    Raises:
        RefusedError: PARAM_ERROR.
    """
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.query or parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not is_loopback(host)):
        raise wrong(operation, "/notify_url", url, "映射到字符串字段“通知地址”规则校验失败，必须为https，且不允许携带查询串")


def new_order(
    desk: Desk, operation: str, body: dict[str, Any], request: MockRequest, *, partner: bool, provoke: bool = True
) -> Order:
    """Return the order that a checked body asks for.

    Raises:
        RefusedError: a field is wrong, or it is not this merchant's.
    """
    check(operation, body, order_fields(operation, partner=partner))
    merchant_of(desk, operation, body, partner=partner)
    if operation == "jsapi" and partner and not {"sp_openid", "sub_openid"} & body["payer"].keys():
        raise wrong(operation, "/payer/sp_openid", None, "sp_openid和sub_openid二选一必填")
    if body["sp_appid" if partner else "appid"] != desk.keys.appid:
        raise refused(operation, "APPID_MCHID_NOT_MATCH")
    prepaid = body if operation in PREPAID else {}  # a payment code has no notification and no end of its own
    check_notify_url(operation, prepaid.get("notify_url"))
    if provoke:
        magic.provoke(operation, body, first=True)
    names = ("sp_appid", "sp_mchid", "sub_appid", "sub_mchid") if partner else ("appid", "mchid")
    now = desk.clock.now()
    return Order(
        product=operation,
        identity={name: body[name] for name in names if name in body},
        out_trade_no=body["out_trade_no"],
        total=body["amount"]["total"],
        parameters=body,
        created=now,
        expires=orders.end_of_order(operation, prepaid.get("time_expire"), now),
        notify_url=prepaid.get("notify_url"),
        serial=request.headers.get("wechatpay-serial"),
    )


def prepay(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Make an order to be paid elsewhere, or hand out a fresh way to pay the one that was made before."""
    body = read_body(operation, request)
    asked = new_order(desk, operation, body, request, partner=for_partner(request))
    order = desk.orders.place(asked, operation)
    content = _handed_out(operation, desk.clock.now().strftime("%d%H%M%S"))
    order.handed_out = next(iter(content.values()))  # a code handed out earlier is void from now on
    return MockReply.of_json(content)


def _handed_out(operation: str, time: str) -> dict[str, str]:
    if operation == "native":
        return {"code_url": f"weixin://wxpay/bizpayurl/up?pr={secrets.token_urlsafe(9)}zz"}
    number = f"wx{time}{secrets.token_hex(26)}"[:64]
    if operation == "h5":
        return {
            "h5_url": f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={number[:36]}&package={secrets.randbelow(10**10)}"
        }
    return {"prepay_id": number}


def found(desk: Desk, operation: str, merchant: str, values: dict[str, str]) -> Order:
    """Return the order that a path names.

    Raises:
        RefusedError: there is none, or its magic value provokes a code.
    """
    if "transaction_id" in values:
        order = desk.orders.find_paid(merchant, values["transaction_id"])
    else:
        order = desk.orders.find(merchant, values["out_trade_no"])
    if order is None:
        raise refused(operation, "ORDER_NOT_EXIST")
    magic.provoke(operation, order.parameters, first=False)
    return order


def query(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Tell the state of an order."""
    merchant = merchant_of(desk, operation, dict(request.parameters), partner=for_partner(request), location="query")
    return MockReply.of_json(orders.shown(found(desk, operation, merchant, values)))


def close(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Close an unpaid order; again and again, if asked to."""
    order = found(
        desk, operation, merchant_of(desk, operation, read_body(operation, request), partner=for_partner(request)), values
    )
    if order.state in orders.PAID:
        raise refused(operation, "ORDER_PAID")  # the public list's; the operation's own table has none for it: assumed
    if (order.state, "close") not in orders.STATES:
        # Code-pay orders can only be reversed. The text is that of the trouble-shooting guide (268449641), the code assumed.
        raise refused(operation, "TRADE_ERROR", "当前交易不允许进行普通关单（只能撤销）")
    desk.orders.move(order, "close")
    return MockReply(204)


def refund(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Take in a refund."""
    body = read_body(operation, request)
    check(operation, body, REFUND)
    check_notify_url(operation, body.get("notify_url"))
    magic.provoke(operation, body, first=True)
    merchant = body.get("sub_mchid", desk.keys.mchid)
    order = desk.orders.find(merchant, body.get("out_trade_no", ""))
    if order is not None:
        magic.provoke(operation, order.parameters, first=False)
    return MockReply.of_json(refunds.shown(desk.refunds.request(merchant, body, request.headers.get("wechatpay-serial"))))


def query_refund(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Tell the state of a refund; one that is not held has succeeded by now."""
    merchant = request.parameters.get("sub_mchid", desk.keys.mchid)
    one = desk.refunds.find(merchant, values["out_refund_no"])
    if one is None:
        raise refused(operation, "RESOURCE_NOT_EXISTS")
    magic.provoke(operation, one.parameters, first=False)
    if desk.refunds.settle(one, asked=True):
        desk.refund_ended(one)
    return MockReply.of_json(refunds.shown(one))


def apply_abnormal_refund(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Send a refund that could not be delivered another way: to another card, or back to the merchant."""
    body = read_body(operation, request)
    check(operation, body, ABNORMAL_REFUND)
    one = desk.refunds.find(body.get("sub_mchid", desk.keys.mchid), body["out_refund_no"])
    if one is None or one.refund_id != values["refund_id"]:
        raise refused(operation, "RESOURCE_NOT_EXISTS")
    magic.provoke(operation, one.parameters, first=False)
    if one.state == "ABNORMAL":
        desk.refunds.apply(one)
    elif not one.applied:  # again is the same; that any other state is refused so is assumed
        raise refused(operation, "INVALID_REQUEST", f"当前退款单状态为{one.state}，不允许发起异常退款")
    return MockReply.of_json(refunds.shown(one))


def control_order(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a payer pay or fail, or an order expire.

    Raises:
        ControlRefusedError: there is no such order, or it cannot happen to it.
    """
    order = desk.orders.of_number(number)
    if verb == "pay":
        desk.orders.pay(order, text_of(options, "openid"))
        desk.order_paid(order)
    else:
        desk.orders.move(order, verb)
        order.failures += verb == "fail"
    return orders.shown(order)


def control_refund(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Let a refund succeed, fail or be held.

    Raises:
        ControlRefusedError: there is no such refund, or it cannot happen to it.
    """
    one = desk.refunds.of_number(number)
    desk.refunds.move(one, verb)
    if one.state != "PROCESSING":
        desk.refund_ended(one)
    return refunds.shown(one)


def books(desk: Desk) -> dict[str, Any]:
    """Return orders and refunds, and the sums of what they moved."""
    all_orders, all_refunds = list(desk.orders.all.values()), list(desk.refunds.all.values())
    paid = [order for order in all_orders if order.state in orders.PAID]
    given_back = [one for one in all_refunds if one.state in {"PROCESSING", "SUCCESS"}]
    sent = [one for one in desk.transfers.all.values() if one.state == "SUCCESS"]
    return {
        "orders": [_order_line(order) for order in all_orders],
        "refunds": [refunds.shown(one) for one in all_refunds],
        "transfers": [transfers.shown(one, desk.keys.mchid) for one in desk.transfers.all.values()],
        "batches": [batches.shown(one, desk.keys.mchid) for one in desk.batches.all.values()],
        "sums": {
            "received": sum(order.total for order in paid),
            "refunded": sum(one.amount for one in given_back),
            "paid_out": sum(one.amount for one in sent) + sum(one.sums("SUCCESS")[0] for one in desk.batches.all.values()),
        },
    }


def _order_line(order: Order) -> dict[str, Any]:
    times = {"created": order.created.isoformat(timespec="seconds"), "expires": order.expires.isoformat(timespec="seconds")}
    more = {"product": order.product, "handed_out": order.handed_out, "failures": order.failures}
    return orders.shown(order) | times | more
