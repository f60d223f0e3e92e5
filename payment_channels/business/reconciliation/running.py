"""One run: an account's bill of one day against the journal's orders of that day, and the differences kept as cases.

A row that tells news of an order that was not at its end settles it on the way, by the journal's ``take_bill``: it is no
difference. What contradicts the journal is written there as a conflict, and stays a case until two people have decided.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from payment_channels.business.policies import Version
from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.earlier import Earlier, is_once, noted
from payment_channels.business.reconciliation.findings import Elsewhere, Finding, order_day
from payment_channels.business.reconciliation.judging import Judge, Judged
from payment_channels.business.reconciliation.keeping import Keeper, add_run, set_found
from payment_channels.business.reconciliation.policy import AccountTerms, ReconciliationPolicy
from payment_channels.business.reconciliation.runs import USABLE, Run
from payment_channels.business.reconciliation.staging import Staged, check_titles, write_bill, write_orders
from payment_channels.business.reconciliation.totals import SummaryLine, contradictions
from payment_channels.journal import BillFinding, Journal, take_bill
from payment_channels.journal.store import Cursor
from payment_channels.model.bills import BillRow, BillRowKind, BillStatus
from payment_channels.model.money import Money
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError
from payment_channels.model.results import BillResult


@dataclass(frozen=True, slots=True)
class Files:
    """A bill in several files; what a file is, ``staging.BILL_COLUMNS`` says."""

    paths: tuple[Path, ...]


Bill: TypeAlias = BillResult | BillStatus | Path | Files | Iterable[BillRow]
"""What a run is given: a channel's answer, how it stands with the bill, a file of rows or several, or rows one by one."""


AT_A_TIME = 500
"""Findings that are kept by one transaction."""


class _SummaryContradictedError(Exception):
    """The rows do not add up to the channel's summary. The text says where."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The work of one run of one account and day, by one version of the policy."""

    journal: Journal
    account: str
    day: date
    version: Version[ReconciliationPolicy]
    terms: AccountTerms

    def of(self, bill: Bill, summary: Sequence[SummaryLine]) -> Run:
        """Lay both sides out, compare, judge, settle what can be settled, and keep the rest."""
        status = status_of(bill)
        if status not in USABLE:
            return self._without_a_bill(status, bill.canonical if isinstance(bill, BillResult) else status.value)
        try:
            with TemporaryDirectory(prefix="reconciliation") as name:
                run, judged = self._compared(bill, summary, Path(name))
        except _SummaryContradictedError as error:
            return self._without_a_bill(BillStatus.INCONSISTENT, str(error))
        findings, settled = self._settled(judged)
        classes = dict(sorted(Counter(one.difference for one in findings).items()))
        elsewhere = sum(one.order_day != self.day for one in judged.elsewhere)
        run = replace(run, bill_status=status, classes=classes, settled=settled, elsewhere=elsewhere)
        return self._kept(run, findings, judged)

    def _run(self) -> Run:
        return Run(
            number=0,
            account=self.account,
            day=self.day,
            at=self.journal.clock(),
            bill_status=BillStatus.UNKNOWN,
            policy_version=self.version.number,
        )

    def _compared(self, bill: Bill, summary: Sequence[SummaryLine], folder: Path) -> tuple[Run, Judged]:
        try:
            from payment_channels.business.reconciliation import comparing  # noqa: PLC0415  it needs the extra
        except ImportError as error:
            raise ConfigurationError.because(
                "对账需要额外依赖：pip install 'payment-channels[reconciliation]'",
                "reconciliation needs an extra: pip install 'payment-channels[reconciliation]'",
                field="duckdb",
            ) from error
        read_at = self.journal.clock()
        staged = self._staged(bill, folder)
        with comparing.database(folder) as connection:
            totals = staged.sums
            if isinstance(bill, Path | Files):
                totals = (*comparing.sums(connection, staged), *totals)
            wrong = contradictions(totals, summary)
            if wrong:
                raise _SummaryContradictedError("; ".join(wrong))
            known = noted(self.journal, self.account, self.day)
            with comparing.readable(staged):
                comparing.compare(connection, staged, self.terms, self.terms.bounds(self.day)[1], known.places)
            earlier = Earlier(self.journal, self.account, self.day, self.version.number, self.terms.covers)
            judge = Judge(self.journal, self.account, self.day, self.terms, known, earlier)
            judged = judge.judge(comparing.suspects(connection, staged))
            rows, agreed = comparing.counted(connection)
        run = replace(self._run(), read_at=read_at, rows=rows, orders=staged.order_count, totals=totals)
        return replace(run, agreed=agreed + judged.agreed), judged

    def _staged(self, bill: Bill, folder: Path) -> Staged:
        orders, laid = folder / "orders.csv", folder / "bill.csv"
        count, sums = write_orders(self.journal, self.account, self.terms.bounds(self.day), orders, self.terms.covers)
        if isinstance(bill, Path | Files):
            paths = (bill,) if isinstance(bill, Path) else bill.paths
            if not paths:
                raise InvalidRequestError.because(
                    "没有给出账单文件；没有业务的日子请给 BillStatus.EMPTY",
                    "no file of the bill is given: for a day without business give BillStatus.EMPTY",
                    field="bill",
                )
            check_titles(paths)
            return Staged(paths, orders, count, tuple(sums))
        rows = bill.rows if isinstance(bill, BillResult) else () if isinstance(bill, BillStatus) else bill
        return Staged((laid,), orders, count, (*write_bill(rows, laid), *sums), laid=True)

    def _settled(self, judged: Judged) -> tuple[list[Finding], int]:
        """Have the bill settle the orders that were not at their end; return what is left, and how many were settled.

        Which of this day's orders it settled is noted: that the bill must have had them could not be concluded later.
        """
        left, settled = list(judged.findings), 0
        for finding in judged.opened:
            (line,) = take_bill(self.journal, self.account, [_row(finding)], name=self.day.isoformat())
            settled += line.finding is BillFinding.SETTLED
            done = line.finding in {BillFinding.SETTLED, BillFinding.AGREES}
            assert finding.order is not None  # noqa: S101  only rows with an order are given here
            if line.finding is BillFinding.SETTLED and self._first_of_its_day(finding):
                judged.elsewhere.append(Elsewhere(finding.kind, finding.order["merchant_id"], self.day))
            facts = finding.facts - {Difference.STATUS} if done and not finding.order["conflict"] else finding.facts
            if facts:
                left.append(replace(finding, facts=facts))
        return left, settled

    def _first_of_its_day(self, finding: Finding) -> bool:
        order = finding.order
        assert order is not None  # noqa: S101  as above
        own = order["kind"] == finding.kind and is_once(finding.kind) and Difference.DUPLICATE not in finding.facts
        return own and order_day(order, self.terms) == self.day

    def _kept(self, run: Run, findings: list[Finding], judged: Judged) -> Run:
        """Keep the findings a few at a time: payments wait for the same database. Until the end the run counts as none."""
        now, write = self.journal.now(), self.journal.store.write
        number = write(lambda cursor: add_run(cursor, replace(run, bill_status=BillStatus.UNKNOWN), now))

        def keeper(cursor: Cursor) -> Keeper:
            return Keeper(cursor, self.account, self.day, now, number)

        before = self.journal.store.read(lambda cursor: keeper(cursor).before())
        opened = changed = 0
        for first in range(0, len(findings), AT_A_TIME):
            some = findings[first : first + AT_A_TIME]
            more = write(lambda cursor, some=some: keeper(cursor).keep(some, before))  # type: ignore[misc]
            opened, changed = opened + more[0], changed + more[1]

        def end(cursor: Cursor) -> Run:
            last = keeper(cursor)
            cleared = last.clear_the_rest(findings, before) + last.keep_elsewhere(judged.elsewhere)
            ended = changed + last.end_waiting(self.terms.carry_days)
            return set_found(cursor, replace(run, number=number, opened=opened, changed=ended, cleared=cleared))

        return write(end)

    def _without_a_bill(self, status: BillStatus, note: str) -> Run:
        """That a bill has not come, or contradicts itself, is a finding; what was found of an earlier version of it stays."""
        missing = Difference.BILL_INCONSISTENT if status is BillStatus.INCONSISTENT else Difference.BILL_MISSING
        day, now = self.day.isoformat(), self.journal.now()
        finding = Finding(day=self.day, kind="bill", number=day, facts=frozenset({missing}), note=note)
        came = "SELECT 1 FROM reconciliation_runs WHERE account = ? AND day = ? AND bill_status IN ('ready', 'empty') LIMIT 1"

        def work(cursor: Cursor) -> Run:
            here = bool(cursor.rows(came, (self.account, day)))
            run = replace(self._run(), bill_status=status, classes={} if here else {missing: 1})
            run = replace(run, number=add_run(cursor, run, now))
            if not here:
                keeper = Keeper(cursor, self.account, self.day, now, run.number)
                opened, changed = keeper.keep([finding], keeper.before())
                run = replace(run, opened=opened, changed=changed)
            return set_found(cursor, run)

        return self.journal.store.write(work)


def status_of(bill: Bill) -> BillStatus:
    """Return how it stands with a bill; rows and files are there."""
    if isinstance(bill, BillResult):
        return bill.status
    return bill if isinstance(bill, BillStatus) else BillStatus.READY


def _row(finding: Finding) -> BillRow:
    """Make the row anew from what was staged of it; one that was found by the channel's number gets the core's."""
    side, order = finding.bill, finding.order
    assert side is not None  # noqa: S101  only rows with a bill are given here
    assert order is not None  # noqa: S101  and with an order
    named = side["merchant_refund_id"] or side["merchant_order_id"]
    if named is None and order["kind"] == side["kind"]:
        own = "merchant_refund_id" if side["kind"] == "refund" else "merchant_order_id"
        side = {**side, own: order["merchant_id"]}
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
