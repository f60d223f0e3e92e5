"""Settlement files: UnionPay's own sample packed as it comes, rows in fen, and what is refused."""

import base64
import io
import json
import zipfile
import zlib
from datetime import UTC, date, datetime
from typing import Any

import pytest

from payment_channels import BillQuery, BillRowKind, BillStatus, ChannelClient, Money, Outcome, open_channel
from payment_channels.channels.unionpay.bill import read, unpacked
from payment_channels.channels.unionpay.zm import COLUMNS, RESERVED, BillBrokenError, parse, split
from tests.channels.unionpay.conftest import Gateway, fields_of
from tests.conftest import NOW, VECTORS, Script, scripted

SAMPLE: dict[str, Any] = json.loads((VECTORS / "unionpay" / "unionpay_settlement.json").read_text(encoding="utf-8"))
MERCHANT, DAY = "802310048993424", date(2015, 9, 5)
DETAIL = "".join(f"{line}\r\n" for line in SAMPLE["zm_lines"]).encode("gbk")
SUMMARY = SAMPLE["rd_summary_text"].encode("gbk")
NAMES = ("INN15090588ZM_802310048993424", "RD201015090501_802310048993424")


def line_of(**changes: str) -> bytes:
    """A line like the sample's first, with some columns changed."""
    values = {**SAMPLE["zm_parsed_first"], **changes}
    cells = [values[name].encode("gbk").ljust(width) for name, width in COLUMNS]
    tail = values.get("origOrderId", "").encode("gbk").ljust(32) + b" " * (RESERVED - 32)
    return b" ".join([*cells, tail])


def packed(*entries: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def deflated(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


GENUINE = packed((NAMES[0], DETAIL), (NAMES[1], SUMMARY))


def test_the_columns_are_the_sample_s() -> None:
    named = [(one["name"], one["width"]) for one in SAMPLE["zm_columns"]]
    assert list(COLUMNS) == named[:-1]
    assert named[-1] == ("reserved", RESERVED)
    first = split(SAMPLE["zm_lines"][0].encode("gbk"))
    assert first.pop("origOrderId") == ""
    assert first == SAMPLE["zm_parsed_first"]


def test_the_sample_s_rows_add_up() -> None:
    rows = parse(DETAIL, mer_id=MERCHANT, day=DAY)
    totals = SAMPLE["totals"]
    assert (len(rows), sum(row.amount.amount for row in rows)) == (totals["count"], totals["txnAmt_fen"])
    assert sum(row.fee.amount for row in rows if row.fee) == totals["fee_fen"]
    first = rows[0]
    assert (first.kind, first.incoming, first.amount, first.fee) == (BillRowKind.PAYMENT, True, Money(476800), Money(2861))
    assert (first.merchant_order_id, first.channel_order_id) == ("10078087", "201509061122031906248")
    assert first.at == datetime(2015, 9, 6, 3, 22, 3, tzinfo=UTC), "paid on the 6th, of the clearing day of the 5th"
    assert first.business_date == DAY
    assert "622609******0048" not in repr(first)


@pytest.fixture
def there(gateway: Gateway, script: Script) -> ChannelClient:
    return scripted(open_channel("unionpay", gateway.config(mer_id=MERCHANT), clock=lambda: NOW), script)


def answered(gateway: Gateway, content: str | None, **changes: str) -> Any:
    told = {"txnType": "76", "txnSubType": "01", "respCode": "00", "merId": MERCHANT, "settleDate": "0905", **changes}
    if content is not None:
        told |= {"fileName": "802310048993424_20150905.zip", "fileContent": content}
    return gateway.answers(told)


def test_a_day_s_file(there: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [answered(gateway, deflated(GENUINE))]
    result = there.bill(BillQuery(day=DAY, bill_kind="trade"))
    (call,) = script.calls
    assert call.url == "https://filedownload.95516.com/"
    sent = fields_of(call)
    assert {
        name: sent.get(name) for name in ("txnType", "txnSubType", "bizType", "fileType", "settleDate", "merId", "orderId")
    } == {
        "txnType": "76",
        "txnSubType": "01",
        "bizType": "000000",
        "fileType": "00",
        "settleDate": "0905",
        "merId": MERCHANT,
        "orderId": None,
    }
    assert (result.outcome, result.status, len(result.rows)) == (Outcome.SUCCEEDED, BillStatus.READY, 8)
    assert result.content == GENUINE


def test_no_file_yet(there: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [answered(gateway, None, respCode="98", respMsg="文件不存在")]
    result = there.bill(BillQuery(day=DAY, bill_kind="trade"))
    assert (result.status, result.rows) == (BillStatus.NOT_READY, ())


def test_an_answer_of_another_merchant(there: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [answered(gateway, deflated(GENUINE), merId="777290058110097")]
    result = there.bill(BillQuery(day=DAY, bill_kind="trade"))
    assert (result.outcome, result.status, result.rows) == (Outcome.UNKNOWN, BillStatus.UNKNOWN, ())


def test_an_unsigned_file_is_not_read(there: ChannelClient, script: Script, gateway: Gateway) -> None:
    reply = answered(gateway, deflated(GENUINE))
    script.answers = [type(reply)(200, {}, reply.body.replace(b"&signature=", b"&sig="))]
    result = there.bill(BillQuery(day=DAY, bill_kind="trade"))
    assert (result.outcome, result.rows, result.content) == (Outcome.UNKNOWN, (), b"")


@pytest.mark.parametrize(
    "content",
    ["", "!", base64.b64encode(GENUINE).decode(), deflated(b"no zip"), deflated(GENUINE)[:-8]],
    ids=["empty", "no base64", "not deflated", "no zip", "cut off"],
)
def test_files_that_are_damaged(there: ChannelClient, script: Script, gateway: Gateway, content: str) -> None:
    script.answers = [answered(gateway, content)]
    result = there.bill(BillQuery(day=DAY, bill_kind="trade"))
    assert (result.outcome, result.status, result.rows) == (Outcome.UNKNOWN, BillStatus.INCONSISTENT, ())


def test_refunds_and_cancellations_name_both_ends() -> None:
    for txn_type, kind in (("04", BillRowKind.REFUND), ("31", BillRowKind.REVERSAL)):
        changes = {"txnType": txn_type, "orderId": "R0000001", "settleAmt": "D000000000040", "merFee": "C000000000001"}
        line = line_of(**changes, origQryId="2" * 21, origOrderId="10078087", txnAmt="000000000040")
        (row,) = parse(line, mer_id=MERCHANT, day=DAY)
        assert (row.kind, row.incoming, row.amount, row.fee) == (kind, False, Money(40), Money(-1))
        assert (row.merchant_refund_id, row.channel_refund_id) == ("R0000001", "201509061122031906248")
        assert (row.merchant_order_id, row.channel_order_id) == ("10078087", "2" * 21)


def test_payouts_and_companies() -> None:
    line = line_of(txnType="12", orderId="P0000001", settleAmt="D000000000031", bizType="000401")
    (row,) = parse(line, mer_id=MERCHANT, day=DAY)
    assert (row.kind, row.incoming, row.merchant_order_id) == (BillRowKind.PAYOUT, False, "P0000001")
    (row,) = parse(line_of(bizType="000202"), mer_id=MERCHANT, day=DAY)
    assert (row.kind, row.product) == (BillRowKind.PAYMENT, "gateway_b2b")
    (row,) = parse(line_of(txnType="99"), mer_id=MERCHANT, day=DAY)
    assert row.kind is BillRowKind.OTHER


def test_widths_are_bytes() -> None:
    """A Chinese name takes two bytes a character, and the columns after it stay where they are."""
    (row,) = parse(line_of(subMerAbbr="某某商店", merReserved="备注"), mer_id=MERCHANT, day=DAY)
    assert (row.raw["subMerAbbr"], row.raw["merReserved"], row.raw["txnMedium"]) == ("某某商店", "备注", "7")


def test_the_turn_of_the_year() -> None:
    (row,) = parse(line_of(traceTime="1231230001"), mer_id=MERCHANT, day=date(2027, 1, 1))
    assert row.at == datetime(2026, 12, 31, 15, 0, 1, tzinfo=UTC)
    (row,) = parse(line_of(traceTime="0101000001"), mer_id=MERCHANT, day=date(2026, 12, 31))
    assert row.at == datetime(2026, 12, 31, 16, 0, 1, tzinfo=UTC)
    (row,) = parse(line_of(traceTime="0229000001"), mer_id=MERCHANT, day=date(2023, 3, 1))
    assert row.at is None


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        line_of()[:-3],
        line_of() + b"xx",
        line_of().replace(b"S56 ", b"S56x"),
        line_of(txnAmt="-00000476800"),
        line_of(settleAmt="X000000473939"),
        line_of(merFee="D00000000286x"),
        line_of(merId="777290058110097"),
        line_of(subMerAbbr="").replace(b" " * 40, b"\xff" * 40, 1),
    ],
)
def test_lines_that_are_not_as_documented(line: bytes) -> None:
    with pytest.raises(BillBrokenError):
        parse(line, mer_id=MERCHANT, day=DAY)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [(NAMES[1], SUMMARY)],
        [("INN15090688ZM_802310048993424", DETAIL)],
        [("INN15090588ZM_777290058110097", DETAIL)],
        [(NAMES[0], DETAIL), (NAMES[1], b"nothing")],
        [(NAMES[0], DETAIL), (NAMES[1], b"\xff\xff")],
        [(NAMES[0], DETAIL[:609]), (NAMES[1], SUMMARY)],
        [(NAMES[0], DETAIL.replace(b"D000000002861", b"D000000002862")), (NAMES[1], SUMMARY)],
        [(NAMES[0], DETAIL.replace(b"000000476800", b"000000476801")), (NAMES[1], SUMMARY)],
        [(NAMES[0], DETAIL.replace(b"C000000473939 01080209", b"C000000473938 01080209")), (NAMES[1], SUMMARY)],
    ],
    ids=["empty", "no detail", "another day", "another merchant", "no totals", "no GBK", "a row short", "fee", "amount", "net"],
)  # fmt: skip
def test_zips_that_contradict_themselves(entries: list[tuple[str, bytes]]) -> None:
    with pytest.raises(BillBrokenError):
        read(packed(*entries), mer_id=MERCHANT, day=DAY)


def test_a_day_without_business_and_lines_that_nobody_can_read() -> None:
    errors = ("INN15090588ZME_802310048993424", b"x\r\ny\r\n")
    rows, note = read(packed((NAMES[0], b""), errors), mer_id=MERCHANT, day=DAY)
    assert (rows, note.startswith("2 lines of error handling")) == ((), True)
    assert unpacked(deflated(GENUINE)) == GENUINE
