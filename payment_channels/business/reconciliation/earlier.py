"""Whether a bill that was run earlier, of an earlier day or of a later one, had an order already: a further row is a duplicate.

Which bills had orders of other days is noted, and so is which orders a bill settled. Its agreeing rows are not kept, so of its
own day's orders it is concluded: a run that must have missed the order, had its bill not had it, and that opened no case, had it.
Where that is not sure (the order has changed since, or the terms have) nothing is concluded; nor of refunds, which a bill may
show once as they are asked for and once as they are done.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.findings import Side
from payment_channels.business.reconciliation.policy import Covered
from payment_channels.business.reconciliation.staging import MISSED
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

_MICROSECOND = timedelta(microseconds=1)
_BEFORE_READING = timedelta(minutes=10) // _MICROSECOND
"""How long before a run read the orders one has to have been as it is: clocks differ, and what is written is seen later."""
_BEFORE_WRITING = timedelta(hours=1) // _MICROSECOND
"""The same before a run was written down that did not say when it read them."""
_MISSED = {Difference.LOCAL_ONLY.value, Difference.PENDING_CUTOFF.value}


@dataclass(frozen=True, slots=True)
class _Day:
    """What is kept of a day: which orders its bill had not, or otherwise, and which bills are noted.

    ``settled_by`` is the moment since which an order must not have changed, for its last run to have seen it as it is.
    """

    settled_by: int | None
    missed: frozenset[tuple[str, str]]
    differed: frozenset[tuple[str, str]]
    bills: dict[tuple[str, str], set[str]]


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of the orders of the day that is run, by kind and number.

    ``met`` says of which day another bill has an order already; ``settled`` are those that this day's bill settled in an earlier
    run of it; ``places`` are the journal's ids of both, refunds left out: their rows in the bill are looked at one by one.
    """

    met: Mapping[tuple[str, str], str]
    settled: frozenset[tuple[str, str]]
    places: tuple[int, ...]


def noted(journal: Journal, account: str, day: date) -> Noted:
    """Return what is noted of the orders of a day.

    Raises:
        JournalUnavailableError: the journal cannot be read.
    """
    text = (
        "SELECT kept.kind, kept.number, kept.bill_day, orders.id FROM reconciliation_elsewhere AS kept JOIN orders "
        "ON orders.merchant_id = kept.number AND orders.kind = kept.kind AND orders.account = kept.account "
        "WHERE kept.account = ? AND kept.order_day = ? ORDER BY kept.bill_day DESC"
    )
    own = day.isoformat()
    rows = journal.store.read(lambda cursor: cursor.rows(text, (account, own)))
    return Noted(
        {(kind, number): bill for kind, number, bill, _ in rows if bill != own},
        frozenset((kind, number) for kind, number, bill, _ in rows if bill == own),
        tuple({place for kind, _, _, place in rows if is_once(kind)}),
    )


def is_once(kind: str) -> bool:
    """Say whether all bills together have one row about an order: a refund may be shown as asked for, and as done."""
    return kind != "refund"


def told(bill: date | str, day: date) -> str:
    """Say in a case of ``day`` which other bill has the order."""
    other = str(bill)
    return f"{'an earlier' if other < day.isoformat() else 'a later'} bill has it: {other}"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The bills of an account that were run before, as a run of ``day`` by a version of the policy sees them."""

    journal: Journal
    account: str
    day: date
    policy_version: int
    covers: frozenset[Covered]
    _days: dict[date, _Day] = field(default_factory=dict)

    def had(self, order: Side, there: date) -> str:
        """Say which other bill had an order of another day, ``there``; nothing where none surely had.

        Raises:
            JournalUnavailableError: the journal cannot be read.
        """
        if not is_once(order["kind"]):
            return ""
        if there not in self._days:
            self._days[there] = self.journal.store.read(lambda cursor: self._read(cursor, there))
        known, key = self._days[there], (order["kind"], order["merchant_id"])
        bills = known.bills.get(key, set())
        if self.day.isoformat() in bills:
            return ""  # as it was judged before
        if bills:
            return told(min(bills), self.day)
        if key in known.differed:
            return told(there, self.day)
        if known.settled_by is None or key in known.missed:
            return ""
        sure = (
            order["kind"] in self.covers
            and order["state"] in MISSED.get(order["kind"], ())
            and order["changed_at"] < known.settled_by
        )
        return told(there, self.day) if sure else ""

    def _read(self, cursor: Cursor, there: date) -> _Day:
        place = (self.account, there.isoformat())
        runs = cursor.rows(
            "SELECT at, policy_version, found FROM reconciliation_runs WHERE account = ? AND day = ? "
            "AND bill_status IN ('ready', 'empty') ORDER BY id DESC LIMIT 1",
            place,
        )
        # What was cleared is in the bill by now, or in one that is noted; who has closed a case has not changed its facts.
        cases = cursor.rows(
            "SELECT kind, number, facts, channel_amount FROM reconciliation_cases WHERE account = ? AND day = ? AND ordinal = 0 "
            "AND state <> 'cleared'",
            place,
        )
        missed = {(kind, number) for kind, number, facts, _ in cases if _MISSED & set(facts.split(","))}
        differed = {(kind, number) for kind, number, _, amount in cases if amount is not None}
        bills: dict[tuple[str, str], set[str]] = {}
        for kind, number, bill in cursor.rows(
            "SELECT kind, number, bill_day FROM reconciliation_elsewhere WHERE account = ? AND order_day = ?", place
        ):
            bills.setdefault((kind, number), set()).add(bill)
        same = bool(runs) and runs[0][1] == self.policy_version
        return _Day(_settled_by(runs[0][0], runs[0][2]) if same else None, frozenset(missed), frozenset(differed), bills)


def _settled_by(written_at: int, found: str) -> int:
    read_at = json.loads(found).get("read_at")
    return int(written_at) - _BEFORE_WRITING if read_at is None else int(read_at) - _BEFORE_READING
