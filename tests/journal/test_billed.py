"""A bill settles what is unknown and reports what it contradicts; what it leaves out settles nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mocks.world import World
from payment_channels import (
    BillQuery,
    BillRow,
    BillRowKind,
    CancelOrder,
    ChannelClient,
    Money,
    NotSentError,
    OriginalPayment,
    Outcome,
    RefundOrder,
    Verb,
)
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


def test_a_row_that_is_not_at_its_end_settles_nothing(durable: DurableClient, journal: Journal, wire: Scripted) -> None:
    wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.PENDING)]
    durable.payout(payout())
    assert taken(journal, row(settled=False)) == [BillFinding.NOT_SETTLED]
    assert (at(journal).state, len(events(journal, at(journal)))) == (State.PENDING, 2)


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


def test_a_bill_as_the_channel_makes_it_settles_what_no_query_and_no_notification_told(
    client: DurableClient, bare: ChannelClient, journal: Journal, mock_channels: World
) -> None:
    for path in ("/native", "/refunds"):
        mock_channels.faults.add({"kind": "lose_reply", "path": path, "method": "POST"})
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    original = OriginalPayment(merchant_order_id="payment0001", amount=Money(1280))
    now = mock_channels.clock.now()
    client.refund(RefundOrder(merchant_refund_id="refund0001", ordered_at=now, amount=Money(280), original=original))
    client.pay(payment("payment0002"))  # nobody pays it, and no bill speaks of it
    bare.pay(payment("others0001"))
    mock_channels.channels["wechat"].control("orders", "others0001", "pay", {})
    day = now.date()
    mock_channels.clock.advance(36 * 3600)
    bill = bare.bill(BillQuery(day=day, bill_kind="trade"))
    expected = {"payment0001": BillFinding.SETTLED, "refund0001": BillFinding.SETTLED, "others0001": BillFinding.NOT_OURS}
    for findings in (expected, {**expected, "payment0001": BillFinding.AGREES, "refund0001": BillFinding.AGREES}):
        lines = take_bill(journal, "shop", bill.rows, name=f"trade {day}")
        told_of = {line.key.merchant_id if line.key else line.row.merchant_order_id: line.finding for line in lines}
        assert told_of == findings
    states = [at(journal, "payment", "payment0001"), at(journal, "refund", "refund0001"), at(journal, "payment", "payment0002")]
    assert [record.state for record in states] == [State.SUCCEEDED, State.SUCCEEDED, State.PENDING]
    assert [found for _, found in verify(journal)] == [[]]


@pytest.mark.parametrize(
    ("own_number", "told_as"),
    [
        (None, {"kind": BillRowKind.REFUND}),  # Alipay: a refund of the payment, without a number
        ("cancel0001", {"kind": BillRowKind.REVERSAL, "merchant_refund_id": "cancel0001"}),  # UnionPay: its own number
        ("cancel0001", {"kind": BillRowKind.REFUND, "merchant_refund_id": "cancel0001"}),
    ],
)
def test_a_row_may_be_about_a_cancellation(
    durable: DurableClient, journal: Journal, wire: Scripted, own_number: str | None, told_as: dict[str, Any]
) -> None:
    wire.answers[Verb.CANCEL] = [told(Verb.CANCEL, Outcome.UNKNOWN)]
    original = OriginalPayment(merchant_order_id="gone0001", amount=Money(888))
    durable.cancel(CancelOrder(merchant_cancel_id=own_number, ordered_at=datetime(2026, 6, 1, tzinfo=UTC), original=original))
    kind, told_as = told_as["kind"], {name: text for name, text in told_as.items() if name != "kind"}
    assert taken(journal, row("gone0001", kind=kind, **told_as)) == [BillFinding.SETTLED]
    assert at(journal, "cancel", own_number or "gone0001").state is State.REVERSED
    assert taken(journal, row("gone0001", kind=kind, **told_as)) == [BillFinding.AGREES]
    assert taken(journal, row("else0001", kind=kind)) == [BillFinding.NOT_OURS]
