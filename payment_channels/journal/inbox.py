"""The inbox: notifications verified, taken in once, and settled against the orders that they speak of.

In any order, late, twice, racing with queries and with each other: what is known only follows from ``folding``. The
acknowledgement is returned after the commit, and not without it. Events that match no order of ours are kept and shown.
"""

from typing import Any

from payment_channels.channel import Event
from payment_channels.client import ChannelClient
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey, OrderRecord, microseconds, record_by_channel_id
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told, insert
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery

_KINDS = {
    EventKind.PAYMENT: ("payment", "merchant_order_id"),
    EventKind.REFUND: ("refund", "merchant_refund_id"),
    EventKind.PAYOUT: ("payout", "merchant_order_id"),
    EventKind.RETURN: ("payout", "merchant_order_id"),
}
_QUERY_OF: dict[str, Any] = {"payment": PaymentQuery.of, "refund": RefundQuery.of, "payout": PayoutQuery.of}


class Inbox:
    """One account's notifications. Give what it returns back to the channel."""

    def __init__(self, client: ChannelClient, journal: Journal, *, account: str) -> None:
        """``client`` verifies; ``account`` is the journal's name of this merchant at this channel."""
        self.client = client
        self.journal = journal
        self.account = account

    def take(self, inbound: Inbound, *, timeout: float | None = None) -> Acknowledgement:
        """Verify a message, write down what it says, and return the exact acknowledgement.

        Raises:
            JournalUnavailableError: it could not be written down: answer HTTP 500, so that it comes again.
            PaymentChannelError: what verifies it could not be fetched: the same.
        """
        notice = self.client.read_notification(inbound, timeout=timeout)
        for number, event in enumerate(notice.events):
            self._take(event, inbound, number)
        return notice.acknowledgement

    def _take(self, event: Event, inbound: Inbound, number: int) -> None:
        now = microseconds(self.journal.clock())
        notification_id = f"{event.notification_id}#{number}" if number else event.notification_id
        place = f"notices/{self.account}/{notification_id}"
        kind, name = _KINDS.get(event.kind, ("", ""))
        facts = vars(event.facts) if event.facts is not None else {}
        merchant_id, channel_id = facts.get(name), facts.get("channel_order_id")
        row = {
            "account": self.account,
            "notification_id": notification_id,
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
            record = self._order(cursor, kind, merchant_id, channel_id)
            if record is None:
                return
            result = event.against(_QUERY_OF[kind](self.journal.prepared_of(record)))
            told = Told(result, self.journal.seal(record.key, result), f"notification {notification_id}")
            self.journal.writer.apply(cursor, record, Finding(Source.NOTIFIED, result.outcome), now, told)
            cursor.run(
                "UPDATE notices SET order_id = ?, outcome = ? WHERE id = ?", (record.id, result.outcome.value, added[0][0])
            )

        self.journal.store.write(work)

    def _order(self, cursor: Cursor, kind: str, merchant_id: str | None, channel_id: str | None) -> OrderRecord | None:
        if not kind:
            return None
        if merchant_id is not None:
            return self.journal.one(cursor, OrderKey(self.account, kind, merchant_id), lock=True)
        return record_by_channel_id(cursor, self.account, kind, channel_id, self.journal.store.for_update)
