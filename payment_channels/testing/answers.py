"""Checks of codes and states: every collected one has a meaning, a new one is unknown, and the raw one stays."""

from typing import Any

import pytest

from payment_channels.channel import Channel, Verb
from payment_channels.channel.verbs import RULES
from payment_channels.model.orders import CancelPayoutOrder, CloseOrder, ConfirmPayoutOrder, PaymentOrder, PayoutOrder
from payment_channels.model.queries import BalanceQuery, BillQuery, PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import Outcome, Result
from payment_channels.testing.caller import COLOURS, Caller
from payment_channels.testing.counterpart import Collected, Counterpart
from payment_channels.testing.kit import Kit
from payment_channels.testing.promises import Promise, PromiseBrokenError, keep
from payment_channels.testing.said import said

SERVER_ERROR = 500
NEVER_SEEN = "K0NEVERSEEN"
ABOUT_ORDERS = (Verb.PAY, Verb.QUERY, Verb.REFUND, Verb.QUERY_REFUND, Verb.PAYOUT, Verb.QUERY_PAYOUT)


class Answers(Kit):
    """What holds for every code and state."""

    @pytest.mark.parametrize("verb", ABOUT_ORDERS, ids=str)
    def test_a_code_never_seen(self, channel: Channel, caller: Caller, counterpart: Counterpart, verb: Verb) -> None:
        """It is unknown, and stays to be read beside the canonical code."""
        self.needs(channel, verb)
        choice = self.a_choice(channel, verb)
        row = Collected(verb, choice, code=NEVER_SEEN, message="never seen")
        counterpart.answer(row)
        told = self.ask(caller, counterpart, verb, choice)
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"nobody knows the code, and {verb} says {said(told)}")
        keep(Promise.UNKNOWN, told.canonical == "UNMAPPED_CODE", f"nobody knows the code, and it is called {told.canonical}")
        keep(Promise.RAW_CODE, NEVER_SEEN in {told.raw.code, told.raw.sub_code}, f"{NEVER_SEEN} came, {told.raw} is shown")

    @pytest.mark.parametrize("verb", [Verb.QUERY, Verb.QUERY_REFUND, Verb.QUERY_PAYOUT], ids=str)
    def test_a_state_never_seen(self, channel: Channel, caller: Caller, counterpart: Counterpart, verb: Verb) -> None:
        """A well signed state that nobody has mapped is unknown."""
        self.needs(channel, verb)
        asked = self.existing(channel, caller, counterpart, verb)
        counterpart.show(NEVER_SEEN, verb)
        told = getattr(caller, verb)(asked)
        keep(Promise.UNKNOWN, told.outcome is Outcome.UNKNOWN, f"nobody knows the state, and {verb} says {said(told)}")
        keep(
            Promise.RAW_CODE, NEVER_SEEN in {told.raw.code, told.raw.sub_code}, f"{NEVER_SEEN} was shown, {told.raw} is reported"
        )

    def test_every_collected_code(self, channel: Channel, counterpart: Counterpart) -> None:
        """Each row of the collected table has a meaning, keeps its raw code, and fails nothing that may have happened."""
        rows = self.collected()
        if not rows:
            pytest.skip("没有给出收集的码表：覆盖 collected / the author gives no collected table: override collected")
        caller, broken = Caller.to(counterpart, channel, COLOURS[0]), []
        for row in rows:
            try:
                known = self.known_choices(channel, row.verb)
                named = not row.choice or not known or row.choice in known
                keep(Promise.DECLARED, named, f"{row} names {row.choice!r}, and the manifest declares {sorted(known)}")
                counterpart.answer(row)
                self.judge(row, self.ask(caller, counterpart, row.verb, row.choice))
            except PromiseBrokenError as found:
                broken.append(str(found))
        caller.end()
        if broken:
            raise PromiseBrokenError(
                f"{len(rows)} 行中有 {len(broken)} 行 / {len(broken)} of {len(rows)} rows:\n" + "\n".join(broken)
            )

    def judge(self, row: Collected, told: Result) -> None:
        """Compare a result with what the collected row allows."""
        raw = (told.raw.code, told.raw.sub_code or None)
        wanted = {(row.code, row.sub_code), (row.sub_code, None), (row.code, None) if row.sub_code is None else raw}
        keep(Promise.RAW_CODE, raw in wanted, f"{row} came, {raw} is shown")
        keep(Promise.MAPPED, told.canonical != "UNMAPPED_CODE", f"{row} has no meaning: {said(told)}")
        if row.canonical is not None:
            keep(Promise.MAPPED, told.canonical == row.canonical, f"{row} means {row.canonical}, and is called {said(told)}")
        rule = RULES[row.verb]
        says_nothing = rule.about_another or row.assumed or (row.status or 0) >= SERVER_ERROR
        if says_nothing:
            keep(
                Promise.UNKNOWN, told.outcome is not Outcome.FAILED, f"{row} cannot say that no money moved, and is called failed"
            )
        keep(Promise.UNKNOWN, told.outcome is not Outcome.SUCCEEDED, f"{row} is an error, and is called succeeded")
        allowed = told.outcome is Outcome.FAILED or not told.new_id_allowed
        keep(Promise.UNKNOWN, allowed, f"{row} is {said(told)}, and a new id was allowed")

    def ask(self, caller: Caller, counterpart: Counterpart, verb: Verb, choice: str | None) -> Result:
        """Carry out a verb on an order that nobody has seen; what it answers was arranged before."""
        asked: object
        match verb:
            case Verb.BILL:
                asked = BillQuery(day=counterpart.today(), bill_kind=choice or "")
            case Verb.BALANCE:
                asked = BalanceQuery()
            case Verb.PAY | Verb.QUERY | Verb.CLOSE | Verb.REFUND | Verb.QUERY_REFUND | Verb.CANCEL:
                asked = self._about_a_payment(caller, verb, self.payment(counterpart, choice or ""))
            case Verb.PAYOUT_BATCH | Verb.QUERY_PAYOUT_BATCH:
                batch = self.batch(caller.channel, counterpart)
                asked = batch if verb is Verb.PAYOUT_BATCH else PayoutBatchQuery.of(caller.prepare(batch))
            case _:
                asked = self._about_a_payout(caller, verb, self.payout(counterpart, choice or ""))
        result: Result = getattr(caller, verb)(asked)
        return result

    def _about_a_payment(self, caller: Caller, verb: Verb, order: PaymentOrder) -> object:
        if verb is Verb.PAY:
            return order
        query = PaymentQuery.of(order if self.pays_elsewhere else caller.prepare(order))
        if verb is Verb.QUERY:
            return query
        if verb is Verb.CLOSE:
            return CloseOrder(merchant_order_id=order.merchant_order_id, ordered_at=order.ordered_at, wire=query.wire)
        paid = query.model_copy(update={"channel_order_id": "4200000000202606010000000001"})
        if verb is Verb.CANCEL:
            return self.cancellation(order, paid)
        refund = self.refund(order, paid, 10)
        return RefundQuery.of(caller.prepare(refund)) if verb is Verb.QUERY_REFUND else refund

    def _about_a_payout(self, caller: Caller, verb: Verb, order: PayoutOrder) -> object:
        named: dict[str, Any] = {
            "merchant_order_id": order.merchant_order_id,
            "ordered_at": order.ordered_at,
            "amount": order.amount,
        }
        match verb:
            case Verb.PAYOUT:
                return order
            case Verb.QUERY_PAYOUT:
                return PayoutQuery.of(caller.prepare(order))
            case Verb.CANCEL_PAYOUT:
                return CancelPayoutOrder(**named)
            case Verb.CONFIRM_PAYOUT:
                return ConfirmPayoutOrder(**named, confirm_code="123456")
            case _:
                raise NotImplementedError(f"套件不能凭空调用 {verb} / the kit cannot ask {verb} about nothing")

    def existing(self, channel: Channel, caller: Caller, counterpart: Counterpart, verb: Verb) -> object:
        """Make an order, a refund or a payout that exists, and return the query of it."""
        if verb is Verb.QUERY_PAYOUT:
            order = self.payout(counterpart, self.choices(channel, Verb.PAYOUT)[0])
            prepared = caller.prepare(order)
            caller.payout(prepared)
            counterpart.complete(order)
            return PayoutQuery.of(prepared)
        paid = self.payment(counterpart)
        query = self.paid(caller, counterpart, paid)
        if verb is Verb.QUERY:
            return query
        refund = caller.prepare(self.refund(paid, query, 10))
        caller.refund(refund)
        counterpart.settle_refunds()
        return RefundQuery.of(refund)

    def a_choice(self, channel: Channel, verb: Verb) -> str | None:
        """Return a product or payee for a verb."""
        if verb in {Verb.PAYOUT, Verb.QUERY_PAYOUT}:
            return self.choices(channel, Verb.PAYOUT)[0]
        return self.usual_product
