"""Whatever is sent, the Allinpay mock answers: nothing brings it down, what it refuses it has not done, its sums add up."""

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.allinpay import AllinpayKeys, AllinpayMock
from mocks.allinpay.mock import CONTROLS
from mocks.allinpay.tlt_fields import TRANS, TRANS_DETAIL
from mocks.allinpay.vsp_fields import COMMON, OPERATIONS
from mocks.clock import Clock
from mocks.wire import MockRequest
from mocks.world import World
from tests.mocks.allinpay_merchant import NOTIFY, TLT_PATH, WECHAT_CODE, Merchant

QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(codec="gbk", exclude_categories=["Cc"]), max_size=12)
WISHES = [
    "MOCK:",
    "MOCK:1102",
    "MOCK:2008",
    "MOCK:END:3031",
    "MOCK:RETURN:3999",
    "MOCK:HOLD:0014",
    "MOCK:DONE:2008",
    "MOCK:x:0000",
]
VALUES = TEXT | st.sampled_from(["00", "0", "-1", "1" * 13, "20260229000000", "20260531", *WISHES])
NAMES = sorted({field.name for _, fields in OPERATIONS.values() for field in (*fields, *COMMON)} - {"sign", "signtype"})
DONE = {"2000", "2008", "0003"}


@QUIET
@given(path=st.sampled_from(sorted(OPERATIONS)), changed=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
def test_no_value_of_a_parameter_brings_it_down(
    allinpay_keys: AllinpayKeys, trader: Merchant, path: str, changed: dict[str, str]
) -> None:
    clock = Clock()
    mock = AllinpayMock(allinpay_keys, clock)
    given = {"oldreqsn": "paid00001", "date": "20260531", "authcode": WECHAT_CODE, "trxid": ""}
    fields = trader.order("order0001", 1000, **given) | changed
    reply = mock.handle(trader.form(path, trader.sign(fields)))
    assert reply.status == 200
    answer = json.loads(reply.body)
    assert answer["retcode"] != "SUCCESS" or trader.verified(answer)
    if answer.get("trxstatus") not in {"0000", *DONE} and "MOCK" not in str(changed):
        assert mock.desk.trades.all == {}
    mock.handle(trader.form(path, trader.sign(fields)))
    assert len(mock.desk.trades.all) <= 1
    clock.advance(3 * 86400)
    json.dumps(mock.books())
    for notice in mock.notices.all:
        notice.write()


@QUIET
@given(
    names=st.dictionaries(st.sampled_from([field.name for field in TRANS]), VALUES, max_size=3),
    info=st.dictionaries(st.sampled_from(["VERSION", "LEVEL", "DATA_TYPE", "MERCHANT_ID", "USER_NAME"]), VALUES, max_size=2),
)
def test_no_element_of_a_payout_brings_it_down(
    allinpay_keys: AllinpayKeys, trader: Merchant, names: dict[str, str], info: dict[str, str]
) -> None:
    clock = Clock()
    mock = AllinpayMock(allinpay_keys, clock)
    trader.send = mock.handle
    text = trader.xml("100014", "payout0001", trader.written("TRANS", trader.head() | trader.payee(**names)), **info)
    answer = trader.tlt(trader.sealed(text))
    if answer.info is not None and answer.info.startswith("1") and "DONE" not in str(names):
        assert mock.desk.payouts.all == {}
    assert trader.tlt(trader.sealed(text)).info is not None
    assert len(mock.books()["payouts"]) <= 1
    clock.advance(10 * 86400)
    json.dumps(mock.books())
    assert trader.query_payout().info is not None


@QUIET
@given(lines=st.lists(st.dictionaries(st.sampled_from([field.name for field in TRANS_DETAIL]), VALUES, max_size=2), max_size=3))
def test_a_batch_ends_as_a_whole_or_line_by_line(
    allinpay_keys: AllinpayKeys, trader: Merchant, lines: list[dict[str, str]]
) -> None:
    clock = Clock()
    mock = AllinpayMock(allinpay_keys, clock)
    trader.send = mock.handle
    amounts = [line.get("AMOUNT", "2000") for line in lines]
    total = sum(int(amount) for amount in amounts if amount.isascii() and amount.isdigit())
    details = "".join(
        trader.written("TRANS_DETAIL", trader.payee(SN=f"{place:04d}") | line) for place, line in enumerate(lines, 1)
    )
    sums = trader.head() | {"TOTAL_ITEM": str(len(lines)), "TOTAL_SUM": str(total)}
    rest = f"<BODY>{trader.written('TRANS_SUM', sums)}<TRANS_DETAILS>{details}</TRANS_DETAILS></BODY>"
    accepted = trader.tlt(trader.sealed(trader.xml("100002", "batch00001", rest))).info == "0000"
    clock.advance(10 * 86400)
    books = mock.books()
    assert len(books["payouts"]) == (len(lines) if accepted else 0)
    gone = sum(one["AMOUNT"] for one in books["payouts"] if one["state"] in {"PAID", "RETURNED"})
    assert (books["sums"]["paid_out"], books["sums"]["returned"] <= gone) == (gone, True)
    trader.query_payout("batch00001")


@QUIET
@given(
    body=st.binary(max_size=80) | st.dictionaries(TEXT, TEXT, max_size=6).map(lambda fields: urlencode(fields).encode()),
    path=st.sampled_from([*OPERATIONS, TLT_PATH]),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "text/plain", "", "text/xml;charset=GBK"]),
    beginning=st.sampled_from(
        [b"", b'<?xml version="1.0" encoding="GBK"?>', b'<?xml version="1.0" encoding="gbk"?><AIPG><INFO>']
    ),
)
def test_no_body_brings_it_down(allinpay_keys: AllinpayKeys, body: bytes, path: str, kind: str, beginning: bytes) -> None:
    mock = AllinpayMock(allinpay_keys, Clock())
    reply = mock.handle(MockRequest("POST", path, "", {"content-type": kind}, beginning + body))
    assert reply.status == 200
    assert reply.body
    assert (mock.desk.trades.all, mock.desk.payouts.all) == ({}, {})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "cancel", "wait", "settle"]),
        st.integers(1, 1200),
        st.sampled_from(["", "MOCK:2000", "MOCK:END:3045", "MOCK:HOLD:2008"]),
    ),
    max_size=8,
)


@QUIET
@given(steps=STEPS)
def test_never_more_goes_back_than_came_in(
    allinpay_keys: AllinpayKeys, trader: Merchant, steps: list[tuple[str, int, str]]
) -> None:
    clock = Clock()
    mock = AllinpayMock(allinpay_keys, clock)
    trader.send = mock.handle
    trader.scan("scan00001", 1000, notify_url=NOTIFY)
    for place, (act, fen, remark) in enumerate(steps):
        if act == "refund":
            trader.refund(f"refund{place:03d}", fen, "scan00001", remark=remark)
        elif act == "cancel":
            trader.cancel(f"cancel{place:03d}", 1000, "scan00001", remark=remark)
        elif act == "wait":
            clock.advance(fen * 60)
        else:
            held = [one for one in mock.desk.trades.all.values() if one.state == "OPEN"]
            for one in held[:1]:
                mock.control(f"{one.kind}s", one.reqsn, "complete" if fen % 2 else "fail", {})
        sums = mock.books()["sums"]
        assert sums["received"] == 1000
        assert 0 <= sums["refunded"] <= 1000
    cancelled = [one for one in mock.books()["cancels"] if one["state"] == "DONE"]
    state = mock.books()["orders"][0]["state"]
    assert (state == "CANCELLED") is bool(cancelled)


@QUIET
@given(
    things=st.sampled_from([*CONTROLS, "x"]),
    number=st.sampled_from(["order0001", "payout0001", "1", "x"]),
    verb=st.sampled_from(sorted({verb for verbs in CONTROLS.values() for verb in verbs} | {"x"})),
    content=st.dictionaries(
        st.sampled_from(["code", "sn", "fee_given_back", "x"]), VALUES | st.integers() | st.booleans() | st.none(), max_size=2
    ),
)
def test_nothing_brings_the_control_plane_down(
    allinpay_keys: AllinpayKeys, trader: Merchant, things: str, number: str, verb: str, content: dict[str, Any]
) -> None:
    clock = Clock()
    mock = AllinpayMock(allinpay_keys, clock)
    world = World([mock], clock, lambda *_: (200, "success"))
    trader.send = world.handle
    trader.pay()
    trader.payout(REMARK="MOCK:HOLD:2000")
    reply = world.handle(MockRequest("POST", f"/_mock/allinpay/{things}/{number}/{verb}", "", {}, json.dumps(content).encode()))
    assert reply.status in {200, 400, 404, 409}
    clock.advance(10 * 86400)
    json.dumps(world.books())
    world.deliver()
