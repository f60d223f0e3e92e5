"""What the journal asks of a database: transactions, each all or nothing, and plain SQL with ``?`` for values."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from payment_channels.journal.schema import MIGRATIONS, VERSION
from payment_channels.model.refusals import ConfigurationError, RefusedError

T = TypeVar("T")


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

    def close(self) -> None:
        """Close the connections."""


def migrate(cursor: Cursor, words: dict[str, str]) -> None:
    """Bring the tables up to date; run it in a transaction that others wait for.

    Raises:
        ConfigurationError: the journal was written by a newer version than this.
    """
    cursor.run("CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL)")
    found = cursor.rows("SELECT version FROM journal_version")
    version = int(found[0][0]) if found else 0
    if version > VERSION:
        raise ConfigurationError.because(
            f"该日志库的版本是 {version}，本程序只认识到 {VERSION}；请升级 payment-channels",
            f"this journal has version {version} and this program knows {VERSION}: upgrade payment-channels",
            field="journal",
        )
    for text in _missing(version):
        cursor.run(text.format(**words))
    if not found:
        cursor.run("INSERT INTO journal_version (version) VALUES (?)", (VERSION,))
    elif version < VERSION:
        cursor.run("UPDATE journal_version SET version = ?", (VERSION,))


def _missing(version: int) -> Iterable[str]:
    for migration in MIGRATIONS[version:]:
        yield from migration
