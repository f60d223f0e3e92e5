"""What a run found, kept in the journal's database: the run, its cases with their trail, and what it had of other days.

The same bill again changes nothing but the list of runs. A case keeps its first evidence; what is no longer different is cleared,
what differs otherwise is told in its trail, and what people closed stays closed until the facts themselves change.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from payment_channels.business.reconciliation.classes import SUGGESTED, CaseState, Difference
from payment_channels.business.reconciliation.findings import Elsewhere, Finding
from payment_channels.business.reconciliation.runs import Run
from payment_channels.journal.store import Cursor

_ADD = (
    "INSERT INTO reconciliation_cases (account, day, kind, number, ordinal, difference, facts, state, currency, channel_amount, "
    "local_amount, channel_fee, expected_fee, evidence, action, opened_at, changed_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
)
_CHANGE = (
    "UPDATE reconciliation_cases SET difference = ?, facts = ?, state = ?, currency = ?, channel_amount = ?, local_amount = ?, "
    "channel_fee = ?, expected_fee = ?, evidence = ?, action = ?, why = NULL, maker = NULL, checker = NULL, changed_at = ? "
    "WHERE id = ?"
)
_TRAIL = "INSERT INTO reconciliation_trail (case_id, at, who, what, note) VALUES (?, ?, ?, ?, ?)"
_SUBJECT = (
    "kind, number, ordinal, id, difference, facts, state, currency, channel_amount, local_amount, channel_fee, expected_fee"
)


Before: TypeAlias = Mapping[tuple[str, str, int], tuple[Any, ...]]
"""A day's cases by what they are about: its kind, number and ordinal."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes part of a run of one account and day, within a transaction."""

    cursor: Cursor
    account: str
    day: date
    now: int
    run: int

    def before(self) -> Before:
        """Return the day's cases as they stand."""
        rows = self.cursor.rows(
            f"SELECT {_SUBJECT} FROM reconciliation_cases WHERE account = ? AND day = ?",  # noqa: S608  names of our own
            (self.account, self.day.isoformat()),
        )
        return {row[:3]: row[3:] for row in rows}

    def keep(self, findings: Iterable[Finding], before: Before) -> tuple[int, int]:
        """Open and change cases so that they are what was found; return how many of each."""
        opened = changed = 0
        for one in findings:
            known = before.get((one.kind, one.number, one.ordinal))
            if known is None:
                opened += self._open(one)
            elif self._differs(known, one):
                self._change(known, one)
                changed += 1
        return opened, changed

    def clear_the_rest(self, findings: Iterable[Finding], before: Before) -> int:
        """Clear the cases of the day that were not found again; return how many."""
        found = {(one.kind, one.number, one.ordinal) for one in findings}
        gone = [row for subject, row in before.items() if subject not in found and row[3] in {"waiting", "open"}]
        for row in gone:
            self.clear(row[0], "no longer different")
        return len(gone)

    def _open(self, one: Finding) -> bool:
        """Open a case; a run beside this one may have opened it meanwhile."""
        state = CaseState.WAITING if one.difference is Difference.PENDING_CUTOFF else CaseState.OPEN
        values = (
            self.account, self.day.isoformat(), one.kind, one.number, one.ordinal, one.difference.value, _facts(one), state.value,
            *_amounts(one), one.evidence, SUGGESTED[one.difference].value, self.now, self.now,
        )  # fmt: skip
        added = self.cursor.rows(_ADD, values)
        for (number,) in added:
            self.tell(number, "opened", one.difference.value)
        return bool(added)

    @staticmethod
    def _differs(known: tuple[Any, ...], one: Finding) -> bool:
        """Say whether a case is not what was found; a case that waited too long stays what it became."""
        _, difference, facts, state, *amounts = known
        if state == CaseState.CLEARED.value:
            return True
        overdue = difference == Difference.LOCAL_ONLY.value and one.difference is Difference.PENDING_CUTOFF
        return not overdue and (facts, *amounts) != (_facts(one), *_amounts(one))

    def _change(self, known: tuple[Any, ...], one: Finding) -> None:
        number, difference, *_ = known
        state = CaseState.WAITING if one.difference is Difference.PENDING_CUTOFF else CaseState.OPEN
        values = (one.difference.value, _facts(one), state.value, *_amounts(one), one.evidence, SUGGESTED[one.difference].value)
        self.cursor.run(_CHANGE, (*values, self.now, number))
        self.tell(number, "changed", f"{difference} -> {one.difference.value}")

    def clear(self, case: int, note: str) -> None:
        """Note that a case is no difference any more."""
        text = "UPDATE reconciliation_cases SET state = 'cleared', changed_at = ? WHERE id = ?"
        self.cursor.run(text, (self.now, case))
        self.tell(case, "cleared", note)

    def tell(self, case: int, what: str, note: str) -> None:
        """Add to a case's trail; who did it is this run."""
        self.cursor.run(_TRAIL, (case, self.now, f"run {self.run}", what, note))

    def keep_elsewhere(self, met: Sequence[Elsewhere]) -> int:
        """Note what this bill had of other days, and clear what waited there; return how many cases were cleared.

        What it settled of its own day is noted beside it.
        """
        day = self.day.isoformat()
        before = self.cursor.rows(
            "DELETE FROM reconciliation_elsewhere WHERE account = ? AND bill_day = ? RETURNING kind, number, order_day",
            (self.account, day),
        )
        for kind, number, order_day in {*before} - {(one.kind, one.number, one.order_day.isoformat()) for one in met}:
            if order_day != day:
                self._missed_again(kind, number, order_day)
        cleared = 0
        for one in met:
            self.cursor.run(
                "INSERT INTO reconciliation_elsewhere (account, kind, number, bill_day, order_day) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (self.account, one.kind, one.number, day, one.order_day.isoformat()),
            )
            waited = self.cursor.rows(
                "SELECT id FROM reconciliation_cases WHERE account = ? AND kind = ? AND number = ? AND day = ? AND ordinal = 0 "
                "AND difference IN ('PENDING_CUTOFF', 'LOCAL_ONLY') AND state IN ('waiting', 'open')",
                (self.account, one.kind, one.number, one.order_day.isoformat()),
            )
            for (case,) in waited:
                self.clear(case, f"in the bill of {day}")
            cleared += len(waited)
        return cleared

    def _missed_again(self, kind: str, number: str, order_day: str) -> None:
        """An earlier version of this bill had an order of another day, and this one has not: its case is open again."""
        rows = self.cursor.rows(
            "UPDATE reconciliation_cases SET difference = 'LOCAL_ONLY', facts = 'LOCAL_ONLY', state = 'open', action = ?, "
            "changed_at = ? WHERE account = ? AND kind = ? AND number = ? AND day = ? AND ordinal = 0 AND state = 'cleared' "
            "AND difference IN ('PENDING_CUTOFF', 'LOCAL_ONLY') RETURNING id",
            (SUGGESTED[Difference.LOCAL_ONLY].value, self.now, self.account, kind, number, order_day),
        )
        for (case,) in rows:
            self.tell(case, "changed", f"-> LOCAL_ONLY: no longer in the bill of {self.day.isoformat()}")

    def end_waiting(self, carry_days: int) -> int:
        """Call what waited for more bills than it may LOCAL_ONLY; return how many cases that were."""
        last = (self.day - timedelta(days=carry_days)).isoformat()
        rows = self.cursor.rows(
            "SELECT id FROM reconciliation_cases WHERE account = ? AND state = 'waiting' AND day <= ? AND day < ?",
            (self.account, last, self.day.isoformat()),
        )
        action = SUGGESTED[Difference.LOCAL_ONLY].value
        for (case,) in rows:
            self.cursor.run(
                "UPDATE reconciliation_cases SET difference = 'LOCAL_ONLY', facts = 'LOCAL_ONLY', state = 'open', action = ?, "
                "changed_at = ? WHERE id = ?",
                (action, self.now, case),
            )
            self.tell(case, "changed", f"PENDING_CUTOFF -> LOCAL_ONLY: not in the bill of {self.day.isoformat()} either")
        return len(rows)


def _facts(one: Finding) -> str:
    return ",".join(sorted(fact.value for fact in one.facts))


def _amounts(one: Finding) -> tuple[Any, ...]:
    bill: Mapping[str, Any] = one.bill or {}
    order: Mapping[str, Any] = one.order or {}
    return one.currency, bill.get("amount"), order.get("amount"), bill.get("fee"), one.expected_fee


def add_run(cursor: Cursor, run: Run, now: int) -> int:
    """Add a run to the list, and return its number."""
    text = (
        "INSERT INTO reconciliation_runs (account, day, at, bill_status, policy_version, found) VALUES (?, ?, ?, ?, ?, ?) "
        "RETURNING id"
    )
    found = json.dumps(run.found, sort_keys=True)
    values = (run.account, run.day.isoformat(), now, run.bill_status.value, run.policy_version, found)
    ((number,),) = cursor.rows(text, values)
    return int(number)


def set_found(cursor: Cursor, run: Run) -> Run:
    """Write down what a run found, and return it."""
    values = (run.bill_status.value, json.dumps(run.found, sort_keys=True), run.number)
    cursor.run("UPDATE reconciliation_runs SET bill_status = ?, found = ? WHERE id = ?", values)
    return run
