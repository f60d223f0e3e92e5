"""Allinpay's side of both wires for scripted answers: keys of this run, signatures without the SDK's codec."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
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
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    PayoutBatchOrder,
    PayoutOrder,
    PersonalAccount,
    RefundOrder,
    Wallet,
    open_channel,
)
from payment_channels.channels.allinpay import Allinpay, AllinpayConfig, TltConfig, VspConfig
from tests.conftest import NOW, Script, scripted

CUSID, APPID = "990581007426001", "00000051"
MERCHANT_ID, USER = "200604000000445", "20060400000044502"
MD5_KEY, PFX_PASSWORD = "allinpay888", "p12-pa55word"
ORDER_ID, TRXID = "order1217752501201407033", "112094120001088317"
NONCE = "593bec0c930bf1afeb40b4a08c8fb242"
QUERY_SN = f"{MERCHANT_ID}-{NONCE[:24]}"
Fields = dict[str, str]


@cache
def made() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_of(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def certificate(name: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(names, names, key.public_key(), 4711)
    valid = builder.not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + timedelta(days=9))
    return valid.sign(key, hashes.SHA256())


def plain(fields: Mapping[str, str]) -> str:
    """What VSP signs, written down a second time."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign")


def sha1_with(key: rsa.RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  the channel's own choice


def packet(inner: str) -> bytes:
    """An AIPG in GBK, unsigned."""
    return f'<?xml version="1.0" encoding="GBK"?><AIPG>{inner}</AIPG>'.encode("gbk")


def elements(fields: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())


@dataclass
class Platform:
    """Allinpay: a key for VSP and one for TLT, and the merchant's keys as it knows them."""

    vsp_key: rsa.RSAPrivateKey = field(default_factory=made, repr=False)
    tlt_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    merchant: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)

    def __post_init__(self) -> None:
        locked = serialization.BestAvailableEncryption(PFX_PASSWORD.encode())
        own = certificate(USER, self.merchant)
        self.pfx = pkcs12.serialize_key_and_certificates(b"m", self.merchant, own, None, locked)
        self.tlt_cert = certificate("allinpay-pds", self.tlt_key).public_bytes(serialization.Encoding.PEM).decode()

    def vsp(self, **changes: Any) -> VspConfig:
        settings = {
            "cusid": CUSID,
            "appid": APPID,
            "private_key": pem_of(self.merchant),
            "platform_key": public_of(self.vsp_key),
        }
        return VspConfig(**{**settings, **changes})

    def tlt(self, **changes: Any) -> TltConfig:
        settings = {
            "merchant_id": MERCHANT_ID,
            "user_name": USER,
            "merchant_pfx": self.pfx,
            "pfx_password": PFX_PASSWORD,
            "platform_cert": self.tlt_cert,
        }
        return TltConfig(**{**settings, **changes})

    def config(self) -> AllinpayConfig:
        return AllinpayConfig(vsp=self.vsp(), tlt=self.tlt())

    def signed(self, fields: Mapping[str, str], *, key: rsa.RSAPrivateKey | None = None) -> Fields:
        """Sign a form or an answer of VSP's by RSA."""
        whole = {"signtype": "RSA", **fields}
        return {**whole, "sign": base64.b64encode(sha1_with(key or self.vsp_key, plain(whole).encode())).decode()}

    def answers(self, fields: Mapping[str, str], status: int = 200, **how: Any) -> HttpReply:
        """Answer as VSP does: JSON."""
        common = {"cusid": CUSID, "appid": APPID, "randomstr": "r4nd0m", "retcode": "SUCCESS"}
        return HttpReply(status, {}, json.dumps(self.signed({**common, **fields}, **how), ensure_ascii=False).encode())

    def posts(self, fields: Mapping[str, str], **how: Any) -> Inbound:
        return Inbound(body=urlencode(self.signed({"cusid": CUSID, "appid": APPID, **fields}, **how)).encode())

    def packs(self, content: bytes, *, key: rsa.RSAPrivateKey | None = None) -> bytes:
        """Sign a packet of TLT's over its own bytes."""
        element = f"<SIGNED_MSG>{sha1_with(key or self.tlt_key, content).hex()}</SIGNED_MSG>".encode()
        return content.replace(b"</INFO>", element + b"</INFO>")

    def returns(self, info: Mapping[str, str], inner: str = "", status: int = 200, **how: Any) -> HttpReply:
        """Answer as TLT does: a signed packet."""
        head = {"TRX_CODE": "100014", "VERSION": "04", "DATA_TYPE": "2", "RET_CODE": "0000", "ERR_MSG": "处理成功"}
        return HttpReply(status, {}, self.packs(packet(f"<INFO>{elements({**head, **info})}</INFO>{inner}"), **how))

    def paid_out(self, code: str = "0000", info: str = "0000", **changes: str) -> HttpReply:
        """Answer a payout: an envelope and its TRANSRET."""
        detail = {"RET_CODE": code, "SETTLE_DAY": "20260601", "ERR_MSG": "明细", **changes}
        return self.returns({"REQ_SN": PAYOUT.merchant_order_id, "RET_CODE": info}, f"<TRANSRET>{elements(detail)}</TRANSRET>")

    def tells(self, *details: Mapping[str, str], info: str = "0000", **more: str) -> HttpReply:
        """Answer a query of a payout or a batch: details below an envelope."""
        inner = "".join(f"<QTDETAIL>{elements({**DETAIL, **one})}</QTDETAIL>" for one in details)
        head = {"TRX_CODE": "200004", "REQ_SN": QUERY_SN, "RET_CODE": info, **more}
        return self.returns(head, f"<QTRANSRSP>{inner}</QTRANSRSP>" if details else "")


DETAIL = {
    "BATCHID": "P0000001",
    "SN": "0",
    "TRXDIR": "0",
    "SETTDAY": "20260601",
    "FINTIME": "20260601200001",
    "SUBMITTIME": "20260601200000",
    "ACCOUNT_NO": "6222021234567894321",
    "ACCOUNT_NAME": "张三",
    "AMOUNT": "30",
    "RET_CODE": "0000",
    "ERR_MSG": "交易成功",
}


def of_query(number: str = ORDER_ID, **changes: str) -> Fields:
    """What a query of a paid order answers."""
    told = {
        "reqsn": number,
        "trxid": TRXID,
        "trxcode": "VSP501",
        "initamt": "100",
        "trxamt": "100",
        "trxstatus": "0000",
        "fintime": "20260601200001",
        "acct": "oUpF8uMuAJO",
    }
    return {**told, **changes}


def of_notice(number: str = ORDER_ID, **changes: str) -> Fields:
    """What a notification of a paid order says."""
    told = {
        "cusorderid": number,
        "outtrxid": number,
        "trxid": TRXID,
        "trxcode": "VSP501",
        "initamt": "100",
        "trxamt": "100",
        "trxdate": "20260601",
        "paytime": "20260601200001",
        "trxstatus": "0000",
    }
    return {**told, **changes}


@pytest.fixture(scope="session")
def platform() -> Platform:
    return Platform()


@pytest.fixture(scope="session")
def allinpay(platform: Platform) -> Allinpay:
    channel = open_channel("allinpay", platform.config(), clock=lambda: NOW, nonce=lambda: NONCE)
    assert isinstance(channel, Allinpay)
    return channel


@pytest.fixture
def client(allinpay: Allinpay, script: Script) -> Iterator[ChannelClient]:
    with scripted(allinpay, script) as opened:
        yield opened


def payment(**changes: Any) -> PaymentOrder:
    """A payment of 100 fen by WeChat's QR code, a second ago."""
    fields: dict[str, Any] = {
        "merchant_order_id": ORDER_ID,
        "ordered_at": datetime(2026, 6, 1, 11, 59, 59, tzinfo=UTC),
        "amount": Money(100),
        "product": "wechat_native",
        "subject": "一壶茶",
        "notify_url": "https://example.com/notify",
    }
    if changes.get("product") == "scan":
        fields["payer"] = PaymentCode(code="134567890123456789")
    return PaymentOrder(**{**fields, **changes})


EXPIRED = PaymentQuery.of(payment(ordered_at=NOW - timedelta(hours=1))).model_copy(update={"wire": {"expires": "20260601190500"}})
OPENID = Wallet(wallet_id="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
ORIGINAL = OriginalPayment(merchant_order_id=ORDER_ID, channel_order_id=TRXID, amount=Money(100), ordered_at=NOW)
REFUND = RefundOrder(merchant_refund_id="R0000001", ordered_at=NOW, amount=Money(40), original=ORIGINAL)
CANCEL = CancelOrder(merchant_cancel_id="C0000001", ordered_at=NOW, original=ORIGINAL)
PERSON = PersonalAccount(account_no="6222021234567894321", name="张三", bank_code="0102")
COMPANY = CorporateAccount(account_no="1000-2000-3000", name="某某公司", bank_code="0102", cnaps_code="102100099996")
PAYOUT = PayoutOrder(merchant_order_id="P0000001", ordered_at=NOW, amount=Money(30), payee=PERSON)
LINES = (
    PayoutOrder(merchant_order_id="L1", ordered_at=NOW, amount=Money(30), payee=PERSON),
    PayoutOrder(merchant_order_id="L2", ordered_at=NOW, amount=Money(40), payee=COMPANY),
)
BATCH = PayoutBatchOrder(merchant_batch_id="B0000001", ordered_at=NOW, lines=LINES)


def fields_of(call: HttpCall) -> Fields:
    return dict(parse_qsl(call.body.decode(), strict_parsing=True))


def verified_form(platform: Platform, call: HttpCall) -> Fields:
    """Check a form's signature by hand, and return its fields without it."""
    fields = fields_of(call)
    raw, text = base64.b64decode(fields["sign"]), plain(fields).encode()
    platform.merchant.public_key().verify(raw, text, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return {name: text for name, text in fields.items() if name != "sign"}


def verified_packet(platform: Platform, call: HttpCall) -> str:
    """Check a packet's signature by hand over the bytes as they were sent, and return its text without it."""
    (found,) = re.findall(rb"<SIGNED_MSG>(.*?)</SIGNED_MSG>", call.body)
    text = call.body.replace(b"<SIGNED_MSG>" + found + b"</SIGNED_MSG>", b"")
    platform.merchant.public_key().verify(bytes.fromhex(found.decode()), text, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return text.decode("gbk")


def md5_of(fields: Mapping[str, str]) -> str:
    return hashlib.md5(plain({**fields, "key": MD5_KEY}).encode()).hexdigest()  # noqa: S324


def opened(platform: Platform, script: Script, *, vsp: Any = "both", tlt: Any = "both") -> ChannelClient:
    """A client of the given halves."""
    config = AllinpayConfig(
        vsp=platform.vsp() if vsp == "both" else vsp,
        tlt=platform.tlt() if tlt == "both" else tlt,
    )
    return scripted(open_channel("allinpay", config, clock=lambda: NOW, nonce=lambda: NONCE), script)
