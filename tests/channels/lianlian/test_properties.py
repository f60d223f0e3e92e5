"""For any status and bytes: no verb raises after sending, and none says ``failed`` without a cited row."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    BalanceQuery,
    ChannelClient,
    HttpReply,
    Inbound,
    Money,
    Outcome,
    PayoutQuery,
    Result,
    TransportFailure,
    Verdict,
)
from payment_channels.channels.lianlian import Lianlian
from tests.channels.lianlian.conftest import NUMBER, PAYBILL, TIME, Gateway, confirmation, found, notified, payout
from tests.conftest import Script

VERBS: dict[str, Callable[[ChannelClient], Result]] = {
    "payout": lambda client: client.payout(payout()),
    "confirm_payout": lambda client: client.confirm_payout(confirmation()),
    "query_payout": lambda client: client.query_payout(PayoutQuery.of(payout())),
    "balance": lambda client: client.balance(BalanceQuery()),
}
CODES = sorted({row.code for row in rows("lianlian")})
NAMES = sorted({*found(), "sign", "sign_type", "oid_partner", "memo", "confirm_code", "settle_date", "amt_balance"})
values = st.text(max_size=20) | st.sampled_from([*CODES, NUMBER, PAYBILL, TIME, "12.34", "12.35", "RSA", "a&result_pay=SUCCESS"])
messages = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=14)
changed = st.dictionaries(
    st.sampled_from(NAMES) | st.text(st.characters(codec="utf-8"), max_size=8),
    st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from([*CODES, NUMBER, "12.34", "12.35"]),
    max_size=10,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6),
    max_leaves=12,
)
bodies = (
    st.binary(max_size=200)
    | messages.map(lambda one: json.dumps(one).encode())
    | anything.map(lambda one: json.dumps(one).encode())
)
statuses = st.integers(100, 599) | st.sampled_from([200, 200, 200, 302, 400, 404, 500, 502])
quiet = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def asker(lianlian: Lianlian) -> Iterator[ChannelClient]:
    """One client for all examples: opening its door takes longer than an example does."""
    with ChannelClient(lianlian) as client:
        yield client


def answered(asker: ChannelClient, verb: str, reply: HttpReply | Exception) -> Result:
    asker._transport = Script([reply])  # type: ignore[assignment]
    return VERBS[verb](asker)


def check(result: Result) -> None:
    """What must hold of every result, whatever came back."""
    if result.outcome is Outcome.FAILED:
        assert result.meaning.kind in {"code", "state"}, "failed without a row of the table"
        assert result.meaning.source
        assert result.meaning.checked != "assumed"
        assert result.raw.http_status in {200, None}
    if result.new_id_allowed:
        assert result.outcome is Outcome.FAILED
    assert result.zh
    assert result.en
    repr(result)
    result.model_dump_json()


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, body=bodies)
def test_any_unsigned_answer(asker: ChannelClient, verb: str, status: int, body: bytes) -> None:
    """What is not signed says nothing of money."""
    result = answered(asker, verb, HttpReply(status, {}, body))
    check(result)
    assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, changes=changed)
def test_any_signed_answer(asker: ChannelClient, gateway: Gateway, verb: str, status: int, changes: dict[str, str]) -> None:
    """Signed by LianLian, and of any content: success only with the very amount and number."""
    fields = {name: text for name, text in {**found(), **changes}.items() if name != "sign"}
    result = answered(asker, verb, gateway.answers(fields, status=status))
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome in {Outcome.SUCCEEDED, Outcome.RETURNED} and amounts is not None:
        assert amounts.order == Money(1234), "success without the very amount"
    if verb in {"payout", "confirm_payout"}:
        assert result.outcome is not Outcome.SUCCEEDED, "accepted is not done"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "error", [TransportFailure("x", maybe_sent=True), RuntimeError("x"), OSError("x"), ValueError("x")], ids=repr
)
def test_any_failure_of_the_transport(asker: ChannelClient, verb: str, error: Exception) -> None:
    result = answered(asker, verb, error)
    check(result)
    assert result.outcome is Outcome.UNKNOWN


@quiet
@given(
    state=st.sampled_from(CODES) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    fen=st.integers(0, 2500) | st.sampled_from([1234]),
    number=st.sampled_from([NUMBER, "P0000002"]),
    time=st.sampled_from([TIME, "20260601195958"]),
)
def test_a_query_succeeds_only_with_the_very_amount_number_and_time(
    asker: ChannelClient, gateway: Gateway, state: str, fen: int, number: str, time: str
) -> None:
    told = found(state, money_order=f"{fen // 100}.{fen % 100:02}", no_order=number, dt_order=time)
    result = answered(asker, "query_payout", gateway.answers(told))
    check(result)
    ours = (fen, number, time) == (1234, NUMBER, TIME)
    assert (result.outcome is Outcome.SUCCEEDED) is (ours and state == "SUCCESS")
    assert (result.outcome is Outcome.FAILED) is (ours and state in {"FAILURE", "CLOSED"})


@quiet
@given(
    body=bodies, changes=st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=12), max_size=6)
)
def test_any_incoming_message(asker: ChannelClient, gateway: Gateway, body: bytes, changes: dict[str, str]) -> None:
    """A notification never raises; an unsigned one is refused, a signed one is refused or harmless."""
    asker._transport = Script()  # type: ignore[assignment]
    forged = asker.read_notification(Inbound(body=body))
    assert forged.verdict is Verdict.REFUSED
    assert forged.acknowledgement.status >= 400
    fields = {name: text for name, text in {**notified(), **changes}.items() if name != "sign"}
    for happened in asker.read_notification(gateway.posts(fields)).events:
        result = happened.against(PayoutQuery.of(payout()))
        check(result)
        if result.outcome is Outcome.SUCCEEDED:
            assert result.amounts.order == Money(1234)
