"""Settlement: what each day's bill says will be paid to us and when, against what was received.

What is expected comes of the bill alone (what came in, less what went back and the fee, where it is taken off); the day it is due
comes of the account's terms and the business calendar. Several days may be due at once, as after a weekend: they are one sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from payment_channels.business.calendar import BusinessCalendar
from payment_channels.business.people import named
from payment_channels.business.reconciliation.policy import MOST, AccountTerms, ReconciliationPolicy, SettlementTerms
from payment_channels.business.reconciliation.totals import Sum
from payment_channels.journal import Journal
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError

SETTLED_KINDS = frozenset({"payment", "refund", "reversal"})
"""What is settled: payouts leave an account that was paid into before, and fees of their own rows are the statement's."""


class SettlementState(StrEnum):
    """Where a settlement stands."""

    WAITING = "waiting"  # it is not due yet, and nothing was received
    RECEIVED = "received"  # to the fen
    DIFFERENT = "different"  # something else was received
    OVERDUE = "overdue"  # the day is over, and nothing was received
    UNEXPECTED = "unexpected"  # something was received for a day on which nothing is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was received from a channel, as the bank's statement says; ``for_day`` is the due day that it belongs to."""

    id: int
    account: str
    received_on: date
    for_day: date
    amount: Money
    reference: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is due on one day for one account, and what came. ``days`` are the channel's days that it settles."""

    account: str
    due_on: date
    days: tuple[date, ...]
    expected: Money
    received: Money
    state: SettlementState

    @property
    def difference(self) -> Money:
        """What was received less what was expected."""
        return self.received - self.expected


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What one account's bill of one day adds up to."""

    account: str
    day: date
    totals: tuple[Sum, ...]


def expected_of(terms: AccountTerms, totals: Iterable[Sum]) -> dict[str, int]:
    """Return what a day's bill brings, by currency, in minor units."""
    sign = -1 if terms.charged_fee_is == "negative" else 1
    found: dict[str, int] = {}
    for one in totals:
        if one.side == "bill" and one.kind in SETTLED_KINDS:
            fee = sign * one.fee if terms.settlement is not None and terms.settlement.less_fees else 0
            found[one.currency] = found.get(one.currency, 0) + one.net - fee
    return found


def due_day(calendar: BusinessCalendar, terms: SettlementTerms, day: date) -> date:
    """Return when a day is settled. T+1 is the first workday after it: Friday's, Saturday's and Sunday's come on Monday.

    Raises:
        ConfigurationError: the calendar does not reach so far.
    """
    if terms.counted == "D":
        return calendar.after(day, terms.days, workdays=False)
    begins = day + timedelta(days=1) if terms.days else day
    return calendar.after(begins, max(terms.days - 1, 0), workdays=True)


def undated(policy: ReconciliationPolicy, today: date) -> dict[str, list[int]]:
    """Return the accounts that are settled by workdays, and the years that the calendar must list for them and does not.

    They are those of the account's days from its first on, and until what the bill of today brings is due.

    Raises:
        ConfigurationError: the calendar has a break that cannot be.
    """
    found, known = {}, policy.calendar.years
    for name, terms in policy.accounts.items():
        if terms.settlement is None or terms.settlement.counted != "T":
            continue
        last = max(terms.since, today)
        years = set(range(terms.since.year, last.year + 1)) - known
        if not years:
            try:
                due_day(policy.calendar, terms.settlement, last)
            except ConfigurationError:
                if last.year + 1 in known:
                    raise
                years = {last.year + 1}
        if years:
            found[name] = sorted(years)
    return found


def without_holidays(policy: ReconciliationPolicy) -> list[int]:
    """Return the years that the calendar lists without one holiday: nobody decreed such a year, so due days would be wrong."""
    counted = any(terms.settlement is not None and terms.settlement.counted == "T" for terms in policy.accounts.values())
    return sorted(policy.calendar.years - {day.year for day in policy.calendar.holidays}) if counted else []


def settlements_of(
    policy: ReconciliationPolicy, days: Iterable[DayTotals], receipts: Iterable[Receipt], today: date
) -> list[Settlement]:
    """Put together what is due and what came, by account, due day and currency, in this order.

    Raises:
        ConfigurationError: the calendar does not reach so far.
    """
    due: dict[tuple[str, date, str], tuple[int, list[date]]] = {}
    for one in days:
        terms = policy.accounts.get(one.account)
        if terms is None or terms.settlement is None:
            continue
        on = due_day(policy.calendar, terms.settlement, one.day)
        for currency, amount in expected_of(terms, one.totals).items():
            before, which = due.get((one.account, on, currency), (0, []))
            due[one.account, on, currency] = (before + amount, [*which, one.day])
    came: dict[tuple[str, date, str], int] = {}
    for receipt in receipts:
        place = (receipt.account, receipt.for_day, receipt.amount.currency)
        came[place] = came.get(place, 0) + receipt.amount.amount
    return [_settlement(place, due.get(place), came.get(place), today) for place in sorted({*due, *came})]


def _settlement(place: tuple[str, date, str], due: tuple[int, list[date]] | None, came: int | None, today: date) -> Settlement:
    account, on, currency = place
    expected, days = due or (0, [])
    if came is None and expected:
        state = SettlementState.WAITING if today <= on else SettlementState.OVERDUE
    elif due is None:
        state = SettlementState.UNEXPECTED
    else:
        state = SettlementState.RECEIVED if (came or 0) == expected else SettlementState.DIFFERENT
    return Settlement(
        account=account,
        due_on=on,
        days=tuple(sorted(days)),
        expected=Money(expected, currency),
        received=Money(came or 0, currency),
        state=state,
    )


class Receipts:
    """The book of what was received."""

    def __init__(self, journal: Journal) -> None:
        """Use the tables that ``Reconciliation`` made."""
        self.journal = journal

    def record(
        self, account: str, amount: Money, *, received_on: date, reference: str, who: str, for_day: date | None = None
    ) -> Receipt:
        """Write down what was received; ``reference`` is the bank's own number of it, and the same one again changes nothing.

        Raises:
            InvalidRequestError: a name is missing, the amount is none that is paid, or the reference stands for something else.
            JournalUnavailableError: it could not be written.
        """
        words, person, now = named(reference, "reference"), named(who), self.journal.now()
        if abs(amount.amount) > MOST:
            raise InvalidRequestError.because(
                f"到账金额超过 {MOST}（最小货币单位）；请与银行流水核对",
                f"the amount received is more than {MOST} minor units: compare it with the bank's statement",
                field="amount",
            )
        meant = for_day or received_on
        values = (account, received_on.isoformat(), meant.isoformat(), amount.currency, amount.amount, words)

        def work(cursor: Cursor) -> Receipt:
            cursor.run(
                "INSERT INTO reconciliation_receipts (account, received_on, for_day, currency, amount, reference, who, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, reference) DO NOTHING",
                (*values, person, now),
            )
            found = _receipts(cursor, "account = ? AND reference = ?", (account, words))[0]
            if (found.received_on, found.for_day, found.amount) != (received_on, meant, amount):
                raise InvalidRequestError.because(
                    f"流水号 {words} 已登记为另一笔到账；请核对",
                    f"the reference {words} stands for another receipt already: compare them",
                    field="reference",
                )
            return found

        return self.journal.store.write(work)

    def receipts(self, *, account: str | None = None) -> list[Receipt]:
        """Return what was received, in order."""
        condition, values = ("account = ?", (account,)) if account is not None else ("1 = 1", ())
        return self.journal.store.read(lambda cursor: _receipts(cursor, condition, values))


def _receipts(cursor: Cursor, condition: str, values: tuple[str, ...]) -> list[Receipt]:
    rows = cursor.rows(
        "SELECT id, account, received_on, for_day, currency, amount, reference, who, at FROM reconciliation_receipts "  # noqa: S608
        f"WHERE {condition} ORDER BY id",
        values,
    )
    found = []
    for number, account, received, meant, currency, amount, reference, who, at in rows:
        when = moment(at)
        assert when is not None  # noqa: S101  the column is never null
        found.append(Receipt(
            id=number, account=account, received_on=date.fromisoformat(received), for_day=date.fromisoformat(meant),
            amount=Money(amount, currency), reference=reference, who=who, at=when,
        ))  # fmt: skip
    return found
