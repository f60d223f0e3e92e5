"""What came of it: outcomes with both vocabularies, the channel's ids, amounts and times, and the evidence."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

from pydantic import Field

from error_codes import Effect, Meaning, NextAction
from payment_channels.model.bills import BillRow, BillStatus
from payment_channels.model.money import Money
from payment_channels.model.payer_actions import PayerAction
from payment_channels.model.record import AccountNumber, Moment, PersonName, Record

Outcome: TypeAlias = Effect
"""What is known of the money: succeeded, failed, pending, unknown, returned, reversed. The catalogue's own words."""

_PAYS_ANOTHER_WAY = frozenset(
    {NextAction.NEW_ID_AFTER_CONFIRMED_FAILURE, NextAction.OTHER_INSTRUMENT, NextAction.FAIL_OVER},
)
_ENDED = {Outcome.SUCCEEDED: NextAction.STOP, Outcome.REVERSED: NextAction.STOP, Outcome.RETURNED: NextAction.RECONCILE}
"""What follows once money has moved for good, or has come back, whatever was advised before."""


class Phase(StrEnum):
    """How far an order that is not final has come."""

    AWAITING_PAYER = "awaiting_payer"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    IN_AUDIT = "in_audit"
    PROCESSING = "processing"
    FINAL = "final"


class EvidenceKind(StrEnum):
    """What the outcome rests on. A notification is an answer like any other."""

    HANDED_TO_PAYER = "handed_to_payer"  # nothing was sent, yet what was handed out can still be paid
    SENT_WITHOUT_ANSWER = "sent_without_answer"
    ANSWERED_NOT_VERIFIABLE = "answered_not_verifiable"
    ANSWERED_OVER_TRUSTED_LINE = "answered_over_trusted_line"  # unsigned, from the line that the configuration trusts
    ANSWERED = "answered"


class Evidence(Record):
    """What can be shown later. ``body`` is the channel's answer as it came, at most 64 KiB of it, never printed."""

    kind: EvidenceKind
    sent_at: Moment | None = None
    answered_at: Moment | None = None
    method: str = ""
    url: str = ""
    http_status: int | None = None
    request_id: str | None = None
    body: Annotated[bytes, Field(repr=False)] = b""
    note: str = ""


class RawCode(Record):
    """The channel's own words, unmixed with ours: the codes whole, and of ``message`` at most 2,000 characters."""

    where: str = ""
    code: str = ""
    sub_code: str | None = None
    message: str = ""
    http_status: int | None = None
    request_id: str | None = None


class Amounts(Record):
    """The amounts of one order, each where it is known. Coupons and fees make them differ.

    ``order`` is what was ordered and what the echo check compares; ``payer`` what the payer gave; ``settled`` what
    is credited; ``fee`` what the channel keeps.
    """

    order: Money | None = None
    payer: Money | None = None
    settled: Money | None = None
    fee: Money | None = None


class Result(Record):
    """What every verb returns once something may have left this machine.

    ``outcome`` speaks of this attempt or, for a query, of the order; an order has failed only when no attempt of it is
    unresolved. ``meaning`` is the canonical side, ``raw`` the channel's; ``reason`` explains a state where the channel
    gives a reason beside it. ``retry_after`` is in seconds.
    """

    channel: str
    operation: str
    outcome: Outcome
    phase: Phase | None = None
    meaning: Meaning
    reason: Meaning | None = None
    raw: RawCode
    evidence: Evidence
    retry_after: int | None = None
    not_found_conclusive_after: Moment | None = None
    """Set when a query found nothing: from this moment on, and not before, a repeated "not found" is conclusive."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Name the meanings instead of printing every text that they carry."""
        for name, value in super().__repr_args__():
            if isinstance(value, Meaning):
                yield name, value.canonical
            elif value not in ({}, (), Amounts()):
                yield name, value

    @property
    def canonical(self) -> str:
        """The canonical code (统一错误码): the reason's where the channel gave one, else the state's or code's."""
        return (self.reason or self.meaning).canonical

    @property
    def next_action(self) -> NextAction:
        """What may be done next. Paying another way is offered only on ``failed``.

        An order that came to its end by other means than this answer (a query of another order, a bill, two people) needs no
        more of what the answer advised.
        """
        if self.outcome in _ENDED and self.meaning.effect is not self.outcome:
            return _ENDED[self.outcome]
        if self.outcome is not Outcome.FAILED and self.meaning.next_action in _PAYS_ANOTHER_WAY:
            return NextAction.QUERY_THEN_DECIDE
        return self.meaning.next_action

    @property
    def new_id_allowed(self) -> bool:
        """Whether a new order id may be used. Only ever true on ``failed``."""
        return self.outcome is Outcome.FAILED and self.meaning.new_id_allowed

    @property
    def zh(self) -> str:
        """What happened, in Chinese."""
        return (self.reason or self.meaning).zh

    @property
    def en(self) -> str:
        """What happened, in English."""
        return (self.reason or self.meaning).en


class Facts(Record):
    """What a reply says of an order, before anybody has compared it with what was asked."""

    channel_time: Moment | None = None
    business_date: date | None = None  # the channel's own day
    settlement_date: date | None = None
    amounts: Amounts = Amounts()
    extra: Mapping[str, str] = Field(default_factory=dict)  # what only this channel says, by its own field names


class PaymentFacts(Facts):
    """What is known of a payment."""

    merchant_order_id: str | None = None
    channel_order_id: str | None = None
    product: str | None = None
    paid_at: Moment | None = None
    payer_id: Annotated[str | None, Field(repr=False)] = None
    payer_action: PayerAction | None = None
    attach: str | None = None

    @classmethod
    def to_be_paid(
        cls, action: PayerAction, *, product: str, merchant_order_id: str | None, channel_order_id: str | None = None
    ) -> Self:
        """What an order is known by that stands and awaits its payer. The parts are an order's, an answer's: checked already."""
        told = {"product": product, "merchant_order_id": merchant_order_id, "channel_order_id": channel_order_id}
        return cls.of_checked({**_UNSAID, "extra": {}, **told, "payer_action": action})


_UNSAID = {name: field.default for name, field in PaymentFacts.model_fields.items()}


class RefundFacts(Facts):
    """What is known of a refund. ``amounts.order`` is the refund's amount, not its payment's."""

    merchant_refund_id: str | None = None
    channel_refund_id: str | None = None
    merchant_order_id: str | None = None
    channel_order_id: str | None = None
    refunded_at: Moment | None = None
    received_by: str | None = None  # where the money went, masked by the channel


class Return(Record):
    """A payout that came back (退票 / 退汇)."""

    amount: Money | None = None
    fee_kept: bool | None = None
    returned_on: date | None = None
    reason: str = ""


class PayoutFacts(Facts):
    """What is known of a payout."""

    merchant_order_id: str | None = None
    channel_order_id: str | None = None
    paid_at: Moment | None = None
    payee_action: PayerAction | None = None  # what the payee must do to receive it
    payee_account: AccountNumber | None = None
    payee_name: PersonName | None = None
    confirm_code: str | None = None
    returned: Return | None = None


class AccountEntryFacts(Facts):
    """What is known of one movement on an account of ours: an incoming transfer, a balance change.

    ``amounts.order`` is what moved; ``entry_id`` is the channel's own number of it, which its statement has too.
    """

    entry_id: str | None = None
    account: AccountNumber | None = None
    account_name: PersonName | None = None
    incoming: bool
    counterparty_account: AccountNumber | None = None
    counterparty_name: PersonName | None = None
    balance_after: Money | None = None
    memo: Annotated[str, Field(repr=False)] = ""


class PaymentResult(PaymentFacts, Result):
    """Of ``pay`` and ``query``."""


class RefundResult(RefundFacts, Result):
    """Of ``refund`` and ``query_refund``."""


class CloseResult(Result):
    """Of ``close``. The outcome is the closing's: ``succeeded`` means that the order can no longer be paid."""

    merchant_order_id: str | None = None


class CancelResult(PaymentFacts, Result):
    """Of ``cancel``. The outcome is the cancelling's; ``reversed`` or ``succeeded`` means the payment is undone."""


class PayoutResult(PayoutFacts, Result):
    """Of ``payout``, ``query_payout``, ``confirm_payout`` and ``cancel_payout``: always the payout's own outcome."""


class PayoutBatchFacts(Facts):
    """What is known of a batch as a message; its lines have facts of their own."""

    merchant_batch_id: str | None = None
    channel_batch_id: str | None = None


class PayoutBatchResult(PayoutBatchFacts, Result):
    """Of ``payout_batch`` and its query: the message's outcome, and a result for every line that was ordered, in their order.

    ``failed`` and ``succeeded`` are said of the whole only where every line bears them out.
    """

    lines: tuple[PayoutResult, ...] = ()


class Balance(Record):
    """One account's balance."""

    account: AccountNumber | None = None
    available: Money
    frozen: Money | None = None
    total: Money | None = None


class BalanceResult(Result):
    """Of ``balance``. ``outcome`` is ``succeeded`` when the channel answered verifiably."""

    balances: tuple[Balance, ...] = ()


class BillResult(Result):
    """Of ``bill``. Rows only where ``status`` is ``ready``; not ready yet is not empty."""

    status: BillStatus = BillStatus.UNKNOWN
    rows: Annotated[tuple[BillRow, ...], Field(repr=False)] = ()
    content: Annotated[bytes, Field(repr=False)] = b""  # the file as it came, uncompressed
