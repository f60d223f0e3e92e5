"""The lines of a VSP bill: 34 comma-separated columns, yuan, as https://prodoc.allinpay.com/doc/1403 names them.

No sample line was found. Assumed: UTF-8 or GBK, no quotes, a first line of titles or none, refunds and cancellations told by
their type's Chinese name (退, 撤) or their trxcode, and 原交易单 holding the payment's 交易单号.
"""

from collections.abc import Mapping
from datetime import date, datetime

from payment_channels.channels.allinpay.messages import BEIJING
from payment_channels.channels.allinpay.payments import GIVES_BACK
from payment_channels.codec.amounts import minor_of_text
from payment_channels.model.bills import BillRow, BillRowKind
from payment_channels.model.money import Money

COLUMNS = (
    "商户号",
    "门店名称",
    "终端号",
    "交易时间",
    "交易类型",
    "交易批次号",
    "凭证号",
    "参考号",
    "卡号",
    "卡类别",
    "发卡行机构代码",
    "发卡行名称",
    "交易金额",
    "手续费",
    "交易日期",
    "交易单号",
    "订单号",
    "商户备注",
    "对接应用号",
    "原始金额",
    "结算金额",
    "产品类型",
    "分期贴息",
    "交易完成时间",
    "持卡人姓名",
    "持卡人身份证",
    "分期数",
    "优惠金额",
    "实付金额",
    "原交易单",
    "渠道交易类型",
    "出金方账户名称",
    "门店编号",
    "交易完成日期",
)
PRIVATE = frozenset({"卡号", "持卡人姓名", "持卡人身份证", "出金方账户名称"})
"""Kept in the file's own content alone."""
CANCELLED = frozenset({"VSP502", "VSP506", "VSP512", "VSP542", "VSP552"})
Row = Mapping[str, str]


class BillBrokenError(ValueError):
    """A bill that is not as documented. The text says how, and quotes nothing of it."""


def parse(content: bytes, *, cusid: str, day: date) -> tuple[BillRow, ...]:
    """Read the file of one merchant and day.

    Raises:
        BillBrokenError: it is not as documented, or another merchant's or day's.
    """
    lines = [line.strip() for line in _decoded(content).splitlines()]
    rows = [split(line, number) for number, line in enumerate(lines, start=1) if line]
    if rows and rows[0][COLUMNS[0]] == COLUMNS[0]:
        rows = rows[1:]
    return tuple(_row(row, cusid, day) for row in rows)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    reason = "it is neither UTF-8 nor GBK"
    raise BillBrokenError(reason)


def split(line: str, number: int) -> dict[str, str]:
    """Cut one line into columns by name.

    Raises:
        BillBrokenError: there are not 34 of them.
    """
    cells = line.split(",")
    if len(cells) != len(COLUMNS):
        raise BillBrokenError(f"line {number} has {len(cells)} columns, not {len(COLUMNS)}")
    return dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))


def _row(row: Row, cusid: str, day: date) -> BillRow:
    if row["商户号"] != cusid:
        reason = "a line is another merchant's"
        raise BillBrokenError(reason)
    at = _when(row)
    # By which of both days a file is made, the page does not say: what was begun before midnight and ended after it is no fault.
    if day.isoformat() not in {at.date().isoformat(), row["交易完成日期"]}:
        reason = "a line is another day's"
        raise BillBrokenError(reason)
    kind = _kind(row["交易类型"])
    back = kind is not BillRowKind.PAYMENT
    amount = _fen(row, "交易金额")
    return BillRow(
        kind=kind,
        incoming=not back,
        amount=Money(abs(amount)),
        fee=Money(_fen(row, "手续费")) if row["手续费"] else None,
        merchant_order_id=None if back else row["订单号"] or None,
        channel_order_id=(row["原交易单"] if back else row["交易单号"]) or None,
        merchant_refund_id=(row["订单号"] or None) if back else None,
        channel_refund_id=(row["交易单号"] or None) if back else None,
        at=at,
        business_date=day,
        status=row["交易类型"],
        raw={name: text for name, text in row.items() if name not in PRIVATE},
    )


def _kind(name: str) -> BillRowKind:
    if name in CANCELLED or "撤" in name:
        return BillRowKind.REVERSAL
    return BillRowKind.REFUND if name in GIVES_BACK or "退" in name else BillRowKind.PAYMENT


def _fen(row: Row, name: str) -> int:
    try:
        return minor_of_text(row[name])
    except ValueError as error:
        raise BillBrokenError(f"{name} is no amount of yuan") from error


def _when(row: Row) -> datetime:
    try:
        return datetime.strptime(f"{row['交易日期']} {row['交易时间']}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError as error:
        reason = "交易日期 and 交易时间 are no moment"
        raise BillBrokenError(reason) from error
