"""A worker process of the tests: it pays or recovers, and ends itself with SIGKILL at the point that it was told.

The points are ``write`` (a transaction: ``before`` it begins, ``within`` it when its statements are done, ``after`` its commit)
and ``send`` (a request: ``before`` it leaves, ``after`` its answer came), and the number of the transaction or request.
Every worker is a process of its own, begun from a clean server of forks, so that it costs no start of Python.
"""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from procrastinate import App, PsycopgConnector

from payment_channels import ChannelClient, Outcome, Verb, open_channel
from payment_channels.channels.wechat import WechatConfig
from payment_channels.journal import (
    DurableClient,
    Journal,
    JournalUnavailableError,
    KeyRing,
    OrderKey,
    Resolver,
    SqliteStore,
    State,
    Store,
)
from payment_channels.journal.looking import unresolved
from payment_channels.journal.postgres import PostgresStore
from payment_channels.journal.store import Cursor
from payment_channels.journal.tasks import Tasks
from tests.journal.conftest import KEY, payout
from tests.journal.scripted import Scripted, told

PRELOADED = [
    "tests.journal.warm",
    "tests.journal.worker",
    "tests.business.funding.worker",
    "tests.business.routing.worker",
    "httpcore",
]
"""What the server of forks has imported: whoever starts it first, and then each of its forks has nothing left to import."""
SECONDS = 5.0
"""The timeout of each call: generous, since nothing here waits for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker finds its journal and its channel."""

    journal: str
    mock: str
    keys: Path

    def store(self) -> Store:
        return PostgresStore(self.journal) if "=" in self.journal else SqliteStore(self.journal)

    def client(self) -> ChannelClient:
        channel = open_channel("wechat", WechatConfig.from_directory(self.keys / "wechat", base_url=self.mock))
        return ChannelClient(channel, timeout=SECONDS)


class Fate:
    """Counts what is done, and ends the process at its point (``write.after:2``); an empty one never comes."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.counts = {"write": 0, "send": 0}

    def begin(self, what: str) -> None:
        self.counts[what] += 1
        self.reach(what, "before")

    def reach(self, what: str, moment: str) -> None:
        if self.point == f"{what}.{moment}:{self.counts[what]}":
            os.kill(os.getpid(), signal.SIGKILL)


class MortalStore:
    """A store whose process may end around each of its transactions."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store, self._fate = store, fate
        self.skip_locked, self.for_update = store.skip_locked, store.for_update
        self.read, self.close, self.bring_up_to_date = store.read, store.close, store.bring_up_to_date

    def write(self, work: Callable[[Cursor], Any]) -> Any:
        def done(cursor: Cursor) -> Any:
            value = work(cursor)
            self._fate.reach("write", "within")
            return value

        self._fate.begin("write")
        value = self._store.write(done)
        self._fate.reach("write", "after")
        return value


class MortalTransport:
    """A transport whose process may end around each of its requests."""

    def __init__(self, transport: Any, fate: Fate) -> None:
        self._transport, self._fate = transport, fate

    def send(self, call: Any, seconds: float) -> Any:
        self._fate.begin("send")
        reply = self._transport.send(call, seconds)
        self._fate.reach("send", "after")
        return reply

    def close(self) -> None:
        self._transport.close()


def pay(place: Place, number: str, point: str) -> None:
    """Pay out one order."""
    fate = Fate(point)
    store, client = place.store(), place.client()
    client._transport = MortalTransport(client._transport, fate)  # type: ignore[assignment]
    journal = Journal(MortalStore(store, fate), KeyRing.single(KEY))
    DurableClient(client, journal, account="shop").payout(payout(number))


def recover(place: Place, ahead: float, point: str) -> None:
    """What the next process does, so many seconds later: look at everything that is due."""
    fate = Fate(point)
    store, client = place.store(), place.client()
    client._transport = MortalTransport(client._transport, fate)  # type: ignore[assignment]
    journal = Journal(MortalStore(store, fate), KeyRing.single(KEY), clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead))
    Resolver(journal, {"shop": client}, timeout=SECONDS, sleep=lambda _: None).step()


def pay_many(place: Place, numbers: list[str]) -> None:
    """Pay out orders one after the other; ask again for the same order while the journal is away, or does not know it."""
    journal = Journal(place.store(), KeyRing.single(KEY))
    client = DurableClient(place.client(), journal, account="shop")
    for number in numbers:
        while True:
            try:
                client.payout(payout(number))
                if journal.find(OrderKey("shop", "payout", number)) is not None:
                    break
            except JournalUnavailableError:
                time.sleep(0.05)


def pay_on_a_full_disk(place: Place, number: str) -> None:
    """Pay out when the log can grow no further: nothing may leave."""
    store = place.store()
    length = Path(f"{place.journal}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (length + 1000, length + 1000))  # less than one page
    wire = Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.SUCCEEDED)]})
    client = DurableClient(wire, Journal(store, KeyRing.single(KEY)), account="shop")  # type: ignore[arg-type]
    assert client.payout(payout(number), timeout=0.2).outcome is Outcome.UNKNOWN  # the log may hold it
    assert wire.sent == []


def recover_all(place: Place) -> None:
    """Look again and again, later and later, until nothing is unknown."""
    client, store = place.client(), place.store()
    for minutes in range(5, 60, 5):
        ahead = timedelta(minutes=minutes)
        journal = Journal(store, KeyRing.single(KEY), clock=lambda ahead=ahead: datetime.now(UTC) + ahead)  # type: ignore[misc]
        Resolver(journal, {"shop": client}, timeout=SECONDS, sleep=lambda _: None).step()
        if not [record for record in unresolved(journal) if record.state is State.UNKNOWN]:
            return


def tasks_at(place: Place) -> tuple[App, Tasks]:
    """The app of a task engine, with the journal's tasks."""
    app = App(connector=PsycopgConnector(conninfo=place.journal, min_size=1, max_size=3))
    journal = Journal(place.store(), KeyRing.single(KEY))
    return app, Tasks(app, journal, {"shop": DurableClient(place.client(), journal, account="shop")})


def work_through(place: Place) -> None:
    """Do what is queued, several tasks at once, and end when nothing is left."""
    app, _ = tasks_at(place)
    app.run_worker(wait=False, concurrency=3, listen_notify=False, install_signal_handlers=False)


def start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a worker."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def end_of(process: BaseProcess) -> int:
    """Wait for a worker and return how it ended: 0, or minus the number of the signal."""
    process.join(50)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
        raise TimeoutError("a worker did not end")
    process.close()
    return code
