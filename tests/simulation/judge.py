"""The judge: what was intended, what the journal says, and what the channels' books say, one rule a function.

Each rule yields sentences that say what money did; a story in which nothing went wrong yields none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mocks.clock import BEIJING
from payment_channels import BillQuery, BillRow, Outcome, Verb
from payment_channels.journal import BillFinding, OrderKey, OrderRecord, State, asking
from payment_channels.journal.durable import known
from payment_channels.journal.folding import FINAL, UNRESOLVED
from payment_channels.journal.looking import verify
from tests.simulation.channels import BACK, DEAD, MOVED, OPEN, Entry
from tests.simulation.channels.side import FAILED, SUCCEEDED
from tests.simulation.story import Story

_WENT = frozenset({State.SUCCEEDED, State.RETURNED, State.REVERSED})
_ACTIONS = frozenset({"close", "cancel", "confirm_payout", "payout_batch"})
"""Kinds of order that say what becomes of others: the books hold those."""


@dataclass
class Case:
    """Everything that the rules compare. ``lines`` are the payouts of batches: of these the batch's answer tells."""

    story: Story
    records: dict[OrderKey, OrderRecord]
    books: dict[OrderKey, list[Entry]]
    lines: frozenset[OrderKey] = frozenset()
    cancels: dict[OrderKey, list[OrderRecord]] = field(default_factory=dict)
    """The cancellations of a payment."""

    @classmethod
    def of(cls, story: Story) -> "Case":
        books: dict[OrderKey, list[Entry]] = {}
        for account, side in story.sides.items():
            for entry in side.books():
                books.setdefault(OrderKey(account, entry.kind, entry.number), []).append(entry)
        records = story.records()
        lines = {line.key: line for record in records if record.key.kind == "payout_batch" for line in lines_of(story, record)}
        cancels: dict[OrderKey, list[OrderRecord]] = {}
        for record in records:
            if record.key.kind == "cancel":
                target = asking.target_of(record.key.account, story.journal.prepared_of(record))
                assert target is not None
                cancels.setdefault(target, []).append(record)
        return cls(story, {record.key: record for record in records} | lines, books, frozenset(lines), cancels)

    def moved(self, key: OrderKey) -> list[Entry]:
        """What the books say went out or came in under a number and has not come back."""
        return [entry for entry in self.books.get(key, ()) if entry.stands == MOVED]

    def stands(self, key: OrderKey) -> set[str]:
        """How the books say that an order stands."""
        return {entry.stands for entry in self.books.get(key, ())}

    def came_back_as(self, key: OrderKey, state: str) -> bool:
        """Say whether a payout came back, and its channel has no other word for that than ``state``."""
        entries = self.books.get(key, ())
        return bool(entries) and all((one.stands, one.reads_as) == (BACK, state) for one in entries)


def lines_of(story: Story, record: OrderRecord) -> Iterator[OrderRecord]:
    """Return a batch's lines as if each were an order: it stands where the batch's last answer says, or where the batch does."""
    order = story.journal.prepared_of(record).order
    told = known(story.journal, Verb.PAYOUT_BATCH, order, record)
    ends = {one.merchant_order_id: State(one.outcome.value) for one in getattr(told, "lines", ())}
    for line in vars(order)["lines"]:
        state = ends.get(line.merchant_order_id, record.state)
        key = OrderKey(record.key.account, "payout", line.merchant_order_id)
        manual = record.manual if state in UNRESOLVED else None
        yield replace(record, key=key, amount=line.amount, standing=replace(record.standing, state=state), manual=manual)


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
        # Some channels tell what came back as they tell a failure: the merchant has his money, and may pay it anew.
        if record.state is State.FAILED and stands & {MOVED, OPEN, BACK} and not case.came_back_as(key, FAILED):
            yield f"{key}: the journal says failed, the books say {stands}"


def no_success_that_was_not(case: Case) -> Iterator[str]:
    """What the journal calls succeeded has moved; what it calls returned or reversed came back."""
    for key, record in case.records.items():
        if key.kind in _ACTIONS or record.state not in _WENT:
            continue
        stands, wanted = case.stands(key), {MOVED} if record.state is State.SUCCEEDED else {BACK}
        # Some channels tell of a cancellation and never of the payment that it undid.
        undone = any(one.state not in {State.FAILED, State.NOT_SENT} for one in case.cancels.get(key, ()))
        # Some tell of a payment that refunds gave back in full as they tell of one that was cancelled.
        given_back = record.state is State.REVERSED and all(one.fen == one.given_back for one in case.books.get(key, ()))
        if case.came_back_as(key, SUCCEEDED) or (record.standing.conflict and case.came_back_as(key, FAILED)):
            continue  # told by the statement alone; told as a failure after a success: both are kept, for people to see
        if stands != wanted and not (undone and stands == {BACK}) and not (given_back and stands == {MOVED}):
            yield f"{key}: the journal says {record.state}, the books say {stands or 'nothing'}"


def what_was_done_to_a_payment_was_done(case: Case) -> Iterator[str]:
    """A payment that was closed or cancelled moves nothing any more; one whose cancellation failed was not undone by it."""
    for key, record in case.records.items():
        stands = case.stands(OrderKey(key.account, "payment", key.merchant_id)) if key.kind == "close" else set()
        if record.state is State.SUCCEEDED and stands & {MOVED, OPEN}:
            yield f"{key}: the journal says closed, the books say that the payment is {stands}"
        payout = case.stands(OrderKey(key.account, "payout", key.merchant_id)) if key.kind == "confirm_payout" else set()
        if record.state is State.SUCCEEDED and payout & {OPEN, DEAD}:
            yield f"{key}: the journal says confirmed and paid, the books say that the payout is {payout}"
        if record.state is State.FAILED and payout - {DEAD}:
            yield f"{key}: the journal says that the confirmation failed, the books say that the payout is {payout}"
    for key, cancels in case.cancels.items():
        stands, states = case.stands(key), {one.state for one in cancels}
        if states & {State.SUCCEEDED, State.REVERSED} and stands & {MOVED, OPEN}:
            yield f"{key}: the journal says cancelled, the books say that the payment is {stands}"
        if states <= {State.FAILED, State.NOT_SENT} and BACK in stands:
            yield f"{key}: the journal says that no cancellation succeeded, the books say that the money went back"


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
        if record.manual is None or key in case.lines:
            continue
        prepared = story.journal.prepared_of(record)
        asked = asking.query_of(story.manifests[key.account], prepared)
        if asked is None:
            told = _by_its_target(case, record)
        else:
            told = asking.conclusion(story.journal, record, story.process.ask(key.account, asked[0], asked[1]))
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
        if told.key.kind in _ACTIONS:
            continue  # what they came to, the orders that they are about tell
        if told.outcome is Outcome.FAILED and stands - {DEAD} and not case.came_back_as(told.key, FAILED):
            yield f"{told.key}: the caller was told failed, the books say {stands}"
        if told.outcome is Outcome.SUCCEEDED and not stands & {MOVED, BACK}:
            yield f"{told.key}: the caller was told succeeded, the books say {stands or 'nothing'}"


def no_contradiction(case: Case) -> Iterator[str]:
    """Channels that do not contradict themselves leave no conflict behind."""
    yield from (
        f"{key}: a conflict, and the books say {case.books.get(key)}"
        for key, one in case.records.items()
        if one.standing.conflict and not case.came_back_as(key, FAILED)
    )


def bills_contradict_nothing(case: Case) -> Iterator[str]:
    """What a day's bill says of the journal agrees with it or settles it."""
    for line in case.story.billed:
        if line.finding in {BillFinding.AGREES, BillFinding.SETTLED}:
            continue
        yield f"{line.key}: the bill's row {line.row!r}: {line.finding}"


def bills_and_books_agree(case: Case) -> Iterator[str]:
    """All bills together hold what the books moved, once and to the fen, and nothing else."""
    for account, side in case.story.sides.items():
        rows: dict[OrderKey, set[int]] = {}
        for row in all_bills(case.story, account):
            kind, number = side.numbered(row) or ("", "")
            if kind in side.billed:
                rows.setdefault(OrderKey(account, kind, number), set()).add(row.amount.amount)
        books = {key: entries for key, entries in case.books.items() if key.account == account}
        moved = {
            key: {entry.fen for entry in entries}
            for key, entries in books.items()
            if key.kind in side.billed and {entry.stands for entry in entries} & {MOVED, BACK}
        }
        if "return" in side.billed:
            back = ((key, [one.fen for one in entries if one.stands == BACK]) for key, entries in books.items())
            moved |= {replace(key, kind="return"): set(amounts) for key, amounts in back if amounts}
        for key in sorted(rows.keys() | moved.keys(), key=str):
            if rows.get(key) != moved.get(key):
                yield f"{key}: the books moved {moved.get(key, 'nothing')}, the bills say {rows.get(key, 'nothing')}"


def all_bills(story: Story, account: str) -> Iterator[BillRow]:
    """Return the rows of all bills that the channel has, undisturbed."""
    story.wire.calm = True
    first, last = (moment.astimezone(BEIJING).date() for moment in (story.clock.start, story.clock.now))
    for kind in story.sides[account].bill_kinds:
        for number in range((last - first).days):
            yield from story.process.bill(account, BillQuery(day=first + timedelta(days=number), bill_kind=kind)).rows


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
    what_was_done_to_a_payment_was_done,
    none_unresolved_outside_the_manual_list,
    manual_is_undecidable,
    nothing_told_was_wrong,
    no_contradiction,
    bills_contradict_nothing,
    bills_and_books_agree,
    the_journal_bears_itself_out,
    seen_on_the_way,
)


def judge(story: Story) -> list[str]:
    """Return everything that is wrong, each with the rule that it breaks."""
    case = Case.of(story)
    return [f"{rule.__name__}: {line}" for rule in RULES for line in rule(case)]


def _names(keys: list[OrderKey]) -> str:
    return ", ".join(f"{key.account} {key.merchant_id}" for key in keys)
