"""How an order is carried: sent where it stands, and given to another account only when nothing of it can move any more.

A further account is written down only in a transaction that holds both the assignment and the journal's order, and finds them as
they were judged. What was told as failed is closed before it is told.
"""

import logging
from dataclasses import replace

from payment_channels.business.funding import ShortOfFundsError
from payment_channels.business.giving import TRIED, Attempt, Giving
from payment_channels.business.routing.assignments import Assignment, AssignmentState
from payment_channels.business.routing.completing import bare
from payment_channels.business.routing.taking import Taking, revived
from payment_channels.journal import JournalUnavailableError, OrderRecord
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import known, lost
from payment_channels.journal.folding import FINAL, State
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.refusals import NotSentError, PaymentChannelError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.desk")
ROUNDS = 32
"""At most so many steps of one call: more than accounts that it could try, with looks again where somebody else moved on."""
MOVED = frozenset({Outcome.SUCCEEDED, Outcome.RETURNED, Outcome.REVERSED})


class Carrying:
    """Carries orders from where they stand."""

    def __init__(self, giving: Giving) -> None:
        """``giving`` gives them to further accounts."""
        self.giving = giving
        self.journal = giving.journal
        self.accounts = giving.accounts
        self.assignments = giving.assignments
        self.money = giving.money

    def carry(
        self, held: Assignment, order: PaymentOrder | PayoutOrder, timeout: float | None, *, given: bool = False
    ) -> tuple[Assignment, Result]:
        """Send an order where it stands, if it was not sent; carry it on while it may go on; return where it stands then.

        ``given``: this very call has given it to that account, and holds its money.

        Raises:
            PaymentChannelError: nothing of the order has left any account, and nothing will.
        """
        try:
            for _ in range(ROUNDS):
                late = self._came_late(held, order, given=given)
                if late is not None:
                    return late
                held, given, result = self._step(held, timeout, given=given)
                if result is not None:
                    return held, result
        except JournalUnavailableError:
            log.exception("the journal cannot be used; what becomes of %s is not known before it can", held.order_id)
        return held, self.lost(held.account, order)

    def _step(self, held: Assignment, timeout: float | None, *, given: bool) -> tuple[Assignment, bool, Result | None]:
        """Send an order where it stands, or hear what is known of it; without a result, look again where it stands then."""
        try:
            result = self._held_and_sent(held, timeout, given=given)
        except JournalUnavailableError:
            raise
        except PaymentChannelError as error:
            seen, on = self.journal.find(held.key), isinstance(error, (NotSentError, ShortOfFundsError))
            after, given = self._on(held, timeout) if on else (held, False)
            if after.id != held.id or after.state is not AssignmentState.OPEN:
                return after, given, None
            found = self.journal.find(held.key)
            if seen is None or found is None or found.standing != seen.standing:
                return held, False, None  # another call sends it too, and has come between
            if self._left_before(held) or self._may_leave(found):  # then an exception would not be true
                return held, False, self.lost(held.account, self.own_order(held))
            raise
        self.money.follow(held.key)
        if result.outcome is not Outcome.FAILED:
            return self._noted(held, result), False, result
        after, given = self._on(held, timeout)
        closed = after.id == held.id and after.state is not AssignmentState.OPEN
        return after, given, result if closed else None

    def _held_and_sent(self, held: Assignment, timeout: float | None, *, given: bool) -> Result:
        """Send an order whose money this call holds, if it never left; let the money go where it is refused."""
        holds = given or self.money.again(held)
        try:
            return self._sent(held, timeout)
        except JournalUnavailableError:
            raise
        except PaymentChannelError:
            if holds:
                self.money.let_go(held)
            raise

    def _came_late(self, held: Assignment, order: PaymentOrder | PayoutOrder, *, given: bool) -> tuple[Assignment, Result] | None:
        """Return the earlier account that has an order after all which moved nothing here: late news, after it was taken away.

        What never left here never will: sending it would be paying twice.
        """
        before = self._revived(held)
        record = self.journal.find(held.key) if before is not None else None
        if before is None or record is None or record.state not in {State.NOT_SENT, State.FAILED}:
            return None
        taking = Taking(self.journal, self.assignments, held, record, None)
        self.journal.store.write(taking.stays_elsewhere)
        self.money.follow(held.key)
        if given:
            self.money.let_go(held)
        there = self.journal.find(before.key)
        assert there is not None  # noqa: S101  it was read as the one that is alive
        log.error("%s was taken away from %s, and is %s there after all", held.order_id, before.account, there.state)
        told = known(self.journal, verb_of(before.kind), self.journal.prepared_of(there).order, there)
        return before, told if told.outcome is not Outcome.FAILED else self.lost(before.account, order)

    def _revived(self, held: Assignment) -> Assignment | None:
        if held.attempt == 1:
            return None
        return self.journal.store.read(lambda cursor: revived(self.journal, self.assignments, held, cursor))

    def lost(self, account: str, order: PaymentOrder | PayoutOrder) -> Result:
        """Return the ``unknown`` of an order of whose end nothing is known."""
        there = self.accounts.get(account)
        channel = there.client.channel.manifest.name if there is not None else account
        return lost(channel, verb_of(order.kind), order, self.journal.clock())

    def _sent(self, held: Assignment, timeout: float | None) -> Result:
        account = self.accounts.get(held.account)
        if account is not None:
            return account.client.send(held.key, timeout=timeout)
        record = self.journal.find(held.key)  # another program has opened the account, and will send it
        assert record is not None  # noqa: S101  it was written down together with its assignment
        return known(self.journal, verb_of(held.kind), self.journal.prepared_of(record).order, record)

    def _on(self, held: Assignment, timeout: float | None) -> tuple[Assignment, bool]:
        """Give an order that cannot move any more where it is to the next account, or close it as failed.

        Returns where it stands then: elsewhere; here, closed; or here and open, where it may not be taken away, or nobody takes
        it and it never left; and whether this call gave it there.
        """
        record = self.journal.find(held.key)
        if record is None or held.state is not AssignmentState.OPEN:
            return held, False
        taking = Taking(self.journal, self.assignments, held, record, self.journal.result_of(record))
        given = self._elsewhere(held, taking, timeout) if taking.allowed() else None
        if given is not None:
            return given, True
        self.journal.store.write(taking.close)
        return self.assignments.latest(held.place) or held, False

    def _elsewhere(self, held: Assignment, taking: Taking, timeout: float | None) -> Assignment | None:
        """Give an order to another account, if the policy wants that, and one takes it."""
        attempt = held.attempt + 1
        asked = Attempt(
            held.place, self.own_order(held), held.decision.question, attempt, self.giving.number(held.place, attempt)
        )
        tried = {one.account: TRIED for one in self.assignments.of_order(held.place)}
        try:
            policy = self.giving.router.policy()
            stays = asked.question.funded_at is not None
            if stays or attempt > policy.attempts or not policy.may_fail_over(held.merchant):
                return None
            given = self.giving.give(asked, tried, taking.away, timeout)
        except JournalUnavailableError:
            raise
        except PaymentChannelError as error:  # and never an exception: something of the order may have left before
            log.warning("no other account takes %s: %s", held.order_id, error)
            return None
        self.money.follow(held.key)
        return given

    # --- what was learnt of it elsewhere

    def learn(self, held: Assignment, timeout: float | None) -> tuple[Assignment, Result] | None:
        """Carry an order on after news of it came into the journal; None where it stays where it is.

        Raises:
            PaymentChannelError: as ``carry``.
        """
        record = self.journal.find(held.key)
        if record is None or held.state is not AssignmentState.OPEN or record.state not in FINAL:
            self.money.follow(held.key)
            return None
        return self.go_on(held, timeout)

    def go_on(self, held: Assignment, timeout: float | None) -> tuple[Assignment, Result]:
        """Carry an order on without its core's having given it again.

        Raises:
            PaymentChannelError: as ``carry``.
        """
        return self.carry(held, self.own_order(held), timeout)

    def own_order(self, held: Assignment) -> PaymentOrder | PayoutOrder:
        """Return the core's own order of what was given to an account."""
        record = self.journal.find(held.key)
        order = self.journal.prepared_of(record).order if record is not None else None
        assert isinstance(order, PaymentOrder | PayoutOrder)  # noqa: S101  only these are assigned, each together with its order
        return bare(order, held.order_id, held.added)

    # --- what is noted

    def _noted(self, held: Assignment, result: Result) -> Assignment:
        if result.outcome not in MOVED or held.state is not AssignmentState.OPEN:
            return held
        try:
            self.journal.store.write(lambda cursor: self.assignments.change(cursor, held, AssignmentState.DONE))
        except JournalUnavailableError:
            log.exception("that %s is done could not be written; the sweep will", held.order_id)
            return held
        return replace(held, state=AssignmentState.DONE)

    def _may_leave(self, record: OrderRecord) -> bool:
        """Say whether somebody else is sending an order, or ``carry_on`` will: nobody has begun to, and it is forgotten there."""
        return record.state is not State.NOT_SENT or record.leased_at(self.journal.now()) or not record.standing.attempts

    def _left_before(self, held: Assignment) -> bool:
        return any(one.state is AssignmentState.FAILED for one in self.assignments.of_order(held.place))
