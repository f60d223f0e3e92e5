"""The books of funding looked at, and cash noted in them: status, alarms, statement, compare, follow, verify and cash."""

from typing import Any

from payment_channels.business.calendar import business_day
from payment_channels.business.funding import (
    Balance,
    Books,
    EntryRecord,
    Funding,
    Statement,
    Whose,
    balances,
    entries,
    statements,
)
from payment_channels.business.funding.comparing import one_of
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.codec.amounts import minor_of_text, text_of_minor
from payment_channels.model.money import Money
from payment_channels.model.queries import BalanceQuery
from payment_channels.model.refusals import InvalidRequestError

BOOK_COLUMNS = {
    "available": "可用 available",
    "reserved": "占用 reserved",
    "residual": "留存 residual",
    "spent": "已付 spent",
    "returned": "退回 returned",
    "fees": "手续费 fees",
    "paid_in": "净入金 paid in",
}
STATUS_COLUMNS = {"account": "账户 account", "merchant": "商户 merchant", "free": "可再占用 free", **BOOK_COLUMNS}
ALARM_COLUMNS = {"kind": "预警 alarm", "account": "账户 account", "merchant": "商户 merchant", "zh": "说明", "en": "what"}
STATEMENT_COLUMNS = {
    "account": "账户 account",
    "merchant": "商户 merchant",
    "what": "项目 what",
    "entries": "笔数 entries",
    **BOOK_COLUMNS,
}
ENTRY_COLUMNS = {
    "at": "时间 at",
    "kind": "分录 entry",
    "account": "账户 account",
    "merchant": "商户 merchant",
    "number": "单号 number",
    "reference": "凭证 reference",
    "who": "谁 who",
    "note": "备注 note",
    "change": "各账变动 postings",
}
COMPARISON_COLUMNS = {
    "account": "账户 account",
    "total": "渠道余额 the channel's balance",
    "least": "账面最少 ours, at least",
    "most": "账面最多 ours, at most",
    "difference": "差额 difference",
}


def status(desk: Desk) -> Exit:
    """Show what is in each purse, and what could be reserved of it."""
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        rows = [_balance(funding, one) for one in balances(journal, whose(desk))]
    show(desk, "头寸 / funding", rows, STATUS_COLUMNS)
    return Exit.DONE


def alarms(desk: Desk) -> Exit:
    """Show what operations should know."""
    with desk.settings.journal() as journal:
        found = Funding(journal).alarms()
    rows = [
        {
            "kind": one.kind.value, "account": one.account, "merchant": one.merchant, "amount": Money(one.amount, one.currency),
            "limit": Money(one.limit, one.currency), "zh": one.zh, "en": one.en,
        }
        for one in found
    ]  # fmt: skip
    show(desk, "预警 / alarms", rows, ALARM_COLUMNS)
    return Exit.FOUND if rows else Exit.DONE


def statement(desk: Desk) -> Exit:
    """Show a day of each purse: what it opened with, what moved by kind, and what it closed with, accumulated."""
    with desk.settings.journal() as journal:
        Funding(journal)
        day = desk.options.day or business_day(journal.clock())
        rows = [row for one in statements(journal, day, whose(desk)) for row in _statement(one)]
        posted = [_entry(one) for one in entries(journal, whose(desk), day=day)] if desk.options.entries else []
    if desk.screen.as_json:
        desk.screen.document({"day": day.isoformat(), "statements": rows, "entries": posted})
        return Exit.DONE
    desk.screen.table(f"{day} 头寸对账单 / statement", rows, STATEMENT_COLUMNS)
    if desk.options.entries:
        desk.screen.table("分录 / entries", posted, ENTRY_COLUMNS)
    return Exit.DONE


def compare(desk: Desk) -> Exit:
    """Ask the channel for its balance of an account and compare it with ours."""
    name, currency = desk.options.account, desk.options.currency
    account, asked = desk.settings.account(name), BalanceQuery(account=desk.options.number, account_kind=desk.options.kind)
    with desk.settings.journal() as journal, account.open() as client:
        funding = Funding(journal)
        found = funding.compare(name, one_of(client.balance(asked), currency, desk.options.digits))
    row = {
        "account": name, "at": found.at, "total": Money(found.total, currency), "least": Money(found.least, currency),
        "most": Money(found.most, currency), "difference": Money(found.difference, currency),
    }  # fmt: skip
    if desk.screen.as_json:
        desk.screen.document(row)
    else:
        desk.screen.fields(row, COMPARISON_COLUMNS)
    return Exit.FOUND if found.difference else Exit.DONE


def follow(desk: Desk) -> Exit:
    """Let the postings follow the journal until nothing is left to follow."""
    followed = 0
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        while more := funding.follow_all():
            followed += more
    if desk.screen.as_json:
        desk.screen.document({"followed": followed})
    else:
        desk.screen.say(f"{followed} 笔订单的分录跟上了日志", f"the postings of {followed} orders follow the journal now")
    return Exit.DONE


def verify(desk: Desk) -> Exit:
    """Derive all books from the postings alone."""
    with desk.settings.journal() as journal:
        faults = Funding(journal).faults()
    if desk.screen.as_json:
        desk.screen.document({"faults": faults})
    else:
        for fault in faults:
            desk.screen.say("不一致", fault)
        desk.screen.say(f"头寸账 {len(faults)} 处不一致", f"{len(faults)} faults in the books of funding")
    return Exit.FOUND if faults else Exit.DONE


def paid_in(desk: Desk) -> Exit:
    """Note what a merchant has paid in."""
    given = desk.options
    if len(given.who) != 1:
        raise InvalidRequestError.because("入金由一人记账：--who 只写一次", "one person notes it: give --who once", field="--who")
    desk.settings.account(given.account)  # a misspelt one would be given money that no order finds
    amount = amount_of(given.amount)
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        before = funding.books(given.merchant, given.account)
        books = funding.paid_in(given.merchant, given.account, amount, reference=given.reference, who=given.who[0])
    return _noted(desk, before, books)


def taken_out(desk: Desk) -> Exit:
    """Note what two people have taken out at the channel."""
    given = desk.options
    if len(given.who) != 2:  # noqa: PLR2004  maker and checker
        raise InvalidRequestError.because("须由两人：--who 写两次", "two people do this: give --who twice", field="--who")
    desk.settings.account(given.account)
    amount, people = amount_of(given.amount), (given.who[0], given.who[1])
    with desk.settings.journal() as journal:
        funding = Funding(journal)
        before = funding.books(given.merchant, given.account)
        books = funding.taken_out(given.merchant, given.account, amount, reference=given.reference, people=people, why=given.why)
    return _noted(desk, before, books)


def whose(desk: Desk) -> Whose:
    """Return whose books the command is about."""
    return Whose(account=desk.options.account, merchant=desk.options.merchant)


def amount_of(yuan: str) -> Money:
    """Return an amount that was written in yuan.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        return Money(minor_of_text(yuan))
    except ValueError:
        raise InvalidRequestError.because(
            f"{yuan} 不是金额；以元写至分，如 1234.50",
            f"{yuan} is no amount: write yuan, as 1234.50",
            field="--amount",
        ) from None


def show(desk: Desk, title: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    """Show rows as a table or as the JSON document."""
    if desk.screen.as_json:
        desk.screen.document(rows)
    else:
        desk.screen.table(title, rows, columns)


def books_row(books: Books, currency: str) -> dict[str, Any]:
    """Return the books as people read them: what was paid in and what came back are no negative figures."""
    named = {name: getattr(books, name) for name in BOOK_COLUMNS if name != "paid_in"}
    named |= {"paid_in": -books.outside, "returned": -books.returned}
    return {name: Money(value, currency) for name, value in named.items()}


def _balance(funding: Funding, one: Balance) -> dict[str, Any]:
    purse = one.purse
    free = Money(funding.available(purse.merchant, purse.account, purse.currency), purse.currency)
    return {"account": purse.account, "merchant": purse.merchant, "free": free, **books_row(one.books, purse.currency)}


def _statement(one: Statement) -> list[dict[str, Any]]:
    place = {"account": one.purse.account, "merchant": one.purse.merchant}
    lines: list[tuple[str, int | None, Books]] = [("日初 opening", None, one.opening)]
    lines += [(movement.kind.value, movement.entries, movement.change) for movement in one.movements]
    lines += [("日终累计 closing", None, one.closing)]
    return [{**place, "what": what, "entries": count, **books_row(books, one.purse.currency)} for what, count, books in lines]


def _entry(one: EntryRecord) -> dict[str, Any]:
    moved = books_row(one.change, one.purse.currency)
    change = {name: text_of_minor(value.amount) for name, value in moved.items() if value.amount}
    return {
        "at": one.at, "kind": one.kind.value, "account": one.purse.account, "merchant": one.purse.merchant,
        "number": one.key.merchant_id if one.key is not None else None, "reference": one.reference, "who": one.who,
        "note": one.note, "change": change,
    }  # fmt: skip


def _noted(desk: Desk, before: Books, books: Books) -> Exit:
    """Show the books as they are now, and whether anything was added: a reference is noted once."""
    row, given = books_row(books, "CNY"), desk.options
    if desk.screen.as_json:
        desk.screen.document(row)
        return Exit.DONE
    where = f"{given.merchant} @ {given.account}"
    if books == before:
        desk.screen.say(
            f"{where}：凭证 {given.reference} 此前已记，没有再记", "the reference was noted before: nothing was added"
        )
    else:
        desk.screen.say(f"{where}：凭证 {given.reference} 已记", "noted")
    if before == Books():
        desk.screen.note(
            f"{given.merchant} 在 {given.account} 的第一笔；请核对商户名", "its first there: look at the merchant's name"
        )
    desk.screen.fields(row, BOOK_COLUMNS)
    return Exit.DONE
