"""What the canonical codes must hold to: each rule a small function with a sentence, given entries whose form is right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from error_codes.form import TEXTS, Complaint
from error_codes.rules import ACTIONS, HAN, ON_QUERIES, unfitting
from error_codes.standards import field39, iso20022

REFUSAL = 400
OPEN = frozenset({"ALREADY_EXISTS", "BILL_NOT_AVAILABLE", "PAYER_ACTION_NEEDED"})
"""Outward codes with the status of a refusal that nevertheless say nothing of the money."""

Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Canon:
    """The canonical catalogue. ``skipped``: codes whose form is wrong; they exist, and nothing more is said of them."""

    outward: Entries
    canonical: Entries
    skipped: frozenset[str] = frozenset()

    def entries(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give each canonical code and its entry."""
        yield from ((code, entry) for code, entry in self.canonical.items() if code not in self.skipped)


def languages(canon: Canon) -> Iterator[Complaint]:
    """Every code has all its texts, in Chinese and in English."""
    texts = [(code, entry, text) for code, entry in canon.entries() for text in (f"{name}_" for name in TEXTS)]
    texts += [(code, entry, "") for code, entry in canon.outward.items() if code not in canon.skipped]
    for code, entry, text in texts:
        if not HAN.search(entry[f"{text}zh"]):
            yield Complaint(code, f"{text}zh 里没有中文", f"{text}zh has no Chinese in it")
        if HAN.search(entry[f"{text}en"]) or not entry[f"{text}en"].strip():
            yield Complaint(code, f"{text}en 为空或含有中文", f"{text}en is empty or has Chinese in it")


def outward(canon: Canon) -> Iterator[Complaint]:
    """Every outward code that is named exists, and every one that exists is used."""
    used = set()
    for code, entry in canon.entries():
        used.add(entry["outward"])
        if entry["outward"] not in canon.outward:
            named = entry["outward"]
            yield Complaint(code, f"对外码 {named} 不存在", f"there is no outward code {named}")
    if not canon.skipped:  # a malformed entry may be the one that uses it
        for code in canon.outward:
            if code not in used:
                yield Complaint(code, "没有统一错误码用到它", "no canonical code uses it")


def undenied(canon: Canon) -> Iterator[Complaint]:
    """What is not known to have failed is never published as a refusal: who reads one pays another way."""
    for code, entry in canon.entries():
        named = entry["outward"]
        if entry["effect"] == "failed" or named in OPEN or named in canon.skipped or named not in canon.outward:
            continue
        if canon.outward[named]["http"] >= REFUSAL:
            yield Complaint(
                code,
                f"对外码 {named} 等于说没有动账，而这个码的 effect 不是 failed",
                f"{named} denies that money moved, and the code does not say failed",
            )


def actions(canon: Canon) -> Iterator[Complaint]:
    """The next action fits what is known of the money."""
    for code, entry in canon.entries():
        allowed = ACTIONS.get(entry["effect"])
        of_queries = ON_QUERIES if entry["category"] in {"bill", "verification"} else set()
        if allowed is not None and entry["next_action"] not in allowed | of_queries:
            yield Complaint(code, *unfitting(entry["next_action"], entry["effect"]))


def deprecated(canon: Canon) -> Iterator[Complaint]:
    """A code that is given up names the one that replaces it."""
    for code, entry in canon.entries():
        if entry.get("deprecated") and entry.get("replaced_by") not in set(canon.canonical) - {code}:
            yield Complaint(
                code, "停用的码须在 replaced_by 写明由哪个码取代", "a deprecated code names the code that replaces it"
            )


def titles(canon: Canon) -> Iterator[Complaint]:
    """One meaning, one code: no two have the same title."""
    seen: dict[str, str] = {}
    for code, entry in canon.entries():
        if entry["title_zh"] in seen:
            other = seen[entry["title_zh"]]
            yield Complaint(
                code, f"title_zh 与 {other} 相同：一个含义只有一个码", f"the same title_zh as {other}: one meaning, one code"
            )
        seen[entry["title_zh"]] = code


def crosswalk(canon: Canon) -> Iterator[Complaint]:
    """Reasons of ISO 20022 and values of field 39 stand in the published lists: nobody's memory is a standard."""
    for code, entry in canon.entries():
        for item in entry.get("iso20022", ()):
            if item not in iso20022():
                yield Complaint(
                    code,
                    f"{item} 不在 ISO 20022 的外部代码集里（standards/iso20022.csv）",
                    f"{item} is not in the external code sets of ISO 20022 (standards/iso20022.csv)",
                )
        for item in entry.get("field39", ()):
            if item not in field39():
                yield Complaint(
                    code,
                    f"{item} 不是 39 域的值（standards/field39.csv）",
                    f"{item} is no value of field 39 (standards/field39.csv)",
                )


CANONICAL_RULES: tuple[Callable[[Canon], Iterator[Complaint]], ...] = (
    languages,
    outward,
    undenied,
    actions,
    deprecated,
    titles,
    crosswalk,
)
