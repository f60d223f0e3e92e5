"""Check the tables: what breaks a rule is found, and said in Chinese and English. Run by ``python -m error_codes lint``.

Form comes first: an entry whose form is wrong is reported as that, and the other rules pass it over.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from error_codes import build
from error_codes.canonical_rules import CANONICAL_RULES, Canon
from error_codes.catalogue import HERE
from error_codes.form import TABLES, Complaint, Table, canonical_form, channel_form, row_form
from error_codes.rules import RULES, opposite
from error_codes.wording import CANON_RULES, ROW_RULES


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: where, which rule, and what to do, in Chinese and in English."""

    file: str
    place: str
    rule: str
    zh: str
    en: str

    @property
    def sentence(self) -> str:
        """What is wrong, in both languages, Chinese before English."""
        return f"{self.zh}；{self.en}"

    def __str__(self) -> str:
        """Print it on one line, in both languages."""
        return f"{self.file}: {self.place}: [{self.rule}] {self.sentence}"


def lint(folder: Path = HERE) -> list[Finding]:
    """Check every table of a folder; return what breaks a rule, in the order of the files."""
    canon, findings = _canonical(folder / "canonical.toml")
    tables = []
    for path in sorted((folder / "channels").glob("*.toml")):
        table, found = _channel(path, canon)
        tables.append(table)
        findings += found
    findings += [_of(file, "opposite", complaint) for file, complaint in opposite(tables)]
    if folder == HERE and not findings:  # what is generated can only be compared with tables that are right
        stale = Complaint(
            "file", "已过期，请运行 `python -m error_codes build`", "it is stale: run `python -m error_codes build`"
        )
        findings += [_of(path.relative_to(folder).as_posix(), "stale", stale) for path in build.stale(folder)]
    return findings


def _of(file: str, rule: str, complaint: Complaint) -> Finding:
    return Finding(file, complaint.place, rule, complaint.zh, complaint.en)


def _read(path: Path) -> tuple[Mapping[str, Any] | None, list[Finding]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except ValueError as error:  # no TOML, or no UTF-8
        return None, [Finding(path.name, "file", "form", f"无法读取：{error}", f"it cannot be read: {error}")]


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    held = document.get(key)
    return held if isinstance(held, dict) else {}


def _tables(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    held = document.get(key, [])
    return held if TABLES.holds(held) else []


def _canonical(path: Path) -> tuple[Canon, list[Finding]]:
    """Return the canonical catalogue, malformed entries as empty tables: they exist, and say nothing."""
    document, findings = _read(path)
    if document is None:
        return Canon({}, {}), findings
    malformed = list(canonical_form(document))
    skipped = frozenset(complaint.place for complaint in malformed)
    canonical = _table(document, "canonical")
    canon = Canon(_table(document, "outward"), canonical, skipped)
    findings += [_of(path.name, "form", complaint) for complaint in malformed]
    findings += [
        _of(path.name, rule.__name__, complaint) for rule in (*CANONICAL_RULES, *CANON_RULES) for complaint in rule(canon)
    ]
    return Canon(_said(canon.outward, skipped), _said(canonical, skipped)), findings


def _said(entries: Mapping[str, Any], skipped: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    return {code: {} if code in skipped else entry for code, entry in entries.items()}


def _channel(path: Path, canon: Canon) -> tuple[Table, list[Finding]]:
    document, findings = _read(path)
    if document is None:
        return Table(path.name, {}, canon.canonical), findings
    malformed = list(channel_form(document))
    if document.get("channel") != path.stem:
        wanted = f"channel 应与文件同名：{path.stem!r}", f"channel should be {path.stem!r}, the name of the file"
        malformed.append(Complaint("channel", *wanted))
    lists = {kind: _tables(document, kind) for kind in ("codes", "states", "unused")}
    table = Table(path.name, {**document, **lists}, canon.canonical, outward=canon.outward)
    malformed += row_form(table)
    table = replace(table, skipped=frozenset(complaint.place for complaint in malformed))
    findings += [_of(path.name, "form", complaint) for complaint in malformed]
    findings += [_of(path.name, rule.__name__, complaint) for rule in (*RULES, *ROW_RULES) for complaint in rule(table)]
    return table, findings
