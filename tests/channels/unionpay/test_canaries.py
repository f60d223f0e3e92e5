"""Canary secrets: planted in keys, cards and answers, and looked for in everything that gets printed or raised."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from payment_channels import (
    ChannelClient,
    HttpReply,
    PaymentChannelError,
    PaymentQuery,
    PayoutQuery,
    TransportFailure,
    open_channel,
)
from payment_channels.channels.unionpay import UnionpayConfig
from tests.channels.unionpay.conftest import CARD, ID_NO, MOBILE, NAME, PAYOUT, PFX_PASSWORD, Gateway, of_query, payment
from tests.conftest import NOW, Script

SECURE_KEY, BODY = "canary-secure-key", "canary-in-the-answer"
CANARIES = (SECURE_KEY, PFX_PASSWORD, CARD, NAME, ID_NO, MOBILE, BODY)


@pytest.fixture
def guarded(gateway: Gateway) -> UnionpayConfig:
    return gateway.config(secure_key=SECURE_KEY)


def leaks(*shown: object) -> list[str]:
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown)
    return [canary for canary in CANARIES if canary in text]


def test_configurations_channels_clients_and_orders(guarded: UnionpayConfig) -> None:
    channel: Any = open_channel("unionpay", guarded)
    line = channel._line
    with ChannelClient(channel) as client:
        prepared = client.prepare(PAYOUT)
        assert leaks(guarded, channel, vars(channel), line, line.signer, line.trust, line.keys, client, PAYOUT, prepared) == []


def test_results_calls_and_their_evidence(guarded: UnionpayConfig, gateway: Gateway) -> None:
    paid = gateway.answers(of_query("P0000001", "20260601200000", txnType="12", txnAmt="30", accNo=CARD, customerInfo=BODY))
    replies = (paid, HttpReply(500, {}, BODY.encode()), HttpReply(200, {}, BODY.encode()), TransportFailure("x", maybe_sent=True))
    with ChannelClient(open_channel("unionpay", guarded, clock=lambda: NOW)) as client:
        for reply in replies:
            script = Script([reply, reply])
            client._transport = script  # type: ignore[assignment]
            results = (client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT)))
            assert leaks(*results, *script.calls) == []


def test_logs_at_debug(guarded: UnionpayConfig, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=BODY)

    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(broken)) as http:
        client = ChannelClient(open_channel("unionpay", guarded, clock=lambda: NOW), http=http)
        client.payout(PAYOUT)
        client.query(PaymentQuery.of(payment()))
    assert leaks(caplog.text) == []


@pytest.mark.parametrize(
    "change",
    [
        {"merchant_pfx": BODY.encode()},
        {"pfx_password": SECURE_KEY},
        {"root_certs": (BODY,)},
        {"base_url": f"http://{BODY}@example.com"},
        {"no_such": SECURE_KEY},
    ],
    ids=str,
)
def test_exceptions_of_configurations(guarded: UnionpayConfig, change: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        open_channel("unionpay", {**dict(guarded), **change})
    assert leaks("".join(traceback.format_exception(caught.value))) == []


@pytest.mark.parametrize("field", ["account_no", "name", "id_no", "mobile"])
def test_exceptions_of_orders(guarded: UnionpayConfig, field: str) -> None:
    values = {"account_no": CARD + "x", "name": NAME + "&", "id_no": ID_NO + "-", "mobile": MOBILE + "x"}
    order = PAYOUT.model_copy(update={"payee": PAYOUT.payee.model_copy(update={field: values[field]})})
    with ChannelClient(open_channel("unionpay", guarded)) as client, pytest.raises(PaymentChannelError) as caught:
        client.payout(order)
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_a_failing_transport_does_not_quote_the_request(guarded: UnionpayConfig) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.content.decode())

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(open_channel("unionpay", guarded, clock=lambda: NOW), http=http).payout(PAYOUT)
    assert leaks(caught.value) == []
