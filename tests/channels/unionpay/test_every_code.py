"""Every collected response code, as an answer to each request and as the state of each kind of order.

What must hold is read off the official demos' lists, not off the catalogue: the raw code stays; a refused query says nothing;
what the demos ask again is never a failure, nor is what speaks of money that was taken; accepted is never done.
"""

import csv
from collections.abc import Callable

import pytest

from payment_channels import ChannelClient, Outcome, PaymentQuery, PayoutQuery, RefundQuery, Result, open_channel
from tests.channels.unionpay.conftest import CANCEL, ORDER_ID, ORDER_TIME, PAYOUT, REFUND, SENT_NOW, Gateway, of_query, payment
from tests.conftest import NOW, VECTORS, Script

with (VECTORS / "unionpay" / "unionpay_errors.csv").open(encoding="utf-8") as file:
    CODES = sorted({row["code"] for row in csv.DictReader(file) if row["api"] == "respCode"})
AGAIN = {"03", "04", "05"}
AGAIN_OF_PAYOUTS = AGAIN | {"01", "12", "34", "60"}
MONEY_TAKEN = {"42", "74", "75"}
DISPUTED = {"06", "69"}  # the sources disagree whether they are final
IN_HAND = {"70", "83"}  # 等待持卡人输入, 处理中
SUCCESSES = {"00", "A6"}
EXPIRED = payment(ordered_at=NOW.replace(hour=11, minute=0))
EXPIRED_TIME = "20260601190000"
REQUESTS: dict[str, tuple[dict[str, str], Callable[[ChannelClient], Result]]] = {
    "pay": ({"orderId": ORDER_ID, "txnTime": ORDER_TIME}, lambda client: client.pay(payment())),
    "refund": ({"orderId": "R0000001", "txnTime": SENT_NOW}, lambda client: client.refund(REFUND)),
    "cancel": ({"orderId": "C0000001", "txnTime": SENT_NOW}, lambda client: client.cancel(CANCEL)),
    "payout": ({"orderId": "P0000001", "txnTime": SENT_NOW}, lambda client: client.payout(PAYOUT)),
}
QUERIES: dict[str, tuple[dict[str, str], Callable[[ChannelClient], Result]]] = {
    "query": (of_query(time=EXPIRED_TIME), lambda client: client.query(PaymentQuery.of(EXPIRED))),
    "query_refund": (
        of_query("R0000001", SENT_NOW, txnType="04", txnAmt="40"),
        lambda client: client.query_refund(RefundQuery.of(REFUND)),
    ),
    "query_cancel": (
        of_query("C0000001", SENT_NOW, txnType="31"),
        lambda client: client.query_refund(RefundQuery.of(CANCEL)),
    ),
    "query_payout": (
        of_query("P0000001", SENT_NOW, txnType="12", txnAmt="30"),
        lambda client: client.query_payout(PayoutQuery.of(PAYOUT)),
    ),
}


@pytest.fixture(scope="module")
def asker(gateway: Gateway) -> ChannelClient:
    return ChannelClient(open_channel("unionpay", gateway.config(), clock=lambda: NOW))


def asked(asker: ChannelClient, gateway: Gateway, fields: dict[str, str], ask: Callable[[ChannelClient], Result]) -> Result:
    asker._transport = Script([gateway.answers(fields)])  # type: ignore[assignment]
    return ask(asker)


@pytest.mark.parametrize("code", [code for code in CODES if code not in SUCCESSES])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_answered_so(asker: ChannelClient, gateway: Gateway, name: str, code: str) -> None:
    fields, ask = REQUESTS[name]
    result = asked(asker, gateway, {**fields, "respCode": code, "respMsg": "m"}, ask)
    assert (result.raw.where, result.raw.code, result.raw.message) == ("respCode", code, "m")
    assert result.outcome in {Outcome.FAILED, Outcome.UNKNOWN}
    assert not result.new_id_allowed, "an attempt that was refused says nothing of another attempt"
    open_ones = AGAIN_OF_PAYOUTS if name == "payout" else AGAIN | {"12"}
    if code in open_ones | MONEY_TAKEN | DISPUTED:
        assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", QUERIES)
def test_an_order_in_this_state(asker: ChannelClient, gateway: Gateway, name: str, code: str) -> None:
    fields, ask = QUERIES[name]
    result = asked(asker, gateway, {**fields, "origRespCode": code, "origRespMsg": "m"}, ask)
    assert (result.raw.where, result.raw.code, result.raw.message) == ("origRespCode", code, "m")
    assert (result.outcome is Outcome.SUCCEEDED) is (code in SUCCESSES)
    open_ones = AGAIN_OF_PAYOUTS if name == "query_payout" else AGAIN | {"12", "34"}
    if code in open_ones | MONEY_TAKEN:
        assert result.outcome is Outcome.UNKNOWN
    assert (result.outcome is not Outcome.PENDING) or code in IN_HAND


@pytest.mark.parametrize("code", [code for code in CODES if code != "00"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_is_refused_says_nothing(asker: ChannelClient, gateway: Gateway, name: str, code: str) -> None:
    fields, ask = QUERIES[name]
    result = asked(asker, gateway, {**fields, "respCode": code, "origRespCode": "00"}, ask)
    assert (result.outcome, result.raw.where, result.raw.code) == (Outcome.UNKNOWN, "respCode", code)
