"""What every operation of the UnionPay mock works on: keys, clock, gate and books, and what is told when something happened."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mocks.clock import Clock
from mocks.unionpay.keys import UnionpayKeys
from mocks.unionpay.notify import Herald
from mocks.unionpay.signing import Gate
from mocks.unionpay.transactions import UNSETTLED, Transaction, Transactions
from mocks.wire import MockReply


class Desk:
    """The state of one UnionPay mock."""

    def __init__(self, keys: UnionpayKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.gate = Gate(self.keys)
        self.transactions = Transactions(self.clock)
        self.pages: dict[str, Transaction] = {}
        self.herald = Herald(self.gate, self.clock)

    def tick(self) -> None:
        """Let time do its work."""
        for one in self.transactions.all.values():
            if one.state in UNSETTLED:
                self.settle(one)

    def settle(self, one: Transaction, *, asked: bool = False) -> None:
        """Let time do its work on one transaction, and tell its end."""
        if self.transactions.settle(one, asked=asked):
            self.herald.ended(one)

    def page_for(self, order: Transaction) -> str:
        """Return the token of an order's payment page."""
        token = secrets.token_urlsafe(18)
        self.pages[token] = order
        return token

    def attempt(self, order: Transaction, code: str | None = None) -> None:
        """Let a payer pay; where the order's magic value says so, it comes to something else.

        Raises:
            ControlRefusedError: the order cannot be paid any more.
        """
        wanted = code or order.doomed
        late = order.state == "EXPIRED"
        if wanted is not None and wanted not in {"00", "A6"} and not late:
            self.transactions.move(order, "fail", wanted)
            return
        self.transactions.move(order, "pay", None if late else wanted)
        self.herald.ended(order)

    def now(self) -> datetime:
        """Return business time."""
        return self.clock.now()


Answer = dict[str, str] | MockReply
"""What an operation comes to: the fields that its answer adds, or a page."""
Handler = Callable[[Desk, dict[str, str]], Answer]
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
