"""Assignments: which account an order of a merchant's was given to, under which number, and why; the journal knows no merchants.

An order has one assignment for each account that it tries, the latest of which is where it stands. All are kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from payment_channels.business.routing.decision import Decision
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.records import microseconds, moment
from payment_channels.journal.store import Cursor, Migrations
from payment_channels.model.money import Money

TABLES: Migrations = (
    (
        """CREATE TABLE assignments (
            id {serial},
            merchant TEXT NOT NULL,
            kind TEXT NOT NULL,
            order_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            account TEXT NOT NULL,
            number TEXT NOT NULL,
            amount {big} NOT NULL,
            currency TEXT NOT NULL,
            policy_version {big} NOT NULL,
            decided_at {big} NOT NULL,
            why TEXT NOT NULL,
            added TEXT NOT NULL,
            state TEXT NOT NULL,
            changed_at {big} NOT NULL,
            UNIQUE (merchant, kind, order_id, attempt),
            UNIQUE (number, kind, account)
        )""",
        "CREATE INDEX assignments_open ON assignments (changed_at) WHERE state = 'open'",
        "CREATE INDEX assignments_by_time ON assignments (decided_at)",
        "CREATE INDEX assignments_of_account ON assignments (account, decided_at)",
        """CREATE TABLE switches (
            id {serial},
            account TEXT NOT NULL,
            at {big} NOT NULL,
            position TEXT NOT NULL,
            who TEXT NOT NULL,
            why TEXT NOT NULL
        )""",
        "CREATE INDEX switches_of_account ON switches (account, id)",
        "CREATE TABLE rates (account TEXT PRIMARY KEY, touched {big} NOT NULL)",
    ),
)
_COLUMNS = (
    "id, merchant, kind, order_id, attempt, account, number, amount, currency, policy_version, decided_at, why, added, state"
)


IDLE = timedelta(minutes=1)
"""How long an order that was assigned may lie unsent before the sweep takes it for forgotten: longer than any call takes."""


class AssignmentState(StrEnum):
    """Where an assignment stands."""

    OPEN = "open"  # the order stands here, and is not at its end
    FAILED = "failed"  # nothing moved here: the next attempt has it, or the whole order has failed and is not taken up again
    ABANDONED = "abandoned"  # it never left here, never will, and the next attempt has it
    DONE = "done"  # money moved here


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One order at one account. ``number`` is the merchant_order_id that is used there; ``added`` what was put into the order."""

    id: int
    merchant: str
    kind: str
    order_id: str
    attempt: int
    account: str
    number: str
    amount: Money
    policy_version: int
    decided_at: datetime
    why: str
    added: Mapping[str, Any]
    state: AssignmentState

    @property
    def key(self) -> OrderKey:
        """What names the order in the journal."""
        return OrderKey(self.account, self.kind, self.number)

    @property
    def place(self) -> "Place":
        """What names the order for the core."""
        return (self.merchant, self.kind, self.order_id)

    @property
    def decision(self) -> Decision:
        """The decision as it was made."""
        return Decision.model_validate_json(self.why)


Place: TypeAlias = tuple[str, str, str]
"""Merchant, kind and the core's own number: what names an order for the core."""


class Assignments:
    """All assignments, in the journal's database."""

    def __init__(self, journal: Journal) -> None:
        """Open them; the tables of routing are made where they are not yet there."""
        self.journal = journal
        journal.store.bring_up_to_date("routing", TABLES)

    def latest(self, place: Place) -> Assignment | None:
        """Return where an order stands; None for one that was never assigned."""
        return self.journal.store.read(lambda cursor: self.latest_within(cursor, place))

    def latest_within(self, cursor: Cursor, place: Place, *, lock: bool = False) -> Assignment | None:
        """Return the same within a transaction; ``lock`` where the transaction will change it."""
        ending = self.journal.store.for_update if lock else ""
        condition = f"merchant = ? AND kind = ? AND order_id = ? ORDER BY attempt DESC LIMIT 1{ending}"
        return next(iter(self._rows(cursor, condition, place)), None)

    def of_order(self, place: Place) -> list[Assignment]:
        """Return all attempts of an order, the first first."""
        return self._read("merchant = ? AND kind = ? AND order_id = ? ORDER BY attempt", place)

    def before(self, cursor: Cursor, held: Assignment) -> list[Assignment]:
        """Return the earlier attempts of an order, within a transaction."""
        condition = "merchant = ? AND kind = ? AND order_id = ? AND attempt < ? ORDER BY attempt"
        return self._rows(cursor, condition, (*held.place, held.attempt))

    def assignment_of(self, key: OrderKey) -> Assignment | None:
        """Return the assignment of an order of the journal; None where it came into the journal another way."""
        return self.journal.store.read(lambda cursor: self.assigned_within(cursor, key))

    def assigned_within(self, cursor: Cursor, key: OrderKey) -> Assignment | None:
        """Return the same within a transaction."""
        found = self._rows(cursor, "number = ? AND kind = ? AND account = ?", (key.merchant_id, key.kind, key.account))
        return found[0] if found else None

    def named(self, number: str, *, merchant: str | None = None) -> list[Assignment]:
        """Return all attempts of the orders that a number names: the core's own, or the one at an account."""
        condition, values = "(order_id = ? OR number = ?)", [number, number]
        if merchant is not None:
            condition, values = f"{condition} AND merchant = ?", [*values, merchant]
        places = {one.place for one in self._read(f"{condition} ORDER BY id", values)}
        return [one for place in sorted(places) for one in self.of_order(place)]

    def between(self, begin: datetime, end: datetime, *, merchant: str | None = None, limit: int = 100_000) -> list[Assignment]:
        """Return what was decided from ``begin`` on and before ``end``, in order."""
        condition, values = "decided_at >= ? AND decided_at < ?", [microseconds(begin), microseconds(end)]
        named: list[Any] = [*values, *([merchant] if merchant is not None else []), limit]
        condition += " AND merchant = ?" if merchant is not None else ""
        return self._read(f"{condition} ORDER BY decided_at, id LIMIT ?", named)

    def to_carry_on(self, limit: int = 100, *, idle: timedelta = IDLE) -> list[Assignment]:
        """Return the open assignments that something is to be done about, the least recently touched first.

        Those whose order has come to its end in the journal; and those whose order nobody began to send for ``idle``, or could
        not be sent to a later account after an earlier one had failed.
        """
        names = ", ".join(f"a.{name}" for name in _COLUMNS.split(", "))
        text = (
            f"SELECT {names} FROM assignments a "  # noqa: S608  our own words
            "JOIN orders o ON o.merchant_id = a.number AND o.kind = a.kind AND o.account = a.account WHERE a.state = 'open' AND ("
            "o.state IN ('succeeded', 'failed', 'returned', 'reversed') OR (o.state = 'not_sent' AND a.changed_at <= ? AND ("
            "o.attempts = 0 OR EXISTS (SELECT 1 FROM assignments b WHERE b.merchant = a.merchant AND b.kind = a.kind "
            "AND b.order_id = a.order_id AND b.state = 'failed')))) ORDER BY a.changed_at, a.id LIMIT ?"
        )
        values = (microseconds(self.journal.clock() - idle), limit)
        rows = self.journal.store.read(lambda cursor: cursor.rows(text, values))
        return [_assignment(row) for row in rows]

    def _read(self, condition: str, values: Any) -> list[Assignment]:
        return self.journal.store.read(lambda cursor: self._rows(cursor, condition, values))

    @staticmethod
    def _rows(cursor: Cursor, condition: str, values: Any) -> list[Assignment]:
        rows = cursor.rows(f"SELECT {_COLUMNS} FROM assignments WHERE {condition}", values)  # noqa: S608  our own words
        return [_assignment(row) for row in rows]

    # --- written by the desk alone

    def add(
        self, cursor: Cursor, place: Place, attempt: int, number: str, decision: Decision, added: Mapping[str, Any]
    ) -> Assignment | None:
        """Assign an order within a transaction; None where somebody else has assigned it, or has the number at that account."""
        merchant, kind, order_id = place
        amount, now = decision.question.amount, self.journal.now()
        listed = tuple(one for one in decision.considered if one.place is not None)  # the others say nothing of this order
        kept = decision.model_copy(update={"considered": listed})
        values = (
            merchant, kind, order_id, attempt, decision.account, number, amount.amount, amount.currency,
            decision.policy_version, now, kept.model_dump_json(exclude_none=True), json.dumps(dict(added)),
            AssignmentState.OPEN.value, now,
        )  # fmt: skip
        rows = cursor.rows(
            "INSERT INTO assignments (merchant, kind, order_id, attempt, account, number, amount, currency, policy_version, "  # noqa: S608
            "decided_at, why, added, state, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            f"ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
            values,
        )
        return _assignment(rows[0]) if rows else None

    def change(self, cursor: Cursor, held: Assignment, state: AssignmentState) -> None:
        """Write where an open assignment stands, within a transaction; what is closed stays so."""
        cursor.run(
            "UPDATE assignments SET state = ?, changed_at = ? WHERE id = ? AND state = 'open'",
            (state.value, self.journal.now(), held.id),
        )


def _assignment(row: tuple[Any, ...]) -> Assignment:
    number_of_row, merchant, kind, order_id, attempt, account, number, amount, currency, version, decided, why, added, state = row
    decided_at = moment(decided)
    assert decided_at is not None  # noqa: S101  the column is never null
    return Assignment(
        id=number_of_row,
        merchant=merchant,
        kind=kind,
        order_id=order_id,
        attempt=attempt,
        account=account,
        number=number,
        amount=Money(amount, currency),
        policy_version=version,
        decided_at=decided_at,
        why=why,
        added=json.loads(added),
        state=AssignmentState(state),
    )
