"""What is refused before anything is sent, with the field's name: the document's lengths and forms, and what contradicts itself.

Lengths count as GBK does, two for a Chinese character: the document says so of Content-Length and not of its fields, so the
stricter reading is taken (assumed).
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from payment_channels.channels.cib.config import CibConfig
from payment_channels.channels.cib.fox import flaw_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.orders import PayoutOrder, Speed
from payment_channels.model.parties import AccountKind, BankAccount, CorporateAccount, PersonalAccount
from payment_channels.model.refusals import InvalidRequestError, NotSupportedError, RefusedError

TRNUID = re.compile(r"[0-9A-Za-z]{1,30}")
ORDERNO = re.compile(r"[0-9A-Za-z]{1,32}")
BATCH = "ASYNBATCHMRCHAGENTTRNRQ"
ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,32}")
OWN_ACCOUNT = re.compile(r"[0-9]{18}")
NAME, BANK, CITY, MEMO, MERCHANT_NAME = 120, 120, 30, 60, 60
PURPOSES = {"XFERTRNRQ": 60, "MAGENTPAYTRNRQ": 50, "ICTRANSFERTRNRQ": 60, BATCH: 60}
MOST_FEN = 10**17  # (17,2)
OWN_BANK = "309"
"""The class of CIB in the 12-digit bank number (309391000011 is its head office)."""
BY = {"XFER": "XFERTRNRQ", "MAGENTPAY": "MAGENTPAYTRNRQ", "ICTRANSFER": "ICTRANSFERTRNRQ"}
INTERFACE, WITHIN, SAME_CITY = "interface", "INTERBANK", "LOCAL"
YES_NO = frozenset({"Y", "N"})


refuse = InvalidRequestError.of_field
unserved = NotSupportedError.of_field


def check_trnuid(value: str | None, field: str) -> str:
    """TRNUID: at most 30 letters and digits (the document gives the length; the signs are those of its examples)."""
    if value is None or not TRNUID.fullmatch(value):
        raise refuse(field, "须为 1–30 位数字或字母（TRNUID）", "1 to 30 letters or digits (TRNUID)")
    return value


def check_text(value: str | None, field: str, longest: int) -> None:
    """Refuse a text that the wire cannot carry."""
    if value is None:
        return
    flaw = flaw_of(value)
    if flaw:
        raise refuse(field, *flaw)
    if not value.strip() or value != value.strip():
        raise refuse(field, "不能为空，首尾不能有空格", "not empty, and without blanks around it")
    if len(value.encode("gbk")) > longest:
        raise refuse(
            field, f"按 GBK 不超过 {longest} 字节（汉字计 2）", f"at most {longest} bytes in GBK (2 a Chinese character)"
        )


def check_no_others(given: Iterable[tuple[str, object]]) -> None:
    """Refuse fields that this interface of the bank has no place for: who gives them expects that they count."""
    for field, value in given:
        if value is not None:
            raise unserved(field, "该接口没有对应字段", "this interface has no field for it")


def interface_of(order: PayoutOrder) -> str:
    """Return by which interface an order goes: a transfer, 收付直通车代付 (MAGENTPAY) or 快速转账 (ICTRANSFER)."""
    given = order.channel_fields.get(INTERFACE, "XFER")
    if given not in BY:
        raise refuse(f"channel_fields.{INTERFACE}", f"可用：{'、'.join(BY)}", f"it takes: {', '.join(BY)}")
    return BY[str(given)]


def check_payout(order: PayoutOrder, config: CibConfig, today: date) -> None:
    """Check a payout by itself, by any interface; ``today`` is Beijing's."""
    interface = interface_of(order)
    check_trnuid(order.merchant_order_id, "merchant_order_id")
    _check_yes_no(order)
    check_common(order, interface)
    check_debit(order)
    if interface == "MAGENTPAYTRNRQ":
        _check_agent(order, config)
    else:
        _check_transfer(order, config, today)
        if interface == BY["ICTRANSFER"]:
            _check_fast(order, config)


def check_debit(order: PayoutOrder) -> None:
    """The account that pays, where the order names one."""
    if order.debit_account is not None and not OWN_ACCOUNT.fullmatch(order.debit_account):
        raise refuse("debit_account", "须为 18 位数字的本行账号", "an account of this bank, 18 digits")


def check_common(order: PayoutOrder, interface: str) -> None:
    """What payouts by all interfaces have in common, a batch's lines too."""
    if order.amount.amount >= MOST_FEN:
        raise refuse("amount", "整数部分不超过 15 位（元）", "at most 15 digits of yuan")
    check_no_others(
        [("sub_merchant", order.sub_merchant), ("notify_url", order.notify_url), ("end_to_end_id", order.end_to_end_id)]
    )
    if order.purpose is None:
        raise refuse("purpose", "必填：用途（PURPOSE）", "required (PURPOSE)")
    check_text(order.purpose, "purpose", PURPOSES[interface])
    payee = order.payee
    assert isinstance(payee, PersonalAccount | CorporateAccount)  # noqa: S101  the capabilities name no other
    check_payee(payee)


def check_payee(payee: PersonalAccount | CorporateAccount) -> None:
    """What is known of the payee's account, within the document's lengths."""
    if not ACCOUNT.fullmatch(payee.account_no):
        raise refuse("payee.account_no", "须为 1–32 位数字、字母或 -", "1 to 32 digits, letters or -")
    check_text(payee.name, "payee.name", NAME)
    check_text(bank_of(payee), "payee.branch_name" if payee.branch_name else "payee.bank_name", BANK)
    check_text(payee.city, "payee.city", CITY)
    check_no_others([("payee.bank_code", payee.bank_code), ("payee.province", payee.province)])
    if isinstance(payee, PersonalAccount):
        check_no_others([("payee.id_type", payee.id_type), ("payee.id_no", payee.id_no), ("payee.mobile", payee.mobile)])


def bank_of(payee: BankAccount) -> str | None:
    """BANKDESC: the branch's name where there is one, else the bank's."""
    return payee.branch_name or payee.bank_name


def within_the_bank(order: PayoutOrder) -> bool:
    """Say whether the payee's account is CIB's own (INTERBANK=Y): by its bank number, or as the order says; never guessed."""
    number, said = order.payee.cnaps_code if isinstance(order.payee, BankAccount) else None, order.channel_fields.get(WITHIN)
    by_number = None if number is None else number.startswith(OWN_BANK)
    if by_number is None and said is None:
        raise refuse(
            "payee.cnaps_code",
            "必填联行号，或以 channel_fields.INTERBANK 写明是否兴业银行账户（Y/N）",
            "required, or say by channel_fields.INTERBANK whether the account is CIB's (Y or N)",
        )
    if by_number is not None and said is not None and by_number is not (said == "Y"):
        raise refuse(
            f"channel_fields.{WITHIN}",
            "与联行号矛盾：309 开头为兴业银行",
            "it contradicts payee.cnaps_code: CIB's numbers begin with 309",
        )
    return by_number if by_number is not None else said == "Y"


def _check_yes_no(order: PayoutOrder) -> None:
    for name in (WITHIN, SAME_CITY):
        if order.channel_fields.get(name, "N") not in YES_NO:
            raise refuse(f"channel_fields.{name}", "可用：Y、N", "it takes: Y, N")


def _check_transfer(order: PayoutOrder, config: CibConfig, today: date) -> None:
    check_text(order.remark, "remark", MEMO)
    check_no_others([("channel_fields.MRCHNAME", order.channel_fields.get("MRCHNAME"))])
    own = within_the_bank(order)
    payee = order.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  check_common has looked
    if not own:
        needed = (("payee.bank_name", bank_of(payee), "开户行名称"), ("payee.city", payee.city, "开户行城市"))
        for field, value, zh in needed:
            if value is None:
                raise refuse(field, f"跨行转账必填：{zh}", "required for another bank's account")
    if order.requested_date is not None and order.requested_date < today:
        raise refuse("requested_date", "不能早于今天（北京时间）", "not before today in Beijing")
    if order.requested_speed not in {None, Speed.REAL_TIME}:
        raise unserved("requested_speed", "只可选 real_time（跨行时为超级网银）", "real_time alone can be asked for")
    if is_super(order):
        _check_super(order, config)


def is_super(order: PayoutOrder) -> bool:
    """Whether an order goes by 超级网银 (PMTMODE=SUPER): real time, to another bank."""
    return order.requested_speed is Speed.REAL_TIME and interface_of(order) == BY["XFER"] and not within_the_bank(order)


def _check_super(order: PayoutOrder, config: CibConfig) -> None:
    if isinstance(order.payee, BankAccount) and order.payee.cnaps_code is None:
        raise refuse("payee.cnaps_code", "超级网银必填：收款行行号", "required by the super network: the payee bank's number")
    if order.requested_date is not None:
        raise refuse("requested_date", "与 requested_speed 矛盾：实时不能定期", "it contradicts requested_speed: real time")
    if order.amount.amount > config.super_limit:
        yuan = text_of_minor(config.super_limit)
        raise RefusedError.because(
            f"amount：超级网银单笔不超过 {yuan} 元，请去掉 requested_speed",
            f"amount: the super network takes at most {yuan} yuan: leave requested_speed out",
            field="amount",
            canonical="AMOUNT_OUT_OF_RANGE",
        )


def _check_fast(order: PayoutOrder, config: CibConfig) -> None:
    """快速转账 names the account that pays by its name too, and knows no 超级网银."""
    check_no_others([("requested_speed", order.requested_speed)])
    if config.acct_name is None:
        raise refuse(
            f"channel_fields.{INTERFACE}",
            "快速转账需要配置 acct_name（付款户名）",
            "ICTRANSFER needs acct_name in the configuration: the name of the account that pays",
        )
    if order.debit_account not in {None, config.acct_id}:
        raise unserved("debit_account", "快速转账只能从所配置的账户付出", "ICTRANSFER is paid from the configured account alone")


def _check_agent(order: PayoutOrder, config: CibConfig) -> None:
    if config.mrch_no is None:
        raise refuse(
            f"channel_fields.{INTERFACE}",
            "收付直通车需要配置 mrch_no",
            "MAGENTPAY needs mrch_no in the configuration",
        )
    check_no_others(
        [
            ("remark", order.remark),
            ("requested_date", order.requested_date),
            ("requested_speed", order.requested_speed),
        ]
    )
    check_merchant_name(order)
    check_account_type(order)
    check_bank(order)


def check_merchant_name(order: PayoutOrder) -> None:
    """MRCHNAME, 二级商户名称."""
    name = order.channel_fields.get("MRCHNAME")
    if name is not None:
        check_text(str(name), "channel_fields.MRCHNAME", MERCHANT_NAME)


def check_account_type(order: PayoutOrder) -> None:
    """ACCTTYPE knows debit cards, credit cards and companies' accounts; a passbook is none of them."""
    if isinstance(order.payee, PersonalAccount) and order.payee.account_kind is AccountKind.PASSBOOK:
        raise unserved("payee.account_kind", "收付直通车不支持存折", "MAGENTPAY takes no passbooks")


def check_bank(order: PayoutOrder, *, name_always: bool = True) -> None:
    """收付直通车 wants the payee bank's number and its name; in a batch the name of another bank alone (跨行必输)."""
    payee = order.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  check_common has looked
    if payee.cnaps_code is None:
        raise refuse("payee.cnaps_code", "必填：收款行行号（BANKNUM）", "required: the payee bank's number (BANKNUM)")
    own = within_the_bank(order)
    if bank_of(payee) is None and (name_always or not own):
        raise refuse("payee.bank_name", "必填：收款行名称（BANKDESC）", "required: the payee bank's name (BANKDESC)")


@contextmanager
def within(place: str) -> Iterator[None]:
    """Let a refusal within say which line it is about.

    Raises:
        RefusedError: the one that was raised within, its field and texts beginning with ``place``.
    """
    try:
        yield
    except RefusedError as refusal:
        told = refusal.meaning
        meaning = replace(told, zh=f"{place}：{told.zh}", en=f"{place}: {told.en}")
        raise type(refusal)(meaning, field=f"{place}.{refusal.field}") from None


def check_line(line: PayoutOrder) -> None:
    """Check one line of a batch."""
    if not ORDERNO.fullmatch(line.merchant_order_id):
        raise refuse("merchant_order_id", "须为 1–32 位数字或字母（订单号）", "1 to 32 letters or digits (ORDERNO)")
    _check_yes_no(line)
    check_common(line, BATCH)
    check_no_others([("remark", line.remark), ("requested_date", line.requested_date), ("requested_speed", line.requested_speed)])
    check_debit(line)
    check_merchant_name(line)
    check_account_type(line)
    check_bank(line, name_always=False)
    payee = line.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  check_common has looked
    columns = (("purpose", line.purpose), ("payee.name", payee.name), ("payee.bank_name", bank_of(payee)))
    for field, value in (*columns, ("channel_fields.MRCHNAME", line.channel_fields.get("MRCHNAME"))):
        if "|" in str(value or ""):
            raise refuse(field, "不能含 |：它是批量明细的分隔符", "without |, which parts the columns of a line")
