"""The control plane: verbs, faults of every kind, the clock, books and log, and answers that help."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mocks import doors
from mocks.faults import KINDS
from mocks.wire import Ending, MockRequest
from mocks.world import World


@pytest.fixture
def world(keys_folder: Path) -> World:
    return doors.open_world(keys_folder.parent)


@pytest.fixture
def signed(merchant_of: Callable[..., Any], world: World) -> Any:
    return merchant_of(world.handle)


@pytest.fixture
def ask(world: World) -> Callable[..., tuple[int, Any]]:
    def ask(method: str, path: str, content: Any = None) -> tuple[int, Any]:
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        target, _, query = path.partition("?")
        reply = world.handle(MockRequest(method, "/_mock" + target, query, {}, body))
        return reply.status, json.loads(reply.body)

    return ask


def test_the_payer_pays_and_the_books_say_so(ask: Any, signed: Any) -> None:
    signed.native()
    status, order = ask("POST", "/wechat/orders/order0001/pay")
    assert (status, order["trade_state"]) == (200, "SUCCESS")
    assert ask("GET", "/books")[1]["wechat"]["sums"]["received"] == 100
    assert ask("GET", "/books?channel=wechat")[1]["orders"][0]["out_trade_no"] == "order0001"
    status, answer = ask("POST", "/wechat/orders/order0001/expire")
    assert (status, "cannot expire" in answer["error"]) == (409, True)
    signed.refund()
    assert ask("POST", "/wechat/refunds/refund1/abnormal")[1]["status"] == "ABNORMAL"


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "hint"),
    [
        ("GET", "/nothing", None, 404, "/_mock/books"),
        ("PUT", "/faults", None, 405, "GET, POST, DELETE"),
        ("POST", "/faults", b"{", 400, "not JSON"),
        ("POST", "/faults", [], 400, "JSON object"),
        ("POST", "/faults", {"kind": "nonsense"}, 400, "lose_reply"),
        ("POST", "/faults", {"kind": "lose_reply", "count": 1}, 400, "times"),
        ("POST", "/faults", {"kind": "lose_reply", "times": "1"}, 400, "type int"),
        ("POST", "/faults", {"kind": "lose_reply", "times": True}, 400, "type int"),
        ("POST", "/faults", {"kind": "lose_reply", "channel": "nobody"}, 400, "wechat"),
        ("POST", "/faults", {"kind": "next_code"}, 400, "'code'"),
        ("POST", "/clock/advance", {}, 400, "seconds"),
        ("POST", "/clock/advance", {"seconds": -1}, 400, "forward only"),
        ("POST", "/wechat/orders/none/pay", None, 404, "no order"),
        ("POST", "/wechat/orders/none/burn", None, 404, "pay"),
        ("POST", "/wechat/things/none/pay", None, 404, "orders"),
        ("POST", "/wechat/refunds/none/hold", None, 404, "no refund"),
        ("POST", "/unionpay/orders/none/pay", None, 404, "POST the form's fields to its action"),
        ("POST", "/alipay/orders/none/pay", None, 404, "POST the form's fields to its action"),
        ("POST", "/alipay/orders/none/pay", None, 404, '{"order_string": "…"}'),
        ("GET", "/wechat/orders/none/pay", None, 405, "POST"),
        ("GET", "/books?channel=nobody", None, 404, "wechat"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_a_hint(
    ask: Any, method: str, path: str, content: Any, status: int, hint: str
) -> None:
    answered, content = ask(method, path, content)
    assert answered == status
    assert hint in content["error"]
    zh, _, en = content["error"].partition(" / ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), "it is said in Chinese too"
    assert en


def test_what_can_be_asked_for_is_told_in_both_languages(ask: Any) -> None:
    own = [line for line in ask("GET", "/")[1]["serves"] if line.startswith("control: ") and "{" not in line.partition(": ")[2]]
    told = own + [kind["does"] for kind in ask("GET", "/faults")[1]["kinds"].values()]
    assert len(told) > 20
    assert [one for one in told if not any("\u4e00" <= letter <= "\u9fff" for letter in one) or " / " not in one] == []


def test_the_index_and_the_faults_list_what_there_is(ask: Any) -> None:
    assert any("/v3/pay/transactions/native" in line for line in ask("GET", "/")[1]["serves"])
    lines = ask("GET", "/")[1]["serves"]
    assert "control: POST /_mock/wechat/orders/{number}/pay|fail|expire" in lines
    assert "control: POST /_mock/alipay/transfers/{number}/confirm|fail|return" in lines
    assert "control: POST /_mock/unionpay/orders/{number}/pay|pay_late|fail|expire" in lines
    assert "control: POST /_mock/unionpay/notifications/{number}/resend|forge" in lines
    ask("POST", "/faults", {"kind": "lose_reply", "path": "/native", "times": 2})
    faults = ask("GET", "/faults")[1]
    assert faults["kinds"].keys() == KINDS.keys()
    assert (faults["faults"][0]["kind"], faults["faults"][0]["times"]) == ("lose_reply", 2)
    assert ask("DELETE", "/faults")[1]["faults"] == []


def test_faults_match_by_path_and_method_and_strike_so_often(world: World, signed: Any) -> None:
    world.faults.add(
        {"kind": "next_code", "code": "SYSTEM_ERROR", "path": "/native", "method": "POST", "times": 2, "channel": "wechat"}
    )
    assert signed.query().code == "ORDER_NOT_EXIST"
    assert [signed.native().code for _ in range(3)] == ["SYSTEM_ERROR", "SYSTEM_ERROR", None]


def test_faults_by_chance_repeat_with_their_seed(world: World, signed: Any) -> None:
    def run() -> list[bool]:
        world.reset()
        world.faults.add({"kind": "next_code", "code": "SYSTEM_ERROR", "probability": 0.5, "seed": 7})
        return [signed.query().code == "SYSTEM_ERROR" for _ in range(30)]

    first = run()
    assert first == run()
    assert 5 < sum(first) < 25


def test_server_errors_and_garbage(world: World, signed: Any) -> None:
    request = signed.request("POST", "/v3/pay/transactions/native", signed.order())
    world.faults.add({"kind": "server_error"})
    reply = world.handle(request)
    assert (reply.status, world.books()["wechat"]["orders"]) == (502, [])
    world.faults.add({"kind": "server_error", "http_status": 503, "executed": True})
    assert world.handle(request).status == 503
    assert len(world.books()["wechat"]["orders"]) == 1
    world.faults.add({"kind": "garbage"})
    reply = world.handle(request)
    assert reply.status == 200
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode()
    assert not signed.verified(reply)


def test_executed_twice_moves_money_once(world: World, signed: Any) -> None:
    signed.native()
    world.channels["wechat"].control("orders", "order0001", "pay", {})
    world.faults.add({"kind": "executed_twice", "path": "/refund"})
    assert signed.refund().status == 200
    assert world.books()["wechat"]["sums"]["refunded"] == 30


def test_executed_late_is_unknown_first_and_there_afterwards(world: World, signed: Any) -> None:
    world.faults.add({"kind": "executed_late", "path": "/native", "after": 2})
    reply = world.handle(signed.request("POST", "/v3/pay/transactions/native", signed.order()))
    assert reply.ending is Ending.LOST
    assert [signed.query().code for _ in range(2)] == ["ORDER_NOT_EXIST"] * 2
    assert signed.query().json["trade_state"] == "NOTPAY"


def test_the_clock_moves_business_time_alone(ask: Any, signed: Any, world: World) -> None:
    signed.native()
    before = world.clock.real()
    ask("POST", "/clock/advance", {"seconds": 7 * 86400})
    assert signed.query().json["trade_state"] == "CLOSED"  # the signature's time is still real
    assert (world.clock.now() - before).days == 7
    assert ask("POST", "/reset")[1] == {"reset": True}
    assert abs((world.clock.now() - world.clock.real()).total_seconds()) < 1
    assert ask("GET", "/books")[1]["wechat"]["orders"] == []


def test_the_log_tells_codes_and_reasons(ask: Any, signed: Any, world: World) -> None:
    signed.native()
    signed.ask("GET", "/v3/pay/transactions/id/1?mchid=1", signature="eA==")
    world.faults.add({"kind": "lose_reply"})
    world.handle(signed.request("GET", "/v3/nothing"))
    entries = ask("GET", "/log")[1]["log"]
    assert [(entry["status"], entry.get("code")) for entry in entries] == [(200, None), (401, "SIGN_ERROR"), (404, None)]
    assert entries[1]["why"]["expected"].startswith("GET\n/v3/pay/transactions/id/1?mchid=1\n")
    assert (entries[2]["fault"], entries[2]["ending"]) == ("lose_reply", "lost")
    assert [entry["number"] for entry in ask("GET", "/log?last=1")[1]["log"]] == [3]


def test_a_limit_of_rate_lets_so_many_through(world: World, signed: Any) -> None:
    world.faults.add({"kind": "rate_limit", "per_second": 2, "path": "/native"})
    codes = [signed.native(f"order{number}").code for number in range(4)]
    assert codes == [None, None, "FREQUENCY_LIMITED", "FREQUENCY_LIMITED"]
    assert signed.query("order0").status == 200
    assert len(world.books()["wechat"]["orders"]) == 2


def test_many_threads_leave_the_books_right(world: World, signed: Any) -> None:
    def work(thread: int) -> None:
        for number in range(10):
            assert signed.native("shared01").status == 200
            assert signed.native(f"thread{thread}x{number}").status == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(world.books()["wechat"]["orders"]) == 81
    assert [entry["number"] for entry in world.log] == list(range(1, 161))
