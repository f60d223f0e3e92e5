"""Refunds as Alipay keeps them: one number of one trade moves money once, and never more than was paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mocks.alipay.fields import yuan
from mocks.alipay.orders import Order, time
from mocks.clock import Clock
from mocks.control import not_now, not_there

STATES: dict[tuple[str, str], str] = {
    ("PROCESSING", "succeed"): "SUCCESS",
    ("PROCESSING", "fail"): "FAIL",
}
# The real one is asked for ten seconds later at the earliest; so long does one take that does not succeed at once.
SETTLES_AFTER = timedelta(seconds=10)


@dataclass
class Refund:
    """One refund of one trade; ``amount`` is fen. ``applied`` says that it was asked for by refund.apply."""

    number: str
    order: Order
    amount: int
    created: datetime
    parameters: dict[str, Any]
    applied: bool
    state: str = "PROCESSING"
    ended: datetime | None = None
    error_code: str | None = None


class Refunds:
    """The refunds of one merchant: a number is unique within its trade alone."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.all: dict[tuple[str, str], Refund] = {}
        self._open: list[Refund] = []

    def add(self, one: Refund) -> None:
        """Take in a refund."""
        self.all[one.order.out_trade_no, one.number] = one
        self._open.append(one)

    def find(self, order: Order, number: str) -> Refund | None:
        """Return the refund of that number of a trade."""
        return self.all.get((order.out_trade_no, number))

    def of(self, order: Order) -> list[Refund]:
        """Return the refunds of a trade that take its money, or may yet."""
        return [one for one in self.all.values() if one.order is order and one.state != "FAIL"]

    def due(self) -> list[Refund]:
        """Return those that have come to their end by now."""
        now = self._clock.now()
        self._open = [one for one in self._open if one.state == "PROCESSING"]
        return [one for one in self._open if now >= one.created + SETTLES_AFTER]

    def of_number(self, number: str) -> Refund:
        """Return the first refund of that number for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        found = next((one for one in self.all.values() if one.number == number), None)
        if found is None:
            raise not_there("refund", number)
        return found

    def end(self, one: Refund, event: str, error_code: str | None = None) -> None:
        """Let a refund come to its end, at the latest when it was due.

        Raises:
            ControlRefusedError: it has come to it.
        """
        target = STATES.get((one.state, event))
        if target is None:
            possible = sorted(event for state, event in STATES if state == one.state)
            raise not_now("refund", one.state, event, possible)
        ended = min(self._clock.now(), one.created + SETTLES_AFTER)
        one.state, one.ended, one.error_code = target, ended, error_code


def shown(one: Refund, options: list[Any]) -> dict[str, Any]:
    """Return the refund as its query answers it; of one that did not succeed (yet), no ``refund_status`` is told."""
    content: dict[str, Any] = {
        "trade_no": one.order.trade_no,
        "out_trade_no": one.order.out_trade_no,
        "out_request_no": one.number,
        "refund_reason": one.parameters.get("refund_reason", ""),
        "total_amount": yuan(one.order.total),
        "refund_amount": yuan(one.amount),
    }
    if one.state == "SUCCESS":
        content["refund_status"] = "REFUND_SUCCESS"
        content |= {"gmt_refund_pay": time(one.ended)} if "gmt_refund_pay" in options else {}
        content |= details(one) if "refund_detail_item_list" in options else {}
    elif one.error_code and one.applied:  # told of refunds that were applied for alone
        content["error_code"] = one.error_code
    return content


def details(one: Refund) -> dict[str, Any]:
    """Return where the money of a refund went: the mock knows the balance alone."""
    items = [{"fund_channel": "ALIPAYACCOUNT", "amount": yuan(one.amount)}]
    return {"refund_detail_item_list": items, "send_back_fee": yuan(one.amount)}
