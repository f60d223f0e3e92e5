"""Whatever is sent, the UnionPay mock answers: no body, field or choice brings it down, and what it refuses it has not done."""

import json
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.clock import Clock
from mocks.unionpay import UnionpayKeys, UnionpayMock
from mocks.unionpay.fields import OPERATIONS, PATHS
from mocks.wire import MockRequest
from mocks.world import World
from tests.mocks.unionpay_merchant import Merchant, split

QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORM = {"content-type": "application/x-www-form-urlencoded"}
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = TEXT | st.sampled_from(
    ["00", "01", "34", "0", "-1", "1" * 13, "{a=1&b=2}", "MOCK:64", "MOCK:END:A6", "MOCK:x:00", "20260229000000"]
)
NAMES = sorted(
    {field.name for operation in OPERATIONS for field in operation.fields} | {"version", "encoding", "merId", "accessType"}
)


def good(shop: Merchant, name: str) -> dict[str, str]:
    operation = next(one for one in OPERATIONS if one.name == name)
    kind = "/".join(min(operation.types))
    fields = shop.payout_fields("order00001") | {"frontUrl": "http://127.0.0.1:9/f", "certType": "01", "fileType": "00"}
    fields |= {"settleDate": "0601", "origQryId": "1" * 21, "txnType": kind[:2], "txnSubType": kind[3:]}
    return fields | {"bizType": min(operation.businesses)}


@QUIET
@given(
    name=st.sampled_from([one.name for one in OPERATIONS]), changed=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
)
def test_no_value_of_a_field_brings_it_down(
    unionpay_keys: UnionpayKeys, shop: Merchant, name: str, changed: dict[str, str]
) -> None:
    mock = UnionpayMock(unionpay_keys, Clock())
    path = next(path for path, _ in ((one.path, one.name) for one in OPERATIONS if one.name == name))
    fields = good(shop, name) | changed
    reply = mock.handle(shop.request(path, shop.sign(fields)))
    assert reply.status == 200
    if name != "front":
        answer = split(reply.body.decode())
        assert shop.verified(answer)
        assert answer["respCode"] != "11"
        if answer["respCode"] != "00" and not changed.get("reqReserved", "").startswith("MOCK:DONE"):
            assert mock.desk.transactions.all == {}
    json.dumps(mock.books())
    mock.handle(shop.request(path, shop.sign(fields)))
    assert len(mock.desk.transactions.all) <= 1
    for order in mock.books()["orders"]:
        mock.control("orders", order["orderId"], "expire" if "A6" in str(changed) else "pay", {})
    mock.desk.clock.advance(40 * 86400)
    json.dumps(mock.books())
    for notice in mock.notices.all:
        notice.write()


@QUIET
@given(
    body=st.binary(max_size=80) | st.dictionaries(TEXT, TEXT, max_size=6).map(lambda fields: urlencode(fields).encode()),
    path=st.sampled_from([*PATHS, "/gateway/cashier/pay.do"]),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "text/plain", "", "application/x-www-form-urlencoded; charset=gbk"]
    ),
)
def test_no_body_brings_it_down(unionpay_keys: UnionpayKeys, body: bytes, path: str, kind: str) -> None:
    mock = UnionpayMock(unionpay_keys, Clock())
    reply = mock.handle(MockRequest("POST", path, "", {"content-type": kind}, body))
    assert reply.status in {200, 404}
    assert reply.body
    assert mock.desk.transactions.all == {}


@QUIET
@given(
    sealed=st.binary(max_size=300) | TEXT.map(str.encode),
    inner=TEXT,
)
def test_no_sealed_content_brings_it_down(unionpay_keys: UnionpayKeys, shop: Merchant, sealed: bytes, inner: str) -> None:
    import base64

    mock = UnionpayMock(unionpay_keys, Clock())
    card = base64.b64encode(sealed).decode()
    person = base64.b64encode(f"{{customerNm={inner}&encryptedInfo={card}}}".encode()).decode()
    for changes in ({"accNo": card}, {"accNo": shop.encrypt(inner)}, {"customerInfo": person}, {"customerInfo": card}):
        fields = shop.payout_fields() | changes
        assert mock.handle(shop.request("/gateway/api/backTransReq.do", shop.sign(fields))).status == 200
    json.dumps(mock.books())


@QUIET
@given(
    things=st.sampled_from(["orders", "refunds", "cancels", "payouts", "certificates", "notifications", "x"]),
    number=st.sampled_from(["order00001", "signer", "encrypt", "1", "x"]),
    verb=st.sampled_from(["pay", "fail", "expire", "complete", "hold", "rotate", "retire", "resend", "x"]),
    content=st.dictionaries(st.sampled_from(["code", "txnTime", "x"]), VALUES | st.integers() | st.none(), max_size=2),
)
def test_nothing_brings_the_control_plane_down(
    unionpay_keys: UnionpayKeys, shop: Merchant, things: str, number: str, verb: str, content: dict[str, object]
) -> None:
    clock = Clock()
    mock = UnionpayMock(unionpay_keys, clock)
    world = World([mock], clock, lambda *_: (200, ""))
    shop.send = world.handle
    shop.app()
    reply = world.handle(MockRequest("POST", f"/_mock/unionpay/{things}/{number}/{verb}", "", {}, json.dumps(content).encode()))
    assert reply.status in {200, 400, 404, 409}
    json.loads(reply.body)
    json.dumps(world.books())
    world.deliver()
