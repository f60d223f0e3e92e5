"""The content of each payout's request, made of orders; the tables of the envelope give its order."""

import hashlib
from collections.abc import Mapping
from typing import Any

from payment_channels.channels.cib import checks
from payment_channels.channels.cib.config import CibConfig
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import AccountKind, BankAccount, CorporateAccount, PersonalAccount

DEBIT, CREDIT, COMPANY = "0", "1", "2"
"""ACCTTYPE: 储蓄卡, 信用卡, 企业账户."""


def account_mark(number: str, account_no: str) -> str:
    """Return a short mark of an account, so that another one under the same number can be told from it.

    It is kept in ``Prepared.wire``, where an account number may not stand.
    """
    return hashlib.sha256(f"{number}|{account_no}".encode()).hexdigest()[:8]


def debit(config: CibConfig, order: PayoutOrder) -> dict[str, str]:
    """ACCTFROM: the order's account, else the configuration's with its name."""
    if order.debit_account not in {None, config.acct_id}:
        return {"ACCTID": order.debit_account or ""}
    name = {"NAME": config.acct_name} if config.acct_name else {}
    return {"ACCTID": config.acct_id, **name}


def transfer(config: CibConfig, order: PayoutOrder) -> Mapping[str, Any]:
    """XFERTRNRQ. What is not known of an account within the bank is sent empty, as the document's example has it."""
    payee = _account(order)
    info: dict[str, Any] = {
        "ACCTFROM": debit(config, order),
        "ACCTTO": {
            **_where(order),
            "ACCTID": payee.account_no,
            "NAME": payee.name,
            "BANKDESC": checks.bank_of(payee) or "",
            "BANKNUM": payee.cnaps_code or "",
            "CITY": payee.city or "",
        },
        "TRNAMT": text_of_minor(order.amount.amount),
        "PURPOSE": order.purpose,
    }
    if checks.is_super(order):
        info["PMTMODE"] = "SUPER"
    if order.requested_date is not None:
        info["DTDUE"] = order.requested_date.isoformat()
    if order.remark is not None:
        info["MEMO"] = order.remark
    return {"TRNUID": order.merchant_order_id, "XFERRQ": {"XFERINFO": info}}


def fast(config: CibConfig, order: PayoutOrder) -> Mapping[str, Any]:
    """ICTRANSFERTRNRQ (快速转账): a transfer without a workflow; what is not known of the payee's bank is left out."""
    payee = _account(order)
    bank = {"BANKDESC": checks.bank_of(payee), "BANKNUM": payee.cnaps_code, "CITY": payee.city}
    known = {name: text for name, text in bank.items() if text is not None}
    info: dict[str, Any] = {
        "ACCTFROM": debit(config, order),
        "ACCTTO": {**_where(order), "ACCTID": payee.account_no, "NAME": payee.name, **known},
        "TRNAMT": text_of_minor(order.amount.amount),
        "PURPOSE": order.purpose,
    }
    if order.remark is not None:
        info["MEMO"] = order.remark
    if order.requested_date is not None:
        info["DTDUE"] = order.requested_date.isoformat()
    return {"TRNUID": order.merchant_order_id, "XMPTRQ": {"XFERINFO": info}}


def agent(config: CibConfig, order: PayoutOrder) -> Mapping[str, Any]:
    """MAGENTPAYTRNRQ: TRNUID and ORDERNO are the same number."""
    payee = _account(order)
    to = {
        **_where(order),
        "ACCTID": payee.account_no,
        "NAME": payee.name,
        "BANKDESC": checks.bank_of(payee),
        "BANKNUM": payee.cnaps_code,
        "ACCTTYPE": account_type(order),
    }
    info: dict[str, Any] = {
        "MRCHNO": config.mrch_no,
        "ORDERNO": order.merchant_order_id,
        "ACCTFROM": debit(config, order),
        "ACCTTO": {**to, "CITY": payee.city} if payee.city else to,
        "TRNAMT": text_of_minor(order.amount.amount),
        "PURPOSE": order.purpose,
    }
    name = order.channel_fields.get("MRCHNAME")
    if name is not None:
        info["MRCHNAME"] = str(name)
    return {"TRNUID": order.merchant_order_id, "MAGENTPAYRQ": {"MAGENTPAYINFO": info}}


def account_type(order: PayoutOrder) -> str:
    """ACCTTYPE of the payee."""
    if isinstance(order.payee, CorporateAccount):
        return COMPANY
    assert isinstance(order.payee, PersonalAccount)  # noqa: S101  prepare checked it; nothing has been sent
    return CREDIT if order.payee.account_kind is AccountKind.CREDIT_CARD else DEBIT


def _where(order: PayoutOrder) -> dict[str, str]:
    """INTERBANK: an account of CIB's own. LOCAL: in the same city, as the order says."""
    return {
        "INTERBANK": "Y" if checks.within_the_bank(order) else "N",
        "LOCAL": str(order.channel_fields.get(checks.SAME_CITY, "N")),
    }


def _account(order: PayoutOrder) -> BankAccount:
    assert isinstance(order.payee, BankAccount)  # noqa: S101  prepare checked it; nothing has been sent
    return order.payee
