"""What every operation of the WeChat mock works on: keys, clock, gate and books, and what is told when something happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mocks.clock import Clock
from mocks.wechat.batches import Batch, Batches
from mocks.wechat.keys import WechatKeys
from mocks.wechat.notify import Herald
from mocks.wechat.orders import Order, Orders
from mocks.wechat.refunds import Refund, Refunds
from mocks.wechat.signing import Gate
from mocks.wechat.transfers import ENDS, Transfer, Transfers
from mocks.wire import MockReply, MockRequest


@dataclass(frozen=True, slots=True)
class Statement:
    """A bill that waits to be downloaded."""

    content: bytes
    kind: str
    until: datetime


class Desk:
    """The state of one WeChat mock."""

    def __init__(self, keys: WechatKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.gate = Gate(self.keys, self.clock)
        self.statements: dict[str, Statement] = {}
        self.orders = Orders(self.clock)
        self.refunds = Refunds(self.clock, self.orders)
        self.transfers = Transfers(self.clock)
        self.batches = Batches(self.clock)
        self.herald = Herald(self.keys, self.gate, self.clock)

    def tick(self) -> None:
        """Let refunds and transfers settle. Orders expire when they are looked at."""
        for refund in self.refunds.pending():
            if self.refunds.settle(refund):
                self.refund_ended(refund)
        for transfer in self.transfers.open():
            if self.transfers.settle(transfer):
                self.transfer_moved(transfer)
        for batch in self.batches.open():
            if self.batches.settle(batch):
                self.batch_ended(batch)

    def order_paid(self, order: Order) -> None:
        """Do what follows a payment."""
        self.herald.paid(order)

    def refund_ended(self, refund: Refund) -> None:
        """Do what follows the end of a refund."""
        self.herald.refund_ended(refund)

    def transfer_moved(self, transfer: Transfer) -> None:
        """Do what follows when a transfer came into another state."""
        if transfer.state in ENDS:
            self.herald.transfer_ended(transfer)

    def batch_ended(self, batch: Batch) -> None:
        """Do what follows the end of a batch."""
        self.herald.batch_ended(batch)


Handler = Callable[[Desk, MockRequest, dict[str, str], str], MockReply]
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
