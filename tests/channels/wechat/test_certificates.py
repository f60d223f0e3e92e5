"""Platform certificates: downloaded when none is known, cached, rotated with overlap, throttled, and never believed blindly."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from payment_channels import (
    ChannelClient,
    HttpReply,
    Inbound,
    NotSentError,
    Outcome,
    PaymentOrder,
    RefusedError,
    TransportFailure,
    Verdict,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from payment_channels.channels.wechat.platform_keys import PlatformKeys
from tests.conftest import NOW, Platform, Script, payment, scripted

CODE_URL = {"code_url": "weixin://wxpay/bizpayurl/up?pr=1"}
KEY = "k" * 32


class Authority:
    """A platform with certificates, each with a key and a time of its own."""

    def __init__(self) -> None:
        self.now = NOW
        self.platforms: list[Platform] = []
        self.pems: list[str] = []

    def issue(self, *, days: int = 1800, begins: datetime = NOW - timedelta(days=1)) -> Platform:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = (
            builder.serial_number(0x0A00 + len(self.pems)).not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
        )
        self.pems.append(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode())
        self.platforms.append(Platform(key, f"0A{len(self.pems) - 1:02X}", now=lambda: self.now))
        return self.platforms[-1]

    def listed(self, *numbers: int, signer: int | None = None, key: str = KEY, **changes: Any) -> HttpReply:
        entries = []
        for number in numbers:
            box = AESGCM(key.encode()).encrypt(b"9b4a5b9d8a11", self.pems[number].encode(), b"certificate")
            sealed = {"nonce": "9b4a5b9d8a11", "associated_data": "certificate", "ciphertext": base64.b64encode(box).decode()}
            entries.append({"serial_no": f"0A{number:02X}", "encrypt_certificate": sealed, **changes})
        return self.platforms[numbers[0] if signer is None else signer].answers({"data": entries})


@pytest.fixture
def authority() -> Authority:
    made = Authority()
    made.issue()
    return made


@pytest.fixture
def downloading(wechat_config: WechatConfig, script: Script, authority: Authority) -> Iterator[ChannelClient]:
    config = wechat_config.model_copy(update={"platform_keys": ()})
    with scripted(open_channel("wechat", config, clock=lambda: authority.now), script) as client:
        yield client


def paths(script: Script) -> list[str]:
    return [call.url.removeprefix("https://api.mch.weixin.qq.com") for call in script.calls]


def test_fetched_once_before_the_first_order_and_cached(downloading: ChannelClient, script: Script, authority: Authority) -> None:
    platform = authority.platforms[0]
    script.answers = [authority.listed(0), platform.answers(CODE_URL), platform.answers(CODE_URL)]
    assert [downloading.pay(payment()).outcome for _ in range(2)] == [Outcome.PENDING] * 2
    assert paths(script) == ["/v3/certificates", "/v3/pay/transactions/native", "/v3/pay/transactions/native"]
    assert dict(script.calls[1].headers)["Wechatpay-Serial"] == "0A00"
    assert script.calls[0].preparatory is True


@pytest.mark.parametrize(
    "failure",
    [
        lambda authority: TransportFailure("ReadTimeout", maybe_sent=True),
        lambda authority: HttpReply(500, {}, b'{"code":"SYSTEM_ERROR"}'),
        lambda authority: HttpReply(404, {}, json.dumps({"code": "RESOURCE_NOT_EXISTS"}).encode()),
        lambda authority: authority.listed(0, key="z" * 32),
        lambda authority: authority.listed(0, serial_no="0AFF"),
        lambda authority: HttpReply(200, {}, authority.listed(0).body),
        lambda authority: HttpReply(200, {**authority.listed(0).headers, "wechatpay-nonce": "x"}, authority.listed(0).body),
        lambda authority: HttpReply(200, {}, b"{}"),
    ],
)
def test_without_a_certificate_nothing_is_sent(
    downloading: ChannelClient, script: Script, authority: Authority, failure: Callable[[Authority], Any]
) -> None:
    script.answers = [failure(authority)]
    with pytest.raises((RefusedError, NotSentError)) as caught:
        downloading.pay(payment())
    assert caught.value.canonical in {"CERTIFICATES_NOT_AVAILABLE", "CHANNEL_UNREACHABLE"}
    told = ("没有取到平台证书：HTTP", "没有取到平台证书：证书列表读不出（", "没有取到平台证书：应答的签名不可信（")
    assert isinstance(caught.value, NotSentError) or any(words in caught.value.zh for words in told)
    assert paths(script) == ["/v3/certificates"]


def test_rotation_with_overlap(downloading: ChannelClient, script: Script, authority: Authority) -> None:
    old = authority.platforms[0]
    new = authority.issue(days=3600)
    script.answers = [
        authority.listed(0),
        old.answers(CODE_URL),
        new.answers(CODE_URL),
        authority.listed(0, 1),
        old.answers(CODE_URL),
        new.answers(CODE_URL),
    ]
    outcomes = [downloading.pay(payment()).outcome for _ in range(4)]
    assert outcomes == [Outcome.PENDING] * 4, "old and new are believed side by side"
    assert paths(script).count("/v3/certificates") == 2
    assert dict(script.calls[-1].headers)["Wechatpay-Serial"] == "0A01", "the one that lasts longest is asked for"


def test_a_download_that_fails_does_not_lose_the_reply(downloading: ChannelClient, script: Script, authority: Authority) -> None:
    new = authority.issue()
    script.answers = [authority.listed(0), new.answers(CODE_URL), TransportFailure("ConnectError", maybe_sent=False)]
    result = downloading.pay(payment())
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert "could not be fetched" in result.evidence.note
    assert result.evidence.body == json.dumps(CODE_URL).encode()


def test_an_expired_certificate_is_believed_no_more(downloading: ChannelClient, script: Script, authority: Authority) -> None:
    platform = authority.platforms[0]
    script.answers = [authority.listed(0), platform.answers(CODE_URL)]
    downloading.pay(payment())
    authority.now = NOW + timedelta(days=1800)
    script.answers = [HttpReply(500, {}, b"")]
    with pytest.raises(RefusedError):
        downloading.pay(payment())


def test_after_twelve_hours_there_is_a_fresh_look(downloading: ChannelClient, script: Script, authority: Authority) -> None:
    platform = authority.platforms[0]
    script.answers = [authority.listed(0), platform.answers(CODE_URL)]
    downloading.pay(payment())
    authority.now = NOW + timedelta(hours=12)
    script.answers = [HttpReply(500, {}, b""), platform.answers(CODE_URL)]
    assert downloading.pay(payment()).outcome is Outcome.PENDING, "a failed look leaves the old certificate in place"
    assert paths(script)[2] == "/v3/certificates"


def test_forged_serial_numbers_cannot_ask_for_downloads_without_end(
    downloading: ChannelClient, script: Script, authority: Authority
) -> None:
    platform = authority.platforms[0]
    script.answers = [authority.listed(0), platform.answers(CODE_URL)]
    downloading.pay(payment())
    body = b"{}"
    for number in range(20):
        script.answers = [authority.listed(0)]
        headers = {**platform.headers(body), "wechatpay-serial": f"FF{number:02X}"}
        notice = downloading.read_notification(Inbound(body=body, headers=headers))
        assert notice.verdict is Verdict.REFUSED
    assert paths(script).count("/v3/certificates") == 1 + PlatformKeys.DOWNLOADS
    script.answers = [authority.issue().answers(CODE_URL), authority.listed(0, 1)]
    assert downloading.pay(payment()).outcome is Outcome.PENDING, "replies have a limit of their own"


def test_public_key_and_certificate_side_by_side(
    wechat_config: WechatConfig, script: Script, platform: Platform, authority: Authority
) -> None:
    both = [*wechat_config.model_dump()["platform_keys"], {"kind": "certificate", "pem": authority.pems[0]}]
    config = WechatConfig(**{**wechat_config.model_dump(), "platform_keys": both})
    with scripted(open_channel("wechat", config, clock=lambda: NOW), script) as client:
        script.answers = [platform.answers(CODE_URL), authority.platforms[0].answers(CODE_URL)]
        assert [client.pay(payment()).outcome for _ in range(2)] == [Outcome.PENDING] * 2
    assert dict(script.calls[0].headers)["Wechatpay-Serial"] == platform.serial, "the first one of the configuration is asked for"


def test_a_certificate_that_is_not_valid_yet_is_not_believed(
    wechat_config: WechatConfig, script: Script, order: PaymentOrder, authority: Authority
) -> None:
    authority.issue(begins=NOW + timedelta(hours=1))
    config = WechatConfig(
        **{**wechat_config.model_dump(), "platform_keys": [{"kind": "certificate", "pem": pem} for pem in authority.pems]}
    )
    with scripted(open_channel("wechat", config, clock=lambda: NOW), script) as client:
        script.answers = [authority.platforms[1].answers(CODE_URL)]
        assert client.pay(order).canonical == "REPLY_NOT_VERIFIED"
