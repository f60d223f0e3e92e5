"""Bills of VSP: the address is asked for and allowed, the lines are typed. No real line was found: these follow the page."""

from datetime import date

import pytest

from payment_channels import BillQuery, ChannelClient, HttpReply, Money
from payment_channels.channels.allinpay.bill_lines import COLUMNS, BillBrokenError, parse
from payment_channels.model.bills import BillRowKind, BillStatus
from tests.channels.allinpay.conftest import APPID, CUSID, ORDER_ID, TRXID, Platform, fields_of, opened
from tests.conftest import Script

DAY = date(2026, 5, 31)
ASKED = BillQuery(day=DAY, bill_kind="trade")
URL = "https://vsp.allinpay.com/files/1.csv"
PAID = {
    "商户号": CUSID,
    "交易时间": "20:00:01",
    "交易类型": "VSP501",
    "卡号": "6222021234567894321",
    "交易金额": "1.00",
    "手续费": "0.01",
    "交易日期": "2026-05-31",
    "交易单号": TRXID,
    "订单号": ORDER_ID,
    "对接应用号": APPID,
    "持卡人姓名": "张三",
}


def line(**changes: str) -> str:
    row = {**PAID, **changes}
    return ",".join(row.get(name, "") for name in COLUMNS)


def test_there_are_34_columns() -> None:
    assert (len(COLUMNS), len(set(COLUMNS))) == (34, 34)


def test_a_day_s_file_is_fetched(client: ChannelClient, script: Script, platform: Platform) -> None:
    back = line(交易类型="微信退款", 交易金额="-0.40", 手续费="0.00", 交易单号="2", 订单号="R1", 原交易单=TRXID)
    undone = line(交易类型="VSP502", 交易金额="-1.00", 交易单号="3", 订单号="C1", 原交易单=TRXID)
    content = f"{','.join(COLUMNS)}\r\n{line()}\r\n{back}\r\n{undone}\r\n".encode("gbk")
    script.answers = [platform.answers({"url": URL}), HttpReply(200, {}, content)]
    bill = client.bill(ASKED)
    asked, fetched = script.calls
    assert (asked.url, fields_of(asked)["date"]) == ("https://vsp.allinpay.com/apiweb/trxfile/get", "20260531")
    assert (fetched.method, fetched.url, fetched.body) == ("GET", URL, b"")
    assert (bill.status, bill.content) == (BillStatus.READY, content)
    paid, refunded, cancelled = bill.rows
    assert (paid.kind, paid.incoming, paid.amount, paid.fee) == (BillRowKind.PAYMENT, True, Money(100), Money(1))
    assert (paid.merchant_order_id, paid.channel_order_id) == (ORDER_ID, TRXID)
    assert paid.at is not None
    assert paid.at.isoformat() == "2026-05-31T20:00:01+08:00"
    assert (refunded.kind, refunded.incoming, refunded.amount) == (BillRowKind.REFUND, False, Money(40))
    assert (refunded.merchant_refund_id, refunded.channel_refund_id, refunded.channel_order_id) == ("R1", "2", TRXID)
    assert (cancelled.kind, cancelled.merchant_refund_id) == (BillRowKind.REVERSAL, "C1")
    assert not {"卡号", "持卡人姓名"} & set(paid.raw), "what is private stays in the file"


def test_an_empty_file_is_an_empty_day(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"url": URL}), HttpReply(200, {}, b"")]
    assert client.bill(ASKED).status is BillStatus.EMPTY


@pytest.mark.parametrize(
    "content",
    [
        line().rpartition(",")[0],
        line() + ",",
        line(商户号="990581007426002"),
        line(交易日期="2026-06-01"),
        line(交易日期="2026-06-01", 交易完成日期="2026-06-01"),
        line(交易时间="24:00:00"),
        line(交易金额="1.001"),
        line(交易金额="一元"),
        line(手续费="x"),
    ],
)
def test_a_file_that_is_not_as_documented_is_inconsistent(
    client: ChannelClient, script: Script, platform: Platform, content: str
) -> None:
    script.answers = [platform.answers({"url": URL}), HttpReply(200, {}, content.encode())]
    assert client.bill(ASKED).status is BillStatus.INCONSISTENT


def test_what_began_on_the_day_before_belongs_to_the_day_on_which_it_ended() -> None:
    (row,) = parse(line(交易日期="2026-05-30", 交易完成日期="2026-05-31").encode(), cusid=CUSID, day=DAY)
    assert (row.business_date, row.at and row.at.date()) == (DAY, date(2026, 5, 30))


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(BillBrokenError):
        parse(b"\xff\xff\xff", cusid=CUSID, day=DAY)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/1.csv",
        "http://vsp.allinpay.com/1.csv",
        "https://vsp.allinpay.com@evil.example/1.csv",
        "https://vsp.allinpay.com.evil.example/",
        "https://vsp.allinpay.com/1.csv#a",
        "file:///etc/passwd",
        "https://vsp.allinpay.com/ 1.csv",
    ],
)
def test_an_address_of_somebody_else_s_is_not_asked(client: ChannelClient, script: Script, platform: Platform, url: str) -> None:
    script.answers = [platform.answers({"url": url})]
    assert client.bill(ASKED).status is BillStatus.INCONSISTENT
    assert len(script.calls) == 1


def test_a_configured_file_host_is_asked(platform: Platform, script: Script) -> None:
    script.answers = [platform.answers({"url": "https://files.example/1.csv"}), HttpReply(200, {}, line().encode())]
    with opened(platform, script, vsp=platform.vsp(file_origins=("https://files.example",))) as client:
        assert client.bill(ASKED).status is BillStatus.READY


def test_what_is_not_there_yet_is_not_ready(client: ChannelClient, script: Script, platform: Platform) -> None:
    """The clock stands at 20:00 of 1 June in Beijing: that day's file is there at 06:00 of the next."""
    today = BillQuery(day=date(2026, 6, 1), bill_kind="trade")
    unsigned = HttpReply(200, {}, b'{"retcode":"FAIL","retmsg":"no file"}')
    forged = platform.answers({"retcode": "FAIL"}, key=platform.merchant)
    script.answers = [platform.answers({"retcode": "FAIL"}), unsigned, forged, unsigned, platform.answers({})]
    told = [client.bill(one).status for one in (today, today, today, ASKED, ASKED)]
    assert told == [BillStatus.NOT_READY, BillStatus.NOT_READY, BillStatus.UNKNOWN, BillStatus.UNKNOWN, BillStatus.NOT_READY]


def test_an_address_that_is_over_says_nothing(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({"url": URL}), HttpReply(404, {}, b"gone")]
    assert client.bill(ASKED).status is BillStatus.UNKNOWN
    script.answers = [platform.answers({"url": URL}, key=platform.merchant)]
    assert client.bill(ASKED).status is BillStatus.UNKNOWN
