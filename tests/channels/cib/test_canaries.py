"""Canary secrets: planted in the configuration, payees and answers, and looked for in everything that gets printed or raised."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from payment_channels import (
    BalanceQuery,
    BillQuery,
    ChannelClient,
    HttpReply,
    Inbound,
    PaymentChannelError,
    PayoutBatchQuery,
    PayoutQuery,
    TransportFailure,
    open_channel,
)
from tests.channels.cib.conftest import ACCOUNT, DAY, PASSWORD, PERSON, answers, by_agent, config, order, talk, transferred
from tests.channels.cib.test_accounts import entry, held, notice, page
from tests.channels.cib.test_batches import ROWS, batch, told
from tests.conftest import NOW

OWN_NAME, BODY = "银企测试182", "canary-in-the-answer"
CANARIES = (PASSWORD, ACCOUNT, OWN_NAME, PERSON.account_no, PERSON.name, BODY)


def leaks(*shown: object) -> list[str]:
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown)
    return [canary for canary in CANARIES if canary in text]


def test_configurations_channels_clients_and_orders() -> None:
    channel: Any = open_channel("cib", config())
    client = talk(answers())
    prepared = client.prepare(by_agent())
    assert leaks(config(), channel, vars(channel), channel._line, client, by_agent(), prepared, batch()) == []


def test_results_calls_and_their_evidence() -> None:
    for reply in (
        transferred(account=PERSON.account_no),
        told("PAYOUT", *ROWS),
        held(),
        page(entry("A1", CORRELATE_ACCTID=PERSON.account_no, CORRELATE_NAME=PERSON.name)),
        HttpReply(500, {}, BODY.encode()),
        BODY.encode(),
        TransportFailure("x", maybe_sent=True),
    ):
        script = answers(*[reply] * 5)
        client = talk(script)
        results = (
            client.payout(order(payee=PERSON)),
            client.query_payout(PayoutQuery.of(client.prepare(order(payee=PERSON)))),
            client.query_payout_batch(PayoutBatchQuery.of(client.prepare(batch()))),
            client.balance(BalanceQuery()),
            client.bill(BillQuery(day=DAY, bill_kind="statement")),
        )
        assert leaks(*results, *script.calls) == []


def test_notices() -> None:
    client = talk(answers())
    assert leaks(client.read_notification(notice(MEMO=BODY)), client.read_notification(Inbound(body=BODY.encode()))) == []


def test_logs_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=BODY)

    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(broken)) as http:
        ChannelClient(open_channel("cib", config(), clock=lambda: NOW), http=http).payout(order(payee=PERSON))
    assert leaks(caplog.text) == []


@pytest.mark.parametrize(
    "change",
    [
        {"user_pass": f"{PASSWORD}&"},
        {"acct_id": f"{ACCOUNT}0"},
        {"acct_name": f"{OWN_NAME}<"},
        {"trusted_line": f"http://{PASSWORD}@127.0.0.1"},
        {"no_such": PASSWORD},
    ],
    ids=str,
)
def test_exceptions_of_configurations(change: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        open_channel("cib", {**dict(config()), **change})
    assert leaks("".join(traceback.format_exception(caught.value))) == []


@pytest.mark.parametrize("field", ["account_no", "name"])
def test_exceptions_of_orders(field: str) -> None:
    payee = PERSON.model_copy(update={field: f"{getattr(PERSON, field)}&"})
    with pytest.raises(PaymentChannelError) as caught:
        talk(answers()).payout(order(payee=payee))
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_a_failing_transport_does_not_quote_the_request() -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(request.content.decode("gbk"))

    with httpx.Client(transport=httpx.MockTransport(refuses)) as http, pytest.raises(PaymentChannelError) as caught:
        ChannelClient(open_channel("cib", config(), clock=lambda: NOW), http=http).payout(order(payee=PERSON))
    assert leaks(caught.value) == []
