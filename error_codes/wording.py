"""What the texts may say, so that none contradicts its row: whom they invite to what, and of whose money they speak.

A number is not the texts' business: ``new_id_allowed`` and ``next_action`` speak of it, a row at a time, and one text
serves rows that allow a new number and rows that forbid it. A prohibition (勿换单重付) invites to nothing and may stand.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from error_codes.canonical_rules import Canon
from error_codes.form import TEXTS, Complaint, Sentence, Table

FORBIDDING = re.compile(
    r"(?:勿|不要|不得|不可|绝不|不换|不能)[^，。；：]*|\b(?:do not|never|must not|cannot)\b[^.;,:]*", re.IGNORECASE
)
NEW_NUMBER = re.compile(
    r"换单|换号|换新|(?<![重更刷])新[^，。；：]{0,8}(?:单号|订单|退款号|out_)"
    r"|\b(?:new|fresh)\s+(?:[\w-]+\s+){0,2}(?:numbers?|order|one|out_\w+)\b|\banother\s+(?:order\s+|refund\s+)?number\b",
    re.IGNORECASE,
)
SAME_NUMBER = re.compile(
    r"用(?:原|同一)[^，。；：]{0,4}号|原(?:单号|退款号|单原参|单)(?:、?原参数)?(?:重|再)"
    r"|\b(?:under|try|send|repeat|use|keep) the same (?:\w+ )?number\b",
    re.IGNORECASE,
)
OTHER_CHANNEL = re.compile(r"(?:其他|别的|换|备用)渠道|\b(?:another|other)\s+channel", re.IGNORECASE)

PAYING = frozenset({"pay", "query", "notification.payment"})
REFUNDING = frozenset({"refund", "query_refund", "notification.refund"})
PAYING_OUT = frozenset(
    {"payout", "query_payout", "confirm_payout", "cancel_payout", "payout_batch", "query_payout_batch", "notification.payout"}
)
SPEAKS_OF: tuple[tuple[re.Pattern[str], frozenset[str], Sentence], ...] = (
    (re.compile(r"扣款|换一种方式支付|nothing was taken(?! in)|pay another way"), PAYING, ("付款人的扣款", "a payer's charge")),
    (re.compile(r"没有退款|款项未退|nothing was refunded|refund was not made"), REFUNDING, ("退款", "a refund")),
    (re.compile(r"付出|代付|nothing was paid|payout (?:failed|was)"), PAYING_OUT, ("代付", "a payout")),
    (
        re.compile(r"没有发送|尚未发送|没有发出|nothing was sent|never left"),
        frozenset(),
        ("没有离开本机的请求", "what never left this machine"),
    ),
)
"""Words, the operations that they may be said of, and what they speak of. A channel's row is never about what did not leave."""


def invites(pattern: re.Pattern[str], text: str) -> bool:
    """Say whether a text invites to something, prohibitions aside."""
    return pattern.search(FORBIDDING.sub("", text)) is not None


def _entry_texts(entry: Mapping[str, Any]) -> list[str]:
    return [str(entry.get(f"{name}_{language}", "")) for name in TEXTS for language in ("zh", "en")]


def _told(table: Table, row: Mapping[str, Any]) -> list[str]:
    """Everything that may be told of a row: its own texts, and its code's and outward code's where they say as much as it."""
    entry = table.canonical.get(row.get("canonical", ""), {})
    if table.effect(row) != entry.get("effect"):  # weaker: the texts of the unknown are told instead
        return [row["zh"], row["en"]]
    outward = table.outward.get(entry.get("outward", ""), {})
    return [row["zh"], row["en"], *_entry_texts(entry), str(outward.get("zh", "")), str(outward.get("en", ""))]


def invitations(table: Table) -> Iterator[Complaint]:
    """No text invites to a new number or another channel where the row forbids it, nor to the same number after the end."""
    for place, row in table.rows():
        ended = place.startswith("states") and table.effect(row) == "failed"
        for text in _told(table, row):
            if not row.get("new_id_allowed") and invites(NEW_NUMBER, text):
                yield Complaint(
                    place,
                    f"文案引导换新单号，而 new_id_allowed 不允许：{text}",
                    f"it invites to a new number, which new_id_allowed forbids: {text}",
                )
            if not row.get("failover") and invites(OTHER_CHANNEL, text):
                yield Complaint(
                    place,
                    f"文案引导换渠道，而 failover 不允许：{text}",
                    f"it invites to another channel, which failover forbids: {text}",
                )
            if (ended or row.get("new_id_allowed")) and invites(SAME_NUMBER, text):
                yield Complaint(
                    place,
                    f"文案引导用原单号重试，而原单号已到终态：{text}",
                    f"it asks for the same number, which has come to its end: {text}",
                )


def steps(table: Table) -> Iterator[Complaint]:
    """A next action that leads to a new number or another channel stands only where the row allows that."""
    for place, row in table.rows():
        if table.action(row) == "new_id_after_confirmed_failure" and not row.get("new_id_allowed"):
            yield Complaint(
                place,
                "new_id_after_confirmed_failure 须有 new_id_allowed，文档没有允许的写 query_then_decide",
                "new_id_after_confirmed_failure needs new_id_allowed; where no page allows it, write query_then_decide",
            )
        if table.action(row) == "fail_over" and not row.get("failover"):
            yield Complaint(place, "下一步是 fail_over，而本行没有 failover", "fail_over without failover")


def _groups(row: Mapping[str, Any]) -> set[str]:
    return {name if name.startswith("notification") else name.partition(".")[0] for name in row.get("operations", ())}


def fitting(table: Table) -> Iterator[Complaint]:
    """What a failed row's code says of money is true of the row's verbs: no refusal of a refund says that nobody was charged."""
    for place, row in table.rows():
        if table.effect(row) != "failed":
            continue
        for text in _told(table, row)[2:]:
            for words, operations, (zh, en) in SPEAKS_OF:
                if words.search(text) and not _groups(row) <= operations:
                    code, verbs = row.get("canonical"), ", ".join(sorted(_groups(row)))
                    yield Complaint(
                        place,
                        f"{code} 的文案说的是{zh}（{text}），而本行的操作是 {verbs}",
                        f"{code} speaks of {en} ({text}), and the row is about {verbs}",
                    )


def numbers(canon: Canon) -> Iterator[Complaint]:
    """The texts of the canonical and outward codes invite to no number; those of a failure are silent about the same one too."""
    told = [(code, entry, _entry_texts(entry)) for code, entry in canon.entries()]
    told += [
        (code, {"effect": "failed"}, [entry["zh"], entry["en"]])
        for code, entry in canon.outward.items()
        if code not in canon.skipped
    ]
    for code, entry, texts in told:
        for text in texts:
            if invites(NEW_NUMBER, text) or (entry["effect"] == "failed" and invites(SAME_NUMBER, text)):
                yield Complaint(
                    code,
                    f"单号由 new_id_allowed 和 next_action 说明，文案不提单号：{text}",
                    f"new_id_allowed and next_action speak of numbers, the texts do not: {text}",
                )


ROW_RULES: tuple[Callable[[Table], Iterator[Complaint]], ...] = (invitations, steps, fitting)
CANON_RULES: tuple[Callable[[Canon], Iterator[Complaint]], ...] = (numbers,)
