"""Payouts and their confirmation: what is sent to the letter, and what is made of the answers."""

import json
from datetime import timedelta
from typing import Any

import pytest

from error_codes import NextAction
from payment_channels import (
    ChannelClient,
    CorporateAccount,
    HttpReply,
    NotSentError,
    Outcome,
    PayoutQuery,
    Phase,
    TransportFailure,
    Verb,
    manifest,
    open_channel,
)
from payment_channels.channels.lianlian import Lianlian, LianlianConfig
from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError
from tests.channels.lianlian.conftest import (
    CARD,
    COMPANY,
    COMPANY_ACCOUNT,
    COMPANY_NAME,
    NAME,
    NUMBER,
    ORDERED_AT,
    PARTNER,
    PAYBILL,
    TIME,
    Gateway,
    confirmation,
    found,
    payout,
)
from tests.conftest import NOW, Script, scripted

ACCEPTED = {"ret_code": "0000", "ret_msg": "交易成功", "no_order": NUMBER, "oid_paybill": PAYBILL}


def test_a_payout_to_a_person(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(ACCEPTED)]
    result = client.payout(payout())
    (call,) = script.calls
    assert (call.method, call.url) == ("POST", "https://instantpay.lianlianpay.com/paymentapi/payment.htm")
    assert dict(call.headers)["Content-Type"] == "application/json;charset=utf-8"
    assert gateway.opened(call) == {
        "oid_partner": PARTNER,
        "api_version": "1.1",
        "sign_type": "RSA",
        "no_order": NUMBER,
        "dt_order": TIME,
        "money_order": "12.34",
        "card_no": CARD,
        "acct_name": NAME,
        "flag_card": "0",
        "info_order": "六月货款",
        "memo": "货款",
        "notify_url": "https://example.com/notify",
    }
    assert (result.outcome, result.phase, result.canonical) == (Outcome.PENDING, Phase.PROCESSING, "PAYOUT_PROCESSING")
    assert (result.merchant_order_id, result.channel_order_id, result.retry_after) == (NUMBER, PAYBILL, 30)
    assert (result.raw.where, result.raw.code, result.raw.message) == ("ret_code", "0000", "交易成功")


def test_a_payout_to_a_company_by_the_same_order(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    payee = COMPANY.model_copy(update={"bank_name": "中国银行", "branch_name": "中国银行杭州滨江支行", "city": "330100"})
    script.answers = [gateway.answers(ACCEPTED)]
    assert client.payout(payout(payee=payee)).outcome is Outcome.PENDING
    sent = gateway.opened(script.calls[0])
    assert {name: sent[name] for name in sent if name not in {"oid_partner", "api_version", "sign_type", "notify_url"}} == {
        "no_order": NUMBER,
        "dt_order": TIME,
        "money_order": "12.34",
        "card_no": COMPANY_ACCOUNT,
        "acct_name": COMPANY_NAME,
        "flag_card": "1",
        "bank_code": "01040000",
        "bank_name": "中国银行",
        "prcptcd": "104100000004",
        "brabank_name": "中国银行杭州滨江支行",
        "city_code": "330100",
        "info_order": "六月货款",
        "memo": "货款",
    }


def test_a_branch_s_number_that_is_not_given_is_not_guessed(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(ACCEPTED)]
    client.payout(payout(payee=CorporateAccount(account_no=COMPANY_ACCOUNT, name=COMPANY_NAME, bank_code="01040000")))
    assert "prcptcd" not in gateway.opened(script.calls[0])


@pytest.mark.parametrize(("cnaps_code", "bank_code"), [("104100000004", "01040000"), ("308584000013", "03080000")])
def test_a_national_bank_is_known_by_the_number_of_its_branch(
    client: ChannelClient, script: Script, gateway: Gateway, cnaps_code: str, bank_code: str
) -> None:
    script.answers = [gateway.answers(ACCEPTED)]
    client.payout(payout(payee=CorporateAccount(account_no=COMPANY_ACCOUNT, name=COMPANY_NAME, cnaps_code=cnaps_code)))
    assert gateway.opened(script.calls[0])["bank_code"] == bank_code


def test_a_bank_of_which_no_code_is_published_is_not_guessed(client: ChannelClient, script: Script) -> None:
    payee = CorporateAccount(account_no=COMPANY_ACCOUNT, name=COMPANY_NAME, cnaps_code="313100000013")
    with pytest.raises(PaymentChannelError) as refused:
        client.payout(payout(payee=payee))
    assert (refused.value.field, script.calls) == ("payee.bank_code", [])


def test_each_message_has_keys_of_its_own(gateway: Gateway) -> None:
    channel = open_channel("lianlian", gateway.config(), clock=lambda: NOW)
    script = Script([gateway.answers(ACCEPTED), gateway.answers(ACCEPTED)])
    with scripted(channel, script) as client:
        prepared = client.prepare(payout())
        client.payout(prepared)
        client.payout(prepared)
    first, second = (json.loads(call.body)["pay_load"].split("$") for call in script.calls)
    assert first[3:] != second[3:]
    assert gateway.opened(script.calls[0]) == gateway.opened(script.calls[1])


@pytest.mark.parametrize("code", ["4002", "4003", "4004"])
def test_a_payout_that_is_held_back_and_confirmed(client: ChannelClient, script: Script, gateway: Gateway, code: str) -> None:
    held = {"ret_code": code, "ret_msg": "疑似重复提交订单", "no_order": NUMBER, "confirm_code": "646872"}
    script.answers = [gateway.answers(held), gateway.answers(ACCEPTED)]
    result = client.payout(payout())
    assert (result.outcome, result.phase, result.confirm_code) == (Outcome.PENDING, Phase.AWAITING_CONFIRMATION, "646872")
    assert (result.canonical, result.next_action) == ("CONFIRMATION_REQUIRED", NextAction.CONFIRM)
    assert not result.new_id_allowed
    confirmed = client.confirm_payout(confirmation(confirm_code=result.confirm_code))
    assert script.calls[1].url == "https://instantpay.lianlianpay.com/paymentapi/confirmPayment.htm"
    assert gateway.opened(script.calls[1]) == {
        "oid_partner": PARTNER,
        "api_version": "1.1",
        "sign_type": "RSA",
        "no_order": NUMBER,
        "confirm_code": "646872",
        "notify_url": "https://example.com/notify",
    }
    assert (confirmed.outcome, confirmed.channel_order_id) == (Outcome.PENDING, PAYBILL)


@pytest.mark.parametrize("code", ["4001", "1001", "4005", "9999", "8888"])
def test_a_confirmation_that_is_refused_says_nothing_of_the_payout(
    client: ChannelClient, script: Script, gateway: Gateway, code: str
) -> None:
    script.answers = [gateway.answers({"ret_code": code, "ret_msg": "m"})]
    result = client.confirm_payout(confirmation())
    assert (result.outcome, result.next_action, result.new_id_allowed) == (Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE, False)


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 500, 502])
def test_a_status_other_than_200_says_nothing(client: ChannelClient, script: Script, gateway: Gateway, status: int) -> None:
    script.answers = [gateway.answers({"ret_code": "4005", "ret_msg": "m"}, status=status)]
    result = client.payout(payout())
    assert (result.outcome, result.raw.http_status) == (Outcome.UNKNOWN, status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"0000"',
        b"{",
        b"\xff",
        b'{"ret_code":["0000"]}',
        b'{"ret_code":{"a":"b"}}',
        b'{"ret_code":true}',
        b'{"ret_code":NaN}',
        b'{"ret_code":"4005","ret_code":"0000"}',
        b'{"ret_code":"\\ud800"}',
        b"[" * 100_000,
        json.dumps({f"n{number}": "1" for number in range(200)}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_message(client: ChannelClient, script: Script, body: bytes) -> None:
    script.answers = [HttpReply(200, {}, body)]
    result = client.payout(payout())
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


def test_a_refusal_without_a_signature_is_not_believed(client: ChannelClient, script: Script) -> None:
    script.answers = [HttpReply(200, {}, json.dumps({"ret_code": "4005", "ret_msg": "m"}).encode())]
    result = client.payout(payout())
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")


@pytest.mark.parametrize("state", ["SUCCESS", "PROCESSING", "WAITING", "APPLY", "CANCEL", "NEVER_SEEN"])
def test_a_refusal_that_tells_of_a_payout_on_its_way_has_failed_nothing(
    client: ChannelClient, script: Script, gateway: Gateway, state: str
) -> None:
    told = {"ret_code": "9104", "ret_msg": "余额不足", "oid_partner": PARTNER, "no_order": NUMBER}
    script.answers = [gateway.answers({**told, "result_pay": state}), gateway.answers({**told, "result_pay": "FAILURE"})]
    contradicted, borne_out = client.payout(payout()), client.payout(payout())
    assert (contradicted.outcome, contradicted.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")
    assert borne_out.outcome is Outcome.FAILED


def test_another_s_signature_is_not_believed(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    stranger = Gateway(gateway.merchant, gateway.merchant)
    script.answers = [stranger.answers({"ret_code": "4005", "ret_msg": "m"}), stranger.answers(found())]
    assert client.payout(payout()).canonical == "REPLY_NOT_VERIFIED"
    assert client.query_payout(PayoutQuery.of(payout())).canonical == "REPLY_NOT_VERIFIED"


def test_lost_and_never_left(client: ChannelClient, script: Script) -> None:
    script.answers = [TransportFailure("ReadTimeout", maybe_sent=True), TransportFailure("ConnectError", maybe_sent=False)]
    assert client.payout(payout()).canonical == "REPLY_LOST"
    with pytest.raises(NotSentError):
        client.payout(payout())


def test_an_hsm_signs(gateway: Gateway) -> None:
    class Hsm:
        key_id, slow = "hsm-1", True

        def sign(self, message: bytes) -> bytes:
            return open_channel("lianlian", gateway.config())._line.signer.sign(message)  # type: ignore[attr-defined,no-any-return]

    config = gateway.config(merchant_key=None, signer=Hsm())
    script = Script([gateway.answers(ACCEPTED)])
    with scripted(open_channel("lianlian", config, clock=lambda: NOW), script) as client:
        prepared = client.prepare(payout())
        assert prepared.key_id == "hsm-1"
        client.payout(prepared)
    assert gateway.opened(script.calls[0])["no_order"] == NUMBER


def test_another_merchant_s_order_is_not_sent(client: ChannelClient, gateway: Gateway) -> None:
    other = open_channel("lianlian", gateway.config(oid_partner="201103171000000001"), clock=lambda: NOW)
    prepared = next_value(other.prepare(payout()))
    with pytest.raises(InvalidRequestError) as caught:
        client.payout(prepared)
    assert caught.value.field == "wire.oid_partner"


def next_value(exchange: Any) -> Any:
    try:
        next(exchange)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it asked something of the world")


def test_what_is_persisted_is_enough_to_ask_again(lianlian: Lianlian) -> None:
    prepared = next_value(lianlian.prepare(payout()))
    assert dict(prepared.wire) == {"oid_partner": PARTNER, "dt_order": TIME}
    later = next_value(lianlian.prepare(payout(ordered_at=ORDERED_AT + timedelta(seconds=1))))
    assert later.wire["dt_order"] == "20260601200000"


def test_the_manifest(gateway: Gateway) -> None:
    card = manifest("lianlian")
    assert set(card.capabilities) == {
        Verb.PAYOUT,
        Verb.CONFIRM_PAYOUT,
        Verb.QUERY_PAYOUT,
        Verb.BALANCE,
        Verb.READ_NOTIFICATION,
    }
    assert card.capabilities[Verb.PAYOUT].parties == {"personal_account", "corporate_account"}
    assert isinstance(gateway.config(), LianlianConfig)
