"""Cases: what people do about a difference. A maker proposes what is to be done, another person closes it or sends it back.

Proposals are numbered within a case, and who decides says which one he read: one that came meanwhile is not decided unread.
Closing a case moves no money and changes no order: orders are decided in the journal, by its own two people. Every step stands in
the case's trail.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from payment_channels.business.people import checked_by_another, named
from payment_channels.business.reconciliation.classes import Action, CaseState, Difference
from payment_channels.journal import Journal
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError

_COLUMNS = (
    "id, account, day, kind, number, difference, facts, state, currency, channel_amount, local_amount, channel_fee, "
    "expected_fee, evidence, action, why, maker, checker, opened_at, changed_at, (SELECT COUNT(*) FROM reconciliation_trail "
    "WHERE reconciliation_trail.case_id = reconciliation_cases.id AND what = 'proposed')"
)
_PROPOSED = "SELECT COUNT(*) FROM reconciliation_trail WHERE case_id = ? AND what = 'proposed'"
_LAST = 2**63 - 1
"""The last number that a database could give a case."""
_TELL = "INSERT INTO reconciliation_trail (case_id, at, who, what, note) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One difference. ``day`` is the bill's, or of what no bill has the order's; ``action`` is suggested until a maker names one.

    ``proposal`` is the number of the last proposal, from 1; 0 where there was none. ``evidence`` holds both sides as they were
    when they were compared: ``bill`` with the row's line, ``journal``, ``note``.
    """

    id: int
    account: str
    day: date
    kind: str
    number: str
    difference: Difference
    facts: frozenset[Difference]
    state: CaseState
    channel_amount: Money | None
    local_amount: Money | None
    channel_fee: Money | None
    expected_fee: Money | None
    evidence: Mapping[str, Any]
    action: Action
    why: str | None
    maker: str | None
    checker: str | None
    proposal: int
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: who did what, a person or a run."""

    at: datetime
    who: str
    what: str
    note: str


class Cases:
    """The book of cases of a journal."""

    def __init__(self, journal: Journal) -> None:
        """Use the tables that ``Reconciliation`` made."""
        self.journal = journal

    def case(self, number: int) -> Case:
        """Return one case.

        Raises:
            InvalidRequestError: there is none of that number.
        """
        found = self._where("id = ?", (number,)) if 0 < number <= _LAST else []
        if not found:
            raise InvalidRequestError.because(f"没有 {number} 号差异单", f"there is no case {number}", field="case")
        return found[0]

    def open_cases(self, *, account: str | None = None, day: date | None = None, limit: int = 1000) -> list[Case]:
        """Return the cases that are not at their end (waiting, open, proposed), the oldest day first."""
        return self._listed("state IN ('waiting', 'open', 'proposed')", account, day, limit)

    def cases(self, *, account: str | None = None, day: date | None = None, limit: int = 1000) -> list[Case]:
        """Return the cases of any state, the oldest day first."""
        return self._listed("1 = 1", account, day, limit)

    def trail(self, number: int) -> list[Step]:
        """Return all that happened to a case, in order."""
        text = "SELECT at, who, what, note FROM reconciliation_trail WHERE case_id = ? ORDER BY id"
        rows = self.journal.store.read(lambda cursor: cursor.rows(text, (number,)))
        return [Step(_moment(at), who, what, note) for at, who, what, note in rows]

    def propose(self, number: int, action: Action, *, who: str, why: str) -> Case:
        """Say what is to be done about a case, or was done, and why it may be closed.

        Raises:
            InvalidRequestError: there is no such case, it is at its end, or it is not said who proposes it or why.
        """
        maker, reason = named(who), named(why, "why")
        return self._step(
            number,
            {"open", "waiting", "proposed"},
            {"state": "proposed", "action": action.value, "why": reason, "maker": maker, "checker": None},
            (maker, "proposed", f"{action.value}: {reason}"),
        )

    def close(self, number: int, *, proposal: int, who: str) -> Case:
        """Agree with what was proposed: the case is closed. ``proposal`` is the number of what was read, ``Case.proposal``.

        Raises:
            InvalidRequestError: nothing is proposed, it is another proposal by now, or its maker would check himself.
        """
        checker = named(who)
        changes = {"state": "closed", "checker": checker}

        def check(cursor: Cursor, maker: str) -> None:
            self._as_read(cursor, number, proposal)
            checked_by_another(maker, checker)

        return self._step(number, {"proposed"}, changes, (checker, "closed", ""), check)

    def send_back(self, number: int, *, proposal: int, who: str, why: str) -> Case:
        """Disagree with what was proposed: the case is open again. ``proposal`` is the number of what was read.

        Raises:
            InvalidRequestError: nothing is proposed, it is another proposal by now, or it is not said who disagrees or why.
        """
        checker, reason = named(who), named(why, "why")

        def check(cursor: Cursor, _: str) -> None:
            self._as_read(cursor, number, proposal)

        return self._step(number, {"proposed"}, {"state": "open"}, (checker, "sent back", reason), check)

    @staticmethod
    def _as_read(cursor: Cursor, number: int, proposal: int) -> None:
        """Look whether what is proposed is what a checker has read."""
        ((latest,),) = cursor.rows(_PROPOSED, (number,))
        if proposal != latest:
            raise InvalidRequestError.because(
                f"差异单 {number} 现在的提议是第 {latest} 次，不是所复核的第 {proposal} 次；请重新查看后再决定",
                f"the case {number} is at its proposal {latest} and what was read is {proposal}: look again, and decide then",
                field="proposal",
            )

    def _step(
        self,
        number: int,
        states: set[str],
        changes: Mapping[str, Any],
        told: tuple[str, str, str],
        check: Callable[[Cursor, str], None] = lambda _cursor, _maker: None,
    ) -> Case:
        """Change a case that stands where it must; ``check`` is asked while nobody else can change it."""
        now = self.journal.now()

        def work(cursor: Cursor) -> None:
            text = f"SELECT state, maker FROM reconciliation_cases WHERE id = ?{self.journal.store.for_update}"  # noqa: S608
            rows = cursor.rows(text, (number,)) if 0 < number <= _LAST else []
            state, maker = rows[0] if rows else (None, None)
            if state not in states:
                raise InvalidRequestError.because(
                    f"差异单 {number} 现为 {state or '不存在'}，不能这样处理；请先查看",
                    f"the case {number} is {state or 'not there'}, which does not allow this: look at it first",
                    field="case",
                )
            check(cursor, maker or "-")
            row = {**changes, "changed_at": now}
            names = ", ".join(f"{name} = ?" for name in row)
            cursor.run(f"UPDATE reconciliation_cases SET {names} WHERE id = ?", (*row.values(), number))  # noqa: S608
            who, what, note = told
            cursor.run(_TELL, (number, now, who, what, note))

        self.journal.store.write(work)
        return self.case(number)

    def _listed(self, condition: str, account: str | None, day: date | None, limit: int) -> list[Case]:
        values: list[Any] = []
        if account is not None:
            condition, values = f"{condition} AND account = ?", [*values, account]
        if day is not None:
            condition, values = f"{condition} AND day = ?", [*values, day.isoformat()]
        return self._where(f"{condition} ORDER BY day, id LIMIT ?", (*values, limit))

    def _where(self, condition: str, values: tuple[Any, ...]) -> list[Case]:
        text = f"SELECT {_COLUMNS} FROM reconciliation_cases WHERE {condition}"  # noqa: S608  conditions of our own
        return [_case(row) for row in self.journal.store.read(lambda cursor: cursor.rows(text, values))]


def _case(row: tuple[Any, ...]) -> Case:
    (
        number, account, day, kind, own, difference, facts, state, currency, channel, local, fee, expected,
        evidence, action, why, maker, checker, opened, changed, proposal,
    ) = row  # fmt: skip
    told = json.loads(evidence)

    def money(value: int | None, side: str = "bill") -> Money | None:
        return None if value is None else Money(value, told.get(side, {}).get("currency", currency))

    return Case(
        id=number,
        account=account,
        day=date.fromisoformat(day),
        kind=kind,
        number=own,
        difference=Difference(difference),
        facts=frozenset(Difference(fact) for fact in facts.split(",")),
        state=CaseState(state),
        channel_amount=money(channel),
        local_amount=money(local, "journal"),
        channel_fee=money(fee),
        expected_fee=money(expected),
        evidence=told,
        action=Action(action),
        why=why,
        maker=maker,
        checker=checker,
        proposal=proposal,
        opened_at=_moment(opened),
        changed_at=_moment(changed),
    )


def _moment(value: int) -> datetime:
    at = moment(value)
    assert at is not None  # noqa: S101  the columns are never null
    return at
