"""What VSP tells of a trade, in answers, notifications and on the control plane.

Field lists: hlib-go/hallinpay@74394108 (answers of pay, query, refund) and prodoc.allinpay.com/doc/2100 with public client
code for the notification; what stands beside them (accttype 99, termauthno OTHERS, termtraceno 0, outtrxid again) was read
off a real notification in a public copy. The numbers of the acquirer (cmid, chnlid) are made up.
"""

from collections.abc import Mapping
from typing import Any

from mocks.allinpay.codes import TRXSTATUS, find
from mocks.allinpay.vsp_trades import Trade

_CMID, _CHNLID = "100000001", "200000001"


def status(code: str) -> dict[str, str]:
    """Return a trxstatus with its text, which a success does not have."""
    found = find(TRXSTATUS, code)
    text = found.text if found is not None else "模拟的交易状态"
    return {"trxstatus": code, "errmsg": "" if code == "0000" else text}


def placed(one: Trade) -> dict[str, str]:
    """Return what answers the request that made a trade."""
    if one.kind == "pay":  # it is there to be paid: this success says nothing of money
        return {"reqsn": one.reqsn, "trxid": one.trxid, "payinfo": one.payinfo, **status("0000")}
    facts = {"reqsn": one.reqsn, "trxid": one.trxid, "trxcode": one.trxcode, "fintime": _fintime(one), **status(one.code)}
    if one.kind == "scan":
        facts |= {"trxamt": str(one.amount), "initamt": str(one.amount)} | _paid(one)
    return facts


def queried(one: Trade) -> dict[str, str]:
    """Return what answers a query."""
    facts = {
        "reqsn": one.reqsn,
        "trxid": one.trxid,
        "trxcode": one.trxcode,
        "trxamt": str(one.amount),
        "initamt": str(one.amount),
        "fintime": _fintime(one),
        "cmid": _CMID,
        "chnlid": _CHNLID,
    }
    return facts | _paid(one) | status(one.code)


def notified(one: Trade) -> dict[str, str]:
    """Return the parameters of a notification, unsigned."""
    ended = one.ended or one.created
    return {
        "appid": one.fields["appid"],
        "cusid": one.fields["cusid"],
        "outtrxid": one.reqsn,
        "cusorderid": one.reqsn,
        "trxcode": one.trxcode,
        "trxid": one.trxid,
        "initamt": str(one.amount),
        "trxamt": str(one.amount),
        "trxdate": f"{ended:%Y%m%d}",
        "paytime": f"{ended:%Y%m%d%H%M%S}",
        "chnltrxid": one.chnltrxid,
        "trxstatus": one.code,
        "termtraceno": "0",
        "termauthno": "OTHERS",
        "termrefnum": one.chnltrxid,
        "trxreserved": one.fields.get("remark", ""),
        "srctrxid": one.original.trxid if one.original is not None else "",
        "acct": one.acct,
        "accttype": "99",
        "fee": str(one.fee),
        "cmid": _CMID,
        "chnlid": _CHNLID,
        "signtype": signtype(one),
    }


def signtype(one: Trade) -> str:
    """Return how what is told of a trade is signed: as its request was."""
    return one.fields["signtype"]


def _paid(one: Trade) -> dict[str, str]:
    if one.ended is None or one.code not in {"0000", "3050"}:
        return {}
    return {"chnltrxid": one.chnltrxid, "acct": one.acct, "accttype": "99", "fee": str(one.fee)}


def _fintime(one: Trade) -> str:
    return f"{one.ended:%Y%m%d%H%M%S}" if one.ended is not None and one.state not in {"LATE", "GIVEN_BACK"} else ""


def shown(one: Trade) -> dict[str, Any]:
    """Return a trade as the control plane shows it."""
    moments = {"created": one.created, "expires": one.expires, "ended": one.ended}
    facts: dict[str, Any] = {
        "reqsn": one.reqsn,
        "trxid": one.trxid,
        "kind": one.kind,
        "state": one.state,
        "trxstatus": one.code,
        "trxamt": one.amount,
        "trxcode": one.trxcode,
        "fee": one.fee if one.ended is not None else 0,
        "notify_url": one.fields.get("notify_url"),
        **{name: at.isoformat(timespec="seconds") if at is not None else None for name, at in moments.items()},
    }
    if one.is_payment:
        return facts | {"payinfo": one.payinfo}
    return facts | {"of": one.original.reqsn if one.original is not None else None}


def sums(trades: Mapping[str, Trade]) -> dict[str, int]:
    """Return what trades did to the money, in fen; what came too late is received, and given back within a day."""
    taken = [one for one in trades.values() if one.is_payment and one.ended is not None and one.state != "FAILED"]
    back = [one for one in trades.values() if not one.is_payment and one.state in {"OPEN", "DONE"}]
    return {
        "received": sum(one.amount for one in taken),
        "refunded": sum(one.amount for one in back) + sum(one.amount for one in taken if one.state == "GIVEN_BACK"),
    }
