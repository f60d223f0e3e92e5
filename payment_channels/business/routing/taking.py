"""Taking an order away from its account, or closing it there, in a transaction that finds it as it was judged."""

from dataclasses import dataclass

from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState
from payment_channels.business.routing.failover import may_fail_over
from payment_channels.journal import Journal, OrderRecord, State
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told
from payment_channels.model.results import Outcome, Result

ABANDONED = "never left, and never will: given to another account"


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes an order away from its account, or closes it there, in a transaction that finds it as it was judged."""

    journal: Journal
    assignments: Assignments
    held: Assignment
    seen: OrderRecord
    told: Result | None

    def allowed(self) -> bool:
        """Say whether it looks as if the order may be taken away; ``away`` decides."""
        return may_fail_over(self.seen, self.told, self.journal.now())

    def away(self, cursor: Cursor) -> bool:
        """Take it away. What never left is marked so in the journal that nobody can send it any more."""
        record = self._still(cursor)
        now = self.journal.now()
        if record is None or not may_fail_over(record, self.told, now):
            return False
        if record.state is State.NOT_SENT:
            never = Finding(Source.QUERIED, Outcome.FAILED, record.standing.attempts)
            self.journal.writer.apply(cursor, record, never, now, Told(note=ABANDONED))
            self.assignments.change(cursor, self.held, AssignmentState.ABANDONED)
        else:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)
        return True

    def close(self, cursor: Cursor) -> None:
        """Close it as failed: what was told as failed is not taken up again, since its core may have ordered it anew."""
        record = self._still(cursor)
        if record is not None and record.state is State.FAILED and not record.standing.unresolved:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)

    def _still(self, cursor: Cursor) -> OrderRecord | None:
        current = self.assignments.latest_within(cursor, self.held.place, lock=True)
        if current is None or current.id != self.held.id or current.state is not AssignmentState.OPEN:
            return None
        record = self.journal.one(cursor, self.held.key, lock=True)
        if record is None or (record.standing, record.told_by) != (self.seen.standing, self.seen.told_by):
            return None
        return record
