"""How the postings of an order follow the journal: the difference between where its money is and where it belongs is posted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from payment_channels.business.funding import reservations
from payment_channels.business.funding.books import Books
from payment_channels.business.funding.facts import Told, told_of
from payment_channels.business.funding.ledger import Entry, EntryKind, Held, lock, post
from payment_channels.business.funding.positions import CAME_BACK, belongs
from payment_channels.business.funding.reservations import RELEASED, TAKEN_OUT, Reservation
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.folding import FINAL
from payment_channels.journal.store import Cursor

Change = Callable[[Reservation, Told | None], Reservation]
_KINDS = {
    State.SUCCEEDED.value: EntryKind.SPENT,
    State.FAILED.value: EntryKind.FAILED,
    State.RETURNED.value: EntryKind.RETURNED,
    State.REVERSED.value: EntryKind.REVERSED,
    RELEASED: EntryKind.RELEASED,
    TAKEN_OUT: EntryKind.TAKEN_OUT,
}


@dataclass(frozen=True, slots=True)
class Move:
    """Where an order's money belongs now, and what the entry says of it."""

    where: Books
    contradicts: bool = False
    note: str | None = None


def follow(journal: Journal, cursor: Cursor, key: OrderKey, change: Change, note: str | None = None) -> Reservation | None:
    """Bring an order's postings to where the journal has it, after ``change``; None where nothing was reserved for it."""
    named_by = reservations.find(cursor, key)
    if named_by is None:
        return None
    held = lock(journal.store, cursor, named_by.purse)
    found = reservations.find(cursor, key)
    assert found is not None  # noqa: S101  a reservation is never deleted
    if found.state == TAKEN_OUT:
        return found
    told = told_of(journal, cursor, found)
    found, now = change(found, told), journal.now()
    if told is None or told.state is State.NOT_SENT:
        return _of_what_never_left(cursor, held, found, told, now, note)
    if told.never_left and found.state not in FINAL:  # what was booked as left behind stays so: people may have used it since
        freed = replace(found, holders=0, seen_event=told.event, state=RELEASED)
        return move(cursor, held, freed, Move(Books(), note=note), now)
    before = found.state
    if before == RELEASED:  # it was sent past the reservation: the books say so, even if they go below zero
        found = residual_first(held, found)
    conflicts = sum(fact.conflict for fact in told.facts)
    after = replace(found, seen_event=told.event, state=told.state.value, conflicts=conflicts)
    corrects = _contradicts(before, told.state) or (before == RELEASED and conflicts > 0)
    return move(cursor, held, after, Move(belongs(found, told.facts), corrects, note), now)


def residual_first(held: Held, asked: Reservation) -> Reservation:
    """Residuals give first: what failed payouts left funds the next."""
    return replace(asked, from_residual=min(max(0, held.books.residual), asked.needed))


def move(cursor: Cursor, held: Held, after: Reservation, to: Move, now: int) -> Reservation:
    """Post the difference between where an order's money is and where it belongs, if there is one."""
    change = to.where - after.position
    if change:
        kind = EntryKind.CORRECTED if to.contradicts else _kind(after)
        post(cursor, held, change, Entry(kind=kind, at=now, key=after.key, note=to.note))
    moved = replace(after, position=to.where)
    reservations.put(cursor, moved, now)
    return moved


def _of_what_never_left(
    cursor: Cursor, held: Held, found: Reservation, told: Told | None, now: int, note: str | None
) -> Reservation:
    """It is held as long as somebody may still send it."""
    event = told.event if told is not None else 0
    if found.holders and found.state != RELEASED:
        kept = replace(found, seen_event=event, state=found.state if told is None else told.state.value)
        return move(cursor, held, kept, Move(belongs(found, ()), note=note), now)
    return move(cursor, held, replace(found, seen_event=event, state=RELEASED), Move(Books(), note=note), now)


def _kind(after: Reservation) -> EntryKind:
    if after.key.kind == "payout_batch" and after.position and after.state != RELEASED:
        return EntryKind.BATCH
    return _KINDS.get(after.state, EntryKind.RESERVED)


def _contradicts(before: str, after: State) -> bool:
    """Say whether news are a correction: of what had ended, and not merely that what was paid came back."""
    if before not in FINAL or before == after.value:
        return False
    return not (before == State.SUCCEEDED.value and after in CAME_BACK)
