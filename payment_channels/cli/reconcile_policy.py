"""The policy of reconciliation on the command line: checked, proposed by one person and put into force by another."""

from pathlib import Path

from payment_channels.business.policies import Version
from payment_channels.business.reconciliation import Reconciliation, ReconciliationPolicy
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
    """Validate a policy's file, and the accounts that it names against those of the settings."""
    policy = _read(Path(desk.options.file))
    strange = sorted(set(policy.accounts) - set(desk.settings.accounts))
    if strange:
        desk.screen.note(f"设置里没有这些账户：{', '.join(strange)}", "the settings have no such accounts")
    if desk.screen.as_json:
        desk.screen.document({"accounts": sorted(policy.accounts), "not_in_settings": strange})
    else:
        desk.screen.say(f"策略可用，{len(policy.accounts)} 个账户", f"the policy is fine, with {len(policy.accounts)} accounts")
    return Exit.FOUND if strange else Exit.DONE


def propose_policy(desk: Desk) -> Exit:
    """Write a version of the policy down that is not in force."""
    policy = _read(Path(desk.options.file))
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
