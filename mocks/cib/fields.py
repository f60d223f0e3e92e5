"""The elements of CIB's requests as tables, in the order that the bank's document demands, and the check against them.

Source: fdstar/BankEnterpriseDirectAttach@47dff4acb51250cd78cb09461357337cee2b87ff, the bank's 银企直联接口说明文档 V4.0.4. An
element that the document does not mark as optional has to be there; it may be empty where its samples leave it so. That lengths
count GBK bytes, the lengths of names and cities, and that every breach answers 2000 (amounts: 2006), is assumed.
"""

import re
from dataclasses import dataclass
from typing import Any

from mocks.cib.codes import AMOUNT, BROKEN, refused
from payment_channels.codec.xml import Element

MONEY = r"[0-9]{1,15}(\.[0-9]{1,2})?"
TRNUID = r"[!-%'-;=?-~]{1,30}"
DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MOST_ROWS = 1_000_000  # bytes of a text that is no field: its rows are looked at one by one


@dataclass(frozen=True, slots=True)
class Node:
    """One element: a leaf of a form (a pattern, or how many GBK bytes), or a group. ``blank``: it may be there and empty."""

    name: str
    form: str | int = ""
    required: bool = True
    blank: bool = False
    children: tuple["Node", ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    lines: bool = False  # a text of several lines


def may(name: str, form: str | int) -> Node:
    """Return an optional leaf."""
    return Node(name, form, required=False, blank=True)


def _group(name: str, *children: Node, required: bool = True, attributes: tuple[tuple[str, str], ...] = ()) -> Node:
    return Node(name, required=required, children=children, attributes=attributes)


SIGN_ON = _group(
    "SONRQ",
    Node("DTCLIENT", r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}"),  # a sample writes 2010-10-8
    Node("CID", r"[0-9]{10}"),
    Node("USERID", 30),
    Node("USERPASS", 30),
    Node("GENUSERKEY", r"[YN]"),
    Node("APPID", 30),
    Node("APPVER", 30),
)
_UID = Node("TRNUID", TRNUID)
_FROM = _group("ACCTFROM", Node("ACCTID", r"[0-9]{18}"), may("NAME", 120), may("BANKDESC", 120), may("CITY", 60))
_ROUTE = (("INTERBANK", r"[YN]"), ("LOCAL", r"[YN]"))  # Y: within the bank; within the city
_TO = (Node("ACCTID", r"[!-%'-;=?-~]{1,32}"), Node("NAME", 120))
_TRANSFER = _group(
    "XFERINFO",
    _FROM,
    _group(
        "ACCTTO",
        *_TO,
        Node("BANKDESC", 120, blank=True),
        Node("BANKNUM", r"[0-9]{1,14}", blank=True),
        Node("CITY", 60, blank=True),
        may("COLLECT", 10),
        attributes=_ROUTE,
    ),
    may("CHEQUENUM", r"[0-9]{1,9}"),
    may("CURSYM", r"RMB"),
    Node("TRNAMT", MONEY),
    may("PMTMODE", r"SUPER"),
    Node("PURPOSE", 60),
    may("DTDUE", DAY),
    may("MEMO", 60),
)
_FAST = _group(
    "XFERINFO",
    _group("ACCTFROM", Node("ACCTID", r"[0-9]{18}"), Node("NAME", 120), may("BANKDESC", 120), may("CITY", 60)),
    _group("ACCTTO", *_TO, may("BANKDESC", 120), may("BANKNUM", r"[0-9]{1,14}"), may("CITY", 60), attributes=_ROUTE),
    may("CHEQUENUM", r"[0-9]{1,9}"),
    may("CURSYM", r"RMB"),
    Node("TRNAMT", MONEY),
    may("PMTMODE", r"SUPER"),
    Node("PURPOSE", 60),
    may("MEMO", 60),
    may("DTDUE", DAY),
)
_FUND = _group("FUNDACCT", may("ACCTID", r"[0-9]{18}"), required=False)
_AGENT = _group(
    "MAGENTPAYINFO",
    Node("MRCHNO", r"[0-9A-Za-z]{8}"),
    Node("ORDERNO", r"[!-%'-;=?-~]{1,32}"),
    may("MRCHNAME", 60),
    may("CHEQUENUM", r"[0-9]{1,9}"),
    _FROM,
    _group(
        "ACCTTO",
        *_TO,
        Node("BANKDESC", 120, blank=True),
        Node("BANKNUM", r"[0-9]{1,14}", blank=True),
        may("CITY", 60),
        Node("ACCTTYPE", r"[012]"),
        attributes=_ROUTE,
    ),
    Node("TRNAMT", MONEY),
    Node("PURPOSE", 50),
)
_BATCH = _group(
    "RQBODY",
    may("TITLE", 30),
    may("TOTALCOUNT", r"[0-9]{1,3}"),
    may("TOTALAMOUNT", MONEY),
    Node("MRCHNO", r"[0-9A-Za-z]{8}"),
    _FROM,
    may("PURPOSE", 60),
    may("MEMO", 60),
    may("EXPECT_DATE", DAY),
    Node("XFERINFOTEXT", _MOST_ROWS, attributes=(("SIZE", r"[0-9]{1,3}"),), lines=True),
    required=False,  # without it, it is a query
)
_REFUND = _group(
    "RQBODY",
    Node("MRCHNO", r"[0-9A-Za-z]{6}"),
    Node("ORDERNO", r"[!-%'-;=?-~]{1,32}"),
    Node("ORDERAMT", MONEY),
    Node("REFUNDAMT", MONEY),
    may("DTDUE", DAY),
    may("MEMO", 50),
    required=False,
)
_STATEMENT = _group(
    "SCUSTSTMTRQ",
    may("VERSION", r"[12]\.0"),
    _FROM,
    _group(
        "INCTRAN",
        Node("DTSTART", DAY),
        Node("DTEND", DAY),
        Node("PAGE", r"[0-9]{1,6}"),
        may("TRNTYPE", r"[012]"),
        required=False,
    ),
    may("SELTYPE", r"[13]"),
)
_FILE = _group(
    "SCUSTSTMTRQ",
    _FROM,
    _group(
        "INCTRAN",
        Node("DTSTART", DAY),
        Node("DTEND", DAY),
        Node("PAGE", r"[0-9]{1,6}"),
        Node("NUM", r"[0-9]{1,4}"),
        may("TRNTYPE", r"[012]"),
        may("MINAMT", r"-?[0-9]{1,12}(\.[0-9]{1,2})?"),
        may("MAXAMT", r"-?[0-9]{1,12}(\.[0-9]{1,2})?"),
    ),
)
OPERATIONS = {
    "XFERTRNRQ": _group("XFERTRNRQ", _UID, _group("XFERRQ", _TRANSFER)),
    "XFERINQTRNRQ": _group("XFERINQTRNRQ", _UID, _group("XFERINQRQ", Node("CLIENTREF", TRNUID))),
    "ICTRANSFERTRNRQ": _group("ICTRANSFERTRNRQ", _UID, _group("XMPTRQ", _FUND, _FAST, required=False)),
    "ICTRANSFERINQTRNRQ": _group("ICTRANSFERINQTRNRQ", _UID, _group("XFERINQRQ", Node("CLIENTREF", TRNUID))),
    "MAGENTPAYTRNRQ": _group("MAGENTPAYTRNRQ", _UID, _group("MAGENTPAYRQ", _AGENT, required=False)),
    "ASYNBATCHMRCHAGENTTRNRQ": _group("ASYNBATCHMRCHAGENTTRNRQ", _UID, _BATCH),
    "MRCHREFUNDTRNRQ": _group("MRCHREFUNDTRNRQ", _UID, _REFUND),
    "CURRACCTQUERYTRNRQ": _group("CURRACCTQUERYTRNRQ", _UID, _group("RQBODY", Node("ACCTID", r"[0-9]{1,32}"))),
    "SCUSTSTMTTRNRQ": _group("SCUSTSTMTTRNRQ", _UID, may("CLTCOOKIE", 60), _STATEMENT),
    "FSTMTTRNRQ": _group("FSTMTTRNRQ", _UID, may("CLTCOOKIE", 60), _FILE),
}


def read(element: Element, node: Node) -> Any:
    """Return what an element holds: a text, or a dict of its children's (attributes among them), without what is empty.

    Raises:
        RefusedError: 2000 for an element that is unknown, twice, missing, empty or out of order, 2006 for an amount.
    """
    _check_attributes(element, node)
    if not node.children:
        text = _leaf(element, node)
        return {"text": text, **element.attributes} if node.attributes else text
    if element.text.strip():
        raise refused(BROKEN, why=f"{node.name} has a text of its own")
    found: dict[str, Any] = dict(element.attributes)
    left = list(node.children)
    for child in element.children:
        while left and left[0].name != child.name:
            _may_be_left_out(left.pop(0), node.name, child.name)
        if not left:
            names = ", ".join(one.name for one in node.children)
            raise refused(BROKEN, why=f"{child.name} is unknown, twice or out of order in {node.name}; the order is {names}")
        value = read(child, left.pop(0))
        if value != "":
            found[child.name] = value
    for one in left:
        _may_be_left_out(one, node.name, "its end")
    return found


def _check_attributes(element: Element, node: Node) -> None:
    if set(element.attributes) != {name for name, _ in node.attributes}:
        raise refused(BROKEN, why=f"{node.name} has the attributes {sorted(element.attributes)}")
    for name, form in node.attributes:
        if not re.fullmatch(form, element.attributes[name]):
            raise refused(BROKEN, why=f"{name} of {node.name} is not of the form {form}")


def _may_be_left_out(node: Node, inside: str, before: str) -> None:
    if node.required:
        raise refused(BROKEN, why=f"{node.name} is missing in {inside} before {before}")


def _leaf(element: Element, node: Node) -> str:
    text = element.text
    if element.children:
        raise refused(BROKEN, why=f"{node.name} should hold a text alone")
    if not text.strip():
        if node.required and not node.blank:
            raise refused(BROKEN, why=f"{node.name} is empty")
        return ""
    plain = text.replace("\r", "").replace("\n", "") if node.lines else text
    if any(letter in plain for letter in "<>&") or not plain.isprintable():
        raise refused(BROKEN, why=f"{node.name} has one of < > & or a letter that cannot be printed")
    if isinstance(node.form, int):
        if len(text.encode("gbk")) > node.form:
            raise refused(BROKEN, why=f"{node.name} is longer than {node.form} bytes in GBK")
    elif not re.fullmatch(node.form, text):
        raise refused(AMOUNT if node.form == MONEY else BROKEN, why=f"{node.name} is not of the form {node.form}")
    return text
