"""The resolver: asks after every order that is not final, when its schedule says so, until it is known or a person's.

It may run in any number of processes: an order is claimed for a while, and what a process that died had claimed comes
free by itself. Every step may be repeated. It never decides anything: what it finds goes through ``folding``. What it does
is written once, as steps; ``Resolver`` takes them blocking, ``AsyncResolver`` on asyncio.
"""

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payment_channels.channel import Verb
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.client import AsyncChannelClient, ChannelClient
from payment_channels.journal import asking
from payment_channels.journal.claims import claim, claim_one, release, reopen
from payment_channels.journal.durable import covered, owner_name
from payment_channels.journal.folding import FINAL, Finding, Source, State
from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import Lease, Opening
from payment_channels.journal.persisted import OrderUnreadableError
from payment_channels.journal.records import OrderKey, OrderRecord, microseconds
from payment_channels.journal.steps import Ask, Pause, Steps, Work, atake, take
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Result

log = logging.getLogger("payment_channels.journal")
TIMEOUT = 30.0
TOGETHER = 100
"""Orders that one step claims at most, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step did with one order."""

    key: OrderKey
    before: State
    after: State
    did: str  # queried, resent, waiting: it could not be asked or told this time


class _Resolving:
    """What both colours of the resolver do, as steps."""

    def __init__(self, journal: Journal, clients: Mapping[str, Any], timeout: float) -> None:
        self.journal = journal
        self.clients = clients
        self.timeout = timeout
        self._owner = owner_name()
        self._numbers = itertools.count(1)
        self._next_free: dict[tuple[str, str], float] = {}

    def _lease(self, owner: str | None = None) -> Lease:
        """Return a lease that is this one claim's and no other's, or that claim's once more."""
        name = owner or f"{self._owner}-{os.getpid()}-{next(self._numbers)}"
        return Lease(name, timedelta(seconds=self.timeout * 2 + 10))

    def _step(self, limit: int) -> Steps[list[Stepped]]:
        done = []
        lease = self._lease()
        records: list[OrderRecord] = yield Work(lambda: claim(self.journal, lease, tuple(self.clients), limit))
        for record in records:
            if not self._in_time(record):
                break  # the claims on the rest end before they could be asked after: the next step takes them, or another's
            done.append((yield from self._resolve(record)))
        return done

    def _step_one(self, key: OrderKey) -> Steps[Stepped | None]:
        lease = self._lease()
        record: OrderRecord | None = yield Work(lambda: claim_one(self.journal, lease, key))
        return (yield from self._resolve(record)) if record is not None else None

    def _run(self, stop: Callable[[], bool], idle: float) -> Steps[None]:
        while not stop():
            try:
                done = yield from self._step(TOGETHER)
            except PaymentChannelError:
                log.exception("the journal cannot be used; trying again")
                done = []
            if not done:
                yield Pause(idle)

    def _in_time(self, record: OrderRecord) -> bool:
        left = microseconds(record.lease_until) - self.journal.now() if record.lease_until is not None else 0
        return left >= self.timeout * 1_000_000

    def _resolve(self, record: OrderRecord) -> Steps[Stepped]:
        """Look at one claimed order; the claim ends here. What goes wrong with one order does not keep the others waiting."""
        name = f"{record.key.account} {record.key.kind} {record.key.merchant_id}"
        did, after, given_up = "waiting", record, ""
        try:
            did, after = yield from self._looked_at(record)
        except PaymentChannelError as error:
            log.warning("%s: not asked: %s", name, error.canonical)
        except OrderUnreadableError as error:
            log.exception("%s: not asked", name)
            given_up = str(error)  # a person's at once: no later look would read more
        except Exception:
            log.exception("%s: not asked", name)
        yield Work(lambda: release(self.journal, record, record.owner or "", given_up or self._given_up(record, after)))
        return Stepped(record.key, record.state, after.state, did)

    def _looked_at(self, record: OrderRecord) -> Steps[tuple[str, OrderRecord]]:
        client = self.clients[record.key.account]
        prepared: Prepared = yield Work(lambda: self.journal.prepared_of(record))
        asked = asking.query_of(client.channel.manifest, prepared)
        if asked is None:
            return (yield from self._by_its_target(client, record, prepared))
        after, result = yield from self._asked(client, record, asked)
        unknown = after.state is State.UNKNOWN and result.canonical in NOT_FOUND
        if unknown and asking.may_be_resent(self.journal, client.channel.manifest, after, prepared):
            return (yield from self._resend(client, after, prepared))
        return "queried", after

    def _asked(self, client: Any, record: OrderRecord, asked: tuple[Verb, Any]) -> Steps[tuple[OrderRecord, Result]]:
        """Ask the channel and write down what it said."""
        wait = self._until_free(record, asked[0])
        if wait > 0:
            yield Pause(wait)
        owner = record.owner or ""
        covers = covered(self.journal, record, own=owner)
        result: Result = yield Ask(client, asked[0], asked[1], self.timeout)

        def write() -> OrderRecord:
            finding = Finding(Source.QUERIED, asking.conclusion(self.journal, record, result), covers)
            return self.journal.found(record.key, finding, result, owner=owner)

        after: OrderRecord = yield Work(write)
        return after, result

    def _resend(self, client: Any, record: OrderRecord, prepared: Prepared) -> Steps[tuple[str, OrderRecord]]:
        """Send the very same order again: the persisted one, in a fresh envelope. The claim is already ours."""
        lease = self._lease(record.owner)
        opening: Opening | None = yield Work(lambda: reopen(self.journal, record, prepared, lease))
        if opening is None:
            return "waiting", record
        opened, after = opening, record
        try:
            result: Result = yield Ask(client, asking.verb_of(record.key.kind), prepared, self.timeout)
        except Exception as error:  # noqa: BLE001  a client's exception means that nothing left
            reason = error.canonical if isinstance(error, PaymentChannelError) else type(error).__name__
            after = yield Work(lambda: self.journal.not_sent(opened, reason))
            return "waiting", after
        after = yield Work(lambda: self.journal.answered(opened, result))
        return "resent", after

    def _by_its_target(self, client: Any, record: OrderRecord, prepared: Prepared) -> Steps[tuple[str, OrderRecord]]:
        """An action that cannot be asked after is told by how the order that it is about stands."""
        key = asking.target_of(record.key.account, prepared)
        target: OrderRecord | None = (yield Work(lambda: self.journal.find(key))) if key is not None else None
        if target is not None and target.state not in FINAL:
            target = yield from self._resolve_now(target)
        outcome = asking.told_by_target(record.key.kind, target.state) if target is not None else None
        if target is not None and outcome is not None:
            note, told, owner = f"the {target.key.kind} is {target.state}", outcome, record.owner or ""
            after: OrderRecord = yield Work(lambda: self.journal.concluded(record.key, told, note, owner=owner))
            return "queried", after
        if asking.may_be_resent(self.journal, client.channel.manifest, record, prepared):
            return (yield from self._resend(client, record, prepared))
        return "waiting", record

    def _resolve_now(self, record: OrderRecord) -> Steps[OrderRecord]:
        client = self.clients[record.key.account]
        prepared: Prepared = yield Work(lambda: self.journal.prepared_of(record))
        asked = asking.query_of(client.channel.manifest, prepared)
        return (yield from self._asked(client, record, asked))[0] if asked is not None else record

    def _given_up(self, before: OrderRecord, after: OrderRecord) -> str | None:
        schedule = self.journal.writer.schedules.of(before.channel, before.key.kind)
        if after.state in FINAL or not schedule.out_of_patience(now=self.journal.now(), created=microseconds(before.created_at)):
            return None
        return f"looked at {before.queries} times since {before.created_at:%Y-%m-%d %H:%M} and still {after.state}"

    def _until_free(self, record: OrderRecord, verb: Verb) -> float:
        """Keep below the channel's rate: take its next free moment, and return how many seconds it is away."""
        gap = 1 / self.journal.writer.schedules.of(record.channel, record.key.kind).per_second
        now = time.monotonic()
        free = max(self._next_free.get((record.channel, verb), now), now)
        self._next_free[record.channel, verb] = free + gap
        return free - now


class Resolver(_Resolving):
    """Blocking. ``clients`` are the bare clients by the journal's account names; orders of other accounts are left alone."""

    def __init__(
        self,
        journal: Journal,
        clients: Mapping[str, ChannelClient],
        *,
        timeout: float = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``timeout`` in seconds bounds each query, and with a margin the claim on the order."""
        super().__init__(journal, clients, timeout)
        self.sleep = sleep

    def step(self, limit: int = TOGETHER) -> list[Stepped]:
        """Look at the orders that are due, at most ``limit``; return what was done with each."""
        return take(self._step(limit), self.sleep)

    def step_one(self, key: OrderKey) -> Stepped | None:
        """Look at one order, if it is due; None where it is not, or somebody else has it. For a task engine."""
        return take(self._step_one(key), self.sleep)

    def run(self, stop: Callable[[], bool], *, idle: float = 1.0) -> None:
        """Step until ``stop`` says so, waiting ``idle`` seconds where nothing is due. The plain loop of one process."""
        take(self._run(stop, idle), self.sleep)

    def resolve_now(self, record: OrderRecord) -> OrderRecord:
        """Ask after an order whatever its schedule says; return it as it stands then."""
        return take(self._resolve_now(record), self.sleep)


class AsyncResolver(_Resolving):
    """The same on asyncio, over asynchronous clients; the journal's own work is done beside the loop.

    Several tasks may ``step`` at once: each has claims of its own. What a cancelled one had claimed comes free when the
    claim ends, after twice the timeout and ten seconds.
    """

    def __init__(
        self,
        journal: Journal,
        clients: Mapping[str, AsyncChannelClient],
        *,
        timeout: float = TIMEOUT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``timeout`` in seconds bounds each query, and with a margin the claim on the order."""
        super().__init__(journal, clients, timeout)
        self.sleep = sleep

    async def step(self, limit: int = TOGETHER) -> list[Stepped]:
        """Look at the orders that are due, at most ``limit``; return what was done with each."""
        return await atake(self._step(limit), self.sleep)

    async def step_one(self, key: OrderKey) -> Stepped | None:
        """Look at one order, if it is due; None where it is not, or somebody else has it. For a task engine."""
        return await atake(self._step_one(key), self.sleep)

    async def run(self, stop: Callable[[], bool], *, idle: float = 1.0) -> None:
        """Step until ``stop`` says so, waiting ``idle`` seconds where nothing is due. The plain loop of one process."""
        await atake(self._run(stop, idle), self.sleep)

    async def resolve_now(self, record: OrderRecord) -> OrderRecord:
        """Ask after an order whatever its schedule says; return it as it stands then."""
        return await atake(self._resolve_now(record), self.sleep)
