"""The WeChat mock's gate: published vectors, every refusal in its order, and signatures by the key that was asked for."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from mocks.clock import Clock
from mocks.wechat import WechatKeys, WechatMock
from mocks.wechat.signing import Gate, string_to_sign, string_to_verify, verifies
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaSigner, RsaVerifier

QUERY = "/v3/pay/transactions/out-trade-no/order0001?mchid=1"


@pytest.mark.parametrize("name", ["self-request-native", "self-request-query"])
def test_published_requests_pass(wechat_vectors: dict[str, Any], keys: WechatKeys, name: str) -> None:
    vector = wechat_vectors[name]
    signer = RsaSigner.from_pem(wechat_vectors["keys"][vector["key"]]["private_key_pem"], key_id="x")
    fields = dict(part.split("=", 1) for part in vector["authorization"].split(" ", 1)[1].split(","))
    message = string_to_verify(
        vector["method"], vector["path"], str(vector["timestamp"]), vector["nonce"], vector["body"].encode()
    )
    assert message.decode() == vector["string_to_sign"]
    assert verifies(RsaVerifier("x", signer.key.public_key()), message, vector["signature"])
    assert fields["signature"].strip('"') == vector["signature"]


@pytest.mark.parametrize("name", ["wx-authmsg-java"])
def test_the_official_string_to_sign(wechat_vectors: dict[str, Any], name: str) -> None:
    vector = wechat_vectors[name]
    target = vector["url"].removeprefix("https://api.mch.weixin.qq.com")
    assert string_to_verify("GET", target, str(vector["timestamp"]), vector["nonce"], b"").decode() == vector["string_to_sign"]


@pytest.mark.parametrize("name", ["self-response-native", "self-response-close-204"])
def test_published_answers_verify(wechat_vectors: dict[str, Any], name: str) -> None:
    vector = wechat_vectors[name]
    headers, material = vector["headers"], wechat_vectors["keys"][vector["key"]]
    message = string_to_sign(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], vector["body"].encode())
    assert message.decode() == vector["string_to_verify"]
    verifier = Certificate.from_pem(material["certificate_pem"]).verifier()
    assert verifier.key_id == headers["Wechatpay-Serial"]
    assert verifies(verifier, message, headers["Wechatpay-Signature"])


@pytest.mark.parametrize("status", [200, 204])
def test_answers_are_signed_by_the_key_that_was_asked_for(keys: WechatKeys, clock: Clock, status: int) -> None:
    gate = Gate(keys, clock)
    body = b"" if status == 204 else b'{"a":1}'
    for serial, key in ((keys.public_key_id, keys.wechatpay_key), (keys.platform_certificate.serial_no, keys.platform_key)):
        for asked in (serial, None) if serial != keys.public_key_id else (serial,):
            request = MockRequest("GET", "/v3/x", headers={"wechatpay-serial": asked} if asked else {})
            headers = gate.sign(MockReply(status, {}, body), request).headers
            assert headers["Wechatpay-Serial"] == serial
            assert headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
            assert headers["Wechatpay-Timestamp"] == str(int(clock.real().timestamp()))
            message = string_to_sign(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], body)
            assert verifies(RsaVerifier(serial, key.public_key()), message, headers["Wechatpay-Signature"])


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("another time, before the signature", {"timestamp": "1", "signature": "eA=="}, "不得超过5分钟"),
    ("no time", {"timestamp": "now"}, "格式错误"),
    ("another merchant", {"mchid": "1900000001"}, "证书序列号有误"),
    ("another certificate", {"serial_no": "00" * 20}, "证书序列号有误"),
    ("no base64", {"signature": "***"}, "签名错误"),
    ("another signature", {"signature": base64.b64encode(b"x" * 256).decode()}, "签名错误"),
    ("an empty field", {"nonce_str": ""}, "格式错误"),
]


@pytest.mark.parametrize(("changes", "text"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_request_that_is_not_signed_well_is_refused_unsigned(merchant: Any, changes: dict[str, str], text: str) -> None:
    refused = merchant.ask("GET", QUERY, **changes)
    assert (refused.status, refused.code) == (401, "SIGN_ERROR")
    assert text in refused.json["message"]
    assert refused.json.keys() == {"code", "message"}
    assert "Request-ID" not in refused.reply.headers


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("/v3/pay/transactions/native", None, "签名信息错误，验签失败"),
        ("/v3/pay/transactions/native", "Bearer abc", "签名信息错误，验签失败"),
        ("/v3/refund/domestic/refunds", None, "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"),
        ("/v3/refund/domestic/refunds", "Bearer abc", "HTTP头Authorization认证类型不正确"),
        (
            "/v3/refund/domestic/refunds",
            'WECHATPAY2-SHA256-RSA2048 mchid="1"',
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》",
        ),
        (
            "/v3/refund/domestic/refunds",
            "WECHATPAY2-SHA256-RSA2048",
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》",
        ),
    ],
)
def test_another_scheme_or_form_is_refused_as_observed(wechat: WechatMock, path: str, value: str | None, text: str) -> None:
    headers = {"accept": "application/json", "user-agent": "tests"} | ({"authorization": value} if value else {})
    reply = wechat.handle(MockRequest("POST", path, "", headers, b"{}"))
    assert reply.status == 401
    assert text in reply.body.decode()
    assert ("Request-ID" in reply.headers) is path.startswith("/v3/refund")


def test_refunds_ask_for_user_agent_before_the_signature_and_payments_do_not(wechat: WechatMock) -> None:
    reply = wechat.handle(MockRequest("POST", "/v3/refund/domestic/refunds", headers={"accept": "*/*"}))
    assert (reply.status, "Http头缺少Accept或User-Agent" in reply.body.decode()) == (400, True)
    assert wechat.handle(MockRequest("POST", "/v3/pay/transactions/native")).status == 401


def test_unknown_paths_and_methods_are_answered_empty_before_anything_is_verified(wechat: WechatMock) -> None:
    for method, path, status in (("GET", "/v3/nothing", 404), ("GET", "/v3/pay/transactions/native", 405)):
        reply = wechat.handle(MockRequest(method, path))
        assert (reply.status, reply.body) == (status, b"")


def test_the_serial_of_the_merchant_may_be_in_small_letters(merchant: Any) -> None:
    assert (
        merchant.ask("GET", QUERY, serial_no=merchant.facts["merchant_serial_no"].lower()).code == "PARAM_ERROR"
    )  # past the gate


def test_a_serial_that_names_no_key_is_refused(merchant: Any) -> None:
    merchant.serial = "PUB_KEY_ID_0000"
    refused = merchant.ask("GET", QUERY)
    assert (refused.status, refused.code, refused.json["message"]) == (400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")


def test_the_window_is_five_minutes_of_real_time_whatever_the_business_time(merchant: Any, clock: Clock) -> None:
    now = int(datetime(2026, 6, 1, 4, 0, 0, tzinfo=UTC).timestamp())
    clock.advance(86400)
    for age in (-300, 0, 300):
        assert merchant.ask("GET", QUERY, timestamp=str(now + age)).code == "PARAM_ERROR"  # past the gate
    for age in (-301, 301):
        assert "5分钟" in merchant.ask("GET", QUERY, timestamp=str(now + age)).json["message"]


def test_both_modes_work_over_a_whole_payment(wechat: WechatMock, merchant: Any, keys: WechatKeys) -> None:
    for number, serial in (("order0001", keys.public_key_id), ("order0002", keys.platform_certificate.serial_no)):
        merchant.serial = serial
        assert merchant.native(number).reply.headers["Wechatpay-Serial"] == serial
        wechat.control("orders", number, "pay", {})
        assert merchant.query(number).json["trade_state"] == "SUCCESS"


MISTAKES = [
    ("the last line feed is missing", lambda text: text[:-1]),
    ("the query is missing", lambda text: text.replace("?mchid=1", "")),
    ("carriage returns", lambda text: text.replace("\n", "\r\n")),
    ("small letters", lambda text: text.replace("GET", "get")),
]


@pytest.mark.parametrize(("reason", "mistake"), MISTAKES)
def test_the_log_says_why_a_signature_does_not_verify(merchant: Any, wechat: WechatMock, reason: str, mistake: Any) -> None:
    time = str(int(merchant.now()))
    right = f"GET\n{QUERY}\n{time}\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"
    why = wechat.handle(merchant.request("GET", QUERY, signature=merchant.sign(mistake(right)))).note["why"]
    assert reason in why["reason"]
    assert why["expected"] == right
    assert why["signed"] == mistake(right)


def test_the_log_tells_another_key_and_another_string(merchant: Any, wechat: WechatMock, wechat_vectors: dict[str, Any]) -> None:
    other = RsaSigner.from_pem(wechat_vectors["keys"]["java_merchant"]["private_key_pem"], key_id="x").sign(b"x")
    why = wechat.handle(merchant.request("GET", QUERY, signature=base64.b64encode(other).decode())).note["why"]
    assert "another key" in why["reason"]
    why = wechat.handle(merchant.request("GET", QUERY, signature=merchant.sign("x"))).note["why"]
    assert "another string was signed" in why["reason"]
    assert len(why["signed_sha256"]) == 64
    assert why["given"]["signature"] != merchant.sign("x")  # masked


def test_the_log_masks_what_is_private(merchant: Any, wechat: WechatMock) -> None:
    body = '{"payer":{"auth_code":"130061098828009406","openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}'
    why = wechat.handle(merchant.request("POST", "/v3/pay/transactions/native", body, signature="eA==")).note["why"]
    assert "130061098828009406" not in str(why)
    assert "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" not in str(why)


def test_a_private_key_in_a_vector_is_the_one_of_its_certificate(wechat_vectors: dict[str, Any]) -> None:
    material = wechat_vectors["keys"]["java_wechatpay_platform"]
    if "private_key_pem" in material:
        key = serialization.load_pem_private_key(material["private_key_pem"].encode(), password=None)
        assert key.public_key() == Certificate.from_pem(material["certificate_pem"]).key
