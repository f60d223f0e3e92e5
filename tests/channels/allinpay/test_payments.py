"""Payments, refunds and cancellations by VSP: what is sent, and what each answer comes to."""

import json
from datetime import timedelta
from typing import Any

import pytest

from payment_channels import (
    ChannelClient,
    HandOver,
    HttpReply,
    InvalidRequestError,
    InvokeClient,
    Money,
    NotSupportedError,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    Redirect,
    RefundQuery,
    ShowQrCode,
    Wallet,
    open_channel,
)
from payment_channels.channels.allinpay.messages import MessageRefusedError, read_answer
from payment_channels.model.refusals import PaymentChannelError
from tests.channels.allinpay.conftest import (
    APPID,
    CANCEL,
    CUSID,
    EXPIRED,
    MD5_KEY,
    NONCE,
    OPENID,
    ORDER_ID,
    ORIGINAL,
    REFUND,
    TRXID,
    Platform,
    fields_of,
    md5_of,
    of_query,
    opened,
    payment,
    verified_form,
)
from tests.conftest import NOW, Script, scripted

COMMON = {"cusid": CUSID, "appid": APPID, "version": "12", "randomstr": NONCE, "signtype": "RSA"}
PLACED = {"reqsn": ORDER_ID, "trxid": TRXID, "trxstatus": "0000", "payinfo": "weixin://wxpay/bizpayurl?pr=1"}


def test_an_order_is_sent_so(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(PLACED)]
    result = client.pay(payment(attach="附言", expires_at=NOW + timedelta(minutes=30, seconds=59)))
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://vsp.allinpay.com/apiweb/unitorder/pay")
    assert verified_form(platform, call) == {
        **COMMON,
        "reqsn": ORDER_ID,
        "trxamt": "100",
        "paytype": "W01",
        "body": "一壶茶",
        "remark": "附言",
        "validtime": "30",
        "notify_url": "https://example.com/notify",
    }
    assert (result.outcome, result.canonical) == (Outcome.PENDING, "PAYMENT_AWAITING_PAYER")
    assert isinstance(result.payer_action, ShowQrCode)
    assert result.payer_action.content == PLACED["payinfo"]
    assert (result.raw.where, result.raw.code, result.channel_order_id) == ("trxstatus", "0000", TRXID)


@pytest.mark.parametrize(
    ("product", "paytype", "payinfo", "action"),
    [
        ("wechat_native", "W01", "weixin://1", ShowQrCode(content="weixin://1")),
        ("alipay_native", "A01", "https://qr.alipay.com/1", ShowQrCode(content="https://qr.alipay.com/1")),
        ("qq_native", "Q01", "https://qpay.qq.com/1", ShowQrCode(content="https://qpay.qq.com/1")),
        ("unionpay_native", "U01", "https://qr.95516.com/1", ShowQrCode(content="https://qr.95516.com/1")),
        ("wechat_jsapi", "W02", '{"appId":"wx1"}', InvokeClient(function="getBrandWCPayRequest", parameters={"appId": "wx1"})),
        ("wechat_mini_program", "W06", '{"a":"1"}', InvokeClient(function="wx.requestPayment", parameters={"a": "1"})),
        ("alipay_jsapi", "A02", '{"tradeNO":"1"}', InvokeClient(function="tradePay", parameters={"tradeNO": "1"})),
        ("alipay_app", "A03", "app_id=1&sign=2", HandOver(text="app_id=1&sign=2")),
        ("qq_jsapi", "Q02", "https://pay.example/1", Redirect(url="https://pay.example/1")),
        ("unionpay_jsapi", "U02", "https://pay.example/2", Redirect(url="https://pay.example/2")),
    ],
)
def test_each_way_to_pay(
    client: ChannelClient, script: Script, platform: Platform, product: str, paytype: str, payinfo: str, action: Any
) -> None:
    needs_payer = paytype in {"W02", "W06", "A02", "U02"}
    script.answers = [platform.answers({**PLACED, "payinfo": payinfo})]
    result = client.pay(payment(product=product, payer=OPENID if needs_payer else None))
    sent = fields_of(script.calls[0])
    assert (sent["paytype"], sent.get("acct"), sent["validtime"]) == (paytype, OPENID.wallet_id if needs_payer else None, "5")
    assert result.payer_action is not None
    assert result.payer_action.model_copy(update={"valid_until": None}) == action
    assert result.payer_action.valid_until == NOW + timedelta(minutes=5)


def test_an_order_that_is_sent_late_lapses_when_it_was_meant_to(platform: Platform, script: Script) -> None:
    """validtime counts from the moment Allinpay takes the order in; what lapsed before it was sent is not sent."""
    now = [NOW]
    channel = open_channel("allinpay", platform.config(), clock=lambda: now[0], nonce=lambda: NONCE)
    with scripted(channel, script) as client:
        prepared = client.prepare(payment())
        for seconds in (0, 61, 299):
            now[0] = NOW + timedelta(seconds=seconds)
            client.pay(prepared)
        assert [fields_of(call)["validtime"] for call in script.calls] == ["5", "4", "1"]
        now[0] = NOW + timedelta(minutes=5)
        with pytest.raises(InvalidRequestError) as refused:
            client.pay(prepared)
    assert (refused.value.field, len(script.calls)) == ("expires_at", 3)


@pytest.mark.parametrize("payinfo", ["", "{", "[]", '{"a":1}', '{"a":"\\ud800"}'])
def test_an_order_without_what_the_payer_needs_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, payinfo: str
) -> None:
    script.answers = [platform.answers({**PLACED, "payinfo": payinfo})]
    result = client.pay(payment(product="wechat_jsapi", payer=OPENID))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


def test_a_code_at_a_till(client: ChannelClient, script: Script, platform: Platform) -> None:
    """Believed at once where the answer states the amount; an answer that does not is confirmed by a query."""
    paid = {"reqsn": ORDER_ID, "trxid": TRXID, "trxstatus": "0000", "fintime": "20260601200000"}
    script.answers = [platform.answers({**paid, "initamt": "100", "trxamt": "98"}), platform.answers(paid)]
    stated, unstated = client.pay(payment(product="scan")), client.pay(payment(product="scan"))
    sent = verified_form(platform, script.calls[0])
    assert script.calls[0].url.endswith("/apiweb/unitorder/scanqrpay")
    assert sent == {**COMMON, "reqsn": ORDER_ID, "trxamt": "100", "body": "一壶茶", "authcode": "134567890123456789"}
    assert (stated.outcome, stated.amounts.order, stated.amounts.settled) == (Outcome.SUCCEEDED, Money(100), Money(98))
    assert (unstated.outcome, unstated.retry_after, len(script.calls)) == (Outcome.PENDING, 1, 2)
    script.answers = [platform.answers({**paid, "initamt": "101"})]
    assert client.pay(payment(product="scan")).canonical == "AMOUNT_MISMATCH"


@pytest.mark.parametrize("code", ["2000", "2008"])
def test_a_code_at_a_till_that_is_being_handled(client: ChannelClient, script: Script, platform: Platform, code: str) -> None:
    script.answers = [platform.answers({"reqsn": ORDER_ID, "trxstatus": code})]
    result = client.pay(payment(product="scan"))
    assert (result.outcome, result.retry_after) == (Outcome.PENDING, 10)


def test_a_paid_order_is_found(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(of_query(fee="1", trxamt="98"))]
    result = client.query(PaymentQuery.of(payment()))
    assert verified_form(platform, script.calls[0]) == {**COMMON, "reqsn": ORDER_ID}
    assert script.calls[0].url.endswith("/apiweb/unitorder/query")
    assert (result.outcome, result.merchant_order_id, result.channel_order_id) == (Outcome.SUCCEEDED, ORDER_ID, TRXID)
    assert (result.amounts.order, result.amounts.settled, result.amounts.fee) == (Money(100), Money(98), Money(1))
    assert result.paid_at is not None
    assert result.paid_at.isoformat() == "2026-06-01T20:00:01+08:00"


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"initamt": "101"}, "AMOUNT_MISMATCH"),
        ({"initamt": "", "trxamt": ""}, "AMOUNT_MISMATCH"),
        ({"initamt": "1.00"}, "REPLY_UNREADABLE"),
        ({"reqsn": "another"}, "REPLY_MISMATCH"),
        ({"reqsn": ""}, "REPLY_MISMATCH"),
        ({"trxcode": "VSP503"}, "REPLY_MISMATCH"),
        ({"cusid": "990581007426002"}, "REPLY_MISMATCH"),
        ({"appid": "00000052"}, "REPLY_MISMATCH"),
        ({"trxstatus": ""}, "REPLY_UNREADABLE"),
        ({"retcode": "FAIL"}, "REQUEST_REJECTED"),
        ({"trxstatus": "3777"}, "UNMAPPED_CODE"),
        ({"trxreserved": "a&trxamt=1"}, "REPLY_NOT_VERIFIED"),
        ({"signtype": "MD5"}, "REPLY_NOT_VERIFIED"),
    ],
)
def test_what_is_not_this_order_paid_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, changes: dict[str, str], canonical: str
) -> None:
    script.answers = [platform.answers(of_query(**changes))]
    result = client.query(PaymentQuery.of(payment()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


def test_an_order_is_found_by_allinpay_s_number_too(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(of_query()), platform.answers(of_query(trxid="112094120001088318"))]
    asked = PaymentQuery(channel_order_id=TRXID, amount=Money(100))
    assert client.query(asked).outcome is Outcome.SUCCEEDED
    assert fields_of(script.calls[0])["trxid"] == TRXID
    assert client.query(asked).canonical == "REPLY_MISMATCH"


def test_a_failure_before_the_expiry_is_not_final(client: ChannelClient, script: Script, platform: Platform) -> None:
    failed = platform.answers(of_query(trxstatus="3045", errmsg="其他错误"))
    script.answers = [failed] * 3
    early, late = client.query(PaymentQuery.of(payment())), client.query(EXPIRED)
    assert (early.outcome, early.new_id_allowed) == (Outcome.UNKNOWN, False)
    assert (late.outcome, late.new_id_allowed, late.raw.message) == (Outcome.FAILED, True, "其他错误")
    script.answers = [failed] * 4
    minute = timedelta(minutes=1)
    asked = PaymentQuery(merchant_order_id=ORDER_ID, amount=Money(100))
    known: list[dict[str, Any]] = [
        {"expires_at": NOW - 2 * minute},
        {"expires_at": NOW - minute},
        {"ordered_at": NOW - 1442 * minute},
        {"ordered_at": NOW - 1441 * minute},
    ]
    told = [client.query(asked.model_copy(update=one)).outcome for one in known]
    assert told == [Outcome.FAILED, Outcome.UNKNOWN, Outcome.FAILED, Outcome.UNKNOWN]
    script.answers = [failed]
    assert client.query(asked).outcome is Outcome.UNKNOWN


def test_not_found_is_no_failure_and_never_becomes_one(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"reqsn": ORDER_ID, "trxstatus": "1001"})]
    result = client.query(EXPIRED)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND")
    assert result.not_found_conclusive_after is None


@pytest.mark.parametrize(
    "reply",
    [
        HttpReply(200, {}, b"<html>"),
        HttpReply(200, {}, b"[]"),
        HttpReply(200, {}, b'{"retcode":"SUCCESS","trxstatus":"0000","reqsn":"a","reqsn":"b"}'),
        HttpReply(200, {}, b'{"retcode":"SUCCESS","trxamt":1.5}'),
        HttpReply(200, {}, b'{"retcode":"FAIL","retmsg":"\\ud800"}'),
        HttpReply(200, {}, b'{"retcode":"\\udfff","retmsg":"x"}'),
        HttpReply(502, {}, b"bad gateway"),
    ],
)
def test_what_cannot_be_read_is_unknown(client: ChannelClient, script: Script, reply: HttpReply) -> None:
    """Unknown, and a result that a journal can keep: half a character is none that could be written."""
    script.answers = [reply]
    result = client.pay(payment())
    assert (result.outcome, result.canonical != "SDK_DEFECT") == (Outcome.UNKNOWN, True)
    assert type(result).model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(
    "body",
    [b'{"a":"1","a":"2"}', b'{"a":1.5}', b'{"a":NaN}', b'{"a":true}', b'{"a":{}}', b"{}", b"[]", b"1", b"\xff", b"[" * 9999],
)
def test_an_answer_is_one_flat_object_of_texts(body: bytes) -> None:
    with pytest.raises(MessageRefusedError):
        read_answer(body)


def test_whole_numbers_and_nothing_are_read() -> None:
    assert read_answer(b'{"fee":1,"acct":null,"a":""}') == {"fee": "1", "acct": "", "a": ""}


def test_what_is_not_signed_by_allinpay_is_unknown(client: ChannelClient, script: Script, platform: Platform) -> None:
    unsigned = HttpReply(200, {}, b'{"retcode":"FAIL","retmsg":"no"}')
    script.answers = [unsigned, platform.answers(of_query(), key=platform.merchant)]
    first, second = client.pay(payment()), client.query(PaymentQuery.of(payment()))
    assert (first.outcome, first.canonical, first.raw.code) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED", "FAIL")
    assert (second.outcome, second.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")


def test_a_5xx_fails_nothing(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"reqsn": ORDER_ID, "trxstatus": "3099"}, status=500)]
    assert client.pay(payment()).outcome is Outcome.UNKNOWN


def test_a_refused_order_names_itself_before_it_is_believed(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"reqsn": ORDER_ID, "trxstatus": "3099"}), platform.answers({"trxstatus": "3099"})]
    named, nameless = client.pay(payment()), client.pay(payment())
    assert (named.outcome, named.new_id_allowed) == (Outcome.FAILED, False)
    assert (nameless.outcome, nameless.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


def test_md5_signs_and_verifies(platform: Platform, script: Script) -> None:
    keyed = platform.vsp(sign_type="MD5", md5_key=MD5_KEY, private_key=None, platform_key=None)
    told = {"cusid": CUSID, "retcode": "SUCCESS", **of_query(), "signtype": "MD5"}
    good = {**told, "sign": md5_of(told).upper()}
    script.answers = [HttpReply(200, {}, json.dumps(one).encode()) for one in (good, {**good, "initamt": "99"})]
    with opened(platform, script, vsp=keyed) as client:
        assert client.query(PaymentQuery.of(payment())).outcome is Outcome.SUCCEEDED
        assert client.query(PaymentQuery.of(payment())).canonical == "REPLY_NOT_VERIFIED"
    sent = fields_of(script.calls[0])
    assert sent["sign"] == md5_of({name: text for name, text in sent.items() if name != "sign"})


def test_a_refund_and_its_query(client: ChannelClient, script: Script, platform: Platform) -> None:
    told = {"reqsn": "R0000001", "trxid": "112094120001088319", "trxcode": "VSP503", "trxstatus": "0000"}
    script.answers = [platform.answers(told), platform.answers({**told, "trxamt": "40", "fintime": "20260601210000"})]
    taken = client.refund(REFUND)
    assert verified_form(platform, script.calls[0]) == {**COMMON, "reqsn": "R0000001", "trxamt": "40", "oldtrxid": TRXID}
    assert script.calls[0].url.endswith("/apiweb/unitorder/refund")
    assert (taken.outcome, taken.canonical) == (Outcome.PENDING, "REFUND_PROCESSING")
    found = client.query_refund(RefundQuery.of(REFUND))
    assert verified_form(platform, script.calls[1]) == {**COMMON, "reqsn": "R0000001"}
    assert (found.outcome, found.amounts.order, found.merchant_refund_id) == (Outcome.SUCCEEDED, Money(40), "R0000001")


@pytest.mark.parametrize(
    "changes",
    [
        {"trxcode": "VSP501"},
        {"trxcode": ""},
        {"trxcode": "VSP501", "trxstatus": "3999"},
        {"srctrxid": "112094120001088999"},
        {"srctrxid": "112094120001088999", "trxstatus": "3999"},
        {"reqsn": "R0000002"},
        {"trxamt": "41"},
        {"trxamt": ""},
    ],
)
def test_what_is_not_this_refund_is_unknown(
    client: ChannelClient, script: Script, platform: Platform, changes: dict[str, str]
) -> None:
    told = {"reqsn": "R0000001", "trxcode": "VSP503", "trxstatus": "0000", "trxamt": "40", "srctrxid": TRXID}
    script.answers = [platform.answers({**told, **changes}), platform.answers(told)]
    asked = RefundQuery.of(client.prepare(REFUND))
    assert client.query_refund(asked).outcome is Outcome.UNKNOWN
    assert client.query_refund(asked).outcome is Outcome.SUCCEEDED


def test_a_refund_by_our_own_number(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"reqsn": "R0000001", "trxstatus": "2000"})]
    nameless = OriginalPayment(merchant_order_id=ORDER_ID, amount=Money(100))
    result = client.refund(REFUND.model_copy(update={"original": nameless}))
    sent = fields_of(script.calls[0])
    assert (sent["oldreqsn"], sent.get("oldtrxid"), result.retry_after) == (ORDER_ID, None, 10)


def test_a_cancellation_and_its_query(client: ChannelClient, script: Script, platform: Platform) -> None:
    told = {"reqsn": "C0000001", "trxcode": "VSP502", "trxstatus": "0000"}
    script.answers = [platform.answers(told), platform.answers({**told, "trxamt": "100"})]
    taken = client.cancel(CANCEL)
    assert verified_form(platform, script.calls[0]) == {**COMMON, "reqsn": "C0000001", "trxamt": "100", "oldtrxid": TRXID}
    assert script.calls[0].url.endswith("/apiweb/unitorder/cancel")
    assert (taken.outcome, taken.merchant_order_id) == (Outcome.PENDING, ORDER_ID)
    assert client.query_refund(RefundQuery.of(CANCEL)).outcome is Outcome.SUCCEEDED
    script.answers = [platform.answers({**told, "trxamt": "99"}), platform.answers({**told, "reqsn": "C0000002"})]
    assert [client.cancel(CANCEL).canonical for _ in range(2)] == ["REPLY_MISMATCH", "REPLY_MISMATCH"]


def test_a_cancelled_payment_is_not_called_paid(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(of_query(trxstatus="3050"))]
    assert client.query(PaymentQuery.of(payment())).outcome is Outcome.REVERSED


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (payment(merchant_order_id="a b"), "merchant_order_id"),
        (payment(merchant_order_id="a" * 33), "merchant_order_id"),
        (payment(amount=Money(10**12)), "amount"),
        (payment(sub_merchant="1"), "sub_merchant"),
        (payment(store_id="1"), "store_id"),
        (payment(notify_url="ftp://example.com/"), "notify_url"),
        (payment(notify_url="https://example.com/?a=1"), "notify_url"),
        (payment(subject="a&trxamt=1"), "subject"),
        (payment(attach="a\nb"), "attach"),
        (payment(channel_fields={"sub_appid": 1}), "channel_fields.sub_appid"),
        (payment(product="wechat_jsapi"), "payer"),
        (payment(payer=OPENID), "payer"),
        (payment(return_url="https://example.com/back"), "return_url"),
        (payment(expires_at=NOW + timedelta(seconds=59)), "expires_at"),
        (payment(expires_at=NOW + timedelta(minutes=1441)), "expires_at"),
        (payment(product="scan", payer=None), "payer"),
        (payment(product="scan", payer=Wallet(wallet_id="a")), "payer"),
        (payment(product="scan", expires_at=NOW + timedelta(minutes=9)), "expires_at"),
        (REFUND.model_copy(update={"merchant_refund_id": "a b"}), "merchant_refund_id"),
        (REFUND.model_copy(update={"reason": "a&b"}), "reason"),
        (CANCEL.model_copy(update={"merchant_cancel_id": None}), "merchant_cancel_id"),
        (
            CANCEL.model_copy(update={"original": ORIGINAL.model_copy(update={"ordered_at": NOW - timedelta(days=2)})}),
            "original.ordered_at",
        ),
    ],
)
def test_what_is_refused_before_sending_names_its_field(client: ChannelClient, script: Script, order: Any, field: str) -> None:
    verb = {"payment": client.pay, "refund": client.refund, "cancel": client.cancel}[order.kind]
    with pytest.raises(PaymentChannelError) as refused:
        verb(order)
    assert refused.value.field == field
    assert field.rpartition(".")[2] in refused.value.zh or field == "original.ordered_at"
    assert script.calls == []


def test_what_the_capabilities_do_not_name_is_refused(client: ChannelClient) -> None:
    with pytest.raises(NotSupportedError):
        client.pay(payment(product="native"))
    with pytest.raises(InvalidRequestError):
        client.pay(payment(channel_fields={"asinfo": "1"}))


def test_a_halved_configuration_says_which_half_is_missing(platform: Platform, script: Script) -> None:
    with opened(platform, script, vsp=None) as client, pytest.raises(PaymentChannelError) as refused:
        client.pay(payment())
    assert (refused.value.field, refused.value.canonical) == ("vsp", "CONFIGURATION_INVALID")
    with opened(platform, script, vsp=None) as client, pytest.raises(PaymentChannelError) as refused:
        client.query(PaymentQuery.of(payment()))
    assert refused.value.field == "vsp"
    assert "收银宝" in refused.value.zh
    assert script.calls == []


def test_another_merchant_s_order_is_not_sent(client: ChannelClient, platform: Platform, script: Script) -> None:
    prepared = client.prepare(payment())
    assert prepared.wire == {"cusid": CUSID, "appid": APPID, "validtime": "5", "expires": "20260601200500"}
    with (
        opened(platform, script, vsp=platform.vsp(cusid="990581007426002")) as other,
        pytest.raises(InvalidRequestError) as refused,
    ):
        other.pay(prepared)
    assert refused.value.field == "wire.cusid"


def test_keys_that_cannot_be_used_are_refused(platform: Platform) -> None:
    with pytest.raises(PaymentChannelError) as refused:
        opened(platform, Script(), vsp=platform.vsp(private_key="nonsense"))
    assert refused.value.field == "vsp.private_key"
    with pytest.raises(PaymentChannelError) as refused:
        opened(platform, Script(), vsp=platform.vsp(platform_key="nonsense"))
    assert refused.value.field == "vsp.platform_key"
