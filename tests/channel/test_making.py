"""A result that is put together of checked parts is the one that the model would have made, and nothing else gets by it."""

import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payment_channels import (
    Authenticity,
    HttpCall,
    HttpReply,
    Money,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    Reading,
    RefundQuery,
    Verb,
)
from payment_channels.channel.ending import Ending, Trail
from payment_channels.channel.settle import settle
from payment_channels.model.results import Amounts, Facts, PaymentFacts, PayoutFacts, RefundFacts, Result, Return

AT = datetime(2026, 6, 1, tzinfo=UTC)
AMOUNTS = Amounts(order=Money(100))
TRAIL = Trail(
    left=True,
    call=HttpCall("GET", "https://a.example/orders?sign=secret", ()),
    reply=HttpReply(200, {}, b"{}"),
    sent_at=AT,
    answered_at=AT,
)
ENDINGS: list[tuple[Verb, Any, Facts]] = [
    (
        Verb.QUERY,
        PaymentQuery(merchant_order_id="A1", amount=Money(100), ordered_at=AT),
        PaymentFacts(merchant_order_id="A1", channel_order_id="42", amounts=AMOUNTS, extra={"bank_type": "OTHERS"}),
    ),
    (
        Verb.QUERY_REFUND,
        RefundQuery(merchant_refund_id="R1", merchant_order_id="A1", amount=Money(100), ordered_at=AT),
        RefundFacts(merchant_refund_id="R1", merchant_order_id="A1", amounts=AMOUNTS, received_by="***"),
    ),
    (
        Verb.QUERY_PAYOUT,
        PayoutQuery(merchant_order_id="P1", amount=Money(100), ordered_at=AT),
        PayoutFacts(merchant_order_id="P1", amounts=AMOUNTS, returned=Return(amount=Money(100), fee_kept=True)),
    ),
]


def ending(verb: Verb, asked: Any, facts: Facts | None, **changes: Any) -> Ending:
    """A verified answer of WeChat Pay that says SUCCESS."""
    words: dict[str, Any] = {"operation": str(verb), "where": "trade_state", "code": "SUCCESS", "http_status": 200}
    words |= {"authenticity": Authenticity.VERIFIED, "request_id": "0881", "facts": facts}
    return Ending(channel="wechat", verb=verb, asked=asked, trail=TRAIL, reading=Reading(**{**words, **changes}))


@pytest.mark.parametrize(("verb", "asked", "facts"), ENDINGS, ids=[verb for verb, _, _ in ENDINGS])
def test_a_result_of_checked_parts_is_the_one_that_the_model_makes(verb: Verb, asked: Any, facts: Facts) -> None:
    result = settle(ending(verb, asked, facts))
    fields = {name: getattr(result, name) for name in type(result).model_fields}
    plain = {name: value.model_dump() if name in {"raw", "evidence"} else value for name, value in fields.items()}
    validated = type(result)(**plain)
    assert result == validated
    assert repr(result) == repr(validated)
    assert result.model_dump() == validated.model_dump()
    assert result.model_fields_set == validated.model_fields_set == type(result).model_fields.keys()
    assert type(result).model_validate_json(result.model_dump_json()) == result
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == result  # noqa: S301  our own
    assert result.model_copy(update={"retry_after": 7}) == validated.model_copy(update={"retry_after": 7})
    assert "secret" not in repr(result)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": 200},
        {"where": None},
        {"operation": b"query"},
        {"message": ["x"]},
        {"sub_code": 7},
        {"request_id": 9},
        {"http_status": "two hundred"},
        {"retry_after": "soon"},
        {"note": 3.5},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_adapters_word_of_another_type_never_reaches_a_result(wrong: dict[str, Any]) -> None:
    result = settle(ending(*ENDINGS[0], **wrong))
    assert isinstance(result, Result)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "SDK_DEFECT")


@pytest.mark.parametrize("name", ["code", "where", "operation", "message", "note", "sub_code", "request_id"])
def test_half_a_character_never_reaches_a_result_that_could_not_be_stored(name: str) -> None:
    wrong: dict[str, Any] = {name: "业\ud800"}
    result = settle(ending(*ENDINGS[0], **wrong))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "SDK_DEFECT")
    assert type(result).model_validate_json(result.model_dump_json()) == result


def test_of_a_message_its_beginning_is_kept_and_of_a_code_everything() -> None:
    """An answer can be megabytes long, and the journal keeps every result."""
    long = "余额不足" * 1000
    result = settle(ending(*ENDINGS[0], message=long, code="C" * 5000, sub_code="S" * 5000, request_id="R" * 5000))
    assert (result.raw.message, len(result.raw.message)) == (long[:2000], 2000)
    assert [len(text or "") for text in (result.raw.code, result.raw.sub_code, result.raw.request_id)] == [5000] * 3
    assert settle(ending(*ENDINGS[0], message=long[:2000])).raw.message == long[:2000]


def test_what_stands_outside_the_facts_is_held_against_the_model() -> None:
    verb, asked, facts = ENDINGS[0]
    assert settle(ending(verb, asked, facts, fields={"paid_at": AT})).outcome is Outcome.SUCCEEDED
    result = settle(ending(verb, asked, facts, fields={"paid_at": "yesterday"}))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "SDK_DEFECT")


def test_results_share_nothing_that_could_be_changed() -> None:
    verb, asked, _ = ENDINGS[0]
    silent = ending(verb, asked, None)
    first, second = settle(silent), settle(silent)
    vars(first)["extra"]["x"] = "1"
    assert vars(second)["extra"] == {}
    told = ending(*ENDINGS[0])
    first, second = settle(told), settle(told)
    first.model_fields_set.clear()
    for other in (second, settle(told)):
        assert other.model_dump(exclude_unset=True).keys() == type(other).model_fields.keys()


def test_a_long_answer_is_kept_up_to_its_limit() -> None:
    verb, asked, facts = ENDINGS[0]
    long = replace(TRAIL, reply=HttpReply(200, {}, b"x" * 70_000))
    assert len(settle(replace(ending(verb, asked, facts), trail=long)).evidence.body) == 65_536
