"""Closing, cancelling, confirming and batches: what they came to, and what is kept of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from error_codes import NextAction
from payment_channels import (
    CancelOrder,
    CancelPayoutOrder,
    CancelResult,
    CloseOrder,
    ConfirmPayoutOrder,
    InvalidRequestError,
    Money,
    OriginalPayment,
    Outcome,
    PayoutBatchOrder,
    Phase,
    RefundQuery,
    RefundResult,
    Verb,
)
from payment_channels.channel import RULES, Capability, Resend
from payment_channels.cli.telling import standing_row
from payment_channels.journal import DurableClient, Journal, OrderKey, OrderRecord, Resolver, State
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.looking import events, evidence, verify
from tests.journal.conftest import Clock, payment, payout
from tests.journal.scripted import Scripted, manifest, not_found, told

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class House:
    """A durable client, its resolver and the script behind both."""

    def __init__(self, journal: Journal, clock: Clock, **capabilities: Capability) -> None:
        self.journal, self.clock = journal, clock
        self.wire = Scripted(abilities=manifest(**capabilities))
        self.client = DurableClient(self.wire, journal, account="shop")  # type: ignore[arg-type]
        self.resolver = Resolver(journal, {"shop": self.wire}, timeout=5, sleep=lambda _: None)  # type: ignore[dict-item]

    def answers(self, **answers: Any) -> None:
        self.wire.answers |= {Verb(name): [answer] for name, answer in answers.items()}

    def at(self, kind: str, number: str) -> OrderRecord:
        found = self.journal.find(OrderKey("shop", kind, number))
        assert found is not None
        return found

    def later(self, **span: float) -> None:
        self.clock.advance(**span)
        self.resolver.step()


def cancellation(number: str | None = "cancel0001") -> CancelOrder:
    original = OriginalPayment(merchant_order_id="payment0001", amount=Money(1280))
    return CancelOrder(merchant_cancel_id=number, ordered_at=NOW, original=original)


NEVER = Capability()
UNKNOWN_CANCEL = told(Verb.CANCEL, Outcome.UNKNOWN)


def test_a_cancellation_that_is_a_transaction_of_its_own_is_asked_after_as_a_refund(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, cancel=Capability(found_by=Verb.QUERY_REFUND))
    house.answers(cancel=UNKNOWN_CANCEL, query_refund=told(Verb.QUERY_REFUND, Outcome.SUCCEEDED, merchant_refund_id="cancel0001"))
    house.client.cancel(cancellation())
    house.later(seconds=6)
    assert house.wire.sent[-1][1].merchant_refund_id == "cancel0001"
    record = house.at("cancel", "cancel0001")
    assert record.state is State.SUCCEEDED
    again = house.client.cancel(cancellation())
    assert (type(again), again.outcome) == (CancelResult, Outcome.SUCCEEDED)
    assert isinstance(evidence(journal, record.key, events(journal, record)[-1]), RefundResult)
    assert house.wire.count(Verb.CANCEL) == 1


def test_a_query_of_a_refund_is_noted_at_the_cancellation_that_it_speaks_of(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, cancel=Capability(found_by=Verb.QUERY_REFUND))
    house.answers(cancel=UNKNOWN_CANCEL, query_refund=told(Verb.QUERY_REFUND, Outcome.FAILED))
    house.client.cancel(cancellation())
    house.client.query_refund(RefundQuery(merchant_refund_id="cancel0001", amount=Money(1280)))
    assert house.at("cancel", "cancel0001").state is State.FAILED


@pytest.mark.parametrize(
    ("payment_is", "close", "cancel"),
    [
        (Outcome.FAILED, State.SUCCEEDED, State.SUCCEEDED),
        (Outcome.REVERSED, State.SUCCEEDED, State.REVERSED),
        (Outcome.SUCCEEDED, State.FAILED, State.UNKNOWN),  # paid still: the closing failed, the undoing may be on its way
        (Outcome.PENDING, State.UNKNOWN, State.UNKNOWN),
    ],
)
def test_what_an_action_came_to_is_told_by_its_payment(
    journal: Journal, clock: Clock, payment_is: Outcome, close: State, cancel: State
) -> None:
    house = House(journal, clock, cancel=NEVER, close=NEVER)
    house.answers(
        pay=told(Verb.PAY, Outcome.PENDING),
        close=told(Verb.CLOSE, Outcome.UNKNOWN),
        cancel=UNKNOWN_CANCEL,
        query=told(Verb.QUERY, payment_is),
    )
    house.client.pay(payment())
    house.client.close(CloseOrder(merchant_order_id="payment0001"))
    house.client.cancel(cancellation(None))
    house.later(seconds=6)
    assert (house.at("close", "payment0001").state, house.at("cancel", "payment0001").state) == (close, cancel)
    assert (house.wire.count(Verb.CLOSE), house.wire.count(Verb.CANCEL)) == (1, 1)


def test_an_action_that_may_be_sent_again_is(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, cancel=Capability(resend=Resend.SAME_CONTENT))
    house.answers(pay=told(Verb.PAY, Outcome.SUCCEEDED), cancel=UNKNOWN_CANCEL)
    house.client.pay(payment())
    house.client.cancel(cancellation(None))
    house.answers(cancel=told(Verb.CANCEL, Outcome.REVERSED))
    house.later(seconds=16)
    assert house.at("cancel", "payment0001").state is State.REVERSED


def test_what_the_channel_does_not_declare_as_repeatable_is_never_sent_again(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, cancel=NEVER, payout=NEVER)
    house.answers(
        pay=told(Verb.PAY, Outcome.SUCCEEDED),
        cancel=UNKNOWN_CANCEL,
        payout=told(Verb.PAYOUT, Outcome.UNKNOWN),
        query_payout=not_found(Verb.QUERY_PAYOUT, conclusive=clock() + timedelta(days=99)),
    )
    house.client.pay(payment())
    house.client.cancel(cancellation(None))
    house.client.payout(payout())
    for _ in range(8):
        house.later(hours=3)
    assert (house.wire.count(Verb.CANCEL), house.wire.count(Verb.PAYOUT)) == (1, 1)
    assert house.wire.count(Verb.QUERY_PAYOUT) > 1
    assert (house.at("cancel", "payment0001").state, house.at("payout", "payout0001").state) == (State.UNKNOWN, State.UNKNOWN)


def test_withdrawing_a_payout_has_the_payout_s_own_outcome(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, cancel_payout=NEVER)
    house.answers(
        payout=told(Verb.PAYOUT, Outcome.PENDING),
        cancel_payout=told(Verb.CANCEL_PAYOUT, Outcome.PENDING),
        query_payout=told(Verb.QUERY_PAYOUT, Outcome.FAILED),
    )
    house.client.payout(payout())
    withdrawn = CancelPayoutOrder(merchant_order_id="payout0001", amount=Money(888))
    assert house.client.cancel_payout(withdrawn).outcome is Outcome.PENDING
    house.later(seconds=6)
    assert house.at("cancel_payout", "payout0001").state is State.FAILED
    assert house.client.cancel_payout(withdrawn).outcome is Outcome.FAILED


def test_the_code_that_confirms_a_payout_is_kept_while_queries_tell_that_it_waits(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    waiting: dict[str, Any] = {"phase": Phase.AWAITING_CONFIRMATION, "merchant_order_id": "payout0001"}
    house.answers(
        payout=told(Verb.PAYOUT, Outcome.PENDING, "CONFIRMATION_REQUIRED", confirm_code="736184", **waiting),
        query_payout=told(Verb.QUERY_PAYOUT, Outcome.PENDING, "CONFIRMATION_REQUIRED", **waiting),
    )
    house.client.payout(payout())
    house.later(hours=1)
    assert house.wire.count(Verb.QUERY_PAYOUT) == 1
    found = house.client.payout(payout())
    assert (found.outcome, found.confirm_code) == (Outcome.PENDING, "736184")
    house.answers(query_payout=told(Verb.QUERY_PAYOUT, Outcome.PENDING, "PAYOUT_PROCESSING", phase=Phase.PROCESSING))
    house.later(hours=1)
    assert house.client.payout(payout()).confirm_code is None  # it waits no more


def test_a_confirmation_that_its_payout_concluded_advises_nothing_more(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock, confirm_payout=NEVER)
    of_it: dict[str, Any] = {"merchant_order_id": "payout0001"}
    house.answers(
        payout=told(Verb.PAYOUT, Outcome.PENDING, "CONFIRMATION_REQUIRED", confirm_code="736184", **of_it),
        confirm_payout=told(Verb.CONFIRM_PAYOUT, Outcome.PENDING, "PAYOUT_PROCESSING", **of_it),
        query_payout=told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED", **of_it),
    )
    house.client.payout(payout())
    release = ConfirmPayoutOrder(merchant_order_id="payout0001", ordered_at=NOW, amount=payout().amount, confirm_code="736184")
    assert house.client.confirm_payout(release).next_action is NextAction.QUERY_THEN_DECIDE
    house.later(hours=1)
    house.later(hours=1)
    record = house.at("confirm_payout", "payout0001")
    assert record.state is State.SUCCEEDED
    concluded = house.client.confirm_payout(release)
    assert (concluded.outcome, concluded.next_action) == (Outcome.SUCCEEDED, NextAction.STOP)
    assert standing_row(journal, record, release)["next_action"] == "stop"


def batch(**changes: Any) -> PayoutBatchOrder:
    fields = {"merchant_batch_id": "batch0001", "ordered_at": NOW, "lines": (payout("line1"), payout("line2", 999))}
    return PayoutBatchOrder(**{**fields, **changes})


def test_a_batch_is_the_same_batch_whenever_it_was_written_and_is_asked_after_by_its_lines(
    journal: Journal, clock: Clock
) -> None:
    house = House(journal, clock)
    lines = (told(Verb.PAYOUT, Outcome.SUCCEEDED, merchant_order_id="line1"), told(Verb.PAYOUT, Outcome.FAILED))
    house.answers(
        payout_batch=told(Verb.PAYOUT_BATCH, Outcome.UNKNOWN),
        query_payout_batch=told(Verb.QUERY_PAYOUT_BATCH, Outcome.SUCCEEDED, lines=lines),
    )
    house.client.payout_batch(batch())
    house.later(seconds=61)
    later = tuple(line.model_copy(update={"ordered_at": line.ordered_at + timedelta(hours=1)}) for line in batch().lines)
    again = house.client.payout_batch(batch(lines=later))
    assert [line.outcome for line in again.lines] == [Outcome.SUCCEEDED, Outcome.FAILED]
    assert house.wire.sent[-1][1].lines == batch(lines=house.wire.sent[-1][1].lines).lines
    with pytest.raises(InvalidRequestError):
        house.client.payout_batch(batch(lines=(payout("line1"), payout("line2", 998))))
    assert house.wire.count(Verb.PAYOUT_BATCH) == 1


@pytest.mark.parametrize(
    ("whole", "second", "shown"),
    [
        (Outcome.UNKNOWN, Outcome.RETURNED, Outcome.RETURNED),  # Allinpay has no word for the whole then
        (Outcome.PENDING, Outcome.RETURNED, Outcome.RETURNED),
        (Outcome.PENDING, Outcome.PENDING, Outcome.SUCCEEDED),
    ],
)
def test_a_line_that_came_back_shows_although_the_batch_had_succeeded_and_one_that_is_open_covers_nothing(
    journal: Journal, clock: Clock, whole: Outcome, second: Outcome, shown: Outcome
) -> None:
    house = House(journal, clock)

    def lines(last: Outcome) -> tuple[Any, ...]:
        ends = {"line1": Outcome.SUCCEEDED, "line2": last}
        return tuple(told(Verb.PAYOUT, outcome, merchant_order_id=number) for number, outcome in ends.items())

    house.answers(payout_batch=told(Verb.PAYOUT_BATCH, Outcome.SUCCEEDED, lines=lines(Outcome.SUCCEEDED)))
    house.client.payout_batch(batch())
    house.answers(query_payout_batch=told(Verb.QUERY_PAYOUT_BATCH, whole, lines=lines(second)))
    house.later(days=1, seconds=1)
    house.later(hours=2)  # it was heard, so it is not asked again within the hour
    assert house.wire.count(Verb.QUERY_PAYOUT_BATCH) == 1
    assert house.at("payout_batch", "batch0001").state is State.SUCCEEDED
    found = house.client.payout_batch(batch())
    assert [line.outcome for line in found.lines] == [Outcome.SUCCEEDED, shown]


def test_what_is_concluded_of_a_batch_is_concluded_of_the_lines_of_which_nothing_was_told(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    open_lines = tuple(told(Verb.PAYOUT, Outcome.UNKNOWN, merchant_order_id=number) for number in ("line1", "line2"))
    lost = not_found(Verb.QUERY_PAYOUT_BATCH, conclusive=clock()).model_copy(update={"lines": open_lines})
    house.answers(payout_batch=told(Verb.PAYOUT_BATCH, Outcome.UNKNOWN), query_payout_batch=lost)
    house.client.payout_batch(batch())
    house.later(seconds=61)
    house.later(seconds=121)
    assert house.at("payout_batch", "batch0001").state is State.FAILED
    found = house.client.payout_batch(batch())
    assert [found.outcome, *(line.outcome for line in found.lines)] == [Outcome.FAILED] * 3
    assert [found.phase, *(line.phase for line in found.lines)] == [Phase.FINAL] * 3


def test_a_batch_is_called_succeeded_only_where_every_line_bears_it_out(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    ends = {"line1": Outcome.SUCCEEDED, "line2": Outcome.FAILED}
    paid, mixed = (
        tuple(told(Verb.PAYOUT, end, merchant_order_id=number) for number, end in one.items())
        for one in (dict.fromkeys(ends, Outcome.SUCCEEDED), ends)
    )
    house.answers(payout_batch=told(Verb.PAYOUT_BATCH, Outcome.SUCCEEDED, lines=paid))
    assert house.client.payout_batch(batch()).outcome is Outcome.SUCCEEDED
    house.answers(query_payout_batch=told(Verb.QUERY_PAYOUT_BATCH, Outcome.UNKNOWN, lines=mixed))
    house.later(days=1, seconds=1)
    found = house.client.payout_batch(batch())
    assert [found.outcome, *(line.outcome for line in found.lines)] == [Outcome.UNKNOWN, Outcome.SUCCEEDED, Outcome.FAILED]


def test_a_batch_that_is_not_found_is_not_sent_again_unless_a_schedule_says_so(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    lost = not_found(Verb.QUERY_PAYOUT_BATCH, conclusive=clock() + timedelta(days=1))
    house.answers(payout_batch=told(Verb.PAYOUT_BATCH, Outcome.UNKNOWN), query_payout_batch=lost)
    house.client.payout_batch(batch())
    house.later(seconds=200)
    assert house.wire.count(Verb.PAYOUT_BATCH) == 1


@pytest.mark.parametrize("verb", [verb for verb, rule in RULES.items() if rule.takes_order])
def test_every_result_opens_as_what_it_was(journal: Journal, verb: Verb) -> None:
    result = told(verb, Outcome.SUCCEEDED)
    key, finding = OrderKey("shop", str(verb), "1"), Finding(Source.ANSWERED, Outcome.SUCCEEDED, 1)
    opened = journal.opened(journal.seal(key, finding, 5, result), key.result_place("answered", 1, 5))
    assert (type(opened), opened) == (type(result), result)


def test_an_answer_of_a_later_version_costs_its_text_and_not_its_state(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    house.answers(payout=told(Verb.PAYOUT, Outcome.SUCCEEDED))
    house.client.payout(payout())
    (event,) = [one for one in events(journal, house.at("payout", "payout0001")) if one.sealed]
    place = house.at("payout", "payout0001").key.result_place("answered", 1, _at(journal, event.id))
    newer = journal.ring.seal(b'PayoutResult\n{"a_field_of_tomorrow": 1}', place)
    journal.store.write(lambda cursor: cursor.run("UPDATE events SET result = ? WHERE id = ?", (newer, event.id)))
    assert house.client.payout(payout()).outcome is Outcome.SUCCEEDED
    assert "cannot be opened" in next(iter(verify(journal)))[1][0]


def _at(journal: Journal, number: int) -> int:
    ((at,),) = journal.store.read(lambda cursor: cursor.rows("SELECT at FROM events WHERE id = ?", (number,)))
    return int(at)


def test_the_same_moment_in_another_zone_is_the_same_content(journal: Journal, clock: Clock) -> None:
    house = House(journal, clock)
    house.answers(pay=told(Verb.PAY, Outcome.PENDING))
    ends = clock() + timedelta(hours=1)
    house.client.pay(payment(expires_at=ends))
    house.client.pay(payment(expires_at=ends.astimezone(timezone(timedelta(hours=8)))))
    assert house.wire.count(Verb.PAY) == 1
