"""Whose an attempt or a claim is, until when, and what others may write meanwhile; on both databases, and in races."""

from datetime import timedelta
from typing import Any

import pytest

from payment_channels import NotSentError, Outcome, Verb
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, OrderRecord, State, Store
from payment_channels.journal.claims import claim, claim_one, put_and_not_begun, release, reopen
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.looking import verify
from payment_channels.journal.opening import Lease, Opening
from payment_channels.journal.store import Cursor
from tests.journal.conftest import KEY, Clock, payout
from tests.journal.races import beside
from tests.journal.scripted import Scripted, not_found, told

PAYOUT = OrderKey("shop", "payout", "payout0001")
MINUTE = timedelta(minutes=1)
FOREVER = timedelta(days=30)
"""Longer than anything here waits, so that a lease that does not count its own length is seen."""


@pytest.fixture
def wire() -> Scripted:
    return Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)]})


@pytest.fixture
def durable(wire: Scripted, journal: Journal) -> DurableClient:
    return DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]


def at(journal: Journal) -> OrderRecord:
    found = journal.find(PAYOUT)
    assert found is not None
    return found


def due(journal: Journal, owner: str, span: timedelta = MINUTE) -> OrderRecord:
    """Claim the order, which is due."""
    (record,) = claim(journal, Lease(owner, span), ("shop",), 10)
    return record


def queried(journal: Journal, outcome: Outcome, *, owner: str = "", attempt: int = 1, **answer: Any) -> OrderRecord:
    """Write down what a query said."""
    result = told(Verb.QUERY_PAYOUT, outcome, **answer)
    return journal.found(PAYOUT, Finding(Source.QUERIED, outcome, attempt), result, owner=owner)


def test_what_a_caller_was_told_will_not_be_sent_is_not_handed_out_to_be_sent(
    durable: DurableClient, journal: Journal, wire: Scripted
) -> None:
    """An exception said that nothing left and nothing will: only what was put and never begun is for a task engine to send."""
    durable.put(payout("payout0002"))
    wire.answers[Verb.PAYOUT] = [NotSentError.because("refused")]
    with pytest.raises(NotSentError):
        durable.payout(payout())
    assert at(journal).state is State.NOT_SENT
    assert put_and_not_begun(journal, ("shop",), 10) == [OrderKey("shop", "payout", "payout0002")]
    assert put_and_not_begun(journal, ("elsewhere",), 10) == []


def test_a_lease_lasts_as_long_as_it_says() -> None:
    assert Lease("a", timedelta(seconds=35)).until(5) == 35_000_005


def test_an_order_that_is_on_its_way_is_sent_by_nobody_else(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    others = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]

    def meanwhile() -> Any:
        assert others.payout(payout()).outcome is Outcome.UNKNOWN
        assert durable.payout(payout()).outcome is Outcome.UNKNOWN
        assert durable.send(PAYOUT).outcome is Outcome.UNKNOWN
        return told(Verb.PAYOUT, Outcome.SUCCEEDED)

    wire.answers[Verb.PAYOUT] = [meanwhile]
    assert durable.payout(payout()).outcome is Outcome.SUCCEEDED
    assert (wire.count(Verb.PAYOUT), at(journal).standing.attempts) == (1, 1)


def test_what_is_sent_in_the_end_is_what_was_written_down_first(durable: DurableClient, wire: Scripted) -> None:
    first = durable.put(payout())
    later = payout(ordered_at=payout().ordered_at + timedelta(hours=1), notify_url="http://127.0.0.1:9/other")
    assert first.state is State.NOT_SENT
    durable.payout(later)
    assert wire.sent[-1][1] == durable.journal.prepared_of(first)


def test_a_claim_that_ran_out_is_anybody_s_and_one_that_did_not_is_not(
    durable: DurableClient, journal: Journal, clock: Clock
) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)
    assert due(journal, "first").owner == "first"
    for other in ("second", "first"):  # not even who has it claims it twice
        assert claim(journal, Lease(other, MINUTE), ("shop",), 10) == []
        assert claim_one(journal, Lease(other, MINUTE), PAYOUT) is None
    clock.advance(seconds=59)
    assert claim(journal, Lease("second", MINUTE), ("shop",), 10) == []
    clock.advance(seconds=2)
    assert due(journal, "second").owner == "second"
    assert claim(journal, Lease("third", FOREVER), ("elsewhere",), 10) == []


def test_what_is_not_due_or_of_another_account_is_not_claimed(durable: DurableClient, journal: Journal, clock: Clock) -> None:
    durable.payout(payout())
    assert claim(journal, Lease("a", MINUTE), ("shop",), 10) == []
    assert claim_one(journal, Lease("a", MINUTE), PAYOUT) is None
    clock.advance(seconds=6)
    assert claim(journal, Lease("a", MINUTE), ("elsewhere",), 10) == []
    assert claim(journal, Lease("a", MINUTE), (), 10) == []


def test_a_claim_that_ended_is_not_ended_for_who_has_it_now(durable: DurableClient, journal: Journal, clock: Clock) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)
    slow = due(journal, "slow")
    clock.advance(minutes=2)
    held = due(journal, "quick")
    release(journal, slow, "slow", "given up")
    now = at(journal)
    assert (now.owner, now.lease_until, now.manual) == ("quick", held.lease_until, None)


@pytest.mark.parametrize("news", [None, "taken", "told", "opened"])
def test_an_order_is_sent_again_only_by_who_has_it_and_knows_the_latest(
    durable: DurableClient, journal: Journal, clock: Clock, news: str | None
) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)
    held, prepared = due(journal, "mine"), journal.prepared_of(at(journal))
    lease = Lease("mine", MINUTE)
    if news == "taken":
        clock.advance(minutes=2)
        due(journal, "another")
    elif news == "told":
        queried(journal, Outcome.PENDING)
    elif news == "opened":
        assert reopen(journal, held, prepared, lease) is not None
    opening = reopen(journal, held, prepared, lease)
    assert (opening is not None) is (news is None)
    assert at(journal).standing.attempts == (2 if news in {None, "opened"} else 1)


def test_an_attempt_may_have_left_until_its_lease_ends(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    def meanwhile() -> Any:
        now = at(journal)
        assert now.sent_before == now.lease_until == now.next_at
        return told(Verb.PAYOUT, Outcome.UNKNOWN)

    wire.answers[Verb.PAYOUT] = [meanwhile]
    durable.put(payout())
    durable.payout(payout())
    after = at(journal)
    assert after.sent_before == after.changed_at


def test_a_late_answer_to_an_earlier_attempt_says_nothing_of_when_the_last_one_left(
    durable: DurableClient, journal: Journal, clock: Clock
) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)
    opening = reopen(journal, due(journal, "mine"), journal.prepared_of(at(journal)), Lease("mine", FOREVER))
    assert opening is not None
    before = at(journal)
    journal.answered(Opening(PAYOUT, opening.prepared, 1, "whoever was first"), told(Verb.PAYOUT, Outcome.UNKNOWN))
    after = at(journal)
    assert (after.sent_before, after.owner, after.lease_until) == (before.sent_before, "mine", before.lease_until)


def test_news_leave_the_next_look_to_who_has_the_order(durable: DurableClient, journal: Journal, clock: Clock) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)
    held = due(journal, "mine", FOREVER)
    assert queried(journal, Outcome.PENDING, retry_after=7200).next_at == held.next_at
    asked_for = queried(journal, Outcome.PENDING, owner="mine", retry_after=7200).next_at
    assert asked_for is not None
    assert timedelta(minutes=119) < asked_for - clock() <= timedelta(minutes=120)


def test_a_query_that_knows_nothing_does_not_cover_what_was_told_before(
    durable: DurableClient, journal: Journal, wire: Scripted
) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.PENDING, channel_order_id="c-1")]
    durable.payout(payout())
    queried(journal, Outcome.UNKNOWN)
    again = durable.payout(payout())
    assert (again.outcome, again.canonical, again.channel_order_id) == (Outcome.PENDING, "PAYOUT_PROCESSING", "c-1")


def test_not_found_that_was_heard_before_the_last_attempt_does_not_count(
    durable: DurableClient, journal: Journal, clock: Clock
) -> None:
    def lost(attempt: int) -> None:
        finding = Finding(Source.QUERIED, Outcome.UNKNOWN, attempt)
        journal.found(PAYOUT, finding, not_found(Verb.QUERY_PAYOUT, conclusive=clock()), owner="mine")

    durable.payout(payout())
    clock.advance(seconds=6)
    held = due(journal, "mine", FOREVER)
    lost(1)
    assert journal.has_heard(at(journal), NOT_FOUND)
    assert reopen(journal, held, journal.prepared_of(held), Lease("mine", FOREVER)) is not None
    assert not journal.has_heard(at(journal), NOT_FOUND)
    lost(2)
    assert journal.has_heard(at(journal), NOT_FOUND)


def test_two_who_claim_at_once_have_no_order_both(durable: DurableClient, journal: Journal, clock: Clock) -> None:
    durable.payout(payout())
    clock.advance(seconds=6)

    def claimed(store: Store, owner: str) -> list[OrderRecord]:
        return claim(Journal(store, KeyRing.single(KEY), clock=clock), Lease(owner, MINUTE), ("shop",), 10)

    first, second = beside(journal.store, lambda store: claimed(store, "a"), lambda: claimed(journal.store, "b"))
    assert ([one.owner for one in first], second) == (["a"], [])


def test_findings_that_race_are_folded_one_after_the_other(durable: DurableClient, journal: Journal, clock: Clock) -> None:
    durable.payout(payout())

    def failed(store: Store) -> State:
        def work(cursor: Cursor) -> Any:
            record = journal.locked(cursor, PAYOUT)
            return lambda: journal.writer.apply(cursor, record, Finding(Source.QUERIED, Outcome.FAILED, 1), journal.now()).state

        return store.write(work)  # type: ignore[no-any-return]

    first, second = beside(journal.store, failed, lambda: queried(journal, Outcome.SUCCEEDED).state)
    assert (first, second) == (State.FAILED, State.SUCCEEDED)
    record = at(journal)
    assert (record.state, record.standing.conflict) == (State.SUCCEEDED, True)
    assert [faults for _, faults in verify(journal)] == [[]]
