"""Checks of payments: the amount, one id one movement, lost answers, refused queries, closing."""

from typing import Any

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import CloseOrder
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.refusals import NotSentError
from payment_channels.model.results import EvidenceKind, Outcome, PaymentResult
from payment_channels.testing.caller import COLOURS, Caller
from payment_channels.testing.counterpart import Counterpart, Trouble
from payment_channels.testing.kit import Kit
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.said import said

NOT_BELIEVABLE = (Trouble.LOST, Trouble.CUT, Trouble.GARBAGE, Trouble.FORGED, Trouble.UNSIGNED, Trouble.SERVER_ERROR)
WITHOUT_ANSWER = {EvidenceKind.SENT_WITHOUT_ANSWER, EvidenceKind.ANSWERED_NOT_VERIFIABLE}


class Payments(Kit):
    """What holds for every channel that takes money."""

    @pytest.mark.parametrize("fen", [1, 99, 100, 101, 12_345, 99_999_99])
    def test_the_very_amount_arrives(self, channel: Channel, caller: Caller, counterpart: Counterpart, fen: int) -> None:
        """What is ordered is what the channel's books hold, to the fen, and what a query reports."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        order = self.payment(counterpart, amount=Money(fen))
        query = self.paid(caller, counterpart, order)
        held = [entry.amount for entry in self.booked(counterpart, order.merchant_order_id)]
        keep(Promise.AMOUNT, held == [Money(fen)], f"{fen} fen were ordered, the channel's books hold {held}")
        found: PaymentResult = caller.query(query)
        keep(Promise.AMOUNT, found.outcome is Outcome.SUCCEEDED, f"{fen} fen were paid, a query says {said(found)}")
        keep(Promise.AMOUNT, found.amounts.order == Money(fen), f"{fen} fen were paid, a query reports {found.amounts.order}")

    def test_an_unpaid_order_is_not_paid(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Before the payer has paid, nobody says that he has, nor that he never will."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        order = self.payment(counterpart)
        prepared = caller.prepare(order)
        created = caller.pay(prepared)
        done = any(entry.done for entry in self.booked(counterpart, order.merchant_order_id))
        for told in (created, caller.query(PaymentQuery.of(prepared))):
            honest = told.outcome in ({Outcome.SUCCEEDED} if done else {Outcome.PENDING, Outcome.UNKNOWN})
            keep(Promise.UNKNOWN, honest, f"money has {'' if done else 'not '}moved, and {told.operation} says {said(told)}")

    def test_one_id_moves_money_once(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The same order sent again makes no second one, before and after it was paid."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        order = self.payment(counterpart)
        prepared = caller.prepare(order)
        first = caller.pay(prepared)
        again = caller.pay(prepared)
        keep(Promise.ONCE, again.outcome is not Outcome.FAILED, "an order that exists was called failed when it was sent again")
        counterpart.pay(order, first)
        late = caller.pay(prepared)
        keep(Promise.ONCE, late.outcome is not Outcome.FAILED, "a paid order was called failed when it was sent again")
        held = self.booked(counterpart, order.merchant_order_id)
        keep(Promise.ONCE, len(held) == 1 and held[0].done, f"one id was sent three times and paid once; the books hold {held}")
        found = caller.query(PaymentQuery.of(prepared))
        keep(Promise.ONCE, found.outcome is Outcome.SUCCEEDED, f"the order was paid once, a query says {said(found)}")

    def test_carried_out_twice_is_paid_once(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A network that repeats a request makes no second order, and what it answers last is not a failure."""
        self.needs(channel, Verb.PAY)
        self.plays(counterpart, Trouble.TWICE)
        order = self.payment(counterpart)
        counterpart.meet(Trouble.TWICE, Verb.PAY, order.product)
        told = caller.pay(order)
        held = self.booked(counterpart, order.merchant_order_id)
        keep(Promise.ONCE, len(held) == 1, f"one request that the network repeated made {len(held)} orders")
        keep(Promise.UNKNOWN, told.outcome is not Outcome.FAILED, "the order was made, and is called failed")

    def test_other_content_under_the_same_id(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """An id that was used is not used again for another amount; the refusal says nothing of the first."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        order = self.payment(counterpart)
        first = caller.pay(order)
        other = caller.pay(order.model_copy(update={"amount": Money(order.amount.amount + 1)}))
        keep(Promise.OTHER_CONTENT, other.outcome is not Outcome.SUCCEEDED, "another amount under a used id was called paid")
        keep(Promise.OTHER_CONTENT, not other.new_id_allowed, "a used id was refused, and a new one was allowed: that pays twice")
        keep(Promise.OTHER_CONTENT, other.outcome is not Outcome.FAILED, "a used id was refused, and its order is called failed")
        counterpart.pay(order, first)
        held = self.booked(counterpart, order.merchant_order_id)
        keep(Promise.OTHER_CONTENT, [entry.amount for entry in held] == [order.amount], f"the books hold {held}")

    @pytest.mark.parametrize("trouble", NOT_BELIEVABLE, ids=str)
    def test_an_answer_that_is_lost_or_not_believable(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, trouble: Trouble
    ) -> None:
        """Whatever happens to the answer, the outcome is unknown, no new id is allowed, and a query tells."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        self.plays(counterpart, trouble)
        order = self.payment(counterpart)
        prepared = caller.prepare(order)
        counterpart.meet(trouble, Verb.PAY, order.product)
        told = caller.pay(prepared)
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"the order was made, its answer was {trouble}: {said(told)}")
        keep(Promise.UNKNOWN, not told.new_id_allowed, "a new id was allowed while an order may exist")
        keep(
            Promise.UNKNOWN, told.evidence.kind in WITHOUT_ANSWER, f"the evidence of a {trouble} answer says {told.evidence.kind}"
        )
        counterpart.pay(order, told)
        found = caller.query(PaymentQuery.of(prepared))
        keep(Promise.QUERY_TELLS, found.outcome is Outcome.SUCCEEDED, f"the order was paid, a query says {said(found)}")

    @pytest.mark.parametrize("trouble", NOT_BELIEVABLE, ids=str)
    def test_a_query_that_fails_never_fails_the_payment(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, trouble: Trouble
    ) -> None:
        """A query whose answer cannot be believed leaves the order where it is."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        self.plays(counterpart, trouble)
        query = self.paid(caller, counterpart, self.payment(counterpart))
        counterpart.meet(trouble, Verb.QUERY, self.usual_product)
        told = caller.query(query)
        keep(Promise.QUERY_REFUSED, told.outcome is Outcome.UNKNOWN, f"a paid order, its query's answer {trouble}: {said(told)}")
        again = caller.query(query)
        keep(Promise.QUERY_TELLS, again.outcome is Outcome.SUCCEEDED, f"a paid order, the next query says {said(again)}")

    def test_an_order_that_nobody_made(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """What a query does not find and no failure: the order may still be on its way."""
        self.needs(channel, Verb.QUERY)
        told = caller.query(PaymentQuery.of(caller.prepare(self.payment(counterpart))))
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"an order was not found, and a query says {said(told)}")
        keep(Promise.UNKNOWN, not told.new_id_allowed, "an order was not found, and a new id was allowed at once")

    def test_a_wrong_amount_is_no_success(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Whoever expects another amount than was paid is not told that it succeeded."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        query = self.paid(caller, counterpart, self.payment(counterpart))
        for wrong in (Money(query.amount.amount + 1), Money(query.amount.amount * 100)):
            told = caller.query(query.model_copy(update={"amount": wrong}))
            keep(Promise.AMOUNT, told.outcome is Outcome.UNKNOWN, f"{query.amount} was paid, {wrong} expected: {said(told)}")

    def test_closed_cannot_be_paid(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A closed order stays unpaid, and one that is paid is not called closed."""
        self.needs(channel, Verb.PAY, Verb.CLOSE, Verb.QUERY)
        order = self.payment(counterpart)
        prepared = caller.prepare(order)
        caller.pay(prepared)
        closed = caller.close(self.closing(order, prepared.wire))
        keep(Promise.DECLARED, closed.outcome is Outcome.SUCCEEDED, f"an unpaid order was to be closed: {said(closed)}")
        told = caller.query(PaymentQuery.of(prepared))
        keep(Promise.UNKNOWN, told.outcome in {Outcome.FAILED, Outcome.UNKNOWN}, f"a closed order reads {said(told)}")
        keep(Promise.UNKNOWN, not any(entry.done for entry in self.booked(counterpart, order.merchant_order_id)), "it was paid")
        paid = self.payment(counterpart)
        query = self.paid(caller, counterpart, paid)
        told = caller.close(self.closing(paid, query.wire))
        keep(Promise.UNKNOWN, told.outcome is not Outcome.SUCCEEDED, "a paid order is called closed: it cannot be paid any more")

    def closing(self, order: Any, wire: Any) -> CloseOrder:
        """Return the order that closes a payment."""
        return CloseOrder(
            merchant_order_id=order.merchant_order_id, ordered_at=order.ordered_at, product=order.product, wire=wire
        )

    def test_refused_connections_are_exceptions(self, channel: Channel, counterpart: Counterpart) -> None:
        """Where nothing left, an exception says so in both languages, and the books are as they were."""
        self.needs(channel, Verb.PAY)
        before = list(counterpart.books())
        for colour in (colour for colour in COLOURS if colour.available):
            caller = Caller.to_nowhere(channel, colour)
            with pytest.raises(NotSentError) as caught:
                caller.pay(self.payment(counterpart))
            caller.end()
            keep(Promise.EXCEPTION, caught.value.zh and caught.value.en, "the exception does not speak both languages")
        keep(Promise.EXCEPTION, list(counterpart.books()) == before, "an exception was raised, and the books have changed")
