"""The settlement file of the UnionPay mock: the published sample written anew, and files made of the day's books."""

import base64
import hashlib
import io
import json
import zipfile
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.unionpay import UnionpayMock
from mocks.unionpay.settlement import COLUMNS, Sum, details, summary, zm_line
from tests.mocks.unionpay_merchant import Merchant

SAMPLE = json.loads((Path(__file__).parents[1] / "vectors" / "unionpay" / "unionpay_settlement.json").read_text(encoding="utf-8"))


def parsed(line: str) -> dict[str, str]:
    """Read a line by the published widths, not by the mock's own table."""
    values, start = {}, 0
    for column in SAMPLE["zm_columns"]:
        values[column["name"]] = line[start : start + column["width"]].rstrip()
        start += column["width"] + 1
    assert start == len(line) + 1
    return values


def test_the_columns_are_the_published_ones() -> None:
    assert [(column["name"], column["width"]) for column in SAMPLE["zm_columns"]] == list(COLUMNS)


def test_the_published_lines_are_written_byte_for_byte() -> None:
    assert {name: value.strip() for name, value in parsed(SAMPLE["zm_lines"][0]).items()} == SAMPLE["zm_parsed_first"]
    written = [zm_line(parsed(line)) for line in SAMPLE["zm_lines"]]
    assert written == SAMPLE["zm_lines"]
    digest = hashlib.sha1(details(written), usedforsecurity=False).hexdigest()
    assert digest == SAMPLE["sha1"]["INN15090588ZM_802310048993424"]


def test_the_published_summary_is_written_but_for_the_name_that_was_taken_out() -> None:
    totals = SAMPLE["totals"]
    kinds = [("自助消费", Sum(totals["count"], 0, totals["txnAmt_fen"], totals["fee_fen"]))]
    text = summary("802310048993424", "x", date(2015, 9, 5), date(2015, 9, 6), kinds)
    ours, published = text.split("\r\n"), SAMPLE["rd_summary_text"].split("\r\n")
    assert [line for line in ours if not line.startswith("商户名称")] == [
        line for line in published if not line.startswith("商户名称")
    ]
    assert ours[4].split() == ["商户名称:x", "生成日期:20150906"]


def fetch(shop: Merchant, day: str, **more: str) -> dict[str, str]:
    return shop.ask("/", shop.fields("76/01", "000000", **({"settleDate": day, "fileType": "00"} | more)))


def opened(answer: dict[str, str]) -> dict[str, str]:
    packed = zlib.decompress(base64.b64decode(answer["fileContent"]))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode("gbk") for name in archive.namelist()}


@pytest.fixture
def a_day(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> dict[str, Any]:
    """Two orders, one refunded in part, a payout, what failed, and an order after the day's turn."""
    ids = {}
    for number, fen in (("order00001", "10000"), ("order00002", "83800"), ("order00003", "700")):
        shop.app(number, txnAmt=fen, reqReserved="对账备注")
        ids[number] = unionpay.control("orders", number, "pay", {})["queryId"]
    shop.app("unpaid0001")
    shop.refund(ids["order00001"], "refund0001", 2500)
    shop.refund(ids["order00002"], "refund0002", 100, reqReserved="MOCK:END:30")
    shop.cancel(ids["order00003"], fen=700)
    shop.payout()
    shop.payout("payout0002", reqReserved="MOCK:END:64")
    clock.advance(11 * 3600)
    shop.app("late000001", txnAmt="500")
    unionpay.control("orders", "late000001", "pay", {})
    return ids


def test_the_file_says_what_the_books_say(unionpay: UnionpayMock, shop: Merchant, clock: Clock, a_day: dict[str, Any]) -> None:
    assert fetch(shop, "0601")["respCode"] == "98"  # not made yet
    clock.advance(10 * 3600)
    answer = fetch(shop, "0601")
    mer_id = shop.facts["mer_id"]
    assert (answer["respCode"], answer["fileName"]) == ("00", f"{mer_id}_20260601.zip")
    assert (answer["settleDate"], answer["fileType"]) == ("0601", "00")
    files = opened(answer)
    assert list(files) == [f"INN26060188ZM_{mer_id}", f"RD201026060101_{mer_id}"]
    text = files[f"INN26060188ZM_{mer_id}"]
    assert text.count("\n") == text.count("\r\n")
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert {len(line) for line in lines} == {607}
    rows = {row["orderId"]: row for row in map(parsed, lines)}
    assert {
        number: (row["txnType"], row["txnAmt"], row["merFee"], row["settleAmt"], row["clearingNetAmt"])
        for number, row in rows.items()
    } == {
        "order00001": ("01", "000000010000", "D000000000060", "C000000009940", "C000000009940"),
        "order00002": ("01", "000000083800", "D000000000503", "C000000083297", "C000000083297"),
        "order00003": ("01", "000000000700", "D000000000004", "C000000000696", "C000000000696"),
        "refund0001": ("04", "000000002500", "D000000000000", "D000000002500", "D000000002500"),
        "cancel0001": ("31", "000000000700", "D000000000000", "D000000000700", "D000000000700"),
        "payout0001": ("12", "000000002000", "D000000000000", "D000000002000", "D000000002000"),
    }
    refund, order = rows["refund0001"], rows["order00001"]
    assert order["queryId"] == refund["origQryId"] == a_day["order00001"]
    assert (refund["origTraceNo"], refund["origTxnTime"]) == (order["traceNo"], order["traceTime"])
    assert (order["merReserved"], order["accNo"], order["merId"]) == ("对账备注", "622609******0048", mer_id)
    # What does not apply is written as in the sample.
    first = parsed(SAMPLE["zm_lines"][0])
    for name in ("accSplitAmt", "discountAmt", "invoiceAmt", "instalmentFee", "subMerId", "txnCode", "txnMedium"):
        assert order[name] == first[name]
    # 94 500 fen came in at 567 of fees, 5 200 went out: 88 733 remain.
    total = files[f"RD201026060101_{mer_id}"].split("\r\n")[-2].split()
    assert total == ["总计", "6", "52.00", "945.00", "5.67", "0.00", "0.00", "887.33"]


def test_what_is_paid_after_eleven_is_in_the_next_days_file(shop: Merchant, clock: Clock, a_day: dict[str, Any]) -> None:
    clock.advance(34 * 3600)
    files = opened(fetch(shop, "0602"))
    assert [parsed(line)["orderId"] for line in next(iter(files.values())).split("\r\n")[:-1]] == ["late000001"]


@pytest.mark.parametrize(
    ("day", "more", "code"),
    [
        ("0531", {}, "98"),  # nothing happened
        ("0601", {"accessType": "1"}, "98"),  # institutions get theirs elsewhere
        ("0229", {}, "98"),
        ("0230", {}, "10"),
        ("1301", {}, "10"),
        ("601", {}, "10"),
        ("", {}, "13"),
        ("0601", {"fileType": "01"}, "10"),
        ("0601", {"fileType": ""}, "13"),
    ],
)
def test_no_file_is_no_empty_file(shop: Merchant, clock: Clock, a_day: None, day: str, more: dict[str, str], code: str) -> None:
    clock.advance(86400)
    answer = fetch(shop, day, **more)
    assert answer["respCode"] == code
    assert "fileContent" not in answer
