"""A merchant's days on all channels with faults everywhere: intents, journal and books agree at the end, whatever the seed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payment_channels import Outcome
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.journal import BillFinding, Journal, OrderKey, OrderRecord, State, asking
from payment_channels.model.results import Result
from tests.simulation import judge as rules
from tests.simulation.channels import BACK, DEAD, MOVED, OPEN, Entry
from tests.simulation.judge import Case, judge
from tests.simulation.merchant import Size
from tests.simulation.report import SIZES, command, tell
from tests.simulation.story import Story, Told

TINY, _ = SIZES["tiny"]
CALM = Size(payments=8, payouts=18, refunds=4, notifications=30, rate=0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_intents_journal_and_books_agree(mock_channel_keys: Path, seed: int) -> None:
    found = tell(seed, TINY, mock_channel_keys)
    lines = "\n".join(found.wrong)
    assert not found.wrong, f"seed {seed}; it happens again with: {command(seed, 'tiny')}\n{lines}"
    assert found.faults.total() > 10


def test_a_seed_reproduces_everything_that_happened(mock_channel_keys: Path) -> None:
    first, again = (tell(7, TINY, mock_channel_keys) for _ in range(2))
    assert first.digest == again.digest
    assert first.faults == again.faults


def test_without_faults_no_payment_and_no_payout_is_left_to_people_but_what_a_bank_holds_back(mock_channel_keys: Path) -> None:
    found = tell(11, CALM, mock_channel_keys)
    assert (found.wrong, found.faults.total()) == ([], 0)
    # A payment may be refunded, and then cancelled or refunded once more: the refusals do not all say that nothing was done.
    assert {_kind_of(why) for why in found.manual} <= {"refund", "cancel", "payout", "payout_batch"}
    paid_out = [why for why in found.manual if _kind_of(why).startswith("payout")]
    assert not [why for why in paid_out if ": pending" not in why and not why.startswith("unionpay payout")]


def _kind_of(why: str) -> str:
    return why.partition(":")[0].split()[1]


def test_the_sizes_are_those_that_were_promised() -> None:
    size, seeds = SIZES["full"]
    promised = (10_000, 10_000, 5_000, 100_000)
    assert (size.payments * seeds, size.payouts * seeds, size.refunds * seeds, size.notifications * seeds) == promised
    assert (size.rate, seeds) == (0.3, 20)


def test_a_journal_that_believes_not_found_too_early_is_found_out(
    mock_channel_keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = asking.conclusion

    def hasty(journal: Journal, record: OrderRecord, result: Result) -> Outcome:
        return Outcome.FAILED if result.canonical in NOT_FOUND else honest(journal, record, result)

    monkeypatch.setattr(asking, "conclusion", hasty)
    rules = {line.partition(":")[0] for seed in (7, 8) for line in tell(seed, TINY, mock_channel_keys).wrong}
    assert rules & {"no_failure_that_was_paid", "no_double_payment", "nothing_told_was_wrong", "no_contradiction"}


@pytest.fixture(scope="module")
def calm_case(mock_channel_keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    story = Story(11, CALM, mock_channel_keys, tmp_path_factory.mktemp("story"))
    story.run()
    assert judge(story) == []
    return Case.of(story)


def _first(case: Case, kind: str, stands: str) -> OrderKey:
    return next(key for key, entries in case.books.items() if key.kind == kind and entries[0].stands == stands)


def _with(case: Case, key: OrderKey, entries: list[Entry] | None = None, **changes: Any) -> Case:
    """The case with other books, or another record, of one order."""
    books, records = dict(case.books), dict(case.records)
    if entries is not None:
        books[key] = entries
    if changes:
        records[key] = replace(records[key], **changes)
    return replace(case, records=records, books=books)


def _state(case: Case, key: OrderKey, state: State, **changes: Any) -> Case:
    return _with(case, key, standing=replace(case.records[key].standing, state=state, **changes))


def test_the_judge_sees_each_wrong(calm_case: Case) -> None:
    case = calm_case
    paid, unpaid, sent = _first(case, "payment", MOVED), _first(case, "payment", DEAD), _first(case, "payout", MOVED)
    (entry,) = case.books[sent]
    seen = {
        rules.no_double_payment: _with(case, sent, [entry, entry]),
        rules.the_very_amount: _with(case, sent, [replace(entry, fen=entry.fen + 1)]),
        rules.none_lost: Case(case.story, {key: one for key, one in case.records.items() if key != sent}, case.books),
        rules.no_failure_that_was_paid: _state(case, paid, State.FAILED),
        rules.no_success_that_was_not: _state(case, unpaid, State.SUCCEEDED),
        rules.none_unresolved_outside_the_manual_list: _state(case, sent, State.UNKNOWN),
        rules.manual_is_undecidable: _with(case, sent, manual="nobody knows"),
        rules.no_contradiction: _state(case, sent, State.SUCCEEDED, conflict=True),
        rules.what_was_done_to_a_payment_was_done: replace(case, cancels={paid: [replace(case.records[sent])]}),
        rules.bills_and_books_agree: _with(case, paid, [replace(case.books[paid][0], fen=case.books[paid][0].fen + 1)]),
    }
    for rule, doctored in seen.items():
        assert list(rule(doctored)), rule.__name__
        assert not list(rule(case)), rule.__name__


def test_reversed_is_true_of_what_refunds_gave_back_in_full_and_of_no_less(calm_case: Case) -> None:
    paid = _first(calm_case, "payment", MOVED)
    undone = _state(calm_case, paid, State.REVERSED)
    for short in (calm_case.books[paid][0].fen, 1):
        books = [replace(calm_case.books[paid][0], given_back=calm_case.books[paid][0].fen - short)]
        assert list(rules.no_success_that_was_not(_with(undone, paid, books)))
    whole = [replace(calm_case.books[paid][0], given_back=calm_case.books[paid][0].fen)]
    assert not list(rules.no_success_that_was_not(_with(undone, paid, whole)))
    assert not list(rules.no_success_that_was_not(_with(calm_case, paid, whole)))


def test_what_came_back_without_a_word_for_it_may_read_as_its_channel_tells_it_and_as_nothing_else(calm_case: Case) -> None:
    key = _first(calm_case, "payout", MOVED)
    silent, failed = (replace(calm_case.books[key][0], stands=BACK, reads_as=word) for word in ("succeeded", "failed"))
    told = replace(silent, reads_as="")

    def wrong(entry: Entry, state: State, *, conflict: bool = False) -> list[str]:
        case = _state(_with(calm_case, key, [entry]), key, state, conflict=conflict)
        looked = (rules.no_success_that_was_not, rules.no_failure_that_was_paid, rules.no_contradiction)
        return [rule.__name__ for rule in looked if list(rule(case))]

    assert wrong(silent, State.SUCCEEDED) == []
    assert wrong(silent, State.FAILED) == ["no_failure_that_was_paid"]
    assert wrong(failed, State.FAILED) == wrong(failed, State.SUCCEEDED, conflict=True) == []
    assert wrong(failed, State.SUCCEEDED) == ["no_success_that_was_not"]
    assert wrong(told, State.RETURNED) == []
    assert wrong(told, State.SUCCEEDED) == ["no_success_that_was_not"]
    assert wrong(told, State.FAILED) == ["no_failure_that_was_paid"]
    assert wrong(told, State.RETURNED, conflict=True) == ["no_contradiction"]


@pytest.mark.parametrize(
    ("state", "stands", "wrong"),
    [
        (State.SUCCEEDED, MOVED, False),
        (State.SUCCEEDED, DEAD, True),
        (State.SUCCEEDED, OPEN, True),
        (State.FAILED, DEAD, False),
        (State.FAILED, MOVED, True),
        (State.FAILED, OPEN, True),
    ],
)
def test_the_judge_sees_a_confirmation_that_was_none(calm_case: Case, state: State, stands: str, *, wrong: bool) -> None:
    key = _first(calm_case, "payout", MOVED)
    confirmed = replace(key, kind="confirm_payout")
    record = replace(calm_case.records[key], key=confirmed)
    case = replace(calm_case, records=calm_case.records | {confirmed: record})
    case = _state(_with(case, key, [replace(calm_case.books[key][0], stands=stands)]), confirmed, state)
    assert bool(list(rules.what_was_done_to_a_payment_was_done(case))) is wrong


def test_the_judge_misses_a_return_in_a_banks_statement(calm_case: Case) -> None:
    key = next(key for key, (entry, *_) in calm_case.books.items() if (key.account, entry.stands) == ("cib", MOVED))
    came_back = _with(calm_case, key, [replace(calm_case.books[key][0], stands=BACK)])
    (line,) = rules.bills_and_books_agree(came_back)
    assert "return" in line


@pytest.mark.parametrize("finding", [BillFinding.CONTRADICTS, BillFinding.OTHER_AMOUNT, BillFinding.NOT_OURS])
def test_the_judge_sees_what_a_bill_contradicts(calm_case: Case, monkeypatch: pytest.MonkeyPatch, finding: BillFinding) -> None:
    assert calm_case.story.billed
    assert not list(rules.bills_contradict_nothing(calm_case))
    monkeypatch.setattr(calm_case.story, "billed", [replace(calm_case.story.billed[0], finding=finding)])
    assert list(rules.bills_contradict_nothing(calm_case))


@pytest.mark.parametrize(("outcome", "stood"), [(Outcome.FAILED, State.FAILED), (None, State.UNKNOWN)])
def test_the_judge_sees_what_a_caller_was_told(
    calm_case: Case, monkeypatch: pytest.MonkeyPatch, outcome: Outcome | None, stood: State
) -> None:
    assert not list(rules.nothing_told_was_wrong(calm_case))
    monkeypatch.setattr(calm_case.story, "told", [Told(_first(calm_case, "payout", MOVED), outcome, stood)])
    assert list(rules.nothing_told_was_wrong(calm_case))


def test_the_judge_sees_a_state_that_its_events_do_not_bear_out(calm_case: Case) -> None:
    store = calm_case.story.store
    store.write(lambda cursor: cursor.run("UPDATE orders SET state = 'failed' WHERE state = 'succeeded'"))
    assert list(rules.the_journal_bears_itself_out(calm_case))
