"""The list of runs, as it is read: what each run found, which bills have not come, and what each day adds up to."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.policy import ReconciliationPolicy
from payment_channels.business.reconciliation.settling import DayTotals
from payment_channels.business.reconciliation.totals import Sum
from payment_channels.journal import Journal
from payment_channels.journal.records import microseconds, moment
from payment_channels.model.bills import BillStatus

USABLE = frozenset({BillStatus.READY, BillStatus.EMPTY})
_COUNTED = ("rows", "orders", "agreed", "settled", "elsewhere", "opened", "changed", "cleared")
_COLUMNS = "id, account, day, at, bill_status, policy_version, found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one run. ``classes`` counts the differences by class, those that were known before too.

    ``agreed`` counts the bill's rows that agree with an order of the day, ``elsewhere`` those about orders of other days,
    ``settled`` the orders that the bill brought to their end; ``read_at`` is when the orders were read, None where
    none were compared or the run is of an older version; ``opened``, ``changed`` and ``cleared`` count cases.
    """

    number: int
    account: str
    day: date
    at: datetime
    bill_status: BillStatus
    policy_version: int
    read_at: datetime | None = None
    classes: dict[Difference, int] = field(default_factory=dict)
    totals: tuple[Sum, ...] = ()
    rows: int = 0
    orders: int = 0
    agreed: int = 0
    settled: int = 0
    elsewhere: int = 0
    opened: int = 0
    changed: int = 0
    cleared: int = 0

    @property
    def clean(self) -> bool:
        """Say whether nobody has to look at anything: there was a bill, and nothing differs but what waits for the next."""
        return self.bill_status in USABLE and set(self.classes) <= {Difference.PENDING_CUTOFF}

    @property
    def found(self) -> dict[str, Any]:
        """What the list of runs keeps of it."""
        counted = {name: getattr(self, name) for name in _COUNTED}
        classes = {one.value: count for one, count in self.classes.items()}
        totals = [[getattr(one, name) for name in Sum.__slots__] for one in self.totals]
        read_at = None if self.read_at is None else microseconds(self.read_at)
        return counted | {"classes": classes, "totals": totals, "read_at": read_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingBill:
    """A day of an account without the bill that is due. ``status`` is what was last heard of it, if anybody asked."""

    account: str
    day: date
    due_at: datetime
    status: BillStatus | None
    case: int | None


def runs_of(
    journal: Journal, *, account: str | None = None, since: date | None = None, until: date | None = None, limit: int = 1000
) -> list[Run]:
    """Return the runs of days within these bounds (both included), the newest run first."""
    condition, values = _bounds(account, since, until)
    text = f"SELECT {_COLUMNS} FROM reconciliation_runs WHERE {condition} ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [_run(row) for row in journal.store.read(lambda cursor: cursor.rows(text, (*values, limit)))]


def latest(journal: Journal, *, account: str | None = None, since: date | None = None, until: date | None = None) -> list[Run]:
    """Return of each account and day the last run that had a usable bill, by account and day."""
    condition, values = _bounds(account, since, until)
    text = (
        f"SELECT {_COLUMNS} FROM reconciliation_runs WHERE id IN (SELECT MAX(id) FROM reconciliation_runs "  # noqa: S608
        f"WHERE bill_status IN ('ready', 'empty') AND {condition} GROUP BY account, day) ORDER BY account, day"
    )
    return [_run(row) for row in journal.store.read(lambda cursor: cursor.rows(text, values))]


def day_totals(runs: Iterable[Run]) -> list[DayTotals]:
    """Return what the bills of runs add up to."""
    return [DayTotals(run.account, run.day, run.totals) for run in runs]


def missing(journal: Journal, policy: ReconciliationPolicy, now: datetime, *, account: str | None = None) -> list[MissingBill]:
    """Return the days whose bill is due and not here, by account and day; two people may have closed one as without business."""
    names = [name for name in sorted(policy.accounts) if account in {None, name}]
    here = {(run.account, run.day) for run in latest(journal, account=account)}
    status = "SELECT account, day, bill_status FROM reconciliation_runs WHERE bill_status NOT IN ('ready', 'empty') ORDER BY id"
    cases = "SELECT account, day, id, state FROM reconciliation_cases WHERE kind = 'bill'"
    told, opened = journal.store.read(lambda cursor: (cursor.rows(status), cursor.rows(cases)))
    heard = {(name, date.fromisoformat(day)): BillStatus(text) for name, day, text in told}
    known = {(name, date.fromisoformat(day)): (case, state) for name, day, case, state in opened}
    found = []
    for name in names:
        terms = policy.accounts[name]
        day = terms.since
        while (due := datetime.combine(day + timedelta(days=1), terms.bill_due, BEIJING)) <= now:
            case, state = known.get((name, day), (None, ""))
            if (name, day) not in here and state != "closed":
                found.append(MissingBill(account=name, day=day, due_at=due, status=heard.get((name, day)), case=case))
            day += timedelta(days=1)
    return found


def _bounds(account: str | None, since: date | None, until: date | None) -> tuple[str, tuple[str, ...]]:
    first, last = (None if day is None else day.isoformat() for day in (since, until))
    given = (("account = ?", account), ("day >= ?", first), ("day <= ?", last))
    kept = [(text, value) for text, value in given if value is not None]
    return " AND ".join(text for text, _ in kept) or "1 = 1", tuple(value for _, value in kept)


def _run(row: tuple[Any, ...]) -> Run:
    number, account, day, at, status, version, found = row
    told = json.loads(found)
    when = moment(at)
    assert when is not None  # noqa: S101  the column is never null
    return Run(
        number=number,
        account=account,
        day=date.fromisoformat(day),
        at=when,
        bill_status=BillStatus(status),
        policy_version=version,
        read_at=None if told.get("read_at") is None else moment(told["read_at"]),
        classes={Difference(name): count for name, count in told["classes"].items()},
        totals=tuple(Sum(*one) for one in told["totals"]),
        **{name: told[name] for name in _COUNTED},
    )
