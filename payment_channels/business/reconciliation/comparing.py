# ruff: noqa: S608  the statements are made of names and numbers of our own; what a bill or a journal says is only ever a value
"""The comparison of millions of rows, on DuckDB (extra ``reconciliation``): one join, and the few rows that do not simply agree.

A bill's row and an order meet by kind and the core's own number. What meets nothing here is looked for elsewhere by
``judging``; what agrees is counted and never leaves the database.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from payment_channels.business.reconciliation.findings import (
    AMOUNT,
    CHANNEL_ONLY,
    CUT_OFF,
    DUPLICATE,
    FEE,
    LOCAL_ONLY,
    STATUS,
    Suspect,
)
from payment_channels.business.reconciliation.policy import MILLION, AccountTerms, FeeTerms
from payment_channels.business.reconciliation.staging import BILL_COLUMNS, ORDER_COLUMNS, Staged
from payment_channels.business.reconciliation.totals import Sum
from payment_channels.journal.records import microseconds

MEMORY = "700MB"
KINDS = {"payment": 1, "refund": 2, "payout": 3}
BACK, OTHER, FEES = 4, 5, 6
_AT_A_TIME = 10_000
_BILL = ", ".join(f"bill.{name} AS bill_{name}" for name in BILL_COLUMNS)
_ORDERS = ", ".join(f"orders.{name} AS order_{name}" for name in ORDER_COLUMNS)
_MOVED = {"payment": ("succeeded", "reversed"), "refund": ("succeeded",), "payout": ("succeeded", "returned")}
"""The states in which an order's own row in a bill is right."""
_MISSED = {"payment": ("succeeded",), "refund": ("succeeded",), "payout": ("succeeded", "returned")}
"""The states in which it must not be missing: a payment that was cancelled may never have been paid."""


@contextmanager
def database(folder: Path, *, memory: str = MEMORY, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database on files of its own in a folder, with a limit of memory beyond which it uses the disk."""
    connection = duckdb.connect(str(folder / "comparison.duckdb"))
    try:
        connection.execute("SET memory_limit = ?", [memory])
        connection.execute("SET temp_directory = ?", [str(folder)])
        if threads is not None:
            connection.execute("SET threads = ?", [threads])
        yield connection
    finally:
        connection.close()


def load(connection: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[int, int]:
    """Read both sides in; return how many rows the bill has, and how many orders there are."""
    kinds = " ".join(f"WHEN '{name}' THEN {code}" for name, code in KINDS.items())
    connection.execute(
        f"""CREATE TABLE bill AS SELECT *,
            CASE WHEN kind = 'refund' AND merchant_refund_id IS NULL THEN {BACK} ELSE
              CASE kind {kinds} WHEN 'reversal' THEN {BACK} WHEN 'return' THEN {BACK} WHEN 'fee' THEN {FEES} ELSE {OTHER} END
            END::UTINYINT AS what,
            CASE WHEN kind IN ('refund', 'reversal') THEN coalesce(merchant_refund_id, merchant_order_id)
              ELSE merchant_order_id END AS number
        FROM ({_source(staged.bill, BILL_COLUMNS)})"""
    )
    connection.execute(
        f"CREATE TABLE orders AS SELECT *, CASE kind {kinds} END::UTINYINT AS what "
        f"FROM ({_source((staged.orders,), ORDER_COLUMNS)})"
    )
    return _one(connection, "SELECT count(*) FROM bill"), _one(connection, "SELECT count(*) FROM orders")


def _source(paths: tuple[Path, ...], columns: Mapping[str, str]) -> str:
    names = ", ".join(_quoted(str(path)) for path in paths)
    wanted = ", ".join(f"{name}::{kind} AS {name}" for name, kind in columns.items())
    if all(path.suffix == ".parquet" for path in paths):
        return f"SELECT {wanted} FROM read_parquet([{names}])"
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"SELECT * FROM read_csv([{names}], header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{types}}})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def compare(connection: duckdb.DuckDBPyConnection, terms: AccountTerms, ends: datetime) -> None:
    """Let both sides meet, and keep of every pair what is wrong with it."""
    late = microseconds(ends) - terms.slack_minutes * 60 * MILLION
    pending = CUT_OFF if terms.carry_days else LOCAL_ONLY
    connection.execute(
        f"""CREATE TABLE pairs AS SELECT bill.rowid AS line, orders.rowid AS place,
            (CASE
              WHEN orders.rowid IS NULL THEN {CHANNEL_ONLY}
              WHEN bill.rowid IS NULL THEN
                CASE WHEN NOT ({_states(terms)}) THEN 0 WHEN orders.changed_at >= {late} THEN {pending} ELSE {LOCAL_ONLY} END
              ELSE
                (CASE WHEN bill.amount IS DISTINCT FROM orders.amount OR bill.currency IS DISTINCT FROM orders.currency
                  THEN {AMOUNT} ELSE 0 END)
                + (CASE WHEN orders.conflict OR NOT ({_agrees()}) THEN {STATUS} ELSE 0 END)
                + {_fee(terms)}
            END)::UTINYINT AS facts
        FROM bill FULL JOIN orders ON bill.what = orders.what AND bill.number = orders.merchant_id"""
    )


def _states(terms: AccountTerms) -> str:
    """Which orders the bill must not leave out."""
    covered = [(kind, states) for kind, states in _MISSED.items() if kind in terms.covers]
    return " OR ".join(f"(orders.kind = '{kind}' AND orders.state IN {_listed(states)})" for kind, states in covered) or "false"


def _agrees() -> str:
    """A row that is not at its end says nothing of the state, so it agrees with every one."""
    moved = " OR ".join(f"(orders.kind = '{kind}' AND orders.state IN {_listed(states)})" for kind, states in _MOVED.items())
    return f"NOT bill.settled OR {moved}"


def _listed(states: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


def _fee(terms: AccountTerms) -> str:
    if not terms.fees:
        return "0"
    sign = "-" if terms.charged_fee_is == "negative" else ""
    checks = [
        f"WHEN bill.what = {KINDS[kind]} AND (bill.fee IS NULL OR abs(({sign}bill.fee) - ({_expected(one)})) > {one.tolerance})"
        for kind, one in terms.fees.items()
    ]
    return f"(CASE {' '.join(f'{check} THEN {FEE}' for check in checks)} ELSE 0 END)"


def _expected(one: FeeTerms) -> str:
    share = f"greatest((bill.amount::HUGEINT * {one.millionths} + {MILLION // 2}) // {MILLION} + {one.fixed}, {one.at_least})"
    return share if one.at_most is None else f"least({share}, {one.at_most})"


def mark_duplicates(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the further rows about an order, or about a number that is no order's: the first is compared, the others are marked.

    The first is the one that agrees best: the journal's own channel number, then the right amount, then its place in the bill.
    Where as many orders were met as rows met one, no order was met twice, and nothing is sorted.
    """
    met = _one(connection, "SELECT count(*) FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL")
    unmet = _one(connection, "SELECT count(*) FROM pairs WHERE line IS NULL")
    if met != _one(connection, "SELECT count(*) FROM orders") - unmet:
        connection.execute(
            f"""UPDATE pairs SET facts = {DUPLICATE} WHERE rowid IN (
                SELECT row FROM (
                    SELECT pairs.rowid AS row, row_number() OVER (
                        PARTITION BY pairs.place
                        ORDER BY
                            coalesce(coalesce(bill.channel_refund_id, bill.channel_order_id) = orders.channel_order_id, false)
                                DESC,
                            bill.amount = orders.amount DESC, bill.rowid
                    ) AS nth
                    FROM (SELECT place FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL GROUP BY place HAVING count(*) > 1)
                        AS twice
                    JOIN pairs ON pairs.place = twice.place
                    JOIN bill ON bill.rowid = pairs.line JOIN orders ON orders.rowid = pairs.place
                ) WHERE nth > 1)"""
        )
    connection.execute(
        f"""UPDATE pairs SET facts = {CHANNEL_ONLY + DUPLICATE} WHERE place IS NULL AND rowid IN (
            SELECT row FROM (
                SELECT pairs.rowid AS row, row_number() OVER (
                    PARTITION BY bill.kind, bill.what, bill.number ORDER BY bill.rowid
                ) AS nth
                FROM pairs JOIN bill ON bill.rowid = pairs.line
                WHERE pairs.place IS NULL AND bill.number IS NOT NULL AND bill.what <= {BACK}
            ) WHERE nth > 1)"""
    )


def suspects(connection: duckdb.DuckDBPyConnection) -> Iterator[Suspect]:
    """Give the pairs that do not simply agree, in the bill's order and then the journal's; rows about fees are no order's."""
    found = connection.execute(
        f"""SELECT pairs.facts, pairs.line, pairs.place, {_BILL}, {_ORDERS} FROM pairs
        LEFT JOIN bill ON bill.rowid = pairs.line LEFT JOIN orders ON orders.rowid = pairs.place
        WHERE pairs.facts <> 0 AND (bill.what IS NULL OR bill.what <> {FEES})
        ORDER BY pairs.line NULLS LAST, pairs.place"""
    )
    split = 3 + len(BILL_COLUMNS)
    while rows := found.fetchmany(_AT_A_TIME):
        for facts, line, place, *rest in rows:
            columns = rest[: split - 3]
            bill = None if line is None else dict(zip(BILL_COLUMNS, columns, strict=True))
            order = None if place is None else dict(zip(ORDER_COLUMNS, rest[split - 3 :], strict=True))
            yield Suspect(facts, None if line is None else line + 1, bill, order)


def sums(connection: duckdb.DuckDBPyConnection, terms: AccountTerms) -> list[Sum]:
    """Add up both sides: all rows of the bill, and the orders that it must not leave out."""
    bill = connection.execute(
        "SELECT 'bill', kind, currency, count(*), sum(amount), sum(CASE WHEN incoming THEN amount ELSE -amount END), "
        "coalesce(sum(fee), 0) FROM bill "
        "GROUP BY kind, currency ORDER BY kind, currency"
    ).fetchall()
    orders = connection.execute(
        f"SELECT 'journal', kind, currency, count(*), sum(amount) FROM orders WHERE {_states(terms)} "
        "GROUP BY kind, currency ORDER BY kind, currency"
    ).fetchall()
    return [Sum(*row) for row in (*bill, *orders)]


def agreed(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of the bill that agree with an order."""
    return _one(connection, "SELECT count(*) FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL AND facts = 0")


def _one(connection: duckdb.DuckDBPyConnection, text: str) -> int:
    found = connection.execute(text).fetchone()
    assert found is not None  # noqa: S101  an aggregate always has a row
    return int(found[0])
