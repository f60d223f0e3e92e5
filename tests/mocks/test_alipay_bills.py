"""Bills of the Alipay mock: made from its books, laid out as a real export, zipped with GBK names, good for thirty seconds."""

import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mocks.alipay import AlipayMock, ledger
from mocks.alipay.archive import archive
from mocks.clock import BEIJING, Clock
from mocks.wire import MockReply, MockRequest
from tests.mocks.alipay_app import App

SAMPLE = Path(__file__).parent.parent / "vectors" / "alipay" / "alipay_trade_detail_sample.gbk.csv"
BILL = "alipay.data.dataservice.bill.downloadurl.query"


@pytest.fixture
def a_day(either: App, alipay: AlipayMock, clock: Clock) -> str:
    """A day with three payments, two refunds, a cancellation and transfers, whose bill is ready."""
    for number, yuan in (("order0001", "10.00"), ("order0002", "5.01"), ("order0003", "0.07")):
        either.pay(number, yuan, subject="商品,带逗号", body="备注\t一", store_id="store_1")
    either.precreate("unpaid01")
    either.refund("refund1", "3.00")
    either.refund("refund2", "5.01", order="order0002")
    either.cancel("order0003")
    either.transfer("out1", "20.00", order_title="奖励")
    either.to_card("out2", "1.00", order_title="MOCK:RETURN:PAYEE_CARD_INFO_ERROR")
    day = clock.now().date().isoformat()
    clock.advance(21 * 3600)
    return day


def fetch(app: App, **asked: str) -> dict[str, list[str]]:
    answer = app.ask(BILL, asked)
    assert answer.ok, answer.json
    reply = download(app, answer.json["bill_download_url"])
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/zip")
    return unpacked(reply.body)


def download(app: App, url: str) -> MockReply:
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:8700/downloadBillFile.resource"
    return app.send(MockRequest("GET", parts.path, parts.query, {"host": parts.netloc}))


def unpacked(content: bytes) -> dict[str, list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert all(one.flag_bits & 0x800 == 0 for one in opened.infolist())
        # Without the flag the library takes names for cp437: that gives the bytes back.
        return {
            one.filename.encode("cp437").decode("gbk"): opened.read(one).decode("gbk").removesuffix("\n").split("\n")
            for one in opened.infolist()
        }


def test_a_day_of_trade(either: App, a_day: str) -> None:
    files = fetch(either, bill_type="trade", bill_date=a_day)
    account = either.facts["seller_id"] + "0156"
    detail_name, summary_name = f"{account}_20260601_业务明细.csv", f"{account}_20260601_业务明细(汇总).csv"
    assert list(files) == [detail_name, summary_name]
    lines = files[detail_name]
    assert lines[:2] == ["#支付宝业务明细查询", f"#账号：[{account}]"]
    assert lines[2] == "#起始日期：[2026年06月01日 00:00:00]   终止日期：[2026年06月02日 00:00:00]"
    rows = [dict(zip(lines[4].split(","), line.split(","), strict=True)) for line in lines[5:-4]]
    assert [(row["业务类型"], row["订单金额（元）"]) for row in rows] == [
        ("交易\t", "10.00"),
        ("交易\t", "5.01"),
        ("交易\t", "0.07"),
        ("退款\t", "-0.07"),
        ("退款\t", "-3.00"),
        ("退款\t", "-5.01"),
    ]
    assert {row["退款批次号/请求号"] for row in rows} == {"\t", "refund1\t", "refund2\t"}
    assert {row["商品名称"] for row in rows} == {"商品 带逗号"}
    trade_no = either.query("order0001").json["trade_no"]
    assert [row["支付宝交易号"] for row in rows if row["商户订单号"] == "order0001\t"] == [f"{trade_no}\t"] * 2
    assert lines[-3] == "#交易合计：3笔，商家实收共15.08元，商家优惠共0.00元"
    assert lines[-2] == "#退款合计：3笔，商家实收退款共-8.08元，商家优惠退款共0.00元"
    total = sum(Decimal(row["商家实收（元）"]) for row in rows)
    summary = files[summary_name]
    assert summary[-3] == f"合计,,3,3,15.08,15.08,0.00,0.00,0.00,0.00,0.00,{total}"
    assert summary[-4].startswith("store_1,,3,3,")


def test_the_layout_is_that_of_the_real_export(app: App, a_day: str) -> None:
    sample = SAMPLE.read_bytes().decode("gbk").splitlines()
    detail = next(lines for name, lines in fetch(app, bill_type="trade", bill_date=a_day).items() if "汇总" not in name)
    assert [detail[0], detail[3], detail[4], detail[-4]] == [sample[0], sample[3], sample[4], sample[-4]]

    def tabs(line: str) -> list[bool]:
        return [part.endswith("\t") for part in line.split(",")]

    assert tabs(detail[5]) == tabs(sample[5])
    assert len(detail[5].split(",")) == len(sample[5].split(",")) == 25
    for place in (1, 2, -3, -2, -1):  # the same words around the same kinds of values
        assert [letter for letter in detail[place] if not letter.isdigit() and letter not in ".-"] == [
            letter for letter in sample[place] if not letter.isdigit() and letter not in ".-"
        ]


def test_the_flow_of_the_account(either: App, a_day: str) -> None:
    ((name, lines),) = fetch(either, bill_type="signcustomer", bill_date=a_day).items()
    assert name.endswith("_20260601_账务明细.csv")
    assert lines[0] == "#支付宝账务明细查询"
    header = ledger.FLOW_HEADER.split(",")
    rows = [dict(zip(header, line.split(","), strict=True)) for line in lines[5:-4]]
    moved = [Decimal(row["收入金额（+元）"]) + Decimal(row["支出金额（-元）"]) for row in rows]
    # What was paid, given back and sent, and what a card sent back within two hours.
    assert sum(moved) == Decimal("15.08") - Decimal("8.08") - Decimal("21.00") + Decimal("1.00")
    assert Decimal(rows[-1]["账户余额（元）"]) == 10_000_000 + sum(moved)
    assert lines[-3] == "#支出合计：5笔，共-29.08元"
    assert lines[-2] == "#收入合计：4笔，共16.08元"


def test_a_month(either: App, a_day: str, clock: Clock) -> None:
    asked = {"bill_type": "trade", "bill_date": a_day[:7]}
    assert either.ask(BILL, asked).code == "BILL_NOT_EXIST"
    clock.advance(32 * 86400)
    name, lines = next(iter(fetch(either, **asked).items()))
    assert "_202606_" in name
    assert lines[2] == "#起始日期：[2026年06月01日 00:00:00]   终止日期：[2026年07月01日 00:00:00]"


def test_a_period_without_trade_is_said_to_be_empty(either: App) -> None:
    for kind in ("trade", "signcustomer"):
        answer = either.ask(BILL, {"bill_type": kind, "bill_date": "2026-05-31"})
        assert answer.json["bill_file_code"] == "EMPTY_DATA_WITH_BILL_FILE"
        files = unpacked(download(either, answer.json["bill_download_url"]).body)
        assert all(line.startswith("#") or "," in line for lines in files.values() for line in lines)
        assert "#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元" in str(files) or kind == "signcustomer"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"bill_date": "2026-06-01"}, "BILL_NOT_EXIST"),  # today's is not made yet
        ({"bill_date": "2026-06"}, "BILL_NOT_EXIST"),
        ({"bill_date": "2026-06-02"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": "2020-05-01"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": "20260531"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": "2026-02-30"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": ""}, "INVAILID_ARGUMENTS"),
        ({"bill_type": ""}, "INVAILID_ARGUMENTS"),
        ({"bill_type": "zft_acc"}, "TYPE_NOT_SUPPORTED"),
    ],
)
def test_what_is_wrong_in_asking(either: App, asked: dict[str, str], code: str) -> None:
    assert either.ask(BILL, {"bill_type": "trade", "bill_date": "2026-05-31"} | asked).code == code


def test_midnight_belongs_to_the_day_that_begins() -> None:
    start = datetime(2026, 6, 1, tzinfo=BEIJING)
    day = ledger.day(start)
    midnight = start + timedelta(days=1)
    assert [day.has(moment) for moment in (start, midnight - timedelta(seconds=1), midnight)] == [True, True, False]


def test_a_bill_is_ready_at_nine(either: App, clock: Clock) -> None:
    clock.advance(20 * 3600 + 59 * 60)  # it was noon
    asked = {"bill_type": "trade", "bill_date": "2026-06-01"}
    assert either.ask(BILL, asked).code == "BILL_NOT_EXIST"
    clock.advance(60)
    assert either.ask(BILL, asked).ok


def test_an_address_is_good_for_thirty_seconds(app: App, clock: Clock) -> None:
    url = app.ask(BILL, {"bill_type": "trade", "bill_date": "2026-05-31"}).json["bill_download_url"]
    clock.advance(30)
    assert download(app, url).status == 200
    clock.advance(0.001)
    assert download(app, url).status == 404
    assert download(app, url.partition("&token=")[0] + "&token=x").status == 404


def test_an_archive_opens_and_keeps_what_is_in_it(clock: Clock) -> None:
    entries: dict[str, Any] = {"空.csv": b"", "a_业务明细.csv": b"x" * 70_000}
    with zipfile.ZipFile(io.BytesIO(archive(entries, clock.now()))) as opened:
        found = {one.filename.encode("cp437").decode("gbk"): (opened.read(one), one.date_time) for one in opened.infolist()}
    assert found == {name: (content, (2026, 6, 1, 12, 0, 0)) for name, content in entries.items()}
