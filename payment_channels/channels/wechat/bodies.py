"""Request bodies of WeChat Pay v3, made of orders."""

import json
from datetime import timedelta, timezone
from typing import Any

from payment_channels.channels.wechat.checks import refuse
from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.messages import rfc3339
from payment_channels.model.orders import CancelOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import PaymentCode, Wallet, WalletIdKind

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
BEIJING = timezone(timedelta(hours=8))


def encoded(body: dict[str, Any]) -> bytes:
    """Write the body as it is signed and sent: UTF-8, no spaces, absent fields left out."""
    return _JSON.encode({name: value for name, value in body.items() if value is not None}).encode()


def whose(config: WechatConfig, sub_merchant: str | None) -> dict[str, str]:
    """Say for whom a request speaks: the merchant, or the service provider and one of his merchants.

    Raises:
        InvalidRequestError: a service provider's order names no merchant, or a merchant's order names one.
    """
    if not config.service_provider:
        if sub_merchant is not None:
            raise refuse("sub_merchant", "仅服务商模式可填", "only a service provider's configuration takes it")
        return {"mchid": config.mchid}
    if sub_merchant is None:
        raise refuse("sub_merchant", "服务商模式必填", "required in service provider mode")
    return {"sp_mchid": config.mchid, "sub_mchid": sub_merchant}


def _apps(config: WechatConfig) -> dict[str, str | None]:
    if config.service_provider:
        return {"sp_appid": config.appid, "sub_appid": config.sub_appid}
    return {"appid": config.appid}


def payment(config: WechatConfig, order: PaymentOrder) -> dict[str, Any]:
    """Body of ``POST /v3/pay/[partner/]transactions/{product}``."""
    extra = order.channel_fields
    return {
        **_apps(config),
        **whose(config, order.sub_merchant),
        "description": order.subject,
        "out_trade_no": order.merchant_order_id,
        "time_expire": rfc3339(order.expires_at.astimezone(BEIJING)) if order.expires_at else None,
        "attach": order.attach,
        "notify_url": order.notify_url,
        "goods_tag": extra.get("goods_tag"),
        "support_fapiao": extra.get("support_fapiao"),
        "amount": {"total": order.amount.amount, "currency": order.amount.currency},
        "payer": _payer(config, order),
        "detail": extra.get("detail"),
        "scene_info": _scene(order),
        "settle_info": {"profit_sharing": extra["profit_sharing"]} if "profit_sharing" in extra else None,
    }


def _payer(config: WechatConfig, order: PaymentOrder) -> dict[str, str] | None:
    if order.payer is None:
        return None
    if isinstance(order.payer, PaymentCode):
        return {"auth_code": order.payer.code}
    if not isinstance(order.payer, Wallet):
        return None
    if not config.service_provider:
        return {"openid": order.payer.wallet_id}
    return {"sub_openid" if order.payer.id_kind is WalletIdKind.SUB_OPEN_ID else "sp_openid": order.payer.wallet_id}


def _scene(order: PaymentOrder) -> dict[str, Any] | None:
    """Codepay calls the payer's address ``device_ip``; the prepay products call it ``payer_client_ip``."""
    scene: dict[str, Any] = {}
    if order.payer_ip is not None:
        scene["device_ip" if order.product == "codepay" else "payer_client_ip"] = order.payer_ip
    if order.device_id is not None:
        scene["device_id"] = order.device_id
    if order.store_id is not None:
        scene["store_info"] = {"id": order.store_id}
    if order.product == "h5":
        scene["h5_info"] = {"type": order.channel_fields.get("h5_type", "Wap")}
    return scene or None


def reversal(config: WechatConfig, order: CancelOrder) -> dict[str, Any]:
    """Body of ``POST …/reverse``."""
    return {**_apps(config), **whose(config, order.sub_merchant)}


def transfer(config: WechatConfig, order: PayoutOrder, sealed_name: str | None) -> dict[str, Any]:
    """Body of ``POST /v3/fund-app/mch-transfer/transfer-bills``."""
    extra = order.channel_fields
    return {
        "appid": config.appid,
        "out_bill_no": order.merchant_order_id,
        "transfer_scene_id": extra.get("transfer_scene_id"),
        "openid": order.payee.wallet_id if isinstance(order.payee, Wallet) else None,
        "user_name": sealed_name,
        "transfer_amount": order.amount.amount,
        "transfer_remark": order.remark or order.purpose,
        "notify_url": order.notify_url,
        "user_recv_perception": extra.get("user_recv_perception"),
        "transfer_scene_report_infos": extra.get("transfer_scene_report_infos"),
        "user_recv_style": extra.get("user_recv_style"),
    }


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
        "sub_mchid": order.sub_merchant,
        "transaction_id": by_channel,
        "out_trade_no": None if by_channel else order.original.merchant_order_id,
        "out_refund_no": order.merchant_refund_id,
        "reason": order.reason,
        "notify_url": order.notify_url,
        "funds_account": extra.get("funds_account"),
        "amount": amount,
        "goods_detail": extra.get("goods_detail"),
    }
