"""The REST protocol (v3): the same operations over the same books at their own paths, with signatures in the headers.

Sources: alipay-sdk-php-all@d95249a3 ``v3/docs/Api`` for the paths; the status classes of open-v3/054fcv. A payer who has yet to
enter his password is answered 202, "not processed yet, repeat with the same parameters": that it is this one is assumed. Errors
carry no signature, as in the probes; a wrong signature is 400, though 054q58 says 401.
"""

import json
import secrets
from typing import Any

from mocks.alipay import sealing
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import REST, RefusedError, refused
from mocks.alipay.desk import Desk
from mocks.alipay.gateway import parsed
from mocks.alipay.operations import APP, OPERATIONS, PAGES, perform
from mocks.faults import Fault
from mocks.wire import MockReply, MockRequest

START = "/v3/alipay/"
_READ = ("alipay.fund.trans.common.query", "alipay.fund.account.query", "alipay.data.dataservice.bill.downloadurl.query")
_WITHOUT = {*PAGES, APP, "alipay.open.app.alipaycert.download"}  # these have no path
ROUTES = {
    f"/v3/{operation.replace('.', '/')}": ("GET" if operation in _READ else "POST", operation)
    for operation in OPERATIONS
    if operation not in _WITHOUT
}
_STATES = ("trade_status", "status", "refund_status", "action")


def handle(desk: Desk, request: MockRequest, fault: Fault | None) -> MockReply:
    """Answer one request of the REST protocol."""
    method, operation = ROUTES.get(request.path, ("", ""))
    # What stands in the query may be a person's; the log shows the path alone.
    note: dict[str, Any] = {"operation": operation, "target": request.path}
    headers = {"alipay-trace-id": f"{secrets.randbelow(10**29):029d}"}
    try:
        if not operation:
            raise refused(REST, "invalid-method", why={"reason": "no such path"})
        certified = desk.gate.check_rest(request)
        if request.method != method:
            raise refused(REST, "invalid-http-method", f"请求方法应为{method}")
        call = _open(desk, request, operation, certified=certified)
        answer = perform(desk, call, fault)
    except RefusedError as error:
        status, content = error.rest()
        why = {"why": error.why} if error.why else {}
        note |= {"code": content["code"], "message": content["message"], **why}
        return _error(status if operation else 404, content, headers).noted(**note)
    return _written(desk, request, answer, headers, fault, certified=certified).noted(**note)


def _open(desk: Desk, request: MockRequest, operation: str, *, certified: bool) -> Call:
    if request.method == "GET":
        biz: dict[str, Any] = dict(request.parameters)
    else:
        biz = parsed(_body(desk, request))
    url = biz.pop("notify_url", None)
    return Call(operation, biz, request.origin, url if isinstance(url, str) else None, certified)


def _body(desk: Desk, request: MockRequest) -> str:
    sealed = request.headers.get("alipay-encrypt-type")
    if sealed not in {None, "AES"}:
        raise refused(REST, "invalid-encrypt-type")
    text = request.body.decode("utf-8", "replace")
    if sealed is not None:
        try:
            return sealing.unseal(desk.keys.aes_key, text).decode()
        except ValueError as error:
            raise refused(REST, "invalid-encrypt", why={"reason": str(error)}) from error
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if text and kind != "application/json":
        raise refused(REST, "invalid-content-type", "Content-Type应为application/json")
    return text


def _error(status: int, content: dict[str, str], headers: dict[str, str]) -> MockReply:
    link = f"https://open.alipay.com/api/errCheck?traceId={headers['alipay-trace-id']}"
    reply = MockReply.of_json({**content, "links": [{"link": link, "desc": "解决方案"}]}, status)
    return reply.with_headers(reply.headers | headers)


def _written(
    desk: Desk, request: MockRequest, answer: Answer, headers: dict[str, str], fault: Fault | None, *, certified: bool
) -> MockReply:
    content, kind = answer.content, fault.kind if fault is not None else ""
    if fault is not None and kind == "unknown_state":
        content = {
            name: fault.options.get("state", "MOCK_STATE") if name in _STATES else value for name, value in content.items()
        }
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json;charset=utf-8", **headers}
    if request.headers.get("alipay-encrypt-type") == "AES":
        body = sealing.seal(desk.keys.aes_key, body).encode()
        headers |= {"Content-Type": "text/plain;charset=utf-8", "alipay-encrypt-type": "AES"}
    if kind != "unsigned":
        headers |= desk.gate.rest_headers(body + b" " if kind == "bad_signature" else body, certified=certified)
    return MockReply(202 if answer.code == "10003" else 200, headers, body)
