"""The UnionPay mock's codes against the collected list, and every one of them provoked by a magic value and by a fault."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from mocks.faults import Fault
from mocks.unionpay import UnionpayMock
from mocks.unionpay.codes import find, refused, row_of, rows
from mocks.wire import MockReply
from tests.mocks.unionpay_merchant import APP_PATH, BACK_PATH, FRONT_PATH, QUERY_PATH, Merchant, split

COLLECTED = Path(__file__).parents[1] / "vectors" / "unionpay" / "unionpay_errors.csv"
CODES = sorted({row.code for row in rows()})
OPERATIONS = ["front", "app", "refund", "cancel", "payout", "encrypt_certificate", "query", "file"]


def collected() -> set[tuple[str, str]]:
    with COLLECTED.open(encoding="utf-8-sig", newline="") as file:
        return {(row["code"], row["message"]) for row in csv.DictReader(file) if row["api"] == "respCode"}


def test_the_table_has_the_collected_list_and_invents_nothing() -> None:
    assert {(row.code, row.message) for row in rows()} == collected()
    assert len(CODES) == 72
    with pytest.raises(KeyError):
        refused("ZZ")
    assert find("ZZ") is None


def test_the_known_details_are_the_recorded_ones() -> None:
    known = {row.code: row.detail for row in rows() if row.detail != "9999999"}
    assert known == {"00": "0000000", "05": "6154037", "11": "9100004", "34": "2600000"}
    assert all(re.fullmatch(r".+\[[0-9]{7}\]", row.text) for row in rows())


def test_the_fuller_of_two_texts_is_answered() -> None:
    assert row_of("93").message == "营业执照吊销"


def acts(shop: Merchant) -> dict[str, tuple[str, dict[str, str]]]:
    """Return a good request of every operation."""
    given = {"orderId": "following1", "txnAmt": "100", "backUrl": "http://127.0.0.1:9/b", "origQryId": "1" * 21}
    return {
        "front": (FRONT_PATH, shop.consume("following1", frontUrl="http://127.0.0.1:9/f")),
        "app": (APP_PATH, shop.consume("following1", channelType="08")),
        "refund": (BACK_PATH, shop.fields("04/00", "000201", **given)),
        "cancel": (BACK_PATH, shop.fields("31/00", "000201", **given)),
        "payout": (BACK_PATH, shop.payout_fields("following1")),
        "encrypt_certificate": (BACK_PATH, shop.fields("95/00", "000000", orderId="following1", certType="01")),
        "query": (QUERY_PATH, shop.fields("00/00", "000000", orderId="following1")),
        "file": ("/", shop.fields("76/01", "000000", settleDate="0531", fileType="00")),
    }


def code_in(operation: str, reply: MockReply) -> str:
    text = reply.body.decode()
    if operation == "front":
        found = re.search(r"交易失败 (..)\[[0-9]{7}\]", text)
        assert found is not None
        return found[1]
    return split(text)["respCode"]


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "query"])
def test_every_code_is_provoked_by_a_value_in_the_request(unionpay: UnionpayMock, shop: Merchant, operation: str) -> None:
    path, fields = acts(shop)[operation]
    for code in CODES:
        reply = unionpay.handle(shop.request(path, shop.sign(fields | {"reqReserved": f"MOCK:{code}"})))
        assert code_in(operation, reply) == code
    assert unionpay.desk.transactions.all == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_code_is_provoked_by_a_fault(unionpay: UnionpayMock, shop: Merchant, operation: str) -> None:
    path, fields = acts(shop)[operation]
    for code in [*CODES, "Z9"]:
        request = shop.request(path, shop.sign(fields))
        assert code_in(operation, unionpay.handle(request, Fault(1, "next_code", options={"code": code}))) == code
    assert unionpay.desk.transactions.all == {}


def test_every_code_is_provoked_on_what_comes_later(unionpay: UnionpayMock, shop: Merchant) -> None:
    for number, code in enumerate(CODES):
        shop.app(f"queried{number:03d}", reqReserved=f"MOCK:query:{code}")
        assert shop.query(f"queried{number:03d}")["respCode"] == code
        for kind, ask in (("refund", shop.refund), ("cancel", shop.cancel)):
            shop.app(f"{kind}ed{number:03d}", reqReserved=f"MOCK:{kind}:{code}")
            query_id = unionpay.control("orders", f"{kind}ed{number:03d}", "pay", {})["queryId"]
            assert ask(query_id, f"{kind}x{number:03d}")["respCode"] == code
    assert unionpay.books()["refunds"] == unionpay.books()["cancels"] == []


def test_every_code_can_be_an_end(unionpay: UnionpayMock, shop: Merchant) -> None:
    for number, code in enumerate(CODES):
        assert shop.payout(f"payout{number:04d}", reqReserved=f"MOCK:END:{code}")["respCode"] == "00"
        assert shop.query(f"payout{number:04d}")["origRespCode"] == code
        shop.app(f"order{number:05d}", reqReserved=f"MOCK:END:{code}")
        unionpay.control("orders", f"order{number:05d}", "pay", {})
        assert shop.query(f"order{number:05d}")["origRespCode"] == code
    successes = [one for one in unionpay.books()["payouts"] if one["state"] == "DONE"]
    assert {one["code"] for one in successes} == {"00", "A6"}
    assert unionpay.books()["sums"] == {"received": 2000, "refunded": 0, "paid_out": 4000}


@pytest.mark.parametrize("text", ["MOCK:ZZ", "MOCK:", "MOCK:END:ZZ", "MOCK:query:"])
def test_a_value_that_names_no_code_says_so(unionpay: UnionpayMock, shop: Merchant, text: str) -> None:
    reply = unionpay.handle(shop.request(APP_PATH, shop.sign(shop.consume(channelType="08", reqReserved=text))))
    assert code_in("app", reply) == "10"
    assert "codes.csv" in reply.note["why"]["reason"]


def test_a_fault_may_set_text_and_status_and_have_it_done(unionpay: UnionpayMock, shop: Merchant) -> None:
    options: dict[str, Any] = {"code": "03", "message": "说明", "http_status": 503, "executed": True}
    reply = unionpay.handle(
        shop.request(APP_PATH, shop.sign(shop.consume(channelType="08"))), Fault(1, "next_code", options=options)
    )
    assert (reply.status, split(reply.body.decode())["respMsg"]) == (503, "说明[9999999]")
    assert shop.query()["origRespCode"] == "05"
