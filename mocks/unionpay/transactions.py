"""Transactions as UnionPay keeps them: one key moves money once, one table of states for orders and one for what follows.

Sources: the official demos' comments as collected (Varorbc/PaySharp@3423dafe, pages and ``Form_*``) and open.unionpay.com
acpAPIId=800: the clearing day runs from 23:00 to 23:00, a cancellation belongs to the same one, refunds go back eleven months.
"""

import calendar
import itertools
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from mocks.clock import BEIJING, Clock
from mocks.control import ControlRefusedError, article, not_now, not_there
from mocks.unionpay.codes import SUCCEEDED, find, refused

HAND_OVER = (
    "；网关订单在付款人的浏览器递交表单之后才存在：先把 payer_action.fields 以 POST 发到 payer_action.action",
    (
        "; a gateway's order exists once the payer's browser has handed its form over: POST the form's fields to its action first"
        " (payer_action.action, payer_action.fields)"
    ),
)
"""What is told of an order that is not there: nobody has handed its form over yet."""

# Every way from one state to another; what is not here is refused. A payer whose card was declined may try again until the
# order's end: the demos read "failed" out of another code than 00 and A6 only after payTimeout. A bank's page may still take
# the money after the end (42); it is given back by itself.
ORDER: dict[tuple[str, str], str] = {
    ("UNPAID", "pay"): "PAID",
    ("UNPAID", "fail"): "DECLINED",
    ("UNPAID", "expire"): "EXPIRED",
    ("DECLINED", "pay"): "PAID",
    ("DECLINED", "fail"): "DECLINED",
    ("DECLINED", "expire"): "EXPIRED",
    ("EXPIRED", "pay_late"): "LATE",
    ("LATE", "give_back"): "GIVEN_BACK",
    ("PAID", "cancel"): "CANCELLED",
}
FOLLOWING: dict[tuple[str, str], str] = {  # refunds, cancellations and payouts
    ("ACCEPTED", "complete"): "DONE",
    ("ACCEPTED", "fail"): "FAILED",
    ("ACCEPTED", "hold"): "ACCEPTED",
}
PAID = frozenset({"PAID", "CANCELLED"})
UNSETTLED = frozenset({"UNPAID", "DECLINED", "LATE", "ACCEPTED"})
"""States that end by time alone: see ``settle``."""
SETTLES_AFTER = timedelta(seconds=3)  # a refund really takes one to ten clearing days to arrive; no page gives a least time
GIVEN_BACK_AFTER = timedelta(days=7)  # "about five working days"
_UNPAID_FOR = timedelta(hours=24)  # without payTimeout: assumed
_REFUND_MONTHS = 11
_TIMED_OUT = "69"  # what an order that nobody paid ends with: assumed from the code's text
_LATE = "42"
BANK_PAGE = "000202"


def clearing_day(moment: datetime) -> date:
    """Return the clearing day of a moment: 23:00 belongs to the next one."""
    return (moment.astimezone(BEIJING) + timedelta(hours=1)).date()


@dataclass(eq=False)
class Transaction:
    """One transaction. ``code`` is what a query tells of it: 05 while it is open."""

    kind: str  # order, refund, cancel or payout
    fields: dict[str, str]
    created: datetime
    trace_no: str
    query_id: str
    state: str
    expires: datetime | None = None
    code: str = "05"
    ended: datetime | None = None
    settle_date: date | None = None
    original: "Transaction | None" = None
    held: bool = False
    doomed: str | None = None  # the code that it is to end with
    payee: dict[str, str] = field(default_factory=dict)
    handed_out: str = ""
    card: str = "6226090000000048"  # the published test card
    failures: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one: the merchant is the mock's only one."""
        return self.fields["orderId"], self.fields["txnTime"]

    @property
    def amount(self) -> int:
        """The amount in fen."""
        return int(self.fields["txnAmt"])

    @property
    def on_bank_page(self) -> bool:
        """Whether it is paid on a bank's own page."""
        return self.fields["bizType"] == BANK_PAGE or bool(self.fields.get("issInsCode"))

    @property
    def succeeded(self) -> bool:
        """Whether its money moved, and UnionPay says so."""
        return self.ended is not None and self.code in SUCCEEDED


class Transactions:
    """The transactions of one merchant."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[tuple[str, str], Transaction] = {}
        self._by_query_id: dict[str, Transaction] = {}
        self._traces = itertools.count(secrets.randbelow(10**5))

    def refuse_repeated(self, fields: dict[str, str]) -> None:
        """Refuse a key that was used, whatever else the request says.

        Raises:
            RefusedError: 12.
        """
        if (fields["orderId"], fields["txnTime"]) in self.all:
            raise refused("12", why="merId, orderId and txnTime were used before")

    def place(self, kind: str, fields: dict[str, str], **more: Any) -> Transaction:
        """Take in a transaction whose key is new."""
        now = self._clock.now()
        trace_no = f"{next(self._traces) % 10**6:06d}"
        query_id = f"{now:%Y%m%d%H%M%S}{trace_no}{secrets.randbelow(10)}"  # as the sample's: time, trace number, a digit
        state = "UNPAID" if kind == "order" else "ACCEPTED"
        made = Transaction(kind, fields, now, trace_no, query_id, state, **more)
        if kind == "order" and made.expires is None:
            made.expires = now + _UNPAID_FOR
        self.all[made.key] = self._by_query_id[query_id] = made
        return made

    def find(self, order_id: str, txn_time: str) -> Transaction | None:
        """Return the transaction of that key."""
        return self.all.get((order_id, txn_time))

    def find_by_query_id(self, query_id: str) -> Transaction | None:
        """Return the transaction of UnionPay's number."""
        return self._by_query_id.get(query_id)

    def given_back(self, order: Transaction) -> list[Transaction]:
        """Return the refunds and cancellations of an order that have not failed."""
        return [one for one in self.all.values() if one.original is order and one.state in {"ACCEPTED", "DONE"}]

    def check_following(self, kind: str, original: Transaction | None, amount: int) -> Transaction:
        """Return the order that a refund or a cancellation is about, if it may be.

        Raises:
            RefusedError: 35, 36, 39 or 45; that the windows answer 39 and a sum beyond the order's answers 36 is assumed.
        """
        if original is None or original.kind != "order" or original.state not in PAID or original.ended is None:
            raise refused("35", why="no paid order has that number")
        earlier = self.given_back(original)
        if original.state == "CANCELLED" or any(one.kind == "cancel" for one in earlier):
            raise refused("45", why="the order is cancelled")
        total = sum(one.amount for one in earlier)
        if total >= original.amount or (kind == "cancel" and earlier):
            raise refused("45", why="the order was refunded")
        if kind == "cancel" and amount != original.amount:
            raise refused("36", why=f"a cancellation is of the whole amount, {original.amount}")
        if total + amount > original.amount:
            raise refused("36", why=f"{total} of {original.amount} were refunded already")
        now = self._clock.now()
        if kind == "cancel" and clearing_day(now) != original.settle_date:
            raise refused("39", why=f"the order's clearing day was {original.settle_date}")
        if kind == "refund" and now.date() > _months_later(original.ended.date(), _REFUND_MONTHS):
            raise refused("39", why=f"the order was paid at {original.ended:%Y-%m-%d}, more than eleven months ago")
        return original

    def settle(self, one: Transaction, *, asked: bool = False) -> bool:
        """Let time do its work, or a question about what was accepted; say whether it ended."""
        now = self._clock.now()
        if one.state in {"UNPAID", "DECLINED"} and one.expires is not None and now >= one.expires:
            self.move(one, "expire")
        elif one.state == "LATE" and one.ended is not None and now >= one.ended + GIVEN_BACK_AFTER:
            self.move(one, "give_back")
        elif one.state == "ACCEPTED" and not one.held and (asked or now >= one.created + SETTLES_AFTER):
            code = one.doomed or "00"
            # However late time is looked at, it ended when it was due: its clearing day depends on it.
            at = min(now, one.created + SETTLES_AFTER)
            self.move(one, "complete" if code in SUCCEEDED else "fail", code, at=at)
            return True
        return False

    def move(self, one: Transaction, event: str, code: str | None = None, *, at: datetime | None = None) -> None:
        """Let an event happen, now or ``at`` a moment before; ``code`` is what a query tells of it from now on.

        Raises:
            ControlRefusedError: it cannot happen in its state, or the code is none of UnionPay's.
        """
        table = ORDER if one.kind == "order" else FOLLOWING
        if event == "pay" and one.state == "EXPIRED" and one.on_bank_page:
            event = "pay_late"
        target = table.get((one.state, event))
        if target is None or (event == "pay_late" and not one.on_bank_page):
            late = one.on_bank_page
            possible = sorted(event for state, event in table if state == one.state and (event != "pay_late" or late))
            raise not_now(one.kind, one.state, event, possible)
        told = code or {"pay": "00", "pay_late": _LATE, "complete": "00", "fail": "64", "hold": one.code}.get(event)
        if event == "expire":
            told = one.code if one.state == "DECLINED" else _TIMED_OUT
        if told is not None and (find(told) is None or (event in {"pay", "complete"}) != (told in SUCCEEDED)):
            raise ControlRefusedError(
                f"{told} 不是 {one.kind} {event} 的码",
                f"{told} is no code with which {article(one.kind)} can {event}",
                status=400,
            )
        one.state, one.code, one.held = target, told or one.code, event == "hold"
        self._ended(one, event, at or self._clock.now())

    def _ended(self, one: Transaction, event: str, at: datetime) -> None:
        if event in {"pay", "pay_late", "complete"} or one.state == "FAILED":
            one.ended = at
            one.settle_date = clearing_day(one.ended) if one.state != "FAILED" else None
        one.failures += event == "fail"
        if event == "complete" and one.kind == "cancel" and one.original is not None:
            self.move(one.original, "cancel")

    def of_number(self, kind: str, order_id: str, txn_time: str | None) -> Transaction:
        """Return a transaction for the control plane: of an orderId that stands at several times, the latest.

        Raises:
            ControlRefusedError: there is none.
        """
        fitting = [one for one in self.all.values() if one.kind == kind and one.fields["orderId"] == order_id]
        fitting = [one for one in fitting if txn_time in {None, one.fields["txnTime"]}]
        if not fitting:
            hint = HAND_OVER if kind == "order" else ("", "")
            raise not_there(kind, order_id, hint=hint)
        self.settle(fitting[-1])
        return fitting[-1]


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
