"""For any status, headers and bytes: no verb raises after sending, and none says ``failed`` without a cited row."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    BalanceQuery,
    BillQuery,
    CancelOrder,
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
    WalletIdKind,
)
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import APP_ID, NUMBER, SELLER_ID, Gateway, order
from tests.conftest import NOW, Script

USER = Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)
ORIGINAL = OriginalPayment(merchant_order_id=NUMBER, amount=Money(8888), product="bar_code")
REFUND = RefundOrder(merchant_refund_id="R1", ordered_at=NOW, amount=Money(40), original=ORIGINAL)
PAYOUT = PayoutOrder(merchant_order_id="P1", ordered_at=NOW, amount=Money(30), payee=USER, purpose="x")
WIRE = {"product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
AMOUNTS = {"refund": 40, "query_refund": 40, "payout": 30, "query_payout": 30}
TILL = PaymentCode(code="281234567890123456")
VERBS: dict[str, tuple[str, Callable[[ChannelClient], Result]]] = {
    "precreate": ("alipay.trade.precreate", lambda client: client.pay(order())),
    "bar_code": ("alipay.trade.pay", lambda client: client.pay(order("bar_code", payer=TILL))),
    "create": ("alipay.trade.create", lambda client: client.pay(order("create", payer=USER))),
    "query": ("alipay.trade.query", lambda client: client.query(PaymentQuery.of(order()))),
    "close": ("alipay.trade.close", lambda client: client.close(CloseOrder(merchant_order_id=NUMBER))),
    "cancel": ("alipay.trade.cancel", lambda client: client.cancel(CancelOrder(ordered_at=NOW, original=ORIGINAL))),
    "refund": ("alipay.trade.refund", lambda client: client.refund(REFUND)),
    "query_refund": ("alipay.trade.fastpay.refund.query", lambda client: client.query_refund(RefundQuery.of(REFUND))),
    "payout": ("alipay.fund.trans.uni.transfer", lambda client: client.payout(PAYOUT)),
    "query_payout": (
        "alipay.fund.trans.common.query",
        lambda client: client.query_payout(PayoutQuery.of(PAYOUT).model_copy(update={"wire": WIRE})),
    ),
    "balance": ("alipay.fund.account.query", lambda client: client.balance(BalanceQuery())),
    "bill": (
        "alipay.data.dataservice.bill.downloadurl.query",
        lambda client: client.bill(BillQuery(day=date(2026, 5, 1), bill_kind="trade")),
    ),
}
CODES = sorted({row.code for row in rows("alipay")} | {row.sub_code or "" for row in rows("alipay")})
FIELDS = [
    "code",
    "sub_code",
    "msg",
    "sub_msg",
    "out_trade_no",
    "trade_no",
    "trade_status",
    "total_amount",
    "buyer_pay_amount",
    "receipt_amount",
    "send_pay_date",
    "qr_code",
    "fund_change",
    "refund_fee",
    "refund_amount",
    "refund_status",
    "out_request_no",
    "action",
    "retry_flag",
    "out_biz_no",
    "order_id",
    "status",
    "sub_status",
    "trans_amount",
    "available_amount",
    "bill_download_url",
    "bill_file_code",
]
WORDS = [
    NUMBER,
    "R1",
    "P1",
    "10000",
    "10003",
    "40004",
    "20000",
    "88.88",
    "0.40",
    "0.30",
    "0.00",
    "Y",
    "N",
    "TRADE_CLOSED",
    "SUCCESS",
    "REFUND",
    "FAIL",
    "close",
    "2026-06-01 20:00:00",
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from([*CODES, *WORDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)
contents = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([*CODES, *WORDS]) | json_values, max_size=12),
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(WORDS), min_size=4, max_size=16).map(
        lambda told: {**told, "code": "10000"}
    ),
    st.builds(
        lambda code, sub: {"code": code, "msg": "m", "sub_code": sub, "sub_msg": "s"},
        st.sampled_from(["40004", "20000", "40002", "40006", "10000"]) | st.text(max_size=6),
        st.sampled_from(CODES) | st.text(max_size=30),
    ),
).map(lambda told: json.dumps(told).encode())
raw = contents | st.binary(max_size=200)
headers = st.dictionaries(st.sampled_from(["content-type", "date", "location"]), st.text(max_size=40), max_size=3)
statuses = st.integers(100, 599) | st.sampled_from([200, 200, 200, 302, 400, 404, 500, 502])
quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def asking(config: AlipayConfig) -> Iterator[ChannelClient]:
    """One client for all examples: making one takes longer than an example."""
    with ChannelClient(Alipay(config, clock=lambda: NOW)) as client:
        yield client


def answered(client: ChannelClient, verb: str, *replies: HttpReply) -> Result:
    client._transport = Script(list(replies))  # type: ignore[assignment]
    return VERBS[verb][1](client)


def check(result: Result) -> None:
    """What must hold of every result, whatever came back."""
    if result.outcome is Outcome.FAILED:
        assert result.meaning.kind in {"code", "state"}, "failed without a row of the table"
        assert result.meaning.source
        assert result.meaning.checked != "assumed"
    if result.new_id_allowed:
        assert result.outcome is Outcome.FAILED
    assert result.zh
    assert result.en
    repr(result)
    result.model_dump_json()


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, more=headers, content=raw, named=st.booleans())
def test_any_unsigned_answer(
    asking: ChannelClient, gateway: Gateway, verb: str, status: int, more: dict[str, str], content: bytes, named: bool
) -> None:
    body = gateway.body(VERBS[verb][0], content, signed=False) if named else content
    result = answered(asking, verb, HttpReply(status, more, body))
    check(result)
    assert result.outcome is Outcome.UNKNOWN, "something is known without a signature"


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, content=raw)
def test_any_signed_answer(asking: ChannelClient, certified: Gateway, verb: str, status: int, content: bytes) -> None:
    result = answered(asking, verb, HttpReply(status, {}, certified.body(VERBS[verb][0], content)))
    check(result)
    if status != 200:
        assert result.outcome is Outcome.UNKNOWN
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None and verb != "cancel":
        assert amounts.order == Money(AMOUNTS.get(verb, 8888)), "success without the very amount"


@quiet
@given(
    state=st.sampled_from(CODES) | st.text(max_size=12),
    total=st.sampled_from(["88.88", "88.89", "8888", "-88.88", "0.00", "88.880", "8.888e1", ""]),
    number=st.sampled_from([NUMBER, "another"]),
)
def test_a_query_succeeds_only_with_the_very_amount_and_number(
    asking: ChannelClient, certified: Gateway, state: str, total: str, number: str
) -> None:
    answer = {"code": "10000", "out_trade_no": number, "trade_status": state, "total_amount": total}
    result = answered(asking, "query", certified.says("alipay.trade.query", answer))
    check(result)
    if total not in {"88.88", "88.880"} or number != NUMBER:
        assert result.outcome in {Outcome.UNKNOWN, Outcome.PENDING} or not result.new_id_allowed
        assert result.outcome is not Outcome.SUCCEEDED


@quiet
@given(
    body=st.binary(max_size=300)
    | st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20)).map(lambda f: urlencode(f).encode())
)
def test_any_incoming_message(asking: ChannelClient, body: bytes) -> None:
    asking._transport = Script()  # type: ignore[assignment]
    notice = asking.read_notification(Inbound(body=body, headers={}))
    assert notice.verdict is Verdict.REFUSED
    assert notice.acknowledgement.status >= 400
    assert notice.acknowledgement.body != b"success"


NOTICE_FIELDS = [
    "trade_status",
    "total_amount",
    "out_trade_no",
    "refund_fee",
    "gmt_payment",
    "gmt_refund",
    "out_biz_no",
    "notify_type",
]


@quiet
@given(
    told=st.dictionaries(
        st.sampled_from([*NOTICE_FIELDS, "biz_content", "msg_method", "notify_time", "a"]),
        st.sampled_from([*WORDS, *CODES[:40], "trade_status_sync", "alipay.fund.trans.order.changed", "{}"])
        | st.text(max_size=12),
        max_size=9,
    )
)
def test_any_signed_message(asking: ChannelClient, certified: Gateway, told: dict[str, str]) -> None:
    """Signed for us, and yet of any content: never an exception, never a success without the very amount."""
    ours = {"app_id": APP_ID, "seller_id": SELLER_ID, "notify_id": "N", "notify_type": "trade_status_sync"}
    asking._transport = Script()  # type: ignore[assignment]
    notice = asking.read_notification(Inbound(body=certified.notifies({**ours, **told})))
    for happened in notice.events:
        for asked in (PaymentQuery.of(order()), RefundQuery.of(REFUND), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED:
                assert result.amounts.order == asked.amount
