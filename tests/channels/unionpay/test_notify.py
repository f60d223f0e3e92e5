"""Notifications: verified on what was posted, told as events, settled against the order, and answered."""

from urllib.parse import urlencode

import pytest

from payment_channels import (
    ChannelClient,
    EventKind,
    Inbound,
    Money,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    RefundQuery,
    Verdict,
)
from tests.channels.unionpay.conftest import (
    CANCEL,
    MER_ID,
    PAYOUT,
    QUERY_ID,
    REFUND,
    SENT_NOW,
    Gateway,
    of_query,
    payment,
)
from tests.conftest import Script


def posted(order: str | None = None, time: str = SENT_NOW, **changes: str) -> dict[str, str]:
    """A notification has a query's fields but for the origRespCode."""
    told = of_query(order, time, **changes) if order else of_query(**changes)
    return {name: text for name, text in told.items() if not name.startswith("orig") or name == "origQryId"}


def test_a_payment(client: ChannelClient, gateway: Gateway) -> None:
    notice = client.read_notification(gateway.posts(posted(txnType="01", bizType="000201", reqReserved="a|b")))
    assert (notice.verdict, notice.acknowledgement.status, notice.acknowledgement.body) == (Verdict.ACCEPTED, 200, b"ok")
    (event,) = notice.events
    assert event.kind is EventKind.PAYMENT
    result = event.against(PaymentQuery.of(payment()))
    assert isinstance(result.amounts.order, Money)
    assert (result.outcome, result.canonical, result.raw.where) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED", "respCode")
    assert (result.channel_order_id, result.operation) == (QUERY_ID, "notification.payment")


@pytest.mark.parametrize(
    ("fields", "asked", "kind", "canonical"),
    [
        (posted("R0000001", txnType="04", txnAmt="40", origQryId=QUERY_ID), RefundQuery.of(REFUND), EventKind.REFUND,
         "REFUND_SUCCEEDED"),
        (posted("C0000001", txnType="31", origQryId=QUERY_ID), RefundQuery.of(CANCEL), EventKind.REFUND, "REFUND_SUCCEEDED"),
        (posted("P0000001", txnType="12", txnAmt="30"), PayoutQuery.of(PAYOUT), EventKind.PAYOUT, "PAYOUT_SUCCEEDED"),
        (posted("P0000001", txnType="12", txnAmt="30", respCode="A6"), PayoutQuery.of(PAYOUT), EventKind.PAYOUT,
         "SUCCEEDED_WITH_DEFECT"),
    ],
    ids=["refund", "cancellation", "payout", "payout with a defect"],
)  # fmt: skip
def test_each_kind(
    client: ChannelClient,
    gateway: Gateway,
    fields: dict[str, str],
    asked: PaymentQuery | RefundQuery | PayoutQuery,
    kind: EventKind,
    canonical: str,
) -> None:
    (event,) = client.read_notification(gateway.posts(fields)).events
    result = event.against(asked)
    assert (event.kind, result.outcome, result.canonical) == (kind, Outcome.SUCCEEDED, canonical)


def test_a_failure_is_left_to_the_query(client: ChannelClient, gateway: Gateway) -> None:
    """Failures are not notified, as documented; should one come, the payer may still try again."""
    (event,) = client.read_notification(gateway.posts(posted(txnType="01", respCode="64"))).events
    result = event.against(PaymentQuery.of(payment()))
    assert (result.outcome, result.new_id_allowed, result.raw.code) == (Outcome.UNKNOWN, False, "64")
    assert event.reading.provisional, "whatever a row of the table says, this is not the last word"


def test_what_is_about_nothing_of_ours(client: ChannelClient, gateway: Gateway) -> None:
    notice = client.read_notification(gateway.posts(posted(txnType="79", activateStatus="1")))
    assert (notice.verdict, notice.events[0].kind, notice.acknowledgement.status) == (Verdict.ACCEPTED, EventKind.OTHER, 200)
    assert notice.events[0].against(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN


def test_the_same_content_is_a_repetition(client: ChannelClient, gateway: Gateway) -> None:
    inbound = gateway.posts(posted(txnType="01", traceNo="000777"))
    first, second = (client.read_notification(inbound) for _ in range(2))
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.REPEATED)
    assert first.events[0].notification_id == second.events[0].notification_id
    other = client.read_notification(gateway.posts(posted(txnType="01", traceNo="000778")))
    assert other.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("change", "canonical", "status"),
    [
        ({"txnAmt": "1"}, "NOTIFICATION_NOT_VERIFIED", 401),
        ({"signature": ""}, "NOTIFICATION_NOT_VERIFIED", 401),
        ({"signPubKeyCert": ""}, "NOTIFICATION_NOT_VERIFIED", 401),
        ({"added": "by our own backUrl's query"}, "NOTIFICATION_NOT_VERIFIED", 401),
    ],
    ids=str,
)
def test_what_was_changed_after_signing(
    client: ChannelClient, gateway: Gateway, change: dict[str, str], canonical: str, status: int
) -> None:
    body = urlencode({**gateway.signed(posted(txnType="01")), **change}).encode()
    notice = client.read_notification(Inbound(body=body))
    assert (notice.verdict, notice.events, notice.acknowledgement.status) == (Verdict.REFUSED, (), status)
    assert notice.problem is not None
    assert notice.problem.meaning.canonical == canonical


@pytest.mark.parametrize(
    ("fields", "canonical"),
    [
        ({"merId": "777290058110048"}, "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        ({"merId": ""}, "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        ({"respCode": ""}, "NOTIFICATION_UNREADABLE"),
        ({"txnAmt": "1.00"}, "NOTIFICATION_UNREADABLE"),
    ],
    ids=str,
)
def test_what_is_signed_and_not_for_us(client: ChannelClient, gateway: Gateway, fields: dict[str, str], canonical: str) -> None:
    notice = client.read_notification(gateway.posts(posted(txnType="01", **fields)))
    assert notice.problem is not None
    assert (notice.problem.meaning.canonical, notice.acknowledgement.status >= 400) == (canonical, True)


@pytest.mark.parametrize("body", [b"", b"x", b"a=1&a=2", b"\xff=1", b"a=" + b"1" * 300_000])
def test_what_is_no_form(client: ChannelClient, script: Script, body: bytes) -> None:
    notice = client.read_notification(Inbound(body=body))
    assert (notice.verdict, notice.acknowledgement.status, script.calls) == (Verdict.REFUSED, 400, [])
    assert MER_ID not in str(notice.problem)
