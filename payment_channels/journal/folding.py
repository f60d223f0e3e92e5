"""What is known of an order after one more finding: the one place where the journal's states change.

Attempts and orders are kept apart. A refusal of one attempt says nothing of another: an order has failed only when no
attempt of it is unresolved. A state never goes back silently: what contradicts it is a conflict, and both sides are kept.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from payment_channels.model.results import Outcome


class State(StrEnum):
    """Where an order stands. All but ``not_sent`` are an outcome's own words."""

    NOT_SENT = "not_sent"  # persisted, and known never to have left this machine: may be sent
    UNKNOWN = "unknown"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"
    REVERSED = "reversed"


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.RETURNED, State.REVERSED})
UNRESOLVED = frozenset({State.UNKNOWN, State.PENDING})
_UNDONE = frozenset({State.RETURNED, State.REVERSED})


class Source(StrEnum):
    """Who says so."""

    OPENED = "opened"  # an attempt was persisted and is about to be sent
    NOT_SENT = "not_sent"  # the attempt never left
    ANSWERED = "answered"  # the attempt came to its end: an answer, or none
    QUERIED = "queried"
    NOTIFIED = "notified"
    BILLED = "billed"
    DECIDED = "decided"  # by two people, from the manual list


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. ``attempt`` is the one it speaks of; of a query or a notification, the last that it covers."""

    source: Source
    outcome: Outcome = Outcome.UNKNOWN
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an order. ``unresolved`` holds the numbers of attempts that may have moved money unseen."""

    state: State = State.NOT_SENT
    attempts: int = 0
    unresolved: frozenset[int] = frozenset()
    conflict: bool = False


def fold(standing: Standing, finding: Finding) -> Standing:
    """Return what is known after ``finding``."""
    match finding.source:
        case Source.OPENED:
            opened = standing.unresolved | {finding.attempt}
            state = standing.state if standing.state is State.PENDING else State.UNKNOWN
            return Standing(state, finding.attempt, opened, conflict=standing.conflict)
        case Source.NOT_SENT:
            return _without(standing, finding.attempt, State.NOT_SENT)
        case Source.ANSWERED:
            return _answered(standing, finding)
        case _:
            return _told(standing, finding)


def _answered(standing: Standing, finding: Finding) -> Standing:
    """An answer to an attempt. Its refusal is about the attempt alone, so it contradicts nothing."""
    if finding.outcome is Outcome.UNKNOWN:
        return standing
    if finding.outcome is Outcome.FAILED:
        return _without(standing, finding.attempt, State.FAILED)
    left = standing.unresolved - {finding.attempt}
    return _told(Standing(standing.state, standing.attempts, left, conflict=standing.conflict), finding)


def _without(standing: Standing, attempt: int, ending: State) -> Standing:
    """An attempt is known to have moved nothing; the order follows it only when nothing else is unresolved."""
    left = standing.unresolved - {attempt}
    state = ending if standing.state is State.UNKNOWN and not left else standing.state
    return replace(standing, state=state, unresolved=left)


def _told(standing: Standing, finding: Finding) -> Standing:
    """Something speaks of the order itself: a query, a notification, a bill, or an answer that carries its state."""
    told, state = finding.outcome, standing.state
    if told is Outcome.UNKNOWN:
        return standing
    if told is Outcome.PENDING:
        # Late news of what is final already; but of an order that is alive after all, somebody must hear.
        if state in {State.FAILED, State.NOT_SENT}:
            return replace(standing, state=State.PENDING, conflict=True)
        return standing if state in FINAL else replace(standing, state=State.PENDING)
    if told is Outcome.FAILED:
        return _told_failed(standing, finding)
    moved = State(told.value)
    # Two people have seen both sides of a conflict: what they decide ends it.
    before = standing.conflict and finding.source is not Source.DECIDED
    if state is moved or (state in _UNDONE and moved is State.SUCCEEDED):
        return replace(standing, unresolved=frozenset(), conflict=before)  # said again, or news of before the money came back
    contradicts = state in {State.FAILED, State.NOT_SENT} or (state in _UNDONE and moved in _UNDONE)
    contradicts = contradicts and finding.source is not Source.DECIDED
    return replace(standing, state=moved, unresolved=frozenset(), conflict=before or contradicts)


def _told_failed(standing: Standing, finding: Finding) -> Standing:
    if standing.state in {State.SUCCEEDED, *_UNDONE}:
        return replace(standing, conflict=True)  # money that was seen to move stays seen
    if finding.source in {Source.QUERIED, Source.NOTIFIED}:
        # They speak of what had arrived when they were made: a later attempt may be on its way.
        left = frozenset(number for number in standing.unresolved if number > finding.attempt)
        return replace(standing, state=State.UNKNOWN if left else State.FAILED, unresolved=left)
    conflict = standing.conflict and finding.source is not Source.DECIDED
    return replace(standing, state=State.FAILED, unresolved=frozenset(), conflict=conflict)
