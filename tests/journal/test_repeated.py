"""Any step may be made again and changes nothing more; and whatever is found, no order that is not final is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from payment_channels import Outcome, Verb
from payment_channels.journal import DurableClient, Journal, OrderKey, OrderRecord, State
from payment_channels.journal.claims import claim, release
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.looking import verify
from payment_channels.journal.opening import Lease
from tests.journal.conftest import Clock, payout
from tests.journal.scripted import Scripted, told

PAYOUT = OrderKey("shop", "payout", "payout0001")


def at(journal: Journal) -> OrderRecord:
    found = journal.find(PAYOUT)
    assert found is not None
    return found


def test_every_step_of_the_journal_may_be_repeated_and_changes_nothing_more(journal: Journal, clock: Clock) -> None:
    """A step whose answer was lost is simply made again: by the same process, the next one, or a task engine."""
    wire, lease = Scripted(), Lease("mine", timedelta(minutes=1))
    prepared = wire.prepare(payout())

    def twice(step: Callable[[], Any]) -> Any:
        step()
        first = at(journal)
        second = step()
        now = at(journal)
        assert (now.standing, now.manual, now.owner, now.queries) == (first.standing, first.manual, first.owner, first.queries)
        return second

    assert twice(lambda: journal.put("shop", prepared)).state is State.NOT_SENT
    assert twice(lambda: journal.open(PAYOUT, lease)).attempt == 1
    opening = twice(lambda: journal.begin("shop", prepared, lease))
    assert (opening.attempt, opening.prepared) == (1, prepared)
    assert twice(lambda: journal.not_sent(opening, "refused")).state is State.NOT_SENT
    opening = twice(lambda: journal.open(PAYOUT, lease))
    assert opening.attempt == 2
    assert twice(lambda: journal.answered(opening, told(Verb.PAYOUT, Outcome.UNKNOWN))).state is State.UNKNOWN
    clock.advance(seconds=6)
    pending, answer = Finding(Source.QUERIED, Outcome.PENDING, 2), told(Verb.QUERY_PAYOUT, Outcome.PENDING)
    (held,) = claim(journal, lease, ("shop",), 10)
    assert twice(lambda: journal.found(PAYOUT, pending, answer, owner="mine")).state is State.PENDING
    twice(lambda: release(journal, held, "mine", "nobody knows"))
    assert at(journal).manual == "nobody knows"
    decided = twice(lambda: journal.decided(PAYOUT, Outcome.SUCCEEDED, who=("王", "李"), why="a letter"))
    assert (decided.state, decided.manual, decided.standing.conflict) == (State.SUCCEEDED, None, False)
    assert [faults for _, faults in verify(journal)] == [[]]


def test_what_is_open_is_somebody_s_or_has_a_next_look_or_is_a_person_s(
    journal: Journal,
) -> None:
    """Whatever is found in whatever order: no order that is not final is ever forgotten."""
    durable = DurableClient(Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.UNKNOWN)]}), journal, account="shop")  # type: ignore[arg-type]
    sources = (Source.QUERIED, Source.NOTIFIED, Source.BILLED)
    found = [Finding(source, outcome, 1) for source in sources for outcome in (Outcome.UNKNOWN, Outcome.PENDING, Outcome.FAILED)]
    numbers = [f"payout{number:04}" for number in range(len(found) ** 2)]
    pairs = dict(zip(numbers, [(one, other) for one in found for other in found], strict=True))
    for number, (one, other) in pairs.items():
        durable.payout(payout(number))
        key = OrderKey("shop", "payout", number)
        for finding in (one, other):
            result = told(Verb.QUERY_PAYOUT, finding.outcome)
            record = journal.found(key, finding, result)
            open_one = record.state in {State.UNKNOWN, State.PENDING}
            assert (record.next_at is not None) is open_one, (number, one, other)
