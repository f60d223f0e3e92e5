"""Statements by day and accumulated, the entries behind them, and the proof that the books are what their postings make."""

from datetime import date, timedelta

import pytest

from payment_channels import InvalidRequestError, Money, Outcome
from payment_channels.business.funding import Books, EntryKind, Funding, ShortOfFundsError, Whose, balances, entries, statements
from payment_channels.journal import Journal
from tests.business.funding.conftest import Sent
from tests.business.ticking import Ticking

FIRST = date(2026, 3, 5)


@pytest.fixture
def two_days(funding: Funding, sent: Sent, clock: Ticking) -> Funding:
    """Ten in the morning of 5 March, and then 00:30 of the 6th in Beijing, which in UTC is still the 5th."""
    funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Zhang")
    sent("payout0001", 400, Outcome.SUCCEEDED)
    sent("payout0002", 100, Outcome.FAILED)
    clock.move(timedelta(hours=14, minutes=30))
    sent("payout0003", 150, Outcome.SUCCEEDED)
    funding.paid_in("rice", "shop", Money(70), reference="bank-2", who="Zhang")
    return funding


def test_a_statement_opens_where_the_day_before_closed(two_days: Funding, journal: Journal) -> None:
    (first,) = statements(journal, FIRST)
    assert (first.opening, first.closing) == (Books(), Books(-1000, 500, spent=400, residual=100))
    assert {one.kind: one.entries for one in first.movements} == {
        EntryKind.PAID_IN: 1, EntryKind.RESERVED: 2, EntryKind.SPENT: 1, EntryKind.FAILED: 1
    }  # fmt: skip
    rice, tea = statements(journal, FIRST + timedelta(days=1))
    assert (rice.purse.merchant, rice.opening, rice.closing) == ("rice", Books(), Books(-70, 70))
    assert (tea.opening, tea.closing) == (first.closing, two_days.books("tea", "shop"))
    assert tea.change == Books(available=-50, spent=150, residual=-100)
    (later,) = statements(journal, FIRST + timedelta(days=9), Whose(merchant="tea"))
    assert (later.opening, later.closing, later.movements) == (tea.closing, tea.closing, ())


def test_balances_and_entries_are_of_whom_is_asked_for(two_days: Funding, journal: Journal) -> None:
    assert [one.purse.merchant for one in balances(journal)] == ["rice", "tea"]
    assert balances(journal, Whose(account="another")) == []
    (came,) = entries(journal, Whose(merchant="rice"))
    assert (came.kind, came.reference, came.who, came.change) == (EntryKind.PAID_IN, "bank-2", "Zhang", Books(-70, 70))
    assert len(entries(journal, day=FIRST)) == 5
    reservation = two_days.reservation(next(one.key for one in entries(journal) if one.key is not None))
    assert reservation is not None
    told = [one.kind for one in entries(journal, key=reservation.key)]
    assert told == [EntryKind.RESERVED, EntryKind.SPENT]


def test_what_is_taken_out_past_the_sdk_needs_two_people_and_the_money(two_days: Funding) -> None:
    def take(fen: int, *people: str) -> Books:
        return two_days.taken_out("tea", "shop", Money(fen), reference="desk-1", people=people, why="end of contract")  # type: ignore[arg-type]

    with pytest.raises(InvalidRequestError, match="cannot check"):
        take(450, "Zhang", "zhang")
    with pytest.raises(ShortOfFundsError, match=r"4\.50 CNY is available and 4\.51 CNY would be taken out"):
        take(451, "Zhang", "Li")
    for _ in range(2):
        assert take(450, "Zhang", "Li") == Books(-550, 0, spent=550)
    with pytest.raises(InvalidRequestError, match="stands for another"):
        take(449, "Zhang", "Li")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("UPDATE fund_postings SET amount = amount + 1 WHERE book = 'spent'", "postings sum to 1"),
        ("UPDATE fund_balances SET available = available + 1, outside = outside - 1", "the balance of shop, tea"),
        ("UPDATE fund_days SET spent = spent + 1, fees = fees - 1 WHERE kind = 'spent'", "the day of shop, tea, CNY, 2026-03-05"),
        ("UPDATE fund_reservations SET reserved = 1, spent = spent - 1 WHERE merchant_id = 'payout0001'", "the orders 1"),
        ("DELETE FROM fund_postings", "it has no postings"),
        ("DELETE FROM fund_days WHERE kind = 'failed'", "the day of shop, tea, CNY, 2026-03-05, failed is missing"),
        ("INSERT INTO fund_credit (account, currency, used) VALUES ('shop', 'CNY', 7)", "the credit of shop in CNY says 7"),
    ],
)
def test_whatever_is_changed_in_the_books_is_found(two_days: Funding, text: str, fault: str) -> None:
    assert two_days.faults() == []
    two_days.journal.store.write(lambda cursor: cursor.run(text))
    assert fault in "\n".join(two_days.faults())


def test_the_database_itself_refuses_books_that_do_not_balance(two_days: Funding) -> None:
    store = two_days.journal.store
    with pytest.raises(Exception, match=r"(?i)constraint|JOURNAL_UNAVAILABLE"):
        store.write(lambda cursor: cursor.run("UPDATE fund_balances SET available = available + 1"))
    assert two_days.faults() == []
