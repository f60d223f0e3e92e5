"""What failed and returned payouts left is paid again or taken out under a new number, by two people, and never more than it."""

import pytest

from payment_channels import InvalidRequestError, Money, Outcome
from payment_channels.business.funding import Books, Funding, RequestKind, RequestState, Residuals, ShortOfFundsError
from payment_channels.journal import Journal, OrderKey
from payment_channels.model.results import Return
from tests.business.funding.conftest import Sent, queried, reserve

REPAYMENT, WITHDRAWAL = RequestKind.REPAYMENT, RequestKind.WITHDRAWAL


@pytest.fixture
def residuals(funding: Funding) -> Residuals:
    funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Zhang")
    return Residuals(funding, None)


def propose(residuals: Residuals, original: OrderKey, number: str, fen: int = 400, kind: RequestKind = REPAYMENT) -> None:
    residuals.propose(kind, original, Money(fen), number=number, who="Zhang", why="the payee gave another account")


def test_a_repayment_is_held_under_its_new_number_when_another_person_approves(
    funding: Funding, residuals: Residuals, sent: Sent
) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a")
    assert funding.books("tea", "shop") == Books(-1000, 600, residual=400)
    assert funding.held_at("tea", "payout0001a") is None
    with pytest.raises(InvalidRequestError, match="cannot check"):
        residuals.approve("shop", "payout0001a", who="zhang")
    approved = residuals.approve("shop", "payout0001a", who="Li")
    assert (approved.original, approved.root, approved.maker, approved.checker) == (old, old, "Zhang", "Li")
    assert funding.books("tea", "shop") == Books(-1000, 600, reserved=400)
    assert funding.held_at("tea", "payout0001a") == "shop"
    sent("payout0001a", 400, Outcome.SUCCEEDED)
    assert funding.books("tea", "shop") == Books(-1000, 600, spent=400)
    with pytest.raises(InvalidRequestError, match="approved already"):
        residuals.approve("shop", "payout0001a", who="Wang")


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING, Outcome.SUCCEEDED])
def test_what_is_not_known_to_have_left_money_is_never_paid_again(residuals: Residuals, sent: Sent, outcome: Outcome) -> None:
    sent("payout0000", 400, Outcome.FAILED)  # there is a residual, and it is not this order's
    old = sent("payout0001", 300, outcome)
    with pytest.raises(InvalidRequestError, match="never paid again"):
        propose(residuals, old, "payout0001a", 300)
    with pytest.raises(InvalidRequestError, match="never paid again"):
        propose(residuals, OrderKey("shop", "payout", "nobody"), "payout0001a", 300)


def test_news_that_it_was_paid_after_all_end_a_proposal(
    funding: Funding, journal: Journal, residuals: Residuals, sent: Sent
) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    sent("payout0002", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a")
    queried(journal, old, Outcome.SUCCEEDED)  # nobody has followed it yet
    with pytest.raises(InvalidRequestError, match="never paid again"):
        residuals.approve("shop", "payout0001a", who="Li")
    assert funding.reservation(OrderKey("shop", "payout", "payout0001a")) is None


def test_news_that_it_left_less_end_a_proposal_of_more(journal: Journal, residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    sent("payout0002", 400, Outcome.FAILED)  # a residual of another order's
    propose(residuals, old, "payout0001a")
    queried(journal, old, Outcome.RETURNED, returned=Return(amount=Money(100)))
    with pytest.raises(InvalidRequestError, match="too much"):
        residuals.approve("shop", "payout0001a", who="Li")


def test_news_that_the_first_of_a_chain_was_paid_after_all_end_the_chain(
    funding: Funding, journal: Journal, residuals: Residuals, sent: Sent
) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    sent("payout0009", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a")
    residuals.approve("shop", "payout0001a", who="Li")
    again = sent("payout0001a", 400, Outcome.FAILED)
    for number in ("payout0001b", "payout0001c"):
        propose(residuals, again, number, 200)
    residuals.approve("shop", "payout0001b", who="Li")
    queried(journal, old, Outcome.SUCCEEDED)
    with pytest.raises(InvalidRequestError, match="too much"):
        residuals.approve("shop", "payout0001c", who="Li")
    with pytest.raises(InvalidRequestError, match="payout0001, which is succeeded after all"):
        reserve(funding, OrderKey("shop", "payout", "payout0001b"), "tea", 200)


def test_no_more_is_paid_again_than_was_left_however_often_it_fails(residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.RETURNED)
    sent("payout0009", 500, Outcome.FAILED)  # a residual of another order's
    propose(residuals, old, "payout0001a", 300)
    with pytest.raises(InvalidRequestError, match=r"3\.00 CNY of it is asked for"):
        propose(residuals, old, "payout0001b", 101)
    propose(residuals, old, "payout0001b", 100)
    residuals.decline("shop", "payout0001b", who="Li", why="not yet")
    propose(residuals, old, "payout0001c", 100)
    residuals.approve("shop", "payout0001a", who="Li")
    again = sent("payout0001a", 300, Outcome.FAILED)
    propose(residuals, again, "payout0001d", 300)
    assert residuals.requests("shop")[0].root == old
    with pytest.raises(InvalidRequestError, match=r"4\.00 CNY of it is asked for"):
        propose(residuals, old, "payout0001e", 1)


def test_a_number_is_new_or_refused(residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a", 100)
    for used in ("payout0001", "payout0001a"):
        with pytest.raises(InvalidRequestError, match="was used"):
            propose(residuals, old, used, 100)
    for fen in (0, -1):
        with pytest.raises(InvalidRequestError, match="too much"):
            propose(residuals, old, "payout0001b", fen)


@pytest.mark.parametrize("declined", [True, False])
def test_what_is_approved_is_what_was_looked_at_since_no_number_is_proposed_twice(
    funding: Funding, residuals: Residuals, sent: Sent, *, declined: bool
) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    other = sent("payout0002", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a", 100)
    (seen,) = residuals.requests("shop")  # the checker looks at this one
    if declined:
        residuals.decline("shop", "payout0001a", who="Zhang", why="I change it")
    for original, fen, kind in ((old, 400, REPAYMENT), (other, 100, REPAYMENT), (old, 100, WITHDRAWAL)):
        with pytest.raises(InvalidRequestError, match="was used"):
            propose(residuals, original, "payout0001a", fen, kind)
    if declined:
        with pytest.raises(InvalidRequestError, match="declined already"):
            residuals.approve("shop", "payout0001a", who="Li")
        return
    approved = residuals.approve("shop", "payout0001a", who="Li")
    assert (approved.amount, approved.original, approved.kind, approved.why) == (seen.amount, old, REPAYMENT, seen.why)
    held = funding.reservation(approved.key)
    assert held is not None
    assert held.position.reserved == seen.amount == 100


def test_a_residual_that_has_funded_another_payout_meanwhile_is_not_paid_twice(residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a")
    sent("payout0002", 100, Outcome.SUCCEEDED)
    with pytest.raises(ShortOfFundsError, match=r"the residual is 3\.00 CNY and 4\.00 CNY is needed"):
        residuals.approve("shop", "payout0001a", who="Li")


def test_a_withdrawal_is_held_and_then_noted_as_done_once(funding: Funding, residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    propose(residuals, old, "withdrawal1", kind=WITHDRAWAL)
    with pytest.raises(InvalidRequestError, match="no approved withdrawal"):
        residuals.done("shop", "withdrawal1", reference="desk-1", who="Wang")
    residuals.approve("shop", "withdrawal1", who="Li")
    assert funding.books("tea", "shop") == Books(-1000, 600, reserved=400)
    for _ in range(2):
        assert residuals.done("shop", "withdrawal1", reference="desk-1", who="Wang").state is RequestState.DONE
    for act in (funding.follow, funding.refused):
        act(OrderKey("shop", "withdrawal", "withdrawal1"))
    assert funding.books("tea", "shop") == Books(-600, 600)
    assert funding.faults() == []


def test_what_was_approved_and_never_used_is_released_by_a_person(funding: Funding, residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)
    propose(residuals, old, "payout0001a")
    residuals.approve("shop", "payout0001a", who="Li")
    key = OrderKey("shop", "payout", "payout0001a")
    reserve(funding, key, "tea", 400)  # the desk begins
    funding.refused(key)  # and is refused: what two people approved stays held
    assert funding.books("tea", "shop").reserved == 400
    funding.release(key, who="Wang", why="the payee wants it tomorrow")
    assert funding.books("tea", "shop") == Books(-1000, 600, residual=400)
    propose(residuals, old, "payout0001b")


def test_what_is_left_after_a_part_was_used_is_shown_beside_the_whole(funding: Funding, residuals: Residuals, sent: Sent) -> None:
    old = sent("payout0001", 400, Outcome.FAILED)

    def shown() -> list[tuple[str, int, int]]:
        return [(one.order.key.merchant_id, one.whole, one.free) for one in residuals.remaining(residuals.left("shop"))]

    assert shown() == [("payout0001", 400, 400)]
    propose(residuals, old, "w1", 100, WITHDRAWAL)
    assert shown() == [("payout0001", 400, 300)]
    residuals.approve("shop", "w1", who="Li")
    residuals.done("shop", "w1", reference="desk-1", who="Wang")
    assert shown() == [("payout0001", 400, 300)]
    propose(residuals, old, "payout0001a", 250)
    residuals.decline("shop", "payout0001a", who="Li", why="not yet")
    assert shown() == [("payout0001", 400, 300)]
    propose(residuals, old, "payout0001b", 250)
    residuals.approve("shop", "payout0001b", who="Li")
    assert shown() == [("payout0001", 400, 50)]
    again = sent("payout0001b", 250, Outcome.FAILED)
    assert shown() == [("payout0001b", 250, 250), ("payout0001", 400, 300)]
    propose(residuals, again, "payout0001c", 200)
    assert shown() == [("payout0001b", 250, 100), ("payout0001", 400, 100)]
    assert funding.faults() == []


def test_what_orders_left_is_listed(funding: Funding, residuals: Residuals, sent: Sent) -> None:
    keys = [sent("payout0001", 400, Outcome.FAILED), sent("payout0002", 300, Outcome.RETURNED)]
    sent("payout0003", 200, Outcome.UNKNOWN)
    assert [one.key for one in residuals.left("shop")] == keys[::-1]
    assert residuals.left("another") == []
