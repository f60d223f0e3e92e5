"""The REST protocol of the Alipay mock: what its gate refuses, with which status, and how it answers."""

import base64
import json
from typing import Any

import pytest

from mocks.alipay import AlipayMock
from mocks.alipay.rest import ROUTES
from mocks.wire import MockRequest
from tests.mocks.alipay_app import App

QUERY = "/v3/alipay/trade/query"
BODY = b'{"out_trade_no":"order0001"}'


@pytest.fixture
def rest(app: App) -> App:
    app.rest, app.certified = True, False
    return app


def test_the_paths_are_the_published_ones() -> None:
    assert {path for path, (method, _) in ROUTES.items() if method == "GET"} == {
        "/v3/alipay/fund/trans/common/query",
        "/v3/alipay/fund/account/query",
        "/v3/alipay/data/dataservice/bill/downloadurl/query",
    }
    assert {path for path, (method, _) in ROUTES.items() if method == "POST"} == {
        *(f"/v3/alipay/trade/{one}" for one in ("pay", "precreate", "create", "query", "refund", "close", "cancel")),
        "/v3/alipay/trade/refund/apply",
        "/v3/alipay/trade/fastpay/refund/query",
        "/v3/alipay/fund/trans/uni/transfer",
    }


REFUSED: list[tuple[str, dict[str, str], int, str]] = [
    ("no app", {"app_id": ""}, 400, "missing-app-id"),
    ("another app, before the signature", {"app_id": "2021", "sign": "x"}, 400, "invalid-app-id"),
    ("no time", {"timestamp": ""}, 400, "missing-timestamp"),
    ("a time in seconds", {"timestamp": "1780286400"}, 400, "invalid-timestamp"),
    ("a time whose seconds are over", {"timestamp": "1780286339999", "expired_seconds": "60"}, 400, "illegal-timestamp"),
    ("no nonce", {"nonce": ""}, 400, "invalid-parameter"),
    ("no signature", {"sign": ""}, 400, "missing-signature"),
    ("no base64", {"sign": "***"}, 400, "invalid-signature"),
    ("another signature", {"sign": base64.b64encode(b"x" * 256).decode()}, 400, "invalid-signature"),
    ("another certificate", {"app_cert_sn": "0" * 32}, 400, "app-cert-not-exist"),
]


@pytest.mark.parametrize(("changes", "status", "code"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_the_gate_refuses(rest: App, alipay: AlipayMock, changes: dict[str, str], status: int, code: str) -> None:
    body = json.dumps(rest.order()).encode()
    answer = rest.read_rest(alipay.handle(rest.rest_request("POST", "/v3/alipay/trade/precreate", body, **changes)))
    assert (answer.reply.status, answer.code, answer.signed) == (status, code, None)
    (link,) = answer.json["links"]
    assert link["desc"] == "解决方案"
    assert answer.reply.headers["alipay-trace-id"] in link["link"]
    assert not alipay.books()["orders"]


def test_a_time_within_its_seconds_passes_and_without_them_any(rest: App) -> None:
    for changes in ({"timestamp": "1780286340001", "expired_seconds": "60"}, {"timestamp": "1000000000000"}):
        assert rest.read_rest(rest.send(rest.rest_request("POST", QUERY, BODY, **changes))).code == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize("value", [None, "Bearer abc", "ALIPAY-SHA256withRSA", "ALIPAY-SHA256withRSA x"])
def test_without_authorization(rest: App, alipay: AlipayMock, value: str | None) -> None:
    reply = alipay.handle(MockRequest("POST", QUERY, "", {"authorization": value} if value else {}, BODY))
    content = json.loads(reply.body)
    assert reply.status == 400
    if value is None:
        assert (content["code"], content["message"]) == ("missing-timestamp", "缺少时间戳参数")  # as the probe got it
    assert content["code"] in {"missing-timestamp", "missing-app-id"}


def test_an_unknown_app_is_told_as_the_probe_was(rest: App) -> None:
    answer = rest.read_rest(rest.send(rest.rest_request("POST", QUERY, BODY, app_id="test")))
    assert (answer.reply.status, answer.json["message"]) == (400, "无效的AppID参数")


def test_other_methods_paths_and_types_of_content(rest: App) -> None:
    def code(request: MockRequest) -> tuple[int, str]:
        answer = rest.read_rest(rest.send(request))
        return answer.reply.status, answer.code

    assert code(rest.rest_request("GET", QUERY)) == (400, "invalid-http-method")
    assert code(rest.rest_request("POST", "/v3/alipay/fund/account/query")) == (400, "invalid-http-method")
    assert code(rest.rest_request("POST", "/v3/alipay/nothing", BODY)) == (404, "invalid-method")
    for path in ("trade/page/pay", "trade/app/pay", "open/app/alipaycert/download"):
        assert code(rest.rest_request("POST", f"/v3/alipay/{path}", BODY)) == (404, "invalid-method")
    request = rest.rest_request("POST", QUERY, BODY)
    plain = MockRequest("POST", QUERY, "", request.headers | {"content-type": "text/plain"}, BODY)
    assert code(plain) == (400, "invalid-content-type")
    assert code(rest.rest_request("POST", QUERY, b"[]")) == (400, "invalid-parameter")


def test_a_token_is_signed_and_nobodys(rest: App) -> None:
    request = rest.rest_request("POST", QUERY, BODY)
    with_token = MockRequest("POST", QUERY, "", request.headers | {"alipay-app-auth-token": "201510BB"}, BODY)
    assert rest.read_rest(rest.send(with_token)).code == "invalid-signature"
    authority = request.headers["authorization"].partition(" ")[2].partition(",sign=")[0]
    sign = rest.sign(f"{authority}\nPOST\n{QUERY}\n".encode() + BODY + b"\n201510BB\n")
    headers = with_token.headers | {"authorization": f"ALIPAY-SHA256withRSA {authority},sign={sign}"}
    answer = rest.read_rest(rest.send(MockRequest("POST", QUERY, "", headers, BODY)))
    assert (answer.reply.status, answer.code) == (401, "invalid-app-auth-token")


@pytest.mark.parametrize("certified", [False, True])
def test_answers_are_signed_with_the_number_of_the_certificate_if_one_was_named(rest: App, certified: bool) -> None:
    rest.certified = certified
    answer = rest.precreate()
    assert answer.ok
    assert ("alipay-sn" in answer.reply.headers) is certified
    assert {"alipay-timestamp", "alipay-nonce", "alipay-signature", "alipay-trace-id"} <= answer.reply.headers.keys()
    assert answer.json.keys() == {"out_trade_no", "qr_code"}  # neither code nor msg


def test_a_certificate_needs_its_roots(rest: App) -> None:
    rest.certified = True
    request = rest.rest_request("POST", QUERY, BODY)
    for root, code in (("", "missing-alipay-root-cert-sn"), ("0" * 32, "invalid-alipay-root-cert-sn")):
        headers = request.headers | {"alipay-root-cert-sn": root}
        assert rest.read_rest(rest.send(MockRequest("POST", QUERY, "", headers, BODY))).code == code


def test_both_protocols_share_the_books(rest: App, alipay: AlipayMock) -> None:
    rest.precreate()
    rest.rest = False
    assert rest.precreate().ok
    assert rest.precreate(yuan="2.00").code == "ACQ.CONTEXT_INCONSISTENT"
    alipay.control("orders", "order0001", "pay", {})
    assert rest.query().json["trade_status"] == "TRADE_SUCCESS"
    (order,) = alipay.books()["orders"]
    assert order["trade_status"] == "TRADE_SUCCESS"
    assert [one.url for one in alipay.notices.all] == ["http://127.0.0.1:9/notify"]  # asked for in the body


MISTAKES: list[tuple[str, Any]] = [
    ("the last line feed is missing", lambda auth: f"{auth}\nPOST\n{QUERY}\n{BODY.decode()}"),
    ("the body is missing", lambda auth: f"{auth}\nPOST\n{QUERY}\n\n"),
    ("the target has scheme and host", lambda auth: f"{auth}\nPOST\nhttp://127.0.0.1:8700{QUERY}\n{BODY.decode()}\n"),
    ("the method is in small letters", lambda auth: f"{auth}\npost\n{QUERY}\n{BODY.decode()}\n"),
]


@pytest.mark.parametrize(("reason", "make"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_the_log_names_the_mistake(rest: App, reason: str, make: Any) -> None:
    request = rest.rest_request("POST", QUERY, BODY)
    authority = request.headers["authorization"].partition(" ")[2].partition(",sign=")[0]
    headers = request.headers | {"authorization": f"ALIPAY-SHA256withRSA {authority},sign={rest.sign(make(authority).encode())}"}
    why = rest.send(MockRequest("POST", QUERY, "", headers, BODY)).note["why"]
    assert reason in why["reason"]
    assert why["expected"] == f"{authority}\nPOST\n{QUERY}\n{BODY.decode()}\n"
