"""Refunds and same-day cancellations by VSP: each a transaction of its own, asked after by its own number."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.allinpay.messages import Told
from payment_channels.channels.allinpay.payments import GIVES_BACK, SOON
from payment_channels.channels.allinpay.vsp import BEING_HANDLED, CANCEL, DONE, QUERY, REFUND, VspLine, another
from payment_channels.model.orders import CancelOrder, OriginalPayment, RefundOrder
from payment_channels.model.queries import RefundQuery
from payment_channels.model.results import PaymentFacts

ORIGINAL = "oldtrxid"
"""Of ``Prepared.wire``: Allinpay's number of the payment, where it was known."""


def wire_of(payment: OriginalPayment) -> dict[str, str]:
    """Return what has to be kept to tell a refund or a cancellation from another payment's under its number."""
    return {ORIGINAL: payment.channel_order_id} if payment.channel_order_id is not None else {}


def original(payment: OriginalPayment) -> dict[str, str]:
    """Name the payment: by Allinpay's number where it is known, else by ours."""
    if payment.channel_order_id is not None:
        return {"oldtrxid": payment.channel_order_id}
    return {"oldreqsn": payment.merchant_order_id or ""}


def refund(line: VspLine, order: RefundOrder) -> Exchange[Reading]:
    """``unitorder/refund``, in part or in full. The answer states no amount, so the query says that it succeeded."""
    fields = {
        "reqsn": order.merchant_refund_id,
        "trxamt": str(order.amount.amount),
        "remark": order.reason or "",
        **original(order.original),
    }
    reply = yield from line.send(REFUND, fields)

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        facts = told.refund(done=code == DONE) if where == "trxstatus" else None
        return {"facts": facts, **_ours(line, told, order.merchant_refund_id, where, code)}

    return (yield from line.read(reply, "refund", say))


def cancel(line: VspLine, order: CancelOrder) -> Exchange[Reading]:
    """``unitorder/cancel``: the whole payment, on its own day. ``query_refund`` finds it under its own number."""
    number = order.merchant_cancel_id or ""
    fields = {"reqsn": number, "trxamt": str(order.original.amount.amount), **original(order.original)}
    reply = yield from line.send(CANCEL, fields)

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        # reqsn and trxid are the cancellation's; the facts of a CancelResult are its payment's.
        own = told.refund(done=code == DONE)
        facts = PaymentFacts(
            merchant_order_id=order.original.merchant_order_id,
            channel_order_id=own.channel_order_id,
            channel_time=own.channel_time,
            business_date=own.business_date,
            amounts=own.amounts,
            extra={**own.extra, **({"trxid": own.channel_refund_id} if own.channel_refund_id else {})},
        )
        words = _ours(line, told, number, where, code)
        if own.amounts.order not in {None, order.original.amount}:
            words["foreign"] = "the amount differs: a cancellation is of the whole payment"
        return {"facts": facts, **words}

    return (yield from line.read(reply, "cancel", say))


def query(line: VspLine, asked: RefundQuery) -> Exchange[Reading]:
    """``unitorder/query`` by the refund's or the cancellation's own number."""
    reply = yield from line.send(QUERY, {"reqsn": asked.merchant_refund_id})

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        words = _ours(line, told, asked.merchant_refund_id, where, code)
        kind, payment = told.text("trxcode"), told.text("srctrxid")
        # Payments and refunds share one row of numbers: a payment of the same number and amount is told from it by trxcode alone.
        if where == "trxstatus" and kind not in (GIVES_BACK if code == DONE else {None, *GIVES_BACK}):
            words["foreign"] = "trxcode is no cancellation's and no refund's"
        if payment is not None and asked.wire.get(ORIGINAL, payment) != payment:
            words["foreign"] = "srctrxid differs: of another payment"
        return {**words, "facts": told.refund(done=code == DONE) if where == "trxstatus" else None}

    return (yield from line.read(reply, "query_refund", say))


def _ours(line: VspLine, told: Told, number: str, where: str, code: str) -> dict[str, Any]:
    foreign = line.foreign(told.fields) or another(told, number, where, code)
    again: Mapping[str, Any] = {"retry_after": SOON} if where == "trxstatus" and code in BEING_HANDLED else {}
    return {"foreign": foreign, **again}
