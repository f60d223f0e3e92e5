"""The statement as a file: the document's own records, and when a page of them says nothing."""

import json
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from payment_channels import BillQuery, BillResult, BillRowKind, BillStatus, Money
from tests.channels.cib.conftest import ACCOUNT, DAY, answers, fox, sent, shape, status, talk
from tests.channels.cib.test_accounts import LATER
from tests.conftest import VECTORS

SAMPLES: dict[str, str] = json.loads((VECTORS / "cib" / "cib_statement_file.json").read_text(encoding="utf-8"))
OF_THE_SAMPLE = "355580100100058819"
WIDTHS = (30, 10, 3, 8, 6, 2, 3, 4, 4, 8, 3, 10, 10, 15, 15, 2, 1, 1, 1, 1, 3, 32, 32, 120, 14, 70, 1, 60, 60)
"""As the document's table has them, without the line end."""


def record(
    number: str = "H1", *, amount: str = "1.24", side: str = "0", code: str = "231", correction: str = "0", currency: str = "01"
) -> str:
    texts = [""] * len(WIDTHS)
    texts[0], texts[3], texts[4], texts[13], texts[14], texts[15] = number, "20260531", "093001", "100.50", amount, currency
    texts[17], texts[18], texts[19], texts[20], texts[22], texts[23] = side, correction, "0", code, "622202", "某某贸易有限公司"
    texts[27] = "货款"
    return "".join(text + " " * (width - len(text.encode("gbk"))) for text, width in zip(texts, WIDTHS, strict=True)) + "\n"


def page(*records: str, more: str | None = "N", total: str | None = None, number: int = 1, **changes: str) -> bytes:
    account, size = changes.get("account", ACCOUNT), changes.get("size", str(len(records)))
    told = "".join(f"<{name}>{text}</{name}>" for name, text in (("TOTAL", total), ("MORE", more)) if text is not None)
    entries = f'<TRANLIST size="{size}"><![CDATA[{"".join(records)}]]></TRANLIST>'
    held = f"<SCUSTSTMTRS><ACCTFROM><ACCTID>{account}</ACCTID></ACCTFROM>{told}{entries}</SCUSTSTMTRS>"
    name = f"<TRNUID>N{number:07}</TRNUID>"
    return fox(f"<FSTMTTRNRS>{name}{status()}{held}</FSTMTTRNRS>", server_time=changes.get("at", LATER))


def bill(*bodies: bytes, day: date = DAY, **changes: Any) -> BillResult:
    return talk(answers(*bodies), **changes).bill(BillQuery(day=day, bill_kind="statement_file"))


def published(name: str) -> BillResult:
    body = SAMPLES[name].replace("<TRNUID>8922</TRNUID>", "<TRNUID>N0000001</TRNUID>").encode("gbk")
    return bill(body, day=date(2016, 9, 1), acct_id=OF_THE_SAMPLE)


def test_what_is_sent_has_the_documents_elements_in_their_order() -> None:
    script = answers(b"")
    client = talk(script, cid="1100343164", user_id="tom", user_pass="111111", acct_id=OF_THE_SAMPLE)
    client.bill(BillQuery(day=date(2016, 9, 1), bill_kind="statement_file"))
    drop = {"DTCLIENT", "TRNUID", "NAME", "BANKDESC", "CITY", "TRNTYPE", "MINAMT", "MAXAMT", "DTEND", "NUM"}
    wanted = ET.fromstring(SAMPLES["FSTMTTRNRQ_request"])  # noqa: S314  the published example
    assert shape(sent(script.calls[0]), drop=drop) == shape(wanted, drop=drop)
    asked = sent(script.calls[0])
    assert (asked.findtext(".//DTEND"), asked.findtext(".//NUM")) == ("2016-09-01", "500")


def test_the_documents_records_are_read_byte_for_byte() -> None:
    result = published("FSTMTTRNRS_response")
    assert (result.status, len(result.rows)) == (BillStatus.READY, 10)
    first, second = result.rows[:2]
    assert (first.amount, first.incoming, first.balance_after) == (Money(10000), True, Money(9140016))
    assert first.at == datetime(2016, 9, 1, 1, 27, 9, tzinfo=UTC)
    assert (first.raw["核心交易流水编号"], first.raw["对方账号"]) == ("H00100201609010000023348310000", "355580100100244174")
    assert (first.raw["对方账户名称"], first.raw["对方行行名"]) == ("1284子账户专用", "兴业银行杭州富阳支行")
    assert (second.incoming, second.amount, second.raw["用途"], second.kind) == (True, Money(1), "转账", BillRowKind.OTHER)
    assert [(row.kind, row.incoming) for row in result.rows[-2:]] == [(BillRowKind.PAYOUT, False)] * 2
    assert sum(1 for row in result.rows if row.incoming) == 7


def test_the_documents_empty_day_is_empty() -> None:
    body = SAMPLES["empty_response"].replace("<TRNUID>8922</TRNUID>", "<TRNUID>N0000001</TRNUID>").encode("gbk")
    assert bill(body, day=date(2016, 9, 1)).status is BillStatus.EMPTY
    assert bill(body, day=date(2016, 9, 2)).status is BillStatus.NOT_READY  # it was asked on that very day


def test_all_pages_are_fetched_and_corrections_are_told() -> None:
    pages = (
        page(record("H1"), record("H2", side="1"), more="Y", total="4"),
        page(record("H3", amount="-1.24"), record("H4", side="1", correction="1"), total="4", number=2),
    )
    result = bill(*pages)
    assert result.status is BillStatus.READY
    told = [(row.kind, row.incoming, row.amount) for row in result.rows]
    assert told == [
        (BillRowKind.PAYOUT, False, Money(124)),
        (BillRowKind.OTHER, True, Money(124)),
        (BillRowKind.REVERSAL, True, Money(124)),
        (BillRowKind.REVERSAL, True, Money(124)),
    ]
    assert bill(page(record(), more=None, total="1")).status is BillStatus.READY
    assert bill(page(record(), more="N")).status is BillStatus.READY


def short(text: str) -> str:
    return text[:-3] + "\n"


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([page(record("H1"), record("H1"))], BillStatus.INCONSISTENT),
        ([page(record(), account="117010100100000177")], BillStatus.INCONSISTENT),
        ([page(record(), total="2")], BillStatus.INCONSISTENT),
        ([page(record(), more=None, total="2")], BillStatus.INCONSISTENT),
        ([page(more="Y")], BillStatus.INCONSISTENT),
        ([page(record(), more="Y"), page(record(), number=2)], BillStatus.INCONSISTENT),
        ([page(record(), more=None)], BillStatus.UNKNOWN),
        ([page(record(), more="X")], BillStatus.UNKNOWN),
        ([page(record(), size="2")], BillStatus.UNKNOWN),
        ([page(short(record()))], BillStatus.UNKNOWN),
        ([page(record().replace("货款  ", "货款"))], BillStatus.UNKNOWN),
        ([page(record(side="2"))], BillStatus.UNKNOWN),
        ([page(record(amount="one"))], BillStatus.UNKNOWN),
        ([page(record(amount=""))], BillStatus.UNKNOWN),
        ([page(record(currency="14"))], BillStatus.UNKNOWN),
        ([page(record(currency="14").replace("100.50", "      "))], BillStatus.UNKNOWN),
        ([page(record(), at="2026-05-31 23:59:59")], BillStatus.NOT_READY),
    ],
)
def test_a_file_that_cannot_be_relied_on_has_no_rows(bodies: list[bytes], expected: BillStatus) -> None:
    result = bill(*bodies)
    assert (result.status, result.rows) == (expected, ())
