"""Single payouts of the Allinpay mock (TLT 100014, 200004): people and companies, every way in which one ends, and returns."""

import json
from pathlib import Path

import pytest

from mocks.allinpay import AllinpayMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.allinpay_merchant import Merchant

VECTORS = Path(__file__).parents[1] / "vectors" / "allinpay"
FIVE_MINUTES, TWO_DAYS = 300, 2 * 86400


def test_a_payout_is_answered_as_the_recorded_one(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    recorded = json.loads((VECTORS / "allinpay_tlt.json").read_text(encoding="utf-8"))["100014_response"]["AIPG"]
    answer = trader.payout(ACCOUNT_NAME="张三丰")
    info = {one.tag: one.text for one in answer.root.findall("INFO/*")}
    assert list(info)[-1] == "SIGNED_MSG"
    assert list(info)[:-1] == list(recorded["INFO"])
    assert info | {"REQ_SN": "", "SIGNED_MSG": ""} == recorded["INFO"] | {"REQ_SN": "", "SIGNED_MSG": ""}
    assert info["REQ_SN"] == "payout0001"
    result = {one.tag: one.text for one in answer.root.findall("TRANSRET/*")}
    assert result == recorded["TRANSRET"] | {"SETTLE_DAY": "20260601"}
    (held,) = allinpay.books()["payouts"]
    assert (held["state"], held["AMOUNT"], held["payee"]["ACCOUNT_NAME"], held["ACCOUNT_PROP"]) == ("PAID", 2000, "张三丰", "0")
    assert allinpay.books()["sums"] == {
        "received": 0,
        "refunded": 0,
        "paid_out": 2000,
        "returned": 0,
        "payout_fees": 100,
        "in_flight": 0,
    }


def test_a_company_is_paid_by_its_property(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout(ACCOUNT_PROP="1", ACCOUNT_NAME="某某<公司>&分行", UNION_BANK="102100099996").codes == ("0000", "0000")
    (held,) = allinpay.books()["payouts"]
    assert (held["ACCOUNT_PROP"], held["payee"]["ACCOUNT_NAME"], held["payee"]["UNION_BANK"]) == (
        "1",
        "某某<公司>&分行",
        "102100099996",
    )
    assert trader.query_payout().details[0]["ACCOUNT_NAME"] == "某某<公司>&分行"


def test_a_query_tells_what_recorded_answers_tell(trader: Merchant, clock: Clock) -> None:
    trader.payout(REMARK="备注", SUMMARY="附言", CUST_USERID="user1")
    answer = trader.query_payout()
    assert answer.text("INFO/TRX_CODE") == "200004"
    assert answer.details == [
        {
            "BATCHID": "payout0001",
            "SN": "0",
            "TRXDIR": "0",
            "SETTDAY": "20260601",
            "FINTIME": "20260601120000",
            "SUBMITTIME": "20260601120000",
            "ACCOUNT_NO": "0001",
            "ACCOUNT_NAME": "张三",
            "AMOUNT": "2000",
            "CUST_USERID": "user1",
            "REMARK": "备注",
            "SUMMARY": "附言",
            "RET_CODE": "0000",
            "ERR_MSG": "处理成功",
        }
    ]
    assert trader.query_payout("never00001").info == "1002"


def test_one_number_moves_money_once(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout().info == "0000"
    assert trader.payout().codes == ("1102", None)
    assert trader.payout(AMOUNT="2001").codes == ("1102", None)
    assert trader.query_payout("payout0001", req_sn="payout0001").info == "1102"
    assert len(allinpay.books()["payouts"]) == 1
    assert trader.query_payout().codes == ("0000", "0000")


@pytest.mark.parametrize("code", ["2000", "2001", "2003", "2005", "2007", "2008", "0003"])
def test_a_payout_can_be_in_between_and_ends_five_minutes_later(
    allinpay: AllinpayMock, trader: Merchant, clock: Clock, code: str
) -> None:
    assert trader.payout(REMARK=f"MOCK:{code}").codes == (code, None)
    clock.advance(FIVE_MINUTES - 1)
    asked = trader.query_payout()
    assert (asked.info, asked.details) == (code, [])
    assert asked.root.find("QTRANSRSP") is not None
    assert allinpay.books()["sums"]["in_flight"] == 2000
    clock.advance(1)
    assert trader.query_payout().codes == ("0000", "0000")
    assert allinpay.books()["sums"]["paid_out"] == 2000


def test_a_detail_can_be_in_between_too(trader: Merchant, clock: Clock) -> None:
    assert trader.payout(SUMMARY="MOCK:0014").codes == ("0000", "0014")
    assert trader.query_payout().codes == ("0000", "0014")
    clock.advance(FIVE_MINUTES)
    assert trader.query_payout().codes == ("0000", "0000")


@pytest.mark.parametrize("code", ["3004", "3031", "3063", "3999"])
def test_a_payout_fails_at_once_or_later(allinpay: AllinpayMock, trader: Merchant, clock: Clock, code: str) -> None:
    assert trader.payout("atonce0001", REMARK=f"MOCK:{code}").codes == ("0000", code)
    assert trader.payout("later00001", REMARK=f"MOCK:END:{code}").codes == ("2000", None)
    clock.advance(FIVE_MINUTES)
    assert [trader.query_payout(number).codes for number in ("atonce0001", "later00001")] == [("0000", code)] * 2
    assert allinpay.books()["sums"] == dict.fromkeys(allinpay.books()["sums"], 0)


def test_sent_to_the_bank_is_a_success(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout(REMARK="MOCK:4000").codes == ("0000", "4000")
    assert allinpay.books()["sums"]["paid_out"] == 2000


def test_a_package_can_be_refused_for_good_after_it_was_taken(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout("byvalue001", REMARK="MOCK:2004").codes == ("2004", None)
    trader.payout("bycontrol1", REMARK="MOCK:HOLD:2001")
    allinpay.control("batches", "bycontrol1", "reject", {"code": "2002"})
    assert [trader.query_payout(number).info for number in ("byvalue001", "bycontrol1")] == ["2004", "2002"]
    assert {one["state"] for one in allinpay.books()["payouts"]} == {"FAILED"}


def test_a_payout_can_stay_open_until_the_bank_is_told(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    trader.payout(REMARK="MOCK:HOLD:2007")
    clock.advance(30 * 86400)
    assert trader.query_payout().info == "2007"
    assert allinpay.control("payouts", "payout0001", "complete", {"code": "4000"})["state"] == "PAID"
    assert trader.query_payout().codes == ("0000", "4000")
    with pytest.raises(ControlRefusedError, match="PAID cannot fail; it can: return"):
        allinpay.control("payouts", "payout0001", "fail", {})


def test_done_and_answered_as_if_nobody_knew(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout(REMARK="MOCK:DONE:2008").codes == ("2008", None)
    assert trader.query_payout().codes == ("0000", "0000")
    assert allinpay.books()["sums"]["paid_out"] == 2000


def test_a_failing_query_says_nothing_of_the_payout(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.payout(REMARK="MOCK:query:1000").codes == ("0000", "0000")
    assert trader.query_payout().info == "1000"
    assert allinpay.books()["payouts"][0]["state"] == "PAID"


@pytest.mark.parametrize("given_back", [False, True])
def test_a_payout_comes_back_days_later(allinpay: AllinpayMock, trader: Merchant, clock: Clock, given_back: bool) -> None:
    trader.payout()
    clock.advance(TWO_DAYS)
    shown = allinpay.control("payouts", "payout0001", "return", {"code": "3031", "fee_given_back": given_back})
    assert (shown["state"], shown["fee"], shown["returned"]) == (
        "RETURNED",
        0 if given_back else 100,
        "2026-06-03T12:00:00+08:00",
    )
    (told,) = trader.query_payout().details
    assert (told["RET_CODE"], told["SETTDAY"], told["FINTIME"]) == ("3031", "20260603", "20260603120000")
    sums = allinpay.books()["sums"]
    assert (sums["paid_out"], sums["returned"], sums["payout_fees"]) == (2000, 2000, 0 if given_back else 100)
    with pytest.raises(ControlRefusedError, match="RETURNED cannot return; it can: nothing"):
        allinpay.control("payouts", "payout0001", "return", {})


def test_one_that_asks_for_it_comes_back_by_itself(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    assert trader.payout(REMARK="MOCK:RETURN:3999").codes == ("0000", "0000")
    clock.advance(TWO_DAYS - 1)
    assert trader.query_payout().codes == ("0000", "0000")
    clock.advance(10 * 86400)  # however late it is looked at, it came back when it did
    assert trader.query_payout().codes == ("0000", "3999")
    assert allinpay.books()["payouts"][0]["returned"] == "2026-06-03T12:00:00+08:00"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AMOUNT": "0"}, "1101"),
        ({"AMOUNT": "20.00"}, "1101"),
        ({"AMOUNT": "-1"}, "1101"),
        ({"AMOUNT": "1234567890123"}, "1101"),
        ({"AMOUNT": ""}, "1000"),
        ({"ACCOUNT_NO": ""}, "1000"),
        ({"ACCOUNT_NAME": ""}, "1000"),
        ({"ACCOUNT_NAME": "长" * 61}, "1000"),
        ({"BANK_CODE": "01"}, "1000"),
        ({"ACCOUNT_PROP": "2"}, "1000"),
        ({"ACCOUNT_TYPE": "03"}, "1000"),
        ({"CURRENCY": "USD"}, "1000"),
        ({"UNION_BANK": "1021000"}, "1000"),
        ({"SUBMIT_TIME": "20261301000000"}, "1000"),
        ({"BUSINESS_CODE": "99"}, "1000"),
        ({"ACCOUNT_NUMBER": "1"}, "1000"),  # no list names it
        ({"MERCHANT_ID": "200604000000000"}, "1105"),
        ({"REMARK": "MOCK:9999"}, "1000"),  # asks for a code that no list names
        ({"REMARK": "MOCK:END:2007"}, "1000"),
        ({"REMARK": "MOCK:1105"}, "1105"),
        ({"REMARK": "MOCK:refund:1000"}, "1000"),
    ],
)
def test_what_is_not_right_moves_nothing(allinpay: AllinpayMock, trader: Merchant, changes: dict[str, str], code: str) -> None:
    assert trader.payout(**changes).codes == (code, None)
    assert allinpay.books()["payouts"] == []
    assert trader.query_payout().info == "1002"
    assert trader.payout().info == "0000"  # the number is still free


@pytest.mark.parametrize(
    ("things", "number", "verb", "options", "says"),
    [
        ("payouts", "none", "fail", {}, "no payout has the REQ_SN none"),
        ("payouts", "payout0001", "burn", {}, "cannot be told to burn"),
        ("payouts", "payout0001", "complete", {"code": "3031"}, "3031 is no code"),
        ("payouts", "payout0001", "fail", {"code": "0000"}, "0000 is no code"),
        ("payouts", "payout0001", "fail", {"sn": "0009"}, "no line has the SN 0009"),
        ("payouts", "payout0001", "return", {}, "OPEN cannot return"),
        ("payouts", "payout0001", "complete", {"fee_given_back": "yes"}, "true or false"),
        ("batches", "payout0001", "reject", {"code": "1000"}, "1000 rejects no package"),
        ("things", "payout0001", "fail", {}, "allinpay has no things"),
    ],
)
def test_the_control_plane_says_why_it_cannot(
    allinpay: AllinpayMock, trader: Merchant, things: str, number: str, verb: str, options: dict[str, object], says: str
) -> None:
    trader.payout(REMARK="MOCK:HOLD:2000")
    with pytest.raises(ControlRefusedError, match=says):
        allinpay.control(things, number, verb, options)
    assert allinpay.books()["payouts"][0]["state"] == "OPEN"
