"""UnionPay's gate: verifies requests by every signature method, and signs answers and notifications with its certificate.

Sources: playniuniu/python-unionpay@464b7926 ``SDKUtil.py`` (a port of UnionPay's own SDK) for the strings and hashes, with its
published vectors; recorded answers for what they carry: 5.1.0 ``signPubKeyCert``, 5.0.0 ``certId``. In which order the real
gateway looks is on no page: form, what the signature needs, signature, merchant is assumed.
"""

import base64
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from mocks.unionpay import diagnosis
from mocks.unionpay.authority import Pair
from mocks.unionpay.codes import refused
from mocks.unionpay.keys import UnionpayKeys
from mocks.unionpay.messages import read_base64

RSA, SHA256, SM3 = "01", "11", "12"


def string_to_sign(fields: Mapping[str, str]) -> str:
    """Return what a signature covers: the fields that have a value, sorted by name, without ``signature``; nothing is encoded."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature" and fields[name])


def digest(version: str, text: str) -> str:
    """Return the hash that is signed, as small hex digits: SHA-1 for 5.0.0, SHA-256 for 5.1.0."""
    content = text.encode()
    if version == "5.0.0":
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()  # the protocol's choice
    return hashlib.sha256(content).hexdigest()


def rsa_signature(key: RSAPrivateKey, version: str, text: str) -> str:
    """Return the base64 signature of method 01: over the hex digits of the hash, which are hashed once more."""
    return base64.b64encode(key.sign(digest(version, text).encode(), padding.PKCS1v15(), _hash(version))).decode()


def rsa_verifies(key: RSAPublicKey, version: str, text: str, signature: str) -> bool:
    """Say whether a signature of method 01 is that key's."""
    raw = read_base64(signature)
    if raw is None:
        return False
    try:
        key.verify(raw, digest(version, text).encode(), padding.PKCS1v15(), _hash(version))
    except InvalidSignature:
        return False
    return True


def keyed_signature(method: str, text: str, secure_key: str) -> str:
    """Return the hex signature of methods 11 and 12: over the string, ``&`` and the hash of the key."""
    return _hex(method, f"{text}&{_hex(method, secure_key)}")


def _hex(method: str, text: str) -> str:
    made = hashes.Hash(hashes.SM3() if method == SM3 else hashes.SHA256())
    made.update(text.encode())
    return made.finalize().hex()


def _hash(version: str) -> hashes.HashAlgorithm:
    return hashes.SHA1() if version == "5.0.0" else hashes.SHA256()  # noqa: S303  the protocol's choice


class Gate:
    """Verifies requests and signs answers with the keys of one merchant."""

    def __init__(self, keys: UnionpayKeys) -> None:
        """Hold the keys. ``signer`` signs from now on; ``encryption`` are the pairs that fields may be encrypted for."""
        self.keys = keys
        self.signer: Pair = keys.signer
        self.encryption: list[Pair] = [keys.encryption]

    def check(self, fields: Mapping[str, str]) -> None:
        """Let a request pass whose fields have the right form.

        Raises:
            RefusedError: 11 for the signature, 31 for another merchant.
        """
        method, version, text = fields["signMethod"], fields["version"], string_to_sign(fields)
        if method == RSA and fields["certId"] != self.keys.merchant.cert_id:
            why = {
                "reason": "certId names another certificate",
                "expected": self.keys.merchant.cert_id,
                "given": fields["certId"],
            }
            raise refused("11", why=why)
        if method == RSA:
            good = rsa_verifies(self.keys.merchant_key, version, text, fields["signature"])
        else:
            good = keyed_signature(method, text, self.keys.secure_key) == fields["signature"]
        if not good:
            raise refused("11", why=diagnosis.explain(self.keys, fields, text))
        if fields["merId"] != self.keys.mer_id:
            why = {"reason": "merId is another merchant's", "expected": self.keys.mer_id, "given": fields["merId"]}
            raise refused("31", why=why)

    def sign(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return the fields with what verifies them, by the version and method that they name."""
        signed = {name: value for name, value in fields.items() if value}
        method, version = signed["signMethod"], signed["version"]
        if method != RSA:
            return signed | {"signature": keyed_signature(method, string_to_sign(signed), self.keys.secure_key)}
        if version == "5.0.0":
            signed["certId"] = self.signer.cert_id
        else:
            signed["signPubKeyCert"] = self.signer.in_message
        return signed | {"signature": rsa_signature(self.signer.key, version, string_to_sign(signed))}

    def decrypt(self, cert_id: str, sealed: str) -> str | None:
        """Return what was encrypted for one of the certificates in use, or None where it was not."""
        pair = next((one for one in self.encryption if one.cert_id == cert_id), None)
        raw = read_base64(sealed)
        if pair is None or raw is None:
            return None
        try:
            return pair.key.decrypt(raw, padding.PKCS1v15()).decode()
        except ValueError:
            return None
