"""The VSP gate of the Allinpay mock: published vectors, three ways to sign in both directions, and why one was refused."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mocks.allinpay import AllinpayKeys, AllinpayMock
from mocks.allinpay.vsp_signing import md5_hex, rsa_verifies, sm2_verifies, string_to_sign
from mocks.clock import Clock
from mocks.wire import MockRequest
from payment_channels.codec.sm import sm2_public_key
from tests.mocks.allinpay_merchant import Merchant, joined, md5

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "allinpay" / "allinpay_vsp.json").read_text(encoding="utf-8"))
METHODS = ["MD5", "RSA", "SM2"]


def needs(method: str) -> None:
    if method == "SM2":
        pytest.importorskip("gmssl_pyx")


def fields_of(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in reversed(text.split("&"))]  # in another order than the signed one
    return {name: value for name, _, value in pairs}


def test_the_published_rsa_request_verifies() -> None:
    vector = VECTORS["rsa_request"]
    key = load_der_public_key(base64.b64decode(vector["public_key_der_b64"]))
    assert isinstance(key, RSAPublicKey)
    text = string_to_sign(fields_of(vector["string_to_sign"]) | {"sign": vector["signature"], "remark": ""})
    assert text == vector["string_to_sign"]
    assert rsa_verifies(key, text, vector["signature"])
    assert not rsa_verifies(key, f"{text}1", vector["signature"])
    assert not rsa_verifies(key, text, "no base64")


def test_the_published_sm2_signatures_verify_with_their_user_ids_alone() -> None:
    needs("SM2")
    vector = VECTORS["sm2_request"]
    public = sm2_public_key(vector["public_key_xy_hex"])
    text = string_to_sign(fields_of(vector["string_to_sign"]))
    assert text == vector["string_to_sign"]
    assert sm2_verifies(public, "00000051", text, vector["signature"])
    assert not any(sm2_verifies(public, other, text, vector["signature"]) for other in vector["fails_with_id"])
    answer = VECTORS["sm2_response"]
    platform = sm2_public_key(base64.b64decode(answer["platform_public_key_der_b64"]))
    assert sm2_verifies(platform, "Allinpay", answer["text_utf8"], answer["signature"])
    assert not sm2_verifies(platform, "00000051", answer["text_utf8"], answer["signature"])


def test_the_key_of_md5_is_sorted_in() -> None:
    vector = VECTORS["md5_selfmade"]
    fields = fields_of(vector["string"])
    key = fields.pop("key")
    assert string_to_sign(fields, key) == vector["string"]
    assert md5_hex(vector["string"]) == vector["md5"]


@pytest.mark.parametrize(("name", "method"), [("rsa_request", "RSA"), ("sm2_request", "SM2"), ("md5_selfmade", "MD5")])
def test_a_mock_with_the_vectors_merchant_takes_the_vectors(
    allinpay_keys: AllinpayKeys, clock: Clock, trader: Merchant, name: str, method: str
) -> None:
    needs(method)
    vector = VECTORS[name]
    public = load_der_public_key(base64.b64decode(VECTORS["rsa_request"]["public_key_der_b64"]))

    class Published:  # of the published merchant the public half alone is here
        def public_key(self) -> Any:
            return public

    keys = replace(allinpay_keys, cusid="990581007426001", appid="00000051", md5_key="allinpay888", vsp_merchant=Published())  # type: ignore[arg-type]
    if method == "SM2":
        assert keys.sm2_merchant is not None
        keys = replace(keys, sm2_merchant=replace(keys.sm2_merchant, public=sm2_public_key(vector["public_key_xy_hex"])))
    fields = fields_of(vector.get("string_to_sign") or vector["string"]) | {"sign": vector.get("signature") or vector["md5"]}
    fields.pop("key", None)
    mock = AllinpayMock(keys, clock)
    good = json.loads(mock.handle(trader.form("/apiweb/unitorder/query", fields)).body)
    assert (good["retcode"], good["trxstatus"]) == ("SUCCESS", "1001")
    bad = mock.handle(trader.form("/apiweb/unitorder/query", fields | {"trxid": "112094120001088318"}))
    assert json.loads(bad.body)["retcode"] == "FAIL"  # of version 11


@pytest.mark.parametrize("method", METHODS)
def test_every_way_is_understood_and_answered_in_kind(trader: Merchant, method: str) -> None:
    needs(method)
    trader.method = method
    assert trader.pay(remark="备注 +&=%", body="")["trxstatus"] == "0000"
    assert trader.query()["trxstatus"] == "2000"
    if method == "MD5":
        answer = trader.query()
        assert answer["sign"].isupper()
        fields = trader.common(reqsn="order0001")
        signed = fields | {"sign": md5(joined({**fields, "key": trader.facts["md5_key"]})).upper()}
        assert trader.ask("query", signed, signed=False)["trxstatus"] == "2000"


@pytest.mark.parametrize(
    "changes",
    [
        {"cusid": ""},
        {"appid": ""},
        {"randomstr": ""},
        {"randomstr": "带"},
        {"signtype": "RSA2"},
        {"signtype": ""},
        {"version": "10"},
        {"version": "13"},
    ],
)
def test_the_common_parameters_are_looked_at(trader: Merchant, changes: dict[str, str]) -> None:
    fields = trader.common(**changes)
    expected = "PARAMERR" if fields["version"] == "12" else "FAIL"
    assert trader.ask("query", trader.sign(fields | {"reqsn": "order0001"}), signed=False)["retcode"] == expected


@pytest.mark.parametrize("changes", [{"cusid": "990581000000000"}, {"appid": "00000000"}])
@pytest.mark.parametrize(("version", "code"), [("12", "SIGNAUTHERR"), ("11", "FAIL"), ("", "FAIL")])
def test_another_merchant_is_refused(trader: Merchant, changes: dict[str, str], version: str, code: str) -> None:
    trader.version = version
    assert trader.query(**changes)["retcode"] == code


def test_a_missing_signature_and_another_body_are_refused(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.ask("query", trader.common(reqsn="order0001"), signed=False)["retcode"] == "PARAMERR"
    form = trader.form("/apiweb/unitorder/query", trader.sign(trader.common(reqsn="order0001")))
    for other in (
        replace(form, headers={"content-type": "application/json"}),
        replace(form, body=form.body + b"&reqsn=order0002"),
        replace(form, body=b"\xff=1"),
    ):
        assert json.loads(allinpay.handle(other).body)["retcode"] == "FAIL"


Signed = Callable[[Merchant, dict[str, str]], str]


def _made(method: str, text: str, merchant: Merchant) -> str:
    if method == "RSA":
        return base64.b64encode(merchant.vsp_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303
    return merchant.sm2(text.encode(), merchant.facts["appid"])


MISTAKES: dict[str, tuple[str, Signed, str]] = {
    "rsa with sha-256": (
        "RSA",
        lambda merchant, fields: base64.b64encode(
            merchant.vsp_key.sign(joined(fields).encode(), padding.PKCS1v15(), hashes.SHA256())
        ).decode(),
        "another key, another string, another hash",
    ),
    "rsa of unsorted": (
        "RSA",
        lambda merchant, fields: _made("RSA", "&".join(f"{name}={value}" for name, value in fields.items() if value), merchant),
        "not sorted",
    ),
    "rsa with empty ones": (
        "RSA",
        lambda merchant, fields: _made("RSA", "&".join(f"{name}={fields[name]}" for name in sorted(fields)), merchant),
        "empty parameters",
    ),
    "rsa without signtype": (
        "RSA",
        lambda merchant, fields: _made("RSA", joined({**fields, "signtype": ""}), merchant),
        "signtype is missing",
    ),
    "rsa url-encoded": (
        "RSA",
        lambda merchant, fields: _made(
            "RSA", "&".join(f"{name}={quote_plus(fields[name])}" for name in sorted(fields) if fields[name]), merchant
        ),
        "url-encoded",
    ),
    "rsa no base64": ("RSA", lambda _merchant, _fields: "***", "not base64"),
    "md5 with the key at the end": (
        "MD5",
        lambda merchant, fields: md5(f"{joined(fields)}&key={merchant.facts['md5_key']}"),
        "sorted in as one of the parameters",
    ),
    "md5 with empty ones": (
        "MD5",
        lambda merchant, fields: md5(
            "&".join(f"{name}={value}" for name, value in sorted({**fields, "key": merchant.facts["md5_key"]}.items()))
        ),
        "empty parameters",
    ),
    "md5 without the key": ("MD5", lambda _merchant, fields: md5(joined(fields)), "another key"),
    "sm2 with the default id": (
        "SM2",
        lambda merchant, fields: merchant.sm2(joined(fields).encode(), "1234567812345678"),
        "the user id was 1234567812345678",
    ),
    "sm2 with the platform's id": (
        "SM2",
        lambda merchant, fields: merchant.sm2(joined(fields).encode(), "Allinpay"),
        "the user id was Allinpay",
    ),
    "sm2 of unsorted": (
        "SM2",
        lambda merchant, fields: _made("SM2", "&".join(f"{name}={value}" for name, value in fields.items() if value), merchant),
        "not sorted",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_log_says_why_a_signature_was_refused(allinpay: AllinpayMock, trader: Merchant, mistake: str) -> None:
    method, make, reason = MISTAKES[mistake]
    needs(method)
    trader.method = method
    fields = trader.order(acct="oSecretPayer", remark="备注", limit_pay="")
    reply = allinpay.handle(trader.form("/apiweb/unitorder/pay", fields | {"sign": make(trader, fields)}))
    assert json.loads(reply.body) == {"retcode": "SIGNAUTHERR", "retmsg": "签名或者api权限不足"}
    assert reason in reply.note["why"]["reason"]
    assert "acct=***" in reply.note["why"]["expected"]
    assert "oSecretPayer" not in str(reply.note)
    assert allinpay.books()["orders"] == []


def test_without_the_library_sm2_is_refused_and_the_rest_works(
    allinpay_keys: AllinpayKeys, clock: Clock, trader: Merchant
) -> None:
    mock = AllinpayMock(replace(allinpay_keys, sm2_merchant=None, sm2_platform=None), clock)
    trader.send = mock.handle
    assert trader.query()["trxstatus"] == "1001"
    reply = mock.handle(trader.form("/apiweb/unitorder/query", trader.common(signtype="SM2", sign="AAAA", reqsn="order0001")))
    assert json.loads(reply.body)["retcode"] == "SIGNAUTHERR"
    assert "payment-channels[gm,mocks]" in reply.note["why"]["reason"]


def test_other_paths_and_methods_are_empty(allinpay: AllinpayMock) -> None:
    assert allinpay.handle(MockRequest("GET", "/apiweb/unitorder/pay")).status == 405
    assert allinpay.handle(MockRequest("POST", "/apiweb/unitorder/close")).status == 404
    assert allinpay.handle(MockRequest("POST", "/apiweb/trxfile/download")).status == 405
