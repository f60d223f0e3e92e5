"""Each rule of the catalogue's lint, shown to find the fault that it is there for; and the real tables, shown to have none."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from error_codes.build import stale
from error_codes.canonical_rules import CANONICAL_RULES
from error_codes.lint import Finding, lint
from error_codes.rules import RULES

CANONICAL = """
[outward.SUCCEEDED]
http = 200
zh = "成功"
en = "done"

[outward.UNKNOWN]
http = 202
zh = "未知"
en = "unknown"
"""
ENTRY = """
[canonical.{name}]
title_zh = "{name}含义"
title_en = "{name}"
category = "state"
fault = "nobody"
actor = "nobody"
decline = "none"
counts_against_health = false
severity = "info"
disclosure = "full"
effect = "{effect}"
next_action = "{action}"
payer_zh = "付款人"
payer_en = "payer"
merchant_zh = "商户"
merchant_en = "merchant"
operator_zh = "运维"
operator_en = "operator"
outward = "{outward}"
since = "0.1.0"
"""
ROW: dict[str, Any] = {
    "where": "code",
    "code": "00",
    "operations": ["pay"],
    "canonical": "UNMAPPED_CODE",
    "effect": "unknown",
    "next_action": "query_then_decide",
    "zh": "含义",
    "en": "meaning",
    "source": "https://example.com/page",
    "checked": "documented",
}


def toml_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(toml_of(item) for item in value)}]"
    return str(value) if isinstance(value, int) else f'"{value}"'


HEAD = 'channel = "shop"\ntitle_zh = "示例"\ntitle_en = "Example"\nofficial = ["https://shop.example/"]\n'


def table(*rows: tuple[str, dict[str, Any]], head: str = HEAD) -> str:
    text = head + '[unmapped]\ncanonical = "UNMAPPED_CODE"\n'
    for kind, fields in rows:
        text += f"[[{kind}]]\n" + "".join(f"{key} = {toml_of(value)}\n" for key, value in fields.items() if value is not None)
    return text


def entries() -> str:
    text = CANONICAL
    for name, effect, action, outward in (
        ("UNMAPPED_CODE", "unknown", "query_then_decide", "UNKNOWN"),
        ("DONE", "succeeded", "stop", "SUCCEEDED"),
        ("REFUSED", "failed", "fix_and_resubmit", "SUCCEEDED"),
    ):
        text += ENTRY.format(name=name, effect=effect, action=action, outward=outward)
    return text


def said(folder: Path) -> list[Finding]:
    """Return the findings; each of them, whichever test it is that made it, is a sentence in Chinese and one in English."""
    found = lint(folder)
    for finding in found:
        assert re.search(r"[\u4e00-\u9fff]{2}", finding.zh), finding
        assert re.search(r"[a-z]+ [a-z]+", finding.en), finding
        assert str(finding) == f"{finding.file}: {finding.place}: [{finding.rule}] {finding.zh}；{finding.en}"
        assert finding.sentence in str(finding)
    return found


def findings(folder: Path, *rows: tuple[str, dict[str, Any]], canonical: str | None = None, head: str | None = None) -> list[str]:
    (folder / "channels").mkdir(exist_ok=True)
    (folder / "canonical.toml").write_text(canonical or entries(), encoding="utf-8")
    text = table(*rows) if head is None else table(*rows, head=head)
    (folder / "channels" / "shop.toml").write_text(text, encoding="utf-8")
    return [finding.rule for finding in said(folder)]


def test_the_real_tables_have_no_finding() -> None:
    assert [str(finding) for finding in lint()] == []
    assert stale() == []


def test_a_good_table_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, ("codes", ROW)) == []


FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a missing key": ("form", "codes", {"zh": None}),
    "an unknown key": ("form", "codes", {"zhh": "x"}),
    "an effect that is no word": ("form", "codes", {"effect": "perhaps"}),
    "a checked that is no word": ("form", "codes", {"checked": "surely"}),
    "a phase that is no word": ("form", "states", {"phase": "soon"}),
    "a status that is text": ("form", "codes", {"http": ["403"]}),
    "a status that is none": ("form", "codes", {"http": [40]}),
    "no operation": ("form", "codes", {"operations": []}),
    "a verb that is none": ("form", "codes", {"operations": ["refnd"]}),
    "a product with a capital": ("form", "codes", {"operations": ["pay.Native"]}),
    "a flag that is text": ("form", "codes", {"canonical": "REFUSED", "effect": "failed", "new_id_allowed": "yes"}),
    "seconds that are text": ("form", "codes", {"retry_after": "5"}),
    "a sub-code that is a number": ("form", "codes", {"sub_code": 5}),
    "no such canonical code": ("known", "codes", {"canonical": "NO_SUCH"}),
    "no source": ("sourced", "codes", {"source": "unknown"}),
    "an empty source": ("sourced", "codes", {"source": " "}),
    "an assumed failure": (
        "cited_failure",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "checked": "assumed"},
    ),
    "a failure observed once": (
        "cited_failure",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "checked": "observed"},
    ),
    "a failure observed twice at one place": (
        "cited_failure",
        "codes",
        {
            "canonical": "REFUSED",
            "effect": "failed",
            "next_action": "stop",
            "checked": "observed",
            "effect_source": "https://example.com/page",
        },
    ),
    "a second source that is no place": ("sourced", "codes", {"effect_source": "x"}),
    "an assumed success": (
        "assumed_success",
        "codes",
        {"canonical": "DONE", "effect": "succeeded", "next_action": "stop", "checked": "assumed"},
    ),
    "a failure stronger than its code": ("strengthened", "codes", {"effect": "failed", "next_action": "stop"}),
    "a success stronger than its code": ("strengthened", "codes", {"effect": "succeeded", "next_action": "stop"}),
    "a server error that failed": (
        "server_errors",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "http": [500]},
    ),
    "a new id after unknown": ("new_ids", "codes", {"new_id_allowed": True}),
    "a new id before somebody has looked": (
        "new_ids",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "escalate", "new_id_allowed": True},
    ),
    "failover without a new id": (
        "new_ids",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "failover": True},
    ),
    "any code without a sub-code": ("any_code", "codes", {"code": "*"}),
    "a failure under whatever code": (
        "any_code",
        "codes",
        {"code": "*", "sub_code": "A", "canonical": "REFUSED", "effect": "failed", "next_action": "stop"},
    ),
    "a query that failed the order": (
        "refused_queries",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "operations": ["query"]},
    ),
    "a failure on every operation, queries too": (
        "refused_queries",
        "codes",
        {"canonical": "REFUSED", "effect": "failed", "next_action": "stop", "operations": ["*"]},
    ),
    "to pay again what has succeeded": (
        "actions",
        "states",
        {"canonical": "DONE", "effect": "succeeded", "next_action": "new_id_after_confirmed_failure"},
    ),
    "a new id on unknown": ("actions", "codes", {"next_action": "new_id_after_confirmed_failure"}),
    "a pending state without a phase": ("phases", "states", {"effect": "pending"}),
    "a final state that is still open": (
        "phases",
        "states",
        {"canonical": "DONE", "effect": "succeeded", "next_action": "stop", "phase": "processing"},
    ),
    "Chinese that is none": ("languages", "codes", {"zh": "meaning"}),
    "English that is none": ("languages", "codes", {"en": "含义"}),
    "no English": ("languages", "codes", {"en": ""}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_rule_finds_its_fault(tmp_path: Path, name: str) -> None:
    rule, kind, change = FAULTS[name]
    assert rule in findings(tmp_path, (kind, {**ROW, **change}))


def test_two_rows_for_one_question(tmp_path: Path) -> None:
    assert "unambiguous" in findings(tmp_path, ("codes", ROW), ("codes", ROW))
    assert "unambiguous" in findings(tmp_path, ("codes", {**ROW, "http": [400, 403]}), ("codes", {**ROW, "http": [403]}))
    assert findings(tmp_path, ("codes", ROW), ("codes", {**ROW, "http": [403]})) == []
    assert findings(tmp_path, ("codes", ROW), ("codes", {**ROW, "operations": ["refund"]})) == []


@pytest.mark.parametrize("known", ["00", "*"])
def test_a_sub_code_never_seen_inherits_no_failure(tmp_path: Path, known: str) -> None:
    refused = {**ROW, "canonical": "REFUSED", "effect": "failed", "next_action": "stop"}
    mapped = ("codes", {**ROW, "code": known, "sub_code": "A"})
    assert findings(tmp_path, ("codes", refused)) == []
    assert findings(tmp_path, ("codes", refused), mapped) == ["inherited"]
    assert findings(tmp_path, ("codes", {**refused, "sub_code": ""}), mapped) == []
    assert findings(tmp_path, ("codes", {**refused, "code": "01"}), ("codes", {**ROW, "sub_code": "A"})) == []


def test_opposite_effects_under_one_code(tmp_path: Path) -> None:
    cited = {"effect_source": "https://example.com/page"}
    rows = (
        ("codes", {**ROW, "effect": "failed", "next_action": "stop", **cited}),
        ("states", {**ROW, "where": "state", "effect": "succeeded", "next_action": "stop", **cited}),
    )
    assert "opposite" in findings(tmp_path, *rows)
    later = [(kind, {**row, "operations": [verb]}) for (kind, row), verb in zip(rows, ("confirm_payout", "payout"), strict=True)]
    assert "opposite" in findings(tmp_path, *later)
    closing = [(kind, {**row, "operations": ["close"]}) for kind, row in rows]
    assert "opposite" not in findings(tmp_path, *closing)


def test_a_code_that_is_not_used_says_why(tmp_path: Path) -> None:
    unused = {"api": "GET /x", "code": "X", "reason_zh": "原因", "reason_en": "reason", "source": "a page"}
    assert findings(tmp_path, ("codes", ROW), ("unused", unused)) == []
    assert "form" in findings(tmp_path, ("codes", ROW), ("unused", {**unused, "reason_en": ""}))
    assert "form" in findings(tmp_path, ("codes", ROW), ("unused", {**unused, "more": "x"}))
    assert "languages" in findings(tmp_path, ("codes", ROW), ("unused", {**unused, "reason_zh": "reason"}))


def test_the_files_name_and_the_unmapped_entry(tmp_path: Path) -> None:
    assert "form" in findings(tmp_path, ("codes", ROW), head=HEAD.replace("shop", "other", 1))
    assert "form" in findings(tmp_path, ("codes", ROW), head='channel = "shop"\ntitle_zh = "示例"\n')
    assert changed(tmp_path, '"UNMAPPED_CODE"', '"DONE"') == ["unmapped"]
    assert changed(tmp_path, '"UNMAPPED_CODE"', '"NO_SUCH"') == ["unmapped"]


def changed(folder: Path, old: str, new: str) -> list[str]:
    """Return the findings in a good table of which one piece, the first, was changed."""
    findings(folder, ("codes", ROW))
    path = folder / "channels" / "shop.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    return [finding.rule for finding in said(folder)]


def test_a_table_under_a_wrong_name_is_not_passed_over(tmp_path: Path) -> None:
    assert changed(tmp_path, "[[codes]]", "[[code]]") == ["form"]
    assert changed(tmp_path, "[[codes]]", "[codes]") == ["form"]


def test_a_message_has_its_own_keys(tmp_path: Path) -> None:
    assert changed(tmp_path, 'checked = "documented"', 'checked = "documented"\nmessages = [{ zh = "话" }]') == []
    assert changed(tmp_path, 'checked = "documented"', 'checked = "documented"\nmessages = [{ text = "话" }]') == ["form"] * 2


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert changed(tmp_path, 'channel = "shop"', "channel = = shop") == ["form"]
    assert changed(tmp_path, 'channel = "shop"', "") == ["form", "form"]
    assert set(findings(tmp_path, ("codes", ROW), canonical="= no toml")) == {"form", "known", "unmapped"}


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("form", 'category = "state"', 'category = "mood"'),
        ("form", 'since = "0.1.0"\n', ""),
        ("languages", 'payer_zh = "付款人"', 'payer_zh = "payer"'),
        ("languages", 'payer_en = "payer"', 'payer_en = ""'),
        ("form", "counts_against_health = false", 'counts_against_health = "no"'),
        ("form", "http = 200", 'http = "200"'),
        ("form", "[outward.SUCCEEDED]", '[outwards.MORE]\nen = "more"\n[outward.SUCCEEDED]'),
        ("languages", 'zh = "成功"', 'zh = "done"'),
        ("outward", 'outward = "UNKNOWN"', 'outward = "NOWHERE"'),
        ("outward", "[outward.SUCCEEDED]", '[outward.MORE]\nhttp = 200\nzh = "多"\nen = "more"\n[outward.SUCCEEDED]'),
        ("undenied", "http = 202", "http = 402"),
        ("actions", 'next_action = "query_then_decide"', 'next_action = "fail_over"'),
        ("titles", 'title_zh = "DONE含义"', 'title_zh = "REFUSED含义"'),
        ("deprecated", 'since = "0.1.0"\n', 'since = "0.1.0"\ndeprecated = "0.2.0"\nreplaced_by = "NO_SUCH"\n'),
        ("deprecated", 'since = "0.1.0"\n', 'since = "0.1.0"\ndeprecated = "0.2.0"\n'),
        ("form", 'since = "0.1.0"\n', 'since = "0.1.0"\niso20022 = "AM04"\n'),
        ("crosswalk", 'since = "0.1.0"\n', 'since = "0.1.0"\niso20022 = ["AM04"]\n'),
        ("crosswalk", 'since = "0.1.0"\n', 'since = "0.1.0"\nfield39 = ["514"]\n'),
        ("crosswalk", 'since = "0.1.0"\n', 'since = "0.1.0"\niso20022 = ["ExternalStatusReason1Code/ZZ99"]\n'),
        ("crosswalk", 'since = "0.1.0"\n', 'since = "0.1.0"\nfield39 = ["ZZ"]\n'),
    ],
)
def test_the_canonical_catalogue_is_checked_too(tmp_path: Path, rule: str, old: str, new: str) -> None:
    assert old in entries()
    assert rule in findings(tmp_path, ("codes", ROW), canonical=entries().replace(old, new, 1))


def test_every_rule_says_what_it_wants() -> None:
    assert all(rule.__doc__ for rule in (*RULES, *CANONICAL_RULES))
    shown = {rule for rule, *_ in FAULTS.values()} | {"unambiguous", "unmapped", "inherited"}
    assert {rule.__name__ for rule in RULES} <= shown


def test_findings_say_file_place_rule_and_what_to_do(tmp_path: Path) -> None:
    findings(tmp_path, ("codes", {**ROW, "canonical": "NO_SUCH"}))
    text = str(next(finding for finding in lint(tmp_path) if finding.rule == "known"))
    assert text == "shop.toml: codes[1] code=00: [known] 统一错误码中没有 NO_SUCH；there is no canonical code NO_SUCH"


def test_toml_refuses_a_duplicate_key() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads('[canonical.A]\ntitle_zh = "一"\ntitle_zh = "二"\n')


def test_a_table_names_its_channels_official_sites(tmp_path: Path) -> None:
    head = 'channel = "shop"\ntitle_zh = "示例"\ntitle_en = "Example"\n'
    assert "form" in findings(tmp_path, ("codes", ROW), head=head)
    assert "form" in findings(tmp_path, ("codes", ROW), head=head + "official = []\n")
    assert "form" in findings(tmp_path, ("codes", ROW), head=head + 'official = "https://shop.example/"\n')
    named = head + 'official = ["https://shop.example/"]\n'
    assert findings(tmp_path, ("codes", ROW), head=named + 'provisional = ["query"]\n') == []
    assert "form" in findings(tmp_path, ("codes", ROW), head=named + 'provisional = ["asking"]\n')
