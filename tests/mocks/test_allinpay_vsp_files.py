"""The day's file of the Allinpay mock: when it is there, how long its address is good, and its 34 columns."""

import csv
import io
from datetime import UTC, datetime

import pytest

from mocks.allinpay import AllinpayKeys, AllinpayMock
from mocks.allinpay.vsp_files import COLUMNS
from mocks.clock import Clock
from mocks.wire import MockReply, MockRequest
from tests.mocks.allinpay_merchant import Merchant

# prodoc.allinpay.com/doc/1403, typed anew: the place of each column is what a reader goes by.
PLACES = {
    0: "商户号",
    3: "交易时间",
    4: "交易类型",
    12: "交易金额",
    13: "手续费",
    14: "交易日期",
    15: "交易单号",
    16: "订单号",
    17: "商户备注",
    18: "对接应用号",
    19: "原始金额",
    20: "结算金额",
    23: "交易完成时间",
    28: "实付金额",
    29: "原交易单",
    33: "交易完成日期",
}


def fetch(trader: Merchant, day: str) -> str:
    answer = trader.ask("trxfile", trader.common(date=day))
    assert answer["retcode"] == "SUCCESS"
    return str(answer["url"])


def load(allinpay: AllinpayMock, url: str) -> MockReply:
    assert url.startswith("http://127.0.0.1:8700/apiweb/trxfile/download?token=")
    path, _, query = url.removeprefix("http://127.0.0.1:8700").partition("?")
    return allinpay.handle(MockRequest("GET", path, query))


def rows(reply: MockReply) -> list[list[str]]:
    return list(csv.reader(io.StringIO(reply.body.decode(), newline="")))


def test_there_are_the_documented_columns() -> None:
    assert len(COLUMNS) == 34
    assert {place: COLUMNS[place] for place in PLACES} == PLACES


def test_the_file_tells_what_was_paid_and_given_back(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    numbers = {
        number: trader.pay(number, 12345, remark="备注,带逗号")["trxid"] for number in ("order0001", "order0002", "order0003")
    }
    allinpay.control("orders", "order0001", "pay", {})
    clock.advance(60)
    allinpay.control("orders", "order0002", "pay", {})
    trader.refund("refund001", 5)
    trader.cancel("cancel001", 12345, "order0002")
    clock.advance(86400)
    reply = load(allinpay, fetch(trader, "20260601"))
    found = rows(reply)
    assert [len(row) for row in found] == [34] * 4
    assert [(row[16], row[4], row[12], row[13], row[20], row[29]) for row in found] == [
        ("order0001", "VSP501", "123.45", "0.74", "122.71", ""),
        ("order0002", "VSP501", "123.45", "0.74", "122.71", ""),
        ("refund001", "VSP503", "-0.05", "0.00", "-0.05", numbers["order0001"]),
        ("cancel001", "VSP502", "-123.45", "0.00", "-123.45", numbers["order0002"]),
    ]
    first = found[0]
    assert [first[place] for place in (0, 3, 14, 15, 17, 18, 23, 33)] == [
        trader.facts["cusid"],
        "12:00:00",
        "2026-06-01",
        numbers["order0001"],
        "备注 带逗号",
        trader.facts["appid"],
        "12:00:00",
        "2026-06-01",
    ]
    assert reply.body.endswith(b"\r\n")


def test_it_is_there_from_six_oclock_of_the_next_day(trader: Merchant, clock: Clock) -> None:
    for seconds, there in ((0, False), (18 * 3600 - 1, False), (1, True)):  # it is twelve o'clock
        clock.advance(seconds)
        retcode = trader.ask("trxfile", trader.common(date="20260601"))["retcode"]
        assert retcode == ("SUCCESS" if there else "FAIL")


@pytest.mark.parametrize("hour", [0, 15, 16, 21, 22, 23])
def test_the_day_is_beijings_at_any_hour(allinpay_keys: AllinpayKeys, trader: Merchant, hour: int) -> None:
    clock = Clock(lambda: datetime(2026, 6, 1, hour, 30, tzinfo=UTC))
    allinpay = AllinpayMock(allinpay_keys, clock)
    trader.send = allinpay.handle
    trader.scan()
    today = clock.now().strftime("%Y%m%d")
    assert today == ("20260602" if hour >= 16 else "20260601")
    clock.advance(30 * 3600)
    assert [row[16] for row in rows(load(allinpay, fetch(trader, today)))] == ["scan00001"]


def test_an_address_is_good_for_two_minutes(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    clock.advance(86400)
    url = fetch(trader, "20260601")
    clock.advance(119)
    assert (load(allinpay, url).status, load(allinpay, url).body) == (200, b"")  # a day without trade
    clock.advance(1)
    assert load(allinpay, url).status == 404
    assert load(allinpay, f"{url}x").status == 404
    assert len(allinpay.desk.files) == 1
    fetch(trader, "20260601")
    assert len(allinpay.desk.files) == 1  # what is over is forgotten
