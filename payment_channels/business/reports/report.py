"""The report of a period: read from the journal and the other rooms, as figures at its head and sheets."""

from dataclasses import dataclass
from datetime import datetime

from payment_channels.business.funding import Funding
from payment_channels.business.reconciliation import MissingBill, Reconciliation, Settlement
from payment_channels.business.reports import bills, figures, funds
from payment_channels.business.reports.counted import (
    Counted,
    ForPeople,
    Open,
    course_of,
    for_people,
    open_now,
    orders_of,
)
from payment_channels.business.reports.figures import Figure
from payment_channels.business.reports.orders import by_account, by_merchant, by_merchant_and_account, course, failures
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.sheets import Sheet, Words
from payment_channels.business.reports.waiting import OLDEST, by_age, oldest
from payment_channels.business.routing.assignments import Assignments
from payment_channels.journal import Journal, looking
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor
from payment_channels.model.refusals import ConfigurationError

MOST_CASES = 1_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a period. ``made_at`` is the moment that the states are of."""

    period: Period
    made_at: datetime
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class _Orders:
    """What the journal was found to hold, in one consistent state."""

    counted: list[Counted]
    course: Sheet
    waiting: list[Open]
    for_people: ForPeople


def report(journal: Journal, period: Period) -> Report:
    """Make the report of a period. Tables of rooms that were never used are made, and stay empty.

    Raises:
        JournalUnavailableError: the database cannot be used.
    """
    assignments, purses, room = Assignments(journal), Funding(journal), Reconciliation(journal)
    now = journal.clock()
    orders = journal.store.read(lambda cursor: _orders(cursor, period, microseconds(now)))
    alarms, cases = purses.alarms(), room.open_cases(limit=MOST_CASES)
    missing, settled, refused = _due(room)
    version = room.policies.if_any()
    runs = bills.runs_of_the_period(room, period)
    return Report(
        period,
        now,
        (
            *figures.successes(orders.counted),
            figures.unknown(orders.waiting),
            figures.for_people(orders.for_people),
            figures.funding(alarms),
            *figures.reconciliation(missing, cases, settled),
        ),
        (
            by_merchant(orders.counted, period),
            by_account(orders.counted, period),
            orders.course,
            failures(orders.counted, period),
            by_merchant_and_account(orders.counted, period),
            by_age(orders.waiting, now),
            _oldest(journal, assignments, now),
            funds.funding(purses, period),
            funds.alarmed(alarms, now),
            bills.fees(runs, version.policy if version is not None else None, period),
            bills.missing(missing, now),
            bills.differences(cases, now),
            bills.settlements(settled, period, refused),
        ),
    )


def _orders(cursor: Cursor, period: Period, now: int) -> _Orders:
    counted = list(orders_of(cursor, period))
    return _Orders(counted, course(course_of(cursor, period), period), list(open_now(cursor, now)), for_people(cursor))


def _oldest(journal: Journal, assignments: Assignments, now: datetime) -> Sheet:
    records = looking.unresolved(journal, limit=OLDEST)
    assigned = [assignments.assignment_of(record.key) for record in records]
    return oldest(records, {one.key: one.merchant for one in assigned if one is not None}, now)


def _due(room: Reconciliation) -> tuple[list[MissingBill], list[Settlement], Words | None]:
    """Return the bills missing and the settlements; a calendar that does not reach so far is told and spoils no report."""
    if room.policies.if_any() is None:
        return [], [], Words("没有生效的对账策略。", "No policy of reconciliation is in force.")
    missing = room.missing_bills()
    try:
        return missing, room.settlements(), None
    except ConfigurationError as error:
        return missing, [], Words(error.zh, error.en)
