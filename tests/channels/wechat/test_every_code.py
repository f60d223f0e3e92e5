"""Every collected error of the interface's own operations, played to the adapter: the witness is the collected table.

What must hold is read off the table's columns, not off the catalogue: the raw code stays, a refused query says nothing,
a 5xx never failed, and nothing that is only assumed is a failure.
"""

import csv
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from payment_channels import (
    BillQuery,
    CancelPayoutOrder,
    ChannelClient,
    CloseOrder,
    Money,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    RefundOrder,
    RefundQuery,
    Result,
    Wallet,
)
from tests.conftest import NOW, VECTORS, Platform, Script, payment

NUMBER = payment().merchant_order_id
REFUND = RefundOrder(
    merchant_refund_id="R1",
    ordered_at=NOW,
    amount=Money(40),
    original=OriginalPayment(merchant_order_id=NUMBER, amount=Money(100)),
)
SCENE: dict[str, Any] = {
    "transfer_scene_id": "1000",
    "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "x"}],
}


OF_ANOTHER_OPERATION = {("transfer-bills", "NOT_FOUND")}  # the collected row itself says: on the query and the withdrawal


def payout_order() -> Any:
    from payment_channels import PayoutOrder

    return PayoutOrder(
        merchant_order_id="P1", ordered_at=NOW, amount=Money(30), payee=Wallet(wallet_id="o"), remark="x", channel_fields=SCENE
    )


def asking_bill(kind: str) -> Callable[[ChannelClient], Result]:
    return lambda client: client.bill(BillQuery(day=date(2026, 5, 1), bill_kind=kind))


APIS: dict[str, tuple[bool, Callable[[ChannelClient], Result]]] = {
    "v3 POST /v3/pay/transactions/native": (False, lambda client: client.pay(payment())),
    "v3 POST /v3/pay/transactions/app": (False, lambda client: client.pay(payment(product="app"))),
    "v3 POST /v3/pay/transactions/jsapi": (
        False,
        lambda client: client.pay(payment(product="jsapi", payer=Wallet(wallet_id="o"))),
    ),
    "v3 POST /v3/pay/transactions/h5": (False, lambda client: client.pay(payment(product="h5", payer_ip="127.0.0.1"))),
    "v3 GET /v3/pay/transactions/out-trade-no/{out_trade_no}": (True, lambda client: client.query(PaymentQuery.of(payment()))),
    "v3 GET /v3/pay/transactions/id/{transaction_id}": (
        True,
        lambda client: client.query(PaymentQuery(channel_order_id="42", amount=Money(100))),
    ),
    "v3 POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close": (
        False,
        lambda client: client.close(CloseOrder(merchant_order_id=NUMBER)),
    ),
    "v3 POST /v3/refund/domestic/refunds": (False, lambda client: client.refund(REFUND)),
    "v3 GET /v3/refund/domestic/refunds/{out_refund_no}": (True, lambda client: client.query_refund(RefundQuery.of(REFUND))),
    "v3 POST /v3/fund-app/mch-transfer/transfer-bills": (False, lambda client: client.payout(payout_order())),
    "v3 GET /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}": (
        True,
        lambda client: client.query_payout(PayoutQuery.of(payout_order())),
    ),
    "v3 POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}/cancel": (
        True,
        lambda client: client.cancel_payout(CancelPayoutOrder(merchant_order_id="P1", amount=Money(30))),
    ),
    "v3 GET /v3/bill/tradebill": (True, asking_bill("trade")),
    "v3 GET /v3/bill/fundflowbill": (True, asking_bill("fund_flow")),
}


def collected() -> list[Any]:
    with (VECTORS / "wechat" / "wechat_errors.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["api"] in APIS and row["http_status"].isdigit() and row["code"].isupper()
        ]
    assert len(rows) > 100
    return [
        pytest.param(row, id=f"{row['api'].rpartition('/')[2]}-{row['http_status']}-{row['code']}-{n}")
        for n, row in enumerate(rows)
    ]


@pytest.mark.parametrize("row", collected())
def test_every_collected_error(client: ChannelClient, script: Script, platform: Platform, row: dict[str, str]) -> None:
    says_nothing_of_the_order, ask = APIS[row["api"]]
    http = int(row["http_status"])
    script.answers = [platform.refuses(http, row["code"], row["message_zh"])]
    result = ask(client)
    assert (result.raw.code, result.raw.http_status, result.raw.message) == (row["code"], http, row["message_zh"])
    if (row["api"].rpartition("/")[2], row["code"]) not in OF_ANOTHER_OPERATION:
        assert result.canonical != "UNMAPPED_CODE", "a collected code is mapped"
    assert result.outcome in {Outcome.UNKNOWN, Outcome.FAILED, Outcome.PENDING}
    if says_nothing_of_the_order or http >= 500 or row["checked"] == "assumed":
        assert result.outcome is Outcome.UNKNOWN
    if result.outcome is not Outcome.FAILED:
        assert result.new_id_allowed is False
    assert len(script.calls) == 1
