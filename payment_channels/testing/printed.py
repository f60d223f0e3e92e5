"""Checks of what is printed and of the two colours: no secret anywhere, and sync and async say the same."""

import logging
import traceback
from typing import Any

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import PaymentResult, Result
from payment_channels.testing.caller import COLOURS, Caller
from payment_channels.testing.counterpart import Collected, Counterpart, Trouble
from payment_channels.testing.promises import Promise, keep
from payment_channels.testing.usual import Usual


class Printed(Usual):
    """What holds for everything that a channel prints, logs and raises, in whatever colour."""

    def test_nothing_secret_is_printed(
        self, channel: Channel, caller: Caller, counterpart: Counterpart, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Representations, logs at DEBUG and exceptions hold no key, and no whole account number."""
        verb, choice = self.usual_verb(channel), self.usual_choice(channel)
        shown: list[Any] = [channel, vars(channel), caller.client]
        with caplog.at_level(logging.DEBUG):
            for trouble in (None, *sorted(counterpart.troubles)):
                order = self.usual_order(channel, counterpart)
                prepared = caller.prepare(order)
                if trouble is not None:
                    counterpart.meet(trouble, verb, choice)
                shown += [order, prepared, self.sent(caller, prepared), self.asked(caller, self.query_of(prepared))]
            shown += self.refusals(channel, caller, counterpart)
        text = " ".join(f"{thing!r} {thing!s}" for thing in shown) + caplog.text
        found = [secret[:4] + "…" for secret in counterpart.secrets() if secret and secret in text]
        keep(Promise.SECRETS, not found, f"printed or logged: {found}")

    def refusals(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> list[str]:
        """Return the whole texts of exceptions, causes and all: an order that is refused, a connection that is."""
        nowhere = Caller.to_nowhere(channel, COLOURS[0])
        texts = []
        for asking, fields in ((caller, {"no_such_field": "1"}), (nowhere, {})):
            order = self.usual_order(channel, counterpart)
            with pytest.raises(PaymentChannelError) as caught:
                self.sent(asking, order.model_copy(update={"channel_fields": {**order.channel_fields, **fields}}))
            texts.append("".join(traceback.format_exception(caught.value)))
        nowhere.end()
        return texts

    def test_a_refusal_leaves_the_books_alone(self, channel: Channel, caller: Caller, counterpart: Counterpart) -> None:
        """What is refused before sending was not sent: an unknown product, an unknown field, a foreign currency."""
        good = self.usual_order(channel, counterpart)
        wrong = [
            *([good.model_copy(update={"product": "no-such-product"})] if self.usual_verb(channel) is Verb.PAY else []),
            good.model_copy(update={"channel_fields": {"no_such_field": "1"}}),
            good.model_copy(update={"amount": Money(good.amount.amount, "XXX")}),
            good.model_copy(update={"merchant_order_id": "no spaces please / 不行"}),
        ]
        before = list(counterpart.books())
        for order in wrong:
            with pytest.raises(PaymentChannelError) as caught:
                self.sent(caller, order)
            keep(Promise.EXCEPTION, caught.value.zh and caught.value.en, "the exception does not speak both languages")
        keep(Promise.EXCEPTION, list(counterpart.books()) == before, "an exception was raised, and the books have changed")

    def test_every_colour_says_the_same(self, channel: Channel, counterpart: Counterpart) -> None:
        """The same story told by each client: outcomes, canonical codes, raw codes and next actions agree."""
        self.usual_verb(channel)
        told = {
            str(colour): self.story(channel, counterpart, Caller.to(counterpart, channel, colour))
            for colour in COLOURS
            if colour.available
        }
        first = next(iter(told))
        for name, story in told.items():
            keep(Promise.SAME_IN_BOTH, story == told[first], f"{first} says {told[first]}, {name} says {story}")

    def story(self, channel: Channel, counterpart: Counterpart, caller: Caller) -> list[tuple[str, ...]]:
        """Tell one: created, lost, refused, paid, found."""
        verb, choice = self.usual_verb(channel), self.usual_choice(channel)
        order, lost, refused = (self.usual_order(channel, counterpart) for _ in range(3))
        results: list[Result] = []
        prepared = caller.prepare(order)
        created = self.sent(caller, prepared)
        results.append(created)
        if Trouble.LOST in counterpart.troubles:
            counterpart.meet(Trouble.LOST, verb, choice)
            results.append(self.sent(caller, lost))
        counterpart.answer(Collected(verb, choice, code="K0NEVERSEEN"))
        results.append(self.sent(caller, refused))
        if isinstance(order, PaymentOrder) and isinstance(created, PaymentResult):
            counterpart.pay(order, created)
        elif isinstance(order, PayoutOrder):
            counterpart.complete(order)
        results.append(self.asked(caller, self.query_of(prepared)))
        caller.end()
        return [(str(one.outcome), one.canonical, one.raw.code, str(one.next_action), str(one.evidence.kind)) for one in results]
