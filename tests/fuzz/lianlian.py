"""Targets of LianLian: answers to every verb, signed and not; what is posted to us; messages; the mock."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from mocks.lianlian import LianlianMock, load
from mocks.wire import MockRequest
from payment_channels import ChannelClient, HttpReply, Inbound, Outcome, PayoutQuery, open_channel
from payment_channels.channels.lianlian.messages import MessageRefusedError, read_message
from tests.channels.lianlian.conftest import KEYS, Gateway, found, new_gateway, notified, payout
from tests.channels.lianlian.test_properties import VERBS, check
from tests.conftest import NOW, Script
from tests.fuzz.target import Target, refusing

NAMES = sorted(VERBS)
STATUSES = (200, 302, 400, 404, 500, 502, 503, 199)


@cache
def gateway() -> Gateway:
    """LianLian with a key of its own."""
    return new_gateway()


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    return ChannelClient(open_channel("lianlian", gateway().config(), clock=lambda: NOW, payload_keys=lambda: KEYS))


@cache
def mock() -> LianlianMock:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return LianlianMock(load(Path(folder)))


def _answer(data: bytes) -> None:
    """The first bytes choose verb and status; the rest is an unsigned answer: unknown, whatever it says, and no exception."""
    if len(data) < 2:
        return
    verb = NAMES[data[0] % len(NAMES)]
    client()._transport = Script([HttpReply(STATUSES[data[1] % len(STATUSES)], {}, data[2:])])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    if result.outcome is not Outcome.UNKNOWN:
        raise AssertionError(f"{verb}: {result.outcome} without a signature")


def _changes(data: bytes) -> dict[str, str]:
    try:
        return {name: text for name, text in read_message(data).items() if name != "sign"}
    except MessageRefusedError:
        return {}


def _signed(data: bytes) -> None:
    """What follows the verb is put over a good answer and signed well: success of the very amount, or none."""
    if not data:
        return
    verb = NAMES[data[0] % len(NAMES)]
    client()._transport = Script([gateway().answers({**found(), **_changes(data[1:])})])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None and amounts.order != payout().amount:
        raise AssertionError(f"{verb} succeeded with {amounts.order}")


def _posted(data: bytes) -> None:
    """As it comes, and signed well: never an exception, never a success of another amount."""
    client()._transport = Script()  # type: ignore[assignment]
    if client().read_notification(Inbound(body=data)).events:
        raise AssertionError("an unsigned notification was believed")
    for happened in client().read_notification(gateway().posts({**notified(), **_changes(data)})).events:
        result = happened.against(PayoutQuery.of(payout()))
        check(result)
        if result.outcome is Outcome.SUCCEEDED and result.amounts.order != payout().amount:
            raise AssertionError(f"a notification settled with {result.amounts.order}")


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    path, _, body = data.partition(b"\n")
    headers = {"content-type": "application/json;charset=utf-8"}
    if not 200 <= mock().handle(MockRequest("POST", path.decode("latin-1") or "/", "", headers, body)).status < 600:
        raise AssertionError("the mock answered without a status")


TARGETS = (
    Target(
        "lianlian_answer", _answer, (bytes([NAMES.index("query_payout"), 0]) + json.dumps(found()).encode(), b"\x00\x04<html>")
    ),
    Target(
        "lianlian_signed",
        _signed,
        (
            bytes([NAMES.index("query_payout")]) + b'{"result_pay":"FAILURE","money_order":"12.35"}',
            bytes([NAMES.index("payout")]) + b'{"ret_code":"4002","confirm_code":"646872"}',
            bytes([NAMES.index("balance")]) + b'{"ret_code":"0000","amt_balance":"100.0"}',
        ),
    ),
    Target("lianlian_posted", _posted, (json.dumps(notified()).encode(), b'{"result_pay":"CANCEL"}')),
    Target(
        "lianlian_message", refusing(read_message, MessageRefusedError), (json.dumps(found()).encode(), b'{"a":null,"b":1.50}')
    ),
    Target(
        "lianlian_mock",
        _mock,
        (
            b'/paymentapi/queryPayment.htm\n{"oid_partner":"201103171000000000","sign_type":"RSA","sign":"x","no_order":"1"}',
            b'/paymentapi/payment.htm\n{"oid_partner":"201103171000000000","pay_load":"lianpay1_0_1$a$b$c$d$e"}',
        ),
    ),
)
