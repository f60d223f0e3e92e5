"""When an order is looked at again, how long "not found" is not believed, and how long a success is watched for its return."""

from datetime import timedelta

import pytest

from payment_channels import NotSentError, Outcome, Verb
from payment_channels.channel import Capability
from payment_channels.journal import DurableClient, Journal, OrderKey, OrderRecord, Resolver, State
from tests.journal.conftest import Clock, payout
from tests.journal.scripted import Answer, Scripted, manifest, not_found, told

KEY = OrderKey("shop", "payout", "payout0001")


@pytest.fixture
def wire() -> Scripted:
    return Scripted(
        {Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)], Verb.QUERY_PAYOUT: [told(Verb.QUERY_PAYOUT, Outcome.UNKNOWN)]}
    )


@pytest.fixture
def durable(wire: Scripted, journal: Journal) -> DurableClient:
    return DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]


@pytest.fixture
def asking(wire: Scripted, journal: Journal) -> Resolver:
    return Resolver(journal, {"shop": wire}, timeout=5, sleep=lambda _: None)  # type: ignore[dict-item]


def at(journal: Journal) -> OrderRecord:
    found = journal.find(KEY)
    assert found is not None
    return found


def test_not_found_takes_nothing_back_that_was_found_before(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    wire.channel = Scripted(abilities=manifest(payout=Capability())).channel  # never sent again: it is all about one attempt
    lost = not_found(Verb.QUERY_PAYOUT, conclusive=clock() - timedelta(days=9), quiet=1)
    wire.answers[Verb.QUERY_PAYOUT] = [lost, told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED), lost]
    durable.payout(payout())
    for days in (0.01, 0.01, 1.1):
        clock.advance(days=days)
        assert len(asking.step()) == 1
    assert (at(journal).state, at(journal).standing.conflict) == (State.SUCCEEDED, False)
    assert at(journal).standing.attempts == 1


def test_not_found_is_believed_when_heard_twice_after_the_last_attempt_s_own_quiet_time(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    long_ago = clock() - timedelta(days=2)
    wire.answers[Verb.QUERY_PAYOUT] = [not_found(Verb.QUERY_PAYOUT, conclusive=long_ago, quiet=100)]
    durable.payout(payout(ordered_at=long_ago))
    seen = []
    for seconds in (6, 90, 30):
        clock.advance(seconds=seconds)
        asking.step()
        seen.append(at(journal).state)
    assert seen == [State.UNKNOWN, State.UNKNOWN, State.FAILED]
    assert wire.count(Verb.PAYOUT) == 1
    assert durable.payout(payout()).outcome is Outcome.FAILED


def test_the_pause_before_sending_again_counts_from_the_last_attempt(
    durable: DurableClient, asking: Resolver, wire: Scripted, clock: Clock
) -> None:
    wire.answers[Verb.QUERY_PAYOUT] = [not_found(Verb.QUERY_PAYOUT, conclusive=clock() + timedelta(days=9))]
    durable.payout(payout())
    counts = []
    for seconds in (130, 60, 70):
        clock.advance(seconds=seconds)
        asking.step()
        counts.append(wire.count(Verb.PAYOUT))
    assert counts == [2, 2, 3]


def test_a_query_that_fails_is_no_reason_to_send_again(
    durable: DurableClient, asking: Resolver, wire: Scripted, clock: Clock
) -> None:
    """Only an order that a query did not find may be sent again: one that could not be asked after may be at work."""
    durable.payout(payout())
    for canonical in ("REPLY_LOST", "CHANNEL_SERVER_ERROR", "UNMAPPED_CODE", "REPLY_NOT_VERIFIED"):
        wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.UNKNOWN, canonical)]
        clock.advance(hours=5)
        assert [done.did for done in asking.step()] == ["queried"]
    assert wire.count(Verb.PAYOUT) == 1


def test_what_the_channel_asks_for_is_not_undercut(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.PENDING, retry_after=600)]
    durable.payout(payout())
    clock.advance(seconds=6)
    asking.step()
    due = at(journal).next_at
    assert due is not None
    assert timedelta(seconds=595) < due - clock() <= timedelta(seconds=600)


def test_a_return_is_found_though_every_daily_look_of_the_watch_heard_nothing(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.SUCCEEDED)]
    durable.payout(payout())
    deaf: list[Answer] = [told(Verb.QUERY_PAYOUT, Outcome.UNKNOWN), NotSentError.because("refused")]
    wire.answers[Verb.QUERY_PAYOUT] = [*deaf * 4, told(Verb.QUERY_PAYOUT, Outcome.RETURNED)]
    clock.advance(days=4.5)  # the last daily look
    for _ in range(9):
        assert len(asking.step()) == 1
        clock.advance(hours=1.01)
    assert (at(journal).state, at(journal).next_at) == (State.RETURNED, None)


def test_a_watch_that_is_heard_of_ends_in_time(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    wire.answers[Verb.PAYOUT] = wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.PAYOUT, Outcome.SUCCEEDED)]
    durable.payout(payout())
    looks = []
    for _ in range(14):
        clock.advance(days=0.501)
        looks.append(len(asking.step()))
    assert looks == [0, 1] * 4 + [0] * 6
