"""Whatever is sent, the mock answers: no body, path or query brings it down, and what it refuses it has not done."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.clock import Clock
from mocks.wechat import WechatKeys, WechatMock, v2
from mocks.wechat.mock import ROUTES
from mocks.wire import MockRequest
from mocks.world import World

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PAYMENT = {
    "description": "x",
    "out_trade_no": "order0001",
    "notify_url": "http://127.0.0.1:9/n",
    "amount": {"total": 100, "currency": "CNY"},
    "payer": {"openid": "o", "sp_openid": "o", "auth_code": "130061098828009406"},
    "scene_info": {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}, "store_info": {"id": "1"}},
    "out_refund_no": "refund1",
    "out_bill_no": "bill1",
    "transfer_scene_id": "1000",
    "openid": "o",
    "transfer_amount": 500,
    "transfer_remark": "x",
    "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
    "out_batch_no": "batch1",
    "batch_name": "x",
    "batch_remark": "x",
    "total_amount": 500,
    "total_num": 1,
    "transfer_detail_list": [{"out_detail_no": "d1", "transfer_amount": 500, "transfer_remark": "x", "openid": "o"}],
    "type": "MERCHANT_BANK_CARD",
}
POINTERS = [
    *((name,) for name in PAYMENT),
    ("amount", "total"),
    ("amount", "refund"),
    ("amount", "currency"),
    ("amount", "from"),
    ("payer", "openid"),
    ("payer", "auth_code"),
    ("scene_info", "h5_info"),
    ("scene_info", "store_info"),
    ("time_expire",),
    ("attach",),
    ("reason",),
    ("transaction_id",),
    ("user_name",),
    ("sub_mchid",),
    ("transfer_scene_report_infos",),
    ("detail",),
    ("goods_detail",),
    *(
        ("transfer_detail_list", 0, name)
        for name in ("out_detail_no", "transfer_amount", "transfer_remark", "user_name", "openid")
    ),
]


def fill(path: str) -> str:
    names = {"out_trade_no": "order0001", "out_refund_no": "refund1", "out_bill_no": "bill1", "out_batch_no": "batch1"}
    for name in ("transaction_id", "transfer_bill_no", "refund_id", "batch_id", "detail_id", "out_detail_no", *names):
        path = path.replace(f"{{{name}}}", names.get(name, "1"))
    return path


@QUIET
@given(route=st.sampled_from(ROUTES), pointer=st.sampled_from(POINTERS), value=JSON)
def test_no_value_of_a_field_brings_it_down(
    keys: WechatKeys, merchant: Any, route: Any, pointer: tuple[Any, ...], value: Any
) -> None:
    mock = WechatMock(keys, Clock())
    ids = dict.fromkeys(("mchid", "sp_mchid"), merchant.facts["mchid"]) | dict.fromkeys(
        ("appid", "sp_appid"), merchant.facts["appid"]
    )
    body: dict[str, Any] = json.loads(json.dumps(PAYMENT)) | ids | {"sub_mchid": "1900000109"}
    if route.operation == "refund":
        body["amount"] = {"refund": 1, "total": 100, "currency": "CNY"}
    place: Any = body
    for part in pointer[:-1]:
        place = place[part]
    place[pointer[-1]] = value
    merchant.now = lambda: mock.desk.clock.real().timestamp()
    query = f"?mchid={ids['mchid']}&sp_mchid={ids['mchid']}&sub_mchid=1900000109&bill_date=2026-06-01&need_query_detail=true"
    request = merchant.request(
        route.method, fill(route.path) + (query if route.method == "GET" else ""), body if route.method == "POST" else None
    )
    reply = mock.handle(request)
    assert reply.status in {200, 204, 202, 400, 401, 403, 404, 500}
    assert "SIGN_ERROR" not in reply.body.decode()
    if reply.status >= 400:
        assert json.loads(reply.body)["message"]
        assert not mock.books()["orders"] or route.operation not in {"native", "jsapi", "app", "h5"}
    json.dumps(mock.books())
    mock.handle(request)
    for order in list(mock.desk.orders.all.values()):
        if order.state in {"NOTPAY", "USERPAYING"}:
            mock.control("orders", order.out_trade_no, "pay", {})
    json.dumps(mock.books())


@QUIET
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), route=st.sampled_from(ROUTES))
def test_no_body_brings_it_down(keys: WechatKeys, merchant: Any, body: bytes, route: Any) -> None:
    mock = WechatMock(keys, Clock())
    merchant.now = lambda: mock.desk.clock.real().timestamp()
    target = fill(route.path)
    message = f"{route.method}\n{target}\n{int(merchant.now())}\nn\n".encode() + body + b"\n"
    headers = merchant.headers(route.method, target, "", nonce_str="n", signature=merchant.sign(message.decode("latin-1")))
    reply = mock.handle(MockRequest(route.method, target, "", headers, body))
    assert reply.status in {200, 204, 400, 401, 403, 404}
    for path in v2.ROUTES:
        assert mock.handle(MockRequest("POST", path, "", {}, body)).status == 200


@QUIET
@given(
    values=st.dictionaries(
        st.sampled_from(["body", "out_trade_no", "total_fee", "auth_code", "fee_type", "transaction_id", "sub_mch_id"]),
        st.text(max_size=20),
    )
)
def test_no_value_of_v2_brings_it_down(keys: WechatKeys, merchant: Any, values: dict[str, str]) -> None:
    mock = WechatMock(keys, Clock())
    good = {"body": "x", "out_trade_no": "a", "total_fee": "1", "spbill_create_ip": "1", "auth_code": "130061098828009406"}
    asked = {"appid": merchant.facts["appid"], "mch_id": merchant.facts["mchid"], "nonce_str": "x"} | good | values
    kept = {name: "".join(letter for letter in value if letter.isprintable()) for name, value in asked.items()}
    kept["sign"] = v2.signature(kept, merchant.facts["apiv2_key"], "MD5")
    body = (
        "<xml>" + "".join(f"<{name}><![CDATA[{value.replace(']]>', '')}]]></{name}>" for name, value in kept.items()) + "</xml>"
    )
    for path in v2.ROUTES:
        assert mock.handle(MockRequest("POST", path, "", {}, body.encode("utf-8", "replace"))).status == 200
    json.dumps(mock.books())


@QUIET
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    path=st.sampled_from(
        [
            "/",
            "/faults",
            "/clock/advance",
            "/books",
            "/log",
            "/notifications",
            "/wechat/orders/x/pay",
            "/wechat/certificates/platform/x",
        ]
    ),
    body=st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()),
    query=st.text(max_size=10),
)
def test_nothing_brings_the_control_plane_down(keys: WechatKeys, method: str, path: str, body: bytes, query: str) -> None:
    clock = Clock()
    world = World([WechatMock(keys, clock)], clock)
    reply = world.handle(MockRequest(method, f"/_mock{path}", query, {}, body))
    assert reply.status in {200, 400, 404, 405, 409}
    json.loads(reply.body)
