"""The mock's codes against the collected table, and every one of them provoked by a magic value or by a fault."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mocks.alipay import AlipayMock
from mocks.alipay.codes import asked_for, find, of, refused
from mocks.alipay.operations import OPERATIONS, PAGES
from mocks.faults import Fault
from tests.mocks.alipay_app import App

COLLECTED = Path(__file__).parent.parent / "vectors" / "alipay" / "alipay_errors.csv"
OTHERS = {"gateway (v2)": "gateway", "gateway (v3 common)": "v3"}
# Rows that are no refusal: what a request that was accepted is answered, and what the wallet's own SDK returns.
NO_REFUSAL = ("10000", "10003", "(")
CLIENT = "client resultStatus (app/wap SDK)"


def collected() -> list[dict[str, str]]:
    with COLLECTED.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["code"].startswith(NO_REFUSAL) and row["api"] != CLIENT]
    return [row | {"code": one} for row in rows for one in row["code"].split(", ")]


def operation_of(api: str) -> str:
    return OTHERS.get(api, api)


def test_every_collected_row_is_in_the_table() -> None:
    for row in collected():
        operation = operation_of(row["api"])
        assert operation in {*OPERATIONS, *OTHERS.values()}
        known = {(one.sub_code, one.text, one.standing) for one in of(operation)}
        assert (row["code"], row["message_zh"], row["checked"]) in known
        main = re.search(r"code (\d{5})", row["http_status"]) if operation == "gateway" else None
        codes = {one.code for one in of(operation) if one.sub_code == row["code"]}
        assert main is None or main[1] in codes
        status = re.match(r"(\d{3})\b", row["http_status"]) if operation == "v3" else None
        assert status is None or int(status[1]) in {one.status for one in of(operation) if one.sub_code == row["code"]}


def test_the_table_invents_nothing() -> None:
    rows = {(operation_of(row["api"]), row["code"], row["message_zh"]) for row in collected()}
    for operation in {*OPERATIONS, *OTHERS.values()}:
        assert {(operation, one.sub_code, one.text) for one in of(operation)} <= rows
    with pytest.raises(KeyError):
        refused("alipay.trade.pay", "ACQ.INVENTED")


PAY, CREATE, PRECREATE = "alipay.trade.pay", "alipay.trade.create", "alipay.trade.precreate"
TRANSFER = "alipay.fund.trans.uni.transfer"
Act = Callable[[App, AlipayMock, str], Any]


def _after(then: Callable[[App], Any]) -> Act:
    def act(app: App, _: AlipayMock, text: str) -> Any:
        app.pay(subject=text)
        return then(app)

    return act


def _refund_query(app: App, _: AlipayMock, text: str) -> Any:
    app.pay()
    app.refund(refund_reason=text)
    return app.query_refund()


def _transfer_query(app: App, _: AlipayMock, text: str) -> Any:
    app.transfer(order_title=text)
    return app.query_transfer()


APPLY = {"out_trade_no": "order0001", "out_request_no": "r1", "refund_amount": "0.30"}
ACTS: dict[str, Act] = {
    PAY: lambda app, _, text: app.pay(subject=text),
    PRECREATE: lambda app, _, text: app.precreate(subject=text),
    CREATE: lambda app, _, text: app.ask(CREATE, app.order(subject=text, buyer_id="2088000000000001")),
    "alipay.trade.app.pay": lambda app, _, text: app.ask("alipay.trade.app.pay", app.order(subject=text)),
    "alipay.trade.query": _after(lambda app: app.query()),
    "alipay.trade.close": _after(lambda app: app.close()),
    "alipay.trade.cancel": _after(lambda app: app.cancel()),
    "alipay.trade.refund": _after(lambda app: app.refund()),
    "alipay.trade.refund.apply": _after(lambda app: app.ask("alipay.trade.refund.apply", APPLY)),
    "alipay.trade.fastpay.refund.query": _refund_query,
    TRANSFER: lambda app, _, text: app.transfer(order_title=text),
    "alipay.fund.trans.common.query": _transfer_query,
}
OWN = {PAY, PRECREATE, CREATE, "alipay.trade.app.pay", TRANSFER}
WITHOUT_ORDER = ("alipay.fund.account.query", "alipay.data.dataservice.bill.downloadurl.query")
ASKED: dict[str, dict[str, str]] = {
    "alipay.fund.account.query": {"account_type": "ACCTRANS_ACCOUNT"},
    "alipay.data.dataservice.bill.downloadurl.query": {"bill_type": "trade", "bill_date": "2026-05-31"},
}


def test_every_operation_with_codes_is_tried() -> None:
    assert {*ACTS, *WITHOUT_ORDER, *PAGES} == {operation for operation in OPERATIONS if of(operation)}


@pytest.mark.parametrize("operation", ACTS)
def test_every_code_is_provoked_by_a_value_in_the_order(app: App, alipay: AlipayMock, operation: str) -> None:
    for row in of(operation):
        alipay.reset()
        text = f"MOCK:{row.sub_code}" if operation in OWN else f"MOCK:{operation}:{row.sub_code}"
        answer = ACTS[operation](app, alipay, text)
        first = find(operation, row.sub_code)
        assert first is not None
        assert answer.json["code"] == "40004"
        assert (answer.code, answer.json["sub_msg"], answer.signed) == (row.sub_code, first.text, True)
        assert not (alipay.books()["orders"] or alipay.books()["transfers"]) or operation not in OWN


@pytest.mark.parametrize("operation", [one for one in ACTS if one != "alipay.trade.app.pay"])
def test_every_code_is_provoked_by_the_rest_protocol_too(app: App, alipay: AlipayMock, operation: str) -> None:
    app.rest = True
    for row in of(operation):
        alipay.reset()
        text = f"MOCK:{row.sub_code}" if operation in OWN else f"MOCK:{operation}:{row.sub_code}"
        answer = ACTS[operation](app, alipay, text)
        assert (answer.reply.status, answer.code, answer.signed) == (400, row.sub_code, None)


@pytest.mark.parametrize("operation", sorted(PAGES))
def test_every_code_of_a_page_is_provoked_too(app: App, alipay: AlipayMock, operation: str) -> None:
    for row in of(operation):
        biz = app.order(subject=f"MOCK:{row.sub_code}", product_code="FAST_INSTANT_TRADE_PAY")
        reply = app.send(app.request(operation, biz))
        assert row.sub_code in reply.body.decode("gbk")
        assert reply.note["code"] == row.sub_code
    assert not alipay.books()["orders"]


@pytest.mark.parametrize("operation", [*WITHOUT_ORDER, *ACTS])
def test_every_code_comes_by_fault(app: App, alipay: AlipayMock, operation: str) -> None:
    for row in of(operation):
        fault = Fault(1, "next_code", options={"code": row.sub_code})
        reply = alipay.handle(app.request(operation, ASKED.get(operation, {})), fault)
        assert (app.read(operation, reply).code, reply.note["code"]) == (row.sub_code, row.sub_code)


def test_every_code_of_the_gateway_comes_by_fault_and_by_value(app: App, alipay: AlipayMock) -> None:
    for row in of("gateway"):
        fault = Fault(1, "next_code", options={"code": row.sub_code})
        answer = app.read(PAY, alipay.handle(app.request(PAY, app.order()), fault))
        first = find("gateway", row.sub_code)
        assert first is not None
        assert (answer.json["code"], answer.code) == (first.code, row.sub_code)
        assert app.precreate(subject=f"MOCK:{row.sub_code}").code == row.sub_code
    app.rest = True
    for row in of("v3"):
        fault = Fault(1, "next_code", options={"code": row.sub_code, "http_status": 418})
        request = app.rest_request("POST", "/v3/alipay/trade/query", b'{"out_trade_no":"x"}')
        answer = app.read_rest(alipay.handle(request, fault))
        assert (answer.reply.status, answer.code) == (418, row.sub_code)
    assert not alipay.books()["orders"]


def test_a_code_may_come_under_another(app: App, alipay: AlipayMock) -> None:
    doubtful = app.pay(subject="MOCK:20000:ACQ.SYSTEM_ERROR")
    assert (doubtful.json["code"], doubtful.json["msg"]) == ("20000", "Service Currently Unavailable")
    assert doubtful.code == "ACQ.SYSTEM_ERROR"
    assert not alipay.books()["orders"]
    for code, main, sub_code in (("20000", "20000", ""), ("40004:ACQ.NEW", "40004", "ACQ.NEW"), ("NEW", "40004", "NEW")):
        row = asked_for(PAY, code)
        assert (row.code, row.sub_code) == (main, sub_code)


def test_a_fault_may_execute_and_choose_its_words(app: App, alipay: AlipayMock) -> None:
    fault = Fault(1, "next_code", options={"code": "20000:isp.unknow-error", "executed": True, "message": "别的话"})
    answer = app.read(PAY, alipay.handle(app.request(PAY, app.order(auth_code="28763443825664394")), fault))
    assert (answer.json["code"], answer.json["sub_msg"]) == ("20000", "别的话")
    assert alipay.books()["sums"]["received"] == 100
    waiting = Fault(1, "next_code", options={"code": "10003", "executed": True})
    answer = app.read(PAY, alipay.handle(app.request(PAY, app.order("order0002", auth_code="28763443825664394")), waiting))
    assert (answer.json["code"], answer.json["out_trade_no"]) == ("10003", "order0002")


def test_a_value_that_the_table_does_not_know_is_told_what_it_knows(app: App) -> None:
    answer = app.precreate(subject="MOCK:ACQ.NOTHING")
    assert answer.code == "isv.invalid-parameter"
    assert "ACQ.TOTAL_FEE_EXCEED" in answer.json["sub_msg"]
    assert app.precreate(subject="MOCK:").ok
    assert app.precreate("order0002", subject="MOCK:not a code at all").ok


def test_the_rate_is_limited_with_the_channels_own_code(app: App, alipay: AlipayMock) -> None:
    fault = Fault(1, "rate_limit", options={"per_second": 1})
    answer = app.read(PAY, alipay.handle(app.request(PAY, {}), fault))
    assert (answer.json["code"], answer.code) == ("40005", "isv.app-call-limited")
    reply = alipay.handle(app.rest_request("POST", "/v3/alipay/trade/query", b"{}"), fault)
    assert (reply.status, json.loads(reply.body)["code"]) == (429, "app-call-limited")
