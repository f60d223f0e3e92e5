"""The resolver: asks after every order that is not final, when its schedule says so, until it is known or a person's.

It may run in any number of processes: an order is claimed for a while, and what a process that died had claimed comes
free by itself. Every step may be repeated. It never decides anything: what it finds goes through ``folding``.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payment_channels.channel import Resend, Verb
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.client import ChannelClient
from payment_channels.journal.claims import claim, release, reopen
from payment_channels.journal.durable import covered, owner_name
from payment_channels.journal.folding import FINAL, Source, State
from payment_channels.journal.journal import Journal, Lease
from payment_channels.journal.records import OrderKey, OrderRecord, microseconds
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.journal")
TIMEOUT = 30.0
QUERIES: Mapping[str, tuple[Verb, Callable[[Prepared], Any]]] = {
    "payment": (Verb.QUERY, PaymentQuery.of),
    "refund": (Verb.QUERY_REFUND, RefundQuery.of),
    "payout": (Verb.QUERY_PAYOUT, PayoutQuery.of),
    "payout_batch": (Verb.QUERY_PAYOUT_BATCH, PayoutBatchQuery.of),
}
"""How an order of a kind is asked after."""
CLOSES = frozenset({"close", "cancel"})
"""Actions on a payment, told by how it stands afterwards."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step did with one order."""

    key: OrderKey
    before: State
    after: State
    did: str  # queried, resent, manual, waiting


class Resolver:
    """``clients`` are the bare clients by the journal's account names; orders of other accounts are left alone."""

    def __init__(self, journal: Journal, clients: Mapping[str, ChannelClient], *, timeout: float = TIMEOUT) -> None:
        """``timeout`` in seconds bounds each query, and with a margin the claim on the order."""
        self.journal = journal
        self.clients = clients
        self.timeout = timeout
        self._lease = Lease(owner_name(), timedelta(seconds=timeout * 2 + 10))
        self._next_free: dict[tuple[str, str], float] = {}

    def step(self, limit: int = 100) -> list[Stepped]:
        """Look at the orders that are due, at most ``limit``; return what was done with each."""
        return [self.resolve(record) for record in claim(self.journal, self._lease, tuple(self.clients), limit)]

    def run(self, stop: Callable[[], bool], *, idle: float = 1.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Step until ``stop`` says so, waiting ``idle`` seconds where nothing is due. The plain loop of one process."""
        while not stop():
            try:
                done = self.step()
            except PaymentChannelError:
                log.exception("the journal cannot be used; trying again")
                done = []
            if not done:
                sleep(idle)

    def resolve(self, record: OrderRecord) -> Stepped:
        """Look at one claimed order; the claim ends here."""
        try:
            did, after = self._looked_at(record)
        except PaymentChannelError as error:
            log.warning("%s %s: not asked: %s", record.key.account, record.key.merchant_id, error.canonical)
            did, after = "waiting", record
        release(self.journal, after, self._lease.owner, self._given_up(record, after))
        return Stepped(record.key, record.state, after.state, did)

    def _looked_at(self, record: OrderRecord) -> tuple[str, OrderRecord]:
        client = self.clients[record.key.account]
        asking = QUERIES.get(record.key.kind)
        prepared = self.journal.prepared_of(record)
        if asking is None:
            return self._by_its_target(client, record, prepared)
        verb, query_of = asking
        if verb not in client.channel.manifest.capabilities:
            return "waiting", record
        self._at_its_pace(record, verb)
        covers = covered(self.journal, record, own=self._lease.owner)
        result: Result = getattr(client, verb)(query_of(prepared), timeout=self.timeout)
        after = self.journal.found(record.key, Source.QUERIED, result, covers=covers, outcome=self._conclusion(result))
        if after.state is State.UNKNOWN and self._may_be_resent(client, after, prepared, result):
            return "resent", self._resend(client, after, prepared)
        return "queried", after

    def _conclusion(self, result: Result) -> Outcome:
        """Believe that an order does not exist only from the moment that the channel's own figures give."""
        since = result.not_found_conclusive_after
        return Outcome.FAILED if since is not None and self.journal.clock() >= since else result.outcome

    def _may_be_resent(self, client: ChannelClient, record: OrderRecord, prepared: Prepared, result: Result) -> bool:
        verb = Verb.PAY if record.key.kind == "payment" else Verb(record.key.kind)
        capability = client.channel.manifest.capabilities.get(verb)
        pause = self.journal.writer.schedules.of(record.channel, record.key.kind).resend_after
        if capability is None or pause is None or result.canonical not in NOT_FOUND:
            return False
        product = vars(prepared.order).get("product")
        waited = self.journal.clock() - record.created_at >= timedelta(seconds=pause)
        return waited and capability.resend_of(product) is Resend.SAME_CONTENT

    def _resend(self, client: ChannelClient, record: OrderRecord, prepared: Prepared) -> OrderRecord:
        """Send the very same order again: the persisted one, in a fresh envelope. The claim is already ours."""
        key, verb = record.key, Verb.PAY if record.key.kind == "payment" else Verb(record.key.kind)
        attempt = reopen(self.journal, record, self._lease)
        if attempt is None:
            return record
        try:
            result: Result = getattr(client, verb)(prepared, timeout=self.timeout)
        except PaymentChannelError as error:
            return self.journal.not_sent(key, attempt, error.canonical)
        return self.journal.answered(key, attempt, result)

    def _by_its_target(self, client: ChannelClient, record: OrderRecord, prepared: Prepared) -> tuple[str, OrderRecord]:
        """A closing or cancelling whose end is not known is told by how its payment stands."""
        target = self._target(record, prepared)
        if target is None or record.key.kind not in CLOSES:
            return "waiting", record
        if target.state not in FINAL:
            self.resolve_now(target)
            target = self.journal.find(target.key) or target
        told = {State.FAILED: Outcome.SUCCEEDED, State.REVERSED: Outcome.SUCCEEDED, State.SUCCEEDED: Outcome.FAILED}
        if record.key.kind == "cancel":
            told |= {State.REVERSED: Outcome.REVERSED}
        outcome = told.get(target.state)
        if outcome is None:
            if self._action_may_be_resent(client, record):
                return "resent", self._resend(client, record, prepared)
            return "waiting", record
        note = f"the payment is {target.state}"
        return "queried", self.journal.concluded(record.key, outcome, note)

    def _action_may_be_resent(self, client: ChannelClient, record: OrderRecord) -> bool:
        capability = client.channel.manifest.capabilities.get(Verb(record.key.kind))
        pause = self.journal.writer.schedules.of(record.channel, record.key.kind).resend_after
        waited = pause is not None and self.journal.clock() - record.changed_at >= timedelta(seconds=pause)
        return capability is not None and waited and capability.resend is Resend.SAME_CONTENT

    def _target(self, record: OrderRecord, prepared: Prepared) -> OrderRecord | None:
        held = vars(prepared.order)
        original = held.get("original")
        number = original.merchant_order_id if original is not None else held.get("merchant_order_id")
        return self.journal.find(OrderKey(record.key.account, "payment", number)) if number else None

    def resolve_now(self, record: OrderRecord) -> None:
        """Ask after an order whatever its schedule says, unless somebody else is doing so."""
        asking = QUERIES[record.key.kind]
        client = self.clients[record.key.account]
        covers = covered(self.journal, record, own=self._lease.owner)
        result: Result = getattr(client, asking[0])(asking[1](self.journal.prepared_of(record)), timeout=self.timeout)
        self.journal.found(record.key, Source.QUERIED, result, covers=covers, outcome=self._conclusion(result))

    def _given_up(self, before: OrderRecord, after: OrderRecord) -> str | None:
        schedule = self.journal.writer.schedules.of(before.channel, before.key.kind)
        now, created = microseconds(self.journal.clock()), microseconds(before.created_at)
        if after.state in FINAL or not schedule.out_of_patience(now=now, created=created):
            return None
        return f"asked {before.queries} times since {before.created_at:%Y-%m-%d %H:%M} and still {after.state}"

    def _at_its_pace(self, record: OrderRecord, verb: Verb) -> None:
        """Keep below the channel's rate: wait for the next free moment."""
        gap = 1 / self.journal.writer.schedules.of(record.channel, record.key.kind).per_second
        now = time.monotonic()
        free = self._next_free.get((record.channel, verb), now)
        if free > now:
            time.sleep(free - now)
        self._next_free[record.channel, verb] = max(free, now) + gap
