"""How an order is carried: given to an account, sent there, and given to the next one only when nothing of it can move any more.

The assignment, the reservation of its money and the order itself are written in one transaction before anything leaves. A
further account is written down only in a transaction that holds both the assignment and the order and finds them as judged.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payment_channels.business.funding import ShortOfFundsError
from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState, Place
from payment_channels.business.routing.completing import additions, bare, completed, new_number
from payment_channels.business.routing.decision import Decision, NoRouteError, Question, Reason
from payment_channels.business.routing.failover import may_fail_over
from payment_channels.business.routing.router import Funds, Router
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError, OrderKey, OrderRecord, State
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import known, lost
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.store import Cursor
from payment_channels.journal.writing import Told
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError, NotSentError, PaymentChannelError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.desk")
ROUNDS = 32
"""At most so many steps of one call: more than accounts that it could try, with looks again where somebody else moved on."""
MOVED = frozenset({Outcome.SUCCEEDED, Outcome.RETURNED, Outcome.REVERSED})
TRIED = Reason(code="TRIED", zh="本笔已在此账户试过", en="this order was tried there")
ABANDONED = "never left, and never will: given to another account"
NO_CLIENT = Reason(code="NO_CLIENT", zh="本程序没有打开此账户", en="this program has not opened the account")


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """An account as this program opened it. ``fields`` go into orders that do not say them; ``channel_fields`` are merged."""

    client: DurableClient
    fields: Mapping[str, Any] = field(default_factory=dict)


class NumberInUseError(InvalidRequestError):
    """The journal has an order of that number at that account which the desk did not put there: whose it is, nobody can say."""

    CANONICAL = "DUPLICATE_OTHER_CONTENT"


class Carrying:
    """Carries orders of payments and payouts from account to account."""

    def __init__(
        self,
        journal: Journal,
        accounts: Mapping[str, ChannelAccount],
        funds: Funds | None = None,
        number: Callable[[Place, int], str] = new_number,
    ) -> None:
        """See ``Desk``."""
        self.journal = journal
        self.accounts = accounts
        self.funds = funds
        self.number = number
        manifests = {name: account.client.channel.manifest for name, account in accounts.items()}
        self.router = Router(journal, funds=funds, manifests=manifests)
        self.assignments = Assignments(journal)

    # --- to an account

    def first(
        self, place: Place, order: PaymentOrder | PayoutOrder, labels: Mapping[str, str], timeout: float | None
    ) -> Assignment:
        """Decide where an order goes and write it down; return what somebody else wrote meanwhile, if so.

        Raises:
            NoRouteError: no account may take it.
            NumberInUseError: the number stands in the account's journal without an assignment.
            JournalUnavailableError: it could not be written.
        """
        question, number = Question.of(place[0], order, labels), order.merchant_order_id
        for _ in range(ROUNDS):
            written = self._given(_Attempt(place, order, question, 1, number), {}, lambda _: True, timeout)
            there = written or self.assignments.latest(place)
            if there is not None:
                return there
            number = self.number(place, 1)  # another merchant has the number at that account
        raise _busy(place)

    def _given(
        self, asked: "_Attempt", tried: Mapping[str, Reason], taken: Callable[[Cursor], bool], timeout: float | None
    ) -> Assignment | None:
        """Give an order to the first account that takes it, in one transaction; None where somebody else came first.

        ``taken`` takes the order away from its former account in the same transaction, and says whether it may.

        Raises:
            NoRouteError: no account takes it.
        """
        known_here = self.router.policy().accounts
        against = {name: NO_CLIENT for name in known_here if name not in self.accounts} | dict(tried)
        refusal: PaymentChannelError | None = None
        while True:
            decision = self.router.decide(asked.question, without=against)
            if decision.account is None:
                raise NoRouteError.of(decision) from refusal
            account = self.accounts[decision.account]
            added = additions(asked.order, account.fields, decision.sub_merchant)
            try:
                prepared = account.client.client.prepare(completed(asked.order, asked.number, added), timeout=timeout)
            except PaymentChannelError as error:  # its channel refuses the order before anything leaves
                against[decision.account], refusal = _refused(error), error
                continue
            try:
                return self.journal.store.write(self._writing(asked, decision, added, prepared, taken))
            except ShortOfFundsError as error:  # somebody else was faster
                against[decision.account], refusal = _refused(error), error

    def _writing(
        self,
        asked: "_Attempt",
        decision: Decision,
        added: Mapping[str, Any],
        prepared: Prepared,
        taken: Callable[[Cursor], bool],
    ) -> Callable[[Cursor], Assignment | None]:
        put = self.journal.adding(str(decision.account), prepared)

        def work(cursor: Cursor) -> Assignment | None:
            if not taken(cursor):
                return None
            held = self.assignments.add(cursor, asked.place, asked.attempt, asked.number, decision, added)
            if held is None:
                return None
            if not put(cursor):
                raise NumberInUseError.because(
                    f"账户 {held.account} 的日志中已有单号 {held.number}，它不是由业务层分派的；请核对该订单，或换新单号",
                    f"the journal of {held.account} has {held.number}, which was not assigned here: see it, or take a new number",
                    field="merchant_order_id",
                )
            self._reserve(cursor, held)
            return held

        return work

    # --- there, and on from there

    def carry(self, held: Assignment, order: PaymentOrder | PayoutOrder, timeout: float | None) -> tuple[Assignment, Result]:
        """Send an order where it stands, if it was not sent; carry it on while it may go on; return where it stands then.

        Raises:
            PaymentChannelError: nothing of the order has left any account, and nothing will.
        """
        for _ in range(ROUNDS):
            try:
                self._reserve_again(held)
                result = self._sent(held, timeout)
            except JournalUnavailableError:
                log.exception("the journal cannot be used; what becomes of %s is not known before it can", held.order_id)
                break
            except PaymentChannelError as error:
                self._let_go(held)
                after = self._on(held, timeout) if isinstance(error, (NotSentError, ShortOfFundsError)) else held
                if after.id == held.id:
                    if self._left_before(held):  # an earlier attempt did leave: an exception would not be true
                        break
                    raise
                held = after
                continue
            self._follow(held.key)
            if result.outcome is not Outcome.FAILED:
                return self._noted(held, result), result
            after = self._on(held, timeout)
            if after.id == held.id and after.state is not AssignmentState.OPEN:
                return after, result
            held = after
        return held, self.lost(held.account, order)

    def lost(self, account: str, order: PaymentOrder | PayoutOrder) -> Result:
        """Return the ``unknown`` of an order of whose end nothing is known."""
        there = self.accounts.get(account)
        channel = there.client.channel.manifest.name if there is not None else account
        return lost(channel, verb_of(order.kind), order, self.journal.clock())

    def _sent(self, held: Assignment, timeout: float | None) -> Result:
        account = self.accounts.get(held.account)
        if account is not None:
            return account.client.send(held.key, timeout=timeout)
        record = self.journal.find(held.key)
        if record is None or record.state is State.NOT_SENT:
            raise ConfigurationError.because(
                f"订单 {held.order_id} 已分派到账户 {held.account}，而本程序没有打开它",
                f"the order {held.order_id} was given to the account {held.account}, which this program has not opened",
                field=held.account,
            )
        return known(self.journal, verb_of(held.kind), self.journal.prepared_of(record).order, record)

    def _on(self, held: Assignment, timeout: float | None) -> Assignment:
        """Give an order that cannot move any more where it is to the next account, or close it as failed.

        Returns where it stands then: elsewhere; here, closed; or here and open, where it may not be taken away, or nobody takes
        it and it never left.
        """
        record = self.journal.find(held.key)
        if record is None or held.state is not AssignmentState.OPEN:
            return held
        taking = _Taking(self.journal, self.assignments, held, record, self.journal.result_of(record))
        policy = self.router.policy()
        if taking.allowed() and policy.may_fail_over(held.merchant) and held.attempt < policy.attempts:
            given = self._elsewhere(held, record, taking, timeout)
            if given is not None:
                return given
        self.journal.store.write(taking.close)
        return self.assignments.latest(held.place) or held

    def _elsewhere(self, held: Assignment, record: OrderRecord, taking: "_Taking", timeout: float | None) -> Assignment | None:
        order = self.journal.prepared_of(record).order
        assert isinstance(order, PaymentOrder | PayoutOrder)  # noqa: S101  only these are assigned
        number = self.number(held.place, held.attempt + 1)
        own = bare(order, held.order_id, held.added)
        asked = _Attempt(held.place, own, held.decision.question, held.attempt + 1, number)
        tried = {one.account: TRIED for one in self.assignments.of_order(held.place)}
        try:
            given = self._given(asked, tried, taking.away, timeout)
        except NoRouteError as error:
            log.warning("no other account takes %s: %s", held.order_id, error)
            return None
        self._follow(held.key)
        return given

    # --- its money

    def _reserve(self, cursor: Cursor, held: Assignment) -> None:
        if self.funds is not None and held.kind == "payout":
            self.funds.reserve(cursor, held.key, held.merchant, held.amount)

    def _reserve_again(self, held: Assignment) -> None:
        """Hold the money of an order that never left and is about to be sent after all: what it held was let go."""
        if self.funds is None or held.state is not AssignmentState.OPEN:
            return

        def work(cursor: Cursor) -> None:
            current = self.assignments.latest_within(cursor, held.place, lock=True)
            record = self.journal.one(cursor, held.key)
            if current is not None and current.id == held.id and record is not None and record.state is State.NOT_SENT:
                self._reserve(cursor, held)

        record = self.journal.find(held.key)
        if record is not None and record.state is State.NOT_SENT and record.standing.attempts:
            self.journal.store.write(work)

    def _follow(self, key: OrderKey) -> None:
        """Let the postings follow; what cannot be written now, the funding room's own sweep finds."""
        if self.funds is None or key.kind != "payout":
            return
        try:
            self.funds.follow(key)
        except JournalUnavailableError:
            log.exception("the postings of %s could not be written; the sweep will find it", key.merchant_id)

    def _let_go(self, held: Assignment) -> None:
        if self.funds is None or held.kind != "payout":
            return
        try:
            self.funds.refused(held.key)
        except JournalUnavailableError:
            log.exception("what %s holds could not be released; the sweep will find it", held.order_id)

    # --- what is noted

    def _noted(self, held: Assignment, result: Result) -> Assignment:
        if result.outcome not in MOVED or held.state is not AssignmentState.OPEN:
            return held
        try:
            self.journal.store.write(lambda cursor: self.assignments.change(cursor, held, AssignmentState.DONE))
        except JournalUnavailableError:
            log.exception("that %s is done could not be written; the sweep will", held.order_id)
            return held
        return replace(held, state=AssignmentState.DONE)

    def _left_before(self, held: Assignment) -> bool:
        return any(one.state is AssignmentState.FAILED for one in self.assignments.of_order(held.place))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An order on its way to one account more; ``order`` is the core's own."""

    place: Place
    order: PaymentOrder | PayoutOrder
    question: Question
    attempt: int
    number: str


@dataclass(frozen=True, slots=True)
class _Taking:
    """Takes an order away from its account, or closes it there, in a transaction that finds it as it was judged."""

    journal: Journal
    assignments: Assignments
    held: Assignment
    seen: OrderRecord
    told: Result | None

    def allowed(self) -> bool:
        """Say whether it looks as if the order may be taken away; ``away`` decides."""
        return may_fail_over(self.seen, self.told, self.journal.now())

    def away(self, cursor: Cursor) -> bool:
        """Take it away. What never left is marked so in the journal that nobody can send it any more."""
        record = self._still(cursor)
        now = self.journal.now()
        if record is None or not may_fail_over(record, self.told, now):
            return False
        if record.state is State.NOT_SENT:
            never = Finding(Source.QUERIED, Outcome.FAILED, record.standing.attempts)
            self.journal.writer.apply(cursor, record, never, now, Told(note=ABANDONED))
            self.assignments.change(cursor, self.held, AssignmentState.ABANDONED)
        else:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)
        return True

    def close(self, cursor: Cursor) -> None:
        """Close it as failed: what was told as failed is not taken up again, since its core may have ordered it anew."""
        record = self._still(cursor)
        if record is not None and record.state is State.FAILED and not record.standing.unresolved:
            self.assignments.change(cursor, self.held, AssignmentState.FAILED)

    def _still(self, cursor: Cursor) -> OrderRecord | None:
        current = self.assignments.latest_within(cursor, self.held.place, lock=True)
        if current is None or current.id != self.held.id or current.state is not AssignmentState.OPEN:
            return None
        record = self.journal.one(cursor, self.held.key, lock=True)
        if record is None or (record.standing, record.told_by) != (self.seen.standing, self.seen.told_by):
            return None
        return record


def _refused(error: PaymentChannelError) -> Reason:
    """What a channel, or the funding room, says against an order before anything leaves."""
    where = f"{error.field}：" if error.field else ""
    code = "SHORT_OF_FUNDS" if isinstance(error, ShortOfFundsError) else "REFUSED"
    return Reason(
        code=code, zh=f"{where}{error.zh}", en=f"{where.replace('：', ': ')}{error.en}", passing=code == "SHORT_OF_FUNDS"
    )


def _busy(place: Place) -> InvalidRequestError:
    return InvalidRequestError.because(
        f"订单 {place[2]} 的单号在各账户中都已被占用；请换新单号",
        f"every number for {place[2]} is taken at its account: take a new one",
        field="merchant_order_id",
    )
