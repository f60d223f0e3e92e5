"""What a table must look like before anything else can be said of it: which keys, and what kind of value under each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from error_codes.model import VERBS, Category, Checked, Decline, Disclosure, Effect, NextAction, Party, Severity

Complaint = tuple[str, str]
"""A place and a sentence."""
Entry = tuple[str, Mapping[str, Any]]
"""A row's place in its file, for people, and the row."""

OPERATION = re.compile(r"([a-z_]+)((?:\.[a-z0-9_]+)*)")
STATUSES = range(100, 600)
TEXTS = ("title", "payer", "merchant", "operator")


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand under a key: a test, and the words for it."""

    words: str
    holds: Callable[[Any], bool]


def _word_of(words: type[StrEnum]) -> Kind:
    return Kind(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in set(words))


def _is_operation(value: Any) -> bool:
    found = OPERATION.fullmatch(value) if isinstance(value, str) else None
    return value == "*" or (found is not None and found[1] in VERBS)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


STRING = Kind("a string", lambda value: isinstance(value, str))
TEXT = Kind("a text that is not empty", lambda value: isinstance(value, str) and bool(value.strip()))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
SECONDS = Kind("a whole number of seconds", lambda value: _is_number(value) and value >= 0)
STATUS = Kind("an HTTP status", lambda value: _is_number(value) and value in STATUSES)
STATUS_LIST = Kind("a list of HTTP statuses", lambda value: isinstance(value, list) and all(map(STATUS.holds, value)))
STRINGS = Kind("a list of strings", lambda value: isinstance(value, list) and all(map(STRING.holds, value)))
OPERATIONS = Kind(
    f'a list with "*" or verbs, down to the product ({", ".join(sorted(VERBS))})',
    lambda value: isinstance(value, list) and bool(value) and all(map(_is_operation, value)),
)
TABLE = Kind("a table", lambda value: isinstance(value, dict))
TABLES = Kind("tables", lambda value: isinstance(value, list) and all(map(TABLE.holds, value)))
PHASE = Kind(
    "one of awaiting_payer, awaiting_confirmation, in_audit, processing, final",
    lambda value: value in ("awaiting_payer", "awaiting_confirmation", "in_audit", "processing", "final"),
)

Keys = Mapping[str, Kind]
SITES = Kind(
    "a list of the beginnings of the channel's own sources, such as https://pay.example.com/",
    lambda value: isinstance(value, list) and bool(value) and all(map(TEXT.holds, value)),
)
CHANNEL: Keys = {"channel": TEXT, "title_zh": TEXT, "title_en": TEXT, "official": SITES, "unmapped": TABLE}
CHANNEL_MORE: Keys = {"provisional": OPERATIONS, "codes": TABLES, "states": TABLES, "unused": TABLES}
ROW: Keys = {
    "where": TEXT,
    "code": STRING,
    "operations": OPERATIONS,
    "canonical": STRING,
    "zh": STRING,
    "en": STRING,
    "source": STRING,
    "checked": _word_of(Checked),
}
ROW_MORE: Keys = {
    "sub_code": STRING,
    "http": STATUS_LIST,
    "effect": _word_of(Effect),
    "next_action": _word_of(NextAction),
    "new_id_allowed": FLAG,
    "failover": FLAG,
    "retry_after": SECONDS,
    "quiet_period": SECONDS,
    "phase": PHASE,
    "effect_source": STRING,
    "messages": TABLES,
}
MESSAGE_MORE: Keys = {"advice": STRING, "source": STRING}
UNUSED: Keys = {"api": TEXT, "code": STRING, "reason_zh": TEXT, "reason_en": TEXT, "source": TEXT}
OUTWARD: Keys = {"http": STATUS, "zh": STRING, "en": STRING}
CANONICAL: Keys = {
    "category": _word_of(Category),
    "fault": _word_of(Party),
    "actor": _word_of(Party),
    "decline": _word_of(Decline),
    "severity": _word_of(Severity),
    "disclosure": _word_of(Disclosure),
    "effect": _word_of(Effect),
    "next_action": _word_of(NextAction),
    "counts_against_health": FLAG,
    "outward": STRING,
    "since": STRING,
    **{f"{text}_{language}": STRING for text in TEXTS for language in ("zh", "en")},
}
CANONICAL_MORE: Keys = {"iso20022": STRINGS, "field39": STRINGS, "deprecated": STRING, "replaced_by": STRING}


def keys(entry: Mapping[str, Any], needed: Keys, more: Keys) -> Iterator[str]:
    """Every needed key is there, every key is known, every value is of its kind."""
    for key in needed:
        if key not in entry:
            yield f"{key} is missing"
    for key, value in entry.items():
        kind = needed.get(key) or more.get(key)
        if kind is None:
            yield f"the key {key} is not known"
        elif not kind.holds(value):
            yield f"{key} = {value!r} should be {kind.words}"


@dataclass(frozen=True, slots=True)
class Table:
    """One channel's file, with the canonical catalogue that it stands on. ``skipped``: rows whose form is wrong."""

    file: str
    document: Mapping[str, Any]
    canonical: Mapping[str, Mapping[str, Any]]
    skipped: frozenset[str] = frozenset()
    outward: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def rows(self) -> Iterator[Entry]:
        """Give each row and its place."""
        for kind in ("codes", "states"):
            for number, row in enumerate(self.document.get(kind, ()), start=1):
                place = f"{kind}[{number}] {row.get('where', '?')}={row.get('code', '?')}"
                if place not in self.skipped:
                    yield place, row

    def unused(self) -> Iterator[Entry]:
        """Give each code that is not used, and its place."""
        for number, entry in enumerate(self.document.get("unused", ()), start=1):
            place = f"unused[{number}] {entry.get('code', '?')}"
            if place not in self.skipped:
                yield place, entry

    def effect(self, row: Mapping[str, Any]) -> str:
        """Return a row's effect: its own, or its canonical code's."""
        return str(row.get("effect") or self.canonical.get(row.get("canonical", ""), {}).get("effect", ""))

    def action(self, row: Mapping[str, Any]) -> str:
        """Return a row's next action: its own, or its canonical code's."""
        return str(row.get("next_action") or self.canonical.get(row.get("canonical", ""), {}).get("next_action", ""))


def channel_form(document: Mapping[str, Any]) -> Iterator[Complaint]:
    """The file itself: its name, its titles, its tables."""
    for sentence in keys(document, CHANNEL, CHANNEL_MORE):
        yield "file", sentence
    unmapped = document.get("unmapped")
    if isinstance(unmapped, dict):
        for sentence in keys(unmapped, {"canonical": STRING}, {}):
            yield "unmapped", sentence


def row_form(table: Table) -> Iterator[Complaint]:
    """Every key of every row is known, every needed one is there, every value is of its kind."""
    for place, row in table.rows():
        for sentence in keys(row, ROW, ROW_MORE):
            yield place, sentence
        messages = row.get("messages", ())
        for message in messages if TABLES.holds(messages) else ():
            for sentence in keys(message, {"zh": TEXT}, MESSAGE_MORE):
                yield place, f"messages: {sentence}"
    for place, entry in table.unused():
        for sentence in keys(entry, UNUSED, {}):
            yield place, f"{sentence}: a code that is not mapped says why"


def canonical_form(document: Mapping[str, Any]) -> Iterator[Complaint]:
    """The canonical catalogue: two tables of tables, and the keys of each."""
    for sentence in keys(document, {"outward": TABLE, "canonical": TABLE}, {}):
        yield "file", sentence
    for part, needed, more in (("outward", OUTWARD, {}), ("canonical", CANONICAL, CANONICAL_MORE)):
        entries = document.get(part)
        for code, entry in entries.items() if isinstance(entries, dict) else ():
            for sentence in keys(entry, needed, more) if TABLE.holds(entry) else [f"{part}.{code} should be a table"]:
                yield code, sentence
