"""The keys and numbers that the UnionPay mock and its clients share: read from a folder, and what is missing there is made.

``merchant.pfx`` signs requests; ``root_cert.pem``, ``middle_cert.pem`` and ``unionpay_cert.pem`` verify answers;
``encrypt_cert.pem`` is what clients encrypt for. ``middle_key.pem`` issues new certificates when they are rotated.
"""

import secrets
import string
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12

from mocks.keyfiles import (
    PRIVATE,
    PUBLIC,
    KeysRefusedError,
    no_access,
    no_half,
    no_pair,
    no_text,
    no_toml,
    private_key,
    read,
    replace,
    write,
)
from mocks.unionpay.authority import Pair, merchant_name, new_leaf, new_middle, new_root, signer_name
from payment_channels.codec.rsa import KeyUnusableError

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class UnionpayKeys:
    """Everything both ends need, parsed once. ``middle`` is None where its key is kept elsewhere: nothing can be rotated then."""

    mer_id: str
    pfx_password: str = field(repr=False)
    secure_key: str = field(repr=False)
    merchant: Pair
    signer: Pair
    encryption: Pair
    middle: Pair | None

    @property
    def merchant_key(self) -> RSAPublicKey:
        """What requests are verified with."""
        return self.merchant.key.public_key()


def load(folder: Path) -> UnionpayKeys:
    """Read ``folder``; what is missing is made to fit what is there, and nothing there is changed.

    Raises:
        KeysRefusedError: something there is damaged, or two things do not belong together.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = _channel_toml(folder)
        middle_certificate, middle = _authority(folder)
        signer = _leaf(folder, "unionpay", middle, signer_name())
        encryption = _leaf(folder, "encrypt", middle, signer_name())
        merchant = _merchant(folder, middle, facts)
    except OSError as error:
        raise no_access(folder, error) from error
    _issued(folder / "unionpay_cert.pem", signer.certificate, middle_certificate)
    return UnionpayKeys(facts["mer_id"], facts["pfx_password"], facts["secure_key"], merchant, signer, encryption, middle)


def _authority(folder: Path) -> tuple[x509.Certificate, Pair | None]:
    root_path, middle_path, key_path = (folder / name for name in ("root_cert.pem", "middle_cert.pem", "middle_key.pem"))
    if not root_path.exists() and not middle_path.exists() and not key_path.exists():
        if (folder / "unionpay_cert.pem").exists():
            raise KeysRefusedError(
                f"{folder}：有 unionpay_cert.pem，而没有 root_cert.pem 和 middle_cert.pem：请补上",
                f"{folder}: unionpay_cert.pem is there without root_cert.pem and middle_cert.pem: add them",
            )
        root = new_root()
        middle = new_middle(root)
        write(root_path, root.pem, PUBLIC)
        write(middle_path, middle.pem, PUBLIC)
        write(key_path, middle.key_pem, PRIVATE)
        return middle.certificate, middle
    for path in (root_path, middle_path):
        if not path.exists():
            raise KeysRefusedError(
                f"缺少 {path}，又无法按现有文件补出：请放回，或清空文件夹",
                f"{path} is missing, and cannot be made to fit what is there: put it back, or empty the folder",
            )
    root_certificate, middle_certificate = read(root_path, _certificate), read(middle_path, _certificate)
    _issued(middle_path, middle_certificate, root_certificate)
    if not key_path.exists():
        return middle_certificate, None
    key = read(key_path, private_key)
    if middle_certificate.public_key() != key.public_key():
        raise KeysRefusedError(
            f"{middle_path} 不是 {key_path.name} 的证书，它已签发过证书，不能重新生成：请放回与它配对的密钥，或清空文件夹",
            f"{middle_path} does not belong to {key_path.name}, and has issued others: put its key back, or empty the folder",
        )
    return middle_certificate, Pair(key, middle_certificate)


def _leaf(folder: Path, name: str, middle: Pair | None, common_name: str) -> Pair:
    path, key_path = folder / f"{name}_cert.pem", folder / f"{name}_key.pem"
    if path.exists() and not key_path.exists():
        raise no_half(key_path, path.name)
    key = read(key_path, private_key) if key_path.exists() else None
    if not path.exists():
        made = new_leaf(_issuer(folder, middle, path.name), common_name, key=key)
        if key is None:
            write(key_path, made.key_pem, PRIVATE)
        write(path, made.pem, PUBLIC)
    used = read(key_path, private_key)
    certificate = read(path, _certificate)
    _belongs(path, certificate, key_path.name, used)
    return Pair(used, certificate)


def _merchant(folder: Path, middle: Pair | None, facts: dict[str, str]) -> Pair:
    path, password = folder / "merchant.pfx", facts["pfx_password"].encode()
    if not path.exists():
        made = new_leaf(_issuer(folder, middle, path.name), merchant_name(facts["mer_id"]))
        sealed = serialization.BestAvailableEncryption(password)
        write(path, pkcs12.serialize_key_and_certificates(b"merchant", made.key, made.certificate, None, sealed), PRIVATE)
    try:
        key, certificate, _ = _opened(path.read_bytes(), password)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeysRefusedError(
            f"{path} 用 channel.toml 的 pfx_password 打不开：密码不对，或文件已损坏。请改正密码，或删除该文件后自动新建",
            f"{path} does not open with the pfx_password of channel.toml: the password is another one, or the file is damaged. "
            "Put the right password there, or remove the file and a new one is made",
        ) from error
    if not isinstance(key, RSAPrivateKey) or certificate is None:
        raise KeysRefusedError(
            f"{path} 里没有 RSA 密钥及其证书：请删除，会自动新建",
            f"{path} has no RSA key with its certificate: remove it and a new one is made",
        )
    return Pair(key, certificate)


@lru_cache(maxsize=64)
def _opened(content: bytes, password: bytes) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    return pkcs12.load_key_and_certificates(content, password)  # once for each content, as ``read`` parses the other files


def _issuer(folder: Path, middle: Pair | None, name: str) -> Pair:
    if middle is None:
        raise KeysRefusedError(
            f"缺少 {folder / name}，而没有 middle_key.pem 就无法签发：请放回",
            f"{folder / name} is missing, and without middle_key.pem none can be issued: put it back",
        )
    return middle


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        parsed = x509.load_pem_x509_certificate(pem)
        rsa = isinstance(parsed.public_key(), RSAPublicKey)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError("不是 PEM 证书", "it is not a PEM certificate") from error
    if not rsa:
        raise KeyUnusableError("是证书，但证书的密钥不是 RSA 密钥", "it is a certificate, but its key is not RSA")
    return parsed


def _belongs(path: Path, certificate: x509.Certificate, key_name: str, key: RSAPrivateKey) -> None:
    if certificate.public_key() != key.public_key():
        raise no_pair(path, key_name)


def _issued(path: Path, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        by = issuer.subject.rfc4514_string()
        raise KeysRefusedError(
            f"{path} 不是由 {by} 签发的：请换成正确的", f"{path} was not issued by {by}: put the right one there"
        ) from error


def _channel_toml(folder: Path) -> dict[str, str]:
    path = folder / "channel.toml"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    fitting = {
        "mer_id": "777290" + "".join(secrets.choice(string.digits) for _ in range(9)),  # as the published test merchants have it
        "pfx_password": "000000",  # the same for all in UnionPay's test environment
        "secure_key": "".join(secrets.choice(_LETTERS) for _ in range(32)),
    }
    facts = {name: found.get(name, value) for name, value in fitting.items()}
    for name, value in facts.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise no_text(path, name, fitting[name])
    if len(facts["mer_id"]) != len(fitting["mer_id"]) or not facts["mer_id"].isalnum():
        raise KeysRefusedError(
            f"{path}：mer_id 应为 15 位字母和数字，现为 {facts['mer_id']!r}",
            f"{path}: mer_id should have 15 letters and digits, not {facts['mer_id']!r}",
        )
    missing = "".join(f'{name} = "{value}"\n' for name, value in fitting.items() if name not in found)
    if missing:  # above what is there: below it, they might fall into one of its tables
        replace(path, missing + text)
    return facts
