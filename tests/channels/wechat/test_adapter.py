"""The WeChat Pay adapter against literal answers of the documented forms: what it sends and what it makes of replies."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    ChannelClient,
    CloseOrder,
    HttpReply,
    InvalidRequestError,
    Money,
    NotSupportedError,
    OriginalPayment,
    Outcome,
    PaymentOrder,
    PaymentQuery,
    Phase,
    RefundOrder,
    RefundQuery,
    ShowQrCode,
    TransportFailure,
)
from tests.conftest import NOW, Platform, Script, payment

NUMBER = "native12177525012014070332333"
TRANSACTION = {
    "mchid": "1900000001",
    "appid": "wxd678efh567hg6787",
    "out_trade_no": NUMBER,
    "transaction_id": "1217752501201407033233368018",
    "trade_type": "NATIVE",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMC",
    "attach": "自定义数据",
    "success_time": "2018-06-08T10:34:56+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 100, "payer_total": 90, "currency": "CNY", "payer_currency": "CNY"},
}
REFUND = {
    "refund_id": "50000000382019052709732678859",
    "out_refund_no": "1217752501201407033233368018",
    "transaction_id": "1217752501201407033233368018",
    "out_trade_no": NUMBER,
    "channel": "ORIGINAL",
    "user_received_account": "招商银行信用卡0403",
    "success_time": "2020-12-01T16:18:12+08:00",
    "create_time": "2020-12-01T16:18:12+08:00",
    "status": "SUCCESS",
    "funds_account": "UNSETTLED",
    "amount": {"total": 100, "refund": 40, "payer_total": 90, "payer_refund": 36, "settlement_refund": 40, "currency": "CNY"},
}


def refund_order(**changes: Any) -> RefundOrder:
    fields: dict[str, Any] = {
        "merchant_refund_id": "1217752501201407033233368018",
        "ordered_at": NOW,
        "amount": Money(40),
        "original": OriginalPayment(merchant_order_id=NUMBER, amount=Money(100)),
        "reason": "商品已售完",
    }
    return RefundOrder(**{**fields, **changes})


def test_a_native_order_is_sent_as_documented(
    client: ChannelClient, script: Script, platform: Platform, merchant_pem: str
) -> None:
    script.answers = [platform.answers({"code_url": "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00"})]
    order = payment(
        attach="a",
        payer_ip="14.23.150.211",
        store_id="0001",
        expires_at=NOW + timedelta(hours=1),
        channel_fields={"profit_sharing": True},
    )
    result = client.pay(order)
    assert (result.outcome, result.phase, result.canonical) == (Outcome.PENDING, Phase.AWAITING_PAYER, "PAYMENT_AWAITING_PAYER")
    assert result.payer_action == ShowQrCode(content="weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00")
    assert result.raw.request_id == "08F0-1"
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://api.mch.weixin.qq.com/v3/pay/transactions/native")
    assert json.loads(call.body) == {
        "appid": "wxd678efh567hg6787",
        "mchid": "1900000001",
        "description": "Image形象店-深圳腾大-QQ公仔",
        "out_trade_no": NUMBER,
        "time_expire": "2026-06-01T21:00:00+08:00",
        "attach": "a",
        "notify_url": "https://example.com/notify",
        "amount": {"total": 100, "currency": "CNY"},
        "scene_info": {"payer_client_ip": "14.23.150.211", "store_info": {"id": "0001"}},
        "settle_info": {"profit_sharing": True},
    }
    headers = dict(call.headers)
    assert headers["Wechatpay-Serial"] == platform.serial
    assert headers["Accept"] == headers["Content-Type"] == "application/json"
    assert headers["User-Agent"]
    assert headers["Accept-Encoding"] == "identity", "what is verified is what was sent, byte for byte"
    fields = dict(re.findall(r'(\w+)="([^"]*)"', headers["Authorization"]))
    assert headers["Authorization"].startswith("WECHATPAY2-SHA256-RSA2048 ")
    message = f"POST\n/v3/pay/transactions/native\n{fields['timestamp']}\n{fields['nonce_str']}\n".encode() + call.body + b"\n"
    key: Any = serialization.load_pem_private_key(merchant_pem.encode(), password=None)
    key.public_key().verify(base64.b64decode(fields["signature"]), message, padding.PKCS1v15(), hashes.SHA256())
    assert (fields["mchid"], fields["timestamp"]) == ("1900000001", str(int(NOW.timestamp())))


def test_a_paid_order_is_read_whole(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(TRANSACTION)]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert script.calls[0].url == f"https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/{NUMBER}?mchid=1900000001"
    assert script.calls[0].body == b""
    assert (result.outcome, result.canonical, result.phase) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED", Phase.FINAL)
    assert (result.channel_order_id, result.merchant_order_id) == ("1217752501201407033233368018", NUMBER)
    assert (result.amounts.order, result.amounts.payer) == (Money(100), Money(90))
    assert result.paid_at is not None
    assert result.paid_at.isoformat() == "2018-06-08T10:34:56+08:00"
    assert (result.raw.where, result.raw.code, result.raw.message) == ("trade_state", "SUCCESS", "支付成功")
    assert result.payer_id == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    assert "oUpF8uMuAJO" not in repr(result)


def test_a_query_by_the_channels_id(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(TRANSACTION)]
    result = client.query(PaymentQuery(channel_order_id="1217752501201407033233368018", amount=Money(100)))
    assert script.calls[0].url.endswith("/v3/pay/transactions/id/1217752501201407033233368018?mchid=1900000001")
    assert result.outcome is Outcome.SUCCEEDED


def test_special_letters_of_a_number_are_encoded_before_signing(
    client: ChannelClient, script: Script, platform: Platform
) -> None:
    script.answers = [platform.answers({**TRANSACTION, "out_trade_no": "a|b*c-d_1"})]
    result = client.query(PaymentQuery(merchant_order_id="a|b*c-d_1", amount=Money(100)))
    assert "/out-trade-no/a%7Cb%2Ac-d_1?mchid=" in script.calls[0].url
    assert result.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("state", "outcome", "canonical"),
    [
        ("SUCCESS", Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ("REFUND", Outcome.SUCCEEDED, "PAYMENT_REFUNDED_IN_PART_OR_FULL"),
        ("NOTPAY", Outcome.PENDING, "PAYMENT_AWAITING_PAYER"),
        ("USERPAYING", Outcome.PENDING, None),
        ("CLOSED", Outcome.FAILED, "PAYMENT_CLOSED_UNPAID"),
        ("REVOKED", Outcome.REVERSED, "PAYMENT_REVERSED"),
        ("PAYERROR", Outcome.UNKNOWN, "PAYMENT_REFUSED"),
        ("TRANSCENDED", Outcome.UNKNOWN, "UNMAPPED_CODE"),
    ],
)
def test_states(
    client: ChannelClient, script: Script, platform: Platform, state: str, outcome: Outcome, canonical: str | None
) -> None:
    script.answers = [platform.answers({**TRANSACTION, "trade_state": state})]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert result.outcome is outcome
    if canonical:
        assert result.canonical == canonical
    assert result.raw.code == state


@pytest.mark.parametrize(
    ("change", "canonical"),
    [
        ({"amount": {"total": 1, "currency": "CNY"}}, "AMOUNT_MISMATCH"),
        ({"amount": {"total": 100, "currency": "USD"}}, "AMOUNT_MISMATCH"),
        ({"amount": {"total": 100, "currency": "yuan"}}, "REPLY_UNREADABLE"),
        ({"amount": {"total": 100.0, "currency": "CNY"}}, "REPLY_UNREADABLE"),
        ({"amount": {"total": "100", "currency": "CNY"}}, "REPLY_UNREADABLE"),
        ({"amount": None}, "AMOUNT_MISMATCH"),
        ({"amount": {}}, "AMOUNT_MISMATCH"),
        ({"out_trade_no": "another1"}, "REPLY_MISMATCH"),
        ({"mchid": "1900000002"}, "REPLY_MISMATCH"),
        ({"appid": "wxother"}, "REPLY_MISMATCH"),
        ({"trade_state": None}, "REPLY_UNREADABLE"),
        ({"out_trade_no": None}, "REPLY_UNREADABLE"),
        ({"mchid": 1900000002}, "REPLY_UNREADABLE"),
        ({"appid": ["wxother"]}, "REPLY_UNREADABLE"),
        ({"sub_mchid": 1900000109}, "REPLY_UNREADABLE"),
        ({"transaction_id": 1217752501201407033233368018}, "REPLY_UNREADABLE"),
        ({"amount": {"total": 100, "currency": 840}}, "REPLY_UNREADABLE"),
        ({"amount": {"total": 100, "currency": None}}, "REPLY_UNREADABLE"),
    ],
)
def test_a_paid_order_that_is_not_ours_to_the_fen_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, change: dict[str, Any], canonical: str
) -> None:
    script.answers = [platform.answers({**TRANSACTION, **change})]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


@pytest.mark.parametrize(
    "change",
    [
        {"a_new_field": {"of": ["any", "form"]}},
        {"success_time": "yesterday"},
        {"success_time": 0},
        {"payer": "nobody"},
        {"bank_type": 7},
        {"amount": {"total": 100, "currency": "CNY", "payer_total": "x"}},
    ],
)
def test_new_and_odd_optional_fields_do_not_cost_the_outcome(
    client: ChannelClient, script: Script, platform: Platform, change: dict[str, Any]
) -> None:
    script.answers = [platform.answers({**TRANSACTION, **change})]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert result.outcome is Outcome.SUCCEEDED
    assert (result.paid_at is None) == ("success_time" in change), "a number is no time of 1970"


def test_only_the_deciding_fields_are_needed(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"out_trade_no": NUMBER, "trade_state": "NOTPAY"})]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert (result.outcome, result.phase) == (Outcome.PENDING, Phase.AWAITING_PAYER)


def unsigned(reply: HttpReply) -> HttpReply:
    return HttpReply(reply.status, {"request-id": "x"}, reply.body)


FORGERIES: dict[str, Any] = {
    "unsigned": unsigned,
    "another body": lambda reply: HttpReply(reply.status, reply.headers, reply.body.replace(b"NOTPAY", b"SUCCESS") + b" "),
    "another nonce": lambda reply: HttpReply(reply.status, {**reply.headers, "wechatpay-nonce": "x"}, reply.body),
    "another key": lambda reply: HttpReply(reply.status, {**reply.headers, "wechatpay-serial": "PUB_KEY_ID_02"}, reply.body),
    "a probe": lambda reply: HttpReply(
        reply.status,
        {**reply.headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/" + reply.headers["wechatpay-signature"]},
        reply.body,
    ),
    "no base64": lambda reply: HttpReply(reply.status, {**reply.headers, "wechatpay-signature": "签名"}, reply.body),
    "no time": lambda reply: HttpReply(reply.status, {**reply.headers, "wechatpay-timestamp": "²³"}, reply.body),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_answer_that_does_not_verify_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, forgery: str
) -> None:
    script.answers = [FORGERIES[forgery](platform.answers(TRANSACTION))]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert result.evidence.note


@pytest.mark.parametrize(("seconds", "believed"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_the_window_is_300_seconds(
    client: ChannelClient, script: Script, platform: Platform, seconds: int, believed: bool
) -> None:
    old = Platform(platform.key, platform.serial, now=lambda: NOW + timedelta(seconds=seconds))
    script.answers = [old.answers(TRANSACTION)]
    result = client.query(PaymentQuery(merchant_order_id=NUMBER, amount=Money(100)))
    assert (result.outcome is Outcome.SUCCEEDED) is believed


def test_closing_is_204_and_signed(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [
        platform.answers(b"", status=204),
        unsigned(platform.answers(b"", status=204)),
        platform.refuses(500, "SYSTEM_ERROR"),
    ]
    asked = CloseOrder(merchant_order_id=NUMBER)
    assert client.close(asked).outcome is Outcome.SUCCEEDED
    assert script.calls[0].url.endswith(f"/v3/pay/transactions/out-trade-no/{NUMBER}/close")
    assert script.calls[0].body == b'{"mchid":"1900000001"}'
    assert client.close(asked).outcome is Outcome.UNKNOWN
    assert client.close(asked).outcome is Outcome.UNKNOWN


def test_a_refund_is_sent_and_read(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({**REFUND, "status": "PROCESSING"}), platform.answers(REFUND)]
    created = client.refund(refund_order())
    assert (created.outcome, created.canonical) == (Outcome.PENDING, "REFUND_PROCESSING")
    assert json.loads(script.calls[0].body) == {
        "out_trade_no": NUMBER,
        "out_refund_no": "1217752501201407033233368018",
        "reason": "商品已售完",
        "amount": {"refund": 40, "total": 100, "currency": "CNY"},
    }
    done = client.query_refund(RefundQuery.of(refund_order()))
    assert script.calls[1].url.endswith("/v3/refund/domestic/refunds/1217752501201407033233368018")
    assert (done.outcome, done.canonical) == (Outcome.SUCCEEDED, "REFUND_SUCCEEDED")
    assert (done.amounts.order, done.amounts.payer, done.received_by) == (Money(40), Money(36), "招商银行信用卡0403")


def test_a_refund_of_a_known_transaction_names_it_by_the_channels_id(
    client: ChannelClient, script: Script, platform: Platform
) -> None:
    script.answers = [platform.answers(REFUND)]
    original = OriginalPayment(merchant_order_id=NUMBER, channel_order_id="1217752501201407033233368018", amount=Money(100))
    assert client.refund(refund_order(original=original)).outcome is Outcome.SUCCEEDED
    body = json.loads(script.calls[0].body)
    assert body["transaction_id"] == "1217752501201407033233368018"
    assert "out_trade_no" not in body


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"refund": 41, "total": 100, "currency": "CNY"}},
        {"out_refund_no": "other"},
        {"out_trade_no": "other-number"},
        {"out_trade_no": 5},
        {"transaction_id": 5},
    ],
)
def test_a_refund_of_something_else_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, change: dict[str, Any]
) -> None:
    script.answers = [platform.answers({**REFUND, **change})]
    assert client.refund(refund_order()).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("http", "code", "outcome"),
    [
        (400, "PARAM_ERROR", Outcome.FAILED),
        (401, "SIGN_ERROR", Outcome.FAILED),
        (403, "NO_AUTH", Outcome.FAILED),
        (403, "OUT_TRADE_NO_USED", Outcome.UNKNOWN),
        (500, "SYSTEM_ERROR", Outcome.UNKNOWN),
        (503, "SERVICE_UNAVAILABLE", Outcome.UNKNOWN),
        (400, "NEVER_SEEN", Outcome.UNKNOWN),
        (500, "PARAM_ERROR", Outcome.UNKNOWN),
    ],
)
def test_refusals_of_an_order(
    client: ChannelClient, script: Script, platform: Platform, order: PaymentOrder, http: int, code: str, outcome: Outcome
) -> None:
    script.answers = [platform.refuses(http, code)]
    result = client.pay(order)
    assert result.outcome is outcome
    assert (result.raw.code, result.raw.http_status, result.raw.message, result.raw.request_id) == (code, http, "说明", "08F0-2")
    assert result.zh
    assert result.en


@pytest.mark.parametrize(
    "body", [b"", b"<html>502 Bad Gateway</html>", b"{", b"[]", b'{"message":"x"}', b'{"code":7}', b"\xff\xfe", b"null"]
)
@pytest.mark.parametrize("status", [200, 202, 204, 302, 400, 403, 404, 405, 429, 500, 502, 503])
def test_unreadable_answers_are_unknown(
    client: ChannelClient, script: Script, order: PaymentOrder, status: int, body: bytes
) -> None:
    script.answers = [HttpReply(status, {}, body)]
    result = client.pay(order)
    assert result.outcome is Outcome.UNKNOWN or (status in {400, 403, 404, 405} and not body and result.raw.where == "http")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant_order_id": "short"}, "merchant_order_id"),
        ({"merchant_order_id": "a" * 33}, "merchant_order_id"),
        ({"merchant_order_id": "order 12345"}, "merchant_order_id"),
        ({"merchant_order_id": "../../refund"}, "merchant_order_id"),
        ({"merchant_order_id": "order\n12345"}, "merchant_order_id"),
        ({"merchant_order_id": "订单号一二三四"}, "merchant_order_id"),
        ({"subject": "字" * 128}, "subject"),
        ({"notify_url": None}, "notify_url"),
        ({"notify_url": "http://example.com/n"}, "notify_url"),
        ({"notify_url": "https://example.com/n?a=1"}, "notify_url"),
        ({"notify_url": "https://example.com/" + "a" * 256}, "notify_url"),
        ({"attach": "x" * 129}, "attach"),
        ({"expires_at": NOW - timedelta(hours=1)}, "expires_at"),
        ({"payer_ip": "999.1.1.1"}, "payer_ip"),
        ({"store_id": "1"}, "payer_ip"),
        ({"channel_fields": {"no_such": 1}}, "channel_fields.no_such"),
    ],
)
def test_what_the_channel_would_refuse_is_refused_before_sending(
    client: ChannelClient, script: Script, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.pay(payment(**changes))
    assert caught.value.field == field
    assert caught.value.canonical == "REQUEST_INVALID"
    assert script.calls == []


def test_what_the_channel_cannot_do_is_refused_before_sending(client: ChannelClient, script: Script) -> None:
    for asked in (payment(product="moonbeam"), payment(amount=Money(1, "USD"))):
        with pytest.raises(NotSupportedError):
            client.pay(asked)
    assert script.calls == []


@pytest.mark.parametrize("number", ["ab/cd/efgh", "12345", "../close/x"])
def test_a_query_cannot_reach_another_path(client: ChannelClient, script: Script, number: str) -> None:
    with pytest.raises(InvalidRequestError):
        client.query(PaymentQuery(merchant_order_id=number, amount=Money(1)))
    with pytest.raises(InvalidRequestError):
        client.query(PaymentQuery(channel_order_id="1/../2", amount=Money(1)))
    assert script.calls == []


def test_a_lost_reply_is_unknown_for_every_verb(client: ChannelClient, script: Script, order: PaymentOrder) -> None:
    lost = [
        client.pay(order),
        client.query(PaymentQuery.of(order)),
        client.close(CloseOrder(merchant_order_id=NUMBER)),
        client.refund(refund_order()),
        client.query_refund(RefundQuery.of(refund_order())),
    ]
    assert {result.outcome for result in lost} == {Outcome.UNKNOWN}
    assert {result.canonical for result in lost} == {"REPLY_LOST"}
    assert len(script.calls) == len(lost), "the SDK never sends again by itself"


def test_prepared_orders_are_sent_with_the_same_content_in_a_fresh_envelope(
    client: ChannelClient, script: Script, order: PaymentOrder
) -> None:
    prepared = client.prepare(order)
    script.answers = [TransportFailure("x", maybe_sent=True)]
    client.pay(prepared)
    client.pay(type(prepared).model_validate_json(prepared.model_dump_json()))
    assert script.calls[0].body == script.calls[1].body
