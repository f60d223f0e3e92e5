"""Commands that only look: status, unknown, manual, conflicts, notices, show, verify."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from payment_channels.cli import telling
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.journal import Journal, OrderRecord, looking
from payment_channels.journal.folding import UNRESOLVED

AGES = {
    "5 分钟以上 / over 5 minutes": timedelta(minutes=5),
    "1 小时以上 / over 1 hour": timedelta(hours=1),
    "1 天以上 / over 1 day": timedelta(days=1),
    "5 天以上 / over 5 days": timedelta(days=5),
}
STATUS_COLUMNS = {
    "account": "账户 account",
    "kind": "种类 kind",
    "state": "状态 state",
    "orders": "笔数 orders",
    "oldest": "最早 oldest",
}


def status(desk: Desk) -> Exit:
    """Count the orders by account, kind and state; the unresolved by age; and what waits for people."""
    with desk.settings.journal() as journal:
        counts = looking.counts(journal)
        open_ones = sum(one.orders for one in counts if one.state in UNRESOLVED)
        rows = [
            {"account": one.account, "kind": one.kind, "state": one.state.value, "orders": one.orders, "oldest": one.oldest}
            for one in counts
        ]
        totals = looking.totals(journal)
        since = looking.unresolved_since(journal, tuple(journal.clock() - span for span in AGES.values()))
        due = looking.due_now(journal, tuple(desk.settings.accounts))
    waiting = {"manual": totals.manual, "conflicts": totals.conflicts, "unmatched_notices": totals.unmatched, "due_now": due}
    if desk.screen.as_json:
        ages = {str(int(span.total_seconds())): count for span, count in zip(AGES.values(), since, strict=True)}
        desk.screen.document(
            {"orders": totals.orders, "counts": rows, "unresolved": open_ones, "unresolved_over_seconds": ages} | waiting
        )
        return Exit.DONE
    desk.screen.table(f"日志 {desk.settings.place} 中的订单 / orders in the journal", rows, STATUS_COLUMNS)
    words = {
        "orders": "订单 / orders",
        "unresolved": "未决（未知或处理中）/ unresolved",
        **{name: f"　其中 {name}" for name in AGES},
        "due_now": "现在该查 / due now",
        "manual": "待人工 / manual",
        "conflicts": "有矛盾 / in conflict",
        "unmatched_notices": "无主的通知 / unmatched notices",
    }
    counted = dict(zip(AGES, since, strict=True))
    desk.screen.fields({"orders": str(totals.orders), "unresolved": str(open_ones), **counted, **waiting}, words)
    return Exit.DONE


def unknown(desk: Desk) -> Exit:
    """List the orders whose end is not known, the oldest first."""
    return _listed(desk, looking.unresolved, "未决的订单，最早在前 / unresolved, the oldest first", telling.ORDER_COLUMNS)


def manual(desk: Desk) -> Exit:
    """List the orders that people must look at."""
    return _listed(desk, looking.manual, "待人工处理 / for people to look at", telling.WAITING_COLUMNS)


def conflicts(desk: Desk) -> Exit:
    """List the orders of which two sources said opposite things."""
    return _listed(desk, looking.conflicts, "说法相反的订单 / orders in conflict", telling.WAITING_COLUMNS)


def _listed(desk: Desk, which: Callable[..., list[OrderRecord]], title: str, columns: dict[str, str]) -> Exit:
    with desk.settings.journal() as journal:
        rows = [telling.order_row(journal, record) for record in which(journal, limit=desk.options.limit)]
    _shown(desk, title, rows, columns)
    return Exit.DONE


def notices(desk: Desk) -> Exit:
    """List the notifications that speak of no order of ours, the newest first."""
    with desk.settings.journal() as journal:
        rows = [telling.notice_row(one) for one in looking.unmatched(journal, limit=desk.options.limit)]
    _shown(desk, "无主的通知，最新在前 / unmatched notices, the newest first", rows, telling.NOTICE_COLUMNS)
    return Exit.DONE


def _shown(desk: Desk, title: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    if desk.screen.as_json:
        desk.screen.document(rows)
        return
    desk.screen.table(title, rows, columns)
    if len(rows) == desk.options.limit:
        desk.screen.note(f"只列出 {len(rows)} 条；用 --limit 看更多", f"the list ends after {len(rows)}; --limit shows more")


def show(desk: Desk) -> Exit:
    """Tell the whole story of the orders that a number names."""
    with desk.settings.journal() as journal:
        stories = [_story(journal, record) for record in desk.orders(journal)]
    if desk.screen.as_json:
        desk.screen.document([row | {"events": events} for row, events in stories])
        return Exit.DONE
    for row, events in stories:
        desk.screen.fields(row, telling.STORY_COLUMNS)
        if row["problem"] is not None:
            desk.screen.say("封存的内容打不开，请看密钥是否在密钥环中", "what is sealed does not open: is its key in the ring?")
            desk.screen.text(row["problem"])
        desk.screen.table("经过 / what happened", events, telling.EVENT_COLUMNS)
        for event in events:
            if event["canonical"] is not None or event["note"] is not None or "problem" in event:
                desk.screen.say(f"#{event['number']} {event['source_words']}", event["canonical"] or "")
                desk.screen.fields(event, telling.EVIDENCE_COLUMNS)
    return Exit.DONE


def _story(journal: Journal, record: OrderRecord) -> tuple[telling.Row, list[telling.Row]]:
    row = telling.story_row(journal, record)
    happened = enumerate(looking.events(journal, record), 1)
    events = [{"number": number} | telling.event_row(journal, record, event) for number, event in happened]
    secrets = telling.secrets_of(journal, record)
    return telling.scrubbed(row, secrets), [telling.scrubbed(event, secrets) for event in events]


def verify(desk: Desk) -> Exit:
    """Derive every order's state anew from its events, and open every sealed text."""
    faults: list[str] = []
    seen = 0
    with desk.settings.journal() as journal:
        total = looking.totals(journal).orders
        with desk.screen.progress("核对日志", "verifying the journal", total) as step:
            for number, found in looking.verify(journal, batch=desk.options.batch):
                seen, faults = seen + number, faults + found
                step(number, f"{len(faults)} 处 faults")
    if desk.screen.as_json:
        desk.screen.document({"orders": seen, "faults": faults})
    else:
        for fault in faults:
            desk.screen.text(fault)
        desk.screen.say(f"核对了 {seen} 笔订单，{len(faults)} 处不一致", f"{seen} orders verified, {len(faults)} faults")
    return Exit.FOUND if faults else Exit.DONE
