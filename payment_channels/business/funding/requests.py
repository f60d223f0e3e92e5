"""Requests to use what an order left behind: the rows of two people's decisions, and the links between old numbers and new."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payment_channels.business.funding.ledger import Purse
from payment_channels.journal.records import OrderKey, moment
from payment_channels.journal.store import Cursor

_COLUMNS = (
    "number, account, kind, merchant, currency, amount, original_kind, original_number, root_kind, root_number, state, maker, "
    "why, proposed_at, checker, decided_at, note"
)


class RequestKind(StrEnum):
    """What becomes of the money."""

    REPAYMENT = "repayment"  # 重付
    WITHDRAWAL = "withdrawal"  # 提回


class RequestState(StrEnum):
    """How far a request is."""

    PROPOSED = "proposed"
    APPROVED = "approved"  # held under the new number
    DECLINED = "declined"
    DONE = "done"  # of a withdrawal: the money is out; a repayment's end is its order's


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A residual's new order. ``original`` is the order that left it, ``root`` the first of a chain of repayments."""

    number: str
    purse: Purse
    kind: RequestKind
    amount: int
    original: OrderKey
    root: OrderKey
    state: RequestState
    maker: str
    why: str
    proposed_at: datetime
    checker: str | None = None
    decided_at: datetime | None = None
    note: str | None = None

    @property
    def key(self) -> OrderKey:
        """The new order: a payout of the journal's, or a withdrawal, which the journal never sees."""
        kind = "payout" if self.kind is RequestKind.REPAYMENT else self.kind.value
        return OrderKey(self.purse.account, kind, self.number)


def find(cursor: Cursor, account: str, number: str, ending: str = "") -> Request | None:
    """Return a request; ``ending`` locks its row."""
    rows = cursor.rows(f"SELECT {_COLUMNS} FROM fund_requests WHERE account = ? AND number = ?{ending}", (account, number))  # noqa: S608
    return _request(rows[0]) if rows else None


def select(cursor: Cursor, condition: str, values: tuple[object, ...]) -> list[Request]:
    """Return the requests of a condition of our own."""
    rows = cursor.rows(f"SELECT {_COLUMNS} FROM fund_requests WHERE {condition}", values)  # noqa: S608  our own words
    return [_request(row) for row in rows]


def add(cursor: Cursor, asked: Request, now: int) -> bool:
    """Write a proposal down; say whether its number was free."""
    original, root = asked.original, asked.root
    rows = cursor.rows(
        f"INSERT INTO fund_requests ({_COLUMNS}) VALUES ({', '.join('?' * 17)}) "  # noqa: S608  our own words
        "ON CONFLICT (number, account) DO NOTHING RETURNING id",
        (
            asked.number, original.account, asked.kind.value, asked.purse.merchant, asked.purse.currency, asked.amount,
            original.kind, original.merchant_id, root.kind, root.merchant_id, asked.state.value, asked.maker, asked.why, now,
            None, None, None,
        ),
    )  # fmt: skip
    return bool(rows)


def decide(cursor: Cursor, asked: Request, now: int) -> None:
    """Write down how far a request is, who has decided it, and what he said."""
    cursor.run(
        "UPDATE fund_requests SET state = ?, checker = ?, decided_at = ?, note = ? WHERE account = ? AND number = ?",
        (asked.state.value, asked.checker, now, asked.note, asked.purse.account, asked.number),
    )


def _request(row: tuple[object, ...]) -> Request:
    (
        number, account, kind, merchant, currency, amount, original_kind, original_number, root_kind, root_number, state, maker,
        why, proposed_at, checker, decided_at, note,
    ) = row  # fmt: skip
    at = moment(int(str(proposed_at)))
    assert at is not None  # noqa: S101  the column is never null
    return Request(
        number=str(number),
        purse=Purse(str(merchant), str(account), str(currency)),
        kind=RequestKind(str(kind)),
        amount=int(str(amount)),
        original=OrderKey(str(account), str(original_kind), str(original_number)),
        root=OrderKey(str(account), str(root_kind), str(root_number)),
        state=RequestState(str(state)),
        maker=str(maker),
        why=str(why),
        proposed_at=at,
        checker=None if checker is None else str(checker),
        decided_at=None if decided_at is None else moment(int(str(decided_at))),
        note=None if note is None else str(note),
    )
