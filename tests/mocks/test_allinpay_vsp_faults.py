"""Every kind of fault on the Allinpay mock's collections, through the world: what was done, and what was answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mocks.allinpay import AllinpayMock
from mocks.clock import Clock
from mocks.faults import KINDS
from mocks.wire import Ending, MockReply
from mocks.world import World
from tests.mocks.allinpay_merchant import WECHAT_CODE, Merchant

DONE = {"lose_reply", "reset", "half_body", "delay", "garbage", "bad_signature", "unsigned", "executed_twice", "unknown_state"}
NOT_DONE = {"next_code", "server_error", "rate_limit", "executed_late"}
OPTIONS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 2.5},
    "next_code": {"code": "SYSTEMERR"},
    "rate_limit": {"per_second": 0},
}
PATH = "/apiweb/unitorder/scanqrpay"


@pytest.fixture
def world(allinpay: AllinpayMock, clock: Clock, trader: Merchant) -> World:
    made = World([allinpay], clock, lambda *_: (200, "success"))
    trader.send = made.handle
    return made


@pytest.fixture
def struck(world: World, trader: Merchant) -> Callable[..., MockReply]:
    def struck(kind: str, **options: Any) -> MockReply:
        world.faults.add({"kind": kind, "channel": "allinpay", "path": "scanqrpay", **OPTIONS.get(kind, {}), **options})
        fields = trader.common(reqsn="scan00001", trxamt="1000", authcode=WECHAT_CODE)
        return world.handle(trader.form(PATH, trader.sign(fields)))

    return struck


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == DONE | NOT_DONE


@pytest.mark.parametrize("kind", sorted(DONE))
def test_what_is_said_to_be_executed_moved_money_once(
    allinpay: AllinpayMock, trader: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert allinpay.books()["sums"]["received"] == 1000
    assert trader.query("scan00001")["trxstatus"] == "0000"


@pytest.mark.parametrize("kind", sorted(NOT_DONE))
def test_what_is_not_executed_is_not_found(
    allinpay: AllinpayMock, trader: Merchant, struck: Callable[..., MockReply], kind: str
) -> None:
    struck(kind)
    assert allinpay.books()["orders"] == []
    assert trader.query("scan00001")["trxstatus"] == "1001"


def test_executed_twice_answers_that_the_number_is_used(struck: Callable[..., MockReply]) -> None:
    assert json.loads(struck("executed_twice").body)["trxstatus"] == "3888"


@pytest.mark.parametrize("method", ["MD5", "RSA", "SM2"])
def test_answers_that_must_not_be_believed(trader: Merchant, struck: Callable[..., MockReply], world: World, method: str) -> None:
    if method == "SM2":
        pytest.importorskip("gmssl_pyx")
    trader.method = method
    forged = json.loads(struck("bad_signature").body)
    assert (forged["trxstatus"], trader.verified(forged)) == ("0000", False)
    world.reset()
    unsigned = json.loads(struck("unsigned").body)
    assert (unsigned["trxstatus"], "sign" in unsigned) == ("0000", False)
    world.reset()
    with pytest.raises(UnicodeDecodeError):
        struck("garbage").body.decode()


def test_a_status_never_seen_comes_well_signed(trader: Merchant, struck: Callable[..., MockReply], world: World) -> None:
    answer = json.loads(struck("unknown_state", state="8888").body)
    assert (answer["trxstatus"], trader.verified(answer)) == ("8888", True)
    world.faults.add({"kind": "unknown_state", "path": "query"})
    assert trader.query("scan00001")["trxstatus"] == "9Z99"


@pytest.mark.parametrize(
    ("code", "where", "expected"),
    [
        ("FAIL", "retcode", "FAIL"),
        ("SYSTEMERR", "retcode", "SYSTEMERR"),
        ("retcode:ODDERR", "retcode", "ODDERR"),
        ("3045", "trxstatus", "3045"),
        ("trxstatus:2000", "trxstatus", "2000"),
        ("7777", "trxstatus", "7777"),
    ],
)
def test_a_code_is_answered_where_it_belongs(trader: Merchant, world: World, code: str, where: str, expected: str) -> None:
    for path in ("scanqrpay", "query"):
        world.faults.add({"kind": "next_code", "path": path, "code": code, "executed": True})
    assert trader.scan()[where] == expected
    assert trader.query("scan00001")[where] == expected
    assert trader.query("scan00001")["trxstatus"] == "0000"


def test_connections_end_as_asked(struck: Callable[..., MockReply], world: World) -> None:
    endings = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF, "delay": Ending.WHOLE}
    for kind, ending in endings.items():
        world.reset()
        reply = struck(kind)
        assert (reply.ending, reply.delay) == (ending, 2.5 if kind == "delay" else 0.0)


def test_a_proxys_page_is_no_answer_of_allinpays(struck: Callable[..., MockReply], world: World, allinpay: AllinpayMock) -> None:
    assert struck("server_error", http_status=503).status == 503
    assert allinpay.books()["orders"] == []
    assert struck("server_error", executed=True).status == 502
    assert len(allinpay.books()["orders"]) == 1


def test_the_log_tells_what_happened_and_not_who_paid(trader: Merchant, world: World) -> None:
    trader.pay(paytype="W02", acct="oSecretPayer")
    trader.pay()
    assert [(entry["operation"], entry.get("code")) for entry in world.log] == [("pay", None), ("pay", "3888")]
    assert "used before" in world.log[1]["why"]["reason"]
    assert "oSecretPayer" not in str(list(world.log))
