"""How an order is written down before it is sent: its row, what makes it the same order again, and whose an attempt is."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from payment_channels.journal.folding import Finding, Source, Standing, State, fold
from payment_channels.journal.records import OrderKey, OrderRecord
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Writer
from payment_channels.model.prepared import Prepared

SAME_BUT_FOR = frozenset({"ordered_at", "notify_url", "return_url"})
"""Fields of an order that a repetition may write differently; everything else is its content."""
_NOT_CONTENT: dict[str, Any] = {**dict.fromkeys(SAME_BUT_FOR, True), "lines": {"__all__": set(SAME_BUT_FOR)}}
PUT = Standing()
"""Where an order stands that was written down and not begun."""
BEGUN = fold(PUT, Finding(Source.OPENED, attempt=1))
ADD = (
    "INSERT INTO orders (account, kind, merchant_id, channel, original_id, amount, currency, digest, digest_key, prepared, "
    "state, attempts, unresolved, created_at, changed_at, next_at, owner, lease_until, sent_before) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (merchant_id, kind, account) DO NOTHING RETURNING id"
)
"""Adds an order, or nothing where its number is known: the values are a ``Draft``'s and what ``standing`` adds."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose an attempt or a claim is, and for how long; after it the resolver takes over."""

    owner: str
    length: timedelta

    def until(self, now: int) -> int:
        """Return when it ends, in microseconds, if it begins now."""
        return now + self.length // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """What ``begin`` decided: send attempt number ``attempt`` of ``prepared``, or, where that is 0, do not.

    ``until`` (microseconds) is when the attempt is no longer ours: it must have left before. ``record`` says where an
    order stands that was known before.
    """

    key: OrderKey
    prepared: Prepared
    attempt: int
    owner: str = ""
    until: int = 0
    record: OrderRecord | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An order ready to be written down: all that does not depend on the moment."""

    key: OrderKey
    prepared: Prepared
    content: bytes
    values: tuple[Any, ...]

    def row(self, standing: Standing, now: int, lease: Lease | None) -> tuple[Any, ...]:
        """Return the values that ``ADD`` takes."""
        until = lease.until(now) if lease is not None else None
        unresolved = ",".join(str(number) for number in standing.unresolved)
        times = (now, now, until, lease.owner if lease is not None else None, until, until)
        return (*self.values, standing.state.value, standing.attempts, unresolved, *times)


def content_of(order: Any) -> bytes:
    """Write what makes an order the same order. Fields that are not set are left out, so that new ones change nothing."""
    held = order.model_dump(exclude=_NOT_CONTENT, exclude_none=True)
    return _ENCODER.encode(held).encode()


def _moment_or_day(value: datetime | date) -> str:
    """The same moment is the same content, in whatever zone it is written."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_moment_or_day)


def may_open(record: OrderRecord, now: int, *, again: bool) -> bool:
    """Say whether a further attempt is safe: none is on its way, and none may have moved money unseen."""
    if record.leased_at(now) or record.standing.unresolved:
        return False
    return record.state is State.NOT_SENT or (again and record.state is State.FAILED)


def is_ours(record: OrderRecord, lease: Lease, now: int) -> bool:
    """Say whether the last attempt is the very one that was asked for: its commit was kept, and its answer lost."""
    return record.owner == lease.owner and record.leased_at(now) and record.standing.attempts in record.standing.unresolved


def open_attempt(writer: Writer, cursor: Cursor, record: OrderRecord, lease: Lease, now: int) -> OrderRecord:
    """Add an attempt to an order that the transaction holds; return the order as it is then."""
    number, until = record.standing.attempts + 1, lease.until(now)
    opened = writer.apply(cursor, record, Finding(Source.OPENED, attempt=number), now)
    row = {"owner": lease.owner, "lease_until": until, "next_at": until, "sent_before": until}
    cursor.run(
        "UPDATE orders SET owner = ?, lease_until = ?, next_at = ?, sent_before = ? WHERE id = ?", (*row.values(), record.id)
    )
    return opened.changed(opened.standing, row)
