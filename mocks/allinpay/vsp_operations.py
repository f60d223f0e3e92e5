"""What VSP does for a request: an order to be paid, a payment code, their query, cancellation and refund, and the day's file.

Sources: as ``vsp_fields``; that an order's own success is trxstatus 0000 and says nothing of money, of
hlib-go/hallinpay@74394108. What the codes and links in ``payinfo`` look like is the wallets' business: they are made up. That
a payment code is good for one order, and which code says so, is assumed.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any

from mocks.allinpay import vsp_files, vsp_results
from mocks.allinpay.codes import RETCODE, TRXSTATUS, RefusedError, refused
from mocks.allinpay.desk import Desk
from mocks.allinpay.magic import DONE, END, HOLD, NOW, VSP, Wish, wish
from mocks.allinpay.vsp_fields import TRXCODES, check_order, one_of, wallet_of
from mocks.allinpay.vsp_signing import refusing
from mocks.allinpay.vsp_trades import FOLLOWS_AFTER, OPEN_CODES, Trade
from mocks.control import text_of
from mocks.wire import MockRequest

_PAY, _CANCEL, _REFUND = 1, 2, 3
_QR = {
    "W": "weixin://wxpay/bizpayurl?pr=",
    "A": "https://qr.alipay.com/",
    "Q": "https://qpay.qq.com/qr/",
    "U": "https://qr.95516.com/",
}
_JSON = {"W02", "W06"}
Answer = dict[str, str]
"""The fields that an answer adds to the common ones."""


def perform(desk: Desk, name: str, fields: dict[str, str], request: MockRequest) -> Answer:
    """Do what a request that passed the gate asks for.

    Raises:
        RefusedError: with a retcode or a trxstatus.
    """
    if name == "trxfile":
        return vsp_files.get(desk, fields, request.origin)
    handlers: dict[str, Callable[[Desk, dict[str, str]], Answer]] = {
        "pay": _pay,
        "scanqrpay": _scan,
        "query": _query,
        "cancel": lambda desk, fields: _follow(desk, "cancel", fields),
        "refund": lambda desk, fields: _follow(desk, "refund", fields),
    }
    return handlers[name](desk, fields)


def _granted(fields: dict[str, str], *, ends: bool) -> Wish | None:
    """Return what a request asks for; a code that refuses it refuses it here. ``ends`` says whether it ends by itself.

    Raises:
        RefusedError: with the code that was asked for, or PARAMERR where it cannot be had.
    """
    asked = wish(fields, VSP)
    if asked is None:
        return None
    code, where, here = asked.row.code, asked.where, asked.row.where
    if where == NOW and code not in OPEN_CODES and code not in {"0000", "SUCCESS"}:
        raise RefusedError(asked.row, why={"reason": "asked for by the order's own text"})
    possible = {
        NOW: True,
        END: ends and here == TRXSTATUS and code.startswith("3"),
        HOLD: code in OPEN_CODES,
        DONE: code != "SUCCESS",
        "query": True,
        "refund": True,
        "cancel": True,
    }
    if not possible.get(where, False):
        raise refusing(fields, "PARAMERR", why=f"it cannot be had with MOCK:{where}:{code}")
    return asked


def _started(desk: Desk, one: Trade, asked: Wish | None) -> Answer:
    """Let what ends by itself end, now or when it is due, as it asks for; and return its answer."""
    where, code = (asked.where, asked.row.code) if asked is not None else ("", "0000")
    if where in {NOW, HOLD} and code in OPEN_CODES:
        one.code, one.due = code, None if where == HOLD else one.created + FOLLOWS_AFTER
    elif where == END:
        one.due, one.fate = one.created + FOLLOWS_AFTER, code
    else:
        one.due = one.created
    desk.tick()
    return _told(asked, vsp_results.placed(one))


def _told(asked: Wish | None, answer: Answer) -> Answer:
    if asked is None or asked.where != DONE:
        return answer
    if asked.row.where == RETCODE:
        raise RefusedError(asked.row, why={"reason": "done, and answered so as the order's own text asks"})
    return answer | vsp_results.status(asked.row.code)


def _pay(desk: Desk, fields: dict[str, str]) -> Answer:
    check_order(fields)
    asked = _granted(fields, ends=False)
    desk.trades.refuse_repeated(fields["reqsn"])
    paytype = fields["paytype"]
    trxcode = f"VSP{TRXCODES[paytype[0]] + _PAY}"
    one = desk.trades.place("pay", fields, trxcode, acct=fields.get("acct") or f"oMOCK{secrets.token_hex(8)}")
    one.payinfo = _payinfo(paytype, one)
    answer = vsp_results.placed(one)
    if asked is not None and asked.where in {NOW, HOLD}:
        answer |= vsp_results.status(asked.row.code if asked.row.where == TRXSTATUS else "0000")
    return _told(asked, answer)


def _payinfo(paytype: str, one: Trade) -> str:
    token = secrets.token_urlsafe(12)
    if paytype in _JSON:
        given = {
            "appId": one.fields.get("sub_appid", "wxmock"),
            "package": f"prepay_id=wx{token}",
            "signType": "RSA",
            "paySign": "mock",
        }
        return json.dumps(given)
    return f"{_QR[paytype[0]]}{token}"


def _scan(desk: Desk, fields: dict[str, str]) -> Answer:
    check_order(fields)
    wallet = wallet_of(fields["authcode"])
    if wallet is None:
        raise refusing(fields, "PARAMERR", why="authcode is no payment code of WeChat Pay, Alipay, QQ or UnionPay")
    asked = _granted(fields, ends=True)
    desk.trades.refuse_repeated(fields["reqsn"])
    if fields["authcode"] in desk.authcodes:
        raise refused(TRXSTATUS, "3889", why="this payment code was used before")
    desk.authcodes.add(fields["authcode"])
    one = desk.trades.place("scan", fields, f"VSP{TRXCODES[wallet] + _PAY}", acct=f"oMOCK{secrets.token_hex(8)}")
    return _started(desk, one, asked)


def _follow(desk: Desk, kind: str, fields: dict[str, str]) -> Answer:
    one_of(fields, "oldtrxid", "oldreqsn")
    asked = _granted(fields, ends=True)
    desk.trades.refuse_repeated(fields["reqsn"])
    original = desk.trades.find(fields.get("oldreqsn"), fields.get("oldtrxid"))
    _provoked(kind, original)
    payment = desk.trades.check_following(kind, original, int(fields["trxamt"]))
    trxcode = f"VSP{int(payment.trxcode[3:]) - _PAY + (_CANCEL if kind == 'cancel' else _REFUND)}"
    return _started(desk, desk.trades.place(kind, fields, trxcode, original=payment, acct=payment.acct), asked)


def _query(desk: Desk, fields: dict[str, str]) -> Answer:
    one_of(fields, "trxid", "reqsn")
    found = desk.trades.find(fields.get("reqsn"), fields.get("trxid"))
    if found is None:
        raise refused(TRXSTATUS, "1001", why="no trade has that number")
    _provoked("query", found)
    return vsp_results.queried(found)


def _provoked(operation: str, one: Trade | None) -> None:
    """Refuse a later operation on a trade as the trade's own text asks.

    Raises:
        RefusedError: with the code that was asked for.
    """
    asked = wish(one.fields, VSP) if one is not None else None
    if asked is not None and asked.where == operation:
        raise RefusedError(asked.row, why={"reason": "asked for by the order's own text"})


def control(kinds: tuple[str, ...]) -> Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]:
    """Return what lets something happen to trades of these kinds, with ``code`` if it is given."""

    def act(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        desk.tick()
        one = desk.trades.of_number(kinds, number)
        if verb == "notify":
            desk.herald.tell(one, one.original.fields.get("notify_url") if one.original is not None else None)
            return vsp_results.shown(one)
        desk.trades.move(one, verb, text_of(options, "code"))
        if verb == "pay":
            desk.told(one)
        return vsp_results.shown(one)

    return act
