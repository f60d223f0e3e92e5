"""What every operation of the Alipay mock works on: keys, clock, gate and books, and what is told when something happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mocks.alipay import orders, refunds, transfers
from mocks.alipay.call import Answer, Call
from mocks.alipay.gate import Gate
from mocks.alipay.keys import AlipayKeys
from mocks.alipay.notify import Herald
from mocks.alipay.orders import Order, Orders
from mocks.alipay.refunds import Refund, Refunds
from mocks.alipay.transfers import Transfers
from mocks.clock import Clock

OPENING = 1_000_000_000  # fen: the account starts with ten million yuan


@dataclass(frozen=True, slots=True)
class Statement:
    """A bill that waits to be downloaded."""

    content: bytes
    until: datetime


class Desk:
    """The state of one Alipay mock."""

    def __init__(self, keys: AlipayKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.gate = Gate(self.keys, self.clock)
        self.statements: dict[str, Statement] = {}
        self.orders = Orders(self.clock, self._time_did)
        self.refunds = Refunds(self.clock)
        self.transfers = Transfers(self.clock)
        self.herald = Herald(self.keys, self.clock)

    def tick(self) -> None:
        """Let time do its work: refunds first, since they are due long before an order is finished."""
        for one in self.refunds.due():
            self.end_refund(one, "succeed")
        self.orders.tick()
        for transfer in self.transfers.all.values():
            self.transfers.settle(transfer)

    def balance(self) -> int:
        """Return what is in the merchant's account, in fen."""
        sums = self.sums()
        return OPENING + sums["received"] - sums["refunded"] - sums["paid_out"]

    def sums(self) -> dict[str, int]:
        """Return what was moved, in fen: given back and come back are taken off what went out."""
        return {
            "received": sum(one.total for one in self.orders.all.values() if one.paid_at is not None),
            "refunded": sum(one.refunded for one in self.orders.all.values()),
            "paid_out": sum(one.amount for one in self.transfers.all.values() if one.gone),
        }

    def end_refund(self, one: Refund, event: str, error_code: str | None = None) -> None:
        """Let a refund come to its end, with what follows from it.

        Raises:
            ControlRefusedError: it has come to it.
        """
        self.refunds.end(one, event, error_code)
        if one.state == "SUCCESS":
            one.order.refunded += one.amount
            self.orders.move(one.order, "refund_rest" if one.order.refunded == one.order.total else "refund")
            self.order_refunded(one.order, one)

    def order_paid(self, order: Order) -> None:
        """Do what follows a payment."""
        self.herald.tell(order)

    def order_closed(self, order: Order, *, by_time: bool) -> None:
        """Do what follows when an unpaid trade was closed: over the counter nobody is told that time was up."""
        if not (by_time and order.face_to_face):
            self.herald.tell(order)

    def order_refunded(self, order: Order, one: Refund | None) -> None:
        """Do what follows when money went back, by a refund or by a cancellation."""
        self.herald.tell(order, one)

    def _time_did(self, order: Order, event: str) -> None:
        if order.exists and event == "expire":
            self.order_closed(order, by_time=True)
        elif event == "finish" and not order.face_to_face:
            self.herald.tell(order)

    def books(self) -> dict[str, Any]:
        """Return orders, refunds and transfers, and the sums of what they moved."""
        return {
            "orders": [self._order_line(one) for one in self.orders.all.values()],
            "refunds": [refunds.shown(one, []) | {"state": one.state} for one in self.refunds.all.values()],
            "transfers": [
                transfers.shown(one) | {"amount": one.amount, "created": one.created.isoformat(timespec="seconds")}
                for one in self.transfers.all.values()
            ],
            "sums": self.sums() | {"balance": self.balance()},
        }

    def _order_line(self, order: Order) -> dict[str, Any]:
        times = {"created": order.created.isoformat(timespec="seconds"), "expires": order.expires.isoformat(timespec="seconds")}
        more = {
            "product": order.product,
            "handed_out": order.handed_out,
            "failures": order.failures,
            "cancelled": order.cancelled,
        }
        return orders.shown(order) | times | more | {"total": order.total, "refunded": order.refunded}


Handler = Callable[[Desk, Call], Answer]
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
