"""Bills of WeChat Pay: a whole real-format file with a known hash, the documented fund-flow sample, and damaged ones."""

import gzip
import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payment_channels import BillQuery, BillRowKind, BillStatus, ChannelClient, HttpReply, Money, Outcome
from payment_channels.channels.wechat.bill import KINDS, BillBrokenError, parse, unpacked
from tests.conftest import VECTORS, Platform, Script

ALL = (VECTORS / "wechat" / "wechat_bill.ALL.csv").read_bytes()
FUND = (VECTORS / "wechat" / "wechat_fundflow_doc_sample.csv").read_bytes()
SHA1 = "9bb6cd819be348f17a9cbcedddc8eb62fefbd790"
ADDRESS = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2wMMR8cNXqaA%3D&tartype=gzip"


def asked(**changes: Any) -> BillQuery:
    return BillQuery(**{"day": date(2019, 2, 19), "bill_kind": "trade", **changes})


def address(content: bytes = ALL, **changes: str) -> dict[str, str]:
    return {"hash_type": "SHA1", "hash_value": hashlib.sha1(content).hexdigest(), "download_url": ADDRESS, **changes}  # noqa: S324


def unsigned(content: bytes) -> HttpReply:
    return HttpReply(200, {"content-type": "text/plain"}, content)


def test_the_known_bill_is_read_whole(client: ChannelClient, script: Script, platform: Platform) -> None:
    assert address()["hash_value"] == SHA1
    script.answers = [platform.answers(address()), unsigned(ALL)]
    result = client.bill(asked())
    assert (result.outcome, result.status) == (Outcome.SUCCEEDED, BillStatus.READY)
    assert script.calls[0].url.endswith("/v3/bill/tradebill?bill_date=2019-02-19&bill_type=ALL")
    assert script.calls[1].url == ADDRESS
    assert "Authorization" in dict(script.calls[1].headers)
    assert len(result.rows) == 45
    payments = [row for row in result.rows if row.kind is BillRowKind.PAYMENT]
    refunds = [row for row in result.rows if row.kind is BillRowKind.REFUND]
    assert (len(payments), len(refunds)) == (31, 14)
    assert sum(row.amount.amount for row in payments) == 47
    assert sum(row.amount.amount for row in refunds) == 14
    assert sum(Decimal(row.raw["手续费"]) for row in result.rows) == Decimal("0.08")
    first = result.rows[0]
    assert first.kind is BillRowKind.REFUND
    assert (first.incoming, first.amount, first.status) == (False, Money(1), "SUCCESS")
    assert (first.merchant_order_id, first.channel_order_id) == ("autotest_20190216081946_82335", "4200000263201902167700134212")
    assert (first.merchant_refund_id, first.channel_refund_id) == (
        "REF4200000263201902167700963919",
        "50000709672019011908420787722",
    )
    assert first.at is not None
    assert first.at.isoformat() == "2019-02-19T05:01:46+08:00"
    last = result.rows[-1]
    assert (last.kind, last.amount, last.fee, last.merchant_refund_id, last.product) == (
        BillRowKind.PAYMENT,
        Money(3),
        Money(1),
        None,
        "NATIVE",
    )


def test_a_compressed_bill_is_the_same_bill(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(address()), unsigned(gzip.compress(ALL))]
    result = client.bill(asked(compressed=True, variant="SUCCESS"))
    assert script.calls[0].url.endswith("bill_type=SUCCESS&tar_type=GZIP")
    assert result.status is BillStatus.READY
    assert result.content == ALL


def test_the_documented_fund_flow() -> None:
    (row,) = parse(FUND.replace(b"`20.0,`17.0,`0.35,`3.0,`0.18", b"`1.0,`0.0,`0.00,`1.0,`0.02"), KINDS["fund_flow"])
    assert (row.kind, row.incoming, row.amount, row.balance_after) == (BillRowKind.REFUND, False, Money(2), Money(17))
    assert row.merchant_order_id == "REF4200000068201801293084726067"
    with pytest.raises(BillBrokenError, match="资金流水总笔数"):
        parse(FUND, KINDS["fund_flow"])  # the page shows one of twenty rows: the summary must notice


@pytest.mark.parametrize(
    ("code", "status"),
    [("NO_STATEMENT_EXIST", BillStatus.EMPTY), ("STATEMENT_CREATING", BillStatus.NOT_READY), ("NEVER_SEEN", BillStatus.UNKNOWN)],
)
def test_not_ready_is_not_empty(client: ChannelClient, script: Script, platform: Platform, code: str, status: BillStatus) -> None:
    script.answers = [platform.refuses(400, code)]
    result = client.bill(asked())
    assert (result.status, result.rows, result.outcome) == (status, (), Outcome.UNKNOWN)


BROKEN: dict[str, tuple[dict[str, str], bytes]] = {
    "another hash": (address(hash_value="0" * 40), ALL),
    "one byte changed": (address(), ALL.replace(b"0.47", b"0.46")),
    "another algorithm": (address(hash_type="MD5"), ALL),
    "damaged gzip": (address(), gzip.compress(ALL)[:-9]),
    "cut off": (address(ALL[:5000]), ALL[:5000]),
    "empty": (address(b""), b""),
    "summary differs": (address(ALL.replace(b"`45.0,", b"`46.0,")), ALL.replace(b"`45.0,", b"`46.0,")),
    "a row is gone": (
        address(b"\r\n".join(ALL.split(b"\r\n")[:1] + ALL.split(b"\r\n")[2:])),
        b"\r\n".join(ALL.split(b"\r\n")[:1] + ALL.split(b"\r\n")[2:]),
    ),
    "no utf-8": (address(b"\xff" + ALL), b"\xff" + ALL),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bill_that_contradicts_itself_is_inconsistent(
    client: ChannelClient, script: Script, platform: Platform, name: str
) -> None:
    told, content = BROKEN[name]
    script.answers = [platform.answers(told), unsigned(content)]
    result = client.bill(asked())
    assert (result.status, result.outcome, result.rows, result.content) == (BillStatus.INCONSISTENT, Outcome.UNKNOWN, (), b"")
    assert result.canonical == "BILL_INCONSISTENT"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v3/billdownload/file?token=x",
        "https://api.mch.weixin.qq.com.evil.example/v3/billdownload/file",
        "http://api.mch.weixin.qq.com/v3/billdownload/file",
        "https://api.mch.weixin.qq.com@evil.example/v3",
        "//evil.example/x",
        "/v3/billdownload/file",
    ],
)
def test_our_signature_goes_to_the_configured_origin_alone(
    client: ChannelClient, script: Script, platform: Platform, url: str
) -> None:
    script.answers = [platform.answers(address(download_url=url))]
    result = client.bill(asked())
    assert result.status is BillStatus.INCONSISTENT
    assert len(script.calls) == 1


def test_an_unsigned_application_is_not_followed(client: ChannelClient, script: Script) -> None:
    script.answers = [HttpReply(200, {}, json.dumps(address()).encode())]
    assert client.bill(asked()).canonical == "REPLY_NOT_VERIFIED"
    assert len(script.calls) == 1


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_channels.channels.wechat.bill.MAX_FILE", 1_000_000)
    with pytest.raises(BillBrokenError, match="too large"):
        unpacked(gzip.compress(b"0" * 50_000_000))
    with pytest.raises(BillBrokenError, match="after it"):
        unpacked(gzip.compress(b"a") + b"more")


def test_columns_are_read_by_name_and_new_ones_are_tolerated() -> None:
    lines = ALL.decode("utf-8-sig").split("\r\n")
    lines[0] = lines[0].replace("应结订单金额", "总金额").replace("代金券金额", "企业红包金额") + ",新列"
    lines[1:-3] = [line + ",`x" for line in lines[1:-3]]
    assert len(parse("\r\n".join(lines).encode(), KINDS["trade"])) == 45


def test_values_may_hold_commas_and_what_is_no_amount_is_refused() -> None:
    text = ALL.decode("utf-8-sig")
    renamed = text.replace("`系统拨测-cheeryin-test_micropay_succ,", "`茶, 大杯,", 1)
    assert parse(renamed.encode(), KINDS["trade"])[0].raw["商品名称"] == "茶, 大杯"
    for wrong in ("`0.001,", "`1e1,", "`٠.٠١,", "`,"):
        with pytest.raises(BillBrokenError):
            parse(text.replace("`0.01,`0.00,`ORIGINAL", f"{wrong}`0.00,`ORIGINAL", 1).encode(), KINDS["trade"])


def test_fixtures_are_the_ones_that_were_checked() -> None:
    assert hashlib.sha1(Path(VECTORS / "wechat" / "wechat_bill.ALL.csv").read_bytes()).hexdigest() == SHA1  # noqa: S324


@pytest.mark.parametrize(("state", "settled"), [("SUCCESS", True), ("PROCESSING", False), ("FAIL", False), ("CHANGE", False)])
def test_a_refund_that_is_not_at_its_end_says_so(state: str, settled: bool) -> None:
    """交易账单: 退款状态 is a snapshot; a refund that is being handled, or went wrong, has moved no money for certain."""
    content = ALL.decode().replace("`ORIGINAL,`SUCCESS,", f"`ORIGINAL,`{state},")
    rows = [row for row in parse(content.encode(), KINDS["trade"]) if row.kind is BillRowKind.REFUND]
    assert rows
    assert {(row.status, row.settled) for row in rows} == {(state, settled)}
