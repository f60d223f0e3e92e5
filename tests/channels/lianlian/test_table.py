"""The table of LianLian against its witness, the collected codes and states: nothing is lost, nothing invented or made surer."""

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest

from error_codes import Meaning, translate

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "lianlian"
TABLE = ROOT / "error_codes" / "channels" / "lianlian.toml"
CODES_API, STATES_API = "LianLian ret_code (docs return-codes)", "LianLian instantpay result_pay"
OF_STATES = {STATES_API, "LianLian result_pay CANCEL"}
NEARER = "lianlian_instantpay_codes.csv"
DIFFERING = {"1005", "9910"}
"""Of these the two lists say different things."""
NEVER_FAILED = (
    *("1002", "1003", "1005", "1006", "1007", "1111", "2003", "2005", "2006", "2007", "2008", "4006", "4007", "4009", "8117"),
    *("9000", "9002", "9091", "9094", "9902", "9903", "9910", "9970", "9983", "9990", "9991", "9999"),
)
"""Of duplicates, of something in progress, of exceptions, of the bank, or of a failure that does not say where: query first."""


def load() -> dict[str, list[dict[str, Any]]]:
    """Read the table as it is written, without the package that reads it for the SDK."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return table


def collected(name: str = "lianlian_errors.csv") -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def texts() -> dict[str, str]:
    """Each return code and its official text: of instant payments where they have one, else of all products."""
    general = {line["code"]: line["message"] for line in collected() if line["api"] == CODES_API}
    return {**general, **{line["code"]: line["message"] for line in collected(NEARER)}}


def rows() -> list[dict[str, Any]]:
    return [*load()["states"], *load()["codes"]]


def told(operation: str, code: str, where: str = "ret_code") -> Meaning:
    return translate("lianlian", operation, where=where, code=code, http=200)


def test_every_collected_row_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    mapped = {(row["where"], row["code"]) for row in rows()}
    where = {CODES_API: "ret_code", **dict.fromkeys(OF_STATES, "result_pay")}
    lost = [
        (line["api"], line["code"])
        for line in (*collected(), *collected("lianlian_accp_errors.csv"))
        if (line["api"], line["code"]) not in unused and (where.get(line["api"]), line["code"]) not in mapped
    ]
    assert lost == []
    assert [code for api, code in unused if api == CODES_API and ("ret_code", code) in mapped] == []


def test_what_is_unused_was_collected_once() -> None:
    listed = [(row["api"], row["code"]) for row in load()["unused"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {(line["api"], line["code"]) for line in (*collected(), *collected("lianlian_accp_errors.csv"))}


def test_every_code_of_the_other_product_is_unused() -> None:
    other = [line["code"] for line in collected("lianlian_accp_errors.csv")]
    assert [row["code"] for row in load()["unused"] if row["api"] == "LianLian ACCP ret_code"] == other


def test_no_code_was_invented() -> None:
    states = {line["code"] for line in collected() if line["api"] == STATES_API}
    assert {row["code"] for row in rows() if row["where"] == "ret_code"} <= set(texts())
    assert {row["code"] for row in rows() if row["where"] == "result_pay"} == states


def test_a_refusal_is_the_official_one_and_cites_that_the_order_failed() -> None:
    nearer = {line["code"] for line in collected(NEARER)}
    for row in rows():
        if row["effect"] == "failed" and row["where"] == "ret_code":
            assert row["zh"].startswith(texts()[row["code"]]), row
            cited = "/constant/RetCodeEnum.java" if row["code"] in nearer else "/PaymentApiTest.java"
            assert row["effect_source"].endswith(cited), row
            assert row["operations"] == ["payout"]


def test_what_lianlian_says_of_instant_payments_is_what_the_table_says() -> None:
    """请求拦截 and 订单失败 are failures, 需查询订单状态 is unknown; what the two lists differ in is unknown too."""
    for line in collected(NEARER):
        code, meaning = line["code"], line["meaning"]
        effect = told("payout", code).effect
        if "需查询订单状态" in meaning or code in DIFFERING:
            assert effect == "unknown", line
        elif "订单失败" in meaning and "将关闭" not in meaning:
            assert effect == "failed", line
        else:
            assert effect in {"unknown", "pending"}, line


def test_what_may_be_sent_again_as_it_is() -> None:
    again = {line["code"] for line in collected(NEARER) if "可用原订单号重新提交" in line["meaning"]}
    assert again == {"4103", "4104", "9104"}
    assert {told("payout", code).next_action for code in again} == {"retry_same_id", "top_up"}


@pytest.mark.parametrize("code", NEVER_FAILED)
def test_what_says_nothing_sure_is_unknown(code: str) -> None:
    meaning = told("payout", code)
    assert (meaning.kind, meaning.effect, meaning.next_action) == ("code", "unknown", "query_then_decide")


@pytest.mark.parametrize("code", [code for code in texts() if code != "0000"])
def test_no_code_allows_a_new_number_and_none_in_answer_to_a_question_or_a_confirmation_says_failed(code: str) -> None:
    for operation in ("payout", "confirm_payout", "query_payout", "balance"):
        meaning = told(operation, code)
        assert not meaning.new_id_allowed
        assert meaning.effect in ({"failed", "unknown", "pending"} if operation == "payout" else {"unknown"})


def test_codes_that_ask_for_a_confirmation() -> None:
    pending = {row["code"] for row in load()["codes"] if row["effect"] == "pending"}
    assert pending == {line["code"] for line in collected() if "CONFIRM_REQUIRED" in line["meaning_or_advice"]}
    for code in pending:
        assert (told("payout", code).canonical, told("payout", code).next_action) == ("CONFIRMATION_REQUIRED", "confirm")


def test_states_as_they_were_collected() -> None:
    """PENDING, SUCCESS, RETURNED, FAIL, CLOSED of the collected list, in answer to a query."""
    words = {"PENDING": "pending", "SUCCESS": "succeeded", "RETURNED": "returned", "FAIL": "failed", "CLOSED": "failed"}
    for line in collected():
        if line["api"] == STATES_API:
            wanted = words[line["meaning_or_advice"].replace(":", " ").split()[0]]
            assert told("query_payout", line["code"], "result_pay").effect == wanted, line
            assert told("notification.payout", line["code"], "result_pay").effect == wanted, line


def test_only_a_query_allows_a_new_number() -> None:
    allowed = {(row["code"], *row["operations"]) for row in rows() if row.get("new_id_allowed")}
    assert allowed == {("FAILURE", "query_payout"), ("CLOSED", "query_payout")}


def test_the_same_number_in_another_field_is_another_thing() -> None:
    assert told("payout", "SUCCESS").kind == "unmapped"
    assert told("query_payout", "0000").kind == "unmapped", "of a query that says 0000, result_pay is read"
    assert told("query_payout", "0000", "result_pay").kind == "unmapped"
