"""Notifications of VSP: believed when signed, told against the order they name, and answered ``success``."""

from urllib.parse import urlencode

import pytest

from payment_channels import ChannelClient, Inbound, Money, Outcome, PaymentQuery, PayoutQuery, RefundQuery, Verdict
from payment_channels.model.incoming import EventKind
from tests.channels.allinpay.conftest import (
    APPID,
    CANCEL,
    CUSID,
    MD5_KEY,
    PAYOUT,
    REFUND,
    TRXID,
    Platform,
    md5_of,
    of_notice,
    of_query,
    opened,
    payment,
)
from tests.conftest import Script


def test_a_paid_order_is_told(client: ChannelClient, platform: Platform) -> None:
    notice = client.read_notification(platform.posts(of_notice(trxamt="98", trxreserved="附言", fee="1", never_heard_of="1")))
    (event,) = notice.events
    assert (notice.verdict, event.kind) == (Verdict.ACCEPTED, EventKind.PAYMENT)
    assert (notice.acknowledgement.status, notice.acknowledgement.body) == (200, b"success")
    result = event.against(PaymentQuery.of(payment()))
    assert (result.outcome, result.amounts.order, result.amounts.settled) == (Outcome.SUCCEEDED, Money(100), Money(98))
    assert event.happened_at is not None
    assert event.happened_at.isoformat() == "2026-06-01T20:00:01+08:00"
    assert (
        client.read_notification(platform.posts(of_notice(initamt="101"))).events[0].against(PaymentQuery.of(payment())).outcome
        is Outcome.UNKNOWN
    )


@pytest.mark.parametrize(
    ("number", "trxcode", "amount", "asked"),
    [
        ("R0000001", "VSP503", "40", RefundQuery.of(REFUND)),
        ("C0000001", "VSP512", "100", RefundQuery.of(CANCEL)),
    ],
)
def test_refunds_and_cancellations_are_told_as_refunds(
    client: ChannelClient, platform: Platform, number: str, trxcode: str, amount: str, asked: RefundQuery
) -> None:
    told = of_notice(number, trxcode=trxcode, initamt=amount, trxamt=amount, srctrxid=TRXID)
    (event,) = client.read_notification(platform.posts(told)).events
    assert event.kind is EventKind.REFUND
    assert event.against(asked).outcome is Outcome.SUCCEEDED
    assert event.against(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN
    assert event.against(PayoutQuery.of(PAYOUT)).outcome is Outcome.UNKNOWN


def test_a_repetition_is_told_as_one(platform: Platform, script: Script) -> None:
    with opened(platform, script) as client:
        first, again = (client.read_notification(platform.posts(of_notice())) for _ in range(2))
    assert (first.verdict, again.verdict) == (Verdict.ACCEPTED, Verdict.REPEATED)
    assert first.events[0].notification_id == again.events[0].notification_id
    assert again.acknowledgement.body == b"success"


@pytest.mark.parametrize("code", ["3045", "2000", "3777"])
def test_a_failure_that_is_told_decides_nothing(client: ChannelClient, platform: Platform, code: str) -> None:
    (event,) = client.read_notification(platform.posts(of_notice(trxstatus=code))).events
    assert event.against(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN


def test_another_kind_of_transaction_is_told_as_such(client: ChannelClient, platform: Platform) -> None:
    (event,) = client.read_notification(platform.posts(of_notice(trxcode="VSP907"))).events
    assert event.kind is EventKind.OTHER
    assert event.against(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN


def test_an_answer_that_somebody_posts_is_no_notification(client: ChannelClient, platform: Platform) -> None:
    """Answers are signed alike: 0000 of an order that stands would read as paid."""
    for posted in (of_notice(retcode="SUCCESS"), {**of_query(), "cusorderid": "x"}, of_query()):
        notice = client.read_notification(platform.posts(posted))
        for event in notice.events:
            assert event.against(PaymentQuery.of(payment())).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"appid": "00000052"}, "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        ({"appid": ""}, "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        ({"cusid": "990581007426002"}, "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        ({"trxstatus": ""}, "NOTIFICATION_UNREADABLE"),
        ({"initamt": "1.00"}, "NOTIFICATION_UNREADABLE"),
        ({"trxreserved": "a&initamt=1"}, "NOTIFICATION_NOT_VERIFIED"),
        ({"signtype": "MD5"}, "NOTIFICATION_NOT_VERIFIED"),
    ],
)
def test_what_is_not_ours_or_makes_no_sense_is_refused(
    client: ChannelClient, platform: Platform, changes: dict[str, str], canonical: str
) -> None:
    notice = client.read_notification(platform.posts(of_notice(**changes)))
    assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())
    assert notice.problem is not None
    assert notice.problem.meaning.canonical == canonical
    assert (notice.acknowledgement.status >= 400, notice.acknowledgement.body) == (True, b"fail")


def test_forgeries_are_refused(client: ChannelClient, platform: Platform) -> None:
    signed = platform.signed({"cusid": CUSID, "appid": APPID, **of_notice()})
    forged = [
        platform.posts(of_notice(), key=platform.merchant),
        Inbound(body=urlencode({**signed, "initamt": "1"}).encode()),
        Inbound(body=urlencode({**signed, "more": "1"}).encode()),
        Inbound(body=urlencode({name: text for name, text in signed.items() if name != "sign"}).encode()),
        Inbound(body=urlencode({**signed, "sign": "!"}).encode()),
        Inbound(body=urlencode(signed).encode() + b"&initamt=1"),
        Inbound(body=b""),
        Inbound(body=b"a" * 300_000),
    ]
    assert {client.read_notification(one).verdict for one in forged} == {Verdict.REFUSED}


def test_a_signature_has_one_way_to_be_written(client: ChannelClient, platform: Platform) -> None:
    """The last letter of this base64 has unused bits: with those changed the bytes are the same, and the message is another."""
    signed = platform.signed({"cusid": CUSID, "appid": APPID, **of_notice()})
    assert signed["sign"].endswith("==")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = letters[letters.index(signed["sign"][-3]) ^ 1]
    forged = {**signed, "sign": f"{signed['sign'][:-3]}{other}=="}
    assert client.read_notification(Inbound(body=urlencode(forged).encode())).verdict is Verdict.REFUSED


def test_by_md5(platform: Platform, script: Script) -> None:
    keyed = platform.vsp(sign_type="MD5", md5_key=MD5_KEY, private_key=None, platform_key=None)
    told = {"cusid": CUSID, "appid": APPID, "signtype": "MD5", **of_notice()}
    with opened(platform, script, vsp=keyed) as client:
        good = client.read_notification(Inbound(body=urlencode({**told, "sign": md5_of(told)}).encode()))
        bad = client.read_notification(Inbound(body=urlencode({**told, "initamt": "1", "sign": md5_of(told)}).encode()))
    assert (good.verdict, bad.verdict) == (Verdict.ACCEPTED, Verdict.REFUSED)
