"""The keys and numbers that the Alipay mock and its clients share: read from a folder, and what is missing there is made.

The bundle of roots has two entries: China's national SM2 root, as the real bundle has it first (alipay-sdk-nodejs-all@e1676390
``test/fixtures/alipayRootCert.crt``; nobody here has its key, and it has issued nothing here), and the mock's own RSA root.
"""

import base64
import binascii
import secrets
import string
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from mocks.alipay import certs
from mocks.alipay.certs import PEM
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
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import public_key

_FORMS = {
    "app_private_key_pkcs1.pem": serialization.PrivateFormat.TraditionalOpenSSL,
    "app_private_key_pkcs8.pem": serialization.PrivateFormat.PKCS8,
}
_AES_BYTES = 16


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    """Everything both ends need, parsed once."""

    app_id: str
    seller_id: str
    aes_key: bytes = field(repr=False)
    app_key: RSAPublicKey = field(repr=False)
    app_cert_sn: str
    alipay_key: RSAPrivateKey = field(repr=False)
    alipay_cert_pem: bytes = field(repr=False)
    root_key: RSAPrivateKey | None = field(repr=False)
    root_cert_sn: str


def load(folder: Path) -> AlipayKeys:
    """Read ``folder``; what is missing is made to fit what is there, and nothing there is changed.

    Raises:
        KeysRefusedError: something there is damaged, or two things do not belong together.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        root_key = _root(folder)
        app_key = _app_key(folder)
        app = _certificate(folder, "app_cert.pem", app_key, root_key, "app")
        alipay_key = _alipay_key(folder)
        alipay = _certificate(folder, "alipay_cert.pem", alipay_key, root_key, "Alipay")
        facts = _channel_toml(folder)
        bundle = (folder / "alipay_root_cert.pem").read_bytes()
    except OSError as error:
        raise no_access(folder, error) from error
    return AlipayKeys(
        app_id=facts["app_id"],
        seller_id=facts["seller_id"],
        aes_key=base64.b64decode(facts["aes_key"]),
        app_key=Certificate.from_pem(app).key,
        app_cert_sn=certs.serial(x509.load_pem_x509_certificate(app)),
        alipay_key=alipay_key,
        alipay_cert_pem=alipay,
        root_key=root_key,
        root_cert_sn=certs.root_serial(bundle),
    )


def new_key() -> RSAPrivateKey:
    """Make an RSA key of the size that Alipay uses."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def _save(path: Path, key: RSAPrivateKey, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> None:
    write(path, key.private_bytes(PEM, form, serialization.NoEncryption()), PRIVATE)


def _root(folder: Path) -> RSAPrivateKey | None:
    bundle, key_path = folder / "alipay_root_cert.pem", folder / "alipay_root_key.pem"
    if bundle.exists():
        if not certs.root_serial(bundle.read_bytes()):
            raise KeysRefusedError(
                f"{bundle} 里没有以 RSA 签名的证书：请修复，或删除后自动新建",
                f"{bundle} has no certificate signed with RSA: mend it, or remove it and a new one is made",
            )
        return read(key_path, private_key) if key_path.exists() else None  # real roots have no key here
    if (folder / "alipay_cert.pem").exists():
        raise KeysRefusedError(
            f"缺少 {bundle}，而由它签发的 alipay_cert.pem 还在：请放回，或把 alipay_cert.pem 也删除",
            f"{bundle} is missing, but alipay_cert.pem is there, which it has issued: put it back, or remove the other one too",
        )
    if not key_path.exists():
        _save(key_path, new_key())
    key = read(key_path, private_key)
    national = files("mocks.alipay").joinpath("national_root.pem").read_bytes()
    write(bundle, national + certs.issue(certs.ROOT, key.public_key(), key), PUBLIC)
    return key


def _app_key(folder: Path) -> RSAPrivateKey | None:
    there = [folder / name for name in _FORMS if (folder / name).exists()]
    if not there and (folder / "app_cert.pem").exists():
        return None  # its owner keeps the key elsewhere; the mock only verifies, and does not need it
    keys = [read(path, private_key) for path in there] or [new_key()]
    if len({key.public_key().public_numbers() for key in keys}) > 1:
        raise KeysRefusedError(
            f"{there[0]} 与 {there[1].name} 里的密钥不同：请删除其中之一，会由另一个生成",
            f"{there[0]} and {there[1].name} hold different keys: remove one, and it is made from the other",
        )
    for name, form in _FORMS.items():
        if not (folder / name).exists():
            _save(folder / name, keys[0], form)
    return keys[0]


def _alipay_key(folder: Path) -> RSAPrivateKey:
    path, public = folder / "alipay_private_key.pem", folder / "alipay_public_key.pem"
    if not path.exists():
        halves = [one for one in (public.name, "alipay_cert.pem") if (folder / one).exists()]
        if halves:
            raise no_half(path, halves[0])
        _save(path, new_key())
    key = read(path, private_key)
    if not public.exists():
        write(public, key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo), PUBLIC)
    if read(public, public_key).public_numbers() != key.public_key().public_numbers():
        raise no_pair(public, path.name)
    return key


def _certificate(folder: Path, name: str, key: RSAPrivateKey | None, root_key: RSAPrivateKey | None, common: str) -> bytes:
    path = folder / name
    if not path.exists() and key is not None:
        if root_key is None:
            raise KeysRefusedError(
                f"缺少 {path}，而没有 alipay_root_key.pem 就无法签发：请放入其中之一",
                f"{path} is missing, and without alipay_root_key.pem it cannot be issued: put one of them there",
            )
        write(path, certs.issue(certs.name(f"Mock {common}", "Alipay"), key.public_key(), root_key), PUBLIC)
    certificate = read(path, Certificate.from_pem)
    if key is not None and certificate.key.public_numbers() != key.public_key().public_numbers():
        raise KeysRefusedError(
            f"{path} 不是旁边那把密钥的证书：请删除它，会按密钥生成",
            f"{path} is not the certificate of the key beside it: remove it, and a fitting one is made",
        )
    return path.read_bytes()


def _channel_toml(folder: Path) -> dict[str, str]:
    path = folder / "channel.toml"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    fitting = {
        "app_id": f"2021{_digits(12)}",
        "seller_id": f"2088{_digits(12)}",
        "aes_key": base64.b64encode(secrets.token_bytes(_AES_BYTES)).decode(),
    }
    facts = {name: found.get(name, value) for name, value in fitting.items()}
    for name, value in facts.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise no_text(path, name, fitting[name])
    if _bytes_of(facts["aes_key"]) != _AES_BYTES:
        raise KeysRefusedError(
            f"{path}：aes_key 应为 base64 编码的 {_AES_BYTES} 字节，与支付宝开放平台所给的一样",
            f"{path}: aes_key should be {_AES_BYTES} bytes in base64, as Alipay's console shows it",
        )
    missing = "".join(f'{name} = "{value}"\n' for name, value in fitting.items() if name not in found)
    if missing:  # above what is there: below it, they might fall into one of its tables
        replace(path, missing + text)
    return facts


def _digits(number: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(number))


def _bytes_of(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except binascii.Error:
        return 0
