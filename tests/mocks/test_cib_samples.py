"""The samples of the bank's document, replayed against the CIB mock: done as asked, and answered element by element alike."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mocks.cib import CibKeys, CibMock
from mocks.cib.accounts import Cause, Party
from mocks.clock import Clock
from tests.mocks.cib_customer import DECLARATION, Answer, Customer, posted, read

VECTORS = Path(__file__).parents[1] / "vectors" / "cib"
DIRECT = json.loads((VECTORS / "cib_direct.json").read_text(encoding="utf-8"))
MORE = json.loads((VECTORS / "cib_statement.json").read_text(encoding="utf-8"))
FAST = json.loads((VECTORS / "cib_fast.json").read_text(encoding="utf-8"))
REFUNDS = json.loads((VECTORS / "cib_refund.json").read_text(encoding="utf-8"))
MADE = {  # what the bank makes or fills in by itself; the rest has to be the sample's to the letter
    "DTSERVER", "SRVRID", "SRVRTID", "USERKEY", "TSKEYEXPIRE", "DTDUE", "DTXFERPRC", "FROM", "TO", "NAME", "BANKDESC", "CITY",
    "CHEQUENUM", "BALAMT", "AVAILBAL", "OPENDAT", "DTASOF", "REFUNDTIME",
}  # fmt: skip


def mock_of(request: str, clock: Clock) -> CibMock:
    """A mock of the customer that a sample speaks of."""
    told = ET.fromstring(request)  # noqa: S314  the document's sample
    values = {one.tag: one.text or "" for one in told.iter("SONRQ") for one in one}
    account = next((one.findtext("ACCTID") for one in told.iter("ACCTFROM")), None) or told.findtext(".//RQBODY/ACCTID")
    merchant = told.findtext(".//MRCHNO") or "P0000000"
    who = (values["CID"], values["USERID"], values["USERPASS"], account or "1" * 18)
    return CibMock(CibKeys(*who, "银企测试", 100_000_00, merchant, merchant), clock)


def asked(mock: CibMock, request: str) -> Answer:
    reply = mock.handle(posted(DECLARATION + request))
    return Answer(reply, read(reply.body))


def flat(element: ET.Element, above: str = "") -> list[tuple[str, Any, Any]]:
    """Every element in order: its path, its attributes, and its text unless the bank makes it."""
    path = f"{above}/{element.tag}"
    text = "…" if element.tag in MADE and not len(element) else (element.text or "").strip()
    return [(path, element.attrib, text), *(one for child in element for one in flat(child, path))]


def shape(element: ET.Element) -> list[str]:
    return [path for path, _, _ in flat(element)]


@pytest.mark.parametrize("name", ["XFERTRN", "MAGENTPAYTRN", "CURRACCTQUERYTRN"])
def test_a_sample_is_answered_as_the_document_answers_it(clock: Clock, name: str) -> None:
    samples = DIRECT | MORE
    request, response = samples[f"{name}RQ_request"], samples[f"{name}RS_response"]
    answer = asked(mock_of(request, clock), request)
    assert answer.code == "0"
    expected = ET.fromstring(response)  # noqa: S314  the same
    assert flat(answer.root) == flat(expected)


def test_the_samples_of_fast_transfers_are_answered_as_the_document_answers_them(clock: Clock) -> None:
    mock = mock_of(FAST["other_bank_request"], clock)
    mock.desk.account.name = "test"
    for request, response in (
        ("other_bank_request", "other_bank_response"),
        ("ICTRANSFERINQTRNRQ_request", "ICTRANSFERINQTRNRS_response"),
    ):
        answer = asked(mock, FAST[request])
        told, expected = (
            [one for one in flat(root) if "MESSAGE" not in one[0]]
            for root in (answer.root, ET.fromstring(FAST[response]))  # noqa: S314
        )
        assert told == expected
    assert mock.books()["sums"]["paid_out"] == 475
    nothing = asked(mock_of(FAST["not_found_request"], clock), FAST["not_found_request"])
    assert (nothing.code, nothing.text("MESSAGE")) == ("2000", "查无记录")


def test_the_samples_of_refunds_are_answered_as_the_document_answers_them(clock: Clock) -> None:
    request, response = REFUNDS["MRCHREFUNDTRNRQ_request"], REFUNDS["MRCHREFUNDTRNRS_response"]
    mock = mock_of(request, clock)
    mock.control("orders", "T20120719104505", "collect", {"amount": "60000.31"})
    for asks in (request, REFUNDS["MRCHREFUNDTRNRQ_query"].replace("refund123", "refundhg55")):
        assert flat(asked(mock, asks).root) == flat(ET.fromstring(response))  # noqa: S314  the same
    mock.desk.keys = replace(mock.desk.keys, enable_sign=False)
    waiting = asked(mock, REFUNDS["approved_by_people_request"])
    expected = ET.fromstring(REFUNDS["approved_by_people_response"])  # noqa: S314  the same
    assert [path for path in shape(waiting.root) if "RSBODY" in path] == [
        path for path in shape(expected) if "RSBODY" in path and not path.endswith("DTDUE")
    ]


def test_the_query_of_the_transfer_too(clock: Clock) -> None:
    mock = mock_of(DIRECT["XFERTRNRQ_request"], clock)
    asked(mock, DIRECT["XFERTRNRQ_request"])
    answer = asked(mock, DIRECT["XFERINQTRNRQ_request"])
    assert flat(answer.root) == flat(ET.fromstring(DIRECT["XFERINQTRNRS_response"]))  # noqa: S314  the same


def test_a_sample_sent_again_moves_no_money(clock: Clock) -> None:
    mock = mock_of(DIRECT["MAGENTPAYTRNRQ_request"], clock)
    for _ in range(3):
        assert asked(mock, DIRECT["MAGENTPAYTRNRQ_request"]).state == "PAYOUT"
    assert mock.books()["sums"]["paid_out"] == 187
    assert mock.books()["account"]["balance"] == 100_000_00 - 187


@pytest.mark.parametrize(("version", "sample"), [("1.0", "SCUSTSTMTTRNRS_response"), ("2.0", "SCUSTSTMTTRNRS_response_v2")])
def test_a_statement_has_the_rows_of_the_samples(cib: CibMock, customer: Customer, version: str, sample: str) -> None:
    customer.transfer()
    root = customer.statement("2026-06-01", "2026-06-01", VERSION=version).root
    expected = ET.fromstring(MORE[sample])  # noqa: S314  the same
    wanted = [row for row in expected.iter("STMTTRN") if row.find("BUSINESSTYPE") is not None]
    (row,) = root.iter("STMTTRN")
    assert shape(row) == shape(wanted[0])
    assert bool(row.findtext("MEMO")) is bool(wanted[0].findtext("MEMO"))
    around = ("CURDEF", "ACCTFROM", "TRANLIST", "LEDGERBAL", "AVAILBAL")
    assert [one.tag for one in next(root.iter("SCUSTSTMTRS"))] == list(around)
    assert [one.tag for one in next(expected.iter("SCUSTSTMTRS"))] == list(around)
    for name in ("ACCTFROM", "LEDGERBAL", "AVAILBAL"):
        assert shape(next(root.iter(name))) == shape(next(expected.iter(name)))
    lengths = {"ATTACHINFO": 25, "HXJYLSBH": 30, "SRVRTID": 8, "DTACCT": 19}
    for one in (row, wanted[0]):
        assert {name: len(one.findtext(name) or "") for name in lengths if one.find(name) is not None}.items() <= lengths.items()


def test_the_sample_of_a_statements_request_is_read(clock: Clock) -> None:
    clock.advance(86_400)
    mock = mock_of(MORE["SCUSTSTMTTRNRQ_request"], clock)
    assert asked(mock, MORE["SCUSTSTMTTRNRQ_request"]).code == "6421"
    day = f"{clock.now():%Y-%m-%d}"
    mock.desk.account.credit(clock.now(), 100, Cause("汇款", "来账", Party(), "1"))
    answer = asked(mock, MORE["SCUSTSTMTTRNRQ_request"].replace("2012-04-23", day))
    assert answer.texts("TRNAMT") == ["1.00"]


def test_the_rows_of_a_batch_are_those_of_the_sample(cib: CibMock, customer: Customer) -> None:
    rows = MORE["ASYNBATCHMRCHAGENT_detail_request"].replace("*", "0").splitlines()
    answer = customer.batch("20260601b1", rows, TOTALCOUNT="3", TOTALAMOUNT="152.00")
    assert (answer.code, answer.state) == ("0", "PROCESSING")
    cib.control("lines", "20260601b1-1", "complete", {})
    cib.control("lines", "20260601b1-3", "complete", {})
    told = (customer.only("ASYNBATCHMRCHAGENTTRNRQ", "20260601b1").text("XFERINFOTEXT") or "").split("\n")
    expected = MORE["ASYNBATCHMRCHAGENT_detail_response"].splitlines()
    assert [line.split("|")[10:] for line in (told[0], told[2])] == [line.split("|")[10:] for line in expected]
    assert [line.count("|") for line in told] == [13, 13, 13]
    assert [line.split("|")[:10] for line in told] == [line.split("|")[:10] for line in rows]


def test_a_notice_has_the_samples_elements_in_both_styles(cib: CibMock, customer: Customer) -> None:
    expected = ET.fromstring(MORE["BALANCECHANGENOTICE"])  # noqa: S314  the same
    for style, kind, when in (("table", "0", "2026-06-01 12:00:00"), ("sample", "借", "2026年06月01日    12:00")):
        cib.control("accounts", customer.facts["acct_id"], "watch", {"url": "http://127.0.0.1:9/notice", "style": style})
        customer.transfer(f"20260601{style}")
        told = read(cib.notices.all[-1].write()[1])
        assert shape(told) == shape(expected)
        assert (told.findtext(".//TRNTYPE"), told.findtext(".//TRADE_TIME")) == (kind, when)
