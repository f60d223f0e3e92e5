"""The judge: what was intended, what the journal says, and what the channels' books say, one rule a function.

Each rule yields sentences that say what money did; a story in which nothing went wrong yields none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from payment_channels import Outcome
from payment_channels.journal import OrderKey, OrderRecord, State, asking
from payment_channels.journal.folding import FINAL, UNRESOLVED
from payment_channels.journal.looking import verify
from tests.simulation.channels import BACK, DEAD, MOVED, OPEN, Entry
from tests.simulation.story import Story

_WENT = frozenset({State.SUCCEEDED, State.RETURNED, State.REVERSED})


@dataclass
class Case:
    """Everything that the rules compare."""

    story: Story
    records: dict[OrderKey, OrderRecord]
    books: dict[OrderKey, list[Entry]]

    @classmethod
    def of(cls, story: Story) -> "Case":
        books: dict[OrderKey, list[Entry]] = {}
        for account, side in story.sides.items():
            for entry in side.books():
                books.setdefault(OrderKey(account, entry.kind, entry.number), []).append(entry)
        return cls(story, {record.key: record for record in story.records()}, books)

    def moved(self, key: OrderKey) -> list[Entry]:
        """What the books say went out or came in under a number and has not come back."""
        return [entry for entry in self.books.get(key, ()) if entry.stands == MOVED]


def no_double_payment(case: Case) -> Iterator[str]:
    """Money moves once for what was intended once, whatever numbers it was ordered under."""
    for intent in case.story.intents:
        moved = [entry for key in intent.keys for entry in case.moved(key)]
        if len(moved) > 1:
            yield f"{_names(intent.keys)}: {intent.fen} fen were to move once, and moved {len(moved)} times"


def the_very_amount(case: Case) -> Iterator[str]:
    """What the books moved, and what the journal holds, is what was intended, to the fen."""
    for intent in case.story.intents:
        for key in intent.keys:
            told = {entry.fen for entry in case.books.get(key, ())}
            record = case.records.get(key)
            if record is not None and record.amount is not None:
                told.add(record.amount.amount)
            if told - {intent.fen}:
                yield f"{key}: {intent.fen} fen were intended, journal and books say {sorted(told)}"


def none_lost(case: Case) -> Iterator[str]:
    """Every intent stands in the journal, and the books hold nothing that the journal does not know of."""
    for intent in case.story.intents:
        yield from (f"{key}: intended, and the journal has no such order" for key in intent.keys if key not in case.records)
    for key, entries in case.books.items():
        record = case.records.get(key)
        if record is None or record.state is State.NOT_SENT:
            yield f"{key}: the books hold {entries}, and the journal knows of nothing that left"


def no_failure_that_was_paid(case: Case) -> Iterator[str]:
    """What the journal calls failed has moved nothing, and never will."""
    for key, record in case.records.items():
        stands = {entry.stands for entry in case.books.get(key, ())}
        if record.state is State.FAILED and stands & {MOVED, OPEN, BACK}:
            yield f"{key}: the journal says failed, the books say {stands}"


def no_success_that_was_not(case: Case) -> Iterator[str]:
    """What the journal calls succeeded has moved; what it calls returned or reversed came back."""
    for key, record in case.records.items():
        stands = {entry.stands for entry in case.books.get(key, ())}
        wanted = {MOVED} if record.state is State.SUCCEEDED else {BACK}
        if key.kind != "close" and record.state in _WENT and stands != wanted:
            yield f"{key}: the journal says {record.state}, the books say {stands or 'nothing'}"
        payment = {entry.stands for entry in case.books.get(OrderKey(key.account, "payment", key.merchant_id), ())}
        if key.kind == "close" and record.state is State.SUCCEEDED and payment & {MOVED, OPEN}:
            yield f"{key}: the journal says closed, the books say that the payment is {payment}"


def none_unresolved_outside_the_manual_list(case: Case) -> Iterator[str]:
    """When time has run on, whatever nobody knows is a person's to look at."""
    for key, record in case.records.items():
        if record.state in UNRESOLVED and record.manual is None:
            yield f"{key}: {record.state}, and on nobody's list"
        if record.state is State.NOT_SENT:
            yield f"{key}: it never left, and nobody sent it again"
        if record.state in FINAL and record.manual is not None:
            yield f"{key}: {record.state}, and still on the manual list"


def manual_is_undecidable(case: Case) -> Iterator[str]:
    """Whoever asks the channel about an entry of the manual list, now and undisturbed, learns no more than the journal knows."""
    story = case.story
    story.wire.calm = True
    for key, record in case.records.items():
        if record.manual is None:
            continue
        prepared = story.journal.prepared_of(record)
        asked = asking.query_of(story.bare[key.account].channel.manifest, prepared)
        if asked is None:
            told = _by_its_target(case, record)
        else:
            told = asking.conclusion(story.journal, record, getattr(story.bare[key.account], asked[0])(asked[1]))
        if told not in {None, Outcome.UNKNOWN, Outcome.PENDING}:
            yield f"{key}: on the manual list ({record.manual}), and the channel answers {told}"
        ended = {entry.stands for entry in case.books.get(key, ())} - {OPEN}
        if ended:
            yield f"{key}: on the manual list ({record.manual}), and in the channel's books it has ended: {ended}"


def _by_its_target(case: Case, record: OrderRecord) -> Outcome | None:
    target = asking.target_of(record.key.account, case.story.journal.prepared_of(record))
    found = case.records.get(target) if target is not None else None
    return asking.told_by_target(record.key.kind, found.state) if found is not None else None


def nothing_told_was_wrong(case: Case) -> Iterator[str]:
    """What a verb told its caller was true then, and an exception meant that nothing had left and nothing would."""
    for told in case.story.told:
        stands = {entry.stands for entry in case.books.get(told.key, ())}
        if told.outcome is None and told.stood not in {None, State.NOT_SENT}:
            yield f"{told.key}: the caller got an exception, and the journal said {told.stood}"
        if told.key.kind == "close":
            continue
        if told.outcome is Outcome.FAILED and stands - {DEAD}:
            yield f"{told.key}: the caller was told failed, the books say {stands}"
        if told.outcome is Outcome.SUCCEEDED and not stands & {MOVED, BACK}:
            yield f"{told.key}: the caller was told succeeded, the books say {stands or 'nothing'}"


def no_contradiction(case: Case) -> Iterator[str]:
    """Channels that do not contradict themselves leave no conflict behind."""
    yield from (
        f"{key}: a conflict, and the books say {case.books.get(key)}"
        for key, one in case.records.items()
        if one.standing.conflict
    )


def the_journal_bears_itself_out(case: Case) -> Iterator[str]:
    """Every state follows from its events, and every sealed text opens in its place."""
    for _, faults in verify(case.story.journal):
        yield from faults


def seen_on_the_way(case: Case) -> Iterator[str]:
    """What was seen to be wrong while the story was told."""
    yield from case.story.broken


RULES: tuple[Callable[[Case], Iterator[str]], ...] = (
    no_double_payment,
    the_very_amount,
    none_lost,
    no_failure_that_was_paid,
    no_success_that_was_not,
    none_unresolved_outside_the_manual_list,
    manual_is_undecidable,
    nothing_told_was_wrong,
    no_contradiction,
    the_journal_bears_itself_out,
    seen_on_the_way,
)


def judge(story: Story) -> list[str]:
    """Return everything that is wrong, each with the rule that it breaks."""
    case = Case.of(story)
    return [f"{rule.__name__}: {line}" for rule in RULES for line in rule(case)]


def _names(keys: list[OrderKey]) -> str:
    return ", ".join(f"{key.account} {key.merchant_id}" for key in keys)
