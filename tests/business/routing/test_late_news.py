"""News that come late, money that was let go, a journal that goes away at any step: nothing is paid twice, or told wrongly."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from payment_channels import InvalidRequestError, Money, Outcome, PaymentChannelError, Verb
from payment_channels.business.desk import Desk
from payment_channels.business.funding import Funding
from payment_channels.business.funding.requests import RequestKind
from payment_channels.business.funding.residuals import Residuals
from payment_channels.business.routing import AssignmentState
from payment_channels.journal import Journal, JournalUnavailableError, KeyRing, OrderKey, SqliteStore, State
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.store import Cursor
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, paid, payout, policy
from tests.business.ticking import Ticking
from tests.journal.scripted import told

T = TypeVar("T")
PLACE = ("tea", "payout", "order0001")
FIRST = OrderKey("a", "payout", "order0001")


@pytest.fixture
def wires(journal: Journal) -> Wires:
    in_force(journal, policy())
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    return wires


def news(journal: Journal, key: OrderKey, outcome: Outcome) -> None:
    """A notification that comes late."""
    journal.found(key, Finding(Source.NOTIFIED, outcome, 1), told(Verb.PAYOUT, outcome))


def states(desk: Desk) -> list[tuple[str, AssignmentState]]:
    return [(one.account, one.state) for one in desk.assignments.of_order(PLACE)]


@pytest.mark.parametrize("swept", [True, False])
def test_what_has_not_left_its_second_account_never_does_once_the_first_has_paid_after_all(
    wires: Wires, journal: Journal, clock: Ticking, *, swept: bool
) -> None:
    funding = Funding(journal)
    for name in "abc":
        funding.paid_in("tea", name, Money(20_000), reference=name, who="Zhang")
    wires.say("a", failed())
    for name in "bc":
        wires.say(name, UNREACHABLE)
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.UNKNOWN
    news(journal, FIRST, Outcome.SUCCEEDED)
    for name in "bc":
        wires.say(name, paid())
    clock.move(timedelta(minutes=5))
    before = wires.sent()
    routed = desk.carry_on()[0] if swept else desk.payout("tea", payout())
    assert (routed.outcome, routed.assignment and routed.assignment.account) == (Outcome.SUCCEEDED, "a")
    assert wires.sent() == before
    assert states(desk)[-1] == ("c", AssignmentState.ABANDONED)
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert desk.carry_on() == []
    assert wires.sent() == before
    funding.follow_all()
    assert [funding.books("tea", name).spent for name in "abc"] == [12345, 0, 0]
    assert [funding.books("tea", name).reserved for name in "abc"] == [0, 0, 0]


def test_what_fails_at_its_second_account_goes_nowhere_and_is_not_told_failed_once_the_first_has_paid(
    wires: Wires, journal: Journal
) -> None:
    wires.say("a", failed())
    wires.say("b", told(Verb.PAYOUT, Outcome.PENDING))
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.PENDING
    news(journal, FIRST, Outcome.SUCCEEDED)
    second = desk.assignments.latest(PLACE)
    assert second is not None
    journal.found(second.key, Finding(Source.NOTIFIED, Outcome.FAILED, 1), failed())
    assert [one.outcome for one in desk.carry_on()] == [Outcome.SUCCEEDED]
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert "c" not in wires.sent()
    journal.decided(FIRST, Outcome.FAILED, who=("Zhang", "Li"), why="the channel has taken its word back")
    record = journal.find(FIRST)
    assert record is not None
    assert record.standing.conflict  # money that was seen to move stays seen
    assert desk.payout("tea", payout()).outcome is not Outcome.FAILED


def test_an_order_whose_money_a_person_released_is_sent_only_when_there_is_money(
    wires: Wires, journal: Journal, clock: Ticking
) -> None:
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(20_000), reference="1", who="Zhang")
    in_force(journal, policy(defaults={"group": "ordinary", "payout": [{"account": "a"}]}))
    desk = wires.desk(funds=funding)
    desk._giving.first(PLACE, payout(), {}, None)  # and there its process dies
    funding.release(FIRST, who="Zhang", why="its process died")
    assert desk.payout("tea", payout("order0002")).outcome is Outcome.SUCCEEDED
    clock.move(timedelta(minutes=5))
    assert desk.payout("tea", payout()).outcome is Outcome.UNKNOWN  # no exception: the sweep sends it when it can
    assert [one.outcome for one in desk.carry_on()] == [Outcome.UNKNOWN]
    assert wires.sent() == {"a": ["order0002"]}
    assert funding.available("tea", "a") == 7655
    funding.paid_in("tea", "a", Money(20_000), reference="2", who="Zhang")
    assert [one.outcome for one in desk.carry_on()] == [Outcome.SUCCEEDED]
    assert wires.sent() == {"a": ["order0002", "order0001"]}
    assert funding.available("tea", "a") == 40_000 - 2 * 12345


def test_one_who_is_refused_does_not_release_what_another_is_about_to_send(wires: Wires, journal: Journal) -> None:
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(20_000), reference="1", who="Zhang")
    in_force(journal, policy(defaults={"group": "ordinary", "payout": [{"account": "a"}]}))
    desk = wires.desk(funds=funding)
    held, _ = desk._giving.first(PLACE, payout(), {}, None)  # the first caller is about to send
    wires.say("a", UNREACHABLE)
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())  # a second caller of the same order
    reservation = funding.reservation(FIRST)
    assert reservation is not None
    assert reservation.position.reserved == 12345
    wires.say("a", paid())
    _, result = desk._carrying.carry(held, payout(), None, given=True)
    assert result.outcome is Outcome.SUCCEEDED
    assert funding.books("tea", "a").spent == 12345


def repaid(journal: Journal) -> Funding:
    """What order0000 left behind in c, approved to be paid once more as order0001."""
    funding = Funding(journal)
    funding.paid_in("tea", "c", Money(12345), reference="c", who="Zhang")
    funding.paid_in("tea", "a", Money(20_000), reference="a", who="Zhang")
    wires = Wires(journal)
    wires.say("c", failed(failover=False))
    in_force(journal, policy(defaults={"group": "ordinary", "payout": [{"account": "c"}]}))
    assert wires.desk(funds=funding).payout("tea", payout("order0000")).outcome is Outcome.FAILED
    in_force(journal, policy())
    residuals, original = Residuals(funding, None), OrderKey("c", "payout", "order0000")
    residuals.propose(
        RequestKind.REPAYMENT, original, Money(12345), number="order0001", who="Zhang", why="the account was closed"
    )
    residuals.approve("c", "order0001", who="Li")
    return funding


def test_a_repayment_goes_to_the_account_that_holds_its_money_and_nowhere_else(wires: Wires, journal: Journal) -> None:
    desk = wires.desk(funds=repaid(journal))
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert wires.sent() == {"c": ["order0001"]}
    held = desk.assignments.latest(PLACE)
    assert held is not None
    assert [reason.code for reason in held.decision.reasons_of("a")] == ["HELD_ELSEWHERE"]


def test_a_repayment_that_fails_leaves_its_money_where_it_was_and_takes_none_of_another_account(
    wires: Wires, journal: Journal
) -> None:
    funding = repaid(journal)
    wires.say("c", failed())
    assert wires.desk(funds=funding).payout("tea", payout()).outcome is Outcome.FAILED
    assert wires.sent() == {"c": ["order0001"]}
    assert funding.books("tea", "c").residual == 12345


def test_a_repayment_is_not_paid_once_its_original_was_paid_after_all(wires: Wires, journal: Journal) -> None:
    funding = repaid(journal)
    news(journal, OrderKey("c", "payout", "order0000"), Outcome.SUCCEEDED)
    with pytest.raises(InvalidRequestError, match="after all"):
        wires.desk(funds=funding).payout("tea", payout())
    assert wires.sent() == {}


def test_what_the_desk_has_paid_through_another_account_is_not_repaid_for_what_it_left_at_the_first(
    wires: Wires, journal: Journal
) -> None:
    funding = Funding(journal)
    for name in "ab":
        funding.paid_in("tea", name, Money(20_000), reference=name, who="Zhang")
    wires.say("a", failed())
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED  # at b
    residuals = Residuals(funding, None)
    residuals.propose(RequestKind.REPAYMENT, FIRST, Money(12345), number="again0001", who="Zhang", why="it failed")
    residuals.approve("a", "again0001", who="Li")
    wires.say("a", paid())
    with pytest.raises(InvalidRequestError, match="at the account b now"):
        desk.payout("tea", payout("again0001"))
    assert [len(numbers) for numbers in wires.sent().values()] == [1, 1]


def test_a_query_goes_to_the_account_that_has_the_order_after_all(wires: Wires, journal: Journal) -> None:
    wires.say("a", failed())
    wires.say("b", failed(failover=False))
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    news(journal, FIRST, Outcome.SUCCEEDED)
    wires.say("a", told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED), verb=Verb.QUERY_PAYOUT)
    routed = desk.query_payout("tea", "order0001")
    assert (routed.outcome, routed.assignment and routed.assignment.account) == (Outcome.SUCCEEDED, "a")


@pytest.mark.parametrize("timeout", [float("nan"), float("inf"), "5", 1e300])
def test_a_timeout_that_no_clock_can_show_is_refused_before_anything_is_written(wires: Wires, timeout: Any) -> None:
    desk = wires.desk()
    with pytest.raises(InvalidRequestError, match="timeout"):
        desk.payout("tea", payout(), timeout=timeout)
    assert desk.assignments.latest(PLACE) is None


def test_settings_that_no_order_takes_are_told_with_the_account_and_the_next_one_is_tried(wires: Wires) -> None:
    desk = wires.desk(fields={"a": {"sub_merchant": 5}})
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    held = desk.assignments.latest(PLACE)
    assert held is not None
    assert [reason.code for reason in held.decision.reasons_of("a")] == ["REFUSED"]


@pytest.mark.parametrize(("merchant", "labels"), [("m" * 65, {}), ("tea", {"city": 5}), ("a\0b", {}), ("a\udcff", {})])
def test_what_routing_cannot_read_is_a_refusal_in_both_languages(wires: Wires, merchant: str, labels: Any) -> None:
    with pytest.raises(InvalidRequestError):
        wires.desk().payout(merchant, payout(), labels=labels)
    assert wires.sent() == {}


class Away:
    """A store that goes away after so many transactions, and comes back."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.left = 1_000_000

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def _counted(self) -> None:
        if self.left <= 0:
            raise JournalUnavailableError.because("数据库不在", "the database is away")
        self.left -= 1

    def read(self, work: Callable[[Cursor], T]) -> T:
        self._counted()
        return self.store.read(work)

    def write(self, work: Callable[[Cursor], T]) -> T:
        self._counted()
        return self.store.write(work)


@pytest.mark.parametrize("answer", [failed(), UNREACHABLE])
def test_wherever_the_journal_goes_away_an_exception_means_that_nothing_will_be_sent(
    tmp_path: Path, clock: Ticking, answer: Any
) -> None:
    wrong, number = [], 0
    while True:
        number += 1
        with_it = SqliteStore(tmp_path / f"{number}.sqlite3")
        store = Away(with_it)
        journal = Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
        in_force(journal, policy())
        wires = Wires(journal)
        for name in "abc":
            wires.say(name, paid())
        wires.say("a", answer)
        desk = wires.desk()
        store.left = number
        try:
            said: object = desk.payout("tea", payout()).outcome
        except PaymentChannelError as error:
            said = error
        through, store.left = store.left > 0, 1_000_000
        clock.move(timedelta(minutes=10))
        desk.carry_on()
        records = [journal.find(one.key) for one in desk.assignments.of_order(PLACE)]
        moved = [record for record in records if record is not None and record.state is State.SUCCEEDED]
        if len(moved) > 1 or (moved and (isinstance(said, Exception) or said is Outcome.FAILED)):
            wrong.append((number, said, moved))
        with_it.close()
        if through:
            break
    assert number > 10
    assert wrong == []


def test_a_query_that_says_failed_of_what_was_seen_to_move_is_not_told_as_failed(wires: Wires, journal: Journal) -> None:
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    wires.say("a", told(Verb.QUERY_PAYOUT, Outcome.FAILED), verb=Verb.QUERY_PAYOUT)
    assert desk.query_payout("tea", "order0001").outcome is Outcome.SUCCEEDED
    record = journal.find(FIRST)
    assert record is not None
    assert (record.state, record.standing.conflict) == (State.SUCCEEDED, True)
