"""What both colours of the durable client share: what is written down before the wire and after it."""

import logging
import os
import uuid
from datetime import timedelta
from typing import Any, TypeVar

from payment_channels.channel import Channel, TransportFailure, Verb
from payment_channels.channel.settle import Ending, Trail, settle
from payment_channels.journal.folding import Source, State
from payment_channels.journal.journal import Journal, Lease, Opening
from payment_channels.journal.records import OrderKey, OrderRecord, microseconds
from payment_channels.journal.store import JournalUnavailableError
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.journal")
R = TypeVar("R", bound=Result)
MARGIN = timedelta(seconds=5)
"""What an attempt's lease has above its timeout: after it the resolver may ask."""
_KINDS: dict[type, tuple[str, str]] = {
    PaymentQuery: ("payment", "merchant_order_id"),
    RefundQuery: ("refund", "merchant_refund_id"),
    PayoutQuery: ("payout", "merchant_order_id"),
    PayoutBatchQuery: ("payout_batch", "merchant_batch_id"),
}


def owner_name() -> str:
    """Return a name that no other process or client has."""
    return f"{os.getpid()}-{uuid.uuid4().hex[:12]}"


class Durable:
    """One merchant's durable access to one channel; ``account`` names it in the journal."""

    def __init__(self, channel: Channel, journal: Journal, account: str, timeout: float) -> None:
        """Put ``journal`` before ``channel``."""
        self.channel = channel
        self.journal = journal
        self.account = account
        self.timeout = timeout
        self._owner = owner_name()

    def __repr__(self) -> str:
        """Name the account and nothing else."""
        return f"{type(self).__name__}({self.account!r})"

    def _seconds(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout

    def _begin(self, prepared: Prepared, seconds: float) -> Opening:
        return self.journal.begin(self.account, prepared, Lease(self._owner, timedelta(seconds=seconds) + MARGIN))

    def _answered(self, opening: Opening, result: Result) -> None:
        """Write the outcome down. If that fails the caller still hears it, and the journal's ``unknown`` is asked after."""
        try:
            self.journal.answered(opening.key, opening.attempt, result)
        except JournalUnavailableError:
            log.exception("the outcome of %s could not be written; the resolver will ask for it", opening.key.merchant_id)

    def _not_sent(self, opening: Opening, error: PaymentChannelError) -> None:
        try:
            self.journal.not_sent(opening.key, opening.attempt, error.canonical)
        except JournalUnavailableError:
            log.exception("that %s was not sent could not be written", opening.key.merchant_id)

    def _ours(self, asked: Any) -> OrderRecord | None:
        """Return the order that a query speaks of, if the journal has it."""
        kind, name = _KINDS[type(asked)]
        number = vars(asked)[name]
        return self.journal.find(OrderKey(self.account, kind, number)) if number else None

    def _found(self, before: OrderRecord | None, result: Result) -> None:
        """Note what a query said at the order that it spoke of."""
        if before is None:
            return
        try:
            self.journal.found(before.key, Source.QUERIED, result, covers=covered(self.journal, before))
        except JournalUnavailableError:
            log.exception("what a query said of %s could not be written", before.key.merchant_id)


def covered(journal: Journal, record: OrderRecord, *, own: str = "") -> int:
    """Return the last attempt that a query made now covers: not one that somebody else has on its way at this moment."""
    on_its_way = record.leased_at(microseconds(journal.clock())) and record.owner != own
    return record.standing.attempts - (1 if on_its_way else 0)


def known(record: OrderRecord, verb: Verb, journal: Journal) -> Result:
    """Return what is known of an order as its verb's result.

    Where no answer ever told, it is ``unknown`` by the very rule that makes all results; where the state was concluded
    from elsewhere (not found, a bill, two people), the outcome follows the state.
    """
    told = journal.result_of(record)
    if told is None:
        lost = TransportFailure("an attempt was begun, and nothing is known of its end", maybe_sent=True)
        trail = Trail(left=True, sent_at=record.changed_at)
        asked = journal.prepared_of(record).order
        told = settle(Ending(channel=record.channel, verb=verb, asked=asked, trail=trail, error=lost))
    if record.state is State.NOT_SENT or told.outcome.value == record.state.value:
        return told
    return told.model_copy(update={"outcome": Outcome(record.state.value)})
