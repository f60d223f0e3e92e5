"""Content encryption: AES-128-CBC with PKCS#5 padding and an initial vector of zeroes, key and box in base64.

Source: alipay/alipay-easysdk@0b0f31d7 ``util/aes`` and its test, whose values the tests replay.
"""

import base64
import binascii

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

_ZEROES = bytes(16)
_BITS = 128


class BoxBrokenError(ValueError):
    """A box does not open with this key, or it is none."""


def seal(key: bytes, plain: bytes) -> str:
    """Return the box of a text."""
    padder = PKCS7(_BITS).padder()
    encryptor = Cipher(AES(key), CBC(_ZEROES)).encryptor()
    return base64.b64encode(encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()).decode()


def unseal(key: bytes, box: str) -> bytes:
    """Open a box.

    Raises:
        BoxBrokenError: it does not open.
    """
    try:
        sealed = base64.b64decode(box, validate=True)
        decryptor = Cipher(AES(key), CBC(_ZEROES)).decryptor()
        unpadder = PKCS7(_BITS).unpadder()
        return unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()
    except (binascii.Error, ValueError) as error:
        raise BoxBrokenError("the content does not open with this AES key") from error
