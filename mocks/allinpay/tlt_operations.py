"""What TLT does for a request: a single payout (100014), a batch of them (100002), and their query (200004).

Sources: public copies of recorded answers (calvinxiao/allinpay README; com.raowei.start SimpleController) and of the official
demo (dealRet). What no page tells is assumed: that a number used before is answered 1102 whatever its content, that a query's
number counts too, and that a query shows the last four digits of an account (so ikaiguang/go-allinpay notes) in versions 04
and 05.
"""

from typing import Any

from mocks.allinpay.codes import DETAIL, INFO, RefusedError, find, refused, row_of
from mocks.allinpay.desk import Desk
from mocks.allinpay.magic import DONE, END, HOLD, NOW, QUERY, RETURN, TLT, Wish, wish
from mocks.allinpay.tlt_fields import QTRANSREQ, TRANS, TRANS_DETAIL, TRANS_SUM, check
from mocks.allinpay.tlt_messages import Message, children, element, texts
from mocks.allinpay.tlt_payouts import BATCH, IN_BETWEEN, OPEN_LINE, REJECTIONS, SINGLE, SUCCEEDED, Line, Package
from mocks.control import ControlRefusedError, text_of

PATH = "/aipg/ProcessServlet"
OPERATIONS = {SINGLE: "payout", BATCH: "payout_batch", "200004": "query_payout"}
_LAST_DIGITS = 4
_MOST_LINES = 3000  # a body has one megabyte at most, which is less

Answer = tuple[str, str]
"""The code of INFO, and what stands after INFO, written already."""


def perform(desk: Desk, message: Message) -> Answer:
    """Do what a request that passed the gate asks for.

    Raises:
        RefusedError: with the code of INFO.
    """
    trx_code = message.info["TRX_CODE"]
    handler = {SINGLE: _single, BATCH: _batch, "200004": _query}.get(trx_code)
    if handler is None:
        raise refused(INFO, "1000", why=f"TRX_CODE {trx_code} is not among those that are served: {', '.join(OPERATIONS)}")
    return handler(desk, message)


def _only_part(message: Message, name: str) -> dict[str, str]:
    if set(message.parts) != {name}:
        raise refused(INFO, "1000", why=f"beside INFO there should be {name} alone, not {', '.join(message.parts) or 'nothing'}")
    return texts(message.parts[name])


def _of_merchant(desk: Desk, where: str, given: dict[str, str]) -> None:
    if given["MERCHANT_ID"] != desk.keys.merchant_id:
        raise refused(INFO, "1105", why=f"{where}/MERCHANT_ID is another merchant's; expected {desk.keys.merchant_id}")


def _new_number(desk: Desk, req_sn: str) -> None:
    if req_sn in desk.payouts.numbers:
        raise refused(INFO, "1102", why=f"REQ_SN {req_sn} was used before, whether for the same or for something else")
    desk.payouts.numbers.add(req_sn)


def _single(desk: Desk, message: Message) -> Answer:
    trans = _only_part(message, "TRANS")
    check("TRANS", trans, TRANS)
    _of_merchant(desk, "TRANS", trans)
    asked = _granted(trans)
    _new_number(desk, message.info["REQ_SN"])
    now = desk.now()
    package = Package(message.info["REQ_SN"], SINGLE, now, [Line("0", trans, now, now)])
    done = asked is not None and asked.where == DONE
    desk.payouts.take(package, [None if done else asked])
    if asked is not None and done and asked.row.where == INFO:
        return asked.row.code, ""
    told = package.info(now)
    if told != "0000":
        return told, ""
    line = package.lines[0]
    return "0000", element("TRANSRET", children(_result(line, asked.row.code if asked is not None and done else line.code)))


def _result(line: Line, code: str) -> list[tuple[str, str]]:
    found = find(DETAIL, code)
    day = [("SETTLE_DAY", f"{line.settle_day:%Y%m%d}")] if line.settle_day is not None else []
    return [("RET_CODE", code), *day, ("ERR_MSG", found.text if found is not None else code)]


def _batch(desk: Desk, message: Message) -> Answer:
    if set(message.parts) != {"BODY"}:
        raise refused(INFO, "1000", why="beside INFO there should be BODY alone")
    parts = {child.name: child for child in message.parts["BODY"].children}
    if set(parts) != {"TRANS_SUM", "TRANS_DETAILS"} or len(message.parts["BODY"].children) != len(parts):
        raise refused(INFO, "1000", why="BODY has one TRANS_SUM and one TRANS_DETAILS")
    total = texts(parts["TRANS_SUM"])
    check("TRANS_SUM", total, TRANS_SUM)
    _of_merchant(desk, "TRANS_SUM", total)
    details = [texts(child) for child in parts["TRANS_DETAILS"].children]
    if not details or any(child.name != "TRANS_DETAIL" for child in parts["TRANS_DETAILS"].children):
        raise refused(INFO, "1000", why="TRANS_DETAILS has nothing but TRANS_DETAIL, and at least one")
    for one in details:
        check("TRANS_DETAIL", one, TRANS_DETAIL)
    _add_up(total, details)
    wishes = [_granted(one, batch=True) for one in details]
    _new_number(desk, message.info["REQ_SN"])
    now = desk.now()
    lines = [Line(one["SN"], one, now, None) for one in details]
    desk.payouts.take(Package(message.info["REQ_SN"], BATCH, now, lines), wishes)
    return "0000", ""


def _add_up(total: dict[str, str], details: list[dict[str, str]]) -> None:
    if len(details) > _MOST_LINES:
        raise refused(INFO, "1000", why=f"a batch has {_MOST_LINES} lines at most")
    if len({one["SN"] for one in details}) != len(details):
        raise refused(INFO, "1102", why="a SN stands twice")
    if int(total["TOTAL_ITEM"]) != len(details):
        raise refused(INFO, "1104", why=f"TOTAL_ITEM is {total['TOTAL_ITEM']}, there are {len(details)}")
    amount = sum(int(one["AMOUNT"]) for one in details)
    if int(total["TOTAL_SUM"]) != amount:
        raise refused(INFO, "1103", why=f"TOTAL_SUM is {total['TOTAL_SUM']}, the lines have {amount}")


def _granted(fields: dict[str, str], *, batch: bool = False) -> Wish | None:
    """Return what a line asks for, if it can be had; a code that refuses a package refuses it here.

    Raises:
        RefusedError: with the code that was asked for; or 1000 where it cannot be had.
    """
    asked = wish(fields, TLT)
    if asked is None:
        return None
    code, where = asked.row.code, asked.where
    if where == NOW and asked.row.where == INFO and code.startswith("1") and code not in REJECTIONS:
        raise RefusedError(asked.row, why={"reason": "asked for by the order's own text"})
    open_ones = IN_BETWEEN | {OPEN_LINE}
    possible = {
        NOW: code in open_ones | REJECTIONS or find(DETAIL, code) is not None,
        END: find(DETAIL, code) is not None and code not in open_ones,
        HOLD: code in open_ones,
        RETURN: find(DETAIL, code) is not None and code not in open_ones | SUCCEEDED,
        DONE: not batch,
        QUERY: asked.row.where == INFO,
    }
    if not possible.get(where, False):
        raise refused(INFO, "1000", why=f"a payout cannot be had with MOCK:{where}:{code}")
    return asked


def _query(desk: Desk, message: Message) -> Answer:
    asked = _only_part(message, "QTRANSREQ")
    check("QTRANSREQ", asked, QTRANSREQ)
    _of_merchant(desk, "QTRANSREQ", asked)
    _new_number(desk, message.info["REQ_SN"])
    package = desk.payouts.all.get(asked["QUERY_SN"])
    if package is None:
        raise refused(INFO, "1002", why=f"no payout has the REQ_SN {asked['QUERY_SN']}")
    if package.query_answers is not None:
        raise refused(INFO, package.query_answers, why="asked for by the order's own text")
    told = package.info(desk.now())
    details = "" if told != "0000" else "".join(element("QTDETAIL", children(_detail(package, line))) for line in package.lines)
    return told, element("QTRANSRSP", details)


def _detail(package: Package, line: Line) -> list[tuple[str, str]]:
    ended = line.returned or line.ended
    when = [("SETTDAY", f"{ended:%Y%m%d}"), ("FINTIME", f"{ended:%Y%m%d%H%M%S}")] if ended is not None else []
    echoed = [(name, line.fields[name]) for name in ("CUST_USERID", "REMARK", "SUMMARY") if name in line.fields]
    return [
        ("BATCHID", package.req_sn),
        ("SN", line.sn),
        ("TRXDIR", "0"),
        *when,
        ("SUBMITTIME", f"{line.created:%Y%m%d%H%M%S}"),
        ("ACCOUNT_NO", line.fields["ACCOUNT_NO"][-_LAST_DIGITS:]),
        ("ACCOUNT_NAME", line.fields["ACCOUNT_NAME"]),
        ("AMOUNT", line.fields["AMOUNT"]),
        *echoed,
        ("RET_CODE", line.code),
        ("ERR_MSG", row_of(DETAIL, line.code).text),
    ]


def control(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a payout complete, fail, stay open or come back (``code``, ``fee_given_back``); ``sn`` chooses a line of a batch.

    Raises:
        ControlRefusedError: there is no such payout or line, or it cannot happen to it.
    """
    package = desk.payouts.of_number(number)
    sn = text_of(options, "sn") or package.lines[0].sn
    line = next((one for one in package.lines if one.sn == sn), None)
    if line is None:
        raise ControlRefusedError(
            f"没有 SN 为 {sn} 的明细；有：{', '.join(one.sn for one in package.lines)}",
            f"no line has the SN {sn}; there are {', '.join(one.sn for one in package.lines)}",
            status=404,
        )
    given_back = options.get("fee_given_back", False)
    if not isinstance(given_back, bool):
        raise ControlRefusedError(
            f"fee_given_back 是 {given_back!r}；应为 true 或 false",
            f"fee_given_back is {given_back!r}; it should be true or false",
            status=400,
        )
    desk.payouts.move(line, verb, text_of(options, "code"))
    line.fee_given_back = verb == "return" and given_back
    return desk.shown_payout(package, line)


def control_batch(desk: Desk, number: str, _verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Reject a package as a whole, with ``code`` (2004).

    Raises:
        ControlRefusedError: there is no such package, or it cannot be rejected any more.
    """
    package = desk.payouts.of_number(number)
    desk.payouts.reject(package, text_of(options, "code") or "2004")
    return {"REQ_SN": number, "info": package.info(desk.now())}
