"""What every operation of the LianLian mock works on: keys, clock, gate and books, and what is told when something happened."""

from collections.abc import Callable
from typing import Any

from mocks.clock import Clock
from mocks.lianlian.keys import LianlianKeys
from mocks.lianlian.notify import Herald
from mocks.lianlian.payouts import Payout, Payouts
from mocks.lianlian.signing import Gate
from payment_channels.codec.rsa import RsaOaepDecryptor


class Desk:
    """The state of one LianLian mock."""

    def __init__(self, keys: LianlianKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.gate = Gate(keys)
        self.decryptor = RsaOaepDecryptor("lianlian", keys.platform_key)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.payouts = Payouts(self.clock)
        self.herald = Herald(self.gate, self.clock)

    def tick(self) -> None:
        """Let time do its work."""
        for one in self.payouts.all.values():
            self.settle(one)

    def settle(self, one: Payout) -> None:
        """Let time do its work on one payment, and tell its end."""
        if self.payouts.settle(one):
            self.herald.ended(one)


Handler = Callable[[Desk, dict[str, str]], dict[str, Any]]
Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
