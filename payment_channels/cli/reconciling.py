"""The commands of ``reconcile``: runs, cases and what people do about them, missing bills, settlements."""

from pathlib import Path
from typing import Any

from payment_channels.business.calendar import business_day
from payment_channels.business.reconciliation import (
    ACTION_WORDS,
    CLASS_WORDS,
    Action,
    Case,
    Files,
    Reconciliation,
    Run,
    SettlementState,
)
from payment_channels.business.reconciliation.policy import reckonable
from payment_channels.business.reconciliation.running import Bill
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.codec.amounts import minor_of_text
from payment_channels.model.money import Money
from payment_channels.model.queries import BillQuery
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError

RUN_COLUMNS = {
    "number": "对账 run",
    "account": "账户 account",
    "day": "业务日 day",
    "at": "时间 at",
    "bill": "账单 bill",
    "rows": "行数 rows",
    "orders": "订单 orders",
    "agreed": "相符 agreed",
    "settled": "由账单确认 settled",
    "elsewhere": "他日订单 of other days",
    "classes": "差异 differences",
    "changes": "差异单 cases",
}
CASE_COLUMNS = {
    "case": "单号 case",
    "account": "账户 account",
    "day": "业务日 day",
    "difference": "差异 difference",
    "kind": "种类 kind",
    "number": "订单 order",
    "channel_amount": "渠道 channel",
    "local_amount": "本地 journal",
    "state": "状态 state",
    "action": "处理 action",
    "proposal": "第几次提议 proposal",
}
STORY_COLUMNS = {
    **CASE_COLUMNS,
    "words": "含义 meaning",
    "facts": "全部事实 facts",
    "channel_fee": "渠道手续费 channel's fee",
    "expected_fee": "应收手续费 expected fee",
    "bill": "账单一行 the bill's row",
    "journal": "日志订单 the journal's order",
    "note": "备注 note",
    "action_words": "建议或处理 action",
    "why": "依据 why",
    "maker": "经办 maker",
    "checker": "复核 checker",
    "actions": "可选处理 actions",
}
TRAIL_COLUMNS = {"at": "时间 at", "who": "谁 who", "what": "做了什么 what", "note": "备注 note"}
MISSING_COLUMNS = {
    "account": "账户 account",
    "day": "业务日 day",
    "due_at": "应到 due",
    "status": "得知 heard",
    "case": "单号 case",
}
SETTLEMENT_COLUMNS = {
    "account": "账户 account",
    "due_on": "应结算日 due",
    "days": "业务日 days",
    "expected": "应到 expected",
    "received": "实到 received",
    "difference": "差额 difference",
    "state": "状态 state",
}


def run(desk: Desk) -> Exit:
    """Reconcile one day: with the bill that the channel gives, or with files."""
    options = desk.options
    with desk.settings.journal() as journal:
        if reckonable(options.day) > (today := business_day(journal.clock())):
            raise InvalidRequestError.because(
                f"{options.day} 还没有到，今天是北京时间 {today}",
                f"{options.day} is still to come: today is {today} in Beijing",
                field="--day",
            )
        done = Reconciliation(journal).run(options.account, options.day, _bill(desk))
    row = _run_row(done)
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.fields(row, RUN_COLUMNS)
    return Exit.DONE if done.clean else Exit.FOUND


def _bill(desk: Desk) -> Bill:
    options = desk.options
    if options.file:
        paths = tuple(Path(name) for name in options.file)
        strange = [str(path) for path in paths if not path.is_file()]
        if strange:
            raise ConfigurationError.because(f"没有文件 {strange[0]}", f"there is no file {strange[0]}", field="--file")
        return Files(paths)
    with desk.settings.account(options.account).open() as client:
        return client.bill(BillQuery(day=options.day, bill_kind=options.kind))


def runs(desk: Desk) -> Exit:
    """List the runs, the newest first."""
    day = desk.options.day
    with desk.settings.journal() as journal:
        found = Reconciliation(journal).runs(account=desk.options.account, since=day, until=day, limit=desk.options.limit)
    return _shown(desk, "历次对账，最新在前 / runs, the newest first", [_run_row(one) for one in found], RUN_COLUMNS)


def cases(desk: Desk) -> Exit:
    """List the cases, the oldest day first."""
    options = desk.options
    with desk.settings.journal() as journal:
        book = Reconciliation(journal).book
        which = book.cases if options.all else book.open_cases
        found = which(account=options.account, day=options.day, limit=options.limit)
    return _shown(desk, "差异单 / cases", [_case_row(one) for one in found], CASE_COLUMNS)


def show(desk: Desk) -> Exit:
    """Tell a case's whole story."""
    with desk.settings.journal() as journal:
        book = Reconciliation(journal).book
        case, steps = book.case(desk.options.case), book.trail(desk.options.case)
    trail = [{"at": step.at, "who": step.who, "what": step.what, "note": step.note} for step in steps]
    row = _story(case)
    if desk.screen.as_json:
        desk.screen.document({**row, "trail": trail})
        return Exit.DONE
    desk.screen.fields(row, STORY_COLUMNS)
    desk.screen.table("经过 / what happened", trail, TRAIL_COLUMNS)
    return Exit.DONE


def propose(desk: Desk) -> Exit:
    """Say what is to be done about a case."""
    options = desk.options
    if options.action not in set(Action):
        known = ", ".join(Action)
        raise InvalidRequestError.because(
            f"没有处理方式 {options.action}；可用：{known}", f"the actions are: {known}", field="ACTION"
        )
    with desk.settings.journal() as journal:
        book = Reconciliation(journal).book
        return _told(desk, book.propose(options.case, Action(options.action), who=options.who, why=options.why))


def close(desk: Desk) -> Exit:
    """Agree with what was proposed."""
    with desk.settings.journal() as journal:
        book, given = Reconciliation(journal).book, desk.options
        return _told(desk, book.close(given.case, proposal=given.proposal, who=given.who))


def send_back(desk: Desk) -> Exit:
    """Disagree with what was proposed."""
    options = desk.options
    with desk.settings.journal() as journal:
        book = Reconciliation(journal).book
        return _told(desk, book.send_back(options.case, proposal=options.proposal, who=options.who, why=options.why))


def missing(desk: Desk) -> Exit:
    """List the bills that are due and not here."""
    with desk.settings.journal() as journal:
        found = Reconciliation(journal).missing_bills(account=desk.options.account)
    rows = [
        {"account": one.account, "day": one.day.isoformat(), "due_at": one.due_at, "status": one.status, "case": one.case}
        for one in found
    ]
    _shown(desk, "到期未到的账单 / bills that are due and not here", rows, MISSING_COLUMNS)
    return Exit.FOUND if rows else Exit.DONE


def settlements(desk: Desk) -> Exit:
    """List what is due and what was received."""
    options = desk.options
    with desk.settings.journal() as journal:
        found = Reconciliation(journal).settlements(account=options.account, since=options.day, until=options.day)
    rows: list[dict[str, Any]] = [
        {
            "account": one.account, "due_on": one.due_on.isoformat(), "days": [day.isoformat() for day in one.days],
            "expected": one.expected, "received": one.received, "difference": one.difference, "state": one.state.value,
        }
        for one in found[-options.limit :]
    ]  # fmt: skip
    _shown(desk, "结算 / settlements", rows, SETTLEMENT_COLUMNS)
    fine = {SettlementState.WAITING.value, SettlementState.RECEIVED.value}
    return Exit.DONE if {row["state"] for row in rows} <= fine else Exit.FOUND


def receive(desk: Desk) -> Exit:
    """Note what was received."""
    options = desk.options
    try:
        amount = Money(minor_of_text(options.amount))
    except ValueError as error:
        raise InvalidRequestError.because(
            f"金额 {options.amount} 不是元，写作 1234.50",
            f"{options.amount} is no amount of yuan: write 1234.50",
            field="--amount",
        ) from error
    with desk.settings.journal() as journal:
        found = Reconciliation(journal).receipts.record(
            options.account, amount, received_on=options.on, reference=options.reference, who=options.who, for_day=options.for_day
        )
    row = {"account": found.account, "due_on": found.for_day.isoformat(), "received": found.amount, "reference": found.reference}
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.fields(row, {**SETTLEMENT_COLUMNS, "reference": "流水号 reference"})
    return Exit.DONE


def _told(desk: Desk, case: Case) -> Exit:
    if desk.screen.as_json:
        desk.screen.document(_story(case))
    else:
        desk.screen.fields(_case_row(case), CASE_COLUMNS)
    return Exit.DONE


def _shown(desk: Desk, title: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> Exit:
    if desk.screen.as_json:
        desk.screen.document(rows)
    else:
        desk.screen.table(title, rows, columns)
    return Exit.DONE


def _run_row(one: Run) -> dict[str, Any]:
    counted = {name: str(getattr(one, name)) for name in ("number", "rows", "orders", "agreed", "settled", "elsewhere")}
    return counted | {
        "account": one.account,
        "day": one.day.isoformat(),
        "at": one.at,
        "bill": one.bill_status.value,
        "classes": {name.value: count for name, count in one.classes.items()},
        "changes": {"opened": one.opened, "changed": one.changed, "cleared": one.cleared},
    }


def _case_row(one: Case) -> dict[str, Any]:
    return {
        "case": str(one.id), "account": one.account, "day": one.day.isoformat(), "difference": one.difference.value,
        "kind": one.kind, "number": one.number, "channel_amount": one.channel_amount, "local_amount": one.local_amount,
        "state": one.state.value, "action": one.action.value,
        "proposal": one.proposal,
    }  # fmt: skip


def _story(one: Case) -> dict[str, Any]:
    meaning, action = CLASS_WORDS[one.difference], ACTION_WORDS[one.action]
    return _case_row(one) | {
        "words": f"{meaning.zh} / {meaning.en}", "facts": sorted(fact.value for fact in one.facts),
        "channel_fee": one.channel_fee, "expected_fee": one.expected_fee, "bill": one.evidence.get("bill"),
        "journal": one.evidence.get("journal"), "note": one.evidence.get("note"),
        "action_words": f"{action.zh} / {action.en}", "why": one.why, "maker": one.maker, "checker": one.checker,
        "actions": [action.value for action in Action],
    }  # fmt: skip
