"""Payments by VSP: orders for the payer's wallet (unitorder/pay), codes at a till (scanqrpay), and the query of both."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.allinpay.checks import refuse
from payment_channels.channels.allinpay.messages import BEIJING, MessageRefusedError, Told, moment_of
from payment_channels.channels.allinpay.products import LONGEST_MINUTES, PRODUCTS, SCAN, action_of
from payment_channels.channels.allinpay.vsp import BEING_HANDLED, DONE, PAY, QUERY, VspLine, another
from payment_channels.channels.allinpay.vsp import SCAN as SCAN_DOOR
from payment_channels.model.orders import PaymentOrder
from payment_channels.model.parties import PaymentCode, Wallet
from payment_channels.model.queries import PaymentQuery

A_MINUTE = timedelta(minutes=1)
SOON = 10
"""建议每隔一段时间(10秒)查询交易."""
GIVES_BACK = frozenset({"VSP502", "VSP503", "VSP506", "VSP507", "VSP512", "VSP513", "VSP542", "VSP543", "VSP552", "VSP553"})
"""trxcode of cancellations (撤销) and refunds (退款、退货), which have numbers of their own (const.go of hlib-go/hallinpay)."""


def common(order: PaymentOrder) -> dict[str, str]:
    """Return what both ways of paying send."""
    return {
        "reqsn": order.merchant_order_id,
        "trxamt": str(order.amount.amount),
        "body": order.subject,
        "remark": order.attach or "",
        **{name: str(text) for name, text in order.channel_fields.items()},
    }


def create(line: VspLine, order: PaymentOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``unitorder/pay``: 0000 says that the order stands, not that it is paid."""
    product = PRODUCTS[order.product]
    payer = order.payer
    fields = {
        **common(order),
        "paytype": product.paytype,
        "validtime": _validity(line, wire),
        "acct": payer.wallet_id if isinstance(payer, Wallet) else "",
        "cusip": order.payer_ip or "",
        "notify_url": order.notify_url or "",
        "front_url": (order.return_url or "") if product.front_url else "",
    }
    reply = yield from line.send(PAY, fields)

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        facts = told.payment(order.product, paid=False)
        payinfo = told.text("payinfo")
        if where == "trxstatus" and code == DONE:
            if payinfo is None:
                reason = "trxstatus is 0000, and there is no payinfo"
                raise MessageRefusedError(reason)
            action = action_of(product, payinfo, moment_of(wire.get("expires", "")))
            facts = facts.model_copy(update={"payer_action": action})
        return {"facts": facts, "foreign": line.foreign(told.fields) or another(told, order.merchant_order_id, where, code)}

    return (yield from line.read(reply, f"pay.{order.product}", say))


def _validity(line: VspLine, wire: Mapping[str, str]) -> str:
    """Return the minutes that are left of what the order was prepared with: sent late, it lapses when it was meant to.

    Raises:
        InvalidRequestError: nothing is left.
    """
    expires = moment_of(wire["expires"])
    left = -((line.clock() - expires) // A_MINUTE) if expires is not None else 0
    if left < 1:
        raise refuse(
            "expires_at",
            "准备好的订单已过期，这次没有发送；以前发送过的，先查单",
            "the prepared order has lapsed and was not sent now; where it was sent before, query first",
        )
    return str(min(int(wire["validtime"]), left))


def scan(line: VspLine, order: PaymentOrder) -> Exchange[Reading]:
    """``unitorder/scanqrpay``: one call takes the money. Success is believed of an answer that states the amount."""
    payer = order.payer
    assert isinstance(payer, PaymentCode)  # noqa: S101  checked before anything was sent
    reply = yield from line.send(SCAN_DOOR, {**common(order), "authcode": payer.code})

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        facts = told.payment(SCAN, paid=code == DONE)
        stated = facts.amounts.order is not None
        return {
            "operation": "pay.scan" if stated else "pay.scan.unstated",
            "facts": facts,
            "foreign": line.foreign(told.fields) or another(told, order.merchant_order_id, where, code),
        }

    return (yield from line.read(reply, "pay.scan", say))


def query(line: VspLine, asked: PaymentQuery) -> Exchange[Reading]:
    """``unitorder/query`` by Allinpay's ``trxid`` or our ``reqsn``. A failure before the expiry is not final."""
    reply = yield from line.send(QUERY, {"reqsn": asked.merchant_order_id or "", "trxid": asked.channel_order_id or ""})

    def say(told: Told, where: str, code: str) -> dict[str, Any]:
        number = asked.merchant_order_id or told.text("reqsn") or ""
        foreign = line.foreign(told.fields) or another(told, number, where, code)
        if told.text("trxcode") in GIVES_BACK:
            foreign = "trxcode is a cancellation's or a refund's"
        facts = told.payment(asked.product, paid=code == DONE) if where == "trxstatus" else None
        return {"facts": facts, "foreign": foreign, "retry_after": SOON if code in BEING_HANDLED else None}

    reading = yield from line.read(reply, "query", say)
    if asked.product != SCAN and line.clock() <= _last_chance(asked):
        return replace(reading, provisional="the payer may still try again, until the order expires")
    return reading


def _last_chance(asked: PaymentQuery) -> datetime:
    """Return until when an order may still be paid: its expiry, and a minute, since Allinpay counts whole minutes by itself.

    What was persisted of the order says so best. Who asks without it may have sent the order late: the longest validity
    holds.
    """
    kept = moment_of(asked.wire.get("expires", ""))
    if kept is not None or asked.expires_at is not None:
        return max(one for one in (kept, asked.expires_at) if one is not None) + A_MINUTE
    if asked.ordered_at is not None:
        return asked.ordered_at + LONGEST_MINUTES * A_MINUTE + A_MINUTE
    return datetime.max.replace(tzinfo=BEIJING)
