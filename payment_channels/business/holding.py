"""The money of an order on its way: held before it leaves, let go when it was refused, and following the journal after."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from payment_channels.business.funding import Whereabouts
from payment_channels.business.onward import Onward
from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState, Place
from payment_channels.business.routing.router import Funds
from payment_channels.journal import Journal, JournalUnavailableError, OrderKey, State
from payment_channels.journal.store import Cursor

log = logging.getLogger("payment_channels.desk")


@dataclass(frozen=True, slots=True)
class Holding:
    """The funding room, where there is one; payments hold nothing."""

    journal: Journal
    assignments: Assignments
    funds: Funds | None

    def reserve(self, cursor: Cursor, held: Assignment) -> None:
        """Hold the money of an order within the transaction that assigns it.

        Raises:
            ShortOfFundsError: it does not suffice.
        """
        if self.funds is not None and held.kind == "payout":
            self.funds.reserve(cursor, held.key, held.merchant, held.amount)

    def only_at(self, place: Place) -> str | None:
        """Return the one account that may take an order, since its money was set aside there; None where any may."""
        merchant, kind, number = place
        return self.funds.held_at(merchant, number) if self.funds is not None and kind == "payout" else None

    def owed(self, place: Place) -> None:
        """Refuse a repayment of what the desk has at another account by now, unless it moved nothing there either.

        Raises:
            InvalidRequestError: it is paid there, or may be.
        """
        merchant, kind, number = place
        keys = self.funds.repays(merchant, number) if self.funds is not None and kind == "payout" else ()
        if not keys:
            return
        onward = Onward(self.journal, self.assignments)
        looks: Callable[[Cursor], list[Whereabouts | None]] = lambda cursor: [onward.look(cursor, key) for key in keys]  # noqa: E731
        for there in filter(None, self.journal.store.read(looks)):
            raise there.refusal("merchant_order_id")

    def again(self, held: Assignment) -> bool:
        """Hold the money of an order that never left and is about to be sent by somebody who did not assign it.

        What was held may have been let go, or be let go by who assigned it, so that each who may send it holds it. Says whether
        this call holds it now.

        Raises:
            ShortOfFundsError: it does not suffice any more.
            JournalUnavailableError: it could not be written.
        """
        if self.funds is None or held.kind != "payout" or held.state is not AssignmentState.OPEN:
            return False

        def work(cursor: Cursor) -> bool:
            current = self.assignments.latest_within(cursor, held.place, lock=True)
            record = self.journal.one(cursor, held.key)
            if current is None or current.id != held.id or record is None or record.state is not State.NOT_SENT:
                return False
            self.reserve(cursor, held)
            return True

        record = self.journal.find(held.key)
        return record is not None and record.state is State.NOT_SENT and self.journal.store.write(work)

    def follow(self, key: OrderKey) -> None:
        """Let the postings follow; what cannot be written now, the funding room's own sweep finds."""
        if self.funds is None or key.kind != "payout":
            return
        try:
            self.funds.follow(key)
        except JournalUnavailableError:
            log.exception("the postings of %s could not be written; the sweep will find it", key.merchant_id)

    def let_go(self, held: Assignment) -> None:
        """Hear that an order was refused before it left."""
        if self.funds is None or held.kind != "payout":
            return
        try:
            self.funds.refused(held.key)
        except JournalUnavailableError:
            log.exception("what %s holds could not be released; the sweep will find it", held.order_id)
