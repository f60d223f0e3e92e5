"""Canary secrets: planted in keys, accounts and answers, and looked for in everything that gets printed or raised."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from payment_channels import (
    ChannelClient,
    ConfigurationError,
    HttpReply,
    Money,
    PaymentChannelError,
    PaymentQuery,
    PayoutOrder,
    PersonalAccount,
    TransportFailure,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.conftest import NOW, Platform, Script, payment, scripted

APIV3_KEY = "canary-apiv3-key-0123456789abcde"
ACCOUNT = "6222021234567894321"
NAME = "卡纳里"
BODY = "canary-in-the-answer"


@pytest.fixture
def guarded(wechat_config: WechatConfig) -> WechatConfig:
    return wechat_config.model_copy(update={"apiv3_key": APIV3_KEY})


def canaries(config: WechatConfig) -> list[str]:
    return [APIV3_KEY, ACCOUNT, NAME, BODY, str(config.merchant_key).splitlines()[3], "WECHATPAY2-SHA256-RSA2048"]


def leaks(text: str, config: WechatConfig) -> list[str]:
    return [canary for canary in canaries(config) if canary in text]


def test_configurations_clients_and_orders(guarded: WechatConfig) -> None:
    channel = open_channel("wechat", guarded)
    with ChannelClient(channel) as client:
        account = PersonalAccount(account_no=ACCOUNT, name=NAME)
        order = PayoutOrder(merchant_order_id="P1", ordered_at=NOW, amount=Money(1), payee=account, debit_account=ACCOUNT)
        shown = [guarded, channel, vars(channel), client, account, order, channel._line, channel._line.signer]  # type: ignore[attr-defined]
        assert leaks(" ".join(f"{thing!r} {thing!s}" for thing in shown), guarded) == []


def test_results_and_their_evidence(guarded: WechatConfig, platform: Platform) -> None:
    transaction = {"out_trade_no": payment().merchant_order_id, "trade_state": "SUCCESS", "payer": {"openid": BODY}}
    with ChannelClient(open_channel("wechat", guarded, clock=lambda: NOW)) as client:
        for reply in (platform.answers(transaction), HttpReply(500, {}, BODY.encode()), TransportFailure("x", maybe_sent=True)):
            client._transport = Script([reply])  # type: ignore[assignment]
            result = client.query(PaymentQuery.of(payment()))
            assert leaks(f"{result!r} {result}", guarded) == []


def test_calls(guarded: WechatConfig, platform: Platform) -> None:
    script = Script([platform.answers({"code_url": "x"})])
    with scripted(open_channel("wechat", guarded), script) as client:
        client.pay(payment())
    assert leaks(repr(script.calls), guarded) == []


def test_logs_at_debug(guarded: WechatConfig, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=BODY)

    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(broken)) as http:
        ChannelClient(open_channel("wechat", guarded), http=http).pay(payment())
    assert leaks(caplog.text, guarded) == []


@pytest.mark.parametrize(
    "change",
    [
        {"merchant_key": "-----BEGIN PRIVATE KEY-----\n" + APIV3_KEY},
        {"apiv3_key": APIV3_KEY + "x"},
        {"platform_keys": ({"kind": "certificate", "pem": APIV3_KEY},)},
        {"base_url": f"http://{APIV3_KEY}@example.com"},
        {"no_such": APIV3_KEY},
    ],
)
def test_exceptions_and_tracebacks(guarded: WechatConfig, change: dict[str, Any]) -> None:
    settings = {**guarded.model_dump(), "platform_keys": tuple(key.model_dump() for key in guarded.platform_keys), **change}
    with pytest.raises(PaymentChannelError) as caught:
        open_channel("wechat", settings)
    assert leaks("".join(traceback.format_exception(caught.value)), guarded) == []
    assert caught.value.zh
    assert isinstance(caught.value, ConfigurationError | PaymentChannelError)


def test_a_failing_transport_does_not_quote_the_request(guarded: WechatConfig) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.headers["Authorization"])

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(open_channel("wechat", guarded), http=http).pay(payment())
    assert leaks(str(caught.value), guarded) == []
