"""One account's statement of one day, page by page, as typed rows: as elements (SCUSTSTMTTRNRQ). All pages, or no rows at all.

The same day as records of a fixed length is read in ``records``, by the same loop. A past day never changes. The book date can be
the next day's after the batch cut, and the document asks for one day a call or for days before today; so a day is a bill once
the bank's own clock (DTSERVER) says that it is over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.cib import checks, fox
from payment_channels.channels.cib.line import Line
from payment_channels.channels.cib.messages import moment_of, money_of
from payment_channels.codec.xml import Element, XmlRefusedError
from payment_channels.model.bills import BillRow, BillRowKind, BillStatus
from payment_channels.model.money import Money
from payment_channels.model.queries import BillQuery

MOST_PAGES = 2000
"""Whoever has more in a day is not read to the end, and told so."""
DEBIT, CREDIT = "DEBIT", "CREDIT"
KINDS: Mapping[tuple[str, str], BillRowKind] = {(DEBIT, "231"): BillRowKind.PAYOUT, (DEBIT, "227"): BillRowKind.FEE}
"""By TRNTYPE and TRNCODE, as the document's examples show them (231 汇款, 227 收费); no table of TRNCODE is published."""


class StatementBrokenError(Exception):
    """The statement contradicts itself. The text says how."""


Page = Callable[[Element, str, date, set[str]], tuple[bool, list[BillRow]]]
"""Reads a page of an account's day: whether more follow, and its rows, of which none may be among those that were seen."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to ask for a statement: the transaction, what a page is asked for by besides its number, and how it is read."""

    name: str
    page: Page
    more: Mapping[str, str] = field(default_factory=dict)


def bill(line: Line, asked: BillQuery, form: Form) -> Exchange[Reading]:
    """Fetch the statement of a day. 2001 and 6421 say that it had no entries."""
    checks.check_no_others([("variant", asked.variant), ("sub_merchant", asked.sub_merchant)])
    day, rows, seen = asked.day.isoformat(), list[BillRow](), set[str]()
    page = 0
    while True:
        page, number = page + 1, line.nonce()
        content = {
            "TRNUID": number,
            "SCUSTSTMTRQ": {
                "ACCTFROM": {"ACCTID": line.config.acct_id},
                "INCTRAN": {"DTSTART": day, "DTEND": day, "PAGE": str(page), **form.more},
            },
        }
        reply = yield from line.send(form.name, content)
        found: dict[str, Any] = {}

        def say(told: Element, answer: fox.Answer, found: dict[str, Any] = found) -> dict[str, Any]:
            early = _early(asked.day, answer)
            if early:
                return early
            try:
                found["more"], found["rows"] = form.page(told, line.config.acct_id, asked.day, seen)
            except StatementBrokenError as error:
                return {"finding": "BILL_INCONSISTENT", "note": str(error)}
            return {}

        reading = line.read(reply, "bill", form.name, number, say, refused=lambda answer: _early(asked.day, answer))
        if "rows" not in found or reading.foreign:
            return reading if page == 1 else _broken_off(reading, page)
        rows += found["rows"]
        if not found["more"]:
            return _with(reading, tuple(rows))
        if page == MOST_PAGES:
            return Reading.unreadable("bill", http_status=reply.status, note=f"more than {MOST_PAGES} pages")


def _with(reading: Reading, rows: tuple[BillRow, ...]) -> Reading:
    status = BillStatus.READY if rows else BillStatus.EMPTY
    return replace(reading, fields={"status": status, "rows": rows})


def _broken_off(reading: Reading, page: int) -> Reading:
    """A later page that says "no data" would make a bill with entries look empty: the pages contradict each other."""
    if not reading.readable or reading.finding or reading.foreign:
        return reading
    return replace(reading, finding="BILL_INCONSISTENT", note=f"page {page} was promised, and answered with {reading.code}")


def _early(day: date, answer: fox.Answer) -> dict[str, Any]:
    """Say that a day is not over by DTSERVER: what came of it, and "no data" too, is not its bill.

    Raises:
        MessageRefusedError: there is no such time.
    """
    now = moment_of(answer.server_time)
    if now is None:
        raise fox.MessageRefusedError("DTSERVER is no time")
    if day < now.date():
        return {}
    return {"finding": "BILL_NOT_READY", "note": "by the bank's clock that day is not over"}


def _page(told: Element, account: str, day: date, seen: set[str]) -> tuple[bool, list[BillRow]]:
    """Return whether there are more pages, and this one's rows.

    Raises:
        MessageRefusedError: it is not of the documented form.
        StatementBrokenError: it is another account's or day's, or repeats a row.
    """
    held = fox.wanted(told, "SCUSTSTMTRS")
    if fox.text(fox.wanted(held, "ACCTFROM"), "ACCTID") != account:
        raise StatementBrokenError("it is another account's")
    entries = fox.wanted(held, "TRANLIST")
    if any(fox.text(entries, name) not in {None, day.isoformat()} for name in ("DTSTART", "DTEND")):
        raise StatementBrokenError("it is another day's")
    more = entries.attributes.get("MORE")
    if more not in {"Y", "N"}:
        raise fox.MessageRefusedError("TRANLIST says neither MORE Y nor N")
    rows = [_row(entry, day) for entry in entries.children if entry.name == "STMTTRN"]
    each_once(rows, "ATTACHINFO", seen, more=more == "Y")
    return more == "Y", rows


ELEMENTS = Form("SCUSTSTMTTRNRQ", _page)


def each_once(rows: list[BillRow], name: str, seen: set[str], *, more: bool) -> None:
    """Remember the rows of a page by what is unique of each.

    Raises:
        StatementBrokenError: one was seen before, or a page without any promises another.
    """
    if more and not rows:
        raise StatementBrokenError("an empty page promises another")
    for row in rows:
        if row.raw[name] in seen:
            raise StatementBrokenError(f"a row stands twice ({name})")
        seen.add(row.raw[name])


def _row(entry: Element, day: date) -> BillRow:
    """One STMTTRN."""
    try:
        raw = {name: found.strip() for name, found in entry.flat().items()}
    except XmlRefusedError as error:
        raise fox.MessageRefusedError(str(error)) from error
    if not raw.get("ATTACHINFO"):
        raise fox.MessageRefusedError("a row has no ATTACHINFO")
    side, currency = raw.get("TRNTYPE", ""), raw.get("CURRENCY") or None
    amount = money_of(raw.get("TRNAMT") or None, "TRNAMT", currency)
    if side not in {DEBIT, CREDIT} or amount is None:
        raise fox.MessageRefusedError("a row has no side or no amount")
    return row_of(
        (side, raw.get("TRNCODE", "")),
        amount,
        at=moment_of(raw.get("DTACCT")),
        business_date=day,
        status=raw.get("CBBZ", ""),
        product=raw.get("BUSINESSTYPE") or None,
        balance_after=money_of(raw.get("BALAMT") or None, "BALAMT", currency),
        raw=raw,
    )


def row_of(side_and_code: tuple[str, str], amount: Money, *, corrects: bool = False, **more: Any) -> BillRow:
    """Make a row of its side and TRNCODE. A negative amount is a correction (冲正): what it undoes went the other way."""
    undone = amount.amount < 0
    kind = KINDS.get(side_and_code, BillRowKind.OTHER)
    return BillRow(
        kind=BillRowKind.REVERSAL if undone or corrects else kind,
        incoming=(side_and_code[0] == CREDIT) is not undone,
        amount=-amount if undone else amount,
        **more,
    )
