"""The desk: the one path of a core's orders. It decides where each goes, writes it down before it leaves, and carries it on.

The very same order again finds its assignment and goes on there. Refunds, queries, closings and cancellations follow the channel
that has the original.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from payment_channels.business.carrying import Carrying
from payment_channels.business.giving import ChannelAccount, Giving
from payment_channels.business.originals import Originals, own_number
from payment_channels.business.people import named
from payment_channels.business.routing.assignments import Assignment, Place
from payment_channels.business.routing.completing import completed, new_number
from payment_channels.business.routing.router import Funds
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError, State
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import checked, known
from payment_channels.model.orders import (
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    ConfirmPayoutOrder,
    PaymentOrder,
    PayoutOrder,
    RefundOrder,
)
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError
from payment_channels.model.results import CancelResult, CloseResult, Outcome, PaymentResult, PayoutResult, RefundResult, Result

__all__ = ["ChannelAccount", "Desk", "Routed"]
log = logging.getLogger("payment_channels.desk")
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class Routed(Generic[R]):
    """What came of an order, and where it stands. Without an assignment nobody knows whether the order was written down."""

    assignment: Assignment | None
    result: R

    @property
    def outcome(self) -> Outcome:
        """What is known of the money."""
        return self.result.outcome


class Desk:
    """Takes the orders of all merchants. Share it between threads; any number of processes may share the journal."""

    def __init__(
        self,
        journal: Journal,
        accounts: Mapping[str, DurableClient | ChannelAccount],
        *,
        funds: Funds | None = None,
        number: Callable[[Place, int], str] = new_number,
    ) -> None:
        """``accounts`` by the names that the policy uses; ``number`` makes the numbers of an order's later attempts.

        Without ``funds`` nothing is reserved, and every account is taken for funded.
        """
        opened = {name: one if isinstance(one, ChannelAccount) else ChannelAccount(one) for name, one in accounts.items()}
        self.journal = journal
        self._giving = Giving(journal, opened, funds, number)
        self._carrying = Carrying(self._giving)
        self.assignments = self._giving.assignments
        self.router = self._giving.router
        self._originals = Originals(journal, opened, self.assignments)

    def payout(
        self, merchant: str, order: PayoutOrder, *, labels: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Routed[PayoutResult]:
        """Pay money out (代付); ``labels`` are the core's own words of the order, which a policy may ask for.

        Raises:
            NoRouteError: no account may take it now; its ``decision`` says of each why not.
            PaymentChannelError: nothing of this order has left, and nothing will.
        """
        return self._take(merchant, order, labels, timeout, PayoutResult)

    def pay(
        self, merchant: str, order: PaymentOrder, *, labels: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Routed[PaymentResult]:
        """Take money (收款).

        Raises:
            PaymentChannelError: as ``payout``.
        """
        return self._take(merchant, order, labels, timeout, PaymentResult)

    def _take(
        self,
        merchant: str,
        order: PaymentOrder | PayoutOrder,
        labels: Mapping[str, str] | None,
        timeout: float | None,
        kind: type[R],
    ) -> Routed[R]:
        if timeout is not None:
            checked(timeout)
        place = (named(merchant, "merchant"), order.kind, order.merchant_order_id)
        held, ours = self.assignments.latest(place), False
        try:
            if held is None:
                held, ours = self._giving.first(place, order, labels or {}, timeout)
        except JournalUnavailableError as error:
            if not error.maybe_kept:
                raise
            log.exception("nobody knows whether the assignment of %s was kept: give the very same order again", place[2])
            return Routed(None, _sure(self._carrying.lost("", order), kind))
        try:
            if not ours:
                self._has_the_same(held, order)
            held, result = self._carrying.carry(held, order, timeout, given=ours)
        except JournalUnavailableError:  # it is assigned, and whoever sweeps will send it
            log.exception("the journal cannot be used; what becomes of %s is not known before it can", place[2])
            result = self._carrying.lost(held.account, order)
        return Routed(held, _sure(own_number(result, held.number, held.order_id), kind))

    # --- what follows the original

    def refund(self, merchant: str, order: RefundOrder, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款), through the channel that took it.

        ``order.original`` names the payment by the core's own number, with its total; all else of it the journal knows.

        Raises:
            PaymentChannelError: nothing was sent: the desk never had the payment, its total is another, or as a channel's refund.
        """
        _, record, account = self._originals.payment_of(merchant, order.original)
        return account.client.refund(self._originals.undoing(order, record, account), timeout=timeout)

    def cancel(self, merchant: str, order: CancelOrder, *, timeout: float | None = None) -> CancelResult:
        """Undo a payment (撤销 / 冲正), through the channel that has it.

        Raises:
            PaymentChannelError: as ``refund``.
        """
        held, record, account = self._originals.payment_of(merchant, order.original)
        result = account.client.cancel(self._originals.undoing(order, record, account), timeout=timeout)
        return _sure(own_number(result, held.number, held.order_id), CancelResult)

    def close(self, merchant: str, order: CloseOrder, *, timeout: float | None = None) -> CloseResult:
        """Close a payment that is not paid (关单), at the channel that has it.

        Raises:
            PaymentChannelError: as ``refund``.
        """
        held, record, account = self._originals.found((merchant, "payment", order.merchant_order_id))
        result = account.client.close(self._originals.closing(order, record), timeout=timeout)
        return _sure(own_number(result, held.number, held.order_id), CloseResult)

    def confirm_payout(self, merchant: str, order: ConfirmPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Release a payout that its channel holds back (确认付款).

        Raises:
            PaymentChannelError: nothing was sent.
        """
        held, _, account = self._originals.found((merchant, "payout", order.merchant_order_id))
        result = account.client.confirm_payout(self._originals.renamed(order, held), timeout=timeout)
        return _sure(own_number(result, held.number, held.order_id), PayoutResult)

    def cancel_payout(self, merchant: str, order: CancelPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Withdraw a payout that is not final (撤销代付).

        Raises:
            PaymentChannelError: nothing was sent.
        """
        held, _, account = self._originals.found((merchant, "payout", order.merchant_order_id))
        result = account.client.cancel_payout(self._originals.renamed(order, held), timeout=timeout)
        return _sure(own_number(result, held.number, held.order_id), PayoutResult)

    def query(self, merchant: str, order_id: str, *, timeout: float | None = None) -> Routed[PaymentResult]:
        """Ask for a payment at its channel (查单). A payment found failed is carried on where its result allows it, or closed.

        Raises:
            PaymentChannelError: the query was not made.
        """
        return self._asked((merchant, "payment", order_id), timeout, PaymentResult)

    def query_payout(self, merchant: str, order_id: str, *, timeout: float | None = None) -> Routed[PayoutResult]:
        """Ask for a payout at its channel (代付查询). One found failed is carried on where its result allows it, or closed.

        Raises:
            PaymentChannelError: the query was not made.
        """
        return self._asked((merchant, "payout", order_id), timeout, PayoutResult)

    def query_refund(self, merchant: str, refund_id: str, *, order_id: str, timeout: float | None = None) -> RefundResult:
        """Ask for a refund at the channel of its payment (退款查询); ``order_id`` is the payment's number.

        Raises:
            PaymentChannelError: the query was not made.
        """
        _, record, account = self._originals.found((merchant, "payment", order_id))
        asked = self._originals.refund_of(record, refund_id)
        return account.client.query_refund(RefundQuery.of(asked), timeout=timeout)

    def _asked(self, place: Place, timeout: float | None, kind: type[R]) -> Routed[R]:
        held, record, account = self._originals.found(place)
        prepared = self.journal.prepared_of(record)
        result: Result
        if place[1] == "payment":
            result = account.client.query(PaymentQuery.of(prepared), timeout=timeout)
        else:
            result = account.client.query_payout(PayoutQuery.of(prepared), timeout=timeout)
        learnt = self._carrying.learn(held, timeout)
        if learnt is not None and learnt[0].id != held.id:
            held, result = learnt
        elif learnt is not None:
            held = learnt[0]
        now = self.journal.find(held.key)
        if result.outcome is Outcome.FAILED and now is not None and now.state is not State.FAILED:
            # A query speaks of what it covers: the journal has seen money move, or has another attempt on its way.
            result = known(self.journal, verb_of(held.kind), prepared.order, now)
        return Routed(held, _sure(own_number(result, held.number, held.order_id), kind))

    def carry_on(self, limit: int = 100, *, timeout: float | None = None) -> list[Routed[Result]]:
        """Carry on what news has come of since: of the resolver, of notifications, of bills; and what lies unsent.

        Run it beside the resolver, as often. A payout found failed goes on to another account where its result allows it.
        """
        done = []
        for held in self.assignments.to_carry_on(limit):
            try:
                after, result = self._carrying.go_on(held, timeout)
            except PaymentChannelError as error:
                log.warning("%s of %s is not carried on now: %s", held.order_id, held.merchant, error)
                continue
            done.append(Routed(after, own_number(result, after.number, after.order_id)))
        return done

    def _has_the_same(self, held: Assignment, order: Any) -> None:
        """Compare an order with what was given to the account.

        Raises:
            InvalidRequestError: the number was used for an order with other content.
        """
        if self.journal.is_known(held.account, completed(order, held.number, held.added)) is None:
            raise InvalidRequestError.because(
                f"商户 {held.merchant} 的单号 {held.order_id} 已用于内容不同的订单，没有发送；请核对，或换新单号",
                f"{held.merchant} has used {held.order_id} for an order with other content: compare them, or take a new number",
                field="merchant_order_id",
                canonical="DUPLICATE_OTHER_CONTENT",
            )


def _sure(result: Result, kind: type[R]) -> R:
    assert isinstance(result, kind)  # noqa: S101  the verb's own result
    return result
