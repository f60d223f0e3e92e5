"""Whether an earlier bill had an order already, so that a row about it in a later day's bill is a duplicate.

A bill's agreeing rows are not kept, so it is concluded: a run that must have missed the order, had its bill not had it, and that
opened no case, had it. Where that is not sure (the order has changed since, or the terms have) nothing is concluded; nor of
refunds, which a bill may show once as they are asked for and once as they are done.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.findings import Side
from payment_channels.business.reconciliation.policy import Covered
from payment_channels.business.reconciliation.staging import MISSED
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

_BEFORE = timedelta(hours=1) // timedelta(microseconds=1)
"""How long before a run an order has to have been as it is: the orders are read a while before the run is written down."""


@dataclass(frozen=True, slots=True)
class _Day:
    """What is kept of an earlier day: when it was last run, which orders its bill had not, and which bills had them instead."""

    run_at: int | None
    missed: frozenset[tuple[str, str]]
    elsewhere: dict[tuple[str, str], set[str]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier bills of an account, as a run of ``day`` by a version of the policy sees them."""

    journal: Journal
    account: str
    day: date
    policy_version: int
    covers: frozenset[Covered]
    _days: dict[date, _Day] = field(default_factory=dict)

    def had(self, order: Side, there: date) -> bool:
        """Say whether an earlier bill had an order of the day ``there``.

        Raises:
            JournalUnavailableError: the journal cannot be read.
        """
        if order["kind"] == "refund":
            return False
        if there not in self._days:
            self._days[there] = self.journal.store.read(lambda cursor: self._read(cursor, there))
        known, key = self._days[there], (order["kind"], order["merchant_id"])
        bills = known.elsewhere.get(key, set())
        if self.day.isoformat() in bills:
            return False  # as it was judged before
        if any(bill < self.day.isoformat() for bill in bills):
            return True
        if bills or known.run_at is None or there >= self.day or key in known.missed:
            return False
        return (
            order["kind"] in self.covers
            and order["state"] in MISSED.get(order["kind"], ())
            and order["changed_at"] < known.run_at - _BEFORE
        )

    def _read(self, cursor: Cursor, there: date) -> _Day:
        place = (self.account, there.isoformat())
        runs = cursor.rows(
            "SELECT at, policy_version FROM reconciliation_runs WHERE account = ? AND day = ? "
            "AND bill_status IN ('ready', 'empty') ORDER BY id DESC LIMIT 1",
            place,
        )
        missed = cursor.rows(
            "SELECT kind, number FROM reconciliation_cases WHERE account = ? AND day = ? AND (facts LIKE ? OR facts LIKE ?)",
            (*place, f"%{Difference.LOCAL_ONLY}%", f"%{Difference.PENDING_CUTOFF}%"),
        )
        elsewhere: dict[tuple[str, str], set[str]] = {}
        for kind, number, bill in cursor.rows(
            "SELECT kind, number, bill_day FROM reconciliation_elsewhere WHERE account = ? AND order_day = ?", place
        ):
            elsewhere.setdefault((kind, number), set()).add(bill)
        same = bool(runs) and runs[0][1] == self.policy_version
        return _Day(int(runs[0][0]) if same else None, frozenset((kind, number) for kind, number in missed), elsewhere)
