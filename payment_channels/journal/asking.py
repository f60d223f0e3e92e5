"""How an order is asked after, and what may be concluded of the answer: decisions alone, nothing is sent here."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from payment_channels.channel import Capability, Manifest, Resend, Verb
from payment_channels.channel.settle import NOT_FOUND
from payment_channels.journal.folding import State
from payment_channels.journal.journal import Journal
from payment_channels.journal.records import OrderKey, OrderRecord
from payment_channels.model.orders import CancelOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import Outcome, Result

_QUERIES: Mapping[str, tuple[Verb, Callable[[Prepared], Any]]] = {
    "payment": (Verb.QUERY, PaymentQuery.of),
    "refund": (Verb.QUERY_REFUND, RefundQuery.of),
    "payout": (Verb.QUERY_PAYOUT, PayoutQuery.of),
    "payout_batch": (Verb.QUERY_PAYOUT_BATCH, PayoutBatchQuery.of),
}
_FOUND_BY: Mapping[Verb | None, tuple[Verb, Callable[[Prepared], Any]]] = {
    Verb.QUERY_REFUND: (Verb.QUERY_REFUND, RefundQuery.of),
}
"""Queries by which a channel finds a cancellation that is a transaction of its own."""
_TARGETS = {"close": "payment", "cancel": "payment", "confirm_payout": "payout", "cancel_payout": "payout"}
_SAME = {state: Outcome(state.value) for state in (State.SUCCEEDED, State.FAILED, State.RETURNED, State.REVERSED)}
_TOLD: Mapping[str, Mapping[State, Outcome]] = {
    "close": {State.FAILED: Outcome.SUCCEEDED, State.REVERSED: Outcome.SUCCEEDED, State.SUCCEEDED: Outcome.FAILED},
    # That a payment still stands as paid does not say that undoing it has failed: it may be on its way, and with some
    # channels the payment never shows it.
    "cancel": {State.FAILED: Outcome.SUCCEEDED, State.REVERSED: Outcome.REVERSED},
    "confirm_payout": _SAME,
    "cancel_payout": _SAME,
}
"""What an action came to, by how the order that it is about stands: a payout's actions have the payout's own outcome."""


def verb_of(kind: str) -> Verb:
    """Return the verb that sends an order of a kind."""
    return Verb.PAY if kind == "payment" else Verb(kind)


def query_of(manifest: Manifest, prepared: Prepared) -> tuple[Verb, Any] | None:
    """Return the query that finds an order; None where it is told by another order, or the channel cannot be asked."""
    order = prepared.order
    asking = _QUERIES.get(order.kind)
    if isinstance(order, CancelOrder) and order.merchant_cancel_id is not None:
        asking = _FOUND_BY.get(manifest.capabilities[Verb.CANCEL].found_by)
    if asking is None or asking[0] not in manifest.capabilities:
        return None
    return asking[0], asking[1](prepared)


def conclusion(journal: Journal, record: OrderRecord, result: Result) -> Outcome:
    """Return what a query's answer says of the order.

    "Not found" is believed of an unknown order alone, when it is heard again, and only after the channel's quiet period:
    counted from the order's own time, and also from the moment before which its last attempt left.
    """
    since, quiet = result.not_found_conclusive_after, result.meaning.quiet_period
    if since is None or quiet is None or record.sent_before is None or record.state is not State.UNKNOWN:
        return result.outcome
    if journal.clock() < max(since, record.sent_before + timedelta(seconds=quiet)):
        return result.outcome
    return Outcome.FAILED if journal.has_heard(record, NOT_FOUND) else result.outcome


def may_be_resent(journal: Journal, manifest: Manifest, record: OrderRecord, prepared: Prepared) -> bool:
    """Say whether the very same order may be sent again: it is documented, and the pause since the last attempt is over."""
    capability = manifest.capabilities.get(verb_of(record.key.kind))
    pause = journal.writer.schedules.of(record.channel, record.key.kind).resend_after
    if capability is None or pause is None or record.sent_before is None or record.state is not State.UNKNOWN:
        return False
    return _waited(record.sent_before, pause, journal.clock()) and _documented(capability, prepared)


def _waited(since: datetime, pause: int, now: datetime) -> bool:
    return now - since >= timedelta(seconds=pause)


def _documented(capability: Capability, prepared: Prepared) -> bool:
    held = vars(prepared.order)
    original = held.get("original")
    product = original.product if original is not None else held.get("product")
    return capability.resend_of(product) is Resend.SAME_CONTENT


def target_of(account: str, prepared: Prepared) -> OrderKey | None:
    """Return the order that an action is about."""
    held = vars(prepared.order)
    kind, original = _TARGETS.get(prepared.order.kind), held.get("original")
    number = original.merchant_order_id if original is not None else held.get("merchant_order_id")
    return OrderKey(account, kind, number) if kind is not None and number else None


def told_by_target(kind: str, state: State) -> Outcome | None:
    """Return what an action came to if the order that it is about stands so; None where that says nothing."""
    return _TOLD[kind].get(state)
