"""Trades as VSP keeps them: a merchant's number moves money once, one table of states for payments and one for what follows.

Sources: hlib-go/hallinpay@74394108 ``const.go`` for what each trxstatus means, among them that money which comes in after an
order ended (3088) is given back within 24 hours. That a cancellation belongs to the payment's day is of 007gzs/pyallinpay's
page; that the day is Beijing's calendar day, that 3889 is the code for a trade that cannot be followed so, and the ten
seconds, is assumed.
"""

import itertools
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mocks.allinpay.codes import TRXSTATUS, find, refused
from mocks.clock import Clock
from mocks.control import ControlRefusedError, article, not_now, not_there

# Every way from one state to another; what is not here is refused. A payer may try again at a code on a screen until it expires,
# so no failure of his ends the order; at a counter he is asked once.
PAYMENT: dict[tuple[str, str], str] = {
    ("UNPAID", "pay"): "PAID",
    ("UNPAID", "fail"): "FAILED",  # at a counter alone
    ("UNPAID", "expire"): "EXPIRED",
    ("EXPIRED", "pay_late"): "LATE",
    ("LATE", "give_back"): "GIVEN_BACK",
    ("PAID", "cancel"): "CANCELLED",
}
FOLLOWING: dict[tuple[str, str], str] = {  # refunds and cancellations
    ("OPEN", "complete"): "DONE",
    ("OPEN", "fail"): "FAILED",
    ("OPEN", "hold"): "OPEN",
}
OPEN_CODES = frozenset({"2000", "2008"})
_TOLD = {
    "pay": "0000",
    "fail": "3045",
    "expire": "3088",
    "pay_late": "3088",
    "give_back": "3088",
    "cancel": "3050",
    "complete": "0000",
}
FOLLOWS_AFTER = timedelta(seconds=10)
GIVEN_BACK_AFTER = timedelta(hours=24)
VALID_FOR = timedelta(minutes=5)


@dataclass(eq=False)
class Trade:
    """One trade. ``code`` is the trxstatus that a query tells."""

    kind: str  # pay, scan, refund or cancel
    fields: dict[str, str]
    trxid: str
    chnltrxid: str
    trxcode: str
    created: datetime
    state: str
    code: str = "2000"
    expires: datetime | None = None
    due: datetime | None = None
    fate: str = "0000"
    ended: datetime | None = None
    original: "Trade | None" = None
    acct: str = ""
    payinfo: str = ""

    @property
    def reqsn(self) -> str:
        """The merchant's number."""
        return self.fields["reqsn"]

    @property
    def amount(self) -> int:
        """The amount in fen."""
        return int(self.fields["trxamt"])

    @property
    def is_payment(self) -> bool:
        """Whether it takes money, and does not give it back."""
        return self.kind in {"pay", "scan"}

    @property
    def fee(self) -> int:
        """The fee in fen: 0.6 % rounded half up, which is assumed; nothing for what gives money back."""
        return (self.amount * 6 + 500) // 1000 if self.is_payment else 0


class Trades:
    """The trades of one merchant."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[str, Trade] = {}
        self._by_trxid: dict[str, Trade] = {}
        self._waiting: list[Trade] = []
        self._counter = itertools.count(112_000_000_000 + secrets.randbelow(10**8))

    def refuse_repeated(self, reqsn: str) -> None:
        """Refuse a number that was used, whatever else the request says.

        Raises:
            RefusedError: 3888.
        """
        if reqsn in self.all:
            raise refused(TRXSTATUS, "3888", why=f"reqsn {reqsn} was used before, whether for the same or for something else")

    def place(self, kind: str, fields: dict[str, str], trxcode: str, **more: Any) -> Trade:
        """Take in a trade whose number is new."""
        now = self._clock.now()
        trxid = f"{now:%y%m%d}{next(self._counter) % 10**12:012d}"  # eighteen digits that begin so: read off a real notification
        chnltrxid = f"42000{secrets.randbelow(10**5):05d}{now:%Y%m%d}{secrets.randbelow(10**10):010d}"
        state = "UNPAID" if kind in {"pay", "scan"} else "OPEN"
        made = Trade(kind, fields, trxid, chnltrxid, trxcode, now, state, **more)
        if made.is_payment:
            made.expires = now + (timedelta(minutes=int(fields["validtime"])) if fields.get("validtime") else VALID_FOR)
        self.all[made.reqsn] = self._by_trxid[trxid] = made
        self._waiting.append(made)
        return made

    def find(self, reqsn: str | None, trxid: str | None) -> Trade | None:
        """Return a trade by the platform's number if it is given, else by the merchant's."""
        return self._by_trxid.get(trxid) if trxid else self.all.get(reqsn or "")

    def given_back(self, payment: Trade) -> list[Trade]:
        """Return the refunds and cancellations of a payment that have not failed."""
        return [one for one in self.all.values() if one.original is payment and one.state in {"OPEN", "DONE"}]

    def check_following(self, kind: str, original: Trade | None, amount: int) -> Trade:
        """Return the payment that a refund or a cancellation is about, if it may be.

        Raises:
            RefusedError: 1001, 3050 or 3889.
        """
        if original is None or not original.is_payment:
            raise refused(TRXSTATUS, "1001", why="no payment has that number")
        earlier = self.given_back(original)
        if original.state == "CANCELLED" or any(one.kind == "cancel" for one in earlier):
            raise refused(TRXSTATUS, "3050", why="the payment is cancelled")
        if original.state != "PAID" or original.ended is None:
            raise refused(TRXSTATUS, "3889", why=f"the payment is {original.state}")
        total = sum(one.amount for one in earlier)
        if total + amount > original.amount:
            raise refused(TRXSTATUS, "3889", why=f"{total} of {original.amount} were given back already")
        if kind == "cancel" and (earlier or amount != original.amount):
            raise refused(TRXSTATUS, "3889", why=f"a cancellation is of the whole amount, {original.amount}")
        if kind == "cancel" and self._clock.now().date() != original.ended.date():
            raise refused(TRXSTATUS, "3889", why=f"the payment was made on {original.ended.date()}; refund it instead")
        return original

    def tick(self) -> list[Trade]:
        """Let time do its work on what it can still change, and return what succeeded by it."""
        now, done = self._clock.now(), []
        for one in self._waiting:
            if one.state == "UNPAID" and one.expires is not None and now >= one.expires:
                self.move(one, "expire", at=one.expires)
            elif one.state == "LATE" and one.ended is not None and now >= one.ended + GIVEN_BACK_AFTER:
                self.move(one, "give_back", at=one.ended)
            elif one.due is not None and now >= one.due and one.state in {"UNPAID", "OPEN"}:
                well = one.fate == "0000"
                event = ("pay" if one.is_payment else "complete") if well else "fail"
                self.move(one, event, one.fate, at=one.due)
                done += [one] if well else []
        self._waiting = [one for one in self._waiting if one.state in {"UNPAID", "OPEN", "LATE"}]
        return done

    def move(self, one: Trade, event: str, code: str | None = None, *, at: datetime | None = None) -> None:
        """Let an event happen to a trade, now or at a moment that has passed; ``code`` is what a query tells of it from now on.

        Raises:
            ControlRefusedError: it cannot happen in its state, or with this code.
        """
        table = PAYMENT if one.is_payment else FOLLOWING
        target = table.get((one.state, event))
        if target is None or (event == "fail" and one.kind == "pay"):
            possible = sorted(event for state, event in table if state == one.state and (event != "fail" or one.kind != "pay"))
            raise not_now(one.kind, one.state, event, possible)
        told = code or _TOLD.get(event, one.code)
        fits = {"pay": told == "0000", "complete": told == "0000", "hold": told in OPEN_CODES}.get(event, told.startswith("3"))
        if not fits or find(TRXSTATUS, told) is None:
            raise ControlRefusedError(
                f"{told} 不是 {one.kind} {event} 的 trxstatus",
                f"{told} is no trxstatus with which {article(one.kind)} can {event}",
                status=400,
            )
        one.state, one.code = target, told
        if event == "hold":
            one.due = None
        elif event not in {"expire", "give_back", "cancel"}:
            one.ended = at or self._clock.now()
        if event == "pay_late":
            self._waiting.append(one)
        if event == "complete" and one.kind == "cancel" and one.original is not None:
            self.move(one.original, "cancel")

    def of_number(self, kinds: tuple[str, ...], reqsn: str) -> Trade:
        """Return a trade for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        found = self.all.get(reqsn)
        if found is None or found.kind not in kinds:
            raise not_there(kinds[0], reqsn)
        return found
