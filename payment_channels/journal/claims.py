"""Claims: who looks at which order, for how long, and when next. What a process that died had claimed comes free by itself."""

from payment_channels.journal.folding import FINAL, Finding, Source
from payment_channels.journal.journal import Journal, Lease
from payment_channels.journal.records import COLUMNS, OrderRecord, microseconds, record_of
from payment_channels.journal.store import Cursor


def claim(journal: Journal, lease: Lease, accounts: tuple[str, ...], limit: int) -> list[OrderRecord]:
    """Take the orders that are due, at most ``limit``, so that nobody else looks at them until the lease ends."""
    if not accounts:
        return []
    now = microseconds(journal.clock())
    marks = ", ".join("?" * len(accounts))

    def work(cursor: Cursor) -> list[OrderRecord]:
        rows = cursor.rows(
            "UPDATE orders SET owner = ?, lease_until = ?, queries = queries + 1 WHERE id IN (SELECT id FROM orders "  # noqa: S608
            f"WHERE next_at <= ? AND (lease_until IS NULL OR lease_until <= ?) AND account IN ({marks}) "
            f"ORDER BY next_at LIMIT ?{journal.store.skip_locked}) RETURNING {COLUMNS}",
            (lease.owner, lease.until(now), now, now, *accounts, limit),
        )
        return [record_of(row) for row in rows]

    return journal.store.write(work)


def reopen(journal: Journal, record: OrderRecord, lease: Lease) -> int | None:
    """Open a further attempt of an order whose claim is ours; None where somebody else has it by now, or it is final."""
    now = microseconds(journal.clock())
    until = lease.until(now)

    def work(cursor: Cursor) -> int | None:
        current = journal.locked(cursor, record.key)
        if current.owner != lease.owner or current.state in FINAL:
            return None
        number = current.standing.attempts + 1
        journal.writer.apply(cursor, current, Finding(Source.OPENED, attempt=number), now)
        cursor.run("UPDATE orders SET lease_until = ?, next_at = ? WHERE id = ?", (until, until, current.id))
        return number

    return journal.store.write(work)


def release(journal: Journal, record: OrderRecord, owner: str, given_up: str | None) -> None:
    """End a claim: set the next look by the schedule, or put the order on the manual list with the reason."""
    now = microseconds(journal.clock())

    def work(cursor: Cursor) -> None:
        current = journal.locked(cursor, record.key)
        if current.owner not in {owner, None}:
            return  # the claim ran out and somebody else has it
        due = None if given_up else journal.writer.next_look(current, current.standing, now, None)
        if due is not None and record.next_at is not None:
            due = max(due, microseconds(record.next_at))  # what the channel asked for in its answer is not undercut
        cursor.run(
            "UPDATE orders SET owner = NULL, lease_until = NULL, next_at = ?, manual = COALESCE(?, manual) WHERE id = ?",
            (due, given_up, current.id),
        )

    journal.store.write(work)
