"""RSA keys as the channels use them: parsed once; PKCS#1 v1.5 signatures with SHA-256 (or SHA-1, MD5); OAEP and PKCS#1 boxes."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_OAEP_SHA1 = padding.OAEP(
    mgf=padding.MGF1(algorithm=hashes.SHA1()),  # noqa: S303  the channels fix SHA-1 inside OAEP, where it is not a signature
    algorithm=hashes.SHA1(),  # noqa: S303
    label=None,
)


class KeyUnusableError(ValueError):
    """A key or certificate cannot be used. ``zh`` and ``en`` say why, to be quoted after its name, and never show the key."""

    def __init__(self, zh: str, en: str) -> None:
        """Hold the reason in both languages."""
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        """Return both."""
        return f"{self.zh} | {self.en}"


def private_key(pem: str | bytes) -> RSAPrivateKey:
    """Parse a PEM private key (PKCS#1 or PKCS#8, no password).

    Raises:
        KeyUnusableError: it is no PEM, it is encrypted, or it is not RSA.
    """
    try:
        key = serialization.load_pem_private_key(_bytes(pem), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(
            "不是已知种类的 PEM 私钥，或带有密码", "it is not a PEM private key of a known kind, or it has a password"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnusableError("是私钥，但不是 RSA 私钥", "it is a private key, but not an RSA one")
    return key


def public_key(pem: str | bytes) -> RSAPublicKey:
    """Parse a PEM public key (SubjectPublicKeyInfo).

    Raises:
        KeyUnusableError: it is no PEM public key, or it is not RSA.
    """
    try:
        key = serialization.load_pem_public_key(_bytes(pem))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError("不是已知种类的 PEM 公钥", "it is not a PEM public key of a known kind") from error
    if not isinstance(key, RSAPublicKey):
        raise KeyUnusableError("是公钥，但不是 RSA 公钥", "it is a public key, but not an RSA one")
    return key


def _bytes(pem: str | bytes) -> bytes:
    return pem.encode() if isinstance(pem, str) else pem


@dataclass(frozen=True, slots=True)
class _Pkcs1Signer:
    """Signs with PKCS#1 v1.5 over the class's own digest. One class a digest, so that none is taken for another by a slip."""

    slow: ClassVar[bool] = False
    digest: ClassVar[hashes.HashAlgorithm]

    key_id: str
    key: RSAPrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: str | bytes, *, key_id: str) -> Self:
        """Parse the key once; signing then costs about 0.3 ms.

        Raises:
            KeyUnusableError: see ``private_key``.
        """
        return cls(key_id=key_id, key=private_key(pem))

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature of ``message``."""
        return self.key.sign(message, padding.PKCS1v15(), self.digest)


@dataclass(frozen=True, slots=True)
class _Pkcs1Verifier:
    """Verifies PKCS#1 v1.5 signatures of one public key, over the class's own digest."""

    slow: ClassVar[bool] = False
    digest: ClassVar[hashes.HashAlgorithm]

    key_id: str
    key: RSAPublicKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: str | bytes, *, key_id: str) -> Self:
        """Parse the key once.

        Raises:
            KeyUnusableError: see ``public_key``.
        """
        return cls(key_id=key_id, key=public_key(pem))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` is this key's for ``message``; never raises for a bad one."""
        try:
            self.key.verify(signature, message, padding.PKCS1v15(), self.digest)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class RsaSigner(_Pkcs1Signer):
    """Signs with SHA256withRSA (PKCS#1 v1.5). The key stays out of every repr."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class RsaVerifier(_Pkcs1Verifier):
    """Verifies SHA256withRSA (PKCS#1 v1.5) signatures of one public key."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class RsaSha1Signer(_Pkcs1Signer):
    """Signs with SHA1withRSA (PKCS#1 v1.5), for channels that know no better. The key stays out of every repr."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.SHA1()  # noqa: S303  the channel's own choice


@dataclass(frozen=True, slots=True)
class RsaSha1Verifier(_Pkcs1Verifier):
    """Verifies SHA1withRSA (PKCS#1 v1.5), which some channels still use."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.SHA1()  # noqa: S303  the old protocol's own choice


@dataclass(frozen=True, slots=True)
class RsaMd5Signer(_Pkcs1Signer):
    """Signs with MD5withRSA (PKCS#1 v1.5), for channels that know no better. The key stays out of every repr."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.MD5()  # noqa: S303  the channel's own choice


@dataclass(frozen=True, slots=True)
class RsaMd5Verifier(_Pkcs1Verifier):
    """Verifies MD5withRSA (PKCS#1 v1.5) signatures of one public key."""

    digest: ClassVar[hashes.HashAlgorithm] = hashes.MD5()  # noqa: S303  the channel's own choice


@dataclass(frozen=True, slots=True)
class RsaPkcs1Encryptor:
    """Encrypts short texts for the holder of one key (RSA, PKCS#1 v1.5): at most 245 bytes with RSA-2048."""

    slow: ClassVar[bool] = False

    key_id: str
    key: RSAPublicKey = field(repr=False)

    def encrypt(self, plain: bytes) -> bytes:
        """Return the ciphertext.

        Raises:
            ValueError: the text is too long for the key.
        """
        return self.key.encrypt(plain, padding.PKCS1v15())


@dataclass(frozen=True, slots=True)
class RsaPkcs1Decryptor:
    """Decrypts what ``RsaPkcs1Encryptor`` made. Never tell a stranger whether it worked: PKCS#1 v1.5 leaks by that.

    OpenSSL since 3.2 answers a damaged box with other bytes instead of an error; what comes out must be looked at.
    """

    slow: ClassVar[bool] = False

    key_id: str
    key: RSAPrivateKey = field(repr=False)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plain text.

        Raises:
            ValueError: it was not encrypted for this key, or it is damaged.
        """
        return self.key.decrypt(ciphertext, padding.PKCS1v15())


@dataclass(frozen=True, slots=True)
class RsaOaepEncryptor:
    """Encrypts short texts for the holder of one key (RSA-OAEP, SHA-1): at most 214 bytes with RSA-2048."""

    slow: ClassVar[bool] = False

    key_id: str
    key: RSAPublicKey = field(repr=False)

    def encrypt(self, plain: bytes) -> bytes:
        """Return the ciphertext.

        Raises:
            ValueError: the text is too long for the key.
        """
        return self.key.encrypt(plain, _OAEP_SHA1)


@dataclass(frozen=True, slots=True)
class RsaOaepDecryptor:
    """Decrypts what ``RsaOaepEncryptor`` made, with the private key."""

    slow: ClassVar[bool] = False

    key_id: str
    key: RSAPrivateKey = field(repr=False)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plain text.

        Raises:
            ValueError: it was not encrypted for this key, or it is damaged.
        """
        return self.key.decrypt(ciphertext, _OAEP_SHA1)
