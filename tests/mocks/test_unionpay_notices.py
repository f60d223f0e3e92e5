"""Notifications of the UnionPay mock: what succeeded is posted as a signed form, again and again until it is taken."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import pytest

from mocks.clock import Clock
from mocks.notices import Posted
from mocks.unionpay import UnionpayKeys, UnionpayMock
from mocks.world import World
from tests.mocks.unionpay_merchant import Merchant


class Receiver:
    """Takes postings in the place of a socket, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[Posted] = []
        self.got: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> Posted:
        self.got.append((url, headers, dict(parse_qsl(body.decode("ascii"), strict_parsing=True))))
        return self.answers.pop(0) if self.answers else (200, "ok")


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def world(unionpay: UnionpayMock, clock: Clock, receiver: Receiver) -> World:
    return World([unionpay], clock, receiver)


def test_a_payment_is_told_in_a_signed_form(unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver) -> None:
    shop.app(reqReserved="{a=1&b=中文}", backUrl="http://127.0.0.1:9/back?shop=7&x=%26")
    world.deliver()
    assert receiver.got == []
    query_id = unionpay.control("orders", "order00001", "pay", {})["queryId"]
    world.deliver()
    url, headers, fields = receiver.got[0]
    assert url == "http://127.0.0.1:9/back?shop=7&x=%26"
    assert headers == {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    assert shop.verified(fields)
    named = {name: value for name, value in fields.items() if name not in {"signature", "signPubKeyCert", "traceNo", "merId"}}
    assert named == {
        "accNo": "622609******0048",
        "accessType": "0",
        "bizType": "000201",
        "currencyCode": "156",
        "encoding": "UTF-8",
        "orderId": "order00001",
        "payCardType": "01",
        "payType": "0001",
        "queryId": query_id,
        "reqReserved": "{a=1&b=中文}",
        "respCode": "00",
        "respMsg": "成功[0000000]",
        "settleAmt": "1000",
        "settleCurrencyCode": "156",
        "settleDate": "0601",
        "signMethod": "01",
        "traceTime": "0601120000",
        "txnAmt": "1000",
        "txnSubType": "01",
        "txnTime": "20260601120000",
        "txnType": "01",
        "version": "5.1.0",
    }
    world.deliver()
    assert len(receiver.got) == 1  # it was taken


@pytest.mark.parametrize(("status", "taken"), [(200, True), (302, True), (204, False), (301, False), (404, False), (500, False)])
def test_only_200_and_302_take_it(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver, status: int, taken: bool
) -> None:
    receiver.answers = [(status, "anything")]
    shop.app()
    unionpay.control("orders", "order00001", "pay", {})
    world.deliver()
    assert unionpay.notices.all[0].taken is taken


def test_it_comes_five_times_after_one_two_four_and_five_minutes(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [(None, "refused")] * 9
    shop.app()
    unionpay.control("orders", "order00001", "pay", {})
    counts = []
    for seconds in (0, 59, 1, 119, 1, 239, 1, 299, 1, 86400):
        clock.advance(seconds)
        world.deliver()
        counts.append(len(receiver.got))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert len({fields["queryId"] for _, _, fields in receiver.got}) == 1


def test_refunds_cancellations_and_payouts_are_told_when_they_succeed(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    shop.app()
    shop.app("order00002")
    first, second = (unionpay.control("orders", number, "pay", {})["queryId"] for number in ("order00001", "order00002"))
    shop.refund(first)
    shop.refund(first, "refund0002", reqReserved="MOCK:END:30")
    shop.cancel(second)
    shop.payout()
    shop.payout("payout0002", reqReserved="MOCK:END:A6")
    shop.payout("payout0003", reqReserved="MOCK:END:61")
    clock.advance(3)
    world.deliver()
    told = [(fields["txnType"], fields["orderId"], fields["respCode"], fields.get("origQryId")) for _, _, fields in receiver.got]
    assert told[2:] == [
        ("04", "refund0001", "00", first),
        ("31", "cancel0001", "00", second),
        ("12", "payout0001", "00", None),
        ("12", "payout0002", "A6", None),
    ]
    assert all(shop.verified(fields) for _, _, fields in receiver.got)


def test_what_was_not_paid_is_never_told(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver, clock: Clock
) -> None:
    shop.app(payTimeout="20260601121500")
    unionpay.control("orders", "order00001", "fail", {"code": "64"})
    clock.advance(86400)
    world.deliver()
    assert receiver.got == []


@pytest.mark.parametrize("method", ["11", "12"])
def test_it_is_signed_by_the_method_of_its_order(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver, method: str
) -> None:
    shop.method = method
    shop.app()
    unionpay.control("orders", "order00001", "pay", {})
    world.deliver()
    fields = receiver.got[0][2]
    assert (fields["signMethod"], "signPubKeyCert" in fields) == (method, False)
    assert shop.verified(fields)


def test_the_control_plane_sends_it_again_and_forges_it(
    unionpay: UnionpayMock, shop: Merchant, world: World, receiver: Receiver
) -> None:
    shop.app()
    unionpay.control("orders", "order00001", "pay", {})
    world.deliver()
    unionpay.control("notifications", "1", "resend", {})
    unionpay.control("notifications", "1", "forge", {})
    world.deliver()
    assert sorted(shop.verified(fields) for _, _, fields in receiver.got) == [False, True, True]


class Server(BaseHTTPRequestHandler):
    """A merchant's server on a real socket."""

    got: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        Server.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.got.clear()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_it_is_really_posted_with_the_addresss_own_query(
    unionpay_keys: UnionpayKeys, shop: Merchant, clock: Clock, server: str
) -> None:
    mock = UnionpayMock(unionpay_keys, clock)
    world = World([mock], clock)
    shop.send = mock.handle
    shop.app(backUrl=f"{server}/back?shop=7")
    mock.control("orders", "order00001", "pay", {})
    world.deliver()
    path, body = Server.got[0]
    assert path == "/back?shop=7"
    assert shop.verified(dict(parse_qsl(body.decode("ascii"))))
    assert mock.notices.all[0].taken


def test_an_address_elsewhere_is_noted_and_left(unionpay_keys: UnionpayKeys, shop: Merchant, clock: Clock) -> None:
    mock = UnionpayMock(unionpay_keys, clock)
    shop.send = mock.handle
    shop.app(backUrl="https://merchant.example/back")
    mock.control("orders", "order00001", "pay", {})
    World([mock], clock).deliver()
    assert "this machine alone" in mock.notices.all[0].attempts[0]["error"]
