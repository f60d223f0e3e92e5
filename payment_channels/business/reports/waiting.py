"""The sheets of what is open at this moment: unknown and pending by age, and the oldest of them by number."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from payment_channels.business.reports.counted import Ending, Open, Place
from payment_channels.business.reports.sheets import Bar, Cell, Chart, Column, Sheet, Words, grouped
from payment_channels.business.reports.wording import (
    ACCOUNT,
    AGES,
    CHANNEL,
    ENDINGS,
    KIND,
    MERCHANT,
    ORDERS,
    UNIT,
    at_moment,
    counted,
    kind_words,
)
from payment_channels.journal.folding import UNRESOLVED, State
from payment_channels.journal.records import OrderKey, OrderRecord, moment
from payment_channels.model.money import Money

OLDEST = 20
"""How many of the oldest open orders are named."""
_STATES = {State.UNKNOWN: ENDINGS[Ending.UNKNOWN], State.PENDING: ENDINGS[Ending.PENDING]}


def by_age(rows: list[Open], now: datetime) -> Sheet:
    """Tell how many orders are open, by place, state and age."""
    found: dict[tuple[Place, State], list[Open]] = defaultdict(list)
    charted: Counter[tuple[State, int]] = Counter()
    for one in rows:
        found[one.place, one.state].append(one)
        charted[one.state, one.age] += one.orders
    bars = tuple(
        Bar(
            title,
            tuple(charted[state, age] for state in _STATES),
            Words(
                f"未知 {grouped(charted[State.UNKNOWN, age])} · 处理中 {grouped(charted[State.PENDING, age])}",
                f"{grouped(charted[State.UNKNOWN, age])} unknown · {grouped(charted[State.PENDING, age])} pending",
            ),
        )
        for age, title in enumerate(AGES.values())
    )
    chart = Chart(Words("未决订单的历时", "Open orders by age"), tuple(_STATES.values()), bars, ORDERS)
    return Sheet(
        name="open_by_age",
        title=Words("未决订单的历时", "Unknown and pending by age"),
        note=Words(
            f"截至 {at_moment(now)}（北京时间）全部结果未知或处理中的订单，不限登记日期；历时从登记算起。{UNIT.zh}",
            f"All orders that are unknown or pending at {at_moment(now)} (Beijing time), whenever they were written down; the "
            f"age counts from then. {UNIT.en}",
        ),
        columns=(
            MERCHANT,
            ACCOUNT,
            CHANNEL,
            KIND,
            Column("state", Words("状态", "State")),
            *(counted(name, title) for name, title in AGES.items()),
            counted("orders", Words("合计", "total")),
            Column("amount", Words("合计金额", "Total amount"), "money"),
            Column("oldest", Words("最早登记（北京时间）", "Oldest (Beijing time)"), "moment"),
        ),
        rows=tuple(_row(place, state, parts) for (place, state), parts in found.items()),
        empty=Words("没有未决的订单。", "No order is open."),
        charts=(chart,) if rows else (),
    )


def _row(place: Place, state: State, parts: list[Open]) -> tuple[Cell, ...]:
    ages: Counter[int] = Counter()
    for one in parts:
        ages[one.age] += one.orders
    amount = sum(one.amount for one in parts)
    return (
        place.merchant,
        place.account,
        place.channel,
        kind_words(place.kind),
        _STATES[state].title,
        *(ages[age] for age in range(len(AGES))),
        ages.total(),
        Money(amount, place.currency) if place.currency is not None else None,
        moment(min(one.oldest for one in parts)),
    )


def oldest(records: list[OrderRecord], merchants: Mapping[OrderKey, str], now: datetime) -> Sheet:
    """Name the open orders that are oldest, by the number that their channel knows; ``merchants`` are those that have one."""
    return Sheet(
        name="oldest_open",
        title=Words("最早的未决订单", "The oldest open orders"),
        note=Words(
            f"截至 {at_moment(now)}（北京时间），最早的至多 {OLDEST} 笔；全部见 journal unknown。",
            f"The oldest at {at_moment(now)} (Beijing time), {OLDEST} at most; `journal unknown` lists all.",
        ),
        columns=(
            MERCHANT,
            ACCOUNT,
            KIND,
            Column("merchant_id", Words("商户单号", "Number"), "code"),
            Column("state", Words("状态", "State")),
            Column("canonical", Words("统一错误码", "Canonical code"), "code"),
            Column("amount", Words("金额", "Amount"), "money"),
            Column("age", Words("历时", "Age"), "span"),
            Column("manual", Words("待人工", "For people")),
        ),
        rows=tuple(
            (
                merchants.get(record.key),
                record.key.account,
                kind_words(record.key.kind),
                record.key.merchant_id,
                _STATES[record.state].title,
                record.canonical,
                record.amount,
                now - record.created_at,
                Words("是", "yes") if record.manual is not None else Words("否", "no"),
            )
            for record in records
            if record.state in UNRESOLVED
        ),
        empty=Words("没有未决的订单。", "No order is open."),
    )
