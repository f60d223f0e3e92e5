"""Forms (``application/x-www-form-urlencoded``) read strictly and within limits: what two readers could read apart is refused."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

MAX_BYTES = 256 * 1024
MAX_FIELDS = 200
_ENCODED = re.compile(rb"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
"""Printable ASCII, and a percent sign only before two hex digits."""

_UNSAFE = re.compile(rb"[^A-Za-z0-9_.\-~]")
_BETWEEN, _IS = b"\xfe", b"\xff"
"""What no UTF-8 holds stands for the form's own signs, so that a whole form is escaped in one go."""
_ESCAPES = {bytes([byte]): f"%{byte:02X}".encode() for byte in range(256)} | {b" ": b"+", _BETWEEN: b"&", _IS: b"="}


class FormRefusedError(ValueError):
    """The bytes are no form, or one that could be read in two ways. The text says how, and quotes nothing of it."""


def parse(body: bytes, *, encoding: str = "utf-8") -> dict[str, str]:
    """Return the fields by name; a plus sign is a space.

    Raises:
        FormRefusedError: too large, too many fields, a field without a name or an equals sign, a name that stands twice, a
            stray percent sign, or bytes that are not of the encoding.
    """
    if len(body) > MAX_BYTES:
        raise FormRefusedError(f"more than {MAX_BYTES} bytes")
    if body.count(b"&") >= MAX_FIELDS:
        raise FormRefusedError(f"more than {MAX_FIELDS} fields")
    fields: dict[str, str] = {}
    for number, pair in enumerate(body.split(b"&"), start=1):
        name, equals, value = pair.partition(b"=")
        if not name or not equals:
            raise FormRefusedError(f"field {number} has no name or no equals sign")
        read = _text(name, encoding, number)
        if read in fields:
            raise FormRefusedError(f"the name of field {number} stands twice")
        fields[read] = _text(value, encoding, number)
    return fields


def _text(encoded: bytes, encoding: str, number: int) -> str:
    if not _ENCODED.fullmatch(encoded):
        raise FormRefusedError(f"field {number} is not percent-encoded")
    try:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode(encoding)
    except UnicodeDecodeError as error:
        raise FormRefusedError(f"field {number} is not {encoding}") from error


def encode(fields: Mapping[str, str]) -> bytes:
    """Write the fields in their order: UTF-8, a space as a plus sign, as ``urllib.parse.urlencode`` does, for less."""
    return _UNSAFE.sub(_escaped, _BETWEEN.join([name.encode() + _IS + text.encode() for name, text in fields.items()]))


def _escaped(found: re.Match[bytes]) -> bytes:
    return _ESCAPES[found[0]]
