"""Orders of the Alipay mock by either protocol: made in six ways, paid, expired, closed, cancelled, finished."""

from typing import Any
from urllib.parse import urlencode

import pytest

from mocks.alipay import AlipayMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.alipay_app import App


def state(app: App, number: str = "order0001") -> str:
    return str(app.query(number).json["trade_status"])


def test_a_code_that_nobody_scanned_is_no_trade(either: App, alipay: AlipayMock) -> None:
    made = either.precreate()
    assert made.ok
    assert made.json["qr_code"].startswith("https://qr.alipay.com/")
    assert either.query().code == "ACQ.TRADE_NOT_EXIST"
    assert either.close().code == "ACQ.TRADE_NOT_EXIST"
    assert alipay.control("orders", "order0001", "scan", {})["trade_status"] == "WAIT_BUYER_PAY"
    assert state(either) == "WAIT_BUYER_PAY"
    alipay.control("orders", "order0001", "fail", {})
    assert state(either) == "WAIT_BUYER_PAY"  # the payer may try again
    alipay.control("orders", "order0001", "pay", {"buyer_id": "2088000000000001"})
    paid = either.query().json
    assert (paid["trade_status"], paid["total_amount"], paid["buyer_user_id"]) == ("TRADE_SUCCESS", "1.00", "2088000000000001")
    assert either.query("x", trade_no=paid["trade_no"]).json["out_trade_no"] == "order0001"  # trade_no goes first
    assert len(paid["trade_no"]) == 28
    assert alipay.books()["sums"]["received"] == 100


def test_amounts_of_an_unpaid_trade_are_nothing_but_the_total(either: App, alipay: AlipayMock) -> None:
    either.precreate(yuan="12.3")
    alipay.control("orders", "order0001", "scan", {})
    shown = either.query().json
    assert (shown["total_amount"], shown["receipt_amount"], shown["buyer_pay_amount"]) == ("12.30", "0.00", "0.00")
    assert "send_pay_date" not in shown
    alipay.control("orders", "order0001", "pay", {})
    shown = either.query(query_options=["fund_bill_list"]).json
    assert (shown["receipt_amount"], shown["send_pay_date"]) == ("12.30", "2026-06-01 12:00:00")
    assert shown["fund_bill_list"] == [{"fund_channel": "ALIPAYACCOUNT", "amount": "12.30"}]


def test_a_repeated_number_is_the_same_order_or_refused(either: App, alipay: AlipayMock) -> None:
    first = either.precreate()
    assert either.precreate().json["qr_code"] == first.json["qr_code"]
    assert either.precreate(yuan="2.00").code == "ACQ.CONTEXT_INCONSISTENT"
    assert either.precreate(subject="另一个").code == "ACQ.CONTEXT_INCONSISTENT"
    assert either.pay().code == "ACQ.CONTEXT_INCONSISTENT"
    alipay.control("orders", "order0001", "pay", {})
    assert either.precreate().code == "ACQ.TRADE_HAS_SUCCESS"
    either.cancel()
    assert either.precreate().code == "ACQ.TRADE_HAS_CLOSE"
    assert len(alipay.books()["orders"]) == 1


def test_a_code_is_good_for_two_hours_and_its_number_may_be_used_again(either: App, alipay: AlipayMock, clock: Clock) -> None:
    either.precreate()
    clock.advance(2 * 3600)
    assert alipay.books()["orders"][0]["trade_status"] == "LAPSED"
    with pytest.raises(ControlRefusedError, match="LAPSED cannot pay"):
        alipay.control("orders", "order0001", "pay", {})
    assert either.precreate(yuan="2.00").ok
    assert either.precreate("short", qr_code_timeout_express="1m").ok
    clock.advance(60)
    with pytest.raises(ControlRefusedError):
        alipay.control("orders", "short", "scan", {})


def test_a_scanned_order_ends_with_the_order_and_not_with_its_code(either: App, alipay: AlipayMock, clock: Clock) -> None:
    either.precreate()
    alipay.control("orders", "order0001", "scan", {})
    clock.advance(3 * 3600 - 1)
    assert state(either) == "WAIT_BUYER_PAY"
    clock.advance(1)
    assert state(either) == "TRADE_CLOSED"


EXPIRY: list[tuple[dict[str, str], int]] = [
    ({}, 15 * 86400),
    ({"timeout_express": "90m"}, 5400),
    ({"timeout_express": "2h"}, 7200),
    ({"timeout_express": "15d"}, 15 * 86400),
    ({"timeout_express": "1c"}, 12 * 3600),  # it is noon in Beijing
    ({"time_expire": "2026-06-01 12:10:00"}, 600),
    ({"time_expire": "2026-06-01 12:10:00", "timeout_express": "1d"}, 600),  # time_expire goes first
]


@pytest.mark.parametrize(("asked", "seconds"), EXPIRY, ids=[str(one[0]) for one in EXPIRY])
def test_orders_expire_on_the_business_clock(either: App, clock: Clock, asked: dict[str, str], seconds: int) -> None:
    buyer = {"buyer_id": "2088000000000001"}
    assert either.ask("alipay.trade.create", either.order(**asked, **buyer)).ok
    clock.advance(seconds - 1)
    assert state(either) == "WAIT_BUYER_PAY"
    clock.advance(1)
    assert state(either) == "TRADE_CLOSED"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"timeout_express": "30s"}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "1.5h"}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "16d"}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "0m"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "2026-06-01T12:10:00"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "2026-06-17 12:10:00"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "2026-06-01 11:59:59"}, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"),
        ({"total_amount": "0.001"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "1.001"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "0"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "-1.00"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "1e2"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "１.00"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": True}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "100000000.01"}, "ACQ.TOTAL_FEE_EXCEED"),
        ({"out_trade_no": "有"}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "a" * 65}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "a-b"}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": ""}, "ACQ.INVALID_PARAMETER"),
        ({"subject": ""}, "ACQ.INVALID_PARAMETER"),
        ({"subject": "a=b"}, "ACQ.INVALID_PARAMETER"),
        ({"subject": "长" * 257}, "ACQ.INVALID_PARAMETER"),
        ({"subject": 5}, "ACQ.INVALID_PARAMETER"),
        ({"seller_id": "2088000000000009"}, "ACQ.INVALID_PARAMETER"),
        ({"extend_params": "text"}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_what_is_wrong_in_an_order(either: App, alipay: AlipayMock, asked: dict[str, Any], code: str) -> None:
    assert either.ask("alipay.trade.precreate", either.order() | asked).code == code
    assert not alipay.books()["orders"]


def test_amounts_may_come_as_json_numbers_too(either: App, alipay: AlipayMock) -> None:
    either.precreate("order0001", total_amount=0.29)
    either.precreate("order0002", total_amount=3)
    assert [one["total"] for one in alipay.books()["orders"]] == [29, 300]


def test_a_payment_code_is_paid_at_once(either: App, alipay: AlipayMock) -> None:
    paid = either.pay()
    assert (paid.ok, paid.json["total_amount"], paid.json["gmt_payment"]) == (True, "1.00", "2026-06-01 12:00:00")
    assert paid.json["buyer_logon_id"]
    assert state(either) == "TRADE_SUCCESS"
    assert either.pay().code == "ACQ.TRADE_HAS_SUCCESS"
    assert alipay.books()["sums"]["received"] == 100


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"auth_code": "12345678901234567"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ({"auth_code": "2876344382566439"}, ""),
        ({"auth_code": "287634438256643"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ({"auth_code": "3076344382566439"}, ""),
        ({"auth_code": "fp" + "0a" * 16 + "1", "scene": "security_code"}, ""),
        ({"auth_code": "fp" + "0a" * 16 + "1"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ({"auth_code": ""}, "ACQ.INVALID_PARAMETER"),
        ({"scene": "wave_code"}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_codes_of_payers(either: App, changes: dict[str, str], code: str) -> None:
    answer = either.pay(**changes)
    assert answer.ok if code == "" else answer.code == code


def test_a_payer_with_a_password_is_waited_for(either: App, alipay: AlipayMock) -> None:
    waiting = either.pay(yuan="1000.01")  # above the documented amount
    expected = 202 if either.rest else 200
    assert (waiting.reply.status, waiting.signed) == (expected, True)
    if not either.rest:
        assert (waiting.json["code"], waiting.json["msg"]) == ("10003", " order success pay inprocess")
    assert (waiting.json["total_amount"], waiting.json["receipt_amount"]) == ("1000.01", "0.00")
    assert state(either) == "WAIT_BUYER_PAY"
    assert either.pay(yuan="1000.01").reply.status == expected  # asked again: still waiting
    assert either.pay(yuan="1000.01", auth_code="2876344382566499").code == "ACQ.TRADE_BUYER_NOT_MATCH"
    alipay.control("orders", "order0001", "pay", {})
    assert state(either) == "TRADE_SUCCESS"
    assert either.pay("order0002", yuan="1000.00").ok
    either.pay("order0003", subject="MOCK:10003")
    assert state(either, "order0003") == "WAIT_BUYER_PAY"


def test_done_and_nobody_knows(either: App, alipay: AlipayMock) -> None:
    unknown = either.pay(subject="MOCK:20000")
    assert unknown.code == ("unknow-error" if either.rest else "isp.unknow-error")
    assert (unknown.json["code"], unknown.reply.status) == (("unknow-error", 500) if either.rest else ("20000", 200))
    assert state(either) == "TRADE_SUCCESS"


def test_a_trade_for_a_known_buyer_exists_at_once(either: App, alipay: AlipayMock) -> None:
    made = either.ask("alipay.trade.create", either.order(buyer_open_id="074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"))
    assert made.ok
    shown = either.query().json
    assert (shown["trade_no"], shown["trade_status"]) == (made.json["trade_no"], "WAIT_BUYER_PAY")
    assert shown["buyer_open_id"].startswith("074a1")
    assert either.ask("alipay.trade.create", either.order("order0002")).code == "ACQ.INVALID_PARAMETER"
    seller = {"buyer_id": either.facts["seller_id"]}
    assert either.ask("alipay.trade.create", either.order("order0002", **seller)).code == "ACQ.BUYER_SELLER_EQUAL"


def test_close_is_for_trades_that_wait(either: App, alipay: AlipayMock) -> None:
    either.precreate()
    alipay.control("orders", "order0001", "scan", {})
    closed = either.close()
    assert (closed.ok, closed.json["out_trade_no"]) == (True, "order0001")
    assert state(either) == "TRADE_CLOSED"
    assert either.close().code == "ACQ.TRADE_STATUS_ERROR"
    either.pay("order0002")
    assert either.close("order0002").code == "ACQ.TRADE_STATUS_ERROR"
    assert either.ask("alipay.trade.close", {}).code == "ACQ.INVALID_PARAMETER"


def test_cancel_closes_or_gives_back_or_finds_nothing(either: App, alipay: AlipayMock) -> None:
    either.pay(yuan="1000.01")
    assert either.cancel().json["action"] == "close"
    assert state(either) == "TRADE_CLOSED"
    assert either.cancel().json["action"] == "close"  # again: the same
    either.pay("order0002")
    given_back = either.cancel("order0002").json
    assert (given_back["action"], given_back["retry_flag"]) == ("refund", "N")
    assert either.cancel("order0002").json["action"] == "refund"
    assert alipay.books()["sums"] == {"received": 100, "refunded": 100, "paid_out": 0, "balance": 1_000_000_000}
    either.precreate("order0003")
    for number in ("order0003", "nothing"):
        answer = either.cancel(number)
        assert answer.ok
        assert "action" not in answer.json
    alipay.control("orders", "order0003", "pay", {})  # what was handed out could still be paid
    assert state(either, "order0003") == "TRADE_SUCCESS"


def test_cancel_has_its_day_and_no_refund_before_it(either: App, clock: Clock) -> None:
    either.pay()
    either.refund()
    assert either.cancel().code == "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    either.pay("order0002")
    clock.advance(24 * 3600 + 1)
    assert either.cancel("order0002").code == "ACQ.TRADE_CANCEL_TIME_OUT"


def test_a_trade_is_finished_after_a_year(either: App, clock: Clock, alipay: AlipayMock) -> None:
    either.pay()
    clock.advance(365 * 86400 - 1)
    assert state(either) == "TRADE_SUCCESS"
    clock.advance(1)
    assert state(either) == "TRADE_FINISHED"
    assert either.refund().code == "ACQ.TRADE_HAS_FINISHED"
    assert either.cancel().code == "ACQ.TRADE_HAS_FINISHED"
    assert either.pay().code == "ACQ.TRADE_HAS_SUCCESS"
    either.pay("order0002")
    assert alipay.control("orders", "order0002", "finish", {})["trade_status"] == "TRADE_FINISHED"


@pytest.mark.parametrize("method", ["alipay.trade.page.pay", "alipay.trade.wap.pay"])
def test_pages_are_handed_over_and_paid_on_the_control_plane(app: App, alipay: AlipayMock, method: str) -> None:
    code = {"alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY", "alipay.trade.wap.pay": "QUICK_WAP_WAY"}[method]
    app.placement = "query"
    page = app.send(app.request(method, app.order(product_code=code)))
    assert "POST /_mock/alipay/orders/order0001/pay" in page.body.decode()
    assert app.query().code == "ACQ.TRADE_NOT_EXIST"
    alipay.control("orders", "order0001", "pay", {})
    assert state(app) == "TRADE_SUCCESS"


def test_an_app_hands_its_string_to_the_wallet(app: App, alipay: AlipayMock) -> None:
    given = app.parameters("alipay.trade.app.pay", app.order(product_code="QUICK_MSECURITY_PAY"))
    options = {"order_string": urlencode(given)}
    assert alipay.control("orders", "order0001", "pay", options)["trade_status"] == "TRADE_SUCCESS"
    with pytest.raises(ControlRefusedError, match=r"isv\.invalid-signature"):
        alipay.control("orders", "order0002", "pay", {"order_string": urlencode(given | {"biz_content": "{}"})})
    with pytest.raises(ControlRefusedError, match="another order"):
        alipay.control("orders", "order0002", "pay", options)
    with pytest.raises(ControlRefusedError, match=r"ACQ\.TRADE_HAS_SUCCESS"):
        alipay.control("orders", "order0001", "pay", options)
    other = urlencode(app.parameters("alipay.trade.query", app.order()))
    with pytest.raises(ControlRefusedError, match=r"isv\.invalid-method"):
        alipay.control("orders", "order0001", "pay", {"order_string": other})


def test_the_control_plane_says_what_cannot_be(alipay: AlipayMock, app: App) -> None:
    app.pay()
    for things, number, verb, hint in (
        ("orders", "order0001", "pay", "TRADE_SUCCESS cannot pay; it can: cancel, finish"),
        ("orders", "order0001", "expire", "cannot expire any more"),
        ("orders", "none", "pay", "no order has the number"),
        ("orders", "order0001", "burn", "scan, pay, fail, expire, finish"),
        ("orders", "order0001", "pay", "buyer_id is 5"),
        ("things", "order0001", "pay", "orders, refunds"),
        ("refunds", "none", "fail", "no refund"),
        ("transfers", "none", "fail", "no transfer"),
        ("certificates", "none", "rotate", "certificates/alipay"),
        ("notifications", "99", "resend", "no notification"),
    ):
        with pytest.raises(ControlRefusedError, match=hint):
            alipay.control(things, number, verb, {"buyer_id": 5} if "buyer_id" in hint else {})
