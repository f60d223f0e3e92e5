"""The journal's steps as tasks of procrastinate (extra ``procrastinate``): any number of workers, one PostgreSQL.

The journal decides and the engine only calls: every task may be lost, repeated, or run by several workers at once. ``sweep``
finds what a lost task left behind. See docs/decisions on why this engine.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from procrastinate import App, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued

from payment_channels.journal.claims import due, put_and_not_begun
from payment_channels.journal.client import DurableClient
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey
from payment_channels.journal.resolver import Resolver
from payment_channels.journal.store import JournalUnavailableError
from payment_channels.model.orders import AnyOrder
from payment_channels.model.refusals import NotSentError

QUEUE = "payment_channels"
TOGETHER = 500
"""Orders that one sweep hands out; the next one, a minute later, takes what is left."""


class Tasks:
    """Registers ``payment_channels.send``, ``.look`` and ``.sweep`` with an app; make it wherever the app is made."""

    def __init__(self, app: App, journal: Journal, clients: Mapping[str, DurableClient]) -> None:
        """``clients`` by the journal's account names; workers need the same ones as those who hand orders over."""
        self.journal = journal
        self.clients = clients
        self.resolver = Resolver(journal, {name: client.client for name, client in clients.items()})
        # What never left may be sent again by whoever comes next, so the engine may retry it.
        retry = RetryStrategy(max_attempts=10, exponential_wait=2, retry_exceptions={NotSentError, JournalUnavailableError})
        self.send = app.task(name="payment_channels.send", queue=QUEUE, retry=retry)(self._send)
        self.look = app.task(name="payment_channels.look", queue=QUEUE)(self._look)
        swept = app.task(name="payment_channels.sweep", queue=QUEUE, queueing_lock="payment_channels.sweep")(self._sweep)
        self.sweep = app.periodic(cron="* * * * *")(swept)

    def hand_over(self, account: str, order: AnyOrder) -> OrderKey:
        """Persist an order, and have a worker send it.

        Raises:
            PaymentChannelError: the order is refused, its number has other content, or the journal cannot be used.
        """
        key = self.clients[account].put(order).key
        self._defer(self.send, key)
        return key

    def _send(self, account: str, kind: str, merchant_id: str) -> None:
        key = OrderKey(account, kind, merchant_id)
        self.clients[account].send(key)
        self._look_later(key)

    def _look(self, account: str, kind: str, merchant_id: str) -> None:
        key = OrderKey(account, kind, merchant_id)
        if self.resolver.step_one(key) is not None:
            self._look_later(key)

    def _sweep(self, timestamp: int) -> None:  # noqa: ARG002  the engine gives the minute that it is called for
        accounts = tuple(self.clients)
        for key in put_and_not_begun(self.journal, accounts, TOGETHER):
            self._defer(self.send, key)
        for key in due(self.journal, accounts, TOGETHER):
            self._defer(self.look, key)

    def _look_later(self, key: OrderKey) -> None:
        record = self.journal.find(key)
        if record is not None and record.next_at is not None:
            self._defer(self.look, key, at=record.next_at)

    @staticmethod
    def _defer(task: Any, key: OrderKey, *, at: datetime | None = None) -> None:
        """Queue a task for an order, unless one is waiting already."""
        lock = f"{task.name} {key.account} {key.kind} {key.merchant_id}"
        with suppress(AlreadyEnqueued):
            task.configure(queueing_lock=lock, schedule_at=at).defer(
                account=key.account, kind=key.kind, merchant_id=key.merchant_id
            )
