"""One hardened XML reader for everything: no DOCTYPE, no entities of their own, bounded in size, depth and count."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
MAX_ATTRIBUTES = 64  # of one element; no message of a payment channel has more than a handful

_UTF = frozenset({"utf-8", "us-ascii", "ascii", "utf-16"})
_GB = frozenset({"gbk", "gb2312", "gb18030"})  # the last one contains the others
_DECLARED = re.compile(rb"""\A\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


class XmlRefusedError(ValueError):
    """The text is no XML, or it is XML of a kind that is never accepted."""


@dataclass(slots=True)
class Element:
    """One element: its name, its own text, its children in order. Attributes are kept, name spaces are not resolved."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """Return the first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def flat(self) -> dict[str, str]:
        """Return the texts of the children by name; a name that stands twice is refused, since either could be meant.

        Raises:
            XmlRefusedError: a name stands twice, or has elements in it: what stands around them is no value.
        """
        found: dict[str, str] = {}
        for child in self.children:
            if child.name in found:
                reason = f"the element {child.name} stands twice"
                raise XmlRefusedError(reason)
            if child.children:
                reason = f"the element {child.name} has elements in it"
                raise XmlRefusedError(reason)
            found[child.name] = child.text
        return found


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.texts: list[list[str]] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= MAX_DEPTH or self.count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            reason = "too deep, too many elements or too many attributes"
            raise XmlRefusedError(reason)
        element = Element(name, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def data(self, text: str) -> None:
        if self.texts:
            self.texts[-1].append(text)


def parse(content: bytes, *, encoding: str | None = None) -> Element:
    """Read a document in UTF-8, UTF-16, ASCII or GBK (GB 18030); ``encoding`` overrides what its declaration says.

    Raises:
        XmlRefusedError: it is not well-formed, too large, has a DOCTYPE, or is in another encoding.
    """
    if len(content) > MAX_BYTES:
        reason = f"more than {MAX_BYTES} bytes"
        raise XmlRefusedError(reason)
    content, encoding = _readable(content, encoding)
    builder = _Builder()
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True  # otherwise every line and every reference is a call
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_other_encodings
    try:
        parser.Parse(content, True)  # noqa: FBT003  expat takes no keyword
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, XmlRefusedError):
            raise
        reason = "not well-formed XML"
        raise XmlRefusedError(reason) from error
    if builder.root is None:
        reason = "no element"
        raise XmlRefusedError(reason)
    return builder.root


def _readable(content: bytes, encoding: str | None) -> tuple[bytes, str | None]:
    """Return content and encoding as expat reads them. It would take any codec of Python's, unicode_escape among them."""
    declared = _DECLARED.match(content)
    name = (encoding or (declared[1].decode("ascii") if declared else "utf-8")).lower()
    if name in _GB:
        try:
            return content.decode("gb18030").encode(), "utf-8"
        except UnicodeDecodeError as error:
            reason = f"it is not in {name}"
            raise XmlRefusedError(reason) from error
    if name not in _UTF:
        reason = f"the encoding {name[:40]} is never accepted"
        raise XmlRefusedError(reason)
    return content, encoding


def _refuse_doctype(*_: object) -> None:
    reason = "a DOCTYPE is never accepted"
    raise XmlRefusedError(reason)


def _refuse_other_encodings(_version: str, encoding: str | None, _standalone: int) -> None:
    """Look at the declaration once more, as expat itself has read it: in UTF-16 its bytes look otherwise."""
    if encoding is not None and encoding.lower() not in _UTF | _GB:
        reason = f"the encoding {encoding[:40]} is never accepted"
        raise XmlRefusedError(reason)


def cdata(text: str) -> str:
    """Wrap a text so that no character of it is read as markup."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
