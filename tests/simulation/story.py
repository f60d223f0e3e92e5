"""One seed's story: a merchant's day on all channels, in which everything goes wrong that may, and the days after it."""

import hashlib
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from mocks.clock import BEIJING
from mocks.clock import Clock as MockClock
from mocks.opening import open_world
from payment_channels import BillQuery, BillStatus, Inbound, NotSentError, Outcome, PaymentChannelError
from payment_channels.journal import BillLine, Journal, KeyRing, OrderKey, OrderRecord, SqliteStore, State, take_bill
from payment_channels.journal.looking import events
from payment_channels.journal.records import COLUMNS, microseconds, record_of
from tests.simulation.channels import SIDES, Side
from tests.simulation.merchant import DAY, Intent, Merchant, Size
from tests.simulation.process import Asynchronous, Blocking, Process
from tests.simulation.wire import Clock, Killed, Mail, Wire

BILLED_DAYS = 4
"""Days whose bills are fetched on the way; the judge looks at all of them."""
GATHERED = 60
"""Seconds for which what is due in the journal is gathered once the merchant's day is over; before, it is looked at at once."""
NOON = 24 * 3600
"""Seconds from one noon, when the clock starts, to the next, when all channels have made the bill of the day before."""


@dataclass
class Told:
    """What a verb said of an order: an outcome, or None where it raised, and where the journal stood right then."""

    key: OrderKey
    outcome: Outcome | None
    stood: State | None


@dataclass
class Story:
    """A world, a journal on a file, and the processes that come and go over it."""

    seed: int
    size: Size
    keys: Path
    folder: Path
    intents: list[Intent] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What was seen to be wrong on the way."""
    billed: list[BillLine] = field(default_factory=list)
    """Rows of bills, and what each said of the journal."""
    bills: Counter[tuple[str, str]] = field(default_factory=Counter)
    restarts: int = 0

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.dice = random.Random(f"story {self.seed}")
        self.world = open_world(self.keys, MockClock(self.clock))
        self.sides: dict[str, Side] = {side.name: side(self.world, self.keys) for side in SIDES}
        self.wire = Wire(self.world, self.clock, random.Random(f"wire {self.seed}"), self.size.rate)
        mail = random.Random(f"mail {self.seed}")
        self.mail = Mail(self.sides, mail, self.size.rate, self._give, self._give_later, self._refuse)
        self.world._post = self.mail.post
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count(1)
        self.merchant = Merchant(self, list(self.sides.values()), self.dice)
        self._start()

    # --- processes

    def _start(self) -> None:
        """Start a process: nothing is left of the one before but the file."""
        self.store = SqliteStore(self.folder / "journal.sqlite3")
        self.journal = Journal(self.store, KeyRing.single(bytes(range(32))), clock=self.clock)
        channels = {name: side.open(self.clock) for name, side in self.sides.items()}
        self.manifests = {name: one.manifest for name, one in channels.items()}
        colour = Asynchronous if self.restarts % 2 else Blocking
        self.process: Process = colour(self.journal, channels, self.wire)

    def restart(self) -> None:
        self.restarts += 1
        self.end()
        self._start()

    def end(self) -> None:
        """End the present process."""
        self.process.end()
        self.store.close()

    def _alive(self, work: Callable[[], Any]) -> Any:
        """Do something in the present process; None where it died over it."""
        try:
            return work()
        except Killed:
            self.restart()
            return None

    # --- the merchant's orders

    def send(self, verb: str, key: OrderKey, order: Any, *, tries: int = 30) -> None:
        """Ask for an order; if an exception says that nothing left, or the process died, ask for the very same once more."""

        def ask() -> Outcome | None:
            try:
                outcome: Outcome | None = self.process.pay(key.account, verb, order).outcome
            except PaymentChannelError as error:
                outcome = None
                if not isinstance(error, NotSentError):
                    self.broken.append(f"{key}: refused: {error}")
            record = self.journal.find(key)
            self.told.append(Told(key, outcome, record.state if record is not None else None))
            return outcome

        outcome = self._alive(ask)
        if outcome is None and tries:
            self.at(60, lambda: self.send(verb, key, order, tries=tries - 1))

    def at(self, seconds: float, work: Callable[[], None]) -> None:
        """Put something on the agenda, so many seconds from now."""
        heapq.heappush(self._agenda, (self.clock.seconds + seconds, next(self._numbers), work))

    def number(self, kind: str) -> str:
        """Return a number that was never used."""
        return f"S{self.seed:06}{kind}{next(self._numbers):07}"

    # --- bills

    def _bill(self, side: Side, kind: str, day: date, tries: int = 6) -> None:
        """Fetch a day's bill, an hour later again where there was none yet, and settle the journal by it if it names orders."""
        asked = BillQuery(day=day, bill_kind=kind)

        def fetch() -> bool:
            try:
                found = self.process.bill(side.name, asked)
            except PaymentChannelError:
                return False
            if found.status is BillStatus.READY and side.settles:
                self.billed += take_bill(self.journal, side.name, found.rows, name=f"{side.name} {kind} {day}")
            if found.status is BillStatus.READY:
                self.bills[side.name, kind] += 1
            return found.status in {BillStatus.READY, BillStatus.EMPTY}

        if not self._alive(fetch) and tries:
            self.at(3600, lambda: self._bill(side, kind, day, tries - 1))

    # --- notifications

    def _give(self, account: str, inbound: Inbound) -> tuple[int, str] | None:
        def take() -> tuple[int, str] | None:
            try:
                answer = self.process.take(account, inbound)
            except PaymentChannelError:
                return 500, ""
            return answer.status, answer.body.decode()

        self.mail.count["given"] += 1
        given: tuple[int, str] | None = self._alive(take)
        return given

    def _give_later(self, seconds: float, account: str, inbound: Inbound) -> None:
        self.at(seconds, lambda: (self._give(account, inbound), None)[1])

    def _refuse(self, name: str, account: str, forged: Inbound) -> None:
        before = self._written()
        self._give(account, forged)
        if self._written() != before:
            self.broken.append(f"{account}: a forged notification ({name}) was taken in")

    def _written(self) -> tuple[Any, ...]:
        text = "SELECT (SELECT COUNT(*) FROM notices), (SELECT COUNT(*) FROM events)"
        return self.store.read(lambda cursor: cursor.rows(text)[0])

    # --- time

    def run(self, progress: Callable[[float], None] = lambda _: None) -> None:
        """Let the day happen, and then time run on until nobody has anything left to do."""
        self._plan()
        while (due := self._next()) is not None:
            self.clock.wait(max(0.0, due - self.clock.seconds) + 0.001)  # moments are kept to a microsecond
            self.wire.arrive()
            while self._agenda and self._agenda[0][0] <= self.clock.seconds:
                heapq.heappop(self._agenda)[2]()
            self.world.deliver()
            self._alive(self.process.step)
            progress(self.clock.seconds)

    def _plan(self) -> None:
        self.merchant.plan(self.size)
        first = self.clock.start.astimezone(BEIJING).date()
        for side in self.sides.values():
            for kind, number in itertools.product(side.bill_kinds, range(BILLED_DAYS)):
                day = first + timedelta(days=number)
                self.at((number + 1) * NOON, lambda side=side, kind=kind, day=day: self._bill(side, kind, day))  # type: ignore[misc]
        for _ in range(3):
            self.at(self.dice.uniform(0, DAY), self.restart)
        for _ in range(48):
            self.at(self.dice.uniform(600, 8 * DAY), self._replays)

    def _replays(self) -> None:
        for _ in range(self.size.notifications // 48):
            if self.mail.count["given"] < self.size.notifications:
                self.mail.replay()

    def _next(self) -> float | None:
        """Return when something happens next: on the agenda, on the wire, at a mock's notifications, or in the journal."""
        text = "SELECT MIN(MAX(next_at, COALESCE(lease_until, 0))) FROM orders WHERE next_at IS NOT NULL"
        ((looked,),) = self.store.read(lambda cursor: cursor.rows(text))
        waiting = [one.due for channel in self.world.channels.values() for one in channel.notices._waiting if one.due is not None]
        moments = [(one - self.clock.start).total_seconds() for one in waiting]
        moments += [self._agenda[0][0]] if self._agenda else []
        moments += [self.wire.next_late] if self.wire.next_late is not None else []
        # What is due in the journal within a second, and later a minute, is looked at together.
        pause = GATHERED if self.clock.seconds > 3 * DAY else 1
        moments += [max(looked - microseconds(self.clock.start), 0) / 1e6 + pause] if looked is not None else []
        return min(moments, default=None)

    # --- afterwards

    def records(self) -> list[OrderRecord]:
        rows = self.store.read(lambda cursor: cursor.rows(f"SELECT {COLUMNS} FROM orders ORDER BY id"))  # noqa: S608
        return [record_of(row) for row in rows]

    def digest(self) -> str:
        """Return what tells one story from another: all that happened to every order, and when, without the mocks' own ids."""
        lines = [repr((self.clock.seconds, sorted(self.wire.played.items()), sorted(self.mail.count.items())))]
        for record in self.records():
            lines.append(repr((record.key, record.state, record.manual is not None, record.standing)))
            lines += [
                repr((self._since(one.at), one.source, one.attempt, one.outcome, one.canonical, one.state))
                for one in events(self.journal, record)
            ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _since(self, moment: datetime) -> float:
        return (moment - self.clock.start).total_seconds()

    def states(self) -> Counter[str]:
        return Counter(f"{one.key.kind} {one.state}" for one in self.records())
