"""Payments: six products, query, close, cancel.

Sent are precreate (QR code), bar_code (the payer's code at a till) and create (JSAPI, mini-program). Page, wap and app are signed
and handed to the payer: nothing leaves this machine, and they can be paid all the same.
"""

from collections.abc import Callable
from datetime import timedelta

from payment_channels.channel import Authenticity, Exchange, Reading
from payment_channels.channels.alipay import bodies, checks
from payment_channels.channels.alipay.line import GATEWAY, SUCCESS, Line
from payment_channels.channels.alipay.messages import Cancelled, Closed, Named, Precreated, Trade, Words
from payment_channels.codec import forms
from payment_channels.model.orders import CancelOrder, CloseOrder, PaymentOrder
from payment_channels.model.payer_actions import HandOver, InvokeClient, PayerAction, ShowQrCode, SubmitForm
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.results import PaymentFacts

PRECREATE, PAY, CREATE = "alipay.trade.precreate", "alipay.trade.pay", "alipay.trade.create"
QUERY, CLOSE, CANCEL = "alipay.trade.query", "alipay.trade.close", "alipay.trade.cancel"
HANDED_OVER = {"page": "alipay.trade.page.pay", "wap": "alipay.trade.wap.pay", "app": "alipay.trade.app.pay"}
QR_CODE_VALID_FOR = timedelta(hours=2)
"""Until a payer scans it there is no trade, so a query finds nothing: ACQ.TRADE_NOT_EXIST, of an order that can be paid."""
PAYING = SUCCESS | {"10003"}
"""10003: the payer is asked for his password. One call, never a poll: the result is pending and says when to query."""


def pay(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    """Create an order, or take the money at once, or sign what the payer is given."""
    if order.product in HANDED_OVER:
        return _hand_over(line, order)
    sent: dict[str, Callable[[Line, PaymentOrder], Exchange[Reading]]] = {
        "precreate": _precreate,
        "bar_code": _bar_code,
        "create": _create,
    }
    return sent[order.product](line, order)


def _precreate(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    reply = yield from line.send(PRECREATE, bodies.payment(order), notify_url=order.notify_url)
    until = line.clock() + QR_CODE_VALID_FOR

    def say(answer: Precreated) -> Words:
        if not answer.qr_code:
            raise ValueError("there is no qr_code")
        return _created(answer, order, ShowQrCode.saying(answer.qr_code, valid_until=until))

    return (yield from line.read(reply, PRECREATE, "pay.precreate", Precreated, say))


def _create(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    """The trade exists from now on; the wallet is called with its number (my.tradePay, AlipayJSBridge tradePay)."""
    reply = yield from line.send(CREATE, bodies.payment(order), notify_url=order.notify_url)

    def say(answer: Trade) -> Words:
        if not answer.trade_no:
            raise ValueError("there is no trade_no")
        return _created(answer, order, InvokeClient(function="tradePay", parameters={"tradeNO": answer.trade_no}))

    return (yield from line.read(reply, CREATE, "pay.create", Trade, say))


def _created(answer: Named, order: PaymentOrder, action: PayerAction) -> Words:
    ids = {"merchant_order_id": answer.out_trade_no or None, "channel_order_id": answer.trade_no or None}
    facts = PaymentFacts.to_be_paid(action, product=order.product, **ids)
    return {"where": "code", "code": answer.code, "facts": facts}


def _bar_code(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    reply = yield from line.send(PAY, bodies.payment(order), notify_url=order.notify_url)

    def say(answer: Trade) -> Words:
        return {"where": "code", "code": answer.code, "message": answer.msg or "", "facts": answer.facts(order.product)}

    return (yield from line.read(reply, PAY, "pay.bar_code", Trade, say, taken=PAYING))


def _hand_over(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    """Sign, and send nothing. A form for the browser (page, wap), or a text for the wallet's SDK (app)."""
    product, content = order.product, bodies.payment(order)
    params = yield from line.request(HANDED_OVER[product], content, notify_url=order.notify_url, return_url=order.return_url)
    action: PayerAction = HandOver(text=forms.encode(params).decode(), valid_until=order.expires_at)
    if product != "app":
        # The charset stands in the address too: the gateway reads a browser's form by it.
        address = f"{line.config.base_url}{GATEWAY}?charset=utf-8"
        action = SubmitForm(action=address, fields=params, charset="utf-8", valid_until=order.expires_at)
    return Reading(
        operation=f"pay.{product}",
        where="handed_over",
        code=product,
        handed_over=True,
        authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        facts=PaymentFacts.to_be_paid(action, product=product, merchant_order_id=order.merchant_order_id),
    )


def query(line: Line, asked: PaymentQuery) -> Exchange[Reading]:
    """``alipay.trade.query``, by the merchant's number or the channel's id: ``trade_status`` decides."""
    checks.check_no_sub_merchant(asked.sub_merchant)
    if asked.merchant_order_id is not None:
        checks.check_out_trade_no(asked.merchant_order_id)
    else:
        checks.check_channel_id(asked.channel_order_id or "")
    reply = yield from line.send(QUERY, bodies.named(asked.merchant_order_id, asked.channel_order_id))
    return (yield from line.read(reply, QUERY, "query", Trade, _state))


def _state(answer: Trade) -> Words:
    return {**answer.state(), "facts": answer.facts()}


def close(line: Line, order: CloseOrder) -> Exchange[Reading]:
    """``alipay.trade.close`` of a trade that awaits its payer. A code that nobody has scanned is no trade, and stays payable."""
    reply = yield from line.send(CLOSE, bodies.named(order.merchant_order_id, None))
    return (yield from line.read(reply, CLOSE, "close", Closed, _closed))


def _closed(answer: Closed) -> Words:
    return {"where": "code", "code": answer.code, "facts": _of_ours(answer), "foreign": answer.of_another()}


def cancel(line: Line, order: CancelOrder) -> Exchange[Reading]:
    """``alipay.trade.cancel``: unpaid it is closed, paid it is refunded. ``retry_flag`` Y: it is to be called again.

    Without an ``action`` nothing was found, or nothing was done: the code alone is told.
    """
    reply = yield from line.send(CANCEL, bodies.original(order.original))
    return (yield from line.read(reply, CANCEL, "cancel", Cancelled, _undone))


def _undone(answer: Cancelled) -> Words:
    again = answer.retry_flag or None
    if not answer.action:
        return {"where": "code", "code": answer.code, "sub_code": again, "facts": answer.named()}
    return {"where": "action", "code": answer.action, "sub_code": again, "facts": _of_ours(answer)}


def _of_ours(answer: Trade) -> PaymentFacts:
    """Return the ids; what has no amount to compare must at least name its order.

    Raises:
        ValueError: it does not.
    """
    facts = answer.named()
    if facts.merchant_order_id is None and facts.channel_order_id is None:
        raise ValueError("the order is not named")
    return facts
