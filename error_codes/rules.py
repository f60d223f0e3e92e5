"""What the rows of a table must hold to: each rule a small function with a sentence, given rows whose form is right."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from error_codes.form import Complaint, Entry, Sentence, Table
from error_codes.model import ABOUT_MONEY, QUERIES

HAN = re.compile(r"[\u4e00-\u9fff]")
SERVER_ERROR = 500
SHORTEST_SOURCE = 8
NO_PLACE = frozenset({"unknown", "internet", "documentation"})
ACTIONS: Mapping[str, set[str]] = {
    "unknown": {"query_then_decide", "retry_same_id", "wait_for_notification", "reconcile", "escalate"},
    "pending": {"query_then_decide", "wait_for_notification", "authenticate_payer", "confirm", "top_up", "reconcile", "escalate"},
}
ON_QUERIES = {"fix_and_resubmit", "fix_configuration", "top_up", "stop"}
DONE = {"succeeded", "returned", "reversed"}
PAYS_AGAIN = frozenset({"fix_and_resubmit", "new_id_after_confirmed_failure", "other_instrument", "fail_over"})
SOMEBODY_LOOKS = frozenset({"escalate", "reconcile"})


def known(table: Table) -> Iterator[Complaint]:
    """Every row leads to a canonical code that exists."""
    for place, row in table.rows():
        if row.get("canonical") not in table.canonical:
            code = row.get("canonical")
            yield Complaint(place, f"统一错误码中没有 {code}", f"there is no canonical code {code}")


def _names_a_place(source: str) -> bool:
    return len(source.strip()) >= SHORTEST_SOURCE and source.strip().lower() not in NO_PLACE


def sourced(table: Table) -> Iterator[Complaint]:
    """Every row names where it was read."""
    for place, row in table.rows():
        for key in ("source", "effect_source"):
            if key in row and not _names_a_place(row[key]):
                yield Complaint(
                    place,
                    f"{key} = {row[key]!r}：来源须写明网页、标准，或仓库的某次提交",
                    f"{key} = {row[key]!r}: a source names a page, a standard, or a repository at a commit",
                )


def cited_failure(table: Table) -> Iterator[Complaint]:
    """``failed`` needs a citation: never assumed, and if observed then twice."""
    for place, row in table.rows():
        if table.effect(row) != "failed":
            continue
        if row.get("checked") == "assumed":
            yield Complaint(place, "推断（assumed）的行不能写 failed", "an assumed row never says failed")
        if row.get("checked") == "observed" and row.get("effect_source") in {None, row.get("source")}:
            yield Complaint(
                place,
                "实际观察（observed）的行要写 failed，须在 effect_source 另写一个不同的来源",
                "an observed row says failed only with a second source, another one, in effect_source",
            )


def assumed_success(table: Table) -> Iterator[Complaint]:
    """A code that is assumed does not say that money moved."""
    for place, row in table.rows():
        if row.get("checked") == "assumed" and table.effect(row) in DONE and place.startswith("codes"):
            yield Complaint(
                place,
                "推断（assumed）的码不能写 succeeded、returned 或 reversed",
                "an assumed code never says succeeded, returned or reversed",
            )


def strengthened(table: Table) -> Iterator[Complaint]:
    """A row may weaken its canonical default; to strengthen it needs a citation of its own."""
    for place, row in table.rows():
        default, effect = table.canonical.get(row.get("canonical", ""), {}).get("effect"), table.effect(row)
        stronger = effect != default and (effect == "failed" or effect in DONE)
        if default is not None and stronger and not row.get("effect_source"):
            code = row.get("canonical")
            yield Complaint(
                place,
                f"本行写 {effect}，而 {code} 默认是 {default}：须在 effect_source 写明依据",
                f"it says {effect} where {code} says {default}: cite it in effect_source",
            )


def server_errors(table: Table) -> Iterator[Complaint]:
    """HTTP 5xx is never a failure and never a success."""
    for place, row in table.rows():
        if any(status >= SERVER_ERROR for status in row.get("http", ())) and table.effect(row) in {"failed", *DONE}:
            effect = table.effect(row)
            yield Complaint(place, f"HTTP {row['http']} 的应答不能写 {effect}", f"an answer of {row['http']} cannot say {effect}")


def new_ids(table: Table) -> Iterator[Complaint]:
    """A new id, and another channel, only after a failure that is certain."""
    for place, row in table.rows():
        if row.get("new_id_allowed") and table.effect(row) != "failed":
            yield Complaint(place, "new_id_allowed 只能用在 effect 为 failed 的行", "new_id_allowed needs the effect failed")
        if row.get("new_id_allowed") and table.action(row) in SOMEBODY_LOOKS:
            yield Complaint(
                place,
                f"既允许换新单号，下一步就不能是 {table.action(row)}（先由人核实）",
                f"a new id is allowed, and {table.action(row)} says that somebody looks first",
            )
        if row.get("failover") and not (table.effect(row) == "failed" and row.get("new_id_allowed")):
            yield Complaint(
                place,
                "failover 只能用在 effect 为 failed 且写明 new_id_allowed 的行",
                "failover needs the effect failed and new_id_allowed",
            )


def any_code(table: Table) -> Iterator[Complaint]:
    """A row for a sub-code under whatever code claims nothing final: some code may say that nobody knows."""
    for place, row in table.rows():
        if row.get("code") != "*":
            continue
        if not row.get("sub_code"):
            yield Complaint(
                place, 'code = "*" 须写 sub_code：这样的行只认子码', 'code = "*" needs a sub_code: that is what the row knows'
            )
        if table.effect(row) in {"failed", *DONE}:
            effect = table.effect(row)
            yield Complaint(
                place,
                f'code = "*" 也包括表示结果未知的码：须写明在哪个码之下是 {effect}',
                f'code = "*" covers codes that say "unknown": name the code under which it says {effect}',
            )


def inherited(table: Table) -> Iterator[Complaint]:
    """A sub-code that nobody has mapped never inherits a failure or a success from its code."""
    with_sub = {(row.get("where"), row.get("code")) for _, row in table.rows() if row.get("sub_code")}
    for place, row in table.rows():
        known = {(row.get("where"), row.get("code")), (row.get("where"), "*")} & with_sub
        final = table.effect(row) in {"failed", *DONE}
        if place.startswith("codes") and row.get("sub_code") is None and final and known:
            effect = table.effect(row)
            yield Complaint(
                place,
                f'本行对每个子码都写 {effect}，没见过的也在内：只指没有子码的应答，写 sub_code = ""',
                f'it says {effect} for every sub-code, also one never seen: sub_code = "" says "none came"',
            )


def _only_queries(row: Mapping[str, Any]) -> bool:
    return all(operation.partition(".")[0] in QUERIES for operation in row.get("operations", ())) and bool(row.get("operations"))


def refused_queries(table: Table) -> Iterator[Complaint]:
    """A refusal of a query never says anything of the order."""
    for place, row in table.rows():
        asks = any(operation == "*" or operation.partition(".")[0] in QUERIES for operation in row.get("operations", ()))
        if place.startswith("codes") and asks and table.effect(row) != "unknown":
            yield Complaint(
                place,
                '查询得到的错误码，effect 只能是 unknown（"*" 也包括查询）',
                'an error code in answer to a query, and "*" covers queries, has the effect unknown',
            )


def unfitting(action: str, effect: str) -> Sentence:
    """Say that a next action does not go with an effect."""
    return f"effect 是 {effect}，下一步不能是 {action}", f"{action} does not go with {effect}"


def actions(table: Table) -> Iterator[Complaint]:
    """The next action fits what is known of the money."""
    for place, row in table.rows():
        allowed = ACTIONS.get(table.effect(row))
        if table.effect(row) == "succeeded" and table.action(row) in PAYS_AGAIN:
            action = table.action(row)
            yield Complaint(place, f"已经成功，{action} 会再付一次", f"{action} would pay again what has succeeded")
        if allowed is not None and table.action(row) not in (allowed | ON_QUERIES if _only_queries(row) else allowed):
            yield Complaint(place, *unfitting(table.action(row), table.effect(row)))


def phases(table: Table) -> Iterator[Complaint]:
    """A pending state says how far it has come; a final one is final."""
    for place, row in table.rows():
        pending = table.effect(row) == "pending"
        if place.startswith("states") and pending and row.get("phase") in {None, "final"}:
            yield Complaint(
                place,
                'pending 的状态要写 phase，且不能是 final，例如 phase = "processing"',
                'a pending state needs a phase that is not final, such as phase = "processing"',
            )
        if not pending and table.effect(row) != "unknown" and row.get("phase", "final") != "final":
            yield Complaint(
                place,
                "只有 pending 和 unknown 的 phase 可以不是 final",
                "only what is pending or unknown has a phase before the last",
            )


def languages(table: Table) -> Iterator[Complaint]:
    """Chinese texts are Chinese, English ones are not."""
    for place, row in table.rows():
        if not HAN.search(row["zh"]):
            yield Complaint(place, "zh 里没有中文", "zh has no Chinese in it")
        if not row["en"].strip() or HAN.search(row["en"]):
            yield Complaint(place, "en 为空或含有中文", "en is empty or has Chinese in it")
    for place, entry in table.unused():
        if not HAN.search(entry["reason_zh"]) or HAN.search(entry["reason_en"]):
            yield Complaint(place, "reason_zh 写中文，reason_en 里不能有中文", "reason_zh is Chinese, reason_en is not")


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
                verbs = ", ".join(sorted(shared))
                yield Complaint(
                    place, f"与 {other} 重复，操作 {verbs} 会匹配到两行", f"{other} answers the same question for {verbs}"
                )


def unmapped(table: Table) -> Iterator[Complaint]:
    """What nobody mapped is unknown, and asked about first."""
    entry = table.document.get("unmapped")
    code = str(entry.get("canonical")) if isinstance(entry, dict) else ""
    if code not in table.canonical:
        yield Complaint("unmapped", f"统一错误码中没有 {code}", f"there is no canonical code {code}")
    elif (held := table.canonical[code]) and (held["effect"], held["next_action"]) != ("unknown", "query_then_decide"):
        says = f"{held['effect']}, {held['next_action']}"
        yield Complaint(
            "unmapped",
            f"{code} 是 {says}：没有登记的码只能是 unknown, query_then_decide",
            f"{code} says {says}: what nobody mapped is unknown, query_then_decide",
        )


def opposite(tables: list[Table]) -> Iterator[tuple[str, Complaint]]:
    """Two opposite effects never share a canonical code, in whatever file; give the file, and what is wrong with the code."""
    failed: dict[str, str] = {}
    done: dict[str, str] = {}
    for table in tables:
        for place, row in table.rows():
            about_money = any(
                operation == "*" or operation.partition(".")[0] in ABOUT_MONEY for operation in row.get("operations", ())
            )
            if about_money and table.effect(row) == "failed":
                failed[row.get("canonical", "")] = f"{table.file} {place}"
            elif about_money and table.effect(row) in DONE:
                done[row.get("canonical", "")] = f"{table.file} {place}"
    for code in sorted(set(failed) & set(done)):
        yield (
            failed[code].split(" ", maxsplit=1)[0],
            Complaint(
                code,
                f"同一个码结果相反：{failed[code]} 是失败，{done[code]} 是已动账",
                f"failed at {failed[code]}, done at {done[code]}",
            ),
        )


RULES: tuple[Callable[[Table], Iterator[Complaint]], ...] = (
    known,
    sourced,
    cited_failure,
    assumed_success,
    strengthened,
    server_errors,
    new_ids,
    any_code,
    inherited,
    refused_queries,
    actions,
    phases,
    languages,
    unambiguous,
    unmapped,
)
