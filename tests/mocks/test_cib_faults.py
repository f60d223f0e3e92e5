"""Every kind of fault on the CIB mock, through the world; and every code of the collected list, provoked in two ways."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mocks.cib import CibMock
from mocks.cib.codes import REFUND, STATE, STATUS, find, rows
from mocks.cib.instructions import PAYING, REFUNDING
from mocks.clock import Clock
from mocks.faults import KINDS
from mocks.wire import Ending, MockReply
from mocks.world import World
from tests.mocks.cib_customer import Answer, Customer, read

DONE = {"lose_reply", "reset", "half_body", "delay", "garbage", "bad_signature", "unsigned", "executed_twice", "unknown_state"}
NOT_DONE = {"next_code", "server_error", "rate_limit", "executed_late"}
OPTIONS: dict[str, dict[str, Any]] = {"delay": {"seconds": 2.5}, "next_code": {"code": "6000"}, "rate_limit": {"per_second": 0}}
CODES = sorted({row.code for row in rows() if row.where == STATUS and row.code != "0"}, key=int)


@pytest.fixture
def world(cib: CibMock, clock: Clock, customer: Customer) -> World:
    made = World([cib], clock, lambda *_: (200, ""))
    customer.send = made.handle
    return made


@pytest.fixture
def struck(world: World, customer: Customer) -> Callable[..., MockReply]:
    def struck(kind: str, **options: Any) -> MockReply:
        world.faults.add({"kind": kind, "channel": "cib", "text": "XFERTRNRQ", **OPTIONS.get(kind, {}), **options})
        return world.handle(customer.request(customer.transfer_xml()))

    return struck


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == DONE | NOT_DONE


@pytest.mark.parametrize("kind", sorted(DONE))
def test_what_is_said_to_be_executed_moved_money_once(
    cib: CibMock, customer: Customer, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert customer.query().state == "PAYOUT"
    assert cib.books()["sums"]["paid_out"] == 1234
    assert len(cib.books()["account"]["entries"]) == 1


@pytest.mark.parametrize("kind", sorted(NOT_DONE))
def test_what_is_not_executed_is_not_found(cib: CibMock, customer: Customer, struck: Callable[..., MockReply], kind: str) -> None:
    struck(kind)
    assert cib.books()["transfers"] == []
    assert customer.query().code == "2020"


def test_executed_late_is_unknown_first_and_there_afterwards(customer: Customer, struck: Callable[..., MockReply]) -> None:
    assert struck("executed_late").ending is Ending.LOST
    assert customer.query().code == "2020"
    assert customer.query().state == "PAYOUT"


def test_a_proxy_that_sends_again_is_answered_with_the_stored_result(struck: Callable[..., MockReply]) -> None:
    answer = Answer(reply := struck("executed_twice"), read(reply.body))
    assert (answer.code, answer.state) == ("0", "PAYOUT")


def test_connections_end_as_asked(struck: Callable[..., MockReply], world: World) -> None:
    endings = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF, "delay": Ending.WHOLE}
    for kind, ending in endings.items():
        world.reset()
        reply = struck(kind)
        assert (reply.ending, reply.delay) == (ending, 2.5 if kind == "delay" else 0.0)
    world.reset()
    with pytest.raises(UnicodeDecodeError):
        struck("garbage").body.decode("gbk")


def test_nothing_is_signed_so_nothing_can_be_forged_and_the_log_says_so(struck: Callable[..., MockReply], world: World) -> None:
    for kind in ("bad_signature", "unsigned"):
        world.reset()
        reply = struck(kind)
        assert Answer(reply, read(reply.body)).state == "PAYOUT"
        assert "nothing is signed" in world.log[-1]["reason"]


def test_a_state_never_seen_comes_in_every_place_where_a_state_stands(
    customer: Customer, struck: Callable[..., MockReply], world: World, cib: CibMock
) -> None:
    answer = Answer(reply := struck("unknown_state", state="LIMBO"), read(reply.body))
    assert (answer.code, answer.state) == ("0", "LIMBO")
    world.faults.add({"kind": "unknown_state", "times": 9})
    assert customer.query().state == "Z9"
    row = "1|b0001||117130101400020797|收款人甲|309391000011|2|兴业银行|101|货款|"
    told = customer.batch("b1", [row])
    assert (told.state, (told.text("XFERINFOTEXT") or "").split("|")[10:12]) == ("Z9", ["0.00", "Z9"])
    cib.control("orders", "m1", "collect", {"amount": "10.00"})
    assert customer.refund("r1", "m1", "10.00", "1.00").text("REFUNDSTATUS") == "Z9"
    world.faults.clear()
    assert customer.query().state == "PAYOUT"


def test_a_proxys_page_is_no_answer_of_the_banks(struck: Callable[..., MockReply], cib: CibMock) -> None:
    assert struck("server_error", http_status=503).status == 503
    assert cib.books()["transfers"] == []
    assert struck("server_error", executed=True).status == 502
    assert len(cib.books()["transfers"]) == 1


def test_a_code_may_be_answered_although_it_was_done_and_with_another_status(
    struck: Callable[..., MockReply], customer: Customer
) -> None:
    reply = struck("next_code", executed=True, http_status=500, message="别的说法")
    assert (reply.status, read(reply.body).findtext(".//MESSAGE")) == (500, "别的说法")
    assert customer.query().state == "PAYOUT"


def test_too_many_requests_are_an_unknown_failure_since_no_code_is_shown(struck: Callable[..., MockReply]) -> None:
    reply = struck("rate_limit")
    assert Answer(reply, read(reply.body)).code == "6000"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_provoked_by_a_fault_and_by_a_magic_value(
    cib: CibMock, customer: Customer, world: World, code: str
) -> None:
    row = find(code)
    assert row is not None
    world.faults.add({"kind": "next_code", "code": code})
    for answer in (customer.transfer("t1"), customer.transfer("t2", PURPOSE=f"MOCK:{code}")):
        assert answer.code == code
        assert (answer.text("MESSAGE") or "").split() == row.message.split()
    assert cib.books()["transfers"] == []
    assert customer.transfer("t1").state == "PAYOUT"


def test_a_refused_login_stands_at_the_sign_on(customer: Customer, world: World) -> None:
    for code, where in (("15500", "SIGNONMSGSRSV1"), ("6000", "SECURITIES_MSGSRSV1")):
        world.faults.add({"kind": "next_code", "code": code})
        root = customer.transfer().root
        assert [one.text for one in root.iter("CODE") if one.text != "0"] == [code]
        assert code in [one.text for one in next(root.iter(where)).iter("CODE")]


def test_the_states_that_the_mock_has_are_those_of_the_document() -> None:
    def of(where: str) -> set[str]:
        return {row.code for row in rows() if row.where == where}

    assert {state for move in PAYING.items() for state in (move[0][0], move[1])} <= of(STATE)
    refunding = {state for move in REFUNDING.items() for state in (move[0][0], move[1])}
    before = {"AUDITING", "SEND_BACK", "CANCEL", "EXPIRED"}  # of the instruction, before the refund begins
    assert before <= of(STATE)
    assert refunding - before == of(REFUND)


def test_every_row_of_the_table_names_the_banks_document() -> None:
    path = Path(__file__).parents[2] / "mocks" / "cib" / "codes.csv"
    with path.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len({(row["where"], row["code"], row["message"]) for row in table})
    start = "github:fdstar/BankEnterpriseDirectAttach@47dff4acb51250cd78cb09461357337cee2b87ff:doc/兴业银行/"
    assert [row["code"] for row in table if not row["source"].startswith(start) or row["standing"] != "documented"] == []


def test_the_control_plane_shows_what_cib_can_be_told(world: World) -> None:
    lines = list(world.serves())
    assert "cib: POST /cib XFERTRNRQ" in lines
    assert "control: POST /_mock/cib/orders/{number}/collect" in lines
