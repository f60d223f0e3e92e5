"""What every operation of the Allinpay mock works on: keys, clock, gate and books, and what is told when something was paid."""

from datetime import datetime
from typing import Any

from mocks.allinpay import tlt_payouts
from mocks.allinpay.keys import AllinpayKeys
from mocks.allinpay.tlt_payouts import Line, Package, Payouts
from mocks.allinpay.vsp_notify import Herald
from mocks.allinpay.vsp_signing import Gate
from mocks.allinpay.vsp_trades import Trade, Trades
from mocks.clock import Clock


class Desk:
    """The state of one Allinpay mock: both of its products."""

    def __init__(self, keys: AllinpayKeys, clock: Clock) -> None:
        """Open with empty books."""
        self.keys = keys
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.gate = Gate(self.keys)
        self.payouts = Payouts(self.clock)
        self.trades = Trades(self.clock)
        self.herald = Herald(self.gate, self.clock)
        self.authcodes: set[str] = set()
        self.files: dict[str, tuple[datetime, bytes]] = {}

    def tick(self) -> None:
        """Let time do its work, and tell what was paid by it."""
        self.payouts.tick()
        for one in self.trades.tick():
            self.told(one)

    def told(self, one: Trade) -> None:
        """Tell that a payment was made. What gives money back is told by its answer and its query."""
        if one.is_payment:
            self.herald.tell(one, one.fields.get("notify_url"))

    def now(self) -> datetime:
        """Return business time."""
        return self.clock.now()

    def shown_payout(self, package: Package, line: Line) -> dict[str, Any]:
        """Return a payout as the control plane shows it."""
        return tlt_payouts.shown(package, line, self.now())
