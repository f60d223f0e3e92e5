"""The keys and numbers that the WeChat mock and its clients share: read from a folder, and what is missing there is made."""

import secrets
import string
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.x509.oid import NameOID

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

PEM = serialization.Encoding.PEM
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class WechatKeys:
    """Everything both ends need, parsed once."""

    mchid: str
    appid: str
    merchant_certificate: Certificate
    platform_key: RSAPrivateKey = field(repr=False)
    platform_certificate: Certificate
    platform_certificate_pem: bytes
    platform_certificates: bool  # newer merchants have none: the public key's other half signs everything
    wechatpay_key: RSAPrivateKey = field(repr=False)
    public_key_id: str
    apiv3_key: bytes = field(repr=False)
    apiv2_key: str = field(repr=False)


def load(folder: Path) -> WechatKeys:
    """Read ``folder``; what is missing is made to fit what is there, and nothing there is changed.

    Raises:
        KeysRefusedError: something there is damaged, or two things do not belong together.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / "merchant_cert.pem").exists() or (folder / "merchant_key.pem").exists():
            _private(
                folder, "merchant_key.pem"
            )  # else its owner keeps it elsewhere; the mock only verifies, and does not need it
        merchant = _certificate(folder, "merchant_cert.pem", "merchant_key.pem", "mock merchant")
        platform_key = _private(folder, "platform_key.pem", public_half="platform_cert.pem")
        platform = _certificate(folder, "platform_cert.pem", "platform_key.pem", "mock of Tenpay.com Root CA")
        wechatpay_key = _private(folder, "wechatpay_key.pem", public_half="wechatpay_public_key.pem")
        _public(folder, wechatpay_key)
        facts, has_certificates = _channel_toml(folder, merchant.serial_no, platform.serial_no)
    except OSError as error:
        raise no_access(folder, error) from error
    return WechatKeys(
        mchid=facts["mchid"],
        appid=facts["appid"],
        merchant_certificate=merchant,
        platform_key=platform_key,
        platform_certificate=platform,
        platform_certificate_pem=(folder / "platform_cert.pem").read_bytes(),
        platform_certificates=has_certificates,
        wechatpay_key=wechatpay_key,
        public_key_id=facts["public_key_id"],
        apiv3_key=facts["apiv3_key"].encode(),
        apiv2_key=facts["apiv2_key"],
    )


def new_key() -> RSAPrivateKey:
    """Make an RSA key of the size that WeChat Pay uses."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def new_certificate(key: RSAPrivateKey, name: str) -> bytes:
    """Make a self-signed certificate for ``key``, valid five years as WeChat Pay's are; its serial has 20 whole bytes."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    serial = int.from_bytes(bytes([0x40 | secrets.randbits(6)]) + secrets.token_bytes(19), "big")
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), serial)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=5 * 365))
    return builder.sign(key, hashes.SHA256()).public_bytes(PEM)


def _private(folder: Path, name: str, *, public_half: str | None = None) -> RSAPrivateKey:
    path = folder / name
    if path.exists():
        return read(path, private_key)
    if public_half is not None and (folder / public_half).exists():
        raise no_half(path, public_half)
    key = new_key()
    form = serialization.PrivateFormat.PKCS8
    write(path, key.private_bytes(PEM, form, serialization.NoEncryption()), PRIVATE)
    return key


def _certificate(folder: Path, name: str, key_name: str, subject: str) -> Certificate:
    path, key_path = folder / name, folder / key_name
    if not path.exists():
        write(path, new_certificate(read(key_path, private_key), subject), PUBLIC)
    certificate = read(path, Certificate.from_pem)
    if key_path.exists() and certificate.key.public_numbers() != read(key_path, private_key).public_key().public_numbers():
        raise no_pair(path, key_name)
    return certificate


def _public(folder: Path, key: RSAPrivateKey) -> None:
    path = folder / "wechatpay_public_key.pem"
    if not path.exists():
        write(path, key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo), PUBLIC)
    found: RSAPublicKey = read(path, public_key)
    if found.public_numbers() != key.public_key().public_numbers():
        raise no_pair(path, "wechatpay_key.pem")


def _channel_toml(folder: Path, merchant_serial: str, platform_serial: str) -> tuple[dict[str, str], bool]:
    path = folder / "channel.toml"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    digits = "".join(secrets.choice(string.digits) for _ in range(8))
    mchid = str(found.get("mchid", f"19{digits}"))
    fitting = {
        "mchid": mchid,
        "appid": "wx" + secrets.token_hex(8),  # 18 characters, as WeChat's are
        "merchant_serial_no": merchant_serial,
        "platform_serial_no": platform_serial,
        "apiv3_key": _secret(),
        "apiv2_key": _secret(),
        # PUB_KEY_ID_01, the merchant's number and digits of a time: assumed, no page gives the form beyond its prefix.
        "public_key_id": f"PUB_KEY_ID_01{mchid}{datetime.now(UTC):%Y%m%d}00{secrets.randbelow(9000) + 1000}",
    }
    facts = {name: found.get(name, value) for name, value in fitting.items()}
    _check(path, facts, fitting)
    has_certificates = found.get("platform_certificates", True)
    if not isinstance(has_certificates, bool):
        raise KeysRefusedError(
            f"{path}：platform_certificates 应为 true 或 false，不带引号",
            f"{path}: platform_certificates should be true or false, without quotes",
        )
    missing = "".join(f'{name} = "{value}"\n' for name, value in fitting.items() if name not in found)
    if missing:  # above what is there: below it, they might fall into one of its tables
        replace(path, missing + text)
    return facts, has_certificates


def _check(path: Path, facts: dict[str, str], fitting: dict[str, str]) -> None:
    for name, value in facts.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise no_text(path, name, fitting[name])
    for name in ("apiv3_key", "apiv2_key"):
        if len(facts[name]) != len(fitting[name]):
            wanted, given = len(fitting[name]), len(facts[name])
            raise KeysRefusedError(
                f"{path}：{name} 应为 {wanted} 个字符，现为 {given} 个",
                f"{path}: {name} should have {wanted} characters, not {given}",
            )
    for name in ("merchant_serial_no", "platform_serial_no"):
        if facts[name].upper() != fitting[name]:
            pem = name.removesuffix("serial_no") + "cert.pem"
            raise KeysRefusedError(
                f"{path}：{name} 是 {facts[name]}，而 {pem} 的是 {fitting[name]}：请删除这一行，会按证书补上",
                f"{path}: {name} is {facts[name]}, but {pem} has {fitting[name]}: remove the line and it is made to fit",
            )
    if not facts["public_key_id"].startswith("PUB_KEY_ID_"):
        raise KeysRefusedError(
            f"{path}：public_key_id 应以 PUB_KEY_ID_ 开头", f"{path}: public_key_id should begin with PUB_KEY_ID_"
        )


def _secret() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(32))
