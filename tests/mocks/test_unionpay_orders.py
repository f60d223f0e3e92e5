"""Orders of the UnionPay mock: made for a page and an app, paid, declined, ended, refunded and cancelled within their windows."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.faults import Fault
from mocks.unionpay import UnionpayMock
from mocks.wire import MockReply, MockRequest
from tests.mocks.unionpay_merchant import BACK_PATH, FRONT_PATH, QUERY_PATH, Merchant

COMMON = {"accessType", "encoding", "merId", "signMethod", "version", "signPubKeyCert", "signature", "respCode", "respMsg"}
IDS = {"bizType", "orderId", "txnTime", "txnType", "txnSubType"}


def paid(unionpay: UnionpayMock, shop: Merchant, number: str = "order00001", **more: str) -> str:
    shop.app(number, **more)
    shown = unionpay.control("orders", number, "pay", {})
    return str(shown["queryId"])


def at(unionpay: UnionpayMock, clock: Clock, hour: int, minute: int = 0) -> None:
    """Move business time on to the next such time of day in Beijing."""
    now = clock.now()
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    clock.advance(((then - now) % timedelta(days=1)).total_seconds())


def test_an_app_gets_a_number_and_the_payment_shows_in_query_and_books(unionpay: UnionpayMock, shop: Merchant) -> None:
    answer = shop.app(reqReserved="echoed")
    assert answer.keys() == COMMON | IDS | {"tn", "reqReserved"}
    assert (answer["respCode"], answer["respMsg"], answer["txnType"]) == ("00", "成功[0000000]", "01")
    assert re.fullmatch(r"[0-9]{21}", answer["tn"])
    open_order = shop.query()
    # As a recorded answer about an open order has them: no queryId, no currency, and the order's own txnType.
    assert open_order.keys() == COMMON | IDS | {"origRespCode", "origRespMsg", "settleAmt", "txnAmt", "reqReserved"}
    assert (open_order["respCode"], open_order["origRespCode"], open_order["settleAmt"]) == ("00", "05", "0")
    assert open_order["origRespMsg"] == "交易已受理，请稍后查询交易结果[6154037]"
    assert (open_order["txnType"], open_order["txnSubType"], open_order["bizType"]) == ("01", "01", "000000")
    unionpay.control("orders", "order00001", "pay", {})
    done = shop.query()
    assert (done["origRespCode"], done["origRespMsg"]) == ("00", "成功[0000000]")
    assert (done["txnAmt"], done["settleAmt"], done["currencyCode"], done["settleCurrencyCode"]) == ("1000", "1000", "156", "156")
    assert done["settleDate"] == "0601"
    assert re.fullmatch(r"20260601120000\d{7}", done["queryId"])
    assert done["queryId"][14:20] == done["traceNo"]
    assert (done["traceTime"], done["accNo"]) == ("0601120000", "622609******0048")
    assert unionpay.books()["sums"] == {"received": 1000, "refunded": 0, "paid_out": 0}


def test_a_query_by_unionpays_number_finds_it_too(unionpay: UnionpayMock, shop: Merchant) -> None:
    query_id = paid(unionpay, shop)
    by_number = shop.ask(QUERY_PATH, shop.fields("00/02", "000000", queryId=query_id))
    assert (by_number["origRespCode"], by_number["orderId"], by_number["queryId"]) == ("00", "order00001", query_id)


def test_what_was_never_made_is_not_found_by_id_nor_by_another_time(shop: Merchant) -> None:
    shop.app()
    for answer in (shop.query("order00002"), shop.query(time="20260601115959")):
        # The recorded answer, but for merchant, times and version.
        assert (answer["respCode"], answer["respMsg"]) == ("34", "查无此交易[2600000]")
        assert (answer["txnType"], answer["txnSubType"], answer["bizType"]) == ("00", "00", "000000")
        assert "origRespCode" not in answer
        assert answer.keys() == COMMON | IDS


def test_a_key_moves_money_once_and_another_time_is_another_transaction(unionpay: UnionpayMock, shop: Merchant) -> None:
    shop.app()
    for again in (shop.app(), shop.app(txnAmt="2000")):
        assert (again["respCode"], again["respMsg"][:4]) == ("12", "重复交易")
        assert "tn" not in again
    assert shop.app(txnTime="20260601120001")["respCode"] == "00"
    assert [line["txnAmt"] for line in unionpay.books()["orders"]] == [1000, 1000]
    unionpay.control("orders", "order00001", "pay", {"txnTime": shop.time})
    assert [line["state"] for line in unionpay.books()["orders"]] == ["PAID", "UNPAID"]


@pytest.mark.parametrize(("text", "code"), [("a&b", "10"), ("a=b", "10"), ("[a]", "10"), ("{a=b&c=d}", "00"), ("a|b", "00")])
def test_what_would_break_an_answer_is_no_reserved_text(shop: Merchant, text: str, code: str) -> None:
    """出现 &={}[] 符号时可能导致查询接口应答报文解析失败: the demos of UnionPay ask for base64 or braces then."""
    assert shop.app(reqReserved=text)["respCode"] == code


def test_repeats_of_what_follows_are_refused_too(unionpay: UnionpayMock, shop: Merchant) -> None:
    query_id = paid(unionpay, shop)
    assert shop.refund(query_id)["respCode"] == "00"
    assert shop.refund(query_id)["respCode"] == "12"
    assert shop.refund(query_id, "order00001")["respCode"] == "12"  # the key of the order itself
    assert unionpay.books()["sums"]["refunded"] == 300


def form_of(page: bytes) -> tuple[str, dict[str, str]]:
    text = page.decode()
    action = re.search(r'<form[^>]*action="([^"]+)"', text)
    assert action is not None
    inputs = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
    return action[1], {name: value.replace("&#13;", "\r").replace("&#10;", "\n") for name, value in inputs.items()}


def post(unionpay: UnionpayMock, path: str, fields: dict[str, str]) -> MockReply:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return unionpay.handle(MockRequest("POST", path, "", headers, urlencode(fields).encode()))


def test_a_person_pays_on_the_page_and_goes_back_with_a_signed_result(unionpay: UnionpayMock, shop: Merchant) -> None:
    page = shop.front(payTimeout="20260601121500")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert "10.00 元" in page.body.decode()
    action, fields = form_of(page.body)
    assert shop.query()["origRespCode"] == "05"
    back = post(unionpay, action, fields | {"outcome": "pay"})
    url, result = form_of(back.body)
    assert url == "http://127.0.0.1:9/front"
    assert shop.verified(result)
    assert (result["respCode"], result["orderId"], result["txnAmt"]) == ("00", "order00001", "1000")
    assert shop.query()["origRespCode"] == "00"
    assert post(unionpay, action, fields | {"outcome": "pay"}).status == 409  # once
    assert unionpay.books()["sums"]["received"] == 1000


def test_a_payer_who_was_declined_may_try_again_until_the_end(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    action, fields = form_of(shop.front(payTimeout="20260601121500").body)
    post(unionpay, action, fields | {"outcome": "fail", "code": "61"})
    assert shop.query()["origRespCode"] == "61"
    unionpay.control("orders", "order00001", "fail", {"code": "64"})
    assert shop.query()["origRespCode"] == "64"
    post(unionpay, action, fields | {"outcome": "pay"})
    assert shop.query()["origRespCode"] == "00"
    shop.front("order00002", payTimeout="20260601121500")
    unionpay.control("orders", "order00002", "fail", {})
    clock.advance(15 * 60)
    assert shop.query("order00002")["origRespCode"] == "64"
    with pytest.raises(ControlRefusedError, match="EXPIRED cannot pay"):
        unionpay.control("orders", "order00002", "pay", {})


@pytest.mark.parametrize("kind", ["bad_signature", "unsigned", "unknown_state"])
def test_the_result_that_a_browser_brings_can_be_one_not_to_believe(unionpay: UnionpayMock, shop: Merchant, kind: str) -> None:
    action, fields = form_of(shop.front().body)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = MockRequest("POST", action, "", headers, urlencode(fields | {"outcome": "pay"}).encode())
    _, result = form_of(unionpay.handle(request, Fault(1, kind)).body)
    assert (shop.verified(result), result["respCode"]) == ((True, "Z9") if kind == "unknown_state" else (False, "00"))
    assert shop.query()["origRespCode"] == "00"


@pytest.mark.parametrize("fields", [{}, {"token": "x"}, {"outcome": "pay"}])
def test_a_page_that_is_not_the_mocks_pays_nothing(unionpay: UnionpayMock, shop: Merchant, fields: dict[str, str]) -> None:
    shop.front()
    assert post(unionpay, "/gateway/cashier/pay.do", fields).status == 404


def test_a_choice_that_is_none_changes_nothing(unionpay: UnionpayMock, shop: Merchant) -> None:
    action, fields = form_of(shop.front().body)
    for wrong in ({}, {"outcome": "fly"}, {"outcome": "fail", "code": "ZZ"}):
        assert post(unionpay, action, fields | wrong).status == 400
    assert unionpay.books()["orders"][0]["state"] == "UNPAID"


def test_a_refused_order_is_told_on_a_page(shop: Merchant) -> None:
    page = shop.send(shop.request(FRONT_PATH, shop.sign(shop.consume(frontUrl="http://127.0.0.1/f")) | {"signature": "eA=="}))
    assert "交易失败 11[9100004]" in page.body.decode()
    shop.front()
    assert "交易失败 12[" in shop.front().body.decode()


def test_an_order_ends_unpaid_at_its_time_or_after_a_day(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    shop.app("order00001", payTimeout="20260601121500")
    shop.app("order00002")
    clock.advance(15 * 60 - 1)
    assert shop.query()["origRespCode"] == "05"
    clock.advance(1)
    assert shop.query()["origRespCode"] == "69"
    assert shop.query("order00002")["origRespCode"] == "05"
    clock.advance(86400)
    assert shop.query("order00002")["origRespCode"] == "69"
    assert unionpay.books()["sums"]["received"] == 0


def test_a_banks_page_may_take_the_money_after_the_end_and_it_is_given_back(
    unionpay: UnionpayMock, shop: Merchant, clock: Clock
) -> None:
    page = shop.front(bizType="000202", payTimeout="20260601121500")
    assert "企业网银" in page.body.decode()
    clock.advance(3600)
    assert unionpay.control("orders", "order00001", "pay", {})["state"] == "LATE"
    assert shop.query()["origRespCode"] == "42"
    assert unionpay.notices.all == []
    assert unionpay.books()["sums"]["received"] == 1000
    clock.advance(7 * 86400)
    assert unionpay.books()["orders"][0]["state"] == "GIVEN_BACK"
    assert unionpay.books()["sums"] == {"received": 1000, "refunded": 1000, "paid_out": 0}


def test_refunds_in_parts_never_exceed_the_payment(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    query_id = paid(unionpay, shop)
    first = shop.refund(query_id, "refund0001", 600)
    assert (first["respCode"], first["origQryId"]) == ("00", query_id)
    assert re.fullmatch(r"[0-9]{21}", first["queryId"])
    assert shop.refund(query_id, "refund0002", 401)["respCode"] == "36"
    assert shop.refund(query_id, "refund0003", 400)["respCode"] == "00"
    assert shop.refund(query_id, "refund0004", 1)["respCode"] == "45"
    answer = shop.query("refund0001")
    assert (answer["origRespCode"], answer["origQryId"], answer["txnType"], answer["txnAmt"]) == ("00", query_id, "04", "600")
    assert shop.query("refund0002")["respCode"] == "34"
    assert unionpay.books()["sums"] == {"received": 1000, "refunded": 1000, "paid_out": 0}
    assert shop.query()["origRespCode"] == "00"  # the order's own result stays


def test_what_is_accepted_ends_by_itself_and_not_before(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    query_id = paid(unionpay, shop)
    shop.refund(query_id)
    unionpay.control("refunds", "refund0001", "hold", {"code": "04"})
    clock.advance(3600)
    assert shop.query("refund0001")["origRespCode"] == "04"
    unionpay.control("refunds", "refund0001", "fail", {"code": "30"})
    assert shop.query("refund0001")["origRespCode"] == "30"
    assert unionpay.books()["sums"]["refunded"] == 0
    shop.refund(query_id, "refund0002", 1000)  # what failed is free again
    clock.advance(3)
    assert unionpay.books()["refunds"][1]["state"] == "DONE"


def test_a_cancellation_is_of_the_whole_and_of_the_same_clearing_day(
    unionpay: UnionpayMock, shop: Merchant, clock: Clock
) -> None:
    query_id = paid(unionpay, shop)
    assert shop.cancel(query_id, fen=999)["respCode"] == "36"
    at(unionpay, clock, 22, 59)
    assert shop.cancel(query_id)["respCode"] == "00"
    assert shop.cancel(query_id, "cancel0002")["respCode"] == "45"
    assert shop.refund(query_id)["respCode"] == "45"
    assert shop.query("cancel0001")["origRespCode"] == "00"
    assert unionpay.books()["orders"][0]["state"] == "CANCELLED"
    assert unionpay.books()["sums"]["refunded"] == 1000


def test_the_clearing_day_turns_at_eleven_in_the_evening(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    early = paid(unionpay, shop)
    at(unionpay, clock, 23)
    assert shop.cancel(early)["respCode"] == "39"
    late = paid(unionpay, shop, "order00002")
    assert shop.query("order00002")["settleDate"] == "0602"
    at(unionpay, clock, 8)  # the next morning is still the same clearing day
    assert shop.cancel(late)["respCode"] == "00"


def test_a_refunded_order_cannot_be_cancelled(unionpay: UnionpayMock, shop: Merchant) -> None:
    query_id = paid(unionpay, shop)
    shop.refund(query_id, fen=1)
    assert shop.cancel(query_id)["respCode"] == "45"


def test_refunds_go_back_eleven_months(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    query_id = paid(unionpay, shop)
    clock.advance((334 + 0) * 86400)  # 2026-06-01 to 2027-05-01: eleven months to the day
    assert shop.refund(query_id, "refund0001", 1)["respCode"] == "00"
    clock.advance(86400)
    assert shop.refund(query_id, "refund0002", 1)["respCode"] == "39"


def test_only_a_paid_order_can_be_refunded(unionpay: UnionpayMock, shop: Merchant) -> None:
    shop.app()
    unpaid = unionpay.books()["orders"][0]["queryId"]
    assert shop.refund("1" * 21)["respCode"] == "35"
    assert shop.refund(unpaid)["respCode"] == "35"
    paid(unionpay, shop, "order00002")
    refund = shop.refund(unionpay.books()["orders"][1]["queryId"])
    assert shop.refund(refund["queryId"], "refund0002")["respCode"] == "35"  # a refund is no order


def test_the_original_may_be_named_by_its_own_ids(unionpay: UnionpayMock, shop: Merchant) -> None:
    query_id = paid(unionpay, shop)
    ids: dict[str, Any] = {"origOrderId": "order00001", "origTxnTime": shop.time, "bizType": "000000"}
    assert shop.refund("", **ids)["origQryId"] == query_id
    missing = shop.ask(BACK_PATH, shop.fields("04/00", "000201", orderId="refund0002", txnAmt="1", backUrl="http://127.0.0.1/"))
    assert missing["respCode"] == "13"


def test_the_control_plane_says_what_it_could_do_instead(unionpay: UnionpayMock, shop: Merchant) -> None:
    shop.app()
    for things, number, verb, options, hint in (
        ("orders", "nothing", "pay", {}, "no order"),
        ("orders", "order00001", "burn", {}, "pay, pay_late, fail, expire"),
        ("things", "x", "pay", {}, "orders, refunds"),
        ("orders", "order00001", "fail", {"code": "00"}, "no code"),
        ("orders", "order00001", "fail", {"code": "ZZ"}, "no code"),
        ("refunds", "order00001", "fail", {}, "no refund"),
        ("certificates", "root", "rotate", {}, "encrypt"),
        ("notifications", "7", "resend", {}, "no notification"),
    ):
        with pytest.raises(ControlRefusedError, match=hint):
            unionpay.control(things, number, verb, options)
    assert unionpay.books()["orders"][0]["state"] == "UNPAID"


def test_after_the_expiry_only_a_banks_page_takes_money_and_the_refusal_names_no_other_verb(
    unionpay: UnionpayMock, shop: Merchant, clock: Clock
) -> None:
    shop.front("card000001")
    shop.front("bank000001", issInsCode="01020000")
    with pytest.raises(ControlRefusedError, match="an order that is UNPAID cannot pay_late"):
        unionpay.control("orders", "bank000001", "pay_late", {})
    for number in ("card000001", "bank000001"):
        unionpay.control("orders", number, "expire", {})
    for verb in ("pay", "pay_late"):
        with pytest.raises(ControlRefusedError, match="an order that is EXPIRED cannot pay; it can: nothing"):
            unionpay.control("orders", "card000001", verb, {})
    assert unionpay.books()["sums"]["received"] == 0
    assert unionpay.control("orders", "bank000001", "pay_late", {})["state"] == "LATE"
    assert unionpay.books()["sums"]["received"] == 1000
