"""What TLT wants to know of a payout: the payee's bank, a company's 联行号, texts of GBK. Refused here first, by name.

BANK_CODE (3 to 8 digits) is mandatory in the published field list; UNION_BANK is not, yet companies are not paid without it in
practice (no document could be read that says so: ``union_bank_required`` of the configuration). A 联行号 is never guessed.
"""

import re
from collections.abc import Mapping

from payment_channels.channels.allinpay.checks import check_amount, check_no_others, refuse
from payment_channels.channels.allinpay.config import TltConfig
from payment_channels.channels.allinpay.packets import ENCODING
from payment_channels.model.orders import PayoutBatchOrder, PayoutOrder
from payment_channels.model.parties import AccountKind, BankAccount, CorporateAccount, PersonalAccount

REQ_SN = re.compile(r"[0-9A-Za-z_-]{1,60}")
BANK_CODE = re.compile(r"[0-9]{3,8}")
ACCOUNT_NO = re.compile(r"[0-9A-Za-z-]{1,32}")
CARD_NO = re.compile(r"[0-9]{12,19}")
BUSINESS_CODE = re.compile(r"[0-9]{5}")
INCOMPLETE = "PAYEE_ACCOUNT_INCOMPLETE"
NATIONAL: Mapping[str, str] = {
    "102": "中国工商银行",
    "103": "中国农业银行",
    "104": "中国银行",
    "105": "中国建设银行",
    "301": "交通银行",
    "302": "中信银行",
    "303": "中国光大银行",
    "304": "华夏银行",
    "305": "中国民生银行",
    "306": "广发银行",
    "308": "招商银行",
    "309": "兴业银行",
    "310": "浦发银行",
}
"""The first three digits of a 联行号: the class of the bank (tests/vectors/allinpay/cnaps_bank_numbers.json). BANK_CODE is taken
to be the same class after a zero, as in 0102; other codes are not compared."""


def bank_code_of(config: TltConfig, payee: BankAccount) -> str | None:
    """Return Allinpay's code of the payee's bank: as given, or what the configuration has for the bank of the 联行号."""
    return payee.bank_code or config.bank_codes.get((payee.cnaps_code or "")[:3])


def check_payout(config: TltConfig, order: PayoutOrder) -> None:
    """Check a single payout."""
    check_number(order.merchant_order_id, "merchant_order_id")
    _check_line(config, order, "")


def check_batch(config: TltConfig, order: PayoutBatchOrder) -> None:
    """Check a batch: every line, by its place; one business code serves them all."""
    check_number(order.merchant_batch_id, "merchant_batch_id")
    for place, line in enumerate(order.lines):
        if "BUSINESS_CODE" in line.channel_fields:
            raise refuse(
                f"lines.{place}.channel_fields.BUSINESS_CODE",
                "批量只有一个业务代码，请在配置 business_code 中设置",
                "a batch has one business code: set business_code in the configuration",
            )
        _check_line(config, line, f"lines.{place}.")


def check_number(value: str | None, field: str) -> str:
    """REQ_SN: unique among all requests of the merchant, and the number that a query finds it by."""
    if value is None or not REQ_SN.fullmatch(value):
        raise refuse(field, "须为 1–60 位数字、字母、- 或 _", "1 to 60 letters, digits, - or _")
    return value


def _check_line(config: TltConfig, order: PayoutOrder, at: str) -> None:
    check_amount(order.amount.amount, f"{at}amount")
    check_no_others(
        [
            (f"{at}sub_merchant", order.sub_merchant),
            (f"{at}debit_account", order.debit_account),
            (f"{at}requested_speed", order.requested_speed),
            (f"{at}requested_date", order.requested_date),
        ]
    )
    payee = order.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  the capabilities name no other
    _check_bank(config, payee, at)
    if isinstance(payee, PersonalAccount):
        _check_person(payee, at)
    elif not ACCOUNT_NO.fullmatch(payee.account_no):
        raise refuse(f"{at}payee.account_no", "须为 1–32 位数字、字母或 -", "1 to 32 digits, letters or -")
    code = order.channel_fields.get("BUSINESS_CODE")
    if code is not None and not BUSINESS_CODE.fullmatch(str(code)):
        raise refuse(f"{at}channel_fields.BUSINESS_CODE", "须为 5 位数字", "5 digits")
    texts = {"payee.name": payee.name, "purpose": order.purpose, "remark": order.remark}
    texts["channel_fields.CUST_USERID"] = str(order.channel_fields.get("CUST_USERID") or "")
    for name, text in texts.items():
        _check_text(text, f"{at}{name}")


def _check_bank(config: TltConfig, payee: BankAccount, at: str) -> None:
    code = bank_code_of(config, payee)
    if code is None:
        raise refuse(
            f"{at}payee.bank_code",
            "必填：通联的银行代码（BANK_CODE），如 0102；也可在配置 bank_codes 中按联行号前三位给出",
            "required: Allinpay's BANK_CODE, such as 0102; or bank_codes in the configuration, by the first digits of a 联行号",
            canonical=INCOMPLETE,
        )
    if not BANK_CODE.fullmatch(code):
        raise refuse(
            f"{at}payee.bank_code",
            "须为通联的 3–8 位银行代码；12 位联行号请填 cnaps_code",
            "Allinpay's code of 3 to 8 digits; a 联行号 of 12 digits goes into cnaps_code",
        )
    company = isinstance(payee, CorporateAccount)
    if company and payee.cnaps_code is None and config.union_bank_required:
        raise refuse(
            f"{at}payee.cnaps_code",
            "对公付款必填：开户行联行号（UNION_BANK）。请向收款方索取，SDK 不会猜",
            "required to pay a company: the branch's 联行号 (UNION_BANK). Ask the payee for it; it is never guessed",
            canonical=INCOMPLETE,
        )
    told, meant = (payee.cnaps_code or "")[:3], code.lstrip("0")
    if told in NATIONAL and meant in NATIONAL and told != meant:
        raise refuse(
            f"{at}payee.cnaps_code",
            f"与 bank_code 矛盾：联行号是{NATIONAL[told]}的，银行代码是{NATIONAL[meant]}的",
            f"contradicts bank_code: the 联行号 is of bank class {told}, the code of {meant}",
            canonical="PAYEE_ACCOUNT_CONTRADICTORY",
        )


def _check_person(payee: PersonalAccount, at: str) -> None:
    card = payee.account_kind is not AccountKind.PASSBOOK
    if card and not CARD_NO.fullmatch(payee.account_no):
        raise refuse(f"{at}payee.account_no", "须为 12–19 位数字的卡号", "a card number of 12 to 19 digits")
    if not card and not ACCOUNT_NO.fullmatch(payee.account_no):
        raise refuse(f"{at}payee.account_no", "须为 1–32 位数字、字母或 -", "1 to 32 digits, letters or -")
    if (payee.id_no is None) is not (payee.id_type is None):
        raise refuse(
            f"{at}payee.id_type", "证件号与证件类型须同时提供或都不提供", "an id number goes with its type, or neither is given"
        )
    for name, text in (("id_type", payee.id_type), ("id_no", payee.id_no), ("mobile", payee.mobile)):
        if text is not None and not ACCOUNT_NO.fullmatch(text):
            raise refuse(f"{at}payee.{name}", "须为 1–32 位数字、字母或 -", "1 to 32 digits, letters or -")


def _check_text(text: str | None, field: str) -> None:
    """A text is written in GBK, without control characters, which XML cannot carry."""
    if text is None:
        return
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        raise refuse(field, "含 GBK 没有的字符", "it has a character that GBK lacks") from None
    if not text.isprintable():
        raise refuse(field, "不能有换行等控制字符", "without line ends and other control characters")
    if text != text.strip():
        raise refuse(field, "首尾不能有空格", "without blanks at its ends")
