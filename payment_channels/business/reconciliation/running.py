"""One run: an account's bill of one day against the journal's orders of that day, and the differences kept as cases.

A row that tells news of an order that was not at its end settles it on the way, by the journal's ``take_bill``: it is no
difference. What contradicts the journal is written there as a conflict, and stays a case until two people have decided.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from payment_channels.business.policies import PolicyBook, Version
from payment_channels.business.reconciliation.cases import Case, Cases
from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.findings import Finding
from payment_channels.business.reconciliation.judging import Judge, Judged
from payment_channels.business.reconciliation.keeping import Keeper, add_run
from payment_channels.business.reconciliation.policy import AccountTerms, ReconciliationPolicy
from payment_channels.business.reconciliation.schema import ROOM, TABLES
from payment_channels.business.reconciliation.staging import Staged, write_bill, write_orders
from payment_channels.journal import BillFinding, Journal, take_bill
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.bills import BillRow, BillRowKind, BillStatus
from payment_channels.model.money import Money
from payment_channels.model.refusals import ConfigurationError
from payment_channels.model.results import BillResult

Bill: TypeAlias = BillResult | Iterable[BillRow] | Sequence[Path] | Path | BillStatus
"""What a run is given: a channel's answer, rows, files (see ``staging.BILL_COLUMNS``), or only how it stands with the bill."""
USABLE = frozenset({BillStatus.READY, BillStatus.EMPTY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one run. ``classes`` counts the differences by class.

    ``agreed`` counts the bill's rows that agree with an order of the day, ``elsewhere`` those about orders of other days,
    ``settled`` the orders that the bill brought to their end.
    """

    number: int
    account: str
    day: date
    at: datetime
    bill_status: BillStatus
    policy_version: int
    classes: dict[Difference, int] = field(default_factory=dict)
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


class Reconciliation:
    """Reconciles the channel accounts of one journal, by the policy in force."""

    def __init__(self, journal: Journal) -> None:
        """Open the room; its tables are made where they are not yet there."""
        self.journal = journal
        self.policies: PolicyBook[ReconciliationPolicy] = PolicyBook(journal, ROOM, ReconciliationPolicy)
        journal.store.bring_up_to_date(ROOM, TABLES)
        self.book = Cases(journal)

    def run(self, account: str, day: date, bill: Bill) -> Run:
        """Compare one account's bill of one day of the channel's. Running it again with the same bill changes no case.

        A bill that is not usable (``BillStatus``) becomes a case of its own, which the run that has the bill clears.

        Raises:
            ConfigurationError: no policy is in force, it lacks the account, or the extra ``reconciliation`` is not installed.
            JournalUnavailableError: the journal cannot be used; run it again.
        """
        version = self.policies.in_force()
        terms = version.policy.terms(account)
        status = bill.status if isinstance(bill, BillResult) else bill if isinstance(bill, BillStatus) else BillStatus.READY
        if status not in USABLE:
            return self._without_a_bill(
                account, day, status, version, note=bill.canonical if isinstance(bill, BillResult) else ""
            )
        return _Comparison(self.journal, account, day, version, terms).of(bill, status)

    def open_cases(self, *, account: str | None = None, day: date | None = None, limit: int = 1000) -> list[Case]:
        """Return the cases that are not at their end, the oldest day first."""
        return self.book.open_cases(account=account, day=day, limit=limit)

    def _without_a_bill(
        self, account: str, day: date, status: BillStatus, version: Version[ReconciliationPolicy], *, note: str
    ) -> Run:
        missing = Difference.BILL_INCONSISTENT if status is BillStatus.INCONSISTENT else Difference.BILL_MISSING
        finding = Finding(day=day, kind="bill", number=day.isoformat(), facts=frozenset({missing}), note=note or status.value)
        now = self.journal.now()

        def work(cursor: Cursor) -> Run:
            bills = cursor.rows(
                "SELECT id FROM reconciliation_runs WHERE account = ? AND day = ? AND bill_status IN ('ready', 'empty') LIMIT 1",
                (account, day.isoformat()),
            )
            number = add_run(cursor, (account, day.isoformat(), now, status.value, version.number), {"classes": {missing: 1}})
            # A day that was reconciled already keeps its cases: that the bill cannot be fetched once more says nothing of them.
            opened, changed, _ = (0, 0, 0) if bills else Keeper(cursor, account, day, now, number).keep([finding])
            run = Run(number=number, account=account, day=day, at=_at(now), bill_status=status, policy_version=version.number)
            return replace(run, classes={} if bills else {missing: 1}, opened=opened, changed=changed)

        return self.journal.store.write(work)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The work of one run that has a bill."""

    journal: Journal
    account: str
    day: date
    version: Version[ReconciliationPolicy]
    terms: AccountTerms

    def of(self, bill: Bill, status: BillStatus) -> Run:
        """Lay both sides out, compare, judge, settle what can be, and keep the rest."""
        with TemporaryDirectory(prefix="reconciliation") as name:
            folder = Path(name)
            rows, orders, agreed, judged = self._compared(self._staged(bill, folder), folder)
        findings, settled = self._settled(judged)
        return self._kept(Run(
            number=0,
            account=self.account,
            day=self.day,
            at=_at(self.journal.now()),
            bill_status=status,
            policy_version=self.version.number,
            classes=dict(sorted(Counter(one.difference for one in findings).items())),
            rows=rows,
            orders=orders,
            agreed=agreed,
            settled=settled,
            elsewhere=len(judged.elsewhere),
        ), findings, judged)  # fmt: skip

    def _staged(self, bill: Bill, folder: Path) -> Staged:
        orders = folder / "orders.csv"
        write_orders(self.journal, self.account, self.terms.bounds(self.day), orders)
        files = _files(bill)
        if files:
            return Staged(files, orders)
        laid = folder / "bill.csv"
        assert not isinstance(bill, BillStatus | Path)  # noqa: S101  those have no rows; told above
        write_bill(bill.rows if isinstance(bill, BillResult) else bill, laid)  # type: ignore[arg-type]
        return Staged((laid,), orders)

    def _compared(self, staged: Staged, folder: Path) -> tuple[int, int, int, Judged]:
        try:
            from payment_channels.business.reconciliation import comparing  # noqa: PLC0415  it needs the extra
        except ImportError as error:
            raise ConfigurationError.because(
                "对账需要额外依赖：pip install 'payment-channels[reconciliation]'",
                "reconciliation needs an extra: pip install 'payment-channels[reconciliation]'",
                field="duckdb",
            ) from error
        with comparing.database(folder) as connection:
            rows, orders = comparing.load(connection, staged)
            comparing.compare(connection, self.terms, self.terms.bounds(self.day)[1])
            comparing.mark_duplicates(connection)
            judge = Judge(self.journal, self.account, self.day, self.terms, self._met())
            judged = judge.judge(comparing.suspects(connection))
            return rows, orders, comparing.agreed(connection), judged

    def _met(self) -> frozenset[tuple[str, str]]:
        """Return the orders of this day that other days' bills have."""
        text = "SELECT kind, number FROM reconciliation_elsewhere WHERE account = ? AND order_day = ? AND bill_day <> ?"
        day = self.day.isoformat()
        rows = self.journal.store.read(lambda cursor: cursor.rows(text, (self.account, day, day)))
        return frozenset((kind, number) for kind, number in rows)

    def _settled(self, judged: Judged) -> tuple[list[Finding], int]:
        """Have the bill settle the orders that were not at their end; return what is left, and how many were settled."""
        left, settled = list(judged.findings), 0
        for finding in judged.opened:
            (line,) = take_bill(self.journal, self.account, [_row(finding)], name=self.day.isoformat())
            done = line.finding in {BillFinding.SETTLED, BillFinding.AGREES}
            settled += line.finding is BillFinding.SETTLED
            assert finding.order is not None  # noqa: S101  only rows with an order are given here
            facts = finding.facts - {Difference.STATUS} if done and not finding.order["conflict"] else finding.facts
            if facts:
                left.append(replace(finding, facts=facts))
        return left, settled

    def _kept(self, run: Run, findings: list[Finding], judged: Judged) -> Run:
        now, day = self.journal.now(), self.day.isoformat()
        counted = {name: getattr(run, name) for name in ("rows", "orders", "agreed", "settled", "elsewhere")}
        found = counted | {"classes": {one.value: count for one, count in run.classes.items()}}

        def work(cursor: Cursor) -> Run:
            number = add_run(cursor, (self.account, day, now, run.bill_status.value, self.version.number), found)
            keeper = Keeper(cursor, self.account, self.day, now, number)
            opened, changed, cleared = keeper.keep(findings)
            cleared += keeper.keep_elsewhere(judged.elsewhere)
            changed += keeper.end_waiting(self.terms.carry_days)
            return replace(run, number=number, at=_at(now), opened=opened, changed=changed, cleared=cleared)

        return self.journal.store.write(work)


def _files(bill: Bill) -> tuple[Path, ...]:
    if isinstance(bill, Path):
        return (bill,)
    if isinstance(bill, list | tuple) and bill and all(isinstance(one, Path) for one in bill):
        return tuple(bill)
    return ()


def _row(finding: Finding) -> BillRow:
    """Make the row anew from what was staged of it."""
    side = finding.bill
    assert side is not None  # noqa: S101  only rows with a bill are given here
    return BillRow(
        kind=BillRowKind(side["kind"]),
        incoming=side["incoming"],
        amount=Money(side["amount"], side["currency"]),
        merchant_order_id=side["merchant_order_id"],
        channel_order_id=side["channel_order_id"],
        merchant_refund_id=side["merchant_refund_id"],
        channel_refund_id=side["channel_refund_id"],
        status=side["status"] or "",
    )


def _at(now: int) -> datetime:
    at = moment(now)
    assert at is not None  # noqa: S101  now is a moment
    return at
