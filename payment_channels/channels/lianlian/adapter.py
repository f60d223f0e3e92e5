"""The verbs of LianLian: which room does which, and what is checked before anything is sent."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.lianlian import checks, notify, payouts
from payment_channels.channels.lianlian.config import LianlianConfig
from payment_channels.channels.lianlian.line import Line
from payment_channels.channels.lianlian.messages import moment
from payment_channels.channels.lianlian.payload import PayloadKeys, random_keys
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder, ConfirmPayoutOrder, PayoutOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BalanceQuery, PayoutQuery


class Lianlian(Channel):
    """One merchant at LianLian."""

    manifest: ClassVar[Manifest]

    def __init__(
        self,
        config: LianlianConfig,
        *,
        clock: Clock = system_clock,
        payload_keys: Callable[[], PayloadKeys] = random_keys,
    ) -> None:
        """Parse the keys of ``config`` once. ``payload_keys`` makes the keys of each encrypted message; tests inject their own.

        Raises:
            ConfigurationError: a key cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._line = Line(config, clock, payload_keys)
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The merchant, as every ``Prepared.wire`` of this adapter has it."""
        return {"oid_partner": self.config.oid_partner}

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order and give it its dt_order: ``ordered_at`` in Beijing."""
        wire = {"oid_partner": self.config.oid_partner}
        if isinstance(order, PayoutOrder):
            checks.check_payout(order)
            wire["dt_order"] = moment(order.ordered_at)
        elif isinstance(order, ConfirmPayoutOrder):
            checks.check_confirmation(order)
        else:
            self._not_supported(order.kind)
        key_id = self._line.signer.key_id
        return self.ready(order, wire, key_id=key_id)
        yield  # an exchange that asks nothing of the world

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """To a debit card or a company's account."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._line, order, prepared.wire)

    def confirm_payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Let LianLian pay what it held back."""
        order = prepared.order
        assert isinstance(order, ConfirmPayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.confirm(self._line, order, prepared.wire)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By the merchant's number or by LianLian's."""
        return payouts.query(self._line, asked)

    def balance(self, asked: BalanceQuery) -> Exchange[Reading]:
        """Of the merchant's account."""
        return payouts.balance(self._line, asked)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Payouts that were made or failed."""
        return notify.read(self._line, inbound, self._seen)
