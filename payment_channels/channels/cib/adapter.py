"""The verbs of CIB's direct connection: which room does which, and what is checked before anything is sent."""

import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar

from payment_channels.channel import Channel, Exchange, Manifest, Notice, Reading
from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.seen import Seen
from payment_channels.channels.cib import accounts, batches, bill, bodies, checks, notify, payouts, records, refunds
from payment_channels.channels.cib.config import CibConfig
from payment_channels.channels.cib.line import Line
from payment_channels.channels.cib.messages import BEIJING
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder, PayoutBatchOrder, PayoutOrder, RefundOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BalanceQuery, BillQuery, PayoutBatchQuery, PayoutQuery, RefundQuery

Nonce = Callable[[], str]


def random_nonce() -> str:
    """Return 30 characters: the TRNUID of a request that is about no order."""
    return f"Q{secrets.token_hex(15)[:29]}"


class Cib(Channel):
    """One customer and account at CIB."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: CibConfig, *, clock: Clock = system_clock, nonce: Nonce = random_nonce) -> None:
        """Nothing is parsed and nothing fetched: the proxy holds the keys."""
        super().__init__(clock=clock)
        self.config = config
        self._line = Line(config, clock, nonce)
        self._seen = Seen()

    def identity(self) -> Mapping[str, str]:
        """The customer, and a mark of the account that pays: by another configuration it would be another account that pays."""
        return {"CID": self.config.cid, "ACCTFROM": bodies.account_mark(self.config.cid, self.config.acct_id)}

    @property
    def trusted_line(self) -> str:
        """The bank's proxy, as the configuration names it."""
        return self.config.trusted_line

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Check the order. Its number is its TRNUID, so that the same order is the same transaction whenever it is sent."""
        if isinstance(order, PayoutOrder):
            checks.check_payout(order, self.config, self.clock().astimezone(BEIJING).date())
            found_by = payouts.wire_of(order)
        elif isinstance(order, PayoutBatchOrder):
            batches.check(order, self.config)
            found_by = {payouts.INTERFACE: batches.NAME}
        elif isinstance(order, RefundOrder):
            refunds.check(order, self.config)
            found_by = refunds.wire_of(order, self.config)
        else:
            self._not_supported(order.kind)
        wire = {**self.identity(), **found_by}
        return self.ready(order, wire)
        yield  # an exchange that asks nothing of the world

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """By transfer (by 超级网银 where real time is asked for another bank), or by 收付直通车."""
        order = prepared.order
        assert isinstance(order, PayoutOrder)  # noqa: S101  prepare made it; nothing has been sent
        return payouts.payout(self._line, order, prepared.wire)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """By TRNUID, at the interface that the payout went by."""
        return payouts.query(self._line, asked)

    def payout_batch(self, prepared: Prepared) -> Exchange[Reading]:
        """By 异步批量代付: at most 100 lines, processed later."""
        order = prepared.order
        assert isinstance(order, PayoutBatchOrder)  # noqa: S101  prepare made it; nothing has been sent
        return batches.payout_batch(self._line, order)

    def query_payout_batch(self, asked: PayoutBatchQuery) -> Exchange[Reading]:
        """By the batch's TRNUID; every line has a state of its own."""
        return batches.query_payout_batch(self._line, asked)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Of an order that was paid to the bank's e-commerce interfaces, by 商户单笔退款."""
        order = prepared.order
        assert isinstance(order, RefundOrder)  # noqa: S101  prepare made it; nothing has been sent
        return refunds.refund(self._line, order, prepared.wire)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """By its TRNUID."""
        return refunds.query(self._line, asked)

    def balance(self, asked: BalanceQuery) -> Exchange[Reading]:
        """Of the configured account, or of another one of the customer's."""
        return accounts.balance(self._line, asked)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """The configured account's statement of a day: as elements, or as records of a fixed length."""
        return bill.bill(self._line, asked, records.FORM if asked.bill_kind == records.KIND else bill.ELEMENTS)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """A balance-change notice: an event that is not signed."""
        return notify.read(self._line, inbound, self._seen)
