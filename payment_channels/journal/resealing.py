"""Sealing a journal anew under the ring's current key, so that an old key can be taken out of the ring.

Digests are made anew too: they are keyed, and what they are made of stands sealed beside them. It may run while the journal
is in use, be interrupted, and be run again; what is sealed with the current key already is passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import content_of
from payment_channels.journal.records import OrderKey, notice_place
from payment_channels.journal.store import Cursor
from payment_channels.model.prepared import Prepared

_SOURCES: Mapping[str, str] = {
    "orders": "SELECT id, prepared, account, kind, merchant_id FROM orders WHERE id > ? AND substr(prepared, 1, ?) <> ? "
    "ORDER BY id LIMIT ?",
    "events": "SELECT e.id, e.result, o.account, o.kind, o.merchant_id, e.source, e.attempt, e.at FROM events e "
    "JOIN orders o ON o.id = e.order_id WHERE e.id > ? AND e.result IS NOT NULL AND substr(e.result, 1, ?) <> ? "
    "ORDER BY e.id LIMIT ?",
    "notices": "SELECT id, inbound, account, notification_id FROM notices WHERE id > ? AND substr(inbound, 1, ?) <> ? "
    "ORDER BY id LIMIT ?",
}
"""The sealed texts of each table that begin with another key's name, and what makes their places."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How far it has come: so many of a table's texts were sealed anew, up to this row."""

    table: str
    sealed: int
    last_id: int


def reseal(journal: Journal, *, batch: int = 500) -> Iterator[Resealed]:
    """Seal everything anew that is sealed with another key than the current one; yield after each batch, so that it shows.

    Raises:
        SealBrokenError: a text does not open: its key is not in the ring, or it was changed. Nothing of its batch is written.
        JournalUnavailableError: the journal cannot be used; begin again later.
    """
    steps: Mapping[str, Callable[[Cursor, tuple[Any, ...]], None]] = {
        "orders": lambda cursor, row: _order(journal, cursor, row),
        "events": lambda cursor, row: _event(journal, cursor, row),
        "notices": lambda cursor, row: _notice(journal, cursor, row),
    }
    name = journal.ring.current.encode()
    head = bytes([len(name)]) + name
    for table, step in steps.items():
        after, done = 0, 0
        while True:

            def work(cursor: Cursor, table: str = table, after: int = after, step: Any = step) -> list[int]:
                rows = cursor.rows(_SOURCES[table], (after, len(head), head, batch))
                for row in rows:
                    step(cursor, row)
                return [row[0] for row in rows]

            numbers = journal.store.write(work)
            if not numbers:
                break
            after, done = numbers[-1], done + len(numbers)
            yield Resealed(table, done, after)


def _order(journal: Journal, cursor: Cursor, row: tuple[Any, ...]) -> None:
    number, sealed, account, kind, merchant_id = row
    place = OrderKey(account, kind, merchant_id).prepared_place
    plain = journal.ring.open(bytes(sealed), place)
    name, digest = journal.ring.digest(content_of(Prepared.model_validate_json(plain).order))
    cursor.run(
        "UPDATE orders SET prepared = ?, digest = ?, digest_key = ? WHERE id = ?",
        (journal.ring.seal(plain, place), digest, name, number),
    )


def _event(journal: Journal, cursor: Cursor, row: tuple[Any, ...]) -> None:
    number, sealed, account, kind, merchant_id, source, attempt, at = row
    place = OrderKey(account, kind, merchant_id).result_place(source, attempt, at)
    cursor.run("UPDATE events SET result = ? WHERE id = ?", (_anew(journal, sealed, place), number))


def _notice(journal: Journal, cursor: Cursor, row: tuple[Any, ...]) -> None:
    number, sealed, account, notification_id = row
    cursor.run(
        "UPDATE notices SET inbound = ? WHERE id = ?", (_anew(journal, sealed, notice_place(account, notification_id)), number)
    )


def _anew(journal: Journal, sealed: Any, place: str) -> bytes:
    return journal.ring.seal(journal.ring.open(bytes(sealed), place), place)
