"""Derives from the postings alone what the books should say, and tells every difference: balances, days, credit, reservations."""

from collections.abc import Iterator

from payment_channels.business.funding.books import NAMES, Books
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

_PURSE = ("account", "merchant", "currency")
_POSTED = ", ".join(f"COALESCE(SUM(CASE WHEN p.book = '{name}' THEN p.amount END), 0) AS {name}" for name in NAMES)
# What is kept as a sum, by which columns, and what these are called in an entry.
_KEPT = (
    ("the balance", "fund_balances", _PURSE, _PURSE),
    ("the day", "fund_days", (*_PURSE, "day", "kind"), (*_PURSE, "day", "kind")),
    ("the order", "fund_reservations", (*_PURSE, "kind", "merchant_id"), (*_PURSE, "order_kind", "order_number")),
)


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
    """Compare each sum that is kept with its postings; the database compares, and tells the differences alone."""
    for what, table, kept, posted in _KEPT:
        names, width = ", ".join(f"e.{name}" for name in posted), len(kept)
        given = " WHERE e.order_number IS NOT NULL" if "order_number" in posted else ""
        made = f"SELECT {names}, {_POSTED} FROM fund_entries e JOIN fund_postings p ON p.entry_id = e.id{given} GROUP BY {names}"  # noqa: S608
        on = " AND ".join(f"k.{one} = m.{other}" for one, other in zip(kept, posted, strict=True))
        place = ", ".join(f"k.{name}" for name in kept)
        both = ", ".join([*(f"k.{name}" for name in NAMES), *(f"COALESCE(m.{name}, 0)" for name in NAMES)])
        differs = " OR ".join(f"k.{name} <> COALESCE(m.{name}, 0)" for name in NAMES)
        for row in cursor.rows(f"SELECT {place}, {both} FROM {table} k LEFT JOIN ({made}) m ON {on} WHERE {differs}"):  # noqa: S608
            says, postings = Books.of(row[width : width + len(NAMES)]), Books.of(row[width + len(NAMES) :])
            yield f"{what} of {', '.join(row[:width])} says {says}, and its postings {postings}"
        missing = ", ".join(f"m.{name}" for name in posted)
        absent = f"SELECT {missing} FROM ({made}) m LEFT JOIN {table} k ON {on} WHERE k.account IS NULL"  # noqa: S608
        for row in cursor.rows(absent):
            yield f"{what} of {', '.join(row)} is missing, and there are postings of it"


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
