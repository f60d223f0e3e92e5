"""Request bodies of WeChat Pay v3, made of orders."""

import json
from datetime import timedelta, timezone
from typing import Any

from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.messages import rfc3339
from payment_channels.model.orders import PaymentOrder, RefundOrder

BEIJING = timezone(timedelta(hours=8))


def encoded(body: dict[str, Any]) -> bytes:
    """Write the body as it is signed and sent: UTF-8, no spaces, absent fields left out."""
    return json.dumps({name: value for name, value in body.items() if value is not None}, ensure_ascii=False, separators=(",", ":")).encode()


def prepay(config: WechatConfig, order: PaymentOrder) -> dict[str, Any]:
    """Body of ``POST /v3/pay/transactions/native``."""
    extra = order.channel_fields
    scene = None
    if order.payer_ip is not None:
        scene = {"payer_client_ip": order.payer_ip}
        if order.device_id is not None:
            scene["device_id"] = order.device_id
    body: dict[str, Any] = {
        "appid": config.appid,
        "mchid": config.mchid,
        "description": order.subject,
        "out_trade_no": order.merchant_order_id,
        "time_expire": rfc3339(order.expires_at.astimezone(BEIJING)) if order.expires_at else None,
        "attach": order.attach,
        "notify_url": order.notify_url,
        "goods_tag": extra.get("goods_tag"),
        "support_fapiao": extra.get("support_fapiao"),
        "amount": {"total": order.amount.amount, "currency": order.amount.currency},
        "detail": extra.get("detail"),
        "scene_info": scene,
        "settle_info": {"profit_sharing": extra["profit_sharing"]} if "profit_sharing" in extra else None,
    }
    if scene is not None and order.store_id is not None:
        scene_with_store: dict[str, Any] = {**scene, "store_info": {"id": order.store_id}}
        body["scene_info"] = scene_with_store
    return body


def refund(order: RefundOrder) -> dict[str, Any]:
    """Body of ``POST /v3/refund/domestic/refunds``; the channel's id of the payment is used where it is known."""
    extra = order.channel_fields
    by_channel = order.original.channel_order_id
    amount: dict[str, Any] = {
        "refund": order.amount.amount,
        "total": order.original.amount.amount,
        "currency": order.amount.currency,
    }
    if "from" in extra:
        amount["from"] = extra["from"]
    return {
        "transaction_id": by_channel,
        "out_trade_no": None if by_channel else order.original.merchant_order_id,
        "out_refund_no": order.merchant_refund_id,
        "reason": order.reason,
        "notify_url": order.notify_url,
        "funds_account": extra.get("funds_account"),
        "amount": amount,
        "goods_detail": extra.get("goods_detail"),
    }
