"""More of the WeChat mock: other products, service providers, payment codes, transfers and notifications."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.notices import post
from mocks.wechat import WechatKeys, WechatMock
from mocks.wechat.codes import of
from mocks.wechat.transfers import STATES
from mocks.wire import MockReply
from mocks.world import World
from payment_channels.codec.aead import unseal

OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303  the channel's choice
SCENES = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}


@pytest.mark.parametrize(
    ("product", "more", "handed_out", "trade_type"),
    [
        ("jsapi", {"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}, "prepay_id", "JSAPI"),
        ("app", {}, "prepay_id", "APP"),
        ("h5", {"scene_info": SCENES}, "h5_url", "MWEB"),
        ("native", {}, "code_url", "NATIVE"),
    ],
)
def test_every_product_for_merchants_and_service_providers(
    wechat: WechatMock, merchant: Any, product: str, more: dict[str, Any], handed_out: str, trade_type: str
) -> None:
    made = merchant.ask("POST", f"/v3/pay/transactions/{product}", merchant.order(**more))
    assert list(made.json) == [handed_out]
    wechat.control("orders", "order0001", "pay", {})
    assert merchant.query().json["trade_type"] == trade_type

    body = merchant.order("order0002", **more) | {
        "sp_appid": merchant.facts["appid"],
        "sp_mchid": merchant.facts["mchid"],
        "sub_mchid": "1900000109",
    }
    if product == "jsapi":
        body["payer"] = {"sub_openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
    made = merchant.ask(
        "POST", f"/v3/pay/partner/transactions/{product}", {key: body[key] for key in body if key not in {"appid", "mchid"}}
    )
    assert made.status == 200, made.json
    path = "/v3/pay/partner/transactions/out-trade-no/order0002"
    ids = f"sp_mchid={merchant.facts['mchid']}&sub_mchid=1900000109"
    assert merchant.ask("GET", f"{path}?{ids}").json["trade_state"] == "NOTPAY"
    assert merchant.query("order0002").code == "ORDER_NOT_EXIST"  # another merchant's numbers
    assert merchant.ask("GET", f"{path}?sp_mchid={merchant.facts['mchid']}").json["detail"]["field"] == "sub_mchid"
    wechat.control("orders", "order0002", "pay", {})
    told = merchant.ask("GET", f"{path}?{ids}").json
    assert (told["sp_mchid"], told["sub_mchid"], told["trade_type"]) == (merchant.facts["mchid"], "1900000109", trade_type)
    assert merchant.refund(order="order0002").code == "RESOURCE_NOT_EXISTS"
    assert merchant.refund(order="order0002", sub_mchid="1900000109").status == 200
    assert merchant.ask("GET", "/v3/refund/domestic/refunds/refund1?sub_mchid=1900000109").json["status"] == "SUCCESS"
    assert (
        merchant.ask("POST", f"{path}/close", {"sp_mchid": merchant.facts["mchid"], "sub_mchid": "1900000109"}).code
        == "ORDER_PAID"
    )


@pytest.mark.parametrize(("product", "pointer"), [("jsapi", "/payer"), ("h5", "/scene_info")])
def test_what_a_product_needs_is_asked_for(merchant: Any, product: str, pointer: str) -> None:
    refused = merchant.ask("POST", f"/v3/pay/transactions/{product}", merchant.order())
    assert refused.json["detail"]["field"] == pointer


def codepay(merchant: Any, number: str = "order0001", **changes: Any) -> Any:
    body = merchant.order(number, payer={"auth_code": "130061098828009406"}, scene_info={"store_info": {"id": "1"}}) | changes
    return merchant.ask("POST", "/v3/pay/transactions/codepay", {key: body[key] for key in body if key != "notify_url"})


def reverse(merchant: Any, number: str = "order0001") -> Any:
    ids = {name: merchant.facts[name] for name in ("appid", "mchid")}
    return merchant.ask("POST", f"/v3/pay/transactions/out-trade-no/{number}/reverse", ids)


def test_a_payment_code_is_paid_at_once_and_can_be_reversed(wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    paid = codepay(merchant)
    assert (paid.status, paid.json["trade_state"], paid.json["trade_type"]) == (200, "SUCCESS", "MICROPAY")
    assert codepay(merchant).code == "ORDER_PAID"
    assert merchant.close().code == "ORDER_PAID"
    clock.advance(15)
    assert reverse(merchant).json.keys() == {"appid", "mchid", "out_trade_no"}
    assert reverse(merchant).status == 200
    assert merchant.query().json["trade_state"] == "REVOKED"
    assert wechat.books()["sums"]["received"] == 0
    assert codepay(merchant).code == "ORDER_REVERSED"
    merchant.native("order0002")
    assert reverse(merchant, "order0002").code == "INVALID_REQUEST"
    assert reverse(merchant, "order0003").code == "ORDER_NOT_EXIST"


@pytest.mark.parametrize(("verb", "state"), [("pay", "SUCCESS"), ("fail", "PAYERROR")])
def test_a_payer_may_be_waited_for(wechat: WechatMock, merchant: Any, verb: str, state: str) -> None:
    waits = codepay(merchant, description="MOCK:USERPAYING")
    assert (waits.status, waits.code) == (202, "USERPAYING")
    assert codepay(merchant, description="MOCK:USERPAYING").code == "USERPAYING"
    assert merchant.query().json["trade_state"] == "USERPAYING"
    assert merchant.close().code == "TRADE_ERROR"
    wechat.control("orders", "order0001", verb, {})
    assert merchant.query().json["trade_state"] == state
    other = codepay(merchant, "order0002", payer={"auth_code": "130061098828009407"}, description="MOCK:USERPAYING:200")
    assert (other.status, other.json["trade_state"]) == (200, "USERPAYING")


def test_a_code_of_another_wallet_is_refused(merchant: Any) -> None:
    assert codepay(merchant, payer={"auth_code": "280061098828009406"}).code == "AUTH_CODE_INVALID"
    assert codepay(merchant, payer={"auth_code": "123"}).json["detail"]["field"] == "/payer/auth_code"
    assert codepay(merchant, description="MOCK:AUTH_CODE_EXPIRE").code == "AUTH_CODE_EXPIRE"


TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
REPORT = [{"info_type": "活动名称", "info_content": "新会员有礼"}]


def transfer(merchant: Any, number: str = "bill1", **changes: Any) -> Any:
    body = {
        "appid": merchant.facts["appid"],
        "out_bill_no": number,
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "transfer_amount": 500,
        "transfer_remark": "新会员有礼",
        "transfer_scene_report_infos": REPORT,
    } | changes
    return merchant.ask("POST", TRANSFERS, body)


def told(merchant: Any, number: str = "bill1") -> Any:
    return merchant.ask("GET", f"{TRANSFERS}/out-bill-no/{number}")


def test_a_transfer_is_confirmed_by_its_user(wechat: WechatMock, merchant: Any) -> None:
    made = transfer(merchant)
    assert made.json.keys() == {"out_bill_no", "transfer_bill_no", "create_time", "state", "package_info"}
    assert transfer(merchant).json == made.json
    assert (transfer(merchant, transfer_amount=501).status, transfer(merchant, transfer_amount=501).code) == (
        400,
        "INVALID_REQUEST",
    )
    wechat.control("transfers", "bill1", "transfer", {})
    assert told(merchant).json["state"] == "TRANSFERING"
    wechat.control("transfers", "bill1", "confirm", {})
    content = told(merchant).json
    assert (content["state"], content["mch_id"], content["transfer_amount"]) == ("SUCCESS", merchant.facts["mchid"], 500)
    assert merchant.ask("GET", f"{TRANSFERS}/transfer-bill-no/{content['transfer_bill_no']}").json == content
    assert wechat.books()["sums"]["paid_out"] == 500
    assert merchant.ask("POST", f"{TRANSFERS}/out-bill-no/bill1/cancel").code == "INVALID_REQUEST"
    assert (told(merchant, "bill2").status, told(merchant, "bill2").code) == (404, "NOT_FOUND")


def test_a_transfer_fails_is_cancelled_or_expires(wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    for number in ("bill1", "bill2", "bill3"):
        transfer(merchant, number)
    wechat.control("transfers", "bill1", "fail", {"fail_reason": "ACCOUNT_FROZEN"})
    assert (told(merchant).json["state"], told(merchant).json["fail_reason"]) == ("FAIL", "ACCOUNT_FROZEN")
    cancelled = merchant.ask("POST", f"{TRANSFERS}/out-bill-no/bill2/cancel")
    assert (cancelled.status, cancelled.json["state"]) == (200, "CANCELING")
    assert told(merchant, "bill2").json["state"] == "CANCELLED"
    assert merchant.ask("POST", f"{TRANSFERS}/out-bill-no/bill2/cancel").json["state"] == "CANCELLED"
    clock.advance(24 * 3600)
    assert (told(merchant, "bill3").json["state"], told(merchant, "bill3").json["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    clock.advance(30 * 86400)
    assert told(merchant, "bill3").code == "NOT_FOUND"
    transfer(merchant, "bill4")
    with pytest.raises(ControlRefusedError, match="no fail_reason"):
        wechat.control("transfers", "bill4", "fail", {"fail_reason": "NONSENSE"})


def test_a_remark_provokes_codes_and_every_reason(merchant: Any) -> None:
    assert (
        transfer(merchant, transfer_remark="MOCK:NOT_ENOUGH").status,
        transfer(merchant, transfer_remark="MOCK:NOT_ENOUGH").code,
    ) == (403, "NOT_ENOUGH")
    for number, row in enumerate(of("fail_reason")):
        made = transfer(merchant, f"bill{number}", transfer_remark=f"MOCK:FAIL:{row.code}")
        assert made.json["state"] == "ACCEPTED"
        assert told(merchant, f"bill{number}").json["fail_reason"] == row.code
    assert transfer(merchant, "short", transfer_remark="MOCK:FAIL:BSRULE_MONTH").status == 200
    assert told(merchant, "short").json["fail_reason"] == "BLOCK_B2C_USERLIMITAMOUNT_BSRULE_MONTH"
    assert "fits" in transfer(merchant, "none", transfer_remark="MOCK:FAIL:BLOCK").json["message"]


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"transfer_amount": 5}, "INVALID_REQUEST", "单笔转账上下限"),
        ({"transfer_amount": 2_000_001}, "INVALID_REQUEST", "单笔转账上下限"),
        ({"transfer_scene_id": "9999"}, "INVALID_REQUEST", "转账场景"),
        ({"transfer_scene_report_infos": []}, "PARAM_ERROR", "报备信息"),
        ({"appid": "wx0000000000000000"}, "INVALID_REQUEST", "APPID不存在"),
        ({"out_bill_no": "has-dash"}, "PARAM_ERROR", "out_bill_no"),
        ({"transfer_remark": "x" * 33}, "PARAM_ERROR", "transfer_remark"),
        ({"transfer_amount": 200_000}, "PARAM_ERROR", "user_name"),
        ({"user_name": "x"}, "INVALID_REQUEST", "缺少微信支付平台证书序列号"),
    ],
)
def test_a_transfer_that_breaks_a_rule_is_refused(merchant: Any, changes: dict[str, Any], code: str, text: str) -> None:
    refused = transfer(merchant, **changes)
    assert (refused.status, refused.code) == (400, code)
    assert text in refused.json["message"]


@pytest.mark.parametrize("mode", ["key", "certificate"])
def test_a_name_is_sealed_for_the_key_that_is_named(merchant: Any, keys: WechatKeys, mode: str) -> None:
    key = keys.wechatpay_key if mode == "key" else keys.platform_key
    merchant.serial = keys.public_key_id if mode == "key" else keys.platform_certificate.serial_no

    def sealed(name: str) -> str:
        return base64.b64encode(key.public_key().encrypt(name.encode(), OAEP)).decode()

    assert transfer(merchant, user_name=sealed("张三")).status == 200
    assert transfer(merchant, user_name=sealed("张三")).status == 200  # sealed anew, and the same
    assert transfer(merchant, user_name=sealed("李四")).code == "INVALID_REQUEST"
    assert merchant.key.decrypt(base64.b64decode(told(merchant).json["user_name"]), OAEP).decode() == "张三"
    assert transfer(merchant, "bill2", user_name="eA==").json["detail"] | {"issue": ""} == {
        "field": "/user_name",
        "value": "***",
        "issue": "",
        "location": "body",
    }


def test_transfers_go_only_as_their_table_says(wechat: WechatMock, merchant: Any) -> None:
    transfer(merchant)
    one = wechat.desk.transfers.of_number("bill1")
    for state in {state for state, _ in STATES} | set(STATES.values()):
        for event in ("confirm", "transfer", "fail", "expire", "cancel", "settle"):
            one.state = state
            if (state, event) in STATES:
                wechat.desk.transfers.move(one, event)
            else:
                with pytest.raises(ControlRefusedError):
                    wechat.desk.transfers.move(one, event)


class Receiver:
    """Takes notifications as a merchant would, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status: int | None = 200

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str]:
        self.got.append((headers, body))
        return self.status, "" if self.status else "refused"


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def world(wechat: WechatMock, clock: Clock, receiver: Receiver) -> World:
    return World([wechat], clock, receiver)


def opened(headers: dict[str, str], body: bytes, merchant: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    assert merchant.verified(MockReply(200, headers, body))
    letter = json.loads(body)
    box = letter["resource"]
    plain = unseal(
        merchant.facts["apiv3_key"].encode(),
        nonce=box["nonce"],
        associated_data=box["associated_data"],
        ciphertext=box["ciphertext"],
    )
    return letter, json.loads(plain)


@pytest.mark.parametrize("mode", ["key", "certificate"])
def test_payments_refunds_and_transfers_are_told(
    world: World, wechat: WechatMock, merchant: Any, receiver: Receiver, keys: WechatKeys, mode: str
) -> None:
    merchant.serial = keys.public_key_id if mode == "key" else None
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    merchant.refund(notify_url="http://127.0.0.1:9/refund")
    merchant.query_refund()
    transfer(merchant, notify_url="http://127.0.0.1:9/transfer")
    wechat.control("transfers", "bill1", "confirm", {})
    world.deliver()
    letters = [opened(headers, body, merchant) for headers, body in receiver.got]
    assert [letter["event_type"] for letter, _ in letters] == [
        "TRANSACTION.SUCCESS",
        "REFUND.SUCCESS",
        "MCHTRANSFER.BILL.FINISHED",
    ]
    payment, refund, paid_out = (content for _, content in letters)
    assert (payment["trade_state"], payment["amount"]["total"]) == ("SUCCESS", 100)
    assert (refund["refund_status"], refund["amount"]["refund"], refund["mchid"]) == ("SUCCESS", 30, merchant.facts["mchid"])
    assert (paid_out["state"], paid_out["transfer_amount"]) == ("SUCCESS", 500)
    assert len(letters[0][0]["id"]) == 36
    assert receiver.got[0][0]["Wechatpay-Serial"] == (
        keys.public_key_id if mode == "key" else keys.platform_certificate.serial_no
    )
    world.deliver()
    assert len(receiver.got) == 3


def test_a_notification_is_sent_again_until_it_is_taken(
    world: World, wechat: WechatMock, merchant: Any, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 500
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    world.deliver()
    for seconds in (15, 15, 30, 180):
        clock.advance(seconds - 1)
        assert world.deliver() == []
        clock.advance(1)
        assert len(world.deliver()) == 1
    assert len({json.loads(body)["id"] for _, body in receiver.got}) == 1
    clock.advance(24 * 3600 + 4 * 60)
    assert len(world.deliver()[0]["attempts"]) == 16
    clock.advance(86400)
    assert world.deliver() == []
    receiver.status = 204
    wechat.control("notifications", "1", "resend", {})
    assert world.deliver()[0]["taken"] is True


def test_a_forged_notification_does_not_verify(world: World, wechat: WechatMock, merchant: Any, receiver: Receiver) -> None:
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    wechat.control("notifications", "1", "forge", {})
    world.deliver()
    headers, body = receiver.got[1]
    assert headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert not merchant.verified(MockReply(200, headers, body))


def test_a_held_refund_settles_when_told_and_a_free_one_by_itself(
    world: World, wechat: WechatMock, merchant: Any, receiver: Receiver, clock: Clock
) -> None:
    merchant.native(notify_url="http://127.0.0.1:9/pay")
    wechat.control("orders", "order0001", "pay", {})
    merchant.refund("free", notify_url="http://127.0.0.1:9/refund")
    clock.advance(60)
    merchant.refund("held", notify_url="http://127.0.0.1:9/refund")
    wechat.control("refunds", "held", "hold", {})
    clock.advance(10)
    world.deliver()
    assert [json.loads(body)["event_type"] for _, body in receiver.got] == ["TRANSACTION.SUCCESS", "REFUND.SUCCESS"]
    wechat.control("refunds", "held", "abnormal", {})
    world.deliver()
    assert json.loads(receiver.got[-1][1])["event_type"] == "REFUND.ABNORMAL"


@pytest.fixture
def listening() -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/notify", got
    server.shutdown()
    server.server_close()
    thread.join()


def test_posting_reaches_this_machine_and_nothing_else(listening: tuple[str, list[bytes]]) -> None:
    url, got = listening
    assert post(url, {}, b"hello") == (204, "")
    assert got == [b"hello"]
    for elsewhere in (
        "https://example.com/notify",
        "http://example.com/notify",
        "http://10.0.0.1/",
        "https://127.0.0.1/",
        "nonsense",
    ):
        status, reason = post(elsewhere, {}, b"x")
        assert status is None
        assert "this machine alone" in reason
    status, reason = post("http://127.0.0.1:9/", {}, b"x")
    assert (status, "ConnectionRefusedError" in reason) == (None, True)
