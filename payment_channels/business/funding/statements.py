"""Statements: what each merchant has in each channel account, by day and accumulated, and the entries behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from payment_channels.business.funding.books import COLUMNS, NAMES, Books
from payment_channels.business.funding.ledger import EntryKind, Purse
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor

_SUMS = ", ".join(f"SUM({name})" for name in NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Which purses are meant: None means all."""

    account: str | None = None
    merchant: str | None = None
    currency: str | None = None

    @property
    def condition(self) -> tuple[str, list[str]]:
        """The condition that a table's rows meet, and its values."""
        asked = {"account": self.account, "merchant": self.merchant, "currency": self.currency}
        given = {name: value for name, value in asked.items() if value is not None}
        return " AND ".join(["1 = 1", *(f"{name} = ?" for name in given)]), list(given.values())


@dataclass(frozen=True, slots=True)
class Balance:
    """What is in a purse now."""

    purse: Purse
    books: Books


@dataclass(frozen=True, slots=True)
class Movement:
    """All entries of one kind on one day, together."""

    kind: EntryKind
    entries: int
    change: Books


@dataclass(frozen=True, slots=True)
class Statement:
    """One purse on one Beijing day: ``opening`` and ``closing`` are accumulated, the movements are the day's."""

    purse: Purse
    day: date
    opening: Books
    movements: Sequence[Movement]

    @property
    def change(self) -> Books:
        """All that the day moved."""
        return sum((one.change for one in self.movements), Books())

    @property
    def closing(self) -> Books:
        """What there was at the day's end."""
        return self.opening + self.change


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """One entry of the ledger with its postings."""

    id: int
    purse: Purse
    kind: EntryKind
    at: datetime
    key: OrderKey | None
    reference: str | None
    who: str | None
    note: str | None
    change: Books


def balances(journal: Journal, whose: Whose = Whose()) -> list[Balance]:
    """Return what is in each purse now."""
    condition, values = whose.condition
    text = (
        f"SELECT merchant, account, currency, {COLUMNS} FROM fund_balances WHERE {condition} ORDER BY account, merchant, currency"  # noqa: S608
    )
    rows = journal.store.read(lambda cursor: cursor.rows(text, values))
    return [Balance(Purse(*row[:3]), Books.of(row[3:])) for row in rows]


def statements(journal: Journal, day: date, whose: Whose = Whose()) -> list[Statement]:
    """Return a day's statement of each purse that ever had anything until then."""
    condition, values = whose.condition
    of = "merchant, account, currency"

    def read(cursor: Cursor) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        before = f"SELECT {of}, {_SUMS} FROM fund_days WHERE day < ? AND {condition} GROUP BY {of}"  # noqa: S608  our own words
        during = f"SELECT {of}, kind, entries, {COLUMNS} FROM fund_days WHERE day = ? AND {condition} ORDER BY kind"  # noqa: S608
        asked = [day.isoformat(), *values]
        return cursor.rows(before, asked), cursor.rows(during, asked)

    before, during = journal.store.read(read)
    openings = {_purse(row): Books.of(row[3:]) for row in before}
    movements: dict[Purse, list[Movement]] = {}
    for row in during:
        kind, entries = EntryKind(str(row[3])), int(str(row[4]))
        movements.setdefault(_purse(row), []).append(Movement(kind, entries, Books.of(row[5:])))
    purses = sorted(openings.keys() | movements.keys(), key=lambda one: one.values)
    return [Statement(one, day, openings.get(one, Books()), movements.get(one, ())) for one in purses]


def entries(
    journal: Journal,
    whose: Whose = Whose(),
    *,
    day: date | None = None,
    key: OrderKey | None = None,
    limit: int = 1000,
) -> list[EntryRecord]:
    """Return entries in their order: of a day, of an order, or the first of all."""
    condition, values = whose.condition
    if day is not None:
        condition, values = f"{condition} AND day = ?", [*values, day.isoformat()]
    if key is not None:
        condition += " AND account = ? AND order_kind = ? AND order_number = ?"
        values = [*values, key.account, key.kind, key.merchant_id]
    columns = "id, merchant, account, currency, kind, at, order_kind, order_number, reference, who, note"
    chosen = f"SELECT {columns} FROM fund_entries WHERE {condition} ORDER BY id LIMIT ?"  # noqa: S608  our own words
    posted = f"SELECT p.entry_id, p.book, p.amount FROM fund_postings p JOIN ({chosen}) e ON e.id = p.entry_id"  # noqa: S608

    def read(cursor: Cursor) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        return cursor.rows(chosen, [*values, limit]), cursor.rows(posted, [*values, limit])

    rows, postings = journal.store.read(read)
    moved: dict[int, dict[str, int]] = {}
    for entry, book, amount in postings:
        moved.setdefault(int(str(entry)), {})[str(book)] = int(str(amount))
    return [_entry(row, Books(**moved.get(int(str(row[0])), {}))) for row in rows]


def _entry(row: tuple[object, ...], change: Books) -> EntryRecord:
    number, merchant, account, currency, kind, at, order_kind, order_number, reference, who, note = row
    found = moment(int(str(at)))
    assert found is not None  # noqa: S101  the column is never null
    return EntryRecord(
        id=int(str(number)),
        purse=Purse(str(merchant), str(account), str(currency)),
        kind=EntryKind(str(kind)),
        at=found,
        key=None if order_number is None else OrderKey(str(account), str(order_kind), str(order_number)),
        reference=None if reference is None else str(reference),
        who=None if who is None else str(who),
        note=None if note is None else str(note),
        change=change,
    )


def _purse(row: tuple[object, ...]) -> Purse:
    return Purse(str(row[0]), str(row[1]), str(row[2]))
