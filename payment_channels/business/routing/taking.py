"""Taking an order away from its account, or closing it there, in a transaction that finds it as it was judged."""

from dataclasses import dataclass

from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState
from payment_channels.business.routing.failover import is_over, may_fail_over
from payment_channels.journal import Journal, OrderRecord, State
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told
from payment_channels.model.results import Outcome, Result

ABANDONED = "never left, and never will: given to another account"
CAME_LATE = "never left, and never will: an earlier account has the order after all"


def revived(journal: Journal, assignments: Assignments, held: Assignment, cursor: Cursor) -> Assignment | None:
    """Return an earlier attempt of an order that is not over after all: late news came, after it was taken away from there."""
    for one in assignments.before(cursor, held):
        record = journal.one(cursor, one.key)
        if record is not None and not is_over(record):
            return one
    return None


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
        if record is None or self._revived(cursor) or not may_fail_over(record, self.told, self.journal.now()):
            return False
        if record.state is State.NOT_SENT:
            self._abandon(cursor, record, ABANDONED)
        else:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)
        return True

    def stays_elsewhere(self, cursor: Cursor) -> None:
        """Have what never left here never leave, where an earlier account has the order after all."""
        record = self._still(cursor)
        if record is None or record.state is not State.NOT_SENT or not self._revived(cursor):
            return
        if may_fail_over(record, None, self.journal.now()):  # nobody is sending it
            self._abandon(cursor, record, CAME_LATE)

    def _abandon(self, cursor: Cursor, record: OrderRecord, note: str) -> None:
        never = Finding(Source.QUERIED, Outcome.FAILED, record.standing.attempts)
        self.journal.writer.apply(cursor, record, never, self.journal.now(), Told(note=note))
        self.assignments.change(cursor, self.held, AssignmentState.ABANDONED)

    def _revived(self, cursor: Cursor) -> bool:
        return revived(self.journal, self.assignments, self.held, cursor) is not None

    def close(self, cursor: Cursor) -> None:
        """Close it as failed: what was told as failed is not taken up again, since its core may have ordered it anew."""
        record = self._still(cursor)
        if record is None or self._revived(cursor):
            return
        if record.state is State.FAILED and not record.standing.unresolved:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)

    def _still(self, cursor: Cursor) -> OrderRecord | None:
        current = self.assignments.latest_within(cursor, self.held.place, lock=True)
        if current is None or current.id != self.held.id or current.state is not AssignmentState.OPEN:
            return None
        record = self.journal.one(cursor, self.held.key, lock=True)
        if record is None or (record.standing, record.told_by) != (self.seen.standing, self.seen.told_by):
            return None
        return record
