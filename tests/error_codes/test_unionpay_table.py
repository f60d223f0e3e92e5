"""The table of UnionPay against its witness, the collected codes and the demos' lists of what is queried later."""

import csv
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from error_codes import Meaning, translate

ROOT = Path(__file__).parents[2]
WITNESS = ROOT / "tests" / "vectors" / "unionpay" / "unionpay_errors.csv"
TABLE = ROOT / "error_codes" / "channels" / "unionpay.toml"

SYNCHRONOUS = ("pay.app", "refund", "cancel", "payout")
QUERIES = ("query", "query_refund", "query_payout")
NOTIFICATIONS = ("notification.payment", "notification.refund", "notification.cancel", "notification.payout")
ASKING = (*QUERIES, "bill", "certificates")
AGAIN = ("03", "04", "05")  # 后续需发起交易状态查询交易确定交易状态
PAYOUT_AGAIN = ("03", "04", "05", "01", "12", "34", "60")  # 查询到03 04 05 01 12 34 60继续查询，否则终止查询
MONEY_TAKEN = ("42", "74", "75")
NEVER_SEEN = ("97", "ZZ", "7A", "", "0", "000", "a6")


def load() -> dict[str, list[dict[str, Any]]]:
    """Read the table as it is written, without the package that reads it for the SDK."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return table


def collected() -> list[dict[str, str]]:
    with WITNESS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def codes() -> dict[str, set[str]]:
    """Each collected code and its official texts: two where a later table has a fuller one."""
    found: dict[str, set[str]] = {}
    for line in collected():
        if line["api"] == "respCode":
            found.setdefault(line["code"], set()).add(line["message"])
    return found


def rows() -> list[dict[str, Any]]:
    table = load()
    return [*table["states"], *table["codes"]]


def ways(operations: Iterable[str] = (*SYNCHRONOUS, *ASKING, *NOTIFICATIONS)) -> list[tuple[str, str]]:
    """Every operation with the field that its code stands in."""
    return [
        (operation, where)
        for operation in operations
        for where in (("respCode", "origRespCode") if operation in QUERIES else ("respCode",))
    ]


def told(operation: str, where: str, code: str) -> Meaning:
    return translate("unionpay", operation, where=where, code=code, http=200)


def test_every_collected_row_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    mapped = {row["code"] for row in rows()}
    lost = [
        (line["api"], line["code"])
        for line in collected()
        if (line["api"], line["code"]) not in unused and (line["api"] != "respCode" or line["code"] not in mapped)
    ]
    assert lost == []
    assert [code for api, code in unused if api == "respCode" and code in mapped] == []


def test_what_is_unused_was_collected_and_says_why() -> None:
    listed = [(row["api"], row["code"]) for row in load()["unused"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {(line["api"], line["code"]) for line in collected()}


def test_no_code_was_invented() -> None:
    assert {row["code"] for row in rows()} - {"form"} <= set(codes())


def test_the_lists_of_the_demos_are_the_collected_ones() -> None:
    lists = {line["code"]: line["message"] for line in collected() if line["api"] == "respCode query-later set"}
    assert lists["payout 代付 (sync answer, query)"].split() == list(PAYOUT_AGAIN)
    assert lists["consume(back) refund cancel preauth-undo preauth-finish preauth-finish-undo"].split() == list(AGAIN)


def test_a_refusal_begins_with_the_official_text() -> None:
    texts = codes()
    for row in rows():
        if row["effect"] == "failed":
            assert any(row["zh"].startswith(text.rstrip("。")) for text in texts[row["code"]]), row


def test_every_code_of_a_payment_has_a_meaning_where_a_payment_is_asked_after() -> None:
    """The originals of a refund, the batches, a licence and a file are no payment's."""
    of_others = {"14", "41", "35", "36", "37", "45", "98", "92", "93", "94", "95", "96"}
    assert [code for code in codes() if told("query", "origRespCode", code).kind == "unmapped"] == sorted(
        of_others, key=list(codes()).index
    )


@pytest.mark.parametrize("code", AGAIN)
def test_what_every_demo_queries_later_is_unknown_everywhere(code: str) -> None:
    for operation, where in ways():
        meaning = told(operation, where, code)
        assert (meaning.kind != "unmapped", meaning.effect, meaning.next_action) == (True, "unknown", "query_then_decide")


@pytest.mark.parametrize("code", PAYOUT_AGAIN)
@pytest.mark.parametrize(
    ("operation", "where"), [("payout", "respCode"), ("query_payout", "origRespCode"), ("notification.payout", "respCode")]
)
def test_what_the_payout_s_demo_queries_later_is_unknown_for_payouts(operation: str, where: str, code: str) -> None:
    meaning = told(operation, where, code)
    assert (meaning.effect, meaning.next_action, meaning.new_id_allowed) == ("unknown", "query_then_decide", False)
    if operation != "notification.payout":
        assert meaning.retry_after == 180  # 建议3分钟后发起查询交易


@pytest.mark.parametrize("code", NEVER_SEEN)
def test_what_nobody_has_seen_is_unknown(code: str) -> None:
    for operation, where in ways():
        meaning = told(operation, where, code)
        assert (meaning.canonical, meaning.effect, meaning.next_action) == ("UNMAPPED_CODE", "unknown", "query_then_decide")


def test_accepted_is_not_done() -> None:
    """同步返回00: 交易已受理，等待接收后台通知."""
    for operation in SYNCHRONOUS:
        assert told(operation, "respCode", "00").effect == "pending"
        assert told(operation, "respCode", "A6").effect == "unknown"
    assert [row for row in load()["codes"] if row["effect"] in {"succeeded", "reversed", "returned"}] == []


def test_only_00_and_a6_are_success() -> None:
    done = {row["code"] for row in rows() if row["effect"] in {"succeeded", "reversed", "returned"}}
    assert done == {"00", "A6"}
    for operation, where in [
        *((query, "origRespCode") for query in QUERIES),
        *((notice, "respCode") for notice in NOTIFICATIONS),
    ]:
        assert told(operation, where, "00").effect == "succeeded"
        defect = told(operation, where, "A6")
        assert (defect.canonical, defect.effect, defect.next_action) == ("SUCCEEDED_WITH_DEFECT", "succeeded", "reconcile")


def test_money_that_was_taken_is_never_called_failed() -> None:
    for code in MONEY_TAKEN:
        for operation, where in (("query", "origRespCode"), ("notification.payment", "respCode")):
            meaning = told(operation, where, code)
            assert (meaning.canonical, meaning.effect) == ("MONEY_TAKEN_ORDER_NOT_FULFILLED", "unknown")
            assert meaning.next_action == "escalate"
    assert [row for row in rows() if row["code"] in MONEY_TAKEN and row["effect"] != "unknown"] == []


@pytest.mark.parametrize("code", ["34", "12", "83", "06", "37"])
def test_what_says_nothing_of_the_money_never_fails(code: str) -> None:
    """Not found, sent before, in process, busy, too often."""
    assert [row for row in rows() if row["code"] == code and row["effect"] not in {"unknown", "pending"}] == []


def test_69_is_asked_after_before_it_is_final() -> None:
    for operation in SYNCHRONOUS:
        assert (told(operation, "respCode", "69").effect, told(operation, "respCode", "69").next_action) == (
            "unknown",
            "query_then_decide",
        )
    assert told("query_refund", "origRespCode", "69").effect == "unknown"
    assert told("query_payout", "origRespCode", "69").effect == "unknown"
    assert told("query", "origRespCode", "69").effect == "failed"  # the payer's own input, once the time to pay is over


def test_a_refused_query_says_nothing_of_the_order() -> None:
    for operation in ASKING:
        for code in codes():
            meaning = told(operation, "respCode", code)
            assert meaning.effect == ("succeeded" if (operation, code) == ("bill", "00") else "unknown"), (operation, code)


def test_a_notified_failure_is_queried_first() -> None:
    """失败的交易不通知; one that comes all the same decides nothing."""
    for operation in NOTIFICATIONS:
        for code in set(codes()) - {"00", "A6"}:
            meaning = told(operation, "respCode", code)
            assert (meaning.effect, meaning.new_id_allowed) == ("unknown", False), (operation, code)


def test_a_new_number_waits_for_a_query_that_says_failed() -> None:
    for row in rows():
        if row.get("new_id_allowed"):
            assert (row["effect"], row["where"], row.get("phase")) == ("failed", "origRespCode", "final"), row
            assert row["operations"] in (["query"], ["query_refund"], ["query_payout"]), row
        if row["effect"] == "failed":
            assert row["checked"] == "documented", row
            assert row["effect_source"].startswith("https://github.com/"), row
            assert row["source"] != row["effect_source"], row


def test_no_row_is_better_known_than_it_can_cite() -> None:
    for row in rows():
        assert row["source"].startswith("https://github.com/") or row["checked"] == "assumed", row
        assert "/blob/" in row["source"] or row["checked"] == "assumed", row


def test_only_a_payment_s_not_found_becomes_conclusive() -> None:
    """超过 payTimeout 查询得到的结果为最终结果; payouts and refunds end with the settlement file."""
    assert {(tuple(row["operations"]), row["code"]): row["quiet_period"] for row in rows() if "quiet_period" in row} == {
        (("query",), "34"): 300
    }


# Read off the table and the demos, row by row: (operation, where, code) -> (canonical, effect, next action, new id allowed).
EXPECTED = [
    # what is handed to the payer, and what the app's request brings; api_05_app/Form_6_2_AppConsume
    ("pay.gateway", "handed_over", "form", "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("pay.gateway_b2b", "handed_over", "form", "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("pay.app", "respCode", "00", "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("pay.app", "respCode", "01", "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    ("pay.app", "respCode", "06", "CHANNEL_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("pay.app", "respCode", "10", "MESSAGE_FORMAT_INVALID", "failed", "fix_and_resubmit", False),
    ("pay.app", "respCode", "11", "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("pay.app", "respCode", "12", "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("pay.app", "respCode", "13", "PARAMETER_MISSING", "failed", "fix_and_resubmit", False),
    ("pay.app", "respCode", "31", "MERCHANT_RESTRICTED", "failed", "escalate", False),
    ("pay.app", "respCode", "43", "PRODUCT_NOT_PERMITTED", "failed", "fix_configuration", False),
    ("pay.app", "respCode", "99", "CHANNEL_SYSTEM_ERROR", "unknown", "query_then_decide", False),
    # a payment, asked after; api_01_gateway/Form_6_5_Query and Form_6_2_FrontConsume
    ("query", "origRespCode", "00", "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("query", "origRespCode", "01", "PAYMENT_FAILED", "failed", "new_id_after_confirmed_failure", True),
    ("query", "origRespCode", "34", "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query", "origRespCode", "38", "RISK_REFUSED", "failed", "escalate", False),
    ("query", "origRespCode", "46", "ORDER_REVERSED", "unknown", "query_then_decide", False),
    ("query", "origRespCode", "61", "CARD_INVALID", "failed", "new_id_after_confirmed_failure", True),
    ("query", "origRespCode", "64", "PAYER_FUNDS_INSUFFICIENT", "failed", "new_id_after_confirmed_failure", True),
    ("query", "origRespCode", "67", "CREDENTIAL_TRIES_EXCEEDED", "failed", "new_id_after_confirmed_failure", True),
    ("query", "origRespCode", "70", "PAYMENT_AWAITING_PAYER", "pending", "wait_for_notification", False),
    ("query", "origRespCode", "82", "PAYER_AUTHENTICATION_REQUIRED", "failed", "new_id_after_confirmed_failure", True),
    ("query", "origRespCode", "83", "PROCESSING", "pending", "query_then_decide", False),
    ("query", "origRespCode", "84", "PAYER_AUTHENTICATION_REQUIRED", "unknown", "query_then_decide", False),  # no page to cite
    ("query", "origRespCode", "90", "PAYER_FUNDS_INSUFFICIENT", "failed", "new_id_after_confirmed_failure", True),
    ("query", "respCode", "34", "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query", "respCode", "37", "RATE_LIMITED", "unknown", "query_then_decide", False),
    ("query", "respCode", "11", "SIGNATURE_INVALID", "unknown", "fix_configuration", False),
    ("query", "respCode", "03", "QUERY_TIMED_OUT", "unknown", "query_then_decide", False),
    ("notification.payment", "respCode", "00", "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("notification.payment", "respCode", "64", "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    # refunds and cancellations; Form_6_4_Refund, Form_6_3_ConsumeUndo
    ("refund", "respCode", "00", "REFUND_PROCESSING", "pending", "wait_for_notification", False),
    ("refund", "respCode", "01", "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    ("refund", "respCode", "33", "REFUND_EXCEEDS_PAYMENT", "failed", "fix_and_resubmit", False),
    ("refund", "respCode", "35", "ORIGINAL_NOT_FOUND", "failed", "fix_and_resubmit", False),
    ("refund", "respCode", "36", "ORIGINAL_MISMATCH", "failed", "fix_and_resubmit", False),
    ("refund", "respCode", "45", "ALREADY_REFUNDED", "unknown", "query_then_decide", False),
    ("refund", "respCode", "90", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
    ("query_refund", "origRespCode", "00", "REFUND_SUCCEEDED", "succeeded", "stop", False),
    ("query_refund", "origRespCode", "01", "REFUND_CLOSED", "failed", "new_id_after_confirmed_failure", True),
    ("query_refund", "origRespCode", "90", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", True),
    ("query_refund", "origRespCode", "45", "ALREADY_REFUNDED", "unknown", "query_then_decide", False),
    ("query_refund", "respCode", "34", "REFUND_NOT_FOUND", "unknown", "query_then_decide", False),
    ("notification.refund", "respCode", "00", "REFUND_SUCCEEDED", "succeeded", "stop", False),
    ("cancel", "respCode", "00", "CANCEL_IN_PROGRESS", "pending", "query_then_decide", False),
    ("cancel", "respCode", "11", "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("cancel", "respCode", "35", "ORDER_STATE_CONFLICT", "unknown", "query_then_decide", False),
    ("cancel", "respCode", "39", "CANCEL_PERIOD_EXPIRED", "unknown", "query_then_decide", False),
    ("cancel", "respCode", "45", "ALREADY_REFUNDED", "unknown", "query_then_decide", False),
    ("notification.cancel", "respCode", "00", "REFUND_SUCCEEDED", "succeeded", "stop", False),
    # payouts; the payout's text in api_16_qrc/Form_6_3_Query
    ("payout", "respCode", "00", "PAYOUT_PROCESSING", "pending", "query_then_decide", False),
    ("payout", "respCode", "06", "CHANNEL_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("payout", "respCode", "11", "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("payout", "respCode", "12", "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("payout", "respCode", "61", "PAYEE_ACCOUNT_WRONG", "failed", "fix_and_resubmit", False),
    ("payout", "respCode", "66", "PAYEE_IDENTITY_MISMATCH", "failed", "fix_and_resubmit", False),
    ("payout", "respCode", "90", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
    ("payout", "respCode", "99", "CHANNEL_SYSTEM_ERROR", "unknown", "query_then_decide", False),
    ("query_payout", "origRespCode", "00", "PAYOUT_SUCCEEDED", "succeeded", "stop", False),
    ("query_payout", "origRespCode", "61", "PAYEE_ACCOUNT_WRONG", "failed", "new_id_after_confirmed_failure", True),
    ("query_payout", "origRespCode", "63", "PAYEE_ACCOUNT_ABNORMAL", "failed", "new_id_after_confirmed_failure", True),
    ("query_payout", "origRespCode", "64", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", True),
    ("query_payout", "origRespCode", "83", "PAYOUT_PROCESSING", "pending", "query_then_decide", False),
    ("query_payout", "respCode", "34", "PAYOUT_NOT_FOUND", "unknown", "query_then_decide", False),
    ("notification.payout", "respCode", "00", "PAYOUT_SUCCEEDED", "succeeded", "stop", False),
    # files and certificates; Form_7_2_FileTransfer
    ("bill", "respCode", "00", "BILL_READY", "succeeded", "reconcile", False),
    ("bill", "respCode", "98", "BILL_NOT_READY", "unknown", "retry_same_id", False),
    ("certificates", "respCode", "11", "SIGNATURE_INVALID", "unknown", "fix_configuration", False),
]


@pytest.mark.parametrize(("operation", "where", "code", "canonical", "effect", "action", "new_id"), EXPECTED)
def test_what_the_table_and_the_demos_say(
    operation: str, where: str, code: str, canonical: str, effect: str, action: str, *, new_id: bool
) -> None:
    meaning = told(operation, where, code)
    assert (meaning.canonical, meaning.effect, meaning.next_action, meaning.new_id_allowed) == (canonical, effect, action, new_id)


@pytest.mark.parametrize(
    ("operation", "where", "code", "seconds"),
    [
        ("query", "origRespCode", "03", 300),  # 前台类交易建议间隔（5分、10分、30分、60分、120分）
        ("pay.app", "respCode", "00", 300),
        ("refund", "respCode", "00", 1),  # 即间隔1，2，4，8，16，32S查询
        ("query_refund", "origRespCode", "05", 1),
        ("payout", "respCode", "00", 180),  # 建议3分钟后发起查询交易
    ],
)
def test_when_to_ask_again(operation: str, where: str, code: str, seconds: int) -> None:
    assert told(operation, where, code).retry_after == seconds
