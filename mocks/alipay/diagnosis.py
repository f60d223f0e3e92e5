"""Why a signature does not verify: an RSA signature gives away the hash it was made over, so likely mistakes can be tried.

For the log of the mock alone. What a person may keep secret is masked in the strings it shows.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mocks.alipay import signing
from mocks.wire import MockRequest

_PRIVATE = r"auth_code|identity|name|cert_no|buyer_id|buyer_open_id|buyer_logon_id|sign|mobile"
_IN_JSON = re.compile(rf'("(?:{_PRIVATE})"\s*:\s*")([^"]*)(")')
_IN_FORM = re.compile(r"(^|&)((?:app_)?auth_token|sign)=([^&]*)")
# The same in a string that was percent-encoded, as a mistaken client signs it.
_IN_ENCODED = re.compile(rf"(%22(?:{_PRIVATE})%22(?:%3A|:)(?:\+|%20)*%22)(.*?)(%22)", re.IGNORECASE)
_SHOWN = 4  # characters that stay readable at either end of a masked value
_HASHES = (("SHA-1 (sign_type RSA)", hashes.SHA1), ("MD5", hashes.MD5))


def masked(content: str) -> str:
    """Return a text with the values that are nobody else's business masked."""
    for pattern in (_IN_JSON, _IN_ENCODED):
        content = pattern.sub(lambda found: found[1] + _mask(found[2]) + found[3], content)
    return _IN_FORM.sub(lambda found: f"{found[1]}{found[2]}={_mask(found[3])}", content)


def _mask(value: str) -> str:
    return f"{value[:_SHOWN]}…{value[-_SHOWN:]}" if len(value) > 4 * _SHOWN else "***"


def explain(key: RSAPublicKey, given: Mapping[str, str], expected: str) -> dict[str, Any]:
    """Return why the signature of a gateway request is not one over ``expected``, as well as can be told."""
    why = {"expected": masked(expected), "given": {"sign": _mask(given["sign"]), "sign_type": given["sign_type"]}}
    return _reason(key, given["sign"], _mistakes(given, expected)) | why


def explain_rest(key: RSAPublicKey, request: MockRequest, authority: str, sign: str, expected: bytes) -> dict[str, Any]:
    """Return the same for a request of the REST protocol."""
    why = {"expected": masked(expected.decode("utf-8", "replace")), "given": {"authority": authority, "sign": _mask(sign)}}
    return _reason(key, sign, _rest_mistakes(request, authority)) | why


def _reason(key: RSAPublicKey, sign: str, mistakes: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    try:
        signature = base64.b64decode(sign, validate=True)
    except (binascii.Error, ValueError):
        return {"reason": "the signature is not base64 (a + that was not encoded arrives as a space)"}
    hashed = _recovered(key, signature, hashes.SHA256())
    if hashed is None:
        for name, algorithm in _HASHES:
            if _recovered(key, signature, algorithm()) is not None:
                return {"reason": f"the key is right, but the hash is {name}, not SHA-256"}
        return {"reason": "it is no SHA256withRSA signature of the app's key: another key, hash or padding, or damaged"}
    for mistake, text in mistakes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(text)
        if digest.finalize() == hashed:
            reason = f"the key is right, the string is not: {mistake}"
            return {"reason": reason, "signed": masked(text.decode("utf-8", "replace"))}
    return {"reason": "the key is right, but another string was signed", "signed_sha256": hashed.hex()}


def _recovered(key: RSAPublicKey, signature: bytes, algorithm: hashes.HashAlgorithm) -> bytes | None:
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        return None


def _mistakes(given: Mapping[str, str], expected: str) -> Iterator[tuple[str, bytes]]:
    def joined(values: Mapping[str, str], names: Iterable[str]) -> bytes:
        return "&".join(f"{name}={values[name]}" for name in names).encode()

    full = {name: value for name, value in given.items() if name != "sign"}
    named = [name for name in sorted(full) if full[name]]
    yield "sign_type is missing from it (that is the rule of notifications)", signing.notice_string(given).encode()
    yield "biz_content is missing from it", joined(full, [name for name in named if name != "biz_content"])
    yield "empty values are in it", joined(full, sorted(full))
    yield "the names are not sorted", joined(full, [name for name in full if full[name]])
    yield "sign itself is in it", joined(given, sorted(given))
    for how, encode in (("quote", quote), ("quote_plus", quote_plus)):
        values = {name: encode(value) for name, value in full.items()}
        yield f"the values are percent-encoded ({how}), they are signed as they read", joined(values, named)
    for name in named:
        if name not in {"biz_content", "sign_type"}:
            yield f"{name} is missing from it", joined(full, [one for one in named if one != name])
    yield "it is encoded as GBK, but charset says otherwise", expected.encode("gb18030", "replace")
    yield "it is encoded as UTF-8, but charset says otherwise", expected.encode("utf-8", "replace")
    yield "only biz_content is signed", given.get("biz_content", "").encode()


def _rest_mistakes(request: MockRequest, authority: str) -> Iterator[tuple[str, bytes]]:
    method, target, body = request.method, request.target, request.body

    def text(target: str = target, body: bytes = body, method: str = method) -> bytes:
        return signing.rest_string(authority, method, target, body)

    yield "the last line feed is missing", text()[:-1]
    yield "the body is missing from it", text(body=b"")
    yield "the query is missing from the target", text(urlsplit(target).path)
    yield "the target is decoded, it should be as sent", text(unquote(target))
    yield "the target has scheme and host", text(f"{request.origin}{target}")
    yield "the method is in small letters", text(method=method.lower())
    yield "the line of alipay-app-auth-token is missing or too much", text()
