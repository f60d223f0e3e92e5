"""LianLian's side of the wire for scripted answers: it signs, verifies and decrypts by itself, without the SDK's codec."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from payment_channels import (
    ChannelClient,
    ConfirmPayoutOrder,
    CorporateAccount,
    HttpCall,
    HttpReply,
    Inbound,
    Money,
    PayoutOrder,
    PersonalAccount,
    open_channel,
)
from payment_channels.channels.lianlian import Lianlian, LianlianConfig
from payment_channels.channels.lianlian.payload import PayloadKeys
from tests.conftest import NOW, VECTORS, Script, scripted

PARTNER = "201103171000000000"
NUMBER, PAYBILL, TIME = "P0000001", "2013051613121201", "20260601195959"  # of ORDERED_AT, in Beijing
ORDERED_AT = NOW - timedelta(seconds=1)
CARD, NAME, COMPANY_ACCOUNT, COMPANY_NAME = "6216261000000000018", "张三", "1202022719900023456", "某某科技有限公司"
KEYS = PayloadKeys(hmac_key="0123456789ABCDEFGHIJKLMNOPQRSTUV", aes_key="ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", nonce="N0NCE123")
PERSON = PersonalAccount(account_no=CARD, name=NAME)
COMPANY = CorporateAccount(account_no=COMPANY_ACCOUNT, name=COMPANY_NAME, bank_code="01040000", cnaps_code="104100000004")
_MD5 = hashes.MD5()  # noqa: S303  LianLian's choice


def payout(**changes: Any) -> PayoutOrder:
    """A payout of 12.34 to a person."""
    fields: dict[str, Any] = {
        "merchant_order_id": NUMBER,
        "ordered_at": ORDERED_AT,
        "amount": Money(1234),
        "payee": PERSON,
        "purpose": "六月货款",
        "remark": "货款",
        "notify_url": "https://example.com/notify",
    }
    return PayoutOrder(**{**fields, **changes})


def confirmation(**changes: Any) -> ConfirmPayoutOrder:
    """The confirmation of that payout."""
    fields: dict[str, Any] = {
        "merchant_order_id": NUMBER,
        "ordered_at": ORDERED_AT,
        "amount": Money(1234),
        "confirm_code": "646872",
        "notify_url": "https://example.com/notify",
    }
    return ConfirmPayoutOrder(**{**fields, **changes})


def joined(fields: Mapping[str, str]) -> bytes:
    """The string that LianLian signs."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign").encode()


def found(state: str = "SUCCESS", **changes: str) -> dict[str, str]:
    """A query's answer: this payout, in a state."""
    fields = {
        "ret_code": "0000",
        "ret_msg": "交易成功",
        "no_order": NUMBER,
        "dt_order": TIME,
        "oid_paybill": PAYBILL,
        "money_order": "12.34",
        "result_pay": state,
        "info_order": "六月货款",
    }
    return {**fields, **changes}


def notified(state: str = "SUCCESS", **changes: str) -> dict[str, str]:
    """What is posted of this payout."""
    fields = {name: text for name, text in found(state).items() if name not in {"ret_code", "ret_msg"}}
    return {**fields, "settle_date": "20260601", **changes}


@dataclass
class Gateway:
    """LianLian with a key of its own, and the key of a merchant."""

    key: rsa.RSAPrivateKey
    merchant: rsa.RSAPrivateKey

    @property
    def merchant_pem(self) -> str:
        """The merchant's private key."""
        form = serialization.PrivateFormat.PKCS8
        return self.merchant.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        """LianLian's public key."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def config(self, **changes: Any) -> LianlianConfig:
        """The merchant's configuration."""
        fields = {"oid_partner": PARTNER, "merchant_key": self.merchant_pem, "lianlian_public_key": self.public_pem}
        return LianlianConfig(**{**fields, **changes})

    def signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Add merchant, sign_type and a signature."""
        whole = {"oid_partner": PARTNER, "sign_type": "RSA", **fields}
        signature = self.key.sign(joined(whole), padding.PKCS1v15(), _MD5)
        return {**whole, "sign": base64.b64encode(signature).decode()}

    def answers(self, fields: Mapping[str, str], *, status: int = 200) -> HttpReply:
        """An answer, well signed."""
        body = json.dumps(self.signed(fields), ensure_ascii=False).encode()
        return HttpReply(status, {"content-type": "application/json;charset=utf-8"}, body)

    def posts(self, fields: Mapping[str, str]) -> Inbound:
        """A notification, well signed."""
        body = json.dumps(self.signed(fields), ensure_ascii=False).encode()
        return Inbound(body=body, headers={"Content-Type": "text/json;charset=utf-8"})

    def verified(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return what the merchant signed.

        Raises:
            InvalidSignature: he did not.
        """
        raw = base64.b64decode(fields["sign"], validate=True)
        self.merchant.public_key().verify(raw, joined(fields), padding.PKCS1v15(), _MD5)
        return {name: text for name, text in fields.items() if name != "sign"}

    def opened(self, call: HttpCall) -> dict[str, str]:
        """Decrypt and verify an order."""
        outside = json.loads(call.body)
        assert set(outside) == {"oid_partner", "pay_load"}
        version, hmac_key, aes_key, nonce, cipher, mac = outside["pay_load"].split("$")
        assert version == "lianpay1_0_1"
        sha1 = hashes.SHA1()  # noqa: S303  LianLian's choice
        oaep = padding.OAEP(padding.MGF1(sha1), sha1, None)
        guard, key = (self.key.decrypt(base64.b64decode(part, validate=True), oaep) for part in (hmac_key, aes_key))
        wanted = hmac.new(guard, f"{nonce}${cipher}".encode(), hashlib.sha256).digest()
        assert hmac.compare_digest(wanted, base64.b64decode(mac, validate=True))
        counter = base64.b64decode(nonce, validate=True) + bytes(7) + b"\x01"
        decryptor = Cipher(AES(key), CTR(counter)).decryptor()
        plain: dict[str, str] = json.loads(decryptor.update(base64.b64decode(cipher, validate=True)) + decryptor.finalize())
        return self.verified(plain)


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """What was published, and a message computed by hand."""
    loaded: dict[str, Any] = json.loads((VECTORS / "lianlian" / "lianlian.json").read_text(encoding="utf-8"))
    return loaded


def new_gateway() -> Gateway:
    """Make LianLian's and the merchant's keys; the merchant's is as short as those in LianLian's own samples."""
    return Gateway(rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024))  # noqa: S505


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    """LianLian."""
    return new_gateway()


@pytest.fixture(scope="session")
def lianlian(gateway: Gateway) -> Lianlian:
    """The adapter with a clock that stands still and keys that are known."""
    channel = open_channel("lianlian", gateway.config(), clock=lambda: NOW, payload_keys=lambda: KEYS)
    assert isinstance(channel, Lianlian)
    return channel


@pytest.fixture
def client(lianlian: Lianlian, script: Script) -> Iterator[ChannelClient]:
    """A client whose only wire is the script."""
    with scripted(lianlian, script) as opened:
        yield opened
