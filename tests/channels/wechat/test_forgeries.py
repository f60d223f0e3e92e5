"""What WeChat Pay really signed, used for what it does not say: another operation's answer, another merchant's, changed."""

import json
import traceback
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_channels import (
    CancelOrder,
    ChannelClient,
    CloseOrder,
    HttpReply,
    Inbound,
    InvalidRequestError,
    Money,
    NotSentError,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentQuery,
    TransportFailure,
    Verdict,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.channels.wechat.test_micropay import GOOD, KEY, order, signed
from tests.conftest import NOW, Platform, Script, payment

FINAL = {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED, Outcome.REVERSED}
NUMBER = "order-100"


def reversal(product: str) -> CancelOrder:
    paid_at = NOW - timedelta(seconds=60)
    original = OriginalPayment(merchant_order_id=NUMBER, amount=Money(100), product=product, ordered_at=paid_at)
    return CancelOrder(ordered_at=NOW, original=original)


@pytest.mark.parametrize(
    "told",
    [
        {"trade_state": "USERPAYING", "amount": {"total": 100}},
        {"out_refund_no": "R1", "refund_id": "1", "status": "PROCESSING", "amount": {"refund": 1}},
    ],
    ids=["query", "refund"],
)
def test_another_answer_about_the_order_does_not_reverse_it(
    client: ChannelClient, script: Script, platform: Platform, told: dict[str, Any]
) -> None:
    """The signature does not say what was asked: the answer to a query, given to a reversal, names the same order."""
    whose = {"appid": "wxd678efh567hg6787", "mchid": "1900000001", "out_trade_no": NUMBER}
    script.answers = [platform.answers({**whose, **told}), platform.answers(whose)]
    outcomes = [client.cancel(reversal("codepay")).outcome for _ in range(2)]
    assert outcomes == [Outcome.UNKNOWN, Outcome.REVERSED]


@pytest.fixture
def till(wechat_config: WechatConfig, script: Script) -> ChannelClient:
    config = wechat_config.model_copy(update={"apiv2_key": KEY})
    client = ChannelClient(open_channel("wechat", config, clock=lambda: NOW, nonce=lambda: "N0NCE"))
    client._transport = script  # type: ignore[assignment]
    return client


BARE = {name: GOOD[name] for name in ("return_code", "return_msg", "appid", "mch_id", "nonce_str", "result_code")}


@pytest.mark.parametrize(
    "told",
    [GOOD, {**GOOD, "trade_state": "USERPAYING"}, BARE, {**GOOD, "recall": "N"}, {**BARE, "recall": "?"}],
    ids=["a payment's", "a query's", "nobody's", "a payment's with recall", "an unknown recall"],
)
def test_another_answer_of_v2_does_not_reverse_a_payment(till: ChannelClient, script: Script, told: dict[str, str]) -> None:
    script.answers = [signed(told), signed({**BARE, "recall": "N"})]
    outcomes = [till.cancel(reversal("micropay")).outcome for _ in range(2)]
    assert outcomes == [Outcome.UNKNOWN, Outcome.REVERSED]


def test_the_answer_to_a_query_does_not_pay(till: ChannelClient, script: Script) -> None:
    """Its result_code says that the query worked; the order's state is another one."""
    script.answers = [signed({**GOOD, "trade_state": "USERPAYING"})]
    assert till.pay(order()).outcome is Outcome.UNKNOWN


def test_an_answer_of_v2_cut_elsewhere(till: ChannelClient, script: Script) -> None:
    hidden = f"x&mch_id=1900000001&out_trade_no={NUMBER}&result_code=SUCCESS&return_code=SUCCESS&total_fee=100&zz="
    genuine = {**GOOD, "attach": hidden, "out_trade_no": "cheap-1", "total_fee": "1"}
    names = sorted(genuine)
    text = "&".join(f"{name}={genuine[name]}" for name in names)
    seen, swallowed = text.split("&zz=", 1)
    forged = {name: value for name, _, value in (pair.partition("=") for pair in seen.split("&"))} | {"zz": swallowed}
    assert "&".join(f"{name}={forged[name]}" for name in sorted(forged)) == text
    script.answers = [signed(forged)]
    result = till.pay(order())
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    with pytest.raises(InvalidRequestError, match="looks like a field"):
        till.pay(order(attach="a&total_fee=1"))


@pytest.mark.parametrize(("told", "outcome"), [("1900000099", Outcome.UNKNOWN), ("1900000109", Outcome.SUCCEEDED)])
def test_the_same_number_of_another_sub_merchant(
    wechat_config: WechatConfig, platform: Platform, told: str, outcome: Outcome
) -> None:
    """Numbers are each sub-merchant's own: whoever pays at one shop has not paid the same number at another."""
    provider = wechat_config.model_copy(update={"service_provider": True})
    asked = PaymentQuery.of(payment(sub_merchant="1900000109"))
    paid = {
        "sp_appid": provider.appid,
        "sp_mchid": provider.mchid,
        "sub_mchid": told,
        "out_trade_no": asked.merchant_order_id,
        "trade_state": "SUCCESS",
        "amount": {"total": 100, "currency": "CNY"},
    }
    with ChannelClient(open_channel("wechat", provider, clock=lambda: NOW)) as client:
        client._transport = Script([platform.answers(paid)])  # type: ignore[assignment]
        assert client.query(asked).outcome is outcome


def test_what_was_prepared_for_another_merchant_is_neither_sent_nor_asked_after(
    wechat_config: WechatConfig, client: ChannelClient, script: Script
) -> None:
    """Sent once more as another merchant's it would be paid twice; asked after there, it would seem never to have been made."""
    with ChannelClient(open_channel("wechat", wechat_config.model_copy(update={"mchid": "1900000002"}))) as theirs:
        prepared = theirs.prepare(payment())
    with pytest.raises(InvalidRequestError, match="another merchant"):
        client.pay(prepared)
    with pytest.raises(InvalidRequestError, match="another merchant"):
        client.query(PaymentQuery.of(prepared))
    assert script.calls == []
    assert client.pay(client.prepare(payment())).outcome is Outcome.UNKNOWN  # ours goes out; the script's answer is lost


def test_an_order_of_another_merchant_is_not_closed_once_it_was_prepared(
    wechat_config: WechatConfig, client: ChannelClient, script: Script
) -> None:
    """Prepared, the closing has our merchant in its own wire; whose order it closes stands in the order within."""
    with ChannelClient(open_channel("wechat", wechat_config.model_copy(update={"mchid": "1900000002"}))) as theirs:
        paid = theirs.prepare(payment())
    closing = CloseOrder(merchant_order_id=payment().merchant_order_id, product="native", wire=paid.wire)
    with pytest.raises(InvalidRequestError, match="another merchant"):
        client.close(client.prepare(closing))
    assert script.calls == []


@pytest.mark.parametrize("product", ["micropay", "codepay"])
def test_a_traceback_with_its_variables_shows_no_request(till: ChannelClient, product: str) -> None:
    """Reporters of errors print every frame's variables; those of a request that never left hold what was signed."""
    code = "13" + "4567890123456789"
    secrets = [code, KEY, "WECHATPAY2-" + "SHA256-RSA2048 mchid", "k" * 32]
    till._transport = Script([TransportFailure("ConnectError", maybe_sent=False)])  # type: ignore[assignment]
    paid = order(product=product, payer=PaymentCode(code=code), store_id="1" if product == "codepay" else None)
    with pytest.raises(NotSentError) as caught:
        till.pay(paid)
    raised = caught.value
    raised.__traceback__ = raised.__traceback__ and raised.__traceback__.tb_next  # this test's own variables are no matter
    shown = "".join(traceback.TracebackException.from_exception(raised, capture_locals=True).format())
    assert "ConnectError" in shown
    assert [secret for secret in secrets if secret in shown] == []


def test_a_refused_download_that_is_nested_without_end_raises_nothing(wechat_config: WechatConfig, platform: Platform) -> None:
    """The certificate is missing, and why is in an unsigned answer: it may cost the notification, not the process."""
    config = wechat_config.model_copy(update={"platform_keys": ()})
    with ChannelClient(open_channel("wechat", config, clock=lambda: NOW)) as client:
        client._transport = Script([HttpReply(500, {}, b"[" * 200_000)])  # type: ignore[assignment]
        body = b"{}"
        notice = client.read_notification(Inbound(body=body, headers=platform.headers(body, **{"wechatpay-serial": "AB"})))
    assert (notice.verdict, notice.acknowledgement.status) == (Verdict.REFUSED, 500)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_signed_success_decides_anything(client: ChannelClient, platform: Platform, data: st.DataObject) -> None:
    """Bytes of the body or of a header flipped, cut, doubled or moved: an answer is believed only as it was signed."""
    paid = {
        "appid": "wxd678efh567hg6787",
        "mchid": "1900000001",
        "out_trade_no": payment().merchant_order_id,
        "trade_state": "SUCCESS",
        "amount": {"total": 100, "currency": "CNY"},
    }
    body = json.dumps(paid).encode()
    headers = platform.headers(body)
    place = data.draw(st.sampled_from(["body", *(name for name in headers if name.startswith("wechatpay"))]))
    old = body if place == "body" else headers[place].encode()
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start, min(len(old), start + 40)))
    new = old[:start] + data.draw(st.sampled_from([b"", b" ", b"0", b'"', b", ", old[start:end] * 2])) + old[end:]
    changed = HttpReply(200, headers, new) if place == "body" else HttpReply(200, {**headers, place: new.decode()}, body)
    client._transport = Script([changed])  # type: ignore[assignment]
    assert client.query(PaymentQuery.of(payment())).outcome not in FINAL or new == old
