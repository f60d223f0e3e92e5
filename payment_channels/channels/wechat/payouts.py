"""Payouts to a wallet by transfer-bills (商家转账, 2025): creation, query, withdrawal; the payee confirms on his phone."""

import base64
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.wechat import bodies, checks
from payment_channels.channels.wechat.line import Line
from payment_channels.channels.wechat.messages import Transfer
from payment_channels.channels.wechat.payments import segment
from payment_channels.model.orders import CancelPayoutOrder, PayoutOrder
from payment_channels.model.parties import Wallet
from payment_channels.model.payer_actions import InvokeClient
from payment_channels.model.queries import PayoutQuery

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"


def payout(line: Line, order: PayoutOrder) -> Exchange[Reading]:
    """``POST …/transfer-bills``. Created means 200 with WAIT_USER_CONFIRM; the bill's number is never changed after that."""
    serial, sealed_name = None, None
    if isinstance(order.payee, Wallet) and order.payee.name is not None:
        key = yield from line.encryption_key()
        serial, sealed_name = key.serial, base64.b64encode(key.encryptor.encrypt(order.payee.name.encode())).decode()
    body = bodies.encoded(bodies.transfer(line.config, order, sealed_name))
    reply = yield from line.send("POST", TRANSFERS, body, serial=serial)
    return (yield from line.read(reply, "payout", Transfer, lambda answer: _words(line, answer)))


def query(line: Line, asked: PayoutQuery) -> Exchange[Reading]:
    """``GET …/out-bill-no/{}`` or ``…/transfer-bill-no/{}``: the last 30 days."""
    if asked.merchant_order_id is not None:
        checks.check_out_bill_no(asked.merchant_order_id)
        place = f"out-bill-no/{segment(asked.merchant_order_id)}"
    else:
        checks.check_transfer_bill_no(asked.channel_order_id or "")
        place = f"transfer-bill-no/{segment(asked.channel_order_id or '')}"
    reply = yield from line.send("GET", f"{TRANSFERS}/{place}")
    return (yield from line.read(reply, "query_payout", Transfer, lambda answer: _words(line, answer)))


def cancel(line: Line, order: CancelPayoutOrder) -> Exchange[Reading]:
    """``POST …/cancel``, before the payee confirms: the answer is that the withdrawal was taken in, the query decides."""
    reply = yield from line.send("POST", f"{TRANSFERS}/out-bill-no/{segment(order.merchant_order_id)}/cancel")
    return (yield from line.read(reply, "cancel_payout", Transfer, lambda answer: _words(line, answer)))


def _words(line: Line, answer: Transfer) -> dict[str, Any]:
    facts = answer.facts()
    if answer.package_info:
        # JSAPI 调起用户确认收款: only with WAIT_USER_CONFIRM; its "ok" does not mean paid.
        parameters = {"mchId": line.config.mchid, "appId": line.config.appid, "package": answer.package_info}
        facts = facts.model_copy(update={"payee_action": InvokeClient(function="requestMerchantTransfer", parameters=parameters)})
    reason = ("fail_reason", answer.fail_reason) if answer.fail_reason else None
    return {
        "where": "transfer_state",
        "code": answer.state,
        "reason": reason,
        "facts": facts,
        "foreign": answer.foreign(line.config),
    }
