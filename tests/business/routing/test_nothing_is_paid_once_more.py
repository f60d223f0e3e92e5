"""What another account has by now, or may still be given, is not proposed for repayment, nor approved; both say where it is."""

import threading

import pytest

from payment_channels import InvalidRequestError, Money, Outcome, Verb
from payment_channels.business.desk import Desk
from payment_channels.business.funding import Funding, RequestKind, RequestState, Residuals
from payment_channels.business.onward import Onward
from payment_channels.business.routing import AssignmentState
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.folding import Finding, Source
from tests.business.routing.at_work import Wires, failed, in_force, paid, payout, policy
from tests.journal.scripted import told

PLACE = ("tea", "payout", "order0001")
FIRST = OrderKey("a", "payout", "order0001")
FEN = 12345


@pytest.fixture
def wires(journal: Journal, funding: Funding) -> Wires:
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    wires.say("a", failed())
    return wires


@pytest.fixture
def residuals(funding: Funding) -> Residuals:
    return Residuals(funding, Onward.of(funding.journal))


def propose(residuals: Residuals, original: OrderKey = FIRST, number: str = "again0001", kind: str = "repayment") -> None:
    residuals.propose(RequestKind(kind), original, Money(FEN), number=number, who="Zhang", why="it failed")


def number_at(desk: Desk, account: str) -> str:
    return next(one.number for one in desk.assignments.of_order(PLACE) if one.account == account)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.PENDING, Outcome.UNKNOWN])
def test_what_went_on_to_another_account_is_not_proposed_for_repayment(
    wires: Wires, funding: Funding, residuals: Residuals, outcome: Outcome
) -> None:
    wires.say("b", told(Verb.PAYOUT, outcome))
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is outcome
    with pytest.raises(InvalidRequestError) as refused:
        propose(residuals)
    place = number_at(desk, "b")
    assert f"order0001 现在账户 b（单号 {place}，{outcome}），不能再重付" in refused.value.zh
    assert f"order0001 is at the account b now (as {place}, {outcome})" in refused.value.en
    assert residuals.requests() == []


def test_what_its_first_account_left_is_withdrawn_all_the_same(wires: Wires, funding: Funding, residuals: Residuals) -> None:
    assert wires.desk(funds=funding).payout("tea", payout()).outcome is Outcome.SUCCEEDED  # at b, with b's money
    propose(residuals, kind="withdrawal")
    assert residuals.approve("a", "again0001", who="Li").state is RequestState.APPROVED


def test_what_failed_everywhere_is_repaid(wires: Wires, funding: Funding, residuals: Residuals) -> None:
    for name in "bc":
        wires.say(name, failed(failover=name == "b"))
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    propose(residuals)
    assert residuals.approve("a", "again0001", who="Li").state is RequestState.APPROVED
    wires.say("a", paid())
    assert desk.payout("tea", payout("again0001")).outcome is Outcome.SUCCEEDED


def test_what_may_still_go_on_is_not_repaid_before_it_is_closed(
    wires: Wires, journal: Journal, funding: Funding, residuals: Residuals
) -> None:
    wires.say("a", told(Verb.PAYOUT, Outcome.PENDING))
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.PENDING
    journal.found(FIRST, Finding(Source.NOTIFIED, Outcome.FAILED, 1), failed())
    funding.follow_all()
    assert funding.books("tea", "a").residual == FEN
    with pytest.raises(InvalidRequestError, match="may still go on to another account; run `route carry-on`") as refused:
        propose(residuals)
    assert "还可能转往别的账户；请先 route carry-on" in refused.value.zh
    in_force(journal, policy(attempts=1))
    assert [one.outcome for one in desk.carry_on()] == [Outcome.FAILED]
    propose(residuals)


def test_news_that_another_account_has_paid_after_all_end_a_proposal(
    wires: Wires, journal: Journal, funding: Funding, residuals: Residuals
) -> None:
    wires.say("b", failed(failover=False))
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    second = OrderKey("b", "payout", number_at(desk, "b"))
    propose(residuals)
    propose(residuals, second, "again0002")
    journal.found(second, Finding(Source.NOTIFIED, Outcome.SUCCEEDED, 1), paid())
    with pytest.raises(InvalidRequestError, match="at the account b now"):
        residuals.approve("a", "again0001", who="Li")
    journal.found(FIRST, Finding(Source.NOTIFIED, Outcome.SUCCEEDED, 1), paid())
    with pytest.raises(InvalidRequestError, match="at the account a now"):  # the earlier one too
        residuals.approve("b", "again0002", who="Li")


def test_a_chain_of_repayments_ends_where_its_first_order_is_elsewhere(
    wires: Wires, journal: Journal, funding: Funding, residuals: Residuals
) -> None:
    wires.say("b", failed(failover=False))
    desk = wires.desk(funds=funding)
    assert desk.payout("tea", payout()).outcome is Outcome.FAILED
    propose(residuals)
    residuals.approve("a", "again0001", who="Li")
    assert desk.payout("tea", payout("again0001")).outcome is Outcome.FAILED  # at a, as its money is
    second = OrderKey("b", "payout", number_at(desk, "b"))
    journal.found(second, Finding(Source.NOTIFIED, Outcome.SUCCEEDED, 1), paid())
    with pytest.raises(InvalidRequestError, match="at the account b now"):
        propose(residuals, OrderKey("a", "payout", "again0001"), "again0002")


def test_an_approval_and_a_desk_that_gives_the_order_on_never_both_happen(
    wires: Wires, journal: Journal, funding: Funding, residuals: Residuals
) -> None:
    wires.say("a", told(Verb.PAYOUT, Outcome.PENDING))
    desk = wires.desk(funds=funding)
    desk.payout("tea", payout())
    journal.found(FIRST, Finding(Source.NOTIFIED, Outcome.FAILED, 1), failed())
    funding.follow_all()
    approved = []

    def approve() -> None:
        try:
            propose(residuals)
            approved.append(residuals.approve("a", "again0001", who="Li"))
        except InvalidRequestError:
            pass

    racing = [threading.Thread(target=approve), threading.Thread(target=desk.carry_on)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert approved == []
    states = [(one.account, one.state) for one in desk.assignments.of_order(PLACE)]
    assert states == [("a", AssignmentState.FAILED), ("b", AssignmentState.DONE)]
