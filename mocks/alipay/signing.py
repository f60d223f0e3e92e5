"""What Alipay signs, as plain functions: a gateway request, a notification, and the two texts of the REST protocol.

Sources: alipay/alipay-sdk-nodejs-all@e1676390 ``src/util.ts`` and ``src/alipay.ts``; alipay-sdk-php-all@d95249a3 ``v3/src/Util``.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payment_channels.codec.rsa import RsaSigner, RsaVerifier


def gateway_string(parameters: Mapping[str, str]) -> str:
    """Return what a request to the gateway signs: all that is not empty but ``sign``, by name, as it reads unencoded."""
    return _joined(parameters, ("sign",))


def notice_string(parameters: Mapping[str, str]) -> str:
    """Return what a notification of a trade signs: the same, and without ``sign_type`` too."""
    return _joined(parameters, ("sign", "sign_type"))


def _joined(parameters: Mapping[str, str], without: Iterable[str]) -> str:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name not in without and parameters[name])


def rest_string(authority: str, method: str, target: str, body: bytes, token: str | None = None) -> bytes:
    """Return what a request of the REST protocol signs: four lines, and one for ``alipay-app-auth-token`` where it is sent."""
    head = f"{authority}\n{method}\n{target}\n".encode()
    return head + body + b"\n" + (f"{token}\n".encode() if token else b"")


def answer_string(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what an answer of the REST protocol signs: three lines."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def signature(key: RSAPrivateKey, message: bytes) -> str:
    """Return SHA256withRSA in base64, as RSA2 has it."""
    return base64.b64encode(RsaSigner("", key).sign(message)).decode()


def verifies(verifier: RsaVerifier, message: bytes, signature: str) -> bool:
    """Say whether a base64 signature is that key's."""
    try:
        return verifier.verify(message, base64.b64decode(signature, validate=True))
    except (binascii.Error, ValueError):
        return False
