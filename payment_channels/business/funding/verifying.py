"""Derives from the postings alone what the books should say, and tells every difference: balances, days, credit, reservations."""

from collections.abc import Iterator
from typing import Any

from payment_channels.business.funding.books import COLUMNS, NAMES, Books
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

Sums = dict[tuple[Any, ...], Books]
_PURSE = ("account", "merchant", "currency")
_DAY = (*_PURSE, "day", "kind")
_ORDER = (*_PURSE, "order_kind", "order_number")
_POSTED = ", ".join(f"COALESCE(SUM(CASE WHEN p.book = '{name}' THEN p.amount END), 0)" for name in NAMES)


def faults(journal: Journal) -> list[str]:
    """Return every difference, each as a sentence; none where the books are as their postings make them."""

    def read(cursor: Cursor) -> list[str]:
        return [*_entries(cursor), *_sums(cursor), *_credit(cursor), *_reserved(cursor)]

    return journal.store.read(read)


def _entries(cursor: Cursor) -> Iterator[str]:
    for entry, total in cursor.rows("SELECT entry_id, SUM(amount) FROM fund_postings GROUP BY entry_id HAVING SUM(amount) <> 0"):
        yield f"entry {entry}: its postings sum to {total}"
    text = "SELECT id FROM fund_entries e WHERE NOT EXISTS (SELECT 1 FROM fund_postings p WHERE p.entry_id = e.id)"
    for (entry,) in cursor.rows(text):
        yield f"entry {entry}: it has no postings"


def _sums(cursor: Cursor) -> Iterator[str]:
    for what, kept, columns in (
        ("the balance", _kept(cursor, "fund_balances", _PURSE), _PURSE),
        ("the day", _kept(cursor, "fund_days", _DAY), _DAY),
        ("the order", _kept(cursor, "fund_reservations", (*_PURSE, "kind", "merchant_id")), _ORDER),
    ):
        posted = _posted(cursor, columns)
        for place in sorted(kept.keys() | posted.keys()):
            if kept.get(place, Books()) != posted.get(place, Books()):
                yield f"{what} of {', '.join(place)} says {kept.get(place)}, and its postings {posted.get(place)}"


def _kept(cursor: Cursor, table: str, columns: tuple[str, ...]) -> Sums:
    rows = cursor.rows(f"SELECT {', '.join(columns)}, {COLUMNS} FROM {table}")  # noqa: S608  our own words
    return {tuple(row[: len(columns)]): Books.of(row[len(columns) :]) for row in rows}


def _posted(cursor: Cursor, columns: tuple[str, ...]) -> Sums:
    names = ", ".join(f"e.{name}" for name in columns)
    given = " WHERE e.order_number IS NOT NULL" if columns is _ORDER else ""
    text = f"SELECT {names}, {_POSTED} FROM fund_entries e JOIN fund_postings p ON p.entry_id = e.id{given} GROUP BY {names}"  # noqa: S608
    return {tuple(row[: len(columns)]): Books.of(row[len(columns) :]) for row in cursor.rows(text)}


def _credit(cursor: Cursor) -> Iterator[str]:
    kept = {
        (account, currency): int(used)
        for account, currency, used in cursor.rows("SELECT account, currency, used FROM fund_credit")
    }
    text = (
        "SELECT account, currency, SUM(CASE WHEN available < 0 THEN -available ELSE 0 END) FROM fund_balances "
        "GROUP BY account, currency"
    )
    for account, currency, used in cursor.rows(text):
        if int(used) != kept.get((account, currency), 0):
            yield f"the credit of {account} in {currency} says {kept.get((account, currency), 0)}, and its balances {used}"


def _reserved(cursor: Cursor) -> Iterator[str]:
    """What is reserved is reserved for somebody's order."""
    text = "SELECT account, merchant, currency, SUM(reserved) FROM {table} GROUP BY account, merchant, currency"
    kept, held = (
        {tuple(row[:3]): int(row[3]) for row in cursor.rows(text.format(table=table)) if row[3]}
        for table in ("fund_balances", "fund_reservations")
    )
    for place in sorted(kept.keys() | held.keys()):
        if kept.get(place) != held.get(place):
            yield f"reserved of {', '.join(place)}: the balance says {kept.get(place, 0)}, the orders {held.get(place, 0)}"
