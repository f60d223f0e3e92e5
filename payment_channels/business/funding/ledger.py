"""The double-entry ledger: the one place where postings are written, and balances and days with them."""

from dataclasses import dataclass
from enum import StrEnum

from payment_channels.business.amounts import spoken
from payment_channels.business.calendar import business_day
from payment_channels.business.funding.books import COLUMNS, NAMES, Books
from payment_channels.journal.records import OrderKey, moment
from payment_channels.journal.store import Cursor, Store
from payment_channels.model.refusals import InvalidRequestError

_MARKS = ", ".join("?" * len(NAMES))
_PLUS = ", ".join(f"{name} = fund_balances.{name} + excluded.{name}" for name in NAMES)
_PLUS_DAY = ", ".join(f"{name} = fund_days.{name} + excluded.{name}" for name in ("entries", *NAMES))
MOST = 10**17
"""Minor units in one book: all that a bank ever saw, and far from where a database would begin to round or to refuse."""


class EntryKind(StrEnum):
    """What an entry says has happened."""

    PAID_IN = "paid_in"  # 入金
    TAKEN_OUT = "taken_out"  # 出金, at the channel's own desk
    RESERVED = "reserved"  # 占用
    RELEASED = "released"  # nothing left, or nothing had been paid in for it
    SPENT = "spent"  # 已付
    FAILED = "failed"  # 失败: the money is a residual now
    RETURNED = "returned"  # 退票
    REVERSED = "reversed"  # 冲账
    CORRECTED = "corrected"  # what was believed final is not so
    BATCH = "batch"  # lines of a batch came to different ends


@dataclass(frozen=True, slots=True)
class Purse:
    """One merchant's money in one channel account, in one currency."""

    merchant: str
    account: str
    currency: str = "CNY"

    @property
    def values(self) -> tuple[str, str, str]:
        """Its columns: account, merchant, currency."""
        return self.account, self.merchant, self.currency


@dataclass(frozen=True, slots=True)
class Held:
    """A purse whose row this transaction has locked, and what is in it."""

    purse: Purse
    books: Books


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an entry says besides its postings. ``reference`` is somebody else's number of it, taken in once."""

    kind: EntryKind
    at: int
    key: OrderKey | None = None
    reference: str | None = None
    who: str | None = None
    note: str | None = None


def lock(store: Store, cursor: Cursor, purse: Purse) -> Held:
    """Lock a purse until the transaction ends; one that is new is empty."""
    text = f"SELECT {COLUMNS} FROM fund_balances WHERE account = ? AND merchant = ? AND currency = ?{store.for_update}"  # noqa: S608
    found = cursor.rows(text, purse.values)
    if not found:
        cursor.run(
            "INSERT INTO fund_balances (account, merchant, currency) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", purse.values
        )
        found = cursor.rows(text, purse.values)
    return Held(purse, Books.of(found[0]))


def books_of(cursor: Cursor, purse: Purse) -> Books:
    """Return what is in a purse, without waiting for anybody."""
    text = f"SELECT {COLUMNS} FROM fund_balances WHERE account = ? AND merchant = ? AND currency = ?"  # noqa: S608  our own words
    found = cursor.rows(text, purse.values)
    return Books.of(found[0]) if found else Books()


def post(cursor: Cursor, held: Held, change: Books, entry: Entry) -> Held | None:
    """Write an entry; return the purse as it is then, or None where the entry's reference is known already.

    Raises:
        InvalidRequestError: a book would hold more than a database keeps exactly.
        RuntimeError: the change does not sum to zero, or is none.
    """
    if max(abs(value) for value in (held.books + change).values) > MOST:
        most = spoken(MOST, held.purse.currency)
        raise InvalidRequestError.because(
            f"金额过大：账簿至多记 {most}",
            f"the amount is too large: a book holds {most} at most",
            field="amount",
        )
    if change.total != 0 or not change:
        raise RuntimeError(f"an entry sums to zero and moves something, and this is {change}")
    purse, day = held.purse, _day(entry.at)
    added = cursor.rows(
        "INSERT INTO fund_entries (account, merchant, currency, kind, at, day, order_kind, order_number, reference, who, note) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (account, kind, reference) WHERE reference IS NOT NULL DO NOTHING RETURNING id",
        (
            *purse.values, entry.kind.value, entry.at, day, entry.key and entry.key.kind, entry.key and entry.key.merchant_id,
            entry.reference, entry.who, entry.note,
        ),
    )  # fmt: skip
    if not added:
        return None
    moved = [(added[0][0], name, value) for name, value in zip(NAMES, change.values, strict=True) if value]
    cursor.run(
        f"INSERT INTO fund_postings (entry_id, book, amount) VALUES {', '.join(['(?, ?, ?)'] * len(moved))}",  # noqa: S608  marks
        [value for posting in moved for value in posting],
    )
    cursor.run(
        f"INSERT INTO fund_balances (account, merchant, currency, {COLUMNS}) VALUES (?, ?, ?, {_MARKS}) "  # noqa: S608  our own words
        f"ON CONFLICT (account, merchant, currency) DO UPDATE SET {_PLUS}",
        (*purse.values, *change.values),
    )
    cursor.run(
        f"INSERT INTO fund_days (account, merchant, currency, day, kind, entries, {COLUMNS}) "  # noqa: S608  our own words
        f"VALUES (?, ?, ?, ?, ?, 1, {_MARKS}) ON CONFLICT (account, merchant, currency, day, kind) DO UPDATE SET {_PLUS_DAY}",
        (*purse.values, day, entry.kind.value, *change.values),
    )
    after = held.books + change
    _draw(cursor, purse, overdraft(after) - overdraft(held.books))
    return Held(purse, after)


def overdraft(books: Books) -> int:
    """Return what a merchant uses of the account's credit."""
    return max(0, -books.available)


def credit_used(store: Store, cursor: Cursor, account: str, currency: str, *, locking: bool = False) -> int:
    """Return what all merchants together use of an account's credit; ``locking`` where the transaction may use more."""
    if locking:
        cursor.run(
            "INSERT INTO fund_credit (account, currency, used) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", (account, currency)
        )
    ending = store.for_update if locking else ""
    text = f"SELECT used FROM fund_credit WHERE account = ? AND currency = ?{ending}"  # noqa: S608  our own words
    found = cursor.rows(text, (account, currency))
    return int(found[0][0]) if found else 0


def _draw(cursor: Cursor, purse: Purse, more: int) -> None:
    if more:
        cursor.run(
            "INSERT INTO fund_credit (account, currency, used) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
            (purse.account, purse.currency),
        )
        cursor.run(
            "UPDATE fund_credit SET used = used + ? WHERE account = ? AND currency = ?", (more, purse.account, purse.currency)
        )


def _day(at: int) -> str:
    found = moment(at)
    assert found is not None  # noqa: S101  a moment was given
    return business_day(found).isoformat()
