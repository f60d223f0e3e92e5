"""Payments of Alipay against literal answers of the documented forms: what is sent, and what is made of the answers."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from error_codes import NextAction
from payment_channels import (
    CancelOrder,
    ChannelClient,
    CloseOrder,
    EvidenceKind,
    HandOver,
    HttpReply,
    InvokeClient,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentQuery,
    Phase,
    ShowQrCode,
    SubmitForm,
    TransportFailure,
    Wallet,
    WalletIdKind,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import NUMBER, Gateway, Issued, content, new_key, order, private_pem, sent, sign
from tests.conftest import NOW, Script, scripted

QUERY, PAY = "alipay.trade.query", "alipay.trade.pay"
TRADE_NO = "2024081822001462580500123456"
PAID = {
    "code": "10000",
    "msg": "Success",
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "88.88",
    "buyer_pay_amount": "80.88",
    "receipt_amount": "88.80",
    "send_pay_date": "2026-06-01 20:00:00",
    "buyer_user_id": "2088102114562585",
    "passback_params": "a",
}
CODE = PaymentCode(code="281234567890123456")


def asked(**changes: Any) -> PaymentQuery:
    return PaymentQuery.of(order()).model_copy(update=changes)


def verify(params: dict[str, str], authorities: dict[str, Issued]) -> None:
    """The signature, by the rule of the page and without the SDK's codec."""
    text = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "sign")
    key = authorities["app"].key.public_key()
    key.verify(base64.b64decode(params["sign"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_precreate(client: ChannelClient, script: Script, certified: Gateway, authorities: dict[str, Issued]) -> None:
    reply = certified.succeeds("alipay.trade.precreate", out_trade_no=NUMBER, qr_code="https://qr.alipay.com/bavh4wjlxf12tper3a")
    script.answers = [reply]
    result = client.pay(
        order(attach="a", store_id="S1", device_id="T1", expires_at=NOW + timedelta(hours=1), channel_fields={"body": "b"})
    )
    assert (result.outcome, result.phase, result.canonical) == (Outcome.PENDING, Phase.AWAITING_PAYER, "PAYMENT_AWAITING_PAYER")
    assert result.payer_action == ShowQrCode(
        content="https://qr.alipay.com/bavh4wjlxf12tper3a", valid_until=NOW + timedelta(hours=2)
    )
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://openapi.alipay.com/gateway.do")
    assert dict(call.headers)["Content-Type"] == "application/x-www-form-urlencoded;charset=utf-8"
    params = sent(call)
    verify(params, authorities)
    assert {name: text for name, text in params.items() if name not in {"sign", "biz_content"}} == {
        "app_id": "2021000122671080",
        "method": "alipay.trade.precreate",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-06-01 20:00:00",
        "version": "1.0",
        "app_cert_sn": authorities["app"].sn,
        "alipay_root_cert_sn": authorities["root"].sn,
        "notify_url": "https://example.com/notify",
    }
    assert content(call) == {
        "out_trade_no": NUMBER,
        "total_amount": "88.88",
        "subject": "Iphone6 16G 测试",
        "product_code": "QR_CODE_OFFLINE",
        "body": "b",
        "time_expire": "2026-06-01 21:00:00",
        "passback_params": "a",
        "store_id": "S1",
        "terminal_id": "T1",
    }


def test_create(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [certified.succeeds("alipay.trade.create", out_trade_no=NUMBER, trade_no=TRADE_NO)]
    buyer = Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)
    result = client.pay(order("create", payer=buyer, payer_ip="14.23.150.211"))
    assert (result.outcome, result.channel_order_id) == (Outcome.PENDING, TRADE_NO)
    assert result.payer_action == InvokeClient(function="tradePay", parameters={"tradeNO": TRADE_NO})
    assert content(script.calls[0]) == {
        "out_trade_no": NUMBER,
        "total_amount": "88.88",
        "subject": "Iphone6 16G 测试",
        "buyer_id": "2088102114562585",
        "product_code": "JSAPI_PAY",
        "business_params": {"mc_create_trade_ip": "14.23.150.211"},
    }
    script.answers = [certified.succeeds("alipay.trade.create", out_trade_no=NUMBER, trade_no=TRADE_NO)]
    client.pay(order("create", payer=Wallet(wallet_id="074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5")))
    assert content(script.calls[1])["buyer_open_id"] == "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"


@pytest.mark.parametrize(
    ("code", "scene"), [("281234567890123456", "bar_code"), ("fp05f7f98d6ddcb8c17f8b0a9dbf7a2a6fe", "security_code")]
)
def test_a_payment_code_is_one_call(client: ChannelClient, script: Script, certified: Gateway, code: str, scene: str) -> None:
    """10003: pending with a time to query after, and no poll inside."""
    script.answers = [
        certified.says(
            PAY, {"code": "10003", "msg": "order success pay inprocess", "out_trade_no": NUMBER, "total_amount": "88.88"}
        )
    ]
    result = client.pay(order("bar_code", payer=PaymentCode(code=code)))
    assert (result.product, result.amounts.order) == ("bar_code", Money(8888)), "an answer that is taken tells all it has"
    assert (result.outcome, result.canonical, result.retry_after) == (Outcome.PENDING, "PAYER_AUTHENTICATING", 5)
    assert len(script.calls) == 1
    told = content(script.calls[0])
    assert (told["scene"], told["auth_code"], told["product_code"]) == (scene, code, "FACE_TO_FACE_PAYMENT")


def test_a_payment_code_that_was_accepted_is_confirmed_by_a_query(
    client: ChannelClient, script: Script, certified: Gateway
) -> None:
    """10000 says that the call went well: a debit may still roll back (open/00f7ns)."""
    script.answers = [certified.says(PAY, {**PAID, "gmt_payment": "2026-06-01 20:00:00"})]
    result = client.pay(order("bar_code", payer=CODE))
    assert (result.outcome, result.next_action, result.retry_after) == (Outcome.PENDING, NextAction.QUERY_THEN_DECIDE, 5)
    assert (result.channel_order_id, result.amounts.order) == (TRADE_NO, Money(8888))


@pytest.mark.parametrize(
    ("code", "sub_code", "outcome", "canonical"),
    [
        ("20000", "isp.unknow-error", Outcome.UNKNOWN, "CHANNEL_UNAVAILABLE"),
        ("20000", "ACQ.SYSTEM_ERROR", Outcome.UNKNOWN, "CHANNEL_SYSTEM_ERROR"),
        ("40004", "ACQ.SYSTEM_ERROR", Outcome.UNKNOWN, "CHANNEL_SYSTEM_ERROR"),
        ("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH", Outcome.FAILED, "PAYER_FUNDS_INSUFFICIENT"),
        ("40004", "ACQ.NEVER_SEEN", Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ("40002", "isv.invalid-signature", Outcome.FAILED, "SIGNATURE_INVALID"),
        ("77777", "", Outcome.UNKNOWN, "UNMAPPED_CODE"),
    ],
)
def test_refusals(
    client: ChannelClient, script: Script, certified: Gateway, code: str, sub_code: str, outcome: Outcome, canonical: str
) -> None:
    script.answers = [certified.refuses(PAY, sub_code, code=code, out_trade_no=NUMBER)]
    result = client.pay(order("bar_code", payer=CODE))
    assert (result.outcome, result.canonical) == (outcome, canonical)
    assert (result.raw.where, result.raw.code, result.raw.sub_code) == ("code", code, sub_code)


def test_a_refusal_of_another_order_says_nothing_of_ours(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [certified.refuses(PAY, "ACQ.BUYER_BALANCE_NOT_ENOUGH", out_trade_no="another")]
    result = client.pay(order("bar_code", payer=CODE))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


def test_what_echoes_the_request_is_not_repeated(client: ChannelClient, script: Script, certified: Gateway) -> None:
    echo = f"验签字符串：app_id=1&biz_content={CODE.code}"
    script.answers = [certified.refuses(PAY, "isv.invalid-signature", code="40002", sub_msg=echo)]
    result = client.pay(order("bar_code", payer=CODE))
    assert result.raw.message == "Business Failed"
    assert CODE.code not in f"{result!r}"


@pytest.mark.parametrize("product", ["page", "wap"])
def test_forms_are_handed_over(client: ChannelClient, script: Script, authorities: dict[str, Issued], product: str) -> None:
    """Nothing was sent, and it can be paid: pending, with evidence that says so."""
    extra = {"quit_url": "https://example.com/quit"} if product == "wap" else {}
    result = client.pay(order(product, return_url="https://example.com/back", channel_fields=extra))
    assert script.calls == []
    assert (result.outcome, result.phase, result.evidence.kind) == (
        Outcome.PENDING,
        Phase.AWAITING_PAYER,
        EvidenceKind.HANDED_TO_PAYER,
    )
    form = result.payer_action
    assert isinstance(form, SubmitForm)
    assert (form.action, form.method) == ("https://openapi.alipay.com/gateway.do?charset=utf-8", "POST")
    verify(dict(form.fields), authorities)
    assert (form.fields["method"], form.fields["return_url"]) == (f"alipay.trade.{product}.pay", "https://example.com/back")
    code = {"page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}[product]
    assert f'"product_code":"{code}"' in form.fields["biz_content"]


def test_an_app_is_handed_a_text(client: ChannelClient, script: Script, authorities: dict[str, Issued]) -> None:
    result = client.pay(order("app"))
    assert script.calls == []
    assert (result.outcome, result.evidence.kind) == (Outcome.PENDING, EvidenceKind.HANDED_TO_PAYER)
    assert isinstance(result.payer_action, HandOver)
    params = dict(parse_qsl(result.payer_action.text, strict_parsing=True))
    verify(params, authorities)
    assert params["method"] == "alipay.trade.app.pay"
    assert '"product_code":"QUICK_MSECURITY_PAY"' in params["biz_content"]


def test_a_paid_order_is_read_whole(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [certified.says(QUERY, PAID)]
    result = client.query(asked())
    assert content(script.calls[0]) == {"out_trade_no": NUMBER}
    assert (result.outcome, result.canonical, result.phase) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED", Phase.FINAL)
    assert (result.merchant_order_id, result.channel_order_id, result.attach) == (NUMBER, TRADE_NO, "a")
    assert (result.amounts.order, result.amounts.payer, result.amounts.settled) == (Money(8888), Money(8088), Money(8880))
    assert result.paid_at is not None
    assert result.paid_at.isoformat() == "2026-06-01T20:00:00+08:00"
    assert (result.raw.where, result.raw.code) == ("trade_status", "TRADE_SUCCESS")
    assert result.payer_id == "2088102114562585"
    assert "2088102114562585" not in repr(result)


def test_a_query_by_the_channels_id(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [certified.says(QUERY, PAID)]
    result = client.query(PaymentQuery(channel_order_id=TRADE_NO, amount=Money(8888)))
    assert content(script.calls[0]) == {"trade_no": TRADE_NO}
    assert result.outcome is Outcome.SUCCEEDED


UNPAID = {"send_pay_date": None, "buyer_pay_amount": "0.00", "receipt_amount": "0.00"}
NAMELESS = (Outcome.UNKNOWN, "REPLY_MISMATCH")
UNREADABLE = (Outcome.UNKNOWN, "REPLY_UNREADABLE")


@pytest.mark.parametrize(
    ("change", "outcome", "canonical"),
    [
        ({"trade_status": "TRADE_SUCCESS"}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"trade_status": "TRADE_FINISHED"}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"trade_status": "WAIT_BUYER_PAY"}, Outcome.PENDING, "PAYMENT_AWAITING_PAYER"),
        ({"trade_status": "TRADE_CLOSED"}, Outcome.REVERSED, "PAYMENT_REVERSED"),
        ({"trade_status": "TRADE_CLOSED", **UNPAID}, Outcome.FAILED, "PAYMENT_CLOSED_UNPAID"),
        ({"trade_status": "TRADE_CLOSED", "send_pay_date": None}, Outcome.UNKNOWN, "ORDER_CLOSED_OR_REFUNDED"),
        (
            {"trade_status": "TRADE_CLOSED", "send_pay_date": None, "buyer_pay_amount": None},
            Outcome.UNKNOWN,
            "ORDER_CLOSED_OR_REFUNDED",
        ),
        ({"trade_status": "TRADE_CLOSED", **UNPAID, "receipt_amount": "odd"}, Outcome.UNKNOWN, "ORDER_CLOSED_OR_REFUNDED"),
        ({"trade_status": "TRANSCENDED"}, Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ({"trade_status": None}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"total_amount": "0.01"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"total_amount": "8888"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"total_amount": "88.888"}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"total_amount": 88.88}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"total_amount": None}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"trans_currency": "USD"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"trans_currency": "yuan"}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"trans_currency": 840}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"trans_currency": ["USD"]}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"trans_currency": None}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"trade_status": "TRADE_CLOSED", **UNPAID, "send_pay_date": "2026/06/01 20:00:00"}, *UNREADABLE),
        ({"trade_status": "TRADE_CLOSED", **UNPAID, "send_pay_date": 0}, *UNREADABLE),
        ({"trade_status": "TRADE_CLOSED", "send_pay_date": 1780315200}, *UNREADABLE),
        ({"trade_status": "TRADE_CLOSED", **UNPAID, "send_pay_date": [""]}, *UNREADABLE),
        ({"trade_status": "TRADE_CLOSED", **UNPAID, "send_pay_date": ""}, Outcome.FAILED, "PAYMENT_CLOSED_UNPAID"),
        ({"trade_status": ["TRADE_SUCCESS"]}, *UNREADABLE),
        ({"out_trade_no": 100}, *UNREADABLE),
        ({"trade_no": 2024081822001462580500123456}, *UNREADABLE),
        ({"send_pay_date": 0}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"out_trade_no": "another"}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"out_trade_no": None, "trade_no": None}, *NAMELESS),
        ({"out_trade_no": None, "trade_no": None, "trade_status": "TRADE_CLOSED"}, *NAMELESS),
        ({"out_trade_no": None, "trade_no": None, "trade_status": "TRADE_CLOSED", **UNPAID}, *NAMELESS),
        ({"out_trade_no": "", "trade_no": "", "trade_status": "TRADE_CLOSED", **UNPAID}, *NAMELESS),
        ({"out_trade_no": None, "trade_status": "TRADE_CLOSED", **UNPAID}, *NAMELESS),
        ({"trade_no": None, "trade_status": "TRADE_CLOSED", **UNPAID}, Outcome.FAILED, "PAYMENT_CLOSED_UNPAID"),
        ({"code": None}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"send_pay_date": "yesterday", "buyer_pay_amount": "odd", "buyer_user_id": 7}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
        ({"a_new_field": {"of": ["any", "form"]}}, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"),
    ],
)
def test_states(
    client: ChannelClient, script: Script, certified: Gateway, change: dict[str, Any], outcome: Outcome, canonical: str
) -> None:
    script.answers = [certified.says(QUERY, {**PAID, **change})]
    result = client.query(asked())
    assert (result.outcome, result.canonical) == (outcome, canonical)
    if change == {"send_pay_date": 0}:
        assert result.paid_at is None, "a number is no time of 1970"


def test_a_code_that_nobody_scanned_is_not_found_and_stays_payable(
    client: ChannelClient, script: Script, certified: Gateway
) -> None:
    script.answers = [
        certified.refuses(QUERY, "ACQ.TRADE_NOT_EXIST"),
        certified.refuses("alipay.trade.close", "ACQ.TRADE_NOT_EXIST"),
    ]
    result = client.query(asked())
    assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND", False)
    assert result.not_found_conclusive_after is None, "no page says how long a quiet period would have to be"
    assert client.close(CloseOrder(merchant_order_id=NUMBER)).outcome is Outcome.UNKNOWN


def test_close(client: ChannelClient, script: Script, certified: Gateway) -> None:
    close = "alipay.trade.close"
    script.answers = [
        certified.succeeds(close, out_trade_no=NUMBER, trade_no=TRADE_NO),
        certified.succeeds(close, out_trade_no="another"),
        certified.succeeds(close),
        certified.refuses(close, "ACQ.TRADE_STATUS_ERROR"),
        certified.succeeds(close, out_trade_no=NUMBER, trade_no=5),
        certified.succeeds(close, out_trade_no=NUMBER, action=["refund"]),
        certified.succeeds(close, out_trade_no=NUMBER, trade_status=["TRADE_SUCCESS"]),
    ]
    told = [client.close(CloseOrder(merchant_order_id=NUMBER)).outcome for _ in range(7)]
    assert told == [Outcome.SUCCEEDED, *[Outcome.UNKNOWN] * 6]


@pytest.mark.parametrize(
    ("fields", "outcome", "action"),
    [
        ({"action": "close", "retry_flag": "N", "trade_no": TRADE_NO}, Outcome.REVERSED, NextAction.STOP),
        ({"action": "refund", "retry_flag": "N", "trade_no": TRADE_NO}, Outcome.REVERSED, NextAction.STOP),
        ({"action": "refund", "retry_flag": "Y", "trade_no": TRADE_NO}, Outcome.UNKNOWN, NextAction.RETRY_SAME_ID),
        ({"retry_flag": "Y"}, Outcome.UNKNOWN, NextAction.RETRY_SAME_ID),
        ({"retry_flag": "N"}, Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE),
        ({}, Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE),
        ({"action": "vanish", "retry_flag": "N"}, Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE),
        ({"action": "refund", "retry_flag": ["Y"]}, Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE),
        ({"action": "refund", "trade_no": 7}, Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE),
        ({"action": "refund", "retry_flag": "N", "out_trade_no": "another"}, Outcome.UNKNOWN, NextAction.ESCALATE),
    ],
)
def test_cancel(
    client: ChannelClient, script: Script, certified: Gateway, fields: dict[str, Any], outcome: Outcome, action: NextAction
) -> None:
    script.answers = [certified.succeeds("alipay.trade.cancel", **{"out_trade_no": NUMBER, **fields})]
    original = OriginalPayment(merchant_order_id=NUMBER, amount=Money(8888), product="bar_code")
    result = client.cancel(CancelOrder(ordered_at=NOW, original=original))
    assert content(script.calls[0]) == {"out_trade_no": NUMBER}
    assert (result.outcome, result.next_action) == (outcome, action)


def test_lost_and_broken_answers(client: ChannelClient, script: Script, certified: Gateway) -> None:
    good = certified.says(QUERY, PAID)
    answers: list[HttpReply | Exception] = [
        TransportFailure("ReadTimeout", maybe_sent=True),
        HttpReply(502, {}, b"<html>Bad Gateway</html>"),
        HttpReply(500, {}, good.body),
        HttpReply(404, {}, good.body),
        HttpReply(200, {}, b"<html>\xb4\xed\xce\xf3</html>"),
        HttpReply(200, {}, good.body[: len(good.body) // 2]),
        HttpReply(200, {}, b""),
        HttpReply(200, {}, certified.body("alipay.trade.pay", b'{"code":"10000"}')),
    ]
    script.answers = list(answers)
    for _ in answers:
        assert client.query(asked()).outcome is Outcome.UNKNOWN


def rewritten(reply: HttpReply) -> HttpReply:
    """The last letter before base64's filling has four bits that decode to nothing; the genuine text has them 0."""
    letter = {b"A": b"B", b"Q": b"R", b"g": b"h", b"w": b"x"}
    head, last, rest = reply.body.rpartition(b"==")
    return HttpReply(reply.status, reply.headers, head[:-1] + letter[head[-1:]] + last + rest)


FORGERIES: dict[str, Any] = {
    "unsigned": lambda gateway: gateway.says(QUERY, PAID, signed=False),
    "another amount": lambda gateway: HttpReply(200, {}, gateway.says(QUERY, PAID).body.replace(b"88.88", b"88.89", 1)),
    "one space more": lambda gateway: HttpReply(200, {}, gateway.says(QUERY, PAID).body.replace(b'{"code"', b'{ "code"', 1)),
    "another key": lambda gateway: Gateway(new_key(), gateway.sn).says(QUERY, PAID),
    "no base64": lambda gateway: HttpReply(200, {}, gateway.says(QUERY, PAID).body.replace(b'"sign":"', b'"sign":"*', 1)),
    "its signature in another way of writing": lambda gateway: rewritten(gateway.says(QUERY, PAID)),
    "an empty sign": lambda gateway: HttpReply(200, {}, gateway.body(QUERY, b"{}", signed=False)[:-1] + b',"sign":""}'),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_answer_that_does_not_verify_is_unknown(
    client: ChannelClient, script: Script, certified: Gateway, forgery: str
) -> None:
    script.answers = [FORGERIES[forgery](certified)]
    result = client.query(asked())
    assert (result.outcome, result.evidence.kind) == (Outcome.UNKNOWN, EvidenceKind.ANSWERED_NOT_VERIFIABLE)
    assert result.evidence.note


@pytest.mark.parametrize(
    ("code", "sub_code", "canonical", "outcome"),
    [
        ("40002", "isv.invalid-app-id", "APP_NOT_FOUND", Outcome.UNKNOWN),  # read, and no failure: anyone can write it
        ("40002", "isv.invalid-signature", "REPLY_NOT_VERIFIED", Outcome.UNKNOWN),
        ("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "REPLY_NOT_VERIFIED", Outcome.UNKNOWN),
        ("40004", "isv.invalid-app-id", "REPLY_NOT_VERIFIED", Outcome.UNKNOWN),
        ("10000", "isv.invalid-app-id", "REPLY_NOT_VERIFIED", Outcome.UNKNOWN),
    ],
)
def test_only_one_answer_may_come_unsigned(
    client: ChannelClient, script: Script, certified: Gateway, code: str, sub_code: str, canonical: str, outcome: Outcome
) -> None:
    """The gateway looks at app_id before anything else, and cannot sign for an application that it does not know.

    It is read and shown; but whoever can write an answer could write this one, so not even it fails anything.
    """
    body = {"code": code, "msg": "Invalid Arguments", "sub_code": sub_code, "sub_msg": "无效的AppID参数"}
    unsigned = Gateway(certified.key)
    script.answers = [
        unsigned.says(PAY, body, signed=False),
        unsigned.says(PAY, body, signed=False, name="error_response"),
    ]
    for _ in range(2):
        result = client.pay(order("bar_code", payer=CODE))
        assert (result.outcome, result.canonical) == (outcome, canonical)


def test_an_error_under_the_common_name_is_read(client: ChannelClient, script: Script, certified: Gateway) -> None:
    body = b'{"code":"40006","msg":"Insufficient Permissions","sub_code":"isv.insufficient-isv-permissions","sub_msg":"x"}'
    script.answers = [HttpReply(200, {}, certified.body(PAY, body, name="error_response"))]
    result = client.pay(order("bar_code", payer=CODE))
    assert (result.outcome, result.canonical) == (Outcome.FAILED, "PRODUCT_NOT_PERMITTED")


AES_KEY = "aa4BtZ4tspm2wnXLb1ThQA=="


def test_encrypted_contents(key_config: AlipayConfig, gateway: Gateway) -> None:
    """What is signed is the ciphertext, there and back; an error of the gateway's own comes in plain text."""

    def cipher() -> Any:
        return Cipher(algorithms.AES(base64.b64decode(AES_KEY)), modes.CBC(bytes(16)))

    def seal(plain: bytes) -> bytes:
        padded = plain + bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
        encryptor = cipher().encryptor()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize())

    plain = b'{"code":"10000","msg":"Success","out_trade_no":"order_100","qr_code":"https:\\/\\/qr.alipay.com\\/x"}'
    method = "alipay.trade.precreate"
    quoted = b'"' + seal(plain) + b'"'
    replies = [
        HttpReply(200, {}, gateway.body(method, quoted)),
        HttpReply(200, {}, gateway.body(method, quoted.replace(b"/", b"\\/"))),
        gateway.refuses(method, "isv.invalid-encrypt", code="40002"),
        HttpReply(200, {}, gateway.body(method, b'"' + seal(plain)[:-4] + b'"')),
        HttpReply(
            200, {}, b'{"alipay_trade_precreate_response":' + quoted + b',"sign":"' + sign(gateway.key, b"x").encode() + b'"}'
        ),
    ]
    script = Script(list(replies))
    with scripted(Alipay(key_config.model_copy(update={"aes_key": AES_KEY}), clock=lambda: NOW), script) as client:
        told = [client.pay(order()) for _ in replies]
    assert [one.outcome for one in told] == [Outcome.PENDING, Outcome.PENDING, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert told[0].payer_action == ShowQrCode(content="https://qr.alipay.com/x", valid_until=NOW + timedelta(hours=2))
    assert told[4].canonical == "REPLY_NOT_VERIFIED"
    params = sent(script.calls[0])
    assert params["encrypt_type"] == "AES"
    decryptor = cipher().decryptor()
    opened = decryptor.update(base64.b64decode(params["biz_content"])) + decryptor.finalize()
    assert opened.startswith(b'{"out_trade_no":"order_100"')
    text = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "sign")
    assert "encrypt_type=AES" in text


def test_key_mode(key_config: AlipayConfig, gateway: Gateway) -> None:
    """One public key, no serial numbers; a certificate that an answer names changes nothing."""
    named = Gateway(gateway.key, "0" * 32)
    script = Script([gateway.says(QUERY, PAID), named.says(QUERY, PAID), Gateway(new_key()).says(QUERY, PAID)])
    with scripted(Alipay(key_config, clock=lambda: NOW), script) as client:
        told = [client.query(asked()).outcome for _ in range(3)]
    assert told == [Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.UNKNOWN]
    assert len(script.calls) == 3
    assert not {"app_cert_sn", "alipay_root_cert_sn", "encrypt_type"} & set(sent(script.calls[0]))


def test_many_merchants_in_many_threads(key_config: AlipayConfig, gateway: Gateway) -> None:
    """Each request carries its own merchant, is signed by his key, and is answered to him: nothing is shared."""
    held = {}
    for number in range(3):
        key = new_key()
        changes = {"app_id": f"202100012267108{number}", "app_private_key": private_pem(key)}
        held[f"202100012267108{number}"] = (Alipay(key_config.model_copy(update=changes), clock=lambda: NOW), key.public_key())

    def pays(app_id: str, number: int) -> None:
        channel, key = held[app_id]
        script = Script([gateway.says(QUERY, {**PAID, "out_trade_no": f"o{number}", "total_amount": f"{number}.00"})])
        with scripted(channel, script) as client:
            result = client.query(PaymentQuery(merchant_order_id=f"o{number}", amount=Money(number * 100)))
        params = sent(script.calls[0])
        text = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "sign")
        key.verify(base64.b64decode(params["sign"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert (params["app_id"], result.outcome) == (app_id, Outcome.SUCCEEDED)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(pays, app_id, number) for number in range(1, 11) for app_id in held]
        for one in done:
            one.result()
