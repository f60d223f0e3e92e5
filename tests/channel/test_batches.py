"""A batch: each line is settled by the rule of unknown on its own, and no line is left out of the result."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from payment_channels import (
    Authenticity,
    Capability,
    Channel,
    ChannelClient,
    HttpCall,
    HttpReply,
    InvalidRequestError,
    Manifest,
    Money,
    NotSupportedError,
    Outcome,
    PayoutBatchOrder,
    PayoutBatchQuery,
    PayoutBatchResult,
    PayoutOrder,
    PersonalAccount,
    Prepared,
    Reading,
    TransportFailure,
    Verb,
    Wallet,
)
from payment_channels.channel import Exchange, fetch
from payment_channels.model.results import Amounts, PayoutBatchFacts, PayoutFacts

AT = datetime(2026, 6, 1, tzinfo=UTC)
CALL = HttpCall("POST", "https://a.example/batch", ())


class Batches(Channel):
    """Sends one call and reads what the test says; it borrows WeChat Pay's table of transfers."""

    manifest: ClassVar[Manifest]

    def __init__(self, reading: Reading) -> None:
        super().__init__(clock=lambda: AT)
        self.reading = reading

    def prepare(self, order: Any) -> Exchange[Prepared]:
        return Prepared(channel="wechat", order=order, prepared_at=AT)
        yield

    def payout_batch(self, _prepared: Prepared) -> Exchange[Reading]:
        yield from fetch(CALL)
        return self.reading

    query_payout_batch = payout_batch  # type: ignore[assignment]


Batches.manifest = Manifest(
    name="wechat",
    title_zh="探针",
    title_en="Probe",
    open=Batches,
    configuration=dict,
    capabilities={
        Verb.PAYOUT_BATCH: Capability(parties=frozenset({"personal_account"})),
        Verb.QUERY_PAYOUT_BATCH: Capability(),
    },
)


class Wire:
    """Answers, or loses the answer."""

    lost = False

    def send(self, _call: HttpCall, _seconds: float) -> HttpReply:
        if self.lost:
            raise TransportFailure("gone", maybe_sent=True)
        return HttpReply(200, {}, b"{}")


def line(number: str, fen: int = 100, **changes: Any) -> PayoutOrder:
    """One payee."""
    payee = PersonalAccount(account_no="6222020000000000000", name="张三")
    return PayoutOrder(**{"merchant_order_id": number, "ordered_at": AT, "amount": Money(fen), "payee": payee, **changes})


def batch(*lines: PayoutOrder) -> PayoutBatchOrder:
    """Two lines, unless told otherwise."""
    return PayoutBatchOrder(merchant_batch_id="B1", ordered_at=AT, lines=lines or (line("L1"), line("L2", 200)))


def told(state: str, number: str, fen: int, **changes: Any) -> Reading:
    """What a reply says of one line."""
    facts = PayoutFacts(merchant_order_id=number, amounts=Amounts(order=Money(fen)))
    fields = {"operation": "query_payout", "where": "transfer_state", "code": state, "facts": facts, **changes}
    return Reading(**fields)


def message(state: str = "PROCESSING", **changes: Any) -> Reading:
    """What a reply says of the message."""
    fields = {
        "operation": "query_payout",
        "where": "transfer_state",
        "code": state,
        "authenticity": Authenticity.VERIFIED,
        **changes,
    }
    return Reading(**{"http_status": 200, "facts": PayoutBatchFacts(merchant_batch_id="B1"), **fields})


def ask(reading: Reading, *, lost: bool = False, query: bool = True) -> PayoutBatchResult:
    """Run the verb on that reading."""
    wire = Wire()
    wire.lost = lost
    client = ChannelClient(Batches(reading))
    client._transport = wire  # type: ignore[assignment]
    return client.query_payout_batch(PayoutBatchQuery.of(batch())) if query else client.payout_batch(batch())


def outcomes(result: PayoutBatchResult) -> list[Outcome]:
    """The lines' outcomes in the order's order."""
    return [one.outcome for one in result.lines]


def test_each_line_has_its_own_outcome_amount_and_raw_code() -> None:
    result = ask(message(lines={"L2": told("FAIL", "L2", 200), "L1": told("SUCCESS", "L1", 100)}))
    assert outcomes(result) == [Outcome.SUCCEEDED, Outcome.FAILED]
    assert [one.merchant_order_id for one in result.lines] == ["L1", "L2"]
    assert [one.raw.code for one in result.lines] == ["SUCCESS", "FAIL"]
    assert result.outcome is Outcome.PENDING
    assert result.merchant_batch_id == "B1"


def test_a_line_with_another_amount_is_no_success() -> None:
    result = ask(message(lines={"L1": told("SUCCESS", "L1", 101), "L2": told("SUCCESS", "L2", 200)}))
    assert outcomes(result) == [Outcome.UNKNOWN, Outcome.SUCCEEDED]
    assert result.lines[0].canonical == "AMOUNT_MISMATCH"


def test_a_line_that_the_reply_leaves_out_is_pending_while_the_message_is_and_unknown_afterwards() -> None:
    lines = {"L1": told("SUCCESS", "L1", 100)}
    assert outcomes(ask(message(lines=lines))) == [Outcome.SUCCEEDED, Outcome.PENDING]
    done = ask(message("SUCCESS", lines=lines))
    assert outcomes(done) == [Outcome.SUCCEEDED, Outcome.UNKNOWN]
    assert done.lines[1].canonical == "REPLY_MISMATCH"
    assert outcomes(ask(message("FAIL"))) == [Outcome.FAILED, Outcome.FAILED]


@pytest.mark.parametrize("other", ["SUCCESS", "PROCESSING", "NEVER_SEEN"])
def test_a_batch_has_not_failed_while_one_of_its_lines_says_otherwise(other: str) -> None:
    result = ask(message("FAIL", lines={"L1": told(other, "L1", 100)}))
    assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_MISMATCH", False)
    assert result.lines[1].outcome is Outcome.UNKNOWN, "the message cannot speak for the line that it leaves out either"
    assert not any(line.new_id_allowed for line in result.lines)
    agreed = ask(message("FAIL", lines={"L1": told("FAIL", "L1", 100)}))
    assert (agreed.outcome, outcomes(agreed)) == (Outcome.FAILED, [Outcome.FAILED, Outcome.FAILED])


@pytest.mark.parametrize(
    "lines",
    [
        {},
        {"L1": told("SUCCESS", "L1", 100)},
        {"L1": told("SUCCESS", "L1", 100), "L2": told("FAIL", "L2", 200)},
        {"L1": told("SUCCESS", "L1", 100), "L2": told("SUCCESS", "L2", 20000)},
    ],
)
def test_a_batch_has_succeeded_only_where_every_line_has_with_its_amount(lines: dict[str, Reading]) -> None:
    assert ask(message("SUCCESS", lines=lines)).outcome is Outcome.UNKNOWN
    paid = {"L1": told("SUCCESS", "L1", 100), "L2": told("SUCCESS", "L2", 200)}
    assert ask(message("SUCCESS", lines=paid)).outcome is Outcome.SUCCEEDED


def test_a_line_is_no_truer_than_its_message() -> None:
    claims = told("SUCCESS", "L1", 100, authenticity=Authenticity.VERIFIED)
    result = ask(message(lines={"L1": claims}, authenticity=Authenticity.NOT_VERIFIED))
    assert outcomes(result) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    unsigned = ask(message(lines={"L1": claims}, authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED))
    assert outcomes(unsigned) == [Outcome.UNKNOWN, Outcome.PENDING]
    broken = ask(message(lines={"L1": told("FAIL", "L1", 100)}, http_status=502))
    assert outcomes(broken)[0] is Outcome.UNKNOWN


@pytest.mark.parametrize("query", [True, False])
def test_a_lost_reply_leaves_every_line_unknown(query: bool) -> None:
    result = ask(message(), lost=True, query=query)
    assert outcomes(result) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert {one.canonical for one in result.lines} == {"REPLY_LOST"}
    assert [one.merchant_order_id for one in result.lines] == ["L1", "L2"]


def test_a_reply_about_a_line_that_was_not_ordered_is_about_another_batch() -> None:
    result = ask(message(lines={"L9": told("SUCCESS", "L9", 100)}))
    assert result.outcome is Outcome.UNKNOWN
    assert result.canonical == "REPLY_MISMATCH"
    assert outcomes(result) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    other = ask(message(facts=PayoutBatchFacts(merchant_batch_id="B2")))
    assert other.canonical == "REPLY_MISMATCH"


def test_a_line_of_a_kind_that_the_channel_does_not_pay_is_refused_before_sending() -> None:
    client = ChannelClient(Batches(message()))
    wallet = line("L2", payee=Wallet(wallet_id="o1"))
    with pytest.raises(NotSupportedError) as refused:
        client.payout_batch(batch(line("L1"), wallet))
    assert refused.value.field == "payee"
    with pytest.raises(InvalidRequestError):
        client.payout_batch(batch(line("L1"), line("L2", channel_fields={"nobody_knows": "1"})))


def test_two_lines_of_one_number_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="merchant_order_id"):
        batch(line("L1"), line("L1"))
