"""Many at once: one order is given and sent once, and an account takes exactly as many as its rate and its probes allow."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from payment_channels import Money, NotSentError, Outcome, Verb
from payment_channels.business.funding import Funding
from payment_channels.business.routing import RoutingPolicy
from payment_channels.journal import Journal
from tests.business.routing.at_work import UNREACHABLE, Wires, in_force, paid, payout, policy
from tests.business.ticking import Ticking
from tests.journal.scripted import told

TOGETHER = 8


@pytest.fixture
def wires(journal: Journal) -> Wires:
    in_force(journal, policy())
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    return wires


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Do it in so many threads, begun together."""
    gate = threading.Barrier(TOGETHER)

    def begun(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(begun, range(TOGETHER)))


def limited(wires: Wires, **terms: Any) -> None:
    document = policy().model_dump()
    document["accounts"]["a"] |= terms
    in_force(wires.journal, RoutingPolicy.model_validate(document))


def test_one_order_given_by_many_is_sent_once_and_its_money_is_held_once(wires: Wires, journal: Journal) -> None:
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(20_000), reference="1", who="Zhang")
    desks = [wires.desk(funds=funding) for _ in range(TOGETHER)]
    outcomes = {one.outcome for one in at_once(lambda number: desks[number].payout("tea", payout()))}
    assert outcomes <= {Outcome.SUCCEEDED, Outcome.UNKNOWN}  # who came while another was sending it hears that it is not known
    assert wires.sent() == {"a": ["order0001"]}
    assert desks[0].payout("tea", payout()).outcome is Outcome.SUCCEEDED
    books = funding.books("tea", "a")
    assert (books.spent, books.reserved, books.available) == (12_345, 0, 7_655)


def test_one_order_that_many_find_unreachable_changes_accounts_once(wires: Wires) -> None:
    wires.say("a", UNREACHABLE)
    desks = [wires.desk() for _ in range(TOGETHER)]

    def given(number: int) -> None:
        with suppress(NotSentError):  # this call could not reach it, and another was just trying
            desks[number].payout("tea", payout())

    at_once(given)
    assert desks[0].payout("tea", payout()).outcome is Outcome.SUCCEEDED
    attempts = desks[0].assignments.of_order(("tea", "payout", "order0001"))
    assert [one.account for one in attempts] == ["a", "b"]
    assert wires.sent()["b"] == [attempts[1].number]


def test_the_rate_of_an_account_is_exact_and_the_rest_goes_on_to_the_next(wires: Wires) -> None:
    limited(wires, rate={"orders": 5, "seconds": 10})
    desks = [wires.desk() for _ in range(TOGETHER)]
    at_once(lambda number: desks[number].payout("tea", payout(f"order{number:04}")))
    assert {name: len(sent) for name, sent in wires.sent().items()} == {"a": 5, "b": TOGETHER - 5}


def test_no_more_probes_than_the_policy_says_are_let_through_at_once(wires: Wires, clock: Ticking) -> None:
    limited(wires, health={"window": 60, "least": 1, "share": 1, "rest": 30, "probes": 2, "every": 1})
    wires.say("a", told(Verb.PAYOUT, Outcome.UNKNOWN, "REPLY_LOST"))
    wires.desk().payout("tea", payout("first001"))
    clock.move(timedelta(seconds=2))
    wires.desk().payout("tea", payout("second01"))  # and now it is off
    clock.move(timedelta(seconds=31))
    wires.say("a", told(Verb.PAYOUT, Outcome.PENDING))
    before = len(wires.channels["a"].sent)
    desks = [wires.desk() for _ in range(TOGETHER)]
    at_once(lambda number: desks[number].payout("tea", payout(f"order{number:04}")))
    assert len(wires.channels["a"].sent) - before <= 2
