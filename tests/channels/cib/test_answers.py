"""Every answer to a payout and to its query as it is judged: states, errors, other payouts' answers, and none at all."""

from datetime import date
from typing import Any

import pytest

from payment_channels import (
    EvidenceKind,
    HttpReply,
    Money,
    NotSentError,
    Outcome,
    PayoutQuery,
    PayoutResult,
    TransportFailure,
)
from tests.channels.cib.conftest import (
    COMPANY,
    NUMBER,
    agent_paid,
    answers,
    asked_after,
    by_agent,
    found,
    fox,
    order,
    paid_out,
    refused,
    sent,
    state,
    status,
    talk,
    transferred,
)


@pytest.mark.parametrize(
    ("code", "outcome", "canonical", "phase"),
    [
        ("PAYOUT", "succeeded", "PAYOUT_SUCCEEDED", "final"),
        ("FAIL", "failed", "PAYOUT_FAILED", "final"),
        ("CANCEL", "failed", "PAYOUT_CANCELLED", "final"),
        ("EXPIRED", "failed", "PAYOUT_EXPIRED", "final"),
        ("PENDING", "unknown", "DOWNSTREAM_UNKNOWN", None),
        ("AUDITING", "pending", "PAYOUT_IN_AUDIT", "in_audit"),
        ("WAIT_FOR_AUDIT", "pending", "PAYOUT_IN_AUDIT", "in_audit"),
        ("SEND_BACK", "pending", "PAYOUT_IN_AUDIT", "in_audit"),
        ("AUDITED", "pending", "PAYOUT_PROCESSING", "processing"),
        ("PROCESSING", "pending", "PAYOUT_PROCESSING", "processing"),
        ("PART_PAYOUT", "unknown", "UNMAPPED_CODE", None),
        ("payout", "unknown", "UNMAPPED_CODE", None),
        ("50006", "unknown", "UNMAPPED_CODE", None),
        ("NEVER_SEEN", "unknown", "UNMAPPED_CODE", None),
    ],
)
def test_every_state(code: str, outcome: str, canonical: str, phase: str | None) -> None:
    """中间值 and 最终值 of appendix 1; a batch's state and a number belong to no single payout."""
    told = [
        paid_out(transferred(code)),
        paid_out(agent_paid(code), asked=by_agent()),
        asked_after(found(code)),
        asked_after(agent_paid(code), of=by_agent()),
    ]
    assert [(one.outcome, one.canonical, one.phase) for one in told] == [(outcome, canonical, phase)] * 4
    final = outcome == "failed" and code != "CANCEL"
    assert {one.new_id_allowed for one in told} == {final}
    if outcome == "pending":
        assert [one.retry_after for one in told] == [900, 600, 900, 600]


def test_a_success_needs_both_status_0_and_a_state() -> None:
    without = fox(f"<XFERTRNRS><TRNUID>{NUMBER}</TRNUID>{status()}</XFERTRNRS>")
    contradictory = fox(f"<XFERTRNRS><TRNUID>{NUMBER}</TRNUID>{status('75320')}<XFERRS>{state('PAYOUT')}</XFERRS></XFERTRNRS>")
    refused_login = transferred().replace(b"<CODE>0</CODE>", b"<CODE>15500</CODE>", 1)
    for body in (without, contradictory, refused_login):
        result = paid_out(body)
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


@pytest.mark.parametrize(
    ("code", "outcome", "canonical", "new_id"),
    [
        ("75320", "failed", "MERCHANT_FUNDS_INSUFFICIENT", False),
        ("2005", "failed", "PRODUCT_NOT_PERMITTED", False),
        ("15500", "failed", "AUTHORIZATION_INVALID", False),
        ("2000", "unknown", "REQUEST_REJECTED", False),
        ("2002", "unknown", "BUSINESS_RULE_REFUSED", False),
        ("12345", "unknown", "DUPLICATE_CONTENT_UNKNOWN", False),
        ("6000", "unknown", "CHANNEL_SYSTEM_ERROR", False),
        ("99999", "unknown", "UNMAPPED_CODE", False),
        ("00", "unknown", "UNMAPPED_CODE", False),
    ],
)
def test_errors_of_a_payout(code: str, outcome: str, canonical: str, new_id: bool) -> None:
    for body in (refused("XFERTRNRS", code, "说明文字"), fox("", code=code, message="说明文字")):
        result = paid_out(body)
        assert (result.outcome, result.canonical, result.new_id_allowed) == (outcome, canonical, new_id)
        assert (result.raw.where, result.raw.code, result.raw.message) == ("STATUS/CODE", code, "说明文字")


@pytest.mark.parametrize("code", ["75320", "2005", "15500", "2000", "50006", "99999"])
def test_an_error_of_a_query_says_nothing_of_the_payout(code: str) -> None:
    assert asked_after(refused("XFERINQTRNRS", code, number="N0000001")).outcome is Outcome.UNKNOWN
    assert asked_after(refused("MAGENTPAYTRNRS", code), of=by_agent()).outcome is Outcome.UNKNOWN


def test_not_found_is_a_finding_that_becomes_conclusive_after_the_documented_wait() -> None:
    result = asked_after(refused("XFERINQTRNRS", "2020", number="N0000001"))
    assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.UNKNOWN, "PAYOUT_NOT_FOUND", False)
    assert str(result.not_found_conclusive_after) == "2026-06-01 12:15:00+00:00"  # 15 minutes after it was prepared
    other = asked_after(refused("XFERINQTRNRS", "2001", number="N0000001"))
    assert (other.canonical, other.not_found_conclusive_after) == ("PAYOUT_NOT_FOUND", None)


@pytest.mark.parametrize(
    "body",
    [
        transferred(number="another"),
        transferred(amount="1.25"),
        transferred(account="117010100100076909"),
        transferred(currency="USD"),
        transferred(amount="1,24"),
        transferred(amount=""),
        transferred(more="<XFERPRCSTS></XFERPRCSTS>"),
        agent_paid(),
        found(),
        b"",
        b"<html>502</html>",
        b"<FOX></FOX>",
        transferred()[:-20],
        transferred().replace(b"<FOX>", b"<!DOCTYPE FOX><FOX>"),
        transferred().replace(b">INFO<", b">ERROR<"),
    ],
)
def test_an_answer_that_is_not_this_payout_s_is_no_success(body: bytes) -> None:
    result = paid_out(body)
    assert result.outcome is Outcome.UNKNOWN
    assert result.canonical in {"REPLY_MISMATCH", "AMOUNT_MISMATCH", "REPLY_UNREADABLE"}


def test_the_echo_names_both_numbers_of_an_agent_s_payout() -> None:
    assert paid_out(agent_paid(order_no="another"), asked=by_agent()).canonical == "REPLY_MISMATCH"
    assert paid_out(agent_paid(number="another"), asked=by_agent()).canonical == "REPLY_MISMATCH"
    assert paid_out(agent_paid(account="6222021234567894322"), asked=by_agent()).canonical == "REPLY_MISMATCH"


def test_a_stored_result_of_other_content_under_the_same_number_is_no_success() -> None:
    """A used TRNUID is answered with what was stored, whatever is sent: another payee or amount is seen in the echo alone."""
    other = order(payee=COMPANY.model_copy(update={"account_no": "117010100100076999"}))
    assert paid_out(transferred(), asked=other).canonical == "REPLY_MISMATCH"
    assert paid_out(transferred(), asked=order(amount=Money(125))).canonical == "AMOUNT_MISMATCH"
    assert asked_after(found(), of=other).canonical == "REPLY_MISMATCH"
    assert asked_after(found(), of=order(amount=Money(125))).canonical == "AMOUNT_MISMATCH"


def test_a_query_goes_to_the_interface_that_paid() -> None:
    script = answers(found())
    client = talk(script)
    result = client.query_payout(PayoutQuery.of(client.prepare(order())))
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/XFERINQTRNRQ")
    assert request is not None
    assert (request.findtext("TRNUID"), request.findtext("XFERINQRQ/CLIENTREF")) == ("N0000001", NUMBER)
    assert (result.outcome, result.merchant_order_id, result.channel_order_id) == (Outcome.SUCCEEDED, NUMBER, "006014126744")
    script = answers(agent_paid())
    client = talk(script)
    client.query_payout(PayoutQuery.of(client.prepare(by_agent())))
    request = sent(script.calls[0]).find("SECURITIES_MSGSRQV1/MAGENTPAYTRNRQ")
    assert request is not None
    assert [(child.tag, child.text) for child in request] == [("TRNUID", NUMBER)]


def test_a_query_s_answer_must_carry_the_query_s_own_number() -> None:
    result = asked_after(found(number="N0000002"))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")
    two = asked_after(found(more=f"<XFER>{state('PAYOUT')}</XFER>"))
    assert (two.outcome, two.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")


def bare(*bodies: Any, **changes: Any) -> tuple[PayoutResult, int]:
    """A query that does not say how the payout went."""
    script = answers(*bodies)
    result = talk(script, **changes).query_payout(PayoutQuery.of(order()))
    return result, len(script.calls)


def test_without_the_wire_both_interfaces_are_asked_before_nothing_is_found() -> None:
    missing, none = refused("XFERINQTRNRS", "2020", number="N0000001"), refused("MAGENTPAYTRNRS", "2020")
    result, calls = bare(missing, agent_paid(account=COMPANY.account_no))
    assert (result.outcome, result.operation, calls) == (Outcome.SUCCEEDED, "query_payout.agent", 2)
    result, calls = bare(found())
    assert (result.outcome, calls) == (Outcome.SUCCEEDED, 1)
    result, calls = bare(missing, none)
    assert (result.canonical, calls, result.not_found_conclusive_after) == ("PAYOUT_NOT_FOUND", 2, None)
    result, calls = bare(missing, refused("MAGENTPAYTRNRS", "6000"))
    assert (result.canonical, result.not_found_conclusive_after) == ("CHANNEL_SYSTEM_ERROR", None)
    result, calls = bare(refused("XFERINQTRNRS", "6000", number="N0000001"), none)
    assert (result.canonical, result.not_found_conclusive_after) == ("CHANNEL_SYSTEM_ERROR", None)
    result, calls = bare(missing, mrch_no=None)
    assert (result.canonical, calls, result.not_found_conclusive_after) == ("PAYOUT_NOT_FOUND", 1, None)
    result, calls = bare(missing)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_LOST")


def test_what_never_left_is_raised_and_what_may_have_left_is_unknown() -> None:
    with pytest.raises(NotSentError):
        paid_out(TransportFailure("ConnectError", maybe_sent=False))
    lost = paid_out(TransportFailure("ReadTimeout", maybe_sent=True))
    assert (lost.outcome, lost.canonical, lost.evidence.kind) == (
        Outcome.UNKNOWN,
        "REPLY_LOST",
        EvidenceKind.SENT_WITHOUT_ANSWER,
    )


@pytest.mark.parametrize("http", [302, 404, 500, 502])
def test_another_http_status_is_never_a_failure_nor_a_success(http: int) -> None:
    for body in (transferred(), refused("XFERTRNRS", "75320"), transferred("FAIL")):
        assert paid_out(HttpReply(http, {}, body)).outcome is Outcome.UNKNOWN


def test_sending_again_sends_the_same_content() -> None:
    script = answers(transferred("PROCESSING"), transferred())
    client = talk(script)
    prepared = client.prepare(order())
    assert client.payout(prepared).outcome is Outcome.PENDING
    assert client.payout(prepared).outcome is Outcome.SUCCEEDED
    assert script.calls[0].body == script.calls[1].body


@pytest.mark.parametrize("in_the_answer", [True, False])
def test_what_is_to_be_paid_later_has_not_been_paid_before(in_the_answer: bool) -> None:
    """PAYOUT reads 交易成功/登记成功, and the bank's clock says which of the two it can be."""
    later = order(requested_date=date(2026, 6, 2))
    due = b"<DTDUE>2026-06-02</DTDUE></XFERINFO>" if in_the_answer else b"</XFERINFO>"
    early, on_the_day = (
        [body.replace(b"</XFERINFO>", due).replace(b"2026-06-01 20:00:01", at) for body in (transferred(), found())]
        for at in (b"2026-06-01 23:59:59", b"2026-06-02 00:00:00")
    )
    for result in (paid_out(early[0], asked=later), asked_after(early[1], of=later)):
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REQUEST_ACCEPTED")
        assert result.raw.code == "PAYOUT"
    for result in (paid_out(on_the_day[0], asked=later), asked_after(on_the_day[1], of=later)):
        assert result.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("day", ["2026/06/02", "tomorrow", "0"])
def test_a_day_that_nobody_can_read_decides_nothing_and_a_failure_needs_none(day: str) -> None:
    due = f"<DTDUE>{day}</DTDUE></XFERINFO>".encode()
    for made, how in ((transferred, paid_out), (found, asked_after)):
        result = how(made().replace(b"</XFERINFO>", due))
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")
        assert how(made("FAIL").replace(b"</XFERINFO>", due)).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        (b"<XFERPRCCODE>FAIL</XFERPRCCODE>", b"<XFERPRCCODE>FA<X>PAYOUT</X>IL</XFERPRCCODE>"),
        (b"<TRNAMT>1.24</TRNAMT>", b"<TRNAMT>1.<X>1</X>24</TRNAMT>"),
    ],
)
def test_a_value_with_elements_in_it_is_no_value(value: bytes, broken: bytes) -> None:
    for body, how in ((transferred("FAIL"), paid_out), (found("FAIL"), asked_after)):
        assert value in body
        assert how(body).outcome is Outcome.FAILED
        result = how(body.replace(value, broken))
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_UNREADABLE")
