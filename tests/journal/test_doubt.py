"""Where it is not certain that nothing left and nothing will, no exception is told and no failure: the doubt is ``unknown``."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from payment_channels import InvalidRequestError, Money, NotSentError, Outcome, PayoutQuery, Verb
from payment_channels.journal import (
    AsyncDurableClient,
    DurableClient,
    Journal,
    JournalUnavailableError,
    OrderKey,
    OrderRecord,
    Resolver,
    State,
)
from payment_channels.journal.looking import events, manual, verify
from payment_channels.journal.opening import Opening
from tests.journal.conftest import Clock, payout
from tests.journal.scripted import Scripted, not_found, told

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


def full(*_: object) -> Any:
    raise JournalUnavailableError.because("磁盘已满", "disk full")


def test_never_left_and_not_written_down_is_unknown_since_a_resolver_may_send_it(
    durable: DurableClient, journal: Journal, wire: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.answers[Verb.PAYOUT] = [NotSentError.because("refused")]
    monkeypatch.setattr(journal, "not_sent", full)
    assert durable.payout(payout()).outcome is Outcome.UNKNOWN
    assert at(journal).state is State.UNKNOWN


def test_a_failure_that_cannot_be_written_after_its_lease_is_not_told_as_one(
    durable: DurableClient, journal: Journal, wire: Scripted, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late() -> Any:
        clock.advance(seconds=11)
        return told(Verb.PAYOUT, Outcome.FAILED)

    wire.answers[Verb.PAYOUT] = [late]
    monkeypatch.setattr(journal, "answered", full)
    assert durable.payout(payout()).outcome is Outcome.UNKNOWN


def resent_meanwhile(asking: Resolver, wire: Scripted, clock: Clock, late: Any) -> Callable[[], Any]:
    """The first attempt hangs; its lease ends, the resolver does not find it and sends the order again; then it comes back."""

    def hang() -> Any:
        wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.PENDING)]
        wire.answers[Verb.QUERY_PAYOUT] = [not_found(Verb.QUERY_PAYOUT, conclusive=clock() + timedelta(days=1))]
        clock.advance(seconds=200)
        assert [done.did for done in asking.step()] == ["resent"]
        return late

    return hang


@pytest.mark.parametrize("late", [told(Verb.PAYOUT, Outcome.FAILED), NotSentError.because("refused")])
def test_a_late_refusal_says_nothing_of_the_attempt_that_was_sent_meanwhile(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock, late: Any
) -> None:
    wire.answers[Verb.PAYOUT] = [resent_meanwhile(asking, wire, clock, late)]
    assert durable.payout(payout()).outcome is Outcome.PENDING
    assert (at(journal).state, at(journal).standing.attempts, wire.count(Verb.PAYOUT)) == (State.PENDING, 2, 2)
    assert [faults for _, faults in verify(journal)] == [[]]


def test_what_was_to_be_sent_again_and_never_left_leaves_the_first_attempt_alone_in_doubt(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    durable.payout(payout())
    wire.answers = {
        Verb.PAYOUT: [NotSentError.because("refused")],
        Verb.QUERY_PAYOUT: [not_found(Verb.QUERY_PAYOUT, conclusive=clock() + timedelta(days=1))],
    }
    clock.advance(seconds=200)
    assert [done.did for done in asking.step()] == ["waiting"]
    now = at(journal)
    assert (now.state, now.standing.attempts, now.standing.unresolved) == (State.UNKNOWN, 2, frozenset({1}))
    assert [event.source for event in events(journal, now)][-2:] == ["opened", "not_sent"]


def test_a_late_answer_does_not_end_the_lease_of_who_has_the_order_now(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    def first() -> Any:
        wire.answers[Verb.PAYOUT] = [second]
        wire.answers[Verb.QUERY_PAYOUT] = [not_found(Verb.QUERY_PAYOUT, conclusive=clock())]
        clock.advance(seconds=200)
        asking.step()
        return told(Verb.PAYOUT, Outcome.UNKNOWN)

    def second() -> Any:  # on its way, when the first one's answer is written
        opened = at(journal)
        journal.answered(_first_opening(journal, opened), told(Verb.PAYOUT, Outcome.UNKNOWN))
        assert (at(journal).owner, at(journal).lease_until) == (opened.owner, opened.lease_until)
        return told(Verb.PAYOUT, Outcome.PENDING)

    wire.answers[Verb.PAYOUT] = [first]
    durable.payout(payout())
    assert at(journal).state is State.PENDING


def _first_opening(journal: Journal, record: OrderRecord) -> Any:
    return Opening(record.key, journal.prepared_of(record), 1, "whoever was first")


def test_a_query_says_nothing_of_the_attempt_that_is_on_its_way(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    def meanwhile() -> Any:
        found = durable.query_payout(PayoutQuery(merchant_order_id="payout0001", amount=Money(888)))
        assert (found.outcome, at(journal).state) == (Outcome.FAILED, State.UNKNOWN)
        return told(Verb.PAYOUT, Outcome.UNKNOWN)

    wire.answers = {Verb.PAYOUT: [meanwhile], Verb.QUERY_PAYOUT: [told(Verb.QUERY_PAYOUT, Outcome.FAILED)]}
    durable.payout(payout())
    assert at(journal).standing.unresolved == frozenset({1})
    durable.query_payout(PayoutQuery(merchant_order_id="payout0001", amount=Money(888)))
    assert at(journal).state is State.FAILED


def test_an_order_that_became_final_while_it_was_asked_after_is_nobody_s_to_look_at(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    def meanwhile() -> Any:
        journal.concluded(KEY, Outcome.SUCCEEDED, "a bill")
        raise NotSentError.because("refused")

    wire.answers[Verb.QUERY_PAYOUT] = [meanwhile]
    durable.payout(payout())
    clock.advance(days=6)
    asking.step()
    assert (at(journal).state, manual(journal)) == (State.SUCCEEDED, [])


def test_a_cancelled_wait_leaves_an_order_that_is_unknown_and_not_sent_again(journal: Journal) -> None:
    left = asyncio.Event()

    class Hanging(Scripted):
        async def prepare(self, order: Any, *, timeout: float | None = None) -> Any:  # type: ignore[override]  # noqa: ASYNC109
            return super().prepare(order)

        async def payout(self, asked: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
            self.sent.append((Verb.PAYOUT, asked))
            left.set()
            await asyncio.Event().wait()

    wire = Hanging()
    client = AsyncDurableClient(wire, journal, account="shop")  # type: ignore[arg-type]

    async def story() -> Outcome:
        waiting = asyncio.create_task(client.payout(payout()))
        await left.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return (await client.payout(payout())).outcome

    assert asyncio.run(story()) is Outcome.UNKNOWN
    assert (len(wire.sent), at(journal).standing.unresolved) == (1, frozenset({1}))


def test_what_can_no_longer_be_prepared_is_known_by_what_was_sent_before(
    durable: DurableClient, journal: Journal, wire: Scripted
) -> None:
    durable.payout(payout())
    wire.unprepared = InvalidRequestError.because("已过期", "it has expired")
    assert durable.payout(payout()).outcome is Outcome.UNKNOWN
    for other in (payout(fen=1), payout("payout0002")):
        with pytest.raises(InvalidRequestError, match="expired"):
            durable.payout(other)


def test_a_failed_order_is_sent_again_under_its_number_and_an_unresolved_one_is_not(
    durable: DurableClient, journal: Journal, wire: Scripted
) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.FAILED), told(Verb.PAYOUT, Outcome.UNKNOWN)]
    assert durable.payout(payout()).outcome is Outcome.FAILED
    assert (durable.payout(payout()).outcome, wire.count(Verb.PAYOUT)) == (Outcome.FAILED, 1)
    assert durable.again(payout()).outcome is Outcome.UNKNOWN
    assert durable.again(payout()).outcome is Outcome.UNKNOWN
    assert (wire.count(Verb.PAYOUT), at(journal).standing.unresolved) == (2, frozenset({2}))


def test_an_attempt_has_no_more_time_than_its_lease(
    durable: DurableClient, journal: Journal, wire: Scripted, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = durable._begin

    def slow(*arguments: Any, **options: Any) -> Any:
        opening = begin(*arguments, **options)
        clock.advance(seconds=8)
        assert durable._left(opening, 5) < 2.1
        clock.advance(seconds=60)
        assert durable._left(opening, 5) < 0
        return opening

    monkeypatch.setattr(durable, "_begin", slow)
    durable.payout(payout())


def test_one_order_that_cannot_be_asked_after_does_not_keep_the_others_waiting(
    durable: DurableClient, asking: Resolver, journal: Journal, wire: Scripted, clock: Clock
) -> None:
    for number in ("payout0001", "payout0002"):
        durable.payout(payout(number))
    journal.store.write(lambda cursor: cursor.run("UPDATE orders SET prepared = ? WHERE id = 1", (b"\x011broken",)))
    wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
    clock.advance(seconds=6)
    assert sorted(done.did for done in asking.step()) == ["queried", "waiting"]
    clock.advance(days=6)
    asking.step()
    assert [record.key.merchant_id for record in manual(journal)] == ["payout0001"]


def test_a_claim_that_ends_before_its_order_could_be_asked_after_is_left_to_others(
    durable: DurableClient, asking: Resolver, wire: Scripted, clock: Clock
) -> None:
    for number in ("payout0001", "payout0002"):
        durable.payout(payout(number))

    def slow() -> Any:
        clock.advance(seconds=16)
        return told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)

    wire.answers[Verb.QUERY_PAYOUT] = [slow]
    clock.advance(seconds=6)
    assert len(asking.step()) == 1
    clock.advance(seconds=10)
    assert len(asking.step()) == 1
    assert wire.count(Verb.QUERY_PAYOUT) == 2
