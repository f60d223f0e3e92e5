"""The UnionPay mock's gate: published vectors, every refusal, answers by every method, and why a signature was refused."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mocks.unionpay import UnionpayMock
from mocks.unionpay.messages import read_form, written
from mocks.unionpay.signing import digest, keyed_signature, rsa_verifies, string_to_sign
from mocks.wire import MockRequest
from tests.mocks.unionpay_merchant import BACK_PATH, QUERY_PATH, Merchant, split

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "unionpay" / "unionpay.json").read_text(encoding="utf-8"))
FORM = "application/x-www-form-urlencoded"


def public_key(pem: str) -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


@pytest.mark.parametrize("vector", [one for one in VECTORS["sign"] if one["signMethod"] == "01"], ids=lambda one: one["version"])
def test_published_rsa_signatures_verify(vector: dict[str, Any]) -> None:
    text = string_to_sign(vector["fields"])
    assert text == vector["string_to_sign"]
    assert digest(vector["version"], text) == vector["digest_hex"]
    key = public_key(VECTORS["certs"]["acp_test_sign_public"]["pem"])
    assert rsa_verifies(key, vector["version"], text, vector["signature"])
    assert not rsa_verifies(key, vector["version"], text + "x", vector["signature"])
    assert not rsa_verifies(key, vector["version"], text, "no base64")


KEYED = [one for one in VECTORS["sign"] if one["signMethod"] != "01"]


@pytest.mark.parametrize("vector", KEYED, ids=lambda one: f"{one['algorithm']}-{one['secure_key'] or 'empty'}")
def test_published_keyed_signatures(vector: dict[str, Any]) -> None:
    assert keyed_signature(vector["signMethod"], string_to_sign(vector["fields"]), vector["secure_key"]) == vector["signature"]


def test_a_published_request_is_read_and_verifies() -> None:
    vector = VECTORS["verify"][0]
    fields = read_form(FORM, vector["body"].encode())
    assert fields is not None
    assert fields["signature"].startswith("Hyz31eHxPhXnXWSsquV1p/I+")
    key = public_key(VECTORS["certs"][vector["cert"]]["pem"])
    assert rsa_verifies(key, "5.0.0", string_to_sign(fields), fields["signature"])


def test_a_real_notification_verifies_with_the_certificate_it_carries() -> None:
    vector = VECTORS["verify"][1]
    fields = read_form(FORM, vector["body"].encode())
    assert fields is not None
    assert digest("5.1.0", string_to_sign(fields)) == vector["digest_hex"]
    assert rsa_verifies(public_key(fields["signPubKeyCert"]), "5.1.0", string_to_sign(fields), fields["signature"])


def test_an_answer_is_written_as_the_published_one() -> None:
    published = VECTORS["responses"][0]["body"]
    fields = dict(parse_qsl(published))
    assert sorted(written(fields).decode().split("&")) == sorted(published.split("&"))  # that one was sorted by its collector
    last = written(fields | {"signature": "x", "signPubKeyCert": "y"}).decode().split("&")
    assert [part.partition("=")[0] for part in last[-3:]] == ["certId", "signPubKeyCert", "signature"]
    assert last[:-3] == sorted(last[:-3])


@pytest.mark.parametrize(("version", "method"), [("5.1.0", "01"), ("5.1.0", "11"), ("5.1.0", "12"), ("5.0.0", "01")])
def test_every_method_is_understood_and_answered_in_kind(shop: Merchant, version: str, method: str) -> None:
    shop.version, shop.method = version, method
    assert shop.app(reqReserved="{a=1&b=2}")["respCode"] == "00"
    answer = shop.query()
    assert (answer["version"], answer["signMethod"], answer["origRespCode"]) == (version, method, "05")
    assert answer["reqReserved"] == "{a=1&b=2}"


def test_the_certificate_in_an_answer_is_written_as_the_real_one(shop: Merchant) -> None:
    reply = shop.send(shop.request(QUERY_PATH, shop.sign(shop.fields("00/00", "000000", orderId="order00001"))))
    assert reply.headers["Content-Type"] == "text/html;charset=UTF-8"
    answer = split(reply.body.decode())
    real = dict(parse_qsl(VECTORS["verify"][1]["body"]))["signPubKeyCert"]
    for pem in (real, answer["signPubKeyCert"]):
        assert pem.startswith("-----BEGIN CERTIFICATE-----\r\n")
        assert pem.endswith("\r\n-----END CERTIFICATE-----")
        assert pem.count("\n") == pem.count("\r\n")
    assert "%" not in reply.body.decode()  # nothing is encoded


GOOD = {"orderId": "order00001"}


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"version": ""}, "13", "version"),
        ({"version": "6.0.0"}, "10", "version"),
        ({"encoding": "GBK"}, "10", "encoding"),
        ({"signMethod": "02"}, "10", "signMethod"),
        ({"certId": ""}, "13", "certId"),
        ({"certId": "123"}, "11", "certId names another"),
        ({"txnType": ""}, "13", "txnType"),
        ({"txnType": "4"}, "10", "txnType"),
        ({"txnType": "01", "txnSubType": "01"}, "15", "queryTrans.do knows no"),
        ({"txnSubType": "09"}, "15", "txnSubType 09"),
        ({"bizType": "000999"}, "15", "bizType"),
        ({"accessType": "2"}, "32", "accessType"),
        ({"merId": "777290058110097"}, "31", "merId"),
        ({"merId": "7"}, "10", "merId"),
        ({"orderId": ""}, "13", "orderId"),
        ({"orderId": "order-0001"}, "10", "orderId"),
        ({"orderId": "short"}, "10", "orderId"),
        ({"txnTime": "20260631120000"}, "10", "txnTime"),
    ],
)
def test_what_is_not_right_is_refused_with_its_code_and_signed(
    unionpay: UnionpayMock, shop: Merchant, changes: dict[str, str], code: str, reason: str
) -> None:
    fields = shop.fields("00/00", "000000", **GOOD) | {"certId": shop.cert_id} | changes
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
    request = shop.request(QUERY_PATH, fields | {"signature": shop.signature(text)})
    reply = unionpay.handle(request)
    answer = split(reply.body.decode())
    assert (answer["respCode"], reply.status) == (code, 200)
    assert answer["respMsg"].endswith("]")
    assert answer["respMsg"][-9:-1].startswith("[")
    assert answer["respMsg"][-8:-1].isdecimal()
    assert shop.verified(answer)
    assert reason in reply.note["why"]["reason"]


@pytest.mark.parametrize("signature", ["", "x", "eA==", base64.b64encode(b"x" * 256).decode(), "é"])
def test_a_signature_that_is_none_is_refused_and_nothing_done(unionpay: UnionpayMock, shop: Merchant, signature: str) -> None:
    fields = shop.sign(shop.consume(channelType="08")) | {"signature": signature}
    answer = shop.ask("/gateway/api/appTransReq.do", fields, signed=False)
    assert answer["respCode"] == ("11" if signature else "13")
    assert unionpay.books()["orders"] == []


@pytest.mark.parametrize("name", ["txnAmt", "backUrl", "orderId", "reqReserved"])
def test_a_field_changed_after_signing_is_refused(unionpay: UnionpayMock, shop: Merchant, name: str) -> None:
    signed = shop.sign(shop.consume(channelType="08", reqReserved="a")) | {name: "http://127.0.0.1/2"}
    assert shop.ask("/gateway/api/appTransReq.do", signed, signed=False)["respCode"] == "11"
    assert unionpay.books()["orders"] == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("", b"version=5.1.0"),
        (FORM, b""),
        (FORM, "version=五".encode()),
        (FORM, b"version=%FF%FE"),
        (FORM, b"version=5.1.0&version=5.0.0"),
    ],
)
def test_what_is_no_form_is_refused_signed(unionpay: UnionpayMock, shop: Merchant, kind: str, body: bytes) -> None:
    reply = unionpay.handle(MockRequest("POST", BACK_PATH, "", {"content-type": kind}, body))
    answer = split(reply.body.decode())
    assert answer["respCode"] == "10"
    assert shop.verified(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", BACK_PATH, 405), ("GET", "/", 405), ("POST", "/gateway/api/batchTrans.do", 404)]
)
def test_other_paths_and_methods_are_answered_empty(unionpay: UnionpayMock, method: str, path: str, status: int) -> None:
    reply = unionpay.handle(MockRequest(method, path))
    assert (reply.status, reply.body) == (status, b"")


def test_the_mock_claims_its_paths_and_no_others(unionpay: UnionpayMock) -> None:
    owned = [path for path in ("/", BACK_PATH, "/gateway/other", "/gateway.do", "/v3/x", "/index") if unionpay.owns(path)]
    assert owned == ["/", BACK_PATH, "/gateway/other"]


def rsa_over(shop: Merchant, content: str, name: str = "sha256") -> str:
    used = hashes.SHA1() if name == "sha1" else hashes.SHA256()  # noqa: S303  the protocol's choice
    return base64.b64encode(shop.key.sign(content.encode(), padding.PKCS1v15(), used)).decode()


def hexed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _signed(change: Callable[[dict[str, str]], str]) -> Callable[[Merchant, dict[str, str]], str]:
    return lambda shop, fields: rsa_over(shop, hexed(change(fields)))


def _text(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


MISTAKES: list[tuple[str, Callable[[Merchant, dict[str, str]], str]]] = [
    ("its string was signed itself", lambda shop, fields: rsa_over(shop, _text(fields))),
    ("small letters", lambda shop, fields: rsa_over(shop, hexed(_text(fields)).upper())),
    ("not sorted", _signed(lambda fields: "&".join(f"{name}={value}" for name, value in fields.items()))),
    ("certId is missing", _signed(lambda fields: _text({name: value for name, value in fields.items() if name != "certId"}))),
    ("url-encoded", _signed(lambda fields: _text({name: quote(value, safe="") for name, value in fields.items()}))),
    ("line feed", _signed(lambda fields: _text(fields) + "\n")),
    ("signed with sha1, but version 5.1.0 wants sha256", lambda shop, fields: rsa_over(shop, hexed(_text(fields)), "sha1")),
    ("another string was signed", lambda shop, fields: rsa_over(shop, hexed("x"))),
    ("another key", lambda shop, fields: base64.b64encode(b"\x01" * 256).decode()),
    ("not base64", lambda shop, fields: "***"),
]


@pytest.mark.parametrize(("reason", "mistake"), MISTAKES, ids=[reason for reason, _ in MISTAKES])
def test_the_log_says_why_an_rsa_signature_was_refused(
    unionpay: UnionpayMock, shop: Merchant, reason: str, mistake: Callable[[Merchant, dict[str, str]], str]
) -> None:
    fields = shop.fields("00/00", "000000", orderId="order00001", reserved="{cardNumberLock=1&x=中文}") | {"certId": shop.cert_id}
    note = unionpay.handle(shop.request(QUERY_PATH, fields | {"signature": mistake(shop, fields)})).note
    assert (note["code"], note["operation"]) == ("11", "query")
    assert reason in note["why"]["reason"]
    assert note["why"]["expected"] == _text(fields).replace("{cardNumberLock=1&x=中文}", "***")


@pytest.mark.parametrize(
    ("reason", "mistake"),
    [
        ("secureKey was appended itself", lambda text, key: hexed(f"{text}&{key}")),
        ("missing from the end", lambda text, key: hexed(text)),
        ("small letters", lambda text, key: hexed(f"{text}&{hexed(key)}").upper()),
        ("line feed", lambda text, key: hexed(f"{text}\n&{hexed(key)}")),
        ("another secureKey", lambda text, key: hexed(f"{text}&{hexed(key + 'x')}")),
    ],
)
def test_the_log_says_why_a_keyed_signature_was_refused(
    unionpay: UnionpayMock, shop: Merchant, reason: str, mistake: Callable[[str, str], str]
) -> None:
    shop.method = "11"
    fields = shop.fields("00/00", "000000", orderId="order00001")
    signature = mistake(_text(fields), shop.facts["secure_key"])
    note = unionpay.handle(shop.request(QUERY_PATH, fields | {"signature": signature})).note
    assert reason in note["why"]["reason"]
    assert shop.facts["secure_key"] not in str(note)


def test_the_log_masks_cards_names_and_signatures(unionpay: UnionpayMock, shop: Merchant) -> None:
    fields = shop.payout_fields(accNo="6226090000000048", encryptCertId="") | {"certId": shop.cert_id}
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = base64.b64encode(other.sign(b"x", padding.PKCS1v15(), hashes.SHA256())).decode()
    note = unionpay.handle(shop.request(BACK_PATH, fields | {"signature": signature})).note
    assert note["code"] == "11"
    assert "accNo=***" in note["why"]["expected"]
    for secret in ("6226090000000048", fields["customerInfo"], signature):
        assert secret not in str(note)
