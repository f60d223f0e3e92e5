"""A batch is reserved as a whole, and each line's money goes where the journal knows that line to be."""

from typing import Any

import pytest

from payment_channels import InvalidRequestError, Money, Outcome, PayoutBatchOrder
from payment_channels.business.funding import AccountFunding, Books, EntryKind, Funding, Mode, RequestKind, Residuals, entries
from payment_channels.channel import Verb
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey
from payment_channels.journal.folding import Finding, Source
from payment_channels.model.results import Amounts, PayoutBatchResult
from tests.business.funding.conftest import Sent, in_force, reserve
from tests.business.ticking import Ticking
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

KEY = OrderKey("shop", "payout_batch", "batch0001")
FEN = {"line1": 100, "line2": 200, "line3": 300}
U, P, S, F, R = Outcome.UNKNOWN, Outcome.PENDING, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED


def answer(whole: Outcome, *lines: Outcome, verb: Verb = Verb.PAYOUT_BATCH, **fields: Any) -> Any:
    told_of = [told(Verb.PAYOUT, one, merchant_order_id=name, **fields) for name, one in zip(FEN, lines, strict=False)]
    return told(verb, whole, CODE[whole], lines=tuple(told_of))


CODE = {U: "REPLY_LOST", P: "PAYOUT_PROCESSING", S: "PAYOUT_SUCCEEDED", F: "PAYOUT_FAILED"}


@pytest.fixture
def batch(funding: Funding, client: DurableClient, wire: Scripted, clock: Ticking) -> Any:
    """Reserve for a batch of three lines of 100, 200 and 300 fen out of 1000, send it, and follow it."""

    def send(result: Any) -> Books:
        funding.paid_in("tea", "shop", Money(1000), reference="bank-1", who="Zhang")
        reserve(funding, KEY, "tea", 600, orders=3)
        wire.answers[Verb.PAYOUT_BATCH] = [result]
        lines = tuple(payout(name, fen, ordered_at=clock()) for name, fen in FEN.items())
        client.payout_batch(PayoutBatchOrder(merchant_batch_id="batch0001", ordered_at=clock(), lines=lines))
        return followed(funding)

    return send


def followed(funding: Funding) -> Books:
    funding.follow(KEY)
    assert funding.faults() == []
    return funding.books("tea", "shop")


def queried(journal: Journal, result: PayoutBatchResult, outcome: Outcome | None = None, attempt: int = 1) -> None:
    journal.found(KEY, Finding(Source.QUERIED, outcome or result.outcome, attempt), result)


@pytest.mark.parametrize(
    ("result", "books"),
    [
        (answer(U), Books(-1000, 400, reserved=600)),
        (answer(P, P, P, P), Books(-1000, 400, reserved=600)),
        (answer(F, F, F, F), Books(-1000, 400, residual=600)),
        (answer(S, S, S, S), Books(-1000, 400, spent=600)),
        (answer(U, S, F, U), Books(-1000, 400, reserved=300, spent=100, residual=200)),
        (answer(P, F, P, R), Books(-1000, 400, reserved=200, spent=300, residual=400, returned=-300)),
    ],
)
def test_each_line_is_where_the_answer_has_it(batch: Any, result: Any, books: Books) -> None:
    assert batch(result) == books


def test_lines_come_to_their_ends_one_after_the_other(batch: Any, funding: Funding, journal: Journal) -> None:
    batch(answer(P, P, P, P))
    queried(journal, answer(U, S, U, P, verb=Verb.QUERY_PAYOUT_BATCH))
    assert followed(funding) == Books(-1000, 400, reserved=500, spent=100)
    queried(journal, answer(U, U, F, P, verb=Verb.QUERY_PAYOUT_BATCH))  # what was seen to be paid stays paid
    assert followed(funding) == Books(-1000, 400, reserved=300, spent=100, residual=200)
    queried(journal, answer(U, R, F, S, verb=Verb.QUERY_PAYOUT_BATCH))
    assert followed(funding) == Books(-1000, 400, spent=400, residual=300, returned=-100)
    assert {one.kind for one in entries(journal, key=KEY)} == {EntryKind.RESERVED, EntryKind.BATCH}


def test_what_is_concluded_of_the_whole_is_said_of_lines_without_a_word(batch: Any, funding: Funding, journal: Journal) -> None:
    batch(answer(U))
    queried(journal, answer(U, U, S, verb=Verb.QUERY_PAYOUT_BATCH), F)  # not found, and the quiet period is over
    assert followed(funding) == Books(-1000, 400, spent=200, residual=400)


def test_a_refusal_of_a_second_attempt_says_nothing_of_the_first(batch: Any, funding: Funding, journal: Journal) -> None:
    batch(answer(U))
    opened = Finding(Source.OPENED, attempt=2)
    journal.store.write(lambda cursor: journal.writer.apply(cursor, journal.locked(cursor, KEY), opened, journal.now()))
    journal.found(KEY, Finding(Source.ANSWERED, F, 2), answer(F, F, F, F))
    assert followed(funding) == Books(-1000, 400, reserved=600)


def test_a_line_that_is_told_both_ways_is_counted_and_two_people_end_it(batch: Any, funding: Funding, journal: Journal) -> None:
    batch(answer(U, S, F, S))
    queried(journal, answer(U, F, F, S, verb=Verb.QUERY_PAYOUT_BATCH))
    assert followed(funding) == Books(-1000, 400, spent=400, residual=200)
    held = funding.reservation(KEY)
    assert held is not None
    assert held.conflicts == 1
    journal.decided(KEY, R, who=("Zhang", "Li"), why="the bank's statement")
    assert followed(funding) == Books(-1000, 400, spent=400, residual=300, returned=-100)


def test_a_batch_that_is_sent_again_leaves_what_was_paid_as_it_is(batch: Any, funding: Funding, journal: Journal) -> None:
    batch(answer(U, S, F, U))
    opened = Finding(Source.OPENED, attempt=2)
    journal.store.write(lambda cursor: journal.writer.apply(cursor, journal.locked(cursor, KEY), opened, journal.now()))
    assert followed(funding) == Books(-1000, 400, reserved=500, spent=100)


def test_what_lines_left_is_a_residual_while_others_are_open(batch: Any, funding: Funding) -> None:
    batch(answer(U, S, F, U))
    residuals = Residuals(funding, None)
    assert [one.key for one in residuals.left()] == [KEY]
    residuals.propose(RequestKind.REPAYMENT, KEY, Money(200), number="line2b", who="Zhang", why="another account")
    residuals.approve("shop", "line2b", who="Li")
    assert followed(funding) == Books(-1000, 400, reserved=500, spent=100)
    with pytest.raises(InvalidRequestError, match=r"left 2\.00 CNY"):
        residuals.propose(RequestKind.REPAYMENT, KEY, Money(1), number="line2c", who="Zhang", why="twice")


def test_an_order_that_does_not_open_keeps_no_other_from_being_followed(
    batch: Any, funding: Funding, journal: Journal, sent: Sent
) -> None:
    batch(answer(U))
    key = sent("payout0001", 50, U)
    journal.found(key, Finding(Source.QUERIED, S, 1), told(Verb.QUERY_PAYOUT, S))
    queried(journal, answer(S, S, S, S, verb=Verb.QUERY_PAYOUT_BATCH))
    lost = Funding(Journal(journal.store, KeyRing.single(bytes(32), name="another"), clock=journal.clock))
    assert lost.follow_all() == 1
    assert funding.books("tea", "shop") == Books(-1000, 350, reserved=600, spent=50)
    assert funding.follow_all() == 1
    assert funding.books("tea", "shop") == Books(-1000, 350, spent=650)


def test_fees_are_each_lines_own(batch: Any, funding: Funding) -> None:
    in_force(funding, shop=AccountFunding(fee=10))
    assert batch(answer(U, S, F, U, amounts=Amounts(fee=Money(7)))) == Books(
        -1000, 383, reserved=310, spent=100, residual=200, fees=7
    )


def test_on_credit_lines_that_failed_free_the_credit(batch: Any, funding: Funding) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=100))
    assert batch(answer(U, S, F, U)) == Books(-1000, 600, reserved=300, spent=100)
