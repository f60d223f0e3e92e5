"""The mock's codes against the collected table, and every one of them provoked by a magic value or by a fault."""

import csv
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mocks.faults import Fault
from mocks.wechat import WechatMock
from mocks.wechat.codes import find, of, refused
from mocks.wire import MockRequest

COLLECTED = Path(__file__).parent.parent / "vectors" / "wechat" / "wechat_errors.csv"
PAY, REFUNDS = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
BATCHES = "/v3/transfer/batches"
APIS = {
    f"v3 POST {PAY}/jsapi": "jsapi",
    f"v3 POST {PAY}/native": "native",
    f"v3 POST {PAY}/app": "app",
    f"v3 POST {PAY}/h5": "h5",
    f"v3 POST {PAY}/codepay": "codepay",
    f"v3 GET {PAY}/id/{{transaction_id}}": "query",
    f"v3 GET {PAY}/out-trade-no/{{out_trade_no}}": "query",
    f"v3 POST {PAY}/out-trade-no/{{out_trade_no}}/close": "close",
    f"v3 POST {PAY}/out-trade-no/{{out_trade_no}}/reverse": "reverse",
    f"v3 POST {REFUNDS}": "refund",
    f"v3 GET {REFUNDS}/{{out_refund_no}}": "refund_query",
    f"v3 POST {REFUNDS}/{{refund_id}}/apply-abnormal-refund": "abnormal_refund",
    f"v3 POST {BATCHES}": "batch",
    f"v3 GET {BATCHES}/out-batch-no/{{out_batch_no}}": "batch_query",
    f"v3 GET {BATCHES}/out-batch-no/{{}}/details/out-detail-no/{{}}": "batch_detail",
    "v3 transfer close_reason (batch.close_reason)": "close_reason",
    "v3 GET /v3/certificates": "certificates",
    "v3 GET /v3/bill/tradebill": "tradebill",
    "v3 GET /v3/bill/fundflowbill": "fundflowbill",
    "v3 GET /v3/billdownload/file": "download",
    f"v3 POST {TRANSFERS}": "transfer",
    f"v3 GET {TRANSFERS}/out-bill-no/{{out_bill_no}}": "transfer_query",
    f"v3 GET {TRANSFERS}/transfer-bill-no/{{transfer_bill_no}}": "transfer_query",
    f"v3 POST {TRANSFERS}/out-bill-no/{{out_bill_no}}/cancel": "transfer_cancel",
    "v3 transfer fail_reason (bill.fail_reason / detail.fail_reason)": "fail_reason",
    "v2 /pay/micropay": "micropay",
    "v2 /pay/orderquery": "micropay_query",
    "v2 /secapi/pay/reverse": "micropay_reverse",
    "v3 gateway (any path)": "gateway",
}


def collected() -> list[dict[str, str]]:
    with COLLECTED.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["api"] in APIS and not row["code"].startswith("(")]


def test_every_collected_row_of_an_operation_is_in_the_table() -> None:
    assert {row["api"] for row in collected()} == set(APIS)
    for row in collected():
        known = {(one.code, one.message) for one in of(APIS[row["api"]])}
        assert (row["code"], row["message_zh"]) in known
        status = re.search(r"\d{3}(?!/)", row["http_status"])
        statuses = {one.status for one in of(APIS[row["api"]]) if one.code == row["code"]}
        assert status is None or int(status[0]) in statuses


def test_the_table_invents_nothing() -> None:
    rows = {(APIS[row["api"]], row["code"], row["message_zh"]) for row in collected()}
    for operation in set(APIS.values()):
        assert {(operation, one.code, one.message) for one in of(operation)} <= rows
    with pytest.raises(KeyError):
        refused("native", "INVENTED")


def magic() -> list[tuple[str, str]]:
    by_fault = {"gateway", "certificates", "tradebill", "fundflowbill", "download", "fail_reason", "close_reason"}
    operations = set(APIS.values()) - by_fault
    return sorted({(operation, row.code) for operation in operations for row in of(operation)})


Act = Callable[[Any, WechatMock, str], Any]


def _order(product: str) -> Act:
    more: dict[str, dict[str, Any]] = {
        "jsapi": {"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}},
        "h5": {"scene_info": {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}},
        "codepay": {"payer": {"auth_code": "130061098828009406"}, "scene_info": {"store_info": {"id": "1"}}},
    }

    def act(merchant: Any, _: WechatMock, text: str) -> Any:
        return merchant.ask("POST", f"{PAY}/{product}", merchant.order(description=text, **more.get(product, {})))

    return act


def _after(then: Act, *, paid: bool = False) -> Act:
    def act(merchant: Any, wechat: WechatMock, text: str) -> Any:
        merchant.native(description=text)
        if paid:
            wechat.control("orders", "order0001", "pay", {})
        return then(merchant, wechat, text)

    return act


def _transfer(merchant: Any, remark: str) -> Any:
    body = {
        "appid": merchant.facts["appid"],
        "out_bill_no": "bill1",
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "transfer_amount": 500,
        "transfer_remark": remark,
        "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
    }
    return merchant.ask("POST", TRANSFERS, body)


def _transferred(method: str, tail: str) -> Act:
    def act(merchant: Any, _: WechatMock, text: str) -> Any:
        _transfer(merchant, text)
        return merchant.ask(method, f"{TRANSFERS}/out-bill-no/bill1{tail}")

    return act


def _refund_query(merchant: Any, _: WechatMock, text: str) -> Any:
    merchant.refund(reason=text)
    return merchant.query_refund()


def _abnormal_refund(merchant: Any, wechat: WechatMock, text: str) -> Any:
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    number = merchant.refund(reason=text).json["refund_id"]
    wechat.control("refunds", "refund1", "abnormal", {})
    body = {"out_refund_no": "refund1", "type": "MERCHANT_BANK_CARD"}
    return merchant.ask("POST", f"{REFUNDS}/{number}/apply-abnormal-refund", body)


def _batch(merchant: Any, remark: str) -> Any:
    detail = {"out_detail_no": "d1", "transfer_amount": 500, "transfer_remark": "x", "openid": "oUser"}
    body = {
        "appid": merchant.facts["appid"],
        "out_batch_no": "batch1",
        "batch_name": "x",
        "batch_remark": remark,
        "total_amount": 500,
        "total_num": 1,
        "transfer_detail_list": [detail],
    }
    return merchant.ask("POST", BATCHES, body)


def _batched(tail: str) -> Act:
    def act(merchant: Any, _: WechatMock, text: str) -> Any:
        _batch(merchant, text)
        return merchant.ask("GET", f"{BATCHES}/out-batch-no/batch1{tail}")

    return act


def _reverse(merchant: Any, *_: Any) -> Any:
    ids = {name: merchant.facts[name] for name in ("appid", "mchid")}
    return merchant.ask("POST", f"{PAY}/out-trade-no/order0001/reverse", ids)


ACTS: dict[str, Act] = {
    **{product: _order(product) for product in ("native", "jsapi", "app", "h5", "codepay")},
    "query": _after(lambda merchant, *_: merchant.query()),
    "close": _after(lambda merchant, *_: merchant.close()),
    "reverse": _after(_reverse),
    "refund": _after(lambda merchant, *_: merchant.refund(), paid=True),
    "refund_query": lambda merchant, wechat, text: _after(lambda *_: _refund_query(merchant, wechat, text), paid=True)(
        merchant, wechat, "x"
    ),
    "transfer": lambda merchant, _, text: _transfer(merchant, text),
    "transfer_query": _transferred("GET", ""),
    "transfer_cancel": _transferred("POST", "/cancel"),
    "abnormal_refund": _abnormal_refund,
    "batch": lambda merchant, _, text: _batch(merchant, text),
    "batch_query": _batched("?need_query_detail=false"),
    "batch_detail": _batched("/details/out-detail-no/d1"),
}
OWN = {"native", "jsapi", "app", "h5", "codepay", "transfer", "batch"}


@pytest.mark.parametrize(("operation", "code"), [pair for pair in magic() if not pair[0].startswith("micropay")])
def test_every_code_is_provoked_by_a_value_in_the_order(wechat: WechatMock, merchant: Any, operation: str, code: str) -> None:
    text = f"MOCK:{code}" if operation in OWN else f"MOCK:{operation}:{code}"
    answer = ACTS[operation](merchant, wechat, text)
    row = find(operation, code)
    assert row is not None
    assert (answer.status, answer.code) == (row.status, code)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("certificates", "/v3/certificates"),
        ("tradebill", "/v3/bill/tradebill"),
        ("fundflowbill", "/v3/bill/fundflowbill"),
        ("download", "/v3/billdownload/file"),
    ],
)
def test_what_has_no_order_answers_codes_by_fault(wechat: WechatMock, merchant: Any, operation: str, path: str) -> None:
    for row in of(operation):
        reply = wechat.handle(merchant.request("GET", path), Fault(1, "next_code", options={"code": row.code}))
        assert (reply.status, reply.note["code"]) == (find(operation, row.code).status, row.code)  # type: ignore[union-attr]


def test_every_code_of_v2_is_provoked_by_its_body(wechat: WechatMock, merchant: Any) -> None:
    from mocks.wechat.v2 import signature

    def ask(path: str, **values: str) -> bytes:
        asked = {"appid": merchant.facts["appid"], "mch_id": merchant.facts["mchid"], "nonce_str": "x"} | values
        asked["sign"] = signature(asked, merchant.facts["apiv2_key"], "MD5")
        body = "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in asked.items()) + "</xml>"
        return wechat.handle(MockRequest("POST", path, body=body.encode())).body

    codes = itertools.count(130061098828009406)  # each is good for one order

    def micropay(number: str, text: str) -> bytes:
        code = str(next(codes))
        return ask("/pay/micropay", body=text, out_trade_no=number, total_fee="1", spbill_create_ip="1", auth_code=code)

    for number, row in enumerate(of("micropay")):
        assert f"<err_code><![CDATA[{row.code}]]>" in micropay(f"own{number}", f"MOCK:{row.code}").decode()
    for operation, path in (("micropay_query", "/pay/orderquery"), ("micropay_reverse", "/secapi/pay/reverse")):
        for number, row in enumerate(of(operation)):
            micropay(f"{operation}{number}", f"MOCK:{operation}:{row.code}")
            assert f"<err_code><![CDATA[{row.code}]]>" in ask(path, out_trade_no=f"{operation}{number}").decode()
