"""What VSP would refuse, or would take for another thing, is refused here first, naming the field.

Source: hlib-go/hallinpay@74394108 (validtime 最大1440分钟; acct for JS payments); lengths that no public page states are kept
short and said so on the channel's page.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from payment_channels.channels.allinpay.messages import BEIJING
from payment_channels.channels.allinpay.products import LONGEST_MINUTES, PAYABLE, PRODUCTS, SCAN, minutes_left
from payment_channels.codec.addresses import parts_of
from payment_channels.model.orders import CancelOrder, OriginalPayment, PaymentOrder, RefundOrder
from payment_channels.model.parties import PaymentCode, Wallet
from payment_channels.model.refusals import InvalidRequestError, NotSupportedError, RefusedError

NUMBER = re.compile(r"[0-9A-Za-z_-]{1,32}")
TRXID = re.compile(r"[0-9A-Za-z]{1,50}")
CODE = re.compile(r"[0-9A-Za-z]{1,32}")
URL, MOST_FEN = 256, 10**12


refuse = InvalidRequestError.of_field
unserved = NotSupportedError.of_field


def check_number(value: str | None, field: str) -> str:
    """商户交易单号 (reqsn): payments, refunds and cancellations share one row of numbers."""
    if value is None or not NUMBER.fullmatch(value):
        raise refuse(field, "须为 1–32 位数字、字母、- 或 _", "1 to 32 letters, digits, - or _")
    return value


def check_amount(fen: int, field: str) -> None:
    """Amounts have at most 12 digits of fen."""
    if fen >= MOST_FEN:
        raise refuse(field, "不超过 12 位（分）", "at most 12 digits of fen")


def check_no_others(given: Iterable[tuple[str, object]]) -> None:
    """Refuse fields that ask for what the channel has no field for."""
    for field, value in given:
        if value is not None:
            raise unserved(field, "通联渠道不支持", "the Allinpay channel does not serve it")


@lru_cache(64)  # a merchant has few of them; a refused one is not remembered
def check_url(value: str, field: str) -> None:
    """An http or https address of at most 256 characters, without a query, whose parameters would mix with the signed fields."""
    parts = parts_of(value)
    if parts is None or parts.fragment or len(value) > URL:
        raise refuse(field, f"须为 http(s) 地址，不超过 {URL} 字符", f"an http(s) address of at most {URL} characters")
    if parts.query and field == "notify_url":
        raise refuse(field, "不能带 ? 参数", "without a query")


def check_payment(order: PaymentOrder, now: datetime) -> None:
    """Check a payment by any product."""
    check_number(order.merchant_order_id, "merchant_order_id")
    check_amount(order.amount.amount, "amount")
    check_no_others([("sub_merchant", order.sub_merchant), ("device_id", order.device_id), ("store_id", order.store_id)])
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    for field, text in (("subject", order.subject), ("attach", order.attach)):
        if text is not None and (not text.isprintable() or "&" in text):
            raise refuse(
                field, "不能含 & 和控制字符：签名串不做转义", "without & and control characters: they are signed unescaped"
            )
    for name, value in order.channel_fields.items():
        if not isinstance(value, str) or not value.isprintable() or "&" in value:
            raise refuse(f"channel_fields.{name}", "须为不含 & 的文本", "a text without &")
    if order.product == SCAN:
        _check_scan(order)
    else:
        _check_order(order, now)


def _check_scan(order: PaymentOrder) -> None:
    if not isinstance(order.payer, PaymentCode) or not CODE.fullmatch(order.payer.code):
        raise refuse("payer", "须填 PaymentCode，即付款人出示的码", "scan takes a PaymentCode: the code that the payer shows")
    check_no_others([("expires_at", order.expires_at), ("return_url", order.return_url)])


def _check_order(order: PaymentOrder, now: datetime) -> None:
    product = PRODUCTS[order.product]
    if product.acct and not isinstance(order.payer, Wallet):
        raise refuse(
            "payer",
            f"{order.product} 必填：付款人在钱包中的标识（acct），填 Wallet",
            f"required by {order.product}: the payer's id at the wallet (acct), as a Wallet",
        )
    if not product.acct and order.payer is not None:
        raise unserved("payer", f"{order.product} 不限定付款人", f"{order.product} takes no payer")
    if order.return_url is not None and not product.front_url:
        raise unserved("return_url", f"{order.product} 不支持", f"{order.product} does not serve it")
    if order.return_url is not None:
        check_url(order.return_url, "return_url")
    minutes = minutes_left(now, order.expires_at)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise refuse(
            "expires_at",
            f"须在 1 分钟之后、{LONGEST_MINUTES} 分钟之内",
            f"more than a minute and at most {LONGEST_MINUTES} minutes from now",
        )


def check_original(payment: OriginalPayment) -> None:
    """A refund and a cancellation name their payment by Allinpay's number or by ours."""
    if payment.channel_order_id is not None and not TRXID.fullmatch(payment.channel_order_id):
        raise refuse("original.channel_order_id", "须为通联的 trxid", "Allinpay's trxid is wanted")
    if payment.channel_order_id is None:
        check_number(payment.merchant_order_id, "original.merchant_order_id")
    check_amount(payment.amount.amount, "original.amount")


def check_refund(order: RefundOrder) -> None:
    """Check a refund."""
    check_number(order.merchant_refund_id, "merchant_refund_id")
    check_original(order.original)
    check_no_others([("sub_merchant", order.sub_merchant)])
    if order.reason is not None and (not order.reason.isprintable() or "&" in order.reason):
        raise refuse("reason", "不能含 & 和控制字符", "without & and control characters")


def check_cancel(order: CancelOrder, now: datetime) -> None:
    """Check a cancellation: the whole payment, on its own day, under a number of its own."""
    check_number(order.merchant_cancel_id, "merchant_cancel_id")
    check_original(order.original)
    check_no_others([("sub_merchant", order.sub_merchant)])
    made = order.original.ordered_at
    # Only the order's time is known here: it may have been paid as late as its validity allows.
    latest = PAYABLE.total_seconds() if order.original.product == SCAN else LONGEST_MINUTES * 60
    if made is not None and _day(now) > _day(datetime.fromtimestamp(made.timestamp() + latest, BEIJING)):
        raise RefusedError.because(
            "撤销只能在交易当天进行，请改用退款",
            "a payment can be cancelled on its own day alone: refund it instead",
            field="original.ordered_at",
            canonical="CANCEL_PERIOD_EXPIRED",
        )


def _day(moment: datetime) -> tuple[int, int, int]:
    local = moment.astimezone(BEIJING)
    return local.year, local.month, local.day
