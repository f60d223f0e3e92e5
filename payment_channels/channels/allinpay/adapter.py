"""The verbs of Allinpay: which half does which, which room, and what is checked before anything is sent."""

import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.allinpay import batches, bill, checks, notify, payees, payments, payouts, products, refunds
from payment_channels.channels.allinpay.config import AllinpayConfig
from payment_channels.channels.allinpay.messages import moment
from payment_channels.channels.allinpay.tlt import TltLine
from payment_channels.channels.allinpay.vsp import VspLine
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder, CancelOrder, PaymentOrder, PayoutBatchOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BillQuery, PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import ConfigurationError

Nonce = Callable[[], str]
Half = TypeVar("Half", VspLine, TltLine)


def random_nonce() -> str:
    """Return 32 hex digits: randomstr of a form, and what makes the number of a query."""
    return secrets.token_hex(16)


class Allinpay(Channel):
    """One merchant at Allinpay."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: AllinpayConfig, *, clock: Clock = system_clock, nonce: Nonce = random_nonce) -> None:
        """Parse the keys of ``config`` once.

        Raises:
            ConfigurationError: a key or a certificate cannot be used.
        """
        super().__init__(clock=clock)
        self.config = config
        self._vsp = VspLine(config.vsp, clock, nonce) if config.vsp is not None else None
        self._tlt = TltLine(config.tlt, clock, nonce) if config.tlt is not None else None
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The merchant of each half, as a ``Prepared.wire`` of this adapter has it."""
        vsp, tlt = self.config.vsp, self.config.tlt
        taking = {"cusid": vsp.cusid, "appid": vsp.appid} if vsp is not None else {}
        return taking | ({"MERCHANT_ID": tlt.merchant_id} if tlt is not None else {})

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order and give it what the wire says once and for all: its validity, or when it was submitted.

        Raises:
            ConfigurationError: the half that serves it is not configured.
        """
        if isinstance(order, PayoutOrder | PayoutBatchOrder):
            out = self._paying(order.kind)
            if isinstance(order, PayoutOrder):
                payees.check_payout(out.config, order)
            else:
                payees.check_batch(out.config, order)
            wire = {"MERCHANT_ID": out.config.merchant_id, "SUBMIT_TIME": moment(order.ordered_at)}
            if isinstance(order, PayoutOrder):
                wire |= payouts.wire_of(order)
            key_id = out.key_id
        else:
            vsp = self._taking(order.kind)
            wire = {"cusid": vsp.config.cusid, "appid": vsp.config.appid, **self._checked(order)}
            key_id = vsp.key_id
        return self.ready(order, wire, key_id=key_id)
        yield  # an exchange that asks nothing of the world

    def _checked(self, order: AnyOrder) -> dict[str, str]:
        now = self.clock()
        if isinstance(order, PaymentOrder):
            checks.check_payment(order, now)
            if order.product == products.SCAN:
                return {}
            minutes = products.minutes_left(now, order.expires_at)
            return {"validtime": str(minutes), "expires": moment(order.expires_at or now + products.PAYABLE)}
        if isinstance(order, RefundOrder):
            checks.check_refund(order)
        elif isinstance(order, CancelOrder):
            checks.check_cancel(order, now)
        else:
            self._not_supported(order.kind)
        return refunds.wire_of(order.original)

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """An order for the payer's wallet, or the code that he shows at a till."""
        order = prepared.order
        assert isinstance(order, PaymentOrder)  # noqa: S101  prepare made it; nothing has been sent
        vsp = self._taking("pay")
        if order.product == products.SCAN:
            return payments.scan(vsp, order)
        return payments.create(vsp, order, prepared.wire)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """By Allinpay's number or by ours."""
        if asked.merchant_order_id is not None:
            checks.check_number(asked.merchant_order_id, "merchant_order_id")
        return payments.query(self._taking("query"), asked)

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """Undo a whole payment, on its own day; ``query_refund`` tells what became of it."""
        order = prepared.order
        assert isinstance(order, CancelOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.cancel(self._taking("cancel"), order)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Give part or all of a payment back."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.refund(self._taking("refund"), order)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """By the refund's or the cancellation's own number."""
        checks.check_number(asked.merchant_refund_id, "merchant_refund_id")
        return refunds.query(self._taking("query_refund"), asked)

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """To a person's or a company's account."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._paying("payout"), order, prepared.wire)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By the payout's number."""
        payees.check_number(asked.merchant_order_id, "merchant_order_id")
        return payouts.query(self._paying("query_payout"), asked)

    def payout_batch(self, prepared: Prepared) -> Exchange[Reading]:
        """Many payouts in one packet."""
        order = prepared.order
        assert isinstance(order, PayoutBatchOrder)  # noqa: S101  prepare made it; nothing has been sent
        return batches.payout_batch(self._paying("payout_batch"), order, prepared.wire)

    def query_payout_batch(self, asked: PayoutBatchQuery) -> Exchange[Reading]:
        """By the batch's number; each line has an outcome of its own."""
        payees.check_number(asked.merchant_batch_id, "merchant_batch_id")
        return batches.query(self._paying("query_payout_batch"), asked)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Payments, cancellations and refunds."""
        return notify.read(self._taking("read_notification"), inbound, self._seen, self.manifest.payable_for)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """The transactions of one day."""
        return bill.bill(self._taking("bill"), asked)

    def _taking(self, verb: str) -> VspLine:
        return _there(self._vsp, verb, "vsp", "收银宝（VSP）", "VSP (收银宝)")

    def _paying(self, verb: str) -> TltLine:
        return _there(self._tlt, verb, "tlt", "通联通（TLT）", "TLT (通联通)")


def _there(half: Half | None, verb: str, field: str, zh: str, en: str) -> Half:
    if half is None:
        raise ConfigurationError.because(
            f"{verb} 需要{zh}的商户号与密钥：请在 AllinpayConfig 中填写 {field}",
            f"{verb} needs the merchant and the keys of {en}: give {field} in AllinpayConfig",
            field=field,
        )
    return half
