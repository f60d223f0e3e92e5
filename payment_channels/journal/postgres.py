"""The journal in PostgreSQL: any number of processes on any number of machines share it (extra ``postgres``).

Claims skip what others hold, and a lease that ran out is free. A connection that broke is replaced; the transaction that
it carried is undone, and its caller is told that nothing was written.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from payment_channels.journal.store import Cursor, JournalUnavailableError, migrate

T = TypeVar("T")
WORDS = {"serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "blob": "BYTEA", "big": "BIGINT"}
LOCK = 0x70617963  # of the migration: two processes that start at once make the tables once
CONNECT_SECONDS = 10


class _Hand:
    """A cursor of one connection; the journal's ``?`` become the driver's ``%s``."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def run(self, text: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(_driver(text), values).rowcount

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(_driver(text), values).fetchall()


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
        self._places = threading.BoundedSemaphore(connections)
        self._idle: deque[psycopg.Connection[tuple[Any, ...]]] = deque()
        self._closed = False

        def made(cursor: Cursor) -> None:
            cursor.rows("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            migrate(cursor, WORDS)

        self.write(made)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with self._places:
            connection = self._taken()
            try:
                yield connection
            finally:
                idle = psycopg.pq.TransactionStatus.IDLE
                if self._closed or connection.info.transaction_status != idle:
                    connection.close()  # whatever it was in the middle of is undone by the server
                else:
                    self._idle.append(connection)

    def _taken(self) -> psycopg.Connection[tuple[Any, ...]]:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if not connection.closed:
                return connection
        return psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_SECONDS)

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` in one transaction, durable when this returns.

        Raises:
            JournalUnavailableError: it could not be committed.
        """
        return self._in_transaction(work, "BEGIN")

    def read(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work``, which only reads, on a consistent state.

        Raises:
            JournalUnavailableError: the database cannot be reached.
        """
        return self._in_transaction(work, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def _in_transaction(self, work: Callable[[Cursor], T], begin: str) -> T:
        try:
            with self._connection() as connection:
                connection.execute(begin)  # type: ignore[arg-type]  the two texts above
                try:
                    done = work(_Hand(connection))
                except psycopg.Error:
                    raise
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
                return done
        except psycopg.Error as error:
            raise JournalUnavailableError.because(
                f"日志数据库不可用：{type(error).__name__}；没有发送，请检查数据库",
                f"the journal's database cannot be used: {type(error).__name__}; look at the database",
                field="journal",
            ) from error

    def close(self) -> None:
        """Close the connections; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
