"""The LianLian mock: finds the operation of a request, has it opened, checked, done, answered and signed, and shows its books.

In which order the real gateway looks is on no page; assumed: the form of the envelope, the merchant, what is encrypted, the
fields that the signature needs, the signature, the other fields. Refusals are signed like every answer, as the published ones
(4005, 4002) are; a comment of the official demo quotes an answer with 4007 as code and text alone, perhaps shortened.
"""

from dataclasses import dataclass
from typing import Any

from mocks.clock import Clock
from mocks.control import no_such_things, no_such_verb
from mocks.faults import Fault, code_of
from mocks.lianlian import operations, payload, results, telling
from mocks.lianlian.codes import ACCEPTED, CONFIRMATION, RefusedError, Row, find, refused
from mocks.lianlian.desk import Desk, Handler, Verb
from mocks.lianlian.fields import BALANCE, BRANCHES, CONFIRM, OUTER, PAYMENT, QUERY, Field, bad, check
from mocks.lianlian.keys import LianlianKeys
from mocks.lianlian.notify import spoiled
from mocks.notices import Notices
from mocks.wire import MockReply, MockRequest, json_of


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for: its fields, whether they come encrypted, and what does it."""

    name: str
    fields: tuple[Field, ...]
    handler: Handler
    encrypted: bool = False


_BEGINNING = "/paymentapi/"
OPERATIONS: dict[str, Operation] = {
    f"{_BEGINNING}payment.htm": Operation("payment", PAYMENT, operations.payment, encrypted=True),
    f"{_BEGINNING}confirmPayment.htm": Operation("confirm", CONFIRM, operations.confirm, encrypted=True),
    f"{_BEGINNING}queryPayment.htm": Operation("query", QUERY, operations.query),
    "/traderAcctQuery.htm": Operation("balance", BALANCE, operations.balance),
    "/prcptcdquery.htm": Operation("branches", BRANCHES, operations.branch),
}
CONTROLS: dict[str, dict[str, Verb]] = {
    "payouts": dict.fromkeys(("complete", "fail", "hold", "wait", "submit", "return"), operations.control_payout),
    "merchants": dict.fromkeys(("top_up", "empty", "trust_repeats", "suspect_repeats"), operations.control_merchant),
    "cards": {"register": operations.control_card},
    "notifications": dict.fromkeys(("resend", "forge"), telling.control),
}
_TOO_OFTEN = "9903"  # 请求无效，请稍后重试: no page names a code for too many requests; that it is this one is assumed
_UNHEARD_STATE, _UNHEARD_CODE = "UNHEARD", "ZZZZ"


class LianlianMock:
    """LianLian for one merchant."""

    name = "lianlian"

    def __init__(self, keys: LianlianKeys, clock: Clock | None = None) -> None:
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
        return [f"POST {path} ({one.name}{', 密文 / encrypted' if one.encrypted else ''})" for path, one in OPERATIONS.items()]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's."""
        return len(path) if path in OPERATIONS else len(_BEGINNING) if path.startswith(_BEGINNING) else 0

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        operation = OPERATIONS.get(request.path)
        if operation is None:
            return MockReply(404, note={"reason": "no such path"})  # that unknown paths and methods are empty is assumed
        if request.method != "POST":
            return MockReply(405, note={"reason": "another method"})
        note: dict[str, Any] = {"operation": operation.name}
        partner = {"oid_partner": self.desk.keys.oid_partner}
        try:
            done = _perform(self.desk, operation, self._admitted(operation, request), fault)
        except RefusedError as error:
            code = error.row.code
            note |= {"code": code, "message": error.text, **({"why": error.why} if error.why else {})}
            return self._signed({**results.code(code, error.text), **partner, **error.more}, fault, error.status).noted(**note)
        # The balance's sample has no oid_partner, nor has that of the branches.
        named = partner if operation.name in {"payment", "confirm", "query"} else {}
        return self._signed({**results.code(ACCEPTED), **named, **done}, fault).noted(**note, code=ACCEPTED)

    def _admitted(self, operation: Operation, request: MockRequest) -> dict[str, str]:
        """Return the fields of a request that its merchant made; of the other fields nothing is known yet.

        Raises:
            RefusedError: 9901, 1012, 1004, 3001, 4007 or 1001.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise refused("9901", why="the Content-Type should be application/json;charset=utf-8")
        content = _object(request.body, "the body")
        if operation.encrypted:
            check(content, OUTER)
            if content["oid_partner"] != self.desk.keys.oid_partner:
                raise refused("3001", why=f"oid_partner is another merchant's; here it is {self.desk.keys.oid_partner}")
            outer = content["oid_partner"]
            content = _object(payload.opened(self.desk.decryptor, content["pay_load"]), "what was encrypted")
            if content.get("oid_partner") != outer:
                raise bad("oid_partner", "the oid_partner that was encrypted is not the one beside pay_load")
        by_name = {one.name: one for one in operation.fields}
        check(content, tuple(by_name[name] for name in ("oid_partner", "sign_type", "sign")))
        if not all(isinstance(value, str) for value in content.values() if value is not None):
            raise bad(
                next(k for k, v in content.items() if v is not None and not isinstance(v, str)), "all values are JSON texts"
            )
        fields = {name: value for name, value in content.items() if value is not None}
        self.desk.gate.check(fields)
        return fields

    def _signed(self, fields: dict[str, Any], fault: Fault | None, status: int = 200) -> MockReply:
        """Return the answer signed, or as the fault wants it."""
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "unknown_state":
            state = "result_pay" if "result_pay" in fields else "ret_code"
            fields = fields | {state: fault.options.get("state", _UNHEARD_STATE if state == "result_pay" else _UNHEARD_CODE)}
        signed = self.desk.gate.sign(fields)
        if kind == "unsigned":
            del signed["sign"]
        elif kind == "bad_signature":
            signed = spoiled(signed)
        return MockReply.of_json(signed, status)

    def books(self) -> dict[str, Any]:
        """Return what happened, as the channel knows it, each movement of the account, and the sums of what was moved."""
        self.desk.tick()
        payouts = self.desk.payouts
        return {
            "payouts": [results.shown(one) for one in payouts.all.values()],
            "account": payouts.account.entries,
            "sums": payouts.sums(),
        }

    def controls(self) -> dict[str, list[str]]:
        """Return what can be let happen, to which things."""
        return {things: list(verbs) for things, verbs in CONTROLS.items()}

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what the bank, the clock or the merchant's operator would do.

        Raises:
            ControlRefusedError: there is no such thing or verb, or it cannot happen now.
        """
        verbs = CONTROLS.get(things)
        if verbs is None:
            raise no_such_things("lianlian", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        return verbs[verb](self.desk, number, verb, options)


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        content = json_of(body)
    except ValueError as error:
        raise refused("1012", why=f"{what} is no JSON in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise refused("1012", why=f"{what} is JSON, but no object")
    return content


def _perform(desk: Desk, operation: Operation, fields: dict[str, str], fault: Fault | None) -> dict[str, Any]:
    """Do what was asked for, or answer the code that a fault wants.

    Raises:
        RefusedError: the request, or the fault, has it so.
    """
    check(fields, operation.fields)
    code = code_of(fault, _TOO_OFTEN)
    if fault is None or code is None:
        return operation.handler(desk, fields)
    if operation.name == "payment" and code in CONFIRMATION:  # these codes are an order that waits, and its confirm_code
        return operations.payment(desk, fields, code)
    if fault.options.get("executed"):
        operation.handler(desk, fields)
    known = find(code) or Row(code, "模拟的返回码", "asked for")
    row = Row(known.code, fault.options.get("message", known.message), known.of)
    raise RefusedError(row, status=fault.options.get("http_status", 200), why={"reason": "asked for by a fault"})
