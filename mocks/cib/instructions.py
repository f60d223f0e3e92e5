"""Instructions as CIB keeps them: one TRNUID moves money once, and one table says which state may follow which.

States: appendix 1 of the bank's document V4.0.4, and REFUNDSTATUS of its 3.15.1. How long each lasts is assumed. A return (退票)
has no state of its own there: what was PAYOUT stays so, and the money comes as a row of the statement.
"""

import heapq
import itertools
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from mocks.cib.accounts import CHARGED, RETURNED, Account, Cause, Party
from mocks.cib.codes import NO_MONEY, USED, RefusedError, refused, row_of
from mocks.clock import BEIJING, Clock
from mocks.control import not_now, not_there

# Every way from one state to another; what is not here is refused.
PAYING: dict[tuple[str, str], str] = {
    ("AUDITING", "approve"): "PROCESSING",
    ("AUDITING", "schedule"): "AUDITED",
    ("AUDITING", "send_back"): "SEND_BACK",
    ("AUDITING", "cancel"): "CANCEL",
    ("AUDITING", "expire"): "EXPIRED",
    ("AUDITING", "fail"): "FAIL",
    ("SEND_BACK", "resubmit"): "AUDITING",
    ("SEND_BACK", "cancel"): "CANCEL",
    ("SEND_BACK", "expire"): "EXPIRED",
    ("AUDITED", "begin"): "PROCESSING",
    ("AUDITED", "fail"): "FAIL",
    ("AUDITED", "cancel"): "CANCEL",
    ("WAIT_FOR_AUDIT", "approve"): "PROCESSING",
    ("WAIT_FOR_AUDIT", "fail"): "FAIL",
    ("PROCESSING", "complete"): "PAYOUT",
    ("PROCESSING", "fail"): "FAIL",
    ("PROCESSING", "doubt"): "PENDING",
    ("PROCESSING", "hold"): "PROCESSING",
    ("PROCESSING", "expire"): "EXPIRED",
    ("PENDING", "complete"): "PAYOUT",
    ("PENDING", "fail"): "FAIL",
    ("PAYOUT", "return"): "PAYOUT",
}
REFUNDING: dict[tuple[str, str], str] = {
    ("AUDITING", "approve"): "0",
    ("AUDITING", "send_back"): "SEND_BACK",
    ("AUDITING", "cancel"): "CANCEL",
    ("AUDITING", "expire"): "EXPIRED",
    ("AUDITING", "fail"): "2",
    ("SEND_BACK", "resubmit"): "AUDITING",
    ("SEND_BACK", "cancel"): "CANCEL",
    ("SEND_BACK", "expire"): "EXPIRED",
    ("0", "complete"): "1",
    ("0", "fail"): "2",
    ("0", "doubt"): "3",
    ("0", "hold"): "0",
    ("3", "complete"): "1",
    ("3", "fail"): "2",
}
RUNNING = frozenset({"PROCESSING", "PENDING", "0", "3"})  # its money is kept back
DONE = frozenset({"PAYOUT", "1"})
SETTLES_AFTER = timedelta(seconds=60)
BATCH_SETTLES_AFTER = timedelta(minutes=30)  # the document asks not to query a batch before
RETURNS_AFTER = timedelta(hours=2)
UNAPPROVED_FOR = timedelta(days=7)
REFUND_UNAPPROVED_FOR = timedelta(days=4)  # from the beginning of its day: 三天(不含指令生成日), documented


@dataclass(eq=False)
class Instruction:
    """One transfer, agent payment, line of a batch, or refund. ``amount`` and ``fee`` are fen, kept apart."""

    kind: str  # transfer, agent, line or refund
    uid: str  # its TRNUID; of a line, TRNUID and number
    number: str
    facts: dict[str, Any]
    amount: int
    created: datetime
    state: str
    changed: datetime
    payee: Party
    purpose: str
    fee: int = 0
    due_day: date | None = None
    lasts: timedelta = SETTLES_AFTER
    cheque: str = ""
    doom: str | None = None  # the event that it comes to: complete unless one is given
    comes_back: bool = False
    held: bool = False
    returned: datetime | None = None
    message: str | None = None  # told instead of its state's own
    shows: dict[str, Any] = field(default_factory=dict)  # for the books alone

    @property
    def table(self) -> dict[tuple[str, str], str]:
        """Which events it knows."""
        return REFUNDING if self.kind == "refund" else PAYING

    def next_event(self) -> tuple[datetime, str] | None:
        """Return what time brings to it next, and when."""
        if self.state in {"AUDITING", "SEND_BACK"}:
            today = datetime.combine(self.created.astimezone(BEIJING).date(), time(), BEIJING)
            return today + REFUND_UNAPPROVED_FOR if self.kind == "refund" else self.created + UNAPPROVED_FOR, "expire"
        if self.state == "AUDITED" and self.due_day is not None:
            return datetime.combine(self.due_day, time(), BEIJING), "begin"
        if self.state in {"PROCESSING", "0"} and not self.held:
            return self.changed + self.lasts, self.doom or "complete"
        if self.state == "PAYOUT" and self.comes_back and self.returned is None:
            return self.changed + RETURNS_AFTER, "return"
        return None


class Instructions:
    """The instructions of one account, and what every TRNUID came to."""

    def __init__(self, account: Account, clock: Clock) -> None:
        """Start without any."""
        self._account = account
        self._clock = clock
        self.all: list[Instruction] = []
        self._kept: dict[str, tuple[str, Any]] = {}
        self._waiting: list[tuple[datetime, int, str, Instruction]] = []
        self._order = itertools.count()
        self._serials = itertools.count(secrets.randbelow(10**8))

    def recall(self, operation: str, uid: str) -> Any:
        """Return what was kept under a TRNUID, or None; what was refused is refused again.

        Raises:
            RefusedError: 12345 where another interface used it, or the refusal that was stored.
        """
        kept_by, thing = self._kept.get(uid, (operation, None))
        if kept_by != operation:
            raise refused(USED, why=f"TRNUID was used by {kept_by}: it is one for all interfaces that are no queries")
        if isinstance(thing, RefusedError):
            raise refused(thing.row.code, thing.row.message, why=f"the stored result of this TRNUID: {thing.why}")
        return thing

    def found(self, operation: str, uid: str) -> Any:
        """Return what an interface made of a TRNUID, or None where it made nothing."""
        kept_by, thing = self._kept.get(uid, (operation, None))
        return None if kept_by != operation or isinstance(thing, RefusedError) else thing

    def keep(self, operation: str, uid: str, thing: Any) -> None:
        """Keep what a TRNUID came to: it is never executed again."""
        self._kept[uid] = (operation, thing)

    def serial(self) -> str:
        """Return a number of the bank's: twelve digits, as the samples have."""
        return f"{next(self._serials) % 10**12:012d}"

    def place(self, one: Instruction) -> Instruction:
        """Take in an instruction; one that is to run keeps its money back.

        Raises:
            RefusedError: 75320, and nothing was taken in.
        """
        if one.state in RUNNING and not self._account.keep_back(one.amount + one.fee):
            raise refused(NO_MONEY, why=f"{self._account.available} fen are available", spends=True)
        self.all.append(one)
        self._schedule(one)
        return one

    def tick(self) -> None:
        """Let time do its work, in the order in which things were due: rows of the statement follow one another."""
        now = self._clock.now()
        while self._waiting and self._waiting[0][0] <= now:
            when, _, event, one = heapq.heappop(self._waiting)
            if one.next_event() == (when, event):
                self.move(one, event, at=when)

    def move(self, one: Instruction, event: str, *, message: str | None = None, at: datetime | None = None) -> None:
        """Let an event happen, now or ``at`` a moment before; ``message`` is told of its new state.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        when = at or self._clock.now()
        if event == "approve" and one.due_day is not None and one.due_day > when.date():
            event = "schedule"
        target = one.table.get((one.state, event))
        if event in {"approve", "begin"} and target and not self._account.keep_back(one.amount + one.fee):
            target, message = one.table[one.state, "fail"], row_of(NO_MONEY).message
        if target is None or (event == "return" and one.returned is not None):
            possible = sorted(known for state, known in one.table if state == one.state) if one.returned is None else []
            raise not_now(one.kind, one.state, event, possible)
        before, one.state, one.message = one.state, target, message
        one.held = event == "hold"
        if event == "return":
            one.returned = when
            self._account.credit(when, one.amount, Cause(RETURNED, one.purpose, one.payee, one.uid))
            return
        if event != "hold":
            one.changed = when
        if before in RUNNING and target not in RUNNING:
            self._finish(one, when)
        self._schedule(one)

    def _finish(self, one: Instruction, when: datetime) -> None:
        self._account.release(one.amount + one.fee)
        if one.state not in DONE:
            return
        summary = "退款" if one.kind == "refund" else "汇款"
        self._account.debit(when, one.amount, Cause(summary, one.purpose, one.payee, one.uid, one.cheque))
        if one.fee:
            self._account.debit(when, one.fee, Cause(CHARGED, one.purpose, Party(), one.uid))

    def _schedule(self, one: Instruction) -> None:
        coming = one.next_event()
        if coming is not None:
            heapq.heappush(self._waiting, (coming[0], next(self._order), coming[1], one))

    def of_number(self, kind: str, number: str) -> Instruction:
        """Return an instruction for the control plane, by its TRNUID (of a batch's line: ``TRNUID-number``) or ORDERNO.

        Raises:
            ControlRefusedError: there is none.
        """
        fitting = [one for one in self.all if one.kind == kind and number in {one.uid, one.facts.get("ORDERNO")}]
        if not fitting:
            raise not_there(kind, number)
        return fitting[-1]
