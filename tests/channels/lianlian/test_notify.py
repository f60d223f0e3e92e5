"""Notifications: told as events when they are LianLian's and ours, refused otherwise; and the exact acknowledgement."""

import json
from typing import Any

import pytest

from payment_channels import ChannelClient, EventKind, Inbound, Money, Outcome, PayoutQuery, Verdict
from tests.channels.lianlian.conftest import NUMBER, PAYBILL, Gateway, found, notified, payout

ACKNOWLEDGED = b'{"ret_code":"0000","ret_msg":"ok"}'


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("SUCCESS", Outcome.SUCCEEDED),
        ("FAILURE", Outcome.FAILED),
        ("CANCEL", Outcome.RETURNED),
        ("CLOSED", Outcome.FAILED),
        ("PROCESSING", Outcome.PENDING),
        ("SOMETHING", Outcome.UNKNOWN),
    ],
)
def test_it_is_told(client: ChannelClient, gateway: Gateway, state: str, outcome: Outcome) -> None:
    notice = client.read_notification(gateway.posts(notified(state)))
    (event,) = notice.events
    assert (notice.verdict, event.kind, event.channel) == (Verdict.ACCEPTED, EventKind.PAYOUT, "lianlian")
    assert (notice.acknowledgement.status, notice.acknowledgement.body) == (200, ACKNOWLEDGED)
    result = event.against(PayoutQuery.of(payout()))
    assert (result.outcome, result.raw.code) == (outcome, state)
    assert (result.merchant_order_id, result.channel_order_id) == (NUMBER, PAYBILL)
    assert not result.new_id_allowed, "only a query allows a new number"


def test_a_failure_says_why(client: ChannelClient, gateway: Gateway) -> None:
    """``info_order`` is also what the merchant sent: of a success it is no message of LianLian's."""
    told = [
        client.read_notification(gateway.posts(notified(state, info_order="账户状态异常"))).events[0].reading.message
        for state in ("FAILURE", "SUCCESS")
    ]
    assert told == ["账户状态异常", ""]


def test_a_repetition_is_told_as_one_and_acknowledged_alike(client: ChannelClient, gateway: Gateway) -> None:
    inbound = gateway.posts(notified("SUCCESS", oid_paybill="2013051613121299"))
    first, again = client.read_notification(inbound), client.read_notification(inbound)
    assert (first.verdict, again.verdict) == (Verdict.ACCEPTED, Verdict.REPEATED)
    assert first.events[0].notification_id == again.events[0].notification_id
    assert again.acknowledgement.body == ACKNOWLEDGED
    other = client.read_notification(gateway.posts(notified("FAILURE", oid_paybill="2013051613121299")))
    assert other.events[0].notification_id != first.events[0].notification_id


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"merchant_order_id": "P0000002"}, "REPLY_MISMATCH"),
        ({"amount": Money(1235)}, "AMOUNT_MISMATCH"),
    ],
)
def test_it_settles_no_other_payout(client: ChannelClient, gateway: Gateway, changes: dict[str, Any], canonical: str) -> None:
    (event,) = client.read_notification(gateway.posts(notified())).events
    result = event.against(PayoutQuery.of(payout(**changes)))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


def body_of(fields: dict[str, str]) -> Inbound:
    return Inbound(body=json.dumps(fields).encode())


def test_what_is_not_lianlian_s_is_refused(client: ChannelClient, gateway: Gateway) -> None:
    good = gateway.signed(notified())
    stranger = Gateway(gateway.merchant, gateway.merchant)
    forgeries = [
        body_of({**good, "money_order": "99.99"}),
        body_of({**good, "result_pay": "FAILURE"}),
        body_of({**good, "more": "1"}),
        body_of({name: text for name, text in good.items() if name != "sign"}),
        body_of({**good, "sign": ""}),
        body_of({**good, "sign": "not base64!"}),
        stranger.posts(notified()),
        *[body_of({one: text for one, text in good.items() if one != name}) for name in good],
    ]
    for forged in forgeries:
        notice = client.read_notification(forged)
        assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())
        assert notice.acknowledgement.status >= 400
        assert notice.acknowledgement.body != ACKNOWLEDGED
        assert notice.problem is not None
        assert notice.problem.meaning.canonical == "NOTIFICATION_NOT_VERIFIED"


def test_another_merchant_s(client: ChannelClient, gateway: Gateway) -> None:
    notice = client.read_notification(gateway.posts(notified(oid_partner="201103171000000001")))
    assert notice.verdict is Verdict.REFUSED
    assert notice.problem is not None
    assert notice.problem.meaning.canonical == "NOTIFICATION_FOR_ANOTHER_MERCHANT"


@pytest.mark.parametrize("missing", ["dt_order", "no_order", "oid_paybill", "money_order", "result_pay"])
def test_signed_and_without_what_decides(client: ChannelClient, gateway: Gateway, missing: str) -> None:
    notice = client.read_notification(gateway.posts({name: text for name, text in notified().items() if name != missing}))
    assert notice.verdict is Verdict.REFUSED
    assert notice.problem is not None
    assert notice.problem.meaning.canonical == "NOTIFICATION_UNREADABLE"


def test_an_answer_that_was_overheard_is_no_notification(client: ChannelClient, gateway: Gateway) -> None:
    notice = client.read_notification(gateway.posts(found("SUCCESS")))
    assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())
    assert notice.problem is not None
    assert "answer" in notice.problem.detail


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"[" * 10_000, b"{" + b" " * 300_000 + b"}", b"\xff\xfe"], ids=len)
def test_what_is_no_message(client: ChannelClient, body: bytes) -> None:
    notice = client.read_notification(Inbound(body=body))
    assert (notice.verdict, notice.acknowledgement.status) == (Verdict.REFUSED, 400)


def test_an_amount_that_is_none(client: ChannelClient, gateway: Gateway) -> None:
    assert client.read_notification(gateway.posts(notified(money_order="1e2"))).verdict is Verdict.REFUSED
