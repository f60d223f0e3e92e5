"""Transfers to a wallet: what is sent, the sealed name, the payee's confirmation, and states that prove nothing."""

import base64
import dataclasses
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    CancelPayoutOrder,
    ChannelClient,
    CorporateAccount,
    InvalidRequestError,
    InvokeClient,
    Money,
    NotSupportedError,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    Phase,
    Wallet,
)
from payment_channels.channels.wechat import Wechat
from tests.conftest import NOW, Platform, Script

SCENE = {
    "transfer_scene_id": "1000",
    "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
    "user_recv_perception": "现金奖励",
}
CREATED = {
    "out_bill_no": "P100",
    "transfer_bill_no": "1330000071100999991182020050700019480001",
    "create_time": "2026-06-01T20:00:00+08:00",
    "state": "WAIT_USER_CONFIRM",
    "package_info": "affffddafdfafddffda==",
}
QUERIED = {
    "mch_id": "1900000001",
    "out_bill_no": "P100",
    "transfer_bill_no": "1330000071100999991182020050700019480001",
    "appid": "wxd678efh567hg6787",
    "state": "SUCCESS",
    "transfer_amount": 30,
    "update_time": "2026-06-01T20:05:00+08:00",
}


def payout(**changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": "P100",
        "ordered_at": NOW,
        "amount": Money(30),
        "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
        "remark": "新会员开通有礼",
        "channel_fields": SCENE,
    }
    return PayoutOrder(**{**fields, **changes})


def test_created_means_that_the_payee_is_asked(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(CREATED)]
    result = client.payout(payout(notify_url="https://example.com/n"))
    assert (result.outcome, result.phase) == (Outcome.PENDING, Phase.AWAITING_CONFIRMATION)
    assert result.channel_order_id == CREATED["transfer_bill_no"]
    action = result.payee_action
    assert isinstance(action, InvokeClient)
    assert dict(action.parameters) == {"mchId": "1900000001", "appId": "wxd678efh567hg6787", "package": "affffddafdfafddffda=="}
    (call,) = script.calls
    assert call.url.endswith("/v3/fund-app/mch-transfer/transfer-bills")
    assert json.loads(call.body) == {
        "appid": "wxd678efh567hg6787",
        "out_bill_no": "P100",
        "transfer_scene_id": "1000",
        "openid": "o-MYE42l80oelYMDE34nYD456Xoy",
        "transfer_amount": 30,
        "transfer_remark": "新会员开通有礼",
        "notify_url": "https://example.com/n",
        "user_recv_perception": "现金奖励",
        "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
    }


def test_the_name_is_sealed_for_the_key_that_the_request_names(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers(CREATED)]
    client.payout(payout(amount=Money(200_000), payee=Wallet(wallet_id="o-1", name="张三")))
    (call,) = script.calls
    sealed = base64.b64decode(json.loads(call.body)["user_name"])
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
    assert platform.key.decrypt(sealed, oaep).decode() == "张三"
    assert dict(call.headers)["Wechatpay-Serial"] == platform.serial


@pytest.mark.parametrize(
    ("state", "outcome", "phase"),
    [
        ("ACCEPTED", Outcome.PENDING, Phase.PROCESSING),
        ("PROCESSING", Outcome.PENDING, Phase.PROCESSING),
        ("WAIT_USER_CONFIRM", Outcome.PENDING, Phase.AWAITING_CONFIRMATION),
        ("TRANSFERING", Outcome.PENDING, Phase.PROCESSING),
        ("CANCELING", Outcome.PENDING, Phase.PROCESSING),
        ("SUCCESS", Outcome.SUCCEEDED, Phase.FINAL),
        ("FAIL", Outcome.FAILED, Phase.FINAL),
        ("CANCELLED", Outcome.FAILED, Phase.FINAL),
        ("TRANSFERRING", Outcome.UNKNOWN, None),
        ("NEW_STATE", Outcome.UNKNOWN, None),
    ],
)
def test_states(
    client: ChannelClient, script: Script, platform: Platform, state: str, outcome: Outcome, phase: Phase | None
) -> None:
    script.answers = [platform.answers({**QUERIED, "state": state})]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.phase, result.raw.code) == (outcome, phase, state)


def test_a_failure_carries_its_reason_in_both_vocabularies(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.answers({**QUERIED, "state": "FAIL", "fail_reason": "ACCOUNT_FROZEN"})]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical) == (Outcome.FAILED, "PAYEE_ACCOUNT_FROZEN")
    assert result.raw.code == "FAIL"
    assert result.reason is not None
    assert result.reason.code == "ACCOUNT_FROZEN"


def test_a_failure_with_a_reason_never_seen_is_still_the_states(
    client: ChannelClient, script: Script, platform: Platform
) -> None:
    script.answers = [platform.answers({**QUERIED, "state": "FAIL", "fail_reason": "SOMETHING_NEW"})]
    result = client.query_payout(PayoutQuery.of(payout()))
    assert (result.outcome, result.canonical, result.reason) == (Outcome.FAILED, "PAYOUT_FAILED", None)


@pytest.mark.parametrize(
    ("http", "code"),
    [
        (400, "INVALID_REQUEST"),
        (400, "PARAM_ERROR"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (403, "NOT_ENOUGH"),
        (404, "NOT_FOUND"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
    ],
)
def test_no_refusal_of_a_transfer_is_a_failure(
    client: ChannelClient, script: Script, platform: Platform, http: int, code: str
) -> None:
    script.answers = [platform.refuses(http, code)]
    result = client.payout(payout())
    assert result.outcome is Outcome.UNKNOWN, "4012716434: whatever is not 200 forbids another number"
    assert result.new_id_allowed is False


@pytest.mark.parametrize(
    "change",
    [
        {"transfer_amount": 31},
        {"out_bill_no": "P101"},
        {"mch_id": "1"},
        {"appid": "wx"},
        {"transfer_amount": None},
        {"mch_id": 1},
        {"transfer_bill_no": 1},
    ],
)
def test_a_success_that_is_not_ours_to_the_fen(
    client: ChannelClient, script: Script, platform: Platform, change: dict[str, Any]
) -> None:
    script.answers = [platform.answers({**QUERIED, **change})]
    assert client.query_payout(PayoutQuery.of(payout())).outcome is Outcome.UNKNOWN


def test_the_amount_may_be_digits_in_a_text(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [
        platform.answers({**QUERIED, "transfer_amount": "30"}),
        platform.answers({**QUERIED, "transfer_amount": "30.0"}),
    ]
    asked = PayoutQuery(channel_order_id="1330000071100999991182020050700019480001", amount=Money(30))
    assert client.query_payout(asked).outcome is Outcome.SUCCEEDED
    assert script.calls[0].url.endswith("/transfer-bill-no/1330000071100999991182020050700019480001")
    assert client.query_payout(asked).outcome is Outcome.UNKNOWN


def test_withdrawal_speaks_of_the_payout(client: ChannelClient, script: Script, platform: Platform) -> None:
    answer = {"out_bill_no": "P100", "transfer_bill_no": "133", "state": "CANCELING", "update_time": "2026-06-01T20:05:00+08:00"}
    script.answers = [
        platform.answers(answer),
        platform.answers({**answer, "state": "CANCELLED"}),
        platform.refuses(400, "INVALID_REQUEST"),
    ]
    asked = CancelPayoutOrder(merchant_order_id="P100", amount=Money(30))
    outcomes = [client.cancel_payout(asked).outcome for _ in range(3)]
    assert outcomes == [Outcome.PENDING, Outcome.FAILED, Outcome.UNKNOWN], "a refused withdrawal says nothing of the payout"
    assert script.calls[0].url.endswith("/transfer-bills/out-bill-no/P100/cancel")
    assert script.calls[0].body == b""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant_order_id": "P-100"}, "merchant_order_id"),
        ({"merchant_order_id": "P" * 33}, "merchant_order_id"),
        ({"remark": None}, "remark"),
        ({"remark": "字" * 33}, "remark"),
        ({"channel_fields": {}}, "channel_fields.transfer_scene_id"),
        ({"channel_fields": {"transfer_scene_id": "1000"}}, "channel_fields.transfer_scene_report_infos"),
        ({"amount": Money(200_000)}, "payee.name"),
        ({"sub_merchant": "1"}, "sub_merchant"),
    ],
)
def test_what_a_transfer_demands(client: ChannelClient, script: Script, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.payout(payout(**changes))
    assert caught.value.field == field
    assert script.calls == []


def test_a_bank_account_is_refused_before_sending(client: ChannelClient, script: Script) -> None:
    with pytest.raises(NotSupportedError) as caught:
        client.payout(payout(payee=CorporateAccount(account_no="1", name="某某有限公司")))
    assert caught.value.field == "payee"
    assert script.calls == []


def test_a_key_that_changes_meanwhile_does_not_part_the_name_from_its_serial(
    client: ChannelClient, script: Script, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may bring a newer certificate between sealing and sending: the request names the key of the seal."""
    assert isinstance(client.channel, Wechat)
    keys = client.channel._line.platform
    sealing = keys.asked_for(NOW)
    assert sealing is not None
    newer = dataclasses.replace(sealing, serial="PUB_KEY_ID_01NEWER")
    answers = iter([sealing])
    monkeypatch.setattr(keys, "asked_for", lambda _now: next(answers, newer))
    script.answers = [platform.answers(CREATED)]
    client.payout(payout(payee=Wallet(wallet_id="o-1", name="张三")))
    assert dict(script.calls[0].headers)["Wechatpay-Serial"] == platform.serial
