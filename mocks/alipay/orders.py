"""Orders as Alipay keeps them: one table of states, the rules of a repeated number, and what a query says.

A trade exists only once its payer has begun: a code that nobody scanned, a page or an app that nobody logged in to, is no trade,
and a query of it says ACQ.TRADE_NOT_EXIST. Documented for precreate, assumed for page, wap and app.
"""

import heapq
import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mocks.alipay.codes import refused
from mocks.alipay.fields import wrong, yuan
from mocks.clock import BEIJING, Clock
from mocks.control import not_now, not_there

HAND_OVER = (
    (
        "；page 与 wap 的订单在浏览器递交表单之后才存在：先把 payer_action.fields 以 POST 发到 payer_action.action；"
        'app 的订单在钱包拿到订单串之后才存在：随动词给出 {"order_string": "…"}'
    ),
    (
        "; a page or wap order exists once the payer's browser has handed its form over: POST the form's fields to its action"
        " first (payer_action.action, payer_action.fields); an app's once the wallet has its order string: give it with the verb,"
        ' {"order_string": "…"}'
    ),
)
"""What is told of an order that is not there: nobody has handed over what the SDK signed yet."""

# Every way from one state to another; what is not here is refused. The channel's own events are close, cancel and refund; the
# others are the payer's (scan, pay, fail) and time's (expire, finish). UNSCANNED and LAPSED are no states of Alipay's: there is
# no trade yet, and there never was one. A payer who fails may try again. Sources: the descriptions of trade_status in
# alipay-sdk-php-all@d95249a3 ``v3/docs``; what cancel does with a trade already closed is assumed.
STATES: dict[tuple[str, str], str] = {
    ("UNSCANNED", "scan"): "WAIT_BUYER_PAY",
    ("UNSCANNED", "pay"): "TRADE_SUCCESS",
    ("UNSCANNED", "fail"): "WAIT_BUYER_PAY",
    ("UNSCANNED", "expire"): "LAPSED",
    ("WAIT_BUYER_PAY", "scan"): "WAIT_BUYER_PAY",
    ("WAIT_BUYER_PAY", "pay"): "TRADE_SUCCESS",
    ("WAIT_BUYER_PAY", "fail"): "WAIT_BUYER_PAY",
    ("WAIT_BUYER_PAY", "expire"): "TRADE_CLOSED",
    ("WAIT_BUYER_PAY", "close"): "TRADE_CLOSED",
    ("WAIT_BUYER_PAY", "cancel"): "TRADE_CLOSED",
    ("TRADE_SUCCESS", "refund"): "TRADE_SUCCESS",
    ("TRADE_SUCCESS", "refund_rest"): "TRADE_CLOSED",
    ("TRADE_SUCCESS", "cancel"): "TRADE_CLOSED",
    ("TRADE_SUCCESS", "finish"): "TRADE_FINISHED",
    ("TRADE_CLOSED", "cancel"): "TRADE_CLOSED",
}
NO_TRADE = {"UNSCANNED", "LAPSED"}
# "default refund window 12 months", product dependent; after it the trade is finished.
REFUNDABLE = timedelta(days=365)
_FACE_TO_FACE = {"alipay.trade.pay", "alipay.trade.precreate"}
# Who scans another payment code for the same number is another payer; his code is no part of what the order is.
_NOT_THE_ORDER = {"auth_code"}


@dataclass
class Order:
    """One order. ``total`` and ``refunded`` are fen; ``payer`` is as an answer shows it."""

    product: str
    out_trade_no: str
    total: int
    parameters: dict[str, Any]
    created: datetime
    expires: datetime
    state: str
    scannable: datetime
    notify_url: str | None = None
    charset: str = "utf-8"
    trade_no: str | None = None
    payer: dict[str, str] = field(default_factory=dict)
    begun: datetime | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled: str | None = None  # what a cancellation did: close or refund
    refunded: int = 0
    failures: int = 0
    handed_out: str = ""

    @property
    def exists(self) -> bool:
        """Whether there is a trade."""
        return self.state not in NO_TRADE

    @property
    def face_to_face(self) -> bool:
        """Whether it is paid over the counter."""
        return self.product in _FACE_TO_FACE

    def same(self, other: "Order") -> bool:
        """Say whether another request is for the same order."""
        mine, theirs = (
            {name: value for name, value in one.parameters.items() if name not in _NOT_THE_ORDER} for one in (self, other)
        )
        return self.product == other.product and mine == theirs


class Orders:
    """The orders of one merchant."""

    def __init__(self, clock: Clock, time_did: Callable[[Order, str], None]) -> None:
        """Start without any; ``time_did`` is told what time did to an order."""
        self._clock = clock
        self._time_did = time_did
        self.all: dict[str, Order] = {}
        self._by_trade_no: dict[str, Order] = {}
        self._dates: list[tuple[datetime, int, Order]] = []
        self._count = itertools.count()

    def place(self, order: Order) -> Order:
        """Take in an order, or the one that has its number already.

        Raises:
            RefusedError: the number is another order's, or its order is paid or closed.
        """
        known = self.all.get(order.out_trade_no)
        if known is None or self.settle(known).state == "LAPSED":
            self.all[order.out_trade_no] = order
            self._look_at(order, order.scannable)
            if order.state != "UNSCANNED":
                self.begin(order)
            return order
        if not known.same(order):
            raise refused(order.product, "ACQ.CONTEXT_INCONSISTENT")
        if known.state in {"TRADE_SUCCESS", "TRADE_FINISHED"}:
            raise refused(order.product, "ACQ.TRADE_HAS_SUCCESS")
        if known.state == "TRADE_CLOSED":
            raise refused(order.product, "ACQ.TRADE_HAS_CLOSE")
        return known

    def begin(self, order: Order, payer: dict[str, str] | None = None) -> None:
        """Make a trade of an order: Alipay's number, and its payer."""
        now = self._clock.now()
        if order.trade_no is None:
            order.trade_no = f"{now:%Y%m%d}2200{secrets.randbelow(10**16):016d}"  # 28 digits
            self._by_trade_no[order.trade_no] = order
            order.begun = now
            self._look_at(order, order.expires)
        known = payer or order.payer or {"buyer_user_id": f"2088{secrets.randbelow(10**12):012d}"}
        order.payer = known | {"buyer_logon_id": "moc***@example.com"}

    def find(self, biz: dict[str, Any]) -> Order | None:
        """Return the order that a request names, by Alipay's number if it gives both, as it is now."""
        if biz.get("trade_no"):
            found = self._by_trade_no.get(str(biz["trade_no"]))
        else:
            found = self.all.get(str(biz.get("out_trade_no", "")))
        return self.settle(found) if found is not None else None

    def settle(self, order: Order) -> Order:
        """Let time do its work on an order."""
        now = self._clock.now()
        due = order.scannable if order.state == "UNSCANNED" else order.expires
        if order.state in {"UNSCANNED", "WAIT_BUYER_PAY"} and now >= due:
            self.move(order, "expire", at=due)
            self._time_did(order, "expire")
        if order.state == "TRADE_SUCCESS" and order.paid_at is not None and now >= order.paid_at + REFUNDABLE:
            self.move(order, "finish")
            self._time_did(order, "finish")
        return order

    def move(self, order: Order, event: str, *, at: datetime | None = None) -> None:
        """Let an event happen to the order, now or at a time that has passed.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        target = STATES.get((order.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == order.state)
            raise not_now("order", order.state, event, possible)
        if target == "TRADE_CLOSED" and order.state != target:
            order.closed_at = at or self._clock.now()
        order.state = target

    def pay(self, order: Order, payer: dict[str, str] | None = None) -> None:
        """Let the payer pay.

        Raises:
            ControlRefusedError: the order cannot be paid any more.
        """
        self.settle(order)
        self.move(order, "pay")
        self.begin(order, payer)
        order.paid_at = self._clock.now()
        self._look_at(order, order.paid_at + REFUNDABLE)

    def _look_at(self, order: Order, moment: datetime) -> None:
        heapq.heappush(self._dates, (moment, next(self._count), order))

    def tick(self) -> None:
        """Let time do its work on the orders whose time has come."""
        while self._dates and self._dates[0][0] <= self._clock.now():
            self.settle(heapq.heappop(self._dates)[2])

    def of_number(self, out_trade_no: str) -> Order:
        """Return the order for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        if out_trade_no not in self.all:
            raise not_there("order", out_trade_no, hint=HAND_OVER)
        return self.settle(self.all[out_trade_no])


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(days=15)
_COUNTER, _ELSEWHERE = timedelta(hours=3), timedelta(days=15)


def end_of_order(operation: str, biz: dict[str, Any], now: datetime) -> datetime:
    """Return until when an order can be paid: ``time_expire``, else ``timeout_express``, else three hours or fifteen days.

    Raises:
        RefusedError: it is no such time, is over, or lies beyond fifteen days.
    """
    asked, relative = biz.get("time_expire"), biz.get("timeout_express")
    if asked:
        try:
            end = datetime.strptime(str(asked), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        except ValueError as error:
            raise wrong(operation, "time_expire", "格式应为yyyy-MM-dd HH:mm:ss") from error
        if end <= now and operation in {"alipay.trade.pay", "alipay.trade.precreate", "alipay.trade.create"}:
            raise refused(operation, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")
    elif relative:
        end = now + duration(operation, "timeout_express", str(relative), now)
    else:
        return now + (_COUNTER if operation in _FACE_TO_FACE else _ELSEWHERE)
    if not now < end <= now + _LATEST:
        raise wrong(operation, "time_expire" if asked else "timeout_express", "超出1m～15d的范围")
    return end


def duration(operation: str, name: str, text: str, now: datetime) -> timedelta:
    """Return a duration as Alipay writes it: ``90m``, ``3h``, ``15d``, or ``1c``, which is midnight.

    Raises:
        RefusedError: it is none, or not between a minute and fifteen days.
    """
    if text == "1c":
        return datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), BEIJING) - now
    number, unit = text[:-1], _UNITS.get(text[-1:])
    if unit is None or not number.isascii() or not number.isdecimal() or len(number) > 5:  # noqa: PLR2004  21600m are 15 days
        raise wrong(operation, name, "应为1m～15d，如90m、3h、15d、1c")
    asked = int(number) * unit
    if not _SOONEST <= asked <= _LATEST:
        raise wrong(operation, name, "超出1m～15d的范围")
    return asked


def time(moment: datetime | None) -> str:
    """Return a time as Alipay writes it."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment is not None else ""


def amounts(order: Order) -> dict[str, str]:
    """Return the amounts of a trade: until it is paid, nothing but the total."""
    paid = yuan(order.total if order.paid_at is not None else 0)
    return {
        "total_amount": yuan(order.total),
        "receipt_amount": paid,
        "buyer_pay_amount": paid,
        "invoice_amount": paid,
        "point_amount": "0.00",
    }


def shown(order: Order, options: list[Any] | None = None) -> dict[str, Any]:
    """Return the trade as a query answers it."""
    content: dict[str, Any] = {
        "trade_no": order.trade_no or "",
        "out_trade_no": order.out_trade_no,
        "trade_status": order.state,
        **order.payer,
        **amounts(order),
    }
    if order.paid_at is not None:
        content["send_pay_date"] = time(order.paid_at)
        if "fund_bill_list" in (options or []):
            content["fund_bill_list"] = funds(order)
    if order.parameters.get("passback_params"):
        content["passback_params"] = order.parameters["passback_params"]
    return content


def funds(order: Order) -> list[dict[str, str]]:
    """Return where the payer's money came from: the mock knows the balance alone."""
    return [{"fund_channel": "ALIPAYACCOUNT", "amount": yuan(order.total)}]
