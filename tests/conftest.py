"""What tests of several rooms need: published vectors, a platform that signs, and a transport that follows a script."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from payment_channels import Channel, ChannelClient, HttpCall, HttpReply, Money, PaymentOrder, TransportFailure, open_channel
from payment_channels.channels.wechat import PlatformPublicKey, Wechat, WechatConfig

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture(scope="session", autouse=True)
def _keys_parsed_once() -> Iterator[None]:
    """Parse each private key once in a run: proving its primes takes 60 ms, and thousands of tests open channels with the same.

    Keys are immutable and only what was parsed is kept, so no test can notice but by its time.
    """
    with pytest.MonkeyPatch.context() as patch:
        for place, name in (
            (serialization, "load_pem_private_key"),
            (pkcs12, "load_pkcs12"),
            (pkcs12, "load_key_and_certificates"),
        ):
            patch.setattr(place, name, lru_cache(maxsize=512)(getattr(place, name)))
        yield


@pytest.fixture(scope="session")
def wechat_vectors() -> dict[str, Any]:
    """The published and self-made vectors of WeChat Pay, by their id, and the keys they use."""
    loaded: dict[str, Any] = json.loads((VECTORS / "wechat" / "wechat_vectors.json").read_text(encoding="utf-8"))
    return {"keys": loaded["keys"], **{vector["id"]: vector for vector in loaded["vectors"]}}


@dataclass
class Platform:
    """WeChat Pay's side of the wire for scripted answers: it signs by itself, without the SDK's codec."""

    key: rsa.RSAPrivateKey
    serial: str = "PUB_KEY_ID_0112345678"
    now: Callable[[], datetime] = lambda: NOW

    @property
    def public_pem(self) -> str:
        """The public key, as the merchant platform shows it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def headers(self, body: bytes, **changes: str) -> dict[str, str]:
        """Signature headers over ``body``; ``changes`` replace some of them."""
        timestamp, nonce = str(int(self.now().timestamp())), "N0NCE"
        signature = self.key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", padding.PKCS1v15(), hashes.SHA256())
        return {
            "wechatpay-timestamp": timestamp,
            "wechatpay-nonce": nonce,
            "wechatpay-serial": self.serial,
            "wechatpay-signature": base64.b64encode(signature).decode(),
            "request-id": "08F0-1",
            **changes,
        }

    def answers(self, content: object, status: int = 200, **changes: str) -> HttpReply:
        """A signed answer: JSON of ``content``, or the bytes themselves."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        return HttpReply(status=status, headers=self.headers(body, **changes), body=body)

    def refuses(self, status: int, code: str, message: str = "说明") -> HttpReply:
        """An unsigned error, as documented."""
        body = json.dumps({"code": code, "message": message}, ensure_ascii=False).encode()
        return HttpReply(status=status, headers={"request-id": "08F0-2"}, body=body)


@dataclass
class Script:
    """A transport that answers from a list and remembers what it was asked."""

    answers: list[HttpReply | Exception] = field(default_factory=list)
    calls: list[HttpCall] = field(default_factory=list)

    def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Give the next answer of the script; without one, the reply is lost."""
        assert seconds > 0
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else TransportFailure("ReadTimeout", maybe_sent=True)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing to close."""


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("the only wire is the script", request=request)


NOBODY = httpx.Client(transport=httpx.MockTransport(_nobody), trust_env=False)


def scripted(channel: Channel, script: Script) -> ChannelClient:
    """A client whose only wire is ``script``. What it is opened over reaches nobody: a real one reads every root certificate."""
    client = ChannelClient(channel, http=NOBODY)
    client._transport = script  # type: ignore[assignment]
    return client


@pytest.fixture(scope="session")
def platform() -> Platform:
    """A platform with a key of its own."""
    return Platform(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="session")
def merchant_pem() -> str:
    """A merchant's private key, made for this run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.fixture(scope="session")
def wechat_config(platform: Platform, merchant_pem: str) -> WechatConfig:
    """One merchant's configuration."""
    return WechatConfig(
        mchid="1900000001",
        appid="wxd678efh567hg6787",
        merchant_serial_no="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        merchant_key=merchant_pem,
        apiv3_key="k" * 32,
        platform_keys=(PlatformPublicKey(key_id=platform.serial, pem=platform.public_pem),),
    )


@pytest.fixture(scope="session")
def wechat(wechat_config: WechatConfig) -> Wechat:
    """The adapter with a clock that stands still."""
    channel = open_channel("wechat", wechat_config, clock=lambda: NOW, nonce=lambda: "593BEC0C930BF1AFEB40B4A08C8FB242")
    assert isinstance(channel, Wechat)
    return channel


@pytest.fixture
def script() -> Script:
    """An empty script."""
    return Script()


@pytest.fixture
def client(wechat: Wechat, script: Script) -> Iterator[ChannelClient]:
    """A client whose only wire is the script."""
    with scripted(wechat, script) as opened:
        yield opened


def payment(**changes: Any) -> PaymentOrder:
    """A native order of 100 fen."""
    fields: dict[str, Any] = {
        "merchant_order_id": "native12177525012014070332333",
        "ordered_at": NOW - timedelta(seconds=1),
        "amount": Money(100),
        "product": "native",
        "subject": "Image形象店-深圳腾大-QQ公仔",
        "notify_url": "https://example.com/notify",
    }
    return PaymentOrder(**{**fields, **changes})


@pytest.fixture
def order() -> PaymentOrder:
    """A native order of 100 fen."""
    return payment()
