"""Why a signature does not verify: an RSA signature gives away the hash it was made over, so likely mistakes can be tried.

For the log of the mock alone. What a person may keep secret is masked in the strings it shows.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mocks.wire import MockRequest

_PRIVATE = r"auth_code|user_name|openid|sp_openid|sub_openid|bank_account|real_name|sign|signature"
_IN_JSON = re.compile(rf'("(?:{_PRIVATE})"\s*:\s*")([^"]*)(")')
_IN_XML = re.compile(rf"(<(?:{_PRIVATE})>(?:<!\[CDATA\[)?)([^\]<]*)")
_IN_HEADER = re.compile(r'(signature=")([^"]*)(")')
_SHOWN = 4  # characters that stay readable at either end of a masked value


def masked(content: str) -> str:
    """Return a body or a header with the values that are nobody else's business masked."""
    for pattern in (_IN_JSON, _IN_XML, _IN_HEADER):
        content = pattern.sub(lambda found: found[1] + _mask(found[2]) + (found[3] if found.lastindex == 3 else ""), content)  # noqa: PLR2004
    return content


def _mask(value: str) -> str:
    return f"{value[:_SHOWN]}…{value[-_SHOWN:]}" if len(value) > 4 * _SHOWN else "***"


def explain(key: RSAPublicKey, request: MockRequest, fields: dict[str, str], expected: bytes) -> dict[str, Any]:
    """Return why the signature is not one over ``expected``, as well as can be told."""
    why: dict[str, Any] = {
        "expected": masked(expected.decode("utf-8", "replace")),
        "given": {name: value if name != "signature" else _mask(value) for name, value in fields.items()},
    }
    try:
        signature = base64.b64decode(fields["signature"], validate=True)
    except binascii.Error:
        return {"reason": "the signature is not base64"} | why
    try:
        hashed = key.recover_data_from_signature(signature, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        reason = "it is no SHA256withRSA signature of the merchant certificate's key: another key, hash or padding, or damaged"
        return {"reason": reason} | why
    for mistake, text in _mistakes(request, fields):
        if _sha256(text) == hashed:
            return {
                "reason": f"the key is right, the string is not: {mistake}",
                "signed": masked(text.decode("utf-8", "replace")),
            } | why
    return {"reason": "the key is right, but another string was signed", "signed_sha256": hashed.hex()} | why


def _sha256(content: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    return digest.finalize()


def _mistakes(request: MockRequest, fields: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    time, nonce, host = fields["timestamp"], fields["nonce_str"], request.headers.get("host", "")
    plain = [request.method, request.target, time, nonce]

    def lines(first: list[str], body: bytes, last: bytes = b"\n") -> bytes:
        return "\n".join(first).encode() + b"\n" + body + last

    yield "the last line feed is missing", lines(plain, request.body, b"")
    yield "the body is missing from it", lines(plain, b"")
    yield "the body's line is missing altogether", lines(plain, b"", b"")
    yield "the query is missing from the target", lines([request.method, request.path, time, nonce], request.body)
    yield (
        "the target is decoded, it should be as sent",
        lines([request.method, unquote(request.target), time, nonce], request.body),
    )
    for scheme in ("http", "https"):
        yield "the target has the host", lines([request.method, f"{scheme}://{host}{request.target}", time, nonce], request.body)
    yield "the method is in small letters", lines([request.method.lower(), *plain[1:]], request.body)
    yield "nonce and timestamp are exchanged", lines([*plain[:2], nonce, time], request.body)
    yield "carriage returns stand before the line feeds", lines(plain, request.body).replace(b"\n", b"\r\n")
    yield "it is the string of an answer (three lines)", lines([time, nonce], request.body)
    try:
        content = json.loads(request.body)
    except ValueError:
        return
    for separators in ((",", ":"), (", ", ": ")):
        for ascii_only in (True, False):
            written = json.dumps(content, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "replace")
            yield "the body that was signed is written otherwise than the one that was sent", lines(plain, written)
