"""Keys and certificates that cannot be used are refused with one error, which says why and shows nothing."""

import base64
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import (
    KeyUnusableError,
    RsaMd5Signer,
    RsaMd5Verifier,
    RsaSha1Signer,
    RsaSha1Verifier,
    RsaSigner,
    RsaVerifier,
    private_key,
    public_key,
)

RSA_KEY = bytes.fromhex("06092a864886f70d010101")  # the object identifier of an RSA key, as DER
OF_NO_KIND = bytes.fromhex("06092a864886f70d01017f")  # the fuzzer found that cryptography has another error for these


def of_no_kind(pem: str) -> str:
    """The same, with a key of a kind that nobody knows; chance hits such bytes, and so does an attacker."""
    lines = pem.strip().splitlines()
    der = base64.b64decode("".join(lines[1:-1]))
    assert der.count(RSA_KEY) == 1
    return "\n".join([lines[0], base64.b64encode(der.replace(RSA_KEY, OF_NO_KIND)).decode(), lines[-1]])


@pytest.mark.parametrize(
    ("parse", "name"),
    [(private_key, "private_key_pem"), (public_key, "public_key_pem"), (Certificate.from_pem, "certificate_pem")],
)
def test_what_cannot_be_used_is_refused(wechat_vectors: dict[str, Any], parse: Callable[[str], object], name: str) -> None:
    keys = wechat_vectors["keys"]
    good = [pem for pem in (key.get(name, "") for key in keys.values()) if "RSA PRIVATE" not in pem and pem]
    for pem in good:
        parse(pem)
        for wrong in (of_no_kind(pem), "", "nonsense", pem[: len(pem) // 2], pem.replace("BEGIN", "BEGUN")):
            with pytest.raises(KeyUnusableError) as caught:
                parse(wrong)
            assert pem.splitlines()[2] not in str(caught.value)
            assert str(caught.value) == f"{caught.value.zh} | {caught.value.en}"
    assert good


def test_the_reason_is_in_both_languages_also_after_a_journey() -> None:
    with pytest.raises(KeyUnusableError) as caught:
        private_key("nonsense")
    told = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own, as a worker's error comes home
    for error in (caught.value, told):
        assert error.zh == "不是已知种类的 PEM 私钥，或带有密码"
        assert error.en == "it is not a PEM private key of a known kind, or it has a password"


def test_a_certificate_of_a_version_that_does_not_exist(wechat_vectors: dict[str, Any]) -> None:
    pem = wechat_vectors["keys"]["go_platform_cert_F5765756002FDD77"]["certificate_pem"]
    lines = pem.strip().splitlines()
    der = base64.b64decode("".join(lines[1:-1]))
    version = bytes.fromhex("a003020102")  # [0] INTEGER 2: version 3
    assert der.count(version) == 1
    wrong = base64.b64encode(der.replace(version, bytes.fromhex("a003020103"))).decode()
    with pytest.raises(KeyUnusableError):
        Certificate.from_pem("\n".join([lines[0], wrong, lines[-1]]))


def test_keys_of_another_kind_are_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    pem = other.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    with pytest.raises(KeyUnusableError, match="not an RSA"):
        private_key(pem)
    public = other.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(KeyUnusableError, match="not an RSA"):
        public_key(public)


PAIRS = [
    (RsaSigner, RsaVerifier, hashes.SHA256()),
    (RsaSha1Signer, RsaSha1Verifier, hashes.SHA1()),  # noqa: S303  some channels know no better
    (RsaMd5Signer, RsaMd5Verifier, hashes.MD5()),  # noqa: S303  the same
]


def test_each_digest_has_its_own_signer_and_no_other_verifies_it() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for sign, verify, digest in PAIRS:
        made = sign(key_id="1", key=key).sign(b"text")
        assert made == key.sign(b"text", padding.PKCS1v15(), digest)
        for _, other, _ in PAIRS:
            assert other(key_id="1", key=key.public_key()).verify(b"text", made) is (other is verify)
        assert not verify(key_id="1", key=key.public_key()).verify(b"other", made)
    signers = [sign for sign, _, _ in PAIRS]
    assert not any(issubclass(one, other) for one in signers for other in signers if one is not other), "none passes for another"
    assert "key=" not in repr(RsaMd5Signer(key_id="1", key=key)).replace("key_id=", "")
