"""What is known of an order follows from its findings: attempts and orders apart, and nothing goes back silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.journal.folding import FINAL, Finding, Source, Standing, State, fold
from payment_channels.model.results import Outcome

OPENED_1, OPENED_2 = Finding(Source.OPENED, attempt=1), Finding(Source.OPENED, attempt=2)


def after(*findings: Finding) -> Standing:
    standing = Standing()
    for finding in findings:
        standing = fold(standing, finding)
    return standing


def answered(outcome: Outcome, attempt: int = 1) -> Finding:
    return Finding(Source.ANSWERED, outcome, attempt)


def queried(outcome: Outcome, covers: int = 1) -> Finding:
    return Finding(Source.QUERIED, outcome, covers)


def notified(outcome: Outcome) -> Finding:
    return Finding(Source.NOTIFIED, outcome)


def test_an_attempt_that_was_begun_is_unknown_until_it_is_known() -> None:
    assert after(OPENED_1).state is State.UNKNOWN
    assert after(OPENED_1, answered(Outcome.UNKNOWN)).state is State.UNKNOWN
    assert after(OPENED_1, answered(Outcome.SUCCEEDED)) == Standing(State.SUCCEEDED, 1)
    assert after(OPENED_1, Finding(Source.NOT_SENT, attempt=1)) == Standing(State.NOT_SENT, 1)


def test_a_refusal_of_the_second_attempt_says_nothing_of_the_first() -> None:
    standing = after(OPENED_1, answered(Outcome.UNKNOWN), OPENED_2, answered(Outcome.FAILED, 2))
    assert (standing.state, standing.unresolved) == (State.UNKNOWN, frozenset({1}))
    assert after(OPENED_1, answered(Outcome.UNKNOWN), OPENED_2, Finding(Source.NOT_SENT, attempt=2)).state is State.UNKNOWN


def test_a_refusal_of_a_further_attempt_says_nothing_of_what_the_channel_is_at_work_on() -> None:
    standing = after(OPENED_1, answered(Outcome.PENDING), OPENED_2, answered(Outcome.FAILED, 2))
    assert (standing.state, standing.unresolved, standing.conflict) == (State.PENDING, frozenset(), False)
    never = after(OPENED_1, answered(Outcome.PENDING), OPENED_2, Finding(Source.NOT_SENT, attempt=2))
    assert never.state is State.PENDING


def test_an_order_has_failed_when_no_attempt_is_unresolved() -> None:
    assert after(OPENED_1, answered(Outcome.FAILED)) == Standing(State.FAILED, 1)
    assert after(OPENED_1, answered(Outcome.UNKNOWN), queried(Outcome.FAILED)) == Standing(State.FAILED, 1)


def test_a_query_says_nothing_of_an_attempt_that_is_on_its_way() -> None:
    standing = after(OPENED_1, answered(Outcome.UNKNOWN), OPENED_2, queried(Outcome.FAILED, covers=1))
    assert (standing.state, standing.unresolved) == (State.UNKNOWN, frozenset({2}))


def test_a_query_that_knows_nothing_changes_nothing() -> None:
    for known in (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PENDING):
        before = after(OPENED_1, answered(known))
        assert fold(before, queried(Outcome.UNKNOWN)) == before


def test_success_after_a_recorded_failure_is_a_conflict_and_is_believed() -> None:
    standing = after(OPENED_1, answered(Outcome.FAILED), notified(Outcome.SUCCEEDED))
    assert (standing.state, standing.conflict) == (State.SUCCEEDED, True)


def test_failure_after_success_is_a_conflict_and_is_not_believed() -> None:
    standing = after(OPENED_1, answered(Outcome.SUCCEEDED), queried(Outcome.FAILED))
    assert (standing.state, standing.conflict) == (State.SUCCEEDED, True)


def test_a_refused_repetition_of_a_paid_order_is_no_conflict() -> None:
    standing = after(OPENED_1, answered(Outcome.SUCCEEDED), OPENED_2, answered(Outcome.FAILED, 2))
    assert standing.conflict is False


@pytest.mark.parametrize("undone", [Outcome.RETURNED, Outcome.REVERSED])
def test_money_that_came_back_is_an_event_and_late_news_of_success_is_not(undone: Outcome) -> None:
    standing = after(OPENED_1, answered(Outcome.SUCCEEDED), notified(undone))
    assert (standing.state, standing.conflict) == (State(undone.value), False)
    assert fold(standing, notified(Outcome.SUCCEEDED)) == standing


def test_late_news_that_it_is_pending_takes_nothing_back() -> None:
    before = after(OPENED_1, answered(Outcome.SUCCEEDED))
    assert fold(before, notified(Outcome.PENDING)) == before
    alive = after(OPENED_1, answered(Outcome.FAILED), notified(Outcome.PENDING))
    assert (alive.state, alive.conflict) == (State.PENDING, True)


FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from([source for source in Source if source is not Source.OPENED]),
        st.sampled_from(Outcome),
        st.integers(1, 3),
    ),
    max_size=8,
)


@given(findings=FINDINGS)
def test_whatever_comes_money_that_moved_is_never_forgotten(findings: list[Finding]) -> None:
    standing, moved = after(OPENED_1), False
    for finding in findings:
        before, standing = standing, fold(standing, finding)
        moved = moved or (finding.source is not Source.NOT_SENT and finding.outcome is Outcome.SUCCEEDED)
        if moved:
            assert standing.state in {State.SUCCEEDED, State.RETURNED, State.REVERSED}
        if before.state in FINAL and standing.state not in {before.state, *_onward(before.state)}:
            assert standing.conflict or finding.source is Source.DECIDED  # two people have seen both sides


@given(findings=FINDINGS)
def test_failed_means_that_no_attempt_is_unresolved(findings: list[Finding]) -> None:
    standing = after(OPENED_1, OPENED_2)
    for finding in findings:
        standing = fold(standing, finding)
        if standing.state is State.FAILED:
            assert standing.unresolved == frozenset()


@given(findings=FINDINGS)
def test_what_was_found_twice_changes_nothing_more(findings: list[Finding]) -> None:
    standing = after(OPENED_1)
    for finding in findings:
        standing = fold(standing, finding)
        again = fold(standing, finding)
        assert (again.state, again.unresolved) == (standing.state, standing.unresolved)


def _onward(state: State) -> set[State]:
    return {State.RETURNED, State.REVERSED} if state is State.SUCCEEDED else set()
