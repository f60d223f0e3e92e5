"""Bills of the mock, made from its books, and the platform's certificates with their rotation."""

import gzip
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from mocks.clock import Clock
from mocks.wechat import WechatMock
from mocks.wechat.ledger import FLOW_HEADER, FLOW_SUMMARY, HEADERS, SUMMARIES
from mocks.wire import MockReply
from payment_channels.codec.aead import unseal

VECTORS = Path(__file__).parent.parent / "vectors" / "wechat"


@pytest.fixture
def a_day(wechat: WechatMock, merchant: Any, clock: Clock) -> str:
    """A day with three payments and two refunds, whose bill is ready."""
    for number, total in (("order0001", 1000), ("order0002", 501), ("order0003", 7)):
        merchant.native(number, amount={"total": total, "currency": "CNY"}, description="商品,带逗号\n换行", attach="a`b")
        wechat.control("orders", number, "pay", {})
    merchant.native("unpaid01")
    merchant.refund("refund1", 300, total=1000)
    merchant.query_refund("refund1")
    merchant.refund("refund2", 501, order="order0002", total=501, reason="缺货")
    day = clock.now().date().isoformat()
    clock.advance(22 * 3600)
    return day


def apply(merchant: Any, kind: str, **asked: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return merchant.ask("GET", f"/v3/bill/{kind}?{query}")


def fetch(merchant: Any, answer: Any) -> bytes:
    url = answer.json["download_url"]
    assert url.startswith("http://127.0.0.1/v3/billdownload/file?token=")
    reply: MockReply = merchant.send(merchant.request("GET", url.removeprefix("http://127.0.0.1")))
    assert reply.status == 200
    assert "Wechatpay-Signature" not in reply.headers
    content = gzip.decompress(reply.body) if "gzip" in url else reply.body
    assert hashlib.sha1(content).hexdigest() == answer.json["hash_value"]  # noqa: S324  the channel's choice
    return content


def table(content: bytes) -> tuple[list[dict[str, str]], dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert text.count("\n") == text.count("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    header, summary_header = lines[0].split(","), lines[-2].split(",")

    def values(line: str) -> list[str]:
        return line.removeprefix("`").split(",`")

    rows = [dict(zip(header, values(line), strict=True)) for line in lines[1:-2]]
    return rows, dict(zip(summary_header, values(lines[-1]), strict=True))


@pytest.mark.parametrize("packed", [{}, {"tar_type": "GZIP"}])
def test_the_trade_bill_says_what_the_books_say(merchant: Any, a_day: str, packed: dict[str, str]) -> None:
    rows, summary = table(fetch(merchant, apply(merchant, "tradebill", bill_date=a_day, bill_type="ALL", **packed)))
    assert [(row["商户订单号"], row["交易状态"], row["应结订单金额"], row["退款金额"]) for row in rows] == [
        ("order0001", "SUCCESS", "10.00", "0.00"),
        ("order0002", "SUCCESS", "5.01", "0.00"),
        ("order0003", "SUCCESS", "0.07", "0.00"),
        ("order0001", "REFUND", "0.00", "3.00"),
        ("order0002", "REFUND", "0.00", "5.01"),
    ]
    assert rows[0]["商品名称"] == "商品,带逗号\\n换行"
    assert (rows[0]["手续费"], rows[0]["费率"]) == ("0.06000", "0.60%")
    assert summary == {
        "总交易单数": "5",
        "应结订单总金额": "15.08",
        "退款总金额": "8.01",
        "充值券退款总金额": "0.00",
        "手续费总金额": "0.09000",
        "订单总金额": "15.08",
        "申请退款总金额": "8.01",
    }


def test_the_kinds_have_their_own_columns(merchant: Any, a_day: str) -> None:
    paid, summary = table(fetch(merchant, apply(merchant, "tradebill", bill_date=a_day, bill_type="SUCCESS")))
    assert (len(paid), len(paid[0]), list(summary)) == (3, 20, SUMMARIES["SUCCESS"].split(","))
    back, summary = table(fetch(merchant, apply(merchant, "tradebill", bill_date=a_day, bill_type="REFUND")))
    assert (len(back), len(back[0]), summary["退款总金额"]) == (2, 29, "8.01")
    assert {row["退款状态"] for row in back} == {"SUCCESS"}


def test_columns_are_those_of_a_real_bill() -> None:
    header, *_, summary_header, _ = (VECTORS / "wechat_bill.ALL.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert HEADERS["ALL"] == header
    assert SUMMARIES["ALL"] == summary_header
    header, *_, summary_header, _ = (VECTORS / "wechat_fundflow_doc_sample.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert (header, summary_header) == (FLOW_HEADER, FLOW_SUMMARY)


def test_the_fund_flow_adds_up(merchant: Any, a_day: str) -> None:
    rows, summary = table(fetch(merchant, apply(merchant, "fundflowbill", bill_date=a_day, account_type="BASIC")))
    assert [row["业务类型"] for row in rows].count("退款") == 2
    balance = None
    for row in rows:
        amount = Decimal(row["收支金额(元)"]) * (1 if row["收支类型"] == "收入" else -1)
        assert balance is None or Decimal(row["账户结余(元)"]) == balance + amount
        balance = Decimal(row["账户结余(元)"])
    assert summary == {"资金流水总笔数": "7", "收入笔数": "3", "收入金额": "15.08", "支出笔数": "4", "支出金额": "8.10"}


def test_days_without_a_bill(merchant: Any, wechat: WechatMock, clock: Clock) -> None:
    today = clock.now().date().isoformat()
    assert apply(merchant, "tradebill", bill_date=today).code == "STATEMENT_CREATING"
    assert apply(merchant, "tradebill", bill_date="2026-05-30").code == "NO_STATEMENT_EXIST"
    assert apply(merchant, "fundflowbill", bill_date="2026-05-30").code == "NO_STATEMENT_EXIST"
    for wrong in ("2026-06-02", "2026-01-01", "2026-02-30", "20260530", ""):
        refused = apply(merchant, "tradebill", bill_date=wrong)
        assert (refused.code, refused.json["detail"]["field"]) == ("PARAM_ERROR", "bill_date")
    for name in ("bill_type", "tar_type"):
        assert apply(merchant, "tradebill", bill_date="2026-05-30", **{name: "X"}).json["detail"]["field"] == name


def test_an_address_is_good_for_five_minutes_and_for_the_signer(
    merchant: Any, a_day: str, wechat: WechatMock, clock: Clock
) -> None:
    url = apply(merchant, "tradebill", bill_date=a_day).json["download_url"].removeprefix("http://127.0.0.1")
    assert wechat.handle(merchant.request("GET", url, signature="eA==")).status == 401
    clock.advance(301)
    assert merchant.ask("GET", url).code == "INVALID_REQUEST"
    assert merchant.ask("GET", "/v3/billdownload/file?token=x").code == "INVALID_REQUEST"


def certificates(merchant: Any) -> dict[str, x509.Certificate]:
    found = {}
    for one in merchant.ask("GET", "/v3/certificates").json["data"]:
        box = one["encrypt_certificate"]
        pem = unseal(
            merchant.facts["apiv3_key"].encode(),
            nonce=box["nonce"],
            associated_data=box["associated_data"],
            ciphertext=box["ciphertext"],
        )
        found[one["serial_no"]] = x509.load_pem_x509_certificate(pem)
        assert found[one["serial_no"]].serial_number == int(one["serial_no"], 16)
    return found


def test_certificates_are_downloaded_and_rotated_with_overlap(wechat: WechatMock, merchant: Any) -> None:
    old = merchant.facts["platform_serial_no"]
    assert list(certificates(merchant)) == [old]
    new = wechat.control("certificates", "platform", "rotate", {})["current"]
    merchant.serial = old  # by its name the old one still signs
    assert certificates(merchant).keys() == {old, new}
    merchant.serial = None
    reply = wechat.handle(merchant.request("GET", "/v3/certificates"))
    assert reply.headers["Wechatpay-Serial"] == new
    wechat.control("certificates", "platform", "retire", {})
    merchant.serial = old
    assert "平台证书序列号" in merchant.ask("GET", "/v3/certificates").json["message"]
    wechat.control("certificates", "platform", "remove", {})
    merchant.serial = None
    gone = merchant.ask("GET", "/v3/certificates")
    assert (gone.status, gone.code) == (404, "RESOURCE_NOT_EXISTS")
    wechat.reset()
    assert list(certificates(merchant)) == [old]
