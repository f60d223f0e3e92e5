"""Alarms: what operations must know before an account is short, and when routing sends no more through it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payment_channels.business.amounts import spoken
from payment_channels.business.funding.books import COLUMNS, Books
from payment_channels.business.funding.comparing import Comparison, last_comparison
from payment_channels.business.funding.ledger import Purse, credit_used
from payment_channels.business.funding.policy import AccountFunding, FundingPolicy, Mode
from payment_channels.business.funding.reservations import OPEN, select
from payment_channels.business.funding.short import free
from payment_channels.journal import Journal, State
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor

FRESH = timedelta(hours=24)
"""How long a comparison with the channel's own balance stands; after topping up, compare anew."""
WAITING = timedelta(hours=1)
"""A reservation that has waited longer for its order is somebody's whose process died: no call lasts so long."""


class AlarmKind(StrEnum):
    """What an alarm is about."""

    STOPPED = "stopped"  # routing sends no more
    LOW = "low"  # the account, all merchants together
    MERCHANT_LOW = "merchant_low"
    NEGATIVE = "negative"  # more was paid than there was: a failure that was none, or an order past its reservation
    DIFFERENCE = "difference"  # the channel's own balance is another
    CONFLICT = "conflict"  # two sources said opposite things of an order; where its money was seen, it stays until people decide
    WAITING = "waiting"  # reserved, and the order never reached the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm. ``amount`` is what there is and ``limit`` what it should be, in minor units."""

    kind: AlarmKind
    account: str
    currency: str
    merchant: str | None = None
    amount: int
    limit: int
    zh: str
    en: str


def stopped(journal: Journal, cursor: Cursor, policy: FundingPolicy, account: str, currency: str) -> Alarm | None:
    """Return why routing may send no more payouts through an account; None where it may."""
    settings = policy.of(account, currency)
    if settings.stop is None:
        return None
    ours = _account_free(journal, cursor, account, settings)
    if ours < settings.stop:
        return _short(AlarmKind.STOPPED, account, settings, ours, settings.stop)
    compared = last_comparison(cursor, account, currency)
    if compared is not None and journal.clock() - compared.at < FRESH and compared.available + settings.credit < settings.stop:
        return _short(AlarmKind.STOPPED, account, settings, compared.available + settings.credit, settings.stop)
    return None


def alarms(journal: Journal, policy: FundingPolicy) -> list[Alarm]:
    """Return all that operations should know now."""

    def read(cursor: Cursor) -> list[Alarm]:
        text = f"SELECT merchant, account, currency, {COLUMNS} FROM fund_balances ORDER BY account, merchant, currency"  # noqa: S608
        rows = cursor.rows(text)
        purses = {Purse(*row[:3]): Books.of(row[3:]) for row in rows}
        places = {(name, one.currency) for name, one in policy.accounts.items()} | {(one.account, one.currency) for one in purses}
        found = [alarm for place in sorted(places) for alarm in _of_account(journal, cursor, policy, *place)]
        for purse, books in purses.items():
            found += _of_purse(journal, cursor, purse, books, policy.of(purse.account, purse.currency))
        return [*found, *_in_conflict(cursor), *_waiting(journal, cursor)]

    return journal.store.read(read)


def _account_free(journal: Journal, cursor: Cursor, account: str, settings: AccountFunding) -> int:
    text = (
        "SELECT COALESCE(SUM(available + residual), 0), COALESCE(SUM(CASE WHEN available < 0 THEN -available ELSE 0 END), 0) "
        "FROM fund_balances WHERE account = ? AND currency = ?"
    )
    ((own, used),) = cursor.rows(text, (account, settings.currency))
    if settings.mode is Mode.FUNDS_FIRST:
        return int(own)
    return int(own) + int(used) + settings.credit - credit_used(journal.store, cursor, account, settings.currency)


def _of_account(journal: Journal, cursor: Cursor, policy: FundingPolicy, account: str, currency: str) -> Iterator[Alarm]:
    settings = policy.of(account, currency)
    stop = stopped(journal, cursor, policy, account, currency)
    ours = _account_free(journal, cursor, account, settings)
    if stop is not None:
        yield stop
    elif settings.alarm is not None and ours < settings.alarm:
        yield _short(AlarmKind.LOW, account, settings, ours, settings.alarm)
    compared = last_comparison(cursor, account, currency)
    if compared is not None and compared.difference:
        yield _difference(compared)


def _of_purse(journal: Journal, cursor: Cursor, purse: Purse, books: Books, settings: AccountFunding) -> Iterator[Alarm]:
    there, least = free(journal.store, cursor, purse, books, settings), settings.merchant_alarm
    place, say = {"account": purse.account, "currency": purse.currency, "merchant": purse.merchant}, _said_in(purse.currency)
    if least is not None and there < least:
        yield Alarm(
            kind=AlarmKind.MERCHANT_LOW, **place, amount=there, limit=least,
            zh=f"商户 {purse.merchant} 在账户 {purse.account} 可用 {say(there)}，低于预警线 {say(least)}",
            en=f"merchant {purse.merchant} has {say(there)} in account {purse.account}, below the alarm at {say(least)}",
        )  # fmt: skip
    below = {"available": books.available if settings.mode is Mode.FUNDS_FIRST else 0, "residual": books.residual}
    for name, amount in below.items():
        if amount < 0:
            yield Alarm(
                kind=AlarmKind.NEGATIVE, **place, amount=amount, limit=0,
                zh=f"商户 {purse.merchant} 在账户 {purse.account} 的 {name} 为 {say(amount)}：付出多于所有，请查更正与矛盾",
                en=f"{name} of merchant {purse.merchant} in account {purse.account} is {say(amount)}: more was paid than there "
                "was; look at its corrections, and at the journal's conflicts",
            )  # fmt: skip


def _short(kind: AlarmKind, account: str, settings: AccountFunding, amount: int, limit: int) -> Alarm:
    zh, en, after = ("停用线", "the stop", "，不再路由代付") if kind is AlarmKind.STOPPED else ("预警线", "the alarm", "")
    say = _said_in(settings.currency)
    return Alarm(
        kind=kind, account=account, currency=settings.currency, amount=amount, limit=limit,
        zh=f"账户 {account} 可用 {say(amount)}，低于{zh} {say(limit)}{after}；请补足头寸",
        en=f"account {account} has {say(amount)} free, below {en} at {say(limit)}: top up",
    )  # fmt: skip


def _difference(one: Comparison) -> Alarm:
    limit, say = one.least if one.difference < 0 else one.most, _said_in(one.currency)
    return Alarm(
        kind=AlarmKind.DIFFERENCE, account=one.account, currency=one.currency, amount=one.total, limit=limit,
        zh=f"账户 {one.account} 渠道余额 {say(one.total)}，应在 {say(one.least)} 与 {say(one.most)} 之间，"
        f"差 {say(one.difference)}",
        en=f"the channel's balance of account {one.account} is {say(one.total)}, and by our books {say(one.least)} to "
        f"{say(one.most)}: a difference of {say(one.difference)}",
    )  # fmt: skip


def _in_conflict(cursor: Cursor) -> Iterator[Alarm]:
    for one in select(cursor, "conflicts <> 0 ORDER BY id", ()):
        number, account = one.key.merchant_id, one.key.account
        yield Alarm(
            kind=AlarmKind.CONFLICT, account=account, currency=one.purse.currency, merchant=one.purse.merchant,
            amount=one.amount, limit=0,
            zh=f"账户 {account} 的订单 {number} 有 {one.conflicts} 笔说法相反：头寸按已见到的动账保留，请由两人作出结论",
            en=f"{one.conflicts} of the order {number} in account {account} is told both ways: its money stays where it was seen "
            "until two people decide",
        )  # fmt: skip


def _waiting(journal: Journal, cursor: Cursor) -> Iterator[Alarm]:
    before = microseconds(journal.clock() - WAITING)
    states = (OPEN, State.NOT_SENT.value)
    for one in select(cursor, "reserved <> 0 AND state IN (?, ?) AND followed_at < ? ORDER BY id", (*states, before)):
        number, amount = one.key.merchant_id, spoken(one.position.reserved, one.purse.currency)
        yield Alarm(
            kind=AlarmKind.WAITING, account=one.key.account, currency=one.purse.currency, merchant=one.purse.merchant,
            amount=one.position.reserved, limit=0,
            zh=f"订单 {number} 占用 {amount}，却从未发出；请再交同一订单，或由人释放",
            en=f"{amount} is held for the order {number}, which never left: give the order again, or release it",
        )  # fmt: skip


def _said_in(currency: str) -> Callable[[int], str]:
    return lambda amount: spoken(amount, currency)
