"""A merchant's money: reserved before an order leaves, and wherever the journal then has the order, there its money is."""

import pytest

from payment_channels import InvalidRequestError, Money, Outcome
from payment_channels.business.funding import AccountFunding, Books, Funding, Mode, ShortOfFundsError
from payment_channels.journal import Journal, OrderKey
from tests.business.funding.conftest import Sent, in_force, queried, reserve

KEY = OrderKey("shop", "payout", "payout0001")


@pytest.fixture(autouse=True)
def _money(funding: Funding) -> None:
    funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Zhang")


def test_what_is_paid_in_is_available_once_under_its_reference(funding: Funding) -> None:
    again = funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Li")
    assert again == Books(outside=-1000, available=1000)
    for merchant, fen in (("tea", 999), ("rice", 1000)):
        with pytest.raises(InvalidRequestError, match="another merchant"):
            funding.paid_in(merchant, "shop", Money(fen), reference="bank-1", who="Zhang")
    assert funding.available("tea", "shop") == 1000
    assert funding.available("rice", "shop") == 0
    assert funding.available("tea", "shop", "USD") == 0


def test_an_order_holds_its_money_once(funding: Funding) -> None:
    for _ in range(2):
        reserve(funding, KEY, "tea", 400)
    assert funding.books("tea", "shop") == Books(outside=-1000, available=600, reserved=400)
    for merchant, fen in (("tea", 401), ("rice", 400)):
        with pytest.raises(InvalidRequestError, match="another merchant or amount"):
            reserve(funding, KEY, merchant, fen)


def test_what_does_not_suffice_is_refused_and_reserves_nothing(funding: Funding) -> None:
    reserve(funding, KEY, "tea", 400)
    with pytest.raises(ShortOfFundsError, match=r"has 6\.00 CNY in account shop and needs 6\.01 CNY") as refused:
        reserve(funding, OrderKey("shop", "payout", "payout0002"), "tea", 601)
    assert refused.value.canonical == "MERCHANT_FUNDS_INSUFFICIENT"
    assert funding.reservation(OrderKey("shop", "payout", "payout0002")) is None
    reserve(funding, OrderKey("shop", "payout", "payout0003"), "tea", 600)
    assert funding.available("tea", "shop") == 0


@pytest.mark.parametrize(
    ("outcome", "books"),
    [
        (Outcome.UNKNOWN, Books(-1000, 600, reserved=400)),
        (Outcome.PENDING, Books(-1000, 600, reserved=400)),
        (Outcome.SUCCEEDED, Books(-1000, 600, spent=400)),
        (Outcome.FAILED, Books(-1000, 600, residual=400)),
        (Outcome.RETURNED, Books(-1000, 600, spent=400, residual=400, returned=-400)),
        (Outcome.REVERSED, Books(-1000, 600, spent=400, residual=400, returned=-400)),
    ],
)
def test_the_money_is_where_the_journal_has_the_order(funding: Funding, sent: Sent, outcome: Outcome, books: Books) -> None:
    key = sent("payout0001", 400, outcome)
    assert funding.books("tea", "shop") == books
    funding.follow(key)
    assert funding.books("tea", "shop") == books
    assert funding.follow_all() == 0


def test_a_residual_funds_the_next_payout_before_what_is_available(funding: Funding, sent: Sent) -> None:
    sent("payout0001", 400, Outcome.FAILED)
    sent("payout0002", 300, Outcome.UNKNOWN)
    assert funding.books("tea", "shop") == Books(-1000, 600, reserved=300, residual=100)
    sent("payout0003", 700, Outcome.SUCCEEDED)
    assert funding.books("tea", "shop") == Books(-1000, 0, reserved=300, spent=700)


def test_what_never_left_gives_back_as_it_took(funding: Funding, sent: Sent) -> None:
    sent("payout0001", 400, Outcome.FAILED)
    reserve(funding, key := OrderKey("shop", "payout", "payout0002"), "tea", 500)
    assert funding.books("tea", "shop") == Books(-1000, 500, reserved=500)
    funding.refused(key)
    assert funding.books("tea", "shop") == Books(-1000, 600, residual=400)
    reserve(funding, key, "tea", 500)  # the same order once more
    assert funding.books("tea", "shop") == Books(-1000, 500, reserved=500)


def test_of_two_who_were_given_the_same_order_the_last_refused_releases_it(funding: Funding) -> None:
    for _ in range(2):
        reserve(funding, KEY, "tea", 400)
    funding.refused(KEY)
    assert funding.books("tea", "shop").reserved == 400
    funding.refused(KEY)
    assert funding.books("tea", "shop").reserved == 0


def test_what_the_journal_knows_is_not_released_by_a_refusal(funding: Funding, sent: Sent) -> None:
    key = sent("payout0001", 400, Outcome.UNKNOWN)
    for _ in range(3):
        funding.refused(key)
    assert funding.books("tea", "shop").reserved == 400
    with pytest.raises(InvalidRequestError, match="follows the journal"):
        funding.release(key, who="Zhang", why="hurry")


def test_a_failure_that_was_none_is_corrected_even_below_zero(funding: Funding, journal: Journal, sent: Sent) -> None:
    key = sent("payout0001", 1000, Outcome.FAILED)
    sent("payout0002", 1000, Outcome.SUCCEEDED)  # paid from the residual
    queried(journal, key, Outcome.SUCCEEDED)
    assert funding.follow_all() == 1
    assert funding.books("tea", "shop") == Books(-1000, 0, spent=2000, residual=-1000)
    assert funding.available("tea", "shop") == -1000


def test_the_sweep_finds_what_was_not_followed_and_news_of_what_had_ended(funding: Funding, journal: Journal, sent: Sent) -> None:
    ended, open_one = sent("payout0001", 400, Outcome.SUCCEEDED), sent("payout0002", 300, Outcome.UNKNOWN)
    queried(journal, open_one, Outcome.FAILED)
    queried(journal, ended, Outcome.RETURNED)
    assert funding.books("tea", "shop") == Books(-1000, 300, reserved=300, spent=400)
    assert funding.follow_all(limit=1) == 1
    assert funding.follow_all() == 1
    assert funding.follow_all() == 0
    assert funding.books("tea", "shop") == Books(-1000, 300, spent=400, residual=700, returned=-400)


def test_on_credit_a_failure_frees_the_credit_and_leaves_nothing_behind(funding: Funding, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=500))
    assert (funding.available("tea", "shop"), funding.available("rice", "shop")) == (1500, 500)
    sent("payout0001", 1400, Outcome.SUCCEEDED)
    assert (funding.available("tea", "shop"), funding.available("rice", "shop")) == (100, 100)
    with pytest.raises(ShortOfFundsError):
        sent("payout0002", 101, Outcome.SUCCEEDED, merchant="rice")
    key = sent("payout0003", 100, Outcome.FAILED, merchant="rice")
    assert funding.books("rice", "shop") == Books()
    assert funding.available("tea", "shop") == 100
    assert funding.follow(key) is not None
    funding.paid_in("tea", "shop", Money(400), reference="bank-2", who="Zhang")
    assert (funding.available("tea", "shop"), funding.available("rice", "shop")) == (500, 500)


def test_on_credit_what_a_residual_gave_is_a_residual_again(funding: Funding, journal: Journal, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=500))
    queried(journal, sent("payout0001", 300, Outcome.SUCCEEDED), Outcome.RETURNED)
    funding.follow_all()
    before = funding.books("tea", "shop")
    assert (before.available, before.residual) == (700, 300)
    sent("payout0002", 400, Outcome.UNKNOWN)
    assert funding.books("tea", "shop").residual == 0
    queried(journal, OrderKey("shop", "payout", "payout0002"), Outcome.FAILED)
    funding.follow_all()
    assert funding.books("tea", "shop") == before


@pytest.mark.parametrize("fen", [2**63 - 1, 2**63, 10**30])
def test_an_amount_that_no_database_keeps_exactly_is_refused(funding: Funding, fen: int) -> None:
    with pytest.raises(InvalidRequestError, match="too large"):
        funding.paid_in("tea", "acct", Money(fen), reference="0001", who="Zhang")
    for number in range(3):  # and no sum of them grows there
        funding.paid_in("tea", "acct", Money(3 * 10**16), reference=str(number), who="Zhang")
    with pytest.raises(InvalidRequestError, match="too large"):
        funding.paid_in("tea", "acct", Money(3 * 10**16), reference="3", who="Zhang")
    assert funding.books("tea", "acct").available == 9 * 10**16
    assert funding.faults() == []
