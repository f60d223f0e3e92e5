"""How an order is made: by payment code, as a code to scan, for a buyer who is known, or for a page, a phone's page or an app."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from mocks.alipay import magic, orders
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import GATEWAY, refused
from mocks.alipay.desk import Desk
from mocks.alipay.fields import MOST, amount, check, wrong
from mocks.alipay.orders import Order

# 16 to 24 digits beginning with 25 to 30, or 35 characters beginning with fp for a face: the description of auth_code.
_CODE, _FACE = re.compile(r"(2[5-9]|30)[0-9]{14,22}"), re.compile(r"fp[0-9A-Za-z]{33}")
# Above it a payer has to enter a password (open/00ip3n): 1000 yuan in production; in the sandbox it is 2000.
_WITHOUT_PASSWORD = 1000 * 100
# A code to scan is good for two hours: the description of qr_code.
_SCANNABLE = timedelta(hours=2)


def new_order(desk: Desk, call: Call, state: str) -> Order:
    """Return the order that a request asks for.

    Raises:
        RefusedError: a field is wrong, or a magic value asks for a code.
    """
    operation, biz = call.operation, call.biz
    check(operation, biz)
    total = amount(operation, biz, "total_amount")
    if total > MOST:
        raise refused(operation, "ACQ.TOTAL_FEE_EXCEED")
    if biz.get("seller_id") and biz["seller_id"] != desk.keys.seller_id:
        raise wrong(operation, "seller_id", "不是签约账号")
    check_notify_url(call.notify_url)
    magic.provoke(operation, biz, first=True)
    now = desk.clock.now()
    end = orders.end_of_order(operation, biz, now)
    scannable = end
    if operation == "alipay.trade.precreate":
        asked = biz.get("qr_code_timeout_express")
        good_for = orders.duration(operation, "qr_code_timeout_express", asked, now) if asked else _SCANNABLE
        scannable = min(end, now + good_for)
    return Order(
        product=operation,
        out_trade_no=biz["out_trade_no"],
        total=total,
        parameters=biz,
        created=now,
        expires=end,
        state=state,
        scannable=scannable,
        notify_url=call.notify_url,
        charset=call.charset,
    )


def check_notify_url(url: str | None) -> None:
    """Refuse what is no address; which code the real gateway has for it, no page says.

    Raises:
        RefusedError: isv.invalid-parameter.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise refused(GATEWAY, "isv.invalid-parameter", "参数无效，notify_url应为http或https地址")


def pay(desk: Desk, call: Call) -> Answer:
    """Take the money from the payer whose code was scanned, or wait for his password (10003)."""
    asked = new_order(desk, call, "WAIT_BUYER_PAY")
    code = call.biz["auth_code"]
    by_face = call.biz.get("scene") == "security_code"
    if not (_FACE if by_face else _CODE).fullmatch(code):
        raise refused(call.operation, "ACQ.PAYMENT_AUTH_CODE_INVALID")
    asked.payer = {"buyer_user_id": _payer_of(code)}
    order = desk.orders.place(asked)
    if order is not asked and order.parameters["auth_code"] != code:  # the mock takes another code for another payer
        raise refused(call.operation, "ACQ.TRADE_BUYER_NOT_MATCH")
    waits = order.total > _WITHOUT_PASSWORD or magic.says(order.parameters, "10003")
    if order is asked and not waits:
        desk.orders.pay(order)
        desk.order_paid(order)
    ids = {"trade_no": order.trade_no, "out_trade_no": order.out_trade_no}
    content: dict[str, Any] = ids | order.payer | orders.amounts(order)
    if order.paid_at is None:
        return Answer(content, "10003")
    return Answer(content | {"gmt_payment": orders.time(order.paid_at), "fund_bill_list": orders.funds(order)})


def _payer_of(code: str) -> str:
    digest = hashlib.sha256(code.encode()).digest()
    return f"2088{int.from_bytes(digest, 'big') % 10**12:012d}"


def precreate(desk: Desk, call: Call) -> Answer:
    """Hand out a code to scan; while it is good, a repeated request gets the same one."""
    order = desk.orders.place(new_order(desk, call, "UNSCANNED"))
    order.handed_out = order.handed_out or f"https://qr.alipay.com/bax{secrets.token_hex(8)}"
    return Answer({"out_trade_no": order.out_trade_no, "qr_code": order.handed_out})


def create(desk: Desk, call: Call) -> Answer:
    """Make a trade for a buyer who is known, to be paid in a mini program or a page inside the wallet."""
    asked = new_order(desk, call, "WAIT_BUYER_PAY")
    payer = {name: call.biz[name] for name in ("buyer_id", "buyer_open_id") if call.biz.get(name)}
    if not payer:
        raise wrong(call.operation, "buyer_id", "和buyer_open_id不能同时为空")
    if payer.get("buyer_id") == desk.keys.seller_id:
        raise refused(call.operation, "ACQ.BUYER_SELLER_EQUAL")
    asked.payer = {"buyer_user_id" if name == "buyer_id" else name: value for name, value in payer.items()}
    order = desk.orders.place(asked)
    return Answer({"out_trade_no": order.out_trade_no, "trade_no": order.trade_no})


def hand_over(desk: Desk, call: Call) -> Answer:
    """Take in what a page, a phone's page or an app hands over: the payer has yet to log in, so there is no trade."""
    order = desk.orders.place(new_order(desk, call, "UNSCANNED"))
    return Answer({"out_trade_no": order.out_trade_no, "total_amount": orders.amounts(order)["total_amount"]})
