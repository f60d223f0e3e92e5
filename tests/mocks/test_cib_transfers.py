"""The CIB mock's transfers: money moves once for a TRNUID, and one table says what may follow what."""

from typing import Any

import pytest

from mocks.cib import CibMock
from mocks.cib.instructions import PAYING, REFUNDING
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.cib_customer import Answer, Customer

OPENING = 1_000_000_00
EVENTS = sorted({event for _, event in PAYING} - {"schedule", "begin"})


def account(cib: CibMock) -> dict[str, Any]:
    return dict(cib.books()["account"])


def moved(cib: CibMock) -> int:
    return OPENING - int(account(cib)["balance"])


def test_a_transfer_within_the_bank_is_paid_in_its_answer(cib: CibMock, customer: Customer) -> None:
    answer = customer.transfer(MEMO="备注")
    assert (answer.code, answer.state, answer.text("CLIENTREF"), answer.text("TRNAMT")) == ("0", "PAYOUT", "20260601t1", "12.34")
    (held,) = cib.books()["transfers"]
    assert (held["amount"], held["payee"]["NAME"], held["state"]) == (1234, "测试收款人", "PAYOUT")
    assert moved(cib) == 1234
    (row,) = account(cib)["entries"]
    assert (row["kind"], row["amount"], row["about"], row["balance"]) == ("DEBIT", 1234, "20260601t1", OPENING - 1234)


@pytest.mark.parametrize(("amount", "fen"), [("1.5", 150), ("1.05", 105), ("7", 700), ("0.01", 1)])
def test_yuan_are_read_to_the_fen(cib: CibMock, customer: Customer, amount: str, fen: int) -> None:
    assert customer.transfer(amount=amount).text("TRNAMT") == f"{fen // 100}.{fen % 100:02d}"
    assert moved(cib) == fen


def test_super_is_asynchronous_and_its_money_is_kept_back_until_then(cib: CibMock, customer: Customer, clock: Clock) -> None:
    assert customer.by_super().state == "PROCESSING"
    assert (moved(cib), account(cib)["available"]) == (0, OPENING - 1234)
    clock.advance(59)
    assert customer.query("20260601s1").state == "PROCESSING"
    clock.advance(1)
    told = customer.query("20260601s1")
    assert (told.code, told.state, told.text("DTXFERPRC"), told.text("PMTMODE")) == (
        "0",
        "PAYOUT",
        "2026-06-01 12:01:00",
        "SUPER",
    )
    assert moved(cib) == 1234
    assert account(cib)["available"] == OPENING - 1234


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": "50000.00"}, "0"),
        ({"amount": "50000.01"}, "52000"),
        ({"BANKNUM": ""}, "52000"),
        ({"BANKDESC": ""}, "52000"),
        ({"DTDUE": "2026-05-31"}, "52000"),
        ({"DTDUE": "2026-02-30"}, "2000"),
        ({"PMTMODE": "FAST"}, "2000"),
    ],
)
def test_the_rules_of_super(cib: CibMock, customer: Customer, more: dict[str, str], code: str) -> None:
    assert customer.by_super(**more).code == code
    assert len(cib.books()["transfers"]) == (code == "0")


def test_another_bank_by_the_ordinary_way_is_registered_at_once_and_has_to_be_named(cib: CibMock, customer: Customer) -> None:
    assert customer.transfer(INTERBANK="N").code == "52000"
    answer = customer.transfer("20260601t2", INTERBANK="N", BANKDESC="中国建设银行总行", BANKNUM="105100000017")
    assert (answer.code, answer.state, answer.text("BANKNUM")) == ("0", "PAYOUT", "105100000017")


def test_the_same_trnuid_is_never_executed_again_and_tells_what_was(cib: CibMock, customer: Customer, clock: Clock) -> None:
    first = customer.by_super()
    again = customer.by_super()
    assert (again.code, again.state, again.text("SRVRID")) == ("0", "PROCESSING", first.text("SRVRID"))
    clock.advance(60)
    assert customer.by_super().state == "PAYOUT"
    assert (len(cib.books()["transfers"]), moved(cib)) == (1, 1234)


def test_the_same_trnuid_with_another_content_returns_what_was_executed(cib: CibMock, customer: Customer) -> None:
    customer.transfer()
    other = customer.transfer(amount="99.99", ACCTID="117010100100000999", NAME="别人")
    assert (other.code, other.state, other.text("TRNAMT")) == ("0", "PAYOUT", "12.34")
    assert other.texts("ACCTID")[1] == "117010100100076908"
    assert (len(cib.books()["transfers"]), moved(cib)) == (1, 1234)


def test_a_trnuid_is_one_for_all_interfaces_that_are_no_queries(cib: CibMock, customer: Customer) -> None:
    customer.transfer("20260601x1")
    assert customer.agent("20260601x1").code == "12345"
    assert customer.query("20260601x1", own="20260601x1").state == "PAYOUT"
    assert moved(cib) == 1234


def test_too_little_money_is_refused_and_the_refusal_is_the_stored_result(cib: CibMock, customer: Customer) -> None:
    answer = customer.transfer(amount="1000000.01")
    assert (answer.code, answer.text("MESSAGE")) == ("75320", "可用资金不足")
    cib.control("accounts", customer.facts["acct_id"], "deposit", {"amount": "5.00"})
    assert customer.transfer(amount="1000000.01").code == "75320"
    assert customer.query().code == "2020"
    assert customer.transfer("20260601t2", "1000000.01").state == "PAYOUT"
    assert account(cib)["balance"] == 499


def test_what_is_kept_back_cannot_be_spent_twice(cib: CibMock, customer: Customer) -> None:
    for number in range(20):
        assert customer.by_super(f"20260601s{number}", "50000.00").code == "0"
    assert customer.transfer(amount="0.01").code == "75320"
    cib.control("transfers", "20260601s0", "fail", {})
    assert customer.transfer("20260601t2", "50000.00").state == "PAYOUT"


@pytest.mark.parametrize("mistake", [{"amount": "1.234"}, {"amount": "0.00"}, {"DTDUE": "2026-02-30"}])
def test_a_mistake_of_form_leaves_the_trnuid_unused(customer: Customer, mistake: dict[str, str]) -> None:
    assert customer.transfer(**mistake).code in {"2000", "2006"}
    assert customer.query().code == "2020"
    assert customer.transfer().state == "PAYOUT"


def test_another_account_is_not_the_customers(customer: Customer) -> None:
    xml = customer.transfer_xml().replace(customer.facts["acct_id"], "117010100100999999")
    assert customer.ask(xml).code == "50006"


def test_a_transfer_of_today_is_paid_today(cib: CibMock, customer: Customer) -> None:
    assert customer.transfer(DTDUE="2026-06-01").state == "PAYOUT"
    assert moved(cib) == 1234


def test_a_transfer_of_another_day_waits_for_it(cib: CibMock, customer: Customer, clock: Clock) -> None:
    assert customer.transfer(DTDUE="2026-06-03").state == "AUDITED"
    assert account(cib)["available"] == OPENING
    clock.advance(35 * 3600)  # the second of June, 23:00
    assert customer.query().state == "AUDITED"
    clock.advance(3600)
    told = customer.query()
    assert (told.state, told.text("DTXFERPRC")) == ("PAYOUT", "2026-06-03 00:00:00")


def test_a_waiting_transfer_fails_where_the_money_is_gone_by_then(cib: CibMock, customer: Customer, clock: Clock) -> None:
    customer.transfer(amount="600000.00", DTDUE="2026-06-02")
    customer.transfer("20260601t2", "600000.00")
    clock.advance(86_400)
    told = customer.query()
    assert (told.state, told.text("MESSAGE")) == ("FAIL", "可用资金不足")
    assert moved(cib) == 600_000_00


def doomed(customer: Customer, end: str) -> Answer:
    return customer.by_super(PURPOSE=f"MOCK:END:{end}")


@pytest.mark.parametrize("end", ["FAIL", "EXPIRED", "PENDING", "PROCESSING", "AUDITING", "WAIT_FOR_AUDIT"])
def test_a_magic_purpose_brings_it_there_and_no_money_moves(cib: CibMock, customer: Customer, clock: Clock, end: str) -> None:
    assert doomed(customer, end).code == "0"
    clock.advance(3600)
    assert customer.query("20260601s1").state == end
    assert moved(cib) == 0
    assert (account(cib)["available"] == OPENING) is (end not in {"PENDING", "PROCESSING"})


def test_a_return_leaves_payout_and_is_a_credit_row_and_a_fact_of_the_books(
    cib: CibMock, customer: Customer, clock: Clock
) -> None:
    doomed(customer, "RETURN")
    clock.advance(60)
    assert (customer.query("20260601s1").state, moved(cib)) == ("PAYOUT", 1234)
    clock.advance(7200)
    assert (customer.query("20260601s1").state, moved(cib)) == ("PAYOUT", 0)
    rows = [(row["kind"], row["amount"], row["returned"]) for row in account(cib)["entries"]]
    assert rows == [("DEBIT", 1234, False), ("CREDIT", 1234, True)]
    assert cib.books()["sums"]["returned"] == 1234
    with pytest.raises(ControlRefusedError, match="nothing"):
        cib.control("transfers", "20260601s1", "return", {})


def reach(cib: CibMock, customer: Customer, state: str) -> None:
    """Bring the transfer 20260601s1 into a state."""
    ways = {
        "AUDITING": ("AUDITING",),
        "SEND_BACK": ("AUDITING", "send_back"),
        "CANCEL": ("AUDITING", "cancel"),
        "EXPIRED": ("AUDITING", "expire"),
        "WAIT_FOR_AUDIT": ("WAIT_FOR_AUDIT",),
        "PROCESSING": ("PROCESSING",),
        "PENDING": ("PROCESSING", "doubt"),
        "PAYOUT": ("PROCESSING", "complete"),
        "FAIL": ("PROCESSING", "fail"),
    }
    if state == "AUDITED":
        customer.by_super(DTDUE="2026-06-09")
        return
    doomed(customer, ways[state][0])
    for event in ways[state][1:]:
        cib.control("transfers", "20260601s1", event, {})


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", sorted({state for state, _ in PAYING} | {"CANCEL", "EXPIRED", "FAIL"}))
def test_every_event_in_every_state(cib: CibMock, customer: Customer, state: str, event: str) -> None:
    reach(cib, customer, state)
    assert customer.query("20260601s1").state == state
    controls = cib.controls()["transfers"]
    assert event in controls
    expected = PAYING.get((state, event))
    if expected is None:
        with pytest.raises(ControlRefusedError, match="cannot"):
            cib.control("transfers", "20260601s1", event, {})
        expected = state
    else:
        cib.control("transfers", "20260601s1", event, {})
    assert customer.query("20260601s1").state == expected
    returned = (state, event) == ("PAYOUT", "return")
    assert moved(cib) == (1234 if expected == "PAYOUT" and not returned else 0)
    assert account(cib)["available"] == OPENING - (
        1234 if expected in {"PAYOUT", "PROCESSING", "PENDING"} and not returned else 0
    )


def test_final_states_lead_nowhere() -> None:
    assert {state for state, _ in PAYING if state in {"CANCEL", "EXPIRED", "FAIL"}} == set()
    assert {state for state, _ in REFUNDING} == {"AUDITING", "SEND_BACK", "0", "3"}
    assert [event for state, event in PAYING if state == "PAYOUT"] == ["return"]


def test_nobody_approves_for_a_week(cib: CibMock, customer: Customer, clock: Clock) -> None:
    doomed(customer, "AUDITING")
    clock.advance(7 * 86_400 - 1)
    assert customer.query("20260601s1").state == "AUDITING"
    clock.advance(1)
    assert customer.query("20260601s1").state == "EXPIRED"


def test_without_enable_sign_everything_waits_for_a_person(cib_folder: Any, clock: Clock, tmp_path: Any) -> None:
    from mocks.cib import load

    text = (cib_folder / "channel.toml").read_text(encoding="utf-8").replace('enable_sign = "yes"', 'enable_sign = "no"')
    (tmp_path / "channel.toml").write_text(text, encoding="utf-8")
    mock = CibMock(load(tmp_path), clock)
    customer = Customer(tmp_path, mock.handle)
    assert customer.transfer(DTDUE="2026-06-02").state == "AUDITING"
    assert customer.transfer("20260601t2").state == "AUDITING"
    mock.control("transfers", "20260601t1", "approve", {})
    mock.control("transfers", "20260601t2", "approve", {})
    assert (customer.query().state, customer.query("20260601t2").state) == ("AUDITED", "PAYOUT")
    assert moved(mock) == 1234


def test_a_magic_purpose_answers_a_code(cib: CibMock, customer: Customer) -> None:
    assert customer.transfer(PURPOSE="MOCK:6000").code == "6000"
    assert cib.books()["transfers"] == []
    assert customer.transfer("20260601t2", PURPOSE="MOCK:DONE:6000").code == "6000"
    assert customer.query("20260601t2").state == "PAYOUT"
    assert customer.transfer("20260601t3", MEMO="MOCK:query:1740").state == "PAYOUT"
    assert customer.query("20260601t3").code == "1740"
    refused = customer.transfer("20260601t4", PURPOSE="MOCK:424242")
    assert (refused.code, "424242" in refused.reply.note["why"]) == ("2000", True)
    assert customer.transfer("20260601t5", PURPOSE="MOCK:END:NEVER").code == "2000"


def test_the_control_plane_helps(cib: CibMock) -> None:
    for things, number, verb, text in (
        ("cheques", "1", "pay", "it has transfers"),
        ("transfers", "1", "pay", "they can: approve"),
        ("transfers", "1", "fail", "no transfer has the number 1"),
        ("accounts", "1", "deposit", "there is 117010100100"),
    ):
        with pytest.raises(ControlRefusedError, match=text):
            cib.control(things, number, verb, {})
