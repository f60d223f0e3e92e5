"""The journal in a SQLite file: WAL, full sync, and one commit for all who wait (group commit).

Whoever comes first leads: it does the work of all who are waiting in one transaction, each behind a savepoint, and commits
once. One caller alone pays for no thread; fifty at once share the price of a sync.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from payment_channels.journal.schema import MIGRATIONS
from payment_channels.journal.store import Cursor, JournalUnavailableError, Migrations, migrate
from payment_channels.model.refusals import ConfigurationError

T = TypeVar("T")
WORDS = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "blob": "BLOB", "big": "INTEGER"}
BUSY_SECONDS = 30.0
TOGETHER = 256
"""At most so many in one transaction, so that the first of them does not wait for ever."""
OLDEST = (3, 35, 0)
"""The first release with RETURNING."""
CACHE_KIB = 65_536
"""What the writer keeps of the file in memory: with the default of 2 MiB a large journal's indexes are read anew each time."""
_SURELY_UNDONE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY})


class _Hand:
    """A cursor of one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, text: str, values: Sequence[Any] = ()) -> None:
        self._connection.execute(text, values)

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(text, values).fetchall()


class _Job:
    """One caller's work, and what came of it."""

    __slots__ = ("done", "error", "value", "wake", "work")

    def __init__(self, work: Callable[[Cursor], Any]) -> None:
        self.work = work
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.wake = threading.Event()

    def end(self, error: BaseException | None = None) -> None:
        self.error = self.error or error
        self.done = True
        self.wake.set()


class SqliteStore:
    """One file. Several processes may share it on one machine; they wait for each other."""

    skip_locked = ""
    for_update = ""

    def __init__(self, path: str | Path, *, timeout: float = BUSY_SECONDS) -> None:
        """Open or make the file; ``timeout`` in seconds is how long another process's transaction is waited for.

        Raises:
            JournalUnavailableError: the file cannot be opened.
            ConfigurationError: it was written by a newer version, or cannot be kept with a write-ahead log.
        """
        if sqlite3.sqlite_version_info < OLDEST:
            raise ConfigurationError.because(
                f"SQLite {sqlite3.sqlite_version} 过旧，日志库需要 3.35 或更新",
                f"SQLite {sqlite3.sqlite_version} is too old: the journal needs 3.35 or later",
                field="journal",
            )
        self._path = str(path)
        self._timeout = timeout
        self._closed = False
        self._inherited: list[Any] = []
        self._begin_life()
        try:
            self.bring_up_to_date("journal", MIGRATIONS)
        except BaseException:
            self.close()
            raise

    def _begin_life(self) -> None:
        """Start without connections: when the store is made, and in the child of a fork."""
        self._process = os.getpid()
        self._leading = threading.Lock()
        self._leader = 0
        self._waiting: deque[_Job] = deque()
        self._idle: deque[sqlite3.Connection] = deque()
        self._writer: sqlite3.Connection | None = None

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("the journal was closed")
        connection = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
        ((mode,),) = connection.execute("PRAGMA journal_mode = WAL")
        if mode != "wal":
            connection.close()
            raise ConfigurationError.because(
                f"{self._path} 所在的文件系统不支持预写日志（得到 {mode}）；请放到本机磁盘上",
                f"{self._path} cannot have a write-ahead log (it has {mode}): put it on a disk of this machine",
                field="journal",
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _the_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._connect()
            self._writer.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        return self._writer

    def bring_up_to_date(self, room: str, migrations: Migrations) -> None:
        """Make or change a room's tables.

        Raises:
            JournalUnavailableError: the file cannot be used.
            ConfigurationError: they were written by a newer version.
        """
        self.write(lambda cursor: migrate(cursor, WORDS, room, migrations))

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` in a transaction, alone or with others; durable when this returns.

        Raises:
            JournalUnavailableError: it could not be committed; see ``maybe_kept``.
        """
        self._in_this_process()
        if self._leader == threading.get_ident():
            raise RuntimeError("a transaction of the journal cannot begin within another")
        job = _Job(work)
        self._waiting.append(job)
        try:
            self._wait_or_lead(job)
        except BaseException:
            with suppress(ValueError):
                self._waiting.remove(job)  # nobody waits for it any more, so nobody shall do it
            raise
        if job.error is not None:
            raise job.error
        done: T = job.value
        return done

    def _wait_or_lead(self, job: _Job) -> None:
        while not job.done:
            if self._leading.acquire(blocking=False):
                try:
                    if not job.done:
                        self._leader = threading.get_ident()
                        self._lead()
                finally:
                    self._leader = 0
                    self._leading.release()
                    self._call_the_next()
            else:
                job.wake.wait(0.05)  # the leader wakes us; the limit only bounds a wake-up that was missed
                job.wake.clear()

    def _call_the_next(self) -> None:
        with suppress(IndexError):
            self._waiting[0].wake.set()

    def _lead(self) -> None:
        """Do the work of all who wait, in one transaction."""
        jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]
        committing = False
        try:
            writer = self._the_writer()
            writer.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._do(writer, job, alone=len(jobs) == 1)
            committing = True
            writer.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  each of those who wait is told
            maybe_kept = committing and _may_be_kept(error)
            self._undo()
            for job in jobs:
                job.end(error if isinstance(error, ConfigurationError) else _unavailable(error, maybe_kept=maybe_kept))
        except BaseException:
            # The leader was interrupted. What was committed is done; what was not is left to the next leader.
            if committing and not self._undo():
                for job in jobs:
                    job.end()
            else:
                self._undo()
                self._waiting.extendleft(reversed(jobs))
            raise
        else:
            for job in jobs:
                job.end()

    def _do(self, writer: sqlite3.Connection, job: _Job, *, alone: bool) -> None:
        """Do one caller's work; if it fails, only its own part is undone."""
        job.value = job.error = None
        if not alone:
            writer.execute("SAVEPOINT one")
        try:
            job.value = job.work(_Hand(writer))
        except Exception as error:
            if isinstance(error, sqlite3.Error) and _of_the_file(error):
                raise  # nobody's part can be kept
            job.error = error
            if alone:
                raise
            writer.execute("ROLLBACK TO one")
        if not alone:
            writer.execute("RELEASE one")

    def _undo(self) -> bool:
        """Undo the transaction that is open, and say whether there was one. A connection that cannot is replaced."""
        if self._writer is None:
            return False
        was_open = self._writer.in_transaction
        try:
            if was_open:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            self._writer.close()
            self._writer = None
        return was_open

    def read(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` on a consistent state, without waiting for writers.

        Raises:
            JournalUnavailableError: the file cannot be read.
        """
        self._in_this_process()
        with _reported():
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                connection.execute("BEGIN")
                done = work(_Hand(connection))
                connection.execute("ROLLBACK")
            except BaseException:
                connection.close()
                raise
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)
            return done

    def _in_this_process(self) -> None:
        """A fork's child may neither use nor close its parent's connections: it keeps them untouched and opens its own."""
        if self._process != os.getpid():
            self._inherited += [self._writer, self._idle]
            self._begin_life()

    def close(self) -> None:
        """Close all connections, after the transaction that is under way. Who still waits is told that nothing was written."""
        self._in_this_process()
        with self._leading:
            self._closed = True
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            while self._idle:
                self._idle.pop().close()


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _unavailable(error) from error


def _of_the_file(error: sqlite3.Error) -> bool:
    """Say whether an error is the file's (full, locked, unreadable) and not one value's or statement's."""
    return not isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError | sqlite3.DataError)


def _may_be_kept(error: Exception) -> bool:
    """A commit that ended in an I/O error may stand in the log, and be found there after a restart."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return code & 0xFF not in _SURELY_UNDONE


def _unavailable(error: BaseException, *, maybe_kept: bool = False) -> JournalUnavailableError:
    found = JournalUnavailableError.because(
        f"（{error}；请检查磁盘与文件）",
        f"({error}; look at the disk and the file)",
        field="journal",
    )
    found.maybe_kept = maybe_kept
    found.__cause__ = error
    return found
