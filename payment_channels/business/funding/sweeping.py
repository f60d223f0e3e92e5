"""Which orders the postings have not followed yet: those that are held and whose order has news, and those that had ended."""

from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.store import Cursor

SETTLED_AFTER = 600_000_000
"""Microseconds. An event's number is given before its transaction ends: the newest events are looked at again each time."""
_OF_ORDER = "r.merchant_id = o.merchant_id AND r.kind = o.kind AND r.account = o.account"
_HELD = (
    "SELECT r.account, r.kind, r.merchant_id FROM fund_reservations r "  # noqa: S608  our own words
    f"JOIN orders o ON {_OF_ORDER} WHERE r.reserved <> 0 "
    "AND r.seen_event < COALESCE((SELECT MAX(e.id) FROM events e WHERE e.order_id = o.id), 0) LIMIT ?"
)
_ENDED = (
    "SELECT DISTINCT r.account, r.kind, r.merchant_id FROM events e "  # noqa: S608  our own words
    f"JOIN orders o ON o.id = e.order_id JOIN fund_reservations r ON {_OF_ORDER} "
    "WHERE e.id > ? AND r.seen_event < e.id LIMIT ?"
)


def behind(journal: Journal, limit: int) -> list[OrderKey]:
    """Return orders whose events the postings have not seen, at most ``limit``."""

    def work(cursor: Cursor) -> tuple[list[OrderKey], int, int]:
        swept = cursor.rows("SELECT event FROM fund_sweep")
        since = int(swept[0][0]) if swept else 0
        settled = cursor.rows(
            "SELECT COALESCE(MAX(id), 0) FROM events WHERE id > ? AND at < ?", (since, journal.now() - SETTLED_AFTER)
        )
        rows = cursor.rows(_HELD, (limit,))
        if len(rows) < limit:
            rows += cursor.rows(_ENDED, (since, limit - len(rows)))
        return [OrderKey(*row) for row in dict.fromkeys(tuple(row) for row in rows)], since, int(settled[0][0])

    found, since, settled = journal.store.read(work)
    if not found and settled > since:
        journal.store.write(lambda cursor: _swept(cursor, settled))
    return found


def _swept(cursor: Cursor, event: int) -> None:
    """Remember up to which event everything has been followed."""
    if not cursor.rows("UPDATE fund_sweep SET event = ? WHERE event < ? RETURNING event", (event, event)):
        cursor.run(
            "INSERT INTO fund_sweep (event) SELECT CAST(? AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM fund_sweep)", (event,)
        )
