"""Batches of the Allinpay mock (TLT 100002): accepted is not paid, one code for all of it at first, then a result per line."""

import pytest

from mocks.allinpay import AllinpayMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.allinpay_merchant import Merchant

TEN_MINUTES = 600


def codes(trader: Merchant, number: str = "batch00001") -> list[tuple[str, str]]:
    return [(one["SN"], one["RET_CODE"]) for one in trader.query_payout(number).details]


def test_a_batch_is_accepted_and_its_lines_end_twenty_minutes_later(
    allinpay: AllinpayMock, trader: Merchant, clock: Clock
) -> None:
    lines = ({"AMOUNT": "100"}, {"AMOUNT": "200", "REMARK": "MOCK:3031"}, {"AMOUNT": "300", "REMARK": "MOCK:0014"})
    accepted = trader.batch("batch00001", *lines)
    assert (accepted.info, accepted.root.find("BODY")) == ("0000", None)
    assert allinpay.books()["sums"]["in_flight"] == 600
    assert (trader.query_payout("batch00001").info, codes(trader)) == ("2000", [])
    clock.advance(TEN_MINUTES)
    assert (trader.query_payout("batch00001").info, codes(trader)) == ("2007", [])
    clock.advance(TEN_MINUTES)
    assert codes(trader) == [("0001", "0000"), ("0002", "3031"), ("0003", "0014")]
    assert allinpay.books()["sums"]["paid_out"] == 100
    clock.advance(TEN_MINUTES)
    assert codes(trader) == [("0001", "0000"), ("0002", "3031"), ("0003", "0000")]
    assert allinpay.books()["sums"] == {
        "received": 0,
        "refunded": 0,
        "paid_out": 400,
        "returned": 0,
        "payout_fees": 200,
        "in_flight": 0,
    }


def test_a_line_can_be_held_and_ended_and_come_back(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    trader.batch("batch00001", {"REMARK": "MOCK:HOLD:0014"}, {})
    clock.advance(30 * 86400)
    assert codes(trader) == [("0001", "0014"), ("0002", "0000")]
    allinpay.control("payouts", "batch00001", "fail", {"sn": "0001", "code": "3004"})
    allinpay.control("payouts", "batch00001", "return", {"sn": "0002", "fee_given_back": True})
    assert codes(trader) == [("0001", "3004"), ("0002", "3999")]
    assert [(one["SN"], one["state"]) for one in allinpay.books()["payouts"]] == [("0001", "FAILED"), ("0002", "RETURNED")]


def test_a_batch_can_be_rejected_as_a_whole(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    trader.batch("batch00001", {}, {})
    assert allinpay.control("batches", "batch00001", "reject", {}) == {"REQ_SN": "batch00001", "info": "2004"}
    clock.advance(86400)
    assert (trader.query_payout("batch00001").info, codes(trader)) == ("2004", [])
    assert allinpay.books()["sums"] == dict.fromkeys(allinpay.books()["sums"], 0)
    trader.batch("batch00002", {})
    clock.advance(86400)
    with pytest.raises(ControlRefusedError, match="a line of it has ended"):
        allinpay.control("batches", "batch00002", "reject", {})


@pytest.mark.parametrize(
    ("total", "lines", "code"),
    [
        ({"TOTAL_ITEM": "3"}, [{}, {}], "1104"),
        ({"TOTAL_SUM": "4001"}, [{}, {}], "1103"),
        ({}, [{}, {"SN": "0001"}], "1102"),
        ({}, [{}, {"AMOUNT": "0"}], "1101"),
        ({}, [{}, {"SN": ""}], "1000"),
        ({}, [{}, {"ACCOUNT_PROP": "9"}], "1000"),
        ({"TOTAL_SUM": ""}, [{}], "1000"),
        ({"SETTDAY": "20260230"}, [{}], "1000"),
        ({"MERCHANT_ID": "200604000000000"}, [{}], "1105"),
        ({}, [{}, {"REMARK": "MOCK:1106"}], "1106"),
        ({}, [{}, {"REMARK": "MOCK:DONE:2008"}], "1000"),
    ],
)
def test_a_batch_that_does_not_add_up_moves_nothing(
    allinpay: AllinpayMock, trader: Merchant, total: dict[str, str], lines: list[dict[str, str]], code: str
) -> None:
    assert trader.batch("batch00001", *lines, total=total).info == code
    assert allinpay.books()["payouts"] == []
    assert trader.batch("batch00001", {}).info == "0000"


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "<BODY/>",
        "<BODY><TRANS_SUM/></BODY>",
        "<BODY><TRANS_SUM/><TRANS_SUM/><TRANS_DETAILS/></BODY>",
        "<TRANS/>",
    ],
)
def test_a_batch_without_its_parts_is_refused(trader: Merchant, rest: str) -> None:
    assert trader.tlt(trader.sealed(trader.xml("100002", "batch00001", rest))).info == "1000"


def test_a_batch_without_lines_is_refused(trader: Merchant) -> None:
    assert trader.batch("batch00001", total={"TOTAL_ITEM": "1", "TOTAL_SUM": "1"}).info == "1000"


def test_the_number_of_a_batch_is_used_once(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.batch("batch00001", {}).info == "0000"
    assert trader.batch("batch00001", {}).info == "1102"
    assert trader.payout("batch00001").info == "1102"
    assert len(allinpay.books()["payouts"]) == 1
