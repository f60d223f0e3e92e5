"""DurableClient: the same verbs, each order persisted before the wire and its outcome after it."""

import logging
import os
import threading
import uuid
from datetime import timedelta
from typing import Any, TypeVar

from payment_channels.channel import TransportFailure, Verb
from payment_channels.channel.settle import Ending, Trail, settle
from payment_channels.client import ChannelClient
from payment_channels.journal.folding import Source
from payment_channels.journal.journal import Journal, Lease, Opening
from payment_channels.journal.records import OrderKey, OrderRecord, merchant_id_of
from payment_channels.journal.store import JournalUnavailableError
from payment_channels.model.orders import PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import PaymentResult, PayoutResult, RefundResult, Result

log = logging.getLogger("payment_channels.journal")
R = TypeVar("R", bound=Result)
MARGIN = timedelta(seconds=5)
"""What an attempt's lease has above its timeout: after it the resolver may ask."""


def owner_name() -> str:
    """Return a name that no other process or thread has."""
    return f"{os.getpid()}-{threading.get_ident()}-{uuid.uuid4().hex[:8]}"


class _Durable:
    """What both colours share: everything but the waiting."""

    def __init__(self, channel: Any, journal: Journal, account: str, timeout: float) -> None:
        self.channel = channel
        self.journal = journal
        self.account = account
        self.timeout = timeout
        self._owner = owner_name()

    def __repr__(self) -> str:
        """Name the account and nothing else."""
        return f"{type(self).__name__}({self.account!r})"

    def _begin(self, prepared: Prepared, seconds: float) -> Opening:
        return self.journal.begin(self.account, prepared, Lease(self._owner, timedelta(seconds=seconds) + MARGIN))

    def _seconds(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout

    def _answered(self, opening: Opening, result: Result) -> None:
        """Write the outcome down. If that fails the caller still hears it: the journal says unknown, which is true of it."""
        try:
            self.journal.answered(opening.key, opening.attempt, result)
        except JournalUnavailableError:
            log.exception("the outcome of %s could not be written; the resolver will ask for it", opening.key.merchant_id)

    def _not_sent(self, opening: Opening, error: PaymentChannelError) -> None:
        try:
            self.journal.not_sent(opening.key, opening.attempt, error.canonical)
        except JournalUnavailableError:
            log.exception("that %s was not sent could not be written", opening.key.merchant_id)

    def _found(self, asked: Any, result: Result, before: OrderRecord | None) -> None:
        """Note a query's answer at the order it speaks of, if it is ours."""
        if before is None:
            return
        try:
            self.journal.found(before.key, Source.QUERIED, result, covers=covered(self.journal, before))
        except JournalUnavailableError:
            log.exception("what a query said of %s could not be written", before.key.merchant_id)

    def _ours(self, asked: Any) -> OrderRecord | None:
        kind = {PaymentQuery: "payment", RefundQuery: "refund", PayoutQuery: "payout"}.get(type(asked))
        if kind is None:
            return None
        held = vars(asked)
        number = held.get("merchant_refund_id") or held.get("merchant_order_id")
        return self.journal.find(OrderKey(self.account, kind, number)) if number else None


def covered(journal: Journal, record: OrderRecord, *, own: str = "") -> int:
    """Return the last attempt that a query made now covers: not one that somebody else has on its way at this moment."""
    leased = record.lease_until is not None and record.lease_until > journal.clock()
    on_its_way = leased and record.owner != own
    return record.standing.attempts - (1 if on_its_way else 0)


def known(record: OrderRecord, verb: Verb, journal: Journal) -> Result:
    """Return what is known of an order as its verb's result; where no answer ever told, ``unknown`` by the rule."""
    told = journal.result_of(record)
    if told is not None:
        return told
    lost = TransportFailure("an attempt was begun, and nothing is known of its end", maybe_sent=True)
    trail = Trail(left=True, sent_at=record.changed_at)
    ending = Ending(channel=record.channel, verb=verb, asked=journal.prepared_of(record).order, trail=trail, error=lost)
    return settle(ending)


class DurableClient(_Durable):
    """Blocking. Share it between threads. The same verbs as ``ChannelClient``, and the same results.

    ``account`` names the channel account in the journal (one merchant at one channel). The same order again returns what
    is known of it and sends nothing; the same number with other content is refused.
    """

    def __init__(self, client: ChannelClient, journal: Journal, *, account: str) -> None:
        """Put a journal before a client."""
        super().__init__(client.channel, journal, account, client.timeout)
        self.client = client

    def pay(self, order: PaymentOrder, *, timeout: float | None = None) -> PaymentResult:
        """Take money (收款).

        Raises:
            PaymentChannelError: nothing left this machine; the order may be given again.
        """
        return self._do(Verb.PAY, order, PaymentResult, timeout)

    def payout(self, order: PayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Pay money out (代付).

        Raises:
            PaymentChannelError: nothing left this machine; the order may be given again.
        """
        return self._do(Verb.PAYOUT, order, PayoutResult, timeout)

    def refund(self, order: RefundOrder, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款).

        Raises:
            PaymentChannelError: nothing left this machine; the order may be given again.
        """
        return self._do(Verb.REFUND, order, RefundResult, timeout)

    def _do(self, verb: Verb, order: Any, kind: type[R], timeout: float | None) -> R:
        seconds = self._seconds(timeout)
        prepared = self.client.prepare(order, timeout=seconds)
        opening = self._begin(prepared, seconds)
        if opening.record is not None and not opening.attempt:
            return _sure(known(opening.record, verb, self.journal), kind)
        return _sure(self._send(verb, opening, seconds), kind)

    def _send(self, verb: Verb, opening: Opening, seconds: float) -> Result:
        try:
            result: Result = getattr(self.client, verb)(opening.prepared, timeout=seconds)
        except PaymentChannelError as error:
            self._not_sent(opening, error)
            raise
        self._answered(opening, result)
        return result


def _sure(result: Result, kind: type[R]) -> R:
    assert isinstance(result, kind)  # noqa: S101  the verb's own result
    return result
