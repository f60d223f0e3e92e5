"""AES in CBC mode with PKCS#7 padding and an initial vector of zeros (vector ali-aes-easysdk), and in counter mode.

Encryption of this kind hides and does not protect: whoever uses it signs the ciphertext, and verifies it before it is opened.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES = (16, 24, 32)
_ZEROS = bytes(16)
_PADDING = PKCS7(128)


class CipherBrokenError(ValueError):
    """A ciphertext does not open: another key, changed content, or no ciphertext at all."""


def encrypt(key: bytes, plain: bytes) -> bytes:
    """Return the ciphertext.

    Raises:
        ValueError: the key has not 16, 24 or 32 bytes.
    """
    padder, cipher = _PADDING.padder(), Cipher(AES(key), CBC(_ZEROS)).encryptor()
    return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()


def counter_mode(key: bytes, first_block: bytes, text: bytes) -> bytes:
    """Encrypt or decrypt in counter mode: both are the same. ``first_block`` is the counter's 16 bytes at the start.

    Raises:
        ValueError: the key has not 16, 24 or 32 bytes, or the block not 16.
    """
    cipher = Cipher(AES(key), CTR(first_block)).encryptor()
    return cipher.update(text) + cipher.finalize()


def decrypt(key: bytes, ciphertext: bytes) -> bytes:
    """Return the plain bytes.

    Raises:
        CipherBrokenError: it does not open with this key.
    """
    try:
        cipher, unpadder = Cipher(AES(key), CBC(_ZEROS)).decryptor(), _PADDING.unpadder()
        padded = cipher.update(ciphertext) + cipher.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        reason = "the ciphertext does not open with this key"
        raise CipherBrokenError(reason) from error
