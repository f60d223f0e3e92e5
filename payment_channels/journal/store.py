"""What the journal asks of a database: transactions, each all or nothing, and plain SQL with ``?`` for values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from payment_channels.model.refusals import ConfigurationError, RefusedError

T = TypeVar("T")
Migrations = Sequence[Sequence[str]]
"""Statements by version, applied once and in order; ``{serial}``, ``{blob}``, ``{big}`` are written as each database has them."""


class JournalUnavailableError(RefusedError):
    """The journal's database cannot be used now. Nothing was sent: what is not written down is not paid.

    ``maybe_kept``: the commit itself went wrong, so what was to be written may stand in the journal after all.
    """

    CANONICAL = "JOURNAL_UNAVAILABLE"
    maybe_kept = False


class Cursor(Protocol):
    """One transaction's hand on the database. Values stand as ``?`` in the text; rows come as tuples."""

    def run(self, text: str, values: Sequence[Any] = ()) -> None:
        """Carry out a statement. A database may do so only with what follows it, and report its failure there."""

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, or of a statement with RETURNING."""


class Store(Protocol):
    """A database. ``for_update`` is what a select adds that locks its row, ``skip_locked`` what a claim adds."""

    skip_locked: str
    for_update: str

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work`` in one transaction that is durable when this returns.

        Raises:
            JournalUnavailableError: the database is full, locked or away; nothing of ``work`` was kept, unless the error's
                ``maybe_kept`` says that nobody knows.
        """

    def read(self, work: Callable[[Cursor], T]) -> T:
        """Do ``work``, which only reads, on a consistent state."""

    def bring_up_to_date(self, room: str, migrations: Migrations) -> None:
        """Make or change the tables of ``room``, whose own version is kept beside them; others wait meanwhile.

        Raises:
            JournalUnavailableError: the database cannot be used.
            ConfigurationError: they were written by a newer version.
        """

    def close(self) -> None:
        """Close the connections."""


def migrate(cursor: Cursor, words: Mapping[str, str], room: str, migrations: Migrations) -> None:
    """Bring a room's tables up to date; run it in a transaction that others wait for.

    Raises:
        ConfigurationError: they were written by a newer version than this.
    """
    known, table = len(migrations), f"{room}_version"
    cursor.run(f"CREATE TABLE IF NOT EXISTS {table} (version INTEGER NOT NULL)")
    found = cursor.rows(f"SELECT version FROM {table}")  # noqa: S608  a word of our own
    version = int(found[0][0]) if found else 0
    if version > known:
        raise ConfigurationError.because(
            f"该日志库中 {room} 的版本是 {version}，本程序只认识到 {known}；请升级 payment-channels",
            f"this journal has version {version} of {room} and this program knows {known}: upgrade payment-channels",
            field="journal",
        )
    for migration in migrations[version:]:
        for text in migration:
            cursor.run(text.format(**words))
    if not found:
        cursor.run(f"INSERT INTO {table} (version) VALUES (?)", (known,))  # noqa: S608  the same word
    elif version < known:
        cursor.run(f"UPDATE {table} SET version = ?", (known,))  # noqa: S608  the same word
