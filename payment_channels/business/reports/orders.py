"""The sheets that the journal alone can fill: success by account and merchant, failure codes, and the course."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import astuple, replace

from payment_channels.business.reports.counted import FINAL, Counted, Ending, InSlot, Place, ending_of, entry_of
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.sheets import Bar, Cell, Chart, Column, Rate, Sheet, Words, grouped, several
from payment_channels.business.reports.wording import (
    ACCOUNT,
    CHANNEL,
    ENDINGS,
    KIND,
    MERCHANT,
    ORDERS,
    RATE,
    UNIT,
    counted,
    kind_words,
)
from payment_channels.journal.folding import State
from payment_channels.model.money import Money

MOST_BARS = 12
"""What a chart shows; the table has all."""
_RARE = {Ending.OTHER, Ending.RETURNED, Ending.REVERSED, Ending.NOT_SENT}


class Tally:
    """Orders and amounts by ending."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self.orders: Counter[Ending] = Counter()
        self.amounts: Counter[Ending] = Counter()

    def add(self, ending: Ending, orders: int, amount: int = 0) -> None:
        """Count so many."""
        self.orders[ending] += orders
        self.amounts[ending] += amount

    @property
    def rate(self) -> Rate:
        """How many of the final ones have succeeded."""
        return Rate(self.orders[Ending.SUCCEEDED], sum(self.orders[one] for one in FINAL))


def cells_of(tally: Tally, currency: str | None) -> tuple[Cell, ...]:
    """Return the cells that ``TALLIED`` heads."""
    ordered = Money(tally.amounts.total(), currency) if currency is not None else None
    succeeded = Money(tally.amounts[Ending.SUCCEEDED], currency) if currency is not None else None
    return (tally.orders.total(), tally.rate, *(tally.orders[one] for one in Ending), ordered, succeeded)


TALLIED = (
    counted("orders", Words("订单", "all")),
    Column("success_rate", Words("成功率", "Success rate"), "rate"),
    *(counted(one.value, ENDINGS[one].title, rare=one in _RARE) for one in Ending),
    Column("amount_ordered", Words("订单金额", "Amount ordered"), "money"),
    Column("amount_succeeded", Words("成功金额", "Amount succeeded"), "money"),
)
"""The columns of a tally."""
NOTHING = Words("期间内没有登记订单。", "No order was written down in the period.")
UNASSIGNED = Words("期间内没有经业务层分派给商户的订单。", "Routing has assigned no order of the period to a merchant.")


def tallies(rows: Iterable[Counted], part: Callable[[Place], Place]) -> dict[Place, Tally]:
    """Add up by a part of the place; the largest come first."""
    found: dict[Place, Tally] = defaultdict(Tally)
    for one in rows:
        found[part(one.place)].add(one.ending, one.orders, one.amount)
    return dict(sorted(found.items(), key=lambda one: (-one[1].orders.total(), [word or "" for word in astuple(one[0])])))


def by_account(rows: list[Counted], period: Period) -> Sheet:
    """Tell how the orders of each channel account and kind have ended."""
    found = tallies(rows, lambda place: replace(place, merchant=None))
    return Sheet(
        name="by_account",
        title=Words("按渠道账户", "By channel account"),
        note=Words(
            f"{period.zh} 登记的订单，按生成报表时的状态；一笔改走其他渠道的订单在每个发送过的账户各计一笔。{RATE.zh}{UNIT.zh}",
            f"Orders written down on {period.en}, as they stand when the report is made; one that failed over counts at each "
            f"account that it was sent to. {RATE.en} {UNIT.en}",
        ),
        columns=(ACCOUNT, CHANNEL, KIND, *TALLIED),
        rows=tuple(
            (place.account, place.channel, kind_words(place.kind), *cells_of(tally, place.currency))
            for place, tally in found.items()
        ),
        empty=NOTHING,
        charts=ending_charts(
            Words("各账户订单的结局", "How each account's orders ended"),
            {_named(place.account, place.kind): tally for place, tally in found.items()},
        ),
    )


def by_merchant(rows: list[Counted], period: Period) -> Sheet:
    """Tell how each merchant's orders have ended, whatever accounts they went through."""
    assigned = [one for one in rows if one.last] if any(one.place.merchant is not None for one in rows) else []
    found = tallies(assigned, lambda place: replace(place, account="", channel=""))
    return Sheet(
        name="by_merchant",
        title=Words("按商户", "By merchant"),
        note=Words(
            f"{period.zh} 登记的订单。核心的一笔订单只计一次，以最后一次分派的渠道账户上的状态为准；“—”是没有经业务层分派的订单。"
            f"{RATE.zh}{UNIT.zh}",
            f"Orders written down on {period.en}. An order of the core's counts once, as it stands at the last account that it "
            f"was given to; “—” are orders that routing has not assigned. {RATE.en} {UNIT.en}",
        ),
        columns=(replace(MERCHANT, rare=False), KIND, *TALLIED),
        rows=tuple((place.merchant, kind_words(place.kind), *cells_of(tally, place.currency)) for place, tally in found.items()),
        empty=UNASSIGNED,
        charts=ending_charts(
            Words("各商户订单的结局", "How each merchant's orders ended"),
            {_named(place.merchant or "—", place.kind): tally for place, tally in found.items()},
        ),
    )


def by_merchant_and_account(rows: list[Counted], period: Period) -> Sheet:
    """Tell how each merchant's orders have ended at each channel account."""
    found = tallies(rows, lambda place: place) if any(one.place.merchant is not None for one in rows) else {}
    return Sheet(
        name="by_merchant_and_account",
        title=Words("按商户与渠道账户", "By merchant and channel account"),
        note=Words(
            f"{period.zh} 登记的订单，在每个发送过的账户各计一笔。{UNIT.zh}",
            f"Orders written down on {period.en}, at each account that they were sent to. {UNIT.en}",
        ),
        columns=(replace(MERCHANT, rare=False), ACCOUNT, CHANNEL, KIND, *TALLIED),
        rows=tuple(
            (place.merchant, place.account, place.channel, kind_words(place.kind), *cells_of(tally, place.currency))
            for place, tally in found.items()
        ),
        empty=UNASSIGNED,
    )


def _named(name: str, kind: str) -> Words:
    words = kind_words(kind)
    return Words(f"{name} · {words.zh}", f"{name} · {words.en}")


def ending_charts(title: Words, found: dict[Words, Tally]) -> tuple[Chart, ...]:
    """Draw how orders ended, a bar of full length for each of the largest."""
    largest = sorted(found.items(), key=lambda one: -one[1].orders.total())[:MOST_BARS]
    bars = tuple(Bar(name, tuple(tally.orders[one] for one in Ending), _rate_told(tally)) for name, tally in largest)
    return (Chart(title, tuple(ENDINGS.values()), bars, ORDERS, shares=True),) if bars else ()


def _rate_told(tally: Tally) -> Words:
    told, orders = tally.rate.text, tally.orders.total()
    return Words(f"成功率 {told} · {grouped(orders)} 笔", f"{told} succeeded · {several(orders, 'order')}")


def course(rows: Iterable[InSlot], period: Period) -> Sheet:
    """Tell the orders of each hour of a day, or of each day of more."""
    found: dict[int, Tally] = defaultdict(Tally)
    for one in rows:
        found[one.slot].add(one.ending, one.orders)
    hours = period.days == 1
    slots = [(begins, found[number]) for number, begins in period.slots()]
    bars = tuple(
        Bar(begins.strftime("%H:%M" if hours else "%m-%d"), tuple(tally.orders[one] for one in Ending), _rate_told(tally))
        for begins, tally in slots
    )
    rows_told = tuple(
        (begins.strftime("%H:%M" if hours else "%Y-%m-%d"), *cells_of(tally, None)[:-2])
        for begins, tally in slots
        if tally.orders.total()
    )
    title = Words("各小时的订单", "Orders by hour") if hours else Words("各日的订单", "Orders by day")
    return Sheet(
        name="course",
        title=title,
        note=Words(
            f"{period.zh}，按登记时刻；没有订单的{'小时' if hours else '日'}不列。{UNIT.zh}",
            f"{period.en}, by the moment of being written down; {'hours' if hours else 'days'} without orders are left out. "
            f"{UNIT.en}",
        ),
        columns=(Column("begins", Words("起", "From"), "code"), *TALLIED[:-2]),
        rows=rows_told,
        empty=NOTHING,
        charts=(Chart(title, tuple(ENDINGS.values()), bars, ORDERS, lying=False),) if rows_told else (),
    )


def failures(rows: list[Counted], period: Period) -> Sheet:
    """Tell the canonical codes of the failures, the most frequent first."""
    failed = [one for one in rows if one.ending in {Ending.BUSINESS, Ending.TECHNICAL, Ending.OTHER}]
    total = sum(one.orders for one in failed)
    found: Counter[tuple[Place, str | None]] = Counter()
    codes: Counter[tuple[str | None, Ending]] = Counter()
    for one in failed:
        found[replace(one.place, currency=None), one.code] += one.orders
        codes[one.code, one.ending] += one.orders
    shown = (Ending.TECHNICAL, Ending.BUSINESS, Ending.OTHER)
    bars = tuple(
        Bar(
            _code_title(code),
            tuple(orders if ending is one else 0 for one in shown),
            Words(f"{grouped(orders)} 笔", several(orders, "order")),
        )
        for (code, ending), orders in sorted(codes.items(), key=lambda one: (-one[1], one[0][0] or ""))[:MOST_BARS]
    )
    chart = Chart(Words("最常见的失败", "The most frequent failures"), tuple(ENDINGS[one] for one in shown), bars, ORDERS)
    return Sheet(
        name="failure_codes",
        title=Words("失败的统一错误码", "Canonical codes of failures"),
        note=Words(
            f"{period.zh} 登记、现为失败的订单。占比的分母是期间全部 {grouped(total)} 笔失败。"
            f"“—”是由两人结论或账单得出、没有错误码的失败。{UNIT.zh}",
            f"Orders written down on {period.en} that stand as failed. Shares are of all {grouped(total)} failures of the "
            f"period. “—” are failures without a code, which two people or a bill concluded. {UNIT.en}",
        ),
        columns=(
            Column("canonical", Words("统一错误码", "Canonical code"), "code"),
            Column("meaning", Words("含义", "Meaning"), "sentence"),
            Column("decline", Words("类别", "Class")),
            MERCHANT,
            ACCOUNT,
            CHANNEL,
            KIND,
            counted("orders", Words("失败", "failed")),
            Column("share", Words("占比", "Share"), "rate"),
        ),
        rows=tuple(
            (
                code,
                _code_title(code),
                ENDINGS[ending_of(State.FAILED, code)].title,
                place.merchant,
                place.account,
                place.channel,
                kind_words(place.kind),
                orders,
                Rate(orders, total),
            )
            for (place, code), orders in sorted(found.items(), key=_most_frequent)
        ),
        empty=Words("期间内没有失败的订单。", "No order of the period stands as failed."),
        charts=(chart,) if bars else (),
    )


def _most_frequent(counted: tuple[tuple[Place, str | None], int]) -> tuple[int, list[str]]:
    (place, code), orders = counted
    return -orders, [code or "", *(word or "" for word in astuple(place))]


def _code_title(code: str | None) -> Words:
    entry = entry_of(code)
    if entry is not None:
        return Words(entry.title_zh, entry.title_en)
    return Words(code, code) if code is not None else Words("没有错误码", "without a code")
