"""The policy of funding on the command line: looked at, checked, proposed by one person and put into force by another."""

from pathlib import Path
from typing import Any

from payment_channels.business.funding import Funding, FundingPolicy
from payment_channels.business.policies import Version
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.cli.tables import read_toml

COLUMNS = {
    "version": "版本 version",
    "in_force_at": "生效 in force at",
    "maker": "经办 maker",
    "checker": "复核 checker",
    "why": "缘由 why",
    "proposed_at": "提出 proposed at",
}
ACCOUNT_COLUMNS = {
    "account": "账户 account",
    "mode": "方式 mode",
    "currency": "币种 currency",
    "credit": "授信 credit",
    "alarm": "预警线 alarm",
    "stop": "停用线 stop",
    "merchant_alarm": "商户预警线 merchant alarm",
    "fee": "每笔手续费 fee",
}


def policy(desk: Desk) -> Exit:
    """Show the policy in force and all versions, the newest first; amounts as the file has them, in minor units."""
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        found, history = funding.policies.if_any(), funding.policies.history()
    rows = [{"account": name, **one.model_dump(mode="json")} for name, one in found.policy.accounts.items()] if found else []
    versions = [_row(one) for one in history]
    if desk.screen.as_json:
        desk.screen.document({"in_force": found.number if found else None, "accounts": rows, "versions": versions})
        return Exit.DONE
    desk.screen.table("生效的策略，单位为最小货币单位 / the policy in force, in minor units", rows, ACCOUNT_COLUMNS)
    desk.screen.table("各版本 / versions", versions, COLUMNS)
    return Exit.DONE


def check(desk: Desk) -> Exit:
    """Validate a file, and the accounts that it names against those of the settings."""
    policy = _read(Path(desk.options.file))
    strange = sorted(set(policy.accounts) - set(desk.settings.accounts))
    if strange:
        desk.screen.note(f"设置里没有这些账户：{', '.join(strange)}", "the settings have no such accounts")
    if desk.screen.as_json:
        desk.screen.document({"accounts": sorted(policy.accounts), "not_in_settings": strange})
    else:
        desk.screen.say(f"策略可用，{len(policy.accounts)} 个账户", f"the policy is fine, with {len(policy.accounts)} accounts")
    return Exit.FOUND if strange else Exit.DONE


def propose(desk: Desk) -> Exit:
    """Write a version down that is not in force."""
    policy = _read(Path(desk.options.file))
    with desk.settings.journal() as journal:
        return _told(desk, Funding(journal).policies.propose(policy, who=desk.options.who, why=desk.options.why))


def put_in_force(desk: Desk) -> Exit:
    """Put a version into force."""
    with desk.settings.journal() as journal:
        return _told(desk, Funding(journal).policies.put_in_force(desk.options.version, who=desk.options.who))


def _read(path: Path) -> FundingPolicy:
    return FundingPolicy(**read_toml(path, "FILE.toml"))


def _told(desk: Desk, version: Version[FundingPolicy]) -> Exit:
    row = _row(version)
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.fields(row, COLUMNS)
    return Exit.DONE


def _row(one: Version[FundingPolicy]) -> dict[str, Any]:
    return {
        "version": str(one.number), "in_force_at": one.in_force_at, "maker": one.maker, "checker": one.checker, "why": one.why,
        "proposed_at": one.proposed_at,
    }  # fmt: skip
