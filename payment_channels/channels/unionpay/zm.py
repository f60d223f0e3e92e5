"""The trade detail (ZM) of a settlement file: GBK, fixed widths counted in bytes, one space between columns.

Source: the sample in UnionPay's own demo (tests/vectors/unionpay/unionpay_settlement.json, with the columns' names and where
each was read). The newer layout puts the order of the original payment first into what used to be reserved (L47 BillParser).
"""

from collections.abc import Mapping
from datetime import date, datetime

from payment_channels.channels.unionpay.messages import moment_of
from payment_channels.model.bills import BillRow, BillRowKind
from payment_channels.model.money import Money

COLUMNS: tuple[tuple[str, int], ...] = (
    ("txnCode", 3),
    ("acqInsCode", 11),
    ("sendInsCode", 11),
    ("traceNo", 6),
    ("traceTime", 10),
    ("accNo", 19),
    ("txnAmt", 12),
    ("merCatCode", 4),
    ("termType", 2),
    ("queryId", 21),
    ("payTypeOld", 2),
    ("orderId", 32),
    ("payCardType", 2),
    ("origTraceNo", 6),
    ("origTxnTime", 10),
    ("merFee", 13),
    ("settleAmt", 13),
    ("payType", 4),
    ("groupMerId", 15),
    ("txnType", 2),
    ("txnSubType", 2),
    ("bizType", 6),
    ("accType", 2),
    ("billType", 4),
    ("billNo", 32),
    ("interactMode", 1),
    ("origQryId", 21),
    ("merId", 15),
    ("accSplitMode", 1),
    ("subMerId", 15),
    ("subMerAbbr", 32),
    ("accSplitAmt", 13),
    ("clearingNetAmt", 13),
    ("termId", 8),
    ("merReserved", 32),
    ("discountAmt", 13),
    ("invoiceAmt", 13),
    ("instalmentFee", 12),
    ("instalmentNum", 2),
    ("txnMedium", 1),
)
RESERVED, ORIGINAL_ORDER = 131, 32
TOLERANCE = 1
"""The newer layout's columns add up to one byte more than the old reserve."""
KINDS = {
    "01": BillRowKind.PAYMENT,
    "03": BillRowKind.PAYMENT,  # 预授权完成
    "04": BillRowKind.REFUND,
    "12": BillRowKind.PAYOUT,
    "31": BillRowKind.REVERSAL,
    "33": BillRowKind.REVERSAL,
}
GIVES_BACK = frozenset({BillRowKind.REFUND, BillRowKind.REVERSAL})
PRODUCTS = {"000202": "gateway_b2b"}
HALF_A_YEAR = 183
Row = Mapping[str, str]


class BillBrokenError(ValueError):
    """A bill that is not as documented, or that contradicts itself. The text says how."""


def split(line: bytes) -> dict[str, str]:
    """Cut one line (without its line end) into columns by name; blanks at the ends of a value are filling.

    Raises:
        BillBrokenError: the length is not the documented one, columns do not meet in a space, or it is not GBK.
    """
    found: dict[str, str] = {}
    place = 0
    try:
        for name, width in COLUMNS:
            found[name] = line[place : place + width].decode("gbk").strip(" ")
            place += width
            if line[place : place + 1] != b" ":
                reason = f"{name} does not end where it should"
                raise BillBrokenError(reason)
            place += 1
        rest = line[place:]
        if abs(len(rest) - RESERVED) > TOLERANCE:
            reason = f"a line has {len(line)} bytes"
            raise BillBrokenError(reason)
        found["origOrderId"] = rest[:ORIGINAL_ORDER].decode("gbk").strip(" ")
        found["reserved"] = rest[ORIGINAL_ORDER:].decode("gbk").strip(" ")
    except UnicodeDecodeError as error:
        reason = "a line is not GBK, or a width cuts a character"
        raise BillBrokenError(reason) from error
    return found


def parse(content: bytes, *, mer_id: str, day: date) -> tuple[BillRow, ...]:
    """Read the file of one merchant and clearing day.

    Raises:
        BillBrokenError: it is not as documented, or another merchant's.
    """
    return tuple(_row(split(line), mer_id, day) for line in content.replace(b"\r\n", b"\n").split(b"\n") if line.strip())


def signed_fen(text: str, name: str) -> int:
    """Read ``C|D`` and digits: C is credited to the merchant, D is taken from him (negative).

    Raises:
        BillBrokenError: it is anything else.
    """
    if text[:1] not in {"C", "D"}:
        reason = f"{name} is not C or D and digits"
        raise BillBrokenError(reason)
    amount = fen(text[1:], name)
    return amount if text[0] == "C" else -amount


def fen(text: str, name: str) -> int:
    """Read plain digits of fen.

    Raises:
        BillBrokenError: it is anything else.
    """
    if not (text.isascii() and text.isdigit()):
        reason = f"{name} is not digits of fen"
        raise BillBrokenError(reason)
    return int(text)


def _row(row: Row, mer_id: str, day: date) -> BillRow:
    if row["merId"] != mer_id:
        reason = "a line is another merchant's"
        raise BillBrokenError(reason)
    kind = KINDS.get(row["txnType"], BillRowKind.OTHER)
    back = kind in GIVES_BACK
    return BillRow(
        kind=kind,
        incoming=signed_fen(row["settleAmt"], "settleAmt") > 0,
        amount=Money(fen(row["txnAmt"], "txnAmt")),
        fee=Money(-signed_fen(row["merFee"], "merFee")),
        merchant_order_id=(row["origOrderId"] if back else row["orderId"]) or None,
        channel_order_id=(row["origQryId"] if back else row["queryId"]) or None,
        merchant_refund_id=(row["orderId"] or None) if back else None,
        channel_refund_id=(row["queryId"] or None) if back else None,
        at=_when(row["traceTime"], day),
        business_date=day,
        status=row["txnType"],
        product=PRODUCTS.get(row["bizType"]),
        raw=row,
    )


def _when(text: str, day: date) -> datetime | None:
    """``MMDDhhmmss`` lacks its year: it is the one that lies nearest to the clearing day."""
    for year in (day.year, day.year - 1, day.year + 1):
        found = moment_of(f"{year}{text}")
        if found is not None and abs((found.date() - day).days) <= HALF_A_YEAR:
            return found
    return None
