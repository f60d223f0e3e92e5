"""The CIB mock's agent payments, one by one and in batches."""

import pytest

from mocks.cib import CibMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from tests.mocks.cib_customer import Answer, Customer

OPENING = 1_000_000_00
AGENT, BATCH = "MAGENTPAYTRNRQ", "ASYNBATCHMRCHAGENTTRNRQ"
OWN = "1|b0001||117130101400020797|收款人甲|309391000011|2|兴业银行|101|货款|"
OTHER = "2|b0002|商户|6227000000008751|收款人乙|105100000017|0|中国建设银行总行|40.25|货款|"


def balance(cib: CibMock) -> int:
    return int(cib.books()["account"]["balance"])


def rows(answer: Answer) -> list[list[str]]:
    return [line.split("|")[10:13] for line in (answer.text("XFERINFOTEXT") or "").splitlines()]


# --- one by one


@pytest.mark.parametrize("kind", ["0", "1", "2"])
def test_cards_and_companies_are_paid_and_a_query_is_the_trnuid_alone(cib: CibMock, customer: Customer, kind: str) -> None:
    answer = customer.agent(ACCTTYPE=kind)
    assert (answer.code, answer.state, answer.text("HANDLECHG")) == ("0", "PAYOUT", "0.00")
    told = customer.only(AGENT, "20260601a1")
    assert (told.state, told.text("ACCTTYPE"), told.text("TRNAMT")) == ("PAYOUT", kind, "1.87")
    assert cib.books()["agents"][0]["ACCTTYPE"] == kind
    assert balance(cib) == OPENING - 187


def test_another_banks_card_is_paid_later_for_a_fee_in_a_row_of_its_own(cib: CibMock, customer: Customer, clock: Clock) -> None:
    assert customer.agent_elsewhere().state == "PROCESSING"
    assert cib.books()["account"]["available"] == OPENING - 187 - 50
    clock.advance(60)
    told = customer.only(AGENT, "20260601a1")
    assert (told.state, told.text("HANDLECHG")) == ("PAYOUT", "0.50")
    entries = [(one["summary"], one["amount"]) for one in cib.books()["account"]["entries"]]
    assert entries == [("汇款", 187), ("收费", 50)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ACCTTYPE": "3"}, "2000"),
        ({"MRCHNO": "P0000000"}, "2005"),
        ({"INTERBANK": "N", "BANKNUM": ""}, "52000"),
        ({"INTERBANK": "N", "BANKDESC": ""}, "52000"),
        ({"PURPOSE": "货" * 26}, "2000"),
        ({"amount": "1.870"}, "2006"),
        ({"amount": "0"}, "2006"),
    ],
)
def test_what_an_agent_payment_has_to_hold(cib: CibMock, customer: Customer, more: dict[str, str], code: str) -> None:
    assert customer.agent(**more).code == code
    assert cib.books()["agents"] == []


def test_one_order_number_pays_once_and_one_trnuid_too(cib: CibMock, customer: Customer) -> None:
    customer.agent(ORDERNO="o1")
    assert customer.agent("20260601a2", ORDERNO="o1").code == "52000"
    assert customer.agent("20260601a1", "9.99", ORDERNO="o9").text("TRNAMT") == "1.87"
    assert balance(cib) == OPENING - 187


def test_what_no_payment_has_is_not_found_and_stays_free(cib: CibMock, customer: Customer) -> None:
    for operation in (AGENT, BATCH, "MRCHREFUNDTRNRQ"):
        assert customer.only(operation, "20260601a1").code == "2020"
    assert customer.agent().state == "PAYOUT"
    assert customer.only(BATCH, "20260601a1").code == "12345"


def test_an_agent_payment_fails_and_its_fee_comes_free_with_it(cib: CibMock, customer: Customer) -> None:
    customer.agent_elsewhere()
    shown = cib.control("agents", "order20260601a1", "fail", {"message": "收款账号户名不符"})
    assert (shown["state"], shown["returned"]) == ("FAIL", None)
    assert customer.only(AGENT, "20260601a1").text("MESSAGE") == "收款账号户名不符"
    account = cib.books()["account"]
    assert (account["balance"], account["available"]) == (OPENING, OPENING)


def test_what_a_row_cannot_hold_is_no_reason_for_a_failure(cib: CibMock, customer: Customer) -> None:
    customer.batch("b1", [OWN])
    for text in ("a|b", "a\nb", "\U00020bb7"):
        with pytest.raises(ControlRefusedError, match="without bars"):
            cib.control("lines", "b1-1", "fail", {"message": text})
    cib.control("lines", "b1-1", "fail", {"message": "户名不符"})
    assert rows(customer.only(BATCH, "b1")) == [["0.00", "FAIL", "户名不符"]]


# --- in batches


def test_a_batch_is_processed_for_half_an_hour_and_pays_every_row(cib: CibMock, customer: Customer, clock: Clock) -> None:
    answer = customer.batch("b1", [OWN, OTHER], TITLE="工资", TOTALCOUNT="2", TOTALAMOUNT="141.25", EXPECT_DATE="2026-06-01")
    assert (answer.code, answer.state) == ("0", "PROCESSING")
    assert rows(answer) == [["0.00", "PROCESSING", "后台处理中"], ["0.50", "PROCESSING", "后台处理中"]]
    assert cib.books()["account"]["available"] == OPENING - 14125 - 50
    clock.advance(1799)
    assert customer.only(BATCH, "b1").state == "PROCESSING"
    clock.advance(1)
    told = customer.only(BATCH, "b1")
    assert (told.state, rows(told)) == ("PAYOUT", [["0.00", "PAYOUT", "交易成功"], ["0.50", "PAYOUT", "交易成功"]])
    assert balance(cib) == OPENING - 14125 - 50
    assert customer.batch("b1", [OWN, OTHER]).state == "PAYOUT"
    assert len(cib.books()["lines"]) == 2


@pytest.mark.parametrize(
    ("ends", "state", "paid"),
    [
        (("complete", "complete"), "PAYOUT", 14125 + 50),
        (("complete", "fail"), "PART_PAYOUT", 10100),
        (("fail", "fail"), "FAIL", 0),
        (("fail", "doubt"), "PENDING", 0),
        (("complete", "hold"), "PROCESSING", 10100),
        (("complete", "expire"), "PART_PAYOUT", 10100),
        (("expire", "expire"), "EXPIRED", 0),
    ],
)
def test_what_the_rows_make_of_a_batch(cib: CibMock, customer: Customer, ends: tuple[str, str], state: str, paid: int) -> None:
    customer.batch("b1", [OWN, OTHER])
    for number, event in enumerate(ends, 1):
        cib.control("lines", f"b1-{number}", event, {})
    assert customer.only(BATCH, "b1").state == state
    assert cib.books()["batches"] == [{"TRNUID": "b1", "state": state, "lines": 2}]
    assert balance(cib) == OPENING - paid


def test_what_is_left_of_a_batch_expires(cib: CibMock, customer: Customer) -> None:
    customer.batch("b1", [OWN, OTHER])
    cib.control("lines", "b1-1", "complete", {})
    assert cib.control("batches", "b1", "expire", {}) == {"TRNUID": "b1", "state": "PART_PAYOUT"}
    assert [one[1] for one in rows(customer.only(BATCH, "b1"))] == ["PAYOUT", "EXPIRED"]
    assert (balance(cib), cib.books()["account"]["available"]) == (OPENING - 10100, OPENING - 10100)
    with pytest.raises(ControlRefusedError, match="no batch has the number b2"):
        cib.control("batches", "b2", "expire", {})


def test_a_magic_row_fails_alone(cib: CibMock, customer: Customer, clock: Clock) -> None:
    customer.batch("b1", [OWN.replace("货款", "MOCK:END:FAIL"), OTHER])
    clock.advance(1800)
    told = customer.only(BATCH, "b1")
    assert (told.state, [one[1] for one in rows(told)]) == ("PART_PAYOUT", ["FAIL", "PAYOUT"])


@pytest.mark.parametrize(
    ("lines", "more", "code"),
    [
        ([OWN, OTHER], {"TOTALCOUNT": "3"}, "51027"),
        ([OWN, OTHER], {"TOTALAMOUNT": "141.26"}, "51027"),
        ([OWN, OTHER], {"size": "3"}, "51027"),
        ([OWN, OTHER], {"EXPECT_DATE": "2026-06-02"}, "52000"),
        ([OWN, OWN], {}, "60010"),  # one number twice
        ([OWN, OTHER.replace("b0002", "b0001")], {}, "60010"),
        ([OWN[:-1]], {}, "60010"),  # no bar at the end
        ([OWN.replace("|货款", "|货款|更多")], {}, "60010"),
        ([OWN.replace("|2|", "|3|")], {}, "60010"),
        ([OWN.replace("|101|", "|101.001|")], {}, "60010"),
        ([OWN.replace("|101|", "|0|")], {}, "60010"),
        ([OTHER.replace("105100000017", "")], {}, "60010"),
        ([OTHER.replace("中国建设银行总行", "")], {}, "60010"),
        ([OWN.replace("货款", "MOCK:END:AUDITING")], {}, "60010"),
        ([OWN.replace("|101|", "|1000000.01|")], {}, "75320"),
        ([OTHER.replace("|40.25|", "|1000000.00|")], {}, "75320"),  # the fee is wanting
        ([OWN.replace("|101|", "|999959.75|"), OTHER], {}, "75320"),  # for the second row alone
        ([OWN.replace("1|b0001", f"{n}|b{n:04d}", 1) for n in range(101)], {}, "60010"),
    ],
)
def test_one_wrong_row_refuses_the_whole_batch(
    cib: CibMock, customer: Customer, lines: list[str], more: dict[str, str], code: str
) -> None:
    assert customer.batch("b1", lines, **more).code == code
    assert cib.books()["lines"] == []
    assert cib.books()["account"]["available"] == OPENING


def test_a_hundred_rows_are_taken(cib: CibMock, customer: Customer) -> None:
    answer = customer.batch("b1", [OWN.replace("1|b0001", f"{n}|b{n:04d}", 1) for n in range(1, 101)])
    assert (answer.code, len(rows(answer))) == ("0", 100)
    assert customer.batch("b2", [OWN]).code == "60010"  # its order number was used
    assert customer.agent(ORDERNO="b0100").code == "52000"
