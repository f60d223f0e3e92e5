"""Refunds of collected orders: what is sent, what an answer says, and when it says nothing."""

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from payment_channels import (
    HttpReply,
    InvalidRequestError,
    Money,
    NotSupportedError,
    OriginalPayment,
    Outcome,
    RefundOrder,
    RefundQuery,
    RefundResult,
    RefusedError,
)
from tests.channels.cib.conftest import LINE, answers, config, fox, refused, sent, shape, state, status, talk
from tests.conftest import VECTORS

SAMPLES: dict[str, str] = json.loads((VECTORS / "cib" / "cib_refund.json").read_text(encoding="utf-8"))
NUMBER, ORDER, MERCHANT = "20260601refund1", "T20260601104505", "110012"
AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
NAME = "MRCHREFUNDTRNRS"


def refund(fen: int = 102, **changes: Any) -> RefundOrder:
    original = OriginalPayment(merchant_order_id=changes.pop("of", ORDER), amount=Money(changes.pop("total", 6_000_031)))
    fields: dict[str, Any] = {"merchant_refund_id": NUMBER, "ordered_at": AT, "amount": Money(fen), "original": original}
    return RefundOrder(**{**fields, **changes})


def told(status_: str | None = "1", instruction: str | None = "PAYOUT", *, number: str = NUMBER, **changes: str | None) -> bytes:
    values = {"MRCHNO": MERCHANT, "ORDERNO": ORDER, "ORDERAMT": "60000.31", "REFUNDAMT": "1.02", "REFUNDSTATUS": status_}
    values |= {"REFUNDTIME": "2026-06-01 17:30:02" if status_ else None, "CHEQUENUM": "113865836", **changes}
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in values.items() if text is not None)
    held = f"<RSBODY>{inside}{state(instruction) if instruction else ''}</RSBODY>"
    return fox(f"<{NAME}><TRNUID>{number}</TRNUID>{status()}{held}</{NAME}>")


def refunded(body: Any, order: RefundOrder | None = None) -> RefundResult:
    return talk(answers(body), order_mrch_no=MERCHANT).refund(order or refund())


def asked_after(body: Any) -> RefundResult:
    client = talk(answers(body), order_mrch_no=MERCHANT)
    return client.query_refund(RefundQuery.of(client.prepare(refund())))


def test_what_is_sent_has_the_documents_elements_in_their_order() -> None:
    order = refund(of="T20120719104505", merchant_refund_id="refundhg55", reason="订单退款")
    for ask, sample in ((False, "MRCHREFUNDTRNRQ_request"), (True, "MRCHREFUNDTRNRQ_query")):
        script = answers(b"", b"")
        client = talk(script, order_mrch_no=MERCHANT, user_id="tom", user_pass="111111")
        if ask:
            client.query_refund(RefundQuery.of(client.prepare(order)))
        else:
            client.refund(order)
        wanted = ET.fromstring(SAMPLES[sample])  # noqa: S314  the published example
        drop = {"DTCLIENT", "DTDUE", "TRNUID"} if ask else {"DTCLIENT", "DTDUE"}
        assert shape(sent(script.calls[0]), drop=drop) == shape(wanted, drop=drop)
        assert sent(script.calls[0]).findtext(".//TRNUID") == "refundhg55"


def test_the_documents_answers_are_read_as_they_mean_it() -> None:
    order = refund(of="T20120719104505", merchant_refund_id="refundhg55")
    made = refunded(SAMPLES["MRCHREFUNDTRNRS_response"].encode("gbk"), order)
    assert (made.outcome, made.amounts.order, made.raw.code) == (Outcome.SUCCEEDED, Money(102), "1")
    assert (made.merchant_refund_id, made.merchant_order_id) == ("refundhg55", "T20120719104505")
    assert made.refunded_at == datetime(2012, 8, 3, 2, 43, 6, tzinfo=UTC)
    waiting = refund(1602, of="T20120719104505", merchant_refund_id="refund88891")
    found = refunded(SAMPLES["approved_by_people_response"].encode("gbk"), waiting)
    assert (found.outcome, found.phase, found.canonical) == (Outcome.PENDING, "in_audit", "REFUND_PROCESSING")
    unsigned = refund(1102, of="T20120719104505", merchant_refund_id="refundhg771")
    assert refunded(SAMPLES["unsigned_response"].encode("gbk"), unsigned).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status_", "instruction", "outcome", "canonical"),
    [
        ("1", "PAYOUT", Outcome.SUCCEEDED, "REFUND_SUCCEEDED"),
        ("1", None, Outcome.SUCCEEDED, "REFUND_SUCCEEDED"),
        ("1", "FAIL", Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ("1", "EXPIRED", Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ("2", "FAIL", Outcome.FAILED, "REFUND_CLOSED"),
        ("2", None, Outcome.FAILED, "REFUND_CLOSED"),
        ("2", "PAYOUT", Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ("3", "PENDING", Outcome.UNKNOWN, "DOWNSTREAM_UNKNOWN"),
        ("3", "PAYOUT", Outcome.UNKNOWN, "DOWNSTREAM_UNKNOWN"),
        ("0", "AUDITED", Outcome.PENDING, "REFUND_PROCESSING"),
        ("0", "PAYOUT", Outcome.UNKNOWN, "REQUEST_ACCEPTED"),
        ("0", "EXPIRED", Outcome.FAILED, "REFUND_CLOSED"),
        ("0", None, Outcome.PENDING, "REFUND_PROCESSING"),
        (None, "AUDITING", Outcome.PENDING, "REFUND_PROCESSING"),
        (None, "SEND_BACK", Outcome.PENDING, "REFUND_PROCESSING"),
        (None, "CANCEL", Outcome.FAILED, "REFUND_CLOSED"),
        (None, "PART_PAYOUT", Outcome.UNKNOWN, "UNMAPPED_CODE"),
        (None, None, Outcome.UNKNOWN, "REPLY_UNREADABLE"),
        ("9", "PAYOUT", Outcome.UNKNOWN, "UNMAPPED_CODE"),
    ],
)
@pytest.mark.parametrize("ask", [refunded, asked_after])
def test_the_refunds_own_state_decides_and_before_it_begins_the_instructions(
    ask: Any, status_: str | None, instruction: str | None, outcome: Outcome, canonical: str
) -> None:
    result = ask(told(status_, instruction))
    assert (result.outcome, result.canonical) == (outcome, canonical)


@pytest.mark.parametrize(
    "changes",
    [
        {"REFUNDAMT": "1.03"},
        {"REFUNDAMT": None},
        {"REFUNDAMT": "one"},
        {"ORDERNO": "T20260601104506"},
        {"ORDERNO": None},
        {"ORDERAMT": "60000.32"},
        {"ORDERAMT": None},
        {"MRCHNO": "110013"},
        {"number": "20260601refund2"},
    ],
)
@pytest.mark.parametrize("ask", [refunded, asked_after])
@pytest.mark.parametrize("status_", ["1", "2"])
def test_another_refund_or_another_amount_settles_nothing(ask: Any, status_: str, changes: dict[str, Any]) -> None:
    expected = Outcome.UNKNOWN
    if status_ == "2" and changes == {"REFUNDAMT": None}:
        expected = Outcome.FAILED  # that nothing was given back needs no amount
    assert ask(told(status_, "PAYOUT" if status_ == "1" else "FAIL", **changes)).outcome is expected


def test_an_amount_with_one_decimal_is_the_same_amount() -> None:
    order = refund(110, total=1_000)
    assert refunded(told(ORDERAMT="10.0", REFUNDAMT="1.1"), order).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("2005", Outcome.FAILED), ("15500", Outcome.FAILED), ("12345", Outcome.UNKNOWN), ("20100", Outcome.UNKNOWN)],
)
def test_a_refused_refund(code: str, outcome: Outcome) -> None:
    assert refunded(refused(NAME, code, number=NUMBER)).outcome is outcome


@pytest.mark.parametrize("code", ["2020", "2001", "10113", "89042", "2005", "1740"])
def test_a_query_that_finds_nothing_or_is_refused_fails_no_refund(code: str) -> None:
    result = asked_after(refused(NAME, code, number=NUMBER))
    assert (result.outcome, result.not_found_conclusive_after) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize(("status_", "instruction"), [("2", None), (None, "FAIL")])
def test_an_error_with_a_state_beside_it_says_nothing(status_: str | None, instruction: str | None) -> None:
    text = told(status_, instruction).decode("gbk").replace("<CODE>0</CODE><SEVERITY>INFO", "<CODE>2005</CODE><SEVERITY>ERROR")
    head, _, rest = text.partition("<SECURITIES")
    mixed = head.replace("<CODE>2005</CODE><SEVERITY>ERROR", "<CODE>0</CODE><SEVERITY>INFO") + "<SECURITIES" + rest
    assert refunded(mixed.encode("gbk")).canonical == "REPLY_UNREADABLE"


def test_what_did_not_come_by_the_trusted_line_or_was_no_answer_is_unknown() -> None:
    assert config().trusted_line == LINE
    for reply in (HttpReply(502, {}, told()), b"<FOX/>", told()[:-20]):
        assert refunded(reply).outcome is Outcome.UNKNOWN


REFUSALS: list[tuple[dict[str, Any], str, type[RefusedError]]] = [
    ({"merchant_refund_id": "A" * 31}, "merchant_refund_id", InvalidRequestError),
    ({"merchant_refund_id": "2026-06"}, "merchant_refund_id", InvalidRequestError),
    ({"of": "A" * 33}, "original.merchant_order_id", InvalidRequestError),
    ({"of": "a b"}, "original.merchant_order_id", InvalidRequestError),
    ({"of": "a<b"}, "original.merchant_order_id", InvalidRequestError),
    ({"fen": 10**15, "total": 10**15}, "amount", InvalidRequestError),
    ({"total": 10**15}, "original.amount", InvalidRequestError),
    ({"reason": "退" * 26}, "reason", InvalidRequestError),
    ({"reason": "a&b"}, "reason", InvalidRequestError),
    ({"notify_url": "https://shop.example/n"}, "notify_url", NotSupportedError),
    ({"sub_merchant": "1"}, "sub_merchant", NotSupportedError),
]


@pytest.mark.parametrize(("changes", "field", "kind"), REFUSALS)
def test_what_is_refused_before_sending(changes: dict[str, Any], field: str, kind: type[RefusedError]) -> None:
    script = answers()
    with pytest.raises(kind) as refusal:
        talk(script, order_mrch_no=MERCHANT).refund(refund(**changes))
    assert (refusal.value.field, script.calls) == (field, [])


def test_a_payment_without_our_number_and_a_configuration_without_merchant_are_refused() -> None:
    nameless = refund(original=OriginalPayment(channel_order_id="1", amount=Money(1000)))
    with pytest.raises(InvalidRequestError) as refusal:
        talk(answers(), order_mrch_no=MERCHANT).refund(nameless)
    assert refusal.value.field == "original.merchant_order_id"
    with pytest.raises(InvalidRequestError) as refusal:
        talk(answers()).refund(refund())
    assert "order_mrch_no" in refusal.value.zh
    assert "order_mrch_no" in refusal.value.en
