"""The rule of unknown: what left is never an exception, and what is not known to have failed has not failed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from error_codes import NextAction
from payment_channels import (
    Authenticity,
    Capability,
    Channel,
    ChannelClient,
    Event,
    EventKind,
    EvidenceKind,
    HttpCall,
    HttpReply,
    InvalidRequestError,
    Manifest,
    Money,
    NotSentError,
    NotSupportedError,
    OriginalPayment,
    Outcome,
    PaymentChannelError,
    PaymentOrder,
    PaymentQuery,
    Prepared,
    Reading,
    RefundOrder,
    TransportFailure,
    Verb,
)
from payment_channels.channel import Exchange, fetch, perform
from payment_channels.channel.ending import Ending, Trail
from payment_channels.channel.settle import settle
from payment_channels.model.results import Amounts, PaymentFacts, RefundFacts
from payment_channels.transport import drive

AT = datetime(2026, 6, 1, tzinfo=UTC)
CALL = HttpCall("POST", "https://a.example/pay", ())
OK = HttpReply(200, {}, b"{}")


class Probe(Channel):
    """An adapter whose ``pay`` and ``query`` do what a test tells it; it borrows WeChat Pay's table."""

    manifest: ClassVar[Manifest]

    def __init__(self, act: Any) -> None:
        super().__init__(clock=lambda: AT)
        self.act = act

    def prepare(self, order: Any) -> Exchange[Prepared]:
        return Prepared(channel="wechat", order=order, prepared_at=AT)
        yield

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        return self.act(prepared)  # type: ignore[no-any-return]

    query = pay  # type: ignore[assignment]


Probe.manifest = Manifest(
    name="wechat",
    title_zh="探针",
    title_en="Probe",
    open=Probe,
    configuration=dict,
    capabilities={Verb.PAY: Capability(), Verb.QUERY: Capability()},
    payable_for=timedelta(days=7),
)


class Wire:
    """Answers every call alike."""

    def __init__(self, answer: HttpReply | Exception = OK) -> None:
        self.answer = answer
        self.sent: list[HttpCall] = []

    def send(self, call: HttpCall, _seconds: float) -> HttpReply:
        self.sent.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def paid(**changes: Any) -> Reading:
    """A believable reading of a paid order of 100 fen."""
    facts = PaymentFacts(merchant_order_id="A1", channel_order_id="4200", amounts=Amounts(order=Money(100)))
    good: dict[str, Any] = {
        "operation": "query",
        "where": "trade_state",
        "code": "SUCCESS",
        "http_status": 200,
        "authenticity": Authenticity.VERIFIED,
        "facts": facts,
    }
    return Reading(**{**good, **changes})


def asking(reading: Reading) -> Any:
    """An exchange that makes one call and returns ``reading``."""

    def act(_: object) -> Exchange[Reading]:
        yield from fetch(CALL)
        return reading

    return act


REFUND = RefundOrder(
    merchant_refund_id="R1", ordered_at=AT, amount=Money(1), original=OriginalPayment(merchant_order_id="A1", amount=Money(100))
)
ORDER = PaymentOrder(merchant_order_id="A1", ordered_at=AT, amount=Money(100), product="native", subject="x")


def run(act: Any, *, verb: Verb = Verb.QUERY, answer: HttpReply | Exception = OK, asked: Any = None) -> Any:
    subject = asked or (ORDER if verb is Verb.PAY else PaymentQuery.of(ORDER))
    return drive(perform(Probe(act), verb, subject), Wire(answer), 5)


def test_a_believable_paid_order_succeeds() -> None:
    result = run(asking(paid()))
    assert result.outcome is Outcome.SUCCEEDED
    assert (result.canonical, result.raw.where, result.raw.code) == ("PAYMENT_SUCCEEDED", "trade_state", "SUCCESS")
    assert result.amounts.order == Money(100)
    assert result.evidence.kind is EvidenceKind.ANSWERED


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"authenticity": Authenticity.NOT_VERIFIED}, "REPLY_NOT_VERIFIED"),
        ({"authenticity": Authenticity.UNSIGNED_AS_DOCUMENTED}, "REPLY_NOT_VERIFIED"),
        ({"facts": PaymentFacts(merchant_order_id="A1", amounts=Amounts(order=Money(1)))}, "AMOUNT_MISMATCH"),
        ({"facts": PaymentFacts(merchant_order_id="A1", amounts=Amounts(order=Money(100, "USD")))}, "AMOUNT_MISMATCH"),
        ({"facts": PaymentFacts(merchant_order_id="A1")}, "AMOUNT_MISMATCH"),
        ({"facts": None}, "AMOUNT_MISMATCH"),
        ({"facts": PaymentFacts(merchant_order_id="B2", amounts=Amounts(order=Money(100)))}, "REPLY_MISMATCH"),
        ({"foreign": "mchid differs"}, "REPLY_MISMATCH"),
        ({"facts": PaymentFacts(amounts=Amounts(order=Money(100)))}, "REPLY_MISMATCH"),
        ({"facts": RefundFacts(merchant_order_id="A1", amounts=Amounts(order=Money(100)))}, "REPLY_MISMATCH"),
        ({"readable": False}, "REPLY_UNREADABLE"),
        ({"readable": False, "http_status": 502}, "CHANNEL_SERVER_ERROR"),
        ({"code": "A_STATE_NEVER_SEEN"}, "UNMAPPED_CODE"),
        ({"code": "success"}, "UNMAPPED_CODE"),
        ({"http_status": 500}, None),
    ],
)
def test_everything_doubtful_about_a_paid_order_is_unknown(changes: dict[str, Any], canonical: str | None) -> None:
    result = run(asking(paid(**changes)))
    assert result.outcome is Outcome.UNKNOWN
    if canonical is not None:
        assert result.canonical == canonical
    assert result.raw.code == changes.get("code", "SUCCESS")


@pytest.mark.parametrize(("state", "outcome"), [("CLOSED", Outcome.FAILED), ("REVOKED", Outcome.REVERSED)])
def test_a_state_ends_the_very_order_that_it_names_and_no_other(state: str, outcome: Outcome) -> None:
    """A signed answer that names nothing could be any order's, given again to make somebody pay once more."""
    by_ours, by_theirs = PaymentFacts(merchant_order_id="A1"), PaymentFacts(channel_order_id="4200")
    asked = PaymentQuery.of(ORDER).model_copy(update={"channel_order_id": "4200"})
    for facts in (by_ours, by_theirs):
        assert run(asking(paid(code=state, facts=facts)), asked=asked).outcome is outcome
    for nameless in (None, PaymentFacts(), PaymentFacts(amounts=Amounts(order=Money(100)))):
        result = run(asking(paid(code=state, facts=nameless)), asked=asked)
        assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_MISMATCH", False)
    only_theirs = run(asking(paid(code=state, facts=by_theirs)))
    assert only_theirs.outcome is Outcome.UNKNOWN, "their number, which was not asked after, could be another order's"


def test_a_state_that_ends_nothing_need_not_name_the_order_and_nor_need_the_refusal_of_a_request() -> None:
    assert run(asking(paid(code="NOTPAY", facts=None))).outcome is Outcome.PENDING
    refusal = paid(operation="pay.native", where="code", code="PARAM_ERROR", facts=None, http_status=400)
    assert run(asking(refusal), verb=Verb.PAY).outcome is Outcome.FAILED


def test_the_facts_of_an_answer_that_is_not_believed_are_not_passed_on() -> None:
    result = run(asking(paid(authenticity=Authenticity.NOT_VERIFIED)))
    assert result.channel_order_id is None
    assert result.amounts.order is None
    assert result.evidence.kind is EvidenceKind.ANSWERED_NOT_VERIFIABLE
    assert result.evidence.body == b"{}"


def test_a_lost_reply_is_unknown_and_a_request_that_never_left_is_an_exception() -> None:
    lost = run(asking(paid()), verb=Verb.PAY, answer=TransportFailure("ReadTimeout", maybe_sent=True))
    assert (lost.outcome, lost.canonical) == (Outcome.UNKNOWN, "REPLY_LOST")
    assert lost.evidence.kind is EvidenceKind.SENT_WITHOUT_ANSWER
    assert lost.new_id_allowed is False
    with pytest.raises(NotSentError) as caught:
        run(asking(paid()), verb=Verb.PAY, answer=TransportFailure("ConnectError", maybe_sent=False))
    assert caught.value.canonical == "CHANNEL_UNREACHABLE"


@pytest.mark.parametrize("verb", [Verb.PAY, Verb.QUERY])
@pytest.mark.parametrize("defect", [KeyError("amount"), ValueError("x"), RuntimeError("x"), StopIteration(), RecursionError()])
def test_a_defect_of_the_adapter_after_sending_is_unknown(verb: Verb, defect: Exception) -> None:
    def act(_: object) -> Exchange[Reading]:
        yield from fetch(CALL)
        raise defect

    result = run(act, verb=verb)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "SDK_DEFECT")


def test_a_defect_is_found_by_its_place_and_its_text_is_not_told() -> None:
    def act(_: object) -> Exchange[Reading]:
        yield from fetch(CALL)
        raise KeyError("6222021234567890123")

    note = run(act, verb=Verb.PAY).evidence.note
    assert note.startswith("KeyError in test_rule_of_unknown.py, line ")
    assert note.endswith("(act)")


def test_an_exception_that_the_transport_should_not_raise_is_unknown_too() -> None:
    result = run(asking(paid()), verb=Verb.PAY, answer=ZeroDivisionError())
    assert result.outcome is Outcome.UNKNOWN


def test_a_refusal_raised_after_sending_cannot_pass_for_one_before() -> None:
    def act(_: object) -> Exchange[Reading]:
        yield from fetch(CALL)
        raise NotSupportedError.because("不支持", "not supported")

    assert run(act, verb=Verb.PAY).outcome is Outcome.UNKNOWN


def test_an_adapter_that_swallows_the_failure_is_settled_like_any_other() -> None:
    def act(_: object) -> Exchange[Reading]:
        try:
            yield from fetch(CALL)
        except TransportFailure:
            return Reading.unreadable("pay.native", http_status=None)
        raise AssertionError

    result = run(act, verb=Verb.PAY, answer=TransportFailure("ReadError", maybe_sent=True))
    assert result.outcome is Outcome.UNKNOWN
    assert result.evidence.kind is EvidenceKind.SENT_WITHOUT_ANSWER


@pytest.mark.parametrize(
    ("authenticity", "kind"),
    [
        (Authenticity.VERIFIED, EvidenceKind.ANSWERED),
        (Authenticity.UNSIGNED_AS_DOCUMENTED, EvidenceKind.ANSWERED),
        (Authenticity.NOT_VERIFIED, EvidenceKind.ANSWERED_NOT_VERIFIABLE),
        (Authenticity.TRUSTED_LINE, EvidenceKind.ANSWERED_NOT_VERIFIABLE),
    ],
)
def test_a_notification_is_an_answer(authenticity: Authenticity, kind: EvidenceKind) -> None:
    """Nobody sees over which line it came, so a line that is trusted does not vouch for it."""
    reading = paid(operation="notification.payment", http_status=None, authenticity=authenticity)
    event = Event(
        channel="wechat", kind=EventKind.PAYMENT, notification_id="1", happened_at=None, received_at=AT, reading=reading
    )
    result = event.against(PaymentQuery.of(ORDER))
    assert (result.evidence.kind, result.evidence.answered_at, result.evidence.body) == (kind, AT, b"")
    assert (result.outcome is Outcome.SUCCEEDED) == (authenticity is Authenticity.VERIFIED)


@pytest.mark.parametrize("facts", [RefundFacts(merchant_refund_id="R"), PaymentFacts()])
def test_wrong_facts_or_fields_of_an_adapter_never_raise(facts: Any) -> None:
    result = run(asking(paid(facts=facts, fields={"no_such_field": 1})))
    assert result.outcome is Outcome.UNKNOWN


def test_before_sending_errors_are_raised_as_they_are() -> None:
    def act(_: object) -> Exchange[Reading]:
        raise NotSupportedError.because("不支持", "not supported")
        yield

    with pytest.raises(NotSupportedError):
        run(act, verb=Verb.PAY)


def test_a_preparatory_call_does_not_count_and_its_failure_is_raised() -> None:
    download = HttpCall("GET", "https://a.example/certificates", (), preparatory=True)

    def act(_: object) -> Exchange[Reading]:
        yield from fetch(download)
        yield from fetch(CALL)
        return paid()

    with pytest.raises(NotSentError):
        run(act, verb=Verb.PAY, answer=TransportFailure("ReadTimeout", maybe_sent=True))


def test_a_failure_after_the_money_call_is_unknown_even_if_a_later_call_never_left() -> None:
    def act(_: object) -> Exchange[Reading]:
        yield from fetch(CALL)
        raise TransportFailure("ConnectError", maybe_sent=False)

    assert run(act, verb=Verb.PAY).outcome is Outcome.UNKNOWN


def test_a_reading_without_any_call_is_refused_unless_it_was_handed_over() -> None:
    def act(_: object) -> Iterator[Any]:
        return paid(where="http", code="200", operation="pay.native")  # type: ignore[return-value]
        yield

    with pytest.raises(RuntimeError, match="without sending"):
        run(act, verb=Verb.PAY)

    def handing(_: object) -> Iterator[Any]:
        return paid(where="http", code="200", operation="pay.native", handed_over=True)  # type: ignore[return-value]
        yield

    result = run(handing, verb=Verb.PAY)
    assert (result.outcome, result.evidence.kind) == (Outcome.PENDING, EvidenceKind.HANDED_TO_PAYER)


def test_a_failure_that_may_still_change_is_no_failure() -> None:
    """The channel says closed; the adapter says that the payer may still try: no failure, and no new number."""
    closed = paid(code="CLOSED")
    assert run(asking(closed)).outcome is Outcome.FAILED
    result = run(asking(replace(closed, provisional="the payer may try again")))
    assert (result.outcome, result.new_id_allowed, result.raw.code) == (Outcome.UNKNOWN, False, "CLOSED")
    assert result.next_action is NextAction.QUERY_THEN_DECIDE
    assert run(asking(replace(paid(), provisional="the payer may try again"))).outcome is Outcome.SUCCEEDED


def test_an_error_code_in_answer_to_a_query_says_nothing_of_the_order() -> None:
    for code, http in (("SIGN_ERROR", 401), ("PARAM_ERROR", 400), ("ORDER_NOT_EXIST", 404)):
        refused = paid(where="code", code=code, http_status=http, authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED, facts=None)
        assert run(asking(refused)).outcome is Outcome.UNKNOWN


def test_not_even_a_row_that_says_failed_fails_an_order_in_answer_to_a_query() -> None:
    """The table's lint forbids such rows; the rule does not rely on it."""
    refused = paid(
        operation="pay.native",
        where="code",
        code="PARAM_ERROR",
        http_status=400,
        authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        facts=None,
    )
    assert run(asking(refused), verb=Verb.PAY).outcome is Outcome.FAILED
    assert run(asking(refused), verb=Verb.QUERY).outcome is Outcome.UNKNOWN


def test_what_comes_with_a_server_error_neither_fails_nor_invites_to_pay_anew() -> None:
    refused = paid(operation="pay.micropay", where="err_code", code="ORDERCLOSED", http_status=200, facts=None)
    failed = run(asking(refused), verb=Verb.PAY)
    assert (failed.outcome, failed.next_action) == (Outcome.FAILED, NextAction.NEW_ID_AFTER_CONFIRMED_FAILURE)
    doubtful = run(asking(replace(refused, http_status=502)), verb=Verb.PAY)
    assert (doubtful.outcome, doubtful.next_action) == (Outcome.UNKNOWN, NextAction.QUERY_THEN_DECIDE)
    assert (doubtful.new_id_allowed, doubtful.meaning.failover, doubtful.canonical) == (False, False, "ORDER_CLOSED")


def test_a_state_that_comes_with_a_server_error_is_not_known() -> None:
    waiting = paid(operation="query", where="trade_state", code="USERPAYING", http_status=200)
    assert run(asking(waiting)).outcome is Outcome.PENDING
    assert run(asking(replace(waiting, http_status=502))).outcome is Outcome.UNKNOWN
    assert run(asking(replace(waiting, code="SUCCESS", http_status=502))).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("action", ["new_id_after_confirmed_failure", "other_instrument", "fail_over"])
def test_no_result_but_a_failure_invites_to_pay_another_way(action: str) -> None:
    known = run(asking(paid()))
    for outcome in Outcome:
        strong = replace(known.meaning, next_action=NextAction(action), effect=outcome)
        told = known.model_copy(update={"outcome": outcome, "meaning": strong}).next_action
        assert told is (NextAction(action) if outcome is Outcome.FAILED else NextAction.QUERY_THEN_DECIDE)


@pytest.mark.parametrize(
    ("outcome", "action"),
    [
        (Outcome.SUCCEEDED, NextAction.STOP),
        (Outcome.REVERSED, NextAction.STOP),
        (Outcome.RETURNED, NextAction.RECONCILE),
        (Outcome.FAILED, NextAction.QUERY_THEN_DECIDE),
        (Outcome.PENDING, NextAction.QUERY_THEN_DECIDE),
    ],
)
def test_what_came_to_its_end_elsewhere_needs_no_more_of_what_an_older_answer_advised(
    outcome: Outcome, action: NextAction
) -> None:
    lost = run(asking(paid()), verb=Verb.PAY, answer=TransportFailure("ReadTimeout", maybe_sent=True))
    assert lost.next_action is NextAction.QUERY_THEN_DECIDE
    assert lost.model_copy(update={"outcome": outcome}).next_action is action


def test_not_found_says_from_when_on_it_may_be_believed() -> None:
    missing = paid(
        where="code", code="ORDER_NOT_EXIST", http_status=404, authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED, facts=None
    )
    result = run(asking(missing))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND")
    after = result.not_found_conclusive_after
    assert after is None or after >= AT + timedelta(days=7)
    without_time = PaymentQuery(merchant_order_id="A1", amount=Money(100))
    assert run(asking(missing), asked=without_time).not_found_conclusive_after is None


def test_a_prepared_order_of_another_channel_is_refused() -> None:
    foreign = Prepared(channel="alipay", order=ORDER, prepared_at=AT)
    with pytest.raises(PaymentChannelError, match="alipay"):
        run(asking(paid()), verb=Verb.PAY, asked=foreign)


def test_a_verb_that_is_not_declared_is_refused_in_both_languages() -> None:
    with ChannelClient(Probe(asking(paid()))) as client, pytest.raises(NotSupportedError) as caught:
        client.payout(None)  # type: ignore[arg-type]
    assert "不支持" in caught.value.zh
    assert "payout" in caught.value.en


def test_an_order_of_another_verb_is_refused_before_sending() -> None:
    wire = Wire()
    for asked in (PaymentQuery.of(ORDER), Prepared(channel="wechat", order=REFUND, prepared_at=AT), object()):
        with pytest.raises(InvalidRequestError) as caught:
            drive(perform(Probe(asking(paid())), Verb.PAY, asked), wire, 5)
        assert caught.value.field == "kind"
    assert wire.sent == []


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"merchant_refund_id": "R1", "merchant_order_id": "A1"}, Outcome.SUCCEEDED),
        ({"merchant_refund_id": "R1"}, Outcome.SUCCEEDED),
        ({"merchant_refund_id": "R2", "merchant_order_id": "A1"}, Outcome.UNKNOWN),  # another refund of the same payment
        ({"merchant_refund_id": "R1", "merchant_order_id": "A2"}, Outcome.UNKNOWN),
        ({"merchant_order_id": "A1"}, Outcome.UNKNOWN),  # which refund, it does not say
    ],
)
def test_a_refund_is_told_from_others_by_its_own_number_and_by_its_payment_s(facts: dict[str, Any], outcome: Outcome) -> None:
    told = RefundFacts(**facts, amounts=Amounts(order=Money(1)))
    reading = paid(operation="refund", where="refund_status", code="SUCCESS", facts=told)
    trail = Trail(left=True, call=CALL, reply=OK, sent_at=AT, answered_at=AT)
    result = settle(Ending(channel="wechat", verb=Verb.REFUND, asked=REFUND, trail=trail, reading=reading))
    assert result.outcome is outcome
    assert result.canonical == ("REFUND_SUCCEEDED" if outcome is Outcome.SUCCEEDED else "REPLY_MISMATCH")
