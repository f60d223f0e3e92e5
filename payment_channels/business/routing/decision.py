"""A decision and what it rests on: what was asked, which account was chosen, and of every other one why not."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError

from payment_channels.business.routing.terms import Kind, PartyKind
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder, Speed
from payment_channels.model.parties import AccountKind, BankAccount, PersonalAccount, Wallet, WalletIdKind
from payment_channels.model.record import Moment, Record, refusal
from payment_channels.model.refusals import RefusedError


class Question(Record):
    """What routing knows of an order. It names no person and no account number, so it may be kept and shown."""

    merchant: Annotated[str, Field(min_length=1, max_length=64)]
    kind: Kind
    amount: Money
    party: PartyKind | None = None  # the payee of a payout, the payer of a payment
    bank_code: str | None = None
    bank_name: str | None = None
    cnaps_code: str | None = None
    card: AccountKind | None = None
    wallet: WalletIdKind | None = None
    product: str | None = None
    speed: Speed | None = None
    arrives_on: date | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)
    funded_at: str | None = None  # the account where its money was set aside already: an approved repayment's

    @classmethod
    def of(cls, merchant: str, order: PaymentOrder | PayoutOrder, labels: Mapping[str, str] | None = None) -> Self:
        """Ask for an order of a merchant's; ``labels`` are the core's own words of it.

        Raises:
            InvalidRequestError: the merchant's name is longer than 64 letters, or a label is no text.
        """
        payout = isinstance(order, PayoutOrder)
        party = order.payee if isinstance(order, PayoutOrder) else order.payer
        facts: dict[str, Any] = {"party": party.kind if party is not None else None}
        if isinstance(party, BankAccount):
            facts |= {"bank_code": party.bank_code, "bank_name": party.bank_name, "cnaps_code": party.cnaps_code}
        if isinstance(party, PersonalAccount):
            facts["card"] = party.account_kind
        if isinstance(party, Wallet):
            facts["wallet"] = party.id_kind
        if isinstance(order, PayoutOrder):
            facts |= {"speed": order.requested_speed, "arrives_on": order.requested_date}
        else:
            facts["product"] = order.product
        kind: Kind = "payout" if payout else "payment"
        try:
            return cls(merchant=merchant, kind=kind, amount=order.amount, labels=labels or {}, **facts)
        except ValidationError as error:
            raise refusal("Question", error) from None


class Reason(Record):
    """Why an account does not serve an order: a code for programs, and a sentence in each language.

    ``passing`` reasons are of the moment (health, funds, rate); all others follow from policy, order and clock alone.
    """

    code: str
    zh: str
    en: str
    passing: bool = False


class Considered(Record):
    """One account: its place in the merchant's list, where it has one, and what speaks against it; nothing if it would serve."""

    account: str
    place: int | None = None
    sub_merchant: str | None = None
    reasons: tuple[Reason, ...] = ()


class Decision(Record):
    """What was decided. ``level`` says where the list of preference comes from: merchant, group or defaults."""

    question: Question
    at: Moment
    policy_version: int
    level: str
    group: str | None
    account: str | None
    considered: tuple[Considered, ...]

    def reasons_of(self, account: str) -> tuple[Reason, ...]:
        """Return what speaks against an account."""
        return next((one.reasons for one in self.considered if one.account == account), ())

    @property
    def sub_merchant(self) -> str | None:
        """The merchant's number at the chosen account's channel, where the policy gives one."""
        return next((one.sub_merchant for one in self.considered if one.account == self.account), None)


def chosen(considered: tuple[Considered, ...]) -> str | None:
    """Return the first account of the list that nothing speaks against."""
    free = [one for one in considered if one.place is not None and not one.reasons]
    return min(free, key=lambda one: one.place or 0).account if free else None


class NoRouteError(RefusedError):
    """No account may take the order now; nothing was sent. ``decision`` says of each why not."""

    CANONICAL = "NO_ROUTE"
    decision: Decision

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Make it of a decision that chose nobody."""
        told = [(one.account, one.reasons[0]) for one in decision.considered if one.place is not None and one.reasons]
        zh = "；".join(f"{account}：{reason.zh}" for account, reason in told) or "没有为该商户配置账户"
        en = "; ".join(f"{account}: {reason.en}" for account, reason in told) or "no account is listed for this merchant"
        error = cls.because(f"（{zh}）", f"({en})", field="merchant")
        error.decision = decision
        return error


class NotNowError(RefusedError):
    """An account that was chosen may not take the order at this moment after all; nothing was sent."""

    CANONICAL = "NO_ROUTE"
    reason: Reason

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Make it of what speaks against the account."""
        error = cls.because(f"（{reason.zh}）", f"({reason.en})")
        error.reason = reason
        return error
