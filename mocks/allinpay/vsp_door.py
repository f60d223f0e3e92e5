"""VSP's addresses: a form is checked and done, and answered in JSON, signed as it was signed; or answered as a fault wants it.

Sources: recorded answers in public copies. A request that is refused as a whole (a retcode other than SUCCESS) is answered
unsigned: so hlib-go/hallinpay@74394108 takes FAIL, and 007gzs/pyallinpay@cfd574fa verifies only what has a sign. For the
other retcodes it is assumed.
"""

import secrets
from typing import Any

from mocks.allinpay import vsp_operations, vsp_results
from mocks.allinpay.codes import RETCODE, RefusedError, Row, asked_for, refused
from mocks.allinpay.desk import Desk
from mocks.allinpay.magic import VSP
from mocks.allinpay.vsp_fields import COMMON, OPERATIONS, check, read_form
from mocks.faults import Fault, code_of
from mocks.wire import MockReply, MockRequest

_TOO_OFTEN = "retcode:FAIL"  # no list has a code for too many requests: assumed
_UNKNOWN = "9Z99"


def answered(desk: Desk, request: MockRequest, fault: Fault | None) -> MockReply:
    """Answer one request."""
    name, wanted = OPERATIONS[request.path]
    note: dict[str, Any] = {"operation": name}
    fields = read_form(request.headers.get("content-type", ""), request.body)
    try:
        if fields is None:
            raise refused(RETCODE, "FAIL", why="the body is no form of type application/x-www-form-urlencoded in UTF-8")
        check(fields, COMMON)
        desk.gate.check(fields)
        check(fields, wanted)
        done = _performed(desk, name, fields, request, fault)
    except RefusedError as error:
        row = error.row
        note |= {"code": row.code, "message": row.text, **({"why": error.why} if error.why else {})}
        if row.where == RETCODE and row.code != "SUCCESS":
            return MockReply.of_json({"retcode": row.code, "retmsg": row.text}, error.status).noted(**note)
        status = {} if row.where == RETCODE else {"trxstatus": row.code, "errmsg": row.text}  # SUCCESS alone says nothing
        done = {"reqsn": (fields or {}).get("reqsn", ""), **status}
        return _signed(desk, fields or {}, done, fault, error.status).noted(**note)
    return _signed(desk, fields, done, fault).noted(**note)


def _performed(desk: Desk, name: str, fields: dict[str, str], request: MockRequest, fault: Fault | None) -> dict[str, str]:
    code = code_of(fault, _TOO_OFTEN)
    if fault is None or code is None:
        return vsp_operations.perform(desk, name, fields, request)
    if fault.options.get("executed"):
        vsp_operations.perform(desk, name, fields, request)
    row = asked_for(code, VSP)
    text = fault.options.get("message", row.message)
    raise RefusedError(Row(row.where, row.code, text, row.standing), status=fault.options.get("http_status", 200))


def _signed(desk: Desk, asked: dict[str, str], done: dict[str, str], fault: Fault | None, status: int = 200) -> MockReply:
    common = {
        "retcode": "SUCCESS",
        "cusid": desk.keys.cusid,
        "appid": desk.keys.appid,
        "randomstr": f"{secrets.randbelow(10**12):012d}",
    }
    answer = common | done
    if fault is not None and fault.kind == "unknown_state":
        answer |= vsp_results.status(fault.options.get("state", _UNKNOWN))
    signed = desk.gate.sign(answer, asked["signtype"])
    if fault is not None and fault.kind == "unsigned":
        del signed["sign"]
    elif fault is not None and fault.kind == "bad_signature":
        signed["sign"] = ("B" if signed["sign"][0] == "A" else "A") + signed["sign"][1:]
    return MockReply.of_json(signed, status)
