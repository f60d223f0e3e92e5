"""The CIB mock's statement, balance and balance-change notices: they say what the books say, and nothing else."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mocks.cib import CibMock
from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.world import World
from tests.mocks.cib_customer import Answer, Customer, element, read

TODAY, TOMORROW = "2026-06-01", "2026-06-02"


def rows(answer: Answer) -> list[dict[str, str]]:
    return [{one.tag: one.text or "" for one in row} for row in answer.root.iter("STMTTRN")]


def more(answer: Answer) -> str:
    return next(answer.root.iter("TRANLIST")).attrib["MORE"]


def test_a_row_says_what_moved_and_what_was_left(cib: CibMock, customer: Customer) -> None:
    customer.transfer()
    cib.control("accounts", customer.facts["acct_id"], "deposit", {"amount": "5.00", "name": "付款公司", "purpose": "货款"})
    out, incoming = rows(customer.statement(TODAY, TODAY))
    assert (out["TRNTYPE"], out["TRNAMT"], out["BALAMT"]) == ("DEBIT", "12.34", "999987.66")
    assert (out["CORRELATE_ACCTID"], out["CORRELATE_NAME"]) == ("117010100100076908", "测试收款人")
    assert (out["MEMO"], out["DTACCT"], out["CURRENCY"]) == ("汇款|货款", "2026-06-01T12:00:00", "RMB")
    assert (incoming["TRNTYPE"], incoming["BALAMT"], incoming["CORRELATE_NAME"]) == ("CREDIT", "999992.66", "付款公司")
    assert out["ATTACHINFO"] != incoming["ATTACHINFO"]


def test_a_page_has_a_hundred_rows_and_says_whether_there_are_more(cib: CibMock, customer: Customer) -> None:
    for number in range(1, 251):
        customer.transfer(f"t{number}", f"{number}.00")
    pages = [customer.statement(TODAY, TODAY, page) for page in (1, 2, 3)]
    assert [(len(rows(one)), more(one)) for one in pages] == [(100, "Y"), (100, "Y"), (50, "N")]
    amounts = [row["TRNAMT"] for page in pages for row in rows(page)]
    assert amounts == [f"{number}.00" for number in range(1, 251)]
    assert len({row["ATTACHINFO"] for page in pages for row in rows(page)}) == 250
    assert customer.statement(TODAY, TODAY, 4).code == "2001"
    for number in range(251, 301):
        customer.transfer(f"t{number}", "1.00")
    assert more(customer.statement(TODAY, TODAY, 3)) == "N"  # full, and the last


@pytest.mark.parametrize(
    ("first", "last", "page", "code"),
    [
        (TODAY, TODAY, 1, "6421"),
        ("2026-05-01", "2026-05-31", 1, "6421"),
        ("2026-05-31", TODAY, 1, "10000"),  # several days end before today
        (TOMORROW, TOMORROW, 1, "10000"),
        (TODAY, "2026-05-31", 1, "10000"),
        (TODAY, TODAY, 0, "10000"),
        ("2026-02-30", TODAY, 1, "2000"),
        ("20260601", TODAY, 1, "2000"),
    ],
)
def test_periods_that_hold_nothing_and_those_that_are_none(
    customer: Customer, first: str, last: str, page: int, code: str
) -> None:
    assert customer.statement(first, last, page).code == code


def test_a_past_day_never_changes_and_what_came_later_stands_on_its_own_day(
    cib: CibMock, customer: Customer, clock: Clock
) -> None:
    customer.transfer()
    clock.advance(11 * 3600)  # 23:00
    customer.by_super(PURPOSE="MOCK:END:RETURN")
    clock.advance(2 * 86_400)  # paid at 23:01, back at 01:01 of the next day
    assert [(row["TRNTYPE"], row["DTACCT"]) for row in rows(customer.statement(TODAY, TODAY))] == [
        ("DEBIT", "2026-06-01T12:00:00"),
        ("DEBIT", "2026-06-01T23:01:00"),
    ]
    (back,) = rows(customer.statement(TOMORROW, TOMORROW))
    assert (back["TRNTYPE"], back["TRNAMT"], back["MEMO"]) == ("CREDIT", "12.34", "退汇|MOCK:END:RETURN")
    assert len(rows(customer.statement(TODAY, TOMORROW))) == 3
    assert [row["TRNTYPE"] for row in rows(customer.statement(TODAY, TOMORROW, SELTYPE="3"))] == ["CREDIT"]
    assert customer.statement(TODAY, TODAY, SELTYPE="3").code == "6421"


def test_debits_and_credits_are_chosen(cib: CibMock, customer: Customer) -> None:
    customer.transfer()
    cib.control("accounts", customer.facts["acct_id"], "deposit", {"amount": "5.00"})
    for kind, expected in (("0", ["12.34"]), ("1", ["5.00"]), ("2", ["12.34", "5.00"])):
        assert [row["TRNAMT"] for row in rows(customer.statement(TODAY, TODAY, TRNTYPE=kind))] == expected


def test_without_a_period_the_statement_tells_the_balances(customer: Customer) -> None:
    customer.by_super()
    asked = element("SCUSTSTMTTRNRQ", element("TRNUID", "c1"), element("SCUSTSTMTRQ", customer.payer()))
    answer = customer.ask(asked)
    assert answer.texts("BALAMT") == ["1000000.00", "999987.66"]
    assert answer.text("TRANLIST") is None


def test_the_balance_tells_what_is_kept_back(customer: Customer) -> None:
    customer.by_super()
    answer = customer.balance()
    assert (answer.text("BALAMT"), answer.text("AVAILBAL"), answer.text("CURRENCY")) == ("1000000.00", "999987.66", "01")
    other = element("CURRACCTQUERYTRNRQ", element("TRNUID", "b1"), element("RQBODY", element("ACCTID", "1" * 18)))
    assert customer.ask(other).code == "50006"


def test_the_rows_add_up_to_the_balance(cib: CibMock, customer: Customer, clock: Clock) -> None:
    for number in range(5):
        customer.agent_elsewhere(f"a{number}", f"{number + 1}.11")
        customer.by_super(f"s{number}", PURPOSE="MOCK:END:RETURN" if number % 2 else "货款")
    clock.advance(3 * 3600)
    balance = 1_000_000_00
    for row in rows(customer.statement(TODAY, TODAY)):
        whole, _, part = row["TRNAMT"].partition(".")
        balance += (int(whole) * 100 + int(part)) * (1 if row["TRNTYPE"] == "CREDIT" else -1)
        assert row["BALAMT"] == f"{balance // 100}.{balance % 100:02d}"
    assert balance == cib.books()["account"]["balance"] == cib.books()["account"]["available"]


# --- notices


@dataclass
class Watched:
    """A world whose notices are taken here."""

    world: World
    taken: list[tuple[str, dict[str, str], bytes]]

    def watch(self, account: str, verb: str, **options: str) -> None:
        self.world.channels["cib"].control("accounts", account, verb, dict(options))


@pytest.fixture
def watched(cib: CibMock, clock: Clock, customer: Customer) -> Watched:
    taken: list[tuple[str, dict[str, str], bytes]] = []

    def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        taken.append((url, headers, body))
        return 200, ""

    made = Watched(World([cib], clock, post), taken)
    customer.send = made.world.handle
    return made


def told(body: bytes) -> dict[str, str]:
    notice: ET.Element = read(body)
    return {one.tag: one.text or "" for one in next(notice.iter("NOTICE_INFO"))}


def test_a_change_of_balance_is_told_to_whoever_watches(cib: CibMock, customer: Customer, watched: Watched) -> None:
    account = customer.facts["acct_id"]
    customer.transfer("t0")
    watched.watch(account, "watch", url="http://127.0.0.1:9/notice")
    customer.transfer()
    watched.watch(account, "deposit", amount="5.00")
    watched.world.deliver()
    assert [(url, headers) for url, headers, _ in watched.taken] == [
        ("http://127.0.0.1:9/notice", {"Content-Type": "application/x-fox"})
    ] * 2
    first, second = (told(body) for _, _, body in watched.taken)
    assert (first["TRNTYPE"], first["TRNAMT"], first["BALAMT"]) == ("0", "12.34", "999975.32")
    assert (second["TRNTYPE"], second["TRNAMT"], second["BALAMT"]) == ("1", "5.00", "999980.32")
    listed = rows(customer.statement(TODAY, TODAY))
    assert [one["ATTACHINFO"] for one in (first, second)] == [row["ATTACHINFO"] for row in listed[1:]]
    cib.control("notifications", "1", "resend", {})
    watched.world.deliver()
    assert watched.taken[2] == watched.taken[0]
    watched.watch(account, "unwatch")
    customer.transfer("t9")
    watched.world.deliver()
    assert len(watched.taken) == 3


def test_watching_needs_an_address_and_a_style_that_is_known(cib: CibMock, customer: Customer) -> None:
    for options in ({}, {"url": "http://127.0.0.1:9/", "style": "pretty"}, {"url": 9}):
        with pytest.raises(ControlRefusedError, match="url"):
            cib.control("accounts", customer.facts["acct_id"], "watch", options)


def test_an_address_elsewhere_is_noted_and_left(cib: CibMock, customer: Customer) -> None:
    world = World([cib], Clock(lambda: datetime(2026, 6, 1, 4, tzinfo=UTC)))
    cib.control("accounts", customer.facts["acct_id"], "watch", {"url": "http://192.0.2.1/notice"})
    customer.transfer()
    (notice,) = world.deliver()
    assert "this machine alone" in notice["attempts"][0]["error"]
