"""For any status and bytes: no verb raises after sending, none says failed without a cited row, or paid of another payout."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from error_codes import rows
from payment_channels import (
    BalanceQuery,
    BillQuery,
    ChannelClient,
    HttpReply,
    Inbound,
    Money,
    Outcome,
    PayoutBatchQuery,
    PayoutQuery,
    Result,
    Verdict,
)
from payment_channels.channels.cib import Cib
from payment_channels.channels.cib.fox import flaw_of, write
from payment_channels.codec.xml import parse
from tests.channels.cib.conftest import COMPANY, DAY, NUMBER, PERSON, by_agent, fox, info, order, state, status
from tests.channels.cib.test_batches import BATCH, batch
from tests.conftest import NOBODY, Script

VERBS: dict[str, Callable[[ChannelClient], Result]] = {
    "transfer": lambda client: client.payout(order()),
    "agent": lambda client: client.payout(by_agent()),
    "query": lambda client: client.query_payout(PayoutQuery.of(client.prepare(order()))),
    "query_agent": lambda client: client.query_payout(PayoutQuery.of(client.prepare(by_agent()))),
    "batch": lambda client: client.payout_batch(batch()),
    "query_batch": lambda client: client.query_payout_batch(PayoutBatchQuery.of(client.prepare(batch()))),
    "balance": lambda client: client.balance(BalanceQuery()),
    "bill": lambda client: client.bill(BillQuery(day=DAY, bill_kind="statement")),
}
FAILED = {row.canonical for row in rows("cib") if row.effect is Outcome.FAILED}
CODES = sorted({row.code for row in rows("cib")})
NAMES = ("XFERTRNRS", "XFERINQTRNRS", "MAGENTPAYTRNRS", "ASYNBATCHMRCHAGENTTRNRS", "CURRACCTQUERYTRNRS", "SCUSTSTMTTRNRS")
quiet = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
codes = st.sampled_from(["0", *CODES]) | st.text("0123456789ABC_", max_size=6)
amounts = st.sampled_from(["1.24", "1.25", "0.00", "-1.24", "124", "", "1.2.4"])
accounts = st.sampled_from([COMPANY.account_no, PERSON.account_no, "", "1"])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Answers that look like the bank's, put together at random."""
    name, number = draw(st.sampled_from(NAMES)), draw(st.sampled_from([NUMBER, BATCH, "N0000001", "", "other"]))
    held = info(amount=draw(amounts), account=draw(accounts), currency=draw(st.sampled_from(["RMB", "USD", ""])))
    agent = held.replace("XFERINFO", "MAGENTPAYINFO").replace("<CHEQUENUM>", f"<ORDERNO>{number}</ORDERNO><CHEQUENUM>")
    told = state(draw(codes))
    inside = draw(
        st.sampled_from(
            [
                f"<XFERRS><SRVRID>1</SRVRID>{held}{told}</XFERRS>",
                f'<XFERINQRS><XFERLIST MORE="N"><XFER>{held}{told}</XFER></XFERLIST></XFERINQRS>',
                f"<MAGENTPAYRS>{agent}{told}</MAGENTPAYRS>",
                f"<RSBODY>{told}</RSBODY>",
                "",
            ]
        )
    )
    return fox(
        f"<{name}><TRNUID>{number}</TRNUID>{status(draw(codes))}{inside}</{name}>", code=draw(st.sampled_from(["0", "15500"]))
    )


@pytest.fixture(scope="module")
def asker(cib: Cib) -> Iterator[ChannelClient]:
    """One client for all examples: opening its door takes longer than an example does."""
    with ChannelClient(cib, http=NOBODY) as client:
        yield client


def check(result: Result) -> None:
    """A failure stands on a cited row that says so."""
    if result.outcome is Outcome.FAILED:
        assert result.meaning.canonical in FAILED
        assert result.meaning.source
    if result.outcome is not Outcome.FAILED:
        assert not result.new_id_allowed


@quiet
@given(verb=st.sampled_from(sorted(VERBS)), http=st.integers(100, 599) | st.just(200), body=st.binary(max_size=300) | documents())
def test_any_answer_makes_a_result(asker: ChannelClient, verb: str, http: int, body: bytes) -> None:
    asker._transport = Script([HttpReply(http, {}, body)])  # type: ignore[assignment]
    result = VERBS[verb](asker)
    check(result)
    if http != 200:
        assert result.outcome is Outcome.UNKNOWN


@settings(quiet, max_examples=400)
@given(verb=st.sampled_from(["transfer", "agent", "query", "query_agent"]), body=documents())
def test_success_is_of_the_very_payout(asker: ChannelClient, verb: str, body: bytes) -> None:
    asker._transport = Script([HttpReply(200, {}, body)])  # type: ignore[assignment]
    result = VERBS[verb](asker)
    check(result)
    if result.outcome is Outcome.SUCCEEDED:
        told = vars(result)
        assert (told["merchant_order_id"], told["amounts"].order) == (NUMBER, Money(124))
        assert b"PAYOUT" in body
        assert told["payee_account"] == (PERSON.account_no if "agent" in verb else COMPANY.account_no)


@quiet
@given(body=st.binary(max_size=300) | documents())
def test_a_notification_is_read_or_refused(asker: ChannelClient, body: bytes) -> None:
    told = asker.read_notification(Inbound(body=body))
    assert told.verdict is Verdict.REFUSED
    assert told.events == ()


@quiet
@given(value=st.text(max_size=40))
def test_what_can_be_sent_comes_back_as_it_was(value: str) -> None:
    login = dict.fromkeys(("DTCLIENT", "CID", "USERID", "USERPASS", "GENUSERKEY", "APPID", "APPVER"), "1")
    content = {"TRNUID": "1", "RQBODY": {"ACCTID": value}}
    if flaw_of(value) is not None:
        with pytest.raises(ValueError, match="ACCTID"):
            write(login, "CURRACCTQUERYTRNRQ", content)
        return
    root = parse(write(login, "CURRACCTQUERYTRNRQ", content))
    assert root.children[1].children[0].children[1].children[0].text == value
