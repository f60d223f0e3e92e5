"""The sheets of funding: what each merchant's money did in the period, what is left of it, and what alarms."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from payment_channels.business.funding import Books, Funding, Purse
from payment_channels.business.funding.alarms import Alarm, AlarmKind
from payment_channels.business.funding.statements import Statement, statements
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.sheets import Bar, Cell, Chart, Column, Series, Sheet, Words, money_text
from payment_channels.business.reports.wording import ACCOUNT, MERCHANT, at_moment
from payment_channels.model.money import Money

MOST_BARS = 12
ALARMS = {
    AlarmKind.STOPPED: Words("低于停用线，路由不再使用", "below the stop: routing sends no more"),
    AlarmKind.LOW: Words("账户低于预警线", "the account is below its alarm"),
    AlarmKind.MERCHANT_LOW: Words("商户低于预警线", "the merchant is below the alarm"),
    AlarmKind.NEGATIVE: Words("为负：付出多于所有", "below zero: more was paid than there was"),
    AlarmKind.DIFFERENCE: Words("与渠道余额不符", "the channel's own balance is another"),
    AlarmKind.WAITING: Words("占用已久而从未发送", "held for long, and never sent"),
}
_LEFT = (
    Series(Words("可用", "available"), "plain"),
    Series(Words("占用", "reserved"), "pending"),
    Series(Words("留存", "residual"), "second"),
)


class _Moved:
    """What a purse's money did in a period, and what there was at its end."""

    def __init__(self) -> None:
        self.change = Books()
        self.closing = Books()
        self.added = self.used = 0

    def add(self, one: Statement) -> None:
        self.change += one.change
        self.closing = one.closing
        for movement in one.movements:
            self.added += max(movement.change.residual, 0)
            self.used -= min(movement.change.residual, 0)


def funding(funds: Funding, period: Period) -> Sheet:
    """Tell what each merchant's money did in each channel account, and what is there at the period's end."""
    found: dict[Purse, _Moved] = defaultdict(_Moved)
    for number in range(period.days):
        for one in statements(funds.journal, period.first + timedelta(days=number)):
            found[one.purse].add(one)
    return Sheet(
        name="funding",
        title=Words("头寸与留存", "Funding and residuals"),
        note=Words(
            f"{period.zh} 的变动与期末余额，按记账日。“留存”是失败与退汇的代付留在渠道账户里、可抵用下一笔的钱；"
            "结果未知的代付一直在“占用”里。",
            f"What was posted on {period.en}, and what there was at its end. A residual is what failed and returned payouts left "
            "in the channel account, and funds the next; payouts of unknown end stay reserved.",
        ),
        columns=(
            MERCHANT,
            ACCOUNT,
            _money("available", Words("期末可用", "Available at the end")),
            _money("reserved", Words("期末占用", "Reserved at the end")),
            _money("residual", Words("期末留存", "Residual at the end")),
            _money("residual_added", Words("留存增加", "Residual added")),
            _money("residual_used", Words("留存用去", "Residual used")),
            _money("paid_in", Words("净入金", "Paid in, net")),
            _money("spent", Words("付出", "Spent")),
            _money("returned", Words("退回", "Returned"), rare=True),
            _money("fees", Words("手续费", "Fees"), rare=True),
        ),
        rows=tuple(_row(purse, moved) for purse, moved in found.items()),
        empty=Words("没有记过头寸。", "No funds were ever posted."),
        charts=tuple(_charts(found)),
    )


def _money(name: str, title: Words, *, rare: bool = False) -> Column:
    return Column(name, title, "money", rare=rare)


def _row(purse: Purse, moved: _Moved) -> tuple[Cell, ...]:
    change, closing = moved.change, moved.closing
    amounts = (
        closing.available, closing.reserved, closing.residual, moved.added, moved.used,
        -change.outside, change.spent, -change.returned, change.fees,
    )  # fmt: skip
    return (purse.merchant, purse.account, *(Money(one, purse.currency) for one in amounts))


def _charts(found: dict[Purse, _Moved]) -> Iterable[Chart]:
    """Draw what is left, a chart for each currency: amounts of two currencies have no common length."""
    for currency in sorted({purse.currency for purse in found}):
        ours = {purse: moved.closing for purse, moved in found.items() if purse.currency == currency}
        largest = sorted(ours.items(), key=lambda one: -(one[1].available + one[1].reserved + one[1].residual))[:MOST_BARS]
        bars = tuple(_bar(purse, books) for purse, books in largest)
        title = Words("期末的头寸", "What there is at the end")
        yield Chart(title, _LEFT, bars, Words(currency, currency), currency=currency)


def _bar(purse: Purse, books: Books) -> Bar:
    left, residual = (money_text(Money(one, purse.currency)) for one in (books.available, books.residual))
    told = Words(f"可用 {left} · 留存 {residual}", f"{left} available · {residual} residual")
    values = (books.available, books.reserved, books.residual)
    return Bar(f"{purse.merchant} · {purse.account}", values, told)


def alarmed(found: list[Alarm], now: datetime) -> Sheet:
    """Tell what funding alarms now."""
    return Sheet(
        name="funding_alarms",
        title=Words("头寸告警", "Funding alarms"),
        note=Words(f"截至 {at_moment(now)}（北京时间）。", f"At {at_moment(now)}, Beijing time."),
        columns=(
            Column("alarm", Words("告警", "Alarm"), "sentence"),
            ACCOUNT,
            MERCHANT,
            _money("amount", Words("现有", "There is")),
            _money("limit", Words("应有", "There should be")),
        ),
        rows=tuple(
            (ALARMS[one.kind], one.account, one.merchant, Money(one.amount, one.currency), Money(one.limit, one.currency))
            for one in found
        ),
        empty=Words("没有告警。", "Nothing alarms."),
    )
