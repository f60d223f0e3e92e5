"""The desk: an order has one place at a time, moves on only when nothing of it can move where it was, and is told the truth."""

import re
from typing import Any

import pytest

from payment_channels import ConfigurationError, InvalidRequestError, Money, Outcome, Verb
from payment_channels.business.funding import Funding, ShortOfFundsError
from payment_channels.business.giving import Attempt
from payment_channels.business.routing import AssignmentState, NoRouteError, Question
from payment_channels.business.routing.completing import new_number
from payment_channels.journal import Journal, OrderKey, State
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, paid, payout, policy
from tests.journal.scripted import told


@pytest.fixture
def wires(journal: Journal) -> Wires:
    in_force(journal, policy())
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    return wires


def test_the_first_account_of_the_list_is_paid_from_and_the_assignment_says_so(wires: Wires, journal: Journal) -> None:
    desk = wires.desk()
    routed = desk.payout("tea", payout())
    assert routed.outcome is Outcome.SUCCEEDED
    assert wires.sent() == {"a": ["order0001"]}
    held = desk.assignments.assignment_of(OrderKey("a", "payout", "order0001"))
    assert held is not None
    assert (held.merchant, held.attempt, held.state) == ("tea", 1, AssignmentState.DONE)
    assert held.decision.account == "a"


def test_the_same_order_again_sends_nothing(wires: Wires) -> None:
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert wires.sent() == {"a": ["order0001"]}


def test_the_same_number_with_other_content_is_refused(wires: Wires) -> None:
    desk = wires.desk()
    desk.payout("tea", payout())
    with pytest.raises(InvalidRequestError, match="other content"):
        desk.payout("tea", payout(fen=1))
    assert wires.sent() == {"a": ["order0001"]}


def test_a_channel_that_is_away_loses_the_order_to_the_next_and_can_never_send_it(wires: Wires, journal: Journal) -> None:
    wires.say("a", UNREACHABLE)
    desk = wires.desk()
    routed = desk.payout("tea", payout())
    assert routed.outcome is Outcome.SUCCEEDED
    assert routed.result.merchant_order_id in {None, "order0001"}
    assert [one.state for one in desk.assignments.of_order(("tea", "payout", "order0001"))] == [
        AssignmentState.ABANDONED,
        AssignmentState.DONE,
    ]
    wires.say("a", paid())  # somebody who read the first assignment before it was abandoned comes late
    late = desk._carrying.accounts["a"].client.send(OrderKey("a", "payout", "order0001"))
    assert late.outcome is Outcome.FAILED
    assert len(wires.sent()["a"]) == 1


def test_a_failure_that_invites_another_channel_goes_there_under_a_new_number(wires: Wires, journal: Journal) -> None:
    wires.say("a", failed())
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    (new,) = wires.sent()["b"]
    assert new != "order0001"
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert wires.sent() == {"a": ["order0001"], "b": [new]}


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING])
def test_what_is_not_known_to_have_failed_stays_where_it_is(wires: Wires, outcome: Outcome) -> None:
    wires.say("a", told(Verb.PAYOUT, outcome))
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is outcome
    assert desk.payout("tea", payout()).outcome is outcome
    assert wires.sent() == {"a": ["order0001"]}


@pytest.mark.parametrize(("new_id", "failover"), [(False, True), (True, False), (False, False)])
def test_a_failure_that_does_not_invite_another_channel_is_the_end(wires: Wires, new_id: bool, failover: bool) -> None:
    wires.say("a", failed(new_id=new_id, failover=failover))
    desk = wires.desk()
    routed = desk.payout("tea", payout())
    assert routed.outcome is Outcome.FAILED
    assert routed.assignment is not None
    assert routed.assignment.state is AssignmentState.FAILED
    assert wires.sent() == {"a": ["order0001"]}


def test_what_was_told_as_failed_is_never_taken_up_again(wires: Wires, journal: Journal) -> None:
    wires.say("a", failed())
    in_force(journal, policy(attempts=1))
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    in_force(journal, policy())  # now it would go on
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    assert wires.sent() == {"a": ["order0001"]}


def test_an_order_that_never_left_and_that_nobody_takes_raises_and_is_sent_when_it_can(wires: Wires, journal: Journal) -> None:
    for name in "abc":
        wires.say(name, UNREACHABLE)
    desk = wires.desk()
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())
    for name in "abc":
        wires.say(name, paid())
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    paid_by = [name for name in "abc" for one in wires.channels[name].sent if name]
    assert sorted(paid_by) == ["a", "b", "c", "c"]
    states = {name: journal.find(key) for name, key in _keys(desk)}
    assert [name for name, record in states.items() if record is not None and record.state is State.SUCCEEDED] == ["c"]


def _keys(desk: object) -> list[tuple[str, OrderKey]]:
    assignments = desk.assignments.of_order(("tea", "payout", "order0001"))  # type: ignore[attr-defined]
    return [(one.account, one.key) for one in assignments]


@pytest.mark.parametrize("of_field", [True, False])
def test_why_no_account_takes_it_names_the_field_once(wires: Wires, journal: Journal, *, of_field: bool) -> None:
    in_force(journal, policy(defaults={"group": "ordinary", "payout": [{"account": "a"}]}))
    zh, en = "须为真实姓名", "it is the real name"
    whole = InvalidRequestError.of_field("payee.name", zh, en)
    wires.channels["a"].unprepared = whole if of_field else InvalidRequestError.because(zh, en, field="payee.name")
    with pytest.raises(NoRouteError) as refused:
        wires.desk().payout("tea", payout())
    assert (refused.value.zh.count("payee.name："), refused.value.en.count("payee.name: ")) == (1, 1)


def test_no_account_at_all_is_an_exception_that_names_each(wires: Wires, journal: Journal) -> None:
    in_force(journal, policy(defaults={"group": "ordinary", "payout": [{"account": "a", "when": {"at_most": 100}}]}))
    with pytest.raises(NoRouteError, match="above") as refused:
        wires.desk().payout("tea", payout())
    assert {one.account: [reason.code for reason in one.reasons] for one in refused.value.decision.considered} == {
        "a": ["ABOVE_BAND"],
        "b": ["NOT_LISTED"],
        "c": ["NOT_LISTED"],
    }


def test_two_merchants_may_use_one_number_and_each_is_paid(wires: Wires) -> None:
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is desk.payout("rice", payout()).outcome is Outcome.SUCCEEDED
    first, second = wires.sent()["a"]
    assert first == "order0001" != second


def test_a_number_that_the_journal_has_from_elsewhere_is_refused_and_not_taken_to_another_account(wires: Wires) -> None:
    desk = wires.desk()
    desk._carrying.accounts["a"].client.payout(payout())
    with pytest.raises(InvalidRequestError, match="not of this order"):
        desk.payout("tea", payout())
    assert wires.sent() == {"a": ["order0001"]}


def test_what_the_account_adds_is_added_and_the_same_order_is_known_when_the_settings_have_changed(wires: Wires) -> None:
    added = {"a": {"notify_url": "http://127.0.0.1:9/n", "purpose": "货款"}}
    assert wires.desk(added).payout("tea", payout()).outcome is Outcome.SUCCEEDED
    ((_, prepared),) = wires.channels["a"].sent
    assert (prepared.order.purpose, prepared.order.notify_url) == ("货款", "http://127.0.0.1:9/n")
    assert wires.desk({"a": {"purpose": "工资"}}).payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert len(wires.channels["a"].sent) == 1


def test_numbering_that_repeats_itself_keeps_an_order_where_it_is(wires: Wires) -> None:
    wires.say("a", failed())
    desk = wires.desk(number=lambda place, attempt: "thesame1")
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    second = desk.payout("tea", payout("order0002"))
    assert second.outcome is Outcome.FAILED  # and not lost between two accounts
    assert second.assignment is not None
    assert (second.assignment.account, second.assignment.state) == ("a", AssignmentState.FAILED)
    assert wires.sent()["b"] == ["thesame1"]


def test_nothing_is_taken_away_from_an_account_that_no_other_can_have(wires: Wires) -> None:
    wires.say("a", UNREACHABLE)
    desk = wires.desk(number=lambda place, attempt: "thesame1")
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    with pytest.raises(type(UNREACHABLE)):  # its second number is taken at b
        desk.payout("tea", payout("order0002"))
    wires.say("a", paid())
    assert desk.payout("tea", payout("order0002")).outcome is Outcome.SUCCEEDED
    assert wires.sent()["a"] == ["order0001", "order0002", "order0002"]


def test_an_account_that_was_switched_off_since_the_decision_takes_nothing(wires: Wires) -> None:
    desk = wires.desk()
    order = payout()
    place = ("tea", "payout", order.merchant_order_id)
    asked = Attempt(place, order, Question.of("tea", order), 1, order.merchant_order_id)

    def somebody_is_faster(cursor: Any) -> bool:
        cursor.run("INSERT INTO switches (account, at, position, who, why) VALUES ('a', 1, 'off', 'Wang', 'now')")
        return True

    held = desk._giving.give(asked, {}, somebody_is_faster, None)
    assert held is not None
    assert held.account == "b"
    assert [reason.code for reason in held.decision.reasons_of("a")] == ["SWITCHED_OFF"]


def test_what_is_wrong_here_is_raised_and_is_no_reason_to_go_elsewhere(wires: Wires) -> None:
    wires.say("a", ConfigurationError.because("没有密钥", "no key"))
    desk = wires.desk()
    with pytest.raises(ConfigurationError, match="no key"):
        desk.payout("tea", payout())
    wires.say("a", paid())
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert set(wires.sent()) == {"a"}


def test_what_a_channel_refuses_before_sending_speaks_against_its_account(wires: Wires) -> None:
    wires.channels["a"].unprepared = InvalidRequestError.because("太长", "too long", field="remark")
    routed = wires.desk().payout("tea", payout())
    assert routed.assignment is not None
    assert routed.assignment.account == "b"
    (reason,) = routed.assignment.decision.reasons_of("a")
    assert (reason.code, "remark" in reason.zh, "too long" in reason.en) == ("REFUSED", True, True)


def test_the_orders_own_words_stand_before_the_accounts(wires: Wires) -> None:
    wires.desk({"a": {"purpose": "货款", "remark": "账户的"}}).payout("tea", payout(remark="订单的"))
    ((_, prepared),) = wires.channels["a"].sent
    assert (prepared.order.purpose, prepared.order.remark) == ("货款", "订单的")


def test_a_merchant_may_keep_his_orders_where_they_are(wires: Wires, journal: Journal) -> None:
    in_force(journal, policy(merchants={"tea": {"group": "ordinary", "fail_over": False}}))
    wires.say("a", failed())
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    assert desk.payout("rice", payout("order0002")).outcome is Outcome.SUCCEEDED
    assert wires.sent()["b"] == [new_number(("rice", "payout", "order0002"), 2)]


def test_the_money_of_what_never_left_is_free_again_and_held_anew_when_it_is_sent_after_all(
    wires: Wires, journal: Journal
) -> None:
    in_force(journal, policy(attempts=1))
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(20_000), reference="1", who="Zhang")
    wires.say("a", UNREACHABLE)
    desk = wires.desk(funds=funding)
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())
    assert (funding.books("tea", "a").available, funding.books("tea", "a").reserved) == (20_000, 0)
    wires.say("a", told(Verb.PAYOUT, Outcome.UNKNOWN))
    assert desk.payout("tea", payout()).outcome is Outcome.UNKNOWN
    assert (funding.books("tea", "a").available, funding.books("tea", "a").reserved) == (7_655, 12_345)


def test_an_order_whose_money_was_spent_meanwhile_goes_where_there_is_money(wires: Wires, journal: Journal) -> None:
    in_force(journal, policy(attempts=1))
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(20_000), reference="1", who="Zhang")
    wires.say("a", UNREACHABLE)
    desk = wires.desk(funds=funding)
    with pytest.raises(type(UNREACHABLE)):
        desk.payout("tea", payout())
    wires.say("a", paid())
    desk.payout("tea", payout("order0002"))
    with pytest.raises(ShortOfFundsError):
        desk.payout("tea", payout())
    funding.paid_in("tea", "c", Money(20_000), reference="2", who="Zhang")
    in_force(journal, policy())
    assert desk.payout("tea", payout()).outcome is Outcome.SUCCEEDED
    assert list(wires.sent()) == ["a", "c"]


def test_a_number_for_a_further_attempt_is_one_that_every_channel_takes() -> None:
    place = ("tea", "payout", "order-0001_" + "x" * 50)
    assert re.fullmatch("[0-9A-Za-z]{8,30}", new_number(place, 2))
    others = {new_number(place, 3), new_number(("rice", *place[1:]), 2), new_number((*place[:2], "order-0001_"), 2)}
    assert len(others | {new_number(place, 2)}) == 4
    assert new_number(place, 2) == new_number(place, 2)
