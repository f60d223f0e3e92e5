"""Payouts (代付) to a card: what was encrypted is opened, who is to be paid is checked, and the end comes later.

Sources: the field rules of the official SDK (playniuniu/python-unionpay@464b7926 ``AcpService.py``): customerInfo is base64 of
``{k=v&k=v}``, in which phoneNo, cvn2 and expired stand encrypted under encryptedInfo. Whether one of name and id must be there,
and which code a field has that does not open (10), is assumed.
"""

import re

from mocks.unionpay.codes import refused
from mocks.unionpay.desk import Answer, Desk
from mocks.unionpay.messages import read_base64, read_braces
from mocks.unionpay.orders import accepted

_CARD = r"[0-9]{13,19}"


def payout(desk: Desk, fields: dict[str, str]) -> Answer:
    """Accept a payout; it is told to have succeeded or failed by its query, and by a notification when it succeeded."""
    desk.transactions.refuse_repeated(fields)
    card = _opened(desk, fields, "accNo", fields["accNo"]) if fields.get("encryptCertId") else fields["accNo"]
    person = _customer(desk, fields)
    if not re.fullmatch(_CARD, card):
        raise refused("61", why="accNo is no card number of 13 to 19 digits")
    made = accepted(desk, "payout", fields, payee={"accNo": card, **person}, card=card)
    return {"queryId": made.query_id, "txnAmt": fields["txnAmt"]}


def _customer(desk: Desk, fields: dict[str, str]) -> dict[str, str]:
    raw = read_base64(fields["customerInfo"])
    try:
        text = raw.decode() if raw is not None else ""
    except UnicodeDecodeError:
        text = ""
    if not (text.startswith("{") and text.endswith("}")):
        raise refused("10", why="customerInfo is not base64 of {k=v&k=v} in UTF-8")
    person = read_braces(text)
    sealed = person.pop("encryptedInfo", None)
    if sealed is not None:
        person |= read_braces(_opened(desk, fields, "encryptedInfo", sealed))
    if not (person.get("customerNm") or person.get("certifId")):
        raise refused("13", why="customerInfo has neither customerNm nor certifId")
    return person


def _opened(desk: Desk, fields: dict[str, str], name: str, sealed: str) -> str:
    cert_id = fields.get("encryptCertId", "")
    opened = desk.gate.decrypt(cert_id, sealed)
    if opened is None:
        used = ", ".join(pair.cert_id for pair in desk.gate.encryption)
        raise refused("10", why=f"{name} does not open with the key of encryptCertId {cert_id!r}; in use: {used}")
    return opened
