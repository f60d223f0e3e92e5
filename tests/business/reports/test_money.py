"""Funding and reconciliation in a report: balances and movements, alarms, fees, bills missing, differences, settlements."""

from datetime import date, datetime, timedelta

import pytest

from payment_channels import BillRow, BillRowKind, Money, Outcome
from payment_channels.business.calendar import BEIJING, BusinessCalendar
from payment_channels.business.funding import AccountFunding, Funding, FundingPolicy
from payment_channels.business.reconciliation import (
    AccountTerms,
    FeeTerms,
    Reconciliation,
    ReconciliationPolicy,
    SettlementTerms,
)
from payment_channels.business.reports import Period, report
from payment_channels.journal import Journal
from tests.business.reports.seeded import order, reserved, sent
from tests.business.reports.test_counted import rows_of
from tests.business.ticking import Ticking

DAY = date(2026, 3, 5)


def terms(**changes: object) -> ReconciliationPolicy:
    fields = {"since": DAY, "settlement": SettlementTerms(), "fees": {"payment": FeeTerms(fixed=2)}} | changes
    account = AccountTerms.model_validate(fields)
    return ReconciliationPolicy(accounts={"shop": account}, calendar=BusinessCalendar(years=frozenset({2026})))


def in_force(room: Reconciliation, policy: ReconciliationPolicy) -> None:
    room.policies.put_in_force(room.policies.propose(policy, who="Zhang", why="test").number, who="Li")


def row(number: str, fen: int, fee: int, at: datetime) -> BillRow:
    return BillRow(
        kind=BillRowKind.PAYMENT, incoming=True, amount=Money(fen), merchant_order_id=number, channel_order_id=f"c{number}",
        fee=Money(fee), at=at, business_date=DAY, status="SUCCESS",
    )  # fmt: skip


def test_a_residual_is_told_and_what_it_funded(journal: Journal, clock: Ticking) -> None:
    funds = Funding(journal)
    funds.paid_in("tea", "cib-fund", Money(1000), reference="in-1", who="Zhang")
    for number, outcome in (("payout0001", Outcome.FAILED), ("payout0002", Outcome.SUCCEEDED), ("payout0003", Outcome.UNKNOWN)):
        asked = order("payout", number, {"payout0001": 400, "payout0002": 150, "payout0003": 50}[number], clock())
        reserved(funds, "cib-fund", "tea", asked)
        funds.follow(sent(journal, "cib-fund", asked, outcome))
        clock.move(timedelta(days=1))
    made = report(journal, Period(DAY, DAY + timedelta(days=1)))
    (told,) = rows_of(made, "funding")
    assert {name: told[name] for name in ("available", "reserved", "residual", "residual_added", "residual_used")} == {
        "available": Money(600),
        "reserved": Money(0),
        "residual": Money(250),
        "residual_added": Money(400),
        "residual_used": Money(150),
    }
    assert (told["paid_in"], told["spent"]) == (Money(1000), Money(150))
    (told,) = rows_of(report(journal, Period.day(DAY + timedelta(days=2))), "funding")
    assert (told["available"], told["reserved"], told["residual"]) == (Money(600), Money(50), Money(200))
    assert (told["paid_in"], told["spent"], told["residual_used"]) == (Money(0), Money(0), Money(50))


def test_alarms_are_told_in_amounts_that_people_read(journal: Journal) -> None:
    funds = Funding(journal)
    policy = FundingPolicy(accounts={"cib-fund": AccountFunding(alarm=500_00, stop=100_00)})
    funds.policies.put_in_force(funds.policies.propose(policy, who="Zhang", why="test").number, who="Li")
    funds.paid_in("tea", "cib-fund", Money(99_99), reference="in-1", who="Zhang")
    made = report(journal, Period.day(DAY))
    (told,) = rows_of(made, "funding_alarms")
    assert (told["alarm"], told["amount"], told["limit"]) == ("below the stop: routing sends no more", Money(9999), Money(10000))
    figure = next(one for one in made.figures if one.title.en == "Funding alarms now")
    assert (figure.value, figure.alarm) == (1, True)


def test_bills_fees_differences_and_settlements_are_told(journal: Journal, clock: Ticking) -> None:
    room = Reconciliation(journal)
    in_force(room, terms())
    for number in ("payment0001", "payment0002"):
        sent(journal, "shop", order("payment", number, 500, clock()), Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    at = clock()
    clock.at = datetime(2026, 3, 6, 9, 59, tzinfo=BEIJING)
    assert rows_of(report(journal, Period.day(DAY)), "bills_missing") == []
    clock.move(timedelta(minutes=1))
    made = report(journal, Period.day(DAY))
    (told,) = rows_of(made, "bills_missing")
    assert (told["account"], told["day"], told["status"]) == ("shop", DAY, "nobody has asked")
    assert next(one for one in made.figures if one.title.en == "Bills missing now").alarm

    room.run("shop", DAY, [row("payment0001", 500, 2, at), row("payment0002", 501, 2, at)])
    made = report(journal, Period.day(DAY))
    assert rows_of(made, "bills_missing") == []
    (told,) = rows_of(made, "fees")
    assert (told["kind"], told["rows"], told["amount"], told["fee"]) == ("payments", 2, Money(1001), Money(4))
    (told,) = rows_of(made, "differences")
    assert (told["class"], told["state"], told["cases"], told["oldest"]) == ("AMOUNT", "open", 1, DAY)
    (told,) = rows_of(made, "settlements")
    assert (told["due_on"], told["expected"], told["received"], told["state"]) == (
        date(2026, 3, 6),
        Money(997),
        Money(0),
        "not due yet",
    )
    room.receipts.record("shop", Money(990), received_on=date(2026, 3, 6), reference="b1", who="Zhang")
    (told,) = rows_of(report(journal, Period.day(date(2026, 3, 20))), "settlements")
    assert (told["difference"], told["state"]) == (Money(-7), "something else was received")


def test_of_each_day_the_last_bill_counts(journal: Journal, clock: Ticking) -> None:
    room = Reconciliation(journal)
    in_force(room, terms())
    for number in ("payment0001", "payment0002"):
        sent(journal, "shop", order("payment", number, 500, clock()), Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    rows = [row("payment0001", 500, 2, clock()), row("payment0002", 500, 2, clock())]
    room.run("shop", DAY, rows[:1])
    room.run("shop", DAY, rows)
    (told,) = rows_of(report(journal, Period.day(DAY)), "fees")
    assert (told["rows"], told["amount"], told["fee"]) == (2, Money(1000), Money(4))


def test_a_settlement_that_is_in_order_concerns_its_own_days_alone(journal: Journal, clock: Ticking) -> None:
    room = Reconciliation(journal)
    in_force(room, terms())
    sent(journal, "shop", order("payment", "payment0001", 500, clock()), Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    room.run("shop", DAY, [row("payment0001", 500, 2, clock())])
    room.receipts.record("shop", Money(498), received_on=date(2026, 3, 6), reference="b1", who="Zhang")
    for day, told in ((4, 0), (5, 1), (6, 1), (7, 0)):
        assert len(rows_of(report(journal, Period.day(date(2026, 3, day))), "settlements")) == told


def test_a_fee_that_the_file_writes_below_zero_was_charged(journal: Journal, clock: Ticking) -> None:
    room = Reconciliation(journal)
    in_force(room, terms(charged_fee_is="negative"))
    sent(journal, "shop", order("payment", "payment0001", 500, clock()), Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    room.run("shop", DAY, [row("payment0001", 500, -2, clock())])
    (told,) = rows_of(report(journal, Period.day(DAY)), "fees")
    assert told["fee"] == Money(2)


def test_a_calendar_that_ends_too_soon_is_told_and_spoils_no_report(journal: Journal, clock: Ticking) -> None:
    room = Reconciliation(journal)
    in_force(room, terms().model_copy(update={"calendar": BusinessCalendar()}))
    sent(journal, "shop", order("payment", "payment0001", 500, clock()), Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    room.run("shop", DAY, [row("payment0001", 500, 2, clock())])
    made = report(journal, Period.day(DAY))
    (sheet,) = (one for one in made.sheets if one.name == "settlements")
    assert "has no 2026" in sheet.empty.en


@pytest.mark.parametrize("name", ["funding", "funding_alarms", "fees", "bills_missing", "differences", "settlements"])
def test_rooms_that_were_never_used_say_nothing(journal: Journal, name: str) -> None:
    assert rows_of(report(journal, Period.day(DAY)), name) == []
