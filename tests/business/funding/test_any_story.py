"""Whatever is paid in, ordered, refused, told and told otherwise, in any order: the books balance and follow the journal."""

import itertools
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from payment_channels import Money, Outcome
from payment_channels.business.funding import AccountFunding, Books, Funding, Mode, RequestKind, Residuals, ShortOfFundsError
from payment_channels.business.funding.reservations import RELEASED
from payment_channels.channel import Verb
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, SqliteStore, State
from payment_channels.journal.folding import FINAL, Finding, Source
from payment_channels.model.refusals import InvalidRequestError, NotSentError
from payment_channels.model.results import Amounts, Return
from tests.business.funding.conftest import in_force, reserve
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
OUTCOMES = st.sampled_from(list(Outcome))
MERCHANTS = st.sampled_from(["tea", "rice"])
FEN = st.integers(1, 500)
FEES = st.one_of(st.none(), st.integers(0, 40))
CREDIT = 300


class Stories(RuleBasedStateMachine):
    """Two merchants on two accounts: ``first`` is funded first, ``later`` pays on credit. A model keeps what came in and what
    each order should have moved."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = SqliteStore(Path(self.folder.name) / "journal.sqlite3")
        self.journal = Journal(self.store, KeyRing.single(bytes(range(32))), clock=lambda: NOW)
        self.funding = Funding(self.journal)
        self.wire = Scripted()
        self.clients = {
            name: DurableClient(self.wire, self.journal, account=name)  # type: ignore[arg-type]
            for name in ("first", "later")
        }
        self.numbers = itertools.count(1)
        self.came: dict[str, int] = {"first": 0, "later": 0}
        self.orders: dict[OrderKey, tuple[str, int]] = {}
        self.never_left: set[OrderKey] = set()

    @initialize(fee=FEES)
    def policy(self, fee: int | None) -> None:
        first, later = AccountFunding(fee=fee), AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=CREDIT, fee=fee)
        in_force(self.funding, first=first, later=later)

    def teardown(self) -> None:
        self.everything_is_followed()
        self.store.close()
        self.folder.cleanup()

    @rule(merchant=MERCHANTS, account=st.sampled_from(["first", "later"]), fen=FEN)
    def pays_in(self, merchant: str, account: str, fen: int) -> None:
        self.funding.paid_in(merchant, account, Money(fen), reference=f"in{next(self.numbers)}", who="Zhang")
        self.came[account] += fen

    @rule(merchant=MERCHANTS, account=st.sampled_from(["first", "later"]), fen=FEN, outcome=OUTCOMES, fee=FEES)
    def orders_a_payout(self, merchant: str, account: str, fen: int, outcome: Outcome, fee: int | None) -> None:
        key, before = OrderKey(account, "payout", f"p{next(self.numbers)}"), self.funding.available(merchant, account)
        try:
            reserve(self.funding, key, merchant, fen)
        except ShortOfFundsError:
            assert fen + 40 > before
            return
        assert self.funding.available(merchant, account) <= before - fen
        self.orders[key] = merchant, fen
        self.sends(key, outcome, fee)

    def sends(self, key: OrderKey, outcome: Outcome, fee: int | None) -> None:
        amounts = Amounts(fee=Money(fee)) if fee is not None else Amounts()
        self.wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, outcome, amounts=amounts)]
        self.clients[key.account].payout(payout(key.merchant_id, self.orders[key][1], ordered_at=NOW))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), outcome=OUTCOMES, back=st.one_of(st.none(), FEN), kept=st.sampled_from([None, True, False]))
    def news(self, data: st.DataObject, outcome: Outcome, back: int | None, kept: bool | None) -> None:
        key = data.draw(st.sampled_from(sorted(self.orders, key=str)))
        if self.journal.find(key) is None:
            return
        returned = Return(amount=Money(back) if back is not None else None, fee_kept=kept)
        result = told(Verb.QUERY_PAYOUT, outcome, returned=returned if outcome is Outcome.RETURNED else None)
        self.journal.found(key, Finding(Source.QUERIED, outcome, 1), result)
        if outcome is not Outcome.UNKNOWN:
            self.never_left.discard(key)  # somebody has heard of it

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def somebody_follows(self, data: st.DataObject) -> None:
        self.funding.follow(data.draw(st.sampled_from(sorted(self.orders, key=str))))

    @rule(limit=st.integers(1, 5))
    def sweeps(self, limit: int) -> None:
        self.funding.follow_all(limit)

    @rule(merchant=MERCHANTS, account=st.sampled_from(["first", "later"]), fen=FEN, given=st.integers(1, 3), put=st.booleans())
    def is_refused_before_it_leaves(self, merchant: str, account: str, fen: int, given: int, put: bool) -> None:
        key = OrderKey(account, "payout", f"p{next(self.numbers)}")
        try:
            for _ in range(given):
                reserve(self.funding, key, merchant, fen)
        except ShortOfFundsError:
            return
        self.orders[key] = merchant, fen
        if put:
            self.wire.answers[Verb.PAYOUT] = [NotSentError.because("refused")]
            with suppress(NotSentError):
                self.clients[account].payout(payout(key.merchant_id, fen, ordered_at=NOW))
        for number in range(given):
            after = self.funding.refused(key)
            assert after is not None
            assert (after.state == RELEASED) == (number == given - 1)

    @rule(
        merchant=MERCHANTS, account=st.sampled_from(["first", "later"]), fen=FEN, given=st.integers(1, 2), refused=st.booleans()
    )
    def is_taken_away_before_it_leaves(self, merchant: str, account: str, fen: int, given: int, refused: bool) -> None:
        key, before = OrderKey(account, "payout", f"p{next(self.numbers)}"), self.funding.books(merchant, account)
        try:
            for _ in range(given):
                reserve(self.funding, key, merchant, fen)
        except ShortOfFundsError:
            return
        self.orders[key] = merchant, fen
        self.wire.answers[Verb.PAYOUT] = [NotSentError.because("refused")]
        with suppress(NotSentError):
            self.clients[account].payout(payout(key.merchant_id, fen, ordered_at=NOW))
        if refused:
            self.funding.refused(key)
        self.journal.concluded(key, Outcome.FAILED, "never left, and never will")
        self.never_left.add(key)
        assert self.funding.follow(key) is not None
        assert self.funding.books(merchant, account) == before

    @rule(data=st.data(), fen=FEN, approve=st.booleans(), fate=OUTCOMES, withdraw=st.booleans())
    def a_residual_is_used(self, data: st.DataObject, fen: int, approve: bool, fate: Outcome, withdraw: bool) -> None:
        residuals = Residuals(self.funding, None)
        left = residuals.left()
        if not left:
            return
        one, number = data.draw(st.sampled_from(left)), f"p{next(self.numbers)}"
        kind = RequestKind.WITHDRAWAL if withdraw else RequestKind.REPAYMENT
        try:
            asked = residuals.propose(kind, one.key, Money(fen), number=number, who="Zhang", why="story")
            if not approve:
                return
            residuals.approve(one.key.account, number, who="Li")
        except (InvalidRequestError, ShortOfFundsError):
            return
        if withdraw:
            residuals.done(one.key.account, number, reference=number, who="Zhang")
            self.came[one.key.account] -= fen
        else:
            self.orders[asked.key] = asked.purse.merchant, fen
            reserve(self.funding, asked.key, asked.purse.merchant, fen)
            self.sends(asked.key, fate, None)

    @invariant()
    def the_books_are_what_their_postings_make(self) -> None:
        assert self.funding.faults() == []

    @invariant()
    def what_came_in_is_all_there_is(self) -> None:
        for account, came in self.came.items():
            books = sum((self.funding.books(merchant, account) for merchant in ("tea", "rice")), Books())
            assert books.outside == -came

    @invariant()
    def what_is_not_known_to_have_ended_is_held(self) -> None:
        for key, (_, fen) in self.orders.items():
            record, held = self.journal.find(key), self.funding.reservation(key)
            assert held is not None
            if record is None or held.state == RELEASED:
                continue
            if record.state not in FINAL and record.state is not State.NOT_SENT and not record.standing.conflict:
                assert held.position.reserved >= fen

    @rule()
    def everything_is_followed(self) -> None:
        while self.funding.follow_all():
            pass
        for key, (_, fen) in self.orders.items():
            record, held = self.journal.find(key), self.funding.reservation(key)
            assert held is not None
            assert self.funding.follow(key) == held
            state = record.state if record is not None else None
            where = held.position
            assert where.spent == (fen if state in {State.SUCCEEDED, State.RETURNED, State.REVERSED} else 0)
            assert where.returned == (-fen if state in {State.RETURNED, State.REVERSED} else 0)
            assert where.reserved == 0 if state in FINAL else True
            if state is State.FAILED:
                assert where.available + where.residual == 0
                assert where.fees == 0
            if key in self.never_left:
                assert (held.state, where) == (RELEASED, Books())


Stories.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
TestStories = Stories.TestCase
