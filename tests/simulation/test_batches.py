"""Batches of payouts, sent to a channel that declares them, and each line is judged as a payout."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from payment_channels import Money, Outcome, PayoutBatchOrder, PayoutOrder, Verb
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, SqliteStore, State
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, manifest, told
from tests.simulation.channels import DEAD, MOVED, Entry, Side
from tests.simulation.judge import Case, lines_of, no_double_payment, no_failure_that_was_paid, no_success_that_was_not, none_lost
from tests.simulation.merchant import Intent, Merchant, Size

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Declaring(Side):
    """A channel that declares everything, batches too; nothing befalls its payouts."""

    name = "scripted"
    fates = ("",)
    payees: ClassVar[Any] = ()
    manifest = manifest()

    def __init__(self) -> None:
        """Without a world."""

    def payout(self, number: str, fen: int, at: datetime, choice: int) -> PayoutOrder:
        del choice
        return payout(number, fen, ordered_at=at)


@dataclass
class Desk:
    """Does everything at once, and sends by a durable client over a script."""

    journal: Journal
    client: DurableClient
    intents: list[Intent] = field(default_factory=list)
    sent: list[tuple[OrderKey, Any]] = field(default_factory=list)
    numbers: int = 0

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: NOW

    def at(self, _: float, work: Callable[[], None]) -> None:
        if self.numbers < 100:
            work()

    def send(self, verb: str, key: OrderKey, order: Any, *, tries: int = 30) -> None:
        del tries
        self.sent.append((key, order))
        getattr(self.client, verb)(order)

    def number(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}{self.numbers:04}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Every payout by itself succeeds; of a batch the first line has failed and the others have succeeded."""
    journal = Journal(SqliteStore(tmp_path / "journal.sqlite3"), KeyRing.single(bytes(range(32))))
    wire = Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.SUCCEEDED)]})
    made = Desk(journal, DurableClient(wire, journal, account="scripted"))  # type: ignore[arg-type]

    def answer() -> Any:
        order = wire.sent[-1][1].order
        lines = [
            told(Verb.PAYOUT, Outcome.SUCCEEDED if number else Outcome.FAILED, merchant_order_id=line.merchant_order_id)
            for number, line in enumerate(order.lines)
        ]
        return told(Verb.PAYOUT_BATCH, Outcome.SUCCEEDED, lines=tuple(lines))

    wire.answers[Verb.PAYOUT_BATCH] = [answer]
    Merchant(made, [Declaring()], random.Random(5)).plan(Size(payments=0, payouts=12, refunds=0, notifications=0))
    yield made
    journal.store.close()


def case_of(desk: Desk, books: dict[OrderKey, list[Entry]]) -> Case:
    found = [desk.journal.find(key) for key, _ in desk.sent]
    story: Any = SimpleNamespace(
        journal=desk.journal, intents=desk.intents, sides={}, records=lambda: [one for one in found if one]
    )
    case = Case.of(story)
    case.books = books
    return case


def test_what_declares_batches_is_sent_some_and_each_intent_once(desk: Desk) -> None:
    batches = {key: order for key, order in desk.sent if isinstance(order, PayoutBatchOrder)}
    assert batches
    assert any(not isinstance(order, PayoutBatchOrder) for _, order in desk.sent)
    assert all(2 <= len(order.lines) <= 5 for order in batches.values())
    assert [len(intent.keys) for intent in desk.intents] == [1] * 12
    amounts = {line.merchant_order_id: line.amount for order in batches.values() for line in order.lines}
    for intent in desk.intents:
        assert amounts.get(intent.keys[0].merchant_id, Money(intent.fen)) == Money(intent.fen)


def test_each_line_stands_where_the_batchs_answer_says_and_is_judged(desk: Desk) -> None:
    key = next(key for key, order in desk.sent if isinstance(order, PayoutBatchOrder))
    record = desk.journal.find(key)
    assert record is not None
    case = case_of(desk, {})
    first, second, *_ = lines_of(case.story, record)
    assert (first.state, second.state) == (State.FAILED, State.SUCCEEDED)
    honest = {
        one: [Entry("payout", one.merchant_id, case.records[one].amount.amount, MOVED if held.state is State.SUCCEEDED else DEAD)]  # type: ignore[union-attr]
        for one, held in case.records.items()
        if one.kind == "payout"
    }
    rules = (no_double_payment, none_lost, no_failure_that_was_paid, no_success_that_was_not)
    assert [line for rule in rules for line in rule(case_of(desk, honest))] == []
    entry = honest[second.key][0]
    wrong = {
        no_double_payment: {second.key: [entry, entry]},
        no_failure_that_was_paid: {first.key: [entry]},
        no_success_that_was_not: {second.key: [Entry("payout", entry.number, entry.fen, DEAD)]},
    }
    for rule, entries in wrong.items():
        assert list(rule(case_of(desk, honest | entries))), rule.__name__
