"""The mock under attack and under load: it answers, keeps its limits, and never leaves the books wrong."""

import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mocks import doors, faults, notices, world
from mocks.clock import Clock
from mocks.process import MockServer, running
from mocks.wechat import WechatMock, limits, statements
from mocks.wire import MockReply, MockRequest, json_of

HEAD = b"Host: x\r\nAccept: a\r\nUser-Agent: a\r\n"
ORDER = b"POST /v3/pay/transactions/native HTTP/1.1\r\n" + HEAD
ADVANCE = b"POST /_mock/clock/advance HTTP/1.1\r\n" + HEAD


def posted(start: bytes, body: bytes) -> bytes:
    return start + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with running(tmp_path_factory.mktemp("keys")) as started:
        yield started


def said(server: MockServer, sent: bytes) -> int:
    """Send bytes and return the status of what comes back; 0 if the connection closes or nothing comes in time."""
    host = urlsplit(server.base_url)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=5) as connection:
        try:
            connection.sendall(sent)
            found = re.match(rb"HTTP/1\.1 (\d{3})", connection.recv(4096))
        except OSError:  # it need not be read to its end
            return 0
        return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (ORDER + b"Content-Length: abc\r\n\r\n", {400}),
        (ORDER + b"Content-Length: -5\r\n\r\n", {400}),
        (ORDER + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
        (ORDER + b"Content-Length: 99999999999\r\n\r\n{", {413}),
        (ORDER + b"Content-Length: 1048577\r\n\r\n{", {413}),
        (ORDER + b"Transfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + b"x" * 65535 + b"\r\n") * 20 + b"0\r\n\r\n", {0, 413}),
        (posted(ORDER, b"[" * 100_000), {401}),
        (b"GET /v3/\x00 HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
        (b"GET /v3/\xff\xfe HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
        (b"GET /v3/../../etc/passwd HTTP/1.1\r\n" + HEAD + b"\r\n", {404}),
        (b"GET /v3/pay/transactions/out-trade-no/%zz%ff?mchid=%ff HTTP/1.1\r\n" + HEAD + b"\r\n", {401}),
        (b"GET /v3/" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", {0, 400}),
        (b"GET /v3/certificates HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 300_000 + b"\r\n\r\n", {0, 400, 401}),
        (b'GET /v3/certificates HTTP/1.1\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 mchid="\xff"\r\n' + HEAD + b"\r\n", {401}),
        (b"CONNECT a:1 HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (posted(b"POST /pay/micropay HTTP/1.1\r\n" + HEAD, b"<a>" * 100_000), {200}),
        (posted(b"POST /pay/micropay HTTP/1.1\r\n" + HEAD, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), {200}),
        (posted(ADVANCE, b'{"seconds": 1e308}'), {400}),
        (posted(ADVANCE, b'{"seconds": 1e12}'), {400}),
        (posted(ADVANCE, b'{"seconds": NaN}'), {400}),
        (posted(b"POST /_mock/faults HTTP/1.1\r\n" + HEAD, b"[" * 200_000), {400}),
        (posted(b"POST /_mock/faults HTTP/1.1\r\n" + HEAD, b"9" * 5000), {400}),
    ],
)
def test_whatever_is_sent_it_lives_on(server: MockServer, sent: bytes, statuses: set[int]) -> None:
    assert said(server, sent) in statuses
    assert server.control("clock", method="GET")["now"]


@pytest.mark.parametrize("body", [b"[" * 65 + b"]" * 65, b"[" * 100_000, b'{"a": "\\ud800"}', b'"\\udc00"', b"\xff"])
def test_json_that_could_not_be_repeated_is_none(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        json_of(body)


def test_json_of_an_ordinary_depth_is_read() -> None:
    assert json_of(b"[" * 64 + b"]" * 64)
    assert json_of('{"a": ["😀", 1.5, null]}'.encode()) == {"a": ["😀", 1.5, None]}


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, '{"description": "\\ud800"}'])
def test_a_signed_body_that_means_harm_is_refused(merchant: Any, text: str) -> None:
    answer = merchant.ask("POST", "/v3/pay/transactions/native", text)
    assert (answer.status, answer.code) == (400, "PARAM_ERROR")


def test_business_time_has_an_end_and_what_is_refused_moves_nothing() -> None:
    clock = Clock()
    clock.advance(36_000 * 86_400)
    with pytest.raises(ValueError, match="36525 days"):
        clock.advance(1000 * 86_400)
    assert clock.now().year < 2200


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "next_code", "code": "X", "http_status": 99_999},
        {"kind": "server_error", "http_status": 0},
        {"kind": "delay", "seconds": float("inf")},
        {"kind": "delay", "seconds": -1},
        {"kind": "reset", "probability": 2},
        {"kind": "reset", "times": 0},
        {"kind": "executed_late", "after": -1},
    ],
)
def test_a_fault_that_could_not_be_played_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(faults.FaultRefusedError, match="should be from"):
        faults.Faults().add(asked)


def test_faults_in_waiting_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_MOST", 2)
    waiting = faults.Faults()
    for _ in range(2):
        waiting.add({"kind": "reset"})
    with pytest.raises(faults.FaultRefusedError, match="DELETE"):
        waiting.add({"kind": "reset"})


@pytest.mark.parametrize(
    ("path", "content"),
    [("orders/order0001/pay", {"openid": 5}), ("transfers/t1/fail", {"fail_reason": ["x"]})],
)
def test_an_option_of_another_type_is_refused(
    keys_folder: Path, path: str, content: Any, merchant_of: Callable[..., Any]
) -> None:
    opened = doors.open_world(keys_folder.parent)
    merchant_of(opened.handle).native()
    reply = opened.handle(MockRequest("POST", f"/_mock/wechat/{path}", body=json.dumps(content).encode()))
    assert reply.status in {400, 404}
    assert opened.books()["wechat"]["sums"]["received"] == 0


def test_full_books_refuse_what_is_new_and_go_on_with_what_they_hold(
    wechat: WechatMock, merchant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST", 2)
    for number in ("order0001", "order0002"):
        assert merchant.native(number).status == 200
    refused = merchant.native("order0003")
    assert (refused.status, refused.code) == (429, "FREQUENCY_LIMITED")
    assert "reset" in refused.reply.note["why"]["reason"]
    assert merchant.native("order0002").status == 200
    wechat.control("orders", "order0002", "pay", {})
    assert merchant.refund(order="order0002").status == 200
    wechat.reset()
    assert merchant.native("order0003").status == 200


def test_bills_in_waiting_are_few_and_end(
    wechat: WechatMock, merchant: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "_WAITING", 3)
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    day = clock.now().date()
    clock.advance(36 * 3600)
    target = f"/v3/bill/tradebill?bill_date={day}"
    urls = [merchant.ask("GET", target).json["download_url"].partition("127.0.0.1")[2] for _ in range(5)]
    assert len(wechat.desk.statements) == 3
    assert [wechat.handle(merchant.request("GET", url)).status for url in urls] == [400, 400, 200, 200, 200]
    clock.advance(301)
    merchant.ask("GET", target)
    assert len(wechat.desk.statements) == 1


def test_notifications_that_are_kept_are_counted(wechat: WechatMock, merchant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "MOST", 3)
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    wechat.notices.posted(wechat.notices.all[0], (204, ""))
    for _ in range(3):
        wechat.control("notifications", str(wechat.notices.all[-1].number), "forge", {})
    assert [one.number for one in wechat.notices.all] == [2, 3, 4]
    assert [one.number for one in wechat.notices.due()] == [2, 3, 4]


def test_the_log_is_short_whatever_is_sent(keys_folder: Path, merchant_of: Callable[..., Any]) -> None:
    opened = doors.open_world(keys_folder.parent)
    signed = merchant_of(opened.handle)
    body = json.dumps(signed.order(description="x" * 500_000))
    signed.ask("POST", "/v3/pay/transactions/native", body, signature="eA==")
    opened.handle(MockRequest("GET", "/v3/" + "x" * 500_000))
    for entry in opened.log:
        assert len(json.dumps(entry)) < 4 * world._LONGEST
    assert "characters)" in opened.log[0]["why"]["expected"]
    for number in range(1100):
        opened.handle(MockRequest("GET", f"/v3/{number}"))
    assert len(opened.log) == 1000


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/notify", "http://127.0.0.1:9/通知", "http://127.0.0.1:9/a b", "http://[::1/"]
)
def test_an_address_that_cannot_be_posted_to_ends_nothing(url: str) -> None:
    status, why = notices.post(url, {}, b"")
    assert status is None
    assert why


def signed_at(server: MockServer, merchant: Any) -> Any:
    """The merchant whose keys that server has, over a real port."""

    def send(request: MockRequest) -> MockReply:
        with closing(http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=20)) as connection:
            connection.request(request.method, request.target, request.body, request.headers)
            reply = connection.getresponse()
            return MockReply(reply.status, {name.title(): value for name, value in reply.getheaders()}, reply.read())

    return replace(merchant, folder=server.keys / "wechat", send=send, now=time.time)


def test_fifty_racing_on_one_order_leave_it_right(server: MockServer, merchant: Any) -> None:
    server.control("reset")
    signed = signed_at(server, merchant)
    assert signed.native().status == 200

    def race(number: int) -> tuple[str, int]:
        if number % 5 == 0:
            try:
                server.control("wechat/orders/order0001/pay")
            except RuntimeError:
                return "pay", 409
            return "pay", 200
        if number % 5 == 1:
            return "close", signed.close().status
        if number % 5 == 2:
            return "refund", signed.refund(f"refund{number}", 60).status
        if number % 5 == 3:
            return "again", signed.native().status
        return "query", signed.query().status

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(race, range(100)))
    assert all(status == 200 for what, status in told if what == "query")
    assert {status for _, status in told} <= {200, 204, 400, 403, 404, 409, 429}
    (order,) = server.control("books", method="GET")["wechat"]["orders"]
    paid, closed, given_back = (
        sum(one == (what, status) for one in told) for what, status in (("pay", 200), ("close", 204), ("refund", 200))
    )
    assert paid <= 1
    assert given_back <= 1
    assert bool(paid) != bool(closed)
    assert order["trade_state"] == ("CLOSED" if closed else "REFUND" if given_back else "SUCCESS")
    assert server.control("books", method="GET")["wechat"]["sums"]["refunded"] == 60 * given_back


def test_who_never_answers_a_notification_holds_up_no_end(tmp_path: Path, merchant: Any) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        with running(tmp_path) as server:
            signed = signed_at(server, merchant)
            for number in range(5):
                signed.native(f"order{number}", notify_url=f"http://127.0.0.1:{silent.getsockname()[1]}/notify")
                server.control(f"wechat/orders/order{number}/pay")
            began = time.monotonic()
            server.control("clock", method="GET")  # nobody is kept waiting meanwhile
            assert time.monotonic() - began < 2
            began = time.monotonic()
        assert time.monotonic() - began < notices.TIMEOUT_SECONDS + 4  # one that is under way is waited for, four more are not


def test_what_waited_before_a_reset_is_not_posted_after_it(wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    posted: list[str] = []

    def post(url: str, _headers: dict[str, str], _body: bytes) -> notices.Posted:
        posted.append(url)
        opened.reset()
        return 204, ""

    opened = world.World([wechat], clock, post)
    for number in ("order0001", "order0002"):
        merchant.native(number)
        wechat.control("orders", number, "pay", {})
    opened.deliver()
    assert len(posted) == 1
    assert opened.deliver() == []
