"""What UnionPay does for an order and what follows it: made for a page or an app, queried, refunded, cancelled."""

import secrets
from typing import Any

from mocks.unionpay import cashier, magic, results
from mocks.unionpay.codes import UNRESOLVED, refused
from mocks.unionpay.desk import Answer, Desk
from mocks.unionpay.fields import moment
from mocks.unionpay.transactions import Transaction


def front(desk: Desk, fields: dict[str, str]) -> Answer:
    """Make an order and show its payment page."""
    order = _ordered(desk, fields)
    order.handed_out = cashier.PATH
    return cashier.page(order, desk.page_for(order))


def app(desk: Desk, fields: dict[str, str]) -> Answer:
    """Make an order and hand out the number that the app's control pays by."""
    order = _ordered(desk, fields)
    order.handed_out = f"{secrets.randbelow(10**19):019d}01"  # 21 digits that end so: read off recorded answers
    return {"tn": order.handed_out}


def _ordered(desk: Desk, fields: dict[str, str]) -> Transaction:
    desk.transactions.refuse_repeated(fields)
    expires = moment(fields["payTimeout"]) if fields.get("payTimeout") else None
    return desk.transactions.place("order", fields, expires=expires, doomed=magic.end(fields))


def refund(desk: Desk, fields: dict[str, str]) -> Answer:
    """Accept a refund of a paid order, or of a part of it."""
    return _followed(desk, "refund", fields)


def cancel(desk: Desk, fields: dict[str, str]) -> Answer:
    """Accept the cancellation of an order that was paid on the same clearing day."""
    return _followed(desk, "cancel", fields)


def _followed(desk: Desk, kind: str, fields: dict[str, str]) -> Answer:
    desk.transactions.refuse_repeated(fields)
    original = _original(desk, fields)
    if original is not None:
        desk.settle(original)
        magic.provoke(kind, original.fields)
    order = desk.transactions.check_following(kind, original, int(fields["txnAmt"]))
    made = accepted(desk, kind, fields, original=order)
    return {"queryId": made.query_id, "origQryId": order.query_id, "txnAmt": fields["txnAmt"]}


def _original(desk: Desk, fields: dict[str, str]) -> Transaction | None:
    if fields.get("origQryId"):
        return desk.transactions.find_by_query_id(fields["origQryId"])
    if not fields.get("origOrderId") or not fields.get("origTxnTime"):  # one of the two it must be: acpAPIId=800
        raise refused("13", why="neither origQryId nor origOrderId with origTxnTime is there")
    return desk.transactions.find(fields["origOrderId"], fields["origTxnTime"])


def accepted(desk: Desk, kind: str, fields: dict[str, str], **more: Any) -> Transaction:
    """Take in what ends later: by itself, or as its magic value says."""
    ending = magic.end(fields)
    if ending in UNRESOLVED:
        return desk.transactions.place(kind, fields, held=True, code=ending, **more)
    return desk.transactions.place(kind, fields, doomed=ending, **more)


def query(desk: Desk, fields: dict[str, str]) -> Answer:
    """Tell the state of a transaction of any kind."""
    by_number = fields["txnSubType"] == "02"
    missing = [name for name in (("queryId",) if by_number else ("orderId", "txnTime")) if not fields.get(name)]
    if missing:
        raise refused("13", why=f"{missing[0]} is missing")
    if by_number:
        found = desk.transactions.find_by_query_id(fields["queryId"])
    else:
        found = desk.transactions.find(fields["orderId"], fields["txnTime"])
    if found is None:
        raise refused("34")
    magic.provoke("query", found.fields)
    desk.settle(found, asked=True)
    extra = {name: f"orig{name[0].upper()}{name[1:]}" for name in ("respCode", "respMsg")}
    outcome = {extra[name]: value for name, value in results.code(found.code).items()}
    ids = {"orderId": found.fields["orderId"], "txnTime": found.fields["txnTime"]}
    mode = {"issuerIdentifyMode": "0"} if found.succeeded else {}
    return results.told(found) | outcome | ids | mode


def control_order(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a payer pay, on his bank's own page also after the expiry (``pay_late``), or fail (``code``), or an order expire.

    ``txnTime`` chooses among orders of one number.

    Raises:
        ControlRefusedError: there is no such order, or it cannot happen to it.
    """
    order = desk.transactions.of_number("order", number, _text(options, "txnTime"))
    if verb == "pay" or (verb == "pay_late" and order.state == "EXPIRED"):
        desk.attempt(order, _text(options, "code"))
    else:
        desk.transactions.move(order, verb, _text(options, "code") if verb == "fail" else None)
    return results.shown(order)


def control_following(kind: str) -> Any:
    """Return what lets a refund, a cancellation or a payout complete, fail or stay open, with ``code`` if it is given."""

    def control(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        one = desk.transactions.of_number(kind, number, _text(options, "txnTime"))
        desk.transactions.move(one, verb, _text(options, "code"))
        desk.herald.ended(one)
        return results.shown(one)

    return control


def _text(options: dict[str, Any], name: str) -> str | None:
    value = options.get(name)
    return value if isinstance(value, str) else None
