"""The rule itself: every doubt says no, whatever else is said."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from error_codes import NextAction
from payment_channels import Money, Outcome
from payment_channels.business.routing.failover import may_fail_over
from payment_channels.journal import OrderKey, OrderRecord, State
from payment_channels.journal.folding import Standing
from payment_channels.journal.records import microseconds
from tests.business.routing.at_work import failed

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
AT = microseconds(NOW)


def record(state: State, *, unresolved: bool = False, conflict: bool = False, leased: int = -1) -> OrderRecord:
    """An order that stands so; ``leased`` is for how many seconds more somebody may have an attempt on its way."""
    standing = Standing(state, 1, frozenset({1}) if unresolved else frozenset(), conflict=conflict)
    return OrderRecord(
        id=1, key=OrderKey("a", "payout", "order0001"), channel="scripted", channel_order_id=None, original_id=None,
        amount=Money(1), standing=standing, phase=None, canonical=None, manual=None, created_at=NOW, changed_at=NOW,
        next_at=None, queries=0, owner="x", lease_until=NOW + timedelta(seconds=leased), told_by=1, sent_before=None, sealed=b"",
    )  # fmt: skip


INVITES = failed()
NOT_ENOUGH = {
    "no new number": failed(new_id=False),
    "no other channel": failed(failover=False),
    "neither": failed(new_id=False, failover=False),
    "unknown": INVITES.model_copy(update={"outcome": Outcome.UNKNOWN}),
    "pending": INVITES.model_copy(update={"outcome": Outcome.PENDING}),
    "succeeded": INVITES.model_copy(update={"outcome": Outcome.SUCCEEDED}),
    "a reason that forbids it": INVITES.model_copy(update={"reason": failed(failover=False).meaning}),
    "nothing": None,
}


def test_two_ways_lead_there() -> None:
    assert may_fail_over(record(State.NOT_SENT), None, AT)
    assert may_fail_over(record(State.FAILED), INVITES, AT)
    by_action = failed(failover=False)
    by_action = by_action.model_copy(update={"meaning": replace(by_action.meaning, next_action=NextAction.FAIL_OVER)})
    assert may_fail_over(record(State.FAILED), by_action, AT)


@pytest.mark.parametrize("said", NOT_ENOUGH)
def test_a_failure_that_does_not_invite_another_channel_leads_nowhere(said: str) -> None:
    assert not may_fail_over(record(State.FAILED), NOT_ENOUGH[said], AT)


@pytest.mark.parametrize("state", [one for one in State if one not in {State.FAILED, State.NOT_SENT}])
def test_no_other_state_leads_there_whatever_was_told(state: State) -> None:
    assert not may_fail_over(record(state), INVITES, AT)


DOUBTS: list[dict[str, Any]] = [{"unresolved": True}, {"conflict": True}, {"leased": 1}]


@pytest.mark.parametrize(("state", "doubt"), list(itertools.product((State.FAILED, State.NOT_SENT), DOUBTS)))
def test_any_doubt_says_no(state: State, doubt: dict[str, Any]) -> None:
    assert not may_fail_over(record(state, **doubt), INVITES, AT)
    assert may_fail_over(record(state, leased=0), INVITES, AT)  # the lease has just ended
