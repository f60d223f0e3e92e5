"""The table of Alipay against its witness, the collected errors, and against expectations written from the pages."""

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from error_codes import translate

ROOT = Path(__file__).parents[2]
WITNESS = ROOT / "tests" / "vectors" / "alipay" / "alipay_errors.csv"
TABLE = ROOT / "error_codes" / "channels" / "alipay.toml"

OPERATIONS = {
    "alipay.trade.pay": "pay.bar_code",
    "alipay.trade.precreate": "pay.precreate",
    "alipay.trade.create": "pay.create",
    "alipay.trade.page.pay": "pay.page",
    "alipay.trade.wap.pay": "pay.wap",
    "alipay.trade.app.pay": "pay.app",
    "alipay.trade.query": "query",
    "alipay.trade.close": "close",
    "alipay.trade.cancel": "cancel",
    "alipay.trade.refund": "refund",
    "alipay.trade.fastpay.refund.query": "query_refund",
    "alipay.fund.trans.uni.transfer": "payout",
    "alipay.fund.trans.common.query": "query_payout",
    "alipay.fund.account.query": "balance",
    "alipay.data.dataservice.bill.downloadurl.query": "bill",
}
GATEWAY = "gateway (v2)"
NOT_USED = {"gateway (v3 common)", "client resultStatus (app/wap SDK)", "alipay.trade.refund.apply"}
BUSINESS = "40004"
HANDED_OVER = {"pay.page", "pay.wap", "pay.app"}
EVERY = ("pay.bar_code", "pay.precreate", "pay.create", "query", "close", "cancel", "refund", "query_refund", "payout")
MISSPELT = ("AQC.SYSTEM_ERROR", "TRADE_NOT_EXIST", "INVAILID_ARGUMENTS", "PAYEE_ACCOUNT_NOT_EXSIT", "CURREBT_AFTER_INVALID_TIME")


def load() -> dict[str, list[dict[str, Any]]]:
    """Read the table as it is written, without the package that reads it for the SDK."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return table


def collected() -> list[dict[str, str]]:
    with WITNESS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rows() -> list[dict[str, Any]]:
    table = load()
    return [*table["states"], *table["codes"]]


def wanted(line: dict[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Name the (operation, code, sub_code) that one collected line must be found under."""
    api, code = line["api"], line["code"]
    if api in OPERATIONS:
        yield OPERATIONS[api], BUSINESS, code
    elif code in {"10000", "10003"}:
        yield "pay.bar_code", code, None
    elif code.startswith("("):
        yield "refund", BUSINESS, None  # "(ACQ.* / method codes)": the code by itself
    else:
        gateway_code = line["http_status"].split("code ")[1][:5]
        yield from ((operation, gateway_code, code) for operation in EVERY)


def test_the_witness_is_whole_and_every_line_has_one_code() -> None:
    assert len(collected()) == 653
    assert not [line for line in collected() if "," in line["code"]], "two codes in one line"


def test_every_collected_line_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    named = {(operation, row.get("sub_code")) for row in rows() for operation in row["operations"]}
    for line in collected():
        api, code = line["api"], line["code"]
        assert ((api, code) in unused) == (api in NOT_USED or code.startswith("isv.invalid-file") or code in UPLOADS), line
        if (api, code) in unused:
            continue
        for operation, gateway_code, sub_code in wanted(line):
            meaning = translate("alipay", operation, where="code", code=gateway_code, sub_code=sub_code)
            assert meaning.kind != "unmapped", (operation, gateway_code, sub_code)
        if api in OPERATIONS:  # by a row of the interface's own, not by one for every operation
            assert (OPERATIONS[api], code) in named, line


UPLOADS = {"isv.upload-fail", "isv.invalid-digest"}


def test_what_is_unused_was_collected_and_says_why() -> None:
    seen = {(line["api"], line["code"]) for line in collected()}
    listed = [(row["api"], row["code"]) for row in load()["unused"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= seen


def test_no_row_is_better_known_than_it_was_collected() -> None:
    strength = {"assumed": 0, "observed": 1, "documented": 2}
    best: dict[tuple[str, str], int] = {}
    for line in collected():
        if line["api"] in OPERATIONS:
            key = (OPERATIONS[line["api"]], line["code"])
            best[key] = max(best.get(key, 0), strength[line["checked"]])
    for row in load()["codes"]:
        for operation in row["operations"]:
            assert strength[row["checked"]] <= best.get((operation, row["sub_code"]), 2), (operation, row["sub_code"])


def test_what_was_derived_from_a_name_says_so_and_has_not_failed() -> None:
    sourced = [line for line in collected() if line["api"] in OPERATIONS]
    official = {(line["api"], line["code"]) for line in sourced if "derived from the code name" not in line["source"]}
    derived = {(OPERATIONS[line["api"]], line["code"]) for line in sourced if (line["api"], line["code"]) not in official}
    assert len(derived) > 80
    for row in load()["codes"]:
        marked = "derived from the code's name" in row["source"]
        assert marked == bool({(operation, row["sub_code"]) for operation in row["operations"]} & derived), row
        assert not marked or (row["checked"], row["effect"]) == ("assumed", "unknown"), row


def test_failed_stands_under_the_code_of_which_the_pages_say_so() -> None:
    for row in rows():
        if row["effect"] != "failed":
            continue
        assert row["checked"] == "documented", row
        assert row["effect_source"], row
        assert row["where"] != "code" or row["code"] in {"40001", "40002", "40003", BUSINESS, "40005", "40006"}, row
        assert row["where"] != "code" or row["sub_code"], row
    for row in load()["codes"]:
        assert row["code"] != "*" or row["effect"] == "unknown", row


def test_a_code_of_cancelling_or_asking_or_of_the_payers_own_page_has_not_failed() -> None:
    asks = {"query", "query_refund", "query_payout", "balance", "bill", "cancel", "*"}
    for row in load()["codes"]:
        if (asks | HANDED_OVER) & set(row["operations"]):
            assert row["effect"] == "unknown", row


def test_a_new_number_is_allowed_only_where_the_page_says_so() -> None:
    allowed = {(row["code"], row.get("sub_code")) for row in rows() if row.get("new_id_allowed")}
    unpaid = {("TRADE_CLOSED", "buyer_pay_amount=0.00"), ("TRADE_CLOSED", "refund_fee=0.00")}
    assert allowed == {(BUSINESS, "ACQ.TRADE_HAS_CLOSE"), ("FAIL", None), *unpaid}
    assert not any(row.get("failover") for row in rows())


@pytest.mark.parametrize("operation", EVERY)
@pytest.mark.parametrize("sub_code", ["ACQ.SOMETHING_NEW", "isv.something-new", "acq.trade_not_exist", "ACQ.TRADE_NOT_EXIST "])
@pytest.mark.parametrize("code", ["10000", "20000", "20001", "40001", "40002", "40003", "40004", "40005", "40006", "50000"])
def test_a_sub_code_never_seen_inherits_nothing(operation: str, sub_code: str, code: str) -> None:
    meaning = translate("alipay", operation, where="code", code=code, sub_code=sub_code)
    assert (meaning.kind, meaning.canonical, meaning.effect) == ("unmapped", "UNMAPPED_CODE", "unknown")


@pytest.mark.parametrize("operation", EVERY)
def test_nothing_under_20000_has_failed(operation: str) -> None:
    for row in load()["codes"]:
        if row["sub_code"]:
            assert translate("alipay", operation, where="code", code="20000", sub_code=row["sub_code"]).effect == "unknown", row


@pytest.mark.parametrize("sub_code", MISSPELT)
def test_official_misspellings_are_matched_as_spelt(sub_code: str) -> None:
    assert [row for row in load()["codes"] if row["sub_code"] == sub_code]


QUERY, STOP, FIX, RETRY, CONFIG = "query_then_decide", "stop", "fix_and_resubmit", "retry_same_id", "fix_configuration"
WAIT, NEW, OTHER, ESCALATE = "wait_for_notification", "new_id_after_confirmed_failure", "other_instrument", "escalate"
# Read off the pages and the official models, row by row:
# (operation, code, sub_code) -> (canonical, effect, next action, new id allowed)
CODES = [
    # the gateway, opendocs.alipay.com/common/02km9f and open/00f7nv (what is unknown)
    ("pay.bar_code", "20000", "isp.unknow-error", "CHANNEL_UNAVAILABLE", "unknown", QUERY, False),
    ("refund", "20000", "aop.unknow-error", "CHANNEL_UNAVAILABLE", "unknown", QUERY, False),
    ("payout", "20000", "aop.ACQ.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", QUERY, False),
    ("payout", "20000", None, "CHANNEL_UNAVAILABLE", "unknown", QUERY, False),
    ("refund", "20000", "ACQ.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", RETRY, False),
    ("refund", "40004", "ACQ.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", RETRY, False),
    ("pay.precreate", "40002", "isv.invalid-signature", "SIGNATURE_INVALID", "failed", CONFIG, False),
    ("query", "40002", "isv.invalid-signature", "SIGNATURE_INVALID", "unknown", QUERY, False),
    ("cancel", "40002", "isv.invalid-signature", "SIGNATURE_INVALID", "unknown", QUERY, False),
    ("payout", "40003", "isv.missing-signature-config", "SIGNATURE_INVALID", "failed", CONFIG, False),
    ("pay.create", "40001", "isv.missing-timestamp", "PARAMETER_MISSING", "failed", FIX, False),
    ("refund", "40005", "isv.app-call-limited", "RATE_LIMITED", "failed", RETRY, False),
    ("query", "40005", "isv.method-call-limited", "RATE_LIMITED", "unknown", RETRY, False),
    ("pay.create", "40006", "isv.insufficient-isv-permissions", "PRODUCT_NOT_PERMITTED", "failed", CONFIG, False),
    ("payout", "40002", "isv.invalid-app-id", "APP_NOT_FOUND", "unknown", QUERY, False),  # comes unsigned: no failure
    ("payout", "20001", "aop.app-auth-token-time-out", "AUTHORIZATION_INVALID", "unknown", QUERY, False),
    ("pay.bar_code", "40004", None, "REQUEST_REJECTED", "unknown", QUERY, False),
    ("pay.bar_code", "40006", "isv.app-api-punished", "MERCHANT_RESTRICTED", "unknown", ESCALATE, False),
    # trade.pay, precreate, create
    ("pay.bar_code", "40004", "ACQ.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", QUERY, False),
    ("pay.bar_code", "40004", "ACQ.PAYMENT_AUTH_CODE_INVALID", "PAYMENT_CODE_INVALID", "unknown", QUERY, False),  # used: by us?
    ("pay.bar_code", "40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "PAYER_FUNDS_INSUFFICIENT", "failed", OTHER, False),
    ("pay.bar_code", "40004", "ACQ.PAYMENT_FAIL", "PAYMENT_FAILED", "failed", FIX, False),
    ("pay.bar_code", "40004", "ACQ.PAYMENT_REQUEST_HAS_RISK", "RISK_REFUSED", "failed", OTHER, False),
    ("pay.bar_code", "40004", "ACQ.PULL_MOBILE_CASHIER_FAIL", "PAYMENT_REFUSED", "unknown", QUERY, False),
    ("pay.precreate", "40004", "ACQ.TRADE_HAS_CLOSE", "ORDER_CLOSED", "failed", NEW, True),  # 请更换商户订单号
    ("pay.precreate", "40004", "ACQ.TRADE_HAS_SUCCESS", "ORDER_ALREADY_PAID", "unknown", QUERY, False),
    ("pay.precreate", "40004", "ACQ.APPLY_PC_MERCHANT_CODE_ERROR", "DUPLICATE_CONTENT_UNKNOWN", "unknown", QUERY, False),
    ("pay.create", "40004", "ACQ.CONTEXT_INCONSISTENT", "DUPLICATE_OTHER_CONTENT", "unknown", QUERY, False),
    ("pay.create", "40004", "ACQ.TRADE_BUYER_NOT_MATCH", "DUPLICATE_OTHER_CONTENT", "unknown", QUERY, False),
    ("pay.create", "40004", "ACQ.UNBOUND_APPLICATION", "APP_MERCHANT_MISMATCH", "unknown", QUERY, False),  # name only
    ("pay.page", "40004", "ACQ.TRADE_HAS_CLOSE", "ORDER_CLOSED", "unknown", QUERY, False),
    # query, close, cancel
    ("query", "40004", "ACQ.TRADE_NOT_EXIST", "ORDER_NOT_FOUND", "unknown", QUERY, False),
    ("close", "40004", "ACQ.TRADE_NOT_EXIST", "ORDER_NOT_FOUND", "unknown", QUERY, False),
    ("close", "40004", "ACQ.TRADE_STATUS_ERROR", "ORDER_STATE_CONFLICT", "unknown", QUERY, False),
    ("close", "40004", "ACQ.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", RETRY, False),  # 重新发起请求
    ("cancel", "40004", "AQC.SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", RETRY, False),
    ("cancel", "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "MERCHANT_FUNDS_INSUFFICIENT", "unknown", ESCALATE, False),
    ("cancel", "40004", "ACQ.TRADE_CANCEL_TIME_OUT", "CANCEL_PERIOD_EXPIRED", "unknown", QUERY, False),
    # refund and its query
    ("refund", "40004", "ACQ.TRADE_NOT_EXIST", "ORIGINAL_NOT_FOUND", "failed", FIX, False),
    ("refund", "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
    ("refund", "40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR", "REFUND_EXCEEDS_PAYMENT", "failed", FIX, False),
    ("refund", "40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "DUPLICATE_OTHER_CONTENT", "unknown", QUERY, False),
    ("refund", "40004", "ACQ.TRADE_HAS_FINISHED", "REFUND_PERIOD_EXPIRED", "failed", ESCALATE, False),
    ("refund", "40004", "ACQ.TRADE_HAS_CLOSE", "ALREADY_REFUNDED", "unknown", QUERY, False),
    ("refund", "40004", "ACQ.BUYER_NOT_EXIST", "REFUND_PAYER_UNAVAILABLE", "failed", ESCALATE, False),
    ("query_refund", "40004", "TRADE_NOT_EXIST", "REFUND_NOT_FOUND", "unknown", QUERY, False),
    # transfers
    ("payout", "40004", "SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", QUERY, False),
    ("payout", "20000", "SYSTEM_ERROR", "CHANNEL_SYSTEM_ERROR", "unknown", QUERY, False),
    ("payout", "40004", "PAYER_BALANCE_NOT_ENOUGH", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),  # 原请求重试
    ("payout", "40004", "BALANCE_NOT_ENOUGH", "MERCHANT_FUNDS_INSUFFICIENT", "unknown", QUERY, False),  # name only
    ("payout", "40004", "PAYMENT_INFO_INCONSISTENCY", "DUPLICATE_OTHER_CONTENT", "unknown", QUERY, False),
    ("payout", "40004", "BIZ_UNIQUE_EXCEPTION", "DUPLICATE_CONTENT_UNKNOWN", "unknown", QUERY, False),
    ("payout", "40004", "PAYEE_NOT_EXIST", "PAYEE_NOT_FOUND", "failed", FIX, False),
    ("payout", "40004", "REQUEST_PROCESSING", "DUPLICATE_IN_PROGRESS", "unknown", QUERY, False),
    ("query_payout", "40004", "ORDER_NOT_EXIST", "PAYOUT_NOT_FOUND", "unknown", QUERY, False),
    # balance and bill
    ("balance", "40004", "NO_PERMISSION", "PRODUCT_NOT_PERMITTED", "unknown", CONFIG, False),
    ("bill", "40004", "NO_BILL_DATA", "BILL_EMPTY", "unknown", "reconcile", False),
    ("bill", "40004", "BILL_NOT_EXIST", "BILL_EMPTY", "unknown", "reconcile", False),
    ("bill", "40004", "USER_RATE_LIMIT", "RATE_LIMITED", "unknown", RETRY, False),
]


@pytest.mark.parametrize(("operation", "code", "sub_code", "canonical", "effect", "action", "new_id"), CODES)
def test_what_the_pages_say_of_codes(
    operation: str, code: str, sub_code: str | None, canonical: str, effect: str, action: str, *, new_id: bool
) -> None:
    meaning = translate("alipay", operation, where="code", code=code, sub_code=sub_code, http=200)
    assert (meaning.canonical, meaning.effect, meaning.next_action, meaning.new_id_allowed) == (canonical, effect, action, new_id)


# (operation, where, code, sub_code) -> (canonical, effect, next action, new id allowed)
STATES = [
    ("pay.bar_code", "code", "10000", None, "PROCESSING", "pending", QUERY, False),  # a debit may still roll back
    ("pay.bar_code", "code", "10003", None, "PAYER_AUTHENTICATING", "pending", QUERY, False),
    ("pay.precreate", "code", "10000", None, "PAYMENT_AWAITING_PAYER", "pending", WAIT, False),
    ("pay.create", "code", "10000", None, "PAYMENT_AWAITING_PAYER", "pending", WAIT, False),
    ("pay.page", "handed_over", "page", None, "PAYMENT_AWAITING_PAYER", "pending", WAIT, False),
    ("query", "trade_status", "WAIT_BUYER_PAY", None, "PAYMENT_AWAITING_PAYER", "pending", WAIT, False),
    ("query", "trade_status", "TRADE_SUCCESS", None, "PAYMENT_SUCCEEDED", "succeeded", STOP, False),
    ("notification.payment", "trade_status", "TRADE_FINISHED", None, "PAYMENT_SUCCEEDED", "succeeded", STOP, False),
    ("query", "trade_status", "TRADE_CLOSED", None, "ORDER_CLOSED_OR_REFUNDED", "unknown", QUERY, False),
    ("notification.payment", "trade_status", "TRADE_CLOSED", None, "ORDER_CLOSED_OR_REFUNDED", "unknown", QUERY, False),
    ("query", "trade_status", "TRADE_CLOSED", "send_pay_date", "PAYMENT_REVERSED", "reversed", STOP, False),
    ("query", "trade_status", "TRADE_CLOSED", "buyer_pay_amount=0.00", "PAYMENT_CLOSED_UNPAID", "failed", NEW, True),
    ("query", "code", "10000", None, "REQUEST_ACCEPTED", "unknown", QUERY, False),  # no state: nothing is known
    ("close", "code", "10000", None, "ORDER_CLOSED_NOW", "succeeded", STOP, False),
    ("cancel", "action", "close", "N", "PAYMENT_REVERSED", "reversed", STOP, False),
    ("cancel", "action", "refund", "N", "PAYMENT_REVERSED", "reversed", STOP, False),
    ("cancel", "action", "refund", "Y", "CANCEL_INCOMPLETE", "unknown", RETRY, False),
    ("cancel", "code", "10000", "N", "ORDER_NOT_FOUND", "unknown", QUERY, False),  # no action: no trade, or not done
    ("cancel", "code", "10000", "Y", "CANCEL_INCOMPLETE", "unknown", RETRY, False),
    ("refund", "fund_change", "Y", None, "REFUND_PROCESSING", "pending", QUERY, False),  # it names no amount of its own
    ("refund", "fund_change", "N", None, "REFUND_PROCESSING", "unknown", QUERY, False),
    ("refund", "code", "10000", None, "REFUND_PROCESSING", "unknown", QUERY, False),
    ("query_refund", "refund_status", "REFUND_SUCCESS", None, "REFUND_SUCCEEDED", "succeeded", STOP, False),
    ("query_refund", "code", "10000", None, "REFUND_NOT_FOUND", "unknown", QUERY, False),
    ("notification.refund", "trade_status", "TRADE_SUCCESS", None, "REFUND_SUCCEEDED", "unknown", QUERY, False),
    ("payout", "status", "SUCCESS", None, "PAYOUT_PROCESSING", "pending", QUERY, False),  # without the amount
    ("payout", "status", "FAIL", None, "PAYOUT_FAILED", "failed", QUERY, False),
    ("query_payout", "status", "SUCCESS", None, "PAYOUT_SUCCEEDED", "succeeded", STOP, False),
    ("query_payout", "status", "SUCCESS", "REFUNDED", "PAYOUT_RETURNED", "returned", "reconcile", False),
    ("query_payout", "status", "FAIL", None, "PAYOUT_FAILED", "failed", NEW, True),
    ("query_payout", "status", "DEALING", None, "PAYOUT_PROCESSING", "pending", QUERY, False),
    ("notification.payout", "status", "REFUND", None, "PAYOUT_RETURNED", "returned", "reconcile", False),
    ("query_payout", "status", "CLOSED", None, "PAYOUT_EXPIRED", "failed", QUERY, False),
    ("bill", "bill_file_code", "EMPTY_DATA_WITH_BILL_FILE", None, "BILL_EMPTY", "unknown", "reconcile", False),
    ("bill.download", "http", "200", None, "BILL_READY", "succeeded", "reconcile", False),
    ("balance", "code", "10000", None, "QUERY_ANSWERED", "succeeded", STOP, False),
    ("query", "trade_status", "TRADE_NEW", None, "UNMAPPED_CODE", "unknown", QUERY, False),
]


@pytest.mark.parametrize(("operation", "where", "code", "sub_code", "canonical", "effect", "action", "new_id"), STATES)
def test_what_the_pages_say_of_states(
    operation: str, where: str, code: str, sub_code: str | None, canonical: str, effect: str, action: str, *, new_id: bool
) -> None:
    meaning = translate("alipay", operation, where=where, code=code, sub_code=sub_code, http=200)
    assert (meaning.canonical, meaning.effect, meaning.next_action, meaning.new_id_allowed) == (canonical, effect, action, new_id)


@pytest.mark.parametrize(
    ("operation", "where", "code", "sub_code", "seconds"),
    [
        ("pay.bar_code", "code", "10000", None, 5),  # a debit may still roll back: the query says, and is asked soon
        ("pay.bar_code", "code", "10003", None, 5),  # 00f7ns: 5 s, then query
        ("refund", "fund_change", "N", None, 10),  # 间隔 10 秒以上再发起退款查询
        ("query_refund", "code", "10000", None, 10),
        ("bill", "code", "40004", "SYSTEM_RATE_LIMIT", 60),  # 间隔 1 分钟后重试
    ],
)
def test_when_to_ask_again(operation: str, where: str, code: str, sub_code: str | None, seconds: int) -> None:
    assert translate("alipay", operation, where=where, code=code, sub_code=sub_code).retry_after == seconds
