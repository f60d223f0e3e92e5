"""Fills a journal with as many orders as a year brings, by statements of the database itself: minutes instead of days."""

import sys
from typing import Any

import psycopg

from payment_channels.journal import SqliteStore, Store
from payment_channels.journal.postgres import PostgresStore

AT_A_TIME = 100_000
"""Orders that are put in by one transaction."""
FILLED = {
    "orders": "INSERT INTO orders (account, kind, merchant_id, channel, channel_order_id, amount, currency, digest, digest_key, "
    "prepared, told_by, state, attempts, unresolved, created_at, changed_at, next_at) SELECT 'shop', 'payout', {hex}, "
    "'scripted', {hex}, 888, 'CNY', {blob32}, '1', {blob600}, n, '{state}', 1, '{left}', n, n, {due} FROM {series}",
    "events": "INSERT INTO events (order_id, at, source, attempt, outcome, state, result) SELECT n, n, '{source}', 1, "
    "'{outcome}', '{outcome}', {result} FROM {series}",
}
"""Rows of finished or open orders, made by the database itself: blobs of the size that the journal writes."""


def fill(store: Store, count: int, *, still_open: bool) -> None:
    """Put so many orders into an empty journal, with their events; tell how far it has come, since a million takes minutes."""
    for first in range(1, count + 1, AT_A_TIME):
        last = min(first + AT_A_TIME - 1, count)
        put_in(store, first, last, still_open=still_open)
        if count > AT_A_TIME:
            print(f"\r{'':4}{last:,} of {count:,} orders are in", end="\n" if last == count else "", file=sys.stderr, flush=True)
    settle_down(store)


def put_in(store: Store, first: int, last: int, *, still_open: bool) -> None:
    """Put the orders of these numbers in, in one transaction."""
    if isinstance(store, SqliteStore):
        series = f"(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s)"  # noqa: S608  numbers
        words = {"hex": "lower(hex(randomblob(8)))", "blob32": "randomblob(32)", "blob600": "randomblob(600)"}
    else:
        series = f"generate_series({first}, {last}) AS s(n)"
        words = {
            "hex": "md5(random()::text)",
            "blob32": "decode(md5(n::text), 'hex')",
            "blob600": "convert_to(repeat(md5(n::text), 19), 'UTF8')",
        }
    words |= {"series": series, "left": "1" if still_open else "", "due": "0" if still_open else "NULL"}
    words["state"] = "unknown" if still_open else "succeeded"

    def work(cursor: Any) -> None:
        cursor.run(FILLED["orders"].format(**words))
        cursor.run(FILLED["events"].format(**words, source="opened", outcome="unknown", result="NULL"))
        if not still_open:
            cursor.run(FILLED["events"].format(**words, source="answered", outcome="succeeded", result=words["blob600"]))

    store.write(work)


def settle_down(store: Store) -> None:
    """Have PostgreSQL do at once what it would do in the minutes after such a load, and not while something is measured."""
    if isinstance(store, PostgresStore):
        with psycopg.connect(store._address, autocommit=True) as connection:
            for text in (b"VACUUM (ANALYZE) orders", b"VACUUM (ANALYZE) events", b"CHECKPOINT"):
                connection.execute(text)
