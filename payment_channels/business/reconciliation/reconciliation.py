"""``Reconciliation``: the door of this room. It runs bills, and reads runs, cases, missing bills and settlements."""

from collections.abc import Sequence
from datetime import date

from payment_channels.business.calendar import BEIJING
from payment_channels.business.policies import PolicyBook
from payment_channels.business.reconciliation.cases import Case, Cases
from payment_channels.business.reconciliation.policy import ReconciliationPolicy, reckonable
from payment_channels.business.reconciliation.running import Bill, Comparison
from payment_channels.business.reconciliation.runs import MissingBill, Run, day_totals, latest, missing, runs_of
from payment_channels.business.reconciliation.schema import ROOM, TABLES
from payment_channels.business.reconciliation.settling import Receipts, Settlement, settlements_of
from payment_channels.business.reconciliation.totals import SummaryLine
from payment_channels.journal import Journal


class Reconciliation:
    """Reconciles the channel accounts of one journal, by the policy in force.

    ``policies`` is the book of policies, ``book`` the cases and what people do about them, ``receipts`` what was received.
    """

    def __init__(self, journal: Journal) -> None:
        """Open the room; its tables, and an index on the journal's orders, are made where they are not yet there."""
        self.journal = journal
        self.policies: PolicyBook[ReconciliationPolicy] = PolicyBook(journal, ROOM, ReconciliationPolicy)
        journal.store.bring_up_to_date(ROOM, TABLES)
        self.book = Cases(journal)
        self.receipts = Receipts(journal)

    def run(self, account: str, day: date, bill: Bill, *, summary: Sequence[SummaryLine] = ()) -> Run:
        """Compare one account's bill of one day of the channel's. Running it again with the same bill changes no case.

        ``bill`` is what the channel answered, rows one by one, files, or a ``BillStatus`` alone. One that is not usable becomes a
        case of its own, which the run that has the bill clears. ``summary`` is the channel's own, for rows and files that no
        adapter compared with it: rows that do not add up to it are not used.

        Raises:
            InvalidRequestError: the day is none of a calendar, or the bill cannot be used: a file that is not there or of another
                form, a row with an amount that no bank has. Nothing was kept of it.
            ConfigurationError: no policy is in force, it lacks the account, or the extra ``reconciliation`` is not installed.
            JournalUnavailableError: the journal cannot be used; run it again.
        """
        version = self.policies.in_force()
        return Comparison(self.journal, account, reckonable(day), version, version.policy.terms(account)).of(bill, summary)

    def runs(
        self, *, account: str | None = None, since: date | None = None, until: date | None = None, limit: int = 1000
    ) -> list[Run]:
        """Return the runs of days within these bounds (both included), the newest run first."""
        return runs_of(self.journal, account=account, since=since, until=until, limit=limit)

    def open_cases(self, *, account: str | None = None, day: date | None = None, limit: int = 1000) -> list[Case]:
        """Return the cases that are not at their end, the oldest day first."""
        return self.book.open_cases(account=account, day=day, limit=limit)

    def missing_bills(self, *, account: str | None = None) -> list[MissingBill]:
        """Return the days whose bill is due by now and not here, by account and day; also those that nobody asked for.

        Raises:
            ConfigurationError: no policy is in force.
        """
        return missing(self.journal, self.policies.in_force().policy, self.journal.clock(), account=account)

    def settlements(
        self, *, account: str | None = None, since: date | None = None, until: date | None = None
    ) -> list[Settlement]:
        """Return what is due and what was received, by account and due day; the bounds are of due days, both included.

        Raises:
            ConfigurationError: no policy is in force, or the calendar does not reach so far.
        """
        days = day_totals(latest(self.journal, account=account, until=until))
        today = self.journal.clock().astimezone(BEIJING).date()
        found = settlements_of(self.policies.in_force().policy, days, self.receipts.receipts(account=account), today)
        return [one for one in found if (since is None or one.due_on >= since) and (until is None or one.due_on <= until)]
