"""The day's file of VSP's trades (对账文件): an address good for two minutes, and lines of 34 columns made of the books.

Sources: prodoc.allinpay.com/doc/1512 for the address, the two minutes and six o'clock of the next day; doc/1403 for the
columns. No page and no sample was found for the rest, so it is assumed: UTF-8, no line of names, the trxcode as kind of
trade, minus signs where money went back, FAIL for a file that is not there yet, 404 for an address that is over, and an empty
file for a day without trade.
"""

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from mocks.allinpay.desk import Desk
from mocks.allinpay.vsp_fields import day
from mocks.allinpay.vsp_signing import refusing
from mocks.allinpay.vsp_trades import Trade
from mocks.clock import BEIJING
from mocks.wire import MockReply, MockRequest

PATH = "/apiweb/trxfile/download"
GOOD_FOR = timedelta(minutes=2)
READY = timedelta(days=1, hours=6)
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


def get(desk: Desk, fields: dict[str, str], origin: str) -> dict[str, str]:
    """Hand out the address of a day's file.

    Raises:
        RefusedError: it is not there yet, or there is no such day.
    """
    wanted = day(fields).replace(tzinfo=BEIJING)
    if desk.now() < wanted + READY:
        raise refusing(fields, "FAIL", why=f"the file of {wanted.date()} is there from {wanted + READY:%Y-%m-%d %H:%M}")
    token = secrets.token_urlsafe(18)
    desk.files = {one: held for one, held in desk.files.items() if held[0] > desk.now()}
    desk.files[token] = (desk.now() + GOOD_FOR, content(desk, wanted.date()))
    return {"url": f"{origin}{PATH}?token={token}"}


def download(desk: Desk, request: MockRequest) -> MockReply:
    """Hand out a file, while its address is good."""
    until, held = desk.files.get(request.parameters.get("token", ""), (datetime.min.replace(tzinfo=BEIJING), b""))
    if desk.now() >= until:
        return MockReply(404, note={"operation": "download", "reason": "no such address, or it is over two minutes old"})
    headers = {"Content-Type": "application/octet-stream", "Content-Disposition": 'attachment; filename="trx.csv"'}
    return MockReply(200, headers, held, note={"operation": "download"})


def content(desk: Desk, wanted: date) -> bytes:
    """Return the file of a day: what succeeded on it, in the order in which it did."""
    held = [one for one in desk.trades.all.values() if one.ended is not None and one.ended.date() == wanted and _counts(one)]
    lines = [line(one) for one in sorted(held, key=lambda one: (one.ended or one.created, one.trxid))]
    return "".join(f"{one}\r\n" for one in lines).encode()


def _counts(one: Trade) -> bool:
    return one.state in {"PAID", "CANCELLED", "DONE"}


def line(one: Trade) -> str:
    """Return the line of a trade that succeeded."""
    values = dict(_values(one, one.ended or one.created))
    return ",".join(values.get(name, "").translate({ord(letter): " " for letter in ",\r\n\t"}) for name in COLUMNS)


def _values(one: Trade, ended: datetime) -> Iterator[tuple[str, str]]:
    signed = one.amount if one.is_payment else -one.amount
    yield "商户号", one.fields["cusid"]
    yield "交易时间", f"{one.created:%H:%M:%S}"
    yield "交易类型", one.trxcode
    yield "参考号", one.chnltrxid
    yield "交易金额", _yuan(signed)
    yield "手续费", _yuan(one.fee)
    yield "交易日期", f"{one.created:%Y-%m-%d}"
    yield "交易单号", one.trxid
    yield "订单号", one.reqsn
    yield "商户备注", one.fields.get("remark", "")
    yield "对接应用号", one.fields["appid"]
    yield "原始金额", _yuan(signed)
    yield "结算金额", _yuan(signed - one.fee)
    yield "交易完成时间", f"{ended:%H:%M:%S}"
    yield "优惠金额", "0.00"
    yield "实付金额", _yuan(signed)
    yield "原交易单", one.original.trxid if one.original is not None else ""
    yield "交易完成日期", f"{ended:%Y-%m-%d}"


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
