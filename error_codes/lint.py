"""What the tables must hold to: each rule a small function with a sentence, run by ``python -m error_codes lint``."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any

from error_codes import build
from error_codes.catalogue import HERE
from error_codes.model import Category, Checked, Decline, Disclosure, Effect, NextAction, Party, Severity

HAN = re.compile(r"[\u4e00-\u9fff]")
CROSSWALK = re.compile(r"External\w+1Code/[A-Z0-9]{4}")
FIELD39 = re.compile(r"[0-9A-Z]{2}")
SERVER_ERROR = 500
QUERIES = ("query", "query_refund", "query_payout", "query_payout_batch", "balance", "bill", "certificates")
MONEY_VERBS = ("pay", "payout", "refund", "cancel", "payout_batch", "query", "query_refund", "query_payout", "notification")
TEXTS = ("title", "payer", "merchant", "operator")
CANONICAL_KEYS = {
    "category": Category,
    "fault": Party,
    "actor": Party,
    "decline": Decline,
    "severity": Severity,
    "disclosure": Disclosure,
    "effect": Effect,
    "next_action": NextAction,
    "counts_against_health": bool,
    "outward": str,
    "since": str,
    **{f"{text}_{language}": str for text in TEXTS for language in ("zh", "en")},
}
CANONICAL_MORE = {"iso20022", "field39", "deprecated", "replaced_by"}
ROW_KEYS = {
    "where": str,
    "code": str,
    "operations": list,
    "canonical": str,
    "zh": str,
    "en": str,
    "source": str,
    "checked": Checked,
}
ROW_MORE = {
    "sub_code",
    "http",
    "effect",
    "next_action",
    "new_id_allowed",
    "failover",
    "retry_after",
    "quiet_period",
    "phase",
    "effect_source",
    "messages",
}
PHASES = {"awaiting_payer", "awaiting_confirmation", "in_audit", "processing", "final"}
ACTIONS: Mapping[str, set[str]] = {
    "unknown": {"query_then_decide", "retry_same_id", "wait_for_notification", "reconcile", "escalate"},
    "pending": {"query_then_decide", "wait_for_notification", "authenticate_payer", "confirm", "top_up", "reconcile", "escalate"},
}
ON_QUERIES = {"fix_and_resubmit", "fix_configuration", "top_up", "stop"}
DONE = {"succeeded", "returned", "reversed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: where, which rule, and what to do, in a sentence."""

    file: str
    place: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        """Print it on one line."""
        return f"{self.file}: {self.place}: [{self.rule}] {self.sentence}"


Entry = tuple[str, Mapping[str, Any]]
"""A row's place in its file, for people, and the row."""


@dataclass(frozen=True, slots=True)
class Table:
    """One channel's file, with the canonical catalogue that it stands on."""

    file: str
    document: Mapping[str, Any]
    canonical: Mapping[str, Mapping[str, Any]]

    def rows(self) -> Iterator[Entry]:
        """Give each row and its place."""
        for kind in ("codes", "states"):
            for number, row in enumerate(self.document.get(kind, ()), start=1):
                yield f"{kind}[{number}] {row.get('where', '?')}={row.get('code', '?')}", row

    def effect(self, row: Mapping[str, Any]) -> str:
        """Return a row's effect: its own, or its canonical code's."""
        return str(row.get("effect") or self.canonical.get(row.get("canonical", ""), {}).get("effect", ""))

    def action(self, row: Mapping[str, Any]) -> str:
        """Return a row's next action: its own, or its canonical code's."""
        return str(row.get("next_action") or self.canonical.get(row.get("canonical", ""), {}).get("next_action", ""))


Complaint = tuple[str, str]
"""A place and a sentence."""


def _keys(entry: Mapping[str, Any], needed: Mapping[str, type], more: Iterable[str]) -> Iterator[str]:
    for key, kind in needed.items():
        if key not in entry:
            yield f"{key} is missing"
        elif issubclass(kind, StrEnum):
            if entry[key] not in set(kind):
                yield f"{key} = {entry[key]!r} is none of {', '.join(kind)}"
        elif not isinstance(entry[key], kind):
            yield f"{key} should be {kind.__name__}"
    for key in set(entry) - set(needed) - set(more):
        yield f"the key {key} is not known"


def form(table: Table) -> Iterator[Complaint]:
    """Every key is known, every needed one is there, every value is of its set."""
    for place, row in table.rows():
        for sentence in _keys(row, ROW_KEYS, ROW_MORE):
            yield place, sentence
        for key, kind in (("effect", Effect), ("next_action", NextAction)):
            if key in row and row[key] not in set(kind):
                yield place, f"{key} = {row[key]!r} is none of {', '.join(kind)}"
        if row.get("phase", "final") not in PHASES:
            yield place, f"phase = {row['phase']!r} is none of {', '.join(sorted(PHASES))}"
    for number, entry in enumerate(table.document.get("unused", ()), start=1):
        for key in ("api", "code", "reason_zh", "reason_en", "source"):
            if not isinstance(entry.get(key), str) or (not entry[key] and key != "code"):
                yield f"unused[{number}] {entry.get('code', '?')}", f"{key} is missing: a code that is not mapped says why"


def known(table: Table) -> Iterator[Complaint]:
    """Every row leads to a canonical code that exists."""
    for place, row in table.rows():
        if row.get("canonical") not in table.canonical:
            yield place, f"there is no canonical code {row.get('canonical')}"


def sourced(table: Table) -> Iterator[Complaint]:
    """Every row names where it was read."""
    for place, row in table.rows():
        if len(str(row.get("source", "")).strip()) < 8 or str(row.get("source", "")).strip().lower() == "unknown":  # noqa: PLR2004
            yield place, "a source names a page, a standard, or a repository at a commit"


def cited_failure(table: Table) -> Iterator[Complaint]:
    """``failed`` needs a citation: never assumed, and if observed then twice."""
    for place, row in table.rows():
        if table.effect(row) != "failed":
            continue
        if row.get("checked") == "assumed":
            yield place, "an assumed row never says failed"
        if row.get("checked") == "observed" and not row.get("effect_source"):
            yield place, "an observed row says failed only with a second source in effect_source"


def assumed_success(table: Table) -> Iterator[Complaint]:
    """A code that is assumed does not say that money moved."""
    for place, row in table.rows():
        if row.get("checked") == "assumed" and table.effect(row) in DONE and place.startswith("codes"):
            yield place, "an assumed code never says succeeded, returned or reversed"


def strengthened(table: Table) -> Iterator[Complaint]:
    """A row may weaken its canonical default; to strengthen it needs a citation of its own."""
    for place, row in table.rows():
        default, effect = table.canonical.get(row.get("canonical", ""), {}).get("effect"), table.effect(row)
        stronger = effect != default and (effect == "failed" or effect in DONE)
        if default is not None and stronger and not row.get("effect_source"):
            yield place, f"it says {effect} where {row.get('canonical')} says {default}: cite it in effect_source"


def server_errors(table: Table) -> Iterator[Complaint]:
    """HTTP 5xx is never a failure and never a success."""
    for place, row in table.rows():
        if any(status >= SERVER_ERROR for status in row.get("http", ())) and table.effect(row) in {"failed", *DONE}:
            yield place, f"an answer of {row['http']} cannot say {table.effect(row)}"


def new_ids(table: Table) -> Iterator[Complaint]:
    """A new id, and another channel, only after a failure that is certain."""
    for place, row in table.rows():
        if row.get("new_id_allowed") and table.effect(row) != "failed":
            yield place, "new_id_allowed needs the effect failed"
        if row.get("failover") and not (table.effect(row) == "failed" and row.get("new_id_allowed")):
            yield place, "failover needs the effect failed and new_id_allowed"


def _only_queries(row: Mapping[str, Any]) -> bool:
    return all(operation.partition(".")[0] in QUERIES for operation in row.get("operations", ())) and bool(row.get("operations"))


def refused_queries(table: Table) -> Iterator[Complaint]:
    """A refusal of a query never says anything of the order."""
    for place, row in table.rows():
        asks = any(operation.partition(".")[0] in QUERIES for operation in row.get("operations", ()))
        if place.startswith("codes") and asks and table.effect(row) != "unknown":
            yield place, "an error code in answer to a query has the effect unknown"


def actions(table: Table) -> Iterator[Complaint]:
    """The next action fits what is known of the money."""
    for place, row in table.rows():
        allowed = ACTIONS.get(table.effect(row))
        if allowed is not None and table.action(row) not in (allowed | ON_QUERIES if _only_queries(row) else allowed):
            yield place, f"{table.action(row)} does not go with {table.effect(row)}"


def phases(table: Table) -> Iterator[Complaint]:
    """A pending state says how far it has come; a final one is final."""
    for place, row in table.rows():
        pending = table.effect(row) == "pending"
        if place.startswith("states") and pending and row.get("phase") in {None, "final"}:
            yield place, "a pending state needs a phase that is not final"
        if not pending and table.effect(row) != "unknown" and row.get("phase", "final") != "final":
            yield place, "only what is pending or unknown has a phase before the last"


def languages(table: Table) -> Iterator[Complaint]:
    """Chinese texts are Chinese, English ones are not."""
    for place, row in table.rows():
        if not HAN.search(str(row.get("zh", ""))):
            yield place, "zh has no Chinese in it"
        if HAN.search(str(row.get("en", ""))):
            yield place, "en has Chinese in it"


def unambiguous(table: Table) -> Iterator[Complaint]:
    """No two rows match the same lookup with the same weight."""
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for place, row in table.rows():
        groups.setdefault((row.get("where"), row.get("code"), row.get("sub_code")), []).append((place, row))
    for entries in groups.values():
        for (place, row), (other, second) in combinations(entries, 2):
            shared = set(row.get("operations", ())) & set(second.get("operations", ()))
            http, http2 = set(row.get("http", ())), set(second.get("http", ()))
            if shared and (http & http2 or (not http and not http2)):
                yield place, f"{other} answers the same question for {', '.join(sorted(shared))}"


RULES: tuple[Callable[[Table], Iterator[Complaint]], ...] = (
    form,
    known,
    sourced,
    cited_failure,
    assumed_success,
    strengthened,
    server_errors,
    new_ids,
    refused_queries,
    actions,
    phases,
    languages,
    unambiguous,
)


def canonical_entries(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Check the canonical catalogue itself; give (place, rule, sentence)."""
    outward = document.get("outward", {})
    seen: dict[str, str] = {}
    for code, entry in document.get("canonical", {}).items():
        for sentence in _keys(entry, CANONICAL_KEYS, CANONICAL_MORE):
            yield code, "form", sentence
        for text in TEXTS:
            if not HAN.search(str(entry.get(f"{text}_zh", ""))):
                yield code, "languages", f"{text}_zh has no Chinese in it"
            if HAN.search(str(entry.get(f"{text}_en", ""))) or not entry.get(f"{text}_en"):
                yield code, "languages", f"{text}_en is empty or has Chinese in it"
        if entry.get("outward") not in outward:
            yield code, "outward", f"there is no outward code {entry.get('outward')}"
        allowed = ACTIONS.get(entry.get("effect", ""))
        bills = entry.get("category") in {"bill", "verification"}
        if allowed is not None and entry.get("next_action") not in (allowed | ON_QUERIES if bills else allowed):
            yield code, "actions", f"{entry.get('next_action')} does not go with {entry.get('effect')}"
        if entry.get("deprecated") and entry.get("replaced_by") not in document["canonical"]:
            yield code, "deprecated", "a deprecated code names the code that replaces it"
        if entry.get("title_zh") in seen:
            yield code, "titles", f"the same title_zh as {seen[entry['title_zh']]}: one meaning, one code"
        seen[str(entry.get("title_zh"))] = code
        yield from (
            (code, "crosswalk", f"{item} is no ISO 20022 reason")
            for item in entry.get("iso20022", ())
            if not CROSSWALK.fullmatch(item)
        )
        yield from (
            (code, "crosswalk", f"{item} is no field 39") for item in entry.get("field39", ()) if not FIELD39.fullmatch(item)
        )
    used = {entry.get("outward") for entry in document.get("canonical", {}).values()}
    yield from ((code, "outward", "no canonical code uses it") for code in outward if code not in used)


def opposite_effects(tables: list[Table]) -> Iterator[Finding]:
    """Two opposite effects never share a canonical code."""
    failed: dict[str, str] = {}
    done: dict[str, str] = {}
    for table in tables:
        for place, row in table.rows():
            about_money = any(
                operation == "*" or operation.partition(".")[0] in MONEY_VERBS for operation in row.get("operations", ())
            )
            if about_money and table.effect(row) == "failed":
                failed[row.get("canonical", "")] = f"{table.file} {place}"
            elif about_money and table.effect(row) in DONE:
                done[row.get("canonical", "")] = f"{table.file} {place}"
    for code in sorted(set(failed) & set(done)):
        yield Finding(failed[code].split(" ", maxsplit=1)[0], code, "opposite", f"failed at {failed[code]}, done at {done[code]}")


def lint(folder: Path = HERE) -> list[Finding]:
    """Check every table of a folder; return what breaks a rule, in the order of the files."""
    document = tomllib.loads((folder / "canonical.toml").read_text(encoding="utf-8"))
    findings = [Finding("canonical.toml", place, rule, sentence) for place, rule, sentence in canonical_entries(document)]
    tables = []
    for path in sorted((folder / "channels").glob("*.toml")):
        table = Table(path.name, tomllib.loads(path.read_text(encoding="utf-8")), document.get("canonical", {}))
        tables.append(table)
        if table.document.get("channel") != path.stem:
            findings.append(Finding(path.name, "channel", "form", f"channel should be {path.stem!r}"))
        if table.document.get("unmapped", {}).get("canonical") not in table.canonical:
            findings.append(Finding(path.name, "unmapped", "known", "the unmapped entry leads to no canonical code"))
        findings += [Finding(path.name, place, rule.__name__, sentence) for rule in RULES for place, sentence in rule(table)]
    findings += opposite_effects(tables)
    if folder == HERE:
        findings += [Finding(path.name, "file", "stale", "run `python -m error_codes build`") for path in build.stale(folder)]
    return findings
