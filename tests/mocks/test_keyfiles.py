"""Private keys of the mocks' folders: read quickly when they are whole, and refused as the SDK refuses them when they are not."""

import base64
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mocks.keyfiles import KeysRefusedError, private_key, read
from mocks.unionpay.keys import load
from payment_channels.codec.rsa import KeyUnusableError

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


@pytest.fixture(scope="module")
def whole() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, password: bytes = b"") -> bytes:
    sealed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(PEM, PKCS8, sealed)


def test_a_whole_key_is_the_one_that_was_written(whole: rsa.RSAPrivateKey) -> None:
    assert private_key(pem(whole)).private_numbers() == whole.private_numbers()


def test_a_key_with_a_wrong_digit_in_its_modulus_is_refused(whole: rsa.RSAPrivateKey) -> None:
    numbers = whole.private_numbers()
    der = whole.private_bytes(serialization.Encoding.DER, PKCS8, serialization.NoEncryption())
    modulus = numbers.public_numbers.n.to_bytes(256, "big")
    wrong = modulus[:100] + bytes([modulus[100] ^ 1]) + modulus[101:]
    assert der.count(modulus) == 1
    text = base64.encodebytes(der.replace(modulus, wrong))
    with pytest.raises(KeyUnusableError):
        private_key(b"-----BEGIN PRIVATE KEY-----\n" + text + b"-----END PRIVATE KEY-----\n")


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_a_key_that_is_cut_off_is_refused(whole: rsa.RSAPrivateKey, cut: int) -> None:
    with pytest.raises(KeyUnusableError, match="not a PEM private key"):
        private_key(pem(whole)[:-40][:-cut])


def test_what_is_no_rsa_key_or_has_a_password_is_refused(whole: rsa.RSAPrivateKey) -> None:
    with pytest.raises(KeyUnusableError, match="not an RSA one"):
        private_key(pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeyUnusableError, match="has a password"):
        private_key(pem(whole, password=b"111111"))


def test_the_file_is_named_and_left(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"damaged")
    with pytest.raises(KeysRefusedError, match=r"key\.pem 不可用：不是已知种类的 PEM 私钥.*mend it, or remove it"):
        read(path, private_key)
    assert path.read_bytes() == b"damaged"


def test_an_authority_with_another_one_s_key_is_not_made_anew(tmp_path: Path) -> None:
    """What it has issued would no longer be its own."""
    for name in ("a", "b"):
        load(tmp_path / name)
    shutil.copy(tmp_path / "b" / "middle_key.pem", tmp_path / "a" / "middle_key.pem")
    with pytest.raises(KeysRefusedError, match=r"middle_cert\.pem does not belong to middle_key\.pem, and has issued others"):
        load(tmp_path / "a")
