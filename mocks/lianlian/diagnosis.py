"""Why a signature does not verify: an RSA signature gives away the hash it was made over, so likely mistakes can be tried.

For the log of the mock alone. What a person may keep secret is masked in the strings it shows, and no key is ever shown.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_PRIVATE = re.compile(r"((?:^|&)(?:card_no|acct_name|sign|confirm_code|risk_item)=)([^&]*)")
_OTHERS = ("sha1", "sha256")
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303  the protocol's choice
    "sha1": hashes.SHA1(),  # noqa: S303  a mistake to be recognised
    "sha256": hashes.SHA256(),
}


def masked(text: str) -> str:
    """Return a string to sign with the values that are nobody else's business masked."""
    return _PRIVATE.sub(lambda found: found[1] + "***", text)


def explain(key: RSAPublicKey, fields: Mapping[str, str], expected: str) -> dict[str, Any]:
    """Return why the signature is not one over ``expected``, as well as can be told."""
    why: dict[str, Any] = {"expected": masked(expected)}
    try:
        signature = base64.b64decode(fields["sign"], validate=True)
    except (binascii.Error, ValueError):
        return {"reason": "the signature is not base64"} | why
    hashed = _recovered(key, signature, "md5")
    if hashed is None:
        for other in _OTHERS:
            if _recovered(key, signature, other) is not None:
                return {"reason": f"it is signed with {other}; LianLian wants md5 (MD5withRSA)"} | why
        return {"reason": "it is no md5 signature of the merchant's key: another key, or damaged"} | why
    for mistake, signed in _mistakes(fields, expected):
        if hashlib.md5(signed, usedforsecurity=False).digest() == hashed:
            return {"reason": f"the key is right, the string is not: {mistake}"} | why
    return {"reason": "the key is right, but another string was signed", "signed_hash": hashed.hex()} | why


def _recovered(key: RSAPublicKey, signature: bytes, name: str) -> bytes | None:
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), _HASHES[name])
    except (InvalidSignature, ValueError):
        return None


def _mistakes(fields: Mapping[str, str], expected: str) -> Iterator[tuple[str, bytes]]:
    others = {name: value for name, value in fields.items() if name != "sign"}
    ordered = sorted(others, key=str.lower)
    yield "it is in another encoding than UTF-8", expected.encode("gb18030")
    yield "empty values were signed too", "&".join(f"{name}={others[name]}" for name in ordered).encode()
    yield "its fields are not sorted by name", "&".join(f"{name}={value}" for name, value in others.items() if value).encode()
    yield (
        "its values were encoded as in an address",
        "&".join(f"{n}={quote(others[n], safe='')}" for n in ordered if others[n]).encode(),
    )
    yield "sign_type was left out", "&".join(f"{n}={others[n]}" for n in ordered if others[n] and n != "sign_type").encode()
    for ascii_only in (True, False):
        for separators in ((",", ":"), (", ", ": ")):
            yield "its JSON was signed", json.dumps(others, ensure_ascii=ascii_only, separators=separators).encode()
