"""Certificates as Alipay numbers them: the serial is an MD5 over the issuer's name and the decimal number, the root's a list.

Source: alipay/alipay-sdk-nodejs-all@e1676390 ``src/antcertutil.ts`` and its tests; the vectors of the tests hold both to it.
"""

import hashlib
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_RSA_SIGNATURES = "1.2.840.113549.1.1"
_VALID = timedelta(days=5 * 365)


def serial(certificate: x509.Certificate) -> str:
    """Return a certificate's number: the issuer's parts in the reverse of their order, then the decimal serial, hashed."""
    parts = [attribute for group in certificate.issuer.rdns for attribute in group]
    name = ",".join(f"{part.rfc4514_attribute_name}={part.value!s}" for part in reversed(parts))
    return hashlib.md5(f"{name}{certificate.serial_number}".encode(), usedforsecurity=False).hexdigest()


def bundle(pem: bytes) -> Iterator[x509.Certificate]:
    """Return the certificates of a bundle; those that cannot be read (SM2 has odd parameters) are passed over."""
    for block in _BLOCK.findall(pem):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield x509.load_pem_x509_certificate(block)
            except ValueError:
                continue


def root_serial(pem: bytes) -> str:
    """Return the number of a bundle of roots: those of the certificates signed with RSA, joined by underscores."""
    signed_with_rsa = (one for one in bundle(pem) if one.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES + "."))
    return "_".join(serial(one) for one in signed_with_rsa)


def name(common: str, unit: str) -> x509.Name:
    """Return a name of four parts in the order in which Alipay's certificates have them: C, O, OU, CN."""
    parts = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "Mock of Ant Financial"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


ROOT = name("Mock of Ant Financial Certification Authority R1", "Certification Authority")


def issue(subject: x509.Name, key: RSAPublicKey, root_key: RSAPrivateKey) -> bytes:
    """Return a certificate that the mock's root signs, valid five years; of the root itself, one that can sign others."""
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(ROOT, subject, key, x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + _VALID)
    builder = builder.add_extension(x509.BasicConstraints(ca=subject == ROOT, path_length=None), critical=True)
    return builder.sign(root_key, hashes.SHA256()).public_bytes(PEM)
