"""The router: the first account of a merchant's list that nothing speaks against, and of every other account why not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payment_channels.business.amounts import spoken
from payment_channels.business.policies import PolicyBook, Version
from payment_channels.business.routing import conditions, rates
from payment_channels.business.routing.assignments import Assignments
from payment_channels.business.routing.decision import Considered, Decision, NotNowError, Question, Reason, chosen
from payment_channels.business.routing.health import Switches
from payment_channels.business.routing.policy import Choice, RoutingPolicy
from payment_channels.business.routing.terms import Kind
from payment_channels.channel import Manifest
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money

NOT_LISTED = Reason(code="NOT_LISTED", zh="不在该商户的列表中", en="it is not in this merchant's list")


class Stop(Protocol):
    """Why nothing may be paid out of an account."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


class Funds(Protocol):
    """What routing asks of the funding room; routing without it takes every account for funded."""

    def available(self, merchant: str, account: str, currency: str = "CNY") -> int:
        """Return what may be reserved now, in minor units."""

    def stopped(self, account: str, currency: str = "CNY") -> Stop | None:
        """Return why nothing more may be paid out of an account; None where it may."""

    def reserve(self, cursor: Cursor, key: OrderKey, merchant: str, amount: Money) -> object:
        """Reserve within the caller's transaction, once per key."""

    def held_at(self, merchant: str, number: str) -> str | None:
        """Return the one account where an approved repayment's money lies; None for any other order."""

    def repays(self, merchant: str, number: str) -> Sequence[OrderKey]:
        """Return the orders that an approved repayment is to pay once more; none of any other order."""

    def refused(self, key: OrderKey) -> object:
        """Hear that an order was refused before it left."""

    def follow(self, key: OrderKey) -> object:
        """Bring the postings to where the journal's order stands."""


class Circumstances(Protocol):
    """What speaks against an account at this moment, whatever the policy says: switched off, short of funds, at its rate."""

    def against(self, policy: RoutingPolicy, account: str, question: Question) -> Iterator[Reason]:
        """Give what speaks against it."""


def decide(
    version: Version[RoutingPolicy],
    question: Question,
    moment: datetime,
    circumstances: Circumstances,
    manifests: Mapping[str, Manifest],
    without: Mapping[str, Reason],
) -> Decision:
    """Decide by one version of the policy; ``manifests`` are of the accounts whose channels are known here.

    ``without`` are accounts that are out of the question, and why: those that the order has tried.
    """
    policy, merchant = version.policy, question.merchant
    level, choices = policy.choices(merchant, question.kind)
    asked = _Asked(policy, question, moment, circumstances, manifests, without)
    considered = [
        Considered(account=choice.account, place=place, sub_merchant=choice.sub_merchant, reasons=tuple(asked.against(choice)))
        for place, choice in enumerate(choices, 1)
    ]
    listed = {choice.account for choice in choices}
    considered += [Considered(account=name, reasons=(NOT_LISTED,)) for name in sorted(policy.accounts.keys() - listed)]
    return Decision(
        question=question,
        at=moment,
        policy_version=version.number,
        level=level,
        group=policy.group_of(merchant),
        account=chosen(tuple(considered)),
        considered=tuple(considered),
    )


class _Asked:
    """One question to one policy, account by account."""

    def __init__(
        self,
        policy: RoutingPolicy,
        question: Question,
        moment: datetime,
        circumstances: Circumstances,
        manifests: Mapping[str, Manifest],
        without: Mapping[str, Reason],
    ) -> None:
        self.policy = policy
        self.question = question
        self.moment = moment
        self.circumstances = circumstances
        self.manifests = manifests
        self.without = without

    def against(self, choice: Choice) -> Iterator[Reason]:
        """Give all that speaks against an account of the list, what lasts before what passes."""
        name, question = choice.account, self.question
        account = self.policy.accounts[name]
        if name in self.without:
            yield self.without[name]
        if question.funded_at not in {None, name}:
            yield Reason(
                code="HELD_ELSEWHERE",
                zh=f"其资金已在账户 {question.funded_at} 备妥，只能由该账户付出",
                en=f"its money was set aside in {question.funded_at}, and is paid out of there alone",
            )
        yield from self._path(name)
        manifest = self.manifests.get(name)
        if manifest is not None:
            yield from conditions.of_the_channel(manifest, question)
        terms = account.terms(question.kind)
        if terms is not None:  # an account that is not open for it is in no list: the policy was checked
            yield from conditions.against(terms, question, self.moment, self.policy.calendar)
        yield from conditions.against(choice.when, question, self.moment, self.policy.calendar)
        yield from conditions.of_the_account(account, question, self.moment)
        yield from self.circumstances.against(self.policy, name, question)

    def _path(self, name: str) -> Iterator[Reason]:
        group, path = self.policy.group_of(self.question.merchant), self.policy.accounts[name].path
        if group is None:
            yield Reason(
                code="NO_GROUP",
                zh=f"策略中没有商户 {self.question.merchant} 的类别，其可用资金路径未知",
                en=f"the policy gives {self.question.merchant} no group, so what funding paths it is permitted is not known",
            )
        elif path not in self.policy.groups[group].paths:
            permitted = sorted(self.policy.groups[group].paths)
            yield Reason(
                code="PATH",
                zh=f"{group} 类商户不得使用资金路径 {path}，只可：{'、'.join(permitted)}",
                en=f"merchants of the group {group} may not use the funding path {path}, only {', '.join(permitted)}",
            )


class Now:
    """The circumstances of this moment, as the journal's database and the funding room know them."""

    def __init__(self, journal: Journal, funds: Funds | None) -> None:
        """``funds`` is left out where nothing is funded here."""
        self.journal = journal
        self.funds = funds
        self.switches = Switches(journal)

    def against(self, policy: RoutingPolicy, account: str, question: Question) -> Iterator[Reason]:
        """Give what speaks against an account now."""
        yield from self._state(policy, account)
        yield from self._funds(account, question)

    def _state(self, policy: RoutingPolicy, account: str) -> list[Reason]:
        return self.journal.store.read(lambda cursor: self.state(cursor, policy, account))

    def state(self, cursor: Cursor, policy: RoutingPolicy, account: str, *, lock: bool = False) -> list[Reason]:
        """Return what is switched off, and what has taken as many orders as it may.

        ``lock``: in a transaction that will give the account one order more, so that probes and rates are counted exactly.
        """
        terms, rate, now = policy.health_of(account), policy.accounts[account].rate, self.journal.now()
        if lock and (rate is not None or self.switches.is_tripped(cursor, account)):
            rates.lock(cursor, account, now)
        found = [
            self.switches.against(cursor, account, terms),
            rates.against(cursor, account, rate, now) if rate is not None else None,
        ]
        return [reason for reason in found if reason is not None]

    def _funds(self, account: str, question: Question) -> Iterator[Reason]:
        if self.funds is None or question.kind != "payout":
            return
        if question.funded_at == account:
            return  # two people have set its money aside
        amount = question.amount
        stop = self.funds.stopped(account, amount.currency)
        if stop is not None:
            yield Reason(code="STOPPED", zh=stop.zh, en=stop.en, passing=True)
            return
        there = self.funds.available(question.merchant, account, amount.currency)
        if there < amount.amount:
            free, short = spoken(there, amount.currency), spoken(amount.amount - there, amount.currency)
            yield Reason(
                code="SHORT_OF_FUNDS",
                zh=f"可用 {free}，差 {short}",
                en=f"{free} is available, {short} short",
                passing=True,
            )


class Router:
    """Decides by the policy that is in force."""

    def __init__(self, journal: Journal, *, funds: Funds | None = None, manifests: Mapping[str, Manifest] | None = None) -> None:
        """``manifests`` by account: what each one's channel can do, where it is known."""
        self.journal = journal
        self.book = PolicyBook(journal, "routing", RoutingPolicy)
        self.assignments = Assignments(journal)
        self.circumstances = Now(journal, funds)
        self.switches = self.circumstances.switches
        self._looked: dict[str, int] = {}
        self.manifests = manifests or {}

    def policy(self) -> RoutingPolicy:
        """Return the policy that is in force.

        Raises:
            ConfigurationError: none is.
        """
        return self.book.in_force().policy

    def decide(
        self,
        question: Question,
        *,
        at: datetime | None = None,
        version: Version[RoutingPolicy] | None = None,
        without: Mapping[str, Reason] | None = None,
    ) -> Decision:
        """Decide for now, or as the clock would stand ``at`` another moment; by the policy in force, or by another version.

        Raises:
            ConfigurationError: no policy is in force.
            JournalUnavailableError: the database cannot be read.
        """
        moment = at or self.journal.clock()
        asked = version or self.book.in_force()
        return decide(asked, question, moment, self.circumstances, self.manifests, without or {})

    def admit(self, cursor: Cursor, policy: RoutingPolicy, account: str) -> None:
        """Make sure, in the transaction that gives an account an order, that it may take one more at this moment.

        Raises:
            NotNowError: it may not; somebody was faster, or has switched it off.
        """
        for reason in self.circumstances.state(cursor, policy, account, lock=True):
            raise NotNowError.of(reason)

    def look(self, merchant: str, kind: Kind) -> None:
        """Judge the health of the accounts that a merchant's orders may go to, each at most once in its time.

        Raises:
            ConfigurationError: no policy is in force.
            JournalUnavailableError: the database cannot be used.
        """
        policy, now = self.policy(), self.journal.now()
        for choice in policy.choices(merchant, kind)[1]:
            terms = policy.health_of(choice.account)
            due = self._looked.get(choice.account, 0) + timedelta(seconds=terms.every) // timedelta(microseconds=1)
            if now >= due:
                self._looked[choice.account] = now
                self.switches.look(choice.account, terms)
