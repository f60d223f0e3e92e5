"""How an order is given to an account: decided, made ready, and written down as one before anything leaves.

The assignment, the reservation of its money and the order itself are written in one transaction, in which an earlier account may
lose the order too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payment_channels.business.funding import ShortOfFundsError
from payment_channels.business.holding import Holding
from payment_channels.business.routing.assignments import Assignment, Place
from payment_channels.business.routing.completing import additions, completed, new_number
from payment_channels.business.routing.decision import Decision, NoRouteError, NotNowError, Question, Reason
from payment_channels.business.routing.policy import RoutingPolicy
from payment_channels.business.routing.router import Funds, Router
from payment_channels.journal import DurableClient, Journal
from payment_channels.journal.store import Cursor
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError

TRIES = 9
"""Numbers that are tried for one order at one account."""
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


@dataclass(frozen=True, slots=True)
class Attempt:
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


class Giving:
    """Gives orders of payments and payouts to accounts."""

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

    def first(
        self, place: Place, order: PaymentOrder | PayoutOrder, labels: Mapping[str, str], timeout: float | None
    ) -> tuple[Assignment, bool]:
        """Decide where an order goes and write it down; or return what somebody else wrote meanwhile, and False.

        Raises:
            NoRouteError: no account may take it.
            NumberInUseError: the number stands in the account's journal without an assignment.
            JournalUnavailableError: it could not be written.
        """
        question, number = Question.of(place[0], order, labels), order.merchant_order_id
        question = question.model_copy(update={"funded_at": self.money.only_at(place)})
        if question.funded_at is not None:
            self.money.owed(place)
        for _ in range(TRIES):
            written, refusal = None, None
            try:
                written = self.give(Attempt(place, order, question, 1, number), {}, lambda _: True, timeout)
            except NoRouteError as error:  # perhaps of what another call has taken for this very order
                refusal = error
            there = written or self.assignments.latest(place)
            if there is None and refusal is not None:
                raise refusal
            if there is not None:
                return there, written is not None
            number = self.number(place, 1)  # another merchant has the number at that account
        raise _busy(place)

    def give(
        self, asked: Attempt, tried: Mapping[str, Reason], taken: Callable[[Cursor], bool], timeout: float | None
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

    def _writing(self, asked: Attempt, ready: _Ready, taken: Callable[[Cursor], bool]) -> Callable[[Cursor], Assignment | None]:
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


def _refused(error: PaymentChannelError) -> Reason:
    """What a channel, or the funding room, says against an order before anything leaves."""
    if isinstance(error, NotNowError):
        return error.reason
    place = error.field or ""
    code = "SHORT_OF_FUNDS" if isinstance(error, ShortOfFundsError) else "REFUSED"
    named = not place or f"{place}:" in error.en  # most refusals of a field begin with its name, somewhere in the text
    zh, en = (error.zh, error.en) if named else (f"{place}：{error.zh}", f"{place}: {error.en}")
    return Reason(code=code, zh=zh, en=en, passing=code == "SHORT_OF_FUNDS")


def _busy(place: Place) -> InvalidRequestError:
    return InvalidRequestError.because(
        f"订单 {place[2]} 的单号在各账户中都已被占用；请换新单号",
        f"every number for {place[2]} is taken at its account: take a new one",
        field="merchant_order_id",
    )
