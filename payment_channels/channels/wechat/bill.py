"""Bills: apply, download from the configured origin alone, check the hash and the summary, make typed rows.

Source: 申请交易账单, 申请资金账单, 下载账单 and 交易账单详细说明 (format-trade.html, 2024.11.25); fixtures wechat_bill.ALL.csv
and wechat_fundflow_doc_sample.csv. Columns differ by type and age of the merchant, so they are read by name.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from payment_channels.channel import Authenticity, Exchange, HttpReply, Reading
from payment_channels.channels.wechat.bodies import BEIJING
from payment_channels.channels.wechat.line import OK, Line
from payment_channels.channels.wechat.messages import BillAddress
from payment_channels.codec.amounts import decimal_of, minor_of_text, rounded_minor_of_text
from payment_channels.codec.archives import GZIP_MAGIC, ArchiveRefusedError, Limits, gunzip
from payment_channels.model.bills import BillRow, BillRowKind, BillStatus
from payment_channels.model.money import Money
from payment_channels.model.queries import BillQuery

MAX_FILE = 512 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
ALGORITHMS = {"SHA1": hashlib.sha1}
SETTLED = frozenset({None, "", "SUCCESS"})
"""States of a refund (退款状态: SUCCESS, PROCESSING, FAIL, CHANGE) in which money moved; a revocation has none."""
Row = Mapping[str, str]


class BillBrokenError(ValueError):
    """A bill that is not as documented, or that contradicts itself. The text says how."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of bill: where it is applied for, by which parameter it is narrowed, how a row is read, what is summed."""

    path: str
    parameter: str
    default: str
    row: Callable[[Row], BillRow]
    sums: Mapping[str, Callable[[list[Row]], Decimal]]


def bill(line: Line, asked: BillQuery) -> Exchange[Reading]:
    """Fetch one day's bill. A day without a bill and a bill that is not ready are two different codes of the channel."""
    kind = KINDS[asked.bill_kind]
    parameters = {"bill_date": asked.day.isoformat(), kind.parameter: asked.variant or kind.default}
    if asked.sub_merchant:
        parameters["sub_mchid"] = asked.sub_merchant
    if asked.compressed:
        parameters["tar_type"] = "GZIP"
    reply = yield from line.send("GET", f"{kind.path}?{urlencode(parameters)}")
    if reply.status != OK:
        return (yield from line.refusal(reply, "bill"))
    address = line.parsed(BillAddress, reply)
    applied = yield from line.reading(reply, "bill", "http", str(reply.status))
    if address is None:
        return line.unreadable(reply, "bill", "the body is not the documented JSON")
    if applied.authenticity is not Authenticity.VERIFIED:
        return applied
    target = _target(line, address.download_url)
    if target is None:
        return _broken(reply, "the download address is not of the configured origin")
    file = yield from line.send("GET", target, max_reply_bytes=MAX_FILE)
    if file.status != OK:
        return (yield from line.refusal(file, "bill.download"))
    return _checked(file, address, kind)


def _target(line: Line, url: str) -> str | None:
    """Return path and query of a download address; None if it would carry our signature to somebody else."""
    parts, ours = urlsplit(url), urlsplit(line.config.base_url)
    if not url.isascii() or (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc) or parts.fragment:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _checked(file: HttpReply, address: BillAddress, kind: Kind) -> Reading:
    """The file itself is unsigned, as documented: the hash in the signed answer vouches for it."""
    try:
        content = unpacked(file.body)
        check_hash(content, address)
        rows = parse(content, kind)
    except BillBrokenError as error:
        return _broken(file, str(error))
    return Reading(
        operation="bill.download",
        where="http",
        code=str(file.status),
        http_status=file.status,
        authenticity=Authenticity.VERIFIED,
        fields={"status": BillStatus.READY, "rows": rows, "content": content},
    )


def check_hash(content: bytes, address: BillAddress) -> None:
    """Compare the hash of the uncompressed bytes.

    Raises:
        BillBrokenError: it differs, or is of a kind that is not documented.
    """
    algorithm = ALGORITHMS.get(address.hash_type.upper())
    if algorithm is None:
        raise BillBrokenError(f"hash type {address.hash_type[:16]} is not documented")
    if not hmac.compare_digest(algorithm(content).hexdigest().encode(), address.hash_value.lower().encode()):
        raise BillBrokenError("the hash does not fit the file")


def _broken(reply: HttpReply, why: str) -> Reading:
    return Reading(
        operation="bill",
        http_status=reply.status,
        authenticity=Authenticity.VERIFIED,
        finding="BILL_INCONSISTENT",
        note=why,
    )


def unpacked(body: bytes) -> bytes:
    """Return the uncompressed file, whether or not it came as GZIP; bounded, since a small file may hold a large one.

    Raises:
        BillBrokenError: it is damaged, or too large.
    """
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        return gunzip(body, Limits(total=MAX_FILE))
    except ArchiveRefusedError as error:
        raise BillBrokenError(str(error)) from error


def parse(content: bytes, kind: Kind) -> tuple[BillRow, ...]:
    """Read the file and compare it with its own summary.

    Raises:
        BillBrokenError: it is not as documented, or its rows do not add up to its summary.
    """
    try:
        lines = content.removeprefix(BOM).decode("utf-8").replace("\r\n", "\n").rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        reason = "the file is not UTF-8"
        raise BillBrokenError(reason) from error
    body = [number for number, text in enumerate(lines) if text.startswith("`")]
    if len(lines) < 3 or not body or body[-1] != len(lines) - 1 or lines[-2].startswith("`"):  # noqa: PLR2004  header, summary header, summary
        reason = "the file does not end with a summary"
        raise BillBrokenError(reason)
    columns, summary_columns = lines[0].split(","), lines[-2].split(",")
    rows = [_split(text, columns) for text in lines[1:-2]]
    summary = _split(lines[-1], summary_columns)
    try:
        _compare(rows, summary, kind)
        return tuple(kind.row(row) for row in rows)
    except (KeyError, ValueError) as error:
        if isinstance(error, BillBrokenError):
            raise
        reason = f"a column is missing or not as documented ({error})"
        raise BillBrokenError(reason) from error


def _split(text: str, columns: list[str]) -> Row:
    """Split a row: every value has a backtick before it, so that a comma inside a value is no separator."""
    values = text.removeprefix("`").split(",`")
    if not text.startswith("`") or len(values) < len(columns):
        reason = "a row has fewer values than there are columns"
        raise BillBrokenError(reason)
    return dict(zip(columns, values, strict=False))  # unknown trailing columns are tolerated, as the page asks


def _compare(rows: list[Row], summary: Row, kind: Kind) -> None:
    for name, told in summary.items():
        add = kind.sums.get(name)
        if add is not None and add(rows) != decimal_of(told):
            reason = f"{name}: the rows give {add(rows)}, the summary says {told}"
            raise BillBrokenError(reason)


def _count(rows: list[Row]) -> Decimal:
    return Decimal(len(rows))


def _sum(*names: str) -> Callable[[list[Row]], Decimal]:
    return lambda rows: sum((decimal_of(_first(row, *names) or "0") for row in rows), Decimal())


def _side(side: str, name: str) -> Callable[[list[Row]], Decimal]:
    return lambda rows: sum((decimal_of(row[name]) for row in rows if row["收支类型"] == side), Decimal())


def _side_count(side: str) -> Callable[[list[Row]], Decimal]:
    return lambda rows: Decimal(sum(row["收支类型"] == side for row in rows))


def _first(row: Row, *names: str) -> str | None:
    """Return the first of several names that a row has: merchants of before keep the old layout."""
    return next((row[name] for name in names if name in row), None)


def _yuan(row: Row, *names: str) -> Money:
    text = _first(row, *names)
    if text is None:
        raise KeyError(names[0])
    return Money(minor_of_text(text), row.get("货币种类") or "CNY")


def _when(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING) if text else None


def _id(text: str | None) -> str | None:
    return None if text in {None, "", "0"} else text


def _trade_row(row: Row) -> BillRow:
    """交易时间 is when it was paid, or when the refund was accepted. Refund states in a bill are a snapshot."""
    state = row["交易状态"]
    kind = {"SUCCESS": BillRowKind.PAYMENT, "REFUND": BillRowKind.REFUND, "REVOKED": BillRowKind.REVERSAL}.get(
        state, BillRowKind.OTHER
    )
    given_back = kind in {BillRowKind.REFUND, BillRowKind.REVERSAL}
    amount = _yuan(row, "申请退款金额", "退款金额") if given_back else _yuan(row, "订单金额", "总金额", "应结订单金额")
    at = _when(row["交易时间"])
    return BillRow(
        kind=kind,
        incoming=not given_back,
        amount=amount,
        fee=Money(rounded_minor_of_text(row["手续费"]), amount.currency),
        merchant_order_id=_id(row["商户订单号"]),
        channel_order_id=_id(row["微信订单号"]),
        merchant_refund_id=_id(row.get("商户退款单号")),
        channel_refund_id=_id(row.get("微信退款单号")),
        at=at,
        business_date=at.date() if at else None,
        status=row.get("退款状态") or state if given_back else state,
        settled=not given_back or row.get("退款状态") in SETTLED,
        product=row["交易类型"] or None,
        raw=row,
    )


def _fund_row(row: Row) -> BillRow:
    kinds = {"交易": BillRowKind.PAYMENT, "退款": BillRowKind.REFUND, "企业付款": BillRowKind.PAYOUT}
    kind = BillRowKind.FEE if "手续费" in row["业务类型"] else kinds.get(row["业务名称"], BillRowKind.OTHER)
    at = _when(row["记账时间"])
    return BillRow(
        kind=kind,
        incoming=row["收支类型"] == "收入",
        amount=_yuan(row, "收支金额(元)"),
        channel_order_id=_id(row["微信支付业务单号"]),
        merchant_order_id=_id(row.get("业务凭证号")),
        at=at,
        business_date=at.date() if at else None,
        status=row["业务类型"],
        balance_after=_yuan(row, "账户结余(元)"),
        raw=row,
    )


_TRADE_SUMS: dict[str, Any] = {
    "总交易单数": _count,
    "应结订单总金额": _sum("应结订单金额", "总金额"),
    "总金额": _sum("总金额", "应结订单金额"),
    "退款总金额": _sum("退款金额"),
    "充值券退款总金额": _sum("充值券退款金额"),
    "手续费总金额": _sum("手续费"),
    "订单总金额": _sum("订单金额"),
    "申请退款总金额": _sum("申请退款金额"),
}
_FUND_SUMS: dict[str, Any] = {
    "资金流水总笔数": _count,
    "收入笔数": _side_count("收入"),
    "收入金额": _side("收入", "收支金额(元)"),
    "支出笔数": _side_count("支出"),
    "支出金额": _side("支出", "收支金额(元)"),
}
KINDS = {
    "trade": Kind("/v3/bill/tradebill", "bill_type", "ALL", _trade_row, _TRADE_SUMS),
    "fund_flow": Kind("/v3/bill/fundflowbill", "account_type", "BASIC", _fund_row, _FUND_SUMS),
}
