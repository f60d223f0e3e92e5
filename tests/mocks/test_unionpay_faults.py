"""Every kind of fault on the UnionPay mock, through the world: what was done, what was answered, and how the connection ends."""

from collections.abc import Callable
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.faults import KINDS
from mocks.unionpay import UnionpayMock
from mocks.wire import Ending, MockReply
from mocks.world import World
from tests.mocks.unionpay_merchant import BACK_PATH, Merchant, split

DONE = {"lose_reply", "reset", "half_body", "delay", "garbage", "bad_signature", "unsigned", "executed_twice", "unknown_state"}
NOT_DONE = {"next_code", "server_error", "rate_limit", "executed_late"}
OPTIONS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 2.5},
    "next_code": {"code": "03"},
    "rate_limit": {"per_second": 1},
}


@pytest.fixture
def world(unionpay: UnionpayMock, clock: Clock, shop: Merchant) -> World:
    made = World([unionpay], clock, lambda *_: (200, ""))
    shop.send = made.handle
    return made


@pytest.fixture
def struck(world: World, shop: Merchant) -> Callable[..., MockReply]:
    def struck(kind: str, **options: Any) -> MockReply:
        if kind == "rate_limit":
            world.faults.add({"kind": kind, "path": "backTransReq", **OPTIONS[kind]})
            world.handle(shop.request(BACK_PATH, shop.sign(shop.fields("95/00", "000000", orderId="first00001", certType="01"))))
        else:
            world.faults.add({"kind": kind, "channel": "unionpay", "path": "backTransReq", **OPTIONS.get(kind, {}), **options})
        return world.handle(shop.request(BACK_PATH, shop.sign(shop.payout_fields())))

    return struck


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == DONE | NOT_DONE


@pytest.mark.parametrize("kind", sorted(DONE))
def test_what_is_said_to_be_executed_moved_money_once(
    unionpay: UnionpayMock, shop: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert len(unionpay.books()["payouts"]) == 1
    assert shop.query("payout0001")["origRespCode"] == "00"
    assert unionpay.books()["sums"]["paid_out"] == 2000


@pytest.mark.parametrize("kind", sorted(NOT_DONE))
def test_what_is_not_executed_is_not_found(
    unionpay: UnionpayMock, shop: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert unionpay.books()["payouts"] == []
    assert shop.query("payout0001")["respCode"] == "34"


def test_executed_late_is_unknown_first_and_there_afterwards(
    unionpay: UnionpayMock, shop: Merchant, struck: Callable[..., MockReply]
) -> None:
    assert struck("executed_late").ending is Ending.LOST
    assert shop.query("payout0001")["respCode"] == "34"
    assert shop.query("payout0001")["origRespCode"] == "00"


def test_executed_twice_answers_with_the_second_one(struck: Callable[..., MockReply]) -> None:
    assert split(struck("executed_twice").body.decode())["respCode"] == "12"


def test_answers_that_must_not_be_believed(shop: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    forged = split(struck("bad_signature").body.decode())
    assert (forged["respCode"], shop.verified(forged)) == ("00", False)
    world.reset()
    unsigned = split(struck("unsigned").body.decode())
    assert (unsigned["respCode"], "signature" in unsigned) == ("00", False)
    world.reset()
    with pytest.raises(UnicodeDecodeError):
        struck("garbage").body.decode()


def test_a_code_never_seen_comes_well_signed(shop: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    answer = split(struck("unknown_state", state="Q7").body.decode())
    assert (answer["respCode"], shop.verified(answer)) == ("Q7", True)
    world.faults.add({"kind": "unknown_state", "path": "queryTrans"})
    told = shop.query("payout0001")
    assert (told["respCode"], told["origRespCode"]) == ("00", "Z9")


def test_connections_end_as_asked(struck: Callable[..., MockReply], world: World) -> None:
    endings = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF, "delay": Ending.WHOLE}
    for kind, ending in endings.items():
        world.reset()
        reply = struck(kind)
        assert reply.ending is ending
        assert reply.delay == (2.5 if kind == "delay" else 0.0)


def test_too_many_requests_are_answered_with_unionpays_own_code(shop: Merchant, struck: Callable[..., MockReply]) -> None:
    answer = split(struck("rate_limit").body.decode())
    assert (answer["respCode"], shop.verified(answer)) == ("37", True)


def test_a_proxys_page_is_no_answer_of_unionpays(struck: Callable[..., MockReply], world: World, unionpay: UnionpayMock) -> None:
    assert struck("server_error", http_status=503).status == 503
    assert unionpay.books()["payouts"] == []
    assert struck("server_error", executed=True).status == 502
    assert len(unionpay.books()["payouts"]) == 1


def test_a_fault_finds_one_kind_of_transaction_by_its_text(shop: Merchant, world: World) -> None:
    world.faults.add({"kind": "next_code", "code": "06", "text": "txnType=04", "times": 9})
    assert shop.payout()["respCode"] == "00"
    assert shop.refund("1" * 21)["respCode"] == "06"


def test_the_log_tells_what_happened_and_masks_who_was_paid(shop: Merchant, world: World) -> None:
    shop.payout()
    shop.payout()
    entries = [(entry["operation"], entry.get("code")) for entry in world.log]
    assert entries == [("payout", None), ("payout", "12")]
    assert "used before" in world.log[1]["why"]["reason"]
    assert "张三" not in str(list(world.log))
