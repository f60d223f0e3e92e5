"""What the journal costs: durable payouts beside the bare two commits of the same database, in the same run.

A durable payout is the whole of ``DurableClient.payout`` over a channel that answers at once: no network and no signature. The
bare commits write the same rows of the same size into the same tables, on a file system or server that is the same too: one
transaction adds an order and an event, a second adds an event and changes the order. Rounds of both take turns; shown are the
medians. Run ``make bench-journal``. Goals: 80 % of the bare commits one at a time; 50 at once at least twice that rate; 10,000
open orders taken up in 5 s; with a million orders in the journal at least 90 % of the rate of an empty one.
"""

import argparse
import asyncio
import itertools
import sqlite3
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from payment_channels import Outcome, PayoutOrder, Verb
from payment_channels.journal import AsyncDurableClient, DurableClient, Journal, KeyRing, SqliteStore, Store
from payment_channels.journal.claims import claim
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.looking import counts
from payment_channels.journal.opening import ADD, BEGUN, Lease
from payment_channels.journal.postgres import PostgresStore
from payment_channels.journal.writing import ADD_EVENT, update
from tests.benchmarks.filled import fill
from tests.journal.conftest import payout, postgres_server
from tests.journal.scripted import Scripted, told

AT_ONCE = 50
RING = KeyRing.generate()
ANSWER = told(Verb.PAYOUT, Outcome.SUCCEEDED, merchant_order_id="p" * 16, channel_order_id="c" * 28)
ANSWER = ANSWER.model_copy(update={"evidence": ANSWER.evidence.model_copy(update={"body": bytes(range(256))})})
NUMBERS = itertools.count(1)
LEASE = Lease("bench", timedelta(seconds=35))
Open = Callable[[str], Store]
"""Opens the journal of a name, a new one where there is none."""
Round = Callable[[int], float]
"""Does so many and returns how many it did in a second."""


def orders(count: int) -> list[PayoutOrder]:
    """So many new orders, made before anything is timed. Their numbers do not come in order, as in life."""
    return [payout(f"{hash((7, number)) & 0xFFFFFFFFFF:010x}{number:06}", 888) for number in itertools.islice(NUMBERS, count)]


def rate(count: int, work: Callable[[], object]) -> float:
    """Return how many were done in a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def wire() -> Scripted:
    """A channel that answers at once."""
    return Scripted({Verb.PAYOUT: [ANSWER]})


def durable(store: Store) -> Round:
    """Durable payouts, one at a time."""
    client = DurableClient(wire(), Journal(store, RING), account="shop")  # type: ignore[arg-type]

    def run(count: int) -> float:
        given = orders(count)
        return rate(count, lambda: [client.payout(order) for order in given])

    return run


def threads(store: Store) -> Round:
    """Durable payouts, fifty at once, in threads."""
    client = DurableClient(wire(), Journal(store, RING), account="shop")  # type: ignore[arg-type]

    def run(count: int) -> float:
        given = orders(count)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return rate(count, lambda: list(pool.map(client.payout, given)))

    return run


def tasks(store: Store) -> Round:
    """Durable payouts, fifty at once, in tasks of one loop."""

    class Async(Scripted):
        async def prepare(self, order: Any, *, timeout: float | None = None) -> Any:  # type: ignore[override]  # noqa: ASYNC109
            return super().prepare(order)

        async def payout(self, asked: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
            return self._answer(Verb.PAYOUT, asked)

    client = AsyncDurableClient(Async({Verb.PAYOUT: [ANSWER]}), Journal(store, RING), account="shop")  # type: ignore[arg-type]

    async def all_of(given: list[PayoutOrder]) -> None:
        waiting = iter(given)

        async def one_after_the_other() -> None:
            for order in waiting:
                await client.payout(order)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    def run(count: int) -> float:
        given = orders(count)
        return rate(count, lambda: asyncio.run(all_of(given)))

    return run


def bare(store: Store, execute: Callable[[str, tuple[Any, ...]], Any]) -> Round:
    """The two commits and nothing else, with values that were made before. ``execute`` is a connection's own."""
    journal = Journal(store, RING)

    def values() -> list[tuple[Any, ...]]:
        found = []
        for order in orders(1):
            draft = journal._draft("shop", wire().prepare(order))
            now = journal.now()
            sealed = journal.seal(draft.key, Finding(Source.ANSWERED, Outcome.SUCCEEDED, 1), now, ANSWER)
            changed = {
                "state": "succeeded", "attempts": 1, "unresolved": "", "conflict": 0, "changed_at": now, "told_by": 1,
                "canonical": "PAYOUT_SUCCEEDED", "phase": None, "channel_order_id": "c" * 28, "manual": None, "owner": None,
                "lease_until": None, "sent_before": now, "next_at": now + 86_400_000_000,
            }  # fmt: skip
            found.append((draft.row(BEGUN, now, LEASE), now, sealed, changed))
        return found

    def once(added: tuple[Any, ...], now: int, sealed: bytes, changed: dict[str, Any]) -> None:
        execute("BEGIN", ())
        ((number,),) = execute(ADD, added).fetchall()
        execute(ADD_EVENT, (number, now, "opened", 1, "unknown", None, None, "unknown", 0, None, None)).fetchall()
        execute("COMMIT", ())
        execute("BEGIN", ())
        answered = (number, now, "answered", 1, "succeeded", "PAYOUT_SUCCEEDED", "code succeeded", "succeeded", 0, None, sealed)
        ((event,),) = execute(ADD_EVENT, answered).fetchall()
        execute(update(changed), (*(changed | {"told_by": event}).values(), number))
        execute("COMMIT", ())

    def run(count: int) -> float:
        made = [one for _ in range(count) for one in values()]
        return rate(count, lambda: deque(itertools.starmap(once, made), maxlen=0))

    return run


def in_turns(rounds: int, count: int, *runs: Round) -> list[list[float]]:
    """Run them in turns, and return each one's rates; the first round warms up."""
    found: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        order = list(enumerate(runs))
        for place, run in order if number % 2 else reversed(order):
            done = run(count)
            if number:
                found[place].append(done)
    return found


def show(what: str, rates: list[float], ratio: float | None = None, goal: str = "") -> None:
    """Print a line."""
    compared = f"{ratio:>8.2f}" if ratio is not None else " " * 8
    print(f"{what:<52}{statistics.median(rates):>10.0f}/s{compared}   {goal}", flush=True)


def ratio_of(first: list[float], second: list[float]) -> float:
    """Return the median of the ratios of neighbours."""
    return statistics.median(one / other for one, other in zip(first, second, strict=True))


def measure(name: str, open_store: Open, connect: Callable[[str], Callable[..., Any]], options: argparse.Namespace) -> None:
    """Print one database's lines."""
    print(f"\n{name}")
    store, beside = open_store("one"), open_store("beside")
    single, plain = in_turns(options.rounds, options.count, durable(store), bare(beside, connect("beside")))
    show("the bare two commits, one at a time", plain)
    show("durable payouts, one at a time", single, ratio_of(single, plain), "of the bare commits; goal 0.80")
    many, looped, alone = in_turns(max(options.rounds // 2, 2), options.count * 5, threads(store), tasks(store), durable(store))
    show("durable payouts, 50 threads", many, ratio_of(many, alone), "of one at a time; goal 2.00")
    show("durable payouts, 50 tasks of one loop", looped, ratio_of(looped, alone), "of one at a time; goal 2.00")
    restart(open_store, options.open)
    full, empty = open_store("finished"), open_store("nothing")
    started = time.perf_counter()
    fill(full, options.orders, still_open=False)
    print(f"{'':4}({options.orders:,} finished orders were put in within {time.perf_counter() - started:.0f} s)")
    large, small = in_turns(options.rounds, options.count, durable(full), durable(empty))
    show(
        f"durable payouts, {options.orders:,} orders in the journal", large, ratio_of(large, small), "of an empty one; goal 0.90"
    )
    for one in (store, beside, full, empty):
        one.close()


def restart(open_store: Open, count: int) -> None:
    """Time what stands between a restart and work: the first new payout, and all open orders taken up."""
    store = open_store("open")
    fill(store, count, still_open=True)
    store.close()
    started = time.perf_counter()
    store = open_store("open")
    journal = Journal(store, RING)
    (counted,) = counts(journal)
    durable(store)(1)
    first = time.perf_counter() - started
    taken = 0
    while records := claim(journal, LEASE, ("shop",), 500):
        taken += len(records)
    assert counted.orders == taken == count
    print(f"restart with {count:,} open orders: first payout after {first:.2f} s, all claimed after ", end="")
    print(f"{time.perf_counter() - started:.2f} s; goal 5 s", flush=True)
    store.close()


@contextmanager
def postgres() -> Iterator[tuple[Open, Callable[[str], Callable[..., Any]]]]:
    """A server of the benchmark's own, and how a schema of it is opened."""
    with postgres_server() as server:
        address = server.get_uri()

        def of(name: str) -> str:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}".encode())
            return psycopg.conninfo.make_conninfo(address, options=f"-c search_path={name}")

        def connect(name: str) -> Callable[..., Any]:
            connection = psycopg.connect(of(name), autocommit=True)
            return lambda text, values: connection.execute(text.replace("?", "%s").encode(), values or None)

        yield lambda name: PostgresStore(of(name), connections=AT_ONCE), connect


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--count", type=int, default=100, help="payouts in a round")
    parser.add_argument("--open", type=int, default=10_000, help="open orders at a restart")
    parser.add_argument("--orders", type=int, default=1_000_000, help="finished orders in the large journal")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--folder", help="where the SQLite files are made; the default is the machine's temporary folder")
    options = parser.parse_args()
    if options.only != "postgres":
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:

            def connect(name: str) -> Callable[..., Any]:
                connection = sqlite3.connect(Path(folder) / name, isolation_level=None, check_same_thread=False)
                connection.execute("PRAGMA synchronous = FULL")
                return connection.execute

            measure(f"SQLite {sqlite3.sqlite_version}", lambda name: SqliteStore(Path(folder) / name), connect, options)
    if options.only != "sqlite":
        with postgres() as (opened, connected):
            measure("PostgreSQL", opened, connected, options)


if __name__ == "__main__":
    main()
