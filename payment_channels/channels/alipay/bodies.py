"""Contents of requests (``biz_content``), made of orders."""

import json
from collections.abc import Mapping
from typing import Any

from payment_channels.channels.alipay.messages import time_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.orders import OriginalPayment, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import CorporateAccount, PaymentCode, PersonalAccount, Wallet, WalletIdKind

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
PRODUCT_CODES: Mapping[str, str] = {
    "precreate": "QR_CODE_OFFLINE",
    "bar_code": "FACE_TO_FACE_PAYMENT",
    "create": "JSAPI_PAY",
    "page": "FAST_INSTANT_TRADE_PAY",
    "wap": "QUICK_WAP_WAY",
    "app": "QUICK_MSECURITY_PAY",
}
"""What each product is contracted as; ``channel_fields.product_code`` overrides it where the contract says otherwise."""
TO_WALLET, TO_BANK, SCENE = "TRANS_ACCOUNT_NO_PWD", "TRANS_BANKCARD_NO_PWD", "DIRECT_TRANSFER"
PAYMENT_FIELDS = frozenset(
    {
        "product_code",
        "body",
        "goods_detail",
        "extend_params",
        "business_params",
        "enable_pay_channels",
        "disable_pay_channels",
        "operator_id",
        "quit_url",
        "qr_pay_mode",
        "qrcode_width",
    }
)
REFUND_FIELDS = frozenset({"operator_id", "refund_goods_detail", "refund_royalty_parameters"})
PAYOUT_FIELDS = frozenset({"transfer_scene_name", "transfer_scene_report_infos", "passback_params"})
_IDENTITY = {
    WalletIdKind.USER_ID: "ALIPAY_USER_ID",
    WalletIdKind.LOGIN_ID: "ALIPAY_LOGON_ID",
    WalletIdKind.OPEN_ID: "ALIPAY_OPEN_ID",
}


def encoded(content: Mapping[str, Any]) -> str:
    """Write the content as it is signed and sent: no spaces, absent fields left out."""
    present = {name: value for name, value in content.items() if value is not None}
    return _JSON.encode(present)


def named(merchant_order_id: str | None, channel_order_id: str | None) -> dict[str, str | None]:
    """Name a trade by one id: with both, ``trade_no`` would win over the merchant's own number, whatever it says."""
    return {"out_trade_no": merchant_order_id, "trade_no": None if merchant_order_id else channel_order_id}


def payment(order: PaymentOrder) -> dict[str, Any]:
    """Content of trade.pay, precreate, create, page.pay, wap.pay and app.pay."""
    extra = {"product_code": PRODUCT_CODES[order.product], **order.channel_fields}
    if order.payer_ip is not None:
        given = extra.get("business_params")
        extra["business_params"] = {**(given if isinstance(given, dict) else {}), "mc_create_trade_ip": order.payer_ip}
    return {
        "out_trade_no": order.merchant_order_id,
        "total_amount": text_of_minor(order.amount.amount),
        "subject": order.subject,
        **_payer(order),
        **extra,
        "time_expire": time_of(order.expires_at) if order.expires_at else None,
        "passback_params": order.attach,
        "store_id": order.store_id,
        "terminal_id": order.device_id,
    }


def _payer(order: PaymentOrder) -> dict[str, str]:
    if order.payer is None:
        return {}
    if isinstance(order.payer, PaymentCode):
        scene = "security_code" if order.payer.code.startswith("fp") else "bar_code"
        return {"scene": scene, "auth_code": order.payer.code}
    if isinstance(order.payer, Wallet):
        name = "buyer_id" if order.payer.id_kind is WalletIdKind.USER_ID else "buyer_open_id"
        return {name: order.payer.wallet_id}
    return {}


def refund(order: RefundOrder) -> dict[str, Any]:
    """Content of trade.refund. The request number is always given: the refund is repeated under it, and found by it."""
    return {
        **original(order.original),
        "refund_amount": text_of_minor(order.amount.amount),
        "out_request_no": order.merchant_refund_id,
        "refund_reason": order.reason,
        **order.channel_fields,
    }


def original(payment_of: OriginalPayment) -> dict[str, str | None]:
    """Name the payment of a refund or a cancellation."""
    return named(payment_of.merchant_order_id, payment_of.channel_order_id)


def transfer_kind(order: PayoutOrder) -> dict[str, str]:
    """Say under which product a transfer is made: it is found under no other, so it is kept with the order."""
    return {"product_code": TO_WALLET if isinstance(order.payee, Wallet) else TO_BANK, "biz_scene": SCENE}


def transfer(order: PayoutOrder) -> dict[str, Any]:
    """Content of fund.trans.uni.transfer."""
    return {
        "out_biz_no": order.merchant_order_id,
        "trans_amount": text_of_minor(order.amount.amount),
        **transfer_kind(order),
        "order_title": order.purpose or order.remark,
        "payee_info": _payee(order.payee),
        "remark": order.remark,
        **order.channel_fields,
    }


def _payee(payee: PersonalAccount | CorporateAccount | Wallet) -> dict[str, Any]:
    if isinstance(payee, Wallet):
        whole: dict[str, Any] = {"identity": payee.wallet_id, "identity_type": _IDENTITY[payee.id_kind], "name": payee.name}
    else:
        bank = {
            "account_type": "1" if isinstance(payee, CorporateAccount) else "2",
            "inst_name": payee.bank_name,
            "inst_branch_name": payee.branch_name,
            "inst_province": payee.province,
            "inst_city": payee.city,
            "bank_code": payee.cnaps_code,
        }
        whole = {
            "identity": payee.account_no,
            "identity_type": "BANKCARD_ACCOUNT",
            "name": payee.name,
            "bankcard_ext_info": {name: text for name, text in bank.items() if text is not None},
        }
    return {name: value for name, value in whole.items() if value is not None}
