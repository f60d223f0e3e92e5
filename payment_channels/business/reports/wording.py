"""The words of a report in both languages: endings, kinds of orders, ages, and headings that several sheets share."""

from datetime import datetime

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports.counted import Ending
from payment_channels.business.reports.sheets import Column, Series, Words

KINDS = {
    "payment": Words("收款", "payments"),
    "refund": Words("退款", "refunds"),
    "payout": Words("代付", "payouts"),
    "payout_batch": Words("批量代付", "payout batches"),
    "close": Words("关单", "closings"),
    "cancel": Words("撤销", "cancellations"),
    "confirm_payout": Words("确认代付", "payout confirmations"),
    "cancel_payout": Words("取消代付", "payout cancellations"),
}
ENDINGS = {
    Ending.SUCCEEDED: Series(Words("成功", "succeeded"), "succeeded"),
    Ending.BUSINESS: Series(Words("业务性失败", "business declines"), "business"),
    Ending.TECHNICAL: Series(Words("技术性失败", "technical declines"), "technical"),
    Ending.OTHER: Series(Words("其他失败", "other failures"), "other"),
    Ending.RETURNED: Series(Words("退汇", "returned"), "undone"),
    Ending.REVERSED: Series(Words("已撤销", "reversed"), "undone"),
    Ending.PENDING: Series(Words("处理中", "pending"), "pending"),
    Ending.UNKNOWN: Series(Words("结果未知", "unknown"), "unknown"),
    Ending.NOT_SENT: Series(Words("未发送", "not sent"), "idle"),
}


def _unbroken(zh: str, en: str) -> Words:
    """Short headings that no line is broken in."""
    kept = str.maketrans({" ": "\N{NO-BREAK SPACE}", "–": "–\N{WORD JOINER}"})
    return Words(zh.translate(kept), en.translate(kept))


AGES = {
    "under_5_min": _unbroken("不到 5 分钟", "under 5 min"),
    "from_5_min": _unbroken("5 分钟–1 小时", "5 min–1 h"),
    "from_1_hour": _unbroken("1 小时–1 天", "1 h–1 d"),
    "from_1_day": _unbroken("1–5 天", "1–5 d"),
    "from_5_days": _unbroken("5 天以上", "over 5 d"),
}
"""How old an open order is: one more than ``counted.AGES`` has cuts."""
ORDERS = Words("笔", "orders")
ACCOUNT = Column("account", Words("渠道账户", "Channel account"), "code")
CHANNEL = Column("channel", Words("渠道", "Channel"), "code")
KIND = Column("kind", Words("种类", "Kind"))
MERCHANT = Column("merchant", Words("商户", "Merchant"), "code", rare=True)
"""Left out where people look and routing has assigned nothing."""
UNIT = Words("没有单位的数字是笔数。", "Figures without a unit are orders.")
RATE = Words(
    "成功率＝成功笔数÷已终结笔数（成功、失败、退汇、已撤销），百分数向下取整；处理中、结果未知、未发送不计入，单列。",
    "Success rate = orders that succeeded ÷ orders that are final (succeeded, failed, returned, reversed), rounded down; "
    "pending, unknown and not sent are not in it and stand apart.",
)


def at_moment(now: datetime) -> str:
    """Write a moment as Beijing shows it."""
    return f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def kind_words(kind: str) -> Words:
    """Return a kind of order in words."""
    return KINDS.get(kind, Words(kind, kind))


def counted(name: str, title: Words, *, rare: bool = False) -> Column:
    """Return a column of orders."""
    return Column(name, Words(title.zh, f"{title.en[:1].upper()}{title.en[1:]}"), "count", rare=rare)
