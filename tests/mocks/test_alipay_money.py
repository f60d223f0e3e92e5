"""Refunds and transfers of the Alipay mock by either protocol: a number moves money once, and never more than there is."""

from typing import Any

import pytest

from mocks.alipay import AlipayMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.alipay_app import CARD, App

TO_CARD = "TRANS_BANKCARD_NO_PWD"


@pytest.fixture
def paid(either: App) -> App:
    either.pay()
    return either


def test_refunds_are_cumulative_and_close_the_trade_with_the_last(paid: App, alipay: AlipayMock) -> None:
    first = paid.refund("r1", "0.30")
    assert (first.ok, first.json["fund_change"], first.json["refund_fee"]) == (True, "Y", "0.30")
    assert paid.query().json["trade_status"] == "TRADE_SUCCESS"
    second = paid.refund("r2", "0.70")
    assert (second.json["fund_change"], second.json["refund_fee"]) == ("Y", "1.00")
    assert paid.query().json["trade_status"] == "TRADE_CLOSED"
    assert alipay.books()["sums"]["refunded"] == 100


def test_a_repeated_refund_changes_nothing_and_another_amount_is_refused(paid: App, alipay: AlipayMock) -> None:
    paid.refund("r1", "0.30")
    again = paid.refund("r1", "0.3")
    assert (again.ok, again.json["fund_change"], again.json["refund_fee"]) == (True, "N", "0.30")
    assert paid.refund("r1", "0.31").code == "ACQ.DISCORDANT_REPEAT_REQUEST"
    paid.refund("r2", "0.70")
    assert paid.refund("r2", "0.70").json["fund_change"] == "N"  # also once the trade is closed
    assert paid.refund("r3", "0.01").code == "ACQ.TRADE_HAS_CLOSE"
    assert alipay.books()["sums"]["refunded"] == 100


def test_refunds_never_exceed_what_was_paid(paid: App, alipay: AlipayMock) -> None:
    assert paid.refund("r1", "1.01").code == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    paid.refund("r2", "0.60", refund_reason="MOCK:PROCESSING")
    assert paid.refund("r3", "0.41").code == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"  # what may yet succeed counts too
    assert paid.refund("r4", "0.40").ok
    assert alipay.books()["sums"]["refunded"] == 40


def test_only_the_whole_can_be_refunded_without_a_number(paid: App) -> None:
    assert paid.refund("", "0.30").code == "ACQ.INVALID_PARAMETER"
    assert paid.refund("", "1.00").json["refund_fee"] == "1.00"
    assert paid.refund("", "1.00").json["fund_change"] == "N"
    assert paid.query_refund("order0001").json["refund_status"] == "REFUND_SUCCESS"  # it has the order's number


@pytest.mark.parametrize("yuan", ["0", "-0.10", "0.001", "abc", ""])
def test_amounts_of_refunds_are_amounts(paid: App, yuan: str) -> None:
    assert paid.refund("r1", yuan).code == "ACQ.INVALID_PARAMETER"


def test_what_was_not_paid_is_not_refunded(either: App, alipay: AlipayMock) -> None:
    assert either.refund().code == "ACQ.TRADE_NOT_EXIST"
    either.precreate()
    assert either.refund().code == "ACQ.TRADE_NOT_EXIST"
    alipay.control("orders", "order0001", "scan", {})
    assert either.refund().code == "ACQ.TRADE_STATUS_ERROR"
    either.close()
    assert either.refund().code == "ACQ.TRADE_HAS_CLOSE"


def test_the_query_tells_of_refunds_that_succeeded_alone(paid: App, alipay: AlipayMock, clock: Clock) -> None:
    paid.refund("r1", "0.30", refund_reason="买错了")
    shown = paid.query_refund("r1", query_options=["gmt_refund_pay", "refund_detail_item_list"]).json
    assert (shown["refund_status"], shown["refund_amount"], shown["total_amount"]) == ("REFUND_SUCCESS", "0.30", "1.00")
    assert (shown["gmt_refund_pay"], shown["send_back_fee"]) == ("2026-06-01 12:00:00", "0.30")
    assert shown["refund_reason"] == "买错了"
    unknown = paid.query_refund("r9")
    assert (unknown.ok, "refund_status" in unknown.json) == (True, False)
    held = paid.refund("r2", "0.20", refund_reason="MOCK:PROCESSING")
    assert (held.json["fund_change"], held.json["refund_fee"]) == ("N", "0.30")
    assert "refund_status" not in paid.query_refund("r2").json
    clock.advance(10)
    assert paid.query_refund("r2").json["refund_status"] == "REFUND_SUCCESS"
    assert paid.ask("alipay.trade.fastpay.refund.query", {"out_trade_no": "order0001"}).code == "ACQ.INVALID_PARAMETER"
    assert paid.query_refund("r1", "nothing").code == "ACQ.TRADE_NOT_EXIST"


def test_a_refund_that_failed_leaves_its_money(paid: App, alipay: AlipayMock) -> None:
    paid.refund("r1", "1.00", refund_reason="MOCK:PROCESSING")
    alipay.control("refunds", "r1", "fail", {})
    assert "refund_status" not in paid.query_refund("r1").json
    assert paid.query().json["trade_status"] == "TRADE_SUCCESS"
    assert paid.refund("r2", "1.00").json["refund_fee"] == "1.00"
    with pytest.raises(ControlRefusedError, match="FAIL cannot succeed"):
        alipay.control("refunds", "r1", "succeed", {})
    with pytest.raises(ControlRefusedError, match="no code of a refund"):
        alipay.control("refunds", "r1", "fail", {"error_code": "NOTHING"})


def test_a_refund_may_be_applied_for(paid: App, alipay: AlipayMock, clock: Clock) -> None:
    asked = {"out_trade_no": "order0001", "out_request_no": "r1", "refund_amount": "0.30"}
    applied = paid.ask("alipay.trade.refund.apply", asked)
    assert (applied.ok, applied.json["refund_status"]) == (True, "REFUND_PROCESSING")
    clock.advance(10)
    assert paid.ask("alipay.trade.refund.apply", asked).json["refund_status"] == "REFUND_SUCCESS"
    paid.ask("alipay.trade.refund.apply", asked | {"out_request_no": "r2"})
    alipay.control("refunds", "r2", "fail", {"error_code": "ACQ.REASON_ILLEGAL_STATUS"})
    assert paid.query_refund("r2").json["error_code"] == "ACQ.REASON_ILLEGAL_STATUS"


def test_a_refund_done_and_nobody_knows(paid: App, alipay: AlipayMock) -> None:
    assert paid.refund("r1", "0.30", refund_reason="MOCK:20000").code in {"isp.unknow-error", "unknow-error"}
    assert alipay.books()["sums"]["refunded"] == 30
    assert paid.refund("r1", "0.30").json["fund_change"] == "N"


def test_a_wallet_gets_its_money_at_once(either: App, alipay: AlipayMock) -> None:
    sent = either.transfer(yuan="12.34")
    assert (sent.ok, sent.json["status"], sent.json["trans_date"]) == (True, "SUCCESS", "2026-06-01 12:00:00")
    assert either.transfer(yuan="12.34").json == sent.json
    assert either.transfer(yuan="12.35").code == "PAYMENT_INFO_INCONSISTENCY"
    assert either.transfer(yuan="12.34", remark="x").code == "PAYMENT_INFO_INCONSISTENCY"
    shown = either.query_transfer().json
    assert (shown["status"], shown["trans_amount"], shown["order_id"]) == ("SUCCESS", "12.34", sent.json["order_id"])
    assert either.ask("alipay.fund.account.query", {"account_type": "ACCTRANS_ACCOUNT"}).json["available_amount"] == "9999987.66"
    assert alipay.books()["sums"]["paid_out"] == 1234


@pytest.mark.parametrize(
    "payee",
    [
        {"identity": "test@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "测试"},
        {"identity": "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", "identity_type": "ALIPAY_OPEN_ID"},
    ],
)
def test_other_payees(either: App, payee: dict[str, str]) -> None:
    assert either.transfer(payee_info=payee).json["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"trans_amount": "0.09"}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
        ({"trans_amount": "0.01", "product_code": "STD_RED_PACKET"}, ""),
        ({"trans_amount": "100000000.01"}, "EXCEED_LIMIT_SM_AMOUNT"),
        ({"trans_amount": "10000000.01"}, "BALANCE_IS_NOT_ENOUGH"),
        ({"trans_amount": "x"}, "INVALID_PARAMETER"),
        ({"out_biz_no": ""}, "INVALID_PARAMETER"),
        ({"product_code": "OTHER"}, "INVALID_PARAMETER"),
        ({"biz_scene": ""}, "INVALID_PARAMETER"),
        ({"payee_info": {}}, "INVALID_PARAMETER"),
        ({"payee_info": {"identity": "a@example.com", "identity_type": "ALIPAY_LOGON_ID"}}, "INVALID_PARAMETER"),
        ({"payee_info": {"identity": "1", "identity_type": "PHONE"}}, "INVALID_PARAMETER"),
        ({"payee_info": CARD}, "INVALID_PARAMETER"),
        ({"product_code": TO_CARD}, "INVALID_PARAMETER"),
        ({"product_code": TO_CARD, "payee_info": CARD | {"identity": "62220200x"}}, "INVALID_CARDNO"),
        ({"product_code": TO_CARD, "payee_info": CARD | {"name": ""}}, "INVALID_PARAMETER"),
        ({"product_code": TO_CARD, "payee_info": CARD | {"bankcard_ext_info": {}}}, "INVALID_PARAMETER"),
        ({"transfer_scene_name": "没有的场景"}, "TRANSFER_SCENE_NAME_ILLEGAL"),
        ({"transfer_scene_name": "业务结算"}, ""),
        ({"order_title": "MOCK:DEALING"}, "INVALID_PARAMETER"),  # a wallet knows no such state
        ({"order_title": "MOCK:FAIL:PAYEE_CARD_INFO_ERROR"}, "INVALID_PARAMETER"),
    ],
)
def test_what_is_wrong_in_a_transfer(either: App, alipay: AlipayMock, changes: dict[str, Any], code: str) -> None:
    answer = either.transfer(**changes)
    assert answer.ok if code == "" else answer.code == code
    assert len(alipay.books()["transfers"]) == (code == "")


def test_the_merchant_pays_nothing_to_himself(either: App) -> None:
    payee = {"identity": either.facts["seller_id"], "identity_type": "ALIPAY_USER_ID"}
    assert either.transfer(payee_info=payee).code == "PAYER_PAYEE_CANNOT_SAME"


def test_transfers_need_certificates(either: App, alipay: AlipayMock) -> None:
    either.certified = False
    assert either.transfer().code in {"isv.missing-signature-config", "missing-signature-config"}
    assert not alipay.books()["transfers"]


def test_a_card_takes_a_while(either: App, alipay: AlipayMock, clock: Clock) -> None:
    sent = either.to_card()
    assert (sent.ok, sent.json["status"]) == (True, "DEALING")
    shown = either.query_transfer(product=TO_CARD).json
    assert (shown["status"], shown["order_fee"]) == ("DEALING", "0.00")
    assert "trans_amount" not in shown
    clock.advance(10)
    assert either.query_transfer(product=TO_CARD).json["trans_amount"] == "1.00"
    assert either.to_card().json["status"] == "SUCCESS"


def test_a_card_may_refuse_or_send_back(either: App, alipay: AlipayMock, clock: Clock) -> None:
    either.to_card("out1", order_title="MOCK:DEALING")
    clock.advance(86400)
    assert either.query_transfer("out1", TO_CARD).json["status"] == "DEALING"  # until somebody says so
    assert alipay.control("transfers", "out1", "fail", {"error_code": "CARD_BIN_ERROR"})["status"] == "FAIL"
    failed = either.query_transfer("out1", TO_CARD).json
    assert (failed["status"], failed["error_code"], failed["fail_reason"]) == ("FAIL", "CARD_BIN_ERROR", "收款人银行账号不正确")
    assert "pay_fund_order_id" not in failed
    assert "pay_date" not in failed
    either.to_card("out2")
    alipay.control("transfers", "out2", "confirm", {})
    assert alipay.books()["sums"]["paid_out"] == 100
    alipay.control("transfers", "out2", "return", {})
    returned = either.query_transfer("out2", TO_CARD).json
    assert (returned["status"], returned["error_code"]) == ("REFUND", "PAYEE_CARD_INFO_ERROR")
    assert alipay.books()["sums"] == {"received": 0, "refunded": 0, "paid_out": 0, "balance": 1_000_000_000}
    for verb in ("confirm", "fail", "return"):
        with pytest.raises(ControlRefusedError, match=f"REFUND cannot {verb}"):
            alipay.control("transfers", "out2", verb, {})
    either.to_card("out3")
    with pytest.raises(ControlRefusedError, match="no code"):
        alipay.control("transfers", "out3", "fail", {"error_code": "NOTHING"})


def test_a_wallet_sends_nothing_back(either: App, alipay: AlipayMock) -> None:
    either.transfer()
    with pytest.raises(ControlRefusedError, match="it can: nothing"):
        alipay.control("transfers", "out1", "return", {})


def test_the_end_of_a_transfer_may_stand_in_its_title(either: App, alipay: AlipayMock, clock: Clock) -> None:
    either.to_card("out1", remark="MOCK:FAIL:INVALID_CARDNO")
    either.to_card("out2", order_title="MOCK:RETURN:PAYEE_CARD_INFO_ERROR")
    clock.advance(10)
    assert [either.query_transfer(one, TO_CARD).json["status"] for one in ("out1", "out2")] == ["FAIL", "SUCCESS"]
    clock.advance(7200)
    assert either.query_transfer("out2", TO_CARD).json["status"] == "REFUND"
    assert either.to_card("out3", order_title="MOCK:FAIL:NOTHING").code in {"isv.invalid-parameter", "invalid-parameter"}


def test_a_transfer_is_found_by_any_of_its_numbers(either: App) -> None:
    sent = either.transfer().json
    other = either.transfer("out2").json
    for names, found in (
        ({"order_id": sent["order_id"]}, "out1"),
        ({"pay_fund_order_id": sent["pay_fund_order_id"]}, "out1"),
        ({"order_id": sent["order_id"], "out_biz_no": "out2"}, "out1"),
        ({"order_id": sent["order_id"], "pay_fund_order_id": other["pay_fund_order_id"]}, "out2"),
    ):
        assert either.ask("alipay.fund.trans.common.query", names).json["out_biz_no"] == found
    assert either.ask("alipay.fund.trans.common.query", {"out_biz_no": "out1"}).code == "INVALID_PARAMETER"
    assert either.ask("alipay.fund.trans.common.query", {}).code == "INVALID_PARAMETER"
    assert either.query_transfer(product=TO_CARD).code == "ORDER_NOT_EXIST"
    assert either.query_transfer("nothing").code == "ORDER_NOT_EXIST"


def test_a_balance_is_that_of_ones_own_account(either: App) -> None:
    asked = {"account_type": "ACCTRANS_ACCOUNT"}
    shown = either.ask("alipay.fund.account.query", asked)
    assert (shown.ok, shown.json["available_amount"], shown.json["freeze_amount"]) == (True, "10000000.00", "0.00")
    own = {"alipay_user_id": either.facts["seller_id"]}
    assert either.ask("alipay.fund.account.query", asked | own).ok
    assert either.ask("alipay.fund.account.query", asked | {"alipay_user_id": "2088"}).code == "NO_PERMISSION_ACCOUNT"
    assert either.ask("alipay.fund.account.query", {"account_type": "OTHER"}).code == "INVALID_PARAMETER"


def test_without_money_nothing_goes_back(either: App) -> None:
    either.pay()
    either.transfer(yuan="9999999.00")
    either.transfer("out2", yuan="1.50")
    assert either.refund(yuan="0.60").code == "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    assert either.cancel().code == "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    assert either.refund(yuan="0.50").ok
