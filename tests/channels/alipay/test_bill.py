"""Bills of Alipay: the real export, its footer, its zip; from allowed origins alone; not ready told from empty."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from payment_channels import BillQuery, BillRowKind, BillStatus, ChannelClient, HttpReply, Money, NotSupportedError, Outcome
from payment_channels.channels.alipay import Alipay, AlipayConfig
from payment_channels.channels.alipay.bill_file import FUND_FLOW, TRADE, BillBrokenError, parse
from tests.channels.alipay.gateway import Gateway, content, issue
from tests.conftest import VECTORS, Script, scripted

QUERY = "alipay.data.dataservice.bill.downloadurl.query"
URL = "https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&token=1"
EXPORT = (VECTORS / "alipay" / "alipay_trade_detail_sample.gbk.csv").read_bytes()
EMPTY_FILE = "EMPTY_DATA_WITH_BILL_FILE"
DAY = date(2019, 9, 16)
BEIJING = timezone(timedelta(hours=8))


def zipped(*files: tuple[str, bytes]) -> bytes:
    """A zip as Alipay makes it: names in GBK, without the flag of UTF-8."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for letter, (name, held) in zip("xyz", files, strict=False):
            entry = zipfile.ZipInfo(letter * len(name.encode("gbk")))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, held)
    packed = made.getvalue()
    for stand_in, (name, _) in zip((b"x", b"y", b"z"), files, strict=False):
        packed = packed.replace(stand_in * len(name.encode("gbk")), name.encode("gbk"))
    return packed


SUMMARY = ("20880000000000000156_20190916_业务明细(汇总).csv", "#支付宝业务汇总查询".encode("gbk"))
DETAIL = ("20880000000000000156_20190916_业务明细.csv", EXPORT)


def test_the_real_export() -> None:
    rows = parse(EXPORT, TRADE)
    assert len(rows) == 10
    paid, refunded = rows[0], rows[1]
    assert (paid.kind, paid.incoming, paid.amount) == (BillRowKind.PAYMENT, True, Money(1))
    assert (refunded.kind, refunded.incoming, refunded.amount) == (BillRowKind.REFUND, False, Money(1))
    assert refunded.merchant_refund_id == "re_test_1568602607356"
    assert paid.merchant_refund_id is None
    assert {row.channel_order_id for row in rows[:2]} == {"2019091622001400000000000001"}
    assert {row.merchant_order_id for row in rows[:2]} == {"service_1568601259302"}
    assert refunded.at is not None
    assert (refunded.at.isoformat(), refunded.business_date) == ("2019-09-16T10:56:48+08:00", DAY)
    assert sum(row.amount.amount if row.incoming else -row.amount.amount for row in rows) == 2
    assert refunded.raw["订单金额（元）"] == "-0.01"


def lines(change: Callable[[list[str]], Any]) -> bytes:
    held = EXPORT.decode("gbk").split("\n")
    change(held)
    return "\n".join(held).encode("gbk")


BROKEN: dict[str, bytes] = {
    "a row missing": lines(lambda held: held.pop(5)),
    "another amount": lines(lambda held: held.__setitem__(5, held[5].replace(",0.01,0.01,", ",0.01,0.02,"))),
    "a footer missing": lines(lambda held: held.pop(16)),
    "a refund's footer": lines(lambda held: held.__setitem__(17, held[17].replace("-0.04", "0.04"))),
    "a count": lines(lambda held: held.__setitem__(16, held[16].replace("6笔", "7笔"))),
    "a row more than are counted": lines(lambda held: held.__setitem__(16, held[16].replace("6笔", "5笔"))),
    "no columns": b"#a\n#b\n",
    "another kind of bill": lines(lambda held: held.__setitem__(4, "账务流水号,x")),
    "a column missing": lines(lambda held: held.__setitem__(4, held[4].replace("商家实收（元）", "x"))),
    "too many values": lines(lambda held: held.__setitem__(5, held[5] + ",1")),
    "a row after the end": lines(lambda held: held.append(held[5])),
    "no number": lines(lambda held: held.__setitem__(5, held[5].replace(",0.01,0.01,", ",a,0.01,"))),
    "no time": lines(lambda held: held.__setitem__(5, held[5].replace("2019-09-16 10:55:23", "yesterday"))),
    "no GBK": EXPORT + b"\xff\xff",
    "empty": b"",
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_file_that_contradicts_itself_is_refused(why: str) -> None:
    with pytest.raises(BillBrokenError):
        parse(BROKEN[why], TRADE)


def test_line_ends_of_either_kind_and_the_words_of_before() -> None:
    assert len(parse(EXPORT.replace(b"\n", b"\r\n"), TRADE)) == 10
    older = lines(
        lambda held: held.__setitem__(
            slice(16, 18),
            ["#交易合计：6笔，交易金额共0.06元，优惠金额共0.00元", "#退款合计：4笔，交易退款金额共-0.04元，优惠退款金额共0.00元"],
        )
    )
    assert len(parse(older, TRADE)) == 10


FLOW = """#支付宝账务明细查询
#账号：[20880000000000000156]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1	,2019091622001400000000000001	,o_1	,下单,2019-09-16 10:55:23,a(1),12.34,0.00,100.00,支付宝,在线支付,
2	,2019091622001400000000000001	,o_1	,"退款, 部分",2019-09-16 11:55:23,a(1),,-2.34,97.66,支付宝,交易退款,x
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：1笔，共-2.34元
#收入合计：1笔，共12.34元
#导出时间：[2019年09月17日 05:46:49]
"""


def test_an_account_bill() -> None:
    came, went = parse(FLOW.encode("gbk"), FUND_FLOW)
    assert (came.incoming, came.amount, came.balance_after, came.status) == (True, Money(1234), Money(10000), "在线支付")
    assert (went.incoming, went.amount, went.merchant_order_id) == (False, Money(234), "o_1")
    with pytest.raises(BillBrokenError):
        parse(FLOW.replace("共12.34元", "共12.35元").encode("gbk"), FUND_FLOW)


def ask(client: ChannelClient, kind: str = "trade") -> Any:
    return client.bill(BillQuery(day=DAY, bill_kind=kind))


def test_a_bill(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [certified.succeeds(QUERY, bill_download_url=URL), HttpReply(200, {}, zipped(DETAIL, SUMMARY))]
    told = ask(client)
    assert (told.outcome, told.status, len(told.rows)) == (Outcome.SUCCEEDED, BillStatus.READY, 10)
    assert told.content == EXPORT
    assert content(script.calls[0]) == {"bill_type": "trade", "bill_date": "2019-09-16", "secure": "true"}
    assert (script.calls[1].method, script.calls[1].url, script.calls[1].body) == ("GET", URL, b"")
    assert "app_id" not in str(script.calls[1].headers)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/bill.zip",
        "http://dwbillcenter.alipay.com/downloadBillFile.resource",
        "https://dwbillcenter.alipay.com@evil.example/",
        "https://dwbillcenter.alipay.com:8443/",
        "https://dwbillcenter.alipay.com/a b",
        "https://dwbillcenter.alipay.com/#x",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
    ],
)
def test_a_bill_is_fetched_from_an_allowed_origin_alone(
    client: ChannelClient, script: Script, certified: Gateway, url: str
) -> None:
    script.answers = [certified.succeeds(QUERY, bill_download_url=url)]
    assert ask(client).status is BillStatus.INCONSISTENT
    assert len(script.calls) == 1


@pytest.mark.parametrize(
    "file",
    [
        zipped(SUMMARY),
        zipped(DETAIL, ("another.csv", EXPORT)),
        zipped(("20880000000000000156_20190916_业务明细.csv", BROKEN["a row missing"])),
        EXPORT,
        zipped(DETAIL)[:200],
        b"",
    ],
)
def test_a_file_that_is_not_as_documented(client: ChannelClient, script: Script, certified: Gateway, file: bytes) -> None:
    script.answers = [certified.succeeds(QUERY, bill_download_url=URL), HttpReply(200, {}, file)]
    told = ask(client)
    assert (told.outcome, told.status, told.rows) == (Outcome.UNKNOWN, BillStatus.INCONSISTENT, ())


def test_an_address_that_has_expired_or_is_not_signed(client: ChannelClient, script: Script, certified: Gateway) -> None:
    script.answers = [
        certified.succeeds(QUERY, bill_download_url=URL),
        HttpReply(403, {}, b"expired"),
        certified.says(QUERY, {"code": "10000", "bill_download_url": URL}, signed=False),
        certified.succeeds(QUERY),
    ]
    for _ in range(3):
        assert ask(client).status is BillStatus.UNKNOWN
    assert len(script.calls) == 4


@pytest.mark.parametrize("sub_code", ["BILL_NOT_EXIST", "isp.bill_not_exist"])
def test_not_ready_is_not_empty(config: AlipayConfig, sub_code: str) -> None:
    """A day's bill is due at nine the next morning, in Beijing; before then what does not exist is not ready."""
    due = datetime(2019, 9, 17, 9, 0, tzinfo=BEIJING)
    told = [asked_at(moment, config, sub_code) for moment in (due - timedelta(seconds=1), due, due + timedelta(days=100))]
    assert [one.status for one in told] == [BillStatus.NOT_READY, BillStatus.EMPTY, BillStatus.EMPTY]
    assert {one.raw.sub_code for one in told} == {sub_code}


def asked_at(moment: datetime, config: AlipayConfig, sub_code: str) -> Any:
    """Ask at a moment of another year, with a certificate of that year."""
    then = issue("支付宝(中国)网络技术有限公司-2088102146225135", begins=moment - timedelta(days=1))
    ours = config.model_copy(update={"alipay_cert": then.pem})
    with scripted(Alipay(ours, clock=lambda: moment), Script([Gateway(then.key, then.sn).refuses(QUERY, sub_code)])) as client:
        return ask(client)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (
            lambda gateway: gateway.succeeds(QUERY, bill_file_code="EMPTY_DATA_WITH_BILL_FILE", bill_download_url=URL),
            BillStatus.EMPTY,
        ),
        (lambda gateway: gateway.refuses(QUERY, "NO_BILL_DATA"), BillStatus.EMPTY),
        (lambda gateway: gateway.succeeds(QUERY, bill_file_code="NEVER_SEEN"), BillStatus.UNKNOWN),
        (lambda gateway: gateway.succeeds(QUERY, bill_file_code=["EMPTY"], bill_download_url=URL), BillStatus.UNKNOWN),
        (lambda gateway: gateway.refuses(QUERY, "USER_RATE_LIMIT"), BillStatus.UNKNOWN),
        (lambda gateway: gateway.refuses(QUERY, "isv.app-call-limited", code="40005"), BillStatus.UNKNOWN),
    ],
)
def test_empty_and_refused(
    client: ChannelClient, script: Script, certified: Gateway, reply: Callable[[Gateway], HttpReply], status: BillStatus
) -> None:
    script.answers = [reply(certified)]
    told = ask(client)
    assert (told.status, told.rows) == (status, ())
    assert len(script.calls) == 1


def test_a_kind_that_is_not_declared(client: ChannelClient) -> None:
    with pytest.raises(NotSupportedError):
        ask(client, "merchant_act")
