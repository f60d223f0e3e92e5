"""Payment codes by API v2: the published signature, XML both ways, a payer who waits, and what is refused."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.wechat import WechatMock
from mocks.wechat.v2 import signature
from mocks.wire import MockRequest
from payment_channels.codec.xml import parse

Ask = Callable[..., dict[str, str]]


@pytest.fixture(params=["MD5", "HMAC-SHA256"])
def ask(wechat: WechatMock, merchant: Any, request: pytest.FixtureRequest) -> Ask:
    """A merchant of API v2, written by hand."""
    key = merchant.facts["apiv2_key"]

    def sign(values: dict[str, str]) -> str:
        text = "&".join(f"{name}={value}" for name, value in sorted(values.items()) if value and name != "sign") + f"&key={key}"
        if request.param == "MD5":
            return hashlib.md5(text.encode()).hexdigest().upper()  # noqa: S324  the channel's choice
        return hmac.new(key.encode(), text.encode(), "sha256").hexdigest().upper()

    def ask(path: str, fault: Any = None, **values: str) -> dict[str, str]:
        asked = {
            "appid": merchant.facts["appid"],
            "mch_id": merchant.facts["mchid"],
            "nonce_str": "x",
            "sign_type": request.param,
        } | values
        asked = {"sign": sign(asked)} | asked
        body = "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in asked.items()) + "</xml>"
        reply = wechat.handle(MockRequest("POST", path, "", {}, body.encode()), fault)
        assert reply.status == 200
        answer = parse(reply.body).flat()
        if "sign" in answer and fault is None:
            assert answer["sign"] == sign(answer)
        return answer

    return ask


def micropay(ask: Ask, number: str = "micro1", **changes: Any) -> dict[str, str]:
    values = {
        "body": "测试 & <商品>",
        "out_trade_no": number,
        "total_fee": "88",
        "spbill_create_ip": "127.0.0.1",
        "auth_code": "130061098828009406",
    }
    return ask("/pay/micropay", **values | changes)


def test_the_official_signatures(wechat_vectors: dict[str, Any]) -> None:
    vector = wechat_vectors["wx-v2-sign"]
    assert signature(vector["params"], vector["key"], "MD5") == vector["md5"]
    assert signature(vector["params"], vector["key"], "HMAC-SHA256") == vector["hmac_sha256"]


def test_paid_at_once_queried_and_reversed(wechat: WechatMock, merchant: Any, ask: Ask, clock: Clock) -> None:
    paid = micropay(ask)
    assert (paid["result_code"], paid["trade_type"], paid["total_fee"]) == ("SUCCESS", "MICROPAY", "88")
    assert micropay(ask)["err_code"] == "ORDERPAID"
    assert micropay(ask, total_fee="89")["err_code"] == "OUT_TRADE_NO_USED"
    for by in ({"out_trade_no": "micro1"}, {"transaction_id": paid["transaction_id"]}):
        told = ask("/pay/orderquery", **by)
        assert (told["trade_state"], told["transaction_id"]) == ("SUCCESS", paid["transaction_id"])
    assert merchant.query("micro1").json["trade_type"] == "MICROPAY"  # v3 sees the same order
    assert ask("/secapi/pay/reverse", out_trade_no="micro1")["err_code"] == "INVALID_REQUEST"  # not in the first fifteen seconds
    clock.advance(15)
    assert ask("/secapi/pay/reverse", out_trade_no="micro1")["recall"] == "N"
    assert ask("/secapi/pay/reverse", out_trade_no="micro1")["result_code"] == "SUCCESS"
    assert ask("/pay/orderquery", out_trade_no="micro1")["trade_state"] == "REVOKED"
    assert micropay(ask)["err_code"] == "ORDERREVERSED"
    assert wechat.books()["sums"]["received"] == 0


def test_a_payer_who_waits(wechat: WechatMock, ask: Ask) -> None:
    waits = micropay(ask, body="MOCK:USERPAYING")
    assert (waits["return_code"], waits["result_code"], waits["err_code"]) == ("SUCCESS", "FAIL", "USERPAYING")
    assert waits["err_code_des"] == "需要用户输入支付密码"
    assert ask("/pay/orderquery", out_trade_no="micro1")["trade_state"] == "USERPAYING"
    wechat.control("orders", "micro1", "pay", {})
    assert ask("/pay/orderquery", out_trade_no="micro1")["trade_state"] == "SUCCESS"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total_fee": ""}, "LACK_PARAMS"),
        ({"total_fee": "0"}, "PARAM_ERROR"),
        ({"total_fee": "1.00"}, "PARAM_ERROR"),
        ({"fee_type": "USD"}, "PARAM_ERROR"),
        ({"auth_code": "280061098828009406"}, "AUTH_CODE_INVALID"),
        ({"appid": "wx0"}, "APPID_MCHID_NOT_MATCH"),
        ({"mch_id": "1"}, "MCHID_NOT_EXIST"),
        ({"body": "MOCK:SYSTEMERROR"}, "SYSTEMERROR"),
    ],
)
def test_what_is_wrong_is_refused(wechat: WechatMock, ask: Ask, changes: dict[str, str], code: str) -> None:
    refused = micropay(ask, **changes)
    assert (refused["return_code"], refused["result_code"], refused["err_code"]) == ("SUCCESS", "FAIL", code)
    assert wechat.books()["orders"] == []


def test_what_is_unknown(ask: Ask) -> None:
    assert ask("/pay/orderquery", out_trade_no="none")["err_code"] == "ORDERNOTEXIST"
    assert ask("/secapi/pay/reverse", out_trade_no="none")["err_code"] == "TRADE_ERROR"


def test_a_bad_signature_is_told_off_and_explained(wechat: WechatMock, ask: Ask) -> None:
    assert micropay(ask, sign="x") == {"return_code": "FAIL", "return_msg": "签名错误"}
    reply = wechat.handle(
        MockRequest("POST", "/pay/micropay", "", {}, b"<xml><auth_code>130061098828009406</auth_code><sign>x</sign></xml>")
    )
    assert parse(reply.body).flat() == {"return_code": "FAIL", "return_msg": "签名错误"}
    assert "130061098828009406" not in str(reply.note)
    for body in (b"", b"{}", b"<!DOCTYPE x><xml/>"):
        reply = wechat.handle(MockRequest("POST", "/pay/micropay", "", {}, body))
        assert parse(reply.body).flat()["return_msg"] == "XML格式错误"
    assert wechat.handle(MockRequest("POST", "/pay/nothing")).status == 404


def test_faults_speak_xml(wechat: WechatMock, ask: Ask, fault: Any) -> None:
    assert micropay(ask, fault=fault("next_code", code="BANKERROR"))["err_code"] == "BANKERROR"
    assert wechat.books()["orders"] == []
    micropay(ask)
    assert ask("/pay/orderquery", fault("unknown_state"), out_trade_no="micro1")["trade_state"] == "MOCK_STATE"
    assert "sign" not in ask("/pay/orderquery", fault("unsigned"), out_trade_no="micro1")
