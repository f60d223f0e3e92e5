"""The Chinese national algorithms: SM3 and SM4 of ``cryptography``, SM2 of ``gmssl-pyx``, which the extra ``gm`` brings.

No arithmetic on curves stands here: keys and points are made and checked by the library. An HSM is another ``Signer``.
"""

import importlib
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import padding as paddings
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from payment_channels.codec.aead import SealBrokenError
from payment_channels.codec.rsa import KeyUnusableError

DEFAULT_USER_ID = "1234567812345678"
"""The user id of GM/T 0009-2012 section 10, for who has agreed on no other; it is part of what is signed."""

_LONGEST_USER_ID = 8191  # bytes: its length in bits has to fit 16 bits
_BLOCK_BITS = 128
_HALF = 32
_LONGEST_PLAIN = 255  # of gmssl-pyx
# SubjectPublicKeyInfo of an uncompressed SM2 key up to the point (RFC 5480, with curve 1.2.156.10197.1.301 of GM/T 0006).
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")

Encoding = Literal["der", "raw"]


class Sm2MissingError(KeyUnusableError):
    """The library that SM2 needs is not installed. ``zh`` and ``en`` say what to do."""


def sm3(content: bytes) -> bytes:
    """Return the digest, 32 bytes (GB/T 32905)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


def sm4_encrypt(key: bytes, plain: bytes, *, iv: bytes | None, padded: bool = True) -> bytes:
    """Encrypt with SM4 (GB/T 32907): CBC with ``iv``, ECB where it is None; PKCS#7 padding unless ``padded`` is False.

    Neither says whether the text was changed on its way: sign what is encrypted.

    Raises:
        KeyUnusableError: the key or the initial vector is not of 16 bytes.
        ValueError: without padding, the text is not a multiple of 16 bytes.
    """
    worker = _sm4(key, iv).encryptor()
    if padded:
        padder = paddings.PKCS7(_BLOCK_BITS).padder()
        plain = padder.update(plain) + padder.finalize()
    return worker.update(plain) + worker.finalize()


def sm4_decrypt(key: bytes, ciphertext: bytes, *, iv: bytes | None, padded: bool = True) -> bytes:
    """Decrypt what ``sm4_encrypt`` made with the same key, ``iv`` and ``padded``.

    Raises:
        KeyUnusableError: the key or the initial vector is not of 16 bytes.
        SealBrokenError: it is no ciphertext, or was made with another key; without padding a wrong key goes unnoticed.
    """
    worker = _sm4(key, iv).decryptor()
    try:
        plain = worker.update(ciphertext) + worker.finalize()
        if padded:
            unpadder = paddings.PKCS7(_BLOCK_BITS).unpadder()
            plain = unpadder.update(plain) + unpadder.finalize()
    except ValueError as error:
        reason = "the content does not open with this SM4 key"
        raise SealBrokenError(reason) from error
    return plain


def _sm4(key: bytes, iv: bytes | None) -> Cipher[Any]:
    try:
        mode = modes.ECB() if iv is None else modes.CBC(iv)  # noqa: S305  the wire decides the mode
        return Cipher(SM4(key), mode)
    except ValueError as error:
        raise KeyUnusableError("SM4 密钥与初始向量各须 16 字节", "an SM4 key and an initial vector have 16 bytes each") from error


def _library() -> Any:
    try:
        return importlib.import_module("gmssl_pyx")
    except ImportError as error:
        raise Sm2MissingError(
            "使用 SM2 需要 gmssl-pyx，当前未安装：请执行 pip install 'payment-channels[gm]'，"
            "或传入由加密机实现的 Signer/Verifier",
            "SM2 needs gmssl-pyx, which is not installed: run pip install 'payment-channels[gm]', "
            "or give a Signer/Verifier that an HSM stands behind",
        ) from error


def sm2_public_key(key: bytes | str) -> bytes:
    """Return the 64 bytes x||y of a key given as x||y, 04||x||y, a compressed point or SubjectPublicKeyInfo; a text is hex.

    Raises:
        KeyUnusableError: it is none of these, or the point is not on the curve.
        Sm2MissingError: gmssl-pyx is not installed.
    """
    library = _library()
    try:
        return bytes(library.normalize_sm2_public_key(_unhexed(key).removeprefix(_SPKI)))
    except library.GmsslInnerError as error:
        raise KeyUnusableError(
            "不是 SM2 公钥：须为曲线上一点（64、65 或 33 字节），或 91 字节的 SubjectPublicKeyInfo",
            "it is no SM2 public key: 64, 65 or 33 bytes of a point on the curve, or 91 of SubjectPublicKeyInfo",
        ) from error


def _unhexed(key: bytes | str) -> bytes:
    try:
        return bytes.fromhex(key) if isinstance(key, str) else key
    except ValueError as error:
        raise KeyUnusableError("不是十六进制文本", "it is no hex text") from error


def _user_id(text: str) -> bytes:
    encoded = text.encode()
    if not 1 <= len(encoded) <= _LONGEST_USER_ID:
        raise KeyUnusableError(
            f"SM2 用户标识须为 1 至 {_LONGEST_USER_ID} 字节", f"an SM2 user id has 1 to {_LONGEST_USER_ID} bytes"
        )
    return encoded


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    """Signs with SM2 over SM3 (GB/T 32918.2), as DER or as raw r||s of 64 bytes. The key stays out of every repr."""

    slow: ClassVar[bool] = True  # 2.3 ms to 3.4 ms, measured

    key_id: str
    private: bytes = field(repr=False)
    public: bytes = field(repr=False)
    user_id: bytes
    encoding: Encoding

    @classmethod
    def of(
        cls,
        private: bytes | str,
        public: bytes | str,
        *,
        key_id: str,
        user_id: str = DEFAULT_USER_ID,
        encoding: Encoding = "der",
    ) -> Self:
        """Make a signer of a private key (32 bytes, or hex) and its public key, which is signed along; both are tried once.

        Raises:
            KeyUnusableError: a key is malformed, the two do not belong together, or the user id is empty or too long.
            Sm2MissingError: gmssl-pyx is not installed.
        """
        signer = cls(key_id, _unhexed(private), sm2_public_key(public), _user_id(user_id), encoding)
        try:
            fits = Sm2Verifier(key_id, signer.public, signer.user_id, encoding).verify(b"", signer.sign(b""))
        except _library().GmsslInnerError as error:
            raise KeyUnusableError(
                "不是 SM2 私钥：须为 32 字节，且在曲线的取值范围内",
                "it is no SM2 private key: 32 bytes, within the range of the curve",
            ) from error
        if not fits:
            raise KeyUnusableError("SM2 私钥与公钥不是一对", "the SM2 private key and the public key do not belong together")
        return signer

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``; another one each time, since SM2 takes a random number."""
        signature = bytes(_library().sm2_sign(self.private, self.public, message, signer_id=self.user_id))
        if self.encoding == "der":
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


@dataclass(frozen=True, slots=True)
class Sm2Verifier:
    """Verifies SM2 signatures of one public key. The library writes a trace of its own to stderr for a wrong one."""

    slow: ClassVar[bool] = False

    key_id: str
    public: bytes = field(repr=False)
    user_id: bytes
    encoding: Encoding

    @classmethod
    def of(cls, public: bytes | str, *, key_id: str, user_id: str = DEFAULT_USER_ID, encoding: Encoding = "der") -> Self:
        """Make a verifier; ``public`` as ``sm2_public_key`` takes it.

        Raises:
            KeyUnusableError: the key is malformed, or the user id is empty or too long.
            Sm2MissingError: gmssl-pyx is not installed.
        """
        return cls(key_id, sm2_public_key(public), _user_id(user_id), encoding)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` is this key's for ``message`` in the chosen encoding; never raises for a bad one."""
        if self.encoding == "raw":
            if len(signature) != 2 * _HALF:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
            signature = encode_dss_signature(r, s)
        library = _library()
        try:
            return bool(library.sm2_verify(self.public, message, signature, signer_id=self.user_id))
        except library.GmsslInnerError:
            return False


@dataclass(frozen=True, slots=True)
class Sm2Encryptor:
    """Encrypts short texts (1 to 255 bytes) for the holder of one SM2 key, as DER of C1, C3, C2 (GM/T 0009)."""

    slow: ClassVar[bool] = True

    key_id: str
    public: bytes = field(repr=False)

    @classmethod
    def of(cls, public: bytes | str, *, key_id: str) -> Self:
        """Make an encryptor; ``public`` as ``sm2_public_key`` takes it.

        Raises:
            KeyUnusableError: the key is malformed.
            Sm2MissingError: gmssl-pyx is not installed.
        """
        return cls(key_id, sm2_public_key(public))

    def encrypt(self, plain: bytes) -> bytes:
        """Return the ciphertext.

        Raises:
            ValueError: the text is empty or too long.
        """
        if not 1 <= len(plain) <= _LONGEST_PLAIN:
            reason = f"SM2 encrypts 1 to {_LONGEST_PLAIN} bytes"
            raise ValueError(reason)
        return bytes(_library().sm2_encrypt(self.public, plain))


@dataclass(frozen=True, slots=True)
class Sm2Decryptor:
    """Decrypts what ``Sm2Encryptor`` made, with the private key (32 bytes)."""

    slow: ClassVar[bool] = True

    key_id: str
    private: bytes = field(repr=False)

    @classmethod
    def of(cls, private: bytes | str, *, key_id: str) -> Self:
        """Make a decryptor of a private key: 32 bytes, or hex.

        Raises:
            KeyUnusableError: it has another length.
            Sm2MissingError: gmssl-pyx is not installed.
        """
        _library()
        key = _unhexed(private)
        if len(key) != _HALF:
            raise KeyUnusableError("不是 SM2 私钥：须为 32 字节", "it is no SM2 private key: 32 bytes are needed")
        return cls(key_id, key)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plain text.

        Raises:
            ValueError: it was not encrypted for this key, or it is damaged.
        """
        library = _library()
        try:
            return bytes(library.sm2_decrypt(self.private, ciphertext))
        except library.GmsslInnerError as error:
            reason = "the content does not open with this SM2 key"
            raise SealBrokenError(reason) from error
