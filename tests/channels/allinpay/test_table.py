"""The table of Allinpay against its witness, the collected codes, and against the classes that the TLT document states."""

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest

from error_codes import Meaning, translate
from tests.conftest import VECTORS

TABLE = Path(__file__).parents[3] / "error_codes" / "channels" / "allinpay.toml"
PLACES = {
    "vsp retcode": "retcode",
    "vsp trxstatus": "trxstatus",
    "TLT INFO/RET_CODE": "INFO.RET_CODE",
    "TLT INFO/RET_CODE (query)": "INFO.RET_CODE",
    "TLT query RET_CODE": "INFO.RET_CODE",
    "TLT detail RET_CODE": "detail.RET_CODE",
}
OPERATIONS = {
    "retcode": ("pay.wechat_native", "pay.scan", "refund", "cancel", "query", "query_refund", "bill"),
    "trxstatus": ("pay.wechat_native", "pay.scan", "refund", "cancel", "query", "query_refund"),
    "INFO.RET_CODE": ("payout", "payout_batch", "query_payout", "query_payout_batch"),
    "detail.RET_CODE": ("payout", "query_payout"),
}
IN_BETWEEN = ["2000", "2001", "2003", "2005", "2007", "2008", "0003", "0014"]
NEVER_SEEN = ("9Z99", "3777", "1777", "", "0", "00000", "0000 ")


def load() -> dict[str, list[dict[str, Any]]]:
    """Read the table as it is written, without the package that reads it for the SDK."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return table


def rows() -> list[dict[str, Any]]:
    table = load()
    return [*table["states"], *table["codes"]]


def collected() -> list[dict[str, str]]:
    with (VECTORS / "allinpay" / "allinpay_errors.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def told(operation: str, where: str, code: str) -> Meaning:
    return translate("allinpay", operation, where=where, code=code, http=200)


def test_every_collected_row_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    mapped = {(row["where"], row["code"]) for row in rows()}
    lost = [
        (line["api"], line["code"])
        for line in collected()
        if (line["api"], line["code"]) not in unused and (PLACES.get(line["api"], ""), line["code"]) not in mapped
    ]
    assert lost == []


@pytest.mark.parametrize("line", [line for line in collected() if line["api"] in PLACES], ids=lambda line: line["code"])
def test_every_collected_code_has_a_meaning_in_every_answer_that_it_can_stand_in(line: dict[str, str]) -> None:
    if line["code"] in {"3xxx", "1xxx", "1099"} or (line["api"], line["code"]) == ("vsp retcode", "SUCCESS"):
        return  # classes, a reversal's refusal, and what says nothing by itself
    where = PLACES[line["api"]]
    unmapped = [operation for operation in OPERATIONS[where] if told(operation, where, line["code"]).kind == "unmapped"]
    assert unmapped == []


@pytest.mark.parametrize("code", IN_BETWEEN)
def test_what_the_document_calls_in_between_is_no_end_anywhere(code: str) -> None:
    """TLT class B of the collected list."""
    (listed,) = [line["message"].split() for line in collected() if (line["api"], line["code"]) == ("TLT class", "B")]
    assert listed == IN_BETWEEN
    for where in ("INFO.RET_CODE", "detail.RET_CODE"):
        if (where, code) == ("INFO.RET_CODE", "0014"):
            continue
        for operation in OPERATIONS[where]:
            meaning = told(operation, where, code)
            assert (meaning.kind, meaning.effect in {"pending", "unknown"}) == ("state", True), (operation, where)
            assert not meaning.new_id_allowed


def test_the_same_0000_says_three_things() -> None:
    assert told("query_payout", "INFO.RET_CODE", "0000").effect == "unknown"
    assert told("query_payout_batch", "INFO.RET_CODE", "0000").effect == "unknown"
    assert told("query_payout", "detail.RET_CODE", "0000").effect == "succeeded"
    assert told("payout", "detail.RET_CODE", "0000").effect == "pending"
    assert told("pay.wechat_native", "trxstatus", "0000").canonical == "PAYMENT_AWAITING_PAYER"
    assert told("query", "trxstatus", "0000").canonical == "PAYMENT_SUCCEEDED"


def test_only_0000_is_success() -> None:
    done = {(row["where"], row["code"]) for row in rows() if row["effect"] in {"succeeded", "reversed", "returned"}}
    assert done == {
        ("trxstatus", "0000"),
        ("detail.RET_CODE", "0000"),
        ("INFO.RET_CODE", "0000"),  # of a batch, every line of which the adapter has found paid
        ("http", "200"),
        ("trxstatus", "3050"),
        ("detail.RET_CODE", "3056"),
    }


def test_4000_is_neither_success_nor_failure() -> None:
    """The document and the demo call it success, one client in between: the sources disagree."""
    found = [row for row in rows() if row["code"] == "4000"]
    assert {row["effect"] for row in found} == {"pending"}
    assert all("来源不一" in row["zh"] and "disagree" in row["en"] for row in found)


@pytest.mark.parametrize("code", ["1000", "1001", "1002", "1101", "1102", "1103", "1104", "1105", "1106"])
def test_a_refused_query_says_nothing_of_the_payout(code: str) -> None:
    for operation in ("query_payout", "query_payout_batch"):
        meaning = told(operation, "INFO.RET_CODE", code)
        assert (meaning.kind, meaning.effect) == ("code", "unknown")


def test_not_found_never_becomes_conclusive() -> None:
    assert [row for row in rows() if "quiet_period" in row] == []


@pytest.mark.parametrize("code", NEVER_SEEN)
def test_what_nobody_has_seen_is_unknown(code: str) -> None:
    for where, operations in OPERATIONS.items():
        for operation in operations:
            meaning = told(operation, where, code)
            assert (meaning.canonical, meaning.effect) == ("UNMAPPED_CODE", "unknown"), (operation, where)


def test_a_new_number_waits_for_a_query_that_says_failed() -> None:
    queries = {"query", "query_refund", "query_payout", "query_payout_batch"}
    for row in rows():
        if row.get("new_id_allowed"):
            assert (row["effect"], row.get("phase"), set(row["operations"]) <= queries) == ("failed", "final", True), row
        if row["effect"] == "failed":
            assert row["checked"] in {"documented", "observed"}, row
            assert row["effect_source"].startswith("https://"), row


def test_a_failure_s_text_begins_as_the_collected_one_does() -> None:
    texts: dict[tuple[str, str], list[str]] = {}
    for line in collected():
        texts.setdefault((PLACES.get(line["api"], ""), line["code"]), []).append(line["message"][:4])
    for row in rows():
        listed = texts.get((row["where"], row["code"]))
        if row["effect"] == "failed" and listed and row["code"] != "3999":
            assert row["zh"][:4] in listed, row


# Read off the lists, row by row: (operation, where, code) -> (canonical, effect, next action, new id allowed).
EXPECTED = [
    ("pay.wechat_native", "trxstatus", "3888", "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("pay.wechat_native", "trxstatus", "3099", "SUB_MERCHANT_INVALID", "failed", "fix_configuration", False),
    ("pay.wechat_native", "trxstatus", "3014", "AMOUNT_OUT_OF_RANGE", "failed", "fix_and_resubmit", False),
    ("pay.scan", "trxstatus", "0000", "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("pay.scan.unstated", "trxstatus", "0000", "PROCESSING", "pending", "query_then_decide", False),
    ("pay.scan.unstated", "trxstatus", "3031", "PAYER_IDENTITY_REJECTED", "failed", "authenticate_payer", False),
    ("pay.scan", "trxstatus", "3045", "PAYMENT_FAILED", "unknown", "query_then_decide", False),
    ("pay.scan", "retcode", "SYSTEMERR", "CHANNEL_SYSTEM_ERROR", "unknown", "query_then_decide", False),
    ("pay.scan", "retcode", "FAIL", "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("query", "trxstatus", "3088", "PAYMENT_CLOSED_UNPAID", "failed", "new_id_after_confirmed_failure", True),
    ("query", "trxstatus", "3050", "PAYMENT_REVERSED", "reversed", "stop", False),
    ("query", "trxstatus", "3089", "CANCEL_INCOMPLETE", "unknown", "reconcile", False),
    ("query", "trxstatus", "1001", "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query", "retcode", "SIGNAUTHERR", "SIGNATURE_INVALID", "unknown", "fix_configuration", False),
    ("refund", "trxstatus", "0000", "REFUND_PROCESSING", "pending", "query_then_decide", False),
    ("refund", "trxstatus", "3045", "PAYMENT_REFUSED", "unknown", "query_then_decide", False),
    ("query_refund", "trxstatus", "3045", "REFUND_CLOSED", "failed", "new_id_after_confirmed_failure", True),
    ("query_refund", "trxstatus", "3089", "CANCEL_INCOMPLETE", "unknown", "reconcile", False),
    ("cancel", "trxstatus", "0000", "CANCEL_IN_PROGRESS", "pending", "query_then_decide", False),
    ("cancel", "trxstatus", "3089", "CANCEL_INCOMPLETE", "unknown", "query_then_decide", False),
    ("notification.payment", "trxstatus", "0000", "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
    ("notification.refund", "trxstatus", "0000", "REFUND_SUCCEEDED", "succeeded", "stop", False),
    ("payout", "INFO.RET_CODE", "1000", "REQUEST_REJECTED", "unknown", "query_then_decide", False),
    ("payout", "INFO.RET_CODE", "1102", "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("payout", "INFO.RET_CODE", "1106", "SIGNATURE_INVALID", "failed", "fix_configuration", False),
    ("payout_batch", "INFO.RET_CODE", "1103", "BATCH_TOTALS_WRONG", "failed", "fix_and_resubmit", False),
    ("payout_batch", "INFO.RET_CODE", "0000", "PAYOUT_PROCESSING", "pending", "query_then_decide", False),
    ("payout", "INFO.RET_CODE", "2006", "APPROVAL_REJECTED", "unknown", "escalate", False),
    ("query_payout", "INFO.RET_CODE", "2006", "APPROVAL_REJECTED", "unknown", "escalate", False),
    ("query_payout", "INFO.RET_CODE", "1002", "PAYOUT_NOT_FOUND", "unknown", "query_then_decide", False),
    ("query_payout", "INFO.RET_CODE", "1999", "PAYOUT_FAILED", "failed", "new_id_after_confirmed_failure", True),
    ("payout", "detail.RET_CODE", "3031", "PAYEE_NAME_MISMATCH", "failed", "fix_and_resubmit", False),
    ("payout", "detail.RET_CODE", "3008", "MERCHANT_FUNDS_INSUFFICIENT", "unknown", "query_then_decide", False),
    ("query_payout", "detail.RET_CODE", "3008", "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", True),
    ("query_payout", "detail.RET_CODE", "3028", "BANK_UNAVAILABLE", "unknown", "query_then_decide", False),
    ("query_payout", "detail.RET_CODE", "3044", "DOWNSTREAM_UNKNOWN", "unknown", "query_then_decide", False),
    ("query_payout", "detail.RET_CODE", "3051", "DUPLICATE_CONTENT_UNKNOWN", "unknown", "query_then_decide", False),
    ("query_payout", "detail.RET_CODE", "3056", "PAYOUT_RETURNED", "returned", "reconcile", False),
    ("query_payout", "detail.RET_CODE", "3999", "PAYOUT_FAILED", "failed", "new_id_after_confirmed_failure", True),
    ("bill", "retcode", "SUCCESS", "BILL_NOT_READY", "unknown", "retry_same_id", False),
    ("bill.download", "http", "200", "BILL_READY", "succeeded", "reconcile", False),
]


@pytest.mark.parametrize(("operation", "where", "code", "canonical", "effect", "action", "new_id"), EXPECTED)
def test_what_the_lists_say(
    operation: str, where: str, code: str, canonical: str, effect: str, action: str, *, new_id: bool
) -> None:
    meaning = told(operation, where, code)
    assert (meaning.canonical, meaning.effect, meaning.next_action, meaning.new_id_allowed) == (canonical, effect, action, new_id)


@pytest.mark.parametrize(
    ("operation", "where", "code", "seconds"),
    [
        ("query", "trxstatus", "2000", 10),  # 建议每隔一段时间(10秒)查询交易
        ("payout", "INFO.RET_CODE", "2000", 300),  # real-time: 5 minutes later
        ("payout_batch", "INFO.RET_CODE", "2000", 1200),  # batch: first query after 20 minutes
        ("query_payout_batch", "INFO.RET_CODE", "2000", 600),  # then every 10
    ],
)
def test_when_to_ask_again(operation: str, where: str, code: str, seconds: int) -> None:
    assert told(operation, where, code).retry_after == seconds
