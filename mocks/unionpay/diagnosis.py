"""Why a signature does not verify: an RSA signature gives away the hash it was made over, so likely mistakes can be tried.

For the log of the mock alone. What a person may keep secret is masked in the strings it shows, and no key is ever shown.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mocks.unionpay.keys import UnionpayKeys
from mocks.unionpay.messages import read_base64

_PRIVATE = re.compile(r"((?:^|&)(?:accNo|customerInfo|signature|reserved|riskRateInfo|cardTransData)=)(\{[^}]*\}|[^&]*)")
_SHOWN = 4  # characters that stay readable at either end of a masked value
_Hash = Callable[[bytes], bytes]


def masked(text: str) -> str:
    """Return a string to sign with the values that are nobody else's business masked."""
    return _PRIVATE.sub(lambda found: found[1] + _mask(found[2]), text)


def _mask(value: str) -> str:
    return f"{value[:_SHOWN]}…{value[-_SHOWN:]}" if len(value) > 6 * _SHOWN else "***"


def explain(keys: UnionpayKeys, fields: Mapping[str, str], expected: str) -> dict[str, Any]:
    """Return why the signature is not one over ``expected``, as well as can be told."""
    why: dict[str, Any] = {"expected": masked(expected), "given": {"signature": _mask(fields["signature"])}}
    if fields["signMethod"] != "01":
        return {"reason": _of_keyed(keys.secure_key, fields, expected)} | why
    signature = read_base64(fields["signature"])
    if signature is None:
        return {"reason": "the signature is not base64"} | why
    wanted, other = ("sha1", "sha256") if fields["version"] == "5.0.0" else ("sha256", "sha1")
    hashed = _recovered(keys.merchant_key, signature, wanted)
    if hashed is None:
        if _recovered(keys.merchant_key, signature, other) is not None:
            return {"reason": f"it is signed with {other}, but version {fields['version']} wants {wanted}"} | why
        return {"reason": f"it is no {wanted} signature of the merchant certificate's key: another key, or damaged"} | why
    digested: _Hash = lambda content: hashlib.new(wanted, content, usedforsecurity=False).digest()  # noqa: E731  one line, one place
    for mistake, signed in _mistakes(fields, expected):
        if digested(signed.encode()) == hashed:
            return {"reason": f"{mistake}: its string was signed itself, not the hex digits of its hash"} | why
        if digested(digested(signed.encode()).hex().encode()) == hashed:
            return {"reason": f"the key is right, the string is not: {mistake}", "signed": masked(signed)} | why
        if digested(digested(signed.encode()).hex().upper().encode()) == hashed:
            return {"reason": f"{mistake}: the hex digits of the hash should be small letters"} | why
    return {"reason": "the key is right, but another string was signed", "signed_hash": hashed.hex()} | why


def _recovered(key: RSAPublicKey, signature: bytes, name: str) -> bytes | None:
    algorithm: hashes.HashAlgorithm = hashes.SHA1() if name == "sha1" else hashes.SHA256()  # noqa: S303  the protocol's choice
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        return None


def _of_keyed(secure_key: str, fields: Mapping[str, str], expected: str) -> str:
    given, method = fields["signature"], fields["signMethod"]

    def hexed(text: str) -> str:
        made = hashes.Hash(hashes.SM3() if method == "12" else hashes.SHA256())
        made.update(text.encode())
        return made.finalize().hex()

    if given.lower() == hexed(f"{expected}&{hexed(secure_key)}"):
        return "the signature should be in small letters"
    if given.lower() == hexed(f"{expected}&{secure_key}"):
        return "secureKey was appended itself, not the hex digits of its hash"
    if given.lower() == hexed(expected):
        return "the hash of secureKey is missing from the end of the string"
    for mistake, signed in _mistakes(fields, expected):
        if given.lower() == hexed(f"{signed}&{hexed(secure_key)}"):
            return f"the key is right, the string is not: {mistake}"
    return "another string, another secureKey, or another hash"


def _mistakes(fields: Mapping[str, str], expected: str) -> Iterator[tuple[str, str]]:
    filled = {name: value for name, value in fields.items() if value and name != "signature"}

    def joined(used: Mapping[str, str], names: list[str] | None = None) -> str:
        return "&".join(f"{name}={used[name]}" for name in (names or sorted(used)))

    yield "the string is right", expected
    yield "the fields are not sorted", joined(filled, list(filled))
    yield "the fields are sorted without regard to case", joined(filled, sorted(filled, key=str.lower))
    yield "empty fields are in it", joined({name: value for name, value in fields.items() if name != "signature"})
    yield "certId is missing from it", joined({name: value for name, value in filled.items() if name != "certId"})
    yield "signMethod is missing from it", joined({name: value for name, value in filled.items() if name != "signMethod"})
    both = ("certId", "signMethod")
    yield "certId and signMethod are missing from it", joined({name: filled[name] for name in filled if name not in both})
    yield "the values in it are url-encoded", joined({name: quote(value, safe="") for name, value in filled.items()})
    yield "a line feed stands at its end", expected + "\n"
    yield "an & stands at its end", expected + "&"
