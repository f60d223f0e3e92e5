"""Published vectors of WeChat Pay, replayed against the adapter's signing and the codec, to the byte."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from payment_channels import Authenticity, HttpReply, Reading
from payment_channels.channels.wechat import PlatformCertificate, WechatConfig
from payment_channels.channels.wechat.line import Line
from payment_channels.channels.wechat.micropay import sign
from payment_channels.channels.wechat.signing import answer_message, authorization, invoke_message, request_message, signed
from payment_channels.codec.aead import SealBrokenError, unseal
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaOaepDecryptor, RsaSigner, RsaVerifier, private_key

Vectors = dict[str, Any]
RSA_SIGNATURES = ["wx-sign-go-source", "wx-sign-java-message"]
SEALED = ["wx-aesgcm-go", "wx-aesgcm-java-256"]
REQUESTS = ["self-request-native", "self-request-query"]
ANSWERS = ["self-response-native", "self-response-close-204"]
NOTIFICATIONS = [
    "wx-notify-go",
    "self-notify-TRANSACTION.SUCCESS",
    "self-notify-REFUND.SUCCESS",
    "self-notify-MCHTRANSFER.BILL.FINISHED",
]
DOWNLOADS = ["wx-certificates-java", "wx-certificates-go"]


def line_of(vectors: Vectors, certificate: str, now: datetime) -> Line:
    merchant = vectors["keys"]["java_merchant"]
    config = WechatConfig(
        mchid="1234567891",
        appid="wxd678efh567hg6787",
        merchant_serial_no=merchant["serial"],
        merchant_key=merchant["private_key_pem"],
        apiv3_key="k" * 32,
        platform_keys=(PlatformCertificate(pem=vectors["keys"][certificate]["certificate_pem"]),),
    )
    return Line(config, lambda: now, lambda: "n")


def finish(exchange: Any) -> Any:
    """Run an exchange that asks nothing of the world."""
    with pytest.raises(StopIteration) as stopped:
        next(exchange)
    return stopped.value.value


@pytest.mark.parametrize("name", RSA_SIGNATURES)
def test_signatures(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    signer = RsaSigner.from_pem(wechat_vectors["keys"][vector["key"]]["private_key_pem"], key_id="x")
    assert base64.b64encode(signer.sign(vector["message"].encode())).decode() == vector["signature"]
    verifier = RsaVerifier(key_id="x", key=signer.key.public_key())
    assert verifier.verify(vector["message"].encode(), base64.b64decode(vector["signature"]))
    assert not verifier.verify(vector["message"].encode() + b".", base64.b64decode(vector["signature"]))


def test_string_to_sign(wechat_vectors: Vectors) -> None:
    vector = wechat_vectors["wx-authmsg-java"]
    target = vector["url"].removeprefix("https://api.mch.weixin.qq.com")
    message = request_message(vector["method"], target, vector["timestamp"], vector["nonce"], b"")
    assert message.decode() == vector["string_to_sign"]


@pytest.mark.parametrize("name", REQUESTS)
def test_whole_requests(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    message = request_message(vector["method"], vector["path"], vector["timestamp"], vector["nonce"], vector["body"].encode())
    assert message.decode() == vector["string_to_sign"]
    line = line_of(wechat_vectors, "java_wechatpay_platform", datetime.now(UTC))
    timestamp, nonce = vector["timestamp"], vector["nonce"]
    header = finish(authorization("1234567891", line.signer, message, timestamp=timestamp, nonce=nonce))
    assert f'signature="{vector["signature"]}"' in header
    assert sorted(header.partition(" ")[2].split(",")) == sorted(vector["authorization"].partition(" ")[2].split(","))


def test_authorization_layout(wechat_vectors: Vectors) -> None:
    vector = wechat_vectors["wx-authheader-go"]
    scheme, _, fields = vector["header_layout"].partition(" ")
    line = line_of(wechat_vectors, "java_wechatpay_platform", datetime.now(UTC))
    header = finish(authorization("1234567891", line.signer, b"", timestamp=1, nonce="n"))
    assert header.startswith(scheme + " ")
    assert {field.partition("=")[0] for field in header.partition(" ")[2].split(",")} == {
        field.partition("=")[0] for field in fields.split(",")
    }


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    headers = {key.lower(): text for key, text in vector["headers"].items()}
    body = vector["body"].encode()
    assert answer_message(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body).decode() == vector["string_to_verify"]
    now = datetime.fromtimestamp(int(headers["wechatpay-timestamp"]), UTC)
    line = line_of(wechat_vectors, "java_wechatpay_platform", now)
    reply = HttpReply(status=vector.get("status", 200), headers=headers, body=body)
    forged = HttpReply(status=reply.status, headers=headers, body=body + b" ")
    read: list[Reading] = [finish(line.reading(one, "query", "http", "200")) for one in (reply, forged)]
    assert [reading.authenticity for reading in read] == [Authenticity.VERIFIED, Authenticity.NOT_VERIFIED]


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("self-paysign-jsapi", "prepay_id=wx201410272009395522657a690389285100"),
        ("self-paysign-app", "wx201410272009395522657a690389285100"),
    ],
)
def test_client_invocations(wechat_vectors: Vectors, name: str, package: str) -> None:
    vector = wechat_vectors[name]
    message = invoke_message("wxd678efh567hg6787", "1414561699", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", package)
    assert message.decode() == vector["string_to_sign"]
    line = line_of(wechat_vectors, "java_wechatpay_platform", datetime.now(UTC))
    assert finish(signed(line.signer, message)) == vector["signature"]


@pytest.mark.parametrize(("sign_type", "expected"), [("MD5", "md5"), ("HMAC-SHA256", "hmac_sha256")])
def test_the_v2_signature(wechat_vectors: Vectors, sign_type: str, expected: str) -> None:
    vector = wechat_vectors["wx-v2-sign"]
    assert sign(vector["params"], vector["key"], sign_type) == vector[expected]


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_notifications_verify_and_open(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    headers = vector["headers"]
    certificate = Certificate.from_pem(wechat_vectors["keys"][vector["platform_cert"]]["certificate_pem"])
    body = vector["body"].encode()
    message = answer_message(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], body)
    assert certificate.serial_no == headers["Wechatpay-Serial"]
    assert certificate.verifier().verify(message, base64.b64decode(headers["Wechatpay-Signature"]))
    resource = json.loads(body)["resource"]
    sealed = {"nonce": resource["nonce"], "associated_data": resource["associated_data"], "ciphertext": resource["ciphertext"]}
    assert unseal(vector["api_v3_key"].encode(), **sealed).decode() == vector["expected_plaintext"]


@pytest.mark.parametrize("name", SEALED)
def test_sealed_boxes(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    box = {"nonce": vector["nonce"], "associated_data": vector["associated_data"], "ciphertext": vector["ciphertext_b64"]}
    assert unseal(vector["api_v3_key"].encode(), **box).decode() == vector["plaintext"]
    for change in (
        {"nonce": vector["nonce"][::-1]},
        {"associated_data": "x"},
        {"ciphertext": "AAAA"},
        {"ciphertext": "no base64!"},
    ):
        with pytest.raises(SealBrokenError):
            unseal(vector["api_v3_key"].encode(), **{**box, **change})


def test_sensitive_fields(wechat_vectors: Vectors) -> None:
    vector = wechat_vectors["wx-oaep-java"]
    key = private_key(wechat_vectors["keys"][vector["key"]]["private_key_pem"])
    assert (
        RsaOaepDecryptor(key_id="x", key=key).decrypt(base64.b64decode(vector["ciphertext_b64"])).decode() == vector["plaintext"]
    )


@pytest.mark.parametrize("name", DOWNLOADS)
def test_downloaded_certificates_open(wechat_vectors: Vectors, name: str) -> None:
    vector = wechat_vectors[name]
    listed = json.loads(vector["response_body"])["data"]
    for entry, expected in zip(listed, vector["expected_certificates"], strict=False):
        sealed = entry["encrypt_certificate"]
        pem = unseal(
            vector["api_v3_key"].encode(),
            nonce=sealed["nonce"],
            associated_data=sealed["associated_data"],
            ciphertext=sealed["ciphertext"],
        )
        assert Certificate.from_pem(pem).serial_no == expected["serial_no"] == entry["serial_no"]
