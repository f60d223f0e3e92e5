"""Bills made of the mock's books: the trade bill's three kinds and the fund flow, byte for byte as WeChat Pay lays them out.

Columns: docs/merchant/products/bill-download/format-trade.html and format-fundflow.html (2024-11-25); layout of the bytes: the
anonymised bill in wechatpay-axios-plugin@f5bc863b. The rate of the fee, its rounding, how a reversed payment and a transfer
are named, and the balance that a flow starts from are assumed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mocks.clock import BEIJING
from mocks.wechat.desk import Desk
from mocks.wechat.orders import TRADE_TYPES, Order
from mocks.wechat.refunds import Refund

_RATE = Decimal("0.006")
_OPENING = 1_000_000_000  # ten million yuan
_IDS = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识"
_COMMON = f"{_IDS},交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额"
_REFUNDED = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
_WHAT = "商品名称,商户数据包,手续费,费率,订单金额"
HEADERS = {
    "ALL": f"{_COMMON},{_REFUNDED},{_WHAT},申请退款金额,费率备注",
    "SUCCESS": f"{_COMMON},{_WHAT},费率备注",
    "REFUND": f"{_COMMON},退款申请时间,退款成功时间,{_REFUNDED},{_WHAT},申请退款金额,费率备注",
}
_SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
SUMMARIES = {"ALL": _SUMMARY, "SUCCESS": "总交易单数,应结订单总金额,手续费总金额,订单总金额", "REFUND": _SUMMARY}
_FLOW_IDS = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型"
FLOW_HEADER = f"{_FLOW_IDS},收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
FLOW_SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_REFUND_STATES = {"SUCCESS": "SUCCESS", "PROCESSING": "PROCESSING", "ABNORMAL": "CHANGE", "CLOSED": "FAIL"}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a trade bill, by the names of its columns."""

    at: datetime
    state: str
    values: dict[str, str]


def trade_bill(desk: Desk, day: date, kind: str, merchant: str | None) -> bytes | None:
    """Return the trade bill of a day, or None for a day without trade; ``merchant`` asks for one sub-merchant alone."""
    wanted = {"ALL": {"SUCCESS", "REFUND", "REVOKED"}, "SUCCESS": {"SUCCESS"}, "REFUND": {"REFUND"}}[kind]
    lines = [line for line in _trade_lines(desk) if line.at.astimezone(BEIJING).date() == day and line.state in wanted]
    lines = [line for line in lines if merchant is None or line.values["特约商户号"] == merchant]
    if not lines:
        return None
    rows = [[line.values[column] for column in HEADERS[kind].split(",")] for line in sorted(lines, key=lambda line: line.at)]
    sums = {
        "总交易单数": str(len(lines)),
        "应结订单总金额": _sum(lines, "应结订单金额"),
        "退款总金额": _sum(lines, "退款金额"),
        "充值券退款总金额": "0.00",
        "手续费总金额": _sum(lines, "手续费"),
        "订单总金额": _sum(lines, "订单金额"),
        "申请退款总金额": _sum(lines, "申请退款金额"),
    }
    return _file(HEADERS[kind], rows, SUMMARIES[kind], [sums[name] for name in SUMMARIES[kind].split(",")])


def _trade_lines(desk: Desk) -> Iterable[_Line]:
    for order in desk.orders.all.values():
        if order.paid_at is not None:
            yield _paid(order)
            if order.state == "REVOKED" and order.reversed_at is not None:
                yield _given_back(order, order.reversed_at, order.total, "REVOKED")
    for refund in desk.refunds.all.values():  # on the day when it was accepted, with the state it has now
        yield _given_back(refund.order, refund.created, refund.amount, "REFUND", refund)


def _about(order: Order, at: datetime, state: str) -> dict[str, str]:
    ids = order.identity
    return {
        "交易时间": _time(at),
        "公众账号ID": ids.get("appid") or ids["sp_appid"],
        "商户号": ids.get("mchid") or ids["sp_mchid"],
        "特约商户号": ids.get("sub_mchid", "0"),
        "设备号": str((order.parameters.get("scene_info") or {}).get("device_id", "")),
        "微信订单号": order.transaction_id or "",
        "商户订单号": order.out_trade_no,
        "用户标识": next(iter(order.payer.values()), ""),
        "交易类型": TRADE_TYPES[order.product],
        "交易状态": state,
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "代金券金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": _plain(order.parameters.get("description") or order.parameters.get("body", "")),
        "商户数据包": _plain(order.parameters.get("attach", "")),
        "费率": f"{_RATE:.2%}",
        "费率备注": "",
    }


def _paid(order: Order) -> _Line:
    at = order.paid_at or order.created
    nothing = {
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "退款类型": "",
        "退款状态": "",
        "申请退款金额": "0.00",
    }
    amounts = {
        "应结订单金额": _yuan(order.total),
        "订单金额": _yuan(order.total),
        "手续费": f"{Decimal(_fee(order.total)) / 100:.5f}",
    }
    return _Line(at, "SUCCESS", _about(order, at, "SUCCESS") | nothing | amounts)


def _given_back(order: Order, at: datetime, amount: int, state: str, refund: Refund | None = None) -> _Line:
    number, own = (refund.refund_id, refund.out_refund_no) if refund is not None else ("0", "0")
    ended = refund.ended if refund is not None and refund.state == "SUCCESS" else None
    values = {
        "退款申请时间": _time(at),
        "退款成功时间": _time(ended) if ended is not None else "",
        "微信退款单号": number,
        "商户退款单号": own,
        "退款金额": _yuan(amount),
        "申请退款金额": _yuan(amount),
        "退款类型": "ORIGINAL" if refund is not None else "",
        "退款状态": _REFUND_STATES[refund.state] if refund is not None else "",
        "应结订单金额": "0.00",
        "订单金额": "0.00",
        "手续费": "0.00000",
    }
    return _Line(at, state, _about(order, at, state) | values)


def fund_bill(desk: Desk, day: date, account: str) -> bytes | None:
    """Return the fund flow of a day and an account, or None for a day without movement."""
    movements = sorted(_movements(desk, account), key=lambda one: one[0])
    balance, rows, flows = _OPENING, [], []
    for number, (at, reference, name, kind, amount, note) in enumerate(movements, 1):
        balance += amount
        if at.astimezone(BEIJING).date() != day:
            continue
        direction = "收入" if amount > 0 else "支出"
        flow = f"{desk.keys.mchid}{at:%Y%m%d}{number:010d}"
        rows.append(
            [
                _time(at),
                reference,
                flow,
                name,
                kind,
                direction,
                _yuan(abs(amount)),
                _yuan(balance),
                "system",
                _plain(note),
                reference,
            ]
        )
        flows.append(amount)
    if not rows:
        return None
    gains, losses = [flow for flow in flows if flow > 0], [-flow for flow in flows if flow < 0]
    summary = [str(len(flows)), str(len(gains)), _yuan(sum(gains)), str(len(losses)), _yuan(sum(losses))]
    return _file(FLOW_HEADER, rows, FLOW_SUMMARY, summary)


_Movement = tuple[datetime, str, str, str, int, str]


def _movements(desk: Desk, account: str) -> Iterable[_Movement]:
    return {"BASIC": _of_payments, "OPERATION": _of_transfers}.get(account, lambda _: ())(desk)


def _of_transfers(desk: Desk) -> Iterable[_Movement]:
    for one in desk.transfers.all.values():
        if one.state == "SUCCESS":
            yield one.changed, one.transfer_bill_no, "企业付款", "企业付款", -one.amount, one.parameters["transfer_remark"]
    for batch in desk.batches.all.values():
        for part in batch.details:
            if part.state == "SUCCESS":
                yield batch.changed, part.detail_id, "企业付款", "企业付款", -part.amount, part.parameters["transfer_remark"]


def _of_payments(desk: Desk) -> Iterable[_Movement]:
    for order in desk.orders.all.values():
        if order.paid_at is None or order.transaction_id is None:
            continue
        yield order.paid_at, order.transaction_id, "交易", "交易", order.total, ""
        if _fee(order.total):
            yield order.paid_at, order.transaction_id, "交易", "扣除交易手续费", -_fee(order.total), ""
        if order.reversed_at is not None:
            yield order.reversed_at, order.transaction_id, "退款", "退款", -order.total, ""
    for refund in desk.refunds.all.values():
        yield refund.created, refund.refund_id, "退款", "退款", -refund.amount, refund.parameters.get("reason", "")
        if refund.state == "CLOSED" and refund.ended is not None:
            yield refund.ended, refund.refund_id, "退款", "退款关闭", refund.amount, ""


def _file(header: str, rows: list[list[str]], summary_header: str, summary: list[str]) -> bytes:
    lines = [header, *(_row(row) for row in rows), summary_header, _row(summary)]
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def _row(values: list[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _plain(value: Any) -> str:
    return str(value).replace("\x01", " ").replace("\r", "\\r").replace("\n", "\\n")


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}"


def _fee(fen: int) -> int:
    return int((fen * _RATE).quantize(Decimal(1), ROUND_HALF_UP))


def _sum(lines: list[_Line], column: str) -> str:
    total = sum((Decimal(line.values[column]) for line in lines), Decimal(0))
    return f"{total:.5f}" if column == "手续费" else f"{total:.2f}"


def _time(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
