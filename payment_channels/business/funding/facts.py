"""What the journal says of an order, read within a transaction: its state, and of its sealed answers what funding needs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from payment_channels.business.funding.positions import CAME_BACK, Fact
from payment_channels.business.funding.reservations import Reservation
from payment_channels.journal import Journal, OrderRecord, State
from payment_channels.journal.folding import FINAL, Finding, Source, Standing, fold
from payment_channels.journal.records import OrderKey
from payment_channels.journal.store import Cursor
from payment_channels.model.orders import PayoutBatchOrder
from payment_channels.model.results import Outcome, PayoutBatchResult, PayoutResult, Result

log = logging.getLogger("payment_channels.business")
_PAID = frozenset({State.SUCCEEDED, *CAME_BACK})


@dataclass(frozen=True, slots=True)
class Told:
    """Where an order stands by the journal, up to which of its events, and a fact for each payout in it.

    ``never_left``: it stands as failed, and the journal's own record shows that nothing of it ever left this machine.
    """

    state: State
    event: int
    facts: Sequence[Fact]
    never_left: bool = False


@dataclass(frozen=True, slots=True)
class _Event:
    finding: Finding
    result: Result | None


def told_of(journal: Journal, cursor: Cursor, reservation: Reservation) -> Told | None:
    """Return what the journal says of a reservation's order; None where it has none."""
    rows = cursor.rows(
        "SELECT COALESCE(MAX(events.id), 0) FROM events JOIN orders ON orders.id = events.order_id "
        "WHERE orders.account = ? AND orders.kind = ? AND orders.merchant_id = ?",
        (reservation.key.account, reservation.key.kind, reservation.key.merchant_id),
    )
    # The order is read after its last event: what happens between the two is seen again, and not missed.
    record = journal.one(cursor, reservation.key)
    if record is None:
        return None
    facts = _lines(journal, cursor, record) if record.key.kind == "payout_batch" else _alone(journal, cursor, record, reservation)
    return Told(record.state, int(rows[0][0]), facts, never_left=_never_left(cursor, record))


def _never_left(cursor: Cursor, record: OrderRecord) -> bool:
    """Say whether a failed payout is one that was taken away before it left: each attempt ended here, and nobody has heard of it.

    An answer to an attempt, and a channel's word of the order, say that something had left, or that somebody else sent it.
    """
    standing = record.standing
    alone = record.key.kind != "payout_batch"
    if not alone or standing.state is not State.FAILED or standing.unresolved or standing.conflict:
        return False
    text = "SELECT source, attempt, outcome, result IS NOT NULL FROM events WHERE order_id = ?"
    ended_here = set()
    for source, attempt, outcome, answered in cursor.rows(text, (record.id,)):
        if source == Source.NOT_SENT:
            ended_here.add(attempt)
        told = outcome != Outcome.UNKNOWN and (answered or outcome != Outcome.FAILED)
        if told or source == Source.ANSWERED:
            return False
    return ended_here.issuperset(range(1, standing.attempts + 1))


def _alone(journal: Journal, cursor: Cursor, record: OrderRecord, reservation: Reservation) -> list[Fact]:
    state, conflict = record.state, record.standing.conflict
    if state in CAME_BACK or (state is State.SUCCEEDED and reservation.fee is not None):
        answers = [event.result for event in _events(journal, cursor, record) if isinstance(event.result, PayoutResult)]
        return [_fact(reservation.amount, record.standing, answers)]
    return [Fact(amount=reservation.amount, state=state, conflict=conflict)]


def _fact(amount: int, standing: Standing, answers: Sequence[PayoutResult]) -> Fact:
    """The last answer that says something of the fee, or of a return, has the word; of answers that say it was paid."""
    paid = [one for one in answers if one.outcome.value in _PAID]
    fees = [one.amounts.fee for one in paid if one.amounts.fee is not None]
    returns = [one.returned for one in paid if one.returned is not None]
    returned = returns[-1] if returns else None
    back = returned.amount.amount if returned is not None and returned.amount is not None else None
    kept = returned.fee_kept if returned is not None else None
    fee = fees[-1].amount if fees else None
    return Fact(amount=amount, state=standing.state, fee=fee, back=back, fee_kept=kept, conflict=standing.conflict)


def _lines(journal: Journal, cursor: Cursor, record: OrderRecord) -> list[Fact]:
    """Fold each line by the journal's own rule, from the batch's events: what an event says of it, or else of the whole."""
    order = journal.prepared_of(record).order  # a ValueError where it does not open
    assert isinstance(order, PayoutBatchOrder)  # noqa: S101  the kind says so
    standings = [Standing() for _ in order.lines]
    answers: list[list[PayoutResult]] = [[] for _ in order.lines]
    for event in _events(journal, cursor, record):
        told = event.result.lines if isinstance(event.result, PayoutBatchResult) else ()
        named = {line.merchant_order_id: line for line in told}
        for number, line in enumerate(order.lines):
            found = named.get(line.merchant_order_id)
            standings[number] = _folded(standings[number], event, found)
            if found is not None:
                answers[number].append(found)
    return [
        _fact(line.amount.amount, standing, heard) for line, standing, heard in zip(order.lines, standings, answers, strict=True)
    ]


def _folded(standing: Standing, event: _Event, line: PayoutResult | None) -> Standing:
    """A line's own word goes first. What is concluded or decided of the whole is said of the lines whose end is not known."""
    finding = event.finding
    if line is not None and line.outcome is not Outcome.UNKNOWN:
        return fold(standing, Finding(finding.source, line.outcome, finding.attempt))
    if finding.source is Source.OPENED and standing.state in _PAID:
        return standing  # the batch is sent again for its other lines
    if finding.source in {Source.OPENED, Source.NOT_SENT}:
        return fold(standing, finding)
    said_of_the_whole = event.result is None or finding.outcome is not event.result.outcome
    settles_it = finding.source is Source.DECIDED and standing.conflict
    if not said_of_the_whole or (standing.state in FINAL and not settles_it):
        return standing
    return fold(standing, finding)


def _events(journal: Journal, cursor: Cursor, record: OrderRecord) -> list[_Event]:
    rows = cursor.rows(
        "SELECT source, attempt, at, outcome, result FROM events WHERE order_id = ? ORDER BY id",
        (record.id,),
    )
    return [
        _Event(
            Finding(Source(source), Outcome(outcome), attempt),
            None if sealed is None else _opened(journal, record.key, bytes(sealed), record.key.result_place(source, attempt, at)),
        )
        for source, attempt, at, outcome, sealed in rows
    ]


def _opened(journal: Journal, key: OrderKey, sealed: bytes, place: str) -> Result | None:
    try:
        return journal.opened(sealed, place)
    except ValueError:
        log.exception("an answer of %s cannot be opened: its fee and its return are as if it had not said them", key.merchant_id)
        return None
