"""The payment code by v2: XML, a keyed digest, its own query and reverse, and hostile XML."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from payment_channels import (
    CancelOrder,
    ChannelClient,
    HttpReply,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from payment_channels.codec.xml import MAX_DEPTH, XmlRefusedError, cdata, parse
from tests.conftest import NOW, Script, payment, scripted

KEY = "192006250b4c09247ec02edce69f6a2d"
GOOD = {
    "return_code": "SUCCESS",
    "return_msg": "OK",
    "appid": "wxd678efh567hg6787",
    "mch_id": "1900000001",
    "nonce_str": "5d2b6c2a8db53831",
    "result_code": "SUCCESS",
    "trade_type": "MICROPAY",
    "out_trade_no": "order-100",
    "transaction_id": "1008450740201411110005820873",
    "total_fee": "100",
    "cash_fee": "100",
    "fee_type": "CNY",
}


def signed(fields: dict[str, str], sign_type: str = "HMAC-SHA256", key: str = KEY) -> HttpReply:
    """An answer signed without the SDK's code."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name]) + f"&key={key}"
    digest = hashlib.md5(text.encode()) if sign_type == "MD5" else hmac.new(key.encode(), text.encode(), hashlib.sha256)  # noqa: S324
    return xml({**fields, "sign": digest.hexdigest().upper()})


def xml(fields: dict[str, str]) -> HttpReply:
    body = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return HttpReply(200, {"content-type": "text/plain"}, f"<xml>{body}</xml>".encode())


def order(**changes: Any) -> PaymentOrder:
    fields = {"merchant_order_id": "order-100", "product": "micropay", "payer": PaymentCode(code="134567890123456789")}
    return payment(**{**fields, "notify_url": None, "payer_ip": "14.23.150.211", "subject": "茶<&]]>", **changes})


@pytest.fixture(params=["HMAC-SHA256", "MD5"])
def sign_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def till(wechat_config: WechatConfig, script: Script, sign_type: str) -> Iterator[ChannelClient]:
    config = wechat_config.model_copy(update={"apiv2_key": KEY, "apiv2_sign_type": sign_type})
    with scripted(open_channel("wechat", config, clock=lambda: NOW, nonce=lambda: "N0NCE"), script) as client:
        yield client


def sent(script: Script) -> dict[str, str]:
    body = script.calls[-1].body.decode()
    return dict(re.findall(r"<(\w+)><!\[CDATA\[(.*?)\]\]></\1>", body.replace("]]]]><![CDATA[>", "⟧")))


def test_paid_at_once(till: ChannelClient, script: Script, sign_type: str) -> None:
    script.answers = [signed(GOOD, sign_type)]
    result = till.pay(order())
    assert (result.outcome, result.canonical) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    assert (result.channel_order_id, result.amounts.order) == ("1008450740201411110005820873", Money(100))
    assert script.calls[0].url.endswith("/pay/micropay")
    fields = sent(script)
    assert (fields["total_fee"], fields["auth_code"], fields["spbill_create_ip"]) == (
        "100",
        "134567890123456789",
        "14.23.150.211",
    )
    text = "&".join(f"{name}={fields[name].replace('⟧', ']]>')}" for name in sorted(fields) if name != "sign") + f"&key={KEY}"
    digest = hashlib.md5(text.encode()) if sign_type == "MD5" else hmac.new(KEY.encode(), text.encode(), hashlib.sha256)  # noqa: S324
    assert fields["sign"] == digest.hexdigest().upper()


def failure(code: str) -> dict[str, str]:
    return {
        "return_code": "SUCCESS",
        "result_code": "FAIL",
        "err_code": code,
        "err_code_des": "说明",
        "appid": GOOD["appid"],
        "mch_id": GOOD["mch_id"],
    }


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("USERPAYING", Outcome.PENDING),
        ("SYSTEMERROR", Outcome.UNKNOWN),
        ("BANKERROR", Outcome.UNKNOWN),
        ("AUTHCODEEXPIRE", Outcome.FAILED),
        ("NOTENOUGH", Outcome.FAILED),
        ("ORDERPAID", Outcome.UNKNOWN),
        ("NEVER_SEEN", Outcome.UNKNOWN),
    ],
)
def test_refusals(till: ChannelClient, script: Script, sign_type: str, code: str, outcome: Outcome) -> None:
    script.answers = [signed(failure(code), sign_type)]
    result = till.pay(order())
    assert (result.outcome, result.raw.where, result.raw.code, result.raw.message) == (outcome, "err_code", code, "说明")
    assert len(script.calls) == 1, "a waiting payer is pending, never polled for"


def test_waiting_says_when_to_query(till: ChannelClient, script: Script, sign_type: str) -> None:
    script.answers = [signed(failure("USERPAYING"), sign_type)]
    result = till.pay(order())
    assert result.retry_after is not None
    assert result.retry_after > 0


@pytest.mark.parametrize(
    "change",
    [
        {"total_fee": "1"},
        {"out_trade_no": "other"},
        {"mch_id": "1"},
        {"appid": "wxother"},
        {"total_fee": ""},
        {"total_fee": "1e2"},
    ],
)
def test_paid_and_not_ours_to_the_fen_is_unknown(
    till: ChannelClient, script: Script, sign_type: str, change: dict[str, str]
) -> None:
    script.answers = [signed({**GOOD, **change}, sign_type)]
    assert till.pay(order()).outcome is Outcome.UNKNOWN


def test_forged_unsigned_and_foreign_answers_are_unknown(till: ChannelClient, script: Script, sign_type: str) -> None:
    other = "MD5" if sign_type == "HMAC-SHA256" else "HMAC-SHA256"
    script.answers = [
        xml(GOOD),
        signed(GOOD, sign_type, key="z" * 32),
        signed(GOOD, other),
        HttpReply(200, {}, b"<html>"),
        HttpReply(502, {}, b""),
    ]
    for _ in range(5):
        assert till.pay(order()).outcome is Outcome.UNKNOWN


def test_a_return_code_of_fail_is_unsigned_as_documented_and_says_nothing(till: ChannelClient, script: Script) -> None:
    script.answers = [xml({"return_code": "FAIL", "return_msg": "签名错误"})]
    result = till.pay(order())
    assert (result.outcome, result.raw.where, result.raw.message) == (Outcome.UNKNOWN, "return_code", "签名错误")


def test_query_by_its_own_door(till: ChannelClient, script: Script, sign_type: str) -> None:
    asked = PaymentQuery.of(order())
    script.answers = [signed({**GOOD, "trade_state": state}, sign_type) for state in ("SUCCESS", "USERPAYING", "REVOKED", "X")]
    outcomes = [till.query(asked).outcome for _ in range(4)]
    assert script.calls[0].url.endswith("/pay/orderquery")
    assert outcomes == [Outcome.SUCCEEDED, Outcome.PENDING, Outcome.REVERSED, Outcome.UNKNOWN]


def test_reverse(till: ChannelClient, script: Script, sign_type: str) -> None:
    original = OriginalPayment(
        merchant_order_id="order-100", amount=Money(100), product="micropay", ordered_at=NOW - timedelta(seconds=15)
    )
    undone = {name: GOOD[name] for name in ("return_code", "result_code", "appid", "mch_id", "nonce_str")}
    script.answers = [signed({**undone, "recall": recall}, sign_type) for recall in ("N", "Y")]
    asked = CancelOrder(ordered_at=NOW, original=original)
    assert till.cancel(asked).outcome is Outcome.REVERSED
    again = till.cancel(asked)
    assert (again.outcome, again.raw.sub_code) == (Outcome.UNKNOWN, "Y"), "asked to call again, nothing is certain"
    assert script.calls[0].url.endswith("/secapi/pay/reverse")


BOMBS = {
    "entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "a file": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "a parameter entity": b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]><x/>',
    "a bare doctype": b"<!DOCTYPE x><x/>",
    "too deep": b"<x>" * (MAX_DEPTH + 1) + b"</x>" * (MAX_DEPTH + 1),
    "too large": b"<x>" + b"a" * 5_000_000 + b"</x>",
    "not closed": b"<x><y></x>",
    "nothing": b"",
    "an undefined entity": b"<x>&nope;</x>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_xml_is_refused(till: ChannelClient, script: Script, name: str) -> None:
    with pytest.raises(XmlRefusedError):
        parse(BOMBS[name])
    script.answers = [HttpReply(200, {}, BOMBS[name])]
    assert till.pay(order()).canonical == "REPLY_UNREADABLE"


def test_an_element_that_stands_twice_is_refused(till: ChannelClient, script: Script) -> None:
    script.answers = [HttpReply(200, {}, b"<xml><return_code>FAIL</return_code><return_code>SUCCESS</return_code></xml>")]
    assert till.pay(order()).outcome is Outcome.UNKNOWN


def test_cdata_survives_every_text() -> None:
    for text in ("]]>", "a]]>b]]>", "<x>&amp;", ""):
        assert parse(f"<x>{cdata(text)}</x>".encode()).text == text
