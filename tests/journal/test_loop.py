"""The plain loop of one process: it steps until it is told to stop, keeps the channel's pace, and outlives the database."""

from collections.abc import Callable
from typing import Any

import pytest

from payment_channels import Outcome, Verb
from payment_channels.journal import (
    DurableClient,
    Journal,
    JournalUnavailableError,
    KeyRing,
    OrderKey,
    Resolver,
    Schedules,
    State,
    Store,
)
from payment_channels.journal.store import Cursor
from tests.journal.conftest import KEY, Clock, payment, payout
from tests.journal.scripted import Scripted, told

SLOW = {"scripted": {"per_second": 0.1}}
"""One query in ten seconds: far more than anything here takes, however busy the machine is."""


class Napping:
    """Sleeps without waiting, and remembers for how long."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.naps.append(seconds)


@pytest.fixture
def wire() -> Scripted:
    return Scripted({verb: [told(verb, Outcome.UNKNOWN)] for verb in (Verb.PAYOUT, Verb.PAY, Verb.QUERY_PAYOUT, Verb.QUERY)})


@pytest.fixture
def naps() -> Napping:
    return Napping()


def resolver_of(journal: Journal, wire: Scripted, naps: Napping) -> Resolver:
    return Resolver(journal, {"shop": wire}, timeout=5, sleep=naps)  # type: ignore[dict-item]


def pay_out(journal: Journal, wire: Scripted, *numbers: str) -> None:
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    for number in numbers:
        client.payout(payout(number))


def after(steps: int) -> Callable[[], bool]:
    """Stop after so many steps."""
    left = [steps]

    def stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    return stop


def test_it_steps_while_something_is_due_and_waits_where_nothing_is(
    journal: Journal, wire: Scripted, naps: Napping, clock: Clock
) -> None:
    pay_out(journal, wire, "payout0001")
    wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
    clock.advance(seconds=6)
    resolver_of(journal, wire, naps).run(after(3), idle=7)
    assert wire.count(Verb.QUERY_PAYOUT) == 1
    assert naps.naps == [7, 7]
    resolver_of(journal, wire, naps).run(after(0))
    assert naps.naps == [7, 7]


def test_a_database_that_goes_away_does_not_end_it(
    journal: Journal, wire: Scripted, naps: Napping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_out(journal, wire, "payout0001")
    wire.answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
    clock.advance(seconds=6)
    write, away = journal.store.write, [1, 1]

    def coming_back(work: Callable[[Cursor], Any]) -> Any:
        if away:
            away.pop()
            raise JournalUnavailableError.because("连不上", "it cannot be reached")
        return write(work)

    monkeypatch.setattr(journal.store, "write", coming_back)
    resolver_of(journal, wire, naps).run(after(3), idle=7)
    found = journal.find(OrderKey("shop", "payout", "payout0001"))
    assert found is not None
    assert (found.state, naps.naps) == (State.SUCCEEDED, [7, 7])


def test_queries_of_one_kind_are_made_at_the_channel_s_pace_and_of_another_at_their_own(
    store: Store, wire: Scripted, naps: Napping, clock: Clock
) -> None:
    built_in = Schedules.built_in()._tables
    journal = Journal(store, KeyRing.single(KEY), schedules=Schedules({**built_in, **SLOW}), clock=clock)
    pay_out(journal, wire, "payout0001", "payout0002", "payout0003")
    DurableClient(wire, journal, account="shop").pay(payment())  # type: ignore[arg-type]
    clock.advance(seconds=6)
    assert len(resolver_of(journal, wire, naps).step()) == 4
    assert (wire.count(Verb.QUERY_PAYOUT), wire.count(Verb.QUERY)) == (3, 1)
    second, third = naps.naps  # neither the first payout nor the payment waits
    assert 5 < second <= 10
    assert 15 < third <= 20
