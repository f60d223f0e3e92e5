"""What a result says and why, in a sentence for the author of the adapter: a red check has to lead to the line to mend."""

from collections.abc import Mapping

from payment_channels.model.results import Result

CAUSES: Mapping[str, tuple[str, str]] = {
    "UNMAPPED_CODE": (
        "码表没有这一行：operations、where、code 都要与 Reading 一致",
        "the table has no such row: its operations, where and code have to be the Reading's",
    ),
    "REPLY_NOT_VERIFIED": (
        "应答未被采信：Reading.authenticity 既不是 VERIFIED，也不是经 Channel.trusted_line 地址而来的 TRUSTED_LINE",
        "nobody believes it: Reading.authenticity is not VERIFIED, nor TRUSTED_LINE over the address of Channel.trusted_line",
    ),
    "REPLY_UNREADABLE": (
        "适配器返回了 Reading.unreadable：应答中缺少它要读的内容",
        "the adapter returned Reading.unreadable: the answer lacks something that it reads",
    ),
    "REPLY_MISMATCH": (
        "Reading.facts 与所问的订单不符，或没有给出单号",
        "Reading.facts differ from what was asked after, or name no id of it",
    ),
    "AMOUNT_MISMATCH": (
        "Reading.facts.amounts.order 与订单金额不符，或没有给出",
        "Reading.facts.amounts.order differs from the order's amount, or is not there",
    ),
    "SDK_DEFECT": ("适配器自己抛出了异常", "the adapter itself raised"),
}


def said(result: Result) -> str:
    """Return outcome, canonical code, where the channel's own code stood, and what usually lies behind it."""
    meaning, raw = result.meaning.canonical, result.raw
    code = "".join((repr(raw.code), f" / {raw.sub_code!r}" if raw.sub_code is not None else ""))
    place = f"operation {result.operation!r}, where {raw.where!r}, code {code}, HTTP {raw.http_status}"
    zh, en = CAUSES.get(meaning, ("", ""))
    notes = "; ".join(part for part in (result.evidence.note, en and f"{zh} / {en}") if part)
    return f"{result.outcome} {meaning} ({place})" + (f": {notes}" if notes else "")
