"""The LianLian mock's codes against the collected list, and every one of them provoked by a magic value and by a fault."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mocks.faults import Fault
from mocks.lianlian import LianlianMock
from mocks.lianlian.codes import CONFIRMATION, find, refused, rows
from mocks.wire import MockReply, MockRequest
from tests.mocks.lianlian_merchant import BALANCE, BRANCHES, CONFIRM, NOTIFY, PAY, QUERY, Merchant

VECTORS = Path(__file__).parents[1] / "vectors" / "lianlian"
CODES = sorted({row.code for row in rows()})
PLAIN = [code for code in CODES if code != "0000" and code not in CONFIRMATION]
OPENING = 100_000_000


def collected() -> set[tuple[str, str, str]]:
    with (VECTORS / "lianlian_errors.csv").open(encoding="utf-8-sig", newline="") as file:
        found = {
            (row["code"], row["message"], "all") for row in csv.DictReader(file) if row["api"].startswith("LianLian ret_code")
        }
    with (VECTORS / "lianlian_instantpay_codes.csv").open(encoding="utf-8-sig", newline="") as file:
        return found | {(row["code"], row["message"], "instantpay") for row in csv.DictReader(file)}


def balance(lianlian: LianlianMock) -> int:
    found: int = lianlian.books()["sums"]["balance"]
    return found


def test_the_table_has_the_collected_list_and_invents_nothing() -> None:
    assert {(row.code, row.message, row.of) for row in rows()} == collected()
    assert len(CODES) == 149
    with pytest.raises(KeyError):
        refused("ZZZZ")
    assert find("ZZZZ") is None


def test_of_two_texts_the_instant_payments_own_is_answered_as_the_published_answer_has_it() -> None:
    published = json.loads((VECTORS / "lianlian.json").read_text(encoding="utf-8"))["verify"]
    for sample in published:
        row = find(sample["fields"]["ret_code"])
        assert row is not None
        assert row.message == sample["fields"]["ret_msg"]
    assert refused("1004", told="memo").text == "商户请求参数校验错误（memo）"


@pytest.mark.parametrize("code", PLAIN)
def test_every_code_is_provoked_by_a_value_in_the_payment(lianlian: LianlianMock, payer: Merchant, code: str) -> None:
    row = find(code)
    assert row is not None
    answer = payer.pay(info_order=f"MOCK:{code}")
    assert (answer["ret_code"], answer["ret_msg"]) == (code, row.message)
    assert "oid_paybill" not in answer
    assert lianlian.books()["payouts"] == []
    assert balance(lianlian) == OPENING


def test_a_payment_can_be_done_and_answered_with_a_code_all_the_same(lianlian: LianlianMock, payer: Merchant) -> None:
    assert payer.pay(info_order="MOCK:DONE:9999")["ret_code"] == "9999"
    assert payer.query()["result_pay"] == "PROCESSING"
    assert balance(lianlian) == OPENING - 12345


def test_a_code_can_be_the_reason_of_a_failure(lianlian: LianlianMock, payer: Merchant) -> None:
    assert payer.pay(info_order="MOCK:END:1110")["ret_code"] == "0000"
    lianlian.desk.clock.advance(3)
    told = payer.query()
    assert (told["result_pay"], told["memo"]) == ("FAILURE", "卡状态异常")
    assert payer.pay("payout2", info_order="MOCK:END:FAILURE", card_no="6226090000000055")["ret_code"] == "0000"
    lianlian.desk.clock.advance(3)
    assert payer.query("payout2")["memo"] == "交易异常，支付失败"
    assert balance(lianlian) == OPENING


@pytest.mark.parametrize("text", ["MOCK:ZZZZ", "MOCK:END:CLOSED", "MOCK:refund:9999", "MOCK:", "MOCK:SUCCESS"])
def test_a_magic_value_that_means_nothing_is_refused(lianlian: LianlianMock, payer: Merchant, text: str) -> None:
    assert payer.pay(info_order=text)["ret_msg"] == "商户请求参数校验错误（info_order）"
    assert lianlian.books()["payouts"] == []


def asked(payer: Merchant) -> dict[str, dict[str, Any]]:
    """Return a good request of every operation."""
    common = {"oid_partner": payer.partner, "sign_type": "RSA"}
    return {
        PAY: payer.payment("payout2", card_no="6226090000000055"),
        CONFIRM: {**common, "api_version": "1.1", "no_order": "payout1", "confirm_code": "123456", "notify_url": NOTIFY},
        QUERY: {**common, "query_version": "1.0", "no_order": "payout1"},
        BALANCE: {**common, "api_version": "1.1"},
        BRANCHES: {**common, "bank_code": "01020000", "city_code": "110000", "brabank_name": "工商"},
    }


@pytest.mark.parametrize("path", [PAY, CONFIRM, QUERY, BALANCE, BRANCHES])
def test_every_code_is_provoked_by_a_fault_and_nothing_is_done(lianlian: LianlianMock, payer: Merchant, path: str) -> None:
    payer.pay()
    before = lianlian.books()
    code = ""

    def faulty(request: MockRequest) -> MockReply:
        return lianlian.handle(request, Fault(1, "next_code", options={"code": code}))

    payer.send = faulty
    # Each answer is signed and verified, which takes its time: the whole list on one operation, some codes on the others.
    for code in CODES if path == BALANCE else ["1001", "1002", "9104", "8901", "9902", "9999", "6543"]:
        answer = payer.ask(path, asked(payer)[path])
        row = find(code)
        assert (answer["ret_code"], answer["ret_msg"]) == (code, row.message if row is not None else "模拟的返回码")
    assert lianlian.books() == before


def test_a_fault_may_bring_its_own_message_and_status_and_be_executed(lianlian: LianlianMock, payer: Merchant) -> None:
    options = {"code": "9990", "message": "银行交易出错，余额不足，请稍后重试", "http_status": 500, "executed": True}

    def faulty(request: MockRequest) -> MockReply:
        reply = lianlian.handle(request, Fault(1, "next_code", options=options))
        assert reply.status == 500
        return reply

    payer.send = faulty
    assert payer.pay()["ret_msg"] == options["message"]
    assert lianlian.books()["payouts"][0]["state"] == "PROCESSING"


def test_branches_are_found_by_a_part_of_their_name_and_signed_as_a_list(payer: Merchant) -> None:
    fields = asked(payer)[BRANCHES]
    answer = payer.ask(BRANCHES, fields)
    assert answer["ret_code"] == "0000"
    assert answer["bank_code"] == "01020000"
    assert answer["card_list"] == [{"prcptcd": "102100099996", "brabank_name": "中国工商银行"}]
    assert payer.ask(BRANCHES, fields | {"brabank_name": "农业"})["ret_code"] == "5501"
    assert payer.ask(BRANCHES, fields | {"bank_code": "99990000"})["ret_code"] == "5501"
    assert payer.ask(BRANCHES, fields | {"bank_code": "102"})["ret_msg"] == "商户请求参数校验错误（bank_code）"
