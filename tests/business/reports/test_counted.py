"""What is counted, on both databases: by place, ending, code, hour and age; a day begins and ends at Beijing's midnight."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payment_channels import InvalidRequestError, Money, OriginalPayment, Outcome, RefundOrder, Verb
from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports import Period, Rate, Report, report
from payment_channels.business.routing.assignments import Assignments, AssignmentState
from payment_channels.journal import Journal, KeyRing, SqliteStore
from payment_channels.journal.folding import Finding, Source
from payment_channels.model.prepared import Prepared
from tests.business.reports.seeded import LEASE, assigned, order, seed, sent
from tests.business.ticking import Ticking
from tests.journal.scripted import told

DAY = date(2026, 3, 5)


def rows_of(made: Report, name: str) -> list[dict[str, Any]]:
    """A sheet's rows by the names of its columns, words in English."""
    (sheet,) = (one for one in made.sheets if one.name == name)
    names = [column.name for column in sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for row in sheet.rows]
    return [{name: getattr(cell, "en", cell) for name, cell in row.items()} for row in rows]


def payout(journal: Journal, number: int, outcome: Outcome | None, code: str | None = None, fen: int = 100) -> None:
    sent(journal, "cib-fund", order("payout", f"payout{number:04d}", fen, journal.clock()), outcome, code)


def test_a_success_rate_counts_final_orders_and_shows_the_others_apart(journal: Journal) -> None:
    outcomes = [
        (Outcome.SUCCEEDED, None),
        (Outcome.SUCCEEDED, None),
        (Outcome.FAILED, "PAYEE_NAME_MISMATCH"),
        (Outcome.FAILED, "RATE_LIMITED"),
        (Outcome.RETURNED, None),
        (Outcome.PENDING, None),
        (Outcome.UNKNOWN, None),
        (None, None),
    ]
    for number, (outcome, code) in enumerate(outcomes):
        payout(journal, number, outcome, code, fen=100 + number)
    (row,) = rows_of(report(journal, Period.day(DAY)), "by_account")
    assert (row["account"], row["channel"], row["kind"]) == ("cib-fund", "cib", "payouts")
    assert (row["orders"], row["success_rate"]) == (8, Rate(2, 5))
    counts = {name: row[name] for name in ("succeeded", "business", "technical", "other", "returned", "pending", "unknown")}
    assert counts == {"succeeded": 2, "business": 1, "technical": 1, "other": 0, "returned": 1, "pending": 1, "unknown": 2}
    assert (row["amount_ordered"], row["amount_succeeded"]) == (Money(828), Money(201))


def test_each_currency_stands_in_a_row_of_its_own(journal: Journal) -> None:
    payout(journal, 1, Outcome.SUCCEEDED)
    asked = order("payout", "payout0002", 1, journal.clock()).model_copy(update={"amount": Money(7, "HKD")})
    sent(journal, "cib-fund", asked, Outcome.SUCCEEDED)
    rows = rows_of(report(journal, Period.day(DAY)), "by_account")
    assert [row["amount_ordered"] for row in rows] == [Money(100), Money(7, "HKD")]


def test_a_day_is_beijings(journal: Journal, clock: Ticking) -> None:
    midnight = datetime(2026, 3, 5, tzinfo=BEIJING)
    smallest = timedelta(microseconds=1)
    for number, at in enumerate(
        (midnight - smallest, midnight, midnight + timedelta(days=1) - smallest, midnight + timedelta(days=1))
    ):
        clock.at = at
        payout(journal, number, Outcome.SUCCEEDED, fen=10**number)
    (row,) = rows_of(report(journal, Period.day(DAY)), "by_account")
    assert row["amount_ordered"] == Money(110)
    assert [row["begins"] for row in rows_of(report(journal, Period.day(DAY)), "course")] == ["00:00", "23:00"]
    three = report(journal, Period(date(2026, 3, 4), date(2026, 3, 6)))
    assert [(row["begins"], row["orders"]) for row in rows_of(three, "course")] == [
        ("2026-03-04", 1),
        ("2026-03-05", 2),
        ("2026-03-06", 1),
    ]


def test_failures_are_told_by_code_and_what_people_concluded_has_none(journal: Journal) -> None:
    for number, code in enumerate(("RATE_LIMITED", "PAYEE_NAME_MISMATCH", "RATE_LIMITED")):
        payout(journal, number, Outcome.FAILED, code)
    payout(journal, 7, Outcome.UNKNOWN)
    key = sent(journal, "cib-fund", order("payout", "payout0008", 1, journal.clock()), Outcome.UNKNOWN)
    journal.decided(key, Outcome.FAILED, who=("Zhang", "Li"), why="seen on the statement")
    rows = rows_of(report(journal, Period.day(DAY)), "failure_codes")
    told = [(row["canonical"], row["decline"], row["orders"], row["share"]) for row in rows]
    assert told[0] == ("RATE_LIMITED", "technical declines", 2, Rate(2, 4))
    assert (
        sorted(told[1:], key=str)
        == [
            (None, "other failures", 1, Rate(1, 4)),
            ("PAYEE_NAME_MISMATCH", "business declines", 1, Rate(1, 4)),
        ][::-1]
    )


def test_an_order_that_failed_over_counts_once_for_its_merchant_and_at_each_account(journal: Journal) -> None:
    first, second = (order("payout", number, 500, journal.clock()) for number in ("payout0001", "payout0001-2"))
    sent(journal, "cib-fund", first, Outcome.FAILED, "RATE_LIMITED")
    sent(journal, "allinpay-fund", second, Outcome.SUCCEEDED)
    assigned(journal, "tea-house", "cib-fund", first)
    assigned(journal, "tea-house", "allinpay-fund", second, order_id="payout0001", attempt=2)
    payout(journal, 7, Outcome.SUCCEEDED, fen=3)
    made = report(journal, Period.day(DAY))
    merchants = {row["merchant"]: row for row in rows_of(made, "by_merchant")}
    assert {name: (row["success_rate"], row["amount_ordered"]) for name, row in merchants.items()} == {
        "tea-house": (Rate(1, 1), Money(500)),
        None: (Rate(1, 1), Money(3)),
    }
    accounts = {row["account"]: row["success_rate"] for row in rows_of(made, "by_account")}
    assert accounts == {"cib-fund": Rate(1, 2), "allinpay-fund": Rate(1, 1)}
    both = {(row["merchant"], row["account"]): row["success_rate"] for row in rows_of(made, "by_merchant_and_account")}
    assert both[None, "cib-fund"] == both["tea-house", "allinpay-fund"] == Rate(1, 1)
    assert both["tea-house", "cib-fund"] == Rate(0, 1)
    assert [(row["canonical"], row["merchant"]) for row in rows_of(made, "failure_codes")] == [("RATE_LIMITED", "tea-house")]


def test_what_was_taken_away_before_it_left_has_not_failed(journal: Journal) -> None:
    asked = order("payout", "payout0001", 500, journal.clock())
    opening = journal.begin("cib-fund", Prepared(channel="cib", order=asked, prepared_at=journal.clock()), LEASE)
    journal.not_sent(opening, "CHANNEL_UNREACHABLE")
    assigned(journal, "tea-house", "cib-fund", asked)
    book = Assignments(journal)
    held = book.assignment_of(opening.key)
    assert held is not None
    journal.concluded(opening.key, Outcome.FAILED, "abandoned")
    journal.store.write(lambda cursor: book.change(cursor, held, AssignmentState.ABANDONED))
    made = report(journal, Period.day(DAY))
    (row,) = rows_of(made, "by_account")
    assert (row["not_sent"], row["other"], row["success_rate"]) == (1, 0, Rate(0, 0))
    assert rows_of(made, "failure_codes") == []
    assert [row["not_sent"] for row in rows_of(made, "course")] == [1]


def test_a_refund_is_its_payments_merchants(journal: Journal) -> None:
    paid = order("payment", "payment0001", 500, journal.clock())
    sent(journal, "wechat-main", paid, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    assigned(journal, "tea-house", "wechat-main", paid)
    original = OriginalPayment(merchant_order_id="payment0001", ordered_at=journal.clock(), amount=Money(500))
    refund = RefundOrder(merchant_refund_id="refund0001", ordered_at=journal.clock(), original=original, amount=Money(200))
    journal.begin("wechat-main", Prepared(channel="wechat", order=refund, prepared_at=journal.clock()), LEASE)
    rows = rows_of(report(journal, Period.day(DAY)), "by_merchant")
    assert [(row["merchant"], row["kind"], row["amount_ordered"]) for row in rows] == [
        ("tea-house", "payments", Money(500)),
        ("tea-house", "refunds", Money(200)),
    ]


def test_no_merchants_are_made_up(journal: Journal) -> None:
    payout(journal, 1, Outcome.SUCCEEDED)
    made = report(journal, Period.day(DAY))
    assert rows_of(made, "by_merchant") == rows_of(made, "by_merchant_and_account") == []


def test_open_orders_are_told_by_age_whatever_day_they_are_of(journal: Journal, clock: Ticking) -> None:
    now = clock.at
    spans = (
        timedelta(minutes=5), timedelta(minutes=4, seconds=59), timedelta(hours=1), timedelta(days=1), timedelta(days=5),
        timedelta(days=40),
    )  # fmt: skip
    for number, span in enumerate(sorted(spans, reverse=True)):
        clock.at = now - span
        payout(journal, number, Outcome.UNKNOWN, fen=10)
    clock.at = now
    payout(journal, 9, Outcome.PENDING, fen=3)
    made = report(journal, Period.day(date(2026, 2, 1)))
    pending, unknown = rows_of(made, "open_by_age")
    names = ("under_5_min", "from_5_min", "from_1_hour", "from_1_day", "from_5_days")
    assert (pending["state"], [pending[name] for name in names], pending["amount"]) == ("pending", [1, 0, 0, 0, 0], Money(3))
    assert (unknown["state"], [unknown[name] for name in names], unknown["amount"]) == ("unknown", [1, 1, 1, 1, 2], Money(60))
    assert unknown["oldest"] == now - timedelta(days=40)
    ages = [row["age"] for row in rows_of(made, "oldest_open")]
    assert ages == sorted(ages, reverse=True)
    assert ages[0] == timedelta(days=40)
    assert rows_of(made, "by_account") == []


def test_the_age_of_an_order_counts_from_when_it_was_written_down(journal: Journal, clock: Ticking) -> None:
    key = sent(journal, "cib-fund", order("payout", "payout0001", 100, clock()), None)
    clock.move(timedelta(hours=2))
    journal.found(key, Finding(Source.QUERIED, Outcome.PENDING, 1), told(Verb.QUERY_PAYOUT, Outcome.PENDING))
    clock.move(timedelta(minutes=3))
    made = report(journal, Period.day(DAY))
    assert [row["age"] for row in rows_of(made, "oldest_open")] == [timedelta(hours=2, minutes=3)]
    assert [row["from_1_hour"] for row in rows_of(made, "open_by_age")] == [1]


def test_a_rate_is_rounded_down_and_of_nothing_there_is_none() -> None:
    assert [Rate(99_999, 100_000).text, Rate(1, 1).text, Rate(2, 3).text, Rate(0, 0).text] == [
        "99.99 %",
        "100.00 %",
        "66.66 %",
        "—",
    ]


@pytest.mark.parametrize(("first", "last"), [(date(2026, 3, 5), date(2026, 3, 4)), (date(2025, 1, 1), date(2026, 1, 2))])
def test_what_is_no_period_is_refused(first: date, last: date) -> None:
    with pytest.raises(InvalidRequestError):
        Period(first, last)


def test_the_tables_agree_with_each_other(tmp_path: Path, clock: Ticking) -> None:
    store = SqliteStore(tmp_path / "journal.sqlite3")
    journal = Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
    seed(journal, clock, datetime(2026, 3, 5, tzinfo=BEIJING), orders=120)
    made = report(journal, Period.day(DAY))
    store.close()
    names = ("orders", "succeeded", "business", "technical", "other", "returned", "pending", "unknown")
    sums = {
        sheet: {name: sum(row[name] for row in rows_of(made, sheet)) for name in names}
        for sheet in ("by_merchant", "by_account", "by_merchant_and_account", "course")
    }
    assert sums["by_account"]["orders"] == 122
    assert all(told == sums["by_account"] for told in sums.values())
    told = sums["by_account"]
    failures = rows_of(made, "failure_codes")
    assert sum(row["orders"] for row in failures) == told["business"] + told["technical"] + told["other"] > 5
    assert {row["share"].whole for row in failures} == {sum(row["orders"] for row in failures)}
    open_ones = sum(row["orders"] for row in rows_of(made, "open_by_age"))
    assert open_ones == told["pending"] + told["unknown"] == len(rows_of(made, "oldest_open"))
    for name in ("amount_ordered", "amount_succeeded"):
        amounts = [sum(row[name].amount for row in rows_of(made, sheet)) for sheet in sums if sheet != "course"]
        assert len(set(amounts)) == 1
