"""The keys and numbers that the Allinpay mock and its clients share: read from a folder, and what is missing there is made.

Collecting (VSP): ``vsp_merchant_key.pem`` signs requests, ``vsp_platform_public_key.pem`` verifies answers; for SM2 the same
as hex texts, ``vsp_merchant_sm2_private.hex`` and so on, where the extra ``gm`` is installed. Payouts (TLT):
``tlt_merchant.p12`` signs requests, ``tlt_platform_cert.pem`` verifies answers. The platform's private keys are the mock's
own.
"""

import importlib
import secrets
import string
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import pkcs12
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
from payment_channels.codec.rsa import KeyUnusableError, public_key
from payment_channels.codec.sm import sm2_public_key

_LASTS = timedelta(days=3 * 365)
_PEM, _PKCS8, _OPEN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


@dataclass(frozen=True, slots=True)
class Sm2Pair:
    """An SM2 key pair: 32 bytes, and the 64 bytes of its point."""

    private: bytes = field(repr=False)
    public: bytes


@dataclass(frozen=True, slots=True)
class AllinpayKeys:
    """Everything both ends need, parsed once. The SM2 pairs are None where ``gmssl-pyx`` is not installed."""

    cusid: str
    appid: str
    md5_key: str = field(repr=False)
    merchant_id: str
    user_name: str
    vsp_merchant: RSAPrivateKey = field(repr=False)
    vsp_platform: RSAPrivateKey = field(repr=False)
    sm2_merchant: Sm2Pair | None
    sm2_platform: Sm2Pair | None
    tlt_merchant: RSAPublicKey
    tlt_platform: RSAPrivateKey = field(repr=False)


def load(folder: Path) -> AllinpayKeys:
    """Read ``folder``; what is missing is made to fit what is there, and nothing there is changed.

    Raises:
        KeysRefusedError: something there is damaged, or two things do not belong together.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = _channel_toml(folder)
        merchant, platform = _key(folder / "vsp_merchant_key.pem"), _published(folder)
        _tlt_certificate(folder)
        return AllinpayKeys(
            cusid=facts["cusid"],
            appid=facts["appid"],
            md5_key=facts["md5_key"],
            merchant_id=facts["merchant_id"],
            user_name=facts["user_name"],
            vsp_merchant=merchant,
            vsp_platform=platform,
            sm2_merchant=_sm2(folder, "merchant"),
            sm2_platform=_sm2(folder, "platform"),
            tlt_merchant=_tlt_merchant(folder, facts),
            tlt_platform=_key(folder / "tlt_platform_key.pem"),
        )
    except OSError as error:
        raise no_access(folder, error) from error


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _key(path: Path) -> RSAPrivateKey:
    if not path.exists():
        write(path, _new_key().private_bytes(_PEM, _PKCS8, _OPEN), PRIVATE)
    return read(path, private_key)


def _published(folder: Path) -> RSAPrivateKey:
    path, key_path = folder / "vsp_platform_public_key.pem", folder / "vsp_platform_key.pem"
    _not_alone(path, key_path)
    key = _key(key_path)
    if not path.exists():
        write(path, key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo), PUBLIC)
    if read(path, public_key) != key.public_key():
        raise no_pair(path, key_path.name)
    return key


def _not_alone(path: Path, key_path: Path) -> None:
    if path.exists() and not key_path.exists():
        raise no_half(key_path, path.name)


def _tlt_certificate(folder: Path) -> None:
    path, key_path = folder / "tlt_platform_cert.pem", folder / "tlt_platform_key.pem"
    _not_alone(path, key_path)
    key = _key(key_path)
    if not path.exists():
        write(path, _certificate("allinpay-pds", key).public_bytes(_PEM), PUBLIC)
    if read(path, _certified) != key.public_key():
        raise no_pair(path, key_path.name)


def _certified(pem: bytes) -> Any:
    try:
        return x509.load_pem_x509_certificate(pem).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError("不是 PEM 证书", "it is not a PEM certificate") from error


def _certificate(common_name: str, key: RSAPrivateKey) -> x509.Certificate:
    """Return a certificate as the published test ones are named, signed by its own key: nothing is proved by its chain."""
    names = [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "payment-channels mocks"),
        (NameOID.COMMON_NAME, common_name),
    ]
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now + _LASTS)
    return builder.sign(key, hashes.SHA256())


def _tlt_merchant(folder: Path, facts: dict[str, str]) -> RSAPublicKey:
    path, password = folder / "tlt_merchant.p12", facts["p12_password"].encode()
    if not path.exists():
        key = _new_key()
        sealed = serialization.BestAvailableEncryption(password)
        made = pkcs12.serialize_key_and_certificates(b"merchant", key, _certificate(facts["user_name"], key), None, sealed)
        write(path, made, PRIVATE)
    try:
        opened = _opened(path.read_bytes(), password)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeysRefusedError(
            f"{path} 用 channel.toml 的 p12_password 打不开：密码不对，或文件已损坏。请改正密码，或删除该文件后自动新建",
            f"{path} does not open with the p12_password of channel.toml: the password is another one, or the file is damaged. "
            "Put the right password there, or remove the file and a new one is made",
        ) from error
    if not isinstance(opened, RSAPrivateKey):
        raise KeysRefusedError(
            f"{path} 里没有 RSA 密钥：请删除，会自动新建", f"{path} has no RSA key: remove it and a new one is made"
        )
    return opened.public_key()


@lru_cache(maxsize=64)
def _opened(content: bytes, password: bytes) -> object:
    return pkcs12.load_key_and_certificates(content, password)[0]  # once for each content, as ``read`` parses the other files


def _sm2(folder: Path, whose: str) -> Sm2Pair | None:
    paths = [folder / f"vsp_{whose}_sm2_{half}.hex" for half in ("private", "public")]
    try:
        library: Any = importlib.import_module("gmssl_pyx")
    except ImportError:
        return None
    there = [path.exists() for path in paths]
    if not any(there):
        public, private = sorted(library.sm2_key_generate(), key=len, reverse=True)
        write(paths[0], bytes(private).hex().encode(), PRIVATE)
        write(paths[1], b"04" + sm2_public_key(bytes(public)).hex().encode(), PUBLIC)
    elif not all(there):
        missing = paths[there.index(False)]
        raise KeysRefusedError(
            f"缺少 {missing}：请放回，或把另一半也删除", f"{missing} is missing: put it back, or remove the other half too"
        )
    return Sm2Pair(read(paths[0], _hex), sm2_public_key(read(paths[1], _hex)))


def _hex(content: bytes) -> bytes:
    try:
        return bytes.fromhex(content.decode("ascii"))
    except ValueError as error:
        raise KeyUnusableError("不是十六进制文本", "it is no hex text") from error


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def _channel_toml(folder: Path) -> dict[str, str]:
    path = folder / "channel.toml"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    merchant_id = f"200604{_digits(9)}"  # as the published test merchants have it; their user is the number and two digits
    fitting = {
        "cusid": f"990581{_digits(9)}",
        "appid": f"000{_digits(5)}",
        "md5_key": secrets.token_hex(16),
        "merchant_id": merchant_id,
        "user_name": f"{found.get('merchant_id', merchant_id)}02",
        "user_pass": "111111",
        "p12_password": "111111",
    }
    facts = {name: found.get(name, value) for name, value in fitting.items()}
    for name, value in facts.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise no_text(path, name, fitting[name])
    missing = "".join(f'{name} = "{value}"\n' for name, value in fitting.items() if name not in found)
    if missing:  # above what is there: below it, they might fall into one of its tables
        replace(path, missing + text)
    return facts
