"""Bills close the circle: a day's bill settles what is still unknown, and reports what it contradicts.

A row is the channel's own book of money that moved, so it may settle an order. That an order is missing settles nothing:
the bill may be of another day or another kind.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from payment_channels.journal.folding import FINAL, Finding, Source, State
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey, OrderRecord
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told
from payment_channels.model.bills import BillRow, BillRowKind
from payment_channels.model.results import Outcome

_ABOUT = {
    BillRowKind.PAYMENT: ("payment", "merchant_order_id", Outcome.SUCCEEDED),
    BillRowKind.REFUND: ("refund", "merchant_refund_id", Outcome.SUCCEEDED),
    BillRowKind.REVERSAL: ("payment", "merchant_order_id", Outcome.REVERSED),
    BillRowKind.PAYOUT: ("payout", "merchant_order_id", Outcome.SUCCEEDED),
    BillRowKind.RETURN: ("payout", "merchant_order_id", Outcome.RETURNED),
}
_GIVES_BACK = frozenset({BillRowKind.REFUND, BillRowKind.REVERSAL})
_ENDED_WELL = {
    Outcome.SUCCEEDED: frozenset({State.SUCCEEDED, State.RETURNED, State.REVERSED}),
    Outcome.REVERSED: frozenset({State.REVERSED}),
    Outcome.RETURNED: frozenset({State.RETURNED}),
}


class BillFinding(StrEnum):
    """What a bill's row says of the journal."""

    AGREES = "agrees"
    SETTLED = "settled"  # the order was unknown or pending, and is known now
    CONTRADICTS = "contradicts"  # the journal said failed, not sent, or otherwise
    OTHER_AMOUNT = "other_amount"  # left as it is: an amount is never believed over an order
    NOT_OURS = "not_ours"  # the journal has no such order
    NOT_SETTLED = "not_settled"  # the row itself says that it is not at its end: it tells nothing


@dataclass(frozen=True, slots=True)
class BillLine:
    """One row, and what came of it."""

    row: BillRow
    finding: BillFinding
    key: OrderKey | None = None


def take_bill(journal: Journal, account: str, rows: Iterable[BillRow], *, name: str) -> list[BillLine]:
    """Settle the orders that a bill's rows speak of; ``name`` says which bill it is. Taking it again changes nothing.

    Raises:
        JournalUnavailableError: the journal cannot be used; take the bill again.
    """
    return [_taken(journal, account, row, name) for row in rows if row.kind in _ABOUT]


def _taken(journal: Journal, account: str, row: BillRow, name: str) -> BillLine:
    if not row.settled:
        return BillLine(row, BillFinding.NOT_SETTLED, next((key for key, _ in _orders(account, row)), None))
    meant = [(key, outcome) for key, outcome in _orders(account, row) if journal.find(key) is not None]
    if not meant:
        return BillLine(row, BillFinding.NOT_OURS, next((key for key, _ in _orders(account, row)), None))
    key, outcome = meant[0]

    def work(cursor: Cursor) -> BillFinding:
        record = journal.one(cursor, key, lock=True)
        if record is None:
            return BillFinding.NOT_OURS
        if outcome is not Outcome.REVERSED and record.amount is not None and row.amount != record.amount:
            return BillFinding.OTHER_AMOUNT
        if record.state in _ENDED_WELL[outcome]:
            return BillFinding.AGREES
        told = Told(note=f"bill {name}: {row.kind} {row.status}".rstrip())
        journal.writer.apply(cursor, record, Finding(Source.BILLED, outcome), journal.now(), told)
        return BillFinding.SETTLED if _was_open(record, outcome) else BillFinding.CONTRADICTS

    return BillLine(row, journal.store.write(work), key)


def _orders(account: str, row: BillRow) -> Iterator[tuple[OrderKey, Outcome]]:
    """Give the orders that a row may speak of, the likeliest first.

    What went back to a payer may be a refund or a cancellation: bills show the latter as a refund without a number (Alipay), or
    under the cancellation's own number (UnionPay).
    """
    kind, field, outcome = _ABOUT[row.kind]
    number = getattr(row, field)
    if number is not None:
        yield OrderKey(account, kind, number), outcome
    if row.kind in _GIVES_BACK:
        own = row.merchant_refund_id or row.merchant_order_id
        if own is not None:
            yield OrderKey(account, "cancel", own), Outcome.REVERSED


def _was_open(record: OrderRecord, outcome: Outcome) -> bool:
    """Say whether the row tells news that contradict nothing: of an open order, or of one that was undone afterwards."""
    undone = record.state is State.SUCCEEDED and outcome is not Outcome.SUCCEEDED
    return undone or record.state not in FINAL | {State.NOT_SENT}
