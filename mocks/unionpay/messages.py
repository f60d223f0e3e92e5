"""UnionPay's messages: forms that come in encoded, and answers that go out as ``k=v&k=v`` with their values as they are."""

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from mocks.wire import MockReply

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200
# Signed answers of the real gateway end with these (zhangv/unionpay tests, yansongda/artful tests: recorded answers); the
# others stand before them, sorted.
_LAST = ("certId", "signPubKeyCert", "signature")


def read_form(content_type: str, body: bytes) -> dict[str, str] | None:
    """Return the fields of a form, or None where it is none: another type, bytes that are not UTF-8, a name that stands twice."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def written(fields: Mapping[str, str]) -> bytes:
    """Return an answer's text; nothing in it is encoded."""
    order = sorted(set(fields) - set(_LAST)) + [name for name in _LAST if name in fields]
    return "&".join(f"{name}={fields[name]}" for name in order).encode()


def form(fields: Mapping[str, str]) -> bytes:
    """Return a form as a notification posts it: encoded."""
    return urlencode(fields).encode()


def answer(fields: Mapping[str, str], status: int = 200) -> MockReply:
    """Make an answer of signed fields."""
    return MockReply(status, {"Content-Type": "text/html;charset=UTF-8"}, written(fields))


def read_braces(text: str) -> dict[str, str]:
    """Return the fields of ``{k=v&k=v}``; the braces may be missing."""
    inner = text.removeprefix("{").removesuffix("}")
    return {name: value for name, _, value in (part.partition("=") for part in inner.split("&")) if name}


def read_base64(text: str) -> bytes | None:
    """Return what a base64 text holds, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def masked_card(number: str) -> str:
    """Return a card number as the settlement file shows it: six digits, stars, four digits."""
    return re.sub(r"^(\d{6})\d+(\d{4})$", lambda found: f"{found[1]}{'*' * (len(number) - 10)}{found[2]}", number)
