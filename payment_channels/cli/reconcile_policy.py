"""The policy of reconciliation on the command line: checked, proposed by one person and put into force by another."""

from datetime import UTC, date, datetime
from pathlib import Path

from payment_channels.business.calendar import business_day
from payment_channels.business.policies import Version
from payment_channels.business.reconciliation import Reconciliation, ReconciliationPolicy
from payment_channels.business.reconciliation.settling import undated, without_holidays
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.cli.tables import read_toml

VERSION_COLUMNS = {
    "version": "版本 version",
    "in_force_at": "生效 in force at",
    "maker": "经办 maker",
    "checker": "复核 checker",
    "why": "缘由 why",
}


def check(desk: Desk) -> Exit:
    """Validate a policy's file, the accounts that it names against those of the settings, and the calendar that they need."""
    policy = _read(Path(desk.options.file))
    lacking, bare = _calendar(desk, policy)
    strange = sorted(set(policy.accounts) - set(desk.settings.accounts))
    if strange:
        desk.screen.note(f"设置里没有这些账户：{', '.join(strange)}", "the settings have no such accounts")
    if desk.screen.as_json:
        told = {"calendar_lacks": lacking, "years_without_holidays": bare}
        desk.screen.document({"accounts": sorted(policy.accounts), "not_in_settings": strange, **told})
    elif not lacking and not bare:
        desk.screen.say(f"策略可用，{len(policy.accounts)} 个账户", f"the policy is fine, with {len(policy.accounts)} accounts")
    return Exit.FOUND if strange or lacking or bare else Exit.DONE


def today() -> date:
    """Return the day in Beijing."""
    return business_day(datetime.now(UTC))


def _calendar(desk: Desk, policy: ReconciliationPolicy) -> tuple[dict[str, list[int]], list[int]]:
    """Tell what the calendar lacks: due days by workdays are refused without it, and wrong with a year without its holidays."""
    lacking, bare = undated(policy, today()), without_holidays(policy)
    for name, years in lacking.items():
        listed = ", ".join(map(str, years))
        desk.screen.note(
            f"账户 {name} 按工作日（T+n）结算，业务日历没有 {listed} 年，算不出应结算日；请在 [calendar] 补录年份、节假日与调休",
            f"the account {name} is settled by workdays (T+n) and the business calendar has no {listed}, so no due day is told: "
            "add the years, holidays and worked weekends to [calendar]",
        )
    if bare:
        listed = ", ".join(map(str, bare))
        desk.screen.note(
            f"业务日历的 {listed} 年没有列出一个节假日，应结算日会算错；请补录 holidays 与 workdays",
            f"the business calendar lists {listed} without one holiday, so due days would be wrong: add holidays and workdays",
        )
    return lacking, bare


def propose_policy(desk: Desk) -> Exit:
    """Write a version of the policy down that is not in force."""
    policy = _read(Path(desk.options.file))
    _calendar(desk, policy)
    with desk.settings.journal() as journal:
        version = Reconciliation(journal).policies.propose(policy, who=desk.options.who, why=desk.options.why)
    return _versioned(desk, version)


def put_in_force(desk: Desk) -> Exit:
    """Put a version of the policy into force."""
    with desk.settings.journal() as journal:
        version = Reconciliation(journal).policies.put_in_force(desk.options.version, who=desk.options.who)
    return _versioned(desk, version)


def _read(path: Path) -> ReconciliationPolicy:
    return ReconciliationPolicy(**read_toml(path, "FILE.toml"))


def _versioned(desk: Desk, one: Version[ReconciliationPolicy]) -> Exit:
    row = {
        "version": str(one.number), "in_force_at": one.in_force_at, "maker": one.maker, "checker": one.checker, "why": one.why,
    }  # fmt: skip
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.fields(row, VERSION_COLUMNS)
    return Exit.DONE
