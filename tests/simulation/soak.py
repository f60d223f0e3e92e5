"""The long run of the simulation: many seeds, split over processes, with progress and a report.

python -m tests.simulation.soak [--size tiny|small|medium|full] [--seed N] [--seeds N] [--workers N]
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mocks.opening import open_world
from tests.simulation.report import SIZES, Report, command, tell
from tests.simulation.wire import FAULTS

FIRST = 1001
"""The first seed of a run; the others follow it."""


class Shown(Protocol):
    """Where progress goes."""

    def seed(self, done: int, of: int, seed: int, found: Report) -> None:
        """Show that one seed is done."""


def main() -> int:
    """Run, report, and return 1 if money was not where it should be."""
    asked = _arguments()
    size, count = SIZES[asked.size]
    seeds = [asked.seed] if asked.seed is not None else list(range(FIRST, FIRST + (asked.seeds or count)))
    print(
        f"{len(seeds)} seeds, each {size.payments} payments, {size.payouts} payouts, {size.refunds} refunds, "
        f"{size.notifications} notifications; {size.rate:.0%} faults",
        flush=True,
    )
    began, total = time.monotonic(), Report()
    failed: list[tuple[int, Report]] = []
    with tempfile.TemporaryDirectory() as folder, _progress(len(seeds)) as show:
        open_world(Path(folder))  # makes the keys, once for all processes
        jobs = [(seed, asked.size, folder) for seed in seeds]
        with multiprocessing.get_context("spawn").Pool(min(asked.workers, len(seeds)), maxtasksperchild=1) as pool:
            for done, (seed, found) in enumerate(pool.imap_unordered(_told, jobs), 1):
                total.add(found)
                if found.wrong:
                    failed.append((seed, found))
                show.seed(done, len(seeds), seed, found)
    _report(total, time.monotonic() - began)
    for seed, found in failed:
        print(f"\nseed {seed} failed; it happens again with: {command(seed, asked.size)}")
        print("\n".join(f"  {line}" for line in found.wrong[:50]))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, help="so many instead of the size's own number")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _told(job: tuple[int, str, str]) -> tuple[int, Report]:
    seed, size, folder = job
    return seed, tell(seed, SIZES[size][0], Path(folder))


class _Plain:
    """A line a seed."""

    def seed(self, done: int, of: int, seed: int, found: Report) -> None:
        verdict = f"{len(found.wrong)} wrong" if found.wrong else "agrees"
        print(f"  {done}/{of}  seed {seed}: {found.requests} requests, {found.seconds:.0f} s, {verdict}", flush=True)


@contextmanager
def _progress(of: int) -> Iterator[Shown]:
    """A bar where rich is installed and a person looks on; else lines."""
    try:
        from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
    except ImportError:
        yield _Plain()
        return
    if not sys.stdout.isatty():
        yield _Plain()
        return
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task("seeds", total=of)

        class Bar:
            def seed(self, done: int, of: int, seed: int, found: Report) -> None:
                bar.update(task, completed=done, description=f"seed {seed}" + (" FAILED" if found.wrong else ""))

        yield Bar()


def _report(total: Report, seconds: float) -> None:
    _table("orders in the journal", total.orders)
    _table("faults on the wire and in the mocks", Counter({name: total.faults[name] for name in FAULTS}))
    _table("notifications", total.mail)
    _table("where the orders stand", total.states)
    _table("on the manual list, and why", total.manual)
    print(
        f"\n{total.seeds} seeds, {total.orders.total()} orders, {total.requests} requests, {total.faults.total()} faults, "
        f"{total.notices} notifications, {total.restarts} restarts and deaths of processes, {total.conflicts} conflicts, "
        f"{total.manual.total()} on the manual list, {len(total.wrong)} wrong; {seconds:.0f} s"
    )


def _table(title: str, counts: Counter[str]) -> None:
    print(f"\n{title}")
    for name, number in sorted(counts.items()):
        print(f"  {number:>8}  {name}")


if __name__ == "__main__":
    sys.exit(main())
