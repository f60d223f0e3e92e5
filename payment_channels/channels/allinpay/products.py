"""The ways to pay by VSP as data: what ``paytype`` each has, whom it needs, and what its ``payinfo`` is for.

Source: PayType and PayResult of hlib-go/hallinpay@74394108 (扫码支付则返回二维码串，js支付则返回json字符串，
QQ钱包及云闪付的JS支付返回支付的链接，支付宝App支付返回支付信息串), which copy Allinpay's own page.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payment_channels.channels.allinpay.messages import MessageRefusedError, whole
from payment_channels.model.payer_actions import HandOver, InvokeClient, PayerAction, Redirect, ShowQrCode


class Info(StrEnum):
    """What ``payinfo`` is."""

    QR_CODE = "qr_code"
    JSON = "json"
    ADDRESS = "address"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Product:
    """One ``paytype``.

    ``acct``: it needs the payer's id at the wallet. ``function``: what its JSON is called with. ``bare``: a text that is no JSON
    is handed over as it is, since no page says for sure which of the two Alipay's JS payment brings.
    """

    paytype: str
    info: Info
    acct: bool = False
    function: str = ""
    front_url: bool = False
    bare: bool = False


PRODUCTS: Mapping[str, Product] = {
    "wechat_native": Product("W01", Info.QR_CODE),
    "wechat_jsapi": Product("W02", Info.JSON, acct=True, function="getBrandWCPayRequest", front_url=True),
    "wechat_mini_program": Product("W06", Info.JSON, acct=True, function="wx.requestPayment"),
    "alipay_native": Product("A01", Info.QR_CODE),
    "alipay_jsapi": Product("A02", Info.JSON, acct=True, function="tradePay", bare=True),
    "alipay_app": Product("A03", Info.TEXT),
    "qq_native": Product("Q01", Info.QR_CODE),
    "qq_jsapi": Product("Q02", Info.ADDRESS),
    "unionpay_native": Product("U01", Info.QR_CODE),
    "unionpay_jsapi": Product("U02", Info.ADDRESS, acct=True, front_url=True),
}
SCAN = "scan"
"""The payer's code at a till (scanqrpay): it says of itself whose it is, and has no paytype."""
PAYABLE = timedelta(minutes=5)
LONGEST_MINUTES = 1440
"""validtime: 默认5分钟，最大1440分钟."""


def minutes_left(now: datetime, expires_at: datetime | None) -> int:
    """Return the whole minutes until the expiry, which Allinpay counts from the moment it takes the order in."""
    return int(((expires_at - now) if expires_at is not None else PAYABLE).total_seconds() // 60)


def action_of(product: Product, payinfo: str, until: datetime | None) -> PayerAction:
    """Return what the payer must do with ``payinfo``.

    Raises:
        MessageRefusedError: it is not of the form that the product has.
    """
    match product.info:
        case Info.QR_CODE:
            return ShowQrCode.saying(payinfo, valid_until=until)
        case Info.ADDRESS:
            return Redirect(url=payinfo, valid_until=until)
        case Info.TEXT:
            return HandOver(text=payinfo, valid_until=until)
        case Info.JSON:
            if product.bare and not payinfo.startswith("{"):
                return HandOver(text=payinfo, valid_until=until)
            return InvokeClient(function=product.function, parameters=_parameters(payinfo), valid_until=until)


def _parameters(payinfo: str) -> dict[str, str]:
    try:
        told = json.loads(payinfo)
    except (ValueError, RecursionError) as error:
        reason = "payinfo is not JSON"
        raise MessageRefusedError(reason) from error
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        reason = "payinfo is no JSON object of texts"
        raise MessageRefusedError(reason)
    return whole(told)
