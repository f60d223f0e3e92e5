"""A test authority as UnionPay's certificates have one: root, middle, and leaves whose subject has parts between ``@``.

The form of the subjects was read off the published certificates (playniuniu/python-unionpay@464b7926 and a notification in
lokielse/omnipay-unionpay@c79aa157): ``041@<registration>@<owner>@<number>``; clients take the third part for the owner.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

# The production owner. It passes wherever a client checks: production takes this name alone, test environments take this or
# 00040000:SIGN. So no client has to be loosened for the mock, and UnionPay's own test environment signs so since 2020.
OWNER = "中国银联股份有限公司"
_ROOT, _MIDDLE = "MOCK TEST CS CA", "MOCK TEST OCA1"
_LEAF, _AUTHORITY = timedelta(days=3 * 365), timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its certificate."""

    key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def cert_id(self) -> str:
        """The serial number as UnionPay writes it: decimal."""
        return str(self.certificate.serial_number)

    @property
    def pem(self) -> bytes:
        """The certificate as a file has it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def in_message(self) -> str:
        """The certificate as messages carry it: lines end with CRLF, the last one with nothing."""
        return self.pem.decode().strip().replace("\n", "\r\n")

    @property
    def key_pem(self) -> bytes:
        """The key as a file has it."""
        form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, form, nothing)


def new_key() -> RSAPrivateKey:
    """Make an RSA key of the size that UnionPay uses."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def new_root() -> Pair:
    """Make an authority that answers for itself."""
    key = new_key()
    name = _name(_ROOT)
    return Pair(key, _built(name, name, key, key, _AUTHORITY, is_authority=True))


def new_middle(root: Pair) -> Pair:
    """Make the authority that issues."""
    key = new_key()
    return Pair(key, _built(_name(_MIDDLE), root.certificate.subject, key, root.key, _AUTHORITY, is_authority=True))


def new_leaf(middle: Pair, common_name: str, *, key: RSAPrivateKey | None = None, ended: bool = False) -> Pair:
    """Have a certificate issued for ``key``, or for a new one; one that has ``ended`` was valid until yesterday."""
    used = key or new_key()
    lasts = -timedelta(days=1) if ended else _LEAF
    issuer = middle.certificate.subject
    return Pair(used, _built(_name(common_name, leaf=True), issuer, used, middle.key, lasts, is_authority=False))


def signer_name(owner: str = OWNER) -> str:
    """Return the common name of a certificate that signs for UnionPay."""
    return f"041@8310000000083040@{owner}@{secrets.randbelow(10**8):08d}"


def merchant_name(mer_id: str) -> str:
    """Return the common name of a merchant's certificate."""
    return f"041@Z2014-11-11@{mer_id}:SIGN@{secrets.randbelow(10**8):08d}"


def _name(common_name: str, *, leaf: bool = False) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, _MIDDLE if leaf else "payment-channels mocks")]
    if leaf:
        parts.append((NameOID.ORGANIZATIONAL_UNIT_NAME, "Enterprises"))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in [*parts, (NameOID.COMMON_NAME, common_name)]])


def _built(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, by: RSAPrivateKey, lasts: timedelta, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    # Eleven digits for a leaf, as the published ones have; an authority's number is longer.
    serial = 0x11 << 72 | secrets.randbits(72) if is_authority else 0x10 << 32 | secrets.randbits(32)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), serial)
    builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now + lasts)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    return builder.sign(by, hashes.SHA256())
