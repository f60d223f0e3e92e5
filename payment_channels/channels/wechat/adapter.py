"""The verbs of WeChat Pay: which room does which, and what is checked before anything is sent."""

import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.wechat import bill, bodies, checks, micropay, notify, payments, payouts, refunds
from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.line import Line
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import (
    AnyOrder,
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    PaymentOrder,
    PayoutOrder,
    RefundOrder,
)
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BillQuery, PaymentQuery, PayoutQuery, RefundQuery

Nonce = Callable[[], str]
CODE_PRODUCTS = frozenset({"micropay", "codepay"})


def random_nonce() -> str:
    """Return 32 upper-case hex digits, as the channel's own examples have them."""
    return secrets.token_hex(16).upper()


class Wechat(Channel):
    """One merchant, or one service provider, at WeChat Pay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: WechatConfig, *, clock: Clock = system_clock, nonce: Nonce = random_nonce) -> None:
        """Parse the keys of ``config`` once.

        Raises:
            ConfigurationError: a key cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._line = Line(config, clock, nonce)
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The merchant, as every ``Prepared.wire`` of this adapter has it."""
        return {"mchid": self.config.mchid}

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order against the channel's documented forms; the merchant's own id is the wire's."""
        if isinstance(order, PaymentOrder) or not isinstance(order, PayoutOrder | CancelPayoutOrder):
            self._check_payment(order)
        else:
            self._check_payout(order)
        return self.ready(order, {"mchid": self.config.mchid, "appid": self.config.appid}, key_id=self._line.signer.key_id)
        yield  # an exchange that asks nothing of the world

    def _check_payment(self, order: AnyOrder) -> None:
        if isinstance(order, PaymentOrder):
            checks.check_payment(order)
        elif isinstance(order, RefundOrder):
            checks.check_refund(order)
        elif isinstance(order, CloseOrder):
            checks.check_out_trade_no(order.merchant_order_id)
        elif isinstance(order, CancelOrder):
            checks.check_reversal(order, self.clock())
        else:
            self._not_supported(order.kind)
        bodies.whose(self.config, order.sub_merchant)
        if isinstance(order, PaymentOrder):
            if order.product == "micropay":
                micropay.key_of(self.config)
                micropay.check_attach(order)
        elif isinstance(order, CancelOrder):
            if order.original.product not in CODE_PRODUCTS:
                raise checks.refuse("original.product", "只有付款码支付可以撤销", "only payments by code can be reversed")
            if order.original.product == "micropay":
                micropay.key_of(self.config)

    def _check_payout(self, order: PayoutOrder | CancelPayoutOrder) -> None:
        if self.config.service_provider:
            # The partner twins of transfer-bills exist since 2025-07; their error tables and fields were never seen.
            raise checks.refuse(
                "service_provider", "服务商转账接口尚未支持", "transfers in service provider mode are not supported"
            )
        bodies.whose(self.config, order.sub_merchant)
        if isinstance(order, PayoutOrder):
            checks.check_transfer(order)
        else:
            checks.check_out_bill_no(order.merchant_order_id)

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """Native, jsapi, app, h5 and codepay by v3; micropay by v2."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare made it; nothing has been sent
        return micropay.pay(self._line, order) if order.product == "micropay" else payments.pay(self._line, order)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """By either id; orders of micropay have a door of their own."""
        return micropay.query(self._line, asked) if asked.product == "micropay" else payments.query(self._line, asked)

    def close(self, prepared: Prepared) -> Exchange[Reading]:
        """Of an order that is not paid; payments by code cannot be closed, only reversed."""
        order = prepared.order
        assert isinstance(order, CloseOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payments.close(self._line, order)

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """Reverse a payment by code."""
        order = prepared.order
        assert isinstance(order, CancelOrder)  # noqa: S101  prepare made it; nothing has been sent
        by_v2 = order.original.product == "micropay"
        return micropay.reverse(self._line, order) if by_v2 else payments.reverse(self._line, order)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Of a payment of any product."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.refund(self._line, order)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """By the merchant's refund number."""
        return refunds.query(self._line, asked)

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Transfer to a wallet; the payee confirms on his phone."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._line, order)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By either id, for 30 days."""
        return payouts.query(self._line, asked)

    def cancel_payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Before the payee confirms."""
        order = prepared.order
        assert isinstance(order, CancelPayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.cancel(self._line, order)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Payments, refunds and transfers."""
        return notify.read(self._line, inbound, self._seen, self.manifest.payable_for)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """Trade bill and fund-flow bill of one day."""
        return bill.bill(self._line, asked)
