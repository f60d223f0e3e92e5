"""Whatever is sent, the CIB mock answers: no body, element or choice brings it down, and its books always add up."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.cib import CibMock
from mocks.cib.fields import OPERATIONS
from mocks.cib.telling import CONTROLS
from mocks.clock import Clock
from mocks.wire import MockRequest
from mocks.world import World
from tests.mocks.cib_customer import Customer, element, read

QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(codec="gbk", exclude_characters="<&\r"), max_size=12)
VALUES = TEXT | st.sampled_from(
    ["0", "-1", "1" * 40, "2026-02-30", "MOCK:6000", "MOCK:END:RETURN", "MOCK:END:x", "|" * 12, "\U00020bb7"]
)
VERBS = sorted({verb for verbs in CONTROLS.values() for verb in verbs})
OPENING = 1_000_000_00


def fresh(cib: CibMock, customer: Customer) -> World:
    clock = Clock()
    mock = CibMock(cib.desk.keys, clock)
    world = World([mock], clock, lambda *_: (200, ""))
    customer.send = world.handle
    return world


def check(world: World) -> None:
    """The account is what its rows say, and the rows are what the instructions say."""
    books: dict[str, Any] = world.books()["cib"]
    json.dumps(books)
    account, sums = books["account"], books["sums"]
    signs = {"CREDIT": 1, "DEBIT": -1}
    assert account["balance"] == OPENING + sum(signs[one["kind"]] * one["amount"] for one in account["entries"])
    deposits = sum(one["amount"] for one in account["entries"] if one["about"] == "deposit")
    moved = sums["returned"] + sums["collected"] + deposits - sums["paid_out"] - sums["fees"] - sums["refunded"]
    assert account["balance"] == OPENING + moved
    assert 0 <= account["available"] <= account["balance"]
    times = [one["at"] for one in account["entries"]]
    assert times == sorted(times)


@QUIET
@given(
    names=st.dictionaries(
        st.sampled_from(["TRNUID", "PURPOSE", "MEMO", "NAME", "ACCTID", "DTDUE", "BANKNUM", "amount"]), VALUES, max_size=3
    )
)
def test_no_value_of_a_transfer_brings_it_down(cib: CibMock, customer: Customer, names: dict[str, str]) -> None:
    world = fresh(cib, customer)
    given = {**names}
    uid, amount = given.pop("TRNUID", "t1"), given.pop("amount", "1.00")
    xml = customer.by_super_xml(uid, amount, **given)
    request = customer.request(xml, encoding="gb18030")
    for _ in range(2):
        reply = world.handle(request)
        assert reply.status == 200
        read(reply.body)
    assert len(world.books()["cib"]["transfers"]) <= 1
    world.clock.advance(86_400 * 9)
    world.tick()
    check(world)


@QUIET
@given(
    rows=st.lists(TEXT | st.just("1|b1||6227000000008751|收款人|105100000017|0|建设银行|40.25|货款|"), max_size=3), size=VALUES
)
def test_no_rows_of_a_batch_bring_it_down(cib: CibMock, customer: Customer, rows: list[str], size: str) -> None:
    world = fresh(cib, customer)
    if "\U00020bb7" not in size and "]]>" not in "\n".join(rows):
        read(world.handle(customer.request(customer.batch_xml("b1", rows, size=size.replace('"', "")))).body)
    check(world)


@QUIET
@given(
    body=st.binary(max_size=80)
    | st.recursive(TEXT, lambda inner: st.builds(element, st.sampled_from(["FOX", "SONRQ", *OPERATIONS]), inner)).map(str.encode),
    kind=st.sampled_from(["application/x-fox", "application/x-fox; charset=gbk", "text/xml", ""]),
)
def test_no_body_brings_it_down(cib: CibMock, customer: Customer, body: bytes, kind: str) -> None:
    world = fresh(cib, customer)
    reply = world.handle(MockRequest("POST", "/cib", "", {"content-type": kind}, body))
    assert (reply.status, read(reply.body).findtext(".//CODE")) == (200, "2000")


@QUIET
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([*CONTROLS, "x"]),
            st.sampled_from(["t1", "a1", "b1-1", "r1", "m1", "1", "account"]),
            st.sampled_from([*VERBS, "x"]),
            st.dictionaries(
                st.sampled_from(["amount", "url", "message", "style", "x"]), VALUES | st.just("2.50") | st.integers(), max_size=2
            ),
            st.sampled_from([0, 61, 7201, 86_400 * 8]),
        ),
        max_size=12,
    )
)
def test_nothing_brings_the_control_plane_down_and_the_books_add_up(
    cib: CibMock, customer: Customer, steps: list[tuple[str, str, str, dict[str, Any], int]]
) -> None:
    world = fresh(cib, customer)
    account = customer.facts["acct_id"]
    world.channels["cib"].control("orders", "m1", "collect", {"amount": "10.00"})
    customer.by_super("t1", PURPOSE="MOCK:END:RETURN")
    customer.agent_elsewhere("a1")
    customer.batch("b1", ["1|b1||6227000000008751|收款人|105100000017|0|建设银行|40.25|货款|"])
    customer.refund("r1", "m1", "10.00", "4.00")
    for things, number, verb, options, seconds in steps:
        path = f"/_mock/cib/{things}/{account if number == 'account' else number}/{verb}"
        reply = world.handle(MockRequest("POST", path, "", {}, json.dumps(options).encode()))
        assert reply.status in {200, 400, 404, 409}
        json.loads(reply.body)
        world.clock.advance(seconds)
        world.tick()
        check(world)
    world.deliver()
