"""What a table must look like before anything else can be said of it: which keys, and what kind of value under each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from error_codes.model import VERBS, Category, Checked, Decline, Disclosure, Effect, NextAction, Party, Severity

Sentence = tuple[str, str]
"""What is wrong, in Chinese and in English."""
Entry = tuple[str, Mapping[str, Any]]
"""A row's place in its file, for people, and the row."""

OPERATION = re.compile(r"([a-z_]+)((?:\.[a-z0-9_]+)*)")
STATUSES = range(100, 600)
TEXTS = ("title", "payer", "merchant", "operator")


class Complaint(NamedTuple):
    """A place, and what is wrong there, in Chinese and in English."""

    place: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand under a key: the words for it, in Chinese and in English, and a test."""

    zh: str
    en: str
    holds: Callable[[Any], bool]


def _word_of(words: type[StrEnum]) -> Kind:
    listed = ", ".join(words)
    return Kind(
        f"应为其中之一：{listed}", f"should be one of {listed}", lambda value: isinstance(value, str) and value in set(words)
    )


def _is_operation(value: Any) -> bool:
    found = OPERATION.fullmatch(value) if isinstance(value, str) else None
    return value == "*" or (found is not None and found[1] in VERBS)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


STRING = Kind("应为字符串", "should be a string", lambda value: isinstance(value, str))
TEXT = Kind(
    "应为文字，不能为空", "should be a text that is not empty", lambda value: isinstance(value, str) and bool(value.strip())
)
FLAG = Kind("应为 true 或 false", "should be true or false", lambda value: isinstance(value, bool))
SECONDS = Kind("应为秒数，非负整数", "should be a whole number of seconds", lambda value: _is_number(value) and value >= 0)
STATUS = Kind("应为 HTTP 状态码", "should be an HTTP status", lambda value: _is_number(value) and value in STATUSES)
STATUS_LIST = Kind(
    "应为 HTTP 状态码的列表",
    "should be a list of HTTP statuses",
    lambda value: isinstance(value, list) and all(map(STATUS.holds, value)),
)
STRINGS = Kind(
    "应为字符串的列表",
    "should be a list of strings",
    lambda value: isinstance(value, list) and all(map(STRING.holds, value)),
)
OPERATIONS = Kind(
    f'应为操作的列表：写 "*" 或操作名，可细到产品（{", ".join(sorted(VERBS))}）',
    f'should be a list with "*" or verbs, down to the product ({", ".join(sorted(VERBS))})',
    lambda value: isinstance(value, list) and bool(value) and all(map(_is_operation, value)),
)
TABLE = Kind("应为表", "should be a table", lambda value: isinstance(value, dict))
TABLES = Kind("应为表的数组", "should be tables", lambda value: isinstance(value, list) and all(map(TABLE.holds, value)))
PHASES = ("awaiting_payer", "awaiting_confirmation", "in_audit", "processing", "final")
PHASE = Kind(f"应为其中之一：{', '.join(PHASES)}", f"should be one of {', '.join(PHASES)}", lambda value: value in PHASES)

Keys = Mapping[str, Kind]
SITES = Kind(
    "应为列表，写渠道官方来源的开头，例如 https://pay.example.com/",
    "should be a list of the beginnings of the channel's own sources, such as https://pay.example.com/",
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


def keys(entry: Mapping[str, Any], needed: Keys, more: Keys) -> Iterator[Sentence]:
    """Every needed key is there, every key is known, every value is of its kind."""
    for key in needed:
        if key not in entry:
            yield f"缺少 {key}", f"{key} is missing"
    for key, value in entry.items():
        kind = needed.get(key) or more.get(key)
        if kind is None:
            yield f"没有名为 {key} 的键", f"the key {key} is not known"
        elif not kind.holds(value):
            yield f"{key} = {value!r}，{kind.zh}", f"{key} = {value!r} {kind.en}"


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
    for said in keys(document, CHANNEL, CHANNEL_MORE):
        yield Complaint("file", *said)
    unmapped = document.get("unmapped")
    if isinstance(unmapped, dict):
        for said in keys(unmapped, {"canonical": STRING}, {}):
            yield Complaint("unmapped", *said)


def row_form(table: Table) -> Iterator[Complaint]:
    """Every key of every row is known, every needed one is there, every value is of its kind."""
    for place, row in table.rows():
        for said in keys(row, ROW, ROW_MORE):
            yield Complaint(place, *said)
        messages = row.get("messages", ())
        for message in messages if TABLES.holds(messages) else ():
            for zh, en in keys(message, {"zh": TEXT}, MESSAGE_MORE):
                yield Complaint(place, f"messages 中：{zh}", f"in messages: {en}")
    for place, entry in table.unused():
        for zh, en in keys(entry, UNUSED, {}):
            yield Complaint(place, f"{zh}：不登记的码须写明原因", f"{en}: a code that is not mapped says why")


def canonical_form(document: Mapping[str, Any]) -> Iterator[Complaint]:
    """The canonical catalogue: two tables of tables, and the keys of each."""
    for said in keys(document, {"outward": TABLE, "canonical": TABLE}, {}):
        yield Complaint("file", *said)
    for part, needed, more in (("outward", OUTWARD, {}), ("canonical", CANONICAL, CANONICAL_MORE)):
        entries = document.get(part)
        for code, entry in entries.items() if isinstance(entries, dict) else ():
            no_table = f"{part}.{code} {TABLE.zh}", f"{part}.{code} {TABLE.en}"
            for said in keys(entry, needed, more) if TABLE.holds(entry) else [no_table]:
                yield Complaint(code, *said)
