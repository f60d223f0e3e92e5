"""Adapter and mock, written apart, meet: the main job and every fault, in both colours, over httpx, httpx2 and respx."""

import asyncio
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from mocks.doors import async_transport, open_world, respx_router, transport
from mocks.world import World
from payment_channels import (
    AsyncChannelClient,
    ChannelClient,
    CloseOrder,
    EvidenceKind,
    InvalidRequestError,
    Money,
    OriginalPayment,
    Outcome,
    PaymentOrder,
    PaymentQuery,
    RefundOrder,
    RefundQuery,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.conftest import payment

ORIGIN = "https://api.mch.weixin.qq.com"
NUMBERS = iter(f"order-{number:06}" for number in range(1_000_000))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for the run: making them takes time."""
    folder = tmp_path_factory.mktemp("keys")
    open_world(folder)
    return folder


class Both:
    """A client that can be asked without caring for its colour."""

    def __init__(self, world: World, keys: Path, library: ModuleType, colour: str, trust: str) -> None:
        self.world = world
        channel = open_channel("wechat", WechatConfig.from_directory(keys / "wechat", trust=trust))  # type: ignore[arg-type]
        self.loop = asyncio.new_event_loop() if colour == "async" else None
        if self.loop is None:
            self.client: Any = ChannelClient(channel, http=library.Client(transport=transport(world, library)))
        else:
            self.client = AsyncChannelClient(channel, http=library.AsyncClient(transport=async_transport(world, library)))

    def __getattr__(self, verb: str) -> Any:
        def ask(*arguments: Any) -> Any:
            answer = getattr(self.client, verb)(*arguments)
            return self.loop.run_until_complete(answer) if self.loop is not None and inspect.isawaitable(answer) else answer

        return ask

    def end(self) -> None:
        if self.loop is not None:
            self.loop.close()


@pytest.fixture(
    params=[
        (httpx, "sync", "public_key"),
        (httpx, "async", "certificate"),
        (httpx2, "sync", "both"),
        (httpx2, "async", "public_key"),
    ],
    ids=["httpx-sync", "httpx-async", "httpx2-sync", "httpx2-async"],
)
def both(request: pytest.FixtureRequest, keys: Path) -> Iterator[Both]:
    library, colour, trust = request.param
    made = Both(open_world(keys), keys, library, colour, trust)
    yield made
    made.end()


def order(**changes: Any) -> PaymentOrder:
    return payment(**{"merchant_order_id": next(NUMBERS), "ordered_at": datetime.now(UTC), **changes})


def refund_of(paid: PaymentOrder, fen: int, number: str) -> RefundOrder:
    original = OriginalPayment(merchant_order_id=paid.merchant_order_id, amount=paid.amount)
    return RefundOrder(merchant_refund_id=number, ordered_at=datetime.now(UTC), amount=Money(fen), original=original)


def pay_at_the_mock(world: World, paid: PaymentOrder) -> None:
    world.channels["wechat"].control("orders", paid.merchant_order_id, "pay", {})


def test_the_main_job(both: Both) -> None:
    asked = order()
    assert both.pay(asked).outcome is Outcome.PENDING
    assert both.pay(asked).outcome is Outcome.PENDING, "the same number with the same content is re-issued"
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.PENDING
    pay_at_the_mock(both.world, asked)
    paid = both.query(PaymentQuery.of(asked))
    assert (paid.outcome, paid.amounts.order) == (Outcome.SUCCEEDED, Money(100))
    by_channel = both.query(PaymentQuery(channel_order_id=paid.channel_order_id, amount=Money(100)))
    assert (by_channel.outcome, by_channel.merchant_order_id) == (Outcome.SUCCEEDED, asked.merchant_order_id)
    refund = refund_of(asked, 40, f"R{asked.merchant_order_id}")
    assert both.refund(refund).outcome in {Outcome.PENDING, Outcome.SUCCEEDED}
    assert both.query_refund(RefundQuery.of(refund)).outcome is Outcome.SUCCEEDED
    assert both.query(PaymentQuery.of(asked)).canonical == "PAYMENT_REFUNDED_IN_PART_OR_FULL"


def test_the_very_amount_arrives(both: Both) -> None:
    for fen in (1, 99, 12345, 100_000_000):
        asked = order(amount=Money(fen))
        both.pay(asked)
        (booked,) = [one for one in both.world.books()["wechat"]["orders"] if one["out_trade_no"] == asked.merchant_order_id]
        assert booked["amount"] == {"total": fen, "currency": "CNY"}


def test_the_same_number_with_other_content_is_refused_and_not_failed(both: Both) -> None:
    asked = order()
    both.pay(asked)
    other = both.pay(asked.model_copy(update={"amount": Money(101)}))
    assert (other.outcome, other.canonical, other.new_id_allowed) == (Outcome.UNKNOWN, "DUPLICATE_OTHER_CONTENT", False)


def test_a_refund_never_exceeds_its_payment(both: Both) -> None:
    asked = order()
    both.pay(asked)
    pay_at_the_mock(both.world, asked)
    both.refund(refund_of(asked, 60, f"A{asked.merchant_order_id}"))
    second = both.refund(refund_of(asked, 60, f"B{asked.merchant_order_id}"))
    assert second.outcome in {Outcome.FAILED, Outcome.UNKNOWN}
    refunded = [one for one in both.world.books()["wechat"]["refunds"] if one["out_trade_no"] == asked.merchant_order_id]
    assert len(refunded) == 1


def test_closed_is_closed(both: Both) -> None:
    asked = order()
    both.pay(asked)
    assert both.close(CloseOrder(merchant_order_id=asked.merchant_order_id)).outcome is Outcome.SUCCEEDED
    assert both.close(CloseOrder(merchant_order_id=asked.merchant_order_id)).outcome is Outcome.SUCCEEDED
    closed = both.query(PaymentQuery.of(asked))
    assert (closed.outcome, closed.canonical) == (Outcome.FAILED, "PAYMENT_CLOSED_UNPAID")
    again = both.pay(asked)
    assert again.outcome in {Outcome.FAILED, Outcome.UNKNOWN}


def test_nobody_knows_an_order_that_was_never_made(both: Both) -> None:
    missing = both.query(PaymentQuery.of(order()))
    assert (missing.outcome, missing.canonical) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND")


EXECUTED = ["lose_reply", "reset", "half_body", "garbage", "bad_signature", "unsigned", "executed_twice"]


@pytest.mark.parametrize("kind", EXECUTED)
def test_whatever_happens_to_the_reply_a_query_tells(both: Both, kind: str) -> None:
    asked = order()
    both.world.faults.add({"kind": kind, "path": "/native"})
    first = both.pay(asked)
    if kind == "executed_twice":
        assert first.outcome is Outcome.PENDING
    else:
        assert first.outcome is Outcome.UNKNOWN
        assert first.evidence.kind in {EvidenceKind.SENT_WITHOUT_ANSWER, EvidenceKind.ANSWERED_NOT_VERIFIABLE}
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.PENDING, "the order was made, and the query says so"
    made = [one for one in both.world.books()["wechat"]["orders"] if one["out_trade_no"] == asked.merchant_order_id]
    assert len(made) == 1, "one id makes one order"


@pytest.mark.parametrize("kind", EXECUTED[:-1])
def test_a_query_that_fails_never_fails_the_payment(both: Both, kind: str) -> None:
    asked = order()
    both.pay(asked)
    pay_at_the_mock(both.world, asked)
    both.world.faults.add({"kind": kind, "method": "GET"})
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.UNKNOWN
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED


def test_a_state_and_a_code_never_seen(both: Both) -> None:
    asked = order()
    both.pay(asked)
    both.world.faults.add({"kind": "unknown_state", "state": "TELEPORTED", "method": "GET"})
    seen = both.query(PaymentQuery.of(asked))
    assert (seen.outcome, seen.canonical, seen.raw.code) == (Outcome.UNKNOWN, "UNMAPPED_CODE", "TELEPORTED")
    both.world.faults.add({"kind": "next_code", "code": "NEVER_SEEN", "http_status": 403, "path": "/native"})
    refused = both.pay(order())
    assert (refused.outcome, refused.raw.code) == (Outcome.UNKNOWN, "NEVER_SEEN")
    both.world.faults.add({"kind": "server_error", "path": "/native"})
    assert both.pay(order()).outcome is Outcome.UNKNOWN


def test_an_exception_means_unchanged_books(both: Both) -> None:
    before = both.world.books()
    for wrong in (order(merchant_order_id="no spaces please"), order(notify_url="ftp://x"), order(subject="字" * 200)):
        with pytest.raises(InvalidRequestError):
            both.pay(wrong)
    assert both.world.books() == before


def test_through_respx(keys: Path) -> None:
    world = open_world(keys)
    with (
        respx_router(world, ORIGIN),
        ChannelClient(open_channel("wechat", WechatConfig.from_directory(keys / "wechat"))) as client,
    ):
        assert client.pay(order()).outcome is Outcome.PENDING
