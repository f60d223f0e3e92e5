"""X.509 certificates: the serial number as the channels write it, the public key, and the time it is valid."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from payment_channels.codec.rsa import KeyUnusableError, RsaVerifier


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
            reason = "it is not a PEM certificate with a key of a known kind"
            raise KeyUnusableError(reason) from error
        if not isinstance(key, RSAPublicKey):
            reason = "it is a certificate, but its key is not RSA"
            raise KeyUnusableError(reason)
        return cls(
            serial_no=serial_no(parsed),
            not_before=valid[0],
            not_after=valid[1],
            key=key,
        )

    def verifier(self) -> RsaVerifier:
        """Return a verifier that goes by the certificate's serial number."""
        return RsaVerifier(key_id=self.serial_no, key=self.key)

    def valid_at(self, moment: datetime) -> bool:
        """Say whether ``moment`` (with a time zone) lies within the certificate's validity, both ends included."""
        return self.not_before <= moment <= self.not_after
