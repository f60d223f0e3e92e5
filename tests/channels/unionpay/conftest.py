"""UnionPay's side of the wire for scripted answers: authorities and keys of this run, signatures without the SDK's codec."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from payment_channels import (
    CancelOrder,
    ChannelClient,
    CorporateAccount,
    HttpCall,
    HttpReply,
    Inbound,
    Money,
    OriginalPayment,
    PaymentOrder,
    PayoutOrder,
    PersonalAccount,
    RefundOrder,
    open_channel,
)
from payment_channels.channels.unionpay import Unionpay, UnionpayConfig
from tests.conftest import NOW, Script, scripted

MER_ID = "777290058110097"
SECURE_KEY = "88888888"
PFX_PASSWORD = "pfx-pa55word"
CN = "041@8310000000083040@中国银联股份有限公司@00016493"
TEST_CN = "041@Z12@00040000:SIGN@00000062"
MERCHANT_CERT_ID = 68759663125
ORDER_ID, ORDER_TIME = "web12177525012014070332333", "20260601195959"
QUERY_ID = "202606011959591906248"
Fields = dict[str, str]


def made() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    signer: rsa.RSAPrivateKey,
    *,
    authority: bool = False,
    serial: int = 69026276696,
    valid: tuple[datetime, datetime] = (NOW - timedelta(days=30), NOW + timedelta(days=30)),
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def pem_of(one: x509.Certificate) -> str:
    return one.public_bytes(serialization.Encoding.PEM).decode()


def in_message(pem: str) -> str:
    """As messages carry it: CRLF, and no line end after the last line."""
    return pem.replace("\n", "\r\n").rstrip()


def plain(fields: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "signature").encode()


@dataclass
class Gateway:
    """UnionPay: root, middle, a signing key and an encryption key."""

    root_key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)
    middle_key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)
    key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)
    encrypt_key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)
    merchant_key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)

    def __post_init__(self) -> None:
        long = (NOW - timedelta(days=900), NOW + timedelta(days=900))
        root, middle = self.root_key, self.middle_key
        self.root = pem_of(certificate("ROOT", root, "ROOT", root, authority=True, valid=long))
        self.middle = pem_of(certificate("MIDDLE", middle, "ROOT", root, authority=True, valid=long))
        self.pem = self.issue(CN, self.key)
        self.encrypt = self.issue(TEST_CN, self.encrypt_key, serial=68759622183)
        own = certificate("041@Z@700000000000001:SIGN@6", self.merchant_key, "MIDDLE", middle, serial=MERCHANT_CERT_ID)
        locked = serialization.BestAvailableEncryption(PFX_PASSWORD.encode())
        self.pfx = pkcs12.serialize_key_and_certificates(b"m", self.merchant_key, own, None, locked)

    def issue(self, name: str, key: rsa.RSAPrivateKey, **more: Any) -> str:
        return pem_of(certificate(name, key, "MIDDLE", self.middle_key, **more))

    def config(self, **changes: Any) -> UnionpayConfig:
        settings: dict[str, Any] = {
            "mer_id": MER_ID,
            "merchant_pfx": self.pfx,
            "pfx_password": PFX_PASSWORD,
            "root_certs": (self.root,),
            "middle_certs": (self.middle,),
            "encrypt_cert": self.encrypt,
        }
        return UnionpayConfig(**{**settings, **changes})

    def signed(self, fields: Mapping[str, str], *, pem: str | None = None, key: rsa.RSAPrivateKey | None = None) -> Fields:
        """Sign by RSA in 5.1.0, with the certificate in the message."""
        whole = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "merId": MER_ID,
            **fields,
            "signPubKeyCert": in_message(pem or self.pem),
        }
        digest = hashlib.sha256(plain(whole)).hexdigest().encode()
        signature = (key or self.key).sign(digest, padding.PKCS1v15(), hashes.SHA256())
        return {**whole, "signature": base64.b64encode(signature).decode()}

    def answers(self, fields: Mapping[str, str], status: int = 200, **how: Any) -> HttpReply:
        return reply_of(self.signed(fields, **how), status)

    def posts(self, fields: Mapping[str, str], **how: Any) -> Inbound:
        return Inbound(body=urlencode(self.signed(fields, **how)).encode())


def reply_of(fields: Mapping[str, str], status: int = 200) -> HttpReply:
    """As answers come: not url-encoded, and called HTML."""
    body = "&".join(f"{name}={text}" for name, text in fields.items()).encode()
    return HttpReply(status, {"content-type": "text/html;charset=UTF-8"}, body)


def of_query(order: str = ORDER_ID, time: str = ORDER_TIME, **changes: str) -> Fields:
    """What a query of a paid order answers."""
    told = {
        "txnType": "00",
        "txnSubType": "00",
        "bizType": "000000",
        "accessType": "0",
        "orderId": order,
        "txnTime": time,
        "respCode": "00",
        "respMsg": "success",
        "origRespCode": "00",
        "origRespMsg": "success",
        "queryId": QUERY_ID,
        "txnAmt": "100",
        "currencyCode": "156",
        "settleAmt": "100",
        "settleCurrencyCode": "156",
        "settleDate": "0601",
        "traceNo": "190624",
        "traceTime": "0601200001",
    }
    return {**told, **changes}


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture(scope="session")
def config(gateway: Gateway) -> UnionpayConfig:
    return gateway.config()


@pytest.fixture(scope="session")
def unionpay(config: UnionpayConfig) -> Unionpay:
    channel = open_channel("unionpay", config, clock=lambda: NOW, nonce=lambda: "593bec0c930bf1afeb40b4a08c8fb242")
    assert isinstance(channel, Unionpay)
    return channel


@pytest.fixture
def client(unionpay: Unionpay, script: Script) -> Iterator[ChannelClient]:
    with scripted(unionpay, script) as opened:
        yield opened


def payment(**changes: Any) -> PaymentOrder:
    """A payment of 100 fen by app, a second ago."""
    fields: dict[str, Any] = {
        "merchant_order_id": ORDER_ID,
        "ordered_at": datetime(2026, 6, 1, 11, 59, 59, tzinfo=UTC),
        "amount": Money(100),
        "product": "app",
        "subject": "test",
        "notify_url": "https://example.com/notify",
    }
    if changes.get("product", "app") != "app":
        fields["return_url"] = "https://example.com/back"
    if changes.get("product") == "gateway_b2b":
        fields["expires_at"] = NOW + timedelta(days=1)
    return PaymentOrder(**{**fields, **changes})


CARD, NAME, ID_NO, MOBILE = "6226090000000048", "张三", "510265790128303", "18100000000"
BANK_PAGE = CorporateAccount(account_no="1000200030004000", name="某某公司", bank_code="ABC")
ORIGINAL = OriginalPayment(merchant_order_id=ORDER_ID, channel_order_id=QUERY_ID, amount=Money(100), ordered_at=NOW)
REFUND = RefundOrder(merchant_refund_id="R0000001", ordered_at=NOW, amount=Money(40), original=ORIGINAL)
CANCEL = CancelOrder(merchant_cancel_id="C0000001", ordered_at=NOW, original=ORIGINAL)
PAYEE = PersonalAccount(account_no=CARD, name=NAME, id_type="01", id_no=ID_NO, mobile=MOBILE)
PAYOUT = PayoutOrder(merchant_order_id="P0000001", ordered_at=NOW, amount=Money(30), payee=PAYEE)
SENT_NOW = "20260601200000"


def fields_of(call: HttpCall) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(), strict_parsing=True))


def common(**more: str) -> dict[str, str]:
    """What every request carries."""
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "certId": str(MERCHANT_CERT_ID),
        "accessType": "0",
        "channelType": "07",
        "merId": MER_ID,
        **more,
    }


def verified(gateway: Gateway, fields: dict[str, str]) -> dict[str, str]:
    """Check a request's signature by hand, and return it without."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(plain(fields))
    signature = base64.b64decode(fields.pop("signature"))
    gateway.merchant_key.public_key().verify(signature, digest.finalize().hex().encode(), padding.PKCS1v15(), hashes.SHA256())
    return fields


def opened(gateway: Gateway, script: Script, **changes: Any) -> ChannelClient:
    return scripted(open_channel("unionpay", gateway.config(**changes), clock=lambda: NOW, nonce=lambda: "N0000001"), script)
