"""The CIB mock's refunds of merchant orders: once, within the order's amount, and after people's approval where it is wanted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mocks.cib import CibMock, load
from mocks.cib.instructions import REFUNDING
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.cib_customer import Customer

OPENING = 1_000_000_00
REFUND = "MRCHREFUNDTRNRQ"


def balance(cib: CibMock) -> int:
    return int(cib.books()["account"]["balance"])


@pytest.fixture
def paid(cib: CibMock) -> str:
    cib.control("orders", "m0001", "collect", {"amount": "10.00"})
    return "m0001"


def test_a_refund_is_done_at_once_and_the_same_number_never_again(cib: CibMock, customer: Customer, paid: str) -> None:
    answer = customer.refund("r1", paid, "10.00", "3.00")
    assert (answer.code, answer.text("REFUNDSTATUS"), answer.text("REFUNDAMT"), answer.state) == ("0", "1", "3.00", "PAYOUT")
    assert balance(cib) == OPENING + 1000 - 300
    assert cib.books()["sums"]["refunded"] == 300
    again = customer.refund("r1", paid, "10.00", "7.00")
    assert (again.text("REFUNDAMT"), again.text("REFUNDSTATUS"), balance(cib)) == ("3.00", "1", OPENING + 700)
    assert customer.only(REFUND, "r1").text("REFUNDAMT") == "3.00"
    assert customer.only(REFUND, "r2").code == "2020"


@pytest.mark.parametrize(
    ("number", "total", "amount", "code"),
    [("m0002", "10.00", "1.00", "20100"), ("m0001", "9.00", "1.00", "52000"), ("m0001", "10.00", "10.01", "52000")],
)
def test_what_may_not_be_refunded(
    cib: CibMock, customer: Customer, paid: str, number: str, total: str, amount: str, code: str
) -> None:
    assert customer.refund("r1", number, total, amount).code == code
    assert cib.books()["refunds"] == []


def test_another_merchants_number_and_that_of_payouts_are_refused(cib: CibMock, customer: Customer, paid: str) -> None:
    assert customer.refund("r1", paid, "10.00", "1.00", MRCHNO="999999").code == "2005"
    assert customer.refund("r1", paid, "10.00", "1.00", MRCHNO=customer.facts["mrch_no"]).code == "2000"
    assert cib.books()["refunds"] == []


def test_refunds_never_exceed_the_order_but_a_failed_one_counts_no_more(cib: CibMock, customer: Customer, paid: str) -> None:
    assert customer.refund("r1", paid, "10.00", "6.00", MEMO="MOCK:END:0").code == "0"
    assert customer.refund("r2", paid, "10.00", "4.01").code == "52000"
    cib.control("refunds", "r1", "fail", {})
    assert customer.refund("r3", paid, "10.00", "10.00").code == "0"
    assert balance(cib) == OPENING


@pytest.mark.parametrize(("end", "state"), [("0", "PROCESSING"), ("2", "FAIL"), ("3", "PENDING")])
def test_a_magic_memo_brings_a_refund_there(customer: Customer, clock: Clock, paid: str, end: str, state: str) -> None:
    answer = customer.refund("r1", paid, "10.00", "3.00", MEMO=f"MOCK:END:{end}")
    assert (answer.text("REFUNDSTATUS"), answer.state) == (end, state)
    clock.advance(3600)
    assert customer.only(REFUND, "r1").text("REFUNDSTATUS") == end


@pytest.mark.parametrize("event", ["complete", "fail", "doubt", "hold"])
@pytest.mark.parametrize("state", ["0", "1", "2", "3"])
def test_every_event_of_a_refund_in_every_state(cib: CibMock, customer: Customer, paid: str, state: str, event: str) -> None:
    customer.refund("r1", paid, "10.00", "3.00", MEMO="MOCK:END:0")
    for step in {"1": ["complete"], "2": ["fail"], "3": ["doubt"]}.get(state, []):
        cib.control("refunds", "r1", step, {})
    expected: Any = REFUNDING.get((state, event))
    if expected is None:
        with pytest.raises(ControlRefusedError, match="cannot"):
            cib.control("refunds", "r1", event, {})
    else:
        cib.control("refunds", "r1", event, {})
    assert customer.only(REFUND, "r1").text("REFUNDSTATUS") == (expected or state)
    assert balance(cib) == OPENING + 1000 - (300 if (expected or state) == "1" else 0)


def test_people_approve_it_where_the_proxy_does_not_sign_and_until_then_it_has_no_status(
    cib_folder: Path, clock: Clock, tmp_path: Path
) -> None:
    text = (cib_folder / "channel.toml").read_text(encoding="utf-8").replace('enable_sign = "yes"', 'enable_sign = "no"')
    (tmp_path / "channel.toml").write_text(text, encoding="utf-8")
    mock = CibMock(load(tmp_path), clock)
    customer = Customer(tmp_path, mock.handle)
    mock.control("orders", "m0001", "collect", {"amount": "10.00"})
    waiting = customer.refund("r1", "m0001", "10.00", "3.00")
    assert (waiting.code, waiting.state, waiting.text("REFUNDSTATUS"), waiting.text("REFUNDTIME")) == (
        "0",
        "AUDITING",
        None,
        None,
    )
    assert balance(mock) == OPENING + 1000
    mock.control("refunds", "r1", "approve", {})
    assert customer.only(REFUND, "r1").text("REFUNDSTATUS") == "1"
    assert balance(mock) == OPENING + 700
    customer.refund("r2", "m0001", "10.00", "3.00")
    mock.control("refunds", "r2", "cancel", {})
    assert (customer.only(REFUND, "r2").state, customer.only(REFUND, "r2").text("REFUNDSTATUS")) == ("CANCEL", None)
    customer.refund("r3", "m0001", "10.00", "7.00")
    midnight = (clock.now() + timedelta(days=4)).replace(hour=0, minute=0, second=0, microsecond=0)
    clock.advance((midnight - clock.now()).total_seconds() - 1)
    assert customer.only(REFUND, "r3").state == "AUDITING"
    clock.advance(1)
    assert customer.only(REFUND, "r3").state == "EXPIRED"
    assert balance(mock) == OPENING + 700


def test_an_order_is_paid_once(cib: CibMock, paid: str) -> None:
    for number, amount, match in ((paid, "10.00", "already"), ("m0003", 10, "text"), ("m0003", "0.00", "yuan")):
        with pytest.raises(ControlRefusedError, match=match):
            cib.control("orders", number, "collect", {"amount": amount})
    assert [one["ORDERNO"] for one in cib.books()["orders"]] == [paid]
