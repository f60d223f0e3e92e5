"""Bills made of the mock's books: the trade bill with its summary, and the account's flow, laid out as Alipay exports them.

Layout: a real export of 2019-09-17 with ids replaced, and the marker lines that dromara/dax-pay@fe3cde8c reads. The footer's
refund amount is negative. What no sample shows is assumed: the lines between the first and the header of the account's flow, its
numbers, the summary's last line, a fee of nothing, and line ends of one line feed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mocks.alipay.desk import OPENING, Desk
from mocks.alipay.fields import yuan
from mocks.alipay.orders import Order, time

HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SUMMARY_HEADER = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,"
    "服务费（元）,分润（元）,实收净额（元）"
)
FLOW_HEADER = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,"
    "收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"
)
_DASHES = "-" * 41


@dataclass(frozen=True, slots=True)
class Period:
    """What a bill is about: from a midnight to a midnight, and how the file's name writes it."""

    start: datetime
    end: datetime
    name: str

    def has(self, moment: datetime) -> bool:
        """Say whether a moment lies in it."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class _Line:
    """One movement of a trade; ``amount`` is fen, negative for money that went back."""

    order: Order
    at: datetime
    amount: int
    request: str = ""


def trade(desk: Desk, period: Period, now: datetime) -> dict[str, bytes] | None:
    """Return the files of a trade bill by their names; None for a period without trade."""
    lines = sorted((line for line in _lines(desk) if period.has(line.at)), key=lambda line: line.at)
    account = account_of(desk)
    return (
        {
            f"{account}_{period.name}_业务明细.csv": _file(_detail(account, period, lines, now)),
            f"{account}_{period.name}_业务明细(汇总).csv": _file(_summary(account, period, lines, now)),
        }
        if lines
        else None
    )


def empty(desk: Desk, period: Period, now: datetime, kind: str) -> dict[str, bytes]:
    """Return the files of a bill of a period in which nothing happened."""
    account = account_of(desk)
    if kind == "signcustomer":
        return {f"{account}_{period.name}_账务明细.csv": _file(_flow(account, period, [], now))}
    return {
        f"{account}_{period.name}_业务明细.csv": _file(_detail(account, period, [], now)),
        f"{account}_{period.name}_业务明细(汇总).csv": _file(_summary(account, period, [], now)),
    }


def account_of(desk: Desk) -> str:
    """Return the account as bills and their files name it: the seller's number and four digits more."""
    return f"{desk.keys.seller_id}0156"


def _lines(desk: Desk) -> list[_Line]:
    found: list[_Line] = []
    for order in desk.orders.all.values():
        if order.paid_at is not None:
            found.append(_Line(order, order.paid_at, order.total))
            if order.cancelled == "refund" and order.closed_at is not None:
                found.append(_Line(order, order.closed_at, -order.total))
    given_back = [one for one in desk.refunds.all.values() if one.state == "SUCCESS"]
    return found + [_Line(one.order, one.ended, -one.amount, one.number) for one in given_back if one.ended is not None]


def _detail(account: str, period: Period, lines: list[_Line], now: datetime) -> list[str]:
    paid, back = [one for one in lines if one.amount > 0], [one for one in lines if one.amount < 0]
    return [
        "#支付宝业务明细查询",
        *_about(account, period),
        f"#{_DASHES}业务明细列表{'-' * 40}",
        HEADER,
        *(_row(line) for line in lines),
        f"#{_DASHES}业务明细列表结束{'-' * 36}",
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(one.amount for one in paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{yuan(sum(one.amount for one in back))}元，商家优惠退款共0.00元",
        _exported(now),
    ]


def _about(account: str, period: Period) -> list[str]:
    start, end = (moment.strftime("%Y年%m月%d日 %H:%M:%S") for moment in (period.start, period.end))
    return [f"#账号：[{account}]", f"#起始日期：[{start}]   终止日期：[{end}]"]


def _exported(now: datetime) -> str:
    return f"#导出时间：[{now.strftime('%Y年%m月%d日 %H:%M:%S')}]"


def _row(line: _Line) -> str:
    order, given = line.order, line.order.parameters
    fields = [
        f"{order.trade_no}\t",
        f"{order.out_trade_no}\t",
        ("交易" if line.amount > 0 else "退款") + "\t",
        _plain(given.get("subject")),
        time(order.begun),
        time(line.at),
        f"{_plain(given.get('store_id'))}\t",
        "\t",
        f"{_plain(given.get('operator_id'))}\t",
        f"{_plain(given.get('terminal_id'))}\t",
        f"*拟({order.payer.get('buyer_logon_id', '')})",
        yuan(line.amount),
        yuan(line.amount),
        *["0.00"] * 5,
        "",
        "0.00\t",
        "0.00",
        f"{line.request}\t",
        "0.00",
        "0.00",
        _plain(given.get("body")),
    ]
    return ",".join(fields)


def _summary(account: str, period: Period, lines: list[_Line], now: datetime) -> list[str]:
    def row(store: str, some: list[_Line]) -> str:
        paid = [one.amount for one in some if one.amount > 0]
        back = [one.amount for one in some if one.amount < 0]
        # Without a column of what was refunded, the last one alone tells it: what was received, less what went back.
        amounts = [yuan(sum(paid)), yuan(sum(paid)), *["0.00"] * 5, yuan(sum(paid) + sum(back))]
        return ",".join([store, "", str(len(paid)), str(len(back)), *amounts])

    stores = sorted({_plain(one.order.parameters.get("store_id")) for one in lines})
    return [
        "#支付宝业务汇总查询",
        *_about(account, period),
        f"#{_DASHES}业务汇总列表{'-' * 40}",
        SUMMARY_HEADER,
        *(row(store, [one for one in lines if _plain(one.order.parameters.get("store_id")) == store]) for store in stores),
        row("合计", lines),
        f"#{'-' * 40}业务汇总列表结束-{'-' * 36}",
        _exported(now),
    ]


@dataclass(frozen=True, slots=True)
class _Movement:
    """One movement of the account; ``amount`` is fen."""

    at: datetime
    reference: str
    number: str
    title: str
    other: str
    amount: int
    kind: str


def flow(desk: Desk, period: Period, now: datetime) -> dict[str, bytes] | None:
    """Return the file of the account's flow; None for a period in which nothing moved."""
    balance, rows = OPENING, []
    for number, one in enumerate(sorted(_movements(desk), key=lambda one: one.at), 1):
        balance += one.amount
        if period.has(one.at):
            rows.append((one, balance, number))
    account = account_of(desk)
    return {f"{account}_{period.name}_账务明细.csv": _file(_flow(account, period, rows, now))} if rows else None


def _movements(desk: Desk) -> list[_Movement]:
    found: list[_Movement] = []
    for line in _lines(desk):
        order = line.order
        kind = "在线支付" if line.amount > 0 else "交易退款"
        other = order.payer.get("buyer_logon_id", "")
        title = _plain(order.parameters.get("subject"))
        found.append(_Movement(line.at, order.trade_no or "", order.out_trade_no, title, other, line.amount, kind))
    for one in desk.transfers.all.values():
        title = _plain(one.parameters.get("order_title"))
        if one.state != "FAIL":
            found.append(_Movement(one.created, one.order_id, one.out_biz_no, title, "", -one.amount, "转账"))
        if one.state == "REFUND":
            found.append(_Movement(one.changed, one.order_id, one.out_biz_no, title, "", one.amount, "转账退回"))
    return found


def _flow(account: str, period: Period, rows: list[tuple[_Movement, int, int]], now: datetime) -> list[str]:
    def row(one: _Movement, balance: int, number: int) -> str:
        gain, loss = (yuan(one.amount), "0.00") if one.amount > 0 else ("0.00", yuan(one.amount))
        ids = [f"{one.at:%Y%m%d}{number:012d}\t", f"{one.reference}\t", f"{one.number}\t", one.title, time(one.at)]
        return ",".join([*ids, one.other, gain, loss, yuan(balance), "支付宝", one.kind, ""])

    gains, losses = [one.amount for one, _, _ in rows if one.amount > 0], [one.amount for one, _, _ in rows if one.amount < 0]
    return [
        "#支付宝账务明细查询",
        *_about(account, period),
        f"#{_DASHES}账务明细列表{'-' * 40}",
        FLOW_HEADER,
        *(row(*one) for one in rows),
        f"#{_DASHES}账务明细列表结束{'-' * 36}",
        f"#支出合计：{len(losses)}笔，共{yuan(sum(losses))}元",
        f"#收入合计：{len(gains)}笔，共{yuan(sum(gains))}元",
        _exported(now),
    ]


def _plain(value: object) -> str:
    return "" if value is None else str(value).translate({ord(letter): " " for letter in ",\t\r\n"})


def _file(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("gbk", "replace")


def day(start: datetime) -> Period:
    """Return one day."""
    return Period(start, start + timedelta(days=1), f"{start:%Y%m%d}")


def month(start: datetime) -> Period:
    """Return the month that begins then."""
    return Period(start, (start + timedelta(days=32)).replace(day=1), f"{start:%Y%m}")
