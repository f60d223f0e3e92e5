"""An answer of the gateway, cut into its parts on the raw bytes: what is verified is the very text that the gateway signed.

``{"<method with _>_response":{…},"sign":"…","alipay_cert_sn":"…"}``. The signed text is the value of the first name as it
stands: escapes untouched, white space inside kept. Nothing is parsed as JSON before it was cut, so that no reader's leniency
moves the cut. Vectors ali-response-node-file-upload, ali-response-node-escaped-slash.
"""

import json
import re
from dataclasses import dataclass, field

_BEGIN = re.compile(rb"[ \t\r\n]*\{")
_AFTER = re.compile(rb"[ \t\r\n]*([,}])[ \t\r\n]*")
_NAME = re.compile(rb'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_INSIDE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{\[]|[}\]]|[^"{}\[\]]+', re.DOTALL)
_FLAT = re.compile(rb'\{(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"{}\[\]]++)*+\}', re.DOTALL)
"""An object without another one inside, as most answers are: read in one go where it fits, and step by step where not."""
_PLAIN = re.compile(rb'"[ !#-\[\]-~]*"')
"""A text of printable ASCII without quotes and backslashes: it stands for itself."""
_USUAL = re.compile(
    rb'\{"([a-z0-9_]+)":(' + _FLAT.pattern + rb'),"sign":"([A-Za-z0-9+/=]+)"(?:,"alipay_cert_sn":"([0-9a-z]+)")?\}', re.DOTALL
)
"""A whole answer as the gateway writes nearly all: read in one go, and what does not fit name by name."""
_WORD = re.compile(rb"[A-Za-z0-9+.\-]+")
_OPEN, _CLOSE = (b"{", b"["), (b"}", b"]")
MAX_DEPTH = 64
MAX_NAMES = 16
ERROR = "error_response"


class EnvelopeRefusedError(ValueError):
    """The bytes are no answer of the gateway, or one that could be cut in two ways. The text says how."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``content`` is the signed text: an object, or a quoted base64 text where contents are encrypted."""

    content: bytes = field(repr=False)
    sign: str | None = field(repr=False)
    alipay_cert_sn: str | None

    @property
    def encrypted(self) -> bool:
        """Whether the content is a ciphertext."""
        return self.content.startswith(b'"')


def cut(body: bytes, method: str) -> Envelope:
    """Cut the answer to ``method``.

    Raises:
        EnvelopeRefusedError: it is not of the documented form, or a name stands twice.
    """
    expected = method.replace(".", "_") + "_response"
    usual = _USUAL.fullmatch(body)
    if usual is not None and usual[1].decode() == expected:
        return Envelope(usual[2], usual[3].decode(), usual[4].decode() if usual[4] else None)
    parts = _parts(body)
    found = [name for name in (expected, ERROR) if name in parts]
    if len(found) != 1:
        raise EnvelopeRefusedError(f"the answer holds {len(found)} of {expected} and {ERROR}, not one")
    content = parts[found[0]]
    if not content.startswith((b"{", b'"')):
        raise EnvelopeRefusedError("the response is neither an object nor a text")
    return Envelope(content, _text(parts, "sign"), _text(parts, "alipay_cert_sn"))


def _text(parts: dict[str, bytes], name: str) -> str | None:
    if name not in parts:
        return None
    if not parts[name].startswith(b'"'):
        raise EnvelopeRefusedError(f"{name} is no text")
    return _unquoted(parts[name])


def _unquoted(raw: bytes) -> str:
    if _PLAIN.fullmatch(raw):  # nearly always, and for a tenth of the price
        return raw[1:-1].decode("ascii")
    try:
        text: str = json.loads(raw.decode())  # of bytes, json would guess the encoding
    except ValueError as error:
        raise EnvelopeRefusedError("a text is not as JSON writes it") from error
    return text


def _parts(body: bytes) -> dict[str, bytes]:
    """Return the raw value of each name of the outermost object."""
    begin = _BEGIN.match(body)
    if begin is None:
        raise EnvelopeRefusedError("the answer is no object")
    place = begin.end()
    parts: dict[str, bytes] = {}
    while True:
        named = _NAME.match(body, place)
        if named is None:
            raise EnvelopeRefusedError(f"a name and its colon are missing at byte {place}")
        name, place = _unquoted(named[1]), named.end()
        end = _value(body, place)
        if name in parts or len(parts) >= MAX_NAMES:
            raise EnvelopeRefusedError("a name stands twice, or there are too many")
        parts[name] = body[place:end]
        after = _AFTER.match(body, end)
        if after is None:
            raise EnvelopeRefusedError(f"a comma or a closing brace is missing at byte {end}")
        place = after.end()
        if after[1] == b",":
            continue
        if place != len(body):
            raise EnvelopeRefusedError("something stands after the answer")
        return parts


def _string(body: bytes, place: int) -> int:
    found = _STRING.match(body, place)
    if found is None:
        raise EnvelopeRefusedError(f"a text is missing or not closed at byte {place}")
    return found.end()


def _value(body: bytes, place: int) -> int:
    """Return where the value at ``place`` ends; braces within texts are none."""
    first = body[place : place + 1]
    if first == b'"':
        return _string(body, place)
    if first not in _OPEN:
        word = _WORD.match(body, place)
        if word is None:
            raise EnvelopeRefusedError(f"a value is missing at byte {place}")
        return word.end()
    if flat := _FLAT.match(body, place):
        return flat.end()
    depth = 0
    while True:
        found = _INSIDE.match(body, place)
        if found is None:
            raise EnvelopeRefusedError("the response is not closed")
        depth += (found[0] in _OPEN) - (found[0] in _CLOSE)
        place = found.end()
        if depth > MAX_DEPTH:
            raise EnvelopeRefusedError("the response is nested too deeply")
        if depth == 0:
            return place
