"""The Alipay mock in its world: faults of every kind, notifications over real sockets, its log, its control plane, its paths."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from mocks import doors
from mocks.alipay import AlipayMock
from mocks.clock import Clock
from mocks.notices import Notice
from mocks.wire import Ending, MockReply, MockRequest
from mocks.world import World
from tests.mocks.alipay_app import Answer, App

PRECREATE, QUERY = "alipay.trade.precreate", "alipay.trade.query"


@pytest.fixture
def world(alipay_folder: Path) -> World:
    return doors.open_world(alipay_folder.parent)


@pytest.fixture(params=["gateway", "rest"])
def client(request: pytest.FixtureRequest, world: World, alipay_folder: Path) -> App:
    now = world.clock.real
    return App(alipay_folder, world.handle, now=lambda: now().timestamp(), certified=True, rest=request.param == "rest")


@pytest.fixture
def ask(world: World) -> Callable[..., tuple[int, Any]]:
    def ask(method: str, path: str, content: Any = None) -> tuple[int, Any]:
        body = b"" if content is None else json.dumps(content).encode()
        target, _, query = path.partition("?")
        reply = world.handle(MockRequest(method, "/_mock" + target, query, {}, body))
        return reply.status, json.loads(reply.body)

    return ask


def orders(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.books()["alipay"]["orders"]
    return found


def text_of(client: App, operation: str) -> str:
    """What names an operation in a request, by either protocol."""
    return operation.replace(".", "/") if client.rest else operation


def send(client: App, number: str = "order0001") -> MockReply:
    if client.rest:
        body = json.dumps(client.order(number)).encode()
        return client.send(client.rest_request("POST", "/v3/alipay/trade/precreate", body))
    return client.send(client.request(PRECREATE, client.order(number)))


def read(client: App, reply: MockReply) -> Any:
    return client.read_rest(reply) if client.rest else client.read(PRECREATE, reply)


def test_paths_go_to_whom_they_belong(world: World) -> None:
    for path, name in (
        ("/gateway.do", "alipay"),
        ("/v3/alipay/trade/query", "alipay"),
        ("/downloadBillFile.resource", "alipay"),
        ("/v3/pay/transactions/native", "wechat"),
    ):
        world.handle(MockRequest("POST", path))
        assert world.log[-1]["channel"] == name
    lines = list(world.serves())
    assert f"alipay: POST /gateway.do?method={QUERY}" in lines
    assert "alipay: POST /v3/alipay/trade/query" in lines


@pytest.mark.parametrize(("kind", "ending"), [("lose_reply", Ending.LOST), ("reset", Ending.RESET), ("half_body", Ending.HALF)])
def test_lost_replies_were_executed(client: App, world: World, kind: str, ending: Ending) -> None:
    world.faults.add({"kind": kind, "text": text_of(client, PRECREATE)})
    assert client.query().code == "ACQ.TRADE_NOT_EXIST"  # another operation is not struck
    assert send(client).ending is ending
    assert [one["out_trade_no"] for one in orders(world)] == ["order0001"]


def test_a_fault_finds_its_order_wherever_the_parameters_stand(client: App, world: World) -> None:
    for placement in ("split", "query", "form"):
        client.placement = placement
        world.faults.add({"kind": "delay", "seconds": 3, "text": f"order{placement}"})
        assert send(client).delay == 0
        assert send(client, f"order{placement}").delay == 3


def test_server_errors_and_garbage(client: App, world: World) -> None:
    world.faults.add({"kind": "server_error"})
    assert (send(client).status, orders(world)) == (502, [])
    world.faults.add({"kind": "server_error", "http_status": 503, "executed": True})
    assert (send(client).status, len(orders(world))) == (503, 1)
    world.faults.add({"kind": "garbage"})
    reply = send(client)
    assert reply.status == 200
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode()


def test_signatures_that_are_wrong_or_missing(client: App, world: World) -> None:
    for kind, signed in (("bad_signature", False), ("unsigned", None)):
        world.faults.add({"kind": kind})
        answer = read(client, send(client))
        assert (answer.signed, answer.json["out_trade_no"]) == (signed, "order0001")
        assert "alipay-signature" not in answer.reply.headers or signed is False
    assert read(client, send(client)).signed


def test_executed_twice_moves_money_once(client: App, world: World) -> None:
    client.pay()
    world.faults.add({"kind": "executed_twice", "text": text_of(client, "alipay.trade.refund")})
    assert client.refund().json["fund_change"] == "N"  # the second answer
    client.to_card()
    world.faults.add({"kind": "executed_twice"})
    client.transfer("out2")
    assert world.books()["alipay"]["sums"] == {"received": 100, "refunded": 30, "paid_out": 200, "balance": 999_999_870}


def test_executed_late_is_unknown_first_and_there_afterwards(client: App, world: World) -> None:
    world.faults.add({"kind": "executed_late", "text": text_of(client, "alipay.trade.pay"), "after": 2})
    given = client.order(auth_code="28763443825664394")
    if client.rest:
        reply = client.send(client.rest_request("POST", "/v3/alipay/trade/pay", json.dumps(given).encode()))
    else:
        reply = client.send(client.request("alipay.trade.pay", given))
    assert reply.ending is Ending.LOST
    assert [client.query().code for _ in range(2)] == ["ACQ.TRADE_NOT_EXIST"] * 2
    assert client.query().json["trade_status"] == "TRADE_SUCCESS"


def test_a_state_that_nobody_has_seen_is_well_signed(client: App, world: World) -> None:
    client.pay()
    client.refund()
    client.to_card()
    acts: list[tuple[Callable[[], Answer], str]] = [
        (client.query, "trade_status"),
        (client.query_refund, "refund_status"),
        (lambda: client.query_transfer(product="TRANS_BANKCARD_NO_PWD"), "status"),
    ]
    for act, name in acts:
        world.faults.add({"kind": "unknown_state", "state": "NEW_STATE"})
        answer = act()
        assert (answer.json[name], answer.signed) == ("NEW_STATE", True)
        assert act().json[name] != "NEW_STATE"


def test_next_code_and_the_rate(client: App, world: World) -> None:
    world.faults.add({"kind": "next_code", "code": "ACQ.SYSTEM_ERROR", "text": text_of(client, PRECREATE)})
    assert client.query().code == "ACQ.TRADE_NOT_EXIST"
    assert read(client, send(client)).code == "ACQ.SYSTEM_ERROR"
    assert not orders(world)
    world.faults.add({"kind": "rate_limit", "per_second": 1, "text": text_of(client, PRECREATE)})
    codes = [read(client, send(client, f"order{number}")).code for number in range(3)]
    limited = "app-call-limited" if client.rest else "isv.app-call-limited"
    assert codes[1:] == [limited, limited]
    assert len(orders(world)) == 1


def test_the_log_tells_operations_codes_and_reasons_and_nothing_private(client: App, world: World, ask: Any) -> None:
    client.placement = "query"  # nothing of it may be seen in the log's target
    client.pay(auth_code="28763443825664394")
    client.transfer(payee_info={"identity": "who@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "张三"})
    client.ask(QUERY, {"out_trade_no": "order0001"}, sign="eA==")
    entries = ask("GET", "/log?channel=alipay")[1]["log"]
    assert [entry["operation"] for entry in entries] == ["alipay.trade.pay", "alipay.fund.trans.uni.transfer", QUERY]
    assert entries[2]["code"] in {"isv.invalid-signature", "invalid-signature"}
    assert "expected" in entries[2]["why"]
    written = json.dumps(entries, ensure_ascii=False)
    for private in ("28763443825664394", "who@example.com", "张三"):
        assert private not in written


def test_the_payer_pays_on_the_control_plane(client: App, ask: Any) -> None:
    client.precreate()
    status, order = ask("POST", "/alipay/orders/order0001/pay", {"buyer_id": "2088000000000001"})
    assert (status, order["trade_status"], order["buyer_user_id"]) == (200, "TRADE_SUCCESS", "2088000000000001")
    assert ask("GET", "/books?channel=alipay")[1]["sums"]["received"] == 100
    status, answer = ask("POST", "/alipay/orders/order0001/expire")
    assert (status, "cannot expire" in answer["error"]) == (409, True)
    assert ask("POST", "/clock/advance", {"seconds": 366 * 86400})[0] == 200
    assert ask("GET", "/books")[1]["alipay"]["orders"][0]["trade_status"] == "TRADE_FINISHED"
    ask("POST", "/reset")
    assert ask("GET", "/books")[1]["alipay"]["orders"] == []


class _Merchant(HTTPServer):
    """A merchant's address on loopback, which keeps what it gets and says what it is told to say."""

    says: bytes = b"success"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.got: list[tuple[str, dict[str, str], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/notify?shop=1"


class _Taker(BaseHTTPRequestHandler):
    server: _Merchant

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(parse_qsl(body.decode(), strict_parsing=True, keep_blank_values=True))
        self.server.got.append((self.path, fields, self.headers["Content-Type"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.says)))
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def shop() -> Iterator[_Merchant]:
    server = _Merchant()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told(alipay: AlipayMock, clock: Clock) -> World:
    return World([alipay], clock)


def notice_is_signed(app: App, fields: dict[str, str]) -> bool:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in {"sign", "sign_type"} and fields[name])
    return app.verifies(text.encode(), fields["sign"])


def test_a_payment_is_told_until_success_is_said(
    app: App, told: World, alipay: AlipayMock, shop: _Merchant, clock: Clock
) -> None:
    app.ask(PRECREATE, app.order(passback_params="a=1&b", body="说明"), notify_url=shop.url)
    alipay.control("orders", "order0001", "pay", {})
    shop.says = b"success\n"  # exactly the word is asked for
    told.deliver()
    ((path, fields, kind),) = shop.got
    assert (path, kind) == ("/notify?shop=1", "application/x-www-form-urlencoded; charset=utf-8")
    assert notice_is_signed(app, fields)
    assert (fields["trade_status"], fields["total_amount"], fields["notify_type"]) == (
        "TRADE_SUCCESS",
        "1.00",
        "trade_status_sync",
    )
    assert (fields["app_id"], fields["seller_id"]) == (app.facts["app_id"], app.facts["seller_id"])
    assert (fields["passback_params"], fields["body"], fields["sign_type"]) == ("a=1&b", "说明", "RSA2")
    assert json.loads(fields["fund_bill_list"]) == [{"amount": "1.00", "fundChannel": "ALIPAYACCOUNT"}]
    waits = [240, 600, 600, 3600, 7200, 21600, 54000]
    for number, wait in enumerate(waits, 2):
        clock.advance(wait - 1)
        assert told.deliver() == []
        clock.advance(1)
        told.deliver()
        assert len(shop.got) == number
    clock.advance(10 * 86400)
    assert told.deliver() == []  # eight times and no more
    assert len({one[1]["notify_id"] for one in shop.got}) == 1
    assert len({one[1]["notify_time"] for one in shop.got}) == 8
    assert all(notice_is_signed(app, one[1]) for one in shop.got)


def test_success_ends_it_and_it_may_be_sent_again(
    app: App, told: World, alipay: AlipayMock, shop: _Merchant, clock: Clock
) -> None:
    app.ask("alipay.trade.pay", app.order(auth_code="28763443825664394"), notify_url=shop.url)
    (notice,) = told.deliver()
    assert (notice["taken"], notice["attempts"][0]["answer"]) == (True, "success")
    clock.advance(86400)
    assert told.deliver() == []
    alipay.control("notifications", "1", "resend", {})
    told.deliver()
    assert len(shop.got) == 2
    alipay.control("notifications", "1", "forge", {})
    told.deliver()
    forged = shop.got[2][1]
    assert (forged["total_amount"], notice_is_signed(app, forged)) == ("0.01", False)


def events(alipay: AlipayMock) -> list[str]:
    return [one.event for one in alipay.notices.all]


def fields_of(notice: Notice) -> dict[str, str]:
    return dict(parse_qsl(notice.write()[1].decode()))


def test_refunds_are_told_with_what_was_given_back_so_far(app: App, alipay: AlipayMock) -> None:
    app.pay()
    app.refund("r1", "0.30")
    app.refund("r1", "0.30")  # nothing new
    app.refund("r2", "0.70")
    assert events(alipay) == ["TRADE_SUCCESS", "TRADE_SUCCESS", "TRADE_CLOSED"]
    partial, whole = (fields_of(one) for one in alipay.notices.all[1:])
    assert (partial["out_biz_no"], partial["refund_fee"], partial["gmt_refund"]) == ("r1", "0.30", "2026-06-01 12:00:00")
    assert (whole["out_biz_no"], whole["refund_fee"], whole["trade_status"]) == ("r2", "1.00", "TRADE_CLOSED")
    assert notice_is_signed(app, whole)


def test_closing_is_told_but_not_when_time_was_up_over_the_counter(app: App, alipay: AlipayMock, clock: Clock) -> None:
    app.precreate("counter")
    alipay.control("orders", "counter", "scan", {})
    app.ask("alipay.trade.app.pay", app.order("phone"))
    alipay.control("orders", "phone", "scan", {})
    app.ask("alipay.trade.app.pay", app.order("nobody"))
    app.precreate("closed")
    alipay.control("orders", "closed", "scan", {})
    app.close("closed")
    assert events(alipay) == ["TRADE_CLOSED"]
    clock.advance(16 * 86400)
    alipay.tick()
    assert [(one.event, one.about) for one in alipay.notices.all[1:]] == [("TRADE_CLOSED", "phone")]


def test_the_end_of_a_trade_is_told_for_apps(app: App, alipay: AlipayMock, clock: Clock) -> None:
    app.ask("alipay.trade.app.pay", app.order("phone"))
    alipay.control("orders", "phone", "pay", {})
    app.pay("counter")
    clock.advance(365 * 86400)
    alipay.tick()
    assert events(alipay) == ["TRADE_SUCCESS", "TRADE_SUCCESS", "TRADE_FINISHED"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "notify", "http://", "http://[/"])
def test_what_is_no_address_is_refused(app: App, alipay: AlipayMock, url: str) -> None:
    assert app.ask(PRECREATE, app.order(), notify_url=url).code == "isv.invalid-parameter"
    assert not alipay.books()["orders"]


def test_without_an_address_nothing_is_told(app: App, alipay: AlipayMock) -> None:
    app.ask("alipay.trade.pay", app.order(auth_code="28763443825664394"), notify_url="")
    assert alipay.notices.all == []


def test_a_notification_of_gbk_is_gbk(app: App, alipay: AlipayMock) -> None:
    app.send(app.request(PRECREATE, app.order(subject="测试"), charset="GBK"))
    alipay.control("orders", "order0001", "pay", {})
    body = alipay.notices.all[0].write()[1].decode()
    fields = dict(parse_qsl(body, encoding="gbk"))
    assert (fields["subject"], fields["charset"]) == ("测试", "gbk")
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in {"sign", "sign_type"})
    assert app.verifies(text.encode("gbk"), fields["sign"])
