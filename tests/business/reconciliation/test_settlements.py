"""What is due and when, by each day's bill and the business calendar, against what was received."""

from datetime import date, timedelta

import pytest

from payment_channels import ConfigurationError, InvalidRequestError, Money
from payment_channels.business.calendar import BusinessCalendar
from payment_channels.business.reconciliation import AccountTerms, Reconciliation, SettlementState, SettlementTerms
from payment_channels.business.reconciliation.settling import due_day
from payment_channels.journal import Journal
from tests.business.reconciliation.planted import ACCOUNT, Planted, at, in_force
from tests.business.ticking import Ticking

# 2026-03-06 is a Friday.
FRIDAY = date(2026, 3, 6)
MONDAY = FRIDAY + timedelta(days=3)
YEAR = BusinessCalendar(years=frozenset({2026}))


def room_of(journal: Journal, calendar: BusinessCalendar = YEAR, **terms: object) -> Reconciliation:
    room = Reconciliation(journal)
    settlement = SettlementTerms(**terms)  # type: ignore[arg-type]
    in_force(room, AccountTerms(since=FRIDAY, settlement=settlement), calendar=calendar)
    return room


def three_days(room: Reconciliation) -> int:
    """A payment of 100.00 (fee 0.60) on each of Friday to Sunday, and a refund of 10.00 on Sunday; return Friday's net."""
    planted = Planted(3)
    planted.bills = {FRIDAY + timedelta(days=number): [] for number in range(3)}
    for day in planted.bills:
        planted.row(planted.order("payment", when=at(day, 12)) | {"amount": 10_000}, day)
    sunday = FRIDAY + timedelta(days=2)
    planted.row(planted.order("refund", when=at(sunday, 13)) | {"amount": 1_000}, sunday)
    for day, rows in planted.bills.items():
        room.run(ACCOUNT, day, rows)
    return 10_000 - 60


def test_workdays_gather_a_weekend_into_one_sum(journal: Journal) -> None:
    room = room_of(journal, counted="T", days=1)
    net = three_days(room)
    (one,) = room.settlements()
    assert (one.due_on, one.days) == (MONDAY, (FRIDAY, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=2)))
    assert one.expected == Money(3 * net - 1_000)


def test_each_day_is_due_on_the_workdays_after_it() -> None:
    holiday = YEAR.model_copy(update={"holidays": frozenset({MONDAY})})
    told = [
        (due_day(calendar, SettlementTerms(counted="T", days=days), day) - FRIDAY).days
        for calendar, days, day in (
            (YEAR, 0, FRIDAY), (YEAR, 0, MONDAY - timedelta(days=1)), (YEAR, 1, FRIDAY), (YEAR, 2, FRIDAY),
            (YEAR, 1, MONDAY - timedelta(days=1)), (YEAR, 1, MONDAY), (holiday, 1, FRIDAY), (holiday, 0, MONDAY),
        )
    ]  # fmt: skip
    assert told == [0, 3, 3, 4, 3, 4, 4, 4]


def test_plain_days_do_not(journal: Journal) -> None:
    room = room_of(journal, counted="D", days=1, less_fees=False)
    three_days(room)
    assert [(one.due_on - FRIDAY, one.expected.amount) for one in room.settlements()] == [
        (timedelta(days=1), 10_000),
        (timedelta(days=2), 10_000),
        (timedelta(days=3), 9_000),
    ]
    assert len(room.settlements(since=FRIDAY + timedelta(days=2))) == 2
    assert len(room.settlements(until=FRIDAY + timedelta(days=1))) == 1


def test_what_was_received_is_compared_to_the_fen(journal: Journal, clock: Ticking) -> None:
    room = room_of(journal)
    expected = 3 * three_days(room) - 1_000
    clock.at = at(MONDAY, 23, 59)
    assert room.settlements()[0].state is SettlementState.WAITING
    clock.at = at(MONDAY + timedelta(days=1), 0)
    assert room.settlements()[0].state is SettlementState.OVERDUE
    late = {"received_on": MONDAY + timedelta(days=1), "for_day": MONDAY, "who": "Zhang"}
    room.receipts.record(ACCOUNT, Money(expected - 1), reference="bank-1", **late)  # type: ignore[arg-type]
    (one,) = room.settlements()
    assert (one.state, one.difference) == (SettlementState.DIFFERENT, Money(-1))
    room.receipts.record(ACCOUNT, Money(1), reference="bank-2", **late)  # type: ignore[arg-type]
    assert room.settlements()[0].state is SettlementState.RECEIVED
    room.receipts.record(ACCOUNT, Money(7), received_on=FRIDAY, reference="bank-3", who="Zhang")
    assert [(one.due_on, one.state) for one in room.settlements()] == [
        (FRIDAY, SettlementState.UNEXPECTED),
        (MONDAY, SettlementState.RECEIVED),
    ]


def test_a_receipt_is_noted_once(journal: Journal) -> None:
    room = room_of(journal)
    first = room.receipts.record(ACCOUNT, Money(5), received_on=MONDAY, reference="bank-1", who="Zhang")
    assert room.receipts.record(ACCOUNT, Money(5), received_on=MONDAY, reference="bank-1", who="Li") == first
    with pytest.raises(InvalidRequestError, match="another receipt"):
        room.receipts.record(ACCOUNT, Money(6), received_on=MONDAY, reference="bank-1", who="Zhang")
    with pytest.raises(InvalidRequestError):
        room.receipts.record(ACCOUNT, Money(6), received_on=MONDAY, reference=" ", who="Zhang")
    assert room.receipts.receipts() == [first]


def test_the_last_run_of_a_day_counts(journal: Journal) -> None:
    room = room_of(journal)
    expected = 3 * three_days(room) - 1_000
    room.run(ACCOUNT, FRIDAY, [])
    assert room.settlements()[0].expected == Money(expected - 10_000 + 60)


def test_a_year_that_nobody_listed_is_not_guessed(journal: Journal) -> None:
    room = room_of(journal, BusinessCalendar())
    three_days(room)
    with pytest.raises(ConfigurationError, match="has no 2026"):
        room.settlements()
