"""The table of WeChat Pay against its witness, the collected errors, and against expectations written from the pages."""

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from error_codes import translate

ROOT = Path(__file__).parents[2]
WITNESS = ROOT / "tests" / "vectors" / "wechat" / "wechat_errors.csv"
TABLE = ROOT / "error_codes" / "channels" / "wechat.toml"
SERVER_ERROR = 500

PREPAY = ("pay.jsapi", "pay.native", "pay.app", "pay.h5")
TRANSFER = "v3 POST /v3/fund-app/mch-transfer/transfer-bills"
TRANSFER_QUERY = "v3 GET /v3/fund-app/mch-transfer/transfer-bills"
GATEWAY = "v3 gateway (any path)"
PUBLIC_LIST = "v3 public list (2021)"

OPERATIONS = {
    "v3 POST /v3/pay/transactions/jsapi": ("code", ["pay.jsapi"]),
    "v3 POST /v3/pay/transactions/native": ("code", ["pay.native"]),
    "v3 POST /v3/pay/transactions/app": ("code", ["pay.app"]),
    "v3 POST /v3/pay/transactions/h5": ("code", ["pay.h5"]),
    "v3 POST /v3/pay/transactions/codepay": ("code", ["pay.codepay"]),
    "v3 GET /v3/pay/transactions/id/{transaction_id}": ("code", ["query"]),
    "v3 GET /v3/pay/transactions/out-trade-no/{out_trade_no}": ("code", ["query"]),
    "v3 POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close": ("code", ["close"]),
    "v3 POST /v3/pay/transactions/out-trade-no/{out_trade_no}/reverse": ("code", ["cancel.codepay"]),
    "v3 POST /v3/refund/domestic/refunds": ("code", ["refund"]),
    "v3 GET /v3/refund/domestic/refunds/{out_refund_no}": ("code", ["query_refund"]),
    TRANSFER: ("code", ["payout"]),
    f"{TRANSFER_QUERY}/out-bill-no/{{out_bill_no}}": ("code", ["query_payout"]),
    f"{TRANSFER_QUERY}/transfer-bill-no/{{transfer_bill_no}}": ("code", ["query_payout"]),
    f"{TRANSFER}/out-bill-no/{{out_bill_no}}/cancel": ("code", ["cancel_payout"]),
    "v3 transfer fail_reason (bill.fail_reason / detail.fail_reason)": (
        "fail_reason",
        ["payout", "query_payout", "notification.payout"],
    ),
    "v3 GET /v3/bill/tradebill": ("code", ["bill"]),
    "v3 GET /v3/bill/fundflowbill": ("code", ["bill"]),
    "v3 GET /v3/billdownload/file": ("code", ["bill.download"]),
    "v3 GET /v3/certificates": ("code", ["certificates"]),
    "v2 /pay/micropay": ("err_code", ["pay.micropay"]),
    "v2 /pay/orderquery": ("err_code", ["query.micropay"]),
    "v2 /secapi/pay/reverse": ("err_code", ["cancel.micropay"]),
    "v2 gateway": ("return_code", ["pay.micropay", "query.micropay", "cancel.micropay"]),
}


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


def statuses(text: str) -> list[int | None]:
    """``502/503`` is two, ``404 [status unverified]`` is one, ``unknown`` and everything of v2 is none."""
    numbers = [int(part) for part in text.split(maxsplit=1)[0].split("/") if part.isdigit()]
    return [*numbers] if numbers and "(" not in text and "text" not in text else [None]


def wanted(line: dict[str, str]) -> Iterator[tuple[str, str, str, int | None]]:
    """Name the (operation, where, code, http) that one collected line must be found under."""
    api, code = line["api"], line["code"]
    if api == GATEWAY:
        for http in statuses(line["http_status"]):
            empty = code in {"(empty body)", "(accepted)"}
            yield "*", "http" if empty else "code", str(http) if empty else code, http
        return
    where, operations = OPERATIONS[api]
    if api == TRANSFER and code == "NOT_FOUND":
        operations = ["query_payout", "cancel_payout"]  # the line says so: 查询/撤销时单号不存在
    for operation in operations:
        for http in statuses(line["http_status"]):
            yield operation, where, code.removeprefix("return_code="), http


def matches(row: dict[str, Any], operation: str | None, where: str, code: str, http: int | None) -> bool:
    """Whether a row is this line's own: one for every operation ("*") stands for the gateway's lines alone."""
    covers = operation is None or bool({operation, operation.split(".")[0]} & set(row["operations"]))
    return (
        covers and (row["where"], row["code"]) == (where, code) and (http is None or not row.get("http") or http in row["http"])
    )


def test_every_collected_row_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    known, lost = rows(), []
    for line in collected():
        if (line["api"], line["code"]) in unused:
            continue
        if line["api"] == PUBLIC_LIST:
            ways: list[tuple[str | None, str, str, int | None]] = [(None, "code", line["code"], int(line["http_status"]))]
        else:
            ways = list(wanted(line))
        lost += [(line["api"], way) for way in ways if not any(matches(row, *way) for row in known)]
    assert lost == []


def test_every_collected_row_is_translated() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    for line in collected():
        if line["api"] == PUBLIC_LIST or (line["api"], line["code"]) in unused:
            continue
        for operation, where, code, http in wanted(line):
            meaning = translate("wechat", "certificates" if operation == "*" else operation, where=where, code=code, http=http)
            assert meaning.kind != "unmapped", (operation, where, code, http)


def test_what_is_unused_was_collected_and_says_why() -> None:
    seen = {(line["api"], line["code"]) for line in collected()}
    listed = [(row["api"], row["code"]) for row in load()["unused"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= seen
    assert all(row["reason_zh"] and row["reason_en"] and row["source"] for row in load()["unused"])


def test_the_messages_of_the_gateway_are_known() -> None:
    known = {message["zh"] for row in rows() for message in row.get("messages", [])}
    gateway = {
        line["message_zh"] for line in collected() if line["api"] == GATEWAY and line["code"] in {"SIGN_ERROR", "PARAM_ERROR"}
    }
    assert gateway - known == set()


def test_no_row_is_better_known_than_it_was_collected() -> None:
    strength = {"assumed": 0, "observed": 1, "documented": 2}
    best: dict[tuple[str, str, str], int] = {}
    for line in collected():
        if line["api"] not in {PUBLIC_LIST, GATEWAY} and line["api"] in OPERATIONS:
            for operation, where, code, _ in wanted(line):
                key = (operation, where, code)
                best[key] = max(best.get(key, 0), strength[line["checked"]])
    for row in rows():
        for operation in row["operations"]:
            key = (operation, row["where"], row["code"])
            assert strength[row["checked"]] <= best.get(key, 2), key


def test_nothing_assumed_and_no_5xx_has_failed() -> None:
    for row in rows():
        if row["effect"] == "failed":
            assert row["checked"] != "assumed", row
            assert row.get("effect_source"), row
            assert all(http < SERVER_ERROR for http in row.get("http", [])), row
            assert row["where"] != "code" or row.get("http"), row
        if row.get("new_id_allowed"):
            assert row["effect"] == "failed", row


@pytest.mark.parametrize(
    "operation", [*PREPAY, "pay.codepay", "query", "close", "refund", "payout", "cancel_payout", "bill", "certificates"]
)
@pytest.mark.parametrize("code", ["PARAM_ERROR", "SIGN_ERROR", "NO_AUTH", "SYSTEM_ERROR", "ORDER_CLOSED", "FREQUENCY_LIMITED"])
@pytest.mark.parametrize("http", [500, 502, 503])
def test_a_code_that_comes_with_a_5xx_is_never_a_failure(operation: str, code: str, http: int) -> None:
    assert translate("wechat", operation, where="code", code=code, http=http).effect != "failed"


def test_no_code_of_creating_a_transfer_or_of_the_v3_code_payment_has_failed() -> None:
    for row in load()["codes"]:
        if {"payout", "cancel_payout", "pay.codepay"} & set(row["operations"]):
            assert row["effect"] in {"unknown", "pending"}, row


def test_a_refused_query_says_nothing_of_the_order() -> None:
    queries = {"query", "query.micropay", "query_refund", "query_payout", "bill", "bill.download", "certificates", "*"}
    for row in load()["codes"]:
        if queries & set(row["operations"]):
            assert row["effect"] == "unknown", row


# Read off the pages, row by row: (operation, where, code, http) -> (canonical, effect, next action, new id allowed).
EXPECTED = [
    # prepay, https://pay.weixin.qq.com/doc/v3/merchant/4012791897
    ("pay.jsapi", "http", "200", 200, "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("pay.native", "http", "200", 200, "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("pay.jsapi", "code", "PARAM_ERROR", 400, "PARAMETER_INVALID", "failed", "fix_and_resubmit", False),
    ("pay.native", "code", "INVALID_REQUEST", 400, "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("pay.app", "code", "APPID_MCHID_NOT_MATCH", 400, "APP_MERCHANT_MISMATCH", "failed", "fix_configuration", False),
    ("pay.h5", "code", "MCH_NOT_EXISTS", 400, "MERCHANT_NOT_FOUND", "failed", "fix_configuration", False),
    ("pay.native", "code", "SIGN_ERROR", 401, "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("pay.native", "code", "NO_AUTH", 403, "PRODUCT_NOT_PERMITTED", "failed", "fix_configuration", False),
    ("pay.native", "code", "OUT_TRADE_NO_USED", 403, "DUPLICATE_OTHER_CONTENT", "unknown", "query_then_decide", False),
    ("pay.native", "code", "FREQUENCY_LIMITED", 429, "RATE_LIMITED", "failed", "retry_same_id", False),  # 请求未受理
    ("pay.native", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    ("pay.native", "code", "ORDER_CLOSED", 400, "ORDER_CLOSED", "failed", "new_id_after_confirmed_failure", True),
    ("pay.h5", "code", "RULE_LIMIT", 403, "BUSINESS_RULE_REFUSED", "unknown", "query_then_decide", False),
    ("pay.native", "code", "ORDER_PAID", 400, "ORDER_ALREADY_PAID", "unknown", "query_then_decide", False),
    ("pay.native", "code", "ORDERPAID", 400, "ORDER_ALREADY_PAID", "unknown", "query_then_decide", False),
    ("pay.jsapi", "code", "OPENID_MISMATCH", 500, "PAYER_APP_MISMATCH", "unknown", "query_then_decide", False),
    ("pay.native", "code", "SERVICE_UNAVAILABLE", 503, "CHANNEL_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("pay.native", "code", "NEVER_SEEN_BEFORE", 400, "UNMAPPED_CODE", "unknown", "query_then_decide", False),
    # the HTTP status page, https://pay.weixin.qq.com/wiki/doc/apiv3/Share/error_code.shtml
    ("refund", "http", "202", 202, "REQUEST_ACCEPTED", "unknown", "retry_same_id", False),
    ("payout", "http", "202", 202, "REQUEST_ACCEPTED", "unknown", "query_then_decide", False),
    ("query", "http", "404", 404, "ENDPOINT_WRONG", "unknown", "escalate", False),
    ("close", "http", "405", 405, "ENDPOINT_WRONG", "unknown", "escalate", False),
    ("refund", "http", "502", 502, "CHANNEL_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("refund", "code", "RATELIMIT_EXCEEDED", 429, "RATE_LIMITED", "unknown", "retry_same_id", False),
    # the payment's state
    ("query", "trade_state", "SUCCESS", 200, "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("notification.payment", "trade_state", "SUCCESS", None, "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("query", "trade_state", "REFUND", 200, "PAYMENT_REFUNDED_IN_PART_OR_FULL", "succeeded", "stop", False),
    ("query", "trade_state", "NOTPAY", 200, "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("query", "trade_state", "CLOSED", 200, "PAYMENT_CLOSED_UNPAID", "failed", "new_id_after_confirmed_failure", True),
    ("pay.codepay", "trade_state", "CLOSED", 200, "PAYMENT_CLOSED_UNPAID", "unknown", "query_then_decide", False),
    ("query.micropay", "trade_state", "REVOKED", 200, "PAYMENT_REVERSED", "reversed", "stop", False),
    ("query.micropay", "trade_state", "USERPAYING", 200, "PAYER_AUTHENTICATING", "pending", "query_then_decide", False),
    ("pay.codepay", "trade_state", "USERPAYING", 200, "PAYER_AUTHENTICATING", "pending", "query_then_decide", False),
    ("query.micropay", "trade_state", "PAYERROR", 200, "PAYMENT_REFUSED", "unknown", "query_then_decide", False),  # 先撤销
    ("query", "trade_state", "ACCEPT", 200, "PROCESSING", "pending", "wait_for_notification", False),
    # query, https://pay.weixin.qq.com/doc/v3/merchant/4012791900
    ("query", "code", "PARAM_ERROR", 400, "PARAMETER_INVALID", "unknown", "fix_and_resubmit", False),
    ("query", "code", "SIGN_ERROR", 401, "SIGNATURE_INVALID", "unknown", "fix_configuration", False),
    ("query", "code", "TRADE_ERROR", 403, "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    ("query", "code", "ORDER_NOT_EXIST", 404, "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query", "code", "FREQUENCY_LIMITED", 429, "RATE_LIMITED", "unknown", "retry_same_id", False),
    ("query", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    # close, https://pay.weixin.qq.com/doc/v3/merchant/4012791901
    ("close", "http", "204", 204, "ORDER_CLOSED_NOW", "succeeded", "stop", False),
    ("close", "code", "PARAM_ERROR", 400, "PARAMETER_INVALID", "failed", "fix_and_resubmit", False),
    ("close", "code", "INVALID_REQUEST", 400, "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("close", "code", "ORDER_PAID", 400, "ORDER_ALREADY_PAID", "unknown", "query_then_decide", False),
    ("close", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    # v3 code payment and its reverse: nothing of it is documented but the form of the answer
    ("pay.codepay", "code", "USERPAYING", 202, "PAYER_AUTHENTICATING", "pending", "query_then_decide", False),
    ("pay.codepay", "code", "AUTH_CODE_EXPIRE", 403, "PAYMENT_CODE_EXPIRED", "unknown", "query_then_decide", False),
    ("pay.codepay", "code", "PARAM_ERROR", 400, "PARAMETER_INVALID", "unknown", "query_then_decide", False),
    ("pay.codepay", "code", "ORDER_CLOSED", 400, "ORDER_CLOSED", "unknown", "query_then_decide", False),
    ("cancel.codepay", "http", "200", 200, "PAYMENT_REVERSED", "reversed", "stop", False),
    ("cancel.codepay", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    # v2 code payment, https://pay.weixin.qq.com/doc/v2/merchant/4011937125: SYSTEMERROR, BANKERROR and USERPAYING are
    # 支付结果未知, the others 支付确认失败; those that speak of an order made before are queried all the same
    ("pay.micropay", "result_code", "SUCCESS", 200, "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("pay.micropay", "err_code", "SYSTEMERROR", 200, "CHANNEL_SYSTEM_ERROR", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "BANKERROR", 200, "BANK_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "USERPAYING", 200, "PAYER_AUTHENTICATING", "pending", "query_then_decide", False),
    ("pay.micropay", "err_code", "AUTHCODEEXPIRE", 200, "PAYMENT_CODE_EXPIRED", "failed", "fix_and_resubmit", False),
    # 每个二维码仅限使用一次: an earlier attempt of ours may be what used it
    ("pay.micropay", "err_code", "AUTH_CODE_ERROR", 200, "PAYMENT_CODE_INVALID", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "AUTH_CODE_INVALID", 200, "PAYMENT_CODE_INVALID", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "NOTENOUGH", 200, "PAYER_FUNDS_INSUFFICIENT", "failed", "other_instrument", False),
    ("pay.micropay", "err_code", "NOTSUPORTCARD", 200, "INSTRUMENT_NOT_SUPPORTED", "failed", "other_instrument", False),
    ("pay.micropay", "err_code", "ORDERCLOSED", 200, "ORDER_CLOSED", "failed", "new_id_after_confirmed_failure", True),
    ("pay.micropay", "err_code", "ORDERREVERSED", 200, "ORDER_REVERSED", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "ORDERPAID", 200, "ORDER_ALREADY_PAID", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "OUT_TRADE_NO_USED", 200, "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "BUYER_MISMATCH", 200, "DUPLICATE_OTHER_CONTENT", "unknown", "query_then_decide", False),
    ("pay.micropay", "err_code", "SIGNERROR", 200, "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("pay.micropay", "err_code", "TRADE_ERROR", 200, "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    ("pay.micropay", "return_code", "FAIL", 200, "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("query.micropay", "err_code", "ORDERNOTEXIST", 200, "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
    ("cancel.micropay", "result_code", "SUCCESS", 200, "PAYMENT_REVERSED", "reversed", "stop", False),
    ("cancel.micropay", "err_code", "SYSTEMERROR", 200, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    ("cancel.micropay", "err_code", "REVERSE_EXPIRE", 200, "CANCEL_PERIOD_EXPIRED", "unknown", "query_then_decide", False),
    # refund, https://pay.weixin.qq.com/doc/v3/merchant/4012791903 and the guide 4013071031
    ("refund", "refund_status", "PROCESSING", 200, "REFUND_PROCESSING", "pending", "wait_for_notification", False),
    ("query_refund", "refund_status", "SUCCESS", 200, "REFUND_SUCCEEDED", "succeeded", "stop", False),
    ("query_refund", "refund_status", "CLOSED", 200, "REFUND_CLOSED", "failed", "new_id_after_confirmed_failure", True),
    ("notification.refund", "refund_status", "ABNORMAL", None, "REFUND_STUCK", "unknown", "escalate", False),
    ("refund", "code", "NOT_ENOUGH", 403, "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
    ("refund", "code", "USER_ACCOUNT_ABNORMAL", 403, "REFUND_PAYER_UNAVAILABLE", "failed", "escalate", False),
    ("refund", "code", "RESOURCE_NOT_EXISTS", 404, "ORIGINAL_NOT_FOUND", "failed", "fix_and_resubmit", False),
    ("refund", "code", "MCH_NOT_EXISTS", 404, "MERCHANT_NOT_FOUND", "failed", "fix_configuration", False),
    ("refund", "code", "INVALID_REQUEST", 400, "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("refund", "code", "FREQUENCY_LIMITED", 429, "RATE_LIMITED_UNCERTAIN", "unknown", "query_then_decide", False),
    ("refund", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
    ("refund", "code", "REFUND_FEE_MISMATCH", 400, "DUPLICATE_OTHER_CONTENT", "unknown", "query_then_decide", False),
    ("refund", "code", "TRADE_OVERDUE", 403, "REFUND_PERIOD_EXPIRED", "unknown", "query_then_decide", False),
    ("query_refund", "code", "RESOURCE_NOT_EXISTS", 404, "REFUND_NOT_FOUND", "unknown", "query_then_decide", False),
    # transfers, pages 4012716434, get-transfer-bill-by-out-no, 4012716458, 4013774966
    ("payout", "transfer_state", "WAIT_USER_CONFIRM", 200, "AWAITING_PAYEE", "pending", "wait_for_notification", False),
    ("payout", "transfer_state", "ACCEPTED", 200, "PAYOUT_PROCESSING", "pending", "query_then_decide", False),
    ("payout", "transfer_state", "FAIL", 200, "PAYOUT_FAILED", "failed", "query_then_decide", False),
    ("query_payout", "transfer_state", "FAIL", 200, "PAYOUT_FAILED", "failed", "new_id_after_confirmed_failure", True),
    ("query_payout", "transfer_state", "SUCCESS", 200, "PAYOUT_SUCCEEDED", "succeeded", "stop", False),
    ("cancel_payout", "transfer_state", "CANCELING", 200, "CANCEL_IN_PROGRESS", "pending", "query_then_decide", False),
    ("query_payout", "transfer_state", "CANCELLED", 200, "PAYOUT_CANCELLED", "failed", "stop", False),
    ("payout", "code", "NOT_ENOUGH", 403, "MERCHANT_FUNDS_INSUFFICIENT", "unknown", "query_then_decide", False),
    ("payout", "code", "FREQUENCY_LIMITED", 429, "RATE_LIMITED", "unknown", "retry_same_id", False),
    ("payout", "code", "SYSTEM_ERROR", 500, "CHANNEL_SYSTEM_ERROR", "unknown", "query_then_decide", False),
    ("payout", "code", "PARAM_ERROR", 400, "PARAMETER_INVALID", "unknown", "query_then_decide", False),
    ("query_payout", "code", "NOT_FOUND", 404, "PAYOUT_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query_payout", "fail_reason", "NAME_NOT_CORRECT", None, "PAYEE_NAME_MISMATCH", "failed", "fix_and_resubmit", False),
    ("query_payout", "fail_reason", "TRANSFER_REMARK_SET_FAIL", None, "PAYOUT_FAILED", "failed", "fix_and_resubmit", False),
    ("query_payout", "fail_reason", "OVERDUE_CLOSE", None, "PAYOUT_EXPIRED", "failed", "query_then_decide", False),
    ("query_payout", "fail_reason", "TRANSFER_RISK", None, "RISK_REFUSED", "failed", "escalate", False),
    (
        "query_payout",
        "fail_reason",
        "RECEIVE_ACCOUNT_NOT_PERMMIT",
        None,
        "PAYEE_RESTRICTED",
        "unknown",
        "query_then_decide",
        False,
    ),
    ("bill.download", "http", "200", 200, "BILL_READY", "succeeded", "reconcile", False),
    # bills, page 4013071254; certificates, page 4012076511
    ("bill", "code", "NO_STATEMENT_EXIST", 400, "BILL_EMPTY", "unknown", "reconcile", False),
    ("bill", "code", "STATEMENT_CREATING", 400, "BILL_NOT_READY", "unknown", "retry_same_id", False),
    ("bill.download", "code", "INVALID_REQUEST", 400, "REQUEST_REJECTED", "unknown", "fix_and_resubmit", False),
    ("certificates", "code", "RESOURCE_NOT_EXISTS", 404, "PLATFORM_CERTIFICATE_MISSING", "unknown", "fix_configuration", False),
]


@pytest.mark.parametrize(("operation", "where", "code", "http", "canonical", "effect", "action", "new_id"), EXPECTED)
def test_what_the_pages_say(
    operation: str, where: str, code: str, http: int | None, canonical: str, effect: str, action: str, *, new_id: bool
) -> None:
    meaning = translate("wechat", operation, where=where, code=code, http=http)
    assert (meaning.canonical, meaning.effect, meaning.next_action, meaning.new_id_allowed) == (canonical, effect, action, new_id)


@pytest.mark.parametrize(
    ("operation", "where", "code", "http", "seconds"),
    [
        ("pay.micropay", "err_code", "SYSTEMERROR", 200, 5),  # 等待5秒后调用查询订单
        ("pay.micropay", "err_code", "USERPAYING", 200, 10),  # 建议10秒
        ("refund", "refund_status", "PROCESSING", 200, 60),  # 间隔1分钟
        ("bill", "code", "STATEMENT_CREATING", 400, 1800),  # 间隔半小时
    ],
)
def test_when_to_ask_again(operation: str, where: str, code: str, http: int, seconds: int) -> None:
    assert translate("wechat", operation, where=where, code=code, http=http).retry_after == seconds


def test_a_revoke_that_asks_to_be_called_again_is_not_done() -> None:
    again = translate("wechat", "cancel.micropay", where="result_code", code="SUCCESS", sub_code="Y")
    done = translate("wechat", "cancel.micropay", where="result_code", code="SUCCESS", sub_code="N")
    assert (again.effect, again.next_action, done.effect) == ("unknown", "retry_same_id", "reversed")
