"""What UnionPay would refuse, or would take for another thing, is refused here first, naming the field.

Source: the comments of UnionPay's own demos (hectorqin/lpays@21853947 src/libs/upacp_apple_pay/demo/api_05_app; Varorbc/PaySharp
@3423dafe upacp_demo_b2c/demo/api_01_gateway) and the widths of its settlement file.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from payment_channels.channels.unionpay.windows import REFUNDABLE_MONTHS, too_late_to_cancel, too_late_to_refund
from payment_channels.codec.addresses import parts_of
from payment_channels.model.orders import CancelOrder, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import AccountKind, CorporateAccount, PersonalAccount
from payment_channels.model.refusals import InvalidRequestError, NotSupportedError, RefusedError

ORDER_ID = re.compile(r"[0-9A-Za-z]{8,32}")
QUERY_ID = re.compile(r"[0-9A-Za-z]{1,32}")
TXN_TIME = re.compile(r"[0-9]{14}")
CARD = re.compile(r"[0-9]{12,19}")
ID_NO = re.compile(r"[0-9A-Za-z]{1,20}")
MOBILE = re.compile(r"[0-9]{5,20}")
BANK = re.compile(r"[0-9A-Za-z]{1,20}")
RESERVED_SIGNS = frozenset("&={}[]")
"""What would be read as the message's own structure: 出现 &={}[] 符号时可能导致查询接口应答报文解析失败."""
URL, ATTACH_BYTES, NAME_BYTES, MOST_FEN = 256, 1024, 128, 10**12
FRONT = frozenset({"gateway", "gateway_b2b"})
ID_CARD = "01"


refuse = InvalidRequestError.of_field
unserved = NotSupportedError.of_field


def check_order_id(value: str | None, field: str) -> str:
    """商户订单号: 8 to 32 letters and digits, without ``-`` and ``_``."""
    if value is None or not ORDER_ID.fullmatch(value):
        raise refuse(field, "须为 8–32 位数字或字母，不含 - 和 _", "8 to 32 letters or digits, without - and _")
    return value


@lru_cache(64)  # a merchant has few of them; a refused one is not remembered
def check_url(value: str, field: str, *, query: bool = False) -> None:
    """An http or https address of at most 256 characters. A query of backUrl would arrive among the signed fields."""
    parts = parts_of(value)
    if parts is None or parts.fragment or len(value) > URL:
        raise refuse(field, f"须为 http(s) 地址，不超过 {URL} 字符", f"an http(s) address of at most {URL} characters")
    if parts.query and not query:
        raise refuse(
            field,
            "不能带 ? 参数：银联会把它们混入通知字段，导致验签失败",
            "without a query: UnionPay would mix its parameters into the signed fields",
        )


def check_no_others(given: Iterable[tuple[str, object]]) -> None:
    """Refuse fields that ask for what a merchant's own access (accessType 0) has not got."""
    for field, value in given:
        if value is not None:
            raise unserved(field, "银联商户直连接入不支持", "UnionPay's direct merchant access does not serve it")


def check_amount(fen: int) -> None:
    """Amounts have at most 12 digits of fen."""
    if fen >= MOST_FEN:
        raise refuse("amount", "不超过 12 位（分）", "at most 12 digits of fen")


def check_payment(order: PaymentOrder) -> None:
    """Check a payment by any product."""
    check_order_id(order.merchant_order_id, "merchant_order_id")
    check_amount(order.amount.amount)
    check_no_others([("sub_merchant", order.sub_merchant)])
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    if order.return_url is not None:
        check_url(order.return_url, "return_url", query=True)
    elif order.product in FRONT:
        raise refuse("return_url", "网页支付必填：付款人付款后返回的地址", "required: where the payer's browser goes afterwards")
    if order.expires_at is not None and order.expires_at <= order.ordered_at:
        raise refuse("expires_at", "须晚于下单时间", "must be later than ordered_at")
    if order.product == "gateway_b2b" and order.expires_at is None:
        raise refuse(
            "expires_at",
            "企业网银支付必填：企业内部审批需要时间，过期后到账的款项银联会自动退回",
            "required: a company's approval takes time, and what is paid after the expiry is given back",
        )
    _check_attach(order.attach)
    _check_payer(order)


def check_channel_type(order: PaymentOrder) -> None:
    """``channelType`` tells a computer's browser (07) from a phone's (08); banks' pages for companies are for computers."""
    given = order.channel_fields.get("channelType")
    allowed = {"gateway": {"07", "08"}, "gateway_b2b": {"07"}, "app": {"08"}}[order.product]
    if given is not None and given not in allowed:
        choices = ", ".join(sorted(allowed))
        raise refuse("channel_fields.channelType", f"该产品可用：{choices}", f"this product takes: {choices}")


def _check_attach(attach: str | None) -> None:
    if attach is None:
        return
    if not 0 < len(attach.encode()) <= ATTACH_BYTES or RESERVED_SIGNS & set(attach.rstrip("=")):
        raise refuse(
            "attach",
            f"1–{ATTACH_BYTES} 字节，不含 & = {{ }} [ ]；需要时先做 base64",
            f"1 to {ATTACH_BYTES} bytes without & = {{ }} [ ]; encode it in base64 if need be",
        )


def _check_payer(order: PaymentOrder) -> None:
    """A company's payer chooses the bank; its account is not transmitted, since no field for it is documented."""
    if order.payer is None:
        return
    if order.product != "gateway_b2b" or not isinstance(order.payer, CorporateAccount):
        raise unserved("payer", "仅 gateway_b2b 可填企业付款人", "only gateway_b2b takes a payer, a company")
    if order.payer.bank_code is not None and not BANK.fullmatch(order.payer.bank_code):
        raise refuse(
            "payer.bank_code", "须为银联机构简码（issInsCode），如 ABC", "UnionPay's short name of the bank, such as ABC"
        )


def check_refund(order: RefundOrder, now: datetime) -> None:
    """Check a refund: it goes by the payment's queryId, for eleven months."""
    check_order_id(order.merchant_refund_id, "merchant_refund_id")
    check_original_id(order.original.channel_order_id)
    check_no_others([("sub_merchant", order.sub_merchant)])
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    if order.original.ordered_at is not None and too_late_to_refund(order.original.ordered_at, now):
        raise RefusedError.because(
            f"银联只受理 {REFUNDABLE_MONTHS} 个月内消费的退货",
            f"UnionPay refunds payments of the last {REFUNDABLE_MONTHS} months alone",
            field="original.ordered_at",
            canonical="REFUND_PERIOD_EXPIRED",
        )


def check_cancel(order: CancelOrder, now: datetime) -> None:
    """Check a cancellation: a transaction with an id of its own, on the payment's own clearing day."""
    check_order_id(order.merchant_cancel_id, "merchant_cancel_id")
    check_original_id(order.original.channel_order_id)
    check_amount(order.original.amount.amount)
    check_no_others([("sub_merchant", order.sub_merchant)])
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    if order.original.ordered_at is not None and too_late_to_cancel(order.original.ordered_at, now):
        raise RefusedError.because(
            "消费撤销只能在当清算日进行，请改用退款",
            "a payment can be cancelled on its own clearing day alone: refund it instead",
            field="original.ordered_at",
            canonical="CANCEL_PERIOD_EXPIRED",
        )


def check_original_id(query_id: str | None) -> str:
    """查询流水号 (queryId) of the payment: a query or its notification gives it."""
    if query_id is None or not QUERY_ID.fullmatch(query_id):
        raise refuse(
            "original.channel_order_id",
            "必填：原消费的 queryId，由查单或通知得到",
            "required: the payment's queryId, which a query or its notification gives",
        )
    return query_id


def check_payout(order: PayoutOrder) -> None:
    """Check a payout to a bank card."""
    check_order_id(order.merchant_order_id, "merchant_order_id")
    check_amount(order.amount.amount)
    check_no_others(
        [
            ("sub_merchant", order.sub_merchant),
            ("debit_account", order.debit_account),
            ("requested_speed", order.requested_speed),
            ("requested_date", order.requested_date),
        ]
    )
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    payee = order.payee
    assert isinstance(payee, PersonalAccount)  # noqa: S101  the capabilities name no other
    if payee.account_kind is AccountKind.PASSBOOK:
        raise unserved("payee.account_kind", "只支持银行卡", "bank cards alone are served")
    if not CARD.fullmatch(payee.account_no):
        raise refuse("payee.account_no", "须为 12–19 位数字的卡号", "a card number of 12 to 19 digits")
    if RESERVED_SIGNS & set(payee.name) or len(payee.name.encode()) > NAME_BYTES:
        raise refuse(
            "payee.name", f"不超过 {NAME_BYTES} 字节，不含 & = {{ }} [ ]", f"at most {NAME_BYTES} bytes without & = {{ }} [ ]"
        )
    if (payee.id_no is None) is not (payee.id_type is None) or payee.id_type not in {None, ID_CARD}:
        raise refuse("payee.id_type", "证件号须配 id_type 01（身份证）", "an id number goes with id_type 01 (identity card)")
    if payee.id_no is not None and not ID_NO.fullmatch(payee.id_no):
        raise refuse("payee.id_no", "须为 1–20 位数字或字母", "1 to 20 letters or digits")
    if payee.mobile is not None and not MOBILE.fullmatch(payee.mobile):
        raise refuse("payee.mobile", "须为数字", "digits alone")
