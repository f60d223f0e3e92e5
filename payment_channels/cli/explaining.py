"""How routing is shown: decisions with their reasons, assignments, versions, health, and what a replay came to."""

from datetime import date
from typing import Any

from payment_channels.business.calendar import BEIJING
from payment_channels.business.policies import Version
from payment_channels.business.routing import Assignment, Considered, Decision, Question, Reason, RoutingPolicy
from payment_channels.business.routing.health import Health, Position, Standing, Switching
from payment_channels.business.routing.replay import Replay
from payment_channels.cli.screen import Screen, money
from payment_channels.journal import OrderRecord
from payment_channels.model.money import Money

Row = dict[str, Any]
LEVELS = {
    "merchant": "商户自己的列表 / the merchant's own list",
    "group": "商户类别的列表 / the list of its group",
    "defaults": "缺省列表 / the default list",
    "none": "商户、其类别与 [defaults] 都没有列出账户 / neither the merchant nor its group nor [defaults] lists an account",
}
CHOSEN, SERVES, NOT, NOT_LISTED = "选中 chosen", "可用，排在其后 would serve", "不用 no", "未列 not listed"
DECISION_COLUMNS = {"place": "次序 place", "account": "账户 account", "verdict": "结论 verdict", "zh": "为什么", "en": "why"}
QUESTION_COLUMNS = {
    "merchant": "商户 merchant",
    "asked": "订单 order",
    "party": "对象 party",
    "bank": "银行 bank",
    "card": "账户种类 card",
    "wallet": "钱包标识 wallet",
    "product": "产品 product",
    "speed": "到账 arrival",
    "labels": "标签 labels",
    "at": "时刻 at",
    "level": "列表来源 list",
    "version": "策略版本 policy version",
}
ASSIGNMENT_COLUMNS = {
    "merchant": "商户 merchant",
    "order_id": "单号 order",
    "attempt": "第几次 attempt",
    "account": "账户 account",
    "number": "该账户处单号 its number there",
    "amount": "金额 amount",
    "state": "分派 assignment",
    "order_state": "订单 order's state",
    "decided_at": "何时 decided at",
    "policy_version": "策略 policy",
}
VERSION_COLUMNS = {
    "version": "版本 version",
    "in_force": "生效 in force",
    "maker": "提出 maker",
    "why": "为何 why",
    "proposed_at": "提出于 proposed at",
    "checker": "复核 checker",
    "in_force_at": "生效于 in force since",
    "digest": "摘要 digest",
}
HEALTH_COLUMNS = {
    "account": "账户 account",
    "standing": "状态 standing",
    "orders": "已判 judged",
    "bad": "不良 bad",
    "position": "开关 switch",
    "who": "谁 who",
    "why": "为何 why",
    "since": "自 since",
}
SWITCHING_COLUMNS = {
    "account": "账户 account",
    "at": "时间 at",
    "position": "开关 switch",
    "who": "谁 who",
    "why": "为何 why",
}
DIFFERENCE_COLUMNS = {"place": "项 field", "was": "原为 was", "will_be": "改为 will be"}
FLOW_COLUMNS = {"before": "原走 went to", "now": "将走 would go to", "count": "笔数 orders", "amount": "金额 amount"}
MOVED_COLUMNS = {
    "merchant": "商户 merchant",
    "order_id": "单号 order",
    "amount": "金额 amount",
    "before": "原走 went to",
    "now": "将走 would go to",
    "zh": "为什么",
    "en": "why",
}
_STANDINGS = {Standing.SERVING: "可用 serving", Standing.PROBING: "试探 probing", Standing.OFF: "关闭 off"}
_POSITIONS = {
    Position.TRIPPED: "自动关闭 tripped",
    Position.RETURNED: "自动恢复 returned",
    Position.OFF: "人工关闭 off",
    Position.ON: "人工强制开启 on",
    Position.AUTO: "交回自动 auto",
}


def decision(screen: Screen, decided: Decision) -> None:
    """Show what was asked, then every account with what speaks against it."""
    screen.fields(_question(decided.question) | _whence(decided), QUESTION_COLUMNS)
    rows = [row for one in _in_order(decided) for row in _account_rows(decided, one)]
    screen.table("各账户 / the accounts", rows, DECISION_COLUMNS)
    if decided.account is None:
        screen.say("没有账户可以受理", "no account can take it")
    else:
        screen.say(
            f"走 {decided.account}：列表中第一个没有障碍的",
            f"{decided.account}: the first of the list that nothing speaks against",
        )


def _question(asked: Question) -> Row:
    arrival = [str(one) for one in (asked.speed, asked.arrives_on) if one is not None]
    return {
        "merchant": asked.merchant,
        "asked": f"{asked.kind} {money(asked.amount)}",
        "party": asked.party,
        "bank": asked.bank_name or asked.bank_code or asked.cnaps_code,
        "card": asked.card,
        "wallet": asked.wallet,
        "product": asked.product,
        "speed": arrival,
        "labels": asked.labels or None,
    }


def _whence(decided: Decision) -> Row:
    group = f"（{decided.group}）" if decided.group is not None else ""
    version = decided.policy_version or "文件，未提出 / a file that is not proposed"
    at = f"{decided.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} 北京 Beijing"
    return {"at": at, "level": f"{LEVELS[decided.level]}{group}", "version": version}


def _in_order(decided: Decision) -> list[Considered]:
    return sorted(decided.considered, key=lambda one: (one.place is None, one.place or 0, one.account))


def _account_rows(decided: Decision, one: Considered) -> list[Row]:
    if one.account == decided.account:
        verdict = CHOSEN
    elif one.place is None:
        verdict = NOT_LISTED
    else:
        verdict = NOT if one.reasons else SERVES
    first = {"place": one.place, "account": one.account, "verdict": verdict}
    told = [{"zh": reason.zh, "en": reason.en} for reason in one.reasons] or [{}]
    return [first | told[0], *told[1:]]


def assignment_row(held: Assignment, record: OrderRecord | None) -> Row:
    """Return one attempt of an order."""
    return {
        "merchant": held.merchant,
        "kind": held.kind,
        "order_id": held.order_id,
        "attempt": held.attempt,
        "account": held.account,
        "number": held.number,
        "amount": held.amount,
        "state": held.state.value,
        "order_state": record.state.value if record is not None else None,
        "decided_at": held.decided_at,
        "policy_version": held.policy_version,
    }


def version_row(version: Version[RoutingPolicy], *, in_force: bool = False) -> Row:
    """Return one version of the policy."""
    return {
        "version": version.number,
        "in_force": in_force,
        "maker": version.maker,
        "why": version.why,
        "proposed_at": version.proposed_at,
        "checker": version.checker,
        "in_force_at": version.in_force_at,
        "digest": version.digest[:12],
    }


def health_row(health: Health) -> Row:
    """Return where an account stands."""
    last = health.last
    left = f"，余 {health.probes_left} 笔 left" if health.standing is Standing.PROBING else ""
    return {
        "account": health.account,
        "standing": f"{_STANDINGS[health.standing]}{left}",
        "orders": health.figures.orders,
        "bad": health.figures.bad,
        "position": _POSITIONS[last.position] if last is not None else None,
        "who": last.who if last is not None else None,
        "why": last.why if last is not None else None,
        "since": last.at if last is not None else None,
    }


def switching_row(one: Switching) -> Row:
    """Return one switching."""
    return {"account": one.account, "at": one.at, "position": _POSITIONS[one.position], "who": one.who, "why": one.why}


def replay(screen: Screen, day: date, found: Replay, limit: int) -> None:
    """Show what a replay came to: the flows, and the orders that moved."""
    flows = [
        {"before": before, "now": now or "无 none", "count": orders, "amount": Money(total, currency)}
        for (before, now, currency), (orders, total) in sorted(found.flows().items(), key=lambda one: -one[1][1])
    ]
    moved = [
        {
            "merchant": one.assignment.merchant,
            "order_id": one.assignment.order_id,
            "amount": one.assignment.amount,
            "before": one.assignment.account,
            "now": one.now.account or "无 none",
            "zh": _because(one.why, "排在其后", zh=True),
            "en": _because(one.why, "it comes later in the list", zh=False),
        }
        for one in found.moved[:limit]
    ]
    if screen.as_json:
        screen.document(
            {"day": day.isoformat(), "orders": found.orders, "moved": len(found.moved), "flows": flows, "list": moved}
        )
        return
    screen.say(
        f"{day}：{found.orders} 笔，其中 {len(found.moved)} 笔会走别处",
        f"of {found.orders} orders {len(found.moved)} would go elsewhere",
    )
    screen.table("流向的变化 / flows", flows, FLOW_COLUMNS)
    screen.table("会走别处的订单 / orders that would go elsewhere", moved, MOVED_COLUMNS)
    if len(found.moved) > limit:
        screen.note(f"只列出 {limit} 笔；用 --limit 看更多", f"the list ends after {limit}; --limit shows more")


def _because(reasons: tuple[Reason, ...], otherwise: str, *, zh: bool) -> str:
    return "; ".join(one.zh if zh else one.en for one in reasons) or otherwise
