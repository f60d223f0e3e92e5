"""Killed for real around the assignment: whoever comes next finds the order assigned, held and sent as one, and pays once."""

from collections.abc import Iterator

import pytest

from mocks.process import MockServer
from payment_channels import Money
from payment_channels.business.funding import Funding
from payment_channels.business.routing import Assignments, AssignmentState
from payment_channels.journal import Journal, KeyRing, Store
from payment_channels.journal.looking import verify
from tests.business.routing import worker
from tests.business.routing.at_work import in_force, policy
from tests.journal.conftest import KEY
from tests.journal.test_killed import done, killed, place, posts, transfers  # noqa: F401  a fixture among them
from tests.journal.worker import Place, start

NUMBER = "payout0001"
PLACE = ("tea", "payout", NUMBER)
PAID_IN = 100_000
# The order's way: 1 is assigned, 2 begun, sent, 3 answered.
STRAIGHT = ("write.within:1", "write.after:1", "write.after:2", "send.after:1", "write.after:3")
# With the first account away: 3 notes that it never left, 4 lets its money go, 5 gives it to the next, 6 follows, 7 begins.
ASTRAY = (
    "write.after:1",
    "write.after:3",
    "write.after:4",
    "write.within:5",
    "write.after:5",
    "write.within:7",
    "write.after:7",
    "send.after:2",
)
UNKNOWN = ("write.after:2", "send.before:1")
"""It was begun at an account that cannot be asked: nobody knows that it never left."""


@pytest.fixture
def store(place: Place) -> Iterator[Store]:  # noqa: F811  the fixture of that name
    opened = place.store()
    journal = Journal(opened, KeyRing.single(KEY))
    listed = [{"account": "a"}, {"account": "b"}]
    in_force(journal, policy(defaults={"group": "ordinary", "payout": listed}))
    for account in "ab":
        Funding(journal).paid_in("tea", account, Money(PAID_IN), reference=f"in {account}", who="Zhang")
    yield opened
    opened.close()


def agree(store: Store, mock: MockServer) -> None:
    """One transfer of that amount, at the account where the order stands; the journal verifies, and the money adds up."""
    journal = Journal(store, KeyRing.single(KEY))
    assignments = Assignments(journal).of_order(PLACE)
    last = assignments[-1]
    assert transfers(mock) == [(last.number, 888)]
    assert posts(mock) == 1
    assert last.state in {AssignmentState.OPEN, AssignmentState.DONE}
    assert all(one.state is AssignmentState.ABANDONED for one in assignments[:-1])
    assert [fault for _, faults in verify(journal) for fault in faults] == []
    for account in "ab":
        books = Funding(journal).books("tea", account)
        away = 888 if account == last.account else 0
        assert (books.reserved + books.spent, books.available, books.residual) == (away, PAID_IN - away, 0)


@pytest.mark.parametrize("point", STRAIGHT)
def test_a_desk_that_is_killed_leaves_an_order_that_the_next_pays_once(
    place: Place,  # noqa: F811
    mock_server: MockServer,
    store: Store,
    point: str,
) -> None:
    killed(start(worker.give, place, NUMBER, point, False))
    done(start(worker.afterwards, place, NUMBER, False))
    agree(store, mock_server)


@pytest.mark.parametrize("point", ASTRAY)
def test_a_desk_that_is_killed_while_an_order_changes_accounts_pays_once(
    place: Place,  # noqa: F811
    mock_server: MockServer,
    store: Store,
    point: str,
) -> None:
    killed(start(worker.give, place, NUMBER, point, True))
    done(start(worker.afterwards, place, NUMBER, True))
    agree(store, mock_server)


@pytest.mark.parametrize("point", UNKNOWN)
def test_what_was_begun_where_nobody_can_be_asked_waits_there_and_goes_nowhere_else(
    place: Place,  # noqa: F811
    mock_server: MockServer,
    store: Store,
    point: str,
) -> None:
    killed(start(worker.give, place, NUMBER, point, True))
    done(start(worker.afterwards, place, NUMBER, True))
    assert transfers(mock_server) == []
    assert [one.account for one in Assignments(Journal(store, KeyRing.single(KEY))).of_order(PLACE)] == ["a"]
    done(start(worker.look_and_sweep, place, 2000.0, False))  # it is back, and finds nothing there: sent again as it was
    agree(store, mock_server)


def test_desks_that_race_for_one_order_pay_it_once(place: Place, mock_server: MockServer, store: Store) -> None:  # noqa: F811
    racing = [start(worker.give, place, NUMBER, "", True) for _ in range(4)]
    for process in racing:
        done(process)
    agree(store, mock_server)
