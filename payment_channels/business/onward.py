"""Where the desk has an order that one of its accounts failed: whether it may be paid once more is asked here, by funding too."""

from dataclasses import dataclass

from payment_channels.business.funding.elsewhere import Whereabouts
from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState
from payment_channels.business.routing.failover import is_over
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.store import Cursor


@dataclass(frozen=True, slots=True)
class Onward:
    """Answers ``Elsewhere`` from the assignments of all orders in the journal's database."""

    journal: Journal
    assignments: Assignments

    @classmethod
    def of(cls, journal: Journal) -> "Onward":
        """Open the assignments; their tables are made where they are not yet there."""
        return cls(journal, Assignments(journal))

    def __call__(self, cursor: Cursor, key: OrderKey) -> Whereabouts | None:
        """Return where else an order is, or may still go, holding it where it is until the transaction ends."""
        return self.look(cursor, key, lock=True)

    def look(self, cursor: Cursor, key: OrderKey, *, lock: bool = False) -> Whereabouts | None:
        """Return the same; without ``lock`` it may go on a moment later."""
        asked = self.assignments.assigned_within(cursor, key)
        latest = self.assignments.latest_within(cursor, asked.place, lock=lock) if asked is not None else None
        if asked is None or latest is None:
            return None
        attempts = [*self.assignments.before(cursor, latest), latest]
        found = (self._alive(cursor, one, itself=one.id == asked.id) for one in attempts)
        return next(filter(None, found), None)

    def _alive(self, cursor: Cursor, one: Assignment, *, itself: bool) -> Whereabouts | None:
        """Say of one attempt whether money of the order moved there, may move there, or may move on from there.

        Of the account that is asked about, funding knows by itself how the order stands.
        """
        record = self.journal.one(cursor, one.key)
        if record is None:
            return None
        not_closed = one.state is AssignmentState.OPEN and record.state is State.FAILED
        if not not_closed and (itself or is_over(record)):
            return None
        return Whereabouts(
            order_id=one.order_id, account=one.account, number=one.number, state=record.state.value, not_closed=not_closed
        )
