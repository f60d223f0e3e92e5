"""Payments: a form that the payer's browser submits (B2C, B2B), or a transaction number for the payer's app."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Authenticity, Exchange, Reading
from payment_channels.channels.unionpay import bodies
from payment_channels.channels.unionpay.line import ACCEPTED, APP, FRONT, Line
from payment_channels.channels.unionpay.messages import MessageRefusedError, Told
from payment_channels.channels.unionpay.windows import LADDERS
from payment_channels.model.orders import PaymentOrder
from payment_channels.model.payer_actions import HandOver, SubmitForm
from payment_channels.model.results import PaymentFacts


def by_form(line: Line, order: PaymentOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """Sign ``frontTransReq.do`` for the payer's browser. Nothing is sent, and yet the order can be paid from now on."""
    fields = yield from line.signed(bodies.payment(line.config.mer_id, order, wire))
    action = SubmitForm(action=line.config.base_url + FRONT, fields=fields, valid_until=bodies.pay_timeout(order))
    facts = PaymentFacts.to_be_paid(action, product=order.product, merchant_order_id=order.merchant_order_id)
    return Reading(
        operation=f"pay.{order.product}",
        where="handed_over",
        code="form",
        authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        handed_over=True,
        retry_after=LADDERS["front"].ages[0],
        facts=facts,
    )


def by_app(line: Line, order: PaymentOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``appTransReq.do``: 00 brings ``tn``, which UnionPay's SDK in the payer's app is called with."""
    fields = bodies.payment(line.config.mer_id, order, wire)
    reply = yield from line.send(APP, fields)
    ladder = LADDERS["front"]

    def say(told: Told, _where: str, code: str) -> dict[str, Any]:
        number = told.text("tn")
        if code == ACCEPTED and number is None:
            reason = "respCode is 00, and there is no tn"
            raise MessageRefusedError(reason)
        facts = told.payment("app", paid=False)
        if number is not None:
            action = HandOver(text=number, valid_until=bodies.pay_timeout(order))
            facts = facts.model_copy(update={"payer_action": action})
        again = code == ACCEPTED or code in ladder.again
        return {"facts": facts, "retry_after": ladder.ages[0] if again else None}

    return line.read(reply, "pay.app", fields, say)
