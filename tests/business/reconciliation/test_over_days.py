"""One order in the bills of several days: the channel has it once, and every further row of it is a duplicate."""

from datetime import timedelta

import pytest

from payment_channels import BillRow
from payment_channels.business.reconciliation import Difference, Reconciliation
from payment_channels.journal import Journal
from tests.business.reconciliation.planted import ACCOUNT, DAY, NEXT, Planted, at, in_force
from tests.business.ticking import Ticking

AFTER = NEXT + timedelta(days=1)


@pytest.fixture
def room(journal: Journal, clock: Ticking) -> Reconciliation:
    made = Reconciliation(journal)
    in_force(made)
    clock.at = at(NEXT, 10)
    return made


def one(room: Reconciliation, **given: object) -> list[BillRow]:
    planted = Planted(3)
    planted.row(planted.order("payment", **given))  # type: ignore[arg-type]
    planted.into(room.journal)
    return planted.bills[DAY]


def found(room: Reconciliation) -> list[tuple[object, Difference, str]]:
    return [(case.day, case.difference, case.state.value) for case in room.book.cases()]


def test_what_two_days_bills_have_is_a_duplicate_in_the_second(room: Reconciliation) -> None:
    rows = one(room)
    assert room.run(ACCOUNT, DAY, rows).clean
    for _ in range(2):
        assert room.run(ACCOUNT, NEXT, rows).classes == {Difference.DUPLICATE: 1}
        assert found(room) == [(NEXT, Difference.DUPLICATE, "open")]
    assert room.run(ACCOUNT, DAY, []).classes == {Difference.LOCAL_ONLY: 1}  # the first bill comes anew, without it
    assert room.run(ACCOUNT, NEXT, rows).clean
    assert found(room) == [(DAY, Difference.LOCAL_ONLY, "cleared"), (NEXT, Difference.DUPLICATE, "cleared")]


def test_what_the_first_bill_had_not_is_no_duplicate_in_the_second_and_one_in_the_third(room: Reconciliation) -> None:
    rows = one(room)
    room.run(ACCOUNT, DAY, [])
    for _ in range(2):
        assert room.run(ACCOUNT, NEXT, rows).clean
    assert room.run(ACCOUNT, AFTER, rows).classes == {Difference.DUPLICATE: 1}
    assert room.run(ACCOUNT, NEXT, rows).clean


def test_what_came_first_in_the_second_bill_stays_judged_as_it_was(room: Reconciliation) -> None:
    rows = one(room)
    assert room.run(ACCOUNT, NEXT, rows).clean
    assert room.run(ACCOUNT, DAY, []).clean
    assert room.run(ACCOUNT, NEXT, rows).clean


def test_where_it_is_not_sure_nothing_is_concluded(room: Reconciliation, clock: Ticking) -> None:
    rows = one(room, takes=timedelta(hours=40))  # it became what it is after the first bill was run
    assert room.run(ACCOUNT, DAY, []).classes == {Difference.PENDING_CUTOFF: 1}
    clock.move(timedelta(days=1))
    assert room.run(ACCOUNT, NEXT, rows).clean


def test_other_terms_since_conclude_nothing(room: Reconciliation) -> None:
    rows = one(room)
    assert room.run(ACCOUNT, DAY, rows).clean
    in_force(room)
    assert room.run(ACCOUNT, NEXT, rows).clean
