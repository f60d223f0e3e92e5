"""The statement as a file (账户交易流水文件查询 FSTMTTRNRQ, 3.3.9): records of a fixed length in GBK, hundreds a page.

A record has 530 bytes, its line end among them; its columns are the document's. The document's example indents every record but
the first: blanks before a record are not its own (assumed), since its first column has none. ``MORE`` and ``TOTAL`` may be left
out: then one of them has to say that nothing is missing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from payment_channels.channels.cib import fox
from payment_channels.channels.cib.bill import CREDIT, DEBIT, Form, StatementBrokenError, each_once, row_of
from payment_channels.channels.cib.messages import moment_of, money_of
from payment_channels.codec.xml import Element
from payment_channels.model.bills import BillRow

KIND = "statement_file"
ROWS = "500"
"""A page: a multiple of 100, at most 1000, 100 to 500 are advised."""
ID, DAY, TIME, AMOUNT, BALANCE, CURRENCY = "核心交易流水编号", "交易日期", "交易时间", "交易金额", "账户当前余额", "货币种类"
SIDE, CORRECTION, CODE, ROUTE = "借贷标记", "冲补标志", "摘要代号", "邮路选择"
COLUMNS: Mapping[str, int] = {
    ID: 30,
    "传票组序号": 10,
    "传票组内序号": 3,
    DAY: 8,
    TIME: 6,
    "本行交易地区代号": 2,
    "本行交易机构代号": 3,
    "交易代码": 4,
    "记账交易代码": 4,
    "柜员流水号": 8,
    "渠道种类": 3,
    "本行凭证代号": 10,
    "核心客户代号": 10,
    BALANCE: 15,
    AMOUNT: 15,
    CURRENCY: 2,
    "现转标志": 1,
    SIDE: 1,
    CORRECTION: 1,
    "被冲账标志": 1,
    CODE: 3,
    "对方凭证代号": 32,
    "对方账号": 32,
    "对方账户名称": 120,
    "对方行行号": 14,
    "对方行行名": 70,
    ROUTE: 1,
    "用途": 60,
    "备注": 60,
}
"""The columns of a record and how many bytes each has; the line end is the last."""
LENGTH = sum(COLUMNS.values())
SIDES = {"0": DEBIT, "1": CREDIT}
CORRECTS = "1"
"""冲补标志: 当日冲正, as VERSION 2.0 of the statement has it."""


def _page(told: Element, account: str, day: date, seen: set[str]) -> tuple[bool, list[BillRow]]:
    """Return whether there are more pages, and this one's rows.

    Raises:
        MessageRefusedError: it is not of the documented form.
        StatementBrokenError: it is another account's, repeats a row, or is not whole.
    """
    held = fox.wanted(told, "SCUSTSTMTRS")
    payer = fox.only(held, "ACCTFROM")
    if payer is not None and fox.text(payer, "ACCTID") != account:
        raise StatementBrokenError("it is another account's")
    entries = fox.wanted(held, "TRANLIST")
    rows = [_row(line, day) for line in entries.text.split("\n") if line.strip()]
    if entries.attributes.get("size") not in {None, str(len(rows))}:
        raise fox.MessageRefusedError("size is not the number of records")
    more, total = fox.text(held, "MORE"), fox.text(held, "TOTAL")
    if more not in {None, "Y", "N"}:
        raise fox.MessageRefusedError("MORE is neither Y nor N")
    each_once(rows, ID, seen, more=more == "Y")
    if more is None and total is None:
        raise fox.MessageRefusedError("neither MORE nor TOTAL says whether there are more pages")
    if more != "Y" and total is not None and total != str(len(seen)):
        raise StatementBrokenError(f"{total} rows were promised, and {len(seen)} came")
    return more == "Y", rows


FORM = Form("FSTMTTRNRQ", _page, {"NUM": ROWS})


def _row(line: str, day: date) -> BillRow:
    raw = _cut(line.lstrip(" "))
    side, written = SIDES.get(raw[SIDE]), raw[DAY]
    amount = money_of(raw[AMOUNT] or None, AMOUNT, raw[CURRENCY] or None)
    if side is None or amount is None or not raw[ID]:
        raise fox.MessageRefusedError("a record has no side, no amount or no number")
    more: dict[str, Any] = {
        "at": moment_of(f"{written[:4]}-{written[4:6]}-{written[6:]} {raw[TIME][:2]}:{raw[TIME][2:4]}:{raw[TIME][4:]}"),
        "business_date": day,
        "status": raw[CORRECTION],
        "balance_after": money_of(raw[BALANCE] or None, BALANCE, raw[CURRENCY] or None),
        "raw": raw,
    }
    return row_of((side, raw[CODE]), amount, corrects=raw[CORRECTION] == CORRECTS, **more)


def _cut(line: str) -> dict[str, str]:
    """Cut a record into its columns.

    Raises:
        MessageRefusedError: it has another length, or a column's end falls into a character.
    """
    try:
        content = line.rstrip("\r").encode("gbk")
    except UnicodeEncodeError as error:
        raise fox.MessageRefusedError("a record has a character that is not in GBK") from error
    if len(content) != LENGTH:
        raise fox.MessageRefusedError(f"a record has {len(content)} bytes, not {LENGTH} and a line end")
    raw, start = dict[str, str](), 0
    for name, width in COLUMNS.items():
        try:
            raw[name] = content[start : start + width].decode("gbk").strip()
        except UnicodeDecodeError as error:
            raise fox.MessageRefusedError(f"the end of {name} falls into a character") from error
        start += width
    return raw
