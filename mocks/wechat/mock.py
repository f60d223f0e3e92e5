"""The WeChat mock: finds the operation of a request, has it checked, done, answered and signed, and shows its books."""

import re
from dataclasses import dataclass
from typing import Any

from mocks.clock import Clock
from mocks.control import no_such_things, no_such_verb
from mocks.faults import Fault, code_of
from mocks.notices import Notices
from mocks.wechat import batch_payouts, codepay, payments, payouts, platform, statements, telling, v2
from mocks.wechat.codes import RefusedError, Row, find
from mocks.wechat.desk import Desk, Handler, Verb
from mocks.wechat.fields import PREPAID
from mocks.wechat.keys import WechatKeys
from mocks.wire import MockReply, MockRequest


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its method, its path with names in braces, and what does it."""

    method: str
    path: str
    operation: str
    handler: Handler
    signed: bool = True

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the values of the path's names, or None when the path is another."""
        parts = self.path.split("/")[1:]
        if len(parts) != len(segments):
            return None
        values: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                values[part[1:-1]] = segment
            elif part != segment:
                return None
        return values


_PAY, _PARTNER = "/v3/pay/transactions", "/v3/pay/partner/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"
_BATCHES = ("/v3/transfer/batches/batch-id/{batch_id}", "/v3/transfer/batches/out-batch-no/{out_batch_no}")
_TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
ROUTES: tuple[Route, ...] = (
    *(Route("POST", f"{place}/{product}", product, payments.prepay) for place in (_PAY, _PARTNER) for product in PREPAID),
    *(Route("POST", f"{place}/codepay", "codepay", codepay.pay) for place in (_PAY, _PARTNER)),
    *(Route("GET", f"{place}/id/{{transaction_id}}", "query", payments.query) for place in (_PAY, _PARTNER)),
    *(Route("GET", f"{place}/out-trade-no/{{out_trade_no}}", "query", payments.query) for place in (_PAY, _PARTNER)),
    *(Route("POST", f"{place}/out-trade-no/{{out_trade_no}}/close", "close", payments.close) for place in (_PAY, _PARTNER)),
    *(Route("POST", f"{place}/out-trade-no/{{out_trade_no}}/reverse", "reverse", codepay.reverse) for place in (_PAY, _PARTNER)),
    Route("POST", _REFUNDS, "refund", payments.refund),
    Route("GET", f"{_REFUNDS}/{{out_refund_no}}", "refund_query", payments.query_refund),
    Route("POST", f"{_REFUNDS}/{{refund_id}}/apply-abnormal-refund", "abnormal_refund", payments.apply_abnormal_refund),
    Route("GET", "/v3/certificates", "certificates", platform.download),
    Route("GET", "/v3/bill/tradebill", "tradebill", statements.trade),
    Route("GET", "/v3/bill/fundflowbill", "fundflowbill", statements.funds),
    Route("GET", statements.PATH, "download", statements.download, signed=False),
    Route("POST", _TRANSFERS, "transfer", payouts.create),
    Route("GET", f"{_TRANSFERS}/out-bill-no/{{out_bill_no}}", "transfer_query", payouts.query),
    Route("GET", f"{_TRANSFERS}/transfer-bill-no/{{transfer_bill_no}}", "transfer_query", payouts.query),
    Route("POST", f"{_TRANSFERS}/out-bill-no/{{out_bill_no}}/cancel", "transfer_cancel", payouts.cancel),
    Route("POST", "/v3/transfer/batches", "batch", batch_payouts.create),
    *(Route("GET", place, "batch_query", batch_payouts.query) for place in _BATCHES),
    Route("GET", f"{_BATCHES[0]}/details/detail-id/{{detail_id}}", "batch_detail", batch_payouts.query_detail),
    Route("GET", f"{_BATCHES[1]}/details/out-detail-no/{{out_detail_no}}", "batch_detail", batch_payouts.query_detail),
)


class WechatMock:
    """WeChat Pay for one merchant."""

    name = "wechat"

    def __init__(self, keys: WechatKeys, clock: Clock | None = None) -> None:
        """Open with empty books."""
        self.desk = Desk(keys, clock or Clock())

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.desk.reset()

    def tick(self) -> None:
        """Let time do its work."""
        self.desk.tick()

    @property
    def notices(self) -> Notices:
        """The notifications in waiting."""
        return self.desk.herald.notices

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""
        return [*(f"{route.method} {route.path}" for route in ROUTES), *(f"POST {path}" for path in v2.ROUTES)]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's: the longest beginning that it claims, 0 for none."""
        return max((len(start) for start in ("/v3/", "/pay/", "/secapi/") if path.startswith(start)), default=0)

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        if not request.path.startswith("/v3/"):
            return v2.handle(self.desk, request, fault)
        found = [(route, values) for route in ROUTES if (values := route.match(request.segments)) is not None]
        if not found:
            return MockReply(404, note={"reason": "no such path"})  # observed: an empty body, before anything is verified
        for route, values in found:
            if route.method == request.method:
                return self._run(route, values, request, fault)
        return MockReply(405, note={"reason": "another method"})  # the same

    def _run(self, route: Route, values: dict[str, str], request: MockRequest, fault: Fault | None) -> MockReply:
        try:
            self.desk.gate.check(request)
            reply = _perform(self.desk, route, values, request, fault)
        except RefusedError as error:
            row = error.row
            note = {
                "operation": route.operation,
                "code": row.code,
                "message": row.message,
                **({"why": error.why} if error.why else {}),
            }
            return self.desk.gate.sign(error.reply().noted(**note), request)
        if fault is not None and fault.kind == "unknown_state":
            reply = _with_state(reply, fault.options.get("state", "MOCK_STATE"))
        reply = self.desk.gate.sign(reply.noted(operation=route.operation), request, signed=route.signed)
        return _tampered(reply, fault.kind) if fault is not None else reply

    def books(self) -> dict[str, Any]:
        """Return what happened, as the channel knows it."""
        self.desk.tick()
        for order in self.desk.orders.all.values():
            self.desk.orders.settle(order)
        return payments.books(self.desk)

    def controls(self) -> dict[str, list[str]]:
        """Return what can be let happen, to which things."""
        return {things: list(verbs) for things, verbs in CONTROLS.items()}

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what the payer, the clock or the bank would do.

        Raises:
            ControlRefusedError: there is no such thing or verb, or it cannot happen now.
        """
        verbs = CONTROLS.get(things)
        if verbs is None:
            raise no_such_things("wechat", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        return verbs[verb](self.desk, number, verb, options)


CONTROLS: dict[str, dict[str, Verb]] = {
    "orders": {"pay": payments.control_order, "fail": payments.control_order, "expire": payments.control_order},
    "refunds": dict.fromkeys(("succeed", "abnormal", "close", "hold"), payments.control_refund),
    "certificates": dict.fromkeys(("rotate", "retire", "remove"), platform.control),
    "notifications": {"resend": telling.resend, "forge": telling.resend},
    "transfers": dict.fromkeys(("confirm", "transfer", "fail", "expire"), payouts.control),
    "batches": dict.fromkeys(("finish", "hold", "close"), batch_payouts.control),
}


def _perform(desk: Desk, route: Route, values: dict[str, str], request: MockRequest, fault: Fault | None) -> MockReply:
    code = code_of(fault)
    if fault is None or code is None:
        return route.handler(desk, request, values, route.operation)
    if fault.options.get("executed"):
        route.handler(desk, request, values, route.operation)
    known = find(route.operation, code) or Row(route.operation, 400, code, "模拟的错误", "asked for")
    status, message = fault.options.get("http_status", known.status), fault.options.get("message", known.message)
    raise RefusedError(Row(route.operation, status, code, message, known.standing))


_STATES = re.compile(rb'"(trade_state|status|state|batch_status|detail_status)":"[^"]*"')


def _with_state(reply: MockReply, state: str) -> MockReply:
    changed = _STATES.sub(lambda found: b'"%s":"%s"' % (found[1], state.encode()), reply.body)
    return MockReply(reply.status, reply.headers, changed, note=reply.note)


def _tampered(reply: MockReply, kind: str) -> MockReply:
    headers = dict(reply.headers)
    if kind == "unsigned":
        headers = {name: value for name, value in headers.items() if not name.startswith("Wechatpay-")}
    elif kind == "bad_signature" and "Wechatpay-Signature" in headers:
        # The platform's own probes are signed like this: such an answer must not be believed.
        headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"][19:]
    return reply.with_headers(headers)
