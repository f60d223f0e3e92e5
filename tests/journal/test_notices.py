"""Notifications of any shape: acknowledged when they are written down and not before, and settled at their own order alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from payment_channels import Acknowledgement, EventKind, Inbound, Outcome, Verb, Verdict
from payment_channels.journal import (
    DurableClient,
    Inbox,
    Journal,
    JournalUnavailableError,
    KeyRing,
    OrderKey,
    OrderRecord,
    State,
    Store,
)
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.looking import events, unmatched, verify
from payment_channels.model.results import PaymentFacts, PayoutFacts, Result
from tests.journal.conftest import KEY, Clock, payment, payout
from tests.journal.races import beside
from tests.journal.scripted import Scripted, told

ANSWER = Acknowledgement(status=200, body=b"SUCCESS")
MESSAGE = Inbound(body=b"signed", headers={})


@dataclass
class Told:
    """An event of a channel, as a verified message brings it: ``outcome`` is what it comes to at its order."""

    kind: EventKind = EventKind.PAYOUT
    facts: Any = None
    outcome: Outcome = Outcome.SUCCEEDED
    notification_id: str = "n-1"
    asked: list[Any] = field(default_factory=list)

    def against(self, asked: Any) -> Result:
        self.asked.append(asked)
        return told(Verb.QUERY if self.kind is EventKind.PAYMENT else Verb.QUERY_PAYOUT, self.outcome)


def inbox_of(journal: Journal, *told_of: Told, account: str = "shop", verdict: Verdict = Verdict.ACCEPTED) -> Inbox:
    """An inbox whose channel has verified a message and read these events in it."""
    notice = SimpleNamespace(verdict=verdict, events=told_of, acknowledgement=ANSWER, problem=None)
    reader: Any = SimpleNamespace(read_notification=lambda _, timeout=None: notice)
    return Inbox(reader, journal, account=account)


def sent(journal: Journal, account: str = "shop", **answer: Any) -> DurableClient:
    """A payout and a payment that are on their way."""
    wire = Scripted({verb: [told(verb, Outcome.PENDING, **answer)] for verb in (Verb.PAYOUT, Verb.PAY)})
    client = DurableClient(wire, journal, account=account)  # type: ignore[arg-type]
    client.payout(payout())
    client.pay(payment())
    return client


def at(journal: Journal, kind: str = "payout", account: str = "shop") -> OrderRecord:
    found = journal.find(OrderKey(account, kind, f"{kind}0001"))
    assert found is not None
    return found


def kept(journal: Journal) -> int:
    ((count,),) = journal.store.read(lambda cursor: cursor.rows("SELECT COUNT(*) FROM notices"))
    return int(count)


PAID = Told(facts=PayoutFacts(merchant_order_id="payout0001"))


@pytest.mark.parametrize("which", [PAID, Told(facts=PayoutFacts(merchant_order_id="stranger"))])
def test_what_cannot_be_written_down_is_not_acknowledged_and_counts_when_it_comes_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, which: Told
) -> None:
    sent(journal)

    def full(*_: object) -> Any:
        raise JournalUnavailableError.because("磁盘已满", "disk full")

    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", full)
        with pytest.raises(JournalUnavailableError):
            inbox_of(journal, which).take(MESSAGE)
    assert (kept(journal), at(journal).state) == (0, State.PENDING)
    assert inbox_of(journal, which, verdict=Verdict.REPEATED).take(MESSAGE) == ANSWER
    assert (kept(journal), at(journal).state) == (1, State.SUCCEEDED if which is PAID else State.PENDING)


def test_a_message_whose_second_event_cannot_be_written_is_taken_in_whole_when_it_comes_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(journal)
    both = inbox_of(journal, Told(facts=PayoutFacts(merchant_order_id="stranger")), PAID)
    write, left = journal.store.write, [1]

    def once(work: Any) -> Any:
        if not left:
            raise JournalUnavailableError.because("磁盘已满", "disk full")
        left.pop()
        return write(work)

    with monkeypatch.context() as patched:
        patched.setattr(journal.store, "write", once)
        with pytest.raises(JournalUnavailableError):
            both.take(MESSAGE)
    assert (kept(journal), at(journal).state) == (1, State.PENDING)
    assert both.take(MESSAGE) == ANSWER
    assert both.take(MESSAGE) == ANSWER
    assert (kept(journal), at(journal).state) == (2, State.SUCCEEDED)
    assert [event.source for event in events(journal, at(journal))] == ["opened", "answered", "notified"]
    assert [found for _, found in verify(journal)] == [[]]


def test_an_order_that_is_named_by_the_channel_s_number_alone_is_found_in_its_own_account(journal: Journal) -> None:
    sent(journal, "elsewhere", channel_order_id="c-1")
    sent(journal, channel_order_id="c-1")
    event = Told(facts=PayoutFacts(channel_order_id="c-1"))
    inbox_of(journal, event).take(MESSAGE)
    states = [at(journal, kind, account).state for account in ("shop", "elsewhere") for kind in ("payout", "payment")]
    assert states == [State.SUCCEEDED, State.PENDING, State.PENDING, State.PENDING]
    assert [asked.merchant_order_id for asked in event.asked] == ["payout0001"]


@pytest.mark.parametrize(
    "facts",
    [
        PayoutFacts(merchant_order_id="payout0002", channel_order_id="c-1"),
        PayoutFacts(channel_order_id="c-2"),
        PayoutFacts(),
        PaymentFacts(merchant_order_id="payout0001"),
    ],
)
def test_an_event_of_another_order_settles_none_and_is_shown(journal: Journal, facts: Any) -> None:
    sent(journal, channel_order_id="c-1")
    kind = EventKind.PAYMENT if isinstance(facts, PaymentFacts) else EventKind.PAYOUT
    assert inbox_of(journal, Told(kind, facts)).take(MESSAGE) == ANSWER
    assert (at(journal).state, at(journal, "payment").state) == (State.PENDING, State.PENDING)
    assert len(unmatched(journal)) == 1


def test_the_same_notification_at_two_accounts_is_two(journal: Journal) -> None:
    for account in ("shop", "elsewhere"):
        sent(journal, account)
        inbox_of(journal, PAID, account=account).take(MESSAGE)
    assert {at(journal, account=account).state for account in ("shop", "elsewhere")} == {State.SUCCEEDED}


def test_what_agrees_with_no_order_of_ours_in_amount_changes_nothing_and_is_kept(journal: Journal) -> None:
    sent(journal)
    inbox_of(journal, Told(facts=PAID.facts, outcome=Outcome.UNKNOWN)).take(MESSAGE)
    assert (at(journal).state, kept(journal)) == (State.PENDING, 1)
    assert [event.outcome for event in events(journal, at(journal))][-1] is Outcome.UNKNOWN


def test_a_return_is_an_event_after_success_and_ends_the_watch(journal: Journal, clock: Clock) -> None:
    sent(journal)
    inbox_of(journal, PAID).take(MESSAGE)
    due = at(journal).next_at
    assert due is not None
    assert due > clock() + timedelta(hours=23)
    back = Told(EventKind.RETURN, PAID.facts, Outcome.RETURNED, "n-2")
    inbox_of(journal, back).take(MESSAGE)
    record = at(journal)
    assert (record.state, record.next_at, record.standing.conflict) == (State.RETURNED, None, False)


def elsewhere(store: Store, clock: Clock) -> Journal:
    """The same journal, as another process has it."""
    return Journal(store, KeyRing.single(KEY), clock=clock)


def test_the_same_notification_to_two_processes_at_once_is_taken_in_once(journal: Journal, clock: Clock) -> None:
    sent(journal)
    answers = beside(
        journal.store,
        lambda store: inbox_of(elsewhere(store, clock), PAID).take(MESSAGE),
        lambda: inbox_of(journal, PAID).take(MESSAGE),
    )
    assert answers == (ANSWER, ANSWER)
    assert [event.source for event in events(journal, at(journal))] == ["opened", "answered", "notified"]
    assert (kept(journal), at(journal).state) == (1, State.SUCCEEDED)


@pytest.mark.parametrize("told_first", ["success", "failure"])
def test_notifications_and_queries_that_contradict_each_other_at_once_are_both_kept(
    journal: Journal, clock: Clock, told_first: str
) -> None:
    sent(journal)
    failed = Told(facts=PAID.facts, outcome=Outcome.FAILED)

    def by_notice(store: Store) -> None:
        inbox_of(elsewhere(store, clock), PAID if told_first == "success" else failed).take(MESSAGE)

    def by_query() -> None:
        other = Outcome.FAILED if told_first == "success" else Outcome.SUCCEEDED
        journal.found(at(journal).key, Finding(Source.QUERIED, other, 1), told(Verb.QUERY_PAYOUT, other))

    beside(journal.store, by_notice, by_query)
    record = at(journal)
    assert (record.state, record.standing.conflict) == (State.SUCCEEDED, True)
    opened, answered, *both = events(journal, record)
    assert {event.outcome for event in both} == {Outcome.FAILED, Outcome.SUCCEEDED}
    assert (opened.source, answered.source, len(both)) == (Source.OPENED, Source.ANSWERED, 2)
    assert [found for _, found in verify(journal)] == [[]]
