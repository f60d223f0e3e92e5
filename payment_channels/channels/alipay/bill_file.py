"""One file of a bill: GBK lines, comments before and after, columns by name, ids that end with a tab, and a footer to compare."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from payment_channels.channels.alipay.messages import BEIJING, WHEN
from payment_channels.codec.amounts import decimal_of, minor_of_text, rounded_minor_of_text
from payment_channels.model.bills import BillRow, BillRowKind
from payment_channels.model.money import Money

Row = Mapping[str, str]
Rows = Sequence[Row]
TRADED, REFUNDED = "交易", "退款"
IN, OUT = "收入金额（+元）", "支出金额（-元）"
_SUM = re.compile(r"(\D+?)共(-?\d+(?:\.\d+)?)元")


class BillBrokenError(ValueError):
    """A bill that is not as documented, or that contradicts itself. The text says how."""


@dataclass(frozen=True, slots=True)
class Footer:
    """One line of sums: which rows it counts, and which column each of its words adds up. Words of before are only counted."""

    title: str
    counted: Callable[[Row], bool]
    sums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its first column, how a row is read, and its footers."""

    first_column: str
    row: Callable[[Row], BillRow]
    footers: tuple[Footer, ...]


def parse(content: bytes, kind: Kind) -> tuple[BillRow, ...]:
    """Read the file and compare it with its own footer.

    Raises:
        BillBrokenError: it is not as documented, or its rows do not add up to its footer.
    """
    try:
        lines = content.decode("gb18030").splitlines()
    except UnicodeDecodeError as error:
        raise BillBrokenError("the file is not GBK") from error
    head = next((number for number, text in enumerate(lines) if not text.startswith("#")), None)
    if head is None or not lines[head].startswith(kind.first_column):
        raise BillBrokenError(f"the columns do not begin with {kind.first_column}")
    comments = [text for text in lines[head + 1 :] if text.startswith("#")]
    try:
        columns, rows = lines[head].split(","), _rows(lines[head + 1 :], lines[head].count(",") + 1)
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        for footer in kind.footers:
            _compare(named, comments, footer)
        return tuple(kind.row(row) for row in named)
    except BillBrokenError:
        raise
    except (KeyError, ValueError, csv.Error) as error:
        raise BillBrokenError(f"a column is missing or not as documented ({type(error).__name__})") from error


def _rows(lines: Sequence[str], columns: int) -> list[list[str]]:
    """Split the rows up to the comment that ends them; a tab after an id is no part of it."""
    end = next((number for number, text in enumerate(lines) if text.startswith("#")), len(lines))
    rows = [[value.rstrip("\t").strip(" ") for value in row] for row in csv.reader(lines[:end], strict=True)]
    if any(len(row) != columns for row in rows):
        raise BillBrokenError("a row has more or fewer values than there are columns")
    if any(text and not text.startswith("#") for text in lines[end:]):
        raise BillBrokenError("there are rows after the end of the list")
    return rows


def _compare(rows: Rows, comments: Sequence[str], footer: Footer) -> None:
    """``#交易合计：6笔，商家实收共0.06元，商家优惠共0.00元``: the number of rows, and the sums of columns."""
    opening = f"#{footer.title}合计："
    line = next((text.removeprefix(opening) for text in comments if text.startswith(opening)), None)
    if line is None:
        raise BillBrokenError(f"there is no line {opening}")
    counted = [row for row in rows if footer.counted(row)]
    count, _, sums = line.partition("笔")
    if not (count.isascii() and count.isdigit()) or int(count[:15]) != len(counted):
        raise BillBrokenError(f"{footer.title}: there are {len(counted)} rows, the footer says {count[:15]}")
    for word, told in _SUM.findall(sums):
        column = footer.sums.get(word.strip("，, "))
        if column is None:
            continue
        added = sum((decimal_of(row[column] or "0") for row in counted), Decimal())
        if added != decimal_of(told):
            raise BillBrokenError(f"{footer.title} {column}: the rows give {added}, the footer says {told}")


def _when(text: str) -> datetime | None:
    return datetime.strptime(text, WHEN).replace(tzinfo=BEIJING) if text else None


def _trade_row(row: Row) -> BillRow:
    """A refund repeats its trade's numbers and has a negative amount; its own number stands in 退款批次号/请求号.

    ``fee`` is 服务费（元） with the sign that the file gives it.
    """
    kind = {TRADED: BillRowKind.PAYMENT, REFUNDED: BillRowKind.REFUND}.get(row["业务类型"], BillRowKind.OTHER)
    amount = minor_of_text(row["订单金额（元）"])
    at = _when(row["完成时间"])
    return BillRow(
        kind=kind,
        incoming=amount >= 0,
        amount=Money(abs(amount)),
        fee=Money(rounded_minor_of_text(row["服务费（元）"] or "0")),
        merchant_order_id=row["商户订单号"] or None,
        channel_order_id=row["支付宝交易号"] or None,
        merchant_refund_id=(row["退款批次号/请求号"] or None) if kind is BillRowKind.REFUND else None,
        at=at,
        business_date=at.date() if at else None,
        status=row["业务类型"],
        raw=row,
    )


def _fund_row(row: Row) -> BillRow:
    """What moved on the account. Its kinds (业务类型) are nowhere listed, so they are told as they stand and not sorted."""
    incoming, outgoing = (minor_of_text(row[name] or "0") for name in (IN, OUT))
    at = _when(row["发生时间"])
    return BillRow(
        kind=BillRowKind.OTHER,
        incoming=incoming != 0 or outgoing == 0,
        amount=Money(abs(incoming or outgoing)),
        merchant_order_id=row["商户订单号"] or None,
        channel_order_id=row["业务流水号"] or None,
        at=at,
        business_date=at.date() if at else None,
        status=row["业务类型"],
        balance_after=Money(minor_of_text(row["账户余额（元）"])),
        raw=row,
    )


TRADE = Kind(
    "支付宝交易号",
    _trade_row,
    (
        Footer(TRADED, lambda row: row["业务类型"] == TRADED, {"商家实收": "商家实收（元）", "商家优惠": "商家优惠（元）"}),
        Footer(
            REFUNDED,
            lambda row: row["业务类型"] == REFUNDED,
            {"商家实收退款": "商家实收（元）", "商家优惠退款": "商家优惠（元）"},
        ),
    ),
)
FUND_FLOW = Kind(
    "账务流水号",
    _fund_row,
    (
        Footer("支出", lambda row: bool(row[OUT]) and decimal_of(row[OUT]) != 0, {"": OUT}),
        Footer("收入", lambda row: bool(row[IN]) and decimal_of(row[IN]) != 0, {"": IN}),
    ),
)
