"""Collecting with the Allinpay mock (VSP): orders, payment codes, refunds and cancellations, and what time does to each."""

import json
from typing import Any

import pytest

from mocks.allinpay import AllinpayMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.allinpay_merchant import ALIPAY_CODE, NOTIFY, UNIONPAY_CODE, WECHAT_CODE, Merchant

TEN_SECONDS, FIVE_MINUTES, DAY = 10, 300, 86400


def paid(allinpay: AllinpayMock, trader: Merchant, number: str = "order0001", **more: Any) -> None:
    assert trader.pay(number, **more)["trxstatus"] == "0000"
    allinpay.control("orders", number, "pay", {})


@pytest.mark.parametrize(
    ("paytype", "trxcode", "begins"),
    [
        ("W01", "VSP501", "weixin://"),
        ("A01", "VSP511", "https://qr.alipay.com/"),
        ("A03", "VSP511", "https://qr.alipay.com/"),
        ("Q01", "VSP505", "https://qpay.qq.com/"),
        ("U01", "VSP551", "https://qr.95516.com/"),
    ],
)
def test_an_orders_success_is_not_a_payment(
    allinpay: AllinpayMock, trader: Merchant, paytype: str, trxcode: str, begins: str
) -> None:
    answer = trader.pay(paytype=paytype)
    assert (answer["retcode"], answer["trxstatus"], answer["reqsn"]) == ("SUCCESS", "0000", "order0001")
    assert answer["payinfo"].startswith(begins)
    assert len(answer["trxid"]) == 18
    assert answer["trxid"].startswith("260601")
    told = trader.query()
    assert (told["trxstatus"], told["errmsg"], told["trxcode"], told["trxamt"]) == (
        "2000",
        "交易处理中,请查询交易",
        trxcode,
        "1000",
    )
    assert "fintime" not in told
    assert allinpay.books()["sums"]["received"] == 0
    allinpay.control("orders", "order0001", "pay", {})
    done = trader.query(reqsn="", trxid=answer["trxid"])
    assert (done["trxstatus"], done["fintime"], done["fee"], done["reqsn"]) == ("0000", "20260601120000", "6", "order0001")
    assert done["chnltrxid"].startswith("42000")
    assert allinpay.books()["sums"]["received"] == 1000


@pytest.mark.parametrize("paytype", ["W02", "W06", "A02", "U02"])
def test_a_page_needs_the_payers_id(allinpay: AllinpayMock, trader: Merchant, paytype: str) -> None:
    assert trader.pay(paytype=paytype)["retcode"] == "PARAMERR"
    answer = trader.pay(paytype=paytype, acct="oUser")
    if paytype.startswith("W"):
        assert json.loads(answer["payinfo"])["package"].startswith("prepay_id=")
    allinpay.control("orders", "order0001", "pay", {})
    assert trader.query()["acct"] == "oUser"


def test_one_number_is_one_order(allinpay: AllinpayMock, trader: Merchant) -> None:
    paid(allinpay, trader)
    assert (trader.pay()["trxstatus"], trader.pay(fen=1001)["trxstatus"]) == ("3888", "3888")
    assert trader.scan("order0001")["trxstatus"] == "3888"
    assert trader.refund("order0001")["trxstatus"] == "3888"
    assert allinpay.books()["sums"] | {"received": 1000} == allinpay.books()["sums"]
    assert len(allinpay.books()["orders"]) == 1


@pytest.mark.parametrize(("validtime", "seconds"), [("", FIVE_MINUTES), ("1", 60), ("1440", DAY)])
def test_an_order_ends_when_nobody_pays(
    allinpay: AllinpayMock, trader: Merchant, clock: Clock, validtime: str, seconds: int
) -> None:
    trader.pay(validtime=validtime)
    clock.advance(seconds - 1)
    assert trader.query()["trxstatus"] == "2000"
    clock.advance(1)
    told = trader.query()
    assert (told["trxstatus"], told["errmsg"]) == ("3088", "交易未支付")
    with pytest.raises(ControlRefusedError, match="EXPIRED cannot pay; it can: pay_late"):
        allinpay.control("orders", "order0001", "pay", {})


def test_money_that_comes_too_late_is_given_back_within_a_day(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    trader.pay()
    clock.advance(FIVE_MINUTES)
    assert allinpay.control("orders", "order0001", "pay_late", {})["state"] == "LATE"
    assert trader.query()["trxstatus"] == "3088"
    assert (allinpay.books()["sums"]["received"], allinpay.books()["sums"]["refunded"]) == (1000, 0)
    clock.advance(DAY)
    assert (allinpay.books()["sums"]["received"], allinpay.books()["sums"]["refunded"]) == (1000, 1000)
    assert (trader.query()["trxstatus"], trader.refund()["trxstatus"]) == ("3088", "3889")


@pytest.mark.parametrize(
    ("authcode", "trxcode"),
    [(WECHAT_CODE[:18], "VSP501"), (ALIPAY_CODE[:18], "VSP511"), (UNIONPAY_CODE[:19], "VSP551"), ("91" + "1" * 16, "VSP505")],
)
def test_a_payment_code_pays_at_once(allinpay: AllinpayMock, trader: Merchant, authcode: str, trxcode: str) -> None:
    answer = trader.scan(authcode=authcode)
    assert (answer["trxstatus"], answer["trxcode"], answer["trxamt"]) == ("0000", trxcode, "1000")
    assert answer["fintime"] == "20260601120000"
    assert allinpay.books()["sums"]["received"] == 1000
    assert trader.scan("scan00002", authcode=authcode)["trxstatus"] == "3889"  # it is good for one


def test_a_payer_is_waited_for(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    waiting = trader.scan(remark="MOCK:2008")
    assert (waiting["trxstatus"], "fintime" in waiting) == ("2008", False)
    clock.advance(TEN_SECONDS - 1)
    assert trader.query("scan00001")["trxstatus"] == "2008"
    clock.advance(1)
    assert trader.query("scan00001")["trxstatus"] == "0000"
    trader.scan("scan00002", authcode=ALIPAY_CODE[:18], remark="MOCK:END:3045")
    clock.advance(TEN_SECONDS)
    assert trader.query("scan00002")["trxstatus"] == "3045"
    trader.scan("scan00003", authcode=UNIONPAY_CODE, remark="MOCK:HOLD:2000")
    clock.advance(TEN_SECONDS)
    assert trader.query("scan00003")["trxstatus"] == "2000"
    assert allinpay.control("orders", "scan00003", "fail", {"code": "3099"})["state"] == "FAILED"
    assert trader.query("scan00003")["trxstatus"] == "3099"
    assert allinpay.books()["sums"]["received"] == 1000


def test_a_payer_at_a_screen_may_try_again(allinpay: AllinpayMock, trader: Merchant) -> None:
    trader.pay()
    with pytest.raises(ControlRefusedError, match="UNPAID cannot fail; it can: expire, pay"):
        allinpay.control("orders", "order0001", "fail", {})


def test_refunds_never_exceed_the_payment(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    paid(allinpay, trader)
    clock.advance(3 * DAY)
    answer = trader.refund("refund001", 300)
    assert (answer["trxstatus"], answer["trxcode"], answer["reqsn"]) == ("0000", "VSP503", "refund001")
    assert trader.refund("refund002", 701)["trxstatus"] == "3889"
    assert trader.refund("refund003", 700)["trxstatus"] == "0000"
    assert trader.refund("refund004", 1)["trxstatus"] == "3889"
    told = trader.query("refund003")
    assert (told["trxstatus"], told["trxcode"], told["trxamt"]) == ("0000", "VSP503", "700")
    assert trader.query()["trxstatus"] == "0000"
    assert allinpay.books()["sums"]["refunded"] == 1000
    assert [one["of"] for one in allinpay.books()["refunds"]] == ["order0001", "order0001"]


@pytest.mark.parametrize("code", ["2000", "2008"])
def test_a_refund_takes_its_time(allinpay: AllinpayMock, trader: Merchant, clock: Clock, code: str) -> None:
    paid(allinpay, trader)
    assert trader.refund(remark=f"MOCK:{code}")["trxstatus"] == code
    assert trader.refund("refund002", 701)["trxstatus"] == "3889"  # what is on its way counts
    clock.advance(TEN_SECONDS)
    assert trader.query("refund001")["trxstatus"] == "0000"
    assert trader.refund("refund003", 700, remark="MOCK:END:3999")["trxstatus"] == "2000"
    clock.advance(TEN_SECONDS)
    assert trader.query("refund003")["trxstatus"] == "3999"
    assert trader.refund("refund004", 700)["trxstatus"] == "0000"  # what failed does not count


def test_a_refund_can_be_held_and_ended(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    paid(allinpay, trader)
    trader.refund(remark="MOCK:HOLD:2000")
    clock.advance(DAY)
    assert allinpay.control("refunds", "refund001", "hold", {"code": "2008"})["trxstatus"] == "2008"
    assert trader.query("refund001")["trxstatus"] == "2008"
    assert allinpay.control("refunds", "refund001", "complete", {})["state"] == "DONE"
    assert trader.query("refund001")["trxstatus"] == "0000"


def test_a_cancellation_is_of_the_whole_on_the_same_day(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    paid(allinpay, trader)
    assert trader.cancel("cancel001", 999)["trxstatus"] == "3889"
    answer = trader.cancel("cancel002")
    assert (answer["trxstatus"], answer["trxcode"]) == ("0000", "VSP502")
    told = trader.query()
    assert (told["trxstatus"], told["errmsg"]) == ("3050", "交易已被撤销")
    assert trader.cancel("cancel003")["trxstatus"] == "3050"
    assert trader.refund()["trxstatus"] == "3050"
    assert allinpay.books()["sums"]["refunded"] == 1000
    paid(allinpay, trader, "order0002")
    clock.advance(DAY)
    assert trader.cancel("cancel004", old="order0002")["trxstatus"] == "3889"
    paid(allinpay, trader, "order0003")
    trader.refund(old="order0003")
    assert trader.cancel("cancel005", old="order0003")["trxstatus"] == "3889"


def test_a_cancellation_on_its_way_closes_the_door(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    paid(allinpay, trader)
    assert trader.cancel(remark="MOCK:2000")["trxstatus"] == "2000"
    assert trader.query()["trxstatus"] == "0000"
    assert trader.refund()["trxstatus"] == "3050"
    clock.advance(TEN_SECONDS)
    assert (trader.query("cancel001")["trxstatus"], trader.query()["trxstatus"]) == ("0000", "3050")


def test_what_follows_needs_a_payment(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert (trader.refund()["trxstatus"], trader.cancel()["trxstatus"]) == ("1001", "1001")
    trader.pay()
    assert (trader.refund("refund002")["trxstatus"], trader.cancel("cancel002")["trxstatus"]) == ("3889", "3889")
    allinpay.control("orders", "order0001", "pay", {})
    trader.refund("refund003")
    assert trader.refund("refund004", old="refund003")["trxstatus"] == "1001"
    assert trader.query("never0001")["trxstatus"] == "1001"
    trxid = trader.query()["trxid"]
    assert trader.refund("refund005", old="", oldtrxid=trxid)["trxstatus"] == "0000"


ORDER_WRONGS: list[dict[str, Any]] = [
    {"reqsn": ""},
    {"reqsn": "1" * 33},
    {"trxamt": "0"},
    {"trxamt": "10.00"},
    {"trxamt": "-1"},
    {"trxamt": ""},
    {"paytype": "X01"},
    {"paytype": ""},
    {"validtime": "0"},
    {"validtime": "1441"},
    {"notify_url": ""},
    {"notify_url": "ftp://x"},
    {"limit_pay": "credit"},
    {"remark": "MOCK:7777"},
    {"remark": "MOCK:END:3045"},  # an order at a screen does not end by itself
    {"remark": "长" * 161},
]


@pytest.mark.parametrize(("version", "code"), [("12", "PARAMERR"), ("11", "FAIL")])
@pytest.mark.parametrize("changes", ORDER_WRONGS)
def test_a_wrong_order_is_refused(
    allinpay: AllinpayMock, trader: Merchant, changes: dict[str, Any], version: str, code: str
) -> None:
    trader.version = version
    expected = "FAIL" if changes.get("remark") == "MOCK:7777" else code
    assert trader.pay(**changes)["retcode"] == expected
    assert allinpay.books()["orders"] == []


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("scanqrpay", {"reqsn": "scan00001", "trxamt": "1", "authcode": "1234"}),
        ("scanqrpay", {"reqsn": "scan00001", "trxamt": "1", "authcode": "9" * 18}),
        ("query", {}),
        ("refund", {"reqsn": "refund001", "trxamt": "1"}),
        ("cancel", {"reqsn": "cancel001", "oldreqsn": "order0001"}),
        ("trxfile", {}),
        ("trxfile", {"date": "20260230"}),
        ("trxfile", {"date": "20260531", "filetype": "2"}),
    ],
)
def test_the_others_are_refused_too(trader: Merchant, operation: str, changes: dict[str, str]) -> None:
    assert trader.ask(operation, trader.common(**changes))["retcode"] == "PARAMERR"


@pytest.mark.parametrize(
    "code", ["FAIL", "PARAMERR", "SIGNAUTHERR", "SYSTEMERR", "3888", "3889", "3099", "3014", "3031", "3999", "1001"]
)
def test_codes_are_provoked_and_nothing_is_done(allinpay: AllinpayMock, trader: Merchant, code: str) -> None:
    paid(allinpay, trader)
    asked: list[dict[str, Any]] = [
        trader.pay("order0002", remark=f"MOCK:{code}"),
        trader.scan(remark=f"MOCK:{code}"),
        trader.refund(remark=f"MOCK:{code}"),
        trader.cancel(remark=f"MOCK:{code}"),
    ]
    assert [answer.get("trxstatus", answer["retcode"]) for answer in asked] == [code] * 4
    books = allinpay.books()
    assert (len(books["orders"]), books["refunds"], books["cancels"]) == (1, [], [])


def test_done_and_answered_as_if_nobody_knew(allinpay: AllinpayMock, trader: Merchant) -> None:
    assert trader.scan(remark="MOCK:DONE:SYSTEMERR")["retcode"] == "SYSTEMERR"
    assert trader.query("scan00001")["trxstatus"] == "0000"
    assert trader.refund(old="scan00001", remark="MOCK:DONE:2008")["trxstatus"] == "2008"
    assert trader.query("refund001")["trxstatus"] == "0000"
    assert trader.pay(body="MOCK:DONE:2000")["trxstatus"] == "2000"
    assert [one["state"] for one in allinpay.books()["orders"]] == ["PAID", "UNPAID"]


def test_later_operations_are_provoked_by_the_order(allinpay: AllinpayMock, trader: Merchant) -> None:
    for number, text in (
        ("order0001", "MOCK:query:SYSTEMERR"),
        ("order0002", "MOCK:refund:3045"),
        ("order0003", "MOCK:cancel:3089"),
    ):
        paid(allinpay, trader, number, remark=text)
    assert trader.query()["retcode"] == "SYSTEMERR"
    assert trader.refund(old="order0002")["trxstatus"] == "3045"
    assert trader.cancel(old="order0003")["trxstatus"] == "3089"
    assert allinpay.books()["sums"] | {"received": 3000, "refunded": 0} == allinpay.books()["sums"]


def test_the_control_plane_says_why_it_cannot(allinpay: AllinpayMock, trader: Merchant) -> None:
    trader.pay(notify_url=NOTIFY)
    for things, number, verb, options, says in (
        ("orders", "none", "pay", {}, "no pay has the number none"),
        ("refunds", "order0001", "complete", {}, "no refund has the number order0001"),
        ("orders", "order0001", "pay", {"code": "3045"}, "3045 is no trxstatus"),
        ("orders", "order0001", "burn", {}, "cannot be told to burn"),
    ):
        with pytest.raises(ControlRefusedError, match=says):
            allinpay.control(things, number, verb, options)
