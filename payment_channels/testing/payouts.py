"""Checks of payouts: money that leaves us leaves once, and is never called failed while it may have left."""

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import CancelPayoutOrder, ConfirmPayoutOrder
from payment_channels.model.parties import Payee, Wallet
from payment_channels.model.queries import PayoutQuery
from payment_channels.model.results import Outcome, Phase
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart, Trouble
from payment_channels.testing.kit import Kit
from payment_channels.testing.payments import NOT_BELIEVABLE
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.said import said


def another(payee: Payee) -> Payee:
    """Return a payee of the same kind whose account or wallet is another one: its last digit differs."""
    name = "wallet_id" if isinstance(payee, Wallet) else "account_no"
    number: str = getattr(payee, name)
    return payee.model_copy(update={name: number[:-1] + ("7" if number[-1] != "7" else "8")})


class Payouts(Kit):
    """What holds for every channel that pays money out."""

    def test_every_payee_that_is_declared_is_paid(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The very amount leaves for each kind of payee, once, and a query says so."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        for party in self.choices(channel, Verb.PAYOUT):
            order = self.payout(counterpart, party)
            prepared = caller.prepare(order)
            first = caller.payout(prepared)
            alive = first.outcome in {Outcome.PENDING, Outcome.UNKNOWN, Outcome.SUCCEEDED}
            keep(Promise.DECLARED, alive, f"a payout to a {party}: {said(first)}")
            counterpart.complete(order)
            found = caller.query_payout(PayoutQuery.of(prepared))
            honest = (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, order.amount)
            keep(
                Promise.AMOUNT,
                honest,
                f"{order.amount} left for a {party}; a query: {found.amounts.order}, {said(found)}",
            )
            held = [(entry.amount, entry.done) for entry in self.booked(counterpart, order.merchant_order_id)]
            keep(
                Promise.AMOUNT, held == [(order.amount, True)], f"{order.amount} was ordered for a {party}; the books hold {held}"
            )

    def test_one_id_pays_out_once(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The same payout sent again, before and after it arrived, pays nothing more and is never called failed."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        order = self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0])
        prepared = caller.prepare(order)
        caller.payout(prepared)
        again = caller.payout(prepared)
        counterpart.complete(order)
        late = caller.payout(prepared)
        for told in (again, late):
            keep(Promise.ONCE, told.outcome is not Outcome.FAILED, "a payout that exists is called failed when it is sent again")
            keep(Promise.ONCE, not told.new_id_allowed, "a payout exists, and a new id was allowed: that pays twice")
        held = self.booked(counterpart, order.merchant_order_id)
        keep(
            Promise.ONCE, len(held) == 1 and held[0].amount == order.amount, f"one id was sent three times; the books hold {held}"
        )

    def test_other_content_under_the_same_payout_id(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A payout id that was used pays no other amount."""
        self.needs(channel, Verb.PAYOUT)
        order = self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0])
        caller.payout(order)
        told = caller.payout(order.model_copy(update={"amount": Money(order.amount.amount + 1)}))
        keep(Promise.OTHER_CONTENT, told.outcome is not Outcome.SUCCEEDED, "another amount under a used id was called paid")
        keep(Promise.OTHER_CONTENT, told.outcome is not Outcome.FAILED, "the payout under this id exists, and is called failed")
        keep(Promise.OTHER_CONTENT, not told.new_id_allowed, "a payout exists under the id, and a new id was allowed")
        held = [entry.amount for entry in self.booked(counterpart, order.merchant_order_id)]
        keep(Promise.OTHER_CONTENT, held == [order.amount], f"the books hold {held}")

    def test_another_payee_under_the_same_payout_id(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A payout id that was used pays nobody else, and nobody says that it did, before the first payee has it and after."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        for party in self.choices(channel, Verb.PAYOUT):
            order = self.payout(counterpart, party)
            caller.payout(order)
            early = caller.payout(order.model_copy(update={"payee": another(order.payee)}))
            counterpart.complete(order)
            late = caller.payout(order.model_copy(update={"payee": another(order.payee)}))
            for told in (early, late):
                keep(Promise.OTHER_CONTENT, told.outcome is not Outcome.SUCCEEDED, f"another payee was called paid: {said(told)}")
                keep(Promise.OTHER_CONTENT, told.outcome is not Outcome.FAILED, f"the payout under this id exists: {said(told)}")
                keep(Promise.OTHER_CONTENT, not told.new_id_allowed, "a payout exists under the id, and a new id was allowed")
            held = [entry.amount for entry in self.booked(counterpart, order.merchant_order_id)]
            keep(Promise.OTHER_CONTENT, held == [order.amount], f"the books hold {held}")

    @pytest.mark.parametrize("trouble", NOT_BELIEVABLE, ids=str)
    def test_a_payout_whose_answer_cannot_be_believed(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, trouble: Trouble
    ) -> None:
        """It is unknown, allows no new id, and a query finds it."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        self.plays(counterpart, trouble)
        party = self.choices(channel, Verb.PAYOUT)[0]
        order = self.payout(counterpart, party)
        prepared = caller.prepare(order)
        counterpart.meet(trouble, Verb.PAYOUT, party)
        told = caller.payout(prepared)
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"the payout was made, its answer {trouble}: {said(told)}")
        keep(Promise.UNKNOWN, not told.new_id_allowed, "a new id was allowed while a payout may be on its way")
        counterpart.complete(order)
        found = caller.query_payout(PayoutQuery.of(prepared))
        keep(Promise.QUERY_TELLS, found.outcome is Outcome.SUCCEEDED, f"the money arrived, a query says {said(found)}")

    @pytest.mark.parametrize("trouble", NOT_BELIEVABLE, ids=str)
    def test_a_query_that_fails_never_fails_the_payout(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, trouble: Trouble
    ) -> None:
        """A query whose answer cannot be believed says nothing."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        self.plays(counterpart, trouble)
        party = self.choices(channel, Verb.PAYOUT)[0]
        order = self.payout(counterpart, party)
        prepared = caller.prepare(order)
        caller.payout(prepared)
        counterpart.complete(order)
        counterpart.meet(trouble, Verb.QUERY_PAYOUT, party)
        told = caller.query_payout(PayoutQuery.of(prepared))
        keep(
            Promise.QUERY_REFUSED,
            told.outcome is Outcome.UNKNOWN,
            f"the money arrived, the query's answer {trouble}: {said(told)}",
        )

    def test_a_payout_that_failed_says_so(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """When the channel says for good that nothing was paid, so does the query, with a reason's code."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        order = self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0])
        prepared = caller.prepare(order)
        caller.payout(prepared)
        counterpart.fail(order)
        told = caller.query_payout(PayoutQuery.of(prepared))
        keep(
            Promise.DECLARED,
            told.outcome is Outcome.FAILED,
            f"the channel says that the payout failed; the query: {said(told)}",
        )
        moved = [entry for entry in self.booked(counterpart, order.merchant_order_id) if entry.done]
        keep(Promise.UNKNOWN, not moved, f"a payout is called failed, and the books hold {moved}")

    def test_a_payout_that_nobody_made(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A payout that is not found is not failed: it may be on its way."""
        self.needs(channel, Verb.PAYOUT, Verb.QUERY_PAYOUT)
        prepared = caller.prepare(self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0]))
        told = caller.query_payout(PayoutQuery.of(prepared))
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"a payout was not found, and a query says {said(told)}")
        keep(Promise.UNKNOWN, not told.new_id_allowed, "a payout was not found, and a new id was allowed at once")

    def test_a_payout_that_asks_to_be_confirmed(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """It is pending until somebody confirms it, nothing is paid before, and then it is paid once.

        ``details`` for ``confirm_payout`` says what in an order makes the counterpart ask.
        """
        self.needs(channel, Verb.PAYOUT, Verb.CONFIRM_PAYOUT, Verb.QUERY_PAYOUT)
        party = self.choices(channel, Verb.PAYOUT)[0]
        order = self.payout(counterpart, party, **self.details(Verb.CONFIRM_PAYOUT, party))
        prepared = caller.prepare(order)
        asked = caller.payout(prepared)
        waits = (asked.outcome, asked.phase) == (Outcome.PENDING, Phase.AWAITING_CONFIRMATION)
        keep(Promise.DECLARED, waits and asked.confirm_code, f"a payout was to ask for confirmation: {said(asked)}")
        moved = [entry for entry in self.booked(counterpart, order.merchant_order_id) if entry.done]
        keep(Promise.UNKNOWN, not moved, f"a payout waits for confirmation, and the books hold {moved}")
        confirmation = ConfirmPayoutOrder(
            merchant_order_id=order.merchant_order_id,
            ordered_at=order.ordered_at,
            amount=order.amount,
            confirm_code=asked.confirm_code,
            notify_url=counterpart.notify_url,
        )
        told = caller.confirm_payout(confirmation)
        keep(Promise.UNKNOWN, told.outcome is not Outcome.FAILED, f"a payout was confirmed, and is called {said(told)}")
        counterpart.complete(order)
        found = caller.query_payout(PayoutQuery.of(prepared))
        keep(Promise.QUERY_TELLS, found.outcome is Outcome.SUCCEEDED, f"it arrived once confirmed; a query says {said(found)}")
        held = [(entry.amount, entry.done) for entry in self.booked(counterpart, order.merchant_order_id)]
        keep(Promise.ONCE, held == [(order.amount, True)], f"{order.amount} was confirmed once; the books hold {held}")

    def test_a_withdrawn_payout_is_not_called_paid(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """What was withdrawn in time is not paid, and no answer says that it was."""
        self.needs(channel, Verb.PAYOUT, Verb.CANCEL_PAYOUT)
        order = self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0])
        caller.payout(order)
        told = caller.cancel_payout(
            CancelPayoutOrder(merchant_order_id=order.merchant_order_id, ordered_at=order.ordered_at, amount=order.amount)
        )
        moved = any(entry.done for entry in self.booked(counterpart, order.merchant_order_id))
        keep(Promise.UNKNOWN, moved or told.outcome is not Outcome.SUCCEEDED, "a withdrawn payout is called paid")
