"""The settlement file (对账文件) made of the mock's books: a ZIP with the detail lines (ZM) and a summary for people (RD).

Layout and bytes: the sample that UnionPay ships with its demos (hectorqin/lpays@21853947 and Varorbc/PaySharp@3423dafe,
802310048993424_20150905.zip), whose lines are vectors of this writer. Only the trade code of a consumption (S56) is known; the
others are written so too, and txnType tells them apart. The names of the summary's other rows, and that refunds and payouts
cost nothing, are assumed; the fee is the sample's 0.6 %, rounded half up.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from mocks.unionpay.messages import masked_card
from mocks.unionpay.transactions import Transaction

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
    ("reserved", 131),
)
_NO_AMOUNT = " " + "0" * 12  # the place of C or D stays empty
_ALWAYS = {
    "txnCode": "S56",
    "acqInsCode": "88022900",
    "sendInsCode": "00049993",
    "merCatCode": "4899",
    "payTypeOld": "01",
    "payCardType": "01",
    "payType": "0001",
    "subMerId": "0" * 15,
    "accSplitAmt": _NO_AMOUNT,
    "termId": "01080209",
    "discountAmt": _NO_AMOUNT,
    "invoiceAmt": _NO_AMOUNT,
    "instalmentFee": _NO_AMOUNT[:-1],
    "txnMedium": "7",
}
_RATE = Decimal("0.006")
_ACQUIRER = "88022900"
KINDS = {"order": "自助消费", "refund": "退货", "cancel": "消费撤销", "payout": "代付"}
CARDS = ("借记卡", "贷记卡", "准贷记卡", "其他卡")
_RULE = "_" * 136
_HEAD = "交易笔数               交易金额                         费用                              资金清算差额"
_SIDES = " " * 41 + (" " * 14).join("借贷借贷") + " " * 15 + "借" + " " * 18 + "贷"


@dataclass(frozen=True, slots=True)
class Sum:
    """One row of the summary, in fen: what was taken from the merchant (debit) and given to him (credit)."""

    count: int = 0
    debit: int = 0
    credit: int = 0
    fee: int = 0

    def plus(self, other: "Sum") -> "Sum":
        """Return both together."""
        return Sum(self.count + other.count, self.debit + other.debit, self.credit + other.credit, self.fee + other.fee)


def zm_line(values: Mapping[str, str]) -> str:
    """Return a detail line of 607 characters, without its end; what is longer than its column is cut."""
    return " ".join(values.get(name, "")[:width].ljust(width) for name, width in COLUMNS)


def details(lines: Iterable[str]) -> bytes:
    """Return the detail file."""
    return "".join(f"{line}\r\n" for line in lines).encode("gbk", "replace")


def summary(mer_id: str, name: str, day: date, made: date, kinds: Sequence[tuple[str, Sum]]) -> str:
    """Return the summary: by kind of transaction, then by kind of card, all of which are debit cards here."""
    total = Sum()
    for _, one in kinds:
        total = total.plus(one)
    cards = [(card, total if card == CARDS[0] else Sum()) for card in CARDS]
    head = [
        " " * 73 + "中国银联全渠道商户交易汇总表" + " " * 12,
        "",
        _wide(f"商户代码:{mer_id}", 64) + "清算币种:人民币",
        _wide(f"收单机构:{_ACQUIRER}", 64) + f"清算日期:{day:%Y%m%d}",
        _wide(f"商户名称:{name}", 64) + f"生成日期:{made:%Y%m%d}",
        "",
        "",
    ]
    lines = [*head, *_table("交易类型", kinds, total), "", *_table("卡性质", cards, total)]
    return "".join(f"{line}\r\n" for line in lines)


def _table(title: str, rows: Sequence[tuple[str, Sum]], total: Sum) -> list[str]:
    return [
        _wide(title, 20) + _HEAD,
        _SIDES,
        _RULE,
        *(_row(name, one) for name, one in rows),
        _RULE,
        _row("总计", total),
    ]


def _row(name: str, one: Sum) -> str:
    net = one.credit - one.debit - one.fee
    amounts = (one.debit, one.credit, one.fee, 0, max(-net, 0), max(net, 0))
    return _wide(name, 12) + f"{one.count:>16}" + "".join(f"{amount // 100}.{amount % 100:02d}".rjust(16) for amount in amounts)


def _wide(text: str, width: int) -> str:
    """Pad to a width in which a Chinese character counts twice, as in GBK."""
    return text + " " * (width - len(text.encode("gbk", "replace")))


def line_of(one: Transaction) -> str:
    """Return the detail line of a transaction that succeeded."""
    fee, gain = _fee(one), one.kind == "order"
    net = f"{'C' if gain else 'D'}{one.amount - fee if gain else one.amount:012d}"
    values = _ALWAYS | {
        "traceNo": one.trace_no,
        "traceTime": f"{one.created:%m%d%H%M%S}",
        "accNo": masked_card(one.card),
        "txnAmt": f"{one.amount:012d}",
        "termType": one.fields.get("channelType", "07"),
        "queryId": one.query_id,
        "orderId": one.fields["orderId"],
        "merFee": f"D{fee:012d}",
        "settleAmt": net,
        "txnType": one.fields["txnType"],
        "bizType": one.fields["bizType"],
        "merId": one.fields["merId"],
        "clearingNetAmt": net,
        "merReserved": one.fields.get("reqReserved", ""),
    }
    if one.original is not None:
        values |= {
            "origTraceNo": one.original.trace_no,
            "origTxnTime": f"{one.original.created:%m%d%H%M%S}",
            "origQryId": one.original.query_id,
        }
    return zm_line(values)


def _fee(one: Transaction) -> int:
    return int((one.amount * _RATE).quantize(Decimal(1), ROUND_HALF_UP)) if one.kind == "order" else 0


def archive(mer_id: str, day: date, transactions: Sequence[Transaction]) -> bytes:
    """Return the ZIP of a clearing day."""
    sums: dict[str, Sum] = {}
    for one in transactions:
        gain = one.kind == "order"
        own = Sum(1, 0 if gain else one.amount, one.amount if gain else 0, _fee(one))
        sums[one.kind] = sums.get(one.kind, Sum()).plus(own)
    made = day + timedelta(days=1)
    kinds = [(name, sums[kind]) for kind, name in KINDS.items() if kind in sums]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(f"INN{day:%y%m%d}88ZM_{mer_id}", details(line_of(one) for one in transactions))
        target.writestr(f"RD2010{day:%y%m%d}01_{mer_id}", summary(mer_id, "模拟商户", day, made, kinds).encode("gbk"))
    return packed.getvalue()
