"""TLT's gate: verifies SIGNED_MSG over the exact text that came, says why it does not, and signs answers.

SHA1withRSA (PKCS#1 v1.5) in small hex digits over the GBK bytes of the whole text without the element SIGNED_MSG: verified
with a published request (vectors/allinpay_tlt_signature.json). In which order the real gateway looks is on no page: readable,
INFO, user, signature, merchant, fields is assumed.
"""

import re
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from mocks.allinpay.codes import INFO, refused
from mocks.allinpay.keys import AllinpayKeys
from mocks.allinpay.tlt_messages import Message

_SHA1 = hashes.SHA1()  # noqa: S303  the protocol's choice
_VERSIONS = ("04", "05")


def signature_of(key: RSAPrivateKey, text: bytes) -> str:
    """Return the signature as a message carries it."""
    return key.sign(text, padding.PKCS1v15(), _SHA1).hex()


def verifies(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    """Say whether a signature is that key's over that text."""
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", signature):
        return False
    try:
        key.verify(bytes.fromhex(signature), text, padding.PKCS1v15(), _SHA1)
    except InvalidSignature:
        return False
    return True


def check(keys: AllinpayKeys, message: Message) -> None:
    """Let a request pass whose INFO and signature are in order; USER_PASS is not looked at, as the document says.

    Raises:
        RefusedError: 1000 for INFO's form, 1105 for another user or merchant, 1106 for the signature.
    """
    info = message.info
    forms = {
        "TRX_CODE": r"[0-9A-Z]{1,20}",
        "VERSION": "|".join(_VERSIONS),
        "DATA_TYPE": "2",
        "USER_NAME": r"[0-9A-Za-z]{1,20}",
        "REQ_SN": r"[!-~]{1,60}",
    }
    for name, form in forms.items():
        if not re.fullmatch(form, info.get(name, "")):
            raise refused(INFO, "1000", why=f"INFO/{name} is missing or not of the form {form}")
    if not re.fullmatch(r"[0-9]?", info.get("LEVEL", "")):
        raise refused(INFO, "1000", why="INFO/LEVEL is one digit")
    if info["USER_NAME"] != keys.user_name:
        raise refused(INFO, "1105", why=f"USER_NAME is another user's; expected {keys.user_name}")
    if message.signature is None or not verifies(keys.tlt_merchant, message.signed, message.signature):
        raise refused(INFO, "1106", why=_explain(keys.tlt_merchant, message))
    if info["VERSION"] == "05" and "MERCHANT_ID" not in info:
        raise refused(INFO, "1000", why="VERSION 05 needs INFO/MERCHANT_ID")
    if info.get("MERCHANT_ID", keys.merchant_id) != keys.merchant_id:
        raise refused(INFO, "1105", why=f"INFO/MERCHANT_ID is another merchant's; expected {keys.merchant_id}")


def _explain(key: RSAPublicKey, message: Message) -> dict[str, Any]:
    given = message.signature
    if given is None:
        return {"reason": "there is not exactly one element SIGNED_MSG"}
    if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", given):
        return {"reason": "SIGNED_MSG is no hex text"}
    if verifies(key, message.signed, given.lower()):
        return {"reason": "the hex digits should be small letters"}
    for mistake, text in _mistakes(message.signed):
        if verifies(key, text, given.lower()):
            return {"reason": f"the key is right, the text is not: {mistake}"}
    try:
        key.recover_data_from_signature(bytes.fromhex(given), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return {"reason": "it is no SHA-1 signature of the merchant's key over this text: another key, another text, or damaged"}
    return {"reason": "it is signed with SHA-256, TLT wants SHA-1"}


def _mistakes(text: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the bytes of UTF-8 were signed, not those of GBK", text.decode("gbk", "replace").encode()
    yield "the declaration is missing from it", text.partition(b"?>")[2]
    yield "an empty SIGNED_MSG stood in it", text.replace(b"</INFO>", b"<SIGNED_MSG></SIGNED_MSG></INFO>", 1)
    yield "an empty SIGNED_MSG stood in it", text.replace(b"</INFO>", b"<SIGNED_MSG/></INFO>", 1)
