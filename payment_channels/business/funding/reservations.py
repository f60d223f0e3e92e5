"""Reservations: what is held for an order, and where its money is now. One row an order, written in the caller's transaction."""

from dataclasses import dataclass, replace
from datetime import datetime

from payment_channels.business.funding.books import COLUMNS as BOOKS
from payment_channels.business.funding.books import NAMES, Books
from payment_channels.business.funding.ledger import Purse
from payment_channels.business.funding.policy import Mode
from payment_channels.journal.records import OrderKey, moment
from payment_channels.journal.store import Cursor

RELEASED = "released"
"""Nothing is held: no order stands in the journal, or one that never left; be it that it was taken away, and has failed there."""
TAKEN_OUT = "taken_out"
"""Of a withdrawal: the money has left at the channel's own desk."""
OPEN = "open"
"""Held, and the journal has no such order yet."""
_COLUMNS = (
    "id, account, kind, merchant_id, merchant, currency, amount, orders, fee, mode, from_residual, holders, state, conflicts, "
    f"seen_event, reserved_at, followed_at, {BOOKS}"
)
_SET = ", ".join(f"{name} = ?" for name in NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is held for an order. ``state`` is the journal's word for where the order stood when it was last followed.

    ``amount`` is the order's, of a batch the sum of its ``orders`` lines; ``fee`` what the channel takes out of the account for
    each of them, None where it bills apart. ``from_residual`` is what residuals gave. ``holders`` counts those who may still send
    the order, ``conflicts`` its payouts of which two sources said opposite things. ``position`` is where its money is: the sum of
    all postings that were made for it.
    """

    id: int
    key: OrderKey
    purse: Purse
    amount: int
    orders: int
    fee: int | None
    mode: Mode
    from_residual: int
    holders: int
    state: str
    conflicts: int
    seen_event: int
    reserved_at: datetime
    followed_at: datetime
    position: Books

    @property
    def needed(self) -> int:
        """What has to be held: the amount and the fees."""
        return self.amount + self.orders * (self.fee or 0)


def find(cursor: Cursor, key: OrderKey) -> Reservation | None:
    """Return what is held for an order. Who changes it holds the lock of its purse, and no other is needed."""
    text = f"SELECT {_COLUMNS} FROM fund_reservations WHERE account = ? AND kind = ? AND merchant_id = ?"  # noqa: S608
    rows = cursor.rows(text, (key.account, key.kind, key.merchant_id))
    return reservation_of(rows[0]) if rows else None


def select(cursor: Cursor, condition: str, values: tuple[object, ...]) -> list[Reservation]:
    """Return the reservations of a condition of our own."""
    rows = cursor.rows(f"SELECT {_COLUMNS} FROM fund_reservations WHERE {condition}", values)  # noqa: S608  our own words
    return [reservation_of(row) for row in rows]


def add(cursor: Cursor, drafted: Reservation, now: int) -> Reservation | None:
    """Write a reservation down in which nothing is held yet; None where its order has one."""
    key, purse = drafted.key, drafted.purse
    rows = cursor.rows(
        "INSERT INTO fund_reservations (account, kind, merchant_id, merchant, currency, amount, orders, fee, mode, "
        "from_residual, holders, state, reserved_at, followed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (merchant_id, kind, account) DO NOTHING RETURNING id",
        (
            key.account, key.kind, key.merchant_id, purse.merchant, purse.currency, drafted.amount, drafted.orders, drafted.fee,
            drafted.mode.value, drafted.from_residual, drafted.holders, drafted.state, now, now,
        ),
    )  # fmt: skip
    return replace(drafted, id=int(rows[0][0])) if rows else None


def put(cursor: Cursor, kept: Reservation, now: int) -> None:
    """Write down what has changed of a reservation."""
    cursor.run(
        f"UPDATE fund_reservations SET from_residual = ?, holders = ?, state = ?, conflicts = ?, seen_event = ?, "  # noqa: S608
        f"followed_at = ?, {_SET} WHERE id = ?",
        (kept.from_residual, kept.holders, kept.state, kept.conflicts, kept.seen_event, now, *kept.position.values, kept.id),
    )


def reservation_of(row: tuple[object, ...]) -> Reservation:
    """Make a reservation of a row of ``_COLUMNS``."""
    (
        number, account, kind, merchant_id, merchant, currency, amount, orders, fee, mode, from_residual, holders, state,
        conflicts, seen_event, reserved_at, followed_at, *books,
    ) = row  # fmt: skip
    return Reservation(
        id=int(str(number)),
        key=OrderKey(str(account), str(kind), str(merchant_id)),
        purse=Purse(str(merchant), str(account), str(currency)),
        amount=int(str(amount)),
        orders=int(str(orders)),
        fee=None if fee is None else int(str(fee)),
        mode=Mode(str(mode)),
        from_residual=int(str(from_residual)),
        holders=int(str(holders)),
        state=str(state),
        conflicts=int(str(conflicts)),
        seen_event=int(str(seen_event)),
        reserved_at=_moment(reserved_at),
        followed_at=_moment(followed_at),
        position=Books.of(books),
    )


def _moment(value: object) -> datetime:
    found = moment(int(str(value)))
    assert found is not None  # noqa: S101  the columns are never null
    return found
