"""``pay_load``: an order encrypted for LianLian, ``lianpay1_0_1$…``. Its keys are injected: a test can demand the exact bytes.

Source: LianLianPay/LLP-YT-Java@28ec8020 security/LLianPayEncrypt.java, LLianPayYtSignature.java. That encoder breaks base64 after
76 characters and decoders skip such breaks; none are made here.
"""

import base64
import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass, field

from payment_channels.codec.aes import counter_mode
from payment_channels.codec.rsa import RsaOaepEncryptor

VERSION = "lianpay1_0_1"
ALPHABET = string.digits + string.ascii_uppercase
KEY_LENGTH, NONCE_LENGTH = 32, 8
FIRST_COUNT = (1).to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class PayloadKeys:
    """The keys of one message: two of 32 characters, and a nonce of 8, all of digits and capital letters. Never used twice."""

    hmac_key: str = field(repr=False)
    aes_key: str = field(repr=False)
    nonce: str = field(repr=False)


def random_keys() -> PayloadKeys:
    """Make the keys of a message."""
    return PayloadKeys(_random(KEY_LENGTH), _random(KEY_LENGTH), _random(NONCE_LENGTH))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def seal(plain: bytes, keys: PayloadKeys, encryptor: RsaOaepEncryptor) -> str:
    """Return version, both keys (RSA-OAEP), nonce, ciphertext (AES-256-CTR) and HMAC-SHA256, in base64 with ``$`` between."""
    nonce = keys.nonce.encode()
    guarded = f"{_base64(nonce)}${_base64(counter_mode(keys.aes_key.encode(), nonce + FIRST_COUNT, plain))}"
    mac = hmac.digest(keys.hmac_key.encode(), guarded.encode(), hashlib.sha256)
    sealed = (_base64(encryptor.encrypt(key.encode())) for key in (keys.hmac_key, keys.aes_key))
    return "$".join((VERSION, *sealed, guarded, _base64(mac)))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
