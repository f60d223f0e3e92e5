"""The commands of ``route``: explain, order, check, replay, propose, put-in-force, history, show, health and switch."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from payment_channels.business.calendar import BEIJING
from payment_channels.business.funding import Funding
from payment_channels.business.policies import PolicyBook, Version
from payment_channels.business.routing import Assignments, Question, Router, RoutingPolicy
from payment_channels.business.routing.difference import differences
from payment_channels.business.routing.health import Position, Switches
from payment_channels.business.routing.replay import draft
from payment_channels.business.routing.replay import replay as replayed
from payment_channels.channel import Manifest
from payment_channels.cli import explaining
from payment_channels.cli.desk import Desk, NoSuchOrderError
from payment_channels.cli.exits import Exit
from payment_channels.cli.tables import wrong
from payment_channels.journal import Journal
from payment_channels.model.money import Money
from payment_channels.model.parties import AccountKind, WalletIdKind
from payment_channels.registry import manifest


def explain(desk: Desk) -> Exit:
    """Say where an order would go, and of every account why or why not. Nothing is sent or written."""
    options = desk.options
    question = Question(
        merchant=options.merchant,
        kind=options.kind,
        amount=Money(options.amount, options.currency),
        party=options.party,
        card=options.card or (AccountKind.DEBIT_CARD if options.party == "personal_account" else None),
        wallet=options.wallet_id or (WalletIdKind.OPEN_ID if options.party == "wallet" else None),
        product=options.product,
        speed=options.speed,
        arrives_on=options.arrives_on,
        labels=dict(options.label),
        **_bank(options.bank),
    )
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        funded = funding.policies.if_any() is not None
        router = Router(journal, funds=funding if funded else None, manifests=_manifests(desk))
        decision = router.decide(question, at=options.at, version=_version(router.book, options))
    if desk.screen.as_json:
        desk.screen.document(decision.model_dump(mode="json", exclude_none=True))
    else:
        explaining.decision(desk.screen, decision)
        if not funded:
            desk.screen.note("没有生效的头寸策略，未计头寸", "no funding policy is in force: funds were not asked for")
    return Exit.DONE if decision.account is not None else Exit.FOUND


def order(desk: Desk) -> Exit:
    """Show all attempts of an order, each with its decision as it was made."""
    number, merchant = desk.options.order, desk.options.merchant
    with desk.settings.journal() as journal:
        found = Assignments(journal).named(number, merchant=merchant)
        records = {one.id: journal.find(one.key) for one in found}
    if not found:
        raise NoSuchOrderError.because(
            f"没有经业务层分派的订单 {number}", f"no order {number} was assigned by the desk", field="ORDER"
        )
    rows = [explaining.assignment_row(one, records[one.id]) for one in found]
    if desk.screen.as_json:
        desk.screen.document(
            [
                row | {"decision": one.decision.model_dump(mode="json", exclude_none=True)}
                for row, one in zip(rows, found, strict=True)
            ]
        )
        return Exit.DONE
    desk.screen.table("分派 / assignments", rows, explaining.ASSIGNMENT_COLUMNS)
    for one in found:
        explaining.decision(desk.screen, one.decision)
    return Exit.DONE


def check(desk: Desk) -> Exit:
    """Validate a policy file, name accounts that the settings lack, and show what it would change."""
    policy = RoutingPolicy.of_file(Path(desk.options.file))
    missing = sorted(policy.accounts.keys() - desk.settings.accounts.keys())
    with desk.settings.journal() as journal:
        current = _book(journal).if_any()
    _changes(desk, policy, current, missing)
    return Exit.FOUND if missing else Exit.DONE


def propose(desk: Desk) -> Exit:
    """Write a version down that is not in force, and show what it would change."""
    policy = RoutingPolicy.of_file(Path(desk.options.file))
    missing = sorted(policy.accounts.keys() - desk.settings.accounts.keys())
    with desk.settings.journal() as journal:
        book = _book(journal)
        current = book.if_any()
        version = book.propose(policy, who=desk.options.who, why=desk.options.why)
    _changes(desk, policy, current, missing, version)
    desk.screen.say(
        f"第 {version.number} 版已提出，尚未生效；请另一人 route put-in-force {version.number}",
        f"version {version.number} is proposed and not in force: another person runs `route put-in-force {version.number}`",
    )
    return Exit.DONE


def put_in_force(desk: Desk) -> Exit:
    """Put a proposed version into force from now on."""
    with desk.settings.journal() as journal:
        version = _book(journal).put_in_force(desk.options.version, who=desk.options.who)
    if desk.screen.as_json:
        desk.screen.document(explaining.version_row(version))
    desk.screen.say(f"第 {version.number} 版自现在起生效", f"version {version.number} is in force from now on")
    return Exit.DONE


def history(desk: Desk) -> Exit:
    """List the versions, the newest first, and which one is in force."""
    with desk.settings.journal() as journal:
        book = _book(journal)
        current = book.if_any()
        rows = [
            explaining.version_row(one, in_force=current is not None and one.number == current.number)
            for one in book.history(desk.options.limit)
        ]
    _rows(desk, "路由策略的版本 / versions of the routing policy", rows, explaining.VERSION_COLUMNS)
    return Exit.DONE


def show(desk: Desk) -> Exit:
    """Print one version as JSON, which may be proposed again as it is."""
    with desk.settings.journal() as journal:
        book = _book(journal)
        version = book.version(desk.options.version) if desk.options.version is not None else book.in_force()
    desk.screen.document(version.policy.model_dump(exclude_defaults=True))  # its sets are shown in order
    return Exit.DONE


def replay(desk: Desk) -> Exit:
    """Decide a past day's orders by another policy, and show which would have gone elsewhere."""
    policy, options = RoutingPolicy.of_file(Path(desk.options.file)), desk.options
    with desk.settings.journal() as journal:
        day = options.day or journal.clock().astimezone(BEIJING).date() - timedelta(days=1)
        begin = datetime.combine(day, time(0), BEIJING)
        assignments = Assignments(journal).between(begin, begin + timedelta(days=1), merchant=options.merchant)
    found = replayed(policy, assignments, _manifests(desk))
    explaining.replay(desk.screen, day, found, options.limit)
    return Exit.DONE


def health(desk: Desk) -> Exit:
    """Show where each account stands, and the latest switchings."""
    with desk.settings.journal() as journal:
        Assignments(journal)
        policy, switches = _book(journal).in_force().policy, Switches(journal)
        rows = [explaining.health_row(switches.health(name, policy.health_of(name))) for name in sorted(policy.accounts)]
        switchings = [explaining.switching_row(one) for one in switches.history(limit=20)]
    if desk.screen.as_json:
        desk.screen.document({"accounts": rows, "switchings": switchings})
        return Exit.DONE
    desk.screen.table("账户健康 / the accounts' health", rows, explaining.HEALTH_COLUMNS)
    desk.screen.table("最近的切换 / the latest switchings", switchings, explaining.SWITCHING_COLUMNS)
    return Exit.DONE


def switch(desk: Desk) -> Exit:
    """Switch an account by hand."""
    options = desk.options
    with desk.settings.journal() as journal:
        Assignments(journal)
        known = _book(journal).in_force().policy.accounts
        if options.account not in known:
            names = ", ".join(sorted(known))
            wrong("ACCOUNT", f"策略中没有账户 {options.account}；已有：{names}", f"the policy has no {options.account}: {names}")
        done = Switches(journal).switch(options.account, Position(options.position), who=options.who, why=options.why)
    _rows(desk, "已切换 / switched", [explaining.switching_row(done)], explaining.SWITCHING_COLUMNS)
    return Exit.DONE


def _book(journal: Journal) -> PolicyBook[RoutingPolicy]:
    return PolicyBook(journal, "routing", RoutingPolicy)


def _version(book: PolicyBook[RoutingPolicy], options: Any) -> Version[RoutingPolicy]:
    if options.policy is not None:
        return draft(RoutingPolicy.of_file(Path(options.policy)))
    return book.version(options.version) if options.version is not None else book.in_force()


def _bank(text: str | None) -> Mapping[str, str]:
    """A bank is named by its 联行号 of twelve digits, by its code, or by its name."""
    if text is None:
        return {}
    if text.isascii() and text.isdigit() and len(text) == 12:  # noqa: PLR2004  a 联行号
        return {"cnaps_code": text}
    return {"bank_code": text} if text.isascii() else {"bank_name": text}


def _manifests(desk: Desk) -> dict[str, Manifest]:
    return {name: manifest(account.channel) for name, account in desk.settings.accounts.items()}


def _changes(
    desk: Desk,
    policy: RoutingPolicy,
    current: Version[RoutingPolicy] | None,
    missing: list[str],
    proposed: Version[RoutingPolicy] | None = None,
) -> None:
    found = differences(current.policy if current is not None else None, policy)
    rows = [{"place": one.place, "was": one.was, "will_be": one.will_be} for one in found]
    for name in missing:
        desk.screen.note(f"设置里没有账户 {name}", f"the settings have no account {name}")
    if desk.screen.as_json:
        told = {"against": current.number if current is not None else None, "differences": rows, "missing": missing}
        desk.screen.document(told | ({"version": proposed.number} if proposed is not None else {}))
        return
    against = f"第 {current.number} 版 / version {current.number}" if current is not None else "无 / none"
    desk.screen.table(f"与生效版本（{against}）的不同 / the difference", rows, explaining.DIFFERENCE_COLUMNS)


def _rows(desk: Desk, title: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    if desk.screen.as_json:
        desk.screen.document(rows)
    else:
        desk.screen.table(title, rows, columns)
