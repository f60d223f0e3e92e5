"""Whatever is sent, the Alipay mock answers: no body, path or query brings it down, and what it refuses it has not done."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.alipay import AlipayKeys, AlipayMock
from mocks.alipay.fields import FIELDS
from mocks.alipay.operations import OPERATIONS, PAGES
from mocks.alipay.rest import ROUTES
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.wire import MockRequest
from mocks.world import World
from tests.mocks.alipay_app import CARD, App

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GOOD: dict[str, Any] = {
    "out_trade_no": "order0001",
    "total_amount": "1.00",
    "subject": "x",
    "auth_code": "28763443825664394",
    "buyer_id": "2088000000000001",
    "product_code": "FAST_INSTANT_TRADE_PAY",
    "refund_amount": "0.10",
    "out_request_no": "r1",
    "account_type": "ACCTRANS_ACCOUNT",
    "bill_type": "trade",
    "bill_date": "2026-05-31",
    "alipay_cert_sn": "0",
}
TRANSFER: dict[str, Any] = {
    "out_biz_no": "out1",
    "trans_amount": "1.00",
    "product_code": "TRANS_BANKCARD_NO_PWD",
    "biz_scene": "DIRECT_TRANSFER",
    "payee_info": CARD,
}
POINTERS = sorted(
    {one.pointer for fields in FIELDS.values() for one in fields} | {"total_amount", "refund_amount", "trans_amount"}
)


def biz_of(operation: str) -> dict[str, Any]:
    chosen = TRANSFER if operation.startswith("alipay.fund.trans") else GOOD
    copied: dict[str, Any] = json.loads(json.dumps(chosen))
    return copied


def put(biz: dict[str, Any], pointer: str, value: Any) -> None:
    *parents, name = pointer.split("/")
    for part in parents:
        biz = biz.setdefault(part, {})
    biz[name] = value


def everything_moves(mock: AlipayMock) -> None:
    json.dumps(mock.books())
    for number in list(mock.desk.orders.all):
        for verb in ("scan", "fail", "pay"):
            try:
                mock.control("orders", number, verb, {})
            except ControlRefusedError:
                continue
    for notice in mock.notices.all:
        notice.write()
    mock.desk.clock.advance(400 * 86400)
    json.dumps(mock.books())


def sound(mock: AlipayMock) -> None:
    for order in mock.desk.orders.all.values():
        assert 0 <= order.refunded <= order.total
        assert order.refunded == 0 or order.paid_at is not None


@QUIET
@given(operation=st.sampled_from(sorted(OPERATIONS)), pointer=st.sampled_from(POINTERS), value=JSON)
def test_no_value_of_a_field_brings_it_down(alipay_keys: AlipayKeys, app: App, operation: str, pointer: str, value: Any) -> None:
    mock = AlipayMock(alipay_keys, Clock(app_clock))
    biz = biz_of(operation)
    put(biz, pointer, value)
    for _ in range(2):
        before = len(mock.books()["orders"])
        reply = mock.handle(app.request(operation, json.dumps(biz)))
        assert reply.status == 200
        if operation not in PAGES:
            answer = app.read(operation, reply)
            assert answer.signed
            assert answer.code != "isv.invalid-signature"
            assert answer.json["code"] in {"10000", "10003"} or len(mock.books()["orders"]) == before
    sound(mock)
    everything_moves(mock)


def app_clock() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 6, 1, 4, tzinfo=UTC)


@QUIET
@given(route=st.sampled_from(sorted(ROUTES)), pointer=st.sampled_from(POINTERS), value=JSON)
def test_no_value_brings_the_rest_protocol_down(alipay_keys: AlipayKeys, app: App, route: str, pointer: str, value: Any) -> None:
    mock = AlipayMock(alipay_keys, Clock(app_clock))
    app.send, app.rest = mock.handle, True
    method, operation = ROUTES[route]
    biz = biz_of(operation)
    put(biz, pointer, value)
    if method == "GET":
        answer = app.ask_rest(operation, biz)
    else:
        answer = app.read_rest(mock.handle(app.rest_request("POST", route, json.dumps(biz).encode())))
    assert answer.reply.status in {200, 202, 400}
    assert answer.code != "invalid-signature"
    sound(mock)
    everything_moves(mock)


@QUIET
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), query=st.text(max_size=40))
def test_nothing_that_is_sent_brings_it_down(alipay_keys: AlipayKeys, app: App, body: bytes, query: str) -> None:
    mock = AlipayMock(alipay_keys, Clock(app_clock))
    for method in ("POST", "GET"):
        assert mock.handle(MockRequest(method, "/gateway.do", query, {}, body)).status == 200
        assert mock.handle(MockRequest(method, "/downloadBillFile.resource", query, {}, body)).status == 404
        for path in ROUTES:
            assert mock.handle(MockRequest(method, path, query, {"authorization": query}, body)).status in {400, 404}
    signed = mock.handle(app.request("alipay.trade.precreate", body.decode("utf-8", "replace")))
    assert signed.status == 200
    assert mock.handle(app.rest_request("POST", "/v3/alipay/trade/precreate", body)).status == 400


@QUIET
@given(
    given_=st.dictionaries(
        st.sampled_from(["app_id", "method", "charset", "sign", "sign_type", "timestamp", "encrypt_type"]), st.text()
    )
)
def test_no_public_parameter_brings_it_down(alipay_keys: AlipayKeys, app: App, given_: dict[str, str]) -> None:
    from urllib.parse import urlencode

    mock = AlipayMock(alipay_keys, Clock(app_clock))
    parameters = app.parameters("alipay.trade.precreate", app.order()) | given_
    query = urlencode(parameters, errors="replace")
    assert mock.handle(MockRequest("POST", "/gateway.do", query, {}, b"")).status == 200


@QUIET
@given(
    amounts=st.lists(st.integers(min_value=1, max_value=120), max_size=8),
    repeat=st.integers(min_value=0, max_value=7),
)
def test_refunds_never_exceed_whatever_their_order(alipay_keys: AlipayKeys, app: App, amounts: list[int], repeat: int) -> None:
    mock = AlipayMock(alipay_keys, Clock(app_clock))
    app.send = mock.handle
    app.pay()
    for number, fen in enumerate(amounts):
        app.refund(f"r{number}", f"{fen // 100}.{fen % 100:02d}")
        app.refund(f"r{repeat}", f"{fen // 100}.{fen % 100:02d}")
        sound(mock)
    sums = mock.books()["sums"]
    assert sums["refunded"] == sum(one.amount for one in mock.desk.refunds.all.values()) <= 100
    assert sums["balance"] == 1_000_000_000 + 100 - sums["refunded"]


@QUIET
@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/alipay/orders/x/pay", "/alipay/certificates/alipay/retire", "/alipay/notifications/1/resend"]),
    body=st.binary(max_size=40)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.text().map(lambda text: json.dumps({"order_string": text}).encode()),
)
def test_nothing_brings_the_control_plane_down(alipay_keys: AlipayKeys, method: str, path: str, body: bytes) -> None:
    clock = Clock()
    world = World([AlipayMock(alipay_keys, clock)], clock)
    reply = world.handle(MockRequest(method, f"/_mock{path}", "", {}, body))
    assert reply.status in {200, 400, 404, 405, 409}
    json.loads(reply.body)
