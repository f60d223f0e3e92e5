"""What Alipay really signed, used for what it does not say: cut elsewhere, renamed, too old, another merchant's, changed."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_channels import (
    ChannelClient,
    CloseOrder,
    EventKind,
    HttpReply,
    Inbound,
    InvalidRequestError,
    Money,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    RefundOrder,
    Verdict,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import APP_ID, NUMBER, SELLER_ID, Gateway, Issued, issue, order
from tests.channels.alipay.test_notify import PAID
from tests.conftest import NOW, Script

FINAL = {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED, Outcome.REVERSED}
CLOSE, QUERY = "alipay.trade.close", "alipay.trade.query"
FOUND = {"out_trade_no": NUMBER, "trade_no": "2014", "trade_status": "WAIT_BUYER_PAY", "total_amount": "88.88"}


def test_a_cheap_payment_cut_into_another_order(client: ChannelClient, certified: Gateway) -> None:
    """A text of the shop or the payer becomes fields, which swallow the true ones: the signed string is the same."""
    hidden = (
        f"x&notify_id=N9&notify_time=2026-06-01 20:00:01&notify_type=trade_status_sync&out_trade_no={NUMBER}"
        f"&seller_id={SELLER_ID}&total_amount=88.88&trade_no=1&trade_status=TRADE_SUCCESS&zz=1"
    )
    body = certified.notifies({**PAID, "out_trade_no": "cheap_1", "total_amount": "0.01", "body": hidden})
    genuine = dict(parse_qsl(body.decode()))
    text = "&".join(f"{name}={genuine[name]}" for name in sorted(genuine) if name not in {"sign", "sign_type"})
    seen, swallowed = text.split("&zz=", 1)
    forged = {name: value for name, _, value in (pair.partition("=") for pair in seen.split("&"))}
    forged |= {"zz": swallowed, "sign": genuine["sign"]}
    assert "&".join(f"{name}={forged[name]}" for name in sorted(forged) if name != "sign") == text
    for fields in (forged, genuine):
        notice = client.read_notification(Inbound(body=urlencode(fields).encode()))
        assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())


@pytest.mark.parametrize("changes", [{"attach": "a&total_amount=1"}, {"channel_fields": {"body": "a&out_trade_no=1"}}], ids=str)
def test_what_would_come_back_so_is_not_sent(client: ChannelClient, script: Script, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="url-encode"):
        client.pay(order(**changes))
    assert script.calls == []
    client._transport = Script()  # type: ignore[assignment]
    assert client.pay(order(attach="a=1&b=2")).outcome is Outcome.UNKNOWN  # sent, and the script's answer is lost


@pytest.mark.parametrize(
    "told",
    [FOUND, {"out_trade_no": NUMBER, "qr_code": "https://qr.alipay.com/x"}, {"out_trade_no": NUMBER, "fund_change": "Y"}],
    ids=["query", "precreate", "refund"],
)
def test_another_answer_about_the_order_does_not_close_it(
    client: ChannelClient, script: Script, certified: Gateway, told: dict[str, str]
) -> None:
    """The name of an answer is not signed: renamed, the answer to a query would say that nobody can pay any longer."""
    script.answers = [certified.succeeds(CLOSE, **told), certified.succeeds(CLOSE, out_trade_no=NUMBER, trade_no="2014")]
    outcomes = [client.close(CloseOrder(merchant_order_id=NUMBER)).outcome for _ in range(2)]
    assert outcomes == [Outcome.UNKNOWN, Outcome.SUCCEEDED]


@pytest.mark.parametrize(("moment", "verdict"), [("946684800000", Verdict.REFUSED), ("1780315200000", Verdict.ACCEPTED)])
def test_a_message_of_years_ago_is_stale(client: ChannelClient, certified: Gateway, moment: str, verdict: Verdict) -> None:
    told = {"status": "SUCCESS", "out_biz_no": "P1", "order_id": "1", "trans_amount": "1.00"}
    fields = {
        "app_id": APP_ID,
        "notify_id": f"m{moment}",
        "msg_method": "alipay.fund.trans.order.changed",
        "utc_timestamp": moment,
        "version": "1.1",
        "charset": "UTF-8",
        "sign_type": "RSA2",
        "biz_content": json.dumps(told),
    }
    assert client.read_notification(Inbound(body=certified.notifies(fields, with_type=True))).verdict is verdict


def test_an_empty_field_which_nobody_signs_tells_of_no_refund(client: ChannelClient, certified: Gateway) -> None:
    notice = client.read_notification(Inbound(body=certified.notifies({**PAID, "notify_id": "E1"}) + b"&out_biz_no="))
    assert [event.kind for event in notice.events] == [EventKind.PAYMENT]


def test_what_alipay_signs_for_another_merchant_is_not_believed(
    client: ChannelClient, script: Script, authorities: dict[str, Issued]
) -> None:
    """Its certificates are one a merchant, and the merchant's number ends their name: genuine ones of others are not ours."""
    other = issue("支付宝(中国)网络技术有限公司-2088102146225199", authorities["between"])
    theirs = Gateway(other.key, other.sn)
    held = base64.b64encode((other.pem + authorities["between"].pem).encode()).decode()
    paid = {**FOUND, "trade_status": "TRADE_SUCCESS"}
    script.answers = [
        theirs.succeeds(QUERY, **paid),
        theirs.succeeds("alipay.open.app.alipaycert.download", alipay_cert_content=held),
    ]
    result = client.query(PaymentQuery.of(order()))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert "owner" in result.evidence.note


def test_another_application_s_order_is_not_sent(config: AlipayConfig, script: Script, client: ChannelClient) -> None:
    with ChannelClient(Alipay(config.model_copy(update={"app_id": "2021000122671099"}), clock=lambda: NOW)) as theirs:
        prepared = theirs.prepare(order())
    with pytest.raises(InvalidRequestError, match="another merchant"):
        client.pay(prepared)
    with pytest.raises(InvalidRequestError, match="another merchant"):
        client.query(PaymentQuery.of(prepared))
    refund = RefundOrder(merchant_refund_id="R1", ordered_at=NOW, amount=Money(1), original=OriginalPayment.of(prepared))
    for asked in (refund, client.prepare(refund)):
        with pytest.raises(InvalidRequestError, match="another merchant"):
            client.refund(asked)
    assert script.calls == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_signed_success_decides_anything(client: ChannelClient, certified: Gateway, data: st.DataObject) -> None:
    """Bytes flipped, cut, doubled or moved anywhere in an answer: believed only while the signed text is still in it, whole."""
    signed = json.dumps({"code": "10000", "msg": "Success", **FOUND, "trade_status": "TRADE_SUCCESS"}).encode()
    body = certified.body(QUERY, signed)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(body) - 1))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        piece = data.draw(st.sampled_from([b"", b" ", b"0", b'"', b"{", b",", b"\\", body[start:end] * 2]))
        body = body[:start] + piece + body[end:]
        if not body:
            return
    client._transport = Script([HttpReply(200, {}, body)])  # type: ignore[assignment]
    result = client.query(PaymentQuery.of(order()))
    assert result.outcome not in FINAL or signed in body, body
