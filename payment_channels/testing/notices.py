"""Checks of notifications: they agree with the query, and what is forged, repeated or late changes nothing."""

from collections.abc import Iterable

import pytest

from payment_channels.channel import Authenticity, Channel, Notice, Verb
from payment_channels.model.incoming import EventKind, Inbound, Verdict
from payment_channels.model.money import Money
from payment_channels.model.queries import PaymentQuery, RefundQuery
from payment_channels.model.results import Outcome
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart
from payment_channels.testing.kit import KitClock
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.said import said
from payment_channels.testing.usual import Query, Usual

A_DAY = 86_400


class Notices(Usual):
    """What holds for every channel that notifies."""

    def test_query_and_notification_agree(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A notification of a payment or a payout says what a query says: outcome, ids, amounts."""
        query, genuine = self.notified(channel, caller, counterpart)
        notice = caller.read_notification(genuine)
        keep(
            Promise.NOTIFICATION,
            notice.verdict is Verdict.ACCEPTED,
            f"a genuine notification was {notice.verdict} {notice.problem}",
        )
        (event,) = notice.events
        kind = EventKind.PAYMENT if isinstance(query, PaymentQuery) else EventKind.PAYOUT
        keep(Promise.NOTIFICATION, event.kind is kind, f"the notification of a {kind} is called {event.kind}")
        told, found = event.against(query), self.asked(caller, query)
        both = [(one.outcome, one.merchant_order_id, one.channel_order_id, one.amounts.order) for one in (told, found)]
        keep(Promise.NOTIFICATION, both[0] == both[1], f"the notification says {both[0]}, the query {both[1]}")
        keep(Promise.NOTIFICATION, told.outcome is Outcome.SUCCEEDED, f"the money moved, the notification says {said(told)}")

    def test_it_settles_no_other_order(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Against another order, another amount or another kind of order, it is unknown."""
        query, genuine = self.notified(channel, caller, counterpart)
        (event,) = caller.read_notification(genuine).events
        others = [
            query.model_copy(update={"merchant_order_id": self.number(), "channel_order_id": None}),
            query.model_copy(update={"amount": Money(query.amount.amount * 100)}),
            RefundQuery(merchant_refund_id=self.number(), merchant_order_id=query.merchant_order_id, amount=query.amount),
            self.other_kind(query),
        ]
        for other in others:
            told = event.against(other)
            keep(
                Promise.FORGERY,
                told.outcome is Outcome.UNKNOWN,
                f"a notification of another order settled {other!r}: {said(told)}",
            )

    def test_a_forged_notification_is_refused(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """One byte, one amount, another's key: refused without an event, and answered with no success."""
        _, genuine = self.notified(channel, caller, counterpart)
        before = list(counterpart.books())
        for what, forged in [*counterpart.forgeries(genuine), *self.spoilt(genuine)]:
            notice: Notice = caller.read_notification(forged)
            keep(Promise.FORGERY, notice.verdict is Verdict.REFUSED, f"a notification with {what} was {notice.verdict}")
            keep(Promise.FORGERY, not notice.events, f"a notification with {what} has told of {notice.events}")
            same = notice.acknowledgement == caller.read_notification(genuine).acknowledgement
            keep(Promise.FORGERY, not same, f"a notification with {what} was acknowledged as a genuine one")
        keep(Promise.FORGERY, list(counterpart.books()) == before, "reading notifications has changed the channel's books")

    def test_an_unsigned_notification_settles_nothing(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Where nobody signs what comes in, its events say so, no order is settled by them, and a repetition is told as one."""
        self.needs(channel, Verb.READ_NOTIFICATION)
        if not channel.manifest.capabilities[Verb.READ_NOTIFICATION].unsigned:
            name = channel.manifest.name
            pytest.skip(f"{name} 声明通知有签名 / {name} declares that its notifications are signed")
        query, inbound = self.caused(channel, caller, counterpart)
        notice = caller.read_notification(inbound)
        keep(Promise.NOTIFICATION, notice.verdict is Verdict.ACCEPTED, f"a notification was {notice.verdict} {notice.problem}")
        for event in notice.events:
            believed = event.reading.authenticity in {Authenticity.VERIFIED, Authenticity.TRUSTED_LINE}
            keep(Promise.FORGERY, not believed, f"an unsigned notification is called {event.reading.authenticity}")
            told = event.against(query).outcome
            keep(Promise.FORGERY, told is Outcome.UNKNOWN, f"an unsigned notification settled an order: {told}")
        again = caller.read_notification(inbound)
        keep(Promise.FORGERY, again.verdict is Verdict.REPEATED, f"a repetition of an unsigned notification was {again.verdict}")

    def test_repeated_and_late(self, channel: Channel, caller: Caller, counterpart: Counterpart, clock: KitClock) -> None:
        """A repetition is told as one, or tells the same; a day later it is refused, or still tells the same."""
        query, genuine = self.notified(channel, caller, counterpart)
        first = caller.read_notification(genuine)
        again = caller.read_notification(genuine)
        told = [event.against(query).outcome for event in again.events]
        ids = {event.notification_id for event in (*first.events, *again.events)}
        keep(Promise.FORGERY, again.verdict is Verdict.REPEATED or len(ids) == 1, f"a repetition has other ids: {ids}")
        keep(Promise.FORGERY, set(told) <= {Outcome.SUCCEEDED}, f"a repeated notification of a paid order says {told}")
        clock.advance(A_DAY)
        late = caller.read_notification(genuine)
        told = [event.against(query).outcome for event in late.events]
        keep(Promise.FORGERY, set(told) <= {Outcome.SUCCEEDED}, f"a late notification of a paid order says {told}")

    def notified(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> tuple[Query, Inbound]:
        """Let an order be paid, or a payout arrive, and return the query of it and its notification."""
        self.needs(channel, Verb.READ_NOTIFICATION)
        if channel.manifest.capabilities[Verb.READ_NOTIFICATION].unsigned:
            name = channel.manifest.name
            pytest.skip(f"{name} 声明通知没有签名 / {name} declares that its notifications are not signed")
        return self.caused(channel, caller, counterpart)

    def caused(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> tuple[Query, Inbound]:
        """Do the usual business and take the notification that it causes, signed or not."""
        self.usual_verb(channel)
        counterpart.received()
        query = self.done(channel, caller, counterpart)
        found = counterpart.received()
        if not found:
            pytest.fail(
                "带 notify_url 的订单已付款，对端却没有收到通知"
                " / an order with a notify_url was paid, and the counterpart has received no notification"
            )
        return query, found[-1]

    def spoilt(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        """Return copies of a message that differ in one byte here and there, are cut short, or empty."""
        body = genuine.body
        for place in range(3, len(body), max(len(body) // 24, 1)):
            changed = bytearray(body)
            changed[place] ^= 1
            yield f"byte {place} changed", genuine.model_copy(update={"body": bytes(changed)})
        yield "half its body", genuine.model_copy(update={"body": body[: len(body) // 2]})
        yield "no body", genuine.model_copy(update={"body": b""})
