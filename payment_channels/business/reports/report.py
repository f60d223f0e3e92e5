"""The report of a period: read from the journal and the other rooms, as figures at its head and sheets."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from payment_channels.business.reports.counted import Counted, Ending, Open, course_of, open_now, orders_of
from payment_channels.business.reports.orders import Tally, by_account, by_merchant, by_merchant_and_account, course, failures
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.sheets import Cell, Sheet, Words, grouped
from payment_channels.business.reports.waiting import OLDEST, by_age, oldest
from payment_channels.business.reports.wording import kind_words
from payment_channels.business.routing.assignments import Assignments
from payment_channels.journal import Journal, looking
from payment_channels.journal.folding import State
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure at the head of the report; ``alarm`` where somebody should look."""

    title: Words
    value: Cell
    note: Words
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a period. ``made_at`` is the moment that the states are of."""

    period: Period
    made_at: datetime
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]


def report(journal: Journal, period: Period) -> Report:
    """Make the report of a period.

    Raises:
        JournalUnavailableError: the database cannot be used.
    """
    assignments = Assignments(journal)
    now = journal.clock()

    def work(cursor: Cursor) -> tuple[list[Counted], Sheet, list[Open]]:
        counted = list(orders_of(cursor, period))
        return counted, course(course_of(cursor, period), period), list(open_now(cursor, microseconds(now)))

    counted, by_slot, waiting = journal.store.read(work)
    sheets = (
        by_merchant(counted, period),
        by_account(counted, period),
        by_merchant_and_account(counted, period),
        by_slot,
        failures(counted, period),
        by_age(waiting, now),
        _oldest(journal, assignments, now),
    )
    return Report(period, now, (*_successes(counted), *_waiting(waiting, journal)), sheets)


def _oldest(journal: Journal, assignments: Assignments, now: datetime) -> Sheet:
    records = looking.unresolved(journal, limit=OLDEST)
    assigned = [assignments.assignment_of(record.key) for record in records]
    return oldest(records, {one.key: one.merchant for one in assigned if one is not None}, now)


def _successes(rows: list[Counted]) -> list[Figure]:
    found: dict[str, Tally] = defaultdict(Tally)
    for one in rows:
        found[one.place.kind].add(one.ending, one.orders)
    return [_success(kind, found[kind]) for kind in ("payment", "payout", "refund") if found[kind].orders.total()]


def _success(kind: str, tally: Tally) -> Figure:
    words, rate = kind_words(kind), tally.rate
    open_ones = tally.orders[Ending.PENDING] + tally.orders[Ending.UNKNOWN]
    return Figure(
        Words(f"{words.zh}成功率", f"Success of {words.en}"),
        rate,
        Words(
            f"已终结 {grouped(rate.whole)} 笔中成功 {grouped(rate.part)} 笔；另有未决 {grouped(open_ones)} 笔",
            f"{grouped(rate.part)} of {grouped(rate.whole)} final orders; {grouped(open_ones)} more are open",
        ),
    )


def _waiting(rows: list[Open], journal: Journal) -> list[Figure]:
    unknown = sum(one.orders for one in rows if one.state is State.UNKNOWN)
    old = sum(one.orders for one in rows if one.state is State.UNKNOWN and one.age >= 2)  # noqa: PLR2004  over an hour
    totals = looking.totals(journal)
    return [
        Figure(
            Words("结果未知", "Unknown now"),
            unknown,
            Words(f"笔，其中 {grouped(old)} 笔超过 1 小时", f"orders, {grouped(old)} of them for over an hour"),
            alarm=old > 0,
        ),
        Figure(
            Words("待人工", "For people now"),
            totals.manual + totals.conflicts,
            Words(
                f"笔：待结论 {grouped(totals.manual)}，说法相反 {grouped(totals.conflicts)}",
                f"orders: {grouped(totals.manual)} to decide, {grouped(totals.conflicts)} in conflict",
            ),
            alarm=totals.manual + totals.conflicts > 0,
        ),
    ]
