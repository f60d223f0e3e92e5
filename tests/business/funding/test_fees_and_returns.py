"""What the channel keeps: fees out of the account, returns with the fee kept or given back, and reversals."""

import pytest

from payment_channels import Money, Outcome
from payment_channels.business.funding import AccountFunding, Books, Funding, Mode, ShortOfFundsError
from payment_channels.journal import Journal
from payment_channels.model.results import Amounts, Return
from tests.business.funding.conftest import Sent, in_force, queried

FEE = Amounts(fee=Money(30))


@pytest.fixture(autouse=True)
def _money(funding: Funding) -> None:
    funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Zhang")


def test_fees_that_are_billed_apart_leave_the_account_alone(funding: Funding, sent: Sent) -> None:
    sent("payout0001", 400, Outcome.SUCCEEDED, amounts=FEE)
    assert funding.books("tea", "shop") == Books(-1000, 600, spent=400)


@pytest.mark.parametrize(("amounts", "fee"), [(Amounts(), 25), (FEE, 30), (Amounts(fee=Money(0)), 0)])
def test_a_fee_is_reserved_and_the_channels_own_takes_its_place(funding: Funding, sent: Sent, amounts: Amounts, fee: int) -> None:
    in_force(funding, shop=AccountFunding(fee=25))
    key = sent("payout0001", 400, Outcome.PENDING)
    assert funding.books("tea", "shop") == Books(-1000, 575, reserved=425)
    queried(funding.journal, key, Outcome.SUCCEEDED, amounts=amounts)
    funding.follow(key)
    assert funding.books("tea", "shop") == Books(-1000, 600 - fee, spent=400, fees=fee)


def test_a_fee_has_to_suffice_too(funding: Funding, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(fee=25))
    with pytest.raises(ShortOfFundsError, match=r"needs 10\.01 CNY, fees of 0\.25 CNY"):
        sent("payout0001", 976, Outcome.SUCCEEDED)
    sent("payout0002", 975, Outcome.FAILED)  # what was kept for a fee is free again, the amount is a residual
    assert funding.books("tea", "shop") == Books(-1000, 25, residual=975)


@pytest.mark.parametrize(
    ("returned", "books"),
    [
        (Return(amount=Money(400), fee_kept=True), Books(-1000, 570, 0, 400, 400, -400, 30)),
        (Return(amount=Money(400), fee_kept=None), Books(-1000, 570, 0, 400, 400, -400, 30)),
        (Return(amount=Money(400), fee_kept=False), Books(-1000, 570, 0, 400, 430, -400, 0)),
        (Return(amount=Money(395)), Books(-1000, 570, 0, 400, 395, -400, 35)),
        (Return(), Books(-1000, 570, 0, 400, 400, -400, 30)),
    ],
)
def test_a_return_is_a_residual_less_what_the_channel_kept(
    funding: Funding, journal: Journal, sent: Sent, returned: Return, books: Books
) -> None:
    in_force(funding, shop=AccountFunding(fee=30))
    key = sent("payout0001", 400, Outcome.SUCCEEDED, amounts=FEE)
    queried(journal, key, Outcome.RETURNED, returned=returned)
    funding.follow(key)
    assert funding.books("tea", "shop") == books


def test_of_a_return_that_nobody_followed_as_paid_the_fee_is_known_all_the_same(
    funding: Funding, journal: Journal, sent: Sent
) -> None:
    in_force(funding, shop=AccountFunding(fee=25))
    key = sent("payout0001", 400, Outcome.UNKNOWN)
    queried(journal, key, Outcome.SUCCEEDED, amounts=FEE)
    queried(journal, key, Outcome.RETURNED, returned=Return(amount=Money(400), fee_kept=True))
    funding.follow_all()
    assert funding.books("tea", "shop") == Books(-1000, 570, 0, 400, 400, -400, 30)


def test_a_reversal_undoes_the_payout_and_its_fee(funding: Funding, journal: Journal, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(fee=30))
    key = sent("payout0001", 400, Outcome.SUCCEEDED, amounts=FEE)
    queried(journal, key, Outcome.REVERSED)
    funding.follow(key)
    assert funding.books("tea", "shop") == Books(-1000, 570, 0, 400, 430, -400, 0)


def test_what_came_back_on_credit_is_the_merchants_in_the_account(funding: Funding, journal: Journal, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=500))
    key = sent("payout0001", 1200, Outcome.SUCCEEDED)
    queried(journal, key, Outcome.RETURNED, returned=Return(amount=Money(1190)))
    funding.follow(key)
    assert funding.books("tea", "shop") == Books(-1000, -200, 0, 1200, 1190, -1200, 10)
    assert funding.available("tea", "shop") == 1190 + 500 - 200
    assert funding.faults() == []
