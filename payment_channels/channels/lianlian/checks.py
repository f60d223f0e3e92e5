"""What LianLian would refuse, or would pay to another account than was meant, is refused here first, naming the field.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-apply-API.md (widths, what is required), docs/instant-payment.md
(codes of banks); LianLianPay/LLP-YT-Java@28ec8020 params/instantpay/PaymentParams.java (5W以上必传). Where no page gives a set of
characters or a width, the usual one of accounts and numbers is taken; the channel's page says which.
"""

import re
from collections.abc import Iterable

from payment_channels.codec.addresses import parts_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.orders import ConfirmPayoutOrder, PayoutOrder, Speed
from payment_channels.model.parties import AccountKind, BankAccount, CorporateAccount, PersonalAccount
from payment_channels.model.queries import BalanceQuery, PayoutQuery
from payment_channels.model.refusals import InvalidRequestError, NotSupportedError

NO_ORDER = re.compile(r"[0-9A-Za-z_-]{1,32}")
OID_PAYBILL = re.compile(r"[0-9A-Za-z]{1,18}")
CONFIRM_CODE = re.compile(r"[0-9A-Za-z]{1,6}")
CARD = re.compile(r"[0-9]{12,19}")
COMPANY_ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,64}")
BANK_CODE = re.compile(r"[0-9]{8}")
CITY_CODE = re.compile(r"[0-9]{6}")
MEMO = re.compile(r"[0-9A-Za-z_\u4e00-\u9fa5-]{1,24}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
INFO_LENGTH, URL_LENGTH = 255, 128
MOST_FEN = 100_000_000_00
PURPOSE_NEEDED_FROM = 50_000_00
CNAPS_CLASSES = {
    "01020000": "102",
    "01030000": "103",
    "01040000": "104",
    "01050000": "105",
    "03010000": "301",
    "03020000": "302",
    "03030000": "303",
    "03040000": "304",
    "03050000": "305",
    "03060000": "306",
    "03070000": "307",
    "03080000": "308",
    "03100000": "310",
}
"""The bank class that a branch's 联行号 begins with, of the banks for which LianLian's code and that class are both published."""
_CODES = {cnaps_class: code for code, cnaps_class in CNAPS_CLASSES.items()}


def bank_code_of(payee: BankAccount) -> str | None:
    """Return LianLian's code of the payee's bank: as given, or the published one of the bank that the 联行号 is of.

    A core that names banks by their 联行号 alone can thus send the same order through any channel.
    """
    return payee.bank_code or _CODES.get((payee.cnaps_code or "")[:3])


refuse = InvalidRequestError.of_field
unserved = NotSupportedError.of_field


def check_payout(order: PayoutOrder) -> None:
    """Check a payout: its number, amount and words, and whether the payee's account is whole and in itself consistent."""
    _check_number(order.merchant_order_id)
    if order.amount.amount > MOST_FEN:
        most = text_of_minor(MOST_FEN)
        raise refuse("amount", f"不超过 {most} 元", f"at most {most} yuan")
    _check_no_others(
        [
            ("sub_merchant", order.sub_merchant),
            ("debit_account", order.debit_account),
            ("requested_date", order.requested_date),
            ("requested_speed", None if order.requested_speed is Speed.REAL_TIME else order.requested_speed),
        ]
    )
    _check_url(order.notify_url)
    _check_words(order)
    payee = order.payee
    assert isinstance(payee, PersonalAccount | CorporateAccount)  # noqa: S101  the capabilities name no other
    if isinstance(payee, PersonalAccount):
        _check_card(payee)
    else:
        _check_company(payee)
    _check_bank(payee)


def check_confirmation(order: ConfirmPayoutOrder) -> None:
    """Check a confirmation."""
    _check_number(order.merchant_order_id)
    if not CONFIRM_CODE.fullmatch(order.confirm_code):
        raise refuse(
            "confirm_code", "须为付款应答中的确认码，至多 6 位", "the code that the payout was answered with, at most 6 signs"
        )
    _check_url(order.notify_url)


def check_query(asked: PayoutQuery) -> None:
    """Check a query: by the merchant's number, or by LianLian's where that is not known."""
    _check_no_others([("sub_merchant", asked.sub_merchant)])
    if asked.merchant_order_id is not None:
        _check_number(asked.merchant_order_id)
    elif not OID_PAYBILL.fullmatch(asked.channel_order_id or ""):
        raise refuse(
            "channel_order_id", "须为连连支付单号 oid_paybill，至多 18 位", "an oid_paybill of at most 18 digits and letters"
        )


def check_balance(asked: BalanceQuery) -> None:
    """Check a question for the balance: a merchant has one account."""
    _check_no_others([("account", asked.account), ("account_kind", asked.account_kind), ("sub_merchant", asked.sub_merchant)])


def _check_number(number: str) -> None:
    if not NO_ORDER.fullmatch(number):
        raise refuse("merchant_order_id", "须为 1–32 位数字、字母或 _ -", "1 to 32 digits, letters or _ -")


def _check_no_others(given: Iterable[tuple[str, object]]) -> None:
    for name, value in given:
        if value is not None:
            raise unserved(name, "连连支付没有这一项", "LianLian has no such thing")


def _check_url(url: str | None) -> None:
    if url is None or len(url) > URL_LENGTH or parts_of(url) is None:
        raise refuse(
            "notify_url",
            f"必填：http 或 https 地址，至多 {URL_LENGTH} 位",
            f"required: an http or https address of at most {URL_LENGTH} characters",
        )


def _check_words(order: PayoutOrder) -> None:
    """Check info_order, which comes back with every answer, and memo, which the payee's bank may show."""
    purpose = order.purpose
    if not purpose and order.amount.amount >= PURPOSE_NEEDED_FROM:
        least = text_of_minor(PURPOSE_NEEDED_FROM)
        raise refuse("purpose", f"{least} 元起必填付款用途", f"required from {least} yuan on")
    if purpose and (len(purpose) > INFO_LENGTH or "&" in purpose or CONTROL.search(purpose)):
        raise refuse(
            "purpose",
            f"至多 {INFO_LENGTH} 字，不含 & 与控制字符",
            f"at most {INFO_LENGTH} characters, without & and control characters",
        )
    if order.remark is None or not MEMO.fullmatch(order.remark):
        raise refuse(
            "remark",
            "必填：1–24 个汉字、字母、数字或 _ -，其他字符会被连连支付滤去",
            "required: 1 to 24 Chinese characters, letters, digits or _ -; LianLian drops any other",
        )


def _check_card(payee: PersonalAccount) -> None:
    if payee.account_kind is not AccountKind.DEBIT_CARD:
        raise unserved("payee.account_kind", "对私只付借记卡", "of persons' accounts, debit cards alone are paid")
    if not CARD.fullmatch(payee.account_no):
        raise refuse("payee.account_no", "须为 12–19 位数字的卡号", "a card number of 12 to 19 digits")


def _check_company(payee: CorporateAccount) -> None:
    if not COMPANY_ACCOUNT.fullmatch(payee.account_no):
        raise refuse("payee.account_no", "须为数字、字母或 -", "digits, letters or -")
    if bank_code_of(payee) is None:
        raise refuse(
            "payee.bank_code",
            "对公付款必填：连连支付的 8 位银行编码，例如 01040000；全国性银行给出联行号 cnaps_code 亦可",
            "required for a company's account: LianLian's code of the bank, 8 digits such as 01040000, or the cnaps_code of a "
            "national bank",
        )


def _check_bank(payee: BankAccount) -> None:
    """Check what is said of the bank. A 联行号 that is missing stays missing: it is never guessed from bank, branch or city."""
    if payee.bank_code is not None and not BANK_CODE.fullmatch(payee.bank_code):
        raise refuse("payee.bank_code", "须为连连支付的 8 位银行编码", "LianLian's code of the bank, 8 digits")
    if payee.city is not None and not CITY_CODE.fullmatch(payee.city):
        raise refuse("payee.city", "须为 6 位地区编码，不是名称", "the region's code, 6 digits, and not its name")
    for name, text in (("name", payee.name), ("bank_name", payee.bank_name), ("branch_name", payee.branch_name)):
        if text is not None and (not text.strip() or CONTROL.search(text)):
            raise refuse(f"payee.{name}", "不得为空白或含控制字符", "neither blank nor with control characters")
    wanted = CNAPS_CLASSES.get(payee.bank_code or "")
    if wanted is not None and payee.cnaps_code is not None and not payee.cnaps_code.startswith(wanted):
        raise refuse(
            "payee.cnaps_code",
            f"与 bank_code 不是同一家银行：{payee.bank_code} 的联行号以 {wanted} 开头",
            f"another bank's than bank_code: branches of {payee.bank_code} have numbers that begin with {wanted}",
            canonical="PAYEE_ACCOUNT_CONTRADICTORY",
        )
