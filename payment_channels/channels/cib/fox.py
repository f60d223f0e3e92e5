"""The FOX envelope: written by tables, since the order of its elements is mandatory, and read through the one hardened parser.

Source: 银企直联接口说明文档 标准版 V4.0.4, as fdstar/BankEnterpriseDirectAttach@47dff4ac has it: GBK XML, ``FOX`` with a login
(``SONRQ``) and one transaction; the answer the same with ``RS``; no ``<>&`` in values. Names are the wire's, to the letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payment_channels.codec.xml import Element, XmlRefusedError, cdata, parse

Layout = tuple[Any, ...]
"""Names in their order: ``@`` an attribute, ``?`` optional, ``!`` CDATA; a pair is an element with a layout of its own."""

SONRQ: Layout = ("DTCLIENT", "CID", "USERID", "USERPASS", "GENUSERKEY", "APPID", "APPVER")
FROM: Layout = ("ACCTID", "NAME?")
TO: Layout = ("@INTERBANK", "@LOCAL", "ACCTID", "NAME", "BANKDESC", "BANKNUM", "CITY")
XFERINFO: Layout = (("ACCTFROM", FROM), ("ACCTTO", TO), "TRNAMT", "PMTMODE?", "PURPOSE", "DTDUE?", "MEMO?")
FASTINFO: Layout = (
    ("ACCTFROM", ("ACCTID", "NAME")),
    ("ACCTTO", ("@INTERBANK", "@LOCAL", "ACCTID", "NAME", "BANKDESC?", "BANKNUM?", "CITY?")),
    "TRNAMT",
    "PURPOSE",
    "MEMO?",
    "DTDUE?",
)
MAGENTPAYINFO: Layout = (
    "MRCHNO",
    "ORDERNO",
    "MRCHNAME?",
    ("ACCTFROM", FROM),
    ("ACCTTO", ("@INTERBANK", "@LOCAL", "ACCTID", "NAME", "BANKDESC", "BANKNUM", "CITY?", "ACCTTYPE")),
    "TRNAMT",
    "PURPOSE",
)
BATCH: Layout = (
    "TITLE?",
    "TOTALCOUNT",
    "TOTALAMOUNT",
    "MRCHNO",
    ("ACCTFROM", FROM),
    "PURPOSE?",
    "MEMO?",
    ("XFERINFOTEXT!", ("@SIZE",)),
)
REFUND: Layout = ("MRCHNO", "ORDERNO", "ORDERAMT", "REFUNDAMT", "MEMO?")
STATEMENT: Layout = (("ACCTFROM", ("ACCTID",)), ("INCTRAN", ("DTSTART", "DTEND", "PAGE", "NUM?")))
REQUESTS: Mapping[str, Layout] = {
    "XFERTRNRQ": ("TRNUID", ("XFERRQ", (("XFERINFO", XFERINFO),))),
    "XFERINQTRNRQ": ("TRNUID", ("XFERINQRQ", ("CLIENTREF",))),
    "ICTRANSFERTRNRQ": ("TRNUID", ("XMPTRQ", (("XFERINFO", FASTINFO),))),
    "ICTRANSFERINQTRNRQ": ("TRNUID", ("XFERINQRQ", ("CLIENTREF",))),
    "MAGENTPAYTRNRQ": ("TRNUID", ("MAGENTPAYRQ?", (("MAGENTPAYINFO", MAGENTPAYINFO),))),
    "ASYNBATCHMRCHAGENTTRNRQ": ("TRNUID", ("RQBODY?", BATCH)),
    "MRCHREFUNDTRNRQ": ("TRNUID", ("RQBODY?", REFUND)),
    "CURRACCTQUERYTRNRQ": ("TRNUID", ("RQBODY", ("ACCTID",))),
    "SCUSTSTMTTRNRQ": ("TRNUID", ("SCUSTSTMTRQ", STATEMENT)),
    "FSTMTTRNRQ": ("TRNUID", ("SCUSTSTMTRQ", STATEMENT)),
}
"""The transactions, and what of each is sent, in its order."""

TEXT = "#"
"""Under this name stands the text of an element that has attributes too."""


class MessageRefusedError(ValueError):
    """A message that is not of the documented form. The text says how, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Status:
    """``STATUS``: code, severity, message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``status`` is the first that is not 0: the login's, or the transaction's; ``server_time`` is DTSERVER."""

    status: Status
    server_time: str
    transaction: Element | None


def write(login: Mapping[str, str], name: str, content: Mapping[str, Any]) -> bytes:
    """Return a request in GBK. ``content`` holds texts and further mappings by name; the table gives their order.

    Raises:
        ValueError: a name is not in the table, one is missing, or a value has what GBK or the format cannot hold.
    """
    whole = {"SIGNONMSGSRQV1": {"SONRQ": login}, "SECURITIES_MSGSRQV1": {name: content}}
    layout = (("SIGNONMSGSRQV1", (("SONRQ", SONRQ),)), ("SECURITIES_MSGSRQV1", ((name, REQUESTS[name]),)))
    text = '<?xml version="1.0" encoding="GBK"?>' + _element("FOX", layout, whole)
    return text.encode("gbk")


def _element(name: str, layout: Layout, held: Mapping[str, Any]) -> str:
    given, attributes, inside = dict(held), "", []
    for node in layout:
        raw, below = node if isinstance(node, tuple) else (node, ())
        plain = raw.strip("@?!")
        if plain not in given:
            if raw.endswith("?"):
                continue
            raise ValueError(f"{name} lacks {plain}")
        value = given.pop(plain)
        if raw.startswith("@"):
            attributes += f' {plain}="{_clean(plain, value)}"'
        elif raw.endswith("!"):
            inside.append(_marked(plain, value))
        elif below:
            inside.append(_element(plain, below, value))
        else:
            inside.append(f"<{plain}>{_clean(plain, value)}</{plain}>")
    if given:
        raise ValueError(f"{name} has no {', '.join(sorted(given))}")
    return f"<{name}{attributes}>{''.join(inside)}</{name}>"


def _marked(name: str, held: Mapping[str, str]) -> str:
    """An element whose text stands in CDATA, with its attributes."""
    attributes = "".join(f' {key}="{_clean(key, value)}"' for key, value in held.items() if key != TEXT)
    lines = "\n".join(_clean(name, line) for line in held[TEXT].split("\n"))
    return f"<{name}{attributes}>{cdata(lines)}</{name}>"


def _clean(name: str, value: str) -> str:
    flaw = flaw_of(value)
    if flaw:
        raise ValueError(f"{name}: {flaw[1]}")
    return value


def flaw_of(value: str) -> tuple[str, str] | None:
    """Say, in Chinese and English, why a value cannot be sent; None where it can."""
    if any(sign in value for sign in "<>&"):
        return "不能含 < > &", "without < > &"
    if not value.isprintable():
        return "不能含换行、制表等不可见字符", "without line breaks and other characters that cannot be seen"
    try:
        value.encode("gbk")
    except UnicodeEncodeError:
        return "含 GBK 编码没有的字符", "a character is not in GBK"
    return None


def read(body: bytes, name: str) -> Answer:
    """Read the answer to a request by ``name`` (its ``…TRNRS``).

    Raises:
        MessageRefusedError: it is not such an answer.
    """
    root = document(body)
    if root.name != "FOX":
        raise MessageRefusedError("the root is not FOX")
    login = wanted(wanted(root, "SIGNONMSGSRSV1"), "SONRS")
    status = _status(login)
    server_time = text(login, "DTSERVER") or ""
    messages = only(root, "SECURITIES_MSGSRSV1")
    transaction = only(messages, name) if messages is not None else None
    if status.code == "0":
        if transaction is None:
            raise MessageRefusedError(f"there is no {name}")
        status = _status(transaction)
    return Answer(status, server_time, transaction)


def document(body: bytes) -> Element:
    """Return the root. What declares no encoding is GBK, as the whole protocol is.

    Raises:
        MessageRefusedError: it is no XML.
    """
    try:
        return parse(body, encoding=None if body.lstrip().startswith(b"<?xml") else "gbk")
    except XmlRefusedError as error:
        raise MessageRefusedError(str(error)) from error


def _status(element: Element) -> Status:
    status = wanted(element, "STATUS")
    code = text(status, "CODE")
    if code is None:
        raise MessageRefusedError("STATUS has no CODE")
    if code == "0" and text(status, "SEVERITY") == "ERROR":
        raise MessageRefusedError("CODE 0 with SEVERITY ERROR")
    return Status(code, text(status, "MESSAGE") or "")


def only(element: Element, name: str) -> Element | None:
    """Return the child of that name.

    Raises:
        MessageRefusedError: it stands twice, so that either could be meant.
    """
    found = [child for child in element.children if child.name == name]
    if len(found) > 1:
        raise MessageRefusedError(f"{name} stands twice")
    return found[0] if found else None


def wanted(element: Element, name: str) -> Element:
    """Return the child of that name.

    Raises:
        MessageRefusedError: it is not there, or twice.
    """
    found = only(element, name)
    if found is None:
        raise MessageRefusedError(f"{element.name} has no {name}")
    return found


def text(element: Element, name: str) -> str | None:
    """Return the text of the child of that name, without the blanks around it; None where there is none.

    Raises:
        MessageRefusedError: it stands twice, or has elements in it: what stands around them is no value.
    """
    found = only(element, name)
    if found is not None and found.children:
        raise MessageRefusedError(f"{name} has elements in it")
    return (found.text.strip() or None) if found is not None else None
