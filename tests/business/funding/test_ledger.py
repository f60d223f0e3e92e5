"""The ledger writes nothing that does not balance, and nothing that moves nothing."""

import pytest

from payment_channels.business.funding import Books, EntryKind, Funding, Purse, entries
from payment_channels.business.funding.ledger import Entry, lock, post
from payment_channels.journal.store import Cursor, JournalUnavailableError


@pytest.mark.parametrize("change", [Books(), Books(available=5), Books(available=5, reserved=-4), Books(outside=-5, spent=4)])
def test_an_entry_that_does_not_balance_is_never_written(funding: Funding, change: Books) -> None:
    store = funding.journal.store

    def work(cursor: Cursor) -> None:
        post(cursor, lock(store, cursor, Purse("tea", "shop")), change, Entry(kind=EntryKind.PAID_IN, at=funding.journal.now()))

    with pytest.raises((RuntimeError, JournalUnavailableError)) as refused:
        store.write(work)
    assert "sums to zero" in f"{refused.value}{refused.value.__cause__}"
    assert entries(funding.journal) == []
    assert funding.books("tea", "shop") == Books()


def test_books_are_added_and_compared_book_by_book() -> None:
    one, two = Books(-10, 7, 3), Books(0, -3, 0, 3)
    assert (one + two, one - one, -two) == (Books(-10, 4, 3, 3), Books(), Books(0, 3, 0, -3))
    assert (bool(Books()), bool(two), (one + two).total, one.in_the_channel) == (False, True, 0, 10)
