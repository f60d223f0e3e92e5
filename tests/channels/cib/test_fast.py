"""Payouts by 快速转账 (ICTRANSFER): the document's own examples, and what this interface wants and lacks."""

import json
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from payment_channels import (
    CorporateAccount,
    InvalidRequestError,
    Money,
    NotSupportedError,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    RefusedError,
    Speed,
)
from tests.channels.cib.conftest import COMPANY, PERSON, answers, fox, info, order, sent, shape, state, status, talk
from tests.conftest import VECTORS

SAMPLES: dict[str, str] = json.loads((VECTORS / "cib" / "cib_fast.json").read_text(encoding="utf-8"))
BY_FAST = {"channel_fields": {"interface": "ICTRANSFER"}}
PAYER = {"user_id": "tom", "user_pass": "111111", "acct_id": "117010100100000177", "acct_name": "test"}
RAILWAY = CorporateAccount(
    account_no="21734639147391473974392",
    name="中国铁路集团财务公司",
    bank_name="工商银行",
    cnaps_code="102502052062",
    city="海口",
)


def of_the_sample(**changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": "testy533353",
        "ordered_at": datetime(2015, 3, 19, tzinfo=UTC),
        "amount": Money(475),
        "payee": RAILWAY,
        "purpose": "test快速转账支付用途麤",
        "remark": "支付备注",
        **BY_FAST,
    }
    return PayoutOrder(**{**fields, **changes})


def own(name: str, number: str) -> bytes:
    """A sample's answer, under our number of the query."""
    return SAMPLES[name].replace("<TRNUID>test133g419</TRNUID>", f"<TRNUID>{number}</TRNUID>").encode("gbk")


def test_what_is_sent_has_the_documents_elements_in_their_order() -> None:
    for ask, name in ((False, "other_bank_request"), (True, "ICTRANSFERINQTRNRQ_request")):
        script = answers(b"")
        client = talk(script, **PAYER)
        client.query_payout(PayoutQuery.of(client.prepare(of_the_sample()))) if ask else client.payout(of_the_sample())
        drop = {"DTCLIENT", "GENUSERKEY", "FUNDACCT"} | ({"TRNUID"} if ask else set())  # the example lets a key be made
        wanted = ET.fromstring(SAMPLES[name])  # noqa: S314  the published example
        assert shape(sent(script.calls[0]), drop=drop) == shape(wanted, drop=drop)


def test_the_documents_answers_are_read_as_they_mean_it() -> None:
    client = talk(answers(own("other_bank_response", "-"), own("ICTRANSFERINQTRNRS_response", "N0000001")), **PAYER)
    prepared = client.prepare(of_the_sample())
    for result in (client.payout(prepared), client.query_payout(PayoutQuery.of(prepared))):
        assert (result.outcome, result.amounts.order, result.payee_account) == (Outcome.SUCCEEDED, Money(475), RAILWAY.account_no)
        assert (result.channel_order_id or "").startswith("0060141744")
    lost = talk(answers(own("not_found_response", "N0000001")), **PAYER)
    found = lost.query_payout(PayoutQuery.of(lost.prepare(of_the_sample())))
    assert (found.outcome, found.not_found_conclusive_after) == (Outcome.UNKNOWN, None)


def told(code: str, *, account: str = COMPANY.account_no, amount: str = "1.24") -> bytes:
    held = f"<XPMTRS><SRVRTID>006014174434</SRVRTID>{info(account=account, amount=amount)}{state(code)}</XPMTRS>"
    return fox(f"<ICTRANSFERTRNRS><TRNUID>20260601payout001</TRNUID>{status()}{held}</ICTRANSFERTRNRS>")


@pytest.mark.parametrize(
    ("code", "outcome", "wait"),
    [
        ("PAYOUT", Outcome.SUCCEEDED, None),
        ("FAIL", Outcome.FAILED, None),
        ("PENDING", Outcome.UNKNOWN, 300),
        ("AUDITING", Outcome.PENDING, 300),
        ("WAIT_FOR_AUDIT", Outcome.PENDING, 300),
        ("PART_PAYOUT", Outcome.UNKNOWN, None),
    ],
)
def test_its_states_are_those_of_appendix_1_and_it_is_asked_for_after_five_minutes(
    code: str, outcome: Outcome, wait: int | None
) -> None:
    result = talk(answers(told(code))).payout(order(**BY_FAST))
    assert (result.outcome, result.retry_after if wait else None) == (outcome, wait)


def test_another_payee_or_amount_is_no_success_and_a_later_day_is_registered_alone() -> None:
    for changes in ({"account": "117010100100076909"}, {"amount": "1.25"}):
        assert talk(answers(told("PAYOUT", **changes))).payout(order(**BY_FAST)).outcome is Outcome.UNKNOWN
    later = order(**BY_FAST, requested_date=date(2026, 6, 9))
    assert talk(answers(told("PAYOUT"))).payout(later).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "settings", "field", "kind"),
    [
        ({}, {"acct_name": None}, "channel_fields.interface", InvalidRequestError),
        ({"requested_speed": Speed.REAL_TIME}, {}, "requested_speed", NotSupportedError),
        ({"debit_account": "117010100100000177"}, {}, "debit_account", NotSupportedError),
        ({"payee": PERSON.model_copy(update={"city": None})}, {}, "payee.city", InvalidRequestError),
        ({"purpose": "a" * 61}, {}, "purpose", InvalidRequestError),
        ({"channel_fields": {"interface": "FAST"}}, {}, "channel_fields.interface", InvalidRequestError),
    ],
)
def test_what_is_refused_before_sending(
    changes: dict[str, Any], settings: dict[str, Any], field: str, kind: type[RefusedError]
) -> None:
    script = answers()
    with pytest.raises(kind) as refusal:
        talk(script, **settings).payout(order(**{**BY_FAST, **changes}))
    assert (refusal.value.field, script.calls) == (field, [])
