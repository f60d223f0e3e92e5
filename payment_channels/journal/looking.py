"""Looking into the journal: counts by state, the unknown by age, the manual list, conflicts, an order's whole story."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from payment_channels.journal.folding import Finding, Source, Standing, State, fold
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import (
    COLUMNS,
    EventRecord,
    NoticeRecord,
    OrderKey,
    OrderRecord,
    event_of,
    microseconds,
    moment,
    notice_of,
    record_of,
)
from payment_channels.journal.sealing import why_unopened
from payment_channels.model.results import Outcome, Result

_EVENT_COLUMNS = "id, order_id, at, source, attempt, outcome, canonical, raw, state, conflict, note, result"
_NOTICE_COLUMNS = "id, account, notification_id, received_at, kind, merchant_id, channel_order_id, order_id, outcome"


@dataclass(frozen=True, slots=True)
class Count:
    """How many orders of a kind stand in a state."""

    account: str
    kind: str
    state: State
    orders: int
    oldest: datetime | None


def counts(journal: Journal) -> list[Count]:
    """Count the orders by account, kind and state."""
    rows = journal.store.read(
        lambda cursor: cursor.rows(
            "SELECT account, kind, state, COUNT(*), MIN(created_at) FROM orders GROUP BY account, kind, state "
            "ORDER BY account, kind, state"
        )
    )
    return [Count(account, kind, State(state), number, moment(oldest)) for account, kind, state, number, oldest in rows]


@dataclass(frozen=True, slots=True)
class Totals:
    """What waits for somebody: people, the resolver, or an explanation."""

    orders: int
    manual: int
    conflicts: int
    unmatched: int


def totals(journal: Journal) -> Totals:
    """Count what waits."""
    texts = (
        "SELECT COUNT(*) FROM orders",
        "SELECT COUNT(*) FROM orders WHERE manual IS NOT NULL",
        "SELECT COUNT(*) FROM orders WHERE conflict = 1",
        "SELECT COUNT(*) FROM notices WHERE order_id IS NULL",
    )
    return Totals(*journal.store.read(lambda cursor: [int(cursor.rows(text)[0][0]) for text in texts]))


def unresolved_since(journal: Journal, moments: tuple[datetime, ...]) -> list[int]:
    """Count the orders whose end is not known and that were written down at each of these moments or earlier."""
    text = "SELECT COUNT(*) FROM orders WHERE state IN ('unknown', 'pending') AND created_at <= ?"
    values = [microseconds(one) for one in moments]
    return journal.store.read(lambda cursor: [int(cursor.rows(text, (value,))[0][0]) for value in values])


def due_now(journal: Journal, accounts: tuple[str, ...]) -> int:
    """Count the orders of these accounts that the resolver would take now."""
    if not accounts:
        return 0
    marks, now = ", ".join("?" * len(accounts)), journal.now()
    text = (
        "SELECT COUNT(*) FROM orders WHERE next_at <= ? AND (lease_until IS NULL OR lease_until <= ?) "  # noqa: S608  marks alone
        f"AND account IN ({marks})"
    )
    return int(journal.store.read(lambda cursor: cursor.rows(text, (now, now, *accounts)))[0][0])


def unresolved(journal: Journal, *, limit: int = 100) -> list[OrderRecord]:
    """Return the orders whose end is not known, the oldest first."""
    return _orders(journal, "state IN ('unknown', 'pending') ORDER BY created_at LIMIT ?", limit)


def manual(journal: Journal, *, limit: int = 100) -> list[OrderRecord]:
    """Return the orders that a person must look at: the schedule ended, and nobody knows."""
    return _orders(journal, "manual IS NOT NULL ORDER BY changed_at LIMIT ?", limit)


def conflicts(journal: Journal, *, limit: int = 100) -> list[OrderRecord]:
    """Return the orders of which two sources said opposite things."""
    return _orders(journal, "conflict = 1 ORDER BY changed_at LIMIT ?", limit)


def named(journal: Journal, number: str) -> list[OrderRecord]:
    """Return the orders that a number names: the core's own, or the channel's."""
    text = f"SELECT {COLUMNS} FROM orders WHERE merchant_id = ? OR channel_order_id = ? ORDER BY id"  # noqa: S608
    return [record_of(row) for row in journal.store.read(lambda cursor: cursor.rows(text, (number, number)))]


def _orders(journal: Journal, condition: str, limit: int) -> list[OrderRecord]:
    text = f"SELECT {COLUMNS} FROM orders WHERE {condition}"  # noqa: S608  conditions of our own
    return [record_of(row) for row in journal.store.read(lambda cursor: cursor.rows(text, (limit,)))]


def events(journal: Journal, record: OrderRecord) -> list[EventRecord]:
    """Return all that happened to an order, in order."""
    rows = journal.store.read(
        lambda cursor: cursor.rows(f"SELECT {_EVENT_COLUMNS} FROM events WHERE order_id = ? ORDER BY id", (record.id,))  # noqa: S608
    )
    return [event_of(row) for row in rows]


def evidence(journal: Journal, key: OrderKey, event: EventRecord) -> Result | None:
    """Open the answer that an event carries, with its evidence.

    Raises:
        ValueError: it does not open: it was changed, or stood elsewhere, or its key is not in the ring.
    """
    if event.sealed is None:
        return None
    return journal.opened(event.sealed, key.result_place(event.source, event.attempt, microseconds(event.at)))


def unmatched(journal: Journal, *, limit: int = 100) -> list[NoticeRecord]:
    """Return the notifications that speak of no order of ours, the newest first."""
    text = f"SELECT {_NOTICE_COLUMNS} FROM notices WHERE order_id IS NULL ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [notice_of(row) for row in journal.store.read(lambda cursor: cursor.rows(text, (limit,)))]


def verify(journal: Journal, *, batch: int = 1000) -> Iterator[tuple[int, list[str]]]:
    """Derive every order's state from its events anew and compare; open every sealed text.

    Yields how many orders were looked at, and what is wrong with them, after each batch, so that long work shows progress.
    """
    after = 0
    while True:
        rows = journal.store.read(
            lambda cursor, after=after: cursor.rows(  # type: ignore[misc]
                f"SELECT {COLUMNS} FROM orders WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608
                (after, batch),
            )
        )
        if not rows:
            return
        records = [record_of(row) for row in rows]
        yield len(records), [fault for record in records for fault in _faults(journal, record)]
        after = records[-1].id


def _faults(journal: Journal, record: OrderRecord) -> Iterator[str]:
    name = f"{record.key.account} {record.key.kind} {record.key.merchant_id}"
    standing = Standing()
    for event in events(journal, record):
        standing = fold(standing, Finding(Source(event.source), Outcome(event.outcome), event.attempt))
        if standing.state is not event.state:
            yield (
                f"{name}：事件 {event.id} 写的是 {event.state}，由其发现推出的是 {standing.state}"
                f" / event {event.id} says {event.state}, its findings say {standing.state}"
            )
        try:
            evidence(journal, record.key, event)
        except ValueError as error:
            zh, en = why_unopened(error)
            yield f"{name}：事件 {event.id} 的应答打不开：{zh} / the answer of event {event.id} cannot be opened: {en}"
    if standing != record.standing:
        yield (
            f"{name}：订单写的是 {record.standing}，由事件推出的是 {standing}"
            f" / the order says {record.standing}, its events say {standing}"
        )
    try:
        journal.prepared_of(record)
    except ValueError as error:
        zh, en = why_unopened(error)
        yield f"{name}：准备好的内容打不开：{zh} / what was prepared cannot be opened: {en}"


def age(journal: Journal, record: OrderRecord) -> float:
    """Return how many seconds ago an order was written down."""
    return (journal.now() - microseconds(record.created_at)) / 1_000_000
