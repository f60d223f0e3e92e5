"""PKCS#12 files (.pfx): the private key of a merchant and its certificate, behind a password."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError

LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeyStore:
    """What a file held: one RSA key and the certificate that belongs to it."""

    key: RSAPrivateKey = field(repr=False)
    certificate: Certificate


def open_pfx(content: bytes, password: str) -> KeyStore:
    """Open a PKCS#12 file.

    Raises:
        KeyUnusableError: it does not open with this password, is no PKCS#12, or lacks an RSA key with its certificate.
    """
    if len(content) > LARGEST:
        raise KeyUnusableError(f"超过 {LARGEST} 字节", f"it is larger than {LARGEST} bytes")
    try:
        held = pkcs12.load_pkcs12(content, password.encode())
    except Exception as error:
        # What a damaged file raises is no closed list; the library's text is not repeated, since it is of no use.
        raise KeyUnusableError("不是 PKCS#12 文件，或密码不对", "it is not a PKCS#12 file, or the password is wrong") from error
    if not isinstance(held.key, RSAPrivateKey) or held.cert is None:
        raise KeyUnusableError("缺少 RSA 私钥，或缺少该私钥的证书", "it lacks an RSA private key, or the certificate of that key")
    certificate = Certificate.from_pem(held.cert.certificate.public_bytes(Encoding.PEM))
    if certificate.key.public_numbers() != held.key.public_key().public_numbers():
        raise KeyUnusableError("其中的证书与私钥不是一对", "its certificate belongs to another key")
    return KeyStore(held.key, certificate)
