"""Every kind of fault on the Allinpay mock's payouts, through the world: what was done, what was answered, how it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from mocks.allinpay import AllinpayMock
from mocks.clock import Clock
from mocks.faults import KINDS
from mocks.wire import Ending, MockReply
from mocks.world import World
from tests.mocks.allinpay_merchant import Merchant

DONE = {"lose_reply", "reset", "half_body", "delay", "garbage", "bad_signature", "unsigned", "executed_twice", "unknown_state"}
NOT_DONE = {"next_code", "server_error", "rate_limit", "executed_late"}
OPTIONS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 2.5},
    "next_code": {"code": "2008"},
    "rate_limit": {"per_second": 0},
}
PAYOUT = "<TRX_CODE>100014<"


@pytest.fixture
def world(allinpay: AllinpayMock, clock: Clock, trader: Merchant) -> World:
    made = World([allinpay], clock, lambda *_: (200, ""))
    trader.send = made.handle
    return made


@pytest.fixture
def struck(world: World, trader: Merchant) -> Callable[..., MockReply]:
    def struck(kind: str, **options: Any) -> MockReply:
        world.faults.add({"kind": kind, "channel": "allinpay", "text": PAYOUT, **OPTIONS.get(kind, {}), **options})
        return world.handle(trader.post(trader.sealed(trader.payout_text())))

    return struck


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == DONE | NOT_DONE


@pytest.mark.parametrize("kind", sorted(DONE))
def test_what_is_said_to_be_executed_moved_money_once(
    allinpay: AllinpayMock, trader: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert allinpay.books()["sums"]["paid_out"] == 2000
    assert trader.query_payout().codes == ("0000", "0000")


@pytest.mark.parametrize("kind", sorted(NOT_DONE))
def test_what_is_not_executed_is_not_found(
    allinpay: AllinpayMock, trader: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert allinpay.books()["payouts"] == []
    assert trader.query_payout().info == "1002"


def test_executed_late_is_unknown_first_and_there_afterwards(trader: Merchant, struck: Callable[..., MockReply]) -> None:
    assert struck("executed_late").ending is Ending.LOST
    assert trader.query_payout().info == "1002"
    assert trader.query_payout().codes == ("0000", "0000")


def test_executed_twice_answers_that_the_number_is_used(struck: Callable[..., MockReply]) -> None:
    assert b"<RET_CODE>1102</RET_CODE>" in struck("executed_twice").body


def test_answers_that_must_not_be_believed(trader: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    forged = struck("bad_signature").body
    assert (b"<RET_CODE>0000<" in forged, b"<SIGNED_MSG>" in forged, trader.tlt_verified(forged)) == (True, True, False)
    world.reset()
    unsigned = struck("unsigned").body
    assert (b"<RET_CODE>0000<" in unsigned, b"SIGNED_MSG" in unsigned) == (True, False)
    world.reset()
    with pytest.raises(UnicodeDecodeError):
        struck("garbage").body.decode("gbk")


def test_a_code_never_seen_comes_well_signed(trader: Merchant, world: World) -> None:
    world.faults.add({"kind": "unknown_state", "text": PAYOUT, "state": "8888"})
    assert trader.payout().codes == ("0000", "8888")
    world.faults.add({"kind": "unknown_state", "text": "<TRX_CODE>200004<"})
    assert trader.query_payout().codes == ("0000", "9Z99")
    world.faults.add({"kind": "unknown_state", "text": "<TRX_CODE>200004<"})
    assert trader.query_payout("never00001").codes == ("9Z99", None)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2008", ("2008", None)),
        ("info:0003", ("0003", None)),
        ("3031", ("0000", "3031")),
        ("detail:0014", ("0000", "0014")),
        ("info:7777", ("7777", None)),
        ("7777", ("0000", "7777")),
    ],
)
def test_a_code_is_answered_where_it_belongs(trader: Merchant, world: World, code: str, expected: tuple[str, str | None]) -> None:
    for text in (PAYOUT, "<TRX_CODE>200004<"):
        world.faults.add({"kind": "next_code", "text": text, "code": code, "executed": True})
    assert trader.payout().codes == expected
    assert trader.query_payout().codes == expected
    assert trader.query_payout().codes == ("0000", "0000")


def test_a_message_can_be_given(trader: Merchant, world: World) -> None:
    world.faults.add({"kind": "next_code", "text": PAYOUT, "code": "1000", "message": "余额不足"})
    assert trader.payout().text("INFO/ERR_MSG") == "余额不足"


def test_connections_end_as_asked(struck: Callable[..., MockReply], world: World) -> None:
    endings = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF, "delay": Ending.WHOLE}
    for kind, ending in endings.items():
        world.reset()
        reply = struck(kind)
        assert (reply.ending, reply.delay) == (ending, 2.5 if kind == "delay" else 0.0)


def test_a_proxys_page_is_no_answer_of_allinpays(struck: Callable[..., MockReply], world: World, allinpay: AllinpayMock) -> None:
    assert struck("server_error", http_status=503).status == 503
    assert allinpay.books()["payouts"] == []
    assert struck("server_error", executed=True).status == 502
    assert len(allinpay.books()["payouts"]) == 1
