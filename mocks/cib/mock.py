"""The CIB mock: checks the envelope and who signs on, finds the operation, has it done and answered, and shows its books."""

import base64
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mocks.cib import agents, batches, records, refunds, statements, transfers
from mocks.cib.codes import BROKEN, UNKNOWN, RefusedError, Row, find, refused
from mocks.cib.desk import Desk, Handler
from mocks.cib.fields import OPERATIONS, SIGN_ON, read
from mocks.cib.keys import CibKeys
from mocks.cib.messages import answer, disguised, group, maybe, read_fox, second, sign_on, status, tag
from mocks.cib.telling import CONTROLS, shown
from mocks.clock import Clock
from mocks.control import no_such_things, no_such_verb
from mocks.faults import Fault, code_of
from mocks.notices import Notices
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.xml import Element

HANDLERS: dict[str, Handler] = {
    "XFERTRNRQ": transfers.transfer,
    "XFERINQTRNRQ": transfers.query,
    "ICTRANSFERTRNRQ": transfers.fast,
    "ICTRANSFERINQTRNRQ": transfers.query_fast,
    "MAGENTPAYTRNRQ": agents.pay,
    "ASYNBATCHMRCHAGENTTRNRQ": batches.batch,
    "MRCHREFUNDTRNRQ": refunds.refund,
    "CURRACCTQUERYTRNRQ": statements.balance,
    "SCUSTSTMTTRNRQ": statements.statement,
    "FSTMTTRNRQ": records.file,
}
PATH = "/cib"  # the document names no path of the proxy; here all channels share one origin
_LOGIN = "15500"
_SAYS_SO = frozenset({"CURRACCTQUERYTRNRQ", "MRCHREFUNDTRNRQ", "FSTMTTRNRQ"})  # whose samples have a text beside the code 0
_USER_KEY_LASTS = timedelta(minutes=15)  # as in the sample
_SIGNED = frozenset({"bad_signature", "unsigned"})


class CibMock:
    """CIB's local proxy for one customer with one account."""

    name = "cib"

    def __init__(self, keys: CibKeys, clock: Clock | None = None) -> None:
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
        """The notices in waiting."""
        return self.desk.herald.notices

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""
        return [f"POST {PATH} {name}" for name in HANDLERS]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's."""
        return len(PATH) if path == PATH or path.startswith(f"{PATH}/") else 0

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        if request.method != "POST":
            return MockReply(405, note={"reason": "another method"})
        note: dict[str, Any] = {}
        try:
            sonrq, asked = read_fox(request)
            extra = self._signed_on(sonrq)
            reply = self._answered(asked, extra, fault, note)
        except RefusedError as error:
            note |= _noted(error)
            reply = answer(sign_on(self.desk.now(), error.row))
        if fault is not None and fault.kind == "unknown_state":
            reply = disguised(reply, fault.options.get("state", "Z9"))
        if fault is not None and fault.kind in _SIGNED:
            note["reason"] = "nothing is signed between client and proxy: answered as ever"
        status_code = fault.options.get("http_status", 200) if fault is not None and fault.kind == "next_code" else 200
        return replace(reply, status=status_code).noted(**note)

    def _signed_on(self, sonrq: Element) -> list[str]:
        """Refuse whoever may not sign on; return what the answer to the sign-on adds."""
        if sonrq.name != SIGN_ON.name:
            raise refused(BROKEN, why="SONRQ is missing", at_sign_on=True)
        given, keys = read(sonrq, SIGN_ON), self.desk.keys
        if given["CID"] != keys.cid:
            raise refused(BROKEN, "证书不符", why="CID is another customer's", at_sign_on=True)
        if given["USERID"] != keys.user_id:
            raise refused(BROKEN, "操作员不存在", why="USERID is unknown", at_sign_on=True)
        if given["USERPASS"] != keys.user_pass:
            raise refused(_LOGIN, why="USERPASS is wrong", at_sign_on=True)
        if given["GENUSERKEY"] == "N":
            return []
        key = f"{keys.cid}@{secrets.randbelow(10**6):06d}:{base64.b64encode(secrets.token_bytes(16)).decode()}"
        return [tag("USERKEY", key), tag("TSKEYEXPIRE", second(self.desk.now() + _USER_KEY_LASTS))]

    def _answered(self, asked: Element, extra: list[str], fault: Fault | None, note: dict[str, Any]) -> MockReply:
        handler = HANDLERS.get(asked.name)
        if handler is None:
            raise refused(BROKEN, why=f"{asked.name[:60]} is not served; there are {', '.join(HANDLERS)}", at_sign_on=True)
        note["operation"] = asked.name
        uid = asked.children[0].text if asked.children and asked.children[0].name == "TRNUID" else ""
        try:
            inner, row = self._performed(handler, asked, fault), None
        except RefusedError as error:
            if error.at_sign_on:
                raise
            note |= _noted(error)
            inner, row = "", error.row
        told = "处理成功！" if row is None and asked.name in _SAYS_SO else None
        name = asked.name.removesuffix("RQ") + "RS"
        body = group(name, maybe("TRNUID", uid), status(row, told), inner)
        return answer(sign_on(self.desk.now(), None, *extra), group("SECURITIES_MSGSRSV1", body))

    def _performed(self, handler: Handler, asked: Element, fault: Fault | None) -> str:
        def run() -> str:
            return handler(self.desk, read(asked, OPERATIONS[asked.name]))

        code = code_of(fault, UNKNOWN)  # for too many requests no code is shown
        if fault is None or code is None:
            return run()
        if fault.options.get("executed"):
            run()
        known = find(code) or Row("STATUS", code, "模拟的应答码", "asked for")
        row = replace(known, message=fault.options.get("message", known.message))
        raise RefusedError(row, why="asked for by a fault", at_sign_on=code == _LOGIN)

    def books(self) -> dict[str, Any]:
        """Return what happened, as the bank knows it, and the sums of what was moved, in fen."""
        self.desk.tick()
        everything = self.desk.instructions.all
        things = {"transfers": "transfer", "agents": "agent", "lines": "line", "refunds": "refund"}
        lists: dict[str, Any] = {name: [shown(one) for one in everything if one.kind == kind] for name, kind in things.items()}
        paid = [one for one in everything if one.kind != "refund" and one.state == "PAYOUT"]
        sums = {
            "paid_out": sum(one.amount for one in paid),
            "returned": sum(one.amount for one in paid if one.returned is not None),
            "fees": sum(one.fee for one in paid),
            "refunded": sum(one.amount for one in everything if one.kind == "refund" and one.state == "1"),
            "collected": sum(amount for amount, _ in self.desk.collected.values()),
        }
        batched = [{"TRNUID": one.uid, "state": one.state, "lines": len(one.lines)} for one in self.desk.batches.values()]
        orders = [{"ORDERNO": number, "amount": amount} for number, (amount, _) in self.desk.collected.items()]
        return {**lists, "batches": batched, "orders": orders, "account": statements.shown(self.desk.account), "sums": sums}

    def controls(self) -> dict[str, list[str]]:
        """Return what can be let happen, to which things."""
        return {things: list(verbs) for things, verbs in CONTROLS.items()}

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what an approver, another bank, a payer or time would do.

        Raises:
            ControlRefusedError: there is no such thing or verb, or it cannot happen now.
        """
        self.desk.tick()
        verbs = CONTROLS.get(things)
        if verbs is None:
            raise no_such_things("cib", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        return verbs[verb](self.desk, number, verb, options)


def _noted(error: RefusedError) -> dict[str, Any]:
    return {"code": error.row.code, "message": error.row.message, **({"why": error.why} if error.why else {})}
