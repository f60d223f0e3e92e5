"""What WeChat Pay would refuse is refused here first, naming the field: forms and lengths of the fields we send.

Source: the pages of Native 下单 (4012791877) and 申请退款 (4012791883); lengths are the pages' own.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from payment_channels.channels.wechat.config import LOOPBACK
from payment_channels.model.orders import PaymentOrder, RefundOrder
from payment_channels.model.refusals import InvalidRequestError

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
CHANNEL_ID = re.compile(r"[0-9A-Za-z]{1,32}")
DESCRIPTION, ATTACH, NOTIFY_URL, REASON_BYTES, GOODS_TAG = 127, 128, 255, 80, 32


def refuse(field: str, zh: str, en: str) -> InvalidRequestError:
    """Make the refusal of one field."""
    return InvalidRequestError.because(f"{field}：{zh}", f"{field}: {en}", field=field)


def check_out_trade_no(value: str) -> None:
    """商户订单号: 6 to 32 of digits, letters, ``_ - | *``."""
    if not OUT_TRADE_NO.fullmatch(value):
        raise refuse("merchant_order_id", "须为 6–32 位数字、字母或 _-|*", "6 to 32 digits, letters or _-|*")


def check_out_refund_no(value: str) -> None:
    """商户退款单号: 1 to 64 of digits, letters, ``_ - | * @``."""
    if not OUT_REFUND_NO.fullmatch(value):
        raise refuse("merchant_refund_id", "须为 1–64 位数字、字母或 _-|*@", "1 to 64 digits, letters or _-|*@")


def check_channel_id(value: str) -> None:
    """微信支付订单号: at most 32 digits and letters; anything else would change the address that is signed."""
    if not CHANNEL_ID.fullmatch(value):
        raise refuse("channel_order_id", "须为 1–32 位数字或字母", "1 to 32 digits or letters")


def check_notify_url(value: str) -> None:
    """通知地址: https (http on loopback, for a mock), at most 255 characters, no query."""
    parts = urlsplit(value)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname or parts.query or parts.fragment or len(value) > NOTIFY_URL or not value.isascii():
        raise refuse("notify_url", "须为 https 地址，不超过 255 字符，不带参数", "an https address of at most 255 characters without a query")


def check_payment(order: PaymentOrder) -> None:
    """Check a native order."""
    check_out_trade_no(order.merchant_order_id)
    if len(order.subject) > DESCRIPTION:
        raise refuse("subject", f"不超过 {DESCRIPTION} 字符", f"at most {DESCRIPTION} characters")
    if order.notify_url is None:
        raise refuse("notify_url", "该产品必填", "required by this product")
    check_notify_url(order.notify_url)
    if order.attach is not None and not 0 < len(order.attach) <= ATTACH:
        raise refuse("attach", f"1–{ATTACH} 字符", f"1 to {ATTACH} characters")
    if order.expires_at is not None and order.expires_at <= order.ordered_at:
        raise refuse("expires_at", "须晚于下单时间", "must be later than ordered_at")
    if order.payer_ip is not None:
        try:
            ip_address(order.payer_ip)
        except ValueError:
            raise refuse("payer_ip", "须为 IPv4 或 IPv6 地址", "an IPv4 or IPv6 address") from None
    if (order.device_id or order.store_id) and order.payer_ip is None:
        raise refuse("payer_ip", "填写 device_id 或 store_id 时必填", "required beside device_id or store_id")


def check_refund(order: RefundOrder) -> None:
    """Check a refund."""
    check_out_refund_no(order.merchant_refund_id)
    if order.original.channel_order_id is not None:
        check_channel_id(order.original.channel_order_id)
    if order.original.merchant_order_id is not None:
        check_out_trade_no(order.original.merchant_order_id)
    if order.reason is not None and not 0 < len(order.reason.encode()) <= REASON_BYTES:
        raise refuse("reason", f"1–{REASON_BYTES} 字节（UTF-8）", f"1 to {REASON_BYTES} bytes of UTF-8")
    if order.notify_url is not None:
        check_notify_url(order.notify_url)
