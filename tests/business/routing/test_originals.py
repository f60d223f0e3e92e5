"""Refunds, queries, closings and cancellations go where the original's money moves, whatever the policy says by now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payment_channels import (
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    InvalidRequestError,
    Money,
    OriginalPayment,
    Outcome,
    PaymentOrder,
    RefundOrder,
    Verb,
)
from payment_channels.business.desk import Desk
from payment_channels.business.routing import AssignmentState
from payment_channels.journal import DurableClient, Journal, OrderKey, State
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, paid, payout, policy
from tests.journal.scripted import told

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def payment(number: str = "order0001", **changes: Any) -> PaymentOrder:
    fields: dict[str, Any] = {"merchant_order_id": number, "ordered_at": NOON, "amount": Money(1280), "product": "native"}
    return PaymentOrder(**fields | {"subject": "茶一壶"} | changes)


def refund(number: str = "refund0001", fen: int = 280, total: int = 1280, of: str = "order0001") -> RefundOrder:
    original = OriginalPayment(merchant_order_id=of, amount=Money(total))
    return RefundOrder(merchant_refund_id=number, ordered_at=NOON, amount=Money(fen), original=original)


@pytest.fixture
def wires(journal: Journal) -> Wires:
    in_force(journal, policy())
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, told(Verb.PAY, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED", channel_order_id=f"{name}42"), verb=Verb.PAY)
        wires.say(name, told(Verb.REFUND, Outcome.SUCCEEDED, "REFUND_SUCCEEDED"), verb=Verb.REFUND)
        wires.say(name, told(Verb.QUERY_REFUND, Outcome.SUCCEEDED, "REFUND_SUCCEEDED"), verb=Verb.QUERY_REFUND)
        wires.say(name, told(Verb.CANCEL, Outcome.REVERSED), verb=Verb.CANCEL)
        wires.say(name, told(Verb.CLOSE, Outcome.SUCCEEDED, "ORDER_CLOSED_NOW"), verb=Verb.CLOSE)
        wires.say(name, told(Verb.QUERY, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"), verb=Verb.QUERY)
        wires.say(name, paid())
    return wires


@pytest.fixture
def at_b(wires: Wires, journal: Journal) -> Desk:
    """A desk whose order0001 was paid at the account b, a being away then; everything new goes to c by now."""
    wires.say("a", UNREACHABLE, verb=Verb.PAY)
    desk = wires.desk()
    assert desk.pay("tea", payment()).outcome is Outcome.SUCCEEDED
    wires.say("a", told(Verb.PAY, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED"), verb=Verb.PAY)
    in_force(journal, policy(defaults={"group": "ordinary", "payment": [{"account": "c"}]}))
    return desk


def test_a_refund_goes_where_the_payment_was_made_with_all_that_the_journal_knows_of_it(at_b: Desk, wires: Wires) -> None:
    assert at_b.refund("tea", refund()).outcome is Outcome.SUCCEEDED
    ((_, prepared),) = [one for one in wires.channels["b"].sent if one[0] is Verb.REFUND]
    original = prepared.order.original
    held = at_b.assignments.latest(("tea", "payment", "order0001"))
    assert held is not None
    assert (original.merchant_order_id, original.channel_order_id, original.product) == (held.number, "b42", "native")
    assert at_b.query_refund("tea", "refund0001", order_id="order0001").outcome is Outcome.SUCCEEDED
    assert wires.channels["b"].count(Verb.QUERY_REFUND) == 1


def test_the_same_refund_again_is_the_same_though_more_is_known_of_its_payment(
    at_b: Desk, wires: Wires, journal: Journal
) -> None:
    at_b.refund("tea", refund())
    at_b.query("tea", "order0001")
    assert at_b.refund("tea", refund()).outcome is Outcome.SUCCEEDED
    assert wires.channels["b"].count(Verb.REFUND) == 1
    with pytest.raises(InvalidRequestError, match="other content"):
        at_b.refund("tea", refund(fen=281))


def test_one_refund_number_does_not_serve_two_payments(at_b: Desk, wires: Wires, journal: Journal) -> None:
    at_b.refund("tea", refund())
    in_force(journal, policy(defaults={"group": "ordinary", "payment": [{"account": "b"}]}))
    at_b.pay("tea", payment("order0002"))
    with pytest.raises(InvalidRequestError, match="other content"):
        at_b.refund("tea", refund(of="order0002"))
    assert wires.channels["b"].count(Verb.REFUND) == 1


def test_a_refund_of_what_the_desk_never_had_or_of_another_total_or_merchant_is_refused(at_b: Desk, wires: Wires) -> None:
    for merchant, order in (("tea", refund(of="order0009")), ("rice", refund()), ("tea", refund(total=1281))):
        with pytest.raises(InvalidRequestError):
            at_b.refund(merchant, order)
    nameless = refund().model_copy(update={"original": OriginalPayment(channel_order_id="b42", amount=Money(1280))})
    with pytest.raises(InvalidRequestError, match="merchant_order_id"):
        at_b.refund("tea", nameless)
    assert wires.channels["b"].count(Verb.REFUND) == 0


def test_closing_cancelling_and_asking_go_there_too_and_speak_of_the_cores_own_number(at_b: Desk, wires: Wires) -> None:
    original = OriginalPayment(merchant_order_id="order0001", amount=Money(1280))
    closed = at_b.close("tea", CloseOrder(merchant_order_id="order0001"))
    cancelled = at_b.cancel("tea", CancelOrder(ordered_at=NOON, original=original))
    asked = at_b.query("tea", "order0001")
    assert (closed.outcome, cancelled.outcome, asked.outcome) == (Outcome.SUCCEEDED, Outcome.REVERSED, Outcome.SUCCEEDED)
    assert [wires.channels["b"].count(verb) for verb in (Verb.CLOSE, Verb.CANCEL, Verb.QUERY)] == [1, 1, 1]
    assert wires.channels["c"].sent == []


def test_a_payout_found_failed_by_a_query_goes_on_where_its_result_invites_it(wires: Wires, journal: Journal) -> None:
    wires.say("a", told(Verb.PAYOUT, Outcome.PENDING))
    wires.say("a", _query(failed()), verb=Verb.QUERY_PAYOUT)
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.PENDING
    asked = desk.query_payout("tea", "order0001")
    assert asked.outcome is Outcome.SUCCEEDED
    assert asked.assignment is not None
    assert (asked.assignment.account, asked.assignment.attempt) == ("b", 2)
    assert asked.result.merchant_order_id in {None, "order0001"}


def test_a_payout_is_withdrawn_under_the_number_that_it_has_at_its_account(wires: Wires) -> None:
    wires.say("a", UNREACHABLE)
    wires.say("b", told(Verb.PAYOUT, Outcome.PENDING))
    wires.say("b", told(Verb.CANCEL_PAYOUT, Outcome.FAILED), verb=Verb.CANCEL_PAYOUT)
    desk = wires.desk()
    held = desk.payout("tea", payout()).assignment
    assert held is not None
    desk.cancel_payout("tea", CancelPayoutOrder(merchant_order_id="order0001", amount=Money(12345)))
    assert wires.sent(Verb.CANCEL_PAYOUT)["b"] == [held.number]


def _query(result: Any) -> Any:
    return result.model_copy(update={"operation": "query_payout"})


def test_the_sweep_carries_on_what_news_has_come_of_and_what_nobody_sent(wires: Wires, journal: Journal, clock: Any) -> None:
    wires.say("a", told(Verb.PAYOUT, Outcome.PENDING))
    desk = wires.desk()
    for number in ("order0001", "order0002", "order0003"):
        desk.payout("tea", payout(number))
    journal.concluded(OrderKey("a", "payout", "order0002"), Outcome.SUCCEEDED, "a notification")
    journal.concluded(OrderKey("a", "payout", "order0003"), Outcome.FAILED, "two people")
    place = ("tea", "payout", "order0004")
    desk._giving.first(place, payout("order0004"), {}, None)  # and then the process dies
    assert {routed.assignment.order_id for routed in desk.carry_on() if routed.assignment} == {"order0002", "order0003"}
    clock.move(timedelta(minutes=2))
    (forgotten,) = desk.carry_on()
    assert forgotten.assignment is not None
    assert forgotten.assignment.order_id == "order0004"
    assert wires.sent()["a"].count("order0004") == 1
    states = {number: desk.assignments.latest(("tea", "payout", number)) for number in ("order0001", "order0002", "order0003")}
    assert [one.state for one in states.values() if one is not None] == [
        AssignmentState.OPEN,
        AssignmentState.DONE,
        AssignmentState.FAILED,  # nobody said that another channel may be tried
    ]


def test_an_order_told_as_refused_is_not_swept_up(wires: Wires, journal: Journal, clock: Any) -> None:
    for name in "abc":
        wires.say(name, UNREACHABLE)
    desk = wires.desk()
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())
    for name in "abc":
        wires.say(name, paid())
    clock.move(timedelta(hours=1))
    assert desk.carry_on() == []
    record = journal.find(OrderKey("a", "payout", "order0001"))
    assert record is not None
    assert record.state is State.FAILED  # it was taken away, and nothing can send it there


def test_an_order_that_failed_at_one_account_and_reached_no_other_is_unknown_and_swept_up(
    wires: Wires, clock: Any, journal: Journal
) -> None:
    wires.say("a", failed())
    for name in "bc":
        wires.say(name, UNREACHABLE)
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.UNKNOWN
    wires.say("c", paid())
    clock.move(timedelta(hours=1))
    (done,) = desk.carry_on()
    assert done.outcome is Outcome.SUCCEEDED
    assert isinstance(desk._carrying.accounts["c"].client, DurableClient)


def test_an_order_that_is_on_its_way_at_a_later_account_is_not_swept_up(wires: Wires, clock: Any) -> None:
    wires.say("a", failed())
    wires.say("b", told(Verb.PAYOUT, Outcome.PENDING))
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.PENDING
    clock.move(timedelta(hours=1))
    assert desk.carry_on() == []
