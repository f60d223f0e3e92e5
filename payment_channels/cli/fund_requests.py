"""What orders left behind, and what two people make of it: residuals, repay, withdraw, approve, decline, done, release."""

from typing import Any

from payment_channels.business.funding import Funding, Left, Request, RequestKind, Residuals
from payment_channels.business.onward import Onward
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.cli.funds import amount_of, books_row
from payment_channels.journal import Journal, OrderKey
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError

LEFT_COLUMNS = {
    "account": "账户 account",
    "merchant": "商户 merchant",
    "number": "单号 number",
    "state": "状态 state",
    "amount": "订单金额 amount",
    "whole": "当初留下 it left",
    "left": "尚可申请 of that, left",
    "reserved_at": "占用时间 reserved at",
}
REQUEST_COLUMNS = {
    "number": "新单号 new number",
    "kind": "种类 kind",
    "state": "状态 state",
    "amount": "金额 amount",
    "account": "账户 account",
    "merchant": "商户 merchant",
    "original": "原单号 original",
    "maker": "经办 maker",
    "checker": "复核 checker",
    "why": "缘由 why",
    "note": "备注 note",
}


def residuals(desk: Desk) -> Exit:
    """List the orders that left a residual, and the requests to use it."""
    with desk.settings.journal() as journal:
        room = _room(journal)
        left = [_left(one) for one in room.remaining(room.left(desk.options.account, limit=desk.options.limit))]
        asked = [_row(one) for one in room.requests(desk.options.account, limit=desk.options.limit)]
    if desk.screen.as_json:
        desk.screen.document({"left": left, "requests": asked})
        return Exit.DONE
    desk.screen.table("留下头寸的订单 / orders that left a residual", left, LEFT_COLUMNS)
    desk.screen.table("申请 / requests", asked, REQUEST_COLUMNS)
    return Exit.DONE


def repay(desk: Desk) -> Exit:
    """Propose to pay a residual again."""
    return _propose(desk, RequestKind.REPAYMENT)


def withdraw(desk: Desk) -> Exit:
    """Propose to take a residual out."""
    return _propose(desk, RequestKind.WITHDRAWAL)


def approve(desk: Desk) -> Exit:
    """Approve what another person proposed."""
    given = desk.options
    with desk.settings.journal() as journal:
        asked = _room(journal).approve(given.account, given.number, who=given.who)
    if asked.kind is RequestKind.REPAYMENT and not desk.screen.as_json:
        desk.screen.say(
            f"头寸已占用于新单号；请经账户 {given.account} 以单号 {given.number} 代付",
            f"the money is held: pay it out through the account {given.account} as {given.number}",
        )
    return _shown(desk, asked)


def decline(desk: Desk) -> Exit:
    """Decline a proposal."""
    given = desk.options
    with desk.settings.journal() as journal:
        return _shown(desk, _room(journal).decline(given.account, given.number, who=given.who, why=given.why))


def done(desk: Desk) -> Exit:
    """Note that a withdrawal was made."""
    given = desk.options
    with desk.settings.journal() as journal:
        asked = _room(journal).done(given.account, given.number, reference=given.reference, who=given.who)
    return _shown(desk, asked)


def release(desk: Desk) -> Exit:
    """Release what is held for an order that never left."""
    given = desk.options
    key = OrderKey(given.account, given.kind, given.order)
    with desk.settings.journal() as journal:
        found = Funding(journal).release(key, who=given.who, why=given.why)
    if found is None:
        raise InvalidRequestError.because(
            f"没有为 {given.order} 占用过头寸", f"nothing was ever reserved for {given.order}", field="ORDER"
        )
    row = {"number": given.order, "state": found.state, **books_row(found.position, found.purse.currency)}
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.say(f"{given.order} 的占用：{found.state}", f"what was held for {given.order}: {found.state}")
    return Exit.DONE


def _room(journal: Journal) -> Residuals:
    return Residuals(Funding(journal), Onward.of(journal))


def _propose(desk: Desk, kind: RequestKind) -> Exit:
    given = desk.options
    original, amount = OrderKey(given.account, given.kind, given.order), amount_of(given.amount)
    with desk.settings.journal() as journal:
        room = _room(journal)
        asked = room.propose(kind, original, amount, number=given.number, who=given.who, why=given.why)
    return _shown(desk, asked)


def _shown(desk: Desk, asked: Request) -> Exit:
    if desk.screen.as_json:
        desk.screen.document(_row(asked))
    else:
        desk.screen.fields(_row(asked), REQUEST_COLUMNS)
    return Exit.DONE


def _row(asked: Request) -> dict[str, Any]:
    return {
        "number": asked.number, "kind": asked.kind.value, "state": asked.state.value,
        "amount": Money(asked.amount, asked.purse.currency), "account": asked.purse.account, "merchant": asked.purse.merchant,
        "original": asked.original.merchant_id, "root": asked.root.merchant_id, "maker": asked.maker, "checker": asked.checker,
        "why": asked.why, "note": asked.note, "proposed_at": asked.proposed_at, "decided_at": asked.decided_at,
    }  # fmt: skip


def _left(left: Left) -> dict[str, Any]:
    one = left.order
    currency = one.purse.currency
    return {
        "account": one.key.account, "merchant": one.purse.merchant, "kind": one.key.kind, "number": one.key.merchant_id,
        "state": one.state, "amount": Money(one.amount, currency),
        "whole": Money(left.whole, currency), "left": Money(left.free, currency), "reserved_at": one.reserved_at,
    }  # fmt: skip
