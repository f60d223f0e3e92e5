"""Balance (CURRACCTQUERYTRNRQ) and statement (SCUSTSTMTTRNRQ) of the account: what the books say, a hundred rows a page.

Documented: the elements of a row in both versions, one day a call or several that end before today, MORE, 2001 and 6421 where
there is nothing. Assumed: which of the two it is, 10000 for a period that is none, that SELTYPE 3 tells what came back (退汇),
and the numbers in a row that no page explains.
"""

from datetime import date
from typing import Any

from mocks.cib.accounts import CREDIT, DEBIT, FEE, Account, Entry
from mocks.cib.codes import refused
from mocks.cib.desk import BANK, CITY, Desk
from mocks.cib.messages import group, second, tag, yuan
from mocks.cib.transfers import day_of

PAGE = 100
_BRANCH = "11701"
_KINDS = {"0": {DEBIT}, "1": {CREDIT}, "2": {DEBIT, CREDIT}}


def balance(desk: Desk, asked: dict[str, Any]) -> str:
    """Tell the account's balances."""
    desk.check_account(asked["RQBODY"]["ACCTID"])
    account = desk.account
    return group(
        "RSBODY",
        tag("ACCTID", account.acct_id),
        tag("NAME", account.name),
        tag("STATUS", "1"),
        tag("ACCTTYPE", "0"),
        tag("BALAMT", yuan(account.balance)),
        tag("AVAILBAL", yuan(account.available)),
        tag("CURRENCY", "01"),
        tag("OPENDAT", "2014-10-11"),
    )


def statement(desk: Desk, asked: dict[str, Any]) -> str:
    """Tell a page of rows; without INCTRAN the balances alone."""
    wanted = asked["SCUSTSTMTRQ"]
    desk.check_account(wanted["ACCTFROM"]["ACCTID"])
    fuller = wanted.get("VERSION") == "2.0"
    account = desk.account
    payer = [tag("ACCTID", account.acct_id)]
    payer += [tag("NAME", account.name), tag("BANKDESC", BANK), tag("CITY", CITY)] if fuller else []
    today = desk.now().date()
    return group(
        "SCUSTSTMTRS",
        tag("CURDEF", "RMB"),
        group("ACCTFROM", *payer),
        _rows(account, wanted, today, fuller=fuller) if "INCTRAN" in wanted else "",
        group("LEDGERBAL", tag("BALAMT", yuan(account.balance)), tag("DTASOF", today)),
        group("AVAILBAL", tag("BALAMT", yuan(account.available)), tag("DTASOF", today)),
    )


def _rows(account: Account, wanted: dict[str, Any], today: date, *, fuller: bool) -> str:
    period = wanted["INCTRAN"]
    page = int(period["PAGE"])
    fitting = booked(account, period, today)
    if wanted.get("SELTYPE") == "3":
        fitting = [one for one in fitting if one.is_return]
    here = fitting[(page - 1) * PAGE : page * PAGE]
    if not here:
        raise refused("2001" if fitting else "6421", why=f"{len(fitting)} rows, and none on page {page}")
    more = "Y" if len(fitting) > page * PAGE else "N"
    rows = (_row(one, fuller=fuller) for one in here)
    return group("TRANLIST", tag("DTSTART", period["DTSTART"]), tag("DTEND", period["DTEND"]), *rows, MORE=more)


def booked(account: Account, period: dict[str, Any], today: date) -> list[Entry]:
    """Return the entries of a period, of the sides that are asked for.

    Raises:
        RefusedError: 10000 for a period that is none.
    """
    first, last = day_of(period["DTSTART"]), day_of(period["DTEND"])
    if first > last or last > today or (first < last and last == today) or int(period["PAGE"]) < 1:
        raise refused("10000", why="one day a call, or several that end before today; pages count from 1")
    kinds = _KINDS[period.get("TRNTYPE", "2")]
    return [one for one in account.entries if first <= one.at.date() <= last and one.kind in kinds]


def _row(one: Entry, *, fuller: bool) -> str:
    business = "" if one.code == FEE else "网上汇款"
    row = [
        tag("SRVRTID", one.teller),
        tag("TRNTYPE", one.kind),
        tag("TRNCODE", one.code),
        tag("DTACCT", f"{one.at:%Y-%m-%dT%H:%M:%S}"),
        tag("TRNAMT", yuan(one.amount)),
        tag("BALAMT", yuan(one.balance)),
        tag("CURRENCY", "RMB"),
        tag("MEMO", "" if fuller else f"{one.cause.summary}|{one.cause.purpose}"),  # empty in the sample of version 2.0
        tag("CORRELATE_ACCTID", one.cause.other.acct_id),
        tag("CORRELATE_NAME", one.cause.other.name),
        tag("CHEQUENUM", one.cause.cheque),
        tag("BILLTYPE", ""),
        tag("BILLNUMBER", ""),
        tag("CORRELATE_BANKNAME", one.cause.other.bank[:50]),
        tag("CORRELATE_BANKCODE", one.cause.other.bank_no),
        tag("BUSINESSTYPE", business),
        tag("ATTACHINFO", one.row_id),
    ]
    if fuller:
        route = "8" if one.cause.other.bank_no and not one.cause.other.bank_no.startswith("309") else "0"  # 8: between banks
        row += [
            tag("HXJYLSBH", one.core_id),
            tag("SUMMNAME", one.cause.summary),
            tag("SUMMDESC", business or one.cause.summary),
            tag("PURPOSE", one.cause.purpose),
            tag("BRANCHNO", _BRANCH),
            tag("CHANNELCODE", "204"),
            tag("CASHFLAG", "1"),
            tag("CBBZ", "0"),
            tag("BCZBZ", "0"),
            tag("ROUTECHOICE", route),
            *(tag(name, "") for name in ("BIZREF", "TEXT1", "TEXT2", "TEXT3")),
        ]
    return group("STMTTRN", *row)


def shown(account: Account) -> dict[str, Any]:
    """Return the account as the control plane shows it: fen."""
    entries = [
        {
            "at": second(one.at),
            "kind": one.kind,
            "amount": one.amount,
            "balance": one.balance,
            "summary": one.cause.summary,
            "about": one.cause.about,
            "returned": one.is_return,
            "attach_info": one.row_id,
        }
        for one in account.entries
    ]
    return {
        "acct_id": account.acct_id,
        "balance": account.balance,
        "available": account.available,
        "entries": entries,
    }
