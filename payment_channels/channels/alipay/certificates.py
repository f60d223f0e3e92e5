"""Certificates as Alipay counts them: the serial number, the root bundle, and who vouches for whom.

SN = md5 of the issuer's name (RFC 2253, as Java writes it) and the decimal serial number. The root bundle has entries of SM2 and
ECC beside those of RSA; only RSA ones count. Source: alipay/alipay-sdk-nodejs-all@e1676390, src/antcertutil.ts; vectors ali-sn-*.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError, RsaVerifier

MAX_BYTES = 64 * 1024
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_RSA = bytes.fromhex("2a864886f70d0101")
"""The object identifiers of RSA begin so (1.2.840.113549.1.1). Entries without it are not even parsed: the bundle's SM2 ones are
written in a way that the library only tolerates."""
_RSA_OID = "1.2.840.113549.1.1."
_APPLICATION = re.compile(r"\d{16}-\d{10,32}")
"""The common name of a merchant's own certificate: his user id and his application's; every certificate in the vectors."""
_LONGEST_CHAIN = 4
SERIAL = re.compile(r"[0-9a-f]{32}")
"""A serial number: the md5 in hex, leading zeros and all."""


@dataclass(frozen=True, slots=True)
class AlipayCertificate:
    """One RSA certificate. ``sn`` is Alipay's serial number of it."""

    sn: str
    certificate: Certificate = field(repr=False)

    @property
    def verifier(self) -> RsaVerifier:
        """Return a verifier that goes by the serial number."""
        return RsaVerifier(key_id=self.sn, key=self.certificate.key)

    def valid_at(self, moment: datetime) -> bool:
        """Say whether ``moment`` lies within the validity."""
        return self.certificate.valid_at(moment)


def read(pem: str | bytes) -> list[AlipayCertificate]:
    """Return the RSA certificates of a PEM text, in their order.

    Raises:
        KeyUnusableError: there is none, or one is damaged.
    """
    content = pem.encode() if isinstance(pem, str) else pem
    if len(content) > MAX_BYTES:
        raise KeyUnusableError("过大，不会是证书文件", "it is larger than any bundle of certificates")
    found = [_certificate(one) for one in _PEM.findall(content)]
    certificates = [certificate for certificate in found if certificate is not None]
    if not certificates:
        raise KeyUnusableError("其中没有 RSA 证书", "there is no RSA certificate in it")
    return certificates


def _certificate(pem: bytes) -> AlipayCertificate | None:
    try:
        der = base64.b64decode(b"".join(pem.split(b"-----")[2].split()), validate=True)
    except binascii.Error as error:
        raise KeyUnusableError("其中有证书已损坏", "a certificate in it is damaged") from error
    if _RSA not in der:
        return None
    made = Certificate.from_pem(pem)
    try:
        if not made.parsed.signature_algorithm_oid.dotted_string.startswith(_RSA_OID):
            return None
        named = f"{made.parsed.issuer.rfc4514_string()}{made.parsed.serial_number}"
    except Exception as error:
        # Parsed when it is asked for, and the library's list of what a broken certificate raises is not closed.
        raise KeyUnusableError("其中有证书已损坏", "a certificate in it is damaged") from error
    return AlipayCertificate(hashlib.md5(named.encode(), usedforsecurity=False).hexdigest(), made)


@dataclass(frozen=True, slots=True)
class Roots:
    """The root bundle (支付宝根证书)."""

    certificates: tuple[AlipayCertificate, ...]

    @classmethod
    def of(cls, pem: str) -> "Roots":
        """Read the bundle.

        Raises:
            KeyUnusableError: there is no RSA certificate in it.
        """
        return cls(tuple(read(pem)))

    @property
    def sn(self) -> str:
        """``alipay_root_cert_sn``: the serial numbers of the RSA entries."""
        return "_".join(certificate.sn for certificate in self.certificates)

    def vouched(self, content: bytes, sn: str, now: datetime, *, owner: str) -> AlipayCertificate:
        """Return the certificate of that serial number out of a download, if a root vouches for it.

        ``owner`` is the common name of the configured one. It ends in the merchant's user id, since Alipay signs for each
        merchant with a certificate of its own: another merchant's is genuine too, and what it signed is not about us.

        Raises:
            KeyUnusableError: it is not in there, a merchant's own, another owner's, not valid now, or nobody vouches for it.
        """
        held = read(content)
        wanted = next((certificate for certificate in held if certificate.sn == sn), None)
        if wanted is None:
            raise KeyUnusableError("应答中没有所要的证书", "the certificate that was asked for is not in the answer")
        if _APPLICATION.fullmatch(wanted.certificate.common_name):
            raise KeyUnusableError("是应用公钥证书，不是支付宝的证书", "it is an application's certificate, not Alipay's")
        if wanted.certificate.common_name != owner:
            raise KeyUnusableError("证书所有者与已配置证书的不同", "its owner is not the configured certificate's")
        current = wanted
        for _ in range(_LONGEST_CHAIN):
            if not current.valid_at(now):
                raise KeyUnusableError("证书链中有证书当前不在有效期内", "a certificate of the chain is not valid now")
            above = [root for root in self.certificates if root.valid_at(now)]
            if any(current.certificate.issued_by(root.certificate) for root in above):
                return wanted
            others = [other for other in held if other is not current and current.certificate.issued_by(other.certificate)]
            if not others:
                break
            current = others[0]
        raise KeyUnusableError("不是由根证书中的任何一张签发", "no root of the bundle vouches for it")


def decoded(text: str) -> bytes:
    """Return the PEM of ``alipay_cert_content``: base64 of PEM, or of DER (no real value was seen, so both are taken).

    Raises:
        KeyUnusableError: it is no base64.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyUnusableError("证书内容不是 base64", "the certificate's content is no base64") from error
    if b"-----BEGIN CERTIFICATE-----" in content:
        return content
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(content) + b"-----END CERTIFICATE-----\n"
