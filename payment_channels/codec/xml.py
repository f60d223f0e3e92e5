"""One hardened XML reader for everything: no DOCTYPE, no entities of their own, bounded in size, depth and count."""

from dataclasses import dataclass, field
from xml.parsers import expat

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 200_000


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
            XmlRefusedError: a name stands twice.
        """
        found: dict[str, str] = {}
        for child in self.children:
            if child.name in found:
                reason = f"the element {child.name} stands twice"
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
        if len(self.open) >= MAX_DEPTH or self.count > MAX_ELEMENTS:
            reason = "too deep or too many elements"
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
    """Read a document; ``encoding`` overrides what its declaration says.

    Raises:
        XmlRefusedError: it is not well-formed, too large, or has a DOCTYPE.
    """
    if len(content) > MAX_BYTES:
        reason = f"more than {MAX_BYTES} bytes"
        raise XmlRefusedError(reason)
    builder = _Builder()
    parser = expat.ParserCreate(encoding)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
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


def _refuse_doctype(*_: object) -> None:
    reason = "a DOCTYPE is never accepted"
    raise XmlRefusedError(reason)


def cdata(text: str) -> str:
    """Wrap a text so that no character of it is read as markup."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
