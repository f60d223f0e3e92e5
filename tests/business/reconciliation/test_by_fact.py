"""What each class is, fact by fact: the pairs that a run of millions would not show by themselves."""

from datetime import timedelta
from typing import Any

import pytest

from payment_channels import BillRow, BillRowKind, BillStatus, ConfigurationError, Money
from payment_channels.business.reconciliation import (
    AccountTerms,
    Action,
    Case,
    CaseState,
    Difference,
    FeeTerms,
    Files,
    Reconciliation,
    ReconciliationPolicy,
    SummaryLine,
)
from payment_channels.business.reconciliation.staging import write_bill
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.looking import conflicts
from tests.business.reconciliation.planted import ACCOUNT, DAY, NEXT, TERMS, Planted, at, in_force
from tests.business.ticking import Ticking


@pytest.fixture
def planted() -> Planted:
    return Planted(11)


@pytest.fixture
def room(journal: Journal) -> Reconciliation:
    made = Reconciliation(journal)
    in_force(made)
    return made


def run(room: Reconciliation, planted: Planted, **more: Any) -> list[Case]:
    """Run the day's bill, and return its cases."""
    if planted.orders:
        planted.into(room.journal)
        planted.orders.clear()
    room.run(ACCOUNT, DAY, planted.bills[DAY], **more)
    return room.book.cases(account=ACCOUNT, day=DAY)


def state(room: Reconciliation, one: dict[str, Any]) -> State:
    record = room.journal.find(OrderKey(ACCOUNT, one["kind"], one["number"]))
    assert record is not None
    return record.state


def test_a_bill_settles_what_was_open_and_that_is_no_difference(room: Reconciliation, planted: Planted) -> None:
    unknown, pending = planted.order("payout", state="unknown"), planted.order("payment", state="pending")
    for one in (unknown, pending):
        planted.row(one)
    assert run(room, planted) == []
    assert (state(room, unknown), state(room, pending)) == (State.SUCCEEDED, State.SUCCEEDED)
    assert room.runs()[0].settled == 2


def test_what_contradicts_the_journal_stays_a_case_until_two_people_have_decided(room: Reconciliation, planted: Planted) -> None:
    failed = planted.order("payout", state="failed")
    planted.row(failed)
    (case,) = run(room, planted)
    assert (case.difference, case.evidence["journal"]["state"], case.action) == (
        Difference.STATUS,
        "failed",
        Action.DECIDE_IN_THE_JOURNAL,
    )
    assert [record.key.merchant_id for record in conflicts(room.journal)] == [failed["number"]]
    (again,) = run(room, planted)
    assert again == case  # the journal says "succeeded" by now, in conflict
    room.journal.store.write(lambda cursor: cursor.run("UPDATE orders SET conflict = 0"))  # as `journal decide` does
    (done,) = run(room, planted)
    assert (done.state, [step.what for step in room.book.trail(case.id)]) == (CaseState.CLEARED, ["opened", "cleared"])


def test_another_amount_settles_nothing_and_is_told_with_both(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment", state="unknown")
    planted.row(one, amount=one["amount"] + 1)
    (case,) = run(room, planted)
    assert (case.difference, case.facts) == (Difference.AMOUNT, frozenset({Difference.AMOUNT, Difference.STATUS}))
    assert (case.channel_amount, case.local_amount) == (Money(one["amount"] + 1), Money(one["amount"]))
    assert state(room, one) is State.UNKNOWN


def test_a_row_that_is_not_at_its_end_says_nothing_of_the_state_and_its_amount_is_compared(
    room: Reconciliation, planted: Planted
) -> None:
    states = [planted.order("refund", state=one) for one in ("pending", "failed", "succeeded")]
    other = planted.order("refund", state="pending")
    for one in states:
        planted.row(one)
    planted.row(other, amount=other["amount"] + 1)
    planted.bills[DAY] = [row.model_copy(update={"settled": False}) for row in planted.bills[DAY]]
    assert [(case.number, case.difference) for case in run(room, planted)] == [(other["number"], Difference.AMOUNT)]
    assert [state(room, one) for one in states] == [State.PENDING, State.FAILED, State.SUCCEEDED]


def test_of_several_rows_the_one_that_agrees_is_the_first_wherever_it_stands(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment")
    other = planted.row(one, channel="C-other", amount=one["amount"] + 1)
    right = planted.row(one)
    planted.into(room.journal)
    planted.orders.clear()
    planted.bills[DAY] = [other, right]
    (case,) = run(room, planted)
    assert (case.difference, case.evidence["bill"]["channel_order_id"]) == (Difference.DUPLICATE, "C-other")
    planted.bills[DAY] = [right, other, other]
    assert [case.difference for case in run(room, planted)] == [Difference.DUPLICATE] * 2
    assert room.runs()[0].agreed == 1


@pytest.mark.parametrize("what", ["payout", "refund"])
def test_an_order_that_failed_or_is_not_covered_is_not_missed(journal: Journal, planted: Planted, what: str) -> None:
    room = Reconciliation(journal)
    in_force(room, TERMS.model_copy(update={"covers": frozenset({"payment"})}))
    planted.order(what)
    planted.order("payment", state="failed")
    planted.order("payment", state="unknown")
    planted.order("payment", state="reversed")
    assert run(room, planted) == []


def test_a_row_without_our_number_is_found_by_the_channels(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment")
    row = planted.row(one)
    planted.bills[DAY] = [row.model_copy(update={"merchant_order_id": None})]
    assert run(room, planted) == []
    planted.bills[DAY] = [row.model_copy(update={"merchant_order_id": None, "channel_order_id": "C-nobody"})]
    told = {(case.number, case.difference) for case in run(room, planted)}
    assert told == {("C-nobody", Difference.FOREIGN), (one["number"], Difference.LOCAL_ONLY)}


def test_two_rows_without_our_number_about_one_order_are_one_too_many(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment", state="unknown")
    row = planted.row(one).model_copy(update={"merchant_order_id": None})
    planted.bills[DAY] = [row, row]
    assert [case.difference for case in run(room, planted)] == [Difference.DUPLICATE]
    assert state(room, one) is State.SUCCEEDED


def test_of_rows_about_an_order_of_nobody_the_further_ones_are_duplicates(room: Reconciliation, planted: Planted) -> None:
    row = planted.row({"kind": "payment", "number": "P0000000999", "channel": "C1", "amount": 888, "at": at(DAY, 12)})
    planted.bills[DAY] = [row, row, row]
    found = sorted(case.difference for case in run(room, planted))
    assert found == [Difference.CHANNEL_ONLY, Difference.DUPLICATE, Difference.DUPLICATE]
    assert room.run(ACCOUNT, DAY, planted.bills[DAY]).opened == 0


def test_what_went_back_is_compared_with_the_payment_or_the_cancellation(room: Reconciliation, planted: Planted) -> None:
    undone, kept = planted.order("payment", state="reversed"), planted.order("payment")
    back = {"kind": BillRowKind.REVERSAL, "incoming": False, "fee": None}
    planted.bills[DAY] += [planted.row(one).model_copy(update=back) for one in (undone, kept)]
    nameless = {"kind": BillRowKind.REFUND, "incoming": False, "merchant_order_id": "P-nobody", "fee": None}
    planted.bills[DAY].append(planted.bills[DAY][0].model_copy(update=nameless))
    found = {(case.kind, case.number, case.difference) for case in run(room, planted)}
    assert found == {("refund", "P-nobody", Difference.FOREIGN)}  # the journal had not heard of the other: the bill told it
    assert state(room, kept) is State.REVERSED


def test_fees_are_checked_to_the_fen_within_their_own_tolerance(journal: Journal, planted: Planted) -> None:
    terms = FeeTerms(millionths=3800, at_least=10, at_most=5000, tolerance=1)
    assert [terms.of(amount) for amount in (1, 10_000, 10_132, 100_000_000)] == [10, 38, 39, 5000]
    room = Reconciliation(journal)
    in_force(room, TERMS.model_copy(update={"fees": {"payment": terms}, "charged_fee_is": "negative"}))
    for charged in (-38, -39, -37, -40, 38, None):
        one = planted.order("payment")
        row = planted.row(one).model_copy(update={"amount": Money(10_000), "fee": None if charged is None else Money(charged)})
        planted.bills[DAY][-1] = row
        planted.orders[-1] = (*planted.orders[-1][:5], 10_000, *planted.orders[-1][6:])
    told = sorted((case.channel_fee.amount if case.channel_fee else 0, case.difference) for case in run(room, planted))
    assert told == [(-40, Difference.FEE), (0, Difference.FEE), (38, Difference.FEE)]


def test_rows_about_fees_alone_are_added_up_and_are_no_orders(room: Reconciliation, planted: Planted) -> None:
    planted.bills[DAY].append(BillRow(kind=BillRowKind.FEE, incoming=False, amount=Money(30)))
    assert run(room, planted) == []
    assert [(one.kind, one.amount, one.net) for one in room.runs()[0].totals] == [("fee", 30, -30)]


def test_a_bill_that_has_not_come_is_a_case_which_the_bill_clears(room: Reconciliation, planted: Planted) -> None:
    planted.row(planted.order("payment"))
    for status, difference in (
        (BillStatus.NOT_READY, Difference.BILL_MISSING),
        (BillStatus.UNKNOWN, Difference.BILL_MISSING),
        (BillStatus.INCONSISTENT, Difference.BILL_INCONSISTENT),
    ):
        run_ = room.run(ACCOUNT, DAY, status)
        assert (run_.classes, run_.clean) == ({difference: 1}, False)
    (missing,) = room.missing_bills()
    assert (missing.day, missing.status) == (DAY, BillStatus.INCONSISTENT)
    (case,) = run(room, planted)
    assert (case.kind, case.state, room.missing_bills()) == ("bill", CaseState.CLEARED, [])
    before = room.book.cases()
    assert room.run(ACCOUNT, DAY, BillStatus.UNKNOWN).classes == {}  # that it cannot be fetched once more takes nothing back
    assert room.book.cases() == before


def test_an_empty_bill_is_not_a_missing_one(room: Reconciliation, planted: Planted) -> None:
    one = planted.order("payment")
    planted.into(room.journal)
    assert room.run(ACCOUNT, DAY, BillStatus.EMPTY).classes == {Difference.LOCAL_ONLY: 1}
    assert [case.number for case in room.open_cases()] == [one["number"]]


def test_a_bill_that_nobody_asked_for_is_missing_too_until_two_people_say_that_the_day_had_none(
    journal: Journal, clock: Ticking
) -> None:
    clock.at = at(NEXT, 9, 59)
    room = Reconciliation(journal)
    in_force(room)
    assert room.missing_bills() == []
    clock.move(timedelta(minutes=1))
    assert [(one.day, one.status, one.case) for one in room.missing_bills()] == [(DAY, None, None)]
    room.run(ACCOUNT, DAY, BillStatus.NOT_READY)
    (case,) = room.open_cases()
    room.book.propose(case.id, Action.NO_BUSINESS, who="Zhang", why="98")
    assert [one.case for one in room.missing_bills()] == [case.id]
    room.book.close(case.id, proposal=1, who="Li")
    assert room.missing_bills() == []


def test_rows_that_do_not_add_up_to_the_channels_summary_are_not_used(room: Reconciliation, planted: Planted) -> None:
    one, other = planted.order("payment"), planted.order("payment")
    planted.row(one)
    planted.row(other)
    total = one["amount"] + other["amount"]
    wrong = SummaryLine(kind=BillRowKind.PAYMENT, count=3, amount=total)
    (case,) = run(room, planted, summary=[wrong])
    assert (case.difference, case.evidence["note"]) == (
        Difference.BILL_INCONSISTENT,
        "payment CNY count: rows 2, summary 3",
    )
    right = [SummaryLine(kind=BillRowKind.PAYMENT, count=2, amount=total), SummaryLine(count=2)]
    assert [case.state for case in run(room, planted, summary=right)] == [CaseState.CLEARED]


def test_files_are_compared_as_rows_are(room: Reconciliation, planted: Planted, tmp_path: Any) -> None:
    one, twice, missed = planted.order("payment"), planted.order("payment"), planted.order("payout")
    planted.row(one, amount=one["amount"] + 1)
    planted.row(twice)
    planted.row(twice)
    planted.into(room.journal)
    write_bill(planted.bills[DAY], tmp_path / "bill.csv")
    done = room.run(ACCOUNT, DAY, Files((tmp_path / "bill.csv",)))
    found = {(case.number, case.difference) for case in room.open_cases()}
    assert found == {
        (one["number"], Difference.AMOUNT),
        (twice["number"], Difference.DUPLICATE),
        (missed["number"], Difference.LOCAL_ONLY),
    }
    assert (done.rows, done.agreed) == (3, 1)
    before = room.open_cases()
    assert room.run(ACCOUNT, DAY, planted.bills[DAY]).opened == 0
    assert room.open_cases() == before


def test_numbers_with_every_kind_of_letter_meet(room: Reconciliation, planted: Planted) -> None:
    names = ['P"1', "P,2", "P 3 ", "P'4", "'P5", "P\\6", "P7", "p7", "订单8", "P9\t"]
    for name in names:
        one = planted.order("payment")
        planted.orders[-1] = (*planted.orders[-1][:2], name, *planted.orders[-1][3:])
        planted.row(one | {"number": name})
    assert run(room, planted) == []
    assert room.runs()[0].agreed == len(names)


def test_an_account_without_terms_and_a_policy_that_is_wrong_are_refused(room: Reconciliation, journal: Journal) -> None:
    with pytest.raises(ConfigurationError, match="has no account nobody"):
        room.run("nobody", DAY, BillStatus.READY)
    with pytest.raises(ConfigurationError, match="own_numbers"):
        AccountTerms(since=DAY, own_numbers=("(",))
    with pytest.raises(ConfigurationError, match="cutoff"):
        ReconciliationPolicy(accounts={"shop": {"since": DAY, "cutoff": "23:00"}})  # type: ignore[dict-item]


def test_an_orders_day_is_the_channels_day(journal: Journal, planted: Planted) -> None:
    """UnionPay cuts at 23:00: what is ordered then is the next day's."""
    room = Reconciliation(journal)
    in_force(room, TERMS.model_copy(update={"cut_off": at(DAY, 23).time(), "slack_minutes": 0}))
    before, late = planted.order("payment", when=at(DAY, 22, 59), takes=timedelta()), planted.order("payment", when=at(DAY, 23))
    assert [(case.number, case.difference) for case in run(room, planted)] == [(before["number"], Difference.LOCAL_ONLY)]
    room.run(ACCOUNT, NEXT, [])
    assert [case.number for case in room.book.cases(day=NEXT)] == [late["number"]]
