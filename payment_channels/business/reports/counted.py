"""What the journal holds, counted by its database: the orders of a period as they stand now, and all that are open now.

An order belongs to the Beijing day on which it was written down. Everything is read in one consistent state.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from error_codes import canonical
from error_codes.catalogue import CatalogueError
from error_codes.model import Canonical, Decline
from payment_channels.business.reports.period import Period
from payment_channels.journal.folding import State
from payment_channels.journal.store import Cursor

AGES = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=5))
"""Where the ages of open orders are cut: under five minutes, up to an hour, a day, five days, and over."""


class Ending(StrEnum):
    """How an order counts. A failure counts by its canonical code's decline."""

    SUCCEEDED = "succeeded"
    BUSINESS = "business"  # failed: the order was declined
    TECHNICAL = "technical"  # failed: a machine was in the way
    OTHER = "other"  # failed: its code is no decline, or it was concluded without one (two people, a bill)
    RETURNED = "returned"
    REVERSED = "reversed"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


FINAL = (Ending.SUCCEEDED, Ending.BUSINESS, Ending.TECHNICAL, Ending.OTHER, Ending.RETURNED, Ending.REVERSED)
_DECLINES = {Decline.BUSINESS: Ending.BUSINESS, Decline.TECHNICAL: Ending.TECHNICAL, Decline.NONE: Ending.OTHER}


def entry_of(code: str | None) -> Canonical | None:
    """Return a canonical code's entry, or None where this catalogue does not have it."""
    try:
        return canonical(code) if code is not None else None
    except CatalogueError:
        return None


def ending_of(state: State, code: str | None) -> Ending:
    """Say how an order counts; ``code`` is the canonical code that its failure rests on."""
    if state is not State.FAILED:
        return Ending(state.value)
    entry = entry_of(code)
    return _DECLINES[entry.decline] if entry is not None else Ending.OTHER


@dataclass(frozen=True, slots=True)
class Place:
    """Whose orders, where they were sent, and what they are.

    ``merchant`` is None where routing has not assigned them, ``currency`` for kinds without an amount.
    """

    merchant: str | None
    account: str
    channel: str
    kind: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """So many orders of a place that ended alike; ``amount`` is the sum of what was ordered, in minor units.

    ``last``: the core's order was given to no further account after this one.
    """

    place: Place
    ending: Ending
    code: str | None
    last: bool
    orders: int
    amount: int


@dataclass(frozen=True, slots=True)
class InSlot:
    """So many orders of a kind that ended alike, written down in one part of the period."""

    slot: int
    kind: str
    ending: Ending
    orders: int


@dataclass(frozen=True, slots=True)
class Open:
    """So many orders of a place that are unknown or pending; ``age`` counts the cuts of ``AGES`` that they have passed."""

    place: Place
    state: State
    age: int
    orders: int
    amount: int
    oldest: int


@dataclass(frozen=True, slots=True)
class ForPeople:
    """How many orders people must look at: those that nobody knows of, those in conflict, and either."""

    orders: int
    manual: int
    conflicts: int


# A failure's code is the one that its last answer told as a failure: what people or a bill concluded has none.
_CODE = "CASE WHEN o.state = 'failed' AND e.outcome = 'failed' THEN o.canonical END"
_FROM = "FROM orders o LEFT JOIN events e ON e.id = o.told_by AND o.state = 'failed' "
# The merchant stands in routing's assignments: of payments and payouts by their number, and of what is done about one, a refund
# or a closing, by the number of that one.
_ASSIGNED = (
    "LEFT JOIN assignments a ON a.account = o.account "
    "AND a.kind = CASE WHEN o.kind IN ('payout', 'confirm_payout', 'cancel_payout') THEN 'payout' ELSE 'payment' END "
    "AND a.number = CASE WHEN o.kind IN ('payment', 'payout') THEN o.merchant_id ELSE COALESCE(o.original_id, o.merchant_id) END "
)
# What routing has taken away from an account that it never left for has not failed there: it was not sent.
_STATE = "CASE WHEN o.state = 'failed' AND a.state = 'abandoned' AND a.kind = o.kind THEN 'not_sent' ELSE o.state END"
_LATER = (
    "LEFT JOIN assignments b ON b.merchant = a.merchant AND b.kind = a.kind AND b.order_id = a.order_id "
    "AND b.attempt = a.attempt + 1 AND a.kind = o.kind "
)
# The accounts one by one, each a step in the index of orders by account and time that reconciliation keeps: with their names in
# the condition a day is read by that index, and without them the whole journal.
_ACCOUNTS = (
    "WITH RECURSIVE found(account) AS (SELECT MIN(account) FROM orders UNION ALL "
    "SELECT (SELECT MIN(orders.account) FROM orders WHERE orders.account > found.account) FROM found "
    "WHERE found.account IS NOT NULL) SELECT account FROM found WHERE account IS NOT NULL"
)


def orders_of(cursor: Cursor, period: Period) -> Iterator[Counted]:
    """Count the orders of a period by place, state and code. Routing's tables must be there."""
    condition, values = _written(cursor, period)
    text = (
        f"SELECT a.merchant, o.account, o.channel, o.kind, o.currency, {_STATE}, {_CODE}, "
        f"CASE WHEN b.id IS NULL THEN 1 ELSE 0 END, COUNT(*), COALESCE(SUM(o.amount), 0) "
        f"{_FROM}{_ASSIGNED}{_LATER}{condition}{_grouped(8)}"
    )
    for *place, state, code, last, orders, amount in cursor.rows(text, values):
        yield Counted(Place(*place), ending_of(State(state), code), code, bool(last), int(orders), int(amount))


def course_of(cursor: Cursor, period: Period) -> Iterator[InSlot]:
    """Count the orders of a period by the part of it in which they were written down. Routing's tables must be there."""
    condition, values = _written(cursor, period)
    text = f"SELECT {period.slot_number}, o.kind, {_STATE}, {_CODE}, COUNT(*) {_FROM}{_ASSIGNED}{condition}{_grouped(4)}"
    for slot, kind, state, code, orders in cursor.rows(text, values):
        yield InSlot(int(slot), kind, ending_of(State(state), code), int(orders))


def open_now(cursor: Cursor, now: int) -> Iterator[Open]:
    """Count the orders whose end is not known now (microseconds), whenever written down. Routing's tables must be there."""
    cuts = [now - span // timedelta(microseconds=1) for span in AGES]
    ages = " ".join(f"WHEN o.created_at > ? THEN {number}" for number in range(len(cuts)))
    text = (
        f"SELECT a.merchant, o.account, o.channel, o.kind, o.currency, o.state, CASE {ages} ELSE {len(cuts)} END, "  # noqa: S608
        f"COUNT(*), COALESCE(SUM(o.amount), 0), MIN(o.created_at) FROM orders o {_ASSIGNED}"
        f"WHERE o.state IN ('unknown', 'pending') {_grouped(7)}"
    )
    for *place, state, age, orders, amount, oldest in cursor.rows(text, cuts):
        yield Open(Place(*place), State(state), int(age), int(orders), int(amount), int(oldest))


def for_people(cursor: Cursor) -> ForPeople:
    """Count what waits for people; an order that is both is one."""
    text = "SELECT manual IS NOT NULL, conflict = 1, COUNT(*) FROM orders WHERE manual IS NOT NULL OR conflict = 1 GROUP BY 1, 2"
    rows = [(bool(manual), bool(conflict), int(orders)) for manual, conflict, orders in cursor.rows(text)]
    return ForPeople(
        orders=sum(orders for _, _, orders in rows),
        manual=sum(orders for manual, _, orders in rows if manual),
        conflicts=sum(orders for _, conflict, orders in rows if conflict),
    )


def _written(cursor: Cursor, period: Period) -> tuple[str, list[str | int]]:
    """The condition that orders of a period meet, and its values."""
    accounts = [str(account) for (account,) in cursor.rows(_ACCOUNTS)]
    marks = ", ".join("?" * len(accounts)) or "NULL"
    return f"WHERE o.account IN ({marks}) AND o.created_at >= ? AND o.created_at < ? ", [*accounts, period.begins, period.ends]


def _grouped(columns: int) -> str:
    numbers = ", ".join(str(number) for number in range(1, columns + 1))
    return f"GROUP BY {numbers} ORDER BY {numbers}"
