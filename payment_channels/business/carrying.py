"""How an order is carried: given to an account, sent there, and given to the next one only when nothing of it can move any more.

The assignment, the reservation of its money and the order itself are written in one transaction before anything leaves. A
further account is written down only in a transaction that holds both the assignment and the order and finds them as judged.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payment_channels.business.funding import ShortOfFundsError
from payment_channels.business.holding import Holding
from payment_channels.business.routing.assignments import Assignment, AssignmentState, Place
from payment_channels.business.routing.completing import additions, bare, completed, new_number
from payment_channels.business.routing.decision import Decision, NoRouteError, NotNowError, Question, Reason
from payment_channels.business.routing.policy import RoutingPolicy
from payment_channels.business.routing.router import Funds, Router
from payment_channels.business.routing.taking import Taking
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import known, lost
from payment_channels.journal.folding import FINAL
from payment_channels.journal.store import Cursor
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import InvalidRequestError, NotSentError, PaymentChannelError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.desk")
ROUNDS = 32
"""At most so many steps of one call: more than accounts that it could try, with looks again where somebody else moved on."""
MOVED = frozenset({Outcome.SUCCEEDED, Outcome.RETURNED, Outcome.REVERSED})
TRIED = Reason(code="TRIED", zh="本笔已在此账户试过", en="this order was tried there")
NO_CLIENT = Reason(code="NO_CLIENT", zh="本程序没有打开此账户", en="this program has not opened the account")


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """An account as this program opened it. ``fields`` go into orders that do not say them; ``channel_fields`` are merged."""

    client: DurableClient
    fields: Mapping[str, Any] = field(default_factory=dict)


class NumberInUseError(InvalidRequestError):
    """The account has an order of that number which is not this one: paying under another number could pay it twice."""

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
        self.number = number
        manifests = {name: account.client.channel.manifest for name, account in accounts.items()}
        self.router = Router(journal, funds=funds, manifests=manifests)
        self.assignments = self.router.assignments
        self.money = Holding(journal, self.assignments, funds)

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
        self.router.look(asked.question.merchant, asked.question.kind)
        version = self.router.book.in_force()
        against = {name: NO_CLIENT for name in version.policy.accounts if name not in self.accounts} | dict(tried)
        refusal: PaymentChannelError | None = None
        while True:
            decision = self.router.decide(asked.question, version=version, without=against)
            if decision.account is None:
                raise NoRouteError.of(decision) from refusal
            account = self.accounts[decision.account]
            added = additions(asked.order, account.fields, decision.sub_merchant)
            try:
                prepared = account.client.client.prepare(completed(asked.order, asked.number, added), timeout=timeout)
            except PaymentChannelError as error:  # its channel refuses the order before anything leaves
                against[decision.account], refusal = _refused(error), error
                continue
            ready = _Ready(version.policy, decision, decision.account, added, prepared)
            try:
                return self.journal.store.write(self._writing(asked, ready, taken))
            except (NotNowError, ShortOfFundsError) as error:  # somebody else was faster
                against[decision.account], refusal = _refused(error), error

    def _writing(
        self, asked: "_Attempt", ready: "_Ready", taken: Callable[[Cursor], bool]
    ) -> Callable[[Cursor], Assignment | None]:
        put = self.journal.adding(ready.account, ready.prepared)

        def work(cursor: Cursor) -> Assignment | None:
            if not taken(cursor):
                return None
            self.router.admit(cursor, ready.policy, ready.account)
            held = self.assignments.add(cursor, asked.place, asked.attempt, asked.number, ready.decision, ready.added)
            if held is None and asked.attempt == 1:
                return None  # somebody else was faster, or has the number there
            if held is None or not put(cursor):  # an exception: what was taken away from the former account stays there
                raise NumberInUseError.because(
                    f"账户 {ready.account} 已有单号 {asked.number}，它不是这笔订单的；请核对，或换新单号",
                    f"{ready.account} has the number {asked.number} already, and not of this order: see it, or take a new number",
                    field="merchant_order_id",
                )
            self.money.reserve(cursor, held)
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
                self.money.again(held)
                result = self._sent(held, timeout)
            except JournalUnavailableError:
                log.exception("the journal cannot be used; what becomes of %s is not known before it can", held.order_id)
                break
            except PaymentChannelError as error:
                self.money.let_go(held)
                after = self._on(held, timeout) if isinstance(error, (NotSentError, ShortOfFundsError)) else held
                if after.id == held.id:
                    if self._left_before(held):  # an earlier attempt did leave: an exception would not be true
                        break
                    raise
                held = after
                continue
            self.money.follow(held.key)
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
        record = self.journal.find(held.key)  # another program has opened the account, and will send it
        assert record is not None  # noqa: S101  it was written down together with its assignment
        return known(self.journal, verb_of(held.kind), self.journal.prepared_of(record).order, record)

    def _on(self, held: Assignment, timeout: float | None) -> Assignment:
        """Give an order that cannot move any more where it is to the next account, or close it as failed.

        Returns where it stands then: elsewhere; here, closed; or here and open, where it may not be taken away, or nobody takes
        it and it never left.
        """
        record = self.journal.find(held.key)
        if record is None or held.state is not AssignmentState.OPEN:
            return held
        taking = Taking(self.journal, self.assignments, held, record, self.journal.result_of(record))
        policy = self.router.policy()
        if taking.allowed() and policy.may_fail_over(held.merchant) and held.attempt < policy.attempts:
            given = self._elsewhere(held, taking, timeout)
            if given is not None:
                return given
        self.journal.store.write(taking.close)
        return self.assignments.latest(held.place) or held

    def _elsewhere(self, held: Assignment, taking: Taking, timeout: float | None) -> Assignment | None:
        number = self.number(held.place, held.attempt + 1)
        own = self.own_order(held)
        asked = _Attempt(held.place, own, held.decision.question, held.attempt + 1, number)
        tried = {one.account: TRIED for one in self.assignments.of_order(held.place)}
        try:
            given = self._given(asked, tried, taking.away, timeout)
        except (NoRouteError, NumberInUseError) as error:
            log.warning("no other account takes %s: %s", held.order_id, error)
            return None
        self.money.follow(held.key)
        return given

    # --- what was learnt of it elsewhere

    def learn(self, held: Assignment, timeout: float | None) -> tuple[Assignment, Result] | None:
        """Carry an order on after news of it came into the journal; None where it stays where it is.

        Raises:
            PaymentChannelError: as ``carry``.
        """
        record = self.journal.find(held.key)
        if record is None or held.state is not AssignmentState.OPEN or record.state not in FINAL:
            self.money.follow(held.key)
            return None
        return self.go_on(held, timeout)

    def go_on(self, held: Assignment, timeout: float | None) -> tuple[Assignment, Result]:
        """Carry an order on without its core's having given it again.

        Raises:
            PaymentChannelError: as ``carry``.
        """
        return self.carry(held, self.own_order(held), timeout)

    def own_order(self, held: Assignment) -> PaymentOrder | PayoutOrder:
        """Return the core's own order of what was given to an account."""
        record = self.journal.find(held.key)
        order = self.journal.prepared_of(record).order if record is not None else None
        assert isinstance(order, PaymentOrder | PayoutOrder)  # noqa: S101  only these are assigned, each together with its order
        return bare(order, held.order_id, held.added)

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
class _Ready:
    """An account that would take an order, with the order made ready for it."""

    policy: RoutingPolicy
    decision: Decision
    account: str
    added: Mapping[str, Any]
    prepared: Prepared


def _refused(error: PaymentChannelError) -> Reason:
    """What a channel, or the funding room, says against an order before anything leaves."""
    if isinstance(error, NotNowError):
        return error.reason
    place = error.field or ""
    code = "SHORT_OF_FUNDS" if isinstance(error, ShortOfFundsError) else "REFUSED"
    zh, en = (f"{place}：{error.zh}", f"{place}: {error.en}") if place else (error.zh, error.en)
    return Reason(code=code, zh=zh, en=en, passing=code == "SHORT_OF_FUNDS")


def _busy(place: Place) -> InvalidRequestError:
    return InvalidRequestError.because(
        f"订单 {place[2]} 的单号在各账户中都已被占用；请换新单号",
        f"every number for {place[2]} is taken at its account: take a new one",
        field="merchant_order_id",
    )
