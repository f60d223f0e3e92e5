"""Notifications of Alipay: forms read strictly, both rules of signing, compared with the order, acknowledged exactly."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from payment_channels import (
    ChannelClient,
    EventKind,
    Inbound,
    Money,
    Notice,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    RefundQuery,
    Verdict,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import APP_ID, NUMBER, SELLER_ID, Gateway, Issued, issue, order, sign
from tests.conftest import NOW, Script

TRADE_NO = "2024081822001462580500123456"
PAID = {
    "app_id": APP_ID,
    "auth_app_id": APP_ID,
    "charset": "utf-8",
    "version": "1.0",
    "notify_id": "2024081800222200008070123456789012",
    "notify_type": "trade_status_sync",
    "notify_time": "2026-06-01 20:00:01",
    "gmt_create": "2026-06-01 19:59:00",
    "gmt_payment": "2026-06-01 20:00:00",
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "seller_id": SELLER_ID,
    "buyer_id": "2088102114562585",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "88.88",
    "receipt_amount": "88.80",
    "buyer_pay_amount": "80.88",
    "fund_bill_list": '[{"amount":"88.88","fundChannel":"ALIPAYACCOUNT"}]',
    "subject": "Iphone6 16G 测试",
}
WITHOUT_PAYMENT = {name: text for name, text in PAID.items() if name != "gmt_payment"}


def arrive(client: ChannelClient, body: bytes) -> Notice:
    return client.read_notification(Inbound(body=body))


@pytest.mark.parametrize("with_type", [False, True])
def test_a_payment(client: ChannelClient, certified: Gateway, with_type: bool) -> None:
    notice = arrive(client, signed_with_type(certified, PAID) if with_type else certified.notifies(PAID))
    assert notice.verdict is Verdict.ACCEPTED
    assert (notice.acknowledgement.status, notice.acknowledgement.body) == (200, b"success")
    (event,) = notice.events
    assert (event.kind, event.notification_id) == (EventKind.PAYMENT, PAID["notify_id"])
    result: Any = event.against(PaymentQuery.of(order()))
    assert (result.outcome, result.canonical, result.channel_order_id) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED", TRADE_NO)
    assert (result.amounts.order, result.amounts.payer, result.amounts.settled) == (Money(8888), Money(8088), Money(8880))
    assert result.paid_at.isoformat() == "2026-06-01T20:00:00+08:00"
    for other in (
        PaymentQuery.of(order()).model_copy(update={"amount": Money(8889)}),
        PaymentQuery.of(order(merchant_order_id="another")),
        RefundQuery(merchant_refund_id="R1", merchant_order_id=NUMBER, amount=Money(8888)),
        PayoutQuery(merchant_order_id=NUMBER, amount=Money(8888)),
    ):
        assert event.against(other).outcome is Outcome.UNKNOWN


def signed_with_type(gateway: Gateway, fields: dict[str, str]) -> bytes:
    return gateway.notifies({**fields, "sign_type": "RSA2"}, with_type=True)


def test_a_repetition_is_told(client: ChannelClient, certified: Gateway) -> None:
    body = certified.notifies(PAID)
    told = [arrive(client, body) for _ in range(2)]
    assert [notice.verdict for notice in told] == [Verdict.ACCEPTED, Verdict.REPEATED]
    assert [len(notice.events) for notice in told] == [1, 1]
    assert told[1].acknowledgement.body == b"success"


@pytest.mark.parametrize(
    ("fields", "outcome", "canonical"),
    [
        ({"trade_status": "TRADE_FINISHED"}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"trade_status": "WAIT_BUYER_PAY"}, Outcome.PENDING, "PAYMENT_AWAITING_PAYER"),
        ({"trade_status": "NEVER_SEEN"}, Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ({"trade_status": "TRADE_CLOSED"}, Outcome.REVERSED, "PAYMENT_REVERSED"),
        ({"total_amount": "88.89"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
    ],
)
def test_states(client: ChannelClient, certified: Gateway, fields: dict[str, str], outcome: Outcome, canonical: str) -> None:
    (event,) = arrive(client, certified.notifies({**PAID, **fields})).events
    result = event.against(PaymentQuery.of(order()))
    assert (result.outcome, result.canonical) == (outcome, canonical)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"refund_fee": "0.00"}, Outcome.FAILED),
        ({}, Outcome.UNKNOWN),
        ({"refund_fee": "0.00", "gmt_payment": "2026-06-01 20:00:00"}, Outcome.REVERSED),
        ({"refund_fee": "88.88"}, Outcome.REVERSED),
        ({"gmt_refund": "2026-06-01 21:00:00.536"}, Outcome.REVERSED),
        ({"refund_fee": "0.00", "gmt_payment": ""}, Outcome.FAILED),
    ],
)
def test_closed_without_a_payment_or_after_one(
    client: ChannelClient, certified: Gateway, fields: dict[str, str], outcome: Outcome
) -> None:
    """Closed is one of two things; a sum of refunds of nothing leaves only one of them."""
    closed = {**WITHOUT_PAYMENT, "trade_status": "TRADE_CLOSED", "gmt_close": "2026-06-01 22:00:00", **fields}
    payment = arrive(client, certified.notifies(closed)).events[0]  # a refund's own event may follow
    assert payment.against(PaymentQuery.of(order())).outcome is outcome


@pytest.mark.parametrize("name", ["gmt_payment", "gmt_refund"])
def test_closed_with_a_time_that_nobody_can_read_is_not_told_unpaid(client: ChannelClient, certified: Gateway, name: str) -> None:
    closed = {**WITHOUT_PAYMENT, "trade_status": "TRADE_CLOSED", "refund_fee": "0.00", name: "2026/06/01 20:00:00"}
    notice = arrive(client, certified.notifies(closed))
    assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())
    paid = arrive(client, certified.notifies({**PAID, "gmt_payment": "2026/06/01 20:00:00"})).events[0]
    assert paid.against(PaymentQuery.of(order())).outcome is Outcome.SUCCEEDED


def test_a_refund_is_told_beside_its_payment(client: ChannelClient, certified: Gateway) -> None:
    """The payment stands; the refund's own amount is nowhere, so its query has to be asked."""
    refunded = {**PAID, "refund_fee": "10.00", "gmt_refund": "2026-06-01 21:00:00.536", "out_biz_no": "HZ01RF001"}
    payment, refund = arrive(client, certified.notifies(refunded)).events
    assert (payment.kind, refund.kind) == (EventKind.PAYMENT, EventKind.REFUND)
    assert payment.against(PaymentQuery.of(order())).outcome is Outcome.SUCCEEDED
    result: Any = refund.against(RefundQuery(merchant_refund_id="HZ01RF001", merchant_order_id=NUMBER, amount=Money(1000)))
    assert (result.outcome, result.refunded_at.isoformat()) == (Outcome.UNKNOWN, "2026-06-01T21:00:00+08:00")
    assert result.extra == {"refund_fee": "10.00"}


MESSAGE = {
    "app_id": APP_ID,
    "charset": "UTF-8",
    "version": "1.1",
    "notify_id": "2026060100262000000000000000000000",
    "utc_timestamp": "1780315200000",
    "msg_method": "alipay.fund.trans.order.changed",
}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, Outcome.SUCCEEDED),
        ({"trans_amount": "23.51"}, Outcome.UNKNOWN),
        ({"status": "FAIL", "error_code": "PAYEE_CARD_INFO_ERROR", "fail_reason": "x"}, Outcome.FAILED),
        ({"status": "REFUND"}, Outcome.RETURNED),
        ({"status": "DEALING"}, Outcome.PENDING),
    ],
)
def test_a_transfer_by_the_message_service(
    client: ChannelClient, certified: Gateway, change: dict[str, str], outcome: Outcome
) -> None:
    content = {"out_biz_no": "P1", "order_id": "20260601110070000006700000002345", "status": "SUCCESS", "trans_amount": "23.50"}
    message = {**MESSAGE, "biz_content": json.dumps({**content, **change})}
    for body in (certified.notifies(message), signed_with_type(certified, message)):
        (event,) = arrive(client, body).events
        assert event.kind is EventKind.PAYOUT
        assert event.against(PayoutQuery(merchant_order_id="P1", amount=Money(2350))).outcome is outcome


def test_other_messages_are_acknowledged(client: ChannelClient, certified: Gateway) -> None:
    for fields in ({**MESSAGE, "msg_method": "alipay.open.auth.appauth.cancelled"}, {**PAID, "notify_type": "another"}):
        notice = arrive(client, certified.notifies(fields))
        (event,) = notice.events
        assert (event.kind, notice.acknowledgement.body) == (EventKind.OTHER, b"success")
        assert event.against(PaymentQuery.of(order())).outcome is Outcome.UNKNOWN


def bodies(certified: Gateway) -> dict[str, tuple[bytes, str]]:
    good = certified.notifies(PAID)
    other = {**PAID, "total_amount": "0.01"}
    signature, foreign = sign(certified.key, b"x"), "NOTIFICATION_FOR_ANOTHER_MERCHANT"
    return {
        "empty": (b"", "NOTIFICATION_UNREADABLE"),
        "json": (b'{"app_id":"1"}', "NOTIFICATION_UNREADABLE"),
        "a name twice": (good + b"&total_amount=0.01", "NOTIFICATION_UNREADABLE"),
        "a pair without an equals sign": (good + b"&x", "NOTIFICATION_UNREADABLE"),
        "a stray percent sign": (good + b"&x=%zz", "NOTIFICATION_UNREADABLE"),
        "no UTF-8": (good + b"&x=%ff", "NOTIFICATION_UNREADABLE"),
        "raw letters": (good + "&x=中".encode(), "NOTIFICATION_UNREADABLE"),
        "too many fields": (good + b"&a=1" * 300, "NOTIFICATION_UNREADABLE"),
        "too large": (good + b"&x=" + b"a" * 300_000, "NOTIFICATION_UNREADABLE"),
        "one field more": (good + b"&x=1", "NOTIFICATION_NOT_VERIFIED"),
        "no sign": (urlencode(PAID).encode(), "NOTIFICATION_NOT_VERIFIED"),
        "another's sign": (urlencode({**PAID, "sign": signature, "sign_type": "RSA2"}).encode(), "NOTIFICATION_NOT_VERIFIED"),
        "RSA": (good.replace(b"sign_type=RSA2", b"sign_type=RSA"), "NOTIFICATION_NOT_VERIFIED"),
        "another amount": (good.replace(b"total_amount=88.88", b"total_amount=88.89"), "NOTIFICATION_NOT_VERIFIED"),
        "for another application": (certified.notifies({**PAID, "app_id": "2021"}), foreign),
        "for another seller": (
            certified.notifies({**PAID, "seller_id": "2088000000000000"}),
            foreign,
        ),
        "no notify_id": (certified.notifies({n: t for n, t in PAID.items() if n != "notify_id"}), "NOTIFICATION_UNREADABLE"),
        "no state": (certified.notifies({**PAID, "trade_status": ""}), "NOTIFICATION_UNREADABLE"),
        "no amount of money": (certified.notifies({**other, "total_amount": "1e3"}), "NOTIFICATION_UNREADABLE"),
        "two days old": (certified.notifies({**PAID, "notify_time": "2026-05-30 19:59:59"}), "NOTIFICATION_STALE"),
        "no content": (certified.notifies({**MESSAGE, "biz_content": "x"}), "NOTIFICATION_UNREADABLE"),
        "content nested without end": (certified.notifies({**MESSAGE, "biz_content": "[" * 99_999}), "NOTIFICATION_UNREADABLE"),
        "half a character": (
            certified.notifies({**MESSAGE, "biz_content": '{"out_biz_no":"\\ud800","status":"SUCCESS","trans_amount":"1.00"}'}),
            "NOTIFICATION_UNREADABLE",
        ),
    }


def test_everything_else_is_refused(client: ChannelClient, certified: Gateway) -> None:
    for why, (body, canonical) in bodies(certified).items():
        notice = arrive(client, body)
        assert (notice.verdict, notice.events) == (Verdict.REFUSED, ()), why
        assert notice.problem is not None
        assert notice.problem.meaning.canonical == canonical, why
        assert notice.acknowledgement.status >= 400
        assert notice.acknowledgement.body != b"success"


def test_a_day_late_is_not_too_late(config: AlipayConfig, certified: Gateway) -> None:
    """The last of the eight deliveries comes after 24 hours and 22 minutes."""
    channel = Alipay(config, clock=lambda: NOW + timedelta(hours=24, minutes=23))
    with ChannelClient(channel) as client:
        assert arrive(client, certified.notifies(PAID)).verdict is Verdict.ACCEPTED


def test_a_named_certificate_is_asked_for(client: ChannelClient, script: Script, authorities: dict[str, Issued]) -> None:
    """Public clients leave alipay_cert_sn out of the signed string; whether it is in it or not, it is found."""
    known = Gateway(authorities["alipay"].key)
    named = {**PAID, "alipay_cert_sn": authorities["alipay"].sn}
    assert arrive(client, known.notifies(named)).verdict is Verdict.ACCEPTED
    outside = known.notifies(PAID) + f"&alipay_cert_sn={authorities['alipay'].sn}".encode()
    assert arrive(client, outside).verdict is Verdict.REPEATED
    fresh = issue("支付宝(中国)网络技术有限公司-2088102146225135", authorities["between"])
    notice = arrive(client, Gateway(fresh.key).notifies({**PAID, "alipay_cert_sn": fresh.sn}))
    assert (notice.verdict, notice.acknowledgement.status) == (Verdict.REFUSED, 500), "it may come again when it can be fetched"
    assert len(script.calls) == 1
