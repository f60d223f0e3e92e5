"""The verbs of UnionPay: which room does which, and what is checked before anything is sent."""

import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.unionpay import bill, bodies, checks, notify, payments, payouts, queries, refunds
from payment_channels.channels.unionpay.config import UnionpayConfig
from payment_channels.channels.unionpay.line import Line
from payment_channels.channels.unionpay.messages import moment
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder, CancelOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BillQuery, PaymentQuery, PayoutQuery, RefundQuery

Nonce = Callable[[], str]


def random_nonce() -> str:
    """Return 32 hex digits: the number of a request that is about no order."""
    return secrets.token_hex(16)


class Unionpay(Channel):
    """One merchant at UnionPay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: UnionpayConfig, *, clock: Clock = system_clock, nonce: Nonce = random_nonce) -> None:
        """Parse the keys of ``config`` once.

        Raises:
            ConfigurationError: a key or a certificate cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._line = Line(config, clock, nonce)
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The merchant, as every ``Prepared.wire`` of this adapter has it."""
        return {"merId": self.config.mer_id}

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order and give it its txnTime: ``ordered_at`` in Beijing, so that the same order is the same transaction.

        Another time under the same number would be another transaction at UnionPay, and pay twice.
        """
        wire: dict[str, str] = {}
        if isinstance(order, PaymentOrder):
            checks.check_payment(order)
            checks.check_channel_type(order)
            wire["payTimeout"] = moment(bodies.pay_timeout(order))
        elif isinstance(order, RefundOrder):
            checks.check_refund(order, self.clock())
        elif isinstance(order, CancelOrder):
            checks.check_cancel(order, self.clock())
        elif isinstance(order, PayoutOrder):
            checks.check_payout(order)
        else:
            self._not_supported(order.kind)
        wire |= {"txnTime": moment(order.ordered_at), "merId": self.config.mer_id}
        return self.ready(order, wire, key_id=self._line.key_id)
        yield  # an exchange that asks nothing of the world

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """A form for the browser, or a transaction number for the app."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare made it; nothing has been sent
        how = payments.by_app if order.product == "app" else payments.by_form
        return how(self._line, order, prepared.wire)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """By the order's number and time."""
        return queries.payment(self._line, asked)

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """Undo a whole payment, on its clearing day; ``query_refund`` tells what became of it."""
        order = prepared.order
        assert isinstance(order, CancelOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.cancel(self._line, order, prepared.wire)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Give part or all of a payment back."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.refund(self._line, order, prepared.wire)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """By the refund's or the cancellation's own number and time."""
        return queries.refund(self._line, asked)

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """To a bank card."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._line, order, prepared.wire)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By the payout's number and time."""
        return queries.payout(self._line, asked)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Payments, refunds, cancellations and payouts."""
        return notify.read(self._line, inbound, self._seen, self.manifest.payable_for)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """The settlement file of one clearing day."""
        return bill.bill(self._line, asked)
