"""The usual business of a channel: a payment where it takes money, else a payout; for checks that hold for either."""

from typing import Any

from payment_channels.channel import Channel, Verb
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutQuery
from payment_channels.model.results import PaymentResult, PayoutResult
from payment_channels.testing.caller import Caller
from payment_channels.testing.counterpart import Counterpart
from payment_channels.testing.kit import Kit

Order = PaymentOrder | PayoutOrder
Query = PaymentQuery | PayoutQuery
QUERIES = {Verb.PAY: Verb.QUERY, Verb.PAYOUT: Verb.QUERY_PAYOUT}


class Usual(Kit):
    """A check of these sends, asks and completes without knowing which of the two it is."""

    def usual_verb(self, channel: Channel) -> Verb:
        """Return the verb of the usual business; skip where the channel has none that can be asked after."""
        verb = Verb.PAY if Verb.PAY in channel.manifest.capabilities else Verb.PAYOUT
        self.needs(channel, verb, QUERIES[verb])
        return verb

    def usual_choice(self, channel: Channel) -> str:
        """Return its product or its kind of payee."""
        verb = self.usual_verb(channel)
        return self.usual_product if verb is Verb.PAY else self.choices(channel, verb)[0]

    def usual_order(self, channel: Channel, counterpart: Counterpart) -> Order:
        """Return an order of 12.34."""
        if self.usual_verb(channel) is Verb.PAY:
            return self.payment(counterpart)
        return self.payout(counterpart, self.usual_choice(channel))

    def sent(self, caller: Caller, order: Order | Prepared) -> PaymentResult | PayoutResult:
        """Send an order, or what was prepared of it."""
        asked = order.order if isinstance(order, Prepared) else order
        verb = Verb.PAY if isinstance(asked, PaymentOrder) else Verb.PAYOUT
        result: PaymentResult | PayoutResult = getattr(caller, verb)(order)
        return result

    def query_of(self, prepared: Prepared) -> Query:
        """Return the query of an order."""
        return PaymentQuery.of(prepared) if isinstance(prepared.order, PaymentOrder) else PayoutQuery.of(prepared)

    def asked(self, caller: Caller, query: Query) -> PaymentResult | PayoutResult:
        """Ask after it."""
        verb = Verb.QUERY if isinstance(query, PaymentQuery) else Verb.QUERY_PAYOUT
        result: PaymentResult | PayoutResult = getattr(caller, verb)(query)
        return result

    def done(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> Query:
        """Let the usual business be done, and return the query of it, by every id that is known then."""
        return self.carried_out(caller, counterpart, self.usual_order(channel, counterpart))

    def carried_out(self, caller: Caller, counterpart: Counterpart, order: Order) -> Query:
        """Let an order be paid, or a payout arrive; return the query of it."""
        if isinstance(order, PaymentOrder):
            return self.paid(caller, counterpart, order)
        prepared = caller.prepare(order)
        caller.payout(prepared)
        counterpart.complete(order)
        query = PayoutQuery.of(prepared)
        return query.model_copy(update={"channel_order_id": caller.query_payout(query).channel_order_id})

    def other_kind(self, query: Query) -> Any:
        """Return a query of the other kind of business, under the same number and amount."""
        kind = PayoutQuery if isinstance(query, PaymentQuery) else PaymentQuery
        return kind(merchant_order_id=query.merchant_order_id, amount=query.amount)
