"""Certificates of Alipay: an unknown one is fetched, believed only if the root vouches for it, throttled, and costs no reply."""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from payment_channels import (
    ChannelClient,
    ConfigurationError,
    HttpReply,
    Inbound,
    Outcome,
    PaymentQuery,
    TransportFailure,
    Verdict,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from payment_channels.channels.alipay.certificates import read
from payment_channels.channels.alipay.platform_keys import PlatformKeys
from tests.channels.alipay.gateway import APP_ID, NUMBER, SELLER_ID, Gateway, Issued, content, issue, order, sent
from tests.conftest import NOW, Script, scripted

DOWNLOAD, QUERY = "alipay.open.app.alipaycert.download", "alipay.trade.query"
PAID = {"code": "10000", "out_trade_no": NUMBER, "trade_status": "TRADE_SUCCESS", "total_amount": "88.88"}
NAME = "支付宝(中国)网络技术有限公司-2088102146225135"


class Now:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def client(config: AlipayConfig, script: Script, now: Now) -> Iterator[ChannelClient]:
    with scripted(Alipay(config, clock=now), script) as opened:
        yield opened


def paid(by: Issued) -> HttpReply:
    return Gateway(by.key, by.sn).says(QUERY, PAID)


def download(*held: Issued, signer: Issued | None = None, der: bool = False) -> HttpReply:
    raw = held[0].parsed.public_bytes(Encoding.DER) if der else "".join(one.pem for one in held).encode()
    by = signer or held[0]
    told = {"code": "10000", "msg": "Success", "alipay_cert_content": base64.b64encode(raw).decode()}
    return Gateway(by.key, by.sn).says(DOWNLOAD, told)


def ask(client: ChannelClient) -> Outcome:
    return client.query(PaymentQuery.of(order())).outcome


@pytest.mark.parametrize("der", [False, True])
def test_an_unknown_certificate_is_fetched_once(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], der: bool
) -> None:
    """Straight below the root a DER of one certificate will do; with an authority between, it comes in the same PEM."""
    fresh = issue(NAME, authorities["root"] if der else authorities["between"])
    held = (fresh,) if der else (fresh, authorities["between"])
    script.answers = [paid(fresh), download(*held, der=der), paid(fresh), paid(authorities["alipay"])]
    assert [ask(client) for _ in range(3)] == [Outcome.SUCCEEDED] * 3
    assert [sent(call)["method"] for call in script.calls] == [QUERY, DOWNLOAD, QUERY, QUERY]
    assert content(script.calls[1]) == {"alipay_cert_sn": fresh.sn}
    assert [call.preparatory for call in script.calls] == [False, True, False, False]


BAD: dict[str, Callable[[dict[str, Issued], Issued], Any]] = {
    "no answer": lambda held, fresh: TransportFailure("ReadTimeout", maybe_sent=True),
    "HTTP 500": lambda held, fresh: HttpReply(500, {}, b""),
    "garbage": lambda held, fresh: HttpReply(200, {}, b"<html>"),
    "no content": lambda held, fresh: Gateway(fresh.key).succeeds(DOWNLOAD),
    "a refusal": lambda held, fresh: Gateway(fresh.key).refuses(DOWNLOAD, "isv.invalid-parameter", code="40002"),
    "no base64": lambda held, fresh: Gateway(fresh.key).succeeds(DOWNLOAD, alipay_cert_content="***"),
    "no certificate": lambda held, fresh: Gateway(fresh.key).succeeds(DOWNLOAD, alipay_cert_content="AAAA"),
    "another certificate": lambda held, fresh: download(held["alipay"], held["between"]),
    "without the authority between": lambda held, fresh: download(fresh),
}


@pytest.mark.parametrize("why", BAD)
def test_a_download_that_does_not_help_costs_no_reply(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], why: str
) -> None:
    """The reply was there: unknown, with the reply as evidence and the reason beside it."""
    fresh = issue(NAME, authorities["between"])
    script.answers = [paid(fresh), BAD[why](authorities, fresh)]
    result = client.query(PaymentQuery.of(order()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert fresh.sn in result.evidence.note
    assert result.evidence.body
    assert result.raw.code == "TRADE_SUCCESS"


def forgers(authorities: dict[str, Issued]) -> dict[str, tuple[Issued, tuple[Issued, ...]]]:
    stranger = issue("Root R1", authority=True)
    below = issue("Class 2 R1", stranger, authority=True)
    merchant = issue("2088000000000009-2021000000000009", authorities["between"])
    by_merchant = issue(NAME, merchant)
    alone = issue(NAME)
    old = issue(NAME, authorities["between"], begins=NOW - timedelta(days=900), days=365)
    ended = issue("Class 3 R1", authorities["root"], authority=True, begins=NOW - timedelta(days=900), days=365)
    return {
        "a root of the same name": (made := issue(NAME, below), (made, below, stranger)),
        "another merchant's own certificate": (merchant, (merchant, authorities["between"])),
        "what another merchant issued": (by_merchant, (by_merchant, merchant, authorities["between"])),
        "its own issuer": (alone, (alone,)),
        "expired": (old, (old, authorities["between"])),
        "what an expired authority issued": (late := issue(NAME, ended), (late, ended)),
    }


def test_what_no_root_vouches_for_is_not_believed(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], now: Now
) -> None:
    for why, (forger, held) in forgers(authorities).items():
        now.moment += timedelta(minutes=2)
        script.answers = [paid(forger), download(*held), paid(forger), download(*held)]
        assert [ask(client), ask(client)] == [Outcome.UNKNOWN, Outcome.UNKNOWN], why


def test_downloads_are_throttled_and_a_known_certificate_needs_none(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], now: Now
) -> None:
    forger = issue(NAME)
    assert PlatformKeys.DOWNLOADS == 5, "a forger may cost a few downloads a minute, not hundreds"
    script.answers = [answer for _ in range(PlatformKeys.DOWNLOADS) for answer in (paid(forger), download(forger))]
    script.answers += [paid(forger), paid(authorities["alipay"])]
    told = [ask(client) for _ in range(PlatformKeys.DOWNLOADS + 2)]
    assert told == [*[Outcome.UNKNOWN] * (PlatformKeys.DOWNLOADS + 1), Outcome.SUCCEEDED]
    assert sum(call.preparatory for call in script.calls) == PlatformKeys.DOWNLOADS
    now.moment += PlatformKeys.PER
    fresh = issue(NAME, authorities["between"])
    script.answers = [paid(fresh), download(fresh, authorities["between"])]
    assert ask(client) is Outcome.SUCCEEDED


@pytest.mark.parametrize("sn", ["1", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\\n", "A" * 5000, "\\u0000", "../" + "0" * 29])
def test_what_is_no_serial_number_is_not_asked_for(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], sn: str
) -> None:
    script.answers = [Gateway(authorities["alipay"].key, sn).says(QUERY, PAID)]
    result = client.query(PaymentQuery.of(order()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert result.evidence.note == "alipay_cert_sn is no serial number: 32 hex digits"
    notice = client.read_notification(Inbound(body=f"app_id={APP_ID}&sign=AAAA&alipay_cert_sn={quote(sn)}".encode()))
    assert (notice.verdict, notice.acknowledgement.status) == (Verdict.REFUSED, 401), "it would be no other the next time"
    assert len(script.calls) == 1


@pytest.mark.parametrize("refused", [False, True], ids=["the download failed", "too many downloads"])
def test_a_certificate_that_another_thread_fetched_meanwhile_is_looked_for_once_more(
    config: AlipayConfig, script: Script, authorities: dict[str, Issued], monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    """After a change of the certificate many answers come at once, and only some of them may fetch it."""
    fresh = issue(NAME, authorities["between"])
    channel = Alipay(config, clock=lambda: NOW)
    platform = channel._line.platform

    def meanwhile(*_: object) -> bool:
        platform.add(read(fresh.pem)[0])
        return not refused

    monkeypatch.setattr(platform, "may_download", meanwhile)
    script.answers = [paid(fresh), TransportFailure("ReadTimeout", maybe_sent=True)]
    with scripted(channel, script) as client:
        assert ask(client) is Outcome.SUCCEEDED
    assert [call.preparatory for call in script.calls] == [False] + [True] * (not refused)


def test_forged_notifications_do_not_use_up_the_downloads_of_replies(
    client: ChannelClient, script: Script, authorities: dict[str, Issued]
) -> None:
    forger = issue(NAME)
    for number in range(PlatformKeys.DOWNLOADS + 3):
        script.answers = [download(forger)]
        notice = client.read_notification(Inbound(body=f"app_id={APP_ID}&sign=AAAA&alipay_cert_sn={number:032}".encode()))
        assert (notice.verdict, notice.acknowledgement.status) == (Verdict.REFUSED, 500)
    fresh = issue(NAME, authorities["between"])
    script.answers = [paid(fresh), download(fresh, authorities["between"])]
    assert ask(client) is Outcome.SUCCEEDED


def test_a_certificate_that_has_expired_is_not_believed(
    client: ChannelClient, script: Script, authorities: dict[str, Issued], now: Now
) -> None:
    now.moment += timedelta(days=400)
    script.answers = [paid(authorities["alipay"])]
    assert ask(client) is Outcome.UNKNOWN


def test_without_a_serial_number_the_configured_certificate_is_meant(
    client: ChannelClient, script: Script, authorities: dict[str, Issued]
) -> None:
    script.answers = [Gateway(authorities["alipay"].key).says(QUERY, PAID)]
    assert ask(client) is Outcome.SUCCEEDED
    assert len(script.calls) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"app_private_key": None}, "AlipayConfig"),
        ({"app_private_key": "-----BEGIN PRIVATE KEY-----\nx"}, "app_private_key"),
        ({"app_cert": "x"}, "app_cert"),
        ({"app_cert": None}, "AlipayConfig"),
        ({"alipay_cert": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "alipay_cert"),
        ({"alipay_root_cert": "x"}, "alipay_root_cert"),
        ({"alipay_public_key": "x"}, "AlipayConfig"),
        ({"app_cert": None, "alipay_cert": None, "alipay_root_cert": None, "alipay_public_key": "x"}, "alipay_public_key"),
        ({"aes_key": "short"}, "aes_key"),
        ({"base_url": "http://openapi.alipay.com"}, "base_url"),
        ({"base_url": "https://openapi.alipay.com/gateway.do"}, "base_url"),
        ({"bill_origins": ("https://x.example/path",)}, "bill_origins"),
        ({"seller_id": "1"}, "seller_id"),
        ({"app_id": "app"}, "app_id"),
    ],
)
def test_a_configuration_that_cannot_be_used(config: AlipayConfig, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Alipay(AlipayConfig(**{**config.model_dump(), **changes}))
    assert caught.value.field == field
    assert caught.value.zh
    assert caught.value.en


def test_a_signer_elsewhere(config: AlipayConfig, script: Script, authorities: dict[str, Issued]) -> None:
    """A slow one, such as an HSM: it is asked through the driver, and the SDK never sees the key."""

    class Hsm:
        key_id, slow = "hsm-1", True

        def sign(self, message: bytes) -> bytes:
            return authorities["app"].key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    ours = config.model_copy(update={"app_private_key": None, "signer": Hsm()})
    script.answers = [paid(authorities["alipay"])]
    with scripted(Alipay(ours, clock=lambda: NOW), script) as client:
        assert client.prepare(order()).key_id == "hsm-1"
        assert ask(client) is Outcome.SUCCEEDED
    assert sent(script.calls[0])["app_cert_sn"] == authorities["app"].sn


def test_a_configuration_from_a_folder(config: AlipayConfig, key_config: AlipayConfig, tmp_path: Any) -> None:
    for name in ("app_cert", "alipay_cert", "alipay_root_cert"):
        (tmp_path / f"{name}.pem").write_text(getattr(config, name), encoding="utf-8")
    (tmp_path / "app_private_key_pkcs8.pem").write_text(str(config.app_private_key), encoding="utf-8")
    (tmp_path / "alipay_public_key.pem").write_text(str(key_config.alipay_public_key), encoding="utf-8")
    aes = base64.b64encode(bytes(16)).decode()
    (tmp_path / "channel.toml").write_text(
        f'app_id = "{APP_ID}"\nseller_id = "{SELLER_ID}"\naes_key = "{aes}"\n', encoding="utf-8"
    )
    assert AlipayConfig.from_directory(tmp_path) == config
    assert AlipayConfig.from_directory(tmp_path, mode="key").alipay_public_key == key_config.alipay_public_key
    assert AlipayConfig.from_directory(tmp_path, encrypted=True).aes_key == aes
    assert AlipayConfig.from_directory(tmp_path, base_url="http://127.0.0.1:8000").base_url == "http://127.0.0.1:8000"
    (tmp_path / "alipay_cert.pem").unlink()
    with pytest.raises(ConfigurationError, match="alipay_cert"):
        AlipayConfig.from_directory(tmp_path)
