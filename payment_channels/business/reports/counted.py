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
    """Where orders were sent, and what they are. ``currency`` is None for kinds without an amount."""

    account: str
    channel: str
    kind: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """So many orders of a place that ended alike; ``amount`` is the sum of what was ordered, in minor units."""

    place: Place
    ending: Ending
    code: str | None
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


# A failure's code is the one that its last answer told as a failure: what people or a bill concluded has none.
_CODE = "CASE WHEN o.state = 'failed' AND e.outcome = 'failed' THEN o.canonical END"
_FROM = (
    "FROM orders o LEFT JOIN events e ON e.id = o.told_by AND o.state = 'failed' WHERE o.created_at >= ? AND o.created_at < ? "
)


def orders_of(cursor: Cursor, period: Period) -> Iterator[Counted]:
    """Count the orders of a period by place, state and code."""
    text = (
        f"SELECT o.account, o.channel, o.kind, o.currency, o.state, {_CODE}, COUNT(*), COALESCE(SUM(o.amount), 0) "
        f"{_FROM}GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
    )
    for account, channel, kind, currency, state, code, orders, amount in cursor.rows(text, (period.begins, period.ends)):
        ending = ending_of(State(state), code)
        yield Counted(Place(account, channel, kind, currency), ending, code, int(orders), int(amount))


def course_of(cursor: Cursor, period: Period) -> Iterator[InSlot]:
    """Count the orders of a period by the part of it in which they were written down."""
    text = f"SELECT {period.slot_number}, o.kind, o.state, {_CODE}, COUNT(*) {_FROM}GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    for slot, kind, state, code, orders in cursor.rows(text, (period.begins, period.ends)):
        yield InSlot(int(slot), kind, ending_of(State(state), code), int(orders))


def open_now(cursor: Cursor, now: int) -> Iterator[Open]:
    """Count the orders whose end is not known at this moment (microseconds), whenever they were written down."""
    cuts = [now - span // timedelta(microseconds=1) for span in AGES]
    ages = " ".join(f"WHEN o.created_at > ? THEN {number}" for number in range(len(cuts)))
    text = (
        f"SELECT o.account, o.channel, o.kind, o.currency, o.state, CASE {ages} ELSE {len(cuts)} END, COUNT(*), "  # noqa: S608
        "COALESCE(SUM(o.amount), 0), MIN(o.created_at) FROM orders o WHERE o.state IN ('unknown', 'pending') "
        "GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
    )
    for account, channel, kind, currency, state, age, orders, amount, oldest in cursor.rows(text, cuts):
        place = Place(account, channel, kind, currency)
        yield Open(place, State(state), int(age), int(orders), int(amount), int(oldest))
