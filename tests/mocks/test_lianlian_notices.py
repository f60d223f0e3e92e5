"""Notifications of the LianLian mock: how a payment ended is posted as signed JSON, every two minutes until it is taken."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from mocks.clock import Clock
from mocks.lianlian import LianlianMock
from mocks.notices import Posted
from mocks.world import World
from tests.mocks.lianlian_merchant import Merchant

ACK = '{"ret_code":"0000","ret_msg":"ok"}'


class Receiver:
    """Takes postings in the place of a socket, and answers as it is told."""

    def __init__(self) -> None:
        self.answer: Posted = (200, ACK)
        self.got: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> Posted:
        self.got.append((url, headers, json.loads(body)))
        return self.answer


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def world(lianlian: LianlianMock, clock: Clock, receiver: Receiver) -> World:
    return World([lianlian], clock, receiver)


def test_a_success_is_told_in_signed_json(payer: Merchant, world: World, clock: Clock, receiver: Receiver) -> None:
    paybill = payer.pay(notify_url="http://127.0.0.1:9/notify?shop=7")["oid_paybill"]
    world.deliver()
    assert receiver.got == []
    clock.advance(3)
    world.deliver()
    url, headers, fields = receiver.got[0]
    assert url == "http://127.0.0.1:9/notify?shop=7"
    assert headers == {"Content-Type": "text/json;charset=utf-8"}
    assert payer.verified(fields)
    assert {name: value for name, value in fields.items() if name != "sign"} == {
        "oid_partner": payer.partner,
        "sign_type": "RSA",
        "dt_order": "20260601120000",
        "no_order": "payout1",
        "oid_paybill": paybill,
        "money_order": "123.45",
        "info_order": "报销 5 月",
        "result_pay": "SUCCESS",
        "settle_date": "20260601",
    }
    clock.advance(7200)
    world.deliver()
    assert len(receiver.got) == 1  # it was taken


@pytest.mark.parametrize(("purpose", "told"), [("报销", "报销"), (None, "无效卡号")])
def test_a_failure_is_told_too(
    lianlian: LianlianMock, payer: Merchant, world: World, receiver: Receiver, purpose: str | None, told: str
) -> None:
    payer.pay(info_order=purpose)
    lianlian.control("payouts", "payout1", "fail", {"code": "1100"})
    world.deliver()
    fields = receiver.got[0][2]
    assert payer.verified(fields)
    assert (fields["result_pay"], fields["info_order"]) == ("FAILURE", told)
    assert "settle_date" not in fields


def test_money_that_comes_back_is_told_to_nobody(
    lianlian: LianlianMock, payer: Merchant, world: World, receiver: Receiver
) -> None:
    payer.pay()
    lianlian.control("payouts", "payout1", "complete", {})
    world.deliver()
    lianlian.control("payouts", "payout1", "return", {})
    world.deliver()
    assert [fields["result_pay"] for _, _, fields in receiver.got] == ["SUCCESS"]


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ((200, ACK), True),
        ((200, '{"ret_code": "0000", "ret_msg": "交易成功"}'), True),
        ((200, '{"ret_code":"9999","ret_msg":"ok"}'), False),
        ((200, "success"), False),
        ((200, "0000"), False),
        ((200, '"0000"'), False),
        ((200, ""), False),
        ((201, ACK), False),
        ((500, ACK), False),
        ((None, "timed out"), False),
    ],
)
def test_only_the_agreed_answer_takes_it(
    lianlian: LianlianMock, payer: Merchant, world: World, receiver: Receiver, answer: Posted, taken: bool
) -> None:
    receiver.answer = answer
    payer.pay()
    lianlian.control("payouts", "payout1", "complete", {})
    world.deliver()
    assert lianlian.notices.all[0].taken is taken


def test_it_comes_thirty_times_more_every_two_minutes_and_then_never(
    lianlian: LianlianMock, payer: Merchant, world: World, clock: Clock, receiver: Receiver
) -> None:
    receiver.answer = (500, "")
    payer.pay()
    lianlian.control("payouts", "payout1", "complete", {})
    world.deliver()
    for number in range(1, 31):
        clock.advance(119)
        world.deliver()
        assert len(receiver.got) == number
        clock.advance(1)
        world.deliver()
        assert len(receiver.got) == number + 1
    clock.advance(86400)
    world.deliver()
    assert len(receiver.got) == 31
    assert len({json.dumps(fields, sort_keys=True) for _, _, fields in receiver.got}) == 1
    assert lianlian.notices.all[0].due is None


def test_one_can_be_sent_again_and_a_forged_one_does_not_verify(
    lianlian: LianlianMock, payer: Merchant, world: World, receiver: Receiver
) -> None:
    payer.pay()
    lianlian.control("payouts", "payout1", "complete", {})
    world.deliver()
    lianlian.control("notifications", "1", "resend", {})
    lianlian.control("notifications", "1", "forge", {})
    world.deliver()
    told = [fields for _, _, fields in receiver.got]
    assert [payer.verified(fields) for fields in told] == [True, True, False]
    assert told[0] == told[1]
    assert {**told[2], "sign": ""} == {**told[0], "sign": ""}


class _Handler(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[str | None, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["Content-Type"], body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(ACK.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that the base class gives it
        """Say nothing."""


@pytest.fixture
def listening() -> Iterator[str]:
    _Handler.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/notify"
    server.shutdown()
    server.server_close()
    thread.join()


def test_it_is_really_posted_on_loopback(lianlian: LianlianMock, payer: Merchant, clock: Clock, listening: str) -> None:
    world = World([lianlian], clock)
    payer.pay(notify_url=listening)
    lianlian.control("payouts", "payout1", "complete", {})
    (shown,) = world.deliver()
    assert shown["taken"] is True
    ((content_type, body),) = _Handler.got
    assert content_type == "text/json;charset=utf-8"
    assert payer.verified(json.loads(body))
