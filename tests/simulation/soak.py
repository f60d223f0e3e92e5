"""The long run of the simulation: many seeds, split over processes, with progress and a report.

python -m tests.simulation.soak [--size tiny|small|medium|full] [--seed N] [--seeds N] [--workers N] [--report FILE]
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
from typing import Any

from mocks.opening import open_world
from tests.simulation.report import SIZES, Report, command, tell

FIRST = 1001
"""The first seed of a run; the others follow it."""
DAYS = 11
"""Days that a story lasts, about."""
QUIET = 30.0
"""Seconds between two lines of progress, where there is no bar."""


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
    with tempfile.TemporaryDirectory() as folder:
        open_world(Path(folder))  # makes the keys, once for all processes
        for seed, found in _all_told(seeds, asked.size, folder, asked.workers):
            total.add(found)
            if found.wrong:
                failed.append((seed, found))
    text = total.written(asked.size, seeds, time.monotonic() - began)
    print(f"\n{text}")
    if asked.report is not None:
        asked.report.parent.mkdir(parents=True, exist_ok=True)
        asked.report.write_text(text, encoding="utf-8")
        print(f"written to {asked.report}")
    for seed, found in failed:
        print(f"\nseed {seed} failed; it happens again with: {command(seed, asked.size)}")
        print("\n".join(f"  {line}" for line in found.wrong[:50]))
    return 1 if failed else 0


def _all_told(seeds: list[int], size: str, folder: str, workers: int) -> Iterator[tuple[int, Report]]:
    """Tell all stories, each in a process of its own, and show how far they are."""
    context = multiprocessing.get_context("spawn")
    days: Any = context.SimpleQueue()
    with (
        _progress(len(seeds)) as show,
        context.Pool(min(workers, len(seeds)), initializer=_begin, initargs=(days,), maxtasksperchild=1) as pool,
    ):
        waiting = [pool.apply_async(_told, (seed, size, folder)) for seed in seeds]
        while waiting:
            ended = [one for one in waiting if one.ready()]
            waiting = [one for one in waiting if one not in ended]
            while not days.empty():
                show.day(*days.get())
            for one in ended:
                seed, found = one.get()
                show.seed(seed, found)
                yield seed, found
            time.sleep(0.2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, help="so many instead of the size's own number")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report", type=Path, help="write the report to this file too, in Markdown")
    return parser.parse_args()


_days: Any = None


def _begin(days: Any) -> None:
    """Keep what the stories tell the main process by: how many days of theirs are over."""
    global _days  # noqa: PLW0603  a pool's processes have no other place
    _days = days


def _told(seed: int, size: str, folder: str) -> tuple[int, Report]:
    over = 0

    def progress(seconds: float) -> None:
        nonlocal over
        if seconds // 86_400 > over:
            over = int(seconds // 86_400)
            _days.put((seed, over))

    return seed, tell(seed, SIZES[size][0], Path(folder), progress)


class _Plain:
    """A line a seed, and one now and then in between."""

    def __init__(self, of: int) -> None:
        self.of = of
        self.done = 0
        self.days: dict[int, int] = {}
        self.said = time.monotonic()

    def day(self, seed: int, day: int) -> None:
        """A seed's day is over."""
        self.days[seed] = day
        if time.monotonic() - self.said > QUIET:
            self.said = time.monotonic()
            now = ", ".join(f"seed {one}: day {number}" for one, number in sorted(self.days.items()))
            print(f"  {self.done}/{self.of}  {now} of about {DAYS}", flush=True)

    def seed(self, seed: int, found: Report) -> None:
        """A seed is done."""
        self.done += 1
        self.days.pop(seed, None)
        verdict = f"{len(found.wrong)} wrong" if found.wrong else "agrees"
        print(f"  {self.done}/{self.of}  seed {seed}: {found.requests} requests, {found.seconds:.0f} s, {verdict}", flush=True)


class _Bar:
    """A bar over the days of all seeds."""

    def __init__(self, of: int, bar: Any) -> None:
        self.bar = bar
        self.task = bar.add_task("seeds", total=of * DAYS)
        self.days: Counter[int] = Counter()
        self.failed = 0

    def day(self, seed: int, day: int) -> None:
        """A seed's day is over."""
        self._reached(seed, min(day, DAYS))

    def seed(self, seed: int, found: Report) -> None:
        """A seed is done."""
        self.failed += bool(found.wrong)
        self._reached(seed, DAYS)

    def _reached(self, seed: int, day: int) -> None:
        self.days[seed] = day
        failed = f", {self.failed} FAILED" if self.failed else ""
        self.bar.update(self.task, completed=self.days.total(), description=f"seed {seed} day {day}{failed}")


@contextmanager
def _progress(of: int) -> Iterator[_Plain | _Bar]:
    """A bar where rich is installed and a person looks on; else lines."""
    try:
        from rich.progress import Progress, TimeElapsedColumn
    except ImportError:
        yield _Plain(of)
        return
    if not sys.stdout.isatty():
        yield _Plain(of)
        return
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn()) as bar:
        yield _Bar(of, bar)


if __name__ == "__main__":
    sys.exit(main())
