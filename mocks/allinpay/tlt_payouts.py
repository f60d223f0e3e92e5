"""Payouts as TLT keeps them: packages of one line or of many, one table of states for a line, and what each did to the money.

Sources: the official demo as copied (dealRet) for the times: a single payout that is open is asked for after five minutes, a
batch after twenty, then every ten; a batch in work answers with one code for all of it. That a payout costs one yuan, that a
return shows as a failed detail, and that one that is asked for comes after two days, is assumed: no page tells.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from mocks.allinpay.codes import DETAIL, INFO, find
from mocks.allinpay.magic import END, HOLD, NOW, QUERY, RETURN, Wish
from mocks.clock import Clock
from mocks.control import ControlRefusedError, not_now, not_there

# Every way from one state of a line to another; what is not here is refused.
STATES: dict[tuple[str, str], str] = {
    ("OPEN", "complete"): "PAID",
    ("OPEN", "fail"): "FAILED",
    ("OPEN", "hold"): "OPEN",
    ("PAID", "return"): "RETURNED",
}
SINGLE, BATCH = "100014", "100002"
SUCCEEDED = frozenset({"0000", "4000"})
IN_BETWEEN = frozenset({"2000", "2001", "2003", "2005", "2007", "2008", "0003"})  # of a package
OPEN_LINE = "0014"  # of a line
REJECTIONS = frozenset({"0001", "0002", "1999", "2002", "2004", "2006"})  # final, of a package
FEE = 100  # fen
SINGLE_ENDS_AFTER = timedelta(minutes=5)
BATCH_ENDS_AFTER, LATE_LINES_AFTER = timedelta(minutes=20), timedelta(minutes=30)
_TO_THE_BANK_AFTER = timedelta(minutes=10)
_COMES_BACK_AFTER = timedelta(days=2)


@dataclass(eq=False)
class Line:
    """One payout. ``code`` is the detail's: 0014 while it is open."""

    sn: str
    fields: dict[str, str]
    created: datetime
    due: datetime | None
    state: str = "OPEN"
    code: str = OPEN_LINE
    fate: str = "0000"  # the code that it is to end with
    comes_back: str | None = None  # the code with which it is to come back
    ended: datetime | None = None
    returned: datetime | None = None
    fee_given_back: bool = False

    @property
    def amount(self) -> int:
        """The amount in fen."""
        return int(self.fields["AMOUNT"])

    @property
    def settle_day(self) -> date | None:
        """The day on which what is told of it happened."""
        moment = self.returned or self.ended
        return moment.date() if moment is not None else None


@dataclass(eq=False)
class Package:
    """What came with one REQ_SN. ``told`` is the code for all of it while it is open, or for ever once it is rejected."""

    req_sn: str
    trx_code: str
    created: datetime
    lines: list[Line] = field(default_factory=list)
    told: str | None = None
    rejected: bool = False
    query_answers: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a line of it has not ended."""
        return any(line.state == "OPEN" for line in self.lines)

    def info(self, now: datetime) -> str:
        """Return the code that a query answers for all of it: 0000 where its lines speak for themselves."""
        if self.told is not None and (self.rejected or self.is_open):
            return self.told
        if self.trx_code == BATCH and self.is_open and now < self.created + BATCH_ENDS_AFTER:
            return "2000" if now < self.created + _TO_THE_BANK_AFTER else "2007"
        return "0000"


class Payouts:
    """The payouts of one merchant, and every REQ_SN that came."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[str, Package] = {}
        self.numbers: set[str] = set()
        self._waiting: list[Line] = []

    def take(self, package: Package, wishes: list[Wish | None]) -> None:
        """Take in a package whose number is new; each line may say how it is to end."""
        batch = package.trx_code == BATCH
        for line, wish in zip(package.lines, wishes, strict=True):
            line.due = package.created + (BATCH_ENDS_AFTER if batch else timedelta())
            if wish is not None:
                self._grant(package, line, wish)
        self.all[package.req_sn] = package
        self._waiting += package.lines
        self.tick()

    def _grant(self, package: Package, line: Line, wish: Wish) -> None:
        code, in_between = wish.row.code, wish.row.code in IN_BETWEEN | {OPEN_LINE}
        if wish.where == QUERY:
            package.query_answers = code
        elif wish.where == RETURN:
            line.comes_back = code
        elif in_between and wish.where in {NOW, HOLD}:
            late = LATE_LINES_AFTER if package.trx_code == BATCH else SINGLE_ENDS_AFTER
            line.due = None if wish.where == HOLD else package.created + late
            if package.trx_code == SINGLE and code != OPEN_LINE:
                package.told = code
        elif code in REJECTIONS and wish.row.where == INFO:
            self.reject(package, code)
        elif wish.where in {NOW, END}:
            line.fate = code
            if wish.where == END and package.trx_code == SINGLE:
                line.due, package.told = package.created + SINGLE_ENDS_AFTER, "2000"

    def tick(self) -> None:
        """Let time do its work on the lines that it can still change."""
        now = self._clock.now()
        for line in self._waiting:
            if line.state == "OPEN" and line.due is not None and now >= line.due:
                self.move(line, "complete" if line.fate in SUCCEEDED else "fail", line.fate, at=line.due)
            if line.state == "PAID" and line.comes_back and line.ended and now >= line.ended + _COMES_BACK_AFTER:
                self.move(line, "return", line.comes_back, at=line.ended + _COMES_BACK_AFTER)
        self._waiting = [one for one in self._waiting if one.state == "OPEN" or (one.state == "PAID" and one.comes_back)]

    def move(self, line: Line, event: str, code: str | None = None, *, at: datetime | None = None) -> None:
        """Let an event happen to a line, now or at a moment that has passed; ``code`` is what a query tells of it from now on.

        Raises:
            ControlRefusedError: it cannot happen in its state, or with this code.
        """
        target = STATES.get((line.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == line.state)
            raise not_now("payout", line.state, event, possible)
        told = code or {"complete": "0000", "fail": "3999", "hold": OPEN_LINE, "return": "3999"}[event]
        fits = {"complete": told in SUCCEEDED, "hold": told == OPEN_LINE}.get(event, told not in SUCCEEDED | {OPEN_LINE})
        if not fits or find(DETAIL, told) is None:
            raise ControlRefusedError(
                f"{told} 不是代付 {event} 的明细码", f"{told} is no code of a detail with which a payout can {event}", status=400
            )
        moment = at or self._clock.now()
        if event == "hold":
            line.due = None
        elif event == "return":
            line.returned = moment
        else:
            line.ended = moment
        line.state, line.code = target, told

    def reject(self, package: Package, code: str) -> None:
        """Have a package fail as a whole.

        Raises:
            ControlRefusedError: a line of it has ended, or the code is none that says so.
        """
        if code not in REJECTIONS:
            raise ControlRefusedError(
                f"{code} 不是整包被拒的码；有：{', '.join(sorted(REJECTIONS))}",
                f"{code} rejects no package; there are {', '.join(sorted(REJECTIONS))}",
                status=400,
            )
        if any(line.state != "OPEN" for line in package.lines):
            raise ControlRefusedError(
                "其中已有明细终结，不能整包拒绝", "a line of it has ended, so it cannot be rejected as a whole"
            )
        for line in package.lines:
            self.move(line, "fail")
        package.told, package.rejected = code, True

    def of_number(self, req_sn: str) -> Package:
        """Return a package for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        if req_sn not in self.all:
            raise not_there("payout", req_sn, field="REQ_SN")
        self.tick()
        return self.all[req_sn]


def shown(package: Package, line: Line, now: datetime) -> dict[str, Any]:
    """Return a payout as the control plane shows it, the payee in full, so that a test can tell what arrived."""
    moments = {"created": line.created, "ended": line.ended, "returned": line.returned}
    return {
        "REQ_SN": package.req_sn,
        "SN": line.sn,
        "TRX_CODE": package.trx_code,
        "state": line.state,
        "info": package.info(now),
        "code": line.code,
        "AMOUNT": line.amount,
        "ACCOUNT_PROP": line.fields.get("ACCOUNT_PROP", "0"),
        "fee": 0 if line.state not in {"PAID", "RETURNED"} or line.fee_given_back else FEE,
        **{name: at.isoformat(timespec="seconds") if at is not None else None for name, at in moments.items()},
        "payee": line.fields,
    }


def sums(packages: list[Package]) -> dict[str, int]:
    """Return what payouts did to the money, in fen: what came back is in ``paid_out`` and in ``returned``."""
    lines = [line for package in packages for line in package.lines]
    gone = [line for line in lines if line.state in {"PAID", "RETURNED"}]
    return {
        "paid_out": sum(line.amount for line in gone),
        "returned": sum(line.amount for line in lines if line.state == "RETURNED"),
        "payout_fees": sum(FEE for line in gone if not line.fee_given_back),
        "in_flight": sum(line.amount for line in lines if line.state == "OPEN"),
    }
