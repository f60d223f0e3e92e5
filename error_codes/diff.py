"""Compare an older JSON export with the present tables: which meanings were added, removed or changed, and how gravely.

A row is what a core looks up: channel, operation, field, code, sub-code, HTTP status. So a row that merely gained or lost one of
its operations shows as that operation, added or removed. Grave is what a core may have branched on and finds to be another now:
the canonical code, the effect or the leave to pay again of a row that was there; the effect of a canonical code; what is gone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from error_codes.catalogue import BUILT_IN, Catalogue, CatalogueError
from error_codes.export import FORMAT, document

GRAVE = ("canonical", "effect", "new_id_allowed", "failover")
"""What a core may have branched on."""
OF_ROWS = (*GRAVE, "next_action", "outward", "retry_after", "quiet_period", "phase", "checked", "zh", "en")
OF_CODES = (
    "effect",
    "next_action",
    "outward",
    "category",
    "fault",
    "actor",
    "decline",
    "severity",
    "disclosure",
    "counts_against_health",
    "deprecated",
    "replaced_by",
    *(f"{text}_{language}" for text in ("title", "payer", "merchant", "operator") for language in ("zh", "en")),
)
OF_OUTWARD = ("http", "zh", "en")
GRAVE_OF: Mapping[str, tuple[str, ...]] = {"row": GRAVE, "canonical": ("effect",), "outward": ()}
NAMED_BY = {"row": GRAVE, "canonical": ("effect", "outward"), "outward": ("http",)}
"""What is shown of a meaning that is new or gone."""
WORDS = {"added": "新增 added", "removed": "删除 removed", "changed": "改变 changed"}
KINDS = {"row": "渠道码 row", "canonical": "统一错误码 canonical code", "outward": "对外码 outward code"}
Meanings = dict[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One meaning that is not what it was: ``fields`` from what to what. ``grave``: a core may have branched on it."""

    kind: str
    what: str
    meaning: str
    fields: Mapping[str, tuple[Any, Any]]
    grave: bool


def read(path: Path) -> dict[str, Any]:
    """Read an older export.

    Raises:
        CatalogueError: there is no such file, or it is no JSON export of this catalogue; the text says what to do.
    """
    advice = "请用 `python -m error_codes export json --output FILE` 的结果；give what `python -m error_codes export json` wrote"
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"无法读取 {path}：{error.strerror}；cannot read {path}: {error.strerror}。{advice}") from error
    except ValueError as error:
        raise CatalogueError(f"{path} 不是 JSON；{path} is no JSON ({error})。{advice}") from error
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        told = held.get("format") if isinstance(held, dict) else None
        found = f"（format = {told!r}）；{path} is no export of format {FORMAT} (format = {told!r})"
        raise CatalogueError(f"{path} 不是格式 {FORMAT} 的导出{found}。{advice}")
    try:
        _meanings(held)
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{path} 的内容不完整（{error!r}）；{path} is not whole ({error!r})。{advice}") from error
    return held


def compare(old: Mapping[str, Any], new: Mapping[str, Any] | None = None, *, catalogue: Catalogue = BUILT_IN) -> list[Change]:
    """Return every difference between two exports, or between one and the present tables, in the order of their kinds."""
    was, now = _meanings(old), _meanings(new if new is not None else document(catalogue))
    return [change for kind in was for change in _changes(kind, was[kind], now[kind])]


def _meanings(held: Mapping[str, Any]) -> dict[str, Meanings]:
    """Lay an export out as what is looked up; a field that an older export has not yet is None."""
    return {
        "outward": {code: _of(entry, OF_OUTWARD) for code, entry in held["outward"].items()},
        "canonical": {code: _of(entry, OF_CODES) for code, entry in held["canonical"].items()},
        "row": dict(_rows(held["channels"])),
    }


def _of(entry: Mapping[str, Any], fields: tuple[str, ...]) -> Mapping[str, Any]:
    return {name: entry.get(name) for name in fields}


def _rows(channels: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for channel, table in channels.items():
        for row in table["rows"]:
            fields = _of(row, OF_ROWS)
            raw = " ".join(str(part) for part in (row["code"], row.get("sub_code")) if part)
            for operation in row["operations"]:
                for http in row["http"] or (None,):
                    status = f" HTTP {http}" if http else ""
                    alone = " -" if row.get("sub_code") == "" else ""
                    yield f"{channel} {operation} {row['kind']} {row['where']}: {raw}{alone}{status}", fields


def _changes(kind: str, was: Meanings, now: Meanings) -> Iterator[Change]:
    grave, named = GRAVE_OF[kind], NAMED_BY[kind]
    for what, meaning in was.items():
        if what not in now:
            yield Change(kind, what, "removed", {name: (meaning[name], None) for name in named}, grave=True)
            continue
        fields = {name: (value, now[what][name]) for name, value in meaning.items() if now[what][name] != value}
        if fields:
            yield Change(kind, what, "changed", fields, grave=bool(set(fields) & set(grave)))
    for what, meaning in now.items():
        if what not in was:
            yield Change(kind, what, "added", {name: (None, meaning[name]) for name in named}, grave=False)


def as_data(changes: list[Change]) -> dict[str, Any]:
    """Return the changes as plain data."""
    return {"grave": any(change.grave for change in changes), "changes": [asdict(change) for change in changes]}


def as_text(changes: list[Change]) -> str:
    """Return the changes as lines for a person: the grave ones first, then what else changed, then what is new."""
    lines = []
    for title, chosen in (
        ("!! 已有含义改变 / meanings that were there are others now", [change for change in changes if change.grave]),
        ("其他改变 / other changes", [change for change in changes if not change.grave and change.meaning != "added"]),
        ("新增 / added", [change for change in changes if change.meaning == "added"]),
    ):
        if chosen:
            lines += [f"{title}: {len(chosen)}", *(line for change in chosen for line in _lines(change))]
    return "\n".join(lines) or "没有差别 / no difference"


def _lines(change: Change) -> Iterator[str]:
    if change.meaning == "added":
        told = " ".join(str(after) for name, (_, after) in change.fields.items() if name in {"canonical", "effect", "http"})
        yield f"  {KINDS[change.kind]} {change.what}  {told}"
        return
    yield f"  {WORDS[change.meaning]} {KINDS[change.kind]} {change.what}"
    for name, (before, after) in change.fields.items():
        yield f"      {name}: {_shown(before)} -> {_shown(after)}"


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
