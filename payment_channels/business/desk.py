"""The desk: the one path of a core's orders. It decides where each goes, writes it down before it leaves, and carries it on.

The very same order again finds its assignment and goes on there. Refunds, queries, closings and cancellations follow the channel
that has the original.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from payment_channels.business.carrying import Carrying, ChannelAccount
from payment_channels.business.people import named
from payment_channels.business.routing.assignments import Assignment, Place
from payment_channels.business.routing.completing import completed, new_number
from payment_channels.business.routing.router import Funds
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.refusals import InvalidRequestError
from payment_channels.model.results import Outcome, PaymentResult, PayoutResult, Result

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
        self._carrying = Carrying(journal, opened, funds, number)
        self.assignments = self._carrying.assignments
        self.router = self._carrying.router

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
        place = (named(merchant, "merchant"), order.kind, order.merchant_order_id)
        held = self.assignments.latest(place)
        try:
            held = self._the_same(held, order) if held is not None else self._carrying.first(place, order, labels or {}, timeout)
        except JournalUnavailableError as error:
            if not error.maybe_kept:
                raise
            log.exception("nobody knows whether the assignment of %s was kept: give the very same order again", place[2])
            return Routed(None, _sure(self._carrying.lost("", order), kind))
        held, result = self._carrying.carry(self._the_same(held, order), order, timeout)
        return Routed(held, _sure(_own(result, held), kind))

    def _the_same(self, held: Assignment, order: Any) -> Assignment:
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
        return held


def _own(result: Result, held: Assignment) -> Result:
    """Give a result the number that the core knows; the one that the channel knows stands in the assignment."""
    if vars(result).get("merchant_order_id") in {None, held.order_id}:
        return result
    return result.model_copy(update={"merchant_order_id": held.order_id})


def _sure(result: Result, kind: type[R]) -> R:
    assert isinstance(result, kind)  # noqa: S101  the verb's own result
    return result
