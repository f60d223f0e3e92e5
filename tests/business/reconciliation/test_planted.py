"""Every planted difference is found, and nothing else is: precision and recall of 1, for whole days of business."""

from datetime import date
from pathlib import Path

import pytest

from payment_channels.business.reconciliation import CaseState, Difference, Reconciliation
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.reconciliation.planted import ACCOUNT, DAY, NEXT, TERMS, Planted, in_force, plant
from tests.business.ticking import Ticking


def found(reconciliation: Reconciliation, day: date, *states: CaseState) -> set[tuple[str, str, Difference]]:
    cases = reconciliation.book.cases(account=ACCOUNT, day=day, limit=10**6)
    return {(one.kind, one.number, one.difference) for one in cases if not states or one.state in states}


def both_days(journal: Journal, planted: Planted) -> Reconciliation:
    planted.into(journal)
    reconciliation = Reconciliation(journal)
    in_force(reconciliation, TERMS)
    first = reconciliation.run(ACCOUNT, DAY, planted.bills[DAY])
    assert found(reconciliation, DAY) == planted.expected[DAY]
    assert first.opened == len(planted.expected[DAY])
    assert first.rows == len(planted.bills[DAY])
    return reconciliation


@pytest.mark.parametrize("seed", range(3))
def test_every_planted_difference_is_found_and_nothing_else(journal: Journal, seed: int) -> None:
    planted = plant(seed, rows=400, each=20)
    reconciliation = both_days(journal, planted)
    second = reconciliation.run(ACCOUNT, NEXT, planted.bills[NEXT])
    waited = {one for one in planted.expected[DAY] if one[2] is Difference.PENDING_CUTOFF}
    came = {(row.merchant_refund_id or row.merchant_order_id) for row in planted.bills[NEXT]}
    assert {one[:2] for one in found(reconciliation, DAY, CaseState.CLEARED)} == {one[:2] for one in waited if one[1] in came}
    overdue = {one[:2] for one in waited if one[1] not in came}
    assert overdue < {one[:2] for one in found(reconciliation, DAY, CaseState.OPEN) if one[2] is Difference.LOCAL_ONLY}
    assert found(reconciliation, DAY, CaseState.WAITING) == set()
    assert (found(reconciliation, NEXT), second.elsewhere) == (set(), len(came))


@pytest.mark.timeout(300)
def test_a_thousand_of_every_class_in_a_hundred_thousand_rows(tmp_path: Path, clock: Ticking) -> None:
    """The size is DuckDB's matter: one database is enough for it."""
    journal = Journal(SqliteStore(tmp_path / "journal.sqlite3"), KeyRing.single(bytes(32)), clock=clock)
    both_days(journal, plant(8, rows=92_000, each=1000))
    journal.store.close()


def test_the_same_bill_again_changes_nothing(journal: Journal) -> None:
    planted = plant(4, rows=100, each=6)
    reconciliation = both_days(journal, planted)
    before = reconciliation.book.cases(account=ACCOUNT)
    trails = [reconciliation.book.trail(one.id) for one in before]
    again = reconciliation.run(ACCOUNT, DAY, planted.bills[DAY])
    assert (again.opened, again.changed, again.cleared) == (0, 0, 0)
    assert reconciliation.book.cases(account=ACCOUNT) == before
    assert [reconciliation.book.trail(one.id) for one in before] == trails
