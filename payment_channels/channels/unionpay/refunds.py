"""Refunds (04) and cancellations (31) of a payment: each a transaction of its own, accepted now and decided later."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.unionpay import bodies
from payment_channels.channels.unionpay.line import ACCEPTED, BACK, Line
from payment_channels.channels.unionpay.messages import Told
from payment_channels.channels.unionpay.windows import LADDERS
from payment_channels.model.orders import CancelOrder, RefundOrder
from payment_channels.model.results import PaymentFacts


def refund(line: Line, order: RefundOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``backTransReq.do``: 00 means accepted; the query by the refund's own number and time decides."""
    fields = bodies.refund(line.config.mer_id, order, wire)
    reply = yield from line.send(BACK, fields)
    return line.read(reply, "refund", fields, lambda told, _, code: {"facts": told.refund(done=False), **_soon(code)})


def cancel(line: Line, order: CancelOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``backTransReq.do``: the whole payment is undone. Its outcome is found as a refund's is, under its own number."""
    fields = bodies.cancel(line.config.mer_id, order, wire)
    reply = yield from line.send(BACK, fields)

    def say(told: Told, _where: str, code: str) -> dict[str, Any]:
        # orderId and queryId are the cancellation's; the facts of a CancelResult are its payment's.
        own = told.refund(done=False)
        facts = PaymentFacts(
            merchant_order_id=order.original.merchant_order_id,
            channel_order_id=own.channel_order_id,
            channel_time=own.channel_time,
            business_date=own.business_date,
            amounts=own.amounts,
            extra={**own.extra, **({"queryId": own.channel_refund_id} if own.channel_refund_id else {})},
        )
        return {"facts": facts, **_soon(code)}

    return line.read(reply, "cancel", fields, say)


def _soon(code: str) -> dict[str, Any]:
    ladder = LADDERS["back"]
    return {"retry_after": ladder.ages[0] if code == ACCEPTED or code in ladder.again else None}
