"""A bill settles what is unknown and reports what it contradicts; what it leaves out settles nothing."""

from typing import Any

import pytest

from payment_channels import BillRow, BillRowKind, Money, NotSentError, Outcome, Verb
from payment_channels.journal import BillFinding, DurableClient, Journal, OrderKey, OrderRecord, State, take_bill
from payment_channels.journal.looking import conflicts, events, verify
from tests.journal.conftest import payment, payout
from tests.journal.scripted import Scripted, told


@pytest.fixture
def wire() -> Scripted:
    return Scripted()


@pytest.fixture
def durable(wire: Scripted, journal: Journal) -> DurableClient:
    return DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]


def row(number: str = "payout0001", fen: int = 888, kind: BillRowKind = BillRowKind.PAYOUT, **fields: Any) -> BillRow:
    return BillRow(kind=kind, incoming=False, amount=Money(fen), merchant_order_id=number, status="成功", **fields)


def taken(journal: Journal, *rows: BillRow) -> list[BillFinding]:
    return [line.finding for line in take_bill(journal, "shop", rows, name="2026-06-01")]


def at(journal: Journal, kind: str = "payout", number: str = "payout0001") -> OrderRecord:
    found = journal.find(OrderKey("shop", kind, number))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "finding", "conflict"),
    [
        (Outcome.UNKNOWN, BillFinding.SETTLED, False),
        (Outcome.PENDING, BillFinding.SETTLED, False),
        (Outcome.SUCCEEDED, BillFinding.AGREES, False),
        (Outcome.FAILED, BillFinding.CONTRADICTS, True),
    ],
)
def test_a_row_says_that_money_moved(
    durable: DurableClient, journal: Journal, wire: Scripted, before: Outcome, finding: BillFinding, conflict: bool
) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, before)]
    durable.payout(payout())
    assert taken(journal, row()) == [finding]
    assert (at(journal).state, at(journal).standing.conflict) == (State.SUCCEEDED, conflict)
    assert taken(journal, row()) == [BillFinding.AGREES]
    assert durable.payout(payout()).outcome is Outcome.SUCCEEDED
    assert [found for _, found in verify(journal)] == [[]]


def test_money_that_moved_for_an_order_that_never_left_is_shown(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    wire.answers[Verb.PAYOUT] = [NotSentError.because("refused")]
    with pytest.raises(NotSentError):
        durable.payout(payout())
    assert taken(journal, row()) == [BillFinding.CONTRADICTS]
    assert [record.key.merchant_id for record in conflicts(journal)] == ["payout0001"]


def test_another_amount_settles_nothing(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.UNKNOWN)]
    durable.payout(payout())
    assert taken(journal, row(fen=887)) == [BillFinding.OTHER_AMOUNT]
    assert at(journal).state is State.UNKNOWN


def test_rows_of_others_and_missing_rows_change_nothing(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.UNKNOWN)]
    durable.payout(payout())
    nameless = row().model_copy(update={"merchant_order_id": None})
    assert taken(journal, row("others"), nameless) == [BillFinding.NOT_OURS] * 2
    assert taken(journal, row(kind=BillRowKind.FEE)) == []
    assert (at(journal).state, len(events(journal, at(journal)))) == (State.UNKNOWN, 2)


def test_a_return_and_a_reversal_follow_their_success(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    wire.answers |= {Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.SUCCEEDED)], Verb.PAY: [told(Verb.PAY, Outcome.SUCCEEDED)]}
    durable.payout(payout())
    durable.pay(payment())
    rows = row(kind=BillRowKind.RETURN), row("payment0001", 1280, BillRowKind.REVERSAL)
    assert taken(journal, *rows) == [BillFinding.SETTLED] * 2
    assert (at(journal).state, at(journal, "payment", "payment0001").state) == (State.RETURNED, State.REVERSED)
    assert conflicts(journal) == []
    # News of before the money came back takes nothing back, and is no conflict.
    assert taken(journal, row()) == [BillFinding.AGREES]
    assert at(journal).state is State.RETURNED
