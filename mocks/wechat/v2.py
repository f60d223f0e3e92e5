"""Payment codes by API v2: micropay, its query and its reverse, in XML signed with a shared key, always HTTP 200.

Sources: doc 4011937125 (2025-08-14) and 4011937361; the signature example of the v2 rules; texts and fields as the table of codes
and wechatpay.js.org@730e6368 ``openapi/v2`` have them. The client certificate that the real reverse asks for is not seen here.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any

from mocks.faults import Fault, code_of
from mocks.wechat import codepay, magic, orders
from mocks.wechat.codes import RefusedError, Row, find, refused
from mocks.wechat.desk import Desk
from mocks.wechat.orders import Order
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.xml import XmlRefusedError, cdata, parse

_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}  # as observed
_EACH = ("appid", "mch_id", "nonce_str", "sign")
_MICROPAY = ("body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code")
_NOT_THE_ORDER = {"nonce_str", "sign", "sign_type"}
# The order's own refusals under the names that v2 gives them.
_NAMES = {
    "ORDER_PAID": "ORDERPAID",
    "ORDER_CLOSED": "ORDERCLOSED",
    "ORDER_REVERSED": "ORDERREVERSED",
    "ORDER_NOT_EXIST": "ORDERNOTEXIST",
}
Handler = Callable[[Desk, dict[str, str], str], dict[str, str]]


def signature(values: dict[str, str], key: str, sign_type: str) -> str:
    """Return v2's signature: the values that are not empty in the order of their names, and the key."""
    joined = "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "sign" and values[name])
    text = f"{joined}&key={key}".encode()
    if sign_type == "HMAC-SHA256":
        return hmac.new(key.encode(), text, "sha256").hexdigest().upper()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def handle(desk: Desk, request: MockRequest, fault: Fault | None) -> MockReply:
    """Answer one request of API v2."""
    if request.path not in ROUTES:
        return MockReply(404, note={"reason": "no such path"})
    operation, handler = ROUTES[request.path]
    if request.method != "POST":
        return _told_off("请使用post方法")
    try:
        asked = parse(request.body).flat()
    except XmlRefusedError as error:
        return _told_off("XML格式错误", why={"reason": str(error)})
    sign_type = asked.get("sign_type", "MD5")
    expected = signature(asked, desk.keys.apiv2_key, sign_type)
    if sign_type not in {"MD5", "HMAC-SHA256"} or not hmac.compare_digest(
        expected, asked.get("sign", "").encode("ascii", "replace").decode()
    ):
        string = "&".join(f"{name}={_masked(name, asked[name])}" for name in sorted(asked) if name != "sign" and asked[name])
        why = {
            "reason": "the signature is another",
            "expected": f"{sign_type} of {string}&key=***",
            "given": asked.get("sign", "")[:8] + "…",
        }
        return _told_off("签名错误", why=why)
    note: dict[str, Any] = {"operation": operation}
    try:
        content = {"result_code": "SUCCESS"} | _perform(desk, asked, operation, handler, fault)
    except RefusedError as error:
        code = _NAMES.get(error.row.code, error.row.code)
        message = error.row.message if code == error.row.code else (find(operation, code) or error.row).message
        content = {"result_code": "FAIL", "err_code": code, "err_code_des": message}
        note |= {"code": code, **({"why": error.why} if error.why else {})}
    return _written(desk, asked, content, sign_type, fault).noted(**note)


def _perform(desk: Desk, asked: dict[str, str], operation: str, handler: Handler, fault: Fault | None) -> dict[str, str]:
    _check(desk, asked, operation)
    code = code_of(fault)
    if fault is None or code is None:
        return handler(desk, asked, operation)
    if fault.options.get("executed"):
        handler(desk, asked, operation)
    known = find(operation, code)
    message = fault.options.get("message", known.message if known is not None else "模拟的错误")
    raise RefusedError(Row(operation, 200, code, message, "asked for"))


def _check(desk: Desk, asked: dict[str, str], operation: str) -> None:
    for name in _EACH + (_MICROPAY if operation == "micropay" else ()):
        if not asked.get(name):
            raise refused("micropay", "LACK_PARAMS", f"缺少参数{name}")
    if asked["mch_id"] != desk.keys.mchid:
        raise refused("micropay", "MCHID_NOT_EXIST")
    if asked["appid"] != desk.keys.appid:
        raise refused("micropay", "APPID_MCHID_NOT_MATCH")


def micropay(desk: Desk, asked: dict[str, str], operation: str) -> dict[str, str]:
    """Take the money from the payer whose code was scanned."""
    limits = (("out_trade_no", r"[0-9A-Za-z_\-|*@]{1,32}"), ("total_fee", r"[1-9][0-9]{0,9}"), ("body", r"(?s).{1,128}"))
    for name, pattern in limits:
        if not re.fullmatch(pattern, asked[name]):
            raise refused(operation, "PARAM_ERROR", f"参数错误:{name}")
    if asked.get("fee_type", "CNY") != "CNY":
        raise refused(operation, "PARAM_ERROR", "参数错误:fee_type")
    if not re.fullmatch(r"1[0-5][0-9]{16}", asked["auth_code"]):
        raise refused(operation, "AUTH_CODE_INVALID")
    wait = codepay.waiting(asked["body"])
    if wait is None:
        magic.provoke(operation, asked, first=True)
    now = desk.clock.now()
    order = Order(
        product="micropay",
        identity=_identity(asked),
        out_trade_no=asked["out_trade_no"],
        total=int(asked["total_fee"]),
        parameters={name: value for name, value in asked.items() if name not in _NOT_THE_ORDER},
        created=now,
        expires=orders.end_of_order(operation, None, now),
    )
    order = codepay.charge(desk, order, asked["auth_code"], operation, waits=wait is not None)
    if order.state == "USERPAYING":
        raise refused(operation, "USERPAYING", "需要用户输入支付密码")
    return _shown(order)


def _identity(asked: dict[str, str]) -> dict[str, str]:
    if not asked.get("sub_mch_id"):
        return {"appid": asked["appid"], "mchid": asked["mch_id"]}
    sub = {"sub_mchid": asked["sub_mch_id"]} | ({"sub_appid": asked["sub_appid"]} if asked.get("sub_appid") else {})
    return {"sp_appid": asked["appid"], "sp_mchid": asked["mch_id"]} | sub


def _found(desk: Desk, asked: dict[str, str], operation: str, missing: str) -> Order:
    merchant = asked.get("sub_mch_id") or asked["mch_id"]
    if asked.get("transaction_id"):
        order = desk.orders.find_paid(merchant, asked["transaction_id"])
    elif asked.get("out_trade_no"):
        order = desk.orders.find(merchant, asked["out_trade_no"])
    else:
        raise refused("micropay", "LACK_PARAMS", "缺少参数out_trade_no")
    if order is None:
        raise refused(operation, missing)
    magic.provoke(operation, order.parameters, first=False)
    return order


def query(desk: Desk, asked: dict[str, str], operation: str) -> dict[str, str]:
    """Tell the state of an order."""
    order = _found(desk, asked, operation, "ORDERNOTEXIST")
    return _shown(order) | {"trade_state": order.state, "trade_state_desc": orders.DESCRIPTIONS[order.state]}


def reverse(desk: Desk, asked: dict[str, str], operation: str) -> dict[str, str]:
    """Undo a payment by code; which code an unknown number gets is assumed."""
    codepay.undo(desk, _found(desk, asked, operation, "TRADE_ERROR"), operation)
    return {"recall": "N"}


def _shown(order: Order) -> dict[str, str]:
    content = {"out_trade_no": order.out_trade_no, "attach": order.parameters.get("attach", "")}
    if order.transaction_id is None or order.paid_at is None:
        return content
    return content | {
        "openid": next(iter(order.payer.values())),
        "is_subscribe": "N",
        "trade_type": orders.TRADE_TYPES[order.product],
        "bank_type": "OTHERS",
        "total_fee": str(order.total),
        "fee_type": "CNY",
        "cash_fee": str(order.total),
        "cash_fee_type": "CNY",
        "transaction_id": order.transaction_id,
        "time_end": order.paid_at.strftime("%Y%m%d%H%M%S"),
    }


def _written(desk: Desk, asked: dict[str, str], content: dict[str, str], sign_type: str, fault: Fault | None) -> MockReply:
    ids = {name: asked[name] for name in ("appid", "mch_id", "sub_appid", "sub_mch_id") if asked.get(name)}
    values = {"return_code": "SUCCESS", "return_msg": "OK", **ids, "nonce_str": secrets.token_hex(16), **content}
    kind = fault.kind if fault is not None else ""
    if fault is not None and kind == "unknown_state" and "trade_state" in values:
        values["trade_state"] = fault.options.get("state", "MOCK_STATE")
    if kind != "unsigned":
        values["sign"] = signature(values, desk.keys.apiv2_key if kind != "bad_signature" else "another key", sign_type)
    return MockReply(200, _HEADERS, _xml(values))


def _told_off(message: str, why: dict[str, Any] | None = None) -> MockReply:
    note = {"code": "FAIL", "message": message, **({"why": why} if why else {})}
    return MockReply(200, _HEADERS, _xml({"return_code": "FAIL", "return_msg": message}), note=note)


def _xml(values: dict[str, str]) -> bytes:
    return (
        "<xml>\n" + "".join(f"<{name}>{cdata(value)}</{name}>\n" for name, value in values.items() if value) + "</xml>"
    ).encode()


def _masked(name: str, value: str) -> str:
    return "***" if name in {"auth_code", "openid"} else value


ROUTES: dict[str, tuple[str, Handler]] = {
    "/pay/micropay": ("micropay", micropay),
    "/pay/orderquery": ("micropay_query", query),
    "/secapi/pay/reverse": ("micropay_reverse", reverse),
}
