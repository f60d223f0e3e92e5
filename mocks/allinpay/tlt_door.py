"""TLT's one address: reads a request, has it checked and done, and signs the answer, or answers as a fault wants it."""

from typing import Any

from mocks.allinpay import tlt_operations
from mocks.allinpay.codes import INFO, RefusedError, Row, asked_for, row_of
from mocks.allinpay.desk import Desk
from mocks.allinpay.magic import TLT
from mocks.allinpay.tlt_messages import Message, answer, children, element, read, unsigned, with_signature
from mocks.allinpay.tlt_operations import OPERATIONS
from mocks.allinpay.tlt_signing import check, signature_of
from mocks.faults import Fault, code_of
from mocks.wire import MockReply, MockRequest

_TOO_OFTEN = "info:1000"  # no list has a code for too many requests: assumed
_UNKNOWN = "9Z99"
_DETAIL_OF = {"payout": "TRANSRET", "query_payout": "QTDETAIL"}


def answered(desk: Desk, request: MockRequest, fault: Fault | None) -> MockReply:
    """Answer one request."""
    note: dict[str, Any] = {"operation": "tlt"}
    message: Message | None = None
    status = 200
    try:
        message = read(request.body)
        note["operation"] = OPERATIONS.get(message.info.get("TRX_CODE", ""), "tlt")
        check(desk.keys, message)
        code, rest = _performed(desk, message, fault)
        text = row_of(INFO, code).text
    except RefusedError as error:
        code, text, rest, status = error.row.code, error.row.text, "", error.status
        note |= {"code": code, "message": text, **({"why": error.why} if error.why else {})}
        if error.row.where != INFO:  # a code of a detail was asked for
            code, text, rest = "0000", row_of(INFO, "0000").text, _detail(note["operation"], error.row)
    info = message.info if message is not None else {}
    head = [("TRX_CODE", info.get("TRX_CODE", "")), ("VERSION", info.get("VERSION", "04")), ("DATA_TYPE", "2")]
    return _signed(
        desk, [*head, ("REQ_SN", info.get("REQ_SN", "")), ("RET_CODE", code), ("ERR_MSG", text)], rest, fault, status
    ).noted(**note)


def _performed(desk: Desk, message: Message, fault: Fault | None) -> tuple[str, str]:
    code = code_of(fault, _TOO_OFTEN)
    if fault is None or code is None:
        return tlt_operations.perform(desk, message)
    if fault.options.get("executed"):
        tlt_operations.perform(desk, message)
    row = asked_for(code, TLT)
    text = fault.options.get("message", row.message)
    raise RefusedError(Row(row.where, row.code, text, row.standing), status=fault.options.get("http_status", 200))


def _detail(operation: str, row: Row) -> str:
    told = element(_DETAIL_OF.get(operation, "TRANSRET"), children([("RET_CODE", row.code), ("ERR_MSG", row.text)]))
    return element("QTRANSRSP", told) if operation == "query_payout" else told


def _signed(desk: Desk, info: list[tuple[str, str]], rest: str, fault: Fault | None, status: int) -> MockReply:
    content = unsigned(info, rest)
    if fault is not None and fault.kind == "unknown_state":
        content = _in_an_unknown_state(content, fault.options.get("state", _UNKNOWN))
    if fault is not None and fault.kind == "unsigned":
        return answer(content, status)
    signature = signature_of(desk.keys.tlt_platform, content)
    if fault is not None and fault.kind == "bad_signature":
        signature = ("1" if signature[0] == "0" else "0") + signature[1:]
    return answer(with_signature(content, signature), status)


def _in_an_unknown_state(content: bytes, state: str) -> bytes:
    """Put a code that nobody knows in the place of the last one: of a detail if there is any, else of INFO."""
    head, opening, rest = content.rpartition(b"<RET_CODE>")
    return head + opening + state.encode() + rest[rest.index(b"</RET_CODE>") :]
