"""For any status and bytes of either wire: no verb raises after sending, and none says ``failed`` without a cited row."""

import json
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
    PayoutBatchQuery,
    PayoutQuery,
    RefundQuery,
    Result,
    Verdict,
)
from payment_channels.channels.allinpay import Allinpay
from tests.channels.allinpay.conftest import (
    BATCH,
    CANCEL,
    DETAIL,
    NONCE,
    ORDER_ID,
    PAYOUT,
    QUERY_SN,
    REFUND,
    TRXID,
    Platform,
    of_notice,
    of_query,
    payment,
)
from tests.conftest import Script

FORMS: dict[str, Callable[[ChannelClient], Result]] = {
    "pay": lambda client: client.pay(payment()),
    "scan": lambda client: client.pay(payment(product="scan")),
    "query": lambda client: client.query(PaymentQuery.of(payment())),
    "refund": lambda client: client.refund(REFUND),
    "query_refund": lambda client: client.query_refund(RefundQuery.of(REFUND)),
    "cancel": lambda client: client.cancel(CANCEL),
    "bill": lambda client: client.bill(BillQuery(day=date(2026, 5, 1), bill_kind="trade")),
}
PACKETS: dict[str, Callable[[ChannelClient], Result]] = {
    "payout": lambda client: client.payout(PAYOUT),
    "query_payout": lambda client: client.query_payout(PayoutQuery.of(PAYOUT)),
    "payout_batch": lambda client: client.payout_batch(BATCH),
    "query_payout_batch": lambda client: client.query_payout_batch(PayoutBatchQuery.of(BATCH)),
}
VERBS = FORMS | PACKETS
AMOUNTS = {"refund": 40, "query_refund": 40, "payout": 30, "query_payout": 30}
CODES = sorted({row.code for row in rows("allinpay")})
NAMES = sorted({*of_query(), "sign", "signtype", "retcode", "payinfo", "url", "cusid", "appid", "errmsg"})
printable = st.text(st.characters(codec="gbk", exclude_characters="<>&"), max_size=12)
values = printable | st.sampled_from([*CODES, ORDER_ID, TRXID, "R0000001", "C0000001", "100", "40", "SUCCESS", "a&trxamt=1"])
messages = st.dictionaries(st.sampled_from(NAMES) | printable.filter(bool), values, max_size=10)
details = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(pool)
        for name, pool in {
            "RET_CODE": CODES,
            "AMOUNT": ["30", "40", "31", "", "x"],
            "BATCHID": ["P0000001", "B0000001", ""],
            "SN": ["0", "0001", "0002", "0003", "1", ""],
            "ACCOUNT_NO": ["4321", "3000", "9999"],
        }.items()
    },
)
heads = st.fixed_dictionaries(
    {"RET_CODE": st.sampled_from(CODES) | st.just("0000")},
    optional={
        "REQ_SN": st.sampled_from([QUERY_SN, "P0000001", "B0000001", ""]),
        "TRX_CODE": st.sampled_from(["100014", "200004", "100002"]),
    },
)
statuses = st.integers(100, 599) | st.sampled_from([200, 200, 302, 404, 500, 502])
bodies = st.binary(max_size=200) | messages.map(lambda one: json.dumps(one).encode())
quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def asker(allinpay: Allinpay) -> Iterator[ChannelClient]:
    """One client for all examples: opening its door takes longer than an example does."""
    with ChannelClient(allinpay) as client:
        yield client


def answered(asker: ChannelClient, verb: str, reply: HttpReply) -> Result:
    asker._transport = Script([reply])  # type: ignore[assignment]
    return VERBS[verb](asker)


def check(result: Result) -> None:
    """What must hold of every result, whatever came back."""
    for one in (result, *getattr(result, "lines", ())):
        if one.outcome is Outcome.FAILED:
            assert one.meaning.kind in {"code", "state"}, "failed without a row of the table"
            assert one.meaning.source
            assert one.meaning.checked != "assumed"
            assert (one.raw.http_status or 0) < 500
        if one.new_id_allowed:
            assert one.outcome is Outcome.FAILED
        assert one.zh
        assert one.en
        repr(one)
        one.model_dump_json()


@pytest.mark.parametrize("verb", VERBS)
@quiet
@given(status=statuses, body=bodies)
def test_any_unsigned_answer(asker: ChannelClient, verb: str, status: int, body: bytes) -> None:
    result = answered(asker, verb, HttpReply(status, {}, body))
    check(result)
    assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("verb", FORMS)
@quiet
@given(status=statuses, changes=messages)
def test_any_signed_form_answer(
    asker: ChannelClient, platform: Platform, verb: str, status: int, changes: dict[str, str]
) -> None:
    """Signed by Allinpay, and of any content: success only with the very amount and number."""
    fields = {name: text for name, text in {**of_query(), **changes}.items() if name != "sign"}
    result = answered(asker, verb, platform.answers(fields, status=status))
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None:
        assert amounts.order == Money(AMOUNTS.get(verb, 100)), "success without the very amount"
    if verb in {"refund", "cancel", "pay"}:
        assert result.outcome is not Outcome.SUCCEEDED, "accepted is not done"


@pytest.mark.parametrize("verb", PACKETS)
@quiet
@given(status=statuses, head=heads, told=st.lists(details, max_size=3))
def test_any_signed_packet(
    asker: ChannelClient, platform: Platform, verb: str, status: int, head: dict[str, str], told: list[dict[str, str]]
) -> None:
    ours = {"payout": "P0000001", "payout_batch": "B0000001"}.get(verb, QUERY_SN)
    code = {"payout": "100014", "payout_batch": "100002"}.get(verb, "200004")
    inner = "".join("<{0}>{1}</{0}>".format("QTDETAIL", xml({**DETAIL, **one})) for one in told)
    result_parts = "".join(f"<RET_DETAIL>{xml(one)}</RET_DETAIL>" for one in told)
    trans = "".join(f"<TRANSRET>{xml(one)}</TRANSRET>" for one in told)
    whole = f"<QTRANSRSP>{inner}</QTRANSRSP><BODY><RET_DETAILS>{result_parts}</RET_DETAILS></BODY>{trans}"
    result = answered(asker, verb, platform.returns({"REQ_SN": ours, "TRX_CODE": code, **head}, whole, status=status))
    check(result)
    if verb in {"payout", "payout_batch"}:
        assert result.outcome is not Outcome.SUCCEEDED, "accepted is not done"
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and verb == "query_payout":
        assert amounts.order == Money(30)
    if result.outcome is Outcome.SUCCEEDED and verb == "query_payout_batch":
        assert [line.outcome for line in getattr(result, "lines", ())] == [Outcome.SUCCEEDED] * 2, (
            "a batch is paid when every line is"
        )
    for line, ordered in zip(getattr(result, "lines", ()), BATCH.lines, strict=False):
        if line.outcome is Outcome.SUCCEEDED:
            assert (line.amounts.order, line.merchant_order_id) == (ordered.amount, ordered.merchant_order_id)


def xml(fields: dict[str, str]) -> str:
    return "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())


@quiet
@given(body=bodies, changes=messages)
def test_any_incoming_message(asker: ChannelClient, platform: Platform, body: bytes, changes: dict[str, str]) -> None:
    """A notification never raises; an unsigned one is refused, a signed one is refused or harmless."""
    asker._transport = Script()  # type: ignore[assignment]
    forged = asker.read_notification(Inbound(body=body))
    assert forged.verdict is Verdict.REFUSED
    assert forged.acknowledgement.status >= 400
    fields = {name: text for name, text in {**of_notice(), **changes}.items() if name != "sign"}
    for happened in asker.read_notification(platform.posts(fields)).events:
        for asked in (PaymentQuery.of(payment()), RefundQuery.of(REFUND), RefundQuery.of(CANCEL), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED:
                assert result.amounts.order == asked.amount


def test_a_query_s_number_is_the_merchant_s_and_short_enough() -> None:
    assert (len(QUERY_SN), QUERY_SN.endswith(NONCE[:24])) == (40, True)
