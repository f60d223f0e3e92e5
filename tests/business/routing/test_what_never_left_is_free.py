"""What the desk took away before it left is free again at once; what may have left is not, and late news of it are an alarm."""

from datetime import timedelta

import pytest

from payment_channels import InvalidRequestError, Money, Outcome, Verb
from payment_channels.business.desk import Desk
from payment_channels.business.funding import AlarmKind, Books, EntryKind, Funding, RequestKind, Residuals, entries
from payment_channels.business.routing.taking import Taking
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.folding import Finding, Source
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, paid, payout, policy
from tests.business.ticking import Ticking
from tests.journal.scripted import told

PLACE = ("tea", "payout", "order0001")
FIRST = OrderKey("a", "payout", "order0001")
FEN = 12345


@pytest.fixture
def wires(journal: Journal, funding: Funding) -> Wires:
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    return wires


def never_left(desk: Desk, wires: Wires) -> None:
    """Account a cannot be reached, and b pays."""
    wires.say("a", UNREACHABLE)
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert wires.sent() == {"a": ["order0001"], "b": wires.sent()["b"]}


def told_of(funding: Funding, key: OrderKey) -> list[EntryKind]:
    return [one.kind for one in entries(funding.journal, key=key)]


def test_what_was_taken_away_before_it_left_is_free_again_and_no_residual(wires: Wires, funding: Funding) -> None:
    never_left(wires.desk(funds=funding), wires)
    assert funding.books("tea", "a") == Books(-20_000, 20_000)
    assert told_of(funding, FIRST) == [EntryKind.RESERVED, EntryKind.RELEASED]
    assert Residuals(funding, None).left() == []
    assert funding.alarms() == []
    assert funding.faults() == []


def test_what_the_desk_never_began_to_send_is_free_too(wires: Wires, journal: Journal, funding: Funding) -> None:
    desk = wires.desk(funds=funding)
    held, _ = desk._giving.first(PLACE, payout(), {}, None)  # and there its process dies
    record = journal.find(held.key)
    assert record is not None
    assert record.standing.attempts == 0
    given = desk._carrying._elsewhere(held, Taking(journal, desk.assignments, held, record, None), None)
    assert given is not None
    assert funding.books("tea", "a") == Books(-20_000, 20_000)
    assert funding.books("tea", "b").reserved == FEN


def test_what_its_channel_refused_stays_a_residual(wires: Wires, funding: Funding) -> None:
    wires.say("a", failed())
    assert wires.desk(funds=funding).payout("tea", payout()).outcome is Outcome.SUCCEEDED  # at b
    assert funding.books("tea", "a") == Books(-20_000, 20_000 - FEN, residual=FEN)


def test_of_two_attempts_one_that_left_makes_it_a_residual(wires: Wires, journal: Journal, funding: Funding) -> None:
    wires.say("a", UNREACHABLE)
    in_force(journal, policy(attempts=1))
    desk = wires.desk(funds=funding)
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())
    wires.say("a", failed())
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    assert funding.books("tea", "a").residual == FEN


@pytest.mark.parametrize("source", [Source.QUERIED, Source.NOTIFIED])
def test_a_channel_that_knows_what_never_left_leaves_its_money_a_residual(
    wires: Wires, journal: Journal, funding: Funding, source: Source
) -> None:
    wires.say("a", UNREACHABLE)
    in_force(journal, policy(attempts=1))
    with pytest.raises(type(UNREACHABLE)):
        wires.desk(funds=funding).payout("tea", payout())
    assert funding.books("tea", "a") == Books(-20_000, 20_000)  # refused, and let go
    journal.found(FIRST, Finding(source, Outcome.FAILED, 1), failed())
    funding.follow_all()
    assert funding.books("tea", "a").residual == FEN


def test_what_two_people_call_failed_and_nobody_knows_to_have_stayed_here_is_a_residual(
    wires: Wires, journal: Journal, funding: Funding
) -> None:
    journal.store.write(lambda cursor: funding.reserve(cursor, FIRST, "tea", Money(FEN)))
    client = wires.desk()._carrying.accounts["a"].client
    client._begin(client.client.prepare(payout()), 5.0)  # begun, and there its process dies: perhaps it was sent
    journal.decided(FIRST, Outcome.FAILED, who=("Zhang", "Li"), why="the channel has nothing")
    funding.follow_all()
    assert funding.books("tea", "a").residual == FEN


def test_who_asks_for_the_money_again_of_what_was_taken_away_is_given_none(wires: Wires, funding: Funding) -> None:
    never_left(wires.desk(funds=funding), wires)
    for _ in range(2):
        funding.journal.store.write(lambda cursor: funding.reserve(cursor, FIRST, "tea", Money(FEN)))
    assert funding.books("tea", "a") == Books(-20_000, 20_000)


def test_what_was_taken_away_is_not_paid_again_as_if_it_had_left_something(wires: Wires, funding: Funding) -> None:
    never_left(wires.desk(funds=funding), wires)
    with pytest.raises(InvalidRequestError, match="has left nothing"):
        Residuals(funding, None).propose(RequestKind.WITHDRAWAL, FIRST, Money(1), number="w1", who="Zhang", why="free?")


@pytest.mark.parametrize("spent_since", [False, True])
@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.PENDING])
def test_news_that_it_left_after_all_are_an_alarm_and_the_books_say_so(
    wires: Wires, journal: Journal, funding: Funding, outcome: Outcome, *, spent_since: bool
) -> None:
    desk = wires.desk(funds=funding)
    never_left(desk, wires)
    gone = 0
    if spent_since:
        wires.say("a", paid())
        assert desk.payout("tea", payout("order0002", 20_000)).outcome is Outcome.SUCCEEDED
        gone = 20_000
    journal.found(FIRST, Finding(Source.NOTIFIED, outcome, 1), told(Verb.PAYOUT, outcome))
    funding.follow_all()
    books = funding.books("tea", "a")
    assert books.available == 20_000 - gone - FEN
    assert (books.spent - gone, books.reserved) == ((FEN, 0) if outcome is Outcome.SUCCEEDED else (0, FEN))
    assert told_of(funding, FIRST)[-1] is EntryKind.CORRECTED
    raised = {one.kind for one in funding.alarms()}
    assert raised == {AlarmKind.CONFLICT} | ({AlarmKind.NEGATIVE} if spent_since else set())
    journal.found(FIRST, Finding(Source.QUERIED, Outcome.FAILED, 1), told(Verb.QUERY_PAYOUT, Outcome.FAILED))
    funding.follow_all()
    assert AlarmKind.CONFLICT in {one.kind for one in funding.alarms()}
    if outcome is Outcome.PENDING:  # somebody had it: no guess is made of it any more
        assert funding.books("tea", "a").residual == FEN
        journal.decided(FIRST, Outcome.FAILED, who=("Zhang", "Li"), why="the channel has nothing")
        funding.follow_all()
        assert funding.books("tea", "a").residual == FEN
    assert funding.faults() == []


def test_a_sweep_frees_it_where_the_process_died_before(wires: Wires, journal: Journal, funding: Funding, clock: Ticking) -> None:
    desk = wires.desk(funds=funding)
    held, _ = desk._giving.first(PLACE, payout(), {}, None)
    record = journal.find(held.key)
    assert record is not None
    taking = Taking(journal, desk.assignments, held, record, None)
    assert journal.store.write(taking.away)  # and there it dies
    found = journal.find(FIRST)
    assert found is not None
    assert found.state is State.FAILED
    assert funding.books("tea", "a").reserved == FEN
    clock.move(timedelta(minutes=20))
    assert Funding(journal).follow_all() == 1
    assert funding.books("tea", "a") == Books(-20_000, 20_000)
    assert Funding(journal).follow_all() == 0
