"""The table of CIB's direct connection against its witness, the collected codes and appendix 1."""

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest

from error_codes import Meaning, translate

ROOT = Path(__file__).parents[2]
WITNESS = ROOT / "tests" / "vectors" / "cib" / "cib_errors.csv"
TABLE = ROOT / "error_codes" / "channels" / "cib.toml"

PAYOUTS = ("payout.xfer", "payout.agent", "payout.fast")
QUERIES = ("query_payout.xfer", "query_payout.agent", "query_payout.fast")
WAITS = {"agent": 600, "fast": 300}
BATCHES = ("payout_batch", "query_payout_batch")
REFUNDS = ("refund", "query_refund")
LINES = ("payout_batch.line", "query_payout_batch.line")
EVERYTHING = (*PAYOUTS, "payout.super", *QUERIES, *BATCHES, *LINES, *REFUNDS, "balance", "bill")
APPENDIX = {  # 附录1: 中间值 and 最终值
    "AUDITING": ("pending", "PAYOUT_IN_AUDIT"),
    "AUDITED": ("pending", "PAYOUT_PROCESSING"),
    "WAIT_FOR_AUDIT": ("pending", "PAYOUT_IN_AUDIT"),
    "PROCESSING": ("pending", "PAYOUT_PROCESSING"),
    "SEND_BACK": ("pending", "PAYOUT_IN_AUDIT"),
    "PENDING": ("unknown", "DOWNSTREAM_UNKNOWN"),
    "PAYOUT": ("succeeded", "PAYOUT_SUCCEEDED"),
    "FAIL": ("failed", "PAYOUT_FAILED"),
    "CANCEL": ("failed", "PAYOUT_CANCELLED"),
    "EXPIRED": ("failed", "PAYOUT_EXPIRED"),
}
TEXT_VARIES = ("2000", "2002", "52000")
REFUSED_BEFORE = {"2005", "2006", "15500", "50006", "75320", "51027", "60010"}


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


def told(operation: str, where: str, code: str) -> Meaning:
    return translate("cib", operation, where=where, code=code, http=200)


def test_every_collected_row_is_mapped_or_listed_as_unused() -> None:
    unused = {(row["api"], row["code"]) for row in load()["unused"]}
    mapped = {(row["where"], row["code"]) for row in rows()}
    wheres = {"CIB STATUS/CODE": "STATUS/CODE", "CIB REFUNDSTATUS": "REFUNDSTATUS"}
    lost = [
        (line["api"], line["code"])
        for line in collected()
        if (line["api"], line["code"]) not in unused and (wheres.get(line["api"], "XFERPRCCODE"), line["code"]) not in mapped
    ]
    assert lost == []


def test_what_is_unused_was_collected_once_and_no_code_was_invented() -> None:
    listed = [(row["api"], row["code"]) for row in load()["unused"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {(line["api"], line["code"]) for line in collected()}
    assert {row["code"] for row in rows()} <= {line["code"] for line in collected()}


@pytest.mark.parametrize(("code", "says"), APPENDIX.items())
@pytest.mark.parametrize("operation", [*PAYOUTS, *QUERIES, *BATCHES, "payout_batch.line", "query_payout_batch.line"])
def test_the_states_of_appendix_1(operation: str, code: str, says: tuple[str, str]) -> None:
    meaning = told(operation, "XFERPRCCODE", code)
    assert (meaning.effect, meaning.canonical, meaning.kind) == (*says, "state")
    if says[0] in {"pending", "unknown"}:
        wait = 1800 if "batch" in operation else WAITS.get(operation.partition(".")[2], 900)
        assert (meaning.retry_after, meaning.next_action) == (wait, "query_then_decide")


def test_part_of_a_batch_is_a_batch_s_alone_and_registered_by_the_super_network_is_not_paid() -> None:
    assert {told(one, "XFERPRCCODE", "PART_PAYOUT").canonical for one in BATCHES} == {"PAYOUT_PARTLY_SUCCEEDED"}
    assert {told(one, "XFERPRCCODE", "PART_PAYOUT").kind for one in (*PAYOUTS, *QUERIES)} == {"unmapped"}
    assert told("payout.super", "XFERPRCCODE", "PAYOUT").effect == "unknown"
    assert told("payout.super", "XFERPRCCODE", "FAIL").effect == "failed"


def test_success_is_said_by_the_one_state_and_by_code_0_where_nothing_moves() -> None:
    done = {(row["where"], row["code"], tuple(row["operations"])) for row in rows() if row["effect"] == "succeeded"}
    assert {(where, code) for where, code, _ in done} == {("XFERPRCCODE", "PAYOUT"), ("REFUNDSTATUS", "1"), ("STATUS/CODE", "0")}
    assert {one for where, code, operations in done if code == "0" for one in operations} == {"balance", "bill"}
    for operation in (*PAYOUTS, "payout.super", *QUERIES, *BATCHES):
        assert told(operation, "STATUS/CODE", "0").kind == "unmapped"


def test_failed_is_said_of_final_states_and_of_checks_alone() -> None:
    failed = {(row["where"], row["code"]) for row in rows() if row["effect"] == "failed"}
    states = {("XFERPRCCODE", code) for code in ("FAIL", "CANCEL", "EXPIRED")} | {("REFUNDSTATUS", "2")}
    assert failed == states | {("STATUS/CODE", code) for code in REFUSED_BEFORE}


def test_a_new_number_is_allowed_by_final_failures_alone() -> None:
    assert {(row["where"], row["code"]) for row in rows() if row.get("new_id_allowed")} == {
        ("XFERPRCCODE", "FAIL"),
        ("XFERPRCCODE", "EXPIRED"),
        ("REFUNDSTATUS", "2"),
    }


@pytest.mark.parametrize("operation", REFUNDS)
def test_a_refund_is_told_by_its_own_state_and_before_it_begins_by_its_instructions(operation: str) -> None:
    own = {code: told(operation, "REFUNDSTATUS", code).effect for code in "0123"}
    assert own == {"0": "pending", "1": "succeeded", "2": "failed", "3": "unknown"}
    instruction = {code: told(operation, "XFERPRCCODE", code).effect for code in APPENDIX}
    assert instruction == {code: says[0] for code, says in APPENDIX.items()} | {"PAYOUT": "unknown"}
    assert told(operation, "XFERPRCCODE", "PART_PAYOUT").kind == told(operation, "STATUS/CODE", "0").kind == "unmapped"


@pytest.mark.parametrize("code", TEXT_VARIES)
@pytest.mark.parametrize("operation", EVERYTHING)
def test_a_code_whose_text_varies_says_nothing(operation: str, code: str) -> None:
    assert told(operation, "STATUS/CODE", code).effect == "unknown"


def test_only_the_query_by_number_makes_not_found_conclusive() -> None:
    lasting = {(row["code"], row["quiet_period"], *row["operations"]) for row in rows() if "quiet_period" in row}
    assert lasting == {("2020", 900, "query_payout.xfer", "query_payout.agent"), ("2020", 1800, "query_payout_batch")}
    assert told("query_payout", "STATUS/CODE", "2020").quiet_period is None


@pytest.mark.parametrize("code", ["99999", "00", "", "0 ", "PAYOUT", "50006"])
@pytest.mark.parametrize("operation", EVERYTHING)
def test_what_was_never_seen_is_unknown(operation: str, code: str) -> None:
    where = "XFERPRCCODE" if code == "50006" else "STATUS/CODE"
    meaning = told(operation, where, code)
    assert (meaning.kind, meaning.effect) == ("unmapped", "unknown")
