"""Canary secrets: planted in keys, accounts and answers, and looked for in everything that gets printed or raised."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from payment_channels import ChannelClient, HttpReply, PaymentChannelError, PayoutQuery, TransportFailure, open_channel
from payment_channels.channels.lianlian import LianlianConfig
from tests.channels.lianlian.conftest import CARD, COMPANY_ACCOUNT, COMPANY_NAME, NAME, Gateway, found, payout
from tests.conftest import NOW, Script, scripted

BODY = "canary-in-the-answer"
COMPANY = {"account_no": COMPANY_ACCOUNT, "name": COMPANY_NAME}


@pytest.fixture
def guarded(gateway: Gateway) -> LianlianConfig:
    return gateway.config()


def leaks(config: LianlianConfig, *shown: object) -> list[str]:
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown)
    canaries = (CARD, NAME, *COMPANY.values(), BODY, str(config.merchant_key).splitlines()[2])
    return [canary[:4] for canary in canaries if canary in text]


def test_configurations_channels_clients_and_orders(guarded: LianlianConfig) -> None:
    channel: Any = open_channel("lianlian", guarded)
    line = channel._line
    with ChannelClient(channel) as client:
        order = payout()
        prepared = client.prepare(order)
        assert leaks(guarded, guarded, channel, vars(channel), line, vars(line), line.signer, client, order, prepared) == []


def test_results_calls_and_their_evidence(guarded: LianlianConfig, gateway: Gateway) -> None:
    replies = (
        gateway.answers(found(card_no=CARD, acct_name=NAME, info_order=BODY)),
        HttpReply(500, {}, BODY.encode()),
        HttpReply(200, {}, BODY.encode()),
        TransportFailure("x", maybe_sent=True),
    )
    for reply in replies:
        script = Script([reply, reply])
        with scripted(open_channel("lianlian", guarded, clock=lambda: NOW), script) as client:
            results = (client.payout(payout()), client.query_payout(PayoutQuery.of(payout())))
            assert leaks(guarded, *results, *script.calls) == []


def test_the_account_never_stands_in_the_open(guarded: LianlianConfig, gateway: Gateway) -> None:
    script = Script([gateway.answers({"ret_code": "0000"})])
    with scripted(open_channel("lianlian", guarded, clock=lambda: NOW), script) as client:
        client.payout(payout())
    sent = script.calls[0].body.decode()
    assert not [secret for secret in (CARD, NAME, "12.34") if secret in sent]


def test_logs_at_debug(guarded: LianlianConfig, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=BODY)

    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(broken)) as http:
        client = ChannelClient(open_channel("lianlian", guarded, clock=lambda: NOW), http=http)
        client.payout(payout())
        client.query_payout(PayoutQuery.of(payout()))
    assert leaks(guarded, caplog.text) == []


@pytest.mark.parametrize(
    "change", [{"merchant_key": BODY}, {"lianlian_public_key": BODY}, {"base_url": f"http://{BODY}@example.com"}, {"no": BODY}]
)
def test_exceptions_of_configurations(guarded: LianlianConfig, change: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        open_channel("lianlian", {**dict(guarded), **change})
    assert leaks(guarded, "".join(traceback.format_exception(caught.value))) == []


def test_a_failing_transport_does_not_quote_the_request(guarded: LianlianConfig) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.content.decode() + BODY)

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(open_channel("lianlian", guarded, clock=lambda: NOW), http=http).payout(payout())
    assert leaks(guarded, caught.value) == []
