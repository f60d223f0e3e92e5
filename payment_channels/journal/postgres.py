"""The journal in PostgreSQL: any number of processes on any number of machines share it (extra ``postgres``).

Claims skip what others hold, and a lease that ran out is free. A connection that broke is replaced; the transaction that
it carried is undone, and its caller is told that nothing was written, or, where the commit itself broke, that nobody knows.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import psycopg

from payment_channels.journal.store import Cursor, JournalUnavailableError, migrate

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
WORDS = {"serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "blob": "BYTEA", "big": "BIGINT"}
LOCK = 0x70617963  # of the migration: two processes that start at once make the tables once
CONNECT_SECONDS = 10
DURABLE = b"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""A server set to answer before the disk has it would lose what was promised; a stricter setting is left as it is."""
_IDLE = psycopg.pq.TransactionStatus.IDLE


class _Hand:
    """A cursor of one connection; the journal's ``?`` become the driver's ``%s``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, text: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(_driver(text), values).rowcount

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(_driver(text), values).fetchall()


@cache
def _driver(text: str) -> Any:
    return text.replace("?", "%s")


class PostgresStore:
    """One database, by its address (``postgresql://…`` or the driver's own form); at most ``connections`` at once."""

    for_update = " FOR UPDATE"
    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, address: str, *, connections: int = 20) -> None:
        """Connect once and bring the tables up to date.

        Raises:
            JournalUnavailableError: the database cannot be reached.
            ConfigurationError: its tables were written by a newer version.
        """
        self._address = address
        self._connections = connections
        self._closed = False
        self._inherited: list[Any] = []
        self._begin_life()

        def made(cursor: Cursor) -> None:
            cursor.rows("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            migrate(cursor, WORDS)

        try:
            self.write(made)
        except BaseException:
            self.close()
            raise

    def _begin_life(self) -> None:
        """Start without connections: when the store is made, and in the child of a fork."""
        self._process = os.getpid()
        self._places = threading.BoundedSemaphore(self._connections)
        self._idle: deque[Connection] = deque()

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Connection]:
        """Lend a connection with a transaction begun on it."""
        if self._process != os.getpid():
            self._inherited.append(self._idle)  # a fork's child neither uses nor closes what is its parent's
            self._begin_life()
        with self._places:
            connection = self._fit(begin)
            try:
                yield connection
            finally:
                if self._closed or connection.info.transaction_status != _IDLE:
                    connection.close()  # whatever it was in the middle of is undone by the server
                else:
                    self._idle.append(connection)

    def _fit(self, begin: str) -> Connection:
        """Begin on a connection that lay idle, or on a new one: those that died while they lay are thrown away."""
        while not self._closed:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            try:
                connection.execute(begin.encode())
            except psycopg.Error:
                connection.close()
            else:
                return connection
        if self._closed:
            raise psycopg.OperationalError("the journal was closed")
        connection = psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_SECONDS)
        connection.execute(DURABLE)
        connection.execute(begin.encode())
        return connection

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` in one transaction, durable when this returns.

        Raises:
            JournalUnavailableError: it could not be committed; see ``maybe_kept``.
        """
        return self._in_transaction(work, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")

    def read(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work``, which only reads, on a consistent state.

        Raises:
            JournalUnavailableError: the database cannot be reached.
        """
        return self._in_transaction(work, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def _in_transaction(self, work: Callable[[Cursor], T], begin: str) -> T:
        committing = False
        try:
            with self._begun(begin) as connection:
                try:
                    done = work(_Hand(connection))
                except psycopg.Error:
                    raise
                except Exception:
                    connection.execute("ROLLBACK")
                    raise
                committing = True
                connection.execute("COMMIT")
                return done
        except psycopg.Error as error:
            found = JournalUnavailableError.because(
                f"日志数据库不可用：{type(error).__name__}；没有发送，请检查数据库",
                f"the journal's database cannot be used: {type(error).__name__}; look at the database",
                field="journal",
            )
            found.maybe_kept = committing
            raise found from error

    def close(self) -> None:
        """Close the connections; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
