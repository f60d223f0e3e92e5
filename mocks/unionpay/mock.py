"""The UnionPay mock: finds the operation of a request, has it checked, done, answered and signed, and shows its books."""

from dataclasses import replace
from typing import Any

from mocks.clock import Clock
from mocks.control import no_such_things, no_such_verb
from mocks.faults import Fault, code_of
from mocks.notices import Notices
from mocks.unionpay import cashier, magic, orders, payouts, platform, results, statements, telling
from mocks.unionpay.codes import RefusedError, Row, find, refused
from mocks.unionpay.desk import Answer, Desk, Handler, Verb
from mocks.unionpay.fields import OPERATIONS, PATHS, Operation, check, check_common, operation_of
from mocks.unionpay.keys import UnionpayKeys
from mocks.unionpay.messages import answer, read_form
from mocks.wire import MockReply, MockRequest

HANDLERS: dict[str, Handler] = {
    "front": orders.front,
    "app": orders.app,
    "refund": orders.refund,
    "cancel": orders.cancel,
    "payout": payouts.payout,
    "encrypt_certificate": platform.encrypt_certificate,
    "query": orders.query,
    "file": statements.download,
}
_FOLLOWING_VERBS = ("complete", "fail", "hold")
CONTROLS: dict[str, dict[str, Verb]] = {
    "orders": dict.fromkeys(("pay", "pay_late", "fail", "expire"), orders.control_order),
    "refunds": dict.fromkeys(_FOLLOWING_VERBS, orders.control_following("refund")),
    "cancels": dict.fromkeys(_FOLLOWING_VERBS, orders.control_following("cancel")),
    "payouts": dict.fromkeys(_FOLLOWING_VERBS, orders.control_following("payout")),
    "certificates": dict.fromkeys(("rotate", "retire", "foreign", "wrong_owner", "ended", "restore"), platform.control),
    "notifications": dict.fromkeys(("resend", "forge"), telling.control),
}
_BEGINNING = "/gateway/"
_TOO_OFTEN = "37"
_INSTITUTION = "1"


class UnionpayMock:
    """UnionPay for one merchant."""

    name = "unionpay"

    def __init__(self, keys: UnionpayKeys, clock: Clock | None = None) -> None:
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
        asked = (
            f"POST {one.path} txnType/txnSubType {', '.join('/'.join(pair) for pair in sorted(one.types))}" for one in OPERATIONS
        )
        return [*asked, f"POST {cashier.PATH} （模拟付款页的表单 / the form of the mock's own payment page）"]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's; the file host answers at its root, and at nothing below it."""
        return len(path) if path in PATHS else len(_BEGINNING) if path.startswith(_BEGINNING) else 0

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        if request.path not in PATHS and request.path != cashier.PATH:
            return MockReply(404, note={"reason": "no such path"})  # that unknown paths and methods are empty is assumed
        if request.method != "POST":
            return MockReply(405, note={"reason": "another method"})
        if request.path == cashier.PATH:
            return cashier.pay(self.desk, request, lambda fields: self._sealed(fields, fault))
        fields = read_form(request.headers.get("content-type", ""), request.body) or {}
        note: dict[str, Any] = {}
        try:
            operation = self._admitted(request.path, fields, note)
            done = _perform(self.desk, operation, fields, fault)
        except RefusedError as error:
            row = error.row
            note |= {"code": row.code, "message": row.message, **({"why": error.why} if error.why else {})}
            if PATHS[request.path] == "front":  # a browser asked
                return replace(cashier.refusal(row), status=error.status).noted(**note)
            return self._signed({**results.echo(fields), "respCode": row.code, "respMsg": row.text}, fault, error.status).noted(
                **note
            )
        if isinstance(done, MockReply):
            return done.noted(**note)
        return self._signed({**results.echo(fields), **results.code("00"), **done}, fault).noted(**note)

    def _admitted(self, path: str, fields: dict[str, str], note: dict[str, Any]) -> Operation:
        note["operation"] = PATHS[path]
        if not fields:
            raise refused("10", why="the body is no form of type application/x-www-form-urlencoded in UTF-8")
        check_common(fields)
        self.desk.gate.check(fields)
        operation = operation_of(path, fields)
        note["operation"] = operation.name
        if fields["accessType"] != "0":
            institution = operation.name == "file" and fields["accessType"] == _INSTITUTION
            raise refused("98" if institution else "32", why="accessType 1 and 2 are not the mock's; the file of 1 comes by FTP")
        return operation

    def _signed(self, fields: dict[str, str], fault: Fault | None, status: int = 200) -> MockReply:
        return answer(self._sealed(fields, fault), status)

    def _sealed(self, fields: dict[str, str], fault: Fault | None) -> dict[str, str]:
        """Return the fields signed, or as the fault wants them."""
        if fault is not None and fault.kind == "unknown_state":
            state = "origRespCode" if "origRespCode" in fields else "respCode"
            fields = fields | {state: fault.options.get("state", "Z9")}
        signed = self.desk.gate.sign(fields)
        if fault is not None and fault.kind == "unsigned":
            del signed["signature"]
        elif fault is not None and fault.kind == "bad_signature":
            signature = signed["signature"]
            signed["signature"] = ("1" if signature[0] == "0" else "0") + signature[1:]
        return signed

    def books(self) -> dict[str, Any]:
        """Return what happened, as the channel knows it, and the sums of what was moved."""
        self.desk.tick()
        everything = list(self.desk.transactions.all.values())
        things = {"orders": "order", "refunds": "refund", "cancels": "cancel", "payouts": "payout"}
        lists = {name: [results.shown(one) for one in everything if one.kind == kind] for name, kind in things.items()}
        taken = [one for one in everything if one.kind == "order" and one.ended is not None]
        back = [one for one in everything if one.kind in {"refund", "cancel"} and one.state in {"ACCEPTED", "DONE"}]
        sums = {
            "received": sum(one.amount for one in taken),
            "refunded": sum(one.amount for one in back) + sum(one.amount for one in taken if one.state == "GIVEN_BACK"),
            "paid_out": sum(one.amount for one in everything if one.kind == "payout" and one.state == "DONE"),
        }
        return {**lists, "sums": sums}

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
            raise no_such_things("unionpay", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        return verbs[verb](self.desk, number, verb, options)


def _perform(desk: Desk, operation: Operation, fields: dict[str, str], fault: Fault | None) -> Answer:
    handler = HANDLERS[operation.name]

    def run() -> Answer:
        check(fields, operation.fields)
        magic.provoke(magic.NOW, fields)
        done = handler(desk, fields)
        magic.provoke(magic.DONE, fields)
        return done

    code = code_of(fault, _TOO_OFTEN)
    if fault is None or code is None:
        return run()
    if fault.options.get("executed"):
        run()
    known = find(code) or Row(code, "模拟的应答码", "9999999", "asked for")
    row = replace(known, message=fault.options.get("message", known.message))
    raise RefusedError(row, status=fault.options.get("http_status", 200))
