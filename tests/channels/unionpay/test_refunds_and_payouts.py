"""Refunds, cancellations and payouts over scripted answers: what is sent, to the field, and what its answers come to."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    AccountKind,
    ChannelClient,
    CloseOrder,
    InvalidRequestError,
    Money,
    NotSupportedError,
    Outcome,
    PayoutQuery,
    RefundQuery,
    RefusedError,
    Verb,
)
from payment_channels.channels.unionpay.windows import too_late_to_cancel
from tests.channels.unionpay.conftest import (
    BANK_PAGE,
    CANCEL,
    CARD,
    ID_NO,
    MOBILE,
    NAME,
    ORDER_ID,
    ORIGINAL,
    PAYEE,
    PAYOUT,
    QUERY_ID,
    REFUND,
    SENT_NOW,
    Gateway,
    common,
    fields_of,
    of_query,
    opened,
    verified,
)
from tests.conftest import NOW, Script


def test_a_refund(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    told = {"txnType": "04", "orderId": "R0000001", "txnTime": SENT_NOW, "txnAmt": "40", "respCode": "00", "queryId": "9" * 21}
    script.answers = [gateway.answers({**told, "origQryId": QUERY_ID})]
    prepared = client.prepare(REFUND)
    result = client.refund(prepared)
    (call,) = script.calls
    assert call.url == "https://gateway.95516.com/gateway/api/backTransReq.do"
    assert verified(gateway, fields_of(call)) == common(
        txnType="04",
        txnSubType="00",
        bizType="000201",
        orderId="R0000001",
        txnTime=SENT_NOW,
        txnAmt="40",
        currencyCode="156",
        origQryId=QUERY_ID,
        backUrl="http://www.specialUrl.com",
    )
    assert (result.outcome, result.canonical, result.retry_after) == (Outcome.PENDING, "REFUND_PROCESSING", 1)
    assert (result.merchant_refund_id, result.channel_refund_id, result.channel_order_id) == ("R0000001", "9" * 21, QUERY_ID)
    script.answers = [gateway.answers(of_query("R0000001", SENT_NOW, txnType="04", txnAmt="40", origQryId=QUERY_ID))]
    found = client.query_refund(RefundQuery.of(prepared))
    assert (found.outcome, found.canonical, found.amounts.order) == (Outcome.SUCCEEDED, "REFUND_SUCCEEDED", Money(40))


def test_a_cancellation_is_found_as_a_refund_is(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [
        gateway.answers({"txnType": "31", "orderId": "C0000001", "txnTime": SENT_NOW, "respCode": "00", "origQryId": QUERY_ID}),
        gateway.answers(of_query("C0000001", SENT_NOW, txnType="31", origQryId=QUERY_ID)),
    ]
    prepared = client.prepare(CANCEL)
    result = client.cancel(prepared)
    sent = verified(gateway, fields_of(script.calls[0]))
    assert sent == common(
        txnType="31",
        txnSubType="00",
        bizType="000201",
        orderId="C0000001",
        txnTime=SENT_NOW,
        txnAmt="100",
        currencyCode="156",
        origQryId=QUERY_ID,
        backUrl="http://www.specialUrl.com",
    )
    assert (result.outcome, result.canonical) == (Outcome.PENDING, "CANCEL_IN_PROGRESS")
    assert (result.merchant_order_id, result.channel_order_id) == (ORDER_ID, QUERY_ID), "a cancellation's facts are its payment's"
    found = client.query_refund(RefundQuery.of(prepared))
    assert (found.outcome, found.merchant_refund_id, found.amounts.order) == (Outcome.SUCCEEDED, "C0000001", Money(100))
    assert client.channel.manifest.capabilities[Verb.CANCEL].found_by is Verb.QUERY_REFUND


@pytest.mark.parametrize(
    ("order", "canonical"),
    [
        (REFUND.model_copy(update={"original": ORIGINAL.model_copy(update={"ordered_at": NOW - timedelta(days=400)})}),
         "REFUND_PERIOD_EXPIRED"),
        (CANCEL.model_copy(update={"original": ORIGINAL.model_copy(update={"ordered_at": NOW - timedelta(days=2)})}),
         "CANCEL_PERIOD_EXPIRED"),
    ],
)  # fmt: skip
def test_periods_that_are_certainly_over(client: ChannelClient, script: Script, order: Any, canonical: str) -> None:
    with pytest.raises(RefusedError) as caught:
        getattr(client, order.kind)(order)
    assert (caught.value.canonical, script.calls) == (canonical, [])


def test_a_payout(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    """The card number and the telephone travel encrypted; the name and identity in base64, as documented."""
    told = {"txnType": "12", "orderId": "P0000001", "txnTime": SENT_NOW, "txnAmt": "30", "respCode": "00", "queryId": QUERY_ID}
    script.answers = [gateway.answers(told)]
    prepared = client.prepare(PAYOUT)
    result = client.payout(prepared)
    (call,) = script.calls
    assert CARD.encode() not in call.body
    sent = verified(gateway, fields_of(call))
    opened_card = gateway.encrypt_key.decrypt(base64.b64decode(sent.pop("accNo")), padding.PKCS1v15())
    assert opened_card == CARD.encode()
    customer = base64.b64decode(sent.pop("customerInfo")).decode()
    head, _, box = customer.removeprefix("{").removesuffix("}").partition("&encryptedInfo=")
    assert head == f"certifTp=01&certifId={ID_NO}&customerNm={NAME}"
    assert gateway.encrypt_key.decrypt(base64.b64decode(box), padding.PKCS1v15()) == f"phoneNo={MOBILE}".encode()
    assert sent == common(
        txnType="12",
        txnSubType="00",
        bizType="000401",
        orderId="P0000001",
        txnTime=SENT_NOW,
        txnAmt="30",
        currencyCode="156",
        accType="01",
        encryptCertId="68759622183",
        backUrl="http://www.specialUrl.com",
    )
    assert (result.outcome, result.canonical, result.retry_after) == (Outcome.PENDING, "PAYOUT_PROCESSING", 180)
    script.answers = [gateway.answers(of_query("P0000001", SENT_NOW, txnType="12", txnAmt="30"))]
    found = client.query_payout(PayoutQuery.of(prepared))
    assert (found.outcome, found.canonical, found.amounts.order) == (Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED", Money(30))


@pytest.mark.parametrize("code", ["01", "12", "34", "60", "03", "04", "05", "X9"])
def test_a_payout_that_the_demo_asks_after(client: ChannelClient, script: Script, gateway: Gateway, code: str) -> None:
    """On the reply and on the query alike."""
    script.answers = [
        gateway.answers({"orderId": "P0000001", "respCode": code}),
        gateway.answers(of_query("P0000001", SENT_NOW, txnType="12", txnAmt="30", origRespCode=code)),
    ]
    for result in (client.payout(PAYOUT), client.query_payout(PayoutQuery.of(PAYOUT))):
        assert (result.outcome, result.new_id_allowed) == (Outcome.UNKNOWN, False)
        assert result.retry_after == (None if code == "X9" else 180)


@pytest.mark.parametrize(("age", "seconds"), [(0, 180), (179, 1), (180, 1), (181, 2), (211, 32), (500, 32)])
@pytest.mark.parametrize("code", ["01", "12", "34", "60", "05"])
def test_when_to_ask_after_a_payout_again(gateway: Gateway, script: Script, code: str, age: int, seconds: int) -> None:
    """After three minutes, then after 1, 2, 4, 8, 16 and 32 seconds, whichever of the demo's codes came."""
    asked = PayoutQuery.of(PAYOUT).model_copy(update={"ordered_at": NOW - timedelta(seconds=age), "wire": {}})
    time = (NOW - timedelta(seconds=age) + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    script.answers = [gateway.answers(of_query("P0000001", time, txnType="12", txnAmt="30", origRespCode=code))]
    assert opened(gateway, script).query_payout(asked).retry_after == seconds


@pytest.mark.parametrize(("now", "late"), [("2026-06-02 22:59:59", False), ("2026-06-02 23:00:00", True)])
def test_a_clearing_day_ends_at_eleven_at_night(now: str, late: bool) -> None:
    """Ordered at half past ten in the evening, and paid within a day: the last clearing day that may be its own ends then."""
    ordered = datetime.fromisoformat("2026-06-01 22:30:00+08:00")
    assert too_late_to_cancel(ordered, datetime.fromisoformat(f"{now}+08:00")) is late


def test_a_payout_that_failed(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(of_query("P0000001", SENT_NOW, txnType="12", txnAmt="30", origRespCode="61"))]
    result = client.query_payout(PayoutQuery.of(PAYOUT))
    assert (result.outcome, result.raw.code) == (Outcome.FAILED, "61")


def test_the_same_order_is_the_same_transaction(client: ChannelClient, script: Script) -> None:
    """Sent again without its Prepared, it must not become another transaction under the same number: that would pay twice."""
    client.payout(PAYOUT)
    client.payout(PAYOUT)
    first, second = (fields_of(call) for call in script.calls)
    assert {first[name] == second[name] for name in ("orderId", "txnTime", "txnAmt")} == {True}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payee": PAYEE.model_copy(update={"account_kind": AccountKind.PASSBOOK})}, "payee.account_kind"),
        ({"payee": PAYEE.model_copy(update={"account_no": "6226 0900"})}, "payee.account_no"),
        ({"payee": PAYEE.model_copy(update={"name": "a&certifId=1"})}, "payee.name"),
        ({"payee": PAYEE.model_copy(update={"id_type": None})}, "payee.id_type"),
        ({"payee": PAYEE.model_copy(update={"id_type": "02"})}, "payee.id_type"),
        ({"payee": PAYEE.model_copy(update={"mobile": "1&2"})}, "payee.mobile"),
        ({"payee": BANK_PAGE}, "payee"),
        ({"debit_account": "6226090000000048"}, "debit_account"),
        ({"requested_speed": "real_time"}, "requested_speed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_payouts_that_are_refused(client: ChannelClient, script: Script, changes: dict[str, Any], field: str) -> None:
    with pytest.raises((InvalidRequestError, NotSupportedError)) as caught:
        client.payout(PAYOUT.model_copy(update=changes))
    assert (caught.value.field, script.calls) == (field, [])
    assert CARD not in str(caught.value)
    assert NAME not in str(caught.value)


@pytest.mark.parametrize(
    "order",
    [
        REFUND.model_copy(update={"original": ORIGINAL.model_copy(update={"channel_order_id": None})}),
        CANCEL.model_copy(update={"original": ORIGINAL.model_copy(update={"channel_order_id": None})}),
        CANCEL.model_copy(update={"merchant_cancel_id": None}),
        CloseOrder(merchant_order_id=ORDER_ID),
    ],
    ids=lambda order: order.kind,
)
def test_what_is_asked_without_what_it_needs(client: ChannelClient, script: Script, order: Any) -> None:
    with pytest.raises((InvalidRequestError, NotSupportedError)):
        getattr(client, order.kind)(order)
    assert script.calls == []
