"""What a channel declares, tried: each verb with each product, payee and kind of bill; the capability matrix is made of it."""

from collections.abc import Callable
from dataclasses import dataclass

from payment_channels.channel import Channel, Verb
from payment_channels.model.bills import BillStatus
from payment_channels.model.orders import PaymentOrder
from payment_channels.model.queries import BalanceQuery, BillQuery, PaymentQuery
from payment_channels.model.results import EvidenceKind, Outcome
from payment_channels.testing.batches import Batches
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart
from payment_channels.testing.kit import KitClock
from payment_channels.testing.notices import Notices
from payment_channels.testing.payments import Payments
from payment_channels.testing.payouts import Payouts
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.refunds import Refunds
from payment_channels.testing.said import said


@dataclass(frozen=True, slots=True, order=True)
class Proved:
    """One thing that was declared and that worked: a verb, and the product, payee or kind of bill."""

    verb: str
    choice: str


class Declared(Notices, Batches, Refunds, Payouts, Payments):
    """What a channel declares works, from the order to the books."""

    def test_declared_capabilities_work(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, clock: KitClock
    ) -> None:
        """Nothing is declared that the counterpart does not carry out."""
        proved = self.prove(channel, caller, counterpart, clock)
        declared = {str(verb) for verb in channel.manifest.capabilities}
        keep(Promise.DECLARED, {one.verb for one in proved} == declared, f"declared {declared}, worked {proved}")

    def prove(self, channel: Channel, caller: Caller, counterpart: Counterpart, clock: KitClock) -> list[Proved]:
        """Carry out all that is declared, and return what worked.

        Raises:
            PromiseBrokenError: something that is declared did not work.
        """
        capabilities = channel.manifest.capabilities
        done: list[Proved] = []
        for product in self.choices(channel, Verb.PAY) if Verb.PAY in capabilities else []:
            done += self.prove_product(channel, caller, counterpart, product)
        checks: list[tuple[Verb, Callable[[], None]]] = [
            (Verb.CLOSE, lambda: self.test_closed_cannot_be_paid(channel, caller, counterpart)),
            (Verb.REFUND, lambda: self.test_refunds_never_exceed_the_payment(channel, caller, counterpart)),
            (Verb.QUERY_REFUND, lambda: self.test_one_refund_id_gives_back_once(channel, caller, counterpart)),
            (Verb.CANCEL, lambda: self.test_what_is_cancelled_is_undone(channel, caller, counterpart, clock)),
            (Verb.PAYOUT, lambda: self.test_every_payee_that_is_declared_is_paid(channel, caller, counterpart)),
            (Verb.QUERY_PAYOUT, lambda: self.test_a_payout_that_failed_says_so(channel, caller, counterpart)),
            (Verb.CONFIRM_PAYOUT, lambda: self.test_a_payout_that_asks_to_be_confirmed(channel, caller, counterpart)),
            (Verb.PAYOUT_BATCH, lambda: self.test_every_line_of_a_batch_is_paid(channel, caller, counterpart)),
            (Verb.QUERY_PAYOUT_BATCH, lambda: self.test_a_line_that_failed_fails_alone(channel, caller, counterpart)),
            (Verb.CANCEL_PAYOUT, lambda: self.test_a_withdrawn_payout_is_not_called_paid(channel, caller, counterpart)),
            (Verb.READ_NOTIFICATION, lambda: self.prove_notification(channel, caller, counterpart)),
            (Verb.BALANCE, lambda: self.prove_balance(caller)),
        ]
        for verb, check in checks:
            if verb in capabilities:
                check()
                done += [Proved(str(verb), choice) for choice in self.choices(channel, verb) or [""]]
        for kind in self.choices(channel, Verb.BILL) if Verb.BILL in capabilities else []:
            done.append(self.prove_bill(channel, caller, counterpart, kind))
        return sorted(done)

    def prove_product(self, channel: Channel, caller: Caller, counterpart: Counterpart, product: str) -> list[Proved]:
        """Create an order by a product, let it be paid, and find it paid by each id that is declared."""
        order = self.payment(counterpart, product)
        prepared = caller.prepare(order)
        created = caller.pay(prepared)
        begun = created.outcome in {Outcome.PENDING, Outcome.SUCCEEDED}
        keep(Promise.DECLARED, begun, f"an order by {product}: {said(created)}")
        handed = created.outcome is Outcome.SUCCEEDED or created.payer_action is not None or created.retry_after is not None
        keep(Promise.DECLARED, handed, f"an order by {product} is pending; give facts.payer_action, or retry_after in the table")
        if created.payer_action is not None and created.evidence.kind is EvidenceKind.HANDED_TO_PAYER:
            keep(Promise.UNKNOWN, created.outcome is Outcome.PENDING, "what was handed to the payer can be paid")
        counterpart.pay(order, created)
        query = PaymentQuery.of(prepared)
        found = caller.query(query)
        keep(Promise.DECLARED, found.outcome is Outcome.SUCCEEDED, f"paid by {product}; the query: {said(found)}")
        if channel.manifest.capabilities[Verb.QUERY].query_by_channel_id:
            by_channel = query.model_copy(update={"merchant_order_id": None, "channel_order_id": found.channel_order_id})
            told = caller.query(by_channel)
            keep(Promise.DECLARED, told.outcome is Outcome.SUCCEEDED, f"{product} by the channel's id: {said(told)}")
        return [Proved(str(Verb.PAY), product), Proved(str(Verb.QUERY), product)]

    def prove_notification(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """Read one: signed, it agrees with the query; unsigned, it settles nothing."""
        unsigned = channel.manifest.capabilities[Verb.READ_NOTIFICATION].unsigned
        check = self.test_an_unsigned_notification_settles_nothing if unsigned else self.test_query_and_notification_agree
        check(channel, caller, counterpart)

    def prove_balance(self, caller: Caller) -> None:
        """Ask for the balance."""
        told = caller.balance(BalanceQuery())
        keep(Promise.DECLARED, told.outcome is Outcome.SUCCEEDED and told.balances, f"balance: {said(told)}")

    def prove_bill(self, channel: Channel, caller: Caller, counterpart: Counterpart, kind: str) -> Proved:
        """Do a day's business, end the day, and find it in the bill; before that, the bill is not ready, and not empty."""
        order = self.usual_order(channel, counterpart)
        query = self.carried_out(caller, counterpart, order)
        refunds = Verb.REFUND in channel.manifest.capabilities
        if refunds and isinstance(order, PaymentOrder) and isinstance(query, PaymentQuery):
            caller.refund(self.refund(order, query, 34))
            counterpart.settle_refunds()
        early = caller.bill(BillQuery(day=counterpart.today(), bill_kind=kind))
        keep(
            Promise.DECLARED, early.status is not BillStatus.EMPTY, f"today's {kind} bill is called empty before the day is over"
        )
        bill = caller.bill(BillQuery(day=counterpart.end_day(), bill_kind=kind))
        keep(
            Promise.DECLARED,
            bill.status is BillStatus.READY,
            f"the {kind} bill of a day with business is {bill.status} {bill.raw}",
        )
        told = [row.amount for row in bill.rows]
        keep(Promise.AMOUNT, order.amount in told, f"{order.amount} moved that day; the {kind} bill holds {told}")
        return Proved(str(Verb.BILL), kind)
