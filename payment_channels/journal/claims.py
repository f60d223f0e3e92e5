"""Claims: who looks at which order, for how long, and when next. What a process that died had claimed comes free by itself."""

from payment_channels.journal.folding import FINAL, State
from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import Lease, Opening, open_attempt
from payment_channels.journal.records import COLUMNS, OrderKey, OrderRecord, microseconds, record_of
from payment_channels.journal.store import Cursor
from payment_channels.model.prepared import Prepared

_FREE = "next_at <= ? AND (lease_until IS NULL OR lease_until <= ?)"


def claim(journal: Journal, lease: Lease, accounts: tuple[str, ...], limit: int) -> list[OrderRecord]:
    """Take the orders that are due, at most ``limit``, so that nobody else looks at them until the lease ends."""
    if not accounts:
        return []
    marks = ", ".join("?" * len(accounts))

    def work(cursor: Cursor) -> list[OrderRecord]:
        now = journal.now()
        rows = cursor.rows(
            # The list is made once, before any row is changed: without MATERIALIZED a plan may make it again for each row.
            f"WITH due AS MATERIALIZED (SELECT id FROM orders WHERE {_FREE} AND account IN ({marks}) "  # noqa: S608  our own words
            f"ORDER BY next_at LIMIT ?{journal.store.skip_locked}) "
            f"UPDATE orders SET owner = ?, lease_until = ?, queries = queries + 1 WHERE id IN (SELECT id FROM due) "
            f"RETURNING {COLUMNS}",
            (now, now, *accounts, limit, lease.owner, lease.until(now)),
        )
        return [record_of(row) for row in rows]

    return journal.store.write(work)


def claim_one(journal: Journal, lease: Lease, key: OrderKey) -> OrderRecord | None:
    """Take one order, if it is due and nobody else has it."""

    def work(cursor: Cursor) -> OrderRecord | None:
        now = journal.now()
        rows = cursor.rows(
            "UPDATE orders SET owner = ?, lease_until = ?, queries = queries + 1 "  # noqa: S608  our own words
            f"WHERE account = ? AND kind = ? AND merchant_id = ? AND {_FREE} RETURNING {COLUMNS}",
            (lease.owner, lease.until(now), key.account, key.kind, key.merchant_id, now, now),
        )
        return record_of(rows[0]) if rows else None

    return journal.store.write(work)


def reopen(journal: Journal, record: OrderRecord, prepared: Prepared, lease: Lease) -> Opening | None:
    """Open a further attempt of an order whose claim is ours; None where somebody else has it by now, or news has come."""

    def work(cursor: Cursor) -> Opening | None:
        now = journal.now()
        current = journal.locked(cursor, record.key)
        if current.owner != lease.owner or current.state is not State.UNKNOWN or current.standing != record.standing:
            return None
        opened = open_attempt(journal.writer, cursor, current, lease, now)
        return Opening(record.key, prepared, opened.standing.attempts, lease.owner, lease.until(now), opened)

    return journal.store.write(work)


def release(journal: Journal, record: OrderRecord, owner: str, given_up: str | None) -> None:
    """End a claim: the next look is the schedule's, or the one that the last answer asked for, if that is later.

    With ``given_up`` the order goes to the manual list for that reason, unless it has become final meanwhile.
    """

    def work(cursor: Cursor) -> None:
        now = journal.now()
        current = journal.locked(cursor, record.key)
        if current.owner not in {owner, None}:
            return  # the claim ran out and somebody else has it
        reason = None if current.state in FINAL else given_up
        asked = microseconds(current.next_at) if current.next_at is not None else None
        if current.state is State.SUCCEEDED and (asked is None or asked > now):
            due = asked  # news came under this claim, and with them the next look of the watch
        else:
            due = None if reason else journal.writer.next_look(current, current.standing, now, None, heard=False)
            due = max(due, asked) if due is not None and asked is not None else due
        cursor.run(
            "UPDATE orders SET owner = NULL, lease_until = NULL, next_at = ?, manual = COALESCE(?, manual) WHERE id = ?",
            (due, reason, current.id),
        )

    journal.store.write(work)


def due(journal: Journal, accounts: tuple[str, ...], limit: int) -> list[OrderKey]:
    """Return the orders that are due and nobody's, without claiming them: for a task engine, whose tasks claim."""
    marks = ", ".join("?" * len(accounts))
    text = f"SELECT account, kind, merchant_id FROM orders WHERE {_FREE} AND account IN ({marks}) ORDER BY next_at LIMIT ?"  # noqa: S608
    now = journal.now()
    return _keys(journal, text, (now, now, *accounts, limit))


def put_and_not_begun(journal: Journal, accounts: tuple[str, ...], limit: int) -> list[OrderKey]:
    """Return the orders that were put into the journal and that nobody has begun to send."""
    marks = ", ".join("?" * len(accounts))
    text = (
        "SELECT account, kind, merchant_id FROM orders WHERE state = 'not_sent' AND attempts = 0 "  # noqa: S608  marks alone
        f"AND account IN ({marks}) ORDER BY created_at LIMIT ?"
    )
    return _keys(journal, text, (*accounts, limit))


def _keys(journal: Journal, text: str, values: tuple[object, ...]) -> list[OrderKey]:
    rows = journal.store.read(lambda cursor: cursor.rows(text, values))
    return [OrderKey(account, kind, merchant_id) for account, kind, merchant_id in rows]
