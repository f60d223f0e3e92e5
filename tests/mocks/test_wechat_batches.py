"""Batch transfers, the product before transfer-bills, and refunds applied for anew: what clients of others still call."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.wechat import WechatKeys, WechatMock
from payment_channels.codec.rsa import RsaOaepEncryptor

PATH = "/v3/transfer/batches"
BY_NUMBER = f"{PATH}/out-batch-no/batch1"


def detail(number: str, fen: int = 500, remark: str = "报销", **more: Any) -> dict[str, Any]:
    return {"out_detail_no": number, "transfer_amount": fen, "transfer_remark": remark, "openid": "oUser"} | more


@pytest.fixture
def send(merchant: Any) -> Callable[..., Any]:
    """Ask for a batch of two."""

    def ask(*details: dict[str, Any], **changes: Any) -> Any:
        given = list(details) or [detail("d1"), detail("d2", 300)]
        body = {
            "appid": merchant.facts["appid"],
            "out_batch_no": "batch1",
            "batch_name": "五月报销",
            "batch_remark": "五月报销",
            "total_amount": sum(one["transfer_amount"] for one in given),
            "total_num": len(given),
            "transfer_detail_list": given,
        }
        return merchant.ask("POST", PATH, body | changes)

    return ask


def test_a_batch_is_taken_in_done_and_told(wechat: WechatMock, merchant: Any, send: Any) -> None:
    made = send(detail("d1"), detail("d2", 300, "MOCK:FAIL:ACCOUNT_FROZEN"), notify_url="http://127.0.0.1:9/notify")
    assert (made.status, made.json["batch_status"]) == (200, "ACCEPTED")
    early = merchant.ask("GET", f"{BY_NUMBER}/details/out-detail-no/d1")
    assert (early.status, early.code) == (400, "INVALID_REQUEST")  # as observed: not before the batch has ended
    found = merchant.ask("GET", f"{BY_NUMBER}?need_query_detail=true&detail_status=FAIL&offset=0&limit=20").json
    batch = found["transfer_batch"]
    assert (batch["batch_status"], batch["success_amount"], batch["fail_amount"]) == ("FINISHED", 500, 300)
    assert [one["out_detail_no"] for one in found["transfer_detail_list"]] == ["d2"]
    failed = merchant.ask("GET", f"{BY_NUMBER}/details/out-detail-no/d2").json
    assert (failed["detail_status"], failed["fail_reason"]) == ("FAIL", "ACCOUNT_FROZEN")
    by_id = f"{PATH}/batch-id/{batch['batch_id']}"
    assert merchant.ask("GET", f"{by_id}?need_query_detail=false").json == {"transfer_batch": batch}
    assert merchant.ask("GET", f"{by_id}/details/detail-id/{failed['detail_id']}").json == failed
    assert [one.event for one in wechat.notices.all] == ["MCHTRANSFER.BATCH.FINISHED"]
    assert wechat.books()["sums"]["paid_out"] == 500


def test_one_number_is_one_batch(send: Any, wechat: WechatMock) -> None:
    first, again, other = send(), send(), send(batch_name="六月报销")
    assert first.json == again.json
    assert (other.status, other.code) == (400, "INVALID_REQUEST")
    assert len(wechat.books()["batches"]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total_amount": 801}, "PARAM_ERROR"),
        ({"total_num": 3}, "PARAM_ERROR"),
        ({"transfer_detail_list": []}, "PARAM_ERROR"),
        ({"transfer_detail_list": ["x"]}, "PARAM_ERROR"),
        ({"transfer_detail_list": [detail("d1"), detail("d1", 300)]}, "PARAM_ERROR"),
        ({"transfer_detail_list": [detail("d1", 800, user_name=1)], "total_num": 1}, "PARAM_ERROR"),
        ({"transfer_detail_list": [detail("d1", 200000)], "total_num": 1, "total_amount": 200000}, "PARAM_ERROR"),
        ({"appid": "wx0000000000000000"}, "APPID_MCHID_NOT_MATCH"),
        ({"out_batch_no": "with-dash"}, "PARAM_ERROR"),
    ],
)
def test_a_batch_that_breaks_a_rule_is_refused_whole(send: Any, wechat: WechatMock, changes: dict[str, Any], code: str) -> None:
    assert send(**changes).code == code
    assert wechat.books()["batches"] == []


@pytest.mark.parametrize(
    "query", ["", "?need_query_detail=yes", "?need_query_detail=true&limit=5", "?need_query_detail=true&offset=x"]
)
def test_a_query_that_breaks_a_rule_is_refused(send: Any, merchant: Any, query: str) -> None:
    send()
    assert merchant.ask("GET", BY_NUMBER + query).code == "PARAM_ERROR"


def test_what_is_unknown_is_not_found(merchant: Any, send: Any) -> None:
    send()
    for target in (f"{PATH}/out-batch-no/nobody?need_query_detail=false", f"{BY_NUMBER}/details/out-detail-no/nobody"):
        answer = merchant.ask("GET", target)
        assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_names_are_sealed_both_ways(send: Any, merchant: Any, keys: WechatKeys) -> None:
    merchant.serial = keys.public_key_id
    sealed = base64.b64encode(RsaOaepEncryptor("", keys.wechatpay_key.public_key()).encrypt("张三".encode())).decode()
    again = base64.b64encode(RsaOaepEncryptor("", keys.wechatpay_key.public_key()).encrypt("张三".encode())).decode()
    assert send(detail("d1", 300000, user_name=sealed)).json == send(detail("d1", 300000, user_name=again)).json
    merchant.ask("GET", f"{BY_NUMBER}?need_query_detail=false")
    assert merchant.ask("GET", f"{BY_NUMBER}/details/out-detail-no/d1").json["user_name"] not in {sealed, again}


def test_a_held_batch_waits_and_a_closed_one_pays_nobody(send: Any, wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    send(notify_url="http://127.0.0.1:9/notify")
    wechat.control("batches", "batch1", "hold", {})
    clock.advance(3600)
    assert merchant.ask("GET", f"{BY_NUMBER}?need_query_detail=false").json["transfer_batch"]["batch_status"] == "PROCESSING"
    closed = wechat.control("batches", "batch1", "close", {})
    assert (closed["batch_status"], closed["close_reason"], closed["success_num"]) == ("CLOSED", "OVERDUE_CLOSE", 0)
    assert [one.event for one in wechat.notices.all] == ["MCHTRANSFER.BATCH.CLOSED"]
    with pytest.raises(ControlRefusedError):
        wechat.control("batches", "batch1", "finish", {})
    assert wechat.books()["sums"]["paid_out"] == 0


def test_a_batch_ends_by_itself_and_stands_in_the_fund_flow(send: Any, wechat: WechatMock, merchant: Any, clock: Clock) -> None:
    day = clock.now().date()
    send()
    clock.advance(36 * 3600)
    asked = merchant.ask("GET", f"/v3/bill/fundflowbill?bill_date={day}&account_type=OPERATION").json
    bill = wechat.handle(merchant.request("GET", asked["download_url"].partition("127.0.0.1")[2])).body.decode("utf-8-sig")
    assert bill.splitlines()[-1] == "`2,`0,`0.00,`2,`8.00"  # on the day when it was done, though nobody looked then
    assert wechat.books()["batches"][0]["batch_status"] == "FINISHED"


def test_a_refund_that_was_abnormal_is_applied_for_anew(wechat: WechatMock, merchant: Any) -> None:
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    number = merchant.refund().json["refund_id"]
    path, body = (
        f"/v3/refund/domestic/refunds/{number}/apply-abnormal-refund",
        {"out_refund_no": "refund1", "type": "USER_BANK_CARD"},
    )
    assert merchant.ask("POST", path, body).code == "INVALID_REQUEST"
    wechat.control("refunds", "refund1", "abnormal", {})
    assert merchant.ask("POST", path, body | {"type": "CASH"}).code == "PARAM_ERROR"
    assert merchant.ask("POST", path.replace(number, "1"), body).code == "RESOURCE_NOT_EXISTS"
    assert merchant.ask("POST", path, body).json["status"] == "PROCESSING"
    assert merchant.ask("POST", path, body).status == 200  # again is the same
    assert merchant.query_refund().json["status"] == "SUCCESS"
