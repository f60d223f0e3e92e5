"""联行号: the check digit of real numbers, and what is said of one that does not fit."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payment_channels import CorporateAccount, InvalidRequestError, Money, PayoutBatchOrder, PayoutOrder, PersonalAccount
from payment_channels.channel.doubts import note_doubts
from payment_channels.model.bank_numbers import fits

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "banks" / "bank_numbers.json").read_text(encoding="utf-8"))
AT = datetime(2026, 6, 1, tzinfo=UTC)
GOOD, BAD = "102100099996", "102100099997"


def payout(number: str, cnaps_code: str | None) -> PayoutOrder:
    payee = CorporateAccount(account_no="3100000000000001", name="某某贸易有限公司", cnaps_code=cnaps_code)
    return PayoutOrder(merchant_order_id=number, ordered_at=AT, amount=Money(100), payee=payee)


@pytest.mark.parametrize("number", VECTORS["good_numbers"])
def test_a_real_number_fits(number: str) -> None:
    assert fits(number)


@pytest.mark.parametrize("number", VECTORS["bad_numbers"])
def test_a_slip_does_not_fit(number: str) -> None:
    assert not fits(number)


def test_the_classes_heads_fit_as_counted() -> None:
    heads = [entry["example_bank_no"] for entry in VECTORS["classes"]]
    assert len(heads) > 20
    assert [number for number in heads if not fits(number)] in ([], ["314653617115"])


def test_every_single_wrong_digit_is_noticed() -> None:
    for place in range(12):
        for digit in "0123456789":
            assert fits(f"{GOOD[:place]}{digit}{GOOD[place + 1 :]}") is (digit == GOOD[place])


@pytest.mark.parametrize("number", ["", "10210009999", "1021000999960", "１０２１００09999６", "10210009999x"])
def test_other_forms_do_not_fit_and_are_refused_as_a_field(number: str) -> None:
    assert not fits(number)
    with pytest.raises(InvalidRequestError) as refused:
        payout("P1", number)
    assert refused.value.field == "cnaps_code"
    assert "cnaps_code" in refused.value.zh


def test_a_doubtful_number_is_told_in_both_languages_and_not_refused(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "payment_channels"):
        note_doubts(payout("P1", GOOD))
        note_doubts(payout("P1", None))
        assert caplog.messages == []
        note_doubts(payout("P1", BAD))
    (told,) = caplog.messages
    assert told.startswith(f"payee.cnaps_code {BAD}")
    assert "校验位" in told
    assert "check digit" in told
    assert "3100000000000001" not in told
    assert "贸易" not in told


def test_each_line_of_a_batch_is_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    person = PersonalAccount(account_no="6217000000000001", name="张三", cnaps_code=BAD)
    second = PayoutOrder(merchant_order_id="P2", ordered_at=AT, amount=Money(100), payee=person)
    note_doubts(PayoutBatchOrder(merchant_batch_id="B1", ordered_at=AT, lines=(payout("P1", GOOD), second)))
    assert [message.split(" ")[0] for message in caplog.messages] == ["lines.1.payee.cnaps_code"]
