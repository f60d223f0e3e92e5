"""The two statements that every finding makes, within a transaction: an event is added, and the order's row follows."""

from dataclasses import dataclass
from typing import Any

from payment_channels.journal.folding import FINAL, Finding, Source, Standing, State, fold
from payment_channels.journal.records import OrderRecord, microseconds
from payment_channels.journal.schedules import Schedules
from payment_channels.journal.store import Cursor
from payment_channels.model.results import Outcome, PayoutBatchResult, Phase, Result


@dataclass(frozen=True, slots=True)
class Told:
    """What came with a finding: the answer and the same answer sealed, or a note of ours."""

    result: Result | None = None
    sealed: bytes | None = None
    note: str | None = None


NOTHING = Told()
ADD_EVENT = (
    "INSERT INTO events (order_id, at, source, attempt, outcome, canonical, raw, state, conflict, note, result) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)


def insert(table: str, row: dict[str, Any], clause: str = "") -> str:
    """Return the statement that adds a row and returns its id; the names are our own, the values are given beside it."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) {clause} RETURNING id"  # noqa: S608  names of our own


def update(row: dict[str, Any]) -> str:
    """Return the statement that changes an order's columns."""
    return f"UPDATE orders SET {', '.join([f'{name} = ?' for name in row])} WHERE id = ?"  # noqa: S608  names of our own


def add_event(cursor: Cursor, order_id: int, at: int, finding: Finding, after: Standing, told: Told = NOTHING) -> int:
    """Add an event and return its number; ``after`` is what is known then."""
    result = told.result
    canonical, raw = (None, None) if result is None else (result.canonical, _raw(result))
    values = (
        order_id, at, finding.source.value, finding.attempt, finding.outcome.value, canonical, raw, after.state.value,
        int(after.conflict), told.note, told.sealed,
    )  # fmt: skip
    ((number,),) = cursor.rows(ADD_EVENT, values)
    return int(number)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes findings; ``schedules`` say when an order that is not final is looked at again."""

    schedules: Schedules

    def apply(
        self, cursor: Cursor, record: OrderRecord, finding: Finding, at: int, told: Told = NOTHING, *, owner: str = ""
    ) -> OrderRecord:
        """Fold a finding into an order that the transaction holds; return the order as it is then.

        ``owner`` is who found it. Where the lease is his, the end of his attempt ends it; somebody else's is left alone,
        and so is the moment at which that one will look.
        """
        after = fold(record.standing, finding)
        event = add_event(cursor, record.id, at, finding, after, told)
        row: dict[str, Any] = {
            "state": after.state.value,
            "attempts": after.attempts,
            "unresolved": ",".join(str(number) for number in sorted(after.unresolved)),
            "conflict": int(after.conflict),
            "changed_at": at,
        }
        if told.result is not None:
            row |= _learnt(record, after, finding, told.result, event)
        if after.state in FINAL:
            row["manual"] = None
        mine = record.owner is not None and record.owner == owner
        if finding.source in {Source.ANSWERED, Source.NOT_SENT}:
            if mine:
                row |= {"owner": None, "lease_until": None}
            if finding.attempt == record.standing.attempts:
                row["sent_before"] = at
        if mine or not record.leased_at(at):
            heard = told.result is None or finding.outcome is not Outcome.UNKNOWN or _ends_each_line(told.result)
            row["next_at"] = self.next_look(record, after, at, told.result, heard=heard)
        cursor.run(update(row), [*row.values(), record.id])
        return record.changed(after, row)

    def next_look(
        self, record: OrderRecord, after: Standing, at: int, result: Result | None, *, heard: bool = True
    ) -> int | None:
        """Return when the order is looked at next, in microseconds; ``heard``: what was found now says something of it."""
        schedule = self.schedules.of(record.channel, record.key.kind)
        asked = result.retry_after if result is not None else None
        created = microseconds(record.created_at)
        return schedule.next_look(after.state, now=at, created=created, looks=record.queries, retry_after=asked, heard=heard)


def _learnt(record: OrderRecord, after: Standing, finding: Finding, result: Result, event: int) -> dict[str, Any]:
    """Keep the answer that the state rests on: a later one that knows nothing does not cover it.

    Of a batch, one that tells the end of every line does: a line may come back after the batch as a whole had succeeded. The
    code by which a payout is to be confirmed comes once: that it still waits, told without the code, covers nothing.
    """
    row: dict[str, Any] = {}
    carries = finding.outcome is not Outcome.UNKNOWN and finding.outcome.value == after.state.value
    carries = carries or _ends_each_line(result)
    waits = record.phase == result.phase == Phase.AWAITING_CONFIRMATION
    carries = carries and not (waits and vars(result).get("confirm_code") is None)
    if record.told_by is None or carries:
        phase = result.phase.value if result.phase is not None else None
        row |= {"told_by": event, "canonical": result.canonical, "phase": phase}
    held = vars(result)
    number = held.get("channel_refund_id") or held.get("channel_order_id")
    if number is not None and record.channel_order_id is None:
        row["channel_order_id"] = plain(number)
    return row


def _ends_each_line(result: Result) -> bool:
    """Say whether a batch's answer tells how each line ended, whatever it says of the whole."""
    lines = result.lines if isinstance(result, PayoutBatchResult) else ()
    return bool(lines) and all(State(line.outcome.value) in FINAL for line in lines)


def _raw(result: Result) -> str | None:
    raw = result.raw
    return plain(" ".join([part for part in (raw.where, raw.code, raw.sub_code) if part])) or None


def plain(text: str) -> str:
    """Return a channel's word so that any database takes it: PostgreSQL has no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
