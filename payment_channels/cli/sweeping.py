"""``route carry-on``: the desk's sweep, beside the resolver; it may send, and move an order on to its next account."""

from collections.abc import Iterable
from typing import Any

from payment_channels.business.desk import ChannelAccount, Routed
from payment_channels.business.desk import Desk as RoutingDesk
from payment_channels.business.funding import Funding
from payment_channels.cli.accounts import Account, opened
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit, stopping
from payment_channels.client import ChannelClient
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError
from payment_channels.model.results import Outcome, Result

TOGETHER = 50
"""Orders of one sweep: few, so that a signal is soon heeded."""
IDLE_SECONDS = 1.0
COLUMNS = {
    "merchant": "商户 merchant",
    "order_id": "单号 order",
    "attempt": "第几次 attempt",
    "account": "账户 account",
    "state": "分派 assignment",
    "outcome": "结果 outcome",
}


def carry_on(desk: Desk) -> Exit:
    """Carry on what news has come of and what lies unsent: once, or until a signal comes."""
    with desk.settings.journal() as journal, opened(desk.settings.accounts) as found, stopping() as stop:
        for name, error in found.refused.items():
            desk.screen.note(
                f"账户 {name} 打不开，它的订单不会被接着处理：{error.zh}",
                f"the account {name} cannot be opened, its orders are not carried on: {error.en}",
            )
        if found.refused and not found.clients:
            return Exit.REFUSED
        funding = Funding(journal)
        funds = funding if funding.policies.if_any() is not None else None
        work = RoutingDesk(journal, _accounts(journal, found.clients, desk.settings.accounts.values()), funds=funds)
        if not desk.options.forever:
            done = work.carry_on(TOGETHER)
            _shown(desk, done)
            ended = Exit.UNRESOLVED if any(one.outcome is Outcome.UNKNOWN for one in done) else Exit.DONE
            return Exit.FOUND if found.refused else ended
        while not stop():
            try:
                done = work.carry_on(TOGETHER)
            except JournalUnavailableError as error:
                desk.screen.note(f"日志库不可用，稍后再试：{error.zh}", f"trying again: {error.en}")
                done = []
            for one in done:
                _told(desk, one)
            if not done:
                stop.sleep(IDLE_SECONDS)
    return Exit.DONE


def _accounts(journal: Journal, clients: dict[str, ChannelClient], settings: Iterable[Account]) -> dict[str, ChannelAccount]:
    """Put the settings' own fields with each account, as for a batch."""
    fields: dict[str, dict[str, Any]] = {
        one.name: {"channel_fields": one.channel_fields} | ({"notify_url": one.notify_url} if one.notify_url else {})
        for one in settings
    }
    return {name: ChannelAccount(DurableClient(client, journal, account=name), fields[name]) for name, client in clients.items()}


def _row(one: Routed[Result]) -> dict[str, Any]:
    held = one.assignment
    place = (
        {}
        if held is None
        else {
            "merchant": held.merchant,
            "order_id": held.order_id,
            "attempt": held.attempt,
            "account": held.account,
            "state": held.state.value,
        }
    )
    return place | {"outcome": one.outcome.value}


def _shown(desk: Desk, done: list[Routed[Result]]) -> None:
    rows = [_row(one) for one in done]
    if desk.screen.as_json:
        desk.screen.document(rows)
    else:
        desk.screen.table("接着处理的订单 / orders that were carried on", rows, COLUMNS)


def _told(desk: Desk, one: Routed[Result]) -> None:
    if desk.screen.as_json:
        desk.screen.line(_row(one))
        return
    held = one.assignment
    place = f"{held.merchant} {held.order_id}: {held.account}" if held is not None else "-"
    desk.screen.say(f"{place} → {one.outcome}", held.state.value if held is not None else "-")
