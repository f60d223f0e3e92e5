"""Strings to sign, signatures by key and by certificate, and why a message is not believed.

Source: playniuniu/python-unionpay@464b792e src/unionpay/AcpService.py and SDKUtil_test.py, whose signatures are vectors here.
What is signed is never the text itself but the lower-case hex of its digest.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from payment_channels.channel import Exchange, Signer, work_with
from payment_channels.channels.unionpay.config import UnionpayConfig
from payment_channels.channels.unionpay.trust import Trust
from payment_channels.codec.canonical import could_be_cut_otherwise, sorted_pairs
from payment_channels.codec.sm import sm3

VERSION, OLD_VERSION = "5.1.0", "5.0.0"
RSA, SHA256, SM3 = "01", "11", "12"
NOT_SIGNED = frozenset({"signature"})
DECIDING = ("respCode", "origRespCode", "txnAmt", "orderId", "txnTime", "txnType", "merId", "queryId")
"""What must not be hidden inside another value: by these a message is told from another one."""
BY_KEY: Mapping[str, Callable[[bytes], str]] = {
    SHA256: lambda text: hashlib.sha256(text).hexdigest(),
    SM3: lambda text: sm3(text).hex(),
}


def string_to_sign(fields: Mapping[str, str]) -> str:
    """Join all fields but ``signature``, sorted, empty ones left out, nothing encoded."""
    return sorted_pairs(fields, without=NOT_SIGNED)


def digest(fields: Mapping[str, str], version: str = VERSION) -> bytes:
    """Return what RSA signs: the hex digest in ASCII, of SHA-256, or of SHA-1 in 5.0.0."""
    text = string_to_sign(fields).encode()
    if version == OLD_VERSION:
        return hashlib.sha1(text).hexdigest().encode()  # noqa: S324  the old protocol's own choice; only verified, never made
    return hashlib.sha256(text).hexdigest().encode()


def keyed_digest(fields: Mapping[str, str], method: str, secure_key: str) -> str:
    """Return the signature of methods 11 and 12: a digest over the string and the digest of the key."""
    plain = BY_KEY[method]
    return plain(f"{string_to_sign(fields)}&{plain(secure_key.encode())}".encode())


def signed(config: UnionpayConfig, signer: Signer | None, fields: Mapping[str, str]) -> Exchange[dict[str, str]]:
    """Add ``version``, ``signMethod``, ``certId`` where there is a certificate, and ``signature``; drop what is empty."""
    whole = {
        "version": VERSION,
        "encoding": "UTF-8",
        "signMethod": config.sign_method,
        **{name: text for name, text in fields.items() if text},
    }
    if signer is None:
        whole["signature"] = keyed_digest(whole, config.sign_method, config.secure_key or "")
        return whole
    whole["certId"] = signer.key_id
    message = digest(whole)
    signature = yield from work_with(signer, lambda: signer.sign(message))
    whole["signature"] = base64.b64encode(signature).decode()
    return whole


def doubt(config: UnionpayConfig, trust: Trust, fields: Mapping[str, str], *, now: datetime) -> str:
    """Say in a few words why a message is not believed; an empty text when it is."""
    signature, method, version = (fields.get(name, "") for name in ("signature", "signMethod", "version"))
    if not signature:
        return "it is not signed"
    if could_be_cut_otherwise(fields, DECIDING):
        return "it could be cut into other fields"
    if version == OLD_VERSION:
        return _old_doubt(trust, fields, now=now) if config.legacy_certs else "it is of 5.0.0, and no legacy_certs are configured"
    if version != VERSION or method != config.sign_method:
        return "its version or signMethod is not the one that was asked for"
    if method != RSA:
        expected = keyed_digest(fields, method, config.secure_key or "")
        fits = hmac.compare_digest(expected.encode(), signature.lower().encode())
        return "" if fits else "the signature does not fit the fields"
    raw = _unpacked(signature)
    if raw is None:
        return "the signature is not base64"
    verifier, why = trust.verifier_of(fields.get("signPubKeyCert", ""), now=now)
    if verifier is None:
        return why
    return "" if verifier.verify(digest(fields), raw) else "the signature does not fit the fields"


def _old_doubt(trust: Trust, fields: Mapping[str, str], *, now: datetime) -> str:
    raw = _unpacked(fields["signature"])
    verifier = trust.legacy_verifier_of(fields.get("certId", ""), now=now)
    if fields.get("signMethod") != RSA or raw is None or verifier is None:
        return "of 5.0.0, and not by RSA with a legacy certificate that is known and valid now"
    return "" if verifier.verify(digest(fields, OLD_VERSION), raw) else "the signature does not fit the fields"


def _unpacked(signature: str) -> bytes | None:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
