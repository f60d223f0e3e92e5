"""Canary secrets: planted in keys, accounts and answers, and looked for in everything that gets printed or raised."""

import traceback
from typing import Any

import httpx
import pytest

from payment_channels import ChannelClient, HttpReply, PaymentChannelError, PayoutQuery, TransportFailure, open_channel
from payment_channels.channels.allinpay import AllinpayConfig
from tests.channels.allinpay.conftest import MD5_KEY, PAYOUT, PERSON, PFX_PASSWORD, Platform, payment, pem_of
from tests.conftest import NOW, Script, scripted

BODY, USER_PASS, CODE = "canary-in-the-answer", "user-pa55word", "134567890123456789"


@pytest.fixture
def guarded(platform: Platform) -> AllinpayConfig:
    return AllinpayConfig(vsp=platform.vsp(md5_key=MD5_KEY), tlt=platform.tlt(user_pass=USER_PASS))


def leaks(platform: Platform, *shown: object) -> list[str]:
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown)
    key = pem_of(platform.merchant).splitlines()[2]
    canaries = (
        PERSON.account_no,
        PERSON.name,
        BODY,
        MD5_KEY,
        USER_PASS,
        PFX_PASSWORD,
        CODE,
        key,
        repr(platform.pfx[40:60])[2:-1],
    )
    return [canary[:4] for canary in canaries if canary in text]


def test_configurations_channels_clients_and_orders(platform: Platform, guarded: AllinpayConfig) -> None:
    channel: Any = open_channel("allinpay", guarded, clock=lambda: NOW)
    vsp, tlt = channel._vsp, channel._tlt
    with ChannelClient(channel) as client:
        prepared = client.prepare(PAYOUT), client.prepare(payment(product="scan"))
        shown = (guarded, guarded.vsp, guarded.tlt, channel, vars(channel), vsp, vars(vsp), tlt, vars(tlt), client)
        assert leaks(platform, *shown, PAYOUT, *prepared) == []


def test_results_calls_and_their_evidence(platform: Platform, guarded: AllinpayConfig) -> None:
    replies = (
        platform.tells({"ERR_MSG": "x"}),
        HttpReply(500, {}, BODY.encode()),
        HttpReply(200, {}, BODY.encode()),
        TransportFailure("x", maybe_sent=True),
    )
    for reply in replies:
        script = Script([reply, reply, reply])
        with scripted(open_channel("allinpay", guarded, clock=lambda: NOW), script) as client:
            results = (client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT)), client.pay(payment(product="scan")))
            assert leaks(platform, *results, *script.calls) == []


@pytest.mark.parametrize(
    ("half", "change"),
    [
        ("vsp", {"private_key": BODY}),
        ("vsp", {"platform_key": BODY}),
        ("vsp", {"base_url": f"http://{BODY}@example.com"}),
        ("tlt", {"pfx_password": BODY}),
        ("tlt", {"platform_cert": BODY}),
        ("tlt", {"no": BODY}),
    ],
)
def test_exceptions_of_configurations(platform: Platform, guarded: AllinpayConfig, half: str, change: dict[str, Any]) -> None:
    fields = {"vsp": dict(guarded.vsp or ()), "tlt": dict(guarded.tlt or ())}
    fields[half] |= change
    with pytest.raises(PaymentChannelError) as caught:
        open_channel("allinpay", fields)
    assert leaks(platform, "".join(traceback.format_exception(caught.value))) == []


def test_a_failing_transport_does_not_quote_the_request(platform: Platform, guarded: AllinpayConfig) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.content.decode("gbk") + BODY)

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(open_channel("allinpay", guarded, clock=lambda: NOW), http=http).payout(PAYOUT)
    assert leaks(platform, caught.value) == []
