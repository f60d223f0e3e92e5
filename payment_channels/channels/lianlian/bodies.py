"""The fields of each request, made of orders and queries.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-apply-API.md and its siblings, LianLianPay/LLP-YT-Java@28ec8020
params/instantpay/PaymentParams.java. Where they contradict each other: flag_card is 0 (对私) and 1 (对公), as the SDK and the
sample have it, and not 1 and 2 of the page's text; a query names api_version, as SDK and sample do, not query_version; the
balance is asked for by api_version 1.0, theirs again, and a confirmation by 1.1, the page's, since no SDK has one.
"""

from collections.abc import Mapping

from payment_channels.channels.lianlian.checks import bank_code_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.orders import ConfirmPayoutOrder, PayoutOrder
from payment_channels.model.parties import CorporateAccount, PersonalAccount
from payment_channels.model.queries import PayoutQuery

PERSONAL, CORPORATE = "0", "1"
PAYS, ASKS = "1.1", "1.0"
"""api_version of payments and confirmations, and of queries and the balance."""


def payout(order: PayoutOrder, wire: Mapping[str, str]) -> dict[str, str]:
    """付款申请: to a personal debit card or to a company's account."""
    payee = order.payee
    assert isinstance(payee, PersonalAccount | CorporateAccount)  # noqa: S101  the capabilities name no other
    return {
        "oid_partner": wire["oid_partner"],
        "api_version": PAYS,
        "no_order": order.merchant_order_id,
        "dt_order": wire["dt_order"],
        "money_order": text_of_minor(order.amount.amount),
        "card_no": payee.account_no,
        "acct_name": payee.name,
        "flag_card": CORPORATE if isinstance(payee, CorporateAccount) else PERSONAL,
        "bank_code": bank_code_of(payee) or "",
        "bank_name": payee.bank_name or "",
        "prcptcd": payee.cnaps_code or "",
        "brabank_name": payee.branch_name or "",
        "city_code": payee.city or "",
        "info_order": order.purpose or "",
        "memo": order.remark or "",
        "notify_url": order.notify_url or "",
    }


def confirm(order: ConfirmPayoutOrder, wire: Mapping[str, str]) -> dict[str, str]:
    """确认付款."""
    return {
        "oid_partner": wire["oid_partner"],
        "api_version": PAYS,
        "no_order": order.merchant_order_id,
        "confirm_code": order.confirm_code,
        "notify_url": order.notify_url or "",
    }


def query(oid_partner: str, asked: PayoutQuery) -> dict[str, str]:
    """付款结果查询: by the merchant's number, else by LianLian's."""
    by_ours = asked.merchant_order_id is not None
    return {
        "oid_partner": oid_partner,
        "api_version": ASKS,
        "no_order": asked.merchant_order_id or "",
        "oid_paybill": "" if by_ours else asked.channel_order_id or "",
    }


def balance(oid_partner: str) -> dict[str, str]:
    """账户余额查询."""
    return {"oid_partner": oid_partner, "api_version": ASKS}
