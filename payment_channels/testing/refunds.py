"""Checks of refunds and cancellations: never more than was paid, never twice, and the payment says what is left."""

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.queries import RefundQuery
from payment_channels.model.results import Outcome
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart, Trouble
from payment_channels.testing.kit import Kit, KitClock
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.said import said


class Refunds(Kit):
    """What holds for every channel that gives money back."""

    def test_refunds_never_exceed_the_payment(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Two refunds that are more than was paid are not both made."""
        self.needs_a_payment(channel, Verb.REFUND)
        order = self.payment(counterpart, amount=Money(1000))
        query = self.paid(caller, counterpart, order)
        told = [caller.refund(self.refund(order, query, 600)) for _ in range(2)]
        counterpart.settle_refunds()
        given = sum(entry.amount.amount for entry in counterpart.books() if entry.of == order.merchant_order_id)
        keep(Promise.REFUND_LIMIT, given == 600, f"10.00 was paid and 2 x 6.00 asked back; the books gave back {given} fen")  # noqa: PLR2004
        refused = told[1].outcome in {Outcome.FAILED, Outcome.UNKNOWN}
        keep(Promise.REFUND_LIMIT, refused, f"the second refund was not made, and is called {told[1].outcome}")

    def test_one_refund_id_gives_back_once(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The same refund sent again gives nothing more; a query finds it, of its own amount."""
        self.needs_a_payment(channel, Verb.REFUND, Verb.QUERY_REFUND)
        order = self.payment(counterpart, amount=Money(1000))
        query = self.paid(caller, counterpart, order)
        prepared = caller.prepare(self.refund(order, query, 400))
        for _ in range(3):
            told = caller.refund(prepared)
            keep(Promise.ONCE, told.outcome is not Outcome.FAILED, "a refund that was made is called failed when it is repeated")
        counterpart.settle_refunds()
        given = [entry.amount for entry in counterpart.books() if entry.of == order.merchant_order_id]
        keep(Promise.ONCE, given == [Money(400)], f"one refund of 4.00 was sent three times; the books gave back {given}")
        found = caller.query_refund(RefundQuery.of(prepared))
        honest = (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(400))
        keep(Promise.QUERY_TELLS, honest, f"4.00 was given back; the query reports {found.amounts.order}, {said(found)}")

    def test_other_content_under_the_same_refund_id(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A refund id that was used gives back no other amount."""
        self.needs_a_payment(channel, Verb.REFUND)
        order = self.payment(counterpart, amount=Money(1000))
        query = self.paid(caller, counterpart, order)
        first = self.refund(order, query, 300)
        caller.refund(first)
        told = caller.refund(first.model_copy(update={"amount": Money(301)}))
        counterpart.settle_refunds()
        given = [entry.amount for entry in counterpart.books() if entry.of == order.merchant_order_id]
        keep(Promise.OTHER_CONTENT, given == [Money(300)], f"3.00, then 3.01 under the same id; the books gave back {given}")
        keep(Promise.OTHER_CONTENT, told.outcome is not Outcome.SUCCEEDED, "3.01 was not given back, and is called so")
        keep(Promise.OTHER_CONTENT, not told.new_id_allowed, "a refund exists under the id, and a new id was allowed")

    def test_a_lost_refund_is_found(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A refund whose answer is lost is unknown; the query finds it."""
        self.needs_a_payment(channel, Verb.REFUND, Verb.QUERY_REFUND)
        order = self.payment(counterpart, amount=Money(1000))
        query = self.paid(caller, counterpart, order)
        prepared = caller.prepare(self.refund(order, query, 400))
        counterpart.meet(Trouble.LOST, Verb.REFUND, order.product)
        told = caller.refund(prepared)
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"a refund was made, its answer lost: {said(told)}")
        counterpart.settle_refunds()
        found = caller.query_refund(RefundQuery.of(prepared))
        keep(Promise.QUERY_TELLS, found.outcome is Outcome.SUCCEEDED, f"4.00 was given back, the query says {said(found)}")

    def test_a_refund_that_nobody_made(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A refund that is not found is neither made nor failed."""
        self.needs_a_payment(channel, Verb.REFUND, Verb.QUERY_REFUND)
        order = self.payment(counterpart)
        query = self.paid(caller, counterpart, order)
        told = caller.query_refund(RefundQuery.of(caller.prepare(self.refund(order, query, 10))))
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"a refund was not found, and the query says {said(told)}")

    def test_a_refunded_payment_is_not_called_failed(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A payment that was given back in full was paid: it is never called failed."""
        self.needs_a_payment(channel, Verb.QUERY, Verb.REFUND)
        order = self.payment(counterpart, amount=Money(1000))
        query = self.paid(caller, counterpart, order)
        caller.refund(self.refund(order, query, 1000))
        counterpart.settle_refunds()
        told = caller.query(query)
        keep(Promise.UNKNOWN, told.outcome is not Outcome.FAILED, "a payment that was refunded in full is called failed")

    def test_what_is_cancelled_is_undone(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, clock: KitClock
    ) -> None:
        """A cancelled payment's money goes back: a query of its own says so, or the payment's never calls it paid."""
        self.needs(channel, Verb.PAY, Verb.QUERY, Verb.CANCEL)
        for product in self.choices(channel, Verb.CANCEL) or [self.usual_product]:
            order = self.payment(counterpart, product)
            query = self.paid(caller, counterpart, order)
            clock.advance(self.cancel_after)
            prepared = caller.prepare(self.cancellation(order, query))
            told = caller.cancel(prepared)
            undone = {Outcome.REVERSED, Outcome.SUCCEEDED, Outcome.PENDING}
            keep(Promise.DECLARED, told.outcome in undone, f"a paid {product} order was to be undone: {said(told)}")
            counterpart.settle_refunds()
            if channel.manifest.capabilities[Verb.CANCEL].found_by is Verb.QUERY_REFUND:
                own = caller.query_refund(RefundQuery.of(prepared))
                honest = (own.outcome, own.amounts.order) == (Outcome.SUCCEEDED, order.amount)
                keep(Promise.QUERY_TELLS, honest, f"{order.amount} went back; the query reports {own.amounts.order}, {said(own)}")
                continue
            found = caller.query(query)
            gone = found.outcome is not Outcome.FAILED and found.canonical != "PAYMENT_SUCCEEDED"
            keep(Promise.UNKNOWN, gone, f"a payment was undone, and a query says {said(found)}")
