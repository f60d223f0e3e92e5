"""The journal in PostgreSQL: any number of processes on any number of machines share it (extra ``postgres``).

Claims skip what others hold, and a lease that ran out is free. A connection that broke is replaced; the transaction that
it carried is undone, and its caller is told that nothing was written, or, where the commit itself broke, that nobody knows.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg

from payment_channels.journal.schema import MIGRATIONS
from payment_channels.journal.store import Cursor, JournalUnavailableError, Migrations, migrate

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
WORDS = {"serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "blob": "BYTEA", "big": "BIGINT"}
LOCK = 0x70617963  # of the migration: two processes that start at once make the tables once
CONNECT_SECONDS = 10
DURABLE = b"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""A server set to answer before the disk has it would lose what was promised; a stricter setting is left as it is."""
_IDLE = psycopg.pq.TransactionStatus.IDLE


class _Hand:
    """A transaction's cursor; the journal's ``?`` become the driver's ``%s``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.committing = False

    def run(self, text: str, values: Sequence[Any] = ()) -> None:
        self.connection.execute(_driver(text), values)

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(_driver(text), values).fetchall()


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

        try:
            self.bring_up_to_date("journal", MIGRATIONS)
        except BaseException:
            self.close()
            raise

    def _begin_life(self) -> None:
        """Start without connections: when the store is made, and in the child of a fork."""
        self._process = os.getpid()
        self._places = threading.BoundedSemaphore(self._connections)
        self._idle: deque[Connection] = deque()

    def _taken(self) -> tuple[Connection, bool]:
        """Return a connection, and whether it lay idle: then it may have died meanwhile."""
        if self._closed:
            raise psycopg.OperationalError("the journal was closed")
        try:
            return self._idle.pop(), True
        except IndexError:
            connection = psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_SECONDS)
            connection.execute(DURABLE)
            return connection, False

    def _given_back(self, connection: Connection) -> None:
        if self._closed or connection.info.transaction_status != _IDLE:
            connection.close()  # whatever it was in the middle of is undone by the server
        else:
            self._idle.append(connection)

    def bring_up_to_date(self, room: str, migrations: Migrations) -> None:
        """Make or change a room's tables; two processes that start at once make them once.

        Raises:
            JournalUnavailableError: the database cannot be reached.
            ConfigurationError: they were written by a newer version.
        """

        def made(cursor: Cursor) -> None:
            cursor.rows("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            migrate(cursor, WORDS, room, migrations)

        self.write(made)

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
        if self._process != os.getpid():
            self._inherited.append(self._idle)  # a fork's child neither uses nor closes what is its parent's
            self._begin_life()
        with self._places:
            while True:
                lay_idle, hand = False, None
                try:
                    connection, lay_idle = self._taken()
                    hand = _Hand(connection)
                    try:
                        return self._done(hand, work, begin)
                    finally:
                        self._given_back(connection)
                except psycopg.Error as error:
                    committing = hand is not None and hand.committing
                    if lay_idle and not committing and isinstance(error, psycopg.OperationalError):
                        continue  # it may have died while it lay, and nothing was kept: once more, on another
                    raise _unavailable(error, maybe_kept=committing) from error

    @staticmethod
    def _done(hand: "_Hand", work: Callable[[Cursor], T], begin: str) -> T:
        """Do the work in a pipeline: what returns no rows is sent together with what follows it, and with the commit."""
        with hand.connection.pipeline():
            hand.connection.execute(begin.encode())
            try:
                done = work(hand)
            except psycopg.Error:
                raise
            except Exception:
                hand.connection.execute("ROLLBACK")
                raise
            hand.committing = True
            hand.connection.execute("COMMIT")
        return done

    def close(self) -> None:
        """Close the connections; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


def _unavailable(error: psycopg.Error, *, maybe_kept: bool) -> JournalUnavailableError:
    found = JournalUnavailableError.because(
        f"（{type(error).__name__}；请检查数据库）",
        f"({type(error).__name__}; look at the database)",
        field="journal",
    )
    found.maybe_kept = maybe_kept
    return found
