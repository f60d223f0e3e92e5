"""What follows an original: refunds, closings and cancellations of payments, confirmations of payouts, and all queries.

They go to the account where the order's money moves, under the number and with the wire's own words that the journal kept.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from payment_channels.business.giving import ChannelAccount
from payment_channels.business.routing.assignments import Assignment, Assignments, Place
from payment_channels.business.routing.taking import revived
from payment_channels.journal import Journal, OrderKey, OrderRecord, State
from payment_channels.journal.records import merchant_id_of
from payment_channels.model.orders import (
    AnyOrder,
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    ConfirmPayoutOrder,
    OriginalPayment,
    PaymentOrder,
    RefundOrder,
)
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError
from payment_channels.model.results import PaymentResult, Result

U = TypeVar("U", RefundOrder, CancelOrder)
P = TypeVar("P", ConfirmPayoutOrder, CancelPayoutOrder)


class Originals:
    """Finds what an order refers to, and the account that has it."""

    def __init__(self, journal: Journal, accounts: Mapping[str, ChannelAccount], assignments: Assignments) -> None:
        """The desk's own."""
        self.journal = journal
        self.accounts = accounts
        self.assignments = assignments

    def found(self, place: Place) -> tuple[Assignment, OrderRecord, ChannelAccount]:
        """Return where an order stands, with its record and the account.

        Raises:
            InvalidRequestError: the desk never had such an order of this merchant's.
            ConfigurationError: this program has not opened its account.
        """
        held, record = self._standing(place)
        if held is None or record is None:
            raise InvalidRequestError.because(
                f"商户 {place[0]} 没有经业务层分派的 {place[1]} 订单 {place[2]}",
                f"no {place[1]} {place[2]} of the merchant {place[0]} was ever assigned here",
                field="merchant_order_id",
            )
        account = self.accounts.get(held.account)
        if account is None:
            raise ConfigurationError.because(
                f"订单 {place[2]} 在账户 {held.account}，而本程序没有打开它",
                f"the order {place[2]} is at the account {held.account}, which this program has not opened",
                field=held.account,
            )
        return held, record, account

    def _standing(self, place: Place) -> tuple[Assignment | None, OrderRecord | None]:
        """Return where an order stands: the latest account, or an earlier one that has it after all where nothing moved since."""
        held = self.assignments.latest(place)
        record = self.journal.find(held.key) if held is not None else None
        if held is None or record is None or held.attempt == 1 or record.state not in {State.NOT_SENT, State.FAILED}:
            return held, record
        late = held
        before = self.journal.store.read(lambda cursor: revived(self.journal, self.assignments, late, cursor))
        return (held, record) if before is None else (before, self.journal.find(before.key))

    def payment_of(self, merchant: str, original: OriginalPayment) -> tuple[Assignment, OrderRecord, ChannelAccount]:
        """Return the payment that a refund or cancellation names.

        Raises:
            InvalidRequestError: it is named by the channel's number alone, the desk never had it, or its total is another.
        """
        if original.merchant_order_id is None:
            raise InvalidRequestError.because(
                "请给出原支付的商户单号：渠道由它确定",
                "name the payment by its merchant_order_id: it decides the channel",
                field="original.merchant_order_id",
            )
        found = self.found((merchant, "payment", original.merchant_order_id))
        if found[0].amount != original.amount:
            raise InvalidRequestError.because(
                f"原支付 {original.merchant_order_id} 的总额不是所给的金额",
                f"the payment {original.merchant_order_id} has another total than what is given",
                field="original.amount",
            )
        return found

    def undoing(self, order: U, record: OrderRecord, account: ChannelAccount) -> U:
        """Return a refund or cancellation as it goes to its payment's account; the very same where it went there before."""
        number = merchant_id_of(order)
        if isinstance(order, CancelOrder) and order.merchant_cancel_id is None:
            number = record.key.merchant_id
        sent = self.journal.find(OrderKey(record.key.account, order.kind, number))
        before: Any = self.journal.prepared_of(sent).order if sent is not None else None
        if before is not None and before.original.merchant_order_id == record.key.merchant_id:
            # What was learnt of the payment since does not make it another refund.
            return order.model_copy(update={"original": before.original, "sub_merchant": before.sub_merchant})
        payment = self.journal.prepared_of(record)
        told = self.journal.result_of(record)
        original = OriginalPayment.of(payment, told if isinstance(told, PaymentResult) else None)
        return order.model_copy(update={"original": original} | _kept(order, payment, account))

    def closing(self, order: CloseOrder, record: OrderRecord) -> CloseOrder:
        """Return a closing as it goes to its payment's account."""
        payment = self.journal.prepared_of(record)
        own = payment.order
        assert isinstance(own, PaymentOrder)  # noqa: S101  a payment's record
        return CloseOrder(
            merchant_order_id=own.merchant_order_id,
            ordered_at=own.ordered_at,
            sub_merchant=order.sub_merchant or own.sub_merchant,
            product=own.product,
            wire=payment.wire,
        )

    def refund_of(self, record: OrderRecord, refund_id: str) -> Prepared:
        """Return what the journal kept of a payment's refund.

        Raises:
            InvalidRequestError: the payment has no refund of that number.
        """
        sent = self.journal.find(OrderKey(record.key.account, "refund", refund_id))
        prepared = self.journal.prepared_of(sent) if sent is not None else None
        order = prepared.order if prepared is not None else None
        if prepared is None or not isinstance(order, RefundOrder) or order.original.merchant_order_id != record.key.merchant_id:
            raise InvalidRequestError.because(
                f"该支付没有退款单 {refund_id}", f"that payment has no refund {refund_id}", field="merchant_refund_id"
            )
        return prepared

    @staticmethod
    def renamed(order: P, held: Assignment) -> P:
        """Return what is about a payout, under the number that the payout has at its account."""
        return order.model_copy(update={"merchant_order_id": held.number})


def _kept(order: AnyOrder, payment: Prepared, account: ChannelAccount) -> dict[str, Any]:
    """What an undoing has in common with its payment, and what the account's settings say of it."""
    held = vars(order)
    given = {"sub_merchant": vars(payment.order)["sub_merchant"], "notify_url": account.fields.get("notify_url")}
    return {name: value for name, value in given.items() if value is not None and held[name] is None}


def own_number(result: Result, number: str, own: str) -> Result:
    """Give a result the number that the core knows instead of the account's."""
    if number == own or vars(result).get("merchant_order_id") != number:
        return result
    return result.model_copy(update={"merchant_order_id": own})
