"""What both colours of the durable client share: what is written down before the wire and after it.

An exception of a durable client means that nothing left this machine *and that nothing will*: what stands in the journal
as begun may be sent by a resolver, so wherever that cannot be ruled out, the answer is ``unknown`` instead.
"""

import itertools
import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from payment_channels.channel import RULES, Channel, TransportFailure, Verb
from payment_channels.channel.ending import Ending, Trail
from payment_channels.channel.settle import BORNE_OUT_BY, settle
from payment_channels.journal.folding import FINAL, Finding, Source, State
from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import Lease, Opening
from payment_channels.journal.records import OrderKey, OrderRecord, merchant_id_of
from payment_channels.journal.store import JournalUnavailableError
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError
from payment_channels.model.results import Outcome, PayoutBatchResult, Phase, Result

log = logging.getLogger("payment_channels.journal")
R = TypeVar("R", bound=Result)
T = TypeVar("T")
MARGIN = timedelta(seconds=5)
"""What an attempt's lease has above its timeout: after it the resolver may ask."""
LONGEST = 10_000_000
"""Seconds: no call waits for so long."""
_KINDS: Mapping[type, tuple[tuple[str, ...], str]] = {
    PaymentQuery: (("payment",), "merchant_order_id"),
    RefundQuery: (("refund", "cancel"), "merchant_refund_id"),  # some channels find a cancellation as they find a refund
    PayoutQuery: (("payout",), "merchant_order_id"),
    PayoutBatchQuery: (("payout_batch",), "merchant_batch_id"),
}


def owner_name() -> str:
    """Return a name that no other process or client has."""
    return f"{os.getpid()}-{uuid.uuid4().hex[:12]}"


def checked(timeout: float) -> float:
    """Return a timeout that a lease can be made of, before anything is written down.

    Raises:
        InvalidRequestError: it is no number, or none that a clock can show.
    """
    if not isinstance(timeout, int | float) or not -LONGEST < timeout < LONGEST:
        raise InvalidRequestError.because(
            f"timeout 应为秒数，且小于 {LONGEST}；没有发送",
            f"a timeout is a number of seconds below {LONGEST}; nothing was sent",
            field="timeout",
        )
    return timeout


class Durable:
    """One merchant's durable access to one channel; ``account`` names it in the journal."""

    def __init__(self, channel: Channel, journal: Journal, account: str, timeout: float) -> None:
        """Put ``journal`` before ``channel``."""
        self.channel = channel
        self.journal = journal
        self.account = account
        self.timeout = timeout
        self._owner = owner_name()
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        """Name the account and nothing else."""
        return f"{type(self).__name__}({self.account!r})"

    def _seconds(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else checked(timeout)

    def _lease(self, seconds: float) -> Lease:
        """Return a lease that is this one call's and no other's."""
        return Lease(f"{self._owner}-{os.getpid()}-{next(self._numbers)}", timedelta(seconds=seconds) + MARGIN)

    def _begin(self, prepared: Prepared, seconds: float, *, again: bool = False) -> Opening:
        """Persist the order and open an attempt.

        Raises:
            PaymentChannelError: nothing was written, and nothing may be sent.
        """
        lease = self._lease(seconds)
        opening = self._surely(lambda: self.journal.begin(self.account, prepared, lease, again=again), seconds)
        return opening or Opening(OrderKey(self.account, prepared.order.kind, merchant_id_of(prepared.order)), prepared, 0)

    def _open(self, key: OrderKey, seconds: float) -> Opening:
        """Open an attempt of an order that was persisted before.

        Raises:
            PaymentChannelError: nothing was written, and nothing may be sent.
        """
        lease = self._lease(seconds)
        opening = self._surely(lambda: self.journal.open(key, lease), seconds)
        if opening is None:
            raise _in_doubt(
                f"（订单 {key.merchant_id} 是否已登记发送未知；这次没有发送，请再次调用）",
                f"(it is not known whether an attempt of {key.merchant_id} was noted; this one sent nothing: call again)",
            )
        return opening

    def _put(self, prepared: Prepared, seconds: float) -> OrderRecord:
        """Persist an order that will be sent later.

        Raises:
            PaymentChannelError: nothing was written, or with ``maybe_kept`` nobody knows: the order may be sent yet.
        """
        record = self._surely(lambda: self.journal.put(self.account, prepared), seconds)
        if record is None:
            number = merchant_id_of(prepared.order)
            raise _in_doubt(
                f"（订单 {number} 是否已写入未知，写入了就会被发送；请把同一笔订单再交一次）",
                f"(it is not known whether {number} was written down, and if it was it will be sent: give the same order again)",
            )
        return record

    def _surely(self, opening: Callable[[], T], seconds: float) -> T | None:
        """A commit of which nobody knows whether it was kept is asked after, under the same lease, while the verb has time.

        None where it stays unknown: it was not sent and may yet be, and may also stand nowhere. The same order again tells.
        """
        ends, pause, in_doubt = time.monotonic() + seconds, 0.02, False
        while True:
            try:
                return opening()
            except JournalUnavailableError as error:
                in_doubt = in_doubt or error.maybe_kept
                if not in_doubt:
                    raise
            if time.monotonic() + pause > ends:
                log.error("it is not known whether the journal kept an order: ask again for the same order")
                return None
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _known(self, verb: Verb, opening: Opening) -> Result:
        """Return what is known of an order that is not sent now."""
        if opening.record is None:
            return lost(opening.prepared.channel, verb, opening.prepared.order, self.journal.clock())
        return known(self.journal, verb, opening.prepared.order, opening.record)

    def _left(self, opening: Opening, seconds: float) -> float:
        """Return how long the attempt may take: it must have left while it is still ours."""
        return min(seconds, (opening.until - self.journal.now()) / 1_000_000)

    def _refused(self, verb: Verb, order: Any, error: PaymentChannelError) -> Result:
        """What cannot be prepared now may have been sent before: then what is known of it is told instead.

        Raises:
            PaymentChannelError: the journal has no such order, or has it as never sent; the very error that was given.
        """
        record = self.journal.is_known(self.account, order)
        if record is None or record.state is State.NOT_SENT:
            raise error
        return known(self.journal, verb, order, record)

    def _answered(self, verb: Verb, opening: Opening, result: Result) -> Result:
        """Write the outcome down, and return the order's: of another attempt more may be known than of this one.

        If it cannot be written the caller still hears it, and the journal's ``unknown`` is asked after. Only a failure is
        not believed of an attempt whose lease has ended: somebody may have sent the order again since.
        """
        try:
            record = self.journal.answered(opening, result)
        except Exception:
            log.exception("the outcome of %s could not be written; the resolver will ask for it", opening.key.merchant_id)
            in_doubt = result.outcome is Outcome.FAILED and self.journal.now() >= opening.until
            return result.model_copy(update={"outcome": Outcome.UNKNOWN}) if in_doubt else result
        if record.state.value == result.outcome.value:
            return result
        return known(self.journal, verb, opening.prepared.order, record)

    def _not_sent(self, verb: Verb, opening: Opening, error: Exception) -> Result:
        """Write down that this attempt never left; return the order's outcome where another one may have.

        Raises:
            Exception: the very error, where the journal now says that nothing was sent.
        """
        reason = error.canonical if isinstance(error, PaymentChannelError) else type(error).__name__
        try:
            record = self.journal.not_sent(opening, reason)
        except Exception:
            log.exception("that %s was not sent could not be written; a resolver may send it", opening.key.merchant_id)
            return lost(self.channel.manifest.name, verb, opening.prepared.order, self.journal.clock())
        if record.standing.unresolved or record.state is not State.NOT_SENT:
            return known(self.journal, verb, opening.prepared.order, record)
        raise error

    def _ours(self, asked: Any) -> tuple[OrderRecord, int] | None:
        """Return the order that a query speaks of, if the journal has it, and the last attempt that the query covers."""
        kinds, name = _KINDS[type(asked)]
        number = vars(asked)[name]
        try:
            for kind in kinds if number else ():
                record = self.journal.find(OrderKey(self.account, kind, number))
                if record is not None:
                    return record, covered(self.journal, record)
        except JournalUnavailableError:
            log.exception("the journal cannot be read; what the query says will not be noted")
        return None

    def _found(self, ours: tuple[OrderRecord, int] | None, result: Result) -> None:
        """Note what a query said at the order that it spoke of."""
        if ours is None:
            return
        record, covers = ours
        try:
            self.journal.found(record.key, Finding(Source.QUERIED, result.outcome, covers), result)
        except Exception:
            log.exception("what a query said of %s could not be written", record.key.merchant_id)


def _in_doubt(zh: str, en: str) -> JournalUnavailableError:
    error = JournalUnavailableError.because(zh, en, field="journal")
    error.maybe_kept = True
    return error


def covered(journal: Journal, record: OrderRecord, *, own: str = "") -> int:
    """Return the last attempt that a query made now covers: not one that somebody else has on its way at this moment."""
    on_its_way = record.leased_at(journal.now()) and record.owner != own
    return record.standing.attempts - (1 if on_its_way else 0)


def lost(channel: str, verb: Verb, order: Any, at: datetime) -> Result:
    """Return the ``unknown`` of an attempt of whose end nothing is known, by the very rule that makes all results."""
    failure = TransportFailure("an attempt was begun, and nothing is known of its end", maybe_sent=True)
    return settle(Ending(channel=channel, verb=verb, asked=order, trail=Trail(left=True, sent_at=at), error=failure))


def known(journal: Journal, verb: Verb, order: Any, record: OrderRecord) -> Result:
    """Return what is known of an order as its verb's result.

    The answer that the state rests on, where there is one; where the state was concluded from elsewhere (not found, a
    bill, two people), the outcome follows the state. Of a batch so do the lines whose end nothing told, and the whole is called
    failed or succeeded only where all of them then bear it out.
    """
    told = journal.result_of(record) or lost(record.channel, verb, order, record.changed_at)
    kind = RULES[verb].result
    if not isinstance(told, kind):
        shared = kind.model_fields.keys() & type(told).model_fields.keys()
        told = kind(**{name: getattr(told, name) for name in shared})
    state = record.state
    if state is State.NOT_SENT or told.outcome.value == state.value:
        return told
    changes: dict[str, Any] = {"outcome": Outcome(state.value), "phase": Phase.FINAL if state in FINAL else None}
    if not isinstance(told, PayoutBatchResult):
        return told.model_copy(update=changes)
    lines = tuple(line if State(line.outcome.value) in FINAL else line.model_copy(update=changes) for line in told.lines)
    borne_out = BORNE_OUT_BY.get(Outcome(state.value))
    if borne_out is not None and not all(line.outcome in borne_out for line in lines):
        return told
    return told.model_copy(update=changes | {"lines": lines})
