"""Both sides laid out as files that DuckDB reads: bill rows one by one, and the journal's orders page by page.

The files lie in a folder that only this user can read, and go with it. They hold numbers, amounts, states and times, as the
journal's own tables do: no payer, no payee and no account number.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from payment_channels.journal import Journal
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor
from payment_channels.model.bills import BillRow

BILL_COLUMNS = {
    "line": "BIGINT",
    "kind": "VARCHAR",
    "incoming": "BOOLEAN",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "fee": "BIGINT",
    "merchant_order_id": "VARCHAR",
    "channel_order_id": "VARCHAR",
    "merchant_refund_id": "VARCHAR",
    "channel_refund_id": "VARCHAR",
    "at": "BIGINT",
    "status": "VARCHAR",
    "settled": "BOOLEAN",
}
"""A bill's row as a file holds it, CSV with these titles or Parquet.

``line`` tells it from all others; the other names are ``BillRow``'s, with amounts in minor units and ``at`` in microseconds since
1970 (UTC). ``write_bill`` writes such a file.
"""
ORDER_COLUMNS = {
    "id": "BIGINT",
    "kind": "VARCHAR",
    "merchant_id": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "state": "VARCHAR",
    "conflict": "BOOLEAN",
    "changed_at": "BIGINT",
}
COMPARED = ("payment", "refund", "payout")
"""The kinds of orders whose rows a bill must have; closings, cancellations and confirmations move nothing by themselves."""
_PAGE = 20_000
_TEXT = (
    f"SELECT created_at, {', '.join(ORDER_COLUMNS)} FROM orders WHERE account = ? AND "  # noqa: S608  names of our own
    "created_at < ? AND (created_at > ? OR (created_at = ? AND id > ?)) ORDER BY created_at, id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Staged:
    """Where both sides lie, and how many orders there are. ``bill`` may be several files."""

    bill: tuple[Path, ...]
    orders: Path
    order_count: int


def write_bill(rows: Iterable[BillRow], path: Path) -> int:
    """Write a bill's rows, and return how many there are. They are taken one by one: a generator may be of any length."""
    count = 0
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(BILL_COLUMNS)
        for count, row in enumerate(rows, 1):
            writer.writerow(_bill_line(count, row))
    return count


def _bill_line(line: int, row: BillRow) -> tuple[object, ...]:
    return (
        line,
        row.kind.value,
        row.incoming,
        row.amount.amount,
        row.amount.currency,
        None if row.fee is None else row.fee.amount,
        _clean(row.merchant_order_id),
        _clean(row.channel_order_id),
        _clean(row.merchant_refund_id),
        _clean(row.channel_refund_id),
        None if row.at is None else microseconds(row.at),
        _clean(row.status),
        row.settled,
    )


def _clean(text: str | None) -> str | None:
    """A NUL ends a text in some readers; the journal has none either."""
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def write_orders(journal: Journal, account: str, bounds: tuple[datetime, datetime], path: Path) -> int:
    """Write the orders of an account that were written down within a channel's day; all of one consistent state.

    Raises:
        JournalUnavailableError: the journal cannot be read.
    """
    begins, ends = (microseconds(moment) for moment in bounds)

    def work(cursor: Cursor) -> int:
        count, after, last = 0, begins - 1, 0
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(ORDER_COLUMNS)
            while rows := cursor.rows(_TEXT, (account, ends, after, after, last, _PAGE)):
                kept = [row[1:] for row in rows if row[2] in COMPARED]
                writer.writerows(kept)
                count += len(kept)
                after, last = rows[-1][:2]
        return count

    return journal.store.read(work)
