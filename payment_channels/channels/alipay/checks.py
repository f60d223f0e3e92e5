"""What Alipay would refuse is refused here first, naming the field: forms and lengths of the fields we send.

Source: alipay/alipay-sdk-php-all@d95249a3, v3/src/Model, the descriptions of the fields; ranges and lengths are theirs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from payment_channels.channels.alipay.config import LOOPBACK
from payment_channels.channels.alipay.signing import DECIDING
from payment_channels.codec.addresses import parts_of
from payment_channels.codec.canonical import could_be_cut_otherwise
from payment_channels.model.money import Money
from payment_channels.model.orders import CancelOrder, CloseOrder, OriginalPayment, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.parties import CorporateAccount, PaymentCode, PersonalAccount, Wallet, WalletIdKind
from payment_channels.model.refusals import InvalidRequestError

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_]{1,64}")
REQUEST_NO = re.compile(r"[0-9A-Za-z_\-]{1,64}")
CHANNEL_ID = re.compile(r"[0-9A-Za-z_]{1,64}")
USER_ID = re.compile(r"2088\d{12}", re.ASCII)
BAR_CODE = re.compile(r"(?:2[5-9]|30)\d{14,22}", re.ASCII)
FACE_CODE = re.compile(r"fp[0-9A-Za-z]{33}")
LARGEST = 10_000_000_000
"""100,000,000 yuan, in fen."""
SMALLEST_TRANSFER = 10
ATTACH, NOTIFY_URL, REASON, TITLE, REMARK = 512, 256, 256, 128, 200


@dataclass(frozen=True, slots=True)
class Needs:
    """What a product demands of an order: who pays, and where his browser can go afterwards."""

    payer: str | None = None
    returns: bool = False
    quits: bool = False


PRODUCTS: Mapping[str, Needs] = {
    "precreate": Needs(),
    "bar_code": Needs(payer="payment_code"),
    "create": Needs(payer="wallet"),
    "page": Needs(returns=True),
    "wap": Needs(returns=True, quits=True),
    "app": Needs(),
}


refuse = InvalidRequestError.of_field


def check_no_sub_merchant(value: str | None) -> None:
    """The interface of service providers (app_auth_token) is not served."""
    if value is not None:
        raise refuse("sub_merchant", "不支持服务商代调用", "service providers acting for a merchant are not served")


def check_out_trade_no(value: str, field: str = "merchant_order_id") -> None:
    """商户订单号: at most 64 letters, digits and underscores."""
    if not OUT_TRADE_NO.fullmatch(value):
        raise refuse(field, "须为 1–64 位字母、数字或下划线", "1 to 64 letters, digits or underscores")


def check_request_no(value: str, field: str) -> None:
    """退款请求号 and 转账单号: no form is documented; what is taken here needs no escaping anywhere."""
    if not REQUEST_NO.fullmatch(value):
        raise refuse(field, "须为 1–64 位字母、数字、下划线或连字符", "1 to 64 letters, digits, underscores or hyphens")


def check_channel_id(value: str) -> None:
    """支付宝交易号 or 转账单据号: at most 64 letters and digits."""
    if not CHANNEL_ID.fullmatch(value):
        raise refuse("channel_order_id", "须为 1–64 位字母、数字或下划线", "1 to 64 letters, digits or underscores")


@lru_cache(64)  # a merchant has few of them; a refused one is not remembered
def check_url(value: str, field: str) -> None:
    """A public address that Alipay posts or sends to: http or https, absolute."""
    parts = parts_of(value)
    known = parts is not None and (parts.scheme == "https" or field == "return_url" or parts.hostname in LOOPBACK)
    if parts is None or not known or parts.fragment or len(value) > NOTIFY_URL:
        raise refuse(field, f"须为 https 地址，不超过 {NOTIFY_URL} 字符", f"an https address of at most {NOTIFY_URL} characters")


def _check_echoed(order: PaymentOrder) -> None:
    """What the notification repeats must not look like fields of its own: such a notification would not be believed."""
    echoed = {"attach": order.attach or "", "channel_fields.body": str(order.channel_fields.get("body") or "")}
    for field, text in echoed.items():
        if "&" in text and could_be_cut_otherwise({"text": text}, DECIDING):
            raise refuse(
                field,
                "不可含 &out_trade_no= 之类的通知字段；请先做 URL 编码",
                "without what looks like a notification's field, such as &out_trade_no=: url-encode it",
            )


def check_payment(order: PaymentOrder) -> None:
    """Check an order of any product; ``PRODUCTS`` says what each one demands."""
    needs = PRODUCTS[order.product]
    check_out_trade_no(order.merchant_order_id)
    _check_amount(order.amount)
    if any(sign in order.subject for sign in "/=&"):
        raise refuse("subject", "不可含 / = &", "without / = &")
    if order.attach is not None and not 0 < len(order.attach) <= ATTACH:
        raise refuse("attach", f"1–{ATTACH} 字符", f"1 to {ATTACH} characters")
    _check_echoed(order)
    if order.expires_at is not None and order.expires_at <= order.ordered_at:
        raise refuse("expires_at", "须晚于下单时间", "must be later than ordered_at")
    if order.notify_url is not None:
        check_url(order.notify_url, "notify_url")
    if order.return_url is not None:
        if not needs.returns:
            raise refuse("return_url", "仅 page 与 wap 可填", "only page and wap take it")
        check_url(order.return_url, "return_url")
    if needs.quits and not isinstance(order.channel_fields.get("quit_url"), str):
        raise refuse(
            "channel_fields.quit_url", "wap 必填：用户中途退出时返回的地址", "required by wap: where the payer goes if he quits"
        )
    _check_payer(order, needs)


def _check_amount(amount: Money) -> None:
    if amount.amount > LARGEST:
        raise refuse("amount", "不超过 100000000 元", "at most 100,000,000 yuan")


def _check_payer(order: PaymentOrder, needs: Needs) -> None:
    if order.payer is None and needs.payer is None:
        return
    given = order.payer.kind if order.payer is not None else None
    if given != needs.payer:
        wanted = {
            "wallet": ("Wallet（user_id 或 open_id）", "a Wallet with the user id or open id"),
            "payment_code": ("PaymentCode（付款码）", "a PaymentCode"),
        }
        zh, en = wanted.get(needs.payer or "", ("不填", "no payer"))
        raise refuse("payer", f"该产品须为{zh}", f"this product takes {en}")
    if isinstance(order.payer, PaymentCode) and not (
        BAR_CODE.fullmatch(order.payer.code) or FACE_CODE.fullmatch(order.payer.code)
    ):
        raise refuse(
            "payer.code",
            "付款码须为 25–30 开头的 16–24 位数字，或 fp 开头的 35 位刷脸标识",
            "16 to 24 digits that start with 25 to 30, or 35 characters that start with fp",
        )
    if isinstance(order.payer, Wallet):
        if order.payer.id_kind not in {WalletIdKind.USER_ID, WalletIdKind.OPEN_ID}:
            raise refuse("payer.id_kind", "须为 user_id 或 open_id", "user_id or open_id")
        _check_user_id(order.payer, "payer.wallet_id")


def _check_user_id(wallet: Wallet, field: str) -> None:
    if wallet.id_kind is WalletIdKind.OPEN_ID and USER_ID.fullmatch(wallet.wallet_id):
        raise refuse(
            field.replace("wallet_id", "id_kind"),
            "2088 开头的 16 位数字是用户 ID，不是 open_id：id_kind 须为 user_id",
            "16 digits that start with 2088 are a user id, not an open_id: id_kind should be user_id",
        )
    if wallet.id_kind is WalletIdKind.USER_ID and not USER_ID.fullmatch(wallet.wallet_id):
        raise refuse(field, "用户 ID 为 2088 开头的 16 位数字", "a user id has 16 digits and starts with 2088")


def check_original(original: OriginalPayment) -> None:
    """Check how a refund or a cancellation names its payment."""
    if original.merchant_order_id is not None:
        check_out_trade_no(original.merchant_order_id, "original.merchant_order_id")
    elif original.channel_order_id is not None:
        check_channel_id(original.channel_order_id)


def check_refund(order: RefundOrder) -> None:
    """Check a refund."""
    check_request_no(order.merchant_refund_id, "merchant_refund_id")
    check_original(order.original)
    if order.reason is not None and not 0 < len(order.reason) <= REASON:
        raise refuse("reason", f"1–{REASON} 字符", f"1 to {REASON} characters")
    if order.notify_url is not None:
        raise refuse(
            "notify_url",
            "退款没有自己的通知地址，通知发往原支付的地址",
            "a refund has no address of its own: the payment's is notified",
        )


def check_close(order: CloseOrder) -> None:
    """Check a closing."""
    check_out_trade_no(order.merchant_order_id)


def check_cancel(order: CancelOrder) -> None:
    """Check a cancellation."""
    check_original(order.original)
    if order.notify_url is not None:
        raise refuse("notify_url", "撤销没有通知地址", "a cancellation takes no address")


def check_payout(order: PayoutOrder) -> None:
    """Check a transfer to a wallet or to a bank account."""
    check_request_no(order.merchant_order_id, "merchant_order_id")
    _check_amount(order.amount)
    title = order.purpose or order.remark
    if not title or len(title) > TITLE:
        raise refuse(
            "purpose",
            f"必填（或 remark），不超过 {TITLE} 字符，作为转账标题",
            f"required (or remark), at most {TITLE} characters: the title",
        )
    if order.remark is not None and len(order.remark) > REMARK:
        raise refuse("remark", f"不超过 {REMARK} 字符", f"at most {REMARK} characters")
    if order.notify_url is not None:
        raise refuse(
            "notify_url",
            "转账结果经开放平台的消息服务通知，不接受本参数",
            "transfers are notified by the open platform's message service: leave it empty",
        )
    for name in ("debit_account", "requested_date"):
        if getattr(order, name) is not None:
            raise refuse(
                name, "不支持：总由商户自己的账户即时付款", "not served: it is paid from the merchant's own account, at once"
            )
    payee = order.payee
    if isinstance(payee, Wallet):
        _check_wallet(payee, order.amount)
    elif isinstance(payee, CorporateAccount | PersonalAccount) and not payee.bank_name:
        raise refuse("payee.bank_name", "必填：开户机构名称", "required: the bank's name")
    if (
        isinstance(payee, CorporateAccount)
        and payee.cnaps_code is None
        and not (payee.branch_name and payee.province and payee.city)
    ):
        raise refuse(
            "payee.cnaps_code",
            "对公账户须填联行号，或支行、省、市",
            "a company's account needs the branch's 联行号, or branch_name, province and city",
        )


def _check_wallet(payee: Wallet, amount: Money) -> None:
    if payee.id_kind not in {WalletIdKind.USER_ID, WalletIdKind.LOGIN_ID, WalletIdKind.OPEN_ID}:
        raise refuse("payee.id_kind", "须为 user_id、login_id 或 open_id", "user_id, login_id or open_id")
    _check_user_id(payee, "payee.wallet_id")
    if payee.id_kind is WalletIdKind.LOGIN_ID and payee.name is None:
        raise refuse("payee.name", "按登录号转账必填收款人姓名", "required where the payee is named by his login id")
    if amount.amount < SMALLEST_TRANSFER:
        raise refuse("amount", "转账到支付宝账户至少 0.10 元", "at least 0.10 yuan to an Alipay account")
