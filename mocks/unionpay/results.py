"""What UnionPay tells of a transaction, in answers, notifications and on the control plane.

Field lists: the interface pages as copied in jifuwei/lol@0b761071 and liao47/hodgepodge-utils@d56ac3e0; what stands in which
answer was read off recorded ones (zhangv/unionpay and yansongda/pay tests): an open order has neither queryId nor currency, and
a query repeats the bizType it was asked with, but tells the transaction's own txnType. For payouts no list was found: the
common fields are assumed.
"""

from collections.abc import Mapping
from typing import Any

from mocks.unionpay.codes import text_of
from mocks.unionpay.messages import masked_card
from mocks.unionpay.transactions import Transaction

_ECHOED = ("accessType", "bizType", "encoding", "merId", "orderId", "reqReserved", "signMethod", "txnTime", "version")


def echo(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what every answer repeats of its request, as far as it can be repeated without breaking the answer."""
    names = (*_ECHOED, "txnType", "txnSubType")
    found = {name: fields[name] for name in names if fields.get(name) and _is_plain(fields[name])}
    usable = {"signMethod": ("01", "11", "12"), "version": ("5.1.0", "5.0.0")}
    for name, values in usable.items():
        if found.get(name) not in values:
            found[name] = values[0]
    if found["version"] == "5.0.0":
        found["signMethod"] = "01"
    return found


def _is_plain(value: str) -> bool:
    return value.isprintable() and ("&" not in value or (value.startswith("{") and value.endswith("}")))


def code(value: str) -> dict[str, str]:
    """Return an answer's code and text."""
    return {"respCode": value, "respMsg": text_of(value)}


def told(one: Transaction) -> dict[str, str]:
    """Return what is told of a transaction's money, without the code."""
    fields = {"txnAmt": str(one.amount), "txnType": one.fields["txnType"], "txnSubType": one.fields["txnSubType"]}
    if one.original is not None:
        fields["origQryId"] = one.original.query_id
    if one.fields.get("reqReserved"):
        fields["reqReserved"] = one.fields["reqReserved"]
    if not one.succeeded:
        return fields | {"settleAmt": "0"}
    fields |= {
        "currencyCode": "156",
        "queryId": one.query_id,
        "settleAmt": str(one.amount),
        "settleCurrencyCode": "156",
        "settleDate": f"{one.settle_date:%m%d}",
        "traceNo": one.trace_no,
        "traceTime": f"{one.created:%m%d%H%M%S}",
    }
    if one.kind == "order":  # on the wire these come only where the merchant asked UnionPay for them: the mock has asked
        fields |= {"accNo": masked_card(one.card), "payCardType": "01", "payType": "0001"}
    return fields


def notified(one: Transaction) -> dict[str, str]:
    """Return the fields of a notification, unsigned."""
    names = ("accessType", "bizType", "encoding", "merId", "orderId", "signMethod", "txnTime", "version")
    return {name: one.fields[name] for name in names} | told(one) | code(one.code)


def shown(one: Transaction) -> dict[str, Any]:
    """Return a transaction as the control plane shows it: ``payee`` in full, so that a test can tell what arrived."""
    facts: dict[str, Any] = {
        "orderId": one.fields["orderId"],
        "txnTime": one.fields["txnTime"],
        "state": one.state,
        "code": one.code,
        "txnAmt": one.amount,
        "bizType": one.fields["bizType"],
        "queryId": one.query_id,
        "created": one.created.isoformat(timespec="seconds"),
        "ended": one.ended.isoformat(timespec="seconds") if one.ended is not None else None,
        "settleDate": f"{one.settle_date:%Y%m%d}" if one.settle_date is not None else None,
        "backUrl": one.fields["backUrl"],
    }
    if one.kind == "order":
        expires = one.expires.isoformat(timespec="seconds") if one.expires is not None else None
        facts |= {"expires": expires, "failures": one.failures, "handed_out": one.handed_out}
    if one.original is not None:
        facts["origQryId"] = one.original.query_id
    return facts | ({"payee": one.payee} if one.payee else {})
