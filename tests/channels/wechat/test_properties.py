"""For any status, headers and bytes: no verb raises after sending, and none says ``failed`` without a cited row."""

import base64
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    BillQuery,
    CancelOrder,
    CancelPayoutOrder,
    ChannelClient,
    CloseOrder,
    HttpReply,
    Inbound,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentQuery,
    PayoutOrder,
    PayoutQuery,
    RefundOrder,
    RefundQuery,
    Result,
    Verdict,
    Wallet,
    open_channel,
)
from payment_channels.channels.wechat import Wechat, WechatConfig
from tests.conftest import NOW, Platform, Script, payment, scripted

NUMBER = "native12177525012014070332333"
REFUND = RefundOrder(
    merchant_refund_id="R1",
    ordered_at=NOW,
    amount=Money(40),
    original=OriginalPayment(merchant_order_id=NUMBER, amount=Money(100)),
)
PAYOUT = PayoutOrder(
    merchant_order_id="P1",
    ordered_at=NOW,
    amount=Money(30),
    payee=Wallet(wallet_id="o"),
    remark="x",
    channel_fields={"transfer_scene_id": "1000", "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "x"}]},
)
CODE_PAYMENT = payment(product="codepay", payer=PaymentCode(code="134567890123456789"), notify_url=None, store_id="1")
CODE_ORIGINAL = OriginalPayment(
    merchant_order_id=NUMBER, amount=Money(100), product="codepay", ordered_at=NOW - timedelta(seconds=60)
)
AMOUNTS = {"refund": 40, "query_refund": 40, "payout": 30, "query_payout": 30, "cancel_payout": 30}
VERBS: dict[str, Callable[[ChannelClient], Result]] = {
    "codepay": lambda client: client.pay(CODE_PAYMENT),
    "cancel": lambda client: client.cancel(CancelOrder(ordered_at=NOW, original=CODE_ORIGINAL)),
    "payout": lambda client: client.payout(PAYOUT),
    "query_payout": lambda client: client.query_payout(PayoutQuery.of(PAYOUT)),
    "cancel_payout": lambda client: client.cancel_payout(CancelPayoutOrder(merchant_order_id="P1", amount=Money(30))),
    "bill": lambda client: client.bill(BillQuery(day=date(2026, 5, 1), bill_kind="trade")),
    "pay": lambda client: client.pay(payment()),
    "query": lambda client: client.query(PaymentQuery.of(payment())),
    "close": lambda client: client.close(CloseOrder(merchant_order_id=NUMBER)),
    "refund": lambda client: client.refund(REFUND),
    "query_refund": lambda client: client.query_refund(RefundQuery.of(REFUND)),
}
CODES = sorted({row.code for row in rows("wechat")})
FIELDS = [
    "code",
    "message",
    "out_trade_no",
    "trade_state",
    "amount",
    "mchid",
    "appid",
    "status",
    "out_refund_no",
    "code_url",
    "success_time",
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from([*CODES, NUMBER, "CNY"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FIELDS, "total", "currency", "refund"]), inner, max_size=4)
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8).map(lambda content: json.dumps(content).encode()),
    st.builds(lambda code: json.dumps({"code": code, "message": "m"}).encode(), st.sampled_from(CODES) | st.text(max_size=30)),
)
headers = st.dictionaries(
    st.sampled_from(
        ["wechatpay-signature", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "request-id", "retry-after"]
    ),
    st.text(max_size=40),
    max_size=6,
)
statuses = st.integers(100, 599) | st.sampled_from([200, 202, 204, 400, 401, 403, 404, 429, 500, 502, 503])
quiet = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def answered(wechat: Wechat, verb: str, reply: HttpReply) -> Result:
    with scripted(wechat, Script([reply])) as client:
        return VERBS[verb](client)


def check(result: Result) -> None:
    """What must hold of every result, whatever came back."""
    if result.outcome is Outcome.FAILED:
        assert result.meaning.kind in {"code", "state"}, "failed without a row of the table"
        assert result.meaning.source
        assert result.meaning.checked != "assumed"
        assert result.raw.http_status is not None
        assert result.raw.http_status < 500
    if result.new_id_allowed:
        assert result.outcome is Outcome.FAILED
    assert result.zh
    assert result.en
    repr(result)
    result.model_dump_json()


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, more=headers, body=bodies)
def test_any_unsigned_answer(wechat: Wechat, verb: str, status: int, more: dict[str, str], body: bytes) -> None:
    result = answered(wechat, verb, HttpReply(status, more, body))
    check(result)
    assert result.outcome not in {Outcome.SUCCEEDED, Outcome.REVERSED, Outcome.RETURNED}, "success without a signature"
    if status < 400:
        assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, body=bodies)
def test_any_signed_answer(wechat: Wechat, platform: Platform, verb: str, status: int, body: bytes) -> None:
    reply = platform.answers(body, status=status)
    result = answered(wechat, verb, reply)
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None:
        assert amounts.order == Money(AMOUNTS.get(verb, 100)), "success without the very amount"


@quiet
@given(
    state=st.sampled_from(CODES) | st.text(max_size=12),
    total=st.integers(-5, 205) | st.sampled_from([100]),
    number=st.sampled_from([NUMBER, "another-number"]),
)
def test_a_query_succeeds_only_with_the_very_amount_and_number(
    wechat: Wechat, platform: Platform, state: str, total: int, number: str
) -> None:
    answer = {"out_trade_no": number, "trade_state": state, "amount": {"total": total, "currency": "CNY"}}
    result = answered(wechat, "query", platform.answers(answer))
    check(result)
    if total != 100 or number != NUMBER:
        assert result.outcome is Outcome.UNKNOWN


@quiet
@given(body=bodies, more=headers)
def test_any_incoming_message(wechat: Wechat, platform: Platform, body: bytes, more: dict[str, str]) -> None:
    """A notification never raises; an unsigned one is refused, a signed one is refused or harmless."""
    with scripted(wechat, Script()) as client:
        forged = client.read_notification(Inbound(body=body, headers=more))
        assert forged.verdict is Verdict.REFUSED
        assert forged.acknowledgement.status >= 400
        signed = client.read_notification(Inbound(body=body, headers=platform.headers(body)))
        assert signed.verdict is Verdict.REFUSED, "nothing here is sealed with our key"


@quiet
@given(plain=json_values, event=st.sampled_from(["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "MCHTRANSFER.BILL.FINISHED", "X"]))
def test_any_sealed_content(wechat: Wechat, platform: Platform, plain: Any, event: str) -> None:
    """Signed and sealed with our key, and yet of any form: never an exception, never a success without the very amount."""
    box = AESGCM(b"k" * 32).encrypt(b"fdasflkja484", json.dumps(plain).encode(), b"")
    resource = {"ciphertext": base64.b64encode(box).decode(), "nonce": "fdasflkja484", "associated_data": ""}
    body = json.dumps({"id": "EV", "event_type": event, "resource": resource}).encode()
    with scripted(wechat, Script()) as client:
        notice = client.read_notification(Inbound(body=body, headers=platform.headers(body)))
    for happened in notice.events:
        for asked in (PaymentQuery.of(payment()), RefundQuery.of(REFUND), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED:
                assert result.amounts.order == asked.amount


@quiet
@given(
    status=statuses,
    body=st.binary(max_size=200)
    | st.text(max_size=60).map(lambda text: f"<xml><return_code>{text}</return_code></xml>".encode()),
)
def test_any_answer_to_a_payment_code(wechat_config: WechatConfig, status: int, body: bytes) -> None:
    """XML of any kind, or none: unknown, and never an exception."""
    channel = open_channel("wechat", wechat_config.model_copy(update={"apiv2_key": "z" * 32}), clock=lambda: NOW)
    order = payment(product="micropay", payer=PaymentCode(code="134567890123456789"), notify_url=None, payer_ip="127.0.0.1")
    with scripted(channel, Script([HttpReply(status, {}, body)])) as client:
        result = client.pay(order)
    check(result)
    assert result.outcome is Outcome.UNKNOWN
