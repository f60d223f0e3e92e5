"""Checks of what is printed and of the two colours: no secret anywhere, and sync and async say the same."""

import logging
import traceback
from typing import Any

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Result
from payment_channels.testing.caller import COLOURS, Caller
from payment_channels.testing.counterpart import Collected, Counterpart, Trouble
from payment_channels.testing.kit import Kit
from payment_channels.testing.promises import Promise, keep


class Printed(Kit):
    """What holds for everything that a channel prints, logs and raises, in whatever colour."""

    def test_nothing_secret_is_printed(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Representations, logs at DEBUG and exceptions hold no key, and no whole account number."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        shown: list[Any] = [channel, vars(channel), caller.client]
        with caplog.at_level(logging.DEBUG):
            for trouble in (None, *sorted(counterpart.troubles)):
                order = self.payment(counterpart)
                prepared = caller.prepare(order)
                if trouble is not None:
                    counterpart.meet(trouble, Verb.PAY, order.product)
                shown += [order, prepared, caller.pay(prepared), caller.query(PaymentQuery.of(prepared))]
            shown += self.refusals(channel, caller, counterpart)
        text = " ".join(f"{thing!r} {thing!s}" for thing in shown) + caplog.text
        found = [secret[:4] + "…" for secret in counterpart.secrets() if secret and secret in text]
        keep(Promise.SECRETS, not found, f"printed or logged: {found}")

    def refusals(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> list[str]:
        """Return the whole texts of exceptions, causes and all: an order that is refused, a connection that is."""
        nowhere = Caller.to_nowhere(channel, COLOURS[0])
        texts = []
        for asking, product in ((caller, "no-such-product"), (nowhere, self.usual_product)):
            order = self.payment(counterpart, self.usual_product).model_copy(update={"product": product})
            with pytest.raises(PaymentChannelError) as caught:
                asking.pay(order)
            texts.append("".join(traceback.format_exception(caught.value)))
        nowhere.end()
        return texts

    def test_a_refusal_leaves_the_books_alone(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """What is refused before sending was not sent: an unknown product, an unknown field, a foreign currency."""
        self.needs(channel, Verb.PAY)
        good = self.payment(counterpart)
        wrong = [
            good.model_copy(update={"product": "no-such-product"}),
            good.model_copy(update={"channel_fields": {"no_such_field": "1"}}),
            good.model_copy(update={"amount": Money(good.amount.amount, "XXX")}),
            good.model_copy(update={"merchant_order_id": "no spaces please / 不行"}),
        ]
        before = list(counterpart.books())
        for order in wrong:
            with pytest.raises(PaymentChannelError) as caught:
                caller.pay(order)
            keep(Promise.EXCEPTION, caught.value.zh and caught.value.en, "the exception does not speak both languages")
        keep(Promise.EXCEPTION, list(counterpart.books()) == before, "an exception was raised, and the books have changed")

    def test_every_colour_says_the_same(self, channel: Channel, counterpart: Counterpart) -> None:
        """The same story told by each client: outcomes, canonical codes, raw codes and next actions agree."""
        self.needs(channel, Verb.PAY, Verb.QUERY)
        told = {
            str(colour): self.story(counterpart, Caller.to(counterpart, channel, colour))
            for colour in COLOURS
            if colour.available
        }
        first = next(iter(told))
        for name, story in told.items():
            keep(Promise.SAME_IN_BOTH, story == told[first], f"{first} says {told[first]}, {name} says {story}")

    def story(self, counterpart: Counterpart, caller: Caller) -> list[tuple[str, ...]]:
        """Tell one: created, lost, refused, paid, found."""
        lost, order = self.payment(counterpart), self.payment(counterpart)
        refused: PaymentOrder = self.payment(counterpart)
        results: list[Result] = []
        prepared = caller.prepare(order)
        created = caller.pay(prepared)
        results.append(created)
        if Trouble.LOST in counterpart.troubles:
            counterpart.meet(Trouble.LOST, Verb.PAY, lost.product)
            results.append(caller.pay(lost))
        counterpart.answer(Collected(Verb.PAY, refused.product, code="K0NEVERSEEN"))
        results.append(caller.pay(refused))
        counterpart.pay(order, created)
        results.append(caller.query(PaymentQuery.of(prepared)))
        caller.end()
        return [(str(one.outcome), one.canonical, one.raw.code, str(one.next_action), str(one.evidence.kind)) for one in results]
