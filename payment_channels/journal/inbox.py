"""The inbox: notifications verified, taken in once, and settled against the orders that they speak of.

In any order, late, twice, racing with queries and with each other: what is known only follows from ``folding``. The
acknowledgement is returned after the commit, and not without it. Events that match no order of ours are kept and shown.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Event, Notice
from payment_channels.client import AsyncChannelClient, ChannelClient
from payment_channels.journal.durable import covered
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey, OrderRecord, notice_place, record_by_channel_id
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told, insert, plain
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound
from payment_channels.model.orders import CancelOrder
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery

_KINDS: Mapping[EventKind, tuple[tuple[str, ...], str]] = {
    EventKind.PAYMENT: (("payment",), "merchant_order_id"),
    EventKind.REFUND: (("refund", "cancel"), "merchant_refund_id"),  # some channels tell of a cancellation as of a refund
    EventKind.PAYOUT: (("payout",), "merchant_order_id"),
    EventKind.RETURN: (("payout",), "merchant_order_id"),
}
_QUERY_OF: Mapping[str, Any] = {
    "payment": PaymentQuery.of,
    "refund": RefundQuery.of,
    "cancel": RefundQuery.of,
    "payout": PayoutQuery.of,
}


class _Taking:
    """What both colours of the inbox do with a message that was read."""

    def __init__(self, journal: Journal, account: str) -> None:
        self.journal = journal
        self.account = account

    def _taken(self, notice: Notice, inbound: Inbound) -> Acknowledgement:
        """Write down what a message says; only then is there an acknowledgement."""
        for number, event in enumerate(notice.events):
            self._take(event, inbound, number)
        return notice.acknowledgement

    def _take(self, event: Event, inbound: Inbound, number: int) -> None:
        now = self.journal.now()
        notification_id = f"{event.notification_id}#{number}" if number else event.notification_id
        kinds, name = _KINDS.get(event.kind, ((), ""))
        place = notice_place(self.account, plain(notification_id))
        facts = vars(event.facts) if event.facts is not None else {}
        own_number, channel_number = facts.get(name), facts.get("channel_order_id")
        merchant_id = plain(own_number) if own_number is not None else None
        channel_id = plain(channel_number) if channel_number is not None else None
        row = {
            "account": self.account,
            "notification_id": plain(notification_id),
            "received_at": now,
            "kind": event.kind.value,
            "merchant_id": merchant_id,
            "channel_order_id": channel_id,
            "inbound": self.journal.ring.seal(inbound.model_dump_json().encode(), place),
        }

        def work(cursor: Cursor) -> None:
            added = cursor.rows(insert("notices", row, "ON CONFLICT (account, notification_id) DO NOTHING"), [*row.values()])
            if not added:
                return  # taken in before, by this process or another
            record = self._order(cursor, kinds, merchant_id, channel_id)
            asked = self._asked(record) if record is not None else None
            if record is None or asked is None:
                return
            result = event.against(asked)
            finding = Finding(Source.NOTIFIED, result.outcome, covered(self.journal, record))
            sealed = self.journal.seal(record.key, finding, now, result)
            told = Told(result, sealed, f"notification {plain(notification_id)}")
            self.journal.writer.apply(cursor, record, finding, now, told)
            cursor.run(
                "UPDATE notices SET order_id = ?, outcome = ? WHERE id = ?", (record.id, result.outcome.value, added[0][0])
            )

        self.journal.store.write(work)

    def _asked(self, record: OrderRecord) -> Any:
        """Return the query that would find the order; None for a cancellation without a number: its payment tells of it."""
        prepared = self.journal.prepared_of(record)
        order = prepared.order
        nameless = isinstance(order, CancelOrder) and order.merchant_cancel_id is None
        return None if nameless else _QUERY_OF[record.key.kind](prepared)

    def _order(
        self, cursor: Cursor, kinds: tuple[str, ...], merchant_id: str | None, channel_id: str | None
    ) -> OrderRecord | None:
        for kind in kinds:
            if merchant_id is not None:
                record = self.journal.one(cursor, OrderKey(self.account, kind, merchant_id), lock=True)
            else:
                record = record_by_channel_id(cursor, self.account, kind, channel_id, self.journal.store.for_update)
            if record is not None:
                return record
        return None


class Inbox(_Taking):
    """One account's notifications, blocking. Give what it returns back to the channel."""

    def __init__(self, client: ChannelClient, journal: Journal, *, account: str) -> None:
        """``client`` verifies; ``account`` is the journal's name of this merchant at this channel."""
        super().__init__(journal, account)
        self.client = client

    def take(self, inbound: Inbound, *, timeout: float | None = None) -> Acknowledgement:
        """Verify a message, write down what it says, and return the exact acknowledgement.

        Raises:
            JournalUnavailableError: it could not be written down: answer HTTP 500, so that it comes again.
            PaymentChannelError: what verifies it could not be fetched: the same.
        """
        return self._taken(self.client.read_notification(inbound, timeout=timeout), inbound)


class AsyncInbox(_Taking):
    """The same on asyncio; what a message says is written down beside the loop."""

    def __init__(self, client: AsyncChannelClient, journal: Journal, *, account: str) -> None:
        """``client`` verifies; ``account`` is the journal's name of this merchant at this channel."""
        super().__init__(journal, account)
        self.client = client

    async def take(self, inbound: Inbound, *, timeout: float | None = None) -> Acknowledgement:  # noqa: ASYNC109  as the client's
        """Verify a message, write down what it says, and return the exact acknowledgement.

        Raises:
            JournalUnavailableError: it could not be written down: answer HTTP 500, so that it comes again.
            PaymentChannelError: what verifies it could not be fetched: the same.
        """
        notice = await self.client.read_notification(inbound, timeout=timeout)
        return await asyncio.to_thread(self._taken, notice, inbound)
