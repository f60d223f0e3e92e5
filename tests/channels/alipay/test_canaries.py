"""Canary secrets of Alipay: planted in keys, payees and answers, and looked for in everything that gets printed or raised."""

import base64
import logging
import traceback
from typing import Any

import httpx
import pytest

from payment_channels import (
    ChannelClient,
    HttpReply,
    Money,
    PaymentChannelError,
    PaymentCode,
    PaymentQuery,
    PayoutOrder,
    PersonalAccount,
    TransportFailure,
    Wallet,
    WalletIdKind,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import NUMBER, Gateway, order, sent
from tests.conftest import NOW, Script, scripted

AES_KEY = base64.b64encode(b"canary-aes-key-0").decode()
ACCOUNT = "6222021234567894321"
NAME = "卡纳里"
CODE = "281234567890123456"
BODY = "canary-in-the-answer"


@pytest.fixture
def guarded(config: AlipayConfig) -> AlipayConfig:
    return config.model_copy(update={"aes_key": AES_KEY})


def leaks(text: str, config: AlipayConfig, *more: str) -> list[str]:
    planted = [AES_KEY, "canary-aes-key-0", ACCOUNT, NAME, CODE, BODY, str(config.app_private_key).splitlines()[3], *more]
    return [canary for canary in planted if canary in text]


def payout() -> PayoutOrder:
    payee = PersonalAccount(account_no=ACCOUNT, name=NAME, bank_name="中国工商银行")
    return PayoutOrder(merchant_order_id="P1", ordered_at=NOW, amount=Money(30), payee=payee, purpose="x")


def test_configurations_clients_and_orders(guarded: AlipayConfig) -> None:
    channel = Alipay(guarded, clock=lambda: NOW)
    with ChannelClient(channel) as client:
        till = order("bar_code", payer=PaymentCode(code=CODE))
        wallet = Wallet(wallet_id="a@example.com", id_kind=WalletIdKind.LOGIN_ID, name=NAME)
        shown = [guarded, channel, vars(channel), client, client.prepare(payout()), client.prepare(till), wallet]
        shown += [channel._line, channel._line.signer, channel._line.platform]
        assert leaks(" ".join(f"{thing!r} {thing!s}" for thing in shown), guarded) == []


def test_results_calls_and_their_evidence(config: AlipayConfig, certified: Gateway) -> None:
    """A refusal of the signature repeats all that was sent, names and numbers included."""
    echo = f"验签字符串 {ACCOUNT} {NAME} {CODE}"
    method = "alipay.fund.trans.uni.transfer"
    answers: list[HttpReply | Exception] = [
        certified.refuses(method, "isv.invalid-signature", code="40002", sub_msg=echo),
        HttpReply(500, {}, BODY.encode()),
        HttpReply(200, {}, BODY.encode()),
        TransportFailure("x", maybe_sent=True),
    ]
    script = Script(list(answers))
    with scripted(Alipay(config, clock=lambda: NOW), script) as client:
        for _ in answers:
            result = client.payout(payout())
            assert leaks(f"{result!r} {result}", config) == []
    signature = sent(script.calls[0])["sign"]
    assert leaks(repr(script.calls), config, signature[:40]) == []


def test_logs_at_debug(config: AlipayConfig, caplog: pytest.LogCaptureFixture) -> None:
    """The libraries log addresses: no signature and no content stands in one."""
    seen: list[str] = []

    def broken(request: httpx.Request) -> httpx.Response:
        seen.append(request.content.decode())
        return httpx.Response(500, content=BODY)

    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(broken)) as http:
        client = ChannelClient(Alipay(config, clock=lambda: NOW), http=http)
        client.payout(payout())
        client.query(PaymentQuery.of(order()))
    assert len(seen) == 2
    assert leaks(caplog.text, config, NUMBER, "sign=", "biz_content") == []


@pytest.mark.parametrize(
    "change",
    [
        {"app_private_key": "-----BEGIN PRIVATE KEY-----\n" + AES_KEY},
        {"aes_key": AES_KEY + "x"},
        {"app_cert": AES_KEY},
        {"alipay_root_cert": AES_KEY},
        {"base_url": f"http://{AES_KEY}@example.com"},
        {"no_such": AES_KEY},
    ],
)
def test_exceptions_and_tracebacks(guarded: AlipayConfig, change: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        Alipay(AlipayConfig(**{**guarded.model_dump(), **change}))
    assert leaks("".join(traceback.format_exception(caught.value)), guarded) == []
    assert caught.value.zh


def test_a_failing_transport_does_not_quote_the_request(config: AlipayConfig) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.content.decode())

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(Alipay(config, clock=lambda: NOW), http=http).payout(payout())
    assert leaks(str(caught.value), config) == []
