"""The Alipay mock's gate: published vectors, every refusal in its order, both modes of keys, sealed content and GBK."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from mocks.alipay import AlipayMock, certs, sealing, signing
from mocks.alipay.gateway import read
from mocks.wire import MockRequest
from payment_channels.codec.rsa import RsaSigner, RsaVerifier
from tests.mocks.alipay_app import App

VECTORS = Path(__file__).parent.parent / "vectors" / "alipay" / "alipay_vectors.json"
QUERY = "alipay.trade.query"


def loaded() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return {"keys": content["keys"], **{vector["id"]: vector for vector in content["vectors"]}}


V = loaded()
NOTICES = [
    one for one in V.values() if one.get("kind") == "async_notify" and one["params"].get("notify_type") == "trade_status_sync"
]
NUMBERS = [one for one in V.values() if one.get("kind") == "cert_sn"]


def test_a_published_request_of_the_gateway() -> None:
    vector = V["self-gateway-precreate-request"]
    body = vector["form_body"].encode()
    given = read(MockRequest("POST", "/gateway.do", "", {}, body))
    assert given == {**vector["params"], "sign": vector["sign"]}
    assert signing.gateway_string(given) == vector["string_to_sign"]
    signer = RsaSigner.from_pem(V["keys"]["app_test_key"]["private_key_pkcs1_pem"], key_id="")
    assert signing.signature(signer.key, vector["string_to_sign"].encode()) == vector["sign"]
    assert signing.verifies(RsaVerifier("", signer.key.public_key()), vector["string_to_sign"].encode(), vector["sign"])


@pytest.mark.parametrize("vector", NOTICES, ids=[one["id"] for one in NOTICES])
def test_published_notifications(vector: dict[str, Any]) -> None:
    pem = vector.get("public_key_pem") or V["keys"][vector["key"]]["public_key_pem"]
    text = signing.notice_string(vector["params"])
    assert text == vector["string_verified"]
    valid = signing.verifies(RsaVerifier.from_pem(pem, key_id=""), text.encode(), vector["params"]["sign"])
    assert valid is vector.get("expected_valid", True)


def test_published_texts_of_the_rest_protocol() -> None:
    asked, answered = V["self-v3-query-request"], V["self-v3-query-response"]
    message = signing.rest_string(asked["auth_string"], asked["method"], asked["path"], asked["body"].encode())
    assert message.decode() == asked["string_to_sign"]
    verifier = RsaVerifier.from_pem(V["keys"]["app_test_key"]["public_key_pem"], key_id="")
    assert signing.verifies(verifier, message, asked["authorization"].partition(",sign=")[2])
    assert signing.rest_string("a", "GET", "/", b"", "token") == b"a\nGET\n/\n\ntoken\n"
    headers = answered["headers"]
    message = signing.answer_string(headers["alipay-timestamp"], headers["alipay-nonce"], answered["body"].encode())
    assert message.decode() == answered["string_to_verify"]
    verifier = RsaVerifier.from_pem(V["keys"]["selfmade_platform_key"]["public_key_pem"], key_id="")
    assert signing.verifies(verifier, message, headers["alipay-signature"])


@pytest.mark.parametrize("vector", NUMBERS, ids=[one["id"] for one in NUMBERS])
def test_published_numbers_of_certificates(vector: dict[str, Any]) -> None:
    assert certs.serial(x509.load_pem_x509_certificate(vector["certificate_pem"].encode())) == vector["sn"]


def test_the_published_number_of_the_roots_passes_over_what_is_not_signed_with_rsa() -> None:
    vector = V["ali-root-sn"]
    assert certs.root_serial(vector["certificate_bundle_pem"].encode()) == vector["expected"]


def test_a_published_box() -> None:
    vector = V["ali-aes-easysdk"]
    key = base64.b64decode(vector["key_b64"])
    assert sealing.seal(key, vector["plaintext"].encode()) == vector["ciphertext_b64"]
    assert sealing.unseal(key, vector["ciphertext_b64"]).decode() == vector["plaintext"]
    for broken in ("", "***", vector["ciphertext_b64"][:-4] + "AAA="):
        with pytest.raises(sealing.BoxBrokenError):
            sealing.unseal(key, broken)


def test_answers_are_laid_out_as_the_published_ones(app: App) -> None:
    app.certified = False
    vector = V["self-gateway-query-error-response"]
    body = app.query().reply.body.decode()
    start = f'{{"{vector["response_key"]}":{vector["string_to_verify"]},"sign":"'
    assert body.startswith(start)
    assert app.verifies(vector["string_to_verify"].encode(), body.removeprefix(start).removesuffix('"}'))
    escaped = app.precreate().reply.body.decode()
    assert '"qr_code":"https:\\/\\/qr.alipay.com\\/' in escaped


@pytest.mark.parametrize("placement", ["split", "query", "form"])
def test_parameters_are_taken_from_query_and_form_alike(app: App, placement: str) -> None:
    app.placement = placement
    assert app.precreate().ok
    request = app.request("alipay.trade.precreate", app.order("order0002"))
    assert app.send(MockRequest("GET", request.path, request.query, {}, request.body)).status == 200


def test_a_name_in_query_and_form_is_the_querys(app: App) -> None:
    request = app.request(QUERY, {"out_trade_no": "x"})
    twice = MockRequest("POST", request.path, request.query, {}, request.body + b"&method=alipay.trade.close")
    assert app.read(QUERY, app.send(twice)).code == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize("certified", [False, True])
def test_both_modes_of_keys(app: App, certified: bool) -> None:
    app.certified = certified
    answer = app.query()
    assert answer.signed
    assert ('"alipay_cert_sn":"' in answer.reply.body.decode()) is certified
    keys = list(json.loads(answer.reply.body))
    assert keys == ["alipay_trade_query_response", *(["alipay_cert_sn"] if certified else []), "sign"]


def test_the_answer_looks_as_the_real_one(app: App) -> None:
    answer = app.query()
    assert (answer.reply.status, answer.reply.headers) == (200, {"Content-Type": "text/html;charset=utf-8"})


REFUSED: list[tuple[str, dict[str, str], str, str]] = [
    ("no method", {"method": ""}, "40001", "isv.missing-method"),
    ("no app", {"app_id": ""}, "40001", "isv.missing-app-id"),
    ("another app, before the signature", {"app_id": "2021", "sign": "x"}, "40002", "isv.invalid-app-id"),
    ("no signature", {"sign": ""}, "40001", "isv.missing-signature"),
    ("no type of signature", {"sign_type": ""}, "40001", "isv.missing-signature-type"),
    ("no time", {"timestamp": ""}, "40001", "isv.missing-timestamp"),
    ("no version", {"version": ""}, "40001", "isv.missing-version"),
    ("a type without a key", {"sign_type": "RSA"}, "40002", "isv.missing-signature-config"),
    ("a type that is none", {"sign_type": "MD5"}, "40002", "isv.invalid-signature-type"),
    ("a charset that is none", {"charset": "utf-16"}, "40002", "isv.invalid-charset"),
    ("XML", {"format": "XML"}, "40002", "isv.invalid-format"),
    ("a time of another form", {"timestamp": "2026-06-01T12:00:00"}, "40002", "isv.invalid-timestamp"),
    ("a time that is none", {"timestamp": "2026-02-30 12:00:00"}, "40002", "isv.invalid-timestamp"),
    ("another version", {"version": "2.0"}, "40002", "isv.invalid-parameter"),
    ("another certificate", {"app_cert_sn": "0" * 32}, "40002", "isv.missing-signature-config"),
    ("other roots", {"alipay_root_cert_sn": "0" * 32}, "40002", "isv.missing-signature-config"),
    ("no base64", {"sign": "***"}, "40002", "isv.invalid-signature"),
    ("another signature", {"sign": base64.b64encode(b"x" * 256).decode()}, "40002", "isv.invalid-signature"),
    ("somebody's token", {"app_auth_token": "201510BB"}, "20001", "aop.invalid-app-auth-token"),
]


@pytest.mark.parametrize(("changes", "code", "sub_code"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_the_gateway_refuses(app: App, alipay: AlipayMock, changes: dict[str, str], code: str, sub_code: str) -> None:
    given = app.parameters("alipay.trade.precreate", app.order(), **changes)
    reply = alipay.handle(MockRequest("POST", "/gateway.do", urlencode(given), {}, b""))
    content = json.loads(reply.body)
    answer = content.get("alipay_trade_precreate_response") or content["error_response"]
    assert (reply.status, answer["code"], answer["sub_code"]) == (200, code, sub_code)
    assert ("sign" in content) is (sub_code != "isv.invalid-app-id")  # the one documented answer without
    assert not alipay.books()["orders"]


def test_an_unknown_method_and_content_that_is_no_object(app: App) -> None:
    assert app.ask("alipay.trade.nothing").code == "isv.invalid-method"
    for content in ("[]", "{", "1", "null", '"a"'):
        answer = app.ask(QUERY, content)
        assert (answer.code, answer.signed) == ("isv.invalid-parameter", True)


def test_a_wrong_signature_is_answered_signed_with_the_string_that_was_expected(app: App, alipay: AlipayMock) -> None:
    given = app.parameters(QUERY, {"out_trade_no": "a&b"})
    expected = "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "sign")
    answer = app.ask(QUERY, {"out_trade_no": "a&b"}, sign=app.sign(b"another"))
    assert answer.signed
    start = "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："
    assert answer.json["sub_msg"] == start + expected.replace("&", "&amp;")
    assert not alipay.books()["orders"]


def joined(given: dict[str, str], *without: str) -> str:
    return "&".join(f"{name}={given[name]}" for name in sorted(given) if name not in {"sign", *without})


MISTAKES = [
    ("sign_type is missing", lambda given: joined(given, "sign_type")),
    ("biz_content is missing", lambda given: joined(given, "biz_content")),
    ("timestamp is missing", lambda given: joined(given, "timestamp")),
    ("percent-encoded", lambda given: urlencode({name: given[name] for name in sorted(given) if name != "sign"})),
    ("another string", lambda _: "something else"),
]


@pytest.mark.parametrize(("reason", "make"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_the_log_names_the_mistake(app: App, reason: str, make: Any) -> None:
    biz = {"auth_code": "28763443825664394", "subject": "测试"}
    given = app.parameters(QUERY, biz)
    reply = app.send(app.request(QUERY, biz, sign=app.sign(make(given).encode())))
    why = reply.note["why"]
    assert reason in why["reason"]
    assert "28763443825664394" not in str(why)
    assert why["expected"].startswith("alipay_root_cert_sn=")
    assert "biz_content" not in reply.note["target"]


def test_the_log_tells_another_key_and_another_hash_apart(app: App) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    given = app.parameters(QUERY, {})
    sha1 = base64.b64encode(app.key.sign(joined(given).encode(), padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303
    assert "SHA-1" in app.send(app.request(QUERY, {}, sign=sha1)).note["why"]["reason"]
    app.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert "another key" in app.send(app.request(QUERY, {})).note["why"]["reason"]
    assert "not base64" in app.send(app.request(QUERY, {}, sign="a b")).note["why"]["reason"]


def test_content_is_sealed_on_both_ways(either: App) -> None:
    either.encrypted = True
    answer = either.precreate()
    assert answer.ok
    assert answer.json["out_trade_no"] == "order0001"
    assert b"order0001" not in answer.reply.body


def test_what_does_not_open_is_refused(app: App, alipay: AlipayMock) -> None:
    app.encrypted = True
    assert app.ask(QUERY, {}, biz_content="***").code == "isv.invalid-encrypt"
    assert app.ask(QUERY, {}, encrypt_type="DES").code == "isv.decryption-error-not-valid-encrypt-type"
    app.aes = bytes(16)
    assert app.precreate().code == "isv.invalid-encrypt"
    assert not alipay.books()["orders"]


def test_gbk_is_read_signed_and_answered(app: App) -> None:
    reply = app.send(app.request("alipay.trade.precreate", app.order(subject="测试"), charset="GBK"))
    answer = app.read("alipay.trade.precreate", reply, "gbk")
    assert (answer.ok, reply.headers["Content-Type"]) == (True, "text/html;charset=GBK")
    wrong = app.read(QUERY, app.send(app.request(QUERY, {"out_trade_no": "没有"}, charset="GBK")), "gbk")
    assert (wrong.json["sub_msg"], wrong.signed) == ("交易不存在", True)


def test_pages_answer_their_errors_as_a_page_in_gbk(app: App, alipay: AlipayMock) -> None:
    for method in ("alipay.trade.page.pay", "alipay.trade.wap.pay"):
        reply = app.send(app.request(method, app.order(), sign="eA=="))
        assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html;charset=GBK")
        assert "错误代码 invalid-signature" in reply.body.decode("gbk")
    page = app.send(app.request("alipay.trade.page.pay", app.order(product_code="FAST_INSTANT_TRADE_PAY")))
    assert (page.headers["Content-Type"], "order0001" in page.body.decode()) == ("text/html;charset=utf-8", True)
    assert alipay.books()["orders"][0]["product"] == "alipay.trade.page.pay"


def test_certificates_are_handed_out_and_rotated(app: App, alipay: AlipayMock) -> None:
    def current() -> str:
        return str(json.loads(app.query().reply.body)["alipay_cert_sn"])

    first = current()
    content = app.ask("alipay.open.app.alipaycert.download", {"alipay_cert_sn": first}).json["alipay_cert_content"]
    assert base64.b64decode(content) == (app.folder / "alipay_cert.pem").read_bytes()
    alipay.control("certificates", "alipay", "rotate", {})
    assert app.query().signed is False  # by a key that this app does not know yet
    second = current()
    fetched = app.ask("alipay.open.app.alipaycert.download", {"alipay_cert_sn": second}).json["alipay_cert_content"]
    certificate = x509.load_pem_x509_certificate(base64.b64decode(fetched))
    root = app.certificate("alipay_root_cert.pem")
    certificate.verify_directly_issued_by(root)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    app.alipay_key = key
    assert app.query().signed
    alipay.control("certificates", "alipay", "retire", {})
    assert app.ask("alipay.open.app.alipaycert.download", {"alipay_cert_sn": first}).code == "isv.invalid-parameter"
    app.certified = False
    assert app.query().signed is False  # in key mode the key of alipay_public_key.pem goes on signing
    app.__post_init__()
    assert app.query().signed


def test_a_form_reads_as_it_was_signed(app: App) -> None:
    request = app.request(QUERY, {"out_trade_no": "a+b c%&=测"})
    given = dict(parse_qsl(request.query)) | dict(parse_qsl(request.body.decode()))
    assert read(request) == given
