"""Many threads at once, on both databases: what is reserved is exact, and every race ends in books that balance."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from payment_channels import Money, Outcome
from payment_channels.business.funding import AccountFunding, Funding, Mode, RequestKind, Residuals, ShortOfFundsError
from payment_channels.channel import Verb
from payment_channels.journal import DurableClient, Journal, OrderKey
from payment_channels.journal.store import Cursor, JournalUnavailableError
from payment_channels.model.refusals import InvalidRequestError
from tests.business.funding.conftest import Sent, in_force, queried, reserve
from tests.business.ticking import Ticking
from tests.journal.conftest import payout
from tests.journal.races import Held, beside
from tests.journal.scripted import Scripted, told

THREADS = 8


def reserved(funding: Funding, number: str, merchant: str, fen: int) -> bool:
    try:
        reserve(funding, OrderKey("shop", "payout", number), merchant, fen)
    except ShortOfFundsError:
        return False
    return True


def test_threads_share_a_merchants_money_to_the_last_fen(funding: Funding) -> None:
    funding.paid_in("tea", "shop", Money(1050), reference="bank-1", who="Zhang")
    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(lambda number: reserved(funding, f"p{number}", "tea", 100), range(30)))
    assert (sum(got), funding.available("tea", "shop")) == (10, 50)
    assert funding.faults() == []


def test_merchants_share_an_accounts_credit_to_the_last_fen(funding: Funding) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=1050))
    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(lambda number: reserved(funding, f"p{number}", f"m{number % 5}", 100), range(30)))
    assert (sum(got), funding.available("m0", "shop")) == (10, 50)
    assert funding.faults() == []


def test_threads_that_were_given_the_same_order_hold_it_once(funding: Funding) -> None:
    funding.paid_in("tea", "shop", Money(150), reference="bank-1", who="Zhang")
    key = OrderKey("shop", "payout", "p1")
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(lambda _: reserved(funding, "p1", "tea", 100), range(THREADS)))
        assert funding.books("tea", "shop").reserved == 100
        list(pool.map(lambda _: funding.refused(key), range(THREADS)))
    assert funding.books("tea", "shop").reserved == 0


def test_everything_at_once_ends_in_books_that_balance(
    funding: Funding, journal: Journal, client: DurableClient, wire: Scripted, clock: Ticking
) -> None:
    funding.paid_in("tea", "shop", Money(3000), reference="bank-1", who="Zhang")
    ends = (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED)

    def story(number: int) -> None:
        dice, key = random.Random(number), OrderKey("shop", "payout", f"p{number}")
        if not reserved(funding, f"p{number}", dice.choice(("tea", "rice")), dice.randint(1, 300)):
            funding.paid_in("rice", "shop", Money(200), reference=f"in-{number % 4}", who="Zhang")
            return
        amount = funding.reservation(key)
        assert amount is not None
        if number % 5 == 0:
            funding.refused(key)
            return
        client.payout(payout(f"p{number}", amount.amount, ordered_at=clock()))
        queried(journal, key, dice.choice(ends))
        if number % 2:
            funding.follow(key)
        else:
            funding.follow_all(limit=3)

    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.UNKNOWN)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(story, range(48)))
    while funding.follow_all():
        pass
    assert funding.faults() == []
    assert funding.books("tea", "shop").reserved == funding.books("rice", "shop").reserved == 0


def test_a_residual_that_two_proposals_want_is_held_for_one(funding: Funding, sent: Sent) -> None:
    funding.paid_in("tea", "shop", Money(400), reference="bank-1", who="Zhang")
    old, residuals = sent("p1", 400, Outcome.FAILED), Residuals(funding, None)

    def wants(number: int) -> bool:
        try:
            residuals.propose(RequestKind.REPAYMENT, old, Money(300), number=f"p1-{number}", who="Zhang", why="race")
            residuals.approve("shop", f"p1-{number}", who="Li")
        except (InvalidRequestError, ShortOfFundsError):
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(wants, range(THREADS))) == 1
    assert (funding.books("tea", "shop").reserved, funding.books("tea", "shop").residual) == (300, 100)


def test_a_reservation_waits_for_the_one_before_it(funding: Funding, journal: Journal) -> None:
    """The second transaction begins while the first has reserved and not committed; it sees what the first has taken."""
    funding.paid_in("tea", "shop", Money(150), reference="bank-1", who="Zhang")

    def first(held: Held) -> object:
        def work(cursor: Cursor) -> None:
            funding.reserve(cursor, OrderKey("shop", "payout", "p1"), "tea", Money(100))

        return held.write(work)

    _, second = beside(journal.store, first, lambda: reserved(funding, "p2", "tea", 100))  # type: ignore[arg-type]
    assert second is False
    assert funding.books("tea", "shop").reserved == 100


def test_news_that_are_committed_after_later_ones_are_not_missed(funding: Funding, journal: Journal, sent: Sent) -> None:
    """An event's number is given before its transaction ends, so the sweep may not pass by what it has not seen."""
    funding.paid_in("tea", "shop", Money(200), reference="bank-1", who="Zhang")
    late, other = sent("p1", 100, Outcome.SUCCEEDED), sent("p2", 100, Outcome.SUCCEEDED)

    def first(held: Held) -> None:
        queried(Journal(held, journal.ring, clock=journal.clock), late, Outcome.RETURNED)

    def second() -> None:
        queried(journal, other, Outcome.RETURNED)
        for _ in range(3):
            funding.follow_all()

    beside(journal.store, first, second)  # type: ignore[arg-type]
    funding.follow_all()
    assert funding.books("tea", "shop").residual == 200


def test_what_a_transaction_of_the_callers_undoes_was_never_reserved(funding: Funding, journal: Journal) -> None:
    funding.paid_in("tea", "shop", Money(150), reference="bank-1", who="Zhang")

    def work(cursor: object) -> None:
        funding.reserve(cursor, OrderKey("shop", "payout", "p1"), "tea", Money(100))  # type: ignore[arg-type]
        raise ValueError("the assignment could not be written")

    with pytest.raises((ValueError, JournalUnavailableError)):
        journal.store.write(work)
    assert funding.reservation(OrderKey("shop", "payout", "p1")) is None
    assert funding.available("tea", "shop") == 150
