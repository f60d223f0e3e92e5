"""A merchant written by hand for the tests of the mocks: it signs and verifies without the SDK and without the mock's code."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from mocks import alipay as alipay_mock
from mocks import allinpay as allinpay_mock
from mocks import cib as cib_mock
from mocks import lianlian as lianlian_mock
from mocks import unionpay as unionpay_mock
from mocks.clock import Clock
from mocks.faults import Fault
from mocks.wechat import WechatKeys, WechatMock, load
from mocks.wire import MockReply, MockRequest
from tests.mocks.alipay_app import App
from tests.mocks.allinpay_merchant import Merchant as AllinpayMerchant
from tests.mocks.cib_customer import Customer
from tests.mocks.lianlian_merchant import Merchant as LianlianMerchant
from tests.mocks.unionpay_merchant import Merchant as UnionpayMerchant

NOTIFY = "http://127.0.0.1:9/notify"


@dataclass
class Answer:
    """What came back: the raw reply and its JSON."""

    reply: MockReply
    status: int
    json: dict[str, Any]

    @property
    def code(self) -> str | None:
        return self.json.get("code")


@dataclass
class Merchant:
    """Signs requests as the pages say, sends them to ``send`` and verifies what comes back."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    now: Callable[[], float] = time.time
    serial: str | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import tomllib

        self.facts = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key((self.folder / "merchant_key.pem").read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        self.key = key

    def sign(self, message: str) -> str:
        return base64.b64encode(self.key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    def headers(self, method: str, target: str, body: str, **changes: str) -> dict[str, str]:
        fields = {
            "serial_no": self.facts["merchant_serial_no"],
            "nonce_str": "593BEC0C930BF1AFEB40B4A08C8FB242",
            "mchid": self.facts["mchid"],
            "timestamp": str(int(self.now())),
        } | {name: value for name, value in changes.items() if name != "signature"}
        signature = self.sign(f"{method}\n{target}\n{fields['timestamp']}\n{fields['nonce_str']}\n{body}\n")
        fields["signature"] = changes.get("signature", signature)
        value = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in fields.items())
        headers = {
            "authorization": value,
            "accept": "application/json",
            "user-agent": "tests",
            "content-type": "application/json",
        }
        return headers | ({"wechatpay-serial": self.serial} if self.serial else {})

    def request(self, method: str, target: str, content: Any = None, **changes: str) -> MockRequest:
        body = "" if content is None else content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path, _, query = target.partition("?")
        return MockRequest(method, path, query, self.headers(method, target, body, **changes), body.encode())

    def ask(self, method: str, target: str, content: Any = None, **changes: str) -> Answer:
        reply = self.send(self.request(method, target, content, **changes))
        if 200 <= reply.status < 300:
            assert self.verified(reply)
        else:
            assert not any(name.lower().startswith("wechatpay-") for name in reply.headers)
        return Answer(reply, reply.status, json.loads(reply.body) if reply.body else {})

    def verified(self, reply: MockReply) -> bool:
        headers = reply.headers
        serial = headers["Wechatpay-Serial"]
        message = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + reply.body + b"\n"
        if serial == self.facts["public_key_id"]:
            key = serialization.load_pem_public_key((self.folder / "wechatpay_public_key.pem").read_bytes())
        else:
            certificate = x509.load_pem_x509_certificate((self.folder / "platform_cert.pem").read_bytes())
            assert format(certificate.serial_number, "X").zfill(40) == serial
            key = certificate.public_key()
        assert isinstance(key, RSAPublicKey)
        try:
            key.verify(base64.b64decode(headers["Wechatpay-Signature"]), message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def order(self, number: str = "order0001", **changes: Any) -> dict[str, Any]:
        return {
            "appid": self.facts["appid"],
            "mchid": self.facts["mchid"],
            "description": "测试商品",
            "out_trade_no": number,
            "notify_url": NOTIFY,
            "amount": {"total": 100, "currency": "CNY"},
        } | changes

    def native(self, number: str = "order0001", **changes: Any) -> Answer:
        return self.ask("POST", "/v3/pay/transactions/native", self.order(number, **changes))

    def query(self, number: str = "order0001") -> Answer:
        return self.ask("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.facts['mchid']}")

    def close(self, number: str = "order0001") -> Answer:
        return self.ask("POST", f"/v3/pay/transactions/out-trade-no/{number}/close", {"mchid": self.facts["mchid"]})

    def refund(self, number: str = "refund1", fen: int = 30, order: str = "order0001", **changes: Any) -> Answer:
        total = changes.pop("total", 100)
        body = {"out_trade_no": order, "out_refund_no": number, "amount": {"refund": fen, "total": total, "currency": "CNY"}}
        return self.ask("POST", "/v3/refund/domestic/refunds", body | changes)

    def query_refund(self, number: str = "refund1") -> Answer:
        return self.ask("GET", f"/v3/refund/domestic/refunds/{number}")


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys, made once."""
    folder = tmp_path_factory.mktemp("keys") / "wechat"
    load(folder)
    return folder


@pytest.fixture(scope="session")
def keys(keys_folder: Path) -> WechatKeys:
    return load(keys_folder)


@pytest.fixture
def clock() -> Clock:
    return Clock(lambda: datetime(2026, 6, 1, 4, 0, 0, tzinfo=UTC))


@pytest.fixture
def wechat(keys: WechatKeys, clock: Clock) -> WechatMock:
    return WechatMock(keys, clock)


@pytest.fixture
def merchant(wechat: WechatMock, keys_folder: Path, clock: Clock) -> Merchant:
    return Merchant(keys_folder, wechat.handle, now=lambda: clock.real().timestamp())


@pytest.fixture
def merchant_of(keys_folder: Path) -> Callable[[Callable[[MockRequest], MockReply]], Merchant]:
    """Make a merchant that sends in another way, at real time."""
    return lambda send: Merchant(keys_folder, send)


@pytest.fixture
def fault() -> Callable[..., Fault]:
    """Make a fault as the control plane would."""

    def make(kind: str, **options: Any) -> Fault:
        return Fault(1, kind, options=options)

    return make


@pytest.fixture(scope="session")
def unionpay_folder(keys_folder: Path) -> Path:
    """A folder of UnionPay's keys, made once, beside WeChat Pay's."""
    folder = keys_folder.parent / "unionpay"
    unionpay_mock.load(folder)
    return folder


@pytest.fixture(scope="session")
def unionpay_keys(unionpay_folder: Path) -> unionpay_mock.UnionpayKeys:
    return unionpay_mock.load(unionpay_folder)


@pytest.fixture
def unionpay(unionpay_keys: unionpay_mock.UnionpayKeys, clock: Clock) -> unionpay_mock.UnionpayMock:
    return unionpay_mock.UnionpayMock(unionpay_keys, clock)


@pytest.fixture
def shop(unionpay: unionpay_mock.UnionpayMock, unionpay_folder: Path, clock: Clock) -> UnionpayMerchant:
    """UnionPay's merchant: its clock is the real one, which the tests do not move."""
    return UnionpayMerchant(unionpay_folder, unionpay.handle, now=clock.real)


@pytest.fixture(scope="session")
def alipay_folder(keys_folder: Path) -> Path:
    """A folder of Alipay's keys, made once, beside WeChat Pay's."""
    folder = keys_folder.parent / "alipay"
    alipay_mock.load(folder)
    return folder


@pytest.fixture(scope="session")
def alipay_keys(alipay_folder: Path) -> alipay_mock.AlipayKeys:
    return alipay_mock.load(alipay_folder)


@pytest.fixture
def alipay(alipay_keys: alipay_mock.AlipayKeys, clock: Clock) -> alipay_mock.AlipayMock:
    return alipay_mock.AlipayMock(alipay_keys, clock)


@pytest.fixture
def app(alipay: alipay_mock.AlipayMock, alipay_folder: Path, clock: Clock) -> App:
    """An app of Alipay's that speaks with the gateway in certificate mode."""
    return App(alipay_folder, alipay.handle, now=lambda: clock.real().timestamp(), certified=True)


@pytest.fixture(params=["gateway", "rest"])
def either(request: pytest.FixtureRequest, app: App) -> App:
    """The same app, by either protocol."""
    app.rest = request.param == "rest"
    return app


@pytest.fixture(scope="session")
def allinpay_folder(keys_folder: Path) -> Path:
    """A folder of Allinpay's keys, made once, beside WeChat Pay's."""
    folder = keys_folder.parent / "allinpay"
    allinpay_mock.load(folder)
    return folder


@pytest.fixture(scope="session")
def allinpay_keys(allinpay_folder: Path) -> allinpay_mock.AllinpayKeys:
    return allinpay_mock.load(allinpay_folder)


@pytest.fixture
def allinpay(allinpay_keys: allinpay_mock.AllinpayKeys, clock: Clock) -> allinpay_mock.AllinpayMock:
    return allinpay_mock.AllinpayMock(allinpay_keys, clock)


@pytest.fixture
def trader(allinpay: allinpay_mock.AllinpayMock, allinpay_folder: Path, clock: Clock) -> AllinpayMerchant:
    """Allinpay's merchant."""
    return AllinpayMerchant(allinpay_folder, allinpay.handle, now=clock.now)


@pytest.fixture(scope="session")
def cib_folder(keys_folder: Path) -> Path:
    """CIB's folder, made once, beside WeChat Pay's."""
    folder = keys_folder.parent / "cib"
    cib_mock.load(folder)
    return folder


@pytest.fixture
def cib(cib_folder: Path, clock: Clock) -> cib_mock.CibMock:
    return cib_mock.CibMock(cib_mock.load(cib_folder), clock)


@pytest.fixture
def customer(cib: cib_mock.CibMock, cib_folder: Path) -> Customer:
    """A customer of CIB's who speaks with the proxy."""
    return Customer(cib_folder, cib.handle)


@pytest.fixture(scope="session")
def lianlian_folder(keys_folder: Path) -> Path:
    """A folder of LianLian's keys, made once, beside WeChat Pay's."""
    folder = keys_folder.parent / "lianlian"
    lianlian_mock.load(folder)
    return folder


@pytest.fixture(scope="session")
def lianlian_keys(lianlian_folder: Path) -> lianlian_mock.LianlianKeys:
    return lianlian_mock.load(lianlian_folder)


@pytest.fixture
def lianlian(lianlian_keys: lianlian_mock.LianlianKeys, clock: Clock) -> lianlian_mock.LianlianMock:
    return lianlian_mock.LianlianMock(lianlian_keys, clock)


@pytest.fixture
def payer(lianlian: lianlian_mock.LianlianMock, lianlian_folder: Path) -> LianlianMerchant:
    """LianLian's merchant."""
    return LianlianMerchant(lianlian_folder, lianlian.handle)
