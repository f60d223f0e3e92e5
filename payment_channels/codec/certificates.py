"""X.509 certificates: serial numbers as the channels write them, the key, the owner's name, validity, and who issued whom."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from payment_channels.codec.rsa import KeyUnusableError, RsaVerifier

LONGEST_PEM = 16 * 1024
LONGEST_SERIAL_BITS = 1024  # RFC 5280, 4.1.2.2: 20 bytes; Python would not even write some thousand digits in decimal
_ONE_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\r?\n"
    r"(?P<body>(?:[A-Za-z0-9+/]{1,76}={0,2}\r?\n)+)"
    r"-----END CERTIFICATE-----(?:\r?\n)?"
)


_CHAINED = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)


def serial_no(certificate: x509.Certificate) -> str:
    """Return the serial number in upper-case hex, two digits a byte (a leading zero digit is kept)."""
    digits = format(certificate.serial_number, "X")
    return digits.zfill(len(digits) + len(digits) % 2)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed RSA certificate. ``serial_no`` is upper-case hex, whole bytes, as OpenSSL prints it and WeChat Pay writes it."""

    serial_no: str
    not_before: datetime
    not_after: datetime
    key: RSAPublicKey = field(repr=False)
    parsed: x509.Certificate = field(repr=False, compare=False)

    @classmethod
    def from_message(cls, pem: str) -> Self:
        """Parse a certificate that stands in a message: exactly one, of a bounded size, with nothing before or after it.

        The last line may lack its line end, as messages carry it.

        Raises:
            KeyUnusableError: it is anything else, or not with an RSA key.
        """
        whole = _ONE_PEM.fullmatch(pem) if len(pem) <= LONGEST_PEM else None
        if whole is None:
            raise KeyUnusableError("不是恰好一张 PEM 证书", "it is not exactly one PEM certificate")
        try:
            base64.b64decode(re.sub(r"[\r\n]", "", whole["body"]), validate=True)
        except binascii.Error as error:
            raise KeyUnusableError("证书的 base64 已损坏", "the certificate's base64 is damaged") from error
        return cls.from_pem(pem)

    @classmethod
    def from_pem(cls, pem: str | bytes) -> Self:
        """Parse a PEM certificate.

        Raises:
            KeyUnusableError: it is no PEM certificate, or its key is not RSA.
        """
        try:
            parsed = x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)
            key = parsed.public_key()
            valid = (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
        except Exception as error:
            # Certificates come over the wire, and the library's list of what a broken one raises is not closed: ValueError,
            # UnsupportedAlgorithm, InvalidVersion were all found by fuzzing.
            raise KeyUnusableError(
                "不是 PEM 证书，或证书的密钥种类未知", "it is not a PEM certificate with a key of a known kind"
            ) from error
        if not isinstance(key, RSAPublicKey):
            raise KeyUnusableError("是证书，但证书的密钥不是 RSA 密钥", "it is a certificate, but its key is not RSA")
        if parsed.serial_number.bit_length() > LONGEST_SERIAL_BITS:
            raise KeyUnusableError("证书序列号过长，任何机构都不会签发", "its serial number is longer than any authority gives")
        return cls(
            serial_no=serial_no(parsed),
            not_before=valid[0],
            not_after=valid[1],
            key=key,
            parsed=parsed,
        )

    @property
    def decimal_serial_no(self) -> str:
        """The serial number in decimal, as UnionPay writes it."""
        return str(self.parsed.serial_number)

    @property
    def common_name(self) -> str:
        """The owner's common name (CN); empty where there is none, or more than one."""
        try:
            names = self.parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        except Exception:  # noqa: BLE001  a name that cannot be parsed, or that the library warns of; see from_pem
            return ""
        return str(names[0].value) if len(names) == 1 else ""

    @property
    def may_issue(self) -> bool:
        """Whether its basic constraints say that it is an authority's."""
        try:
            return self.parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except Exception:  # noqa: BLE001  not there, there twice, or broken in a way of its own; see from_pem
            return False

    def issued_by(self, issuer: "Certificate") -> bool:
        """Say whether ``issuer`` signed this certificate directly: the names fit, it may issue, and the signature is right.

        Done by hand, since the library's own check refuses SHA-1, with which the published CFCA certificates are signed.
        """
        try:
            named = self.parsed.issuer == issuer.parsed.subject
            algorithm = self.parsed.signature_hash_algorithm
            pkcs1 = isinstance(self.parsed.signature_algorithm_parameters, padding.PKCS1v15)
            if not named or not pkcs1 or not issuer.may_issue or not isinstance(algorithm, _CHAINED):
                return False
            issuer.key.verify(self.parsed.signature, self.parsed.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
        except InvalidSignature:
            return False
        except Exception:  # noqa: BLE001  see from_pem: what a broken certificate raises is not a closed list
            return False
        return True

    def verifier(self) -> RsaVerifier:
        """Return a verifier that goes by the certificate's serial number."""
        return RsaVerifier(key_id=self.serial_no, key=self.key)

    def valid_at(self, moment: datetime) -> bool:
        """Say whether ``moment`` (with a time zone) lies within the certificate's validity, both ends included."""
        return self.not_before <= moment <= self.not_after
