"""Tells one seed's story and reports what came of it."""

import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from payment_channels.journal import OrderRecord
from payment_channels.journal.folding import Source
from payment_channels.journal.looking import events
from tests.simulation.judge import judge
from tests.simulation.merchant import Size
from tests.simulation.story import Story
from tests.simulation.wire import FAULTS

SIZES = {
    # Payments, payouts, refunds and notifications of one seed; and how many seeds a run has.
    "tiny": (Size(8, 12, 4, 60), 3),  # the test suite's
    "small": (Size(30, 30, 15, 300), 3),
    "medium": (Size(100, 100, 50, 1000), 5),
    "full": (Size(500, 500, 250, 5000), 20),
}
_MEMORY = Path("/dev/shm")  # noqa: S108  simulated processes die, the machine does not: the disk need not be waited for


@dataclass
class Report:
    """What came of one seed, or of several together."""

    wrong: list[str] = field(default_factory=list)
    digest: str = ""
    seeds: int = 0
    requests: int = 0
    restarts: int = 0
    notices: int = 0
    bills: int = 0
    rows: int = 0
    conflicts: int = 0
    seconds: float = 0.0
    orders: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    mail: Counter[str] = field(default_factory=Counter)
    manual: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Report") -> None:
        """Take another seed's in."""
        self.wrong += other.wrong
        for name in ("seeds", "requests", "restarts", "notices", "bills", "rows", "conflicts", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("orders", "states", "faults", "mail", "manual"):
            getattr(self, name).update(getattr(other, name))

    def written(self, size: str, seeds: list[int], seconds: float) -> str:
        """Return the report in Markdown, as the documentation quotes it."""
        one, _ = SIZES[size]
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
        told = (
            f"`make soak SIZE={size}`: {len(seeds)} seeds ({which}), each of {one.payments} payments, {one.payouts} payouts, "
            f"{one.refunds} refunds and {one.notifications} notifications, {one.rate:.0%} faults; "
            f"{seconds:.0f} seconds on {os.cpu_count()} cores."
        )
        return "\n".join(
            [
                told,
                "",
                "| | |",
                "|---|---|",
                f"| Orders (with those under new numbers, closings and cancellations) | {self.orders.total()} |",
                f"| Requests | {self.requests} |",
                f"| Faults that they met | {self.faults.total()} |",
                f"| Notifications that came in ({self.mail['replayed']} of them replayed) | {self.notices} |",
                f"| Bills that were taken in on the way, and their rows | {self.bills}, {self.rows} |",
                f"| Restarts and deaths of processes | {self.restarts} |",
                f"| Conflicts | {self.conflicts} |",
                f"| On the manual list | {self.manual.total()} |",
                f"| **Rules broken** | **{len(self.wrong)}** |",
                *_table("Where", self.states),
                *_table("On the manual list, and what the channel mostly answers", self.manual),
                *_table("Fault", Counter({name: self.faults[name] for name in FAULTS})),
                *_table("What became of notifications", self.mail),
                "",
            ]
        )


def _table(title: str, counts: Counter[str]) -> list[str]:
    return ["", f"| How many | {title} |", "|---|---|", *(f"| {number} | {name} |" for name, number in sorted(counts.items()))]


def tell(seed: int, size: Size, keys: Path, progress: Callable[[float], None] = lambda _: None) -> Report:
    """Tell the story of a seed to its end, and judge it. ``keys`` is the folder of the mocks' keys."""
    began, before = time.monotonic(), logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # thousands of faults are reported where they should be; here nobody reads them
    try:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            story = Story(seed, size, keys, Path(folder))
            story.run(progress)
            made = _report(story)
            made.wrong = judge(story)
            story.end()
    finally:
        logging.disable(before)
    made.seconds = time.monotonic() - began
    return made


def _report(story: Story) -> Report:
    records = story.records()
    return Report(
        digest=story.digest(),
        seeds=1,
        requests=story.wire.requests,
        restarts=story.restarts,
        notices=story.mail.count["given"],
        bills=story.bills.total(),
        rows=len(story.billed),
        conflicts=sum(record.standing.conflict for record in records),
        orders=Counter(record.key.kind for record in records),
        states=story.states(),
        faults=Counter(story.wire.played),
        mail=Counter(story.mail.count),
        manual=Counter(_why(story, record) for record in records if record.manual is not None),
    )


def _why(story: Story, record: OrderRecord) -> str:
    """Say why nobody knows: what the channel mostly answered when it was asked."""
    heard = Counter(one.canonical for one in events(story.journal, record) if one.source is Source.QUERIED and one.canonical)
    answer = heard.most_common(1)[0][0] if heard else record.canonical
    return f"{record.channel} {record.key.kind}: {record.state}, the channel answers {answer}"


def command(seed: int, size: str) -> str:
    """Return the command that tells a seed's story again."""
    return f"make soak SIZE={size} SEED={seed}"
