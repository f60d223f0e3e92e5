"""The gateway protocol: one path, parameters in query and form, JSON under the method's name with its signature beside it.

Sources: the official SDKs, which put the public parameters into the query and biz_content into the form, and probes of
2026-09-11: always HTTP 200, text/html, and the errors of page and wap pay are pages in GBK.
"""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from mocks.alipay import sealing
from mocks.alipay.call import Call
from mocks.alipay.codes import GATEWAY, MESSAGES, RefusedError, refused
from mocks.alipay.desk import Desk
from mocks.alipay.gate import CODECS
from mocks.alipay.operations import APP, OPERATIONS, PAGES, perform
from mocks.faults import Fault
from mocks.wire import MockReply, MockRequest

PATH = "/gateway.do"
_STATES = ("trade_status", "status", "refund_status", "action")
_METHOD = re.compile(r"[a-z0-9.]{1,128}")


def handle(desk: Desk, request: MockRequest, fault: Fault | None) -> MockReply:
    """Answer one request of the gateway."""
    given = read(request)
    operation = given.get("method", "")
    note: dict[str, Any] = {"operation": operation, "target": f"{PATH}?method={operation}"}
    certified, signed = False, True
    try:
        certified = desk.gate.check_gateway(given)
        call = _open(desk, request, given, certified=certified)
        answer = perform(desk, call, fault)
        if operation in PAGES:
            return _cashier(call).noted(**note)
        content = {"code": answer.code, "msg": MESSAGES[answer.code], **answer.content}
    except RefusedError as error:
        if operation in PAGES:
            return _error_page(error).noted(**note, **_about(error))
        content, signed = error.gateway(), error.signed
        certified = certified or bool(given.get("app_cert_sn"))
        note |= _about(error)
    content = _with_state(content, fault)
    return _written(desk, given, content, fault, certified=certified, signed=signed).noted(**note)


def open_string(desk: Desk, text: str, origin: str) -> Call:
    """Return the order of app.pay that a signed order string asks for, verified as the wallet would have it verified.

    Raises:
        RefusedError: its signature is wrong, or it is no app.pay.
    """
    given = dict(parse_qsl(text, keep_blank_values=True))
    certified = desk.gate.check_gateway(given)
    if given["method"] != APP:
        raise refused(GATEWAY, "isv.invalid-method")
    return _open(desk, MockRequest("POST", PATH, headers={"host": origin.rpartition("/")[2]}), given, certified=certified)


def read(request: MockRequest) -> dict[str, str]:
    """Return the parameters of query and form as one; a name that stands in both is the query's."""
    raw = request.query + "&" + request.body.decode("latin-1")
    charset = dict(parse_qsl(raw, encoding="latin-1")).get("charset", "utf-8")
    codec = CODECS.get(charset.lower(), "utf-8")
    parts = (request.query, request.body.decode(codec, "replace"))
    found: dict[str, str] = {}
    for part in parts:
        for name, value in parse_qsl(part, keep_blank_values=True, encoding=codec, errors="replace"):
            found.setdefault(name, value)
    return found


def _about(error: RefusedError) -> dict[str, Any]:
    why = {"why": error.why} if error.why else {}
    return {"code": error.row.sub_code or error.row.code, "message": error.row.text, **why}


def _open(desk: Desk, request: MockRequest, given: dict[str, str], *, certified: bool) -> Call:
    if given["method"] not in OPERATIONS:
        raise refused(GATEWAY, "isv.invalid-method")
    return Call(
        operation=given["method"],
        biz=_content(desk, given),
        origin=request.origin,
        notify_url=given.get("notify_url") or None,
        certified=certified,
        charset=given.get("charset", "utf-8").lower(),
    )


def _content(desk: Desk, given: dict[str, str]) -> dict[str, Any]:
    text, sealed = given.get("biz_content", ""), given.get("encrypt_type", "")
    if sealed not in {"", "AES"}:
        raise refused(GATEWAY, "isv.decryption-error-not-valid-encrypt-type")
    if sealed:
        try:
            text = sealing.unseal(desk.keys.aes_key, text).decode()
        except ValueError as error:
            raise refused(GATEWAY, "isv.invalid-encrypt", why={"reason": str(error)}) from error
    return parsed(text)


def parsed(text: str) -> dict[str, Any]:
    """Return the JSON object of a biz_content; numbers with a point stay as they are written.

    Raises:
        RefusedError: it is none.
    """
    try:
        content = json.loads(text or "{}", parse_float=str)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise refused(GATEWAY, "isv.invalid-parameter", "参数无效，biz_content应为JSON对象")
    return content


def _with_state(content: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    if fault is None or fault.kind != "unknown_state":
        return content
    state = fault.options.get("state", "MOCK_STATE")
    return {name: state if name in _STATES else value for name, value in content.items()}


def _written(
    desk: Desk, given: dict[str, str], content: dict[str, Any], fault: Fault | None, *, certified: bool, signed: bool
) -> MockReply:
    codec = CODECS.get(given.get("charset", "utf-8").lower(), "utf-8")
    # Slashes are escaped, as in what was captured of the real gateway: the signature covers the bytes, not what they mean.
    value = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode(codec, "replace")
    if given.get("encrypt_type") == "AES" and content["code"] in {"10000", "10003"}:
        value = f'"{sealing.seal(desk.keys.aes_key, value)}"'.encode()
    method = given.get("method", "")
    key = f"{method.replace('.', '_')}_response" if _METHOD.fullmatch(method) else "error_response"
    parts = [f'"{key}":'.encode() + value]
    kind = fault.kind if fault is not None else ""
    if signed and kind != "unsigned":
        parts += [f'"alipay_cert_sn":"{desk.gate.current}"'.encode()] if certified else []
        message = value + b" " if kind == "bad_signature" else value
        parts.append(f'"sign":"{desk.gate.signature(message, certified=certified)}"'.encode())
    charset = "GBK" if codec != "utf-8" else "utf-8"
    return MockReply(200, {"Content-Type": f"text/html;charset={charset}"}, b"{" + b",".join(parts) + b"}")


def _cashier(call: Call) -> MockReply:
    number = html.escape(str(call.biz["out_trade_no"]))
    told = f"模拟收银台：订单 {number} 等待付款 / waits to be paid: POST /_mock/alipay/orders/{number}/pay"
    page = f'<html><head><meta charset="utf-8"/><title>模拟收银台</title></head><body><p>{told}</p></body></html>'
    return MockReply(200, {"Content-Type": "text/html;charset=utf-8"}, page.encode("utf-8", "replace"))


def _error_page(error: RefusedError) -> MockReply:
    code = re.sub(r"^(isv|isp|aop)\.", "", error.row.sub_code or error.row.code)
    told = (
        f"调试错误，请回到请求来源地，重新发起请求。<br/>错误代码 {html.escape(code)}<br/>错误原因: {html.escape(error.row.text)}"
    )
    page = f'<html><head><meta charset="GBK"/><title>支付宝</title></head><body><div>{told}</div></body></html>'
    return MockReply(200, {"Content-Type": "text/html;charset=GBK"}, page.encode("gb18030", "replace"))
