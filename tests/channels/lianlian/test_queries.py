"""Queries of payouts and of the balance: what is sent, each state, and what is not believed."""

import json
from datetime import date

import pytest

from payment_channels import BalanceQuery, ChannelClient, HttpReply, Money, Outcome, PayoutQuery, Phase
from tests.channels.lianlian.conftest import NUMBER, PARTNER, PAYBILL, Gateway, found, payout
from tests.conftest import Script


def test_a_query_by_our_number(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    prepared = client.prepare(payout())
    script.answers = [gateway.answers(found(settle_date="20260602"))]
    result = client.query_payout(PayoutQuery.of(prepared))
    (call,) = script.calls
    assert call.url == "https://instantpay.lianlianpay.com/paymentapi/queryPayment.htm"
    sent = gateway.verified(json.loads(call.body))
    assert sent == {"oid_partner": PARTNER, "api_version": "1.0", "no_order": NUMBER, "sign_type": "RSA"}
    assert (result.outcome, result.amounts.order, result.settlement_date) == (
        Outcome.SUCCEEDED,
        Money(1234),
        date(2026, 6, 2),
    )
    assert (result.raw.where, result.raw.code) == ("result_pay", "SUCCESS")


def test_a_query_by_lianlian_s_number(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(found())]
    result = client.query_payout(PayoutQuery(channel_order_id=PAYBILL, amount=Money(1234)))
    assert json.loads(script.calls[0].body)["oid_paybill"] == PAYBILL
    assert "no_order" not in json.loads(script.calls[0].body)
    assert (result.outcome, result.merchant_order_id) == (Outcome.SUCCEEDED, NUMBER)


@pytest.mark.parametrize(
    ("state", "outcome", "phase"),
    [
        ("APPLY", Outcome.PENDING, Phase.PROCESSING),
        ("CHECK", Outcome.PENDING, Phase.AWAITING_CONFIRMATION),
        ("WAITING", Outcome.PENDING, Phase.PROCESSING),
        ("PROCESSING", Outcome.PENDING, Phase.PROCESSING),
        ("SUCCESS", Outcome.SUCCEEDED, Phase.FINAL),
        ("CANCEL", Outcome.RETURNED, Phase.FINAL),
        ("FAILURE", Outcome.FAILED, Phase.FINAL),
        ("CLOSED", Outcome.FAILED, Phase.FINAL),
        ("REVERSED", Outcome.UNKNOWN, None),
        ("success", Outcome.UNKNOWN, None),
    ],
)
def test_every_state(
    client: ChannelClient, script: Script, gateway: Gateway, state: str, outcome: Outcome, phase: Phase | None
) -> None:
    script.answers = [gateway.answers(found(state))]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.phase) == (outcome, phase)
    assert result.new_id_allowed is (outcome is Outcome.FAILED)


def test_a_payout_that_came_back(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(found("CANCEL", memo="账户已销户"))]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical) == (Outcome.RETURNED, "PAYOUT_RETURNED")
    assert result.returned is not None
    assert result.returned.reason == result.raw.message == "账户已销户"


@pytest.mark.parametrize(
    "changes",
    [
        {"money_order": "12.35"},
        {"money_order": "1234.00"},
        {"no_order": "P0000002"},
        {"dt_order": "20260601195958"},
        {"oid_partner": "201103171000000001"},
    ],
    ids=str,
)
@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "CLOSED", "CANCEL", "PROCESSING"])
def test_a_query_s_answer_about_another_payout(
    client: ChannelClient, script: Script, gateway: Gateway, state: str, changes: dict[str, str]
) -> None:
    """The same number at another time is another order of ours: its content was never compared, whatever its state."""
    script.answers = [gateway.answers(found(state, **changes))]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical in {"AMOUNT_MISMATCH", "REPLY_MISMATCH"}) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("missing", ["no_order", "money_order", "result_pay", "ret_code"])
@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE"])
def test_a_query_s_answer_that_lacks_what_decides(
    client: ChannelClient, script: Script, gateway: Gateway, state: str, missing: str
) -> None:
    script.answers = [gateway.answers({name: text for name, text in found(state).items() if name != missing})]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


@pytest.mark.parametrize("amount", ["12.345", "1e3", "", "-", "１２.３４", "12,34"])
def test_an_amount_that_is_none(client: ChannelClient, script: Script, gateway: Gateway, amount: str) -> None:
    script.answers = [gateway.answers(found(money_order=amount))]
    assert client.query_payout(PayoutQuery.of(payout())).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", ["8901", "9093", "5002", "4001"])
def test_what_a_query_does_not_find_is_never_a_failure(
    client: ChannelClient, script: Script, gateway: Gateway, code: str
) -> None:
    """No quiet period is documented, so no moment is given from which on it would be conclusive."""
    script.answers = [gateway.answers({"ret_code": code, "ret_msg": "m"})]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "PAYOUT_NOT_FOUND")
    assert result.not_found_conclusive_after is None
    assert not result.new_id_allowed


def test_the_balance(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers({"ret_code": "0000", "ret_msg": "交易成功", "amt_balance": "100.0", "amt_unsettle": "7.5"})]
    result = client.balance(BalanceQuery())
    (call,) = script.calls
    assert call.url == "https://traderapi.lianlianpay.com/traderAcctQuery.htm"
    sent = gateway.verified(json.loads(call.body))
    assert sent == {"oid_partner": PARTNER, "api_version": "1.0", "sign_type": "RSA"}
    assert (result.outcome, [one.available for one in result.balances]) == (Outcome.SUCCEEDED, [Money(10_000)])


def test_a_balance_that_is_refused_or_not_told(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    """The page promises a signature with 0000 alone: an unsigned refusal keeps its meaning, an unsigned balance is none."""
    script.answers = [
        HttpReply(200, {}, json.dumps({"ret_code": "3010", "ret_msg": "m"}).encode()),
        HttpReply(200, {}, json.dumps({"ret_code": "0000", "amt_balance": "1.00"}).encode()),
        gateway.answers({"ret_code": "0000", "ret_msg": "m"}),
    ]
    told = [client.balance(BalanceQuery()) for _ in range(3)]
    assert [(one.outcome, one.canonical, one.balances) for one in told] == [
        (Outcome.UNKNOWN, "PRODUCT_NOT_PERMITTED", ()),
        (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED", ()),
        (Outcome.UNKNOWN, "REPLY_UNREADABLE", ()),
    ]
