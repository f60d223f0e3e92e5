"""Adapter and mock, written apart, meet: approvals, the super network, stored results, returns, long statements, notices."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from error_codes import NextAction
from mocks.doors import open_world, transport
from mocks.world import World
from payment_channels import (
    BalanceQuery,
    BillQuery,
    BillRowKind,
    BillStatus,
    ChannelClient,
    EventKind,
    Inbound,
    Money,
    Outcome,
    PayoutBatchOrder,
    PayoutBatchQuery,
    PayoutOrder,
    PayoutQuery,
    Speed,
    Verdict,
    open_channel,
)
from payment_channels.channels.cib import CibConfig
from payment_channels.model.results import AccountEntryFacts
from tests.channels.cib.conftest import COMPANY, PERSON, order

LINE = "http://127.0.0.1:8700/cib"
NUMBERS = iter(f"order{number:06}" for number in range(1_000_000))
FAST = {"payee": PERSON, "requested_speed": Speed.REAL_TIME}


@dataclass
class Bank:
    """The mock within the process, a client of it, and what it has posted."""

    world: World
    keys: Path
    posted: list[Inbound] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = CibConfig.from_directory(self.keys / "cib", trusted_line=LINE)
        self.account = config.acct_id
        channel = open_channel("cib", config, clock=self.world.clock.now)
        self.client = ChannelClient(channel, http=httpx.Client(transport=transport(self.world)))
        self.world._post = self._take

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self.posted.append(Inbound(body=body, headers=headers))
        return 200, ""

    def order(self, **changes: Any) -> PayoutOrder:
        return order(**{"merchant_order_id": next(NUMBERS), "ordered_at": self.world.clock.now(), **changes})

    def found(self, asked: PayoutOrder) -> Any:
        return self.client.query_payout(PayoutQuery.of(self.client.prepare(asked)))

    def control(self, things: str, number: str, verb: str, **options: Any) -> None:
        self.world.channels["cib"].control(things, number, verb, options)

    def books(self) -> Any:
        return self.world.books()["cib"]

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.tick()

    def bill(self, days: int = 0) -> Any:
        """Ask for today's statement after so many days."""
        today = self.world.clock.now().date()
        self.pass_time(days * 86_400)
        return self.client.bill(BillQuery(day=today, bill_kind="statement"))


@pytest.fixture
def bank(mock_channels: World, mock_channel_keys: Path) -> Bank:
    return Bank(mock_channels, mock_channel_keys)


def test_the_super_network_is_known_by_query_a_minute_later(bank: Bank) -> None:
    asked = bank.order(**FAST)
    first = bank.client.payout(asked)
    assert (first.outcome, first.raw.code) == (Outcome.PENDING, "PROCESSING")
    bank.pass_time(61)
    assert bank.client.payout(asked).outcome is Outcome.UNKNOWN  # the stored result by the same door: 登记成功 or 交易成功
    later = bank.found(asked)
    assert (later.outcome, later.amounts.order) == (Outcome.SUCCEEDED, Money(124))
    assert [one["amount"] for one in bank.books()["transfers"]] == [124]


def test_the_statement_and_its_file_tell_the_same_rows(bank: Bank) -> None:
    for asked in (bank.order(), bank.order(**FAST), bank.order(payee=COMPANY)):
        bank.client.payout(asked)
    bank.control("accounts", bank.account, "deposit", amount="100.00", purpose="来账")
    bank.pass_time(86_400)
    day = bank.world.clock.now().date() - timedelta(days=1)
    rows, records = (bank.client.bill(BillQuery(day=day, bill_kind=kind)).rows for kind in ("statement", "statement_file"))
    assert len(rows) == 4
    for row, record in zip(rows, records, strict=True):
        for name in ("kind", "incoming", "amount", "at", "business_date", "balance_after"):
            assert getattr(record, name) == getattr(row, name)


def test_without_enable_sign_somebody_approves(tmp_path: Path) -> None:
    (tmp_path / "cib").mkdir()
    (tmp_path / "cib" / "channel.toml").write_text('enable_sign = "no"\n')
    bank = Bank(open_world(tmp_path), tmp_path)
    asked, other = bank.order(), bank.order()
    for one in (asked, other):
        assert (bank.client.payout(one).canonical, bank.found(one).phase) == ("PAYOUT_IN_AUDIT", "in_audit")
    bank.control("transfers", asked.merchant_order_id, "approve")
    assert bank.found(asked).outcome is Outcome.SUCCEEDED
    bank.control("transfers", other.merchant_order_id, "send_back")
    assert (bank.found(other).raw.code, bank.found(other).outcome) == ("SEND_BACK", Outcome.PENDING)
    bank.control("transfers", other.merchant_order_id, "cancel")
    assert (bank.found(other).canonical, bank.found(other).new_id_allowed) == ("PAYOUT_CANCELLED", False)


def test_a_day_that_is_asked_for_is_kept(bank: Bank) -> None:
    day = (bank.world.clock.now() + timedelta(days=2)).date()
    prepared = bank.client.prepare(bank.order(requested_date=day))
    assert bank.client.payout(prepared).raw.code == "AUDITED"
    bank.pass_time(3 * 86_400)
    assert bank.client.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED


def test_a_stored_result_is_not_taken_for_another_payee_s(bank: Bank) -> None:
    asked = bank.order()
    assert bank.client.payout(asked).outcome is Outcome.SUCCEEDED
    other = asked.model_copy(update={"payee": COMPANY.model_copy(update={"account_no": "117010100100076999"})})
    told = bank.client.payout(other)
    assert (told.outcome, told.canonical, told.new_id_allowed) == (Outcome.UNKNOWN, "REPLY_MISMATCH", False)
    assert bank.found(other).outcome is Outcome.UNKNOWN
    assert bank.found(asked).outcome is Outcome.SUCCEEDED
    assert len(bank.books()["transfers"]) == 1


def test_a_number_that_was_used_at_the_other_interface(bank: Bank) -> None:
    asked = bank.order(payee=PERSON)
    bank.client.payout(asked)
    told = bank.client.payout(asked.model_copy(update={"channel_fields": {"interface": "MAGENTPAY"}}))
    assert (told.raw.code, told.outcome, told.canonical) == ("12345", Outcome.UNKNOWN, "DUPLICATE_CONTENT_UNKNOWN")
    bare = bank.client.query_payout(PayoutQuery.of(asked))
    assert (bare.outcome, bare.operation) == (Outcome.SUCCEEDED, "query_payout.xfer")


@pytest.mark.parametrize("fields", [{}, {"interface": "MAGENTPAY"}])
def test_without_the_wire_either_interface_s_payout_is_found(bank: Bank, fields: dict[str, str]) -> None:
    asked = bank.order(channel_fields=fields)
    bank.client.payout(asked)
    assert bank.client.query_payout(PayoutQuery.of(asked)).outcome is Outcome.SUCCEEDED
    nobody = bank.client.query_payout(PayoutQuery.of(bank.order()))
    assert (nobody.outcome, nobody.canonical) == (Outcome.UNKNOWN, "PAYOUT_NOT_FOUND")


def test_too_little_money(bank: Bank) -> None:
    asked = bank.order(amount=Money(10**12))
    told = bank.client.payout(asked)
    assert (told.outcome, told.canonical, told.next_action) == (
        Outcome.FAILED,
        "MERCHANT_FUNDS_INSUFFICIENT",
        NextAction.TOP_UP,
    )
    assert not told.new_id_allowed
    assert bank.books()["sums"]["paid_out"] == 0


@pytest.mark.parametrize(
    ("purpose", "first", "then"),
    [
        ("MOCK:6000", "unknown", "unknown"),
        ("MOCK:DONE:6000", "unknown", "succeeded"),
        ("MOCK:DONE:52000", "unknown", "succeeded"),
        ("MOCK:query:1740", "succeeded", "unknown"),
        ("MOCK:END:FAIL", "failed", "failed"),
        ("MOCK:END:EXPIRED", "failed", "failed"),
        ("MOCK:END:PENDING", "unknown", "unknown"),
        ("MOCK:END:PROCESSING", "pending", "pending"),
        ("MOCK:END:WAIT_FOR_AUDIT", "pending", "pending"),
    ],
)
def test_what_becomes_of_a_payout(bank: Bank, purpose: str, first: str, then: str) -> None:
    asked = bank.order(purpose=purpose)
    assert [str(bank.client.payout(asked).outcome), str(bank.found(asked).outcome)] == [first, then]


def test_what_comes_back_is_seen_in_the_statement_alone(bank: Bank) -> None:
    bank.control("accounts", bank.account, "watch", url="http://127.0.0.1:9/notice")
    asked = bank.order(payee=PERSON)
    bank.client.payout(asked)
    bank.control("transfers", asked.merchant_order_id, "return")
    assert bank.found(asked).outcome is Outcome.SUCCEEDED  # it has no state of its own
    bank.world.deliver()
    told = [bank.client.read_notification(one) for one in bank.posted]
    assert [one.events[0].kind for one in told] == [EventKind.BALANCE_CHANGE, EventKind.INCOMING_TRANSFER]
    bill = bank.bill(days=1)
    assert (bill.status, [(row.kind, row.incoming, row.amount) for row in bill.rows]) == (
        BillStatus.READY,
        [(BillRowKind.PAYOUT, False, Money(124)), (BillRowKind.OTHER, True, Money(124))],
    )
    entries = [one.events[0].facts for one in told]
    assert [one.entry_id for one in entries if isinstance(one, AccountEntryFacts)] == [row.raw["ATTACHINFO"] for row in bill.rows]


def test_a_notice_in_the_sample_s_style(bank: Bank) -> None:
    bank.control("accounts", bank.account, "watch", url="http://127.0.0.1:9/notice", style="sample")
    bank.control("accounts", bank.account, "deposit", amount="10.00", name="付款公司", acct_id="1234567890", purpose="货款")
    bank.world.deliver()
    told = bank.client.read_notification(bank.posted[-1])
    (event,) = told.events
    assert (told.verdict, event.kind, event.facts.amounts.order if event.facts else None) == (
        Verdict.ACCEPTED,
        EventKind.INCOMING_TRANSFER,
        Money(1000),
    )


def test_a_long_statement_is_fetched_to_its_end(bank: Bank) -> None:
    for number in range(205):
        bank.control("accounts", bank.account, "deposit", amount=f"{number + 1}.00", name="付款公司", acct_id="1234567890")
    assert bank.bill().status is BillStatus.NOT_READY
    bill = bank.bill(days=1)
    assert (bill.status, len(bill.rows)) == (BillStatus.READY, 205)
    assert sum(row.amount.amount for row in bill.rows) == sum(range(1, 206)) * 100
    assert len({row.raw["ATTACHINFO"] for row in bill.rows}) == 205
    assert bank.bill(days=1).status is BillStatus.EMPTY


def test_the_balance_moves_with_the_payouts(bank: Bank) -> None:
    before = bank.client.balance(BalanceQuery()).balances[0].available
    bank.client.payout(bank.order())
    assert bank.client.balance(BalanceQuery()).balances[0].available == before - Money(124)


def test_a_batch_from_the_first_answer_to_the_last_line(bank: Bank) -> None:
    good, bad, slow = (bank.order(payee=one) for one in (PERSON, COMPANY, PERSON))
    bad = bad.model_copy(update={"purpose": "MOCK:END:FAIL"})
    slow = slow.model_copy(update={"purpose": "MOCK:END:PROCESSING"})
    batch = PayoutBatchOrder(merchant_batch_id=next(NUMBERS), ordered_at=bank.world.clock.now(), lines=(good, bad, slow))
    prepared = bank.client.prepare(batch)
    assert {line.outcome for line in bank.client.payout_batch(prepared).lines} == {Outcome.PENDING}
    bank.pass_time(1_900)
    told = bank.client.query_payout_batch(PayoutBatchQuery.of(prepared))
    assert [line.outcome for line in told.lines] == [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PENDING]
    assert told.outcome is Outcome.PENDING
    assert told.lines[0].amounts.fee == Money(50)
    assert len(bank.books()["lines"]) == 3


def test_a_wrong_login_is_a_failure_of_the_payout_and_says_nothing_of_a_query(bank: Bank) -> None:
    config = CibConfig.from_directory(bank.keys / "cib", trusted_line=LINE).model_copy(update={"user_pass": "wrong"})
    channel = open_channel("cib", config, clock=bank.world.clock.now)
    client = ChannelClient(channel, http=httpx.Client(transport=transport(bank.world)))
    asked = bank.order()
    refused = client.payout(asked)
    assert (refused.raw.code, refused.outcome, refused.canonical) == ("15500", Outcome.FAILED, "AUTHORIZATION_INVALID")
    bank.client.payout(asked)
    found = client.query_payout(PayoutQuery.of(client.prepare(asked)))
    assert (found.outcome, found.canonical) == (Outcome.UNKNOWN, "AUTHORIZATION_INVALID")


@pytest.mark.parametrize("fields", [{"INTERBANK": "Y"}, {"interface": "MAGENTPAY"}])
def test_what_gbk_can_hold_arrives_as_it_was(bank: Bank, fields: dict[str, str]) -> None:
    payee = COMPANY.model_copy(update={"name": "阿卜杜拉·买买提（北京）科技有限公司ＡＢＣ１２３"})
    asked = bank.order(payee=payee, purpose="货款——含税，《合同》第①号", channel_fields=fields)
    assert bank.client.payout(asked).outcome is Outcome.SUCCEEDED
    books = bank.books()
    (held,) = books["transfers"] or books["agents"]
    assert (held["payee"]["NAME"], held["purpose"]) == (payee.name, asked.purpose)
