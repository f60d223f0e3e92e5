"""Replay: where a proposed policy would have sent the orders of a day that is past, and why elsewhere.

Clock, order and label are as they were. What spoke against an account at that moment (its health, its funds, its rate) is
taken as it was written down with each decision; of an account that was not asked then, nothing is assumed against it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from payment_channels.business.policies import Version
from payment_channels.business.routing.assignments import Assignment
from payment_channels.business.routing.decision import Decision, Question, Reason
from payment_channels.business.routing.policy import RoutingPolicy
from payment_channels.business.routing.router import decide
from payment_channels.channel import Manifest
from payment_channels.model.money import Money


@dataclass(frozen=True, slots=True)
class Moved:
    """One order that would have gone elsewhere, or nowhere."""

    assignment: Assignment
    now: Decision

    @property
    def why(self) -> tuple[Reason, ...]:
        """What speaks against the account that it went to; nothing where it only comes later in the list."""
        return self.now.reasons_of(self.assignment.account)


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: how many orders were looked at, and those that moved."""

    orders: int
    moved: tuple[Moved, ...]

    def flows(self) -> dict[tuple[str, str | None, str], tuple[int, int]]:
        """Count the orders that moved, and sum their minor units, by account before, account now and currency."""
        found: dict[tuple[str, str | None, str], tuple[int, int]] = {}
        for one in self.moved:
            amount: Money = one.assignment.amount
            place = (one.assignment.account, one.now.account, amount.currency)
            orders, total = found.get(place, (0, 0))
            found[place] = (orders + 1, total + amount.amount)
        return found


class AsItWas:
    """The circumstances that were written down with a decision."""

    def __init__(self, decision: Decision) -> None:
        """Take them from there."""
        self.decision = decision

    def against(self, policy: RoutingPolicy, account: str, question: Question) -> Iterator[Reason]:
        """Give what passing reasons spoke against an account then."""
        del policy, question
        yield from (reason for reason in self.decision.reasons_of(account) if reason.passing)


def replay(policy: RoutingPolicy, assignments: Iterable[Assignment], manifests: Mapping[str, Manifest] | None = None) -> Replay:
    """Decide anew on the first attempt of each order, by another policy; nothing is written and nothing sent."""
    version, orders, moved = draft(policy), 0, []
    for held in assignments:
        if held.attempt > 1:  # where an order went on to is its first account's doing
            continue
        orders += 1
        before = held.decision
        now = decide(version, before.question, before.at, AsItWas(before), manifests or {}, {})
        if now.account != held.account:
            moved.append(Moved(held, now))
    return Replay(orders, tuple(moved))


def draft(policy: RoutingPolicy) -> Version[RoutingPolicy]:
    """Return a version that nobody proposed yet, numbered 0."""
    at = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return Version(0, policy, "", "", "", at, None, None)
