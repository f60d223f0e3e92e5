"""What WeChat Pay would refuse is refused here first, naming the field: forms and lengths of the fields we send.

Source: the pages of Native 下单 (4012791877), 申请退款 (4012791883), 付款码支付 and 商家转账 (4012716434); lengths are
the pages' own.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address

from payment_channels.channels.wechat.config import LOOPBACK
from payment_channels.codec.addresses import parts_of
from payment_channels.model.orders import CancelOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import PaymentCode, Wallet
from payment_channels.model.refusals import InvalidRequestError, RefusedError

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
OUT_BILL_NO = re.compile(r"[0-9A-Za-z]{1,32}")
TRANSFER_BILL_NO = re.compile(r"[0-9A-Za-z]{1,64}")
PAYMENT_CODE = re.compile(r"1[0-5]\d{16}", re.ASCII)
CHANNEL_ID = re.compile(r"[0-9A-Za-z]{1,32}")
DESCRIPTION, ATTACH, NOTIFY_URL, REASON_BYTES, REMARK = 127, 128, 255, 80, 32
NAME_NEEDED_FROM = 200_000
REVERSAL_DELAY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a product demands of an order: who pays, whether it notifies, the payer's address, a store."""

    payer: str | None = None
    notified: bool = True
    address: bool = False
    store: bool = False


PRODUCTS = {
    "native": Needs(),
    "app": Needs(),
    "jsapi": Needs(payer="wallet"),
    "h5": Needs(address=True),
    "codepay": Needs(payer="payment_code", notified=False, store=True),
    "micropay": Needs(payer="payment_code", notified=False, address=True),
}


refuse = InvalidRequestError.of_field


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


@lru_cache(64)  # a merchant has one or two of them; a refused one is not remembered
def check_notify_url(value: str) -> None:
    """通知地址: https (http on loopback, for a mock), at most 255 characters, no query."""
    parts = parts_of(value)
    secure = parts is not None and (parts.scheme == "https" or parts.hostname in LOOPBACK)
    if parts is None or not secure or parts.query or parts.fragment or len(value) > NOTIFY_URL:
        raise refuse(
            "notify_url",
            "须为 https 地址，不超过 255 字符，不带参数",
            "an https address of at most 255 characters without a query",
        )


def check_out_bill_no(value: str) -> None:
    """商户单号 of a transfer: 1 to 32 digits and letters."""
    if not OUT_BILL_NO.fullmatch(value):
        raise refuse("merchant_order_id", "须为 1–32 位数字或字母", "1 to 32 digits or letters")


def check_transfer_bill_no(value: str) -> None:
    """微信转账单号: digits and letters."""
    if not TRANSFER_BILL_NO.fullmatch(value):
        raise refuse("channel_order_id", "须为 1–64 位数字或字母", "1 to 64 digits or letters")


def check_payment(order: PaymentOrder) -> None:
    """Check an order of any product; ``PRODUCTS`` says what each one demands."""
    needs = PRODUCTS[order.product]
    check_out_trade_no(order.merchant_order_id)
    if len(order.subject) > DESCRIPTION:
        raise refuse("subject", f"不超过 {DESCRIPTION} 字符", f"at most {DESCRIPTION} characters")
    if order.notify_url is not None:
        check_notify_url(order.notify_url)
    if needs.notified is not (order.notify_url is not None):
        how = (
            ("该产品必填", "required by this product")
            if needs.notified
            else ("该产品没有异步通知", "this product sends no notification")
        )
        raise refuse("notify_url", *how)
    if order.attach is not None and not 0 < len(order.attach) <= ATTACH:
        raise refuse("attach", f"1–{ATTACH} 字符", f"1 to {ATTACH} characters")
    if order.expires_at is not None and order.expires_at <= order.ordered_at:
        raise refuse("expires_at", "须晚于下单时间", "must be later than ordered_at")
    _check_payer(order, needs)
    _check_scene(order, needs)


def _check_payer(order: PaymentOrder, needs: Needs) -> None:
    if order.payer is None and needs.payer is None:
        return
    given = order.payer.kind if order.payer is not None else None
    if given != needs.payer:
        wanted = {
            "wallet": ("Wallet（openid）", "a Wallet with the openid"),
            "payment_code": ("PaymentCode（付款码）", "a PaymentCode"),
        }
        zh, en = wanted.get(needs.payer or "", ("不填", "no payer"))
        raise refuse("payer", f"该产品须为{zh}", f"this product takes {en}")
    if isinstance(order.payer, PaymentCode) and not PAYMENT_CODE.fullmatch(order.payer.code):
        raise refuse("payer.code", "付款码须为 18 位数字，以 10–15 开头", "a payment code has 18 digits and starts with 10 to 15")


def _check_scene(order: PaymentOrder, needs: Needs) -> None:
    if order.payer_ip is not None:
        try:
            ip_address(order.payer_ip)
        except ValueError:
            raise refuse("payer_ip", "须为 IPv4 或 IPv6 地址", "an IPv4 or IPv6 address") from None
    elif needs.address or (needs.notified and (order.device_id or order.store_id)):
        raise refuse(
            "payer_ip", "该产品或 device_id、store_id 要求填写", "required by this product, or beside device_id or store_id"
        )
    if needs.store and order.store_id is None:
        raise refuse("store_id", "该产品必填", "required by this product")


def check_transfer(order: PayoutOrder) -> None:
    """Check a transfer to a wallet (4012716434)."""
    check_out_bill_no(order.merchant_order_id)
    remark = order.remark or order.purpose
    if not remark or len(remark) > REMARK:
        raise refuse("remark", f"必填（或 purpose），不超过 {REMARK} 字符", f"required (or purpose), at most {REMARK} characters")
    for name in ("transfer_scene_id", "transfer_scene_report_infos"):
        if not order.channel_fields.get(name):
            raise refuse(f"channel_fields.{name}", "必填，按转账场景的要求", "required, as the transfer scene demands")
    if isinstance(order.payee, Wallet) and order.payee.name is None and order.amount.amount >= NAME_NEEDED_FROM:
        raise refuse("payee.name", "2000 元及以上必填收款人姓名", "required from 2,000 yuan on")
    if order.notify_url is not None:
        check_notify_url(order.notify_url)


def check_reversal(order: CancelOrder, now: datetime) -> None:
    """A reversal may come 15 seconds after the payment was sent, not before (4011937125)."""
    if order.original.merchant_order_id is None:
        raise refuse("original.merchant_order_id", "撤销须用商户订单号", "a reversal goes by the merchant's number")
    check_out_trade_no(order.original.merchant_order_id)
    if order.original.ordered_at is None:
        raise refuse("original.ordered_at", "撤销须填原支付时间", "a reversal needs the time of the payment")
    if now - order.original.ordered_at < REVERSAL_DELAY:
        raise RefusedError.because(
            "付款码支付发出至少 15 秒后才能撤销",
            "a payment by code can be reversed 15 seconds after it was sent, not before",
            field="original.ordered_at",
            canonical="TOO_EARLY",
        )


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
