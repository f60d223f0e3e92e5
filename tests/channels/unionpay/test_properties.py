"""For any status, headers and bytes: no verb raises after sending, and none says ``failed`` without a cited row."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    BillQuery,
    ChannelClient,
    HttpReply,
    Inbound,
    Money,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    RefundQuery,
    Result,
    Verdict,
)
from payment_channels.channels.unionpay import Unionpay
from tests.channels.unionpay.conftest import CANCEL, ORDER_ID, ORDER_TIME, PAYOUT, REFUND, Gateway, of_query, payment
from tests.conftest import Script

VERBS: dict[str, Callable[[ChannelClient], Result]] = {
    "pay": lambda client: client.pay(payment()),
    "query": lambda client: client.query(PaymentQuery.of(payment())),
    "refund": lambda client: client.refund(REFUND),
    "query_refund": lambda client: client.query_refund(RefundQuery.of(REFUND)),
    "cancel": lambda client: client.cancel(CANCEL),
    "payout": lambda client: client.payout(PAYOUT),
    "query_payout": lambda client: client.query_payout(PayoutQuery.of(PAYOUT)),
    "bill": lambda client: client.bill(BillQuery(day=date(2026, 5, 1), bill_kind="trade")),
}
AMOUNTS = {"refund": 40, "query_refund": 40, "payout": 30, "query_payout": 30}
CODES = sorted({row.code for row in rows("unionpay")})
NAMES = sorted({*of_query(), "signature", "signMethod", "version", "signPubKeyCert", "tn", "fileContent", "origQryId", "merId"})
values = (
    st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from([*CODES, ORDER_ID, ORDER_TIME, "100", "40", "30", "156", "5.1.0", "5.0.0", "01", "{a=1&b=2}", "{"])
)  # fmt: skip
messages = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=14)
bodies = st.binary(max_size=200) | messages.map(
    lambda fields: "&".join(f"{name}={text}" for name, text in fields.items()).encode()
)
headers = st.dictionaries(st.sampled_from(["content-type", "content-encoding", "location", "retry-after"]), st.text(max_size=20))
statuses = st.integers(100, 599) | st.sampled_from([200, 302, 400, 404, 500, 502, 503])
quiet = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def asker(unionpay: Unionpay) -> Iterator[ChannelClient]:
    """One client for all examples: opening its door takes longer than an example does."""
    with ChannelClient(unionpay) as client:
        yield client


def answered(asker: ChannelClient, verb: str, reply: HttpReply) -> Result:
    asker._transport = Script([reply])  # type: ignore[assignment]
    return VERBS[verb](asker)


def check(result: Result) -> None:
    """What must hold of every result, whatever came back."""
    if result.outcome is Outcome.FAILED:
        assert result.meaning.kind in {"code", "state"}, "failed without a row of the table"
        assert result.meaning.source
        assert result.meaning.checked != "assumed"
        assert (result.raw.http_status or 0) < 500
    if result.new_id_allowed:
        assert result.outcome is Outcome.FAILED
    assert result.zh
    assert result.en
    repr(result)
    result.model_dump_json()


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, more=headers, body=bodies)
def test_any_unsigned_answer(asker: ChannelClient, verb: str, status: int, more: dict[str, str], body: bytes) -> None:
    """Every answer of UnionPay's is signed: what is not says nothing."""
    result = answered(asker, verb, HttpReply(status, more, body))
    check(result)
    assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, changes=messages)
def test_any_signed_answer(asker: ChannelClient, gateway: Gateway, verb: str, status: int, changes: dict[str, str]) -> None:
    """Signed by UnionPay, and of any content: success only with the very amount and number."""
    fields = {name: text for name, text in {**of_query(), **changes}.items() if name not in {"signature", "signPubKeyCert"}}
    result = answered(asker, verb, gateway.answers(fields, status=status))
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None:
        assert amounts.order == Money(AMOUNTS.get(verb, 100)), "success without the very amount"
    if verb in {"refund", "cancel", "payout", "pay"}:
        assert result.outcome is not Outcome.SUCCEEDED, "accepted is not done"


@quiet
@given(
    code=st.sampled_from(CODES) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=4),
    total=st.integers(0, 205) | st.sampled_from([100]),
    number=st.sampled_from([ORDER_ID, "another0"]),
    time=st.sampled_from([ORDER_TIME, "20260601195958"]),
)
def test_a_query_succeeds_only_with_the_very_amount_number_and_time(
    asker: ChannelClient, gateway: Gateway, code: str, total: int, number: str, time: str
) -> None:
    told = of_query(number, time, origRespCode=code, txnAmt=str(total))
    result = answered(asker, "query", gateway.answers(told))
    check(result)
    assert result.outcome is not Outcome.FAILED, "the payer may still try again"
    assert (result.outcome is Outcome.SUCCEEDED) is (
        (total, number, time) == (100, ORDER_ID, ORDER_TIME) and code in {"00", "A6"}
    )


@quiet
@given(body=bodies, changes=messages)
def test_any_incoming_message(asker: ChannelClient, gateway: Gateway, body: bytes, changes: dict[str, str]) -> None:
    """A notification never raises; an unsigned one is refused, a signed one is refused or harmless."""
    fields = {name: text for name, text in {**of_query(), **changes}.items() if name not in {"signature", "signPubKeyCert"}}
    asker._transport = Script()  # type: ignore[assignment]
    forged = asker.read_notification(Inbound(body=body))
    assert forged.verdict is Verdict.REFUSED
    assert forged.acknowledgement.status >= 400
    notice = asker.read_notification(gateway.posts(fields))
    for happened in notice.events:
        for asked in (PaymentQuery.of(payment()), RefundQuery.of(REFUND), RefundQuery.of(CANCEL), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED:
                assert result.amounts.order == asked.amount
