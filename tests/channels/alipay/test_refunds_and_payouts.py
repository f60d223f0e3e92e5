"""Refunds, payouts and balances of Alipay against literal answers: money that leaves is compared before it is called gone."""

from typing import Any

import pytest

from error_codes import NextAction
from payment_channels import (
    BalanceQuery,
    ChannelClient,
    ConfigurationError,
    CorporateAccount,
    InvalidRequestError,
    Money,
    OriginalPayment,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    RefundOrder,
    RefundQuery,
    Wallet,
    WalletIdKind,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import NUMBER, SELLER_ID, Gateway, content
from tests.conftest import NOW, Script

REFUND, QUERY_REFUND = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
TRANSFER, QUERY = "alipay.fund.trans.uni.transfer", "alipay.fund.trans.common.query"
TRADE_NO = "2024081822001462580500123456"
ORDER_ID = "20260601110070000006700000002345"
USER = Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)


def refund(**changes: Any) -> RefundOrder:
    fields: dict[str, Any] = {
        "merchant_refund_id": "HZ01RF001",
        "ordered_at": NOW,
        "amount": Money(1000),
        "original": OriginalPayment(merchant_order_id=NUMBER, channel_order_id=TRADE_NO, amount=Money(8888)),
        "reason": "正常退款",
    }
    return RefundOrder(**{**fields, **changes})


def payout(payee: Any = USER, **changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": "P-201806300001",
        "ordered_at": NOW,
        "amount": Money(2350),
        "payee": payee,
        "purpose": "201905代发",
    }
    return PayoutOrder(**{**fields, **changes})


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"fund_change": "Y", "refund_fee": "10.00"}, Outcome.PENDING),
        ({"fund_change": "Y", "refund_fee": "88.88"}, Outcome.PENDING),
        ({"fund_change": "N", "refund_fee": "10.00"}, Outcome.UNKNOWN),
        ({"refund_fee": "10.00"}, Outcome.UNKNOWN),
        ({"fund_change": "MAYBE"}, Outcome.UNKNOWN),
        ({"fund_change": "Y", "out_trade_no": "another"}, Outcome.UNKNOWN),
        ({"fund_change": "Y", "trade_no": "another"}, Outcome.UNKNOWN),
    ],
)
def test_a_refund_is_settled_by_its_query(
    client: ChannelClient, script: Script, certified: Gateway, fields: dict[str, str], outcome: Outcome
) -> None:
    """The answer states the sum of all refunds, never this one's: no success of it, whatever the sum is."""
    known = {"out_trade_no": NUMBER, "trade_no": TRADE_NO, "gmt_refund_pay": "2026-06-01 20:00:00"}
    script.answers = [certified.succeeds(REFUND, **{**known, **fields})]
    result = client.refund(refund())
    assert content(script.calls[0]) == {
        "out_trade_no": NUMBER,
        "refund_amount": "10.00",
        "out_request_no": "HZ01RF001",
        "refund_reason": "正常退款",
    }
    assert result.outcome is outcome
    if "fund_change" in fields:
        assert (result.raw.where, result.raw.code) == ("fund_change", fields["fund_change"]), "both vocabularies, always"
    if outcome is Outcome.PENDING:
        assert (result.retry_after, result.next_action) == (10, NextAction.QUERY_THEN_DECIDE)
        assert (result.amounts.order, result.extra) == (None, {"refund_fee": fields["refund_fee"]})


@pytest.mark.parametrize("odd", [{"out_trade_no": 5}, {"trade_no": 5}, {"fund_change": ["N"]}, {"code": "40004", "sub_code": 5}])
def test_a_refund_s_answer_with_something_odd_that_decides_is_not_read(
    client: ChannelClient, script: Script, certified: Gateway, odd: dict[str, Any]
) -> None:
    script.answers = [certified.succeeds(REFUND, **{"out_trade_no": NUMBER, "trade_no": TRADE_NO, "fund_change": "Y", **odd})]
    result = client.refund(refund())
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


FOUND = {
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "out_request_no": "HZ01RF001",
    "refund_amount": "10.00",
    "total_amount": "88.88",
    "refund_status": "REFUND_SUCCESS",
    "gmt_refund_pay": "2026-06-01 20:00:00",
}


@pytest.mark.parametrize(
    ("change", "outcome", "canonical"),
    [
        ({}, Outcome.SUCCEEDED, "REFUND_SUCCEEDED"),
        ({"refund_status": None}, Outcome.UNKNOWN, "REFUND_NOT_FOUND"),
        ({"refund_status": ""}, Outcome.UNKNOWN, "REFUND_NOT_FOUND"),
        ({"refund_status": "REFUND_NEVER_SEEN"}, Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ({"refund_amount": "88.88"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"refund_amount": None}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"out_request_no": "another"}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"out_request_no": None}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"out_request_no": 1, "refund_status": None}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"refund_status": 7}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"out_trade_no": 5}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"out_trade_no": "another"}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
    ],
)
def test_the_query_of_a_refund(
    client: ChannelClient, script: Script, certified: Gateway, change: dict[str, Any], outcome: Outcome, canonical: str
) -> None:
    script.answers = [certified.succeeds(QUERY_REFUND, **{**FOUND, **change})]
    result = client.query_refund(RefundQuery.of(client.prepare(refund())))
    assert content(script.calls[0]) == {
        "out_trade_no": NUMBER,
        "out_request_no": "HZ01RF001",
        "query_options": ["gmt_refund_pay"],
    }
    assert (result.outcome, result.canonical) == (outcome, canonical)
    assert not result.new_id_allowed
    if outcome is Outcome.SUCCEEDED:
        assert result.refunded_at is not None
        assert (result.amounts.order, result.refunded_at.isoformat()) == (Money(1000), "2026-06-01T20:00:00+08:00")


def test_a_refund_of_a_payment_known_by_the_channels_id(client: ChannelClient, script: Script, certified: Gateway) -> None:
    order = refund(original=OriginalPayment(channel_order_id=TRADE_NO, amount=Money(8888)))
    script.answers = [
        certified.succeeds(REFUND, out_trade_no=NUMBER, trade_no=TRADE_NO, fund_change="Y"),
        certified.succeeds(QUERY_REFUND, **FOUND),
    ]
    prepared = client.prepare(order)
    client.refund(prepared)
    assert client.query_refund(RefundQuery.of(prepared)).outcome is Outcome.SUCCEEDED
    assert [content(call).get("trade_no") for call in script.calls] == [TRADE_NO, TRADE_NO]
    with pytest.raises(InvalidRequestError):
        client.query_refund(RefundQuery(merchant_refund_id="HZ01RF001", amount=Money(1000)))


@pytest.mark.parametrize(
    ("sub_code", "outcome"),
    [
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", Outcome.FAILED),
        ("ACQ.SYSTEM_ERROR", Outcome.UNKNOWN),
        ("ACQ.DISCORDANT_REPEAT_REQUEST", Outcome.UNKNOWN),
    ],
)
def test_refused_refunds(client: ChannelClient, script: Script, certified: Gateway, sub_code: str, outcome: Outcome) -> None:
    script.answers = [certified.refuses(REFUND, sub_code)]
    assert client.refund(refund()).outcome is outcome


PAYEES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "user id": (
        USER,
        "TRANS_ACCOUNT_NO_PWD",
        {"identity": "2088102114562585", "identity_type": "ALIPAY_USER_ID"},
    ),
    "login id": (
        Wallet(wallet_id="a@example.com", id_kind=WalletIdKind.LOGIN_ID, name="黄龙国际"),
        "TRANS_ACCOUNT_NO_PWD",
        {"identity": "a@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "黄龙国际"},
    ),
    "open id": (
        Wallet(wallet_id="074a1Cc"),
        "TRANS_ACCOUNT_NO_PWD",
        {"identity": "074a1Cc", "identity_type": "ALIPAY_OPEN_ID"},
    ),
    "bank card": (
        PersonalAccount(account_no="6222021234567894321", name="张三", bank_name="中国工商银行"),
        "TRANS_BANKCARD_NO_PWD",
        {
            "identity": "6222021234567894321",
            "identity_type": "BANKCARD_ACCOUNT",
            "name": "张三",
            "bankcard_ext_info": {"account_type": "2", "inst_name": "中国工商银行"},
        },
    ),
    "company": (
        CorporateAccount(account_no="3301010101010101", name="某公司", bank_name="招商银行", cnaps_code="308331012345"),
        "TRANS_BANKCARD_NO_PWD",
        {
            "identity": "3301010101010101",
            "identity_type": "BANKCARD_ACCOUNT",
            "name": "某公司",
            "bankcard_ext_info": {"account_type": "1", "inst_name": "招商银行", "bank_code": "308331012345"},
        },
    ),
}


@pytest.mark.parametrize("payee", PAYEES)
def test_a_payout_and_its_query(client: ChannelClient, script: Script, certified: Gateway, payee: str) -> None:
    """SUCCESS without an amount is pending; the query states the amount, and finds it under the product it was made by."""
    party, product, info = PAYEES[payee]
    scene = {"transfer_scene_name": "佣金报酬", "transfer_scene_report_infos": [{"info_type": "岗位类型", "info_content": "x"}]}
    script.answers = [
        certified.succeeds(TRANSFER, out_biz_no="P-201806300001", order_id=ORDER_ID, status="SUCCESS"),
        certified.succeeds(QUERY, out_biz_no="P-201806300001", order_id=ORDER_ID, status="SUCCESS", trans_amount="23.50"),
    ]
    prepared = client.prepare(payout(party, channel_fields=scene, remark="r"))
    told = client.payout(prepared)
    assert (told.outcome, told.canonical, told.channel_order_id) == (Outcome.PENDING, "PAYOUT_PROCESSING", ORDER_ID)
    assert content(script.calls[0]) == {
        "out_biz_no": "P-201806300001",
        "trans_amount": "23.50",
        "product_code": product,
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": "201905代发",
        "payee_info": info,
        "remark": "r",
        **scene,
    }
    found = client.query_payout(PayoutQuery.of(prepared))
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(2350))
    assert content(script.calls[1]) == {"out_biz_no": "P-201806300001", "product_code": product, "biz_scene": "DIRECT_TRANSFER"}


QUERIED = {"out_biz_no": "P-201806300001", "order_id": ORDER_ID, "trans_amount": "23.50"}


@pytest.mark.parametrize(
    ("fields", "outcome", "canonical"),
    [
        ({"status": "SUCCESS"}, Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED"),
        ({"status": "SUCCESS", "sub_status": "SUCCESS"}, Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED"),
        ({"status": "SUCCESS", "sub_status": "REFUNDED"}, Outcome.RETURNED, "PAYOUT_RETURNED"),
        ({"status": "SUCCESS", "sub_status": "NEVER_SEEN"}, Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ({"status": "SUCCESS", "sub_status": ["REFUNDED"]}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"status": "SUCCESS", "sub_status": 5}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"status": "SUCCESS", "sub_status": None}, Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED"),
        ({"status": "SUCCESS", "out_biz_no": 201806300001}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"status": "FAIL", "order_id": 7}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ({"status": "SUCCESS", "pay_date": 0, "order_fee": 1, "error_code": []}, Outcome.SUCCEEDED, "PAYOUT_SUCCEEDED"),
        ({"status": "SUCCESS", "trans_amount": "23.51"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"status": "SUCCESS", "trans_amount": None}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"status": "DEALING", "trans_amount": None}, Outcome.PENDING, "PAYOUT_PROCESSING"),
        ({"status": "WAIT_PAY", "trans_amount": None}, Outcome.PENDING, "PAYOUT_PROCESSING"),
        ({"status": "FAIL", "trans_amount": None, "error_code": "PAYEE_CARD_INFO_ERROR"}, Outcome.FAILED, "PAYOUT_FAILED"),
        ({"status": "CLOSED", "trans_amount": None}, Outcome.FAILED, "PAYOUT_EXPIRED"),
        ({"status": "REFUND", "trans_amount": None, "fail_reason": "卡号有误"}, Outcome.RETURNED, "PAYOUT_RETURNED"),
        ({"status": "REFUND", "trans_amount": "1.00"}, Outcome.UNKNOWN, "AMOUNT_MISMATCH"),
        ({"status": "REFUND", "out_biz_no": None, "order_id": None}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"status": "FAIL", "out_biz_no": None, "order_id": None, "trans_amount": None}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"status": "CLOSED", "out_biz_no": None, "order_id": None}, Outcome.UNKNOWN, "REPLY_MISMATCH"),
        ({"status": "NEVER_SEEN"}, Outcome.UNKNOWN, "UNMAPPED_CODE"),
        ({"status": None}, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
    ],
)
def test_states_of_a_payout(
    client: ChannelClient, script: Script, certified: Gateway, fields: dict[str, Any], outcome: Outcome, canonical: str
) -> None:
    script.answers = [certified.succeeds(QUERY, **{**QUERIED, **fields})]
    result = client.query_payout(PayoutQuery.of(client.prepare(payout())))
    assert (result.outcome, result.meaning.canonical) == (outcome, canonical)
    if outcome is Outcome.RETURNED:
        assert result.returned is not None
        assert result.returned.reason == (fields.get("fail_reason") or "")


def test_a_payout_that_is_not_found_has_not_failed(client: ChannelClient, script: Script, certified: Gateway) -> None:
    """ORDER_NOT_EXIST is no proof of failure, and a query under another product would always say it."""
    script.answers = [certified.refuses(QUERY, "ORDER_NOT_EXIST")]
    prepared = client.prepare(payout())
    result = client.query_payout(PayoutQuery.of(prepared))
    assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "PAYOUT_NOT_FOUND", False)
    with pytest.raises(InvalidRequestError, match="product_code"):
        client.query_payout(PayoutQuery(merchant_order_id="P-201806300001", amount=Money(2350)))
    script.answers = [certified.succeeds(QUERY, **QUERIED, status="SUCCESS")]
    assert client.query_payout(PayoutQuery(channel_order_id=ORDER_ID, amount=Money(2350))).outcome is Outcome.SUCCEEDED
    assert content(script.calls[1]) == {"order_id": ORDER_ID}


def test_payouts_need_certificate_mode(key_config: AlipayConfig, gateway: Gateway) -> None:
    with ChannelClient(Alipay(key_config, clock=lambda: NOW)) as client, pytest.raises(ConfigurationError):
        client.payout(payout())


def test_a_balance(client: ChannelClient, script: Script, certified: Gateway) -> None:
    method = "alipay.fund.account.query"
    script.answers = [
        certified.succeeds(method, available_amount="26.45", freeze_amount="11.11"),
        certified.succeeds(method, freeze_amount="11.11"),
        certified.says(method, {"code": "10000", "available_amount": "26.45"}, signed=False),
        certified.refuses(method, "ACCOUNT_NOT_EXIST"),
    ]
    told = client.balance(BalanceQuery())
    assert content(script.calls[0]) == {"alipay_user_id": SELLER_ID, "account_type": "ACCTRANS_ACCOUNT"}
    assert told.outcome is Outcome.SUCCEEDED
    (held,) = told.balances
    assert (held.available, held.frozen, held.total) == (Money(2645), Money(1111), None)
    for _ in range(3):
        told = client.balance(BalanceQuery())
        assert (told.outcome, told.balances) == (Outcome.UNKNOWN, ())
    with pytest.raises(InvalidRequestError):
        client.balance(BalanceQuery(account="not-an-id"))
