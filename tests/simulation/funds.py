"""Funding under the simulation: every payout is reserved before it leaves and followed after, by processes that die in between.

python -m tests.simulation.funds [--size tiny|small|medium|full] [--seed N] [--seeds N]
"""

import argparse
import logging
import random
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mocks.opening import open_world
from payment_channels import BillQuery, Inbound, Money, NotSentError, PaymentChannelError
from payment_channels.business.funding import (
    AccountFunding,
    Books,
    Funding,
    FundingPolicy,
    Mode,
    RequestKind,
    RequestState,
    Residuals,
    ShortOfFundsError,
)
from payment_channels.business.funding.facts import told_of
from payment_channels.business.funding.reservations import select
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.folding import UNRESOLVED
from payment_channels.journal.store import Cursor
from payment_channels.model.results import Result
from tests.simulation.channels import MOVED, OPEN
from tests.simulation.channels.side import FAILED, SUCCEEDED
from tests.simulation.judge import Case, judge
from tests.simulation.process import Process
from tests.simulation.report import SIZES
from tests.simulation.story import Story
from tests.simulation.wire import Killed

MERCHANTS = ("tea", "rice", "silk")
"""Those who share every channel account."""
DEATHS = 0.05
"""How often a process dies at each of funding's own steps."""
CREDIT = 60_000
FEE = 7
ACCOUNTS = {
    "alipay": AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=CREDIT),
    "lianlian": AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=CREDIT, fee=FEE),
    "unionpay": AccountFunding(fee=FEE),
}
"""Some accounts pay on credit, of some the channel takes fees; the others are funded first and their fees billed apart."""
_MEMORY = Path("/dev/shm")  # noqa: S108  simulated processes die, the machine does not


class MortalStore:
    """A store whose process may die within its transactions, before they are committed, or right after."""

    def __init__(self, store: Any, dice: random.Random, count: Counter[str]) -> None:
        self._store, self._dice, self._count = store, dice, count
        self.skip_locked, self.for_update = store.skip_locked, store.for_update
        self.read, self.bring_up_to_date, self.close = store.read, store.bring_up_to_date, store.close

    def die(self, where: str) -> None:
        if self._dice.random() < DEATHS:
            self._count[where] += 1
            raise Killed

    def write(self, work: Callable[[Cursor], Any]) -> Any:
        def done(cursor: Cursor) -> Any:
            value = work(cursor)
            self.die("within a transaction")
            return value

        value = self._store.write(done)
        self.die("after a transaction")
        return value


class Funded(Process):
    """A process that pays out nothing that is not reserved."""

    def __init__(self, story: "FundedStory", process: Process) -> None:
        """Stand before a process of the simulation."""
        self._story, self._process = story, process
        mortal = MortalStore(story.store, story.fate, story.deaths)
        self.funding = Funding(Journal(mortal, story.journal.ring, clock=story.clock))

    def pay(self, account: str, verb: str, order: Any) -> Result:
        if verb not in {"payout", "payout_batch"}:
            return self._process.pay(account, verb, order)
        lines = order.lines if verb == "payout_batch" else (order,)
        number = order.merchant_batch_id if verb == "payout_batch" else order.merchant_order_id
        key, amount = OrderKey(account, verb, number), Money(sum(line.amount.amount for line in lines))
        merchant = merchant_of(number)
        try:
            self.funding.journal.store.write(
                lambda cursor: self.funding.reserve(cursor, key, merchant, amount, orders=len(lines))
            )
        except ShortOfFundsError:
            self._story.tops_up(merchant, account, amount.amount)
            raise NotSentError.because("short of funds") from None
        try:
            result = self._process.pay(account, verb, order)
        except PaymentChannelError:
            self.funding.refused(key)
            raise
        if self._story.fate.random() < 0.7:  # what nobody follows at once, the sweep finds
            self.funding.follow(key)
        return result

    def take(self, account: str, inbound: Inbound) -> Any:
        return self._process.take(account, inbound)

    def bill(self, account: str, asked: BillQuery) -> Any:
        return self._process.bill(account, asked)

    def step(self) -> int:
        self._story.watch()
        looked = self._process.step()
        if looked and self._story.fate.random() < 0.5:
            self.funding.follow_all(limit=self._story.fate.choice((1, 5, 1000)))
        return looked

    def ask(self, account: str, verb: str, asked: Any) -> Result:
        return self._process.ask(account, verb, asked)

    def end(self) -> None:
        self._process.end()


@dataclass
class FundedStory(Story):
    """A story in which three merchants share every account, pay in late and too little, and take residuals out again."""

    deaths: Counter[str] = field(default_factory=Counter)
    paid_in: Counter[str] = field(default_factory=Counter)
    taken_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.fate = random.Random(f"funds {self.seed}")
        super().__post_init__()
        policies = self.books_of_funds.policies
        policies.put_in_force(policies.propose(FundingPolicy(accounts=ACCOUNTS), who="Zhang", why="seed").number, who="Li")
        for _ in range(self.size.payouts // 2):
            self.at(self.fate.uniform(3600, 200_000), self._takes_out)

    def _start(self) -> None:
        super()._start()
        self.process = Funded(self, self.process)

    @property
    def books_of_funds(self) -> Funding:
        """The books, undisturbed."""
        return Funding(self.journal)

    def watch(self) -> None:
        """Whatever is unknown is reserved, at every moment and not only in the end."""
        text = (
            "SELECT r.merchant_id, r.amount, r.reserved FROM fund_reservations r JOIN orders o ON r.merchant_id = o.merchant_id "
            "AND r.kind = o.kind AND r.account = o.account WHERE o.state = ? AND r.kind = ? "
            "AND r.reserved <> r.amount + COALESCE(r.fee, 0)"
        )
        rows = self.store.read(lambda cursor: cursor.rows(text, (State.UNKNOWN.value, "payout")))
        self.broken += [f"{number}: unknown, and of {amount} fen {held} are held" for number, amount, held in rows]

    def tops_up(self, merchant: str, account: str, fen: int) -> None:
        """After a while the merchant pays in something; what is paid in is told twice now and then, and counts once."""
        amount, reference = self.fate.randint(1, 2 * fen), self.number("IN")

        def pay_in() -> None:
            for _ in range(self.fate.choice((1, 1, 2))):
                self.books_of_funds.paid_in(merchant, account, Money(amount), reference=reference, who="Zhang")
            self.paid_in[account] += amount

        self.at(self.fate.uniform(1, 600), pay_in)

    def _takes_out(self) -> None:
        """Two people take out what an order left, if nothing has used it by then."""
        residuals = Residuals(self.books_of_funds, None)
        orders = residuals.left()
        if not orders:
            return
        one, number = self.fate.choice(orders), self.number("OUT")
        fen = self.fate.randint(1, one.amount)
        try:
            residuals.propose(RequestKind.WITHDRAWAL, one.key, Money(fen), number=number, who="Zhang", why="not needed")
            residuals.approve(one.key.account, number, who="Li")
        except PaymentChannelError:
            return
        if self.fate.random() < 0.8:
            assert residuals.done(one.key.account, number, reference=number, who="Zhang").state is RequestState.DONE
            self.taken_out[one.key.account] += fen


def merchant_of(number: str) -> str:
    """Return whose an order is: the simulation's orders do not say."""
    return MERCHANTS[zlib.crc32(number.encode()) % len(MERCHANTS)]


# --- the judge of funds


def the_books_balance(story: FundedStory) -> Iterator[str]:
    """Postings balance to the fen, and all that is derived from them is what they make."""
    yield from story.books_of_funds.faults()


def nothing_is_left_to_follow(story: FundedStory) -> Iterator[str]:
    """After the sweep no order's postings are behind the journal."""
    while story.books_of_funds.follow_all():
        pass
    for one in _reservations(story):
        after = story.books_of_funds.follow(one.key)
        if after is None or after.position != one.position:
            yield f"{one.key}: the sweep left {one.position}, and it belongs to {after and after.position}"


def every_order_was_reserved(story: FundedStory) -> Iterator[str]:
    """No payout left without its money."""
    reserved = {one.key for one in _reservations(story)}
    for record in story.records():
        if record.key.kind in {"payout", "payout_batch"} and record.key not in reserved:
            yield f"{record.key}: it was sent, and nothing was ever reserved for it"


def funds_and_books_agree(story: FundedStory) -> Iterator[str]:
    """Of each order as much is spent as the channel's books moved and have not back, and what is open there is reserved."""
    case = Case.of(story)
    for one in _reservations(story):
        if one.key.kind == "withdrawal":
            continue
        paid, held = 0, 0
        record = case.records.get(one.key)
        if record is not None:
            told = story.store.read(lambda cursor, one=one: told_of(story.journal, cursor, one))  # type: ignore[misc]
            facts = list(told.facts) if told is not None else []
            keys = [one.key]
            if one.key.kind == "payout_batch":
                lines = vars(story.journal.prepared_of(record).order)["lines"]
                keys = [OrderKey(one.key.account, "payout", line.merchant_order_id) for line in lines]
            for key, fact in zip(keys, facts, strict=True):
                entries = case.books.get(key, [])
                # Told by the statement alone; or told as a failure after a success: both are kept, and people are told.
                told_paid = case.came_back_as(key, SUCCEEDED) or (fact.conflict and case.came_back_as(key, FAILED))
                paid += sum(entry.fen for entry in entries if entry.stands == MOVED or told_paid)
                held += sum(entry.fen for entry in entries if entry.stands == OPEN)
            open_ones = [fact.amount for fact in facts if fact.state in UNRESOLVED]
            held = max(held, sum(open_ones)) + len(open_ones) * (one.fee or 0)
        spent = one.position.spent + one.position.returned
        if spent != paid:
            yield f"{one.key}: {spent} is spent, the channel's books moved {paid}"
        if one.position.reserved != held:
            yield f"{one.key} ({one.state}): {one.position.reserved} is reserved, {held} may still move"


def money_is_conserved(story: FundedStory) -> Iterator[str]:
    """In each account: what was paid in less what was taken out is what there is, and what the channel's books have moved."""
    for account in story.sides:
        books = sum((story.books_of_funds.books(merchant, account) for merchant in MERCHANTS), Books())
        there = books.in_the_channel + books.spent + books.returned + books.fees
        came = story.paid_in[account] - story.taken_out[account]
        if there != came or books.outside != -came:
            yield f"{account}: {came} came in, and the books hold {books}"
        credit = ACCOUNTS.get(account, AccountFunding()).credit
        used = sum(max(0, -story.books_of_funds.books(merchant, account).available) for merchant in MERCHANTS)
        if used > credit or books.residual < 0:
            yield f"{account}: more was paid than there was: {books}, {used} of {credit} on credit"


FUNDS: tuple[Callable[[FundedStory], Iterator[str]], ...] = (
    nothing_is_left_to_follow,
    the_books_balance,
    every_order_was_reserved,
    funds_and_books_agree,
    money_is_conserved,
)


def _reservations(story: FundedStory) -> list[Any]:
    return story.store.read(lambda cursor: select(cursor, "1 = 1 ORDER BY id", ()))


@dataclass
class Found:
    """What came of a seed."""

    wrong: list[str]
    deaths: Counter[str]
    kinds: Counter[str]


def tell(seed: int, size: str, keys: Path) -> Found:
    """Tell a seed's story to its end, and judge it by the simulation's rules and by those of funds."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            story = FundedStory(seed, SIZES[size][0], keys, Path(folder))
            story.run()
            wrong = [f"{rule.__name__}: {line}" for rule in FUNDS for line in rule(story)]
            wrong += judge(story)
            rows = story.store.read(lambda cursor: cursor.rows("SELECT kind, COUNT(*) FROM fund_entries GROUP BY kind"))
            found = Found(wrong, story.deaths, Counter(dict(rows)))
            story.end()
    finally:
        logging.disable(before)
    return found


def main() -> int:
    """Tell many seeds' stories."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.funds")
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    parser.add_argument("--seed", type=int, default=1001)
    parser.add_argument("--seeds", type=int, default=5)
    asked, wrong = parser.parse_args(), 0
    with tempfile.TemporaryDirectory() as folder:
        open_world(Path(folder))
        for seed in range(asked.seed, asked.seed + asked.seeds):
            found = tell(seed, asked.size, Path(folder))
            wrong += len(found.wrong)
            print(f"seed {seed}: {len(found.wrong)} wrong, {dict(found.kinds)}, deaths {dict(found.deaths)}", flush=True)
            print("".join(f"  {line}\n" for line in found.wrong), end="", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
