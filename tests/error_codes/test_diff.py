"""``diff``: which meanings changed since an older export, and which of the changes a core may have branched on."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from error_codes.__main__ import main
from error_codes.diff import compare
from error_codes.export import document

NOW = document()


@pytest.fixture
def old() -> dict[str, Any]:
    """An export that says what the tables say, to be changed into an older one."""
    return deepcopy(NOW)


def row(export: dict[str, Any], channel: str, sub_code: str, operation: str) -> dict[str, Any]:
    """Find one row of an export."""
    rows = export["channels"][channel]["rows"]
    found: dict[str, Any] = next(one for one in rows if one["sub_code"] == sub_code and operation in one["operations"])
    return found


def told(old: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any], bool]]:
    return [(change.meaning, change.kind, change.what, dict(change.fields), change.grave) for change in compare(old, NOW)]


REFUND = "alipay refund code code: 40004 ACQ.TRADE_NOT_EXIST"


def test_the_same_tables_have_no_difference(old: dict[str, Any]) -> None:
    assert compare(old) == []


def test_a_changed_effect_is_grave(old: dict[str, Any]) -> None:
    row(old, "alipay", "ACQ.TRADE_NOT_EXIST", "refund")["effect"] = "unknown"
    assert told(old) == [("changed", "row", REFUND, {"effect": ("unknown", "failed")}, True)]


@pytest.mark.parametrize(
    ("field", "was", "now"),
    [("canonical", "ORDER_NOT_FOUND", "ORIGINAL_NOT_FOUND"), ("new_id_allowed", True, False), ("failover", True, False)],
)
def test_what_a_core_branches_on_is_grave(old: dict[str, Any], field: str, was: object, now: object) -> None:
    row(old, "alipay", "ACQ.TRADE_NOT_EXIST", "refund")[field] = was
    assert told(old) == [("changed", "row", REFUND, {field: (was, now)}, True)]


@pytest.mark.parametrize("field", ["next_action", "zh", "en", "retry_after"])
def test_what_is_said_may_change(old: dict[str, Any], field: str) -> None:
    one = row(old, "alipay", "ACQ.TRADE_NOT_EXIST", "refund")
    now, one[field] = one[field], "another"
    assert told(old) == [("changed", "row", REFUND, {field: ("another", now)}, False)]


def test_a_row_that_came_and_one_that_went(old: dict[str, Any]) -> None:
    one = row(old, "alipay", "ACQ.INVALID_PARAMETER", "pay.create")
    one["operations"] = ["pay.create", "pay.gone"]
    assert {(meaning, what, grave) for meaning, _, what, _, grave in told(old)} == {
        ("added", "alipay pay.bar_code code code: 40004 ACQ.INVALID_PARAMETER", False),
        ("added", "alipay pay.precreate code code: 40004 ACQ.INVALID_PARAMETER", False),
        ("removed", "alipay pay.gone code code: 40004 ACQ.INVALID_PARAMETER", True),
    }


def test_a_row_for_no_sub_code_and_one_for_all_are_two(old: dict[str, Any]) -> None:
    one = next(one for one in old["channels"]["alipay"]["rows"] if (one["code"], one["sub_code"]) == ("40004", ""))
    one["sub_code"] = None
    assert [meaning for meaning, *_ in told(old)] == ["removed", "added"]


def test_statuses_are_looked_up_one_by_one(old: dict[str, Any]) -> None:
    one = next(one for one in old["channels"]["wechat"]["rows"] if one["http"] == [403] and one["operations"] == ["refund"])
    one["http"] = [402, 403]
    assert [(meaning, what.endswith("HTTP 402")) for meaning, _, what, _, _ in told(old)] == [("removed", True)]


def test_canonical_and_outward_codes(old: dict[str, Any]) -> None:
    del old["canonical"]["ORDER_CLOSED_OR_REFUNDED"]
    old["canonical"]["RATE_LIMITED"]["merchant_zh"] = "旧文案"
    old["canonical"]["RISK_REFUSED"]["effect"] = "unknown"
    old["outward"]["GONE"] = {"code": "GONE", "http": 410, "zh": "无", "en": "gone"}
    del old["canonical"]["PROCESSING"]["deprecated"]  # an older export may not have every field
    said = {(meaning, kind, what): (set(fields), grave) for meaning, kind, what, fields, grave in told(old)}
    assert said == {
        ("removed", "outward", "GONE"): ({"http"}, True),
        ("changed", "canonical", "RATE_LIMITED"): ({"merchant_zh"}, False),
        ("changed", "canonical", "RISK_REFUSED"): ({"effect"}, True),
        ("added", "canonical", "ORDER_CLOSED_OR_REFUNDED"): ({"effect", "outward"}, False),
    }


def effect(export: dict[str, Any]) -> None:
    row(export, "alipay", "ACQ.TRADE_NOT_EXIST", "refund")["effect"] = "unknown"


def wording(export: dict[str, Any]) -> None:
    row(export, "alipay", "ACQ.TRADE_NOT_EXIST", "refund")["en"] = "it is not there"


def added(export: dict[str, Any]) -> None:
    del export["channels"]["alipay"]


def same(export: dict[str, Any]) -> None:
    """Change nothing."""


@pytest.mark.parametrize(
    ("change", "status", "shown"),
    [
        (effect, 1, ("!! 已有含义改变", "effect: unknown -> failed", REFUND)),
        (wording, 0, ("其他改变 / other changes: 1", "en: it is not there -> The trade does not exist")),
        (added, 0, ("新增 / added", REFUND, "ORIGINAL_NOT_FOUND failed")),
        (same, 0, ("没有差别 / no difference",)),
    ],
)
def test_the_command_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    old: dict[str, Any],
    change: Callable[[dict[str, Any]], None],
    status: int,
    shown: tuple[str, ...],
) -> None:
    change(old)
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    assert main(["diff", str(path)]) == status
    text = capsys.readouterr().out
    assert all(part in text for part in shown), text
    assert main(["diff", str(path), "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    assert data["grave"] is bool(status)
    assert bool(data["changes"]) is (change is not same)


def test_what_export_writes_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.json"
    assert main(["export", "json", "--output", str(path)]) == 0
    assert main(["diff", str(path)]) == 0
    assert "no difference" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"channel,kind\n", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[]", "no export of format 1 (format = None)"),
        (b'{"format": 2}', "no export of format 1 (format = 2)"),
        (b'{"format": 1}', "is not whole"),
        (b'{"format": 1, "outward": [], "canonical": {}, "channels": {}}', "is not whole"),
        (b'{"format": 1, "outward": {}, "canonical": {}, "channels": {"shop": {"rows": [{"code": "00"}]}}}', "is not whole"),
    ],
)
def test_what_is_no_export_is_refused_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    path = tmp_path / "old.json"
    if content is not None:
        path.write_bytes(content)
    assert main(["diff", str(path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "export json" in told
