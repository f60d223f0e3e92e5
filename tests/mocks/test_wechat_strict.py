"""Rules of the real one that are easily forgotten: each by its page, and each on the business clock."""

from typing import Any

import pytest

from mocks.clock import Clock
from mocks.wechat import WechatMock

CODE = "130061098828009406"


def codepay(merchant: Any, number: str, code: str = CODE, **changes: Any) -> Any:
    body = merchant.order(number, payer={"auth_code": code}, scene_info={"store_info": {"id": "1"}}) | changes
    return merchant.ask("POST", "/v3/pay/transactions/codepay", {key: body[key] for key in body if key != "notify_url"})


def reverse(merchant: Any, number: str) -> Any:
    ids = {name: merchant.facts[name] for name in ("appid", "mchid")}
    return merchant.ask("POST", f"/v3/pay/transactions/out-trade-no/{number}/reverse", ids)


def test_a_payment_code_is_good_for_one_order(wechat: WechatMock, merchant: Any) -> None:
    assert codepay(merchant, "order0001", description="MOCK:NOT_ENOUGH").code == "NOT_ENOUGH"
    assert codepay(merchant, "order0001").status == 200  # nothing had been made of it
    again = codepay(merchant, "order0002")
    assert (again.status, again.code) == (403, "AUTH_CODE_EXPIRE")
    assert "order0001" in again.reply.note["why"]["reason"]
    assert codepay(merchant, "order0001").code == "ORDER_PAID"  # the order that it was used for may be asked for again
    assert codepay(merchant, "order0002", "130061098828009407").status == 200
    assert len(wechat.books()["orders"]) == 2


@pytest.mark.parametrize("description", ["测试商品", "MOCK:USERPAYING:200"])
def test_an_order_is_reversed_after_fifteen_seconds_and_not_before(merchant: Any, clock: Clock, description: str) -> None:
    codepay(merchant, "order0001", description=description)
    clock.advance(14)
    early = reverse(merchant, "order0001")
    assert (early.status, early.code) == (400, "INVALID_REQUEST")
    assert "fifteen seconds" in early.reply.note["why"]["reason"]
    clock.advance(1)
    assert reverse(merchant, "order0001").status == 200
    assert merchant.query().json["trade_state"] == "REVOKED"


def test_refunds_of_one_order_are_a_minute_apart(wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    for number in ("order0001", "order0002"):
        merchant.native(number)
        wechat.control("orders", number, "pay", {})
    assert merchant.refund("a", 10).status == 200
    clock.advance(59)
    soon = merchant.refund("b", 10)
    assert (soon.status, soon.code) == (429, "FREQUENCY_LIMITED")
    assert "after a minute" in soon.reply.note["why"]["reason"]
    assert merchant.refund("a", 10).status == 200  # the same one again is no other
    assert merchant.refund("c", 10, order="order0002").status == 200  # nor is one of another order
    clock.advance(1)
    assert merchant.refund("b", 10).status == 200
    assert wechat.books()["sums"]["refunded"] == 30


GOODS = {"merchant_goods_id": "1246464644", "goods_name": "iPhone6s 16G", "quantity": 1, "unit_price": 528800}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"detail": {"goods_detail": [GOODS, {**GOODS, "quantity": 0}]}}, "/detail/goods_detail/1/quantity"),
        ({"detail": {"goods_detail": [{"merchant_goods_id": "1", "quantity": 1}]}}, "/detail/goods_detail/0/unit_price"),
        ({"detail": {"goods_detail": ["x"]}}, "/detail/goods_detail/0/merchant_goods_id"),
        ({"detail": {"goods_detail": {"0": GOODS}}}, "/detail/goods_detail"),
        ({"detail": {"note": "单" * 2100}}, "/detail"),
        ({"scene_info": ["x"]}, "/scene_info"),
        ({"scene_info": {"payer_client_ip": "127.0.0.1", "store_info": {"name": "店"}}}, "/scene_info/store_info/id"),
    ],
)
def test_what_stands_within_an_order_is_looked_at(merchant: Any, changes: dict[str, Any], pointer: str) -> None:
    refused = merchant.native(**changes)
    assert (refused.status, refused.code, refused.json["detail"]["field"]) == (400, "PARAM_ERROR", pointer)


def test_an_order_with_all_that_it_may_have_passes(merchant: Any) -> None:
    detail = {"cost_price": 608800, "invoice_id": "微信123", "goods_detail": [GOODS] * 30}
    store = {"id": "0001", "name": "腾讯大厦分店", "area_code": "440305", "address": "广东省深圳市"}
    scene = {"payer_client_ip": "14.23.150.211", "device_id": "013467007045764", "store_info": store}
    assert merchant.native(detail=detail, scene_info=scene, settle_info={"profit_sharing": False}).status == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (
            {"amount": {"refund": 30, "total": 100, "currency": "CNY", "from": [{"account": "BASIC", "amount": 30}]}},
            "/amount/from/0/account",
        ),
        (
            {"amount": {"refund": 30, "total": 100, "currency": "CNY", "from": [{"account": "AVAILABLE"}]}},
            "/amount/from/0/amount",
        ),
        ({"goods_detail": [{"merchant_goods_id": "1", "unit_price": 1, "refund_amount": 1}]}, "/goods_detail/0/refund_quantity"),
    ],
)
def test_what_stands_within_a_refund_is_looked_at(
    wechat: WechatMock, merchant: Any, changes: dict[str, Any], pointer: str
) -> None:
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    assert merchant.refund(**changes).json["detail"]["field"] == pointer


def test_an_order_longer_than_any_is_refused(wechat: WechatMock, merchant: Any) -> None:
    refused = merchant.native(something="x" * 33_000)
    assert (refused.status, refused.code) == (400, "PARAM_ERROR")
    assert wechat.books()["orders"] == []
