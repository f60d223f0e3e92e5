"""Notifications of the Allinpay mock: what was paid is posted as a signed form until the merchant says just ``success``."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import pytest

from mocks.allinpay import AllinpayKeys, AllinpayMock
from mocks.clock import Clock
from mocks.notices import Posted
from mocks.world import World
from tests.mocks.allinpay_merchant import NOTIFY, Merchant


class Receiver:
    """Takes postings in the place of a socket, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[Posted] = []
        self.got: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> Posted:
        self.got.append((url, headers, dict(parse_qsl(body.decode("ascii"), strict_parsing=True))))
        return self.answers.pop(0) if self.answers else (200, "success")


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def world(allinpay: AllinpayMock, clock: Clock, receiver: Receiver) -> World:
    return World([allinpay], clock, receiver)


@pytest.mark.parametrize("method", ["MD5", "RSA", "SM2"])
def test_a_payment_is_told_in_a_form_signed_as_its_order_was(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver, method: str
) -> None:
    if method == "SM2":
        pytest.importorskip("gmssl_pyx")
    trader.method = method
    trxid = trader.pay(remark="a=1&b=中文", notify_url="http://127.0.0.1:9/notify?shop=7")["trxid"]
    world.deliver()
    assert receiver.got == []
    allinpay.control("orders", "order0001", "pay", {})
    world.deliver()
    ((url, headers, fields),) = receiver.got
    assert url == "http://127.0.0.1:9/notify?shop=7"
    assert headers == {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    assert trader.verified(fields)
    made_up = {"sign", "chnltrxid", "termrefnum", "acct", "cmid", "chnlid", "cusid", "appid"}
    assert {name: value for name, value in fields.items() if name not in made_up} == {
        "outtrxid": "order0001",
        "cusorderid": "order0001",
        "trxcode": "VSP501",
        "trxid": trxid,
        "initamt": "1000",
        "trxamt": "1000",
        "trxdate": "20260601",
        "paytime": "20260601120000",
        "trxstatus": "0000",
        "termtraceno": "0",
        "termauthno": "OTHERS",
        "trxreserved": "a=1&b=中文",
        "accttype": "99",
        "fee": "6",
        "signtype": method,
    }
    assert fields["chnltrxid"] == fields["termrefnum"] == trader.query()["chnltrxid"]
    world.deliver()
    assert len(receiver.got) == 1  # it was taken


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ((200, "success"), True),
        ((200, "SUCCESS"), False),
        ((200, "success\n"), False),
        ((200, "ok"), False),
        ((200, ""), False),
        ((201, "success"), False),
        ((500, "success"), False),
        ((None, "refused"), False),
    ],
)
def test_the_word_success_alone_takes_it(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver, answer: Posted, taken: bool
) -> None:
    receiver.answers = [answer]
    trader.pay()
    allinpay.control("orders", "order0001", "pay", {})
    world.deliver()
    assert allinpay.notices.all[0].taken is taken


def test_it_comes_six_times_within_half_an_hour(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [(200, "ok")] * 9
    trader.pay()
    allinpay.control("orders", "order0001", "pay", {})
    counts = []
    for seconds in (0, 14, 1, 14, 1, 299, 1, 599, 1, 899, 1, 86400):
        clock.advance(seconds)
        world.deliver()
        counts.append(len(receiver.got))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert len({fields["trxid"] for _, _, fields in receiver.got}) == 1


def test_a_payment_code_is_told_where_an_address_was_given(
    trader: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    trader.scan()
    trader.scan("scan00002", authcode="281234567890123456", notify_url=NOTIFY, remark="MOCK:2000")
    world.deliver()
    assert receiver.got == []
    clock.advance(10)
    world.deliver()
    assert [(fields["cusorderid"], fields["trxcode"]) for _, _, fields in receiver.got] == [("scan00002", "VSP511")]


def test_refunds_are_told_by_the_control_plane_alone(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver
) -> None:
    trxid = trader.pay()["trxid"]
    allinpay.control("orders", "order0001", "pay", {})
    trader.refund()
    world.deliver()
    assert [fields["cusorderid"] for _, _, fields in receiver.got] == ["order0001"]
    allinpay.control("refunds", "refund001", "notify", {})
    world.deliver()
    told = receiver.got[-1][2]
    assert (told["cusorderid"], told["srctrxid"], told["trxcode"], told["trxamt"]) == ("refund001", trxid, "VSP503", "300")
    assert trader.verified(told)


def test_what_was_not_paid_is_not_told(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    trader.pay()
    trader.scan("scan00001", notify_url=NOTIFY, remark="MOCK:END:3045")
    clock.advance(86400)
    allinpay.control("orders", "order0001", "pay_late", {})
    world.deliver()
    assert receiver.got == []


def test_one_can_be_sent_again_and_forged(
    allinpay: AllinpayMock, trader: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    trader.pay()
    allinpay.control("orders", "order0001", "pay", {})
    world.deliver()
    assert allinpay.control("notifications", "1", "resend", {})["number"] == 1
    world.deliver()
    allinpay.control("notifications", "1", "forge", {})
    world.deliver()
    assert [trader.verified(fields) for _, _, fields in receiver.got] == [True, True, False]
    assert receiver.got[2][2] | {"sign": ""} == receiver.got[0][2] | {"sign": ""}


class Inbox(BaseHTTPRequestHandler):
    """A merchant's server that asks for one again."""

    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        word = b"success" if len(self.got) > 1 else b"fail"
        self.send_response(200)
        self.send_header("Content-Length", str(len(word)))
        self.end_headers()
        self.wfile.write(word)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def inbox() -> Iterator[str]:
    Inbox.got.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Inbox) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/notify"
        server.shutdown()
        thread.join()


def test_it_is_really_posted_to_this_machine_and_nowhere_else(
    allinpay_keys: AllinpayKeys, trader: Merchant, clock: Clock, inbox: str
) -> None:
    allinpay = AllinpayMock(allinpay_keys, clock)
    world = World([allinpay], clock)
    trader.send = world.handle
    trader.pay(notify_url=inbox)
    trader.pay("order0002", notify_url="http://192.0.2.1/notify")
    for number in ("order0001", "order0002"):
        allinpay.control("orders", number, "pay", {})
    world.deliver()
    clock.advance(15)
    world.deliver()
    assert len(Inbox.got) == 2
    assert all(trader.verified(trader.told(body)) for body in Inbox.got)
    mine, other = allinpay.notices.all
    assert (mine.taken, [attempt["answer"] for attempt in mine.attempts]) == (True, ["fail", "success"])
    assert "this machine alone" in other.attempts[0]["error"]
