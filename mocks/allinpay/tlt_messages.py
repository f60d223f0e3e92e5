"""TLT's messages: XML in GBK, signed as one text; read strictly, written by hand so that what is signed is what is sent.

Sources: a published request that verifies (vectors/allinpay_tlt_signature.json) for the text that is signed: everything but
the element SIGNED_MSG, the declaration included. Recorded answers (public copies: com.raowei.start SimpleController of
200004, calvinxiao/allinpay README of 100014) for the order of an answer's elements.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from mocks.allinpay.codes import INFO, refused
from mocks.wire import MockReply
from payment_channels.codec.xml import Element, XmlRefusedError, parse

_DECLARATION = '<?xml version="1.0" encoding="GBK"?>'
_DECLARED = re.compile(rb"""\A<\?xml\s[^>]*encoding\s*=\s*["'](?i:gbk)["']""")
_SIGNED = re.compile(rb"<SIGNED_MSG>([^<]*)</SIGNED_MSG>")
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Message:
    """A request that could be read: what is signed, its signature, INFO, and the rest by its elements' names."""

    signed: bytes
    signature: str | None
    info: dict[str, str]
    parts: dict[str, Element]


def cut(content: bytes) -> tuple[bytes, str | None]:
    """Return the text that a signature covers, and the signature; None where there is not exactly one."""
    found = _SIGNED.findall(content)
    return _SIGNED.sub(b"", content), found[0].decode("latin-1") if len(found) == 1 else None


def read(content: bytes) -> Message:
    """Read a request.

    Raises:
        RefusedError: 1001 where it is no XML of this kind, 1000 where INFO is not as it has to be.
    """
    if not _DECLARED.match(content):
        raise refused(INFO, "1001", why="the text should begin with its declaration, which says encoding GBK")
    try:
        content.decode("gbk")
        root = parse(content)
        if root.name != "AIPG":
            raise refused(INFO, "1001", why=f"the root should be AIPG, not {root.name[:40]}")
        parts = {child.name: child for child in root.children}
        if len(parts) != len(root.children):
            raise refused(INFO, "1000", why="an element under AIPG stands twice")
        info = texts(parts.pop("INFO", None))
    except (XmlRefusedError, UnicodeDecodeError) as error:
        raise refused(INFO, "1001", why=f"it cannot be read: {error}") from error
    signed, signature = cut(content)
    return Message(signed, signature, info, parts)


def texts(element: Element | None) -> dict[str, str]:
    """Return the texts of an element's children; empty ones count as not given.

    Raises:
        RefusedError: 1000 where a name stands twice.
    """
    if element is None:
        return {}
    try:
        return {name: text for name, text in element.flat().items() if text}
    except XmlRefusedError as error:
        raise refused(INFO, "1000", why=f"{element.name}: {error}") from error


def element(name: str, inner: str) -> str:
    """Write an element around what is written already."""
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def children(pairs: Pairs) -> str:
    """Write elements that hold a text."""
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in pairs)


def unsigned(info: Pairs, rest: str) -> bytes:
    """Return an answer without its signature: this is what is signed."""
    text = f"{_DECLARATION}<AIPG>{element('INFO', children(info))}{rest}</AIPG>"
    return text.encode("gbk", "xmlcharrefreplace")


def with_signature(content: bytes, signature: str) -> bytes:
    """Return an answer with its signature where recorded ones have it: at the end of INFO."""
    return content.replace(b"</INFO>", f"<SIGNED_MSG>{signature}</SIGNED_MSG></INFO>".encode(), 1)


def answer(content: bytes, status: int = 200) -> MockReply:
    """Make an answer."""
    return MockReply(status, {"Content-Type": "text/xml;charset=GBK"}, content)
