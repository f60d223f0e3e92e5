"""What a merchant encrypts for LianLian: the six parts of ``pay_load``, opened as strictly as they were made.

Source: LianLianPay/LLP-YT-Java@28ec8020 ``LLianPayEncrypt`` and ``LLianPayYtSignature.encryptGeneratePayload``: RSA-OAEP (SHA-1)
boxes of two keys of 32 letters or digits, a nonce of 8, AES-256 in counter mode from the nonce and the number one, and
HMAC-SHA256 over nonce and ciphertext as they are written. The Java encoder breaks its lines, so base64 may hold CR and LF; the
HMAC is over the text with them. That all that does not open is answered 4007 follows from that code's text alone.
"""

import hashlib
import hmac

from mocks.lianlian.codes import RefusedError, refused
from mocks.lianlian.signing import read_base64
from payment_channels.codec.aes import counter_mode
from payment_channels.codec.rsa import RsaOaepDecryptor

VERSION = "lianpay1_0_1"
_PARTS, _KEY_CHARACTERS, _NONCE_CHARACTERS = 6, 32, 8
_FIRST_COUNT = (1).to_bytes(8, "big")


def opened(decryptor: RsaOaepDecryptor, pay_load: str) -> bytes:
    """Return what was encrypted.

    Raises:
        RefusedError: 4007, with what did not fit for the log.
    """
    parts = pay_load.split("$")
    if len(parts) != _PARTS:
        raise _shut(f"pay_load has {len(parts)} parts between dollar signs, not {_PARTS}")
    version, hmac_box, aes_box, nonce_text, cipher_text, mac_text = parts
    if version != VERSION:
        raise _shut(f"pay_load begins with {version!r}, not {VERSION!r}")
    hmac_key, aes_key = _key(decryptor, "HMAC", hmac_box), _key(decryptor, "AES", aes_box)
    nonce, cipher, mac = (
        _read(name, text) for name, text in (("nonce", nonce_text), ("ciphertext", cipher_text), ("HMAC", mac_text))
    )
    if len(nonce) != _NONCE_CHARACTERS:
        raise _shut(f"the nonce has {len(nonce)} bytes, not {_NONCE_CHARACTERS}")
    expected = hmac.new(hmac_key, f"{nonce_text}${cipher_text}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(expected, mac):
        raise _shut("the HMAC is not one over nonce, dollar sign and ciphertext as they are written, with their line breaks")
    return counter_mode(aes_key, nonce + _FIRST_COUNT, cipher)


def _key(decryptor: RsaOaepDecryptor, name: str, box: str) -> bytes:
    try:
        key = decryptor.decrypt(_read(f"box of the {name} key", box))
    except ValueError as error:
        raise _shut(
            f"the box of the {name} key does not open: another public key, or another padding than OAEP with SHA-1"
        ) from error
    if len(key) != _KEY_CHARACTERS or not key.isalnum():
        raise _shut(f"the {name} key has {len(key)} bytes; it should be {_KEY_CHARACTERS} letters or digits")
    return key


def _read(name: str, text: str) -> bytes:
    raw = read_base64(text.replace("\r", "").replace("\n", ""))
    if raw is None:
        raise _shut(f"the {name} is not base64")
    return raw


def _shut(reason: str) -> RefusedError:
    return refused("4007", why=reason)
