"""The verbs of Alipay: which room does which, and what is checked before anything is sent."""

from collections.abc import Mapping
from typing import ClassVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.alipay import bill, bodies, checks, notify, payments, payouts, refunds
from payment_channels.channels.alipay.config import AlipayConfig
from payment_channels.channels.alipay.line import Line
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder, CancelOrder, CloseOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BalanceQuery, BillQuery, PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import ConfigurationError


class Alipay(Channel):
    """One merchant's application at Alipay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: AlipayConfig, *, clock: Clock = system_clock) -> None:
        """Parse the keys of ``config`` once.

        Raises:
            ConfigurationError: a key or certificate cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._line = Line(config, clock)
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The merchant, as every ``Prepared.wire`` of this adapter has it."""
        return {"app_id": self.config.app_id}

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order against the documented forms; the wire keeps what a later query needs."""
        return self.ready(order, {"app_id": self.config.app_id, **self._wire(order)}, key_id=self._line.signer.key_id)
        yield  # an exchange that asks nothing of the world

    def _wire(self, order: AnyOrder) -> dict[str, str]:
        checks.check_no_sub_merchant(vars(order).get("sub_merchant"))
        if isinstance(order, PaymentOrder):
            checks.check_payment(order)
        elif isinstance(order, RefundOrder):
            checks.check_refund(order)
            if order.original.channel_order_id is not None:
                return {"trade_no": order.original.channel_order_id}
        elif isinstance(order, CloseOrder):
            checks.check_close(order)
        elif isinstance(order, CancelOrder):
            checks.check_cancel(order)
        elif isinstance(order, PayoutOrder):
            self._check_certificate_mode()
            checks.check_payout(order)
            return bodies.transfer_kind(order)
        else:
            self._not_supported(order.kind)
        return {}

    def _check_certificate_mode(self) -> None:
        if not self.config.certificate_mode:
            raise ConfigurationError.because(
                "代付须用证书模式：请配置 app_cert、alipay_cert 与 alipay_root_cert",
                "payouts need certificate mode: configure app_cert, alipay_cert and alipay_root_cert",
                field="app_cert",
            )

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """Precreate, bar_code and create are sent; page, wap and app are handed to the payer."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payments.pay(self._line, order)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """By either id."""
        return payments.query(self._line, asked)

    def close(self, prepared: Prepared) -> Exchange[Reading]:
        """Of a trade that awaits its payer."""
        order = prepared.order
        assert isinstance(order, CloseOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payments.close(self._line, order)

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """Close or refund a payment whose result nobody knows."""
        order = prepared.order
        assert isinstance(order, CancelOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payments.cancel(self._line, order)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Of a payment of any product."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.refund(self._line, order)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """By the merchant's refund number and the payment's."""
        return refunds.query(self._line, asked)

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Transfer to a wallet or to a bank account."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._line, order)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By the merchant's number and the wire of its ``Prepared``, or by the channel's id."""
        return payouts.query(self._line, asked)

    def balance(self, asked: BalanceQuery) -> Exchange[Reading]:
        """Of the account that pays out."""
        return payouts.balance(self._line, asked)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Payments and refunds by ``notify_url``, transfers by the message service."""
        return notify.read(self._line, inbound, self._seen, self.manifest.payable_for)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """Trade bill and account bill of one day."""
        return bill.bill(self._line, asked)
