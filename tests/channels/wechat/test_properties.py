"""For any status, headers and bytes: no verb raises after sending, and none says ``failed`` without a cited row."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    ChannelClient,
    CloseOrder,
    HttpReply,
    Money,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    RefundOrder,
    RefundQuery,
    Result,
)
from payment_channels.channels.wechat import Wechat
from tests.conftest import NOW, Platform, Script, payment

NUMBER = "native12177525012014070332333"
REFUND = RefundOrder(
    merchant_refund_id="R1",
    ordered_at=NOW,
    amount=Money(40),
    original=OriginalPayment(merchant_order_id=NUMBER, amount=Money(100)),
)
VERBS: dict[str, Callable[[ChannelClient], Result]] = {
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
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def answered(wechat: Wechat, verb: str, reply: HttpReply) -> Result:
    with ChannelClient(wechat) as client:
        client._transport = Script([reply])  # type: ignore[assignment]
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
        assert amounts.order == (Money(100) if "refund" not in verb else Money(40)), "success without the very amount"


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
