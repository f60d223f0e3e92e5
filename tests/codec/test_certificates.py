"""Certificates in messages, who issued whom, and PKCS#12 files: published chains, and what must not pass for them."""

import base64
import json
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from payment_channels.codec.certificates import LONGEST_PEM, Certificate
from payment_channels.codec.pkcs12 import LARGEST, open_pfx
from payment_channels.codec.rsa import KeyUnusableError, RsaPkcs1Decryptor, RsaPkcs1Encryptor, RsaSha1Verifier

VECTORS = Path(__file__).parents[1] / "vectors" / "unionpay" / "unionpay.json"


@pytest.fixture(scope="module")
def certs() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))["certs"]
    return loaded


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def issued(name: str, key: Any, issuer: str, signer: Any, *, authority: bool = False) -> x509.Certificate:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(68759663125)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def test_the_published_certificates(certs: dict[str, Any]) -> None:
    held = {name: Certificate.from_pem(one["pem"]) for name, one in certs.items()}
    for name, one in certs.items():
        assert held[name].decimal_serial_no == one["certId"]
        assert held[name].common_name == one["subject"].removeprefix("CN=").partition(",")[0]
    middle, root = held["acp_test_middle"], held["acp_test_root"]
    for name in ("acp_test_sign_public", "acp_test_enc", "verify_test"):
        assert held[name].issued_by(middle)
        assert not held[name].issued_by(root)
        assert not held[name].issued_by(held[name])
        assert not held[name].may_issue
    assert middle.issued_by(root)
    assert root.issued_by(root)


def test_a_name_alone_issues_nothing(key: rsa.RSAPrivateKey) -> None:
    """An issuer of the right name and the wrong key, a leaf that plays authority, another kind of key: none of them."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = Certificate.from_pem(pem_of(issued("leaf", key, "root", other)))
    assert leaf.issued_by(Certificate.from_pem(pem_of(issued("root", other, "root", other, authority=True))))
    assert not leaf.issued_by(Certificate.from_pem(pem_of(issued("root", key, "root", key, authority=True))))
    assert not leaf.issued_by(Certificate.from_pem(pem_of(issued("root", other, "root", other))))
    assert not leaf.issued_by(Certificate.from_pem(pem_of(issued("roof", other, "roof", other, authority=True))))
    curve = ec.generate_private_key(ec.SECP256R1())
    assert not Certificate.from_pem(pem_of(issued("leaf", key, "root", curve))).issued_by(leaf)


def test_one_certificate_in_a_message(certs: dict[str, Any]) -> None:
    pem = certs["acp_test_enc"]["pem"]
    for written in (pem, pem.rstrip("\n"), pem.replace("\n", "\r\n"), pem.replace("\n", "\r\n").rstrip()):
        assert Certificate.from_message(written).decimal_serial_no == "68759622183"
    line = pem.splitlines()[1]
    for spoilt in (
        "",
        pem + pem,
        " " + pem,
        pem + "x",
        pem.replace("\n", ""),
        pem.replace("\n", " "),
        pem.replace(line, line[:-1]),
        pem.replace(line, ""),
        pem.replace("CERTIFICATE", "X509 CRL"),
        pem.replace(line, "\n".join([line] * 500)),
    ):
        with pytest.raises(KeyUnusableError):
            Certificate.from_message(spoilt)
    assert len(pem.replace(line, "\n".join([line] * 500))) > LONGEST_PEM


def packed(key: Any, certificate: x509.Certificate | None, password: bytes) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"merchant", key, certificate, None, serialization.BestAvailableEncryption(password)
    )


def test_a_pfx_opens_with_its_password_alone(key: rsa.RSAPrivateKey) -> None:
    content = packed(key, issued("m", key, "m", key), b"000000")
    held = open_pfx(content, "000000")
    assert held.certificate.decimal_serial_no == "68759663125"
    assert held.key.private_numbers() == key.private_numbers()
    assert "private" not in repr(held).lower()
    for spoilt, password in (
        (content, "000001"),
        (content[:-5], "000000"),
        (b"", "000000"),
        (content + b"0" * LARGEST, "000000"),
    ):
        with pytest.raises(KeyUnusableError) as caught:
            open_pfx(spoilt, password)
        assert "000000" not in str(caught.value)


def test_a_pfx_without_an_rsa_key_and_its_certificate(key: rsa.RSAPrivateKey) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    for content in (packed(key, None, b"x"), packed(curve, issued("c", curve, "c", curve), b"x")):
        with pytest.raises(KeyUnusableError, match="lacks"):
            open_pfx(content, "x")


def test_pkcs1_boxes(key: rsa.RSAPrivateKey) -> None:
    sealed = RsaPkcs1Encryptor(key_id="1", key=key.public_key()).encrypt(b"6226090000000048")
    assert RsaPkcs1Decryptor(key_id="1", key=key).decrypt(sealed) == b"6226090000000048"
    assert sealed != RsaPkcs1Encryptor(key_id="1", key=key.public_key()).encrypt(b"6226090000000048"), "it is padded at random"
    with pytest.raises(ValueError, match="Ciphertext length"):
        RsaPkcs1Decryptor(key_id="1", key=key).decrypt(sealed[:-1])


def test_old_signatures_only_verify(certs: dict[str, Any]) -> None:
    certificate = Certificate.from_pem(certs["acp_test_middle"]["pem"])
    root = Certificate.from_pem(certs["acp_test_root"]["pem"])
    verifier = RsaSha1Verifier(key_id="root", key=root.key)
    signed, signature = certificate.parsed.tbs_certificate_bytes, certificate.parsed.signature
    assert verifier.verify(signed, signature)
    assert not verifier.verify(signed + b".", signature)
    assert not verifier.verify(signed, b"")


def test_a_serial_number_of_thousands_of_digits_is_refused(key: rsa.RSAPrivateKey) -> None:
    """Python does not write such a number in decimal: a certificate in a message may not raise that in our face."""
    good = pem_of(issued("leaf", key, "root", key))
    der = base64.b64decode("".join(good.splitlines()[1:-1]))
    serial = b"\x02\x05" + (68759663125).to_bytes(5, "big")
    assert (der[:2], der[4:6], der.count(serial)) == (b"\x30\x82", b"\x30\x82", 1)  # a head of 4 bytes, and another inside
    end = 8 + int.from_bytes(der[6:8], "big")
    inner = der[8:end].replace(serial, b"\x02\x82\x07\xd0" + b"\x7f" * 2000)
    outer = b"\x30\x82" + len(inner).to_bytes(2, "big") + inner + der[end:]
    text = base64.encodebytes(b"\x30\x82" + len(outer).to_bytes(2, "big") + outer).decode()
    long = f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
    for parse in (Certificate.from_pem, Certificate.from_message):
        assert parse(good).decimal_serial_no == "68759663125"
        with pytest.raises(KeyUnusableError, match="serial number is longer"):
            parse(long)


def test_a_name_that_the_library_warns_of_is_no_name(key: rsa.RSAPrivateKey) -> None:
    """A country of four letters is a warning, which may have been made an error; the fuzzer found it."""
    with pytest.warns(UserWarning, match="length"):
        country = x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "XXXX", _validate=False)
    name = x509.Name([country, x509.NameAttribute(x509.NameOID.COMMON_NAME, "041@1@owner@2")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    certificate = Certificate.from_pem(pem_of(made))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert certificate.common_name == ""
        assert not certificate.may_issue
        assert not certificate.issued_by(certificate)
