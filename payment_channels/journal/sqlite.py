"""The journal in a SQLite file: WAL, full sync, and one commit for all who wait (group commit).

Whoever comes first leads: it does the work of all who are waiting in one transaction, each behind a savepoint, and commits
once. One caller alone pays for no thread; fifty at once share the price of a sync.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from payment_channels.journal.store import Cursor, JournalUnavailableError, migrate

T = TypeVar("T")
WORDS = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "blob": "BLOB", "big": "INTEGER"}
BUSY_SECONDS = 30.0
TOGETHER = 256
"""At most so many in one transaction, so that the first of them does not wait for ever."""


class _Hand:
    """A cursor of one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, text: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(text, values).rowcount

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


class SqliteStore:
    """One file. Several processes may share it on one machine; they wait for each other."""

    skip_locked = ""
    for_update = ""

    def __init__(self, path: str | Path, *, timeout: float = BUSY_SECONDS) -> None:
        """Open or make the file; ``timeout`` in seconds is how long another process's transaction is waited for.

        Raises:
            JournalUnavailableError: the file cannot be opened.
            ConfigurationError: it was written by a newer version.
        """
        self._path = str(path)
        self._timeout = timeout
        self._leading = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        try:
            self._writer = self._connect()
            self._writer.execute("BEGIN EXCLUSIVE")
            migrate(_Hand(self._writer), WORDS)
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        self._opened.append(connection)
        return connection

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` in a transaction, alone or with others; durable when this returns.

        Raises:
            JournalUnavailableError: it could not be committed; nothing of it was kept.
        """
        job = _Job(work)
        self._waiting.append(job)
        while not job.done:
            if self._leading.acquire(blocking=False):
                try:
                    if not job.done:
                        self._lead()
                finally:
                    self._leading.release()
                    self._call_the_next()
            else:
                job.wake.wait(0.05)  # the leader wakes us; the limit only bounds a wake-up that was missed
                job.wake.clear()
        if job.error is not None:
            raise job.error
        done: T = job.value
        return done

    def _call_the_next(self) -> None:
        try:
            self._waiting[0].wake.set()
        except IndexError:
            return

    def _lead(self) -> None:
        """Do the work of all who wait, in one transaction."""
        jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._do(job, alone=len(jobs) == 1)
            self._writer.execute("COMMIT")
        except BaseException as error:
            self._undo()
            for job in jobs:
                job.value, job.error = None, job.error or _unavailable(error)
            if not isinstance(error, Exception):
                raise  # the leader was interrupted; those who waited are told below that nothing was kept
        finally:
            for job in jobs:
                job.done = True
                job.wake.set()

    def _do(self, job: _Job, *, alone: bool) -> None:
        """Do one caller's work; if it fails, only its own part is undone."""
        hand = _Hand(self._writer)
        if not alone:
            self._writer.execute("SAVEPOINT one")
        try:
            job.value = job.work(hand)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                raise  # the file, not the work: nobody's part can be kept
            job.error = error
            if alone:
                raise
            self._writer.execute("ROLLBACK TO one")
        if not alone:
            self._writer.execute("RELEASE one")

    def _undo(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            return  # the connection is of no use; the next transaction says so

    def read(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` on a consistent state, without waiting for writers.

        Raises:
            JournalUnavailableError: the file cannot be read.
        """
        try:
            connection = getattr(self._readers, "connection", None)
            if connection is None:
                connection = self._readers.connection = self._connect()
            connection.execute("BEGIN")
            try:
                return work(_Hand(connection))
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Close all connections, after the transaction that is under way."""
        with self._leading:
            for connection in self._opened:
                connection.close()
            self._opened.clear()


def _unavailable(error: BaseException) -> JournalUnavailableError:
    return JournalUnavailableError.because(
        f"日志库不可用：{error}；没有发送，请检查磁盘与文件",
        f"the journal cannot be used: {error}; look at the disk and the file",
        field="journal",
    )
