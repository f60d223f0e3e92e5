"""Every kind of fault on the LianLian mock, through the world: what was done, what was answered, and how the connection ends."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.faults import KINDS
from mocks.lianlian import LianlianMock
from mocks.wire import Ending, MockReply
from mocks.world import World
from tests.mocks.lianlian_merchant import PAY, Merchant

OPENING, FEN = 100_000_000, 12345
DONE = {"lose_reply", "reset", "half_body", "delay", "garbage", "bad_signature", "unsigned", "executed_twice", "unknown_state"}
NOT_DONE = {"next_code", "server_error", "rate_limit", "executed_late"}
OPTIONS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 2.5},
    "next_code": {"code": "9902"},
    "rate_limit": {"per_second": 0},
}


@pytest.fixture
def world(lianlian: LianlianMock, clock: Clock, payer: Merchant) -> World:
    made = World([lianlian], clock, lambda *_: (200, ""))
    payer.send = made.handle
    return made


@pytest.fixture
def struck(world: World, payer: Merchant) -> Callable[..., MockReply]:
    def struck(kind: str, **options: Any) -> MockReply:
        world.faults.add({"kind": kind, "channel": "lianlian", "path": "payment.htm", **OPTIONS.get(kind, {}), **options})
        return payer.post(PAY, payer.enveloped(json.dumps(payer.signed(payer.payment()))))

    return struck


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == DONE | NOT_DONE


@pytest.mark.parametrize("kind", sorted(DONE))
def test_what_is_said_to_be_executed_moved_money_once(
    lianlian: LianlianMock, payer: Merchant, clock: Clock, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert len(lianlian.books()["payouts"]) == 1
    clock.advance(3)
    assert payer.query()["result_pay"] == "SUCCESS"
    assert lianlian.books()["sums"]["balance"] == OPENING - FEN


@pytest.mark.parametrize("kind", sorted(NOT_DONE))
def test_what_is_not_executed_is_not_found(
    lianlian: LianlianMock, payer: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert lianlian.books()["payouts"] == []
    assert payer.query()["ret_code"] == "8901"
    assert len(lianlian.books()["account"]) == (1 if kind == "executed_late" else 0)


def test_executed_late_is_unknown_first_and_there_afterwards(payer: Merchant, struck: Callable[..., MockReply]) -> None:
    assert struck("executed_late").ending is Ending.LOST
    assert payer.query()["ret_code"] == "8901"
    assert payer.query()["result_pay"] == "PROCESSING"


def test_executed_twice_answers_with_the_second_one(payer: Merchant, struck: Callable[..., MockReply]) -> None:
    assert payer.read(struck("executed_twice"))["ret_code"] == "2005"


def test_answers_that_must_not_be_believed(payer: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    forged = json.loads(struck("bad_signature").body)
    assert (forged["ret_code"], payer.verified(forged)) == ("0000", False)
    world.reset()
    unsigned = json.loads(struck("unsigned").body)
    assert (unsigned["ret_code"], "sign" in unsigned) == ("0000", False)
    world.reset()
    with pytest.raises(UnicodeDecodeError):
        struck("garbage").body.decode()


def test_a_code_and_a_state_never_seen_come_well_signed(payer: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    assert payer.read(struck("unknown_state", state="7654"))["ret_code"] == "7654"
    world.faults.add({"kind": "unknown_state", "path": "queryPayment"})
    told = payer.query()
    assert (told["ret_code"], told["result_pay"]) == ("0000", "UNHEARD")


def test_connections_end_as_asked(struck: Callable[..., MockReply], world: World) -> None:
    endings = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF, "delay": Ending.WHOLE}
    for kind, ending in endings.items():
        world.reset()
        reply = struck(kind)
        assert reply.ending is ending
        assert reply.delay == (2.5 if kind == "delay" else 0.0)


def test_too_many_requests_are_answered_with_a_code_of_the_list(payer: Merchant, struck: Callable[..., MockReply]) -> None:
    assert payer.read(struck("rate_limit"))["ret_code"] == "9903"


def test_a_proxys_page_is_no_answer_of_lianlians(struck: Callable[..., MockReply], world: World, lianlian: LianlianMock) -> None:
    assert struck("server_error", http_status=503).status == 503
    assert lianlian.books()["payouts"] == []
    assert struck("server_error", executed=True).status == 502
    assert len(lianlian.books()["payouts"]) == 1
    assert len(world.log) == 2


def test_the_log_tells_what_happened_and_not_who_was_paid(payer: Merchant, world: World) -> None:
    payer.pay()
    payer.pay(acct_name="李四")
    entries = [(entry["operation"], entry["code"]) for entry in world.log]
    assert entries == [("payment", "0000"), ("payment", "1002")]
    assert world.log[1]["why"]["reason"] == "no_order was used with another acct_name"
    assert not any(secret in str(list(world.log)) for secret in ("张三", "李四", "6226090000000048"))


def test_the_control_plane_lists_what_lianlian_can(world: World) -> None:
    lines = list(world.serves())
    assert "lianlian: POST /paymentapi/payment.htm (payment, 密文 / encrypted)" in lines
    assert "control: POST /_mock/lianlian/payouts/{number}/complete|fail|hold|wait|submit|return" in lines
    assert "control: POST /_mock/lianlian/merchants/{number}/top_up|empty|trust_repeats|suspect_repeats" in lines
    assert "control: POST /_mock/lianlian/cards/{number}/register" in lines
