"""Cases pass through two people's hands and later runs, and days follow each other in any order."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from payment_channels import BillStatus, InvalidRequestError
from payment_channels.business.reconciliation import Action, Case, CaseState, Difference, Reconciliation, keeping, running
from payment_channels.journal import Journal
from tests.business.reconciliation.planted import ACCOUNT, DAY, NEXT, TERMS, Planted, at, in_force
from tests.business.ticking import Ticking


@pytest.fixture
def planted() -> Planted:
    return Planted(5)


@pytest.fixture
def room(journal: Journal) -> Reconciliation:
    made = Reconciliation(journal)
    in_force(made)
    return made


def only(room: Reconciliation) -> Case:
    (case,) = room.book.cases()
    return case


def steps(room: Reconciliation, case: Case) -> list[tuple[str, str]]:
    return [(step.who, step.what) for step in room.book.trail(case.id)]


def missed(room: Reconciliation, planted: Planted) -> Case:
    """One order that no bill has."""
    planted.order("payment")
    planted.into(room.journal)
    room.run(ACCOUNT, DAY, [])
    return only(room)


def test_a_case_is_proposed_by_one_and_closed_by_another(room: Reconciliation, planted: Planted, clock: Ticking) -> None:
    case = missed(room, planted)
    refused: list[Callable[[], object]] = [
        lambda: room.book.close(case.id, proposal=0, who="Li"),
        lambda: room.book.send_back(case.id, proposal=0, who="Li", why="nothing there"),
        lambda: room.book.propose(case.id, Action.EXPLAINED, who=" ", why="x"),
        lambda: room.book.propose(case.id, Action.EXPLAINED, who="Zhang", why=" "),
        lambda: room.book.propose(999, Action.EXPLAINED, who="Zhang", why="x"),
        lambda: room.book.case(999),
        lambda: room.book.case(2**63),
        lambda: room.book.close(2**63, proposal=1, who="Li"),
    ]
    for wrong in refused:
        with pytest.raises(InvalidRequestError):
            wrong()
    assert room.book.case(case.id) == case
    clock.move(timedelta(hours=1))
    proposed = room.book.propose(case.id, Action.ASK_THE_CHANNEL, who="Zhang", why="ticket 8812")
    assert (proposed.state, proposed.action, proposed.maker, proposed.why) == (
        CaseState.PROPOSED,
        Action.ASK_THE_CHANNEL,
        "Zhang",
        "ticket 8812",
    )
    with pytest.raises(InvalidRequestError, match="cannot check"):
        room.book.close(case.id, proposal=proposed.proposal, who="zhang ")
    closed = room.book.close(case.id, proposal=proposed.proposal, who="Li")
    assert (closed.state, closed.checker, closed.changed_at - case.opened_at) == (CaseState.CLOSED, "Li", timedelta(hours=1))
    assert steps(room, case) == [("run 1", "opened"), ("Zhang", "proposed"), ("Li", "closed")]
    with pytest.raises(InvalidRequestError, match="is closed"):
        room.book.propose(case.id, Action.EXPLAINED, who="Zhang", why="again")


@pytest.mark.parametrize("maker", ["Zhang", "Wang"])
def test_who_checks_checks_what_he_saw(room: Reconciliation, planted: Planted, maker: str) -> None:
    """Between the look and the decision another proposal came, of the same maker or another: it is not decided unread."""
    case = missed(room, planted)
    assert case.proposal == 0
    read = room.book.propose(case.id, Action.ASK_THE_CHANNEL, who="Zhang", why="one")
    unread = room.book.propose(case.id, Action.EXPLAINED, who=maker, why="two")
    assert (read.proposal, unread.proposal) == (1, 2)
    decisions: list[Callable[[int], Case]] = [
        lambda proposal: room.book.send_back(case.id, proposal=proposal, who="Li", why="no"),
        lambda proposal: room.book.close(case.id, proposal=proposal, who="Li"),
    ]
    for decide in decisions:
        for other in (read.proposal, 0, 3):
            with pytest.raises(InvalidRequestError, match="proposal 2"):
                decide(other)
        assert only(room) == unread
    assert decisions[0](2).state is CaseState.OPEN
    third = room.book.propose(case.id, Action.EXPLAINED, who=maker, why="three")
    with pytest.raises(InvalidRequestError):
        decisions[1](2)  # what was sent back, and not what is proposed now
    assert (third.proposal, decisions[1](3).state) == (3, CaseState.CLOSED)


def test_what_a_run_changed_since_it_was_read_is_not_decided(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment")
    planted.row(one, amount=one["amount"] + 5)
    planted.into(room.journal)
    room.run(ACCOUNT, DAY, planted.bills[DAY])
    read = room.book.propose(only(room).id, Action.EXPLAINED, who="Zhang", why="a tip")
    planted.bills[DAY].clear()
    planted.row(one, amount=one["amount"] + 500)
    room.run(ACCOUNT, DAY, planted.bills[DAY])
    with pytest.raises(InvalidRequestError, match="is open"):
        room.book.close(read.id, proposal=read.proposal, who="Li")
    again = room.book.propose(read.id, Action.EXPLAINED, who="Zhang", why="a large tip")
    with pytest.raises(InvalidRequestError, match="proposal 2"):
        room.book.close(read.id, proposal=read.proposal, who="Li")
    assert room.book.close(read.id, proposal=again.proposal, who="Li").state is CaseState.CLOSED


def test_what_was_closed_stays_closed_until_the_facts_change(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment")
    planted.row(one, amount=one["amount"] + 5)
    planted.into(room.journal)
    room.run(ACCOUNT, DAY, planted.bills[DAY])
    case = only(room)
    room.book.propose(case.id, Action.EXPLAINED, who="Zhang", why="a tip")
    room.book.close(case.id, proposal=1, who="Li")
    room.run(ACCOUNT, DAY, planted.bills[DAY])
    assert only(room).state is CaseState.CLOSED
    planted.bills[DAY].clear()
    planted.row(one, amount=one["amount"] + 6)
    room.run(ACCOUNT, DAY, planted.bills[DAY])
    assert (only(room).state, only(room).maker, only(room).checker) == (CaseState.OPEN, None, None)
    planted.bills[DAY].clear()
    planted.row(one)
    assert room.run(ACCOUNT, DAY, planted.bills[DAY]).cleared == 1
    assert only(room).state is CaseState.CLEARED
    planted.bills[DAY].clear()
    planted.row(one, amount=one["amount"] + 6)  # the very difference that was cleared
    assert (room.run(ACCOUNT, DAY, planted.bills[DAY]).changed, only(room).state) == (1, CaseState.OPEN)
    planted.bills[DAY].clear()
    assert room.run(ACCOUNT, DAY, planted.bills[DAY]).changed == 1
    assert (only(room).difference, only(room).state) == (Difference.LOCAL_ONLY, CaseState.OPEN)
    assert [what for _, what in steps(room, case)] == ["opened", "proposed", "closed", "changed", "cleared", *["changed"] * 2]


def about_midnight(planted: Planted) -> dict[str, Any]:
    return planted.order("payment", when=at(DAY, 23, 59, 50), takes=timedelta(seconds=15))


@pytest.mark.parametrize("days", [(DAY, NEXT), (NEXT, DAY), (DAY, NEXT, DAY), (NEXT, DAY, NEXT)])
def test_a_pair_about_the_cut_off_meets_in_whatever_order_the_days_are_run(
    room: Reconciliation, planted: Planted, days: tuple[date, ...]
) -> None:
    planted.row(about_midnight(planted), NEXT)
    planted.row(planted.order("payment", when=at(NEXT, 0, 0, 3)), DAY)  # their clock is not ours
    planted.into(room.journal)
    for day in days:
        room.run(ACCOUNT, day, planted.bills[day])
    assert room.open_cases() == []
    assert {case.state for case in room.book.cases()} <= {CaseState.CLEARED}


def test_an_order_is_waited_for_as_many_days_as_the_policy_says(journal: Journal, planted: Planted) -> None:
    room = Reconciliation(journal)
    in_force(room, TERMS.model_copy(update={"carry_days": 2}))
    about_midnight(planted)
    planted.order("payment", when=at(DAY, 12), takes=timedelta(seconds=5))
    planted.into(journal)
    room.run(ACCOUNT, DAY, [])
    assert sorted(case.difference for case in room.open_cases()) == [Difference.LOCAL_ONLY, Difference.PENDING_CUTOFF]
    for number, waiting in ((1, 1), (2, 0)):
        room.run(ACCOUNT, DAY + timedelta(days=number), [])
        assert sum(case.state is CaseState.WAITING for case in room.book.cases(day=DAY)) == waiting
    assert {case.difference for case in room.open_cases(day=DAY)} == {Difference.LOCAL_ONLY}
    again = room.run(ACCOUNT, DAY, [])
    assert (again.opened, again.changed, again.cleared) == (0, 0, 0)


def test_without_carry_over_nothing_waits(journal: Journal, planted: Planted) -> None:
    room = Reconciliation(journal)
    in_force(room, TERMS.model_copy(update={"carry_days": 0}))
    about_midnight(planted)
    planted.into(journal)
    assert room.run(ACCOUNT, DAY, []).classes == {Difference.LOCAL_ONLY: 1}


def test_an_order_that_a_corrected_bill_lost_is_missed_again(room: Reconciliation, planted: Planted) -> None:
    planted.row(about_midnight(planted), NEXT)
    planted.into(room.journal)
    room.run(ACCOUNT, DAY, [])
    room.run(ACCOUNT, NEXT, planted.bills[NEXT])
    assert only(room).state is CaseState.CLEARED
    room.run(ACCOUNT, NEXT, [])
    assert (only(room).state, only(room).difference) == (CaseState.OPEN, Difference.LOCAL_ONLY)
    room.run(ACCOUNT, NEXT, planted.bills[NEXT])
    assert only(room).state is CaseState.CLEARED
    assert [what for _, what in steps(room, only(room))] == ["opened", "cleared", "changed", "cleared"]


def test_an_order_of_another_day_is_compared_as_well(room: Reconciliation, planted: Planted) -> None:
    one = about_midnight(planted)
    planted.row(one, NEXT, amount=one["amount"] + 1)
    planted.into(room.journal)
    room.run(ACCOUNT, DAY, [])
    room.run(ACCOUNT, NEXT, planted.bills[NEXT])
    told = [(case.day, case.difference, case.state) for case in room.book.cases()]
    assert told == [(DAY, Difference.PENDING_CUTOFF, CaseState.CLEARED), (NEXT, Difference.AMOUNT, CaseState.OPEN)]


def test_a_run_that_was_interrupted_counts_as_none_and_is_finished_by_the_next(
    room: Reconciliation, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        planted.order("payment")
    planted.into(room.journal)
    monkeypatch.setattr(running, "AT_A_TIME", 2)
    monkeypatch.setattr(keeping.Keeper, "clear_the_rest", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        room.run(ACCOUNT, DAY, [])
    assert [one.bill_status for one in room.runs()] == [BillStatus.UNKNOWN]
    assert [one.day for one in room.missing_bills()] == [DAY]
    monkeypatch.undo()
    assert room.run(ACCOUNT, DAY, []).classes == {Difference.LOCAL_ONLY: 5}
    assert (len(room.open_cases()), room.missing_bills()) == (5, [])


def test_two_accounts_do_not_mix(room: Reconciliation, planted: Planted) -> None:
    planted.order("payment", account="other")
    planted.into(room.journal)
    assert room.run(ACCOUNT, DAY, []).classes == {}
