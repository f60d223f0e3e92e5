"""Alipay's side of the wire for scripted answers: it signs by itself, without the SDK's codec, and makes its own certificates."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from payment_channels import HttpCall, HttpReply, Money, PaymentOrder
from tests.conftest import NOW

APP_ID, SELLER_ID = "2021000122671080", "2088102146225135"
NUMBER = "order_100"
PEM = serialization.Encoding.PEM


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def sign(key: rsa.RSAPrivateKey, text: bytes) -> str:
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


@dataclass
class Issued:
    """A certificate, its key, and the serial number as Alipay counts it."""

    key: rsa.RSAPrivateKey
    parsed: x509.Certificate

    @property
    def pem(self) -> str:
        return self.parsed.public_bytes(PEM).decode()

    @property
    def sn(self) -> str:
        return hashlib.md5(f"{self.parsed.issuer.rfc4514_string()}{self.parsed.serial_number}".encode()).hexdigest()  # noqa: S324


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    authority: bool = False,
    begins: datetime = NOW - timedelta(days=1),
    days: int = 365,
) -> Issued:
    """Make a certificate; without an issuer it is its own."""
    key = new_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.parsed.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    return Issued(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass
class Gateway:
    """Signs answers and notifications with one key; with ``sn``, names its certificate in them."""

    key: rsa.RSAPrivateKey
    sn: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self, method: str, content: bytes, *, name: str | None = None, signed: bool = True) -> bytes:
        parts = [f'"{name or method.replace(".", "_") + "_response"}":'.encode() + content]
        if signed:
            parts.append(f'"sign":"{sign(self.key, content)}"'.encode())
        if self.sn:
            parts.append(f'"alipay_cert_sn":"{self.sn}"'.encode())
        return b"{" + b",".join(parts) + b"}"

    def says(self, method: str, content: object, *, status: int = 200, **how: Any) -> HttpReply:
        """An answer: JSON of ``content``, or the bytes themselves."""
        raw = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        return HttpReply(status=status, headers={"content-type": "text/html;charset=utf-8"}, body=self.body(method, raw, **how))

    def succeeds(self, method: str, **fields: Any) -> HttpReply:
        return self.says(method, {"code": "10000", "msg": "Success", **fields})

    def refuses(self, method: str, sub_code: str, *, code: str = "40004", sub_msg: str = "说明", **fields: Any) -> HttpReply:
        return self.says(method, {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_msg, **fields})

    def notifies(self, fields: Mapping[str, str], *, with_type: bool = False) -> bytes:
        """A form, signed without ``sign_type`` (trades) or with it."""
        left_out = {"sign"} if with_type else {"sign", "sign_type"}
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in left_out and fields[name])
        return urlencode({**fields, "sign": sign(self.key, text.encode()), "sign_type": "RSA2"}).encode()


def sent(call: HttpCall) -> dict[str, str]:
    """The parameters of a request, wherever they stand."""
    return dict(parse_qsl(call.url.partition("?")[2], strict_parsing=bool(call.url.partition("?")[2]))) | dict(
        parse_qsl(call.body.decode(), strict_parsing=True)
    )


def content(call: HttpCall) -> Any:
    """The biz_content of a request."""
    return json.loads(sent(call)["biz_content"])


def order(product: str = "precreate", **changes: Any) -> PaymentOrder:
    """A payment of 88.88 yuan."""
    fields: dict[str, Any] = {
        "merchant_order_id": NUMBER,
        "ordered_at": NOW - timedelta(seconds=1),
        "amount": Money(8888),
        "product": product,
        "subject": "Iphone6 16G 测试",
        "notify_url": "https://example.com/notify",
    }
    return PaymentOrder(**{**fields, **changes})
