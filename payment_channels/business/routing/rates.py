"""Rate limits of an account: exact over all processes, since each new order is counted in the transaction that assigns it."""

from datetime import timedelta

from payment_channels.business.routing.decision import Reason
from payment_channels.business.routing.terms import Rate
from payment_channels.journal.store import Cursor


def lock(cursor: Cursor, account: str, now: int) -> None:
    """Have everybody else who would count this account's orders wait until the transaction ends."""
    cursor.run(
        "INSERT INTO rates (account, touched) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET touched = excluded.touched",
        (account, now),
    )


def against(cursor: Cursor, account: str, rate: Rate, now: int) -> Reason | None:
    """Return that an account has taken as many orders within its time as it may."""
    since = now - timedelta(seconds=rate.seconds) // timedelta(microseconds=1)
    rows = cursor.rows("SELECT COUNT(*) FROM assignments WHERE account = ? AND decided_at > ?", (account, since))
    if int(rows[0][0]) < rate.orders:
        return None
    return Reason(
        code="AT_ITS_RATE",
        zh=f"已达每 {rate.seconds} 秒 {rate.orders} 笔的上限",
        en=f"it takes {rate.orders} orders in {rate.seconds} seconds, and has taken them",
        passing=True,
    )
