"""Payments and their queries over scripted answers: what is sent, to the field, and what its answers come to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from error_codes import NextAction
from payment_channels import (
    ChannelClient,
    EvidenceKind,
    HandOver,
    InvalidRequestError,
    Money,
    NotSupportedError,
    Outcome,
    PaymentQuery,
    SubmitForm,
    TransportFailure,
    open_channel,
)
from tests.channels.unionpay.conftest import (
    BANK_PAGE,
    MER_ID,
    MERCHANT_CERT_ID,
    ORDER_ID,
    ORDER_TIME,
    PAYOUT,
    QUERY_ID,
    Gateway,
    common,
    fields_of,
    of_query,
    opened,
    payment,
    verified,
)
from tests.conftest import NOW, Script, scripted


@pytest.mark.parametrize(("product", "biz_type"), [("gateway", "000201"), ("gateway_b2b", "000202")])
def test_a_form_for_the_browser(client: ChannelClient, script: Script, gateway: Gateway, product: str, biz_type: str) -> None:
    """Nothing is sent, and what was handed over can be paid."""
    payer = {"payer": BANK_PAGE} if product == "gateway_b2b" else {}
    order = payment(product=product, attach="a|b", expires_at=NOW + timedelta(minutes=30), **payer)
    result = client.pay(order)
    assert script.calls == []
    assert (result.outcome, result.canonical) == (Outcome.PENDING, "PAYMENT_AWAITING_PAYER")
    assert (result.evidence.kind, result.retry_after) == (EvidenceKind.HANDED_TO_PAYER, 300)
    action = result.payer_action
    assert isinstance(action, SubmitForm)
    assert (action.action, action.method) == ("https://gateway.95516.com/gateway/api/frontTransReq.do", "POST")
    assert verified(gateway, dict(action.fields)) == common(
        txnType="01",
        txnSubType="01",
        bizType=biz_type,
        orderId=ORDER_ID,
        txnTime=ORDER_TIME,
        txnAmt="100",
        currencyCode="156",
        payTimeout="20260601203000",
        frontUrl="https://example.com/back",
        backUrl="https://example.com/notify",
        reqReserved="a|b",
        **({"issInsCode": "ABC"} if payer else {}),
    )
    again = client.pay(order).payer_action
    assert again == action, "the same order is the same form"


def test_a_phone_s_browser(client: ChannelClient) -> None:
    action = client.pay(payment(product="gateway", channel_fields={"channelType": "08"})).payer_action
    assert isinstance(action, SubmitForm)
    assert action.fields["channelType"] == "08"


def test_an_app_is_given_tn(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    told = {"txnType": "01", "orderId": ORDER_ID, "txnTime": ORDER_TIME, "respCode": "00", "respMsg": "成功", "tn": "6217811"}
    script.answers = [gateway.answers(told)]
    result = client.pay(payment(notify_url=None))
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://gateway.95516.com/gateway/api/appTransReq.do")
    assert dict(call.headers)["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert verified(gateway, fields_of(call)) == common(
        txnType="01",
        txnSubType="01",
        bizType="000201",
        channelType="08",
        orderId=ORDER_ID,
        txnTime=ORDER_TIME,
        txnAmt="100",
        currencyCode="156",
        payTimeout="20260601201459",
        backUrl="http://www.specialUrl.com",
    )
    assert (result.outcome, result.canonical, result.raw.code) == (Outcome.PENDING, "PAYMENT_AWAITING_PAYER", "00")
    assert result.payer_action == HandOver(text="6217811", valid_until=datetime(2026, 6, 1, 12, 14, 59, tzinfo=UTC))


def test_success_without_tn_makes_no_sense(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers({"orderId": ORDER_ID, "respCode": "00"})]
    assert client.pay(payment()).canonical == "REPLY_UNREADABLE"


@pytest.mark.parametrize("code", ["03", "04", "05", "12", "ZZ"])
def test_what_the_channel_is_not_sure_of_is_unknown(client: ChannelClient, script: Script, gateway: Gateway, code: str) -> None:
    script.answers = [gateway.answers({"respCode": code, "orderId": ORDER_ID})] * 1
    result = client.pay(payment())
    assert (result.outcome, result.new_id_allowed, result.raw.code) == (Outcome.UNKNOWN, False, code)


def test_a_paid_order(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(of_query())]
    prepared = client.prepare(payment())
    assert prepared.wire == {"txnTime": ORDER_TIME, "payTimeout": "20260601201459", "merId": MER_ID}
    assert prepared.key_id == str(MERCHANT_CERT_ID)
    result = client.query(PaymentQuery.of(prepared))
    (call,) = script.calls
    assert call.url == "https://gateway.95516.com/gateway/api/queryTrans.do"
    assert verified(gateway, fields_of(call)) == common(
        txnType="00", txnSubType="00", bizType="000000", orderId=ORDER_ID, txnTime=ORDER_TIME
    )
    assert (result.outcome, result.canonical) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    assert (result.raw.where, result.raw.code) == ("origRespCode", "00")
    assert (result.merchant_order_id, result.channel_order_id) == (ORDER_ID, QUERY_ID)
    assert (result.amounts.order, result.amounts.settled) == (Money(100), Money(100))
    assert result.paid_at == datetime(2026, 6, 1, 12, 0, 1, tzinfo=UTC)
    assert str(result.settlement_date) == "2026-06-01"


def test_the_time_falls_back_to_the_order_s(client: ChannelClient, script: Script) -> None:
    client.query(PaymentQuery.of(payment()))
    assert fields_of(script.calls[0])["txnTime"] == ORDER_TIME
    with pytest.raises(InvalidRequestError, match="ordered_at"):
        client.query(PaymentQuery(merchant_order_id=ORDER_ID, amount=Money(100)))
    with pytest.raises(InvalidRequestError, match="txnTime"):
        client.query(PaymentQuery(merchant_order_id=ORDER_ID, amount=Money(100), wire={"txnTime": "yesterday"}))
    assert len(script.calls) == 1


def test_a_success_with_a_defect(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(of_query(origRespCode="A6"))]
    result = client.query(PaymentQuery.of(payment()))
    assert (result.outcome, result.canonical, result.next_action) == (
        Outcome.SUCCEEDED,
        "SUCCEEDED_WITH_DEFECT",
        NextAction.RECONCILE,
    )


@pytest.mark.parametrize(
    ("product", "now", "outcome"),
    [
        ("app", NOW, Outcome.UNKNOWN),
        ("app", NOW + timedelta(minutes=14, seconds=59), Outcome.UNKNOWN),
        ("app", NOW + timedelta(minutes=15), Outcome.FAILED),
        ("gateway", NOW + timedelta(minutes=15), Outcome.FAILED),
        ("gateway_b2b", NOW + timedelta(days=7), Outcome.UNKNOWN),
        ("gateway_b2b", NOW + timedelta(days=8, seconds=1), Outcome.FAILED),
        (None, NOW + timedelta(minutes=15), Outcome.UNKNOWN),
    ],
)
def test_a_failure_is_final_once_nobody_can_pay_any_more(
    gateway: Gateway, script: Script, product: str | None, now: datetime, outcome: Outcome
) -> None:
    """The payer of an open order may take another card; a company's bank page may even be late."""
    long = gateway.issue("041@Z@中国银联股份有限公司@1", gateway.key, valid=(NOW, NOW + timedelta(days=90)))
    script.answers = [gateway.answers(of_query(origRespCode="64"), pem=long)]
    channel = open_channel("unionpay", gateway.config(), clock=lambda: now)
    asked = PaymentQuery.of(payment(product=product or "app")).model_copy(update={"product": product})
    with scripted(channel, script) as client:
        result = client.query(asked)
    assert (result.outcome, result.canonical) == (outcome, "PAYER_FUNDS_INSUFFICIENT")
    assert result.new_id_allowed is (outcome is Outcome.FAILED)


@pytest.mark.parametrize("code", ["42", "74", "75"])
def test_money_was_taken(client: ChannelClient, script: Script, gateway: Gateway, code: str) -> None:
    script.answers = [gateway.answers(of_query(origRespCode=code))]
    result = client.query(PaymentQuery.of(payment()))
    assert result.outcome is not Outcome.FAILED
    assert not result.new_id_allowed


def test_not_found_is_no_failure(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    told = {"respCode": "34", "respMsg": "查无此交易[2600000]", "orderId": ORDER_ID, "txnTime": ORDER_TIME}
    script.answers = [gateway.answers(told)]
    result = client.query(PaymentQuery.of(payment()))
    assert (result.outcome, result.canonical, result.raw.message) == (
        Outcome.UNKNOWN,
        "ORDER_NOT_FOUND",
        "查无此交易[2600000]",
    )
    assert result.not_found_conclusive_after is not None
    assert result.not_found_conclusive_after >= datetime(2026, 6, 1, 12, 14, 59, tzinfo=UTC), "the payer could still pay"
    assert result.retry_after == 299, "five minutes after the order, which is a second old"


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 300), (299, 1), (300, 300), (1799, 1), (1800, 1800), (7200, 3600), (90_000, 3600)]
)
def test_when_to_ask_again(gateway: Gateway, script: Script, age: int, seconds: int) -> None:
    """5, 10, 30, 60 and 120 minutes after the order, then every hour."""
    asked = PaymentQuery.of(payment()).model_copy(update={"ordered_at": NOW - timedelta(seconds=age), "wire": {}})
    time = (NOW - timedelta(seconds=age) + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    script.answers = [gateway.answers(of_query(time=time, origRespCode="05"))]
    assert opened(gateway, script).query(asked).retry_after == seconds


@pytest.mark.parametrize(
    "changes",
    [
        {"merId": "777290058110048"},
        {"orderId": "another-order"},
        {"txnTime": "20260601195958"},
        {"txnType": "04"},
        {"txnAmt": "101"},
        {"txnAmt": ""},
        {"orderId": "", "queryId": ""},
    ],
    ids=str,
)
def test_an_answer_of_another_order_or_amount(
    client: ChannelClient, script: Script, gateway: Gateway, changes: dict[str, str]
) -> None:
    """The same number at another time is another transaction."""
    script.answers = [gateway.answers(of_query(**changes))]
    result = client.query(PaymentQuery.of(payment()))
    assert result.outcome is Outcome.UNKNOWN
    assert result.canonical in {"REPLY_MISMATCH", "AMOUNT_MISMATCH"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant_order_id": "short"}, "merchant_order_id"),
        ({"merchant_order_id": "with-a-dash"}, "merchant_order_id"),
        ({"merchant_order_id": "订单12345678"}, "merchant_order_id"),
        ({"amount": Money(10**12)}, "amount"),
        ({"sub_merchant": "1"}, "sub_merchant"),
        ({"notify_url": "https://example.com/notify?a=b"}, "notify_url"),
        ({"notify_url": "ftp://example.com/"}, "notify_url"),
        ({"product": "gateway", "return_url": None}, "return_url"),
        ({"product": "gateway_b2b", "expires_at": None}, "expires_at"),
        ({"expires_at": NOW - timedelta(days=1)}, "expires_at"),
        ({"attach": "a&respCode=00"}, "attach"),
        ({"attach": "x" * 1025}, "attach"),
        ({"payer": BANK_PAGE}, "payer"),
        ({"product": "gateway_b2b", "payer": BANK_PAGE.model_copy(update={"bank_code": "A&B"})}, "payer.bank_code"),
        ({"channel_fields": {"channelType": "05"}}, "channel_fields.channelType"),
        ({"product": "gateway_b2b", "channel_fields": {"channelType": "08"}}, "channel_fields.channelType"),
        ({"product": "qr"}, "product"),
    ],
    ids=str,
)
def test_payments_that_are_refused(client: ChannelClient, script: Script, changes: dict[str, Any], field: str) -> None:
    with pytest.raises((InvalidRequestError, NotSupportedError)) as caught:
        client.pay(payment(**changes))
    assert (caught.value.field, script.calls) == (field, [])
    assert caught.value.zh
    assert caught.value.en


def test_base64_is_a_good_attachment(client: ChannelClient) -> None:
    assert client.prepare(payment(attach="eyJhIjoxfQ==")).wire["txnTime"] == ORDER_TIME


def test_a_lost_reply(client: ChannelClient, script: Script) -> None:
    script.answers = [TransportFailure("ReadTimeout", maybe_sent=True)]
    result = client.payout(PAYOUT)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_LOST")
