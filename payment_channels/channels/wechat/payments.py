"""Payments by v3: prepay products, the payment code where a merchant has been given it, query, close, reverse."""

from typing import Any
from urllib.parse import quote, urlencode

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.wechat import bodies, checks
from payment_channels.channels.wechat.line import FIRST_ERROR, OK, Line
from payment_channels.channels.wechat.messages import Answer, H5Answer, NativeAnswer, PrepayAnswer, Reversed, Transaction
from payment_channels.channels.wechat.signing import invoke_message, signed
from payment_channels.model.orders import CancelOrder, CloseOrder, PaymentOrder
from payment_channels.model.parties import Wallet, WalletIdKind
from payment_channels.model.payer_actions import InvokeClient, PayerAction, Redirect, ShowQrCode
from payment_channels.model.queries import PaymentQuery
from payment_channels.model.results import PaymentFacts

ANSWERS: dict[str, type[Answer]] = {"native": NativeAnswer, "h5": H5Answer, "jsapi": PrepayAnswer, "app": PrepayAnswer}
"""What each prepay product answers with; the payment code answers with the transaction itself."""


def transactions(line: Line) -> str:
    """Return the path that payments live under: a service provider has one of his own."""
    return "/v3/pay/partner/transactions" if line.config.service_provider else "/v3/pay/transactions"


def segment(text: str) -> str:
    """Encode one part of a path: everything but letters, digits and ``-_.~`` is escaped, so nothing is re-encoded later."""
    return quote(text, safe="")


def pay(line: Line, order: PaymentOrder) -> Exchange[Reading]:
    """``POST …/transactions/{product}``: 200 means that the order stands and awaits the payer."""
    operation = f"pay.{order.product}"
    body = bodies.encoded(bodies.payment(line.config, order))
    reply = yield from line.send("POST", f"{transactions(line)}/{order.product}", body)
    if order.product == "codepay":
        # Taken at once: 200 with the transaction, or 202 with USERPAYING. No page shows which, so both are read.
        return (yield from line.read(reply, operation, Transaction, lambda answer: _transaction(line, answer)))
    if reply.status != OK:
        return (yield from line.refusal(reply, operation))
    answer = line.parsed(ANSWERS[order.product], reply)
    if answer is None:
        return line.unreadable(reply, operation, "the body is not the documented JSON")
    action = yield from _payer_action(line, order, answer)
    facts = PaymentFacts.to_be_paid(action, product=order.product, merchant_order_id=order.merchant_order_id)
    return (yield from line.reading(reply, operation, "http", str(reply.status), facts=facts))


def _payer_action(line: Line, order: PaymentOrder, answer: Answer) -> Exchange[PayerAction]:
    if isinstance(answer, NativeAnswer):
        return ShowQrCode.saying(answer.code_url)
    if isinstance(answer, H5Answer):
        return Redirect(url=answer.h5_url)
    assert isinstance(answer, PrepayAnswer)  # noqa: S101  the table above has no fourth kind
    return (yield from _invocation(line, order, answer.prepay_id))


def _invocation(line: Line, order: PaymentOrder, prepay_id: str) -> Exchange[InvokeClient]:
    """Sign what the wallet is called with. 调起支付签名: four lines, the merchant's key; vectors self-paysign-*."""
    timestamp, nonce = str(int(line.clock().timestamp())), line.nonce()
    appid = line.config.appid
    if isinstance(order.payer, Wallet) and order.payer.id_kind is WalletIdKind.SUB_OPEN_ID:
        appid = line.config.sub_appid or appid
    if order.product == "app":
        appid = line.config.sub_appid or appid
        signature = yield from signed(line.signer, invoke_message(appid, timestamp, nonce, prepay_id))
        partner = order.sub_merchant if line.config.service_provider else line.config.mchid
        parameters = {
            "appid": appid,
            "partnerid": partner or line.config.mchid,
            "prepayid": prepay_id,
            "package": "Sign=WXPay",
            "noncestr": nonce,
            "timestamp": timestamp,
            "sign": signature,
        }
        return InvokeClient(function="PayReq", parameters=parameters)
    package = f"prepay_id={prepay_id}"
    signature = yield from signed(line.signer, invoke_message(appid, timestamp, nonce, package))
    parameters = {
        "appId": appid,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": signature,
    }
    return InvokeClient(function="getBrandWCPayRequest", parameters=parameters)


def query(line: Line, asked: PaymentQuery) -> Exchange[Reading]:
    """``GET …/transactions/…``, by the merchant's number or the channel's id."""
    if asked.merchant_order_id is not None:
        checks.check_out_trade_no(asked.merchant_order_id)
        place = f"out-trade-no/{segment(asked.merchant_order_id)}"
    else:
        checks.check_channel_id(asked.channel_order_id or "")
        place = f"id/{segment(asked.channel_order_id or '')}"
    whose = bodies.whose(line.config, asked.sub_merchant)
    reply = yield from line.send("GET", f"{transactions(line)}/{place}?{urlencode(whose)}")
    return (yield from line.read(reply, "query", Transaction, lambda answer: _transaction(line, answer)))


def _transaction(line: Line, answer: Transaction) -> dict[str, Any]:
    return {
        "where": "trade_state",
        "code": answer.trade_state,
        "message": answer.trade_state_desc or "",
        "facts": answer.facts(),
        "foreign": answer.foreign(line.config),
        "sub_merchant": answer.sub_mchid,
    }


def close(line: Line, order: CloseOrder) -> Exchange[Reading]:
    """``POST …/close``: 204 without content, signed."""
    place = f"{transactions(line)}/out-trade-no/{segment(order.merchant_order_id)}/close"
    body = bodies.encoded(dict(bodies.whose(line.config, order.sub_merchant)))
    reply = yield from line.send("POST", place, body)
    if reply.status >= FIRST_ERROR:
        return (yield from line.refusal(reply, "close"))
    facts = PaymentFacts(merchant_order_id=order.merchant_order_id)
    return (yield from line.reading(reply, "close", "http", str(reply.status), facts=facts))


def reverse(line: Line, order: CancelOrder) -> Exchange[Reading]:
    """``POST …/reverse`` of an order paid by payment code (v3): unpaid it is closed, paid it is given back."""
    operation = "cancel.codepay"
    number = order.original.merchant_order_id or ""
    body = bodies.encoded(bodies.reversal(line.config, order))
    reply = yield from line.send("POST", f"{transactions(line)}/out-trade-no/{segment(number)}/reverse", body)
    return (yield from line.read(reply, operation, Reversed, lambda answer: _reversed(line, answer)))


def _reversed(line: Line, answer: Reversed) -> dict[str, Any]:
    facts = PaymentFacts(merchant_order_id=answer.out_trade_no, product="codepay")
    return {"where": "http", "code": str(OK), "facts": facts, "foreign": answer.foreign(line.config)}
