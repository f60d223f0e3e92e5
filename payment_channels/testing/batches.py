"""Checks of batches: every line is paid once, each has its own outcome, and a lost answer leaves all of them unknown."""

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.queries import PayoutBatchQuery
from payment_channels.model.results import Outcome, PayoutBatchResult
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart, Trouble
from payment_channels.testing.kit import Kit
from payment_channels.testing.payments import NOT_BELIEVABLE
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.said import said

ALIVE = frozenset({Outcome.PENDING, Outcome.UNKNOWN, Outcome.SUCCEEDED})


class Batches(Kit):
    """What holds for every channel that pays many in one message."""

    def test_every_line_of_a_batch_is_paid(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The very amounts leave, each once, and a query tells of every line."""
        self.needs(channel, Verb.PAYOUT_BATCH, Verb.QUERY_PAYOUT_BATCH)
        order = self.batch(channel, counterpart)
        prepared = caller.prepare(order)
        first: PayoutBatchResult = caller.payout_batch(prepared)
        keep(Promise.DECLARED, first.outcome in ALIVE, f"a batch: {said(first)}")
        whole = [line.outcome for line in first.lines]
        keep(Promise.UNKNOWN, len(whole) == len(order.lines), f"{len(order.lines)} lines were sent, {len(whole)} have an outcome")
        for line in order.lines:
            counterpart.complete(line)
        told: PayoutBatchResult = caller.query_payout_batch(PayoutBatchQuery.of(prepared))
        for line, found in zip(order.lines, told.lines, strict=True):
            honest = (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, line.amount)
            keep(Promise.AMOUNT, honest, f"{line.amount} arrived; the query reports {found.amounts.order}, {said(found)}")
            held = [(entry.amount, entry.done) for entry in self.booked(counterpart, line.merchant_order_id)]
            keep(Promise.ONCE, held == [(line.amount, True)], f"{line.amount} was ordered; the books hold {held}")

    def test_a_line_that_failed_fails_alone(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """One line is refused for good, the others are not called failed for it."""
        self.needs(channel, Verb.PAYOUT_BATCH, Verb.QUERY_PAYOUT_BATCH)
        order = self.batch(channel, counterpart)
        prepared = caller.prepare(order)
        caller.payout_batch(prepared)
        bad, *good = order.lines
        counterpart.fail(bad)
        for line in good:
            counterpart.complete(line)
        told: PayoutBatchResult = caller.query_payout_batch(PayoutBatchQuery.of(prepared))
        outcomes = [line.outcome for line in told.lines]
        wanted = [Outcome.FAILED, *[Outcome.SUCCEEDED] * len(good)]
        keep(Promise.UNKNOWN, outcomes == wanted, f"the first line failed, the others were paid; the query: {outcomes}")

    @pytest.mark.parametrize("trouble", NOT_BELIEVABLE, ids=str)
    def test_a_batch_whose_answer_cannot_be_believed(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, trouble: Trouble
    ) -> None:
        """Every line is unknown and allows no new id; a query finds them all."""
        self.needs(channel, Verb.PAYOUT_BATCH, Verb.QUERY_PAYOUT_BATCH)
        self.plays(counterpart, trouble)
        order = self.batch(channel, counterpart)
        prepared = caller.prepare(order)
        counterpart.meet(trouble, Verb.PAYOUT_BATCH, None)
        told: PayoutBatchResult = caller.payout_batch(prepared)
        outcomes = {line.outcome for line in told.lines}
        keep(Promise.UNKNOWN, outcomes == {Outcome.UNKNOWN}, f"the batch was taken, its answer {trouble}: {outcomes}")
        offered = [line for line in told.lines if line.new_id_allowed]
        keep(Promise.UNKNOWN, not offered, "a new id was allowed for a line that may be on its way")
        for line in order.lines:
            counterpart.complete(line)
        found: PayoutBatchResult = caller.query_payout_batch(PayoutBatchQuery.of(prepared))
        known = {line.outcome for line in found.lines}
        keep(Promise.QUERY_TELLS, known == {Outcome.SUCCEEDED}, f"every line arrived, a query says {known}")

    def test_one_batch_pays_once(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """The same batch sent again pays nothing more, and none of its lines is called failed for it."""
        self.needs(channel, Verb.PAYOUT_BATCH)
        order = self.batch(channel, counterpart)
        prepared = caller.prepare(order)
        caller.payout_batch(prepared)
        again: PayoutBatchResult = caller.payout_batch(prepared)
        failed = [line for line in again.lines if line.outcome is Outcome.FAILED or line.new_id_allowed]
        keep(Promise.ONCE, not failed, "a batch that was taken is sent again, and its lines are called failed")
        for line in order.lines:
            counterpart.complete(line)
            held = self.booked(counterpart, line.merchant_order_id)
            keep(Promise.ONCE, len(held) == 1 and held[0].amount == line.amount, f"one line, sent twice; the books hold {held}")

    def test_a_batch_that_nobody_sent(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """A batch that is not found is not failed: it may be on its way."""
        self.needs(channel, Verb.PAYOUT_BATCH, Verb.QUERY_PAYOUT_BATCH)
        prepared = caller.prepare(self.batch(channel, counterpart))
        told: PayoutBatchResult = caller.query_payout_batch(PayoutBatchQuery.of(prepared))
        outcomes = {line.outcome for line in told.lines}
        keep(Promise.UNKNOWN, outcomes == {Outcome.UNKNOWN}, f"a batch was not found, and a query says of its lines {outcomes}")
