"""The verbs, fixed: what each returns, and what its answers speak of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payment_channels.model.results import (
    BalanceResult,
    BillResult,
    CancelResult,
    CloseResult,
    Facts,
    PaymentFacts,
    PaymentResult,
    PayoutBatchFacts,
    PayoutBatchResult,
    PayoutFacts,
    PayoutResult,
    RefundFacts,
    RefundResult,
    Result,
)


class Verb(StrEnum):
    """What a core can ask of any channel. New products, merchants and routing rules never add one."""

    PAY = "pay"
    QUERY = "query"
    CLOSE = "close"
    CANCEL = "cancel"
    REFUND = "refund"
    QUERY_REFUND = "query_refund"
    PAYOUT = "payout"
    CONFIRM_PAYOUT = "confirm_payout"
    CANCEL_PAYOUT = "cancel_payout"
    QUERY_PAYOUT = "query_payout"
    PAYOUT_BATCH = "payout_batch"
    QUERY_PAYOUT_BATCH = "query_payout_batch"
    BALANCE = "balance"
    READ_NOTIFICATION = "read_notification"
    BILL = "bill"


@dataclass(frozen=True, slots=True)
class Rule:
    """How the answers of one verb are judged.

    ``facts`` is what a reading may tell of the order. ``takes_order``: it starts from an order that is prepared first.
    ``about_another``: the result speaks of an order that this request did not create, so an error *code* (as against a
    state) says nothing of it. ``needs_amount``: success is believed only with an amount and an id that were compared, and a state
    that says failed or reversed only with an id.
    """

    result: type[Result]
    facts: type[Facts]
    takes_order: bool
    about_another: bool
    needs_amount: bool


RULES: Mapping[Verb, Rule] = {
    Verb.PAY: Rule(PaymentResult, PaymentFacts, takes_order=True, about_another=False, needs_amount=True),
    Verb.QUERY: Rule(PaymentResult, PaymentFacts, takes_order=False, about_another=True, needs_amount=True),
    Verb.CLOSE: Rule(CloseResult, PaymentFacts, takes_order=True, about_another=False, needs_amount=False),
    Verb.CANCEL: Rule(CancelResult, PaymentFacts, takes_order=True, about_another=False, needs_amount=False),
    Verb.REFUND: Rule(RefundResult, RefundFacts, takes_order=True, about_another=False, needs_amount=True),
    Verb.QUERY_REFUND: Rule(RefundResult, RefundFacts, takes_order=False, about_another=True, needs_amount=True),
    Verb.PAYOUT: Rule(PayoutResult, PayoutFacts, takes_order=True, about_another=False, needs_amount=True),
    Verb.CONFIRM_PAYOUT: Rule(PayoutResult, PayoutFacts, takes_order=True, about_another=True, needs_amount=True),
    Verb.CANCEL_PAYOUT: Rule(PayoutResult, PayoutFacts, takes_order=True, about_another=True, needs_amount=True),
    Verb.QUERY_PAYOUT: Rule(PayoutResult, PayoutFacts, takes_order=False, about_another=True, needs_amount=True),
    Verb.PAYOUT_BATCH: Rule(PayoutBatchResult, PayoutBatchFacts, takes_order=True, about_another=False, needs_amount=False),
    Verb.QUERY_PAYOUT_BATCH: Rule(PayoutBatchResult, PayoutBatchFacts, takes_order=False, about_another=True, needs_amount=False),
    Verb.BALANCE: Rule(BalanceResult, Facts, takes_order=False, about_another=True, needs_amount=False),
    Verb.BILL: Rule(BillResult, Facts, takes_order=False, about_another=True, needs_amount=False),
}
"""Every verb but ``read_notification``, whose events are settled one by one against the orders they speak of."""
