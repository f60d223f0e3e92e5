"""What reconciliation costs: the room's comparison beside the bare query of DuckDB, on the same two files, in the same run.

The bare query is one full join of a bill and the orders by kind and number that writes down, with all columns, what differs in
amount, currency or state or stands on one side alone. The room's comparison finds more by the same join (fees, the cut-off,
rows that are not at their end, duplicates) and gives each difference with what its row says. Rounds take turns, each in a
process of its own with the same limit of memory; shown are the medians, and the largest memory of a process. With ``--whole`` a
journal is filled first (far longer than all the rest), and the whole run is done once: orders read out of the journal,
compared, looked up and kept as cases. Run ``make bench-reconciliation``.
Goals at 5,000,000 rows against 5,000,000: at most 1.3 times the bare query, and at most 1.2 GB.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from payment_channels.business.reconciliation import AccountTerms, Difference, FeeTerms, Reconciliation, ReconciliationPolicy
from payment_channels.business.reconciliation.comparing import compare, database, suspects
from payment_channels.business.reconciliation.staging import BILL_COLUMNS, ORDER_COLUMNS, Staged, write_orders
from payment_channels.journal import Journal, KeyRing, SqliteStore
from payment_channels.journal.records import microseconds

ACCOUNT, DAY = "shop", date(2026, 3, 4)
RATE = 6000
TERMS = AccountTerms(
    since=DAY,
    covers=frozenset({"payment", "refund", "payout"}),
    own_numbers=("P.*",),
    fees={"payment": FeeTerms(millionths=RATE), "refund": FeeTerms(), "payout": FeeTerms()},
)
EVERY = 1000
"""One difference of each class in so many rows: 100 of each in 100,000."""
_AT_A_TIME = 200_000
GOAL, MEMORY_GOAL = 1.3, 1200


def fill(journal: Journal, count: int) -> None:
    """Put a day's orders into the journal: numbers out of order, one in fifty failed."""
    begins, ends = (microseconds(moment) for moment in TERMS.bounds(DAY))
    apart = (ends - begins - 3_600_000_000) // count
    for first in range(1, count + 1, _AT_A_TIME):
        last = min(first + _AT_A_TIME - 1, count)
        journal.store.write(lambda cursor, first=first, last=last: cursor.run(  # type: ignore[misc]
            f"""INSERT INTO orders (account, kind, merchant_id, channel, channel_order_id, amount, currency, digest, digest_key,
                prepared, state, attempts, unresolved, created_at, changed_at)
            WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last})
            SELECT '{ACCOUNT}', CASE n % 10 WHEN 0 THEN 'refund' WHEN 1 THEN 'payout' ELSE 'payment' END,
                printf('P%08x%08d', (n * 2654435761) % 4294967296, n), 'scripted', printf('C%020d', (n * 7919) % 100000007),
                (n * 31) % 500000 + 1, 'CNY', zeroblob(32), '1', zeroblob(300),
                CASE WHEN n % 50 = 7 THEN 'failed' ELSE 'succeeded' END, 1, '',
                {begins} + n * {apart}, {begins} + n * {apart} + 5000000 FROM s"""  # noqa: S608  numbers
        ))  # fmt: skip
        print(f"\r{'':4}{last:,} of {count:,} orders are in", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def make_orders(path: Path, count: int) -> None:
    """Lay out the same orders as ``fill`` makes, without a journal."""
    begins, ends = (microseconds(moment) for moment in TERMS.bounds(DAY))
    apart = (ends - begins - 3_600_000_000) // count
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute(
            f"""COPY (SELECT n AS id, CASE n % 10 WHEN 0 THEN 'refund' WHEN 1 THEN 'payout' ELSE 'payment' END AS kind,
                printf('P%08x%08d', (n * 2654435761) % 4294967296, n) AS merchant_id, (n * 31) % 500000 + 1 AS amount,
                'CNY' AS currency, CASE WHEN n % 50 = 7 THEN 'failed' ELSE 'succeeded' END AS state, 0 AS conflict,
                {begins} + n * {apart} + 5000000 AS changed_at
            FROM range(1, {count} + 1) AS r(n)) TO '{path}' (HEADER)"""  # noqa: S608  numbers of our own
        )


def make_bill(orders: Path, bill: Path) -> None:
    """Make the channel's side of the orders' file, with differences in it, and shuffle it."""
    back, out = "kind = 'refund'", "kind <> 'refund'"
    moved = f"amount + (id % {EVERY} = 3)::BIGINT"
    fee = f"CASE kind WHEN 'payment' THEN (({moved}) * {RATE} + 500000) // 1000000 ELSE 0 END + (id % {EVERY} = 4)::BIGINT"
    source = f"read_csv('{orders}', header = true, columns = {_types(ORDER_COLUMNS)})"
    number = f"CASE id % {EVERY} WHEN 8 THEN 'X' || merchant_id WHEN 9 THEN merchant_id || '9' ELSE merchant_id END"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute(
            f"""COPY (SELECT row_number() OVER () AS line, * FROM (
                SELECT kind, CASE WHEN kind = 'payment' THEN 'True' ELSE 'False' END AS incoming, {moved} AS amount, currency,
                    {fee} AS fee, CASE WHEN {out} THEN number END AS merchant_order_id,
                    CASE WHEN {out} THEN channel END AS channel_order_id, CASE WHEN {back} THEN number END AS merchant_refund_id,
                    CASE WHEN {back} THEN channel END AS channel_refund_id, changed_at AS at, 'SUCCESS' AS status,
                    'True' AS settled
                FROM (
                    SELECT *, {number} AS number, 'C' || id AS channel FROM {source}
                    WHERE (state = 'succeeded' OR id % {EVERY} = 7) AND id % {EVERY} <> 5
                    UNION ALL SELECT *, merchant_id, 'D' || id FROM {source} WHERE id % {EVERY} = 6
                ) ORDER BY hash(id)
            )) TO '{bill}' (HEADER)"""  # noqa: S608  names and numbers of our own
        )


def expected(count: int) -> dict[Difference, int]:
    """How many of each class are planted; ``8`` and ``9`` are rows of others, and leave an order without a row each."""
    each = {one: sum(1 for n in range(one, count + 1, EVERY)) for one in range(3, 10)}
    return {
        Difference.AMOUNT: each[3],
        Difference.FEE: each[4],
        Difference.LOCAL_ONLY: each[5] + each[8] + each[9],
        Difference.DUPLICATE: each[6],
        Difference.STATUS: each[7],
        Difference.FOREIGN: each[8],
        Difference.CHANNEL_ONLY: each[9],
    }


def _types(columns: Any) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"


def bare(folder: Path, _: int) -> int:
    """Ask DuckDB plainly."""
    bill, orders = (
        f"read_csv('{folder / name}', header = true, delim = ',', quote = '\"', escape = '\"', columns = {_types(columns)})"
        for name, columns in (("bill.csv", BILL_COLUMNS), ("orders.csv", ORDER_COLUMNS))
    )
    with tempfile.TemporaryDirectory(dir=folder) as name, database(Path(name)) as connection:
        connection.execute(
            f"""CREATE TABLE differing AS
            SELECT bill.*, orders.* RENAME (kind AS order_kind, amount AS order_amount, currency AS order_currency)
            FROM {bill} AS bill FULL JOIN {orders} AS orders
            ON bill.kind = orders.kind AND coalesce(bill.merchant_refund_id, bill.merchant_order_id) = orders.merchant_id
            WHERE (bill.kind IS NULL AND orders.state = 'succeeded') OR orders.kind IS NULL OR bill.amount <> orders.amount
                OR bill.currency <> orders.currency OR (bill.kind IS NOT NULL AND orders.state <> 'succeeded')"""  # noqa: S608
        )
        return len(connection.execute("SELECT * FROM differing").fetchall())


def room(folder: Path, count: int) -> int:
    """Compare as a run does."""
    staged = Staged((folder / "bill.csv",), folder / "orders.csv", count, laid=True)
    with tempfile.TemporaryDirectory(dir=folder) as name, database(Path(name)) as connection:
        compare(connection, staged, TERMS, TERMS.bounds(DAY)[1])
        return sum(1 for _ in suspects(connection, staged))


def whole(folder: Path, _: int) -> int:
    """Do the whole run, from the journal to the cases, and see that all that was planted was found."""
    journal = _journal(folder)
    reconciliation = Reconciliation(journal)
    version = reconciliation.policies.propose(ReconciliationPolicy(accounts={ACCOUNT: TERMS}), who="Zhang", why="benchmark")
    reconciliation.policies.put_in_force(version.number, who="Li")
    run = reconciliation.run(ACCOUNT, DAY, folder / "bill.csv")
    wanted = expected(run.orders)
    if run.classes != wanted:
        raise SystemExit(f"found {run.classes}, planted {wanted}")
    return sum(run.classes.values())


WORK: dict[str, Callable[[Path, int], int]] = {"bare": bare, "room": room, "whole": whole}


def _journal(folder: Path) -> Journal:
    clock = TERMS.bounds(DAY)[1] + timedelta(hours=12)
    return Journal(SqliteStore(folder / "journal.sqlite3"), KeyRing.single(bytes(32)), clock=lambda: clock)


def measured(what: str, folder: Path, count: int) -> dict[str, float]:
    """Do one piece of work in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.reconciliation",
        "--do",
        what,
        "--folder",
        str(folder),
        "--rows",
        str(count),
    ]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(
        f"{'':4}{what:6}{found['seconds']:9.2f} s {found['cpu']:9.2f} s of CPU {found['mb']:7.0f} MB   {found['found']:,} found",
        flush=True,
    )
    return found


def done(what: str, folder: Path, count: int) -> None:
    """Do one piece of work, and say what it took."""
    started = time.perf_counter()
    found = WORK[what](folder, count)
    seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    told = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": peak(), "found": found}
    print(json.dumps(told))


def peak() -> float:
    """Return the most memory that this process had, in MB; what it was forked from counts in ``getrusage``, and not in /proc."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def main() -> None:
    """Make both sides, measure, and show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=5_000_000, help="orders, and about as many rows of the bill")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both, which take turns")
    parser.add_argument("--folder", type=Path, help="where to work; 2 GB are needed for 5,000,000 rows, 6 GB with --whole")
    parser.add_argument("--whole", action="store_true", help="also the whole run, from a journal to the cases")
    parser.add_argument("--do", choices=sorted(WORK), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.do:
        done(options.do, options.folder, options.rows)
        return
    folder = Path(tempfile.mkdtemp(prefix="reconciliation", dir=options.folder))
    try:
        _measure(folder, options)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path, options: argparse.Namespace) -> None:
    count = options.rows
    if options.whole:
        journal = _journal(folder)
        Reconciliation(journal)  # its index, as a journal in use has it
        fill(journal, count)
        started = time.perf_counter()
        write_orders(journal, ACCOUNT, TERMS.bounds(DAY), folder / "orders.csv")
        print(f"{'':4}{count:,} orders read out of the journal in {time.perf_counter() - started:.1f} s", flush=True)
        journal.store.close()
    else:
        make_orders(folder / "orders.csv", count)
    make_bill(folder / "orders.csv", folder / "bill.csv")
    rounds = [{what: measured(what, folder, count) for what in ("bare", "room")} for _ in range(options.rounds)]
    ratio, cpu = (statistics.median(one["room"][name] / one["bare"][name] for one in rounds) for name in ("seconds", "cpu"))
    memory = max(one["room"]["mb"] for one in rounds)
    if options.whole:
        memory = max(memory, measured("whole", folder, count)["mb"])
    print(f"{'':4}the room takes {ratio:.2f} times the bare query's time (goal {GOAL}) and {cpu:.2f} times its CPU")
    print(f"{'':4}the most memory of a process is {memory:,.0f} MB (goal {MEMORY_GOAL:,})")


if __name__ == "__main__":
    main()
