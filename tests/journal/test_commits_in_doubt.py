"""A commit of which nobody knows whether it was kept: asked after while there is time, and then no exception and no failure."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from payment_channels import Outcome, Verb
from payment_channels.journal import (
    AsyncDurableClient,
    DurableClient,
    Journal,
    JournalUnavailableError,
    OrderKey,
    OrderRecord,
    State,
)
from payment_channels.journal.claims import put_and_not_begun
from payment_channels.journal.looking import events, verify
from payment_channels.journal.store import Cursor
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

KEY = OrderKey("shop", "payout", "payout0001")
FOREVER = 10_000


@pytest.fixture
def wire() -> Scripted:
    return Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)]})


@pytest.fixture
def durable(wire: Scripted, journal: Journal) -> DurableClient:
    return DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]


def at(journal: Journal) -> OrderRecord:
    found = journal.find(KEY)
    assert found is not None
    return found


def broken_commit(journal: Journal, *, kept: bool, times: int) -> Callable[[Callable[[Cursor], Any]], Any]:
    """A store whose next commits break; what they carried is kept or not, and the caller is told that nobody knows."""
    write, left = journal.store.write, [times]

    def broken(work: Callable[[Cursor], Any]) -> Any:
        if not left[0]:
            return write(work)
        left[0] -= 1
        if kept:
            write(work)
        error = JournalUnavailableError.because("连接中断", "the connection broke")
        error.maybe_kept = True
        raise error

    return broken


@pytest.mark.parametrize("kept", [True, False])
def test_a_commit_of_which_nobody_knows_is_asked_after_and_the_order_sent_once(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    monkeypatch.setattr(journal.store, "write", broken_commit(journal, kept=kept, times=1))
    assert durable.payout(payout()).outcome is Outcome.UNKNOWN
    assert (wire.count(Verb.PAYOUT), at(journal).standing.attempts) == (1, 1)
    assert [event.source for event in events(journal, at(journal))] == ["opened", "answered"]


def test_a_commit_that_stays_in_doubt_is_no_exception_since_a_resolver_may_send_it(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", broken_commit(journal, kept=True, times=FOREVER))
        assert durable.payout(payout(), timeout=0.1).outcome is Outcome.UNKNOWN
    assert (wire.sent, at(journal).state) == ([], State.UNKNOWN)


@pytest.mark.parametrize("kept", [True, False])
def test_the_same_order_again_tells_what_came_of_it_or_is_sent(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", broken_commit(journal, kept=kept, times=FOREVER))
        assert durable.payout(payout(), timeout=0.1).outcome is Outcome.UNKNOWN
    assert ((journal.find(KEY) is not None), wire.sent) == (kept, [])
    assert durable.payout(payout()).outcome is Outcome.UNKNOWN
    assert wire.count(Verb.PAYOUT) == (0 if kept else 1)  # what stands there may be somebody's to send, so it is not sent here
    assert at(journal).standing.attempts == 1


def test_a_doubt_is_not_cleared_by_a_database_that_is_away_afterwards(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commit may stand: that the second could not even begin does not say that it does not."""
    broken = broken_commit(journal, kept=True, times=1)
    tried: list[int] = []

    def away(work: Callable[[Cursor], Any]) -> Any:
        tried.append(1)
        if len(tried) == 1:
            return broken(work)
        raise JournalUnavailableError.because("连不上", "it cannot be reached")

    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", away)
        assert durable.payout(payout(), timeout=0.2).outcome is Outcome.UNKNOWN
    assert len(tried) > 2
    assert (wire.sent, at(journal).state) == ([], State.UNKNOWN)


def test_a_database_that_is_away_from_the_start_is_an_exception_at_once(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def away(_: Callable[[Cursor], Any]) -> Any:
        tried.append(1)
        raise JournalUnavailableError.because("连不上", "it cannot be reached")

    monkeypatch.setattr(journal.store, "write", away)
    for call in (lambda: durable.payout(payout()), lambda: durable.put(payout())):
        with pytest.raises(JournalUnavailableError) as caught:
            call()
        assert not caught.value.maybe_kept
    assert (len(tried), wire.sent) == (2, [])


@pytest.mark.parametrize("kept", [True, False])
def test_an_order_that_is_put_is_asked_after_too_and_stands_once(
    durable: DurableClient, journal: Journal, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    monkeypatch.setattr(journal.store, "write", broken_commit(journal, kept=kept, times=1))
    assert durable.put(payout()).state is State.NOT_SENT
    assert put_and_not_begun(journal, ("shop",), 10) == [KEY]
    assert [found for _, found in verify(journal)] == [[]]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_is_put_and_stays_in_doubt_says_so_and_is_put_again(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    class Async(Scripted):
        async def prepare(self, order: Any, *, timeout: float | None = None) -> Any:  # type: ignore[override]  # noqa: ASYNC109
            return super().prepare(order)

    client = AsyncDurableClient(Async(), journal, account="shop")  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", broken_commit(journal, kept=True, times=FOREVER))
        with pytest.raises(JournalUnavailableError) as caught:
            durable.put(payout(), timeout=0.1) if colour == "sync" else asyncio.run(client.put(payout(), timeout=0.1))
    assert (caught.value.maybe_kept, caught.value.canonical) == (True, "JOURNAL_UNAVAILABLE")
    assert "payout0001" in caught.value.zh
    assert "payout0001" in caught.value.en
    assert durable.put(payout()).state is State.NOT_SENT
    assert put_and_not_begun(journal, ("shop",), 10) == [KEY]


def test_a_sending_that_stays_in_doubt_sends_nothing_and_says_so(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable.put(payout())
    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", broken_commit(journal, kept=True, times=FOREVER))
        with pytest.raises(JournalUnavailableError) as caught:
            durable.send(KEY, timeout=0.1)
    assert (caught.value.maybe_kept, wire.sent, at(journal).state) == (True, [], State.UNKNOWN)
    assert durable.send(KEY).outcome is Outcome.UNKNOWN
    assert (wire.sent, at(journal).standing.attempts) == ([], 1)
