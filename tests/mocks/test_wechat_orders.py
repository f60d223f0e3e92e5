"""Orders and refunds of the WeChat mock: fields, repeated numbers, states and what time does to them."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.wechat import WechatMock
from mocks.wechat.orders import STATES

MerchantLike = Any


def pay(wechat: WechatMock, number: str = "order0001") -> dict[str, Any]:
    return wechat.control("orders", number, "pay", {})


def test_a_native_order_is_handed_out_paid_queried_and_refunded(wechat: WechatMock, merchant: MerchantLike) -> None:
    made = merchant.native()
    assert made.status == 200
    assert re.fullmatch(r"weixin://wxpay/bizpayurl/up\?pr=\S+", made.json["code_url"])
    assert len(made.json["code_url"]) <= 64
    unpaid = merchant.query().json
    assert unpaid["trade_state"] == "NOTPAY"
    assert not {"transaction_id", "trade_type"} & unpaid.keys()
    pay(wechat)
    paid = merchant.query().json
    assert (paid["trade_state"], paid["trade_type"], paid["amount"]["total"]) == ("SUCCESS", "NATIVE", 100)
    assert len(paid["transaction_id"]) == 28
    by_id = merchant.ask("GET", f"/v3/pay/transactions/id/{paid['transaction_id']}?mchid={merchant.facts['mchid']}")
    assert by_id.json == paid
    asked = merchant.refund().json
    assert asked["status"] == "PROCESSING"
    assert "success_time" not in asked
    done = merchant.query_refund().json
    assert (done["status"], done["amount"]["refund"], done["refund_id"]) == ("SUCCESS", 30, asked["refund_id"])
    assert done["success_time"]
    assert merchant.query().json["trade_state"] == "REFUND"
    assert wechat.books()["sums"] == {"received": 100, "refunded": 30, "paid_out": 0}


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("/description", {"description": "x" * 128}),
    ("/description", {"description": None}),
    ("/out_trade_no", {"out_trade_no": "12345"}),
    ("/out_trade_no", {"out_trade_no": "has space"}),
    ("/out_trade_no", {"out_trade_no": "x" * 33}),
    ("/amount", {"amount": None}),
    ("/amount/total", {"amount": {"total": 0}}),
    ("/amount/total", {"amount": {"total": "100"}}),
    ("/amount/total", {"amount": {"total": True}}),
    ("/amount/total", {"amount": {"total": 1.5}}),
    ("/amount/total", {"amount": {}}),
    ("/amount/currency", {"amount": {"total": 1, "currency": "USD"}}),
    ("/notify_url", {"notify_url": None}),
    ("/notify_url", {"notify_url": "https://example.com/a?b=c"}),
    ("/notify_url", {"notify_url": "http://example.com/a"}),
    ("/notify_url", {"notify_url": "https://" + "x" * 255}),
    ("/attach", {"attach": "x" * 129}),
    ("/time_expire", {"time_expire": "tomorrow"}),
    ("/time_expire", {"time_expire": "2026-06-01T12:00:00"}),
    ("/appid", {"appid": None}),
    ("/scene_info/payer_client_ip", {"scene_info": {"device_id": "1"}}),
]


@pytest.mark.parametrize(("pointer", "changes"), WRONG)
def test_a_wrong_field_is_refused_and_named(
    wechat: WechatMock, merchant: MerchantLike, pointer: str, changes: dict[str, Any]
) -> None:
    refused = merchant.native(**changes)
    assert (refused.status, refused.code) == (400, "PARAM_ERROR")
    assert refused.json["detail"]["field"] == pointer
    assert refused.json["detail"]["location"] == "body"
    assert wechat.books()["orders"] == []


def test_a_total_below_its_minimum_gets_the_text_that_the_real_one_sends(merchant: MerchantLike) -> None:
    refused = merchant.native(amount={"total": 0})
    assert refused.json["message"] == "输入源“/body/amount/total”映射到数值字段“总金额”规则校验失败，值低于最小值 1"


def test_a_body_that_is_no_object_is_refused(merchant: MerchantLike) -> None:
    for content in ("[]", "{", ""):
        refused = merchant.ask("POST", "/v3/pay/transactions/native", content)
        assert (refused.status, refused.code) == (400, "PARAM_ERROR")


def test_ids_of_another_merchant_are_refused(merchant: MerchantLike) -> None:
    other = merchant.native(mchid="1900000001")
    assert (other.status, other.code) == (400, "PARAM_ERROR")
    assert other.json["message"] == "http header中的mchid与post payload中的mchid不匹配"
    assert merchant.native(appid="wx0000000000000000").code == "APPID_MCHID_NOT_MATCH"
    merchant.native()
    for query in ("", "?mchid=", "?mchid=1900000001"):
        refused = merchant.ask("GET", f"/v3/pay/transactions/out-trade-no/order0001{query}")
        assert (refused.status, refused.code) == (400, "PARAM_ERROR")


def test_the_same_number_with_the_same_parameters_is_the_same_order(wechat: WechatMock, merchant: MerchantLike) -> None:
    first, second = merchant.native(), merchant.native()
    assert first.status == second.status == 200
    assert first.json["code_url"] != second.json["code_url"]  # the earlier code is void
    assert len(wechat.books()["orders"]) == 1


def test_the_same_number_with_other_parameters_is_refused(wechat: WechatMock, merchant: MerchantLike) -> None:
    merchant.native()
    refused = merchant.native(amount={"total": 101, "currency": "CNY"})
    assert (refused.status, refused.code) == (403, "OUT_TRADE_NO_USED")
    assert wechat.books()["orders"][0]["amount"]["total"] == 100


def test_a_paid_or_closed_order_is_not_handed_out_again(wechat: WechatMock, merchant: MerchantLike) -> None:
    merchant.native()
    pay(wechat)
    assert merchant.native().code == "ORDER_PAID"
    assert merchant.close().code == "ORDER_PAID"
    merchant.native("order0002")
    assert merchant.close("order0002").status == 204
    assert merchant.close("order0002").status == 204  # re-entrant
    assert merchant.query("order0002").json["trade_state"] == "CLOSED"
    assert merchant.native("order0002").code == "ORDER_CLOSED"


def test_what_is_unknown_is_not_found(merchant: MerchantLike) -> None:
    assert (merchant.query("unknown1").status, merchant.query("unknown1").code) == (404, "ORDER_NOT_EXIST")
    assert merchant.ask("GET", f"/v3/pay/transactions/id/4200000000?mchid={merchant.facts['mchid']}").code == "ORDER_NOT_EXIST"
    assert (merchant.query_refund().status, merchant.query_refund().code) == (404, "RESOURCE_NOT_EXISTS")


def test_an_order_expires_at_its_end_or_after_seven_days(wechat: WechatMock, merchant: MerchantLike, clock: Clock) -> None:
    merchant.native("order0001", time_expire="2026-06-01T12:30:00+08:00")
    merchant.native("order0002")
    merchant.native("order0003", time_expire="2026-06-01T12:00:01+08:00")  # moved to a minute from now
    clock.advance(59)
    assert merchant.query("order0003").json["trade_state"] == "NOTPAY"
    clock.advance(1)
    assert merchant.query("order0003").json["trade_state"] == "CLOSED"
    clock.advance(30 * 60)
    assert merchant.query("order0001").json["trade_state"] == "CLOSED"
    assert merchant.query("order0002").json["trade_state"] == "NOTPAY"
    clock.advance(7 * 86400)
    assert [order["trade_state"] for order in wechat.books()["orders"]] == ["CLOSED"] * 3
    with pytest.raises(ControlRefusedError, match="CLOSED cannot pay; it can: close"):
        pay(wechat, "order0002")


def test_a_payer_who_fails_may_try_again(wechat: WechatMock, merchant: MerchantLike) -> None:
    merchant.native()
    wechat.control("orders", "order0001", "fail", {})
    assert merchant.query().json["trade_state"] == "NOTPAY"
    assert wechat.books()["orders"][0]["failures"] == 1
    pay(wechat)
    assert merchant.query().json["trade_state"] == "SUCCESS"


def test_every_state_is_reached_and_every_end_stays(wechat: WechatMock, merchant: MerchantLike) -> None:
    states = {state for state, _ in STATES} | set(STATES.values())
    assert states == {"NOTPAY", "SUCCESS", "CLOSED", "REFUND", "REVOKED", "USERPAYING", "PAYERROR"}
    merchant.native()
    pay(wechat)
    order = wechat.desk.orders.of_number("order0001")
    for state in states:
        for event in ("pay", "fail", "close", "expire", "reverse", "refund"):
            order.state = state
            if (state, event) in STATES:
                wechat.desk.orders.move(order, event)
                assert order.state == STATES[state, event]
            else:
                with pytest.raises(ControlRefusedError):
                    wechat.desk.orders.move(order, event)


def test_a_refund_is_idempotent_by_its_number(wechat: WechatMock, merchant: MerchantLike) -> None:
    merchant.native()
    assert merchant.refund().code == "RESOURCE_NOT_EXISTS"  # unpaid
    pay(wechat)
    first, second = merchant.refund(), merchant.refund()
    assert first.json == second.json
    assert wechat.books()["sums"]["refunded"] == 30
    other = merchant.refund(fen=31)
    assert (other.status, other.code) == (400, "REFUND_FEE_MISMATCH")
    assert merchant.refund(reason="另一个原因").code == "INVALID_REQUEST"
    assert wechat.books()["sums"]["refunded"] == 30


def test_refunds_never_exceed_the_payment(wechat: WechatMock, merchant: MerchantLike, clock: Clock) -> None:
    merchant.native()
    pay(wechat)
    assert merchant.refund("refund1", 60).status == 200
    assert merchant.refund("refund2", 41).code == "INVALID_REQUEST"
    clock.advance(60)
    assert merchant.refund("refund3", 40).status == 200
    assert merchant.refund("refund4", 1).code == "INVALID_REQUEST"
    assert merchant.refund("refund5", 1, total=99).code == "INVALID_REQUEST"
    assert wechat.books()["sums"] == {"received": 100, "refunded": 100, "paid_out": 0}


def test_there_are_at_most_fifty_partial_refunds_within_a_year(wechat: WechatMock, merchant: MerchantLike, clock: Clock) -> None:
    merchant.native()
    pay(wechat)
    for number in range(50):
        assert merchant.refund(f"part{number}", 1).status == 200
        clock.advance(60)
    assert merchant.refund("part50", 1).code == "INVALID_REQUEST"
    merchant.native("order0002")
    pay(wechat, "order0002")
    clock.advance(366 * 86400)
    assert merchant.refund("late1", 1, order="order0002").code == "TRADE_OVERDUE"


REFUND_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("/out_refund_no", {"out_refund_no": "x" * 65}),
    ("/out_refund_no", {"out_refund_no": "a b"}),
    ("/amount/currency", {"amount": {"refund": 1, "total": 100}}),
    ("/amount/refund", {"amount": {"refund": 0, "total": 100, "currency": "CNY"}}),
    ("/reason", {"reason": "因" * 27}),
    ("/funds_account", {"funds_account": "ELSEWHERE"}),
    ("/out_trade_no", {"transaction_id": "4200000000000000000000000000"}),
]


@pytest.mark.parametrize(("pointer", "changes"), REFUND_WRONG)
def test_a_wrong_field_of_a_refund_is_named(merchant: MerchantLike, pointer: str, changes: dict[str, Any]) -> None:
    refused = merchant.refund(**changes)
    assert (refused.status, refused.code, refused.json["detail"]["field"]) == (400, "PARAM_ERROR", pointer)


@pytest.mark.parametrize(
    ("verb", "state"), [("succeed", "SUCCESS"), ("abnormal", "ABNORMAL"), ("close", "CLOSED"), ("hold", "PROCESSING")]
)
def test_a_refund_ends_as_it_is_told(wechat: WechatMock, merchant: MerchantLike, verb: str, state: str) -> None:
    merchant.native()
    pay(wechat)
    merchant.refund()
    wechat.control("refunds", "refund1", verb, {})
    assert merchant.query_refund().json["status"] == state
    assert wechat.books()["sums"]["refunded"] == (30 if state in {"SUCCESS", "PROCESSING"} else 0)


def test_a_magic_value_provokes_a_code_now_or_later(wechat: WechatMock, merchant: MerchantLike) -> None:
    refused = merchant.native(description="MOCK:NO_AUTH")
    assert (refused.status, refused.code) == (403, "NO_AUTH")
    assert wechat.books()["orders"] == []
    assert "has no such code" in merchant.native(description="MOCK:NONSENSE").json["message"]
    assert merchant.native(description="MOCK:query:SYSTEM_ERROR").status == 200
    assert (merchant.query().status, merchant.query().code) == (500, "SYSTEM_ERROR")
    pay(wechat)
    assert merchant.refund(reason="MOCK:NOT_ENOUGH").code == "NOT_ENOUGH"
    assert wechat.books()["sums"]["refunded"] == 0


def test_a_fault_plays_the_code_asked_for(wechat: WechatMock, merchant: MerchantLike, fault: Callable[..., Any]) -> None:
    request = merchant.request("POST", "/v3/pay/transactions/native", merchant.order())
    reply = wechat.handle(request, fault("next_code", code="SYSTEM_ERROR"))
    assert (reply.status, b"SYSTEM_ERROR" in reply.body, wechat.books()["orders"]) == (500, True, [])
    reply = wechat.handle(request, fault("next_code", code="NEVER_SEEN", http_status=418, message="没见过", executed=True))
    assert (reply.status, len(wechat.books()["orders"])) == (418, 1)
    reply = wechat.handle(
        merchant.request("GET", f"/v3/pay/transactions/out-trade-no/order0001?mchid={merchant.facts['mchid']}"),
        fault("unknown_state"),
    )
    assert b'"trade_state":"MOCK_STATE"' in reply.body
    assert merchant.verified(reply)
    assert not merchant.verified(wechat.handle(request, fault("bad_signature")))
    assert "Wechatpay-Signature" not in wechat.handle(request, fault("unsigned")).headers
