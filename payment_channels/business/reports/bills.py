"""The sheets of reconciliation: bills of the period and what they cost, bills missing, differences, and settlements."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from payment_channels.business.reconciliation import (
    CLASS_WORDS,
    Case,
    CaseState,
    Difference,
    MissingBill,
    Reconciliation,
    ReconciliationPolicy,
    Run,
    Settlement,
    SettlementState,
)
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.sheets import Bar, Chart, Column, Series, Sheet, Words, grouped, money_text, several
from payment_channels.business.reports.wording import ACCOUNT, at_moment, kind_words
from payment_channels.model.bills import BillStatus
from payment_channels.model.money import Money

STATUSES = {
    BillStatus.READY: Words("已到", "here"),
    BillStatus.EMPTY: Words("当日无业务", "a day without business"),
    BillStatus.NOT_READY: Words("渠道尚未备好", "not ready at the channel"),
    BillStatus.INCONSISTENT: Words("自相矛盾，未使用", "contradicts itself, not used"),
    BillStatus.UNKNOWN: Words("没有可信的应答", "no believable answer"),
    None: Words("没有取过", "nobody has asked"),
}
CASE_STATES = {
    CaseState.WAITING: Words("待次日账单", "waits for the next bills"),
    CaseState.OPEN: Words("待处理", "open"),
    CaseState.PROPOSED: Words("待复核", "proposed, to be checked"),
}
SETTLEMENTS = {
    SettlementState.WAITING: Words("未到期", "not due yet"),
    SettlementState.RECEIVED: Words("已足额到账", "received to the fen"),
    SettlementState.DIFFERENT: Words("到账金额不符", "something else was received"),
    SettlementState.OVERDUE: Words("逾期未到账", "overdue"),
    SettlementState.UNEXPECTED: Words("无应收而到账", "received, and nothing was due"),
}
WRONG = frozenset({SettlementState.DIFFERENT, SettlementState.OVERDUE, SettlementState.UNEXPECTED})
MOST_BARS = 12
_DAY = Column("day", Words("账单日", "Day of the bill"), "moment")


def fees(runs: list[Run], policy: ReconciliationPolicy | None, period: Period) -> Sheet:
    """Tell what the bills of the period add up to, and the fees in them: of each account and day the last run counts."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for run in runs:
        terms = policy.accounts.get(run.account) if policy is not None else None
        sign = -1 if terms is not None and terms.charged_fee_is == "negative" else 1
        for one in run.totals:
            if one.side == "bill":
                sums = found[run.account, one.kind, one.currency]
                for place, value in enumerate((one.count, one.amount, sign * one.fee)):
                    sums[place] += value
    return Sheet(
        name="fees",
        title=Words("账单合计与手续费", "Bills and fees"),
        note=Words(
            f"{period.zh} 各渠道营业日的账单，同一日以最后一次可用的账单为准；手续费为正表示渠道收取。"
            "按我方账簿的代付手续费见“头寸与留存”。",
            f"The bills of the channels' business days, {period.en}; of each day the last usable one counts. A positive fee was "
            "charged. What payouts cost by our own books stands under funding.",
        ),
        columns=(
            ACCOUNT,
            Column("kind", Words("账单种类", "Rows")),
            Column("rows", Words("行数", "Number of rows"), "count"),
            Column("amount", Words("金额", "Amount"), "money"),
            Column("fee", Words("手续费", "Fee"), "money"),
        ),
        rows=tuple(
            (account, _row_words(kind), count, Money(amount, currency), Money(fee, currency))
            for (account, kind, currency), (count, amount, fee) in sorted(found.items())
        ),
        empty=Words("期间内没有对过账单。", "No bill of the period was reconciled."),
    )


def _row_words(kind: str) -> Words:
    more = {
        "reversal": Words("撤销", "reversals"),
        "return": Words("退汇", "returns"),
        "fee": Words("手续费", "fees"),
        "other": Words("其他", "others"),
    }
    return more.get(kind) or kind_words(kind)


def missing(found: list[MissingBill], now: datetime) -> Sheet:
    """Tell which bills are due and have not come."""
    return Sheet(
        name="bills_missing",
        title=Words("未到的账单", "Bills missing"),
        note=Words(
            f"截至 {at_moment(now)}（北京时间）已过应到时刻而没有可用账单的营业日，不限报表期间。",
            f"Business days whose bill was due by {at_moment(now)}, Beijing time, and is not here; of any day, not of the period "
            "alone.",
        ),
        columns=(
            ACCOUNT,
            _DAY,
            Column("due_at", Words("应到（北京时间）", "Due (Beijing time)"), "moment"),
            Column("status", Words("最近所知", "Last heard"), "sentence"),
            Column("case", Words("差异单", "Case"), "code"),
        ),
        rows=tuple(
            (one.account, one.day, one.due_at, STATUSES[one.status], str(one.case) if one.case is not None else None)
            for one in found
        ),
        empty=Words("没有缺账单。", "No bill is missing."),
    )


def differences(cases: list[Case], now: datetime) -> Sheet:
    """Tell the differences that are not at their end, by account, class and state."""
    found: Counter[tuple[str, Difference, CaseState]] = Counter()
    oldest: dict[tuple[str, Difference, CaseState], date] = {}
    classes: Counter[Difference] = Counter()
    for one in cases:
        place = (one.account, one.difference, one.state)
        found[place] += 1
        oldest[place] = min(one.day, oldest.get(place, one.day))
        classes[one.difference] += 1
    bars = tuple(
        Bar(_class_words(one), (number,), Words(f"{grouped(number)} 单", several(number, "case")))
        for one, number in sorted(classes.items(), key=lambda one: (-one[1], one[0].value))
    )
    series = (Series(Words("未结的差异", "cases not at their end"), "plain"),)
    return Sheet(
        name="differences",
        title=Words("未结的对账差异", "Differences not at their end"),
        note=Words(
            f"截至 {at_moment(now)}（北京时间）全部未结的差异单，不限账单日。",
            f"All cases that were not at their end at {at_moment(now)}, Beijing time, of any day.",
        ),
        columns=(
            ACCOUNT,
            Column("class", Words("类别", "Class"), "code"),
            Column("meaning", Words("含义", "Meaning"), "sentence"),
            Column("state", Words("状态", "State")),
            Column("cases", Words("单数", "Cases"), "count"),
            Column("oldest", Words("最早的账单日", "Oldest day"), "moment"),
        ),
        rows=tuple(
            (account, kind.value, _class_words(kind), CASE_STATES[state], number, oldest[account, kind, state])
            for (account, kind, state), number in sorted(found.items())
        ),
        empty=Words("没有未结的差异。", "No difference is open."),
        charts=(Chart(Words("按类别", "By class"), series, bars, Words("单", "cases")),) if bars else (),
    )


def _class_words(one: Difference) -> Words:
    return Words(CLASS_WORDS[one].zh, CLASS_WORDS[one].en)


def settlements(found: Iterable[Settlement], period: Period, refused: Words | None) -> Sheet:
    """Tell what was to be received and what came: what concerns the period, and what is wrong with any before it."""
    told = [one for one in found if _concerns(one, period)]
    return Sheet(
        name="settlements",
        title=Words("应收与到账", "Settlements expected and received"),
        note=Words(
            f"应到日或所结营业日在{period.zh} 内的结算，以及此前仍不符、逾期的。"
            "应收由账单算出：收入减退款，约定内扣时再减手续费。",
            f"What settles days of {period.en}, or is due then; and what is overdue or different of any time before. What is "
            "expected comes of the bills: what came in less refunds, and less fees where they are taken off.",
        ),
        columns=(
            ACCOUNT,
            Column("due_on", Words("应到日", "Due on"), "moment"),
            Column("days", Words("所结营业日", "Days settled"), "text"),
            Column("expected", Words("应收", "Expected"), "money"),
            Column("received", Words("到账", "Received"), "money"),
            Column("difference", Words("差额", "Difference"), "money"),
            Column("state", Words("状态", "State")),
        ),
        rows=tuple(
            (
                one.account,
                one.due_on,
                ", ".join(str(day) for day in one.days) or None,
                one.expected,
                one.received,
                one.difference,
                SETTLEMENTS[one.state],
            )
            for one in told
        ),
        empty=refused or Words("没有与期间有关的结算。", "No settlement concerns the period."),
        charts=tuple(_charts(told)),
    )


def _concerns(one: Settlement, period: Period) -> bool:
    of_the_period = any(period.first <= day <= period.last for day in (one.due_on, *one.days))
    return of_the_period or (one.state in WRONG and one.due_on < period.first)


def _charts(told: list[Settlement]) -> Iterable[Chart]:
    series = (Series(Words("到账", "received"), "succeeded"), Series(Words("未到", "not received"), "idle"))
    for currency in sorted({one.expected.currency for one in told}):
        bars = tuple(
            Bar(
                f"{one.account} · {one.due_on}",
                (max(one.received.amount, 0), max(one.expected.amount - one.received.amount, 0)),
                Words(
                    f"应收 {money_text(one.expected)} · 到账 {money_text(one.received)}",
                    f"{money_text(one.expected)} expected · {money_text(one.received)} received",
                ),
            )
            for one in told[-MOST_BARS:]
            if one.expected.currency == currency
        )
        if bars:
            unit = Words(currency, currency)
            yield Chart(Words("应收与到账", "Expected and received"), series, bars, unit, currency=currency)


def runs_of_the_period(room: Reconciliation, period: Period) -> list[Run]:
    """Return of each account and day the last run that had a usable bill."""
    kept: dict[tuple[str, date], Run] = {}
    for run in room.runs(since=period.first, until=period.last, limit=100_000):  # the newest first
        if run.bill_status in {BillStatus.READY, BillStatus.EMPTY}:
            kept.setdefault((run.account, run.day), run)
    return list(kept.values())
