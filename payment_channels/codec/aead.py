"""AES-GCM boxes as notifications and certificate downloads carry them: base64 of ciphertext and 16-byte tag."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class SealBrokenError(ValueError):
    """A box does not open: wrong key, changed content, or no box at all."""


def seal(key: bytes, *, nonce: str, associated_data: str, plain: bytes) -> str:
    """Encrypt and return base64(ciphertext, tag). ``nonce`` is the text itself, as the wires carry it."""
    return base64.b64encode(AESGCM(key).encrypt(nonce.encode(), plain, associated_data.encode())).decode()


def unseal(key: bytes, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """Open base64(ciphertext, tag).

    Raises:
        SealBrokenError: the box does not open with this key, nonce and associated data.
    """
    try:
        return AESGCM(key).decrypt(nonce.encode(), base64.b64decode(ciphertext, validate=True), associated_data.encode())
    except (InvalidTag, binascii.Error, ValueError) as error:
        reason = "the sealed content does not open with this key"
        raise SealBrokenError(reason) from error
