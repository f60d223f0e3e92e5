"""The figures at the head of a report: how the period went, and what waits for somebody now."""

from collections import defaultdict
from dataclasses import dataclass

from payment_channels.business.funding.alarms import Alarm, AlarmKind
from payment_channels.business.reconciliation import Case, MissingBill, Settlement
from payment_channels.business.reports.bills import WRONG
from payment_channels.business.reports.counted import Counted, Ending, ForPeople, Open
from payment_channels.business.reports.orders import Tally
from payment_channels.business.reports.sheets import Cell, Words, grouped, several
from payment_channels.business.reports.wording import kind_words
from payment_channels.journal.folding import State

OLD = 2
"""An unknown order of this age (a place in ``counted.AGES``: over an hour) is an alarm."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure at the head of the report; ``alarm`` where somebody should look."""

    title: Words
    value: Cell
    note: Words
    alarm: bool = False


def successes(rows: list[Counted]) -> list[Figure]:
    """Tell how payments, payouts and refunds went, each where there were any."""
    found: dict[str, Tally] = defaultdict(Tally)
    for one in rows:
        found[one.place.kind].add(one.ending, one.orders)
    return [_success(kind, found[kind]) for kind in ("payment", "payout", "refund") if found[kind].orders.total()]


def _success(kind: str, tally: Tally) -> Figure:
    words, rate = kind_words(kind), tally.rate
    open_ones = tally.orders[Ending.PENDING] + tally.orders[Ending.UNKNOWN]
    return Figure(
        Words(f"{words.zh}成功率", f"Success of {words.en}"),
        rate,
        Words(
            f"已终结 {grouped(rate.whole)} 笔中成功 {grouped(rate.part)} 笔；另有未决 {grouped(open_ones)} 笔",
            f"{grouped(rate.part)} of {grouped(rate.whole)} final orders; {grouped(open_ones)} more are open",
        ),
    )


def unknown(rows: list[Open]) -> Figure:
    """Tell how many orders are unknown now."""
    now = sum(one.orders for one in rows if one.state is State.UNKNOWN)
    old = sum(one.orders for one in rows if one.state is State.UNKNOWN and one.age >= OLD)
    note = Words(f"笔，其中 {grouped(old)} 笔超过 1 小时", f"orders, {grouped(old)} of them for over an hour")
    return Figure(Words("现在结果未知", "Unknown now"), now, note, alarm=old > 0)


def for_people(waiting: ForPeople) -> Figure:
    """Tell how many orders people must look at now."""
    note = Words(
        f"笔：须人工结论 {grouped(waiting.manual)}，说法相反 {grouped(waiting.conflicts)}",
        f"orders: {grouped(waiting.manual)} to decide, {grouped(waiting.conflicts)} in conflict",
    )
    return Figure(Words("现在待人工", "For people now"), waiting.orders, note, alarm=waiting.orders > 0)


def funding(alarms: list[Alarm]) -> Figure:
    """Tell how many funding alarms there are now."""
    stopped = sum(one.kind is AlarmKind.STOPPED for one in alarms)
    note = Words(f"条，其中停用的账户 {grouped(stopped)} 个", f"of them; {several(stopped, 'account')} stopped")
    return Figure(Words("现在头寸告警", "Funding alarms now"), len(alarms), note, alarm=bool(alarms))


def reconciliation(missing: list[MissingBill], cases: list[Case], settlements: list[Settlement]) -> list[Figure]:
    """Tell what reconciliation waits for now."""
    wrong = sum(one.state in WRONG for one in settlements)
    note = Words(
        f"份未到；未结差异 {grouped(len(cases))} 单，不符或逾期的结算 {grouped(wrong)} 笔",
        f"not here; {several(len(cases), 'case')} open, {several(wrong, 'settlement')} wrong or overdue",
    )
    return [Figure(Words("现在缺的账单", "Bills missing now"), len(missing), note, alarm=bool(missing or wrong))]
