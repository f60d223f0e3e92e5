"""What the journal says of an order, of its events and of a notification: typed, and masked where it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from payment_channels.journal.folding import Source, Standing, State
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.results import Outcome


def _place(*names: str) -> str:
    """Join names so that no two lists of them make the same place: a NUL stands in none of them."""
    return "\0".join(names)


def notice_place(account: str, notification_id: str) -> str:
    """Where a notification stands as it came."""
    return _place("notice", account, notification_id)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What names an order in the journal: whose account, what kind of order, and the core's own number."""

    account: str
    kind: str
    merchant_id: str

    @property
    def prepared_place(self) -> str:
        """Where what was prepared of it stands; a sealed text opens in its own place alone."""
        return _place("prepared", self.account, self.kind, self.merchant_id)

    def result_place(self, source: str, attempt: int, at: int) -> str:
        """Where the answer of one of its events stands."""
        return _place("result", self.account, self.kind, self.merchant_id, source, str(attempt), str(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as the journal knows it. ``told_by`` is the event whose answer its state rests on."""

    id: int
    key: OrderKey
    channel: str
    channel_order_id: str | None
    original_id: str | None
    amount: Money | None
    standing: Standing
    phase: str | None
    canonical: str | None
    manual: str | None
    created_at: datetime
    changed_at: datetime
    next_at: datetime | None
    queries: int
    owner: str | None
    lease_until: datetime | None
    told_by: int | None
    sent_before: datetime | None
    sealed: bytes = field(repr=False)

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.standing.state

    def leased_at(self, now: int) -> bool:
        """Say whether somebody has an attempt on its way, or a claim, at this moment (microseconds)."""
        return self.lease_until is not None and microseconds(self.lease_until) > now

    def changed(self, standing: Standing, columns: Mapping[str, Any]) -> "OrderRecord":
        """Return the record as it is after ``columns`` were written."""
        kept = {name: value for name, value in columns.items() if name in _AS_THEY_ARE}
        kept |= {name: moment(value) for name, value in columns.items() if name in _MOMENTS}
        return replace(self, standing=standing, **kept)


_AS_THEY_ARE = frozenset({"told_by", "canonical", "phase", "channel_order_id", "manual", "owner"})
_MOMENTS = frozenset({"changed_at", "next_at", "lease_until", "sent_before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One thing that happened to an order. Events are only ever added."""

    id: int
    order_id: int
    at: datetime
    source: Source
    attempt: int
    outcome: Outcome
    canonical: str | None
    raw: str | None
    state: State
    conflict: bool
    note: str | None
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """One notification that was taken in. ``order_id`` is None where it speaks of no order of ours."""

    id: int
    account: str
    notification_id: str
    received_at: datetime
    kind: str
    merchant_id: str | None
    channel_order_id: str | None
    order_id: int | None
    outcome: str | None


def merchant_id_of(order: Any) -> str:
    """Return the core's own number of an order, by which its kind is told apart from others of its kind."""
    held = vars(order)
    for name in ("merchant_refund_id", "merchant_cancel_id", "merchant_batch_id", "merchant_order_id"):
        if held.get(name):
            return str(held[name])
    original = held.get("original")
    return str(original.merchant_order_id or original.channel_order_id)


def microseconds(moment: datetime) -> int:
    """Return a moment as the journal keeps it, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> datetime | None:
    """Return what ``microseconds`` made of a moment."""
    return None if value is None else _since(value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


COLUMNS = (
    "id, account, kind, merchant_id, channel, channel_order_id, original_id, amount, currency, prepared, told_by, state, phase, "
    "canonical, attempts, unresolved, conflict, manual, created_at, changed_at, next_at, queries, owner, lease_until, sent_before"
)
"""What ``record_of`` reads, in this order."""


def record_of(row: tuple[Any, ...]) -> OrderRecord:
    """Make a record of a row of ``COLUMNS``."""
    (
        number, account, kind, merchant_id, channel, channel_order_id, original_id, amount, currency, sealed, told_by,
        state, phase, canonical, attempts, unresolved, conflict, manual, created, changed, due, queries, owner, lease, left,
    ) = row  # fmt: skip
    open_ones = frozenset(int(one) for one in unresolved.split(",") if one)
    return OrderRecord(
        id=number,
        key=OrderKey(account, kind, merchant_id),
        channel=channel,
        channel_order_id=channel_order_id,
        original_id=original_id,
        amount=Money(amount, currency) if amount is not None else None,
        standing=Standing(State(state), attempts, open_ones, conflict=bool(conflict)),
        phase=phase,
        canonical=canonical,
        manual=manual,
        created_at=_since(created),
        changed_at=_since(changed),
        next_at=moment(due),
        queries=queries,
        owner=owner,
        lease_until=moment(lease),
        told_by=told_by,
        sent_before=moment(left),
        sealed=bytes(sealed),
    )


def _since(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def record_by_channel_id(cursor: Cursor, account: str, kind: str, channel_id: str | None, ending: str) -> OrderRecord | None:
    """Return the order that a channel's own number names."""
    if channel_id is None:
        return None
    rows = cursor.rows(
        f"SELECT {COLUMNS} FROM orders WHERE account = ? AND kind = ? AND channel_order_id = ?{ending}",  # noqa: S608
        (account, kind, channel_id),
    )
    return record_of(rows[0]) if rows else None


def event_of(row: tuple[Any, ...]) -> EventRecord:
    """Make a record of an event's row."""
    number, order_id, at, source, attempt, outcome, canonical, raw, state, conflict, note, sealed = row
    return EventRecord(
        id=number,
        order_id=order_id,
        at=_since(at),
        source=Source(source),
        attempt=attempt,
        outcome=Outcome(outcome),
        canonical=canonical,
        raw=raw,
        state=State(state),
        conflict=bool(conflict),
        note=note,
        sealed=bytes(sealed) if sealed is not None else None,
    )


def notice_of(row: tuple[Any, ...]) -> NoticeRecord:
    """Make a record of a notification's row."""
    number, account, notification_id, received, kind, merchant_id, channel_order_id, order_id, outcome = row
    return NoticeRecord(
        id=number,
        account=account,
        notification_id=notification_id,
        received_at=_since(received),
        kind=kind,
        merchant_id=merchant_id,
        channel_order_id=channel_order_id,
        order_id=order_id,
        outcome=outcome,
    )
