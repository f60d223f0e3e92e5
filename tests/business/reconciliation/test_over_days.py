"""One order in the bills of several days: the channel has it once, and every further row of it is a duplicate."""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from payment_channels import BillRow
from payment_channels.business.reconciliation import CaseState, Difference, Reconciliation
from payment_channels.journal import Journal, KeyRing, SqliteStore
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


def note(room: Reconciliation) -> object:
    (case,) = room.book.open_cases()
    return case.evidence.get("note")


def test_what_a_later_bill_has_already_is_a_duplicate_in_the_orders_own(room: Reconciliation) -> None:
    """The later day's bill is run first: the double charge is found all the same, once, and says where the other row is."""
    rows = one(room)
    assert room.run(ACCOUNT, NEXT, rows).clean
    for _ in range(2):
        run = room.run(ACCOUNT, DAY, rows)
        assert (run.classes, run.agreed) == ({Difference.DUPLICATE: 1}, 0)
        assert room.run(ACCOUNT, NEXT, rows).clean
        assert found(room) == [(DAY, Difference.DUPLICATE, "open")]
        assert note(room) == f"a later bill has it: {NEXT}"
    assert room.run(ACCOUNT, NEXT, []).clean  # the later bill comes anew, without it
    assert room.run(ACCOUNT, DAY, rows).clean
    assert found(room) == [(DAY, Difference.DUPLICATE, "cleared")]


def test_all_rows_of_an_order_are_duplicates_where_another_bill_has_it(room: Reconciliation) -> None:
    rows = one(room)
    nameless = rows[0].model_copy(update={"merchant_order_id": None})
    room.run(ACCOUNT, NEXT, rows)
    assert room.run(ACCOUNT, DAY, rows * 2).classes == {Difference.DUPLICATE: 2}
    assert room.run(ACCOUNT, DAY, [nameless]).classes == {Difference.DUPLICATE: 1}


def test_a_duplicate_with_the_right_amount_settles_what_the_first_row_could_not(room: Reconciliation) -> None:
    rows = one(room, state="unknown")
    other = rows[0].model_copy(update={"amount": rows[0].amount + rows[0].amount})
    assert room.run(ACCOUNT, NEXT, [other]).classes == {Difference.AMOUNT: 1}
    first = room.run(ACCOUNT, DAY, rows)
    assert (first.settled, first.classes) == (1, {Difference.DUPLICATE: 1})
    assert room.run(ACCOUNT, DAY, rows).changed == 0


def test_what_a_bill_settled_is_a_duplicate_in_the_next_even_when_both_are_run_at_once(room: Reconciliation) -> None:
    rows = one(room, state="unknown")
    for bill in (rows, [rows[0].model_copy(update={"merchant_order_id": None})], rows):
        assert room.run(ACCOUNT, DAY, bill).clean
    assert room.run(ACCOUNT, NEXT, rows).classes == {Difference.DUPLICATE: 1}
    assert note(room) == f"an earlier bill has it: {DAY}"
    assert room.run(ACCOUNT, DAY, []).classes == {Difference.PENDING_CUTOFF: 1}  # it comes anew, without it
    assert room.run(ACCOUNT, NEXT, rows).clean


def test_what_was_learnt_the_morning_before_the_run_is_a_duplicate_too(room: Reconciliation) -> None:
    rows = one(room, takes=timedelta(hours=21, minutes=49), when=at(DAY, 12))
    assert room.run(ACCOUNT, DAY, rows).clean
    assert room.run(ACCOUNT, NEXT, rows).classes == {Difference.DUPLICATE: 1}


def test_what_was_learnt_during_a_run_is_found_when_its_own_day_is_run_again(room: Reconciliation) -> None:
    """Whether that run saw it is not sure, so the second bill's row is noted, and nothing is lost."""
    rows = one(room, takes=timedelta(hours=21, minutes=51), when=at(DAY, 12))
    assert room.run(ACCOUNT, DAY, rows).clean
    assert room.run(ACCOUNT, NEXT, rows).clean
    assert room.run(ACCOUNT, DAY, rows).classes == {Difference.DUPLICATE: 1}


def test_a_run_of_an_older_version_did_not_say_when_it_read_the_orders(room: Reconciliation) -> None:
    def older(read_at: str) -> None:
        text = "UPDATE reconciliation_runs SET found = REPLACE(found, '\"read_at\":', ?)"
        room.journal.store.write(lambda cursor: cursor.run(text, (read_at,)))

    rows = one(room, takes=timedelta(hours=21, minutes=30), when=at(DAY, 12))
    assert room.run(ACCOUNT, DAY, rows).clean
    older('"of_later_versions":')
    assert [run.read_at for run in room.runs()] == [None]
    assert room.run(ACCOUNT, NEXT, rows).clean


def test_what_a_bill_had_after_all_is_a_duplicate_in_the_next(room: Reconciliation) -> None:
    rows = one(room)
    for bill in ([], rows):
        room.run(ACCOUNT, DAY, bill)
    assert room.run(ACCOUNT, NEXT, rows).classes == {Difference.DUPLICATE: 1}


def test_a_refund_may_be_shown_by_two_bills(room: Reconciliation) -> None:
    planted = Planted(3)
    planted.row(planted.order("refund"))
    planted.into(room.journal)
    for day in (NEXT, DAY, NEXT, DAY):
        assert room.run(ACCOUNT, day, planted.bills[DAY]).clean


DAYS = (DAY, NEXT, AFTER)
MANY = random.Random(7)
SEQUENCES = [*permutations(DAYS), *(tuple(MANY.choices(DAYS, k=3)) + tuple(MANY.sample(DAYS, 3)) for _ in range(3))]


@pytest.mark.parametrize("days", SEQUENCES, ids=lambda days: "".join(str(DAYS.index(day)) for day in days))
def test_the_same_duplicates_are_found_in_whatever_order_and_however_often(
    tmp_path: Path, clock: Ticking, days: tuple[date, ...]
) -> None:
    """Orders of each day, in the bills of any days: all rows but one are duplicates. The order is not the database's matter."""
    journal = Journal(SqliteStore(tmp_path / "journal.sqlite3"), KeyRing.single(bytes(32)), clock=clock)
    room, planted, expected = Reconciliation(journal), Planted(9), Counter[str]()
    in_force(room)
    clock.at = at(AFTER, 22)
    planted.bills = {day: [] for day in DAYS}
    for own in DAYS:
        for kind, state, more in (
            ("payment", "succeeded", 0), ("payout", "succeeded", 0), ("payment", "unknown", 0), ("payout", "pending", 1),
            ("refund", "succeeded", 0),
        ):  # fmt: skip
            for which in range(1, 8):
                order = planted.order(kind, when=at(own, 12), state=state)
                bills = [day for number, day in enumerate(DAYS) if which & 1 << number]
                for day in bills:
                    planted.row(order, day, amount=order["amount"] + more)
                expected[order["number"]] = 0 if kind == "refund" else len(bills) - 1
    planted.into(journal)
    for day in days:
        room.run(ACCOUNT, day, planted.bills[day])
    assert duplicates(room) == +expected
    before = room.book.cases()
    for day in days:
        assert room.run(ACCOUNT, day, planted.bills[day]).opened == 0
    assert duplicates(room) == +expected
    assert [(case.id, case.difference) for case in before] == [(case.id, case.difference) for case in room.book.cases()]
    journal.store.close()


def duplicates(room: Reconciliation) -> Counter[str]:
    cases = room.book.cases(limit=10**6)
    return Counter(case.number for case in cases if case.difference is Difference.DUPLICATE and case.state is CaseState.OPEN)


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
