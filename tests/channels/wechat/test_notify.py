"""Notifications of WeChat Pay: believed on raw bytes within 300 seconds, compared with the order, acknowledged exactly."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payment_channels import (
    ChannelClient,
    EventKind,
    Inbound,
    Money,
    Notice,
    Outcome,
    PaymentQuery,
    PaymentResult,
    PayoutQuery,
    RefundQuery,
    Verdict,
    open_channel,
)
from payment_channels.channels.wechat import PlatformCertificate, PlatformPublicKey, WechatConfig
from tests.conftest import NOW, Platform, Script

KEY = "k" * 32
PAID = {
    "mchid": "1900000001",
    "appid": "wxd678efh567hg6787",
    "out_trade_no": "order-100",
    "transaction_id": "4200000263201902167700134212",
    "trade_state": "SUCCESS",
    "amount": {"total": 100, "payer_total": 100, "currency": "CNY", "payer_currency": "CNY"},
    "success_time": "2026-06-01T20:00:00+08:00",
    "payer": {"openid": "o-1"},
}
REFUNDED = {
    "mchid": "1900000001",
    "out_trade_no": "order-100",
    "out_refund_no": "R1",
    "refund_id": "50",
    "refund_status": "SUCCESS",
    "amount": {"total": 100, "refund": 40, "payer_total": 100, "payer_refund": 40},
}
TRANSFERRED = {"mch_id": "1900000001", "out_bill_no": "P1", "transfer_bill_no": "13", "state": "SUCCESS", "transfer_amount": 30}
FAILED = {**TRANSFERRED, "state": "FAIL", "fail_reason": "ACCOUNT_FROZEN"}


def sealed(content: object, event_type: str, notification_id: str = "EV-1", key: str = KEY) -> bytes:
    """The envelope, sealed without the SDK's codec."""
    box = AESGCM(key.encode()).encrypt(b"fdasflkja484", json.dumps(content).encode(), b"transaction")
    resource = {
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(box).decode(),
        "associated_data": "transaction",
        "nonce": "fdasflkja484",
    }
    envelope = {"id": notification_id, "create_time": "2026-06-01T20:00:00+08:00", "resource_type": "encrypt-resource"}
    return json.dumps({**envelope, "event_type": event_type, "summary": "支付成功", "resource": resource}).encode()


def arrive(client: ChannelClient, platform: Platform, body: bytes, **headers: str) -> Notice:
    return client.read_notification(Inbound(body=body, headers={**platform.headers(body), **headers}))


def test_a_payment(client: ChannelClient, platform: Platform) -> None:
    notice = arrive(client, platform, sealed(PAID, "TRANSACTION.SUCCESS"))
    assert notice.verdict is Verdict.ACCEPTED
    assert (notice.acknowledgement.status, notice.acknowledgement.body) == (200, b'{"code":"SUCCESS"}')
    (event,) = notice.events
    assert (event.kind, event.notification_id) == (EventKind.PAYMENT, "EV-1")
    assert not hasattr(event, "outcome"), "an event has no outcome before it is compared with an order"
    result = event.against(PaymentQuery(merchant_order_id="order-100", amount=Money(100)))
    assert isinstance(result, PaymentResult)
    assert (result.outcome, result.canonical, result.channel_order_id) == (
        Outcome.SUCCEEDED,
        "PAYMENT_SUCCEEDED",
        "4200000263201902167700134212",
    )


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        (PaymentQuery(merchant_order_id="order-100", amount=Money(101)), "AMOUNT_MISMATCH"),
        (PaymentQuery(merchant_order_id="order-100", amount=Money(100, "USD")), "AMOUNT_MISMATCH"),
        (PaymentQuery(merchant_order_id="order-101", amount=Money(100)), "REPLY_MISMATCH"),
    ],
)
def test_a_payment_of_another_amount_or_order_is_unknown(
    client: ChannelClient, platform: Platform, asked: PaymentQuery, canonical: str
) -> None:
    (event,) = arrive(client, platform, sealed(PAID, "TRANSACTION.SUCCESS")).events
    result = event.against(asked)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


def test_refunds_and_transfers(client: ChannelClient, platform: Platform) -> None:
    (event,) = arrive(client, platform, sealed(REFUNDED, "REFUND.SUCCESS")).events
    refund = event.against(RefundQuery(merchant_refund_id="R1", merchant_order_id="order-100", amount=Money(40)))
    assert (event.kind, refund.outcome) == (EventKind.REFUND, Outcome.SUCCEEDED)
    assert event.against(RefundQuery(merchant_refund_id="R1", amount=Money(41))).outcome is Outcome.UNKNOWN
    (event,) = arrive(client, platform, sealed(TRANSFERRED, "MCHTRANSFER.BILL.FINISHED")).events
    payout = event.against(PayoutQuery(merchant_order_id="P1", amount=Money(30)))
    assert (event.kind, payout.outcome) == (EventKind.PAYOUT, Outcome.SUCCEEDED)
    (event,) = arrive(client, platform, sealed(FAILED, "MCHTRANSFER.BILL.FINISHED")).events
    failed = event.against(PayoutQuery(merchant_order_id="P1", amount=Money(30)))
    assert failed.outcome is Outcome.FAILED
    assert failed.raw.code == "FAIL"
    assert failed.reason is not None
    assert failed.reason.code == "ACCOUNT_FROZEN"


def test_a_repeated_id_is_reported_and_not_refused(
    client: ChannelClient, platform: Platform, wechat_config: WechatConfig
) -> None:
    fresh = ChannelClient(open_channel("wechat", wechat_config, clock=lambda: NOW))
    body = sealed(PAID, "TRANSACTION.SUCCESS", "EV-7")
    verdicts = [arrive(fresh, platform, body).verdict for _ in range(3)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.REPEATED, Verdict.REPEATED]
    again = arrive(fresh, platform, body)
    assert again.acknowledgement.status == 200
    assert len(again.events) == 1


def test_an_event_of_a_kind_never_seen_is_kept(client: ChannelClient, platform: Platform) -> None:
    notice = arrive(client, platform, sealed({"a": 1}, "COUPON.USE", "EV-9"))
    assert notice.verdict is Verdict.ACCEPTED
    assert notice.events[0].kind is EventKind.OTHER
    assert notice.events[0].reading.code == "COUPON.USE"


def refused(notice: Notice, canonical: str) -> None:
    assert notice.verdict is Verdict.REFUSED
    assert notice.events == ()
    assert notice.problem is not None
    assert notice.problem.meaning.canonical == canonical
    assert notice.problem.meaning.zh
    assert notice.acknowledgement.status >= 400
    assert json.loads(notice.acknowledgement.body) == {"code": "FAIL", "message": "失败"}


BODY = sealed(PAID, "TRANSACTION.SUCCESS")


@pytest.mark.parametrize(
    "headers",
    [
        {"wechatpay-signature": ""},
        {"wechatpay-signature": "AAAA"},
        {"wechatpay-nonce": "other"},
        {"wechatpay-serial": "PUB_KEY_ID_0199"},
    ],
)
def test_forgeries(client: ChannelClient, platform: Platform, headers: dict[str, str]) -> None:
    refused(arrive(client, platform, BODY, **headers), "NOTIFICATION_NOT_VERIFIED")


def test_a_signature_probe_is_refused(client: ChannelClient, platform: Platform) -> None:
    good = platform.headers(BODY)["wechatpay-signature"]
    notice = arrive(client, platform, BODY, **{"wechatpay-signature": "WECHATPAY/SIGNTEST/" + good})
    refused(notice, "NOTIFICATION_NOT_VERIFIED")
    assert notice.problem is not None
    assert "probe" in notice.problem.detail, "support is told that it was no attack"


def test_one_changed_byte(client: ChannelClient, platform: Platform) -> None:
    inbound = Inbound(body=BODY.replace(b"EV-1", b"EV-2"), headers=platform.headers(BODY))
    refused(client.read_notification(inbound), "NOTIFICATION_NOT_VERIFIED")
    refused(client.read_notification(Inbound(body=BODY + b" ", headers=platform.headers(BODY))), "NOTIFICATION_NOT_VERIFIED")


@pytest.mark.parametrize(("seconds", "taken"), [(300, True), (301, False), (-301, False), (-3600 * 24 * 365, False)])
def test_the_window(client: ChannelClient, platform: Platform, seconds: int, taken: bool) -> None:
    other = Platform(platform.key, platform.serial, now=lambda: NOW + timedelta(seconds=seconds))
    notice = arrive(client, other, BODY)
    if taken:
        assert notice.verdict is not Verdict.REFUSED
    else:
        refused(notice, "NOTIFICATION_STALE")


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        (b"", "NOTIFICATION_UNREADABLE"),
        (b"{}", "NOTIFICATION_UNREADABLE"),
        (b"\xff\xfe", "NOTIFICATION_UNREADABLE"),
        (b"x" * 300_000, "NOTIFICATION_UNREADABLE"),
        (sealed(PAID, "TRANSACTION.SUCCESS", key="z" * 32), "NOTIFICATION_UNREADABLE"),
        (sealed({"trade_state": 1}, "TRANSACTION.SUCCESS"), "NOTIFICATION_UNREADABLE"),
        (sealed({**PAID, "mchid": "1900000002"}, "TRANSACTION.SUCCESS"), "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        (sealed({**PAID, "appid": "wxother"}, "TRANSACTION.SUCCESS"), "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
        (sealed({**TRANSFERRED, "mch_id": "1"}, "MCHTRANSFER.BILL.FINISHED"), "NOTIFICATION_FOR_ANOTHER_MERCHANT"),
    ],
)
def test_signed_and_yet_refused(client: ChannelClient, platform: Platform, body: bytes, canonical: str) -> None:
    refused(arrive(client, platform, body), canonical)


def test_the_published_notification_of_the_official_client(wechat_vectors: dict[str, Any]) -> None:
    vector = wechat_vectors["self-notify-TRANSACTION.SUCCESS"]
    keys = wechat_vectors["keys"]
    plain = json.loads(vector["expected_plaintext"])
    config = WechatConfig(
        mchid=plain["mchid"],
        appid=plain["appid"],
        merchant_serial_no=keys["java_merchant"]["serial"],
        merchant_key=keys["java_merchant"]["private_key_pem"],
        apiv3_key=vector["api_v3_key"],
        platform_keys=(
            PlatformPublicKey(key_id="PUB_KEY_ID_01", pem=keys["java_wechatpay_platform"]["public_key_pem"]),
            PlatformCertificate(pem=keys["java_wechatpay_platform"]["certificate_pem"]),
        ),
    )
    now = datetime.fromtimestamp(int(vector["headers"]["Wechatpay-Timestamp"]), UTC)
    with ChannelClient(open_channel("wechat", config, clock=lambda: now)) as client:
        notice = client.read_notification(Inbound(body=vector["body"].encode(), headers=vector["headers"]))
    assert notice.verdict is Verdict.ACCEPTED
    amount = Money(plain["amount"]["total"], plain["amount"]["currency"])
    result = notice.events[0].against(PaymentQuery(merchant_order_id=plain["out_trade_no"], amount=amount))
    assert result.outcome is Outcome.SUCCEEDED


def test_nothing_is_sent_for_a_notification(client: ChannelClient, script: Script, platform: Platform) -> None:
    arrive(client, platform, BODY)
    arrive(client, platform, BODY, **{"wechatpay-serial": "7132D72A03E93CDDF8C03BBD1F37EEDF"})
    assert script.calls == [], "a merchant with public keys alone downloads nothing"


def test_a_payment_is_no_refund_and_no_payout(client: ChannelClient, platform: Platform) -> None:
    (event,) = arrive(client, platform, sealed(PAID, "TRANSACTION.SUCCESS")).events
    for asked in (
        RefundQuery(merchant_refund_id="R1", merchant_order_id="order-100", amount=Money(100)),
        PayoutQuery(merchant_order_id="order-100", amount=Money(100)),
    ):
        result = event.against(asked)
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")
