"""What every operation of the WeChat mock works on: keys, clock, gate and books, and what is told when something happened."""

from collections.abc import Callable
from typing import Any

from mocks.clock import Clock
from mocks.wechat.keys import WechatKeys
from mocks.wechat.orders import Order, Orders
from mocks.wechat.refunds import Refund, Refunds
from mocks.wechat.signing import Gate
from mocks.wire import MockReply, MockRequest


class Desk:
    """The state of one WeChat mock."""

    def __init__(self, keys: WechatKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.gate = Gate(keys, clock)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.orders = Orders(self.clock)
        self.refunds = Refunds(self.clock, self.orders)

    def tick(self) -> None:
        """Let refunds settle. Orders expire when they are looked at."""
        for refund in self.refunds.pending():
            if self.refunds.settle(refund):
                self.refund_ended(refund)

    def order_paid(self, order: Order) -> None:
        """Do what follows a payment."""

    def refund_ended(self, refund: Refund) -> None:
        """Do what follows the end of a refund."""


Handler = Callable[[Desk, MockRequest, dict[str, str], str], MockReply]
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
