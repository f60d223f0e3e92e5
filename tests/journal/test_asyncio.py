"""The resolver and the inbox on asyncio: the same steps as the blocking ones, and the loop is never held up by the journal."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from mocks.doors import async_transport
from mocks.world import World
from payment_channels import (
    Acknowledgement,
    AsyncChannelClient,
    CancelOrder,
    ChannelClient,
    CloseOrder,
    EventKind,
    Inbound,
    Money,
    NotSentError,
    OriginalPayment,
    Outcome,
    Verb,
)
from payment_channels.journal import (
    AsyncInbox,
    AsyncResolver,
    DurableClient,
    Inbox,
    Journal,
    JournalUnavailableError,
    KeyRing,
    OrderKey,
    OrderRecord,
    Resolver,
    SqliteStore,
    State,
)
from payment_channels.journal.looking import events, unmatched
from payment_channels.journal.resolver import Stepped
from payment_channels.model.results import RefundFacts
from tests.journal.conftest import KEY, Clock, payment, payout, received
from tests.journal.scripted import Answer, Scripted, not_found, told

PAYOUT, PAYMENT, CLOSE = (OrderKey("shop", kind, f"{of}0001") for kind, of in [
    ("payout", "payout"), ("payment", "payment"), ("close", "payment"),
])  # fmt: skip


class AsyncScripted(Scripted):
    """The same script for asynchronous callers; each answer is awaited for a turn of the loop."""

    def __getattr__(self, name: str) -> Any:
        answer = super().__getattr__(name)

        async def awaited(asked: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109  as the client has it
            await asyncio.sleep(0)
            return answer(asked, timeout=timeout)

        return awaited


def at(journal: Journal, key: OrderKey) -> OrderRecord:
    found = journal.find(key)
    assert found is not None
    return found


def over(bare: ChannelClient, world: World, work: Callable[[AsyncChannelClient], Awaitable[Any]]) -> Any:
    """Do something with an asynchronous client of the same channel."""

    async def run() -> Any:
        async with httpx.AsyncClient(transport=async_transport(world)) as http:
            return await work(AsyncChannelClient(bare.channel, http=http, timeout=5))

    return asyncio.run(run())


@pytest.fixture
def step(bare: ChannelClient, journal: Journal, mock_channels: World) -> Callable[[], list[Stepped]]:
    """A step of an asynchronous resolver, each time in a loop of its own."""
    return lambda: over(bare, mock_channels, lambda client: AsyncResolver(journal, {"shop": client}).step())


def test_a_lost_payout_is_found_and_one_that_never_arrived_is_sent_again(
    client: DurableClient, step: Callable[[], list[Stepped]], journal: Journal, mock_channels: World, clock: Clock
) -> None:
    mock_channels.faults.add({"kind": "lose_reply", "path": "/transfer-bills", "method": "POST"})
    client.payout(payout())
    mock_channels.faults.add({"kind": "server_error", "path": "/transfer-bills", "method": "POST"})
    client.payout(payout("payout0002"))
    assert step() == []  # not before their time
    clock.advance(seconds=6)
    assert {(one.key.merchant_id, one.after, one.did) for one in step()} == {
        ("payout0001", State.PENDING, "queried"),
        ("payout0002", State.UNKNOWN, "queried"),
    }
    clock.advance(seconds=300)
    assert ("payout0002", "resent") in {(one.key.merchant_id, one.did) for one in step()}
    assert at(journal, OrderKey("shop", "payout", "payout0002")).standing.attempts == 2
    assert len(mock_channels.books()["wechat"]["transfers"]) == 2


def test_a_closing_is_told_by_its_payment(
    client: DurableClient, step: Callable[[], list[Stepped]], journal: Journal, mock_channels: World, clock: Clock
) -> None:
    client.pay(payment())
    mock_channels.faults.add({"kind": "lose_reply", "path": "/close", "method": "POST"})
    assert client.close(CloseOrder(merchant_order_id="payment0001")).outcome is Outcome.UNKNOWN
    clock.advance(seconds=31)
    step()
    assert (at(journal, CLOSE).state, at(journal, PAYMENT).state) == (State.SUCCEEDED, State.FAILED)


def test_notifications_settle_once(client: DurableClient, bare: ChannelClient, journal: Journal, mock_channels: World) -> None:
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    (message,) = received(mock_channels)
    forged = message.model_copy(update={"body": message.body.replace(b"TRANSACTION", b"TRANSACTIOM")})

    async def take(client: AsyncChannelClient) -> list[int]:
        inbox = AsyncInbox(client, journal, account="shop")
        refused = await inbox.take(forged)
        assert at(journal, PAYMENT).state is State.PENDING
        taken = await asyncio.gather(*(inbox.take(message) for _ in range(3)))  # racing with each other
        return [answer.status for answer in (refused, *taken)]

    assert over(bare, mock_channels, take) == [401, 200, 200, 200]
    record = at(journal, PAYMENT)
    assert record.state is State.SUCCEEDED
    assert [event.source for event in events(journal, record)] == ["opened", "answered", "notified"]


def test_what_cannot_be_written_down_is_not_acknowledged(
    client: DurableClient, bare: ChannelClient, journal: Journal, mock_channels: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    (message,) = received(mock_channels)

    def full(*_: object) -> Any:
        raise JournalUnavailableError.because("磁盘已满", "disk full")

    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", full)
        with pytest.raises(JournalUnavailableError):
            over(bare, mock_channels, lambda client: AsyncInbox(client, journal, account="shop").take(message))
    assert at(journal, PAYMENT).state is State.PENDING


@dataclass
class House:
    """A journal with an order that is unknown, and a resolver of one colour over a script."""

    journal: Journal
    wire: Scripted
    clock: Clock
    step: Callable[[], list[Stepped]]


def house(folder: Path, *, colour: str) -> House:
    clock = Clock()
    journal = Journal(SqliteStore(folder / f"{colour}.sqlite3"), KeyRing.single(KEY), clock=clock)
    wire = (Scripted if colour == "blocking" else AsyncScripted)({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)]})
    DurableClient(Scripted(wire.answers), journal, account="shop").payout(payout())  # type: ignore[arg-type]
    blocking = Resolver(journal, {"shop": wire}, timeout=5)  # type: ignore[dict-item]
    asynchronous = AsyncResolver(journal, {"shop": wire}, timeout=5)  # type: ignore[dict-item]
    steps = {"blocking": blocking.step, "asyncio": lambda: asyncio.run(asynchronous.step())}
    return House(journal, wire, clock, steps[colour])


def test_both_colours_do_the_same_whatever_comes_back(tmp_path: Path) -> None:
    stories = []
    for colour in ("blocking", "asyncio"):
        one = house(tmp_path, colour=colour)
        early = not_found(Verb.QUERY_PAYOUT, conclusive=one.clock() + timedelta(days=9))
        answers: list[Answer] = [
            NotSentError.because("refused"), RuntimeError("a defect"), early, early,
            told(Verb.QUERY_PAYOUT, Outcome.PENDING), told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED),
        ]  # fmt: skip
        one.wire.answers |= {
            Verb.QUERY_PAYOUT: answers,
            Verb.PAYOUT: [NotSentError.because("refused"), NotSentError.because("r")],
        }
        done = []
        for _ in range(7):
            one.clock.advance(minutes=20)
            done += [(step.before, step.after, step.did) for step in one.step()]
        record = at(one.journal, PAYOUT)
        found = [(event.source, event.attempt, event.outcome, event.note) for event in events(one.journal, record)]
        stories.append((done, found, record.standing, [verb for verb, _ in one.wire.sent]))
        one.journal.store.close()
    assert stories[0] == stories[1]
    done, _, standing, _ = stories[0]
    assert [did for _, _, did in done] == ["waiting"] * 4 + ["queried"] * 2
    assert (standing.state, standing.attempts) == (State.SUCCEEDED, 3)


def test_tasks_that_step_at_once_ask_after_each_order_once(tmp_path: Path) -> None:
    one = house(tmp_path, colour="asyncio")
    wire = Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)]})
    client = DurableClient(wire, one.journal, account="shop")  # type: ignore[arg-type]
    for number in range(2, 10):
        client.payout(payout(f"payout{number:04}"))
    one.wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.PENDING)]
    one.clock.advance(minutes=5)

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    async def race() -> list[list[Stepped]]:
        resolver = AsyncResolver(one.journal, {"shop": one.wire}, timeout=5, sleep=pause)  # type: ignore[dict-item]
        return await asyncio.gather(*(resolver.step(limit=3) for _ in range(5)))

    looked = [step.key for steps in asyncio.run(race()) for step in steps]
    assert sorted(key.merchant_id for key in looked) == [f"payout{number:04}" for number in range(1, 10)]
    one.journal.store.close()


def test_a_cancelled_step_leaves_a_claim_that_ends_by_itself(tmp_path: Path) -> None:
    one = house(tmp_path, colour="asyncio")
    one.clock.advance(minutes=5)
    asked = threading.Event()

    class Hanging(AsyncScripted):
        async def query_payout(self, _: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109  as the client
            asked.set()
            await asyncio.sleep(3600)

    async def cancelled() -> None:
        resolver = AsyncResolver(one.journal, {"shop": Hanging()}, timeout=5)  # type: ignore[dict-item]
        task = asyncio.create_task(resolver.step())
        await asyncio.to_thread(asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    one.wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
    assert (one.step(), at(one.journal, PAYOUT).state) == ([], State.UNKNOWN)
    one.clock.advance(seconds=21)
    assert [step.after for step in one.step()] == [State.SUCCEEDED]
    one.journal.store.close()


def test_the_loop_goes_on_when_the_journal_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = house(tmp_path, colour="asyncio")
    one.wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
    one.clock.advance(minutes=5)
    write, refused, paused = one.journal.store.write, [1, 2], list[float]()

    def sometimes(work: Any) -> Any:
        if refused:
            refused.pop()
            raise JournalUnavailableError.because("磁盘已满", "disk full")
        return write(work)

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(one.journal.store, "write", sometimes)
    resolver = AsyncResolver(one.journal, {"shop": one.wire}, timeout=5, sleep=pause)  # type: ignore[dict-item]
    asyncio.run(resolver.run(lambda: at(one.journal, PAYOUT).state is State.SUCCEEDED, idle=3))
    assert paused == [3, 3]
    one.journal.store.close()


def test_a_blocking_inbox_and_an_asynchronous_one_share_what_they_have_taken(
    client: DurableClient, bare: ChannelClient, inbox: Inbox, journal: Journal, mock_channels: World
) -> None:
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    (message,) = received(mock_channels)
    inbox.take(message)
    before = events(journal, at(journal, PAYMENT))
    over(bare, mock_channels, lambda client: AsyncInbox(client, journal, account="shop").take(message))
    assert events(journal, at(journal, PAYMENT)) == before


def test_a_refund_named_like_a_cancelled_payment_is_acknowledged_kept_and_settles_nothing(journal: Journal) -> None:
    wire = Scripted({Verb.CANCEL: [told(Verb.CANCEL, Outcome.UNKNOWN)]})
    original = OriginalPayment(merchant_order_id="payment0001", amount=Money(1280))
    order = CancelOrder(ordered_at=datetime(2026, 6, 1, tzinfo=UTC), original=original)
    DurableClient(wire, journal, account="shop").cancel(order)  # type: ignore[arg-type]
    event = SimpleNamespace(kind=EventKind.REFUND, facts=RefundFacts(merchant_refund_id="payment0001"), notification_id="n-1")
    answer = Acknowledgement(status=200, body=b"success")
    notice = SimpleNamespace(events=(event,), acknowledgement=answer)

    async def read(_: Inbound, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109  as the client has it
        return notice

    inbox = AsyncInbox(SimpleNamespace(read_notification=read), journal, account="shop")  # type: ignore[arg-type]
    assert asyncio.run(inbox.take(Inbound(body=b"signed", headers={}))) == answer
    assert at(journal, OrderKey("shop", "cancel", "payment0001")).state is State.UNKNOWN
    assert [one.kind for one in unmatched(journal)] == ["refund"]
