"""The resolver: asks after every order that is not final, when its schedule says so, until it is known or a person's.

It may run in any number of processes: an order is claimed for a while, and what a process that died had claimed comes
free by itself. Every step may be repeated. It never decides anything: what it finds goes through ``folding``.
"""

import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payment_channels.channel import Verb
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.client import ChannelClient
from payment_channels.journal import asking
from payment_channels.journal.claims import claim, claim_one, release, reopen
from payment_channels.journal.durable import covered, owner_name
from payment_channels.journal.folding import FINAL, Finding, Source, State
from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import Lease
from payment_channels.journal.records import OrderKey, OrderRecord, microseconds
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Result

log = logging.getLogger("payment_channels.journal")
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step did with one order."""

    key: OrderKey
    before: State
    after: State
    did: str  # queried, resent, waiting: it could not be asked or told this time


class Resolver:
    """``clients`` are the bare clients by the journal's account names; orders of other accounts are left alone."""

    def __init__(
        self,
        journal: Journal,
        clients: Mapping[str, ChannelClient],
        *,
        timeout: float = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``timeout`` in seconds bounds each query, and with a margin the claim on the order."""
        self.journal = journal
        self.clients = clients
        self.timeout = timeout
        self.sleep = sleep
        self._owner = owner_name()
        self._numbers = itertools.count(1)
        self._next_free: dict[tuple[str, str], float] = {}

    def _lease(self, owner: str | None = None) -> Lease:
        """Return a lease that is this one claim's and no other's, or that claim's once more."""
        name = owner or f"{self._owner}-{os.getpid()}-{next(self._numbers)}"
        return Lease(name, timedelta(seconds=self.timeout * 2 + 10))

    def step(self, limit: int = 100) -> list[Stepped]:
        """Look at the orders that are due, at most ``limit``; return what was done with each."""
        done = []
        for record in claim(self.journal, self._lease(), tuple(self.clients), limit):
            if not self._in_time(record):
                break  # the claims on the rest end before they could be asked after: the next step takes them, or another's
            done.append(self.resolve(record))
        return done

    def step_one(self, key: OrderKey) -> Stepped | None:
        """Look at one order, if it is due; None where it is not, or somebody else has it. For a task engine."""
        record = claim_one(self.journal, self._lease(), key)
        return self.resolve(record) if record is not None else None

    def run(self, stop: Callable[[], bool], *, idle: float = 1.0) -> None:
        """Step until ``stop`` says so, waiting ``idle`` seconds where nothing is due. The plain loop of one process."""
        while not stop():
            try:
                done = self.step()
            except PaymentChannelError:
                log.exception("the journal cannot be used; trying again")
                done = []
            if not done:
                self.sleep(idle)

    def _in_time(self, record: OrderRecord) -> bool:
        left = microseconds(record.lease_until) - self.journal.now() if record.lease_until is not None else 0
        return left >= self.timeout * 1_000_000

    def resolve(self, record: OrderRecord) -> Stepped:
        """Look at one claimed order; the claim ends here. What goes wrong with one order does not keep the others waiting."""
        name = f"{record.key.account} {record.key.kind} {record.key.merchant_id}"
        try:
            did, after = self._looked_at(record)
        except PaymentChannelError as error:
            log.warning("%s: not asked: %s", name, error.canonical)
            did, after = "waiting", record
        except Exception:
            log.exception("%s: not asked", name)
            did, after = "waiting", record
        release(self.journal, record, record.owner or "", self._given_up(record, after))
        return Stepped(record.key, record.state, after.state, did)

    def _looked_at(self, record: OrderRecord) -> tuple[str, OrderRecord]:
        client = self.clients[record.key.account]
        prepared = self.journal.prepared_of(record)
        asked = asking.query_of(client.channel.manifest, prepared)
        if asked is None:
            return self._by_its_target(client, record, prepared)
        after, result = self._asked(client, record, asked)
        unknown = after.state is State.UNKNOWN and result.canonical in NOT_FOUND
        if unknown and asking.may_be_resent(self.journal, client.channel.manifest, after, prepared):
            return self._resend(client, after, prepared)
        return "queried", after

    def _asked(self, client: ChannelClient, record: OrderRecord, asked: tuple[Verb, Any]) -> tuple[OrderRecord, Result]:
        """Ask the channel and write down what it said."""
        self._at_its_pace(record, asked[0])
        owner = record.owner or ""
        covers = covered(self.journal, record, own=owner)
        result: Result = getattr(client, asked[0])(asked[1], timeout=self.timeout)
        finding = Finding(Source.QUERIED, asking.conclusion(self.journal, record, result), covers)
        return self.journal.found(record.key, finding, result, owner=owner), result

    def _resend(self, client: ChannelClient, record: OrderRecord, prepared: Prepared) -> tuple[str, OrderRecord]:
        """Send the very same order again: the persisted one, in a fresh envelope. The claim is already ours."""
        opening = reopen(self.journal, record, prepared, self._lease(record.owner))
        if opening is None:
            return "waiting", record
        try:
            result: Result = getattr(client, asking.verb_of(record.key.kind))(prepared, timeout=self.timeout)
        except Exception as error:  # noqa: BLE001  a client's exception means that nothing left
            reason = error.canonical if isinstance(error, PaymentChannelError) else type(error).__name__
            return "waiting", self.journal.not_sent(opening, reason)
        return "resent", self.journal.answered(opening, result)

    def _by_its_target(self, client: ChannelClient, record: OrderRecord, prepared: Prepared) -> tuple[str, OrderRecord]:
        """An action that cannot be asked after is told by how the order that it is about stands."""
        key = asking.target_of(record.key.account, prepared)
        target = self.journal.find(key) if key is not None else None
        if target is not None and target.state not in FINAL:
            target = self.resolve_now(target)
        outcome = asking.told_by_target(record.key.kind, target.state) if target is not None else None
        if target is not None and outcome is not None:
            note = f"the {target.key.kind} is {target.state}"
            return "queried", self.journal.concluded(record.key, outcome, note, owner=record.owner or "")
        if asking.may_be_resent(self.journal, client.channel.manifest, record, prepared):
            return self._resend(client, record, prepared)
        return "waiting", record

    def resolve_now(self, record: OrderRecord) -> OrderRecord:
        """Ask after an order whatever its schedule says; return it as it stands then."""
        client = self.clients[record.key.account]
        asked = asking.query_of(client.channel.manifest, self.journal.prepared_of(record))
        return self._asked(client, record, asked)[0] if asked is not None else record

    def _given_up(self, before: OrderRecord, after: OrderRecord) -> str | None:
        schedule = self.journal.writer.schedules.of(before.channel, before.key.kind)
        if after.state in FINAL or not schedule.out_of_patience(now=self.journal.now(), created=microseconds(before.created_at)):
            return None
        return f"asked {before.queries} times since {before.created_at:%Y-%m-%d %H:%M} and still {after.state}"

    def _at_its_pace(self, record: OrderRecord, verb: Verb) -> None:
        """Keep below the channel's rate: wait for the next free moment."""
        gap = 1 / self.journal.writer.schedules.of(record.channel, record.key.kind).per_second
        now = time.monotonic()
        free = self._next_free.get((record.channel, verb), now)
        if free > now:
            self.sleep(free - now)
        self._next_free[record.channel, verb] = max(free, now) + gap
