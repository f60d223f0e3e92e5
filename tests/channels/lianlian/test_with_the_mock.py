"""Adapter and mock, written apart, meet: payouts through their whole life, held back, returned, refused, and over a real port."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from error_codes import NextAction
from mocks.doors import transport
from mocks.process import MockServer
from mocks.world import World
from payment_channels import (
    BalanceQuery,
    ChannelClient,
    ConfirmPayoutOrder,
    CorporateAccount,
    Inbound,
    Money,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    Phase,
    Verdict,
    open_channel,
)
from payment_channels.channels.lianlian import LianlianConfig
from tests.channels.lianlian.conftest import new_gateway

NUMBERS = iter(f"order{number:06}" for number in range(1_000_000))
NOTIFY = "http://127.0.0.1:9/notify"
LOCAL = "http://127.0.0.1:8700"
THREE_SECONDS, A_DAY = 4, 24 * 3600


class Bank:
    """A client, and the world it leads to."""

    def __init__(self, world: World, keys: Path, **changes: Any) -> None:
        self.world = world
        self.posted: list[Inbound] = []
        world._post = self._take
        config = LianlianConfig.from_directory(keys / "lianlian", base_url=LOCAL)
        fields = {**dict(config), "signer": None, **changes}
        channel = open_channel("lianlian", LianlianConfig(**fields), clock=world.clock.now)
        self.client = ChannelClient(channel, http=httpx.Client(transport=transport(world)))

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self.posted.append(Inbound(body=body, headers=headers))
        return 200, '{"ret_code":"0000","ret_msg":"ok"}'

    def control(self, things: str, number: str, verb: str, **options: Any) -> Any:
        return self.world.channels["lianlian"].control(things, number, verb, options)

    def passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.tick()
        self.world.deliver()

    def books(self) -> dict[str, Any]:
        books: dict[str, Any] = self.world.books()["lianlian"]
        return books

    def merchant(self) -> str:
        number: str = self.client.channel.identity()["oid_partner"]
        return number


@pytest.fixture
def bank(mock_channels: World, mock_channel_keys: Path) -> Iterator[Bank]:
    made = Bank(mock_channels, mock_channel_keys)
    with made.client:
        yield made


def payout(bank: Bank, **changes: Any) -> PayoutOrder:
    number = next(NUMBERS)
    fields: dict[str, Any] = {
        "merchant_order_id": number,
        "ordered_at": bank.world.clock.now(),
        "amount": Money(1234),
        "payee": PersonalAccount(account_no=f"6216261000{number[-6:]}", name="张三"),
        "remark": "货款",
        "notify_url": NOTIFY,
    }
    return PayoutOrder(**{**fields, **changes})


def company(number: str = "12020227199") -> CorporateAccount:
    return CorporateAccount(
        account_no=number,
        name="某某科技有限公司",
        bank_code="01040000",
        cnaps_code="104100000004",
        branch_name="总行",
        city="110000",
    )


def test_a_person_and_a_company_are_paid_and_told_of(bank: Bank) -> None:
    for payee in (PersonalAccount(account_no="6216261000000000018", name="李四"), company()):
        order = payout(bank, payee=payee, amount=Money(5_000_000), purpose="六月货款")
        prepared = bank.client.prepare(order)
        assert bank.client.payout(prepared).outcome is Outcome.PENDING
        assert bank.client.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.PENDING
        bank.passes(THREE_SECONDS)
        found = bank.client.query_payout(PayoutQuery.of(prepared))
        notice = bank.client.read_notification(bank.posted.pop())
        told = notice.events[0].against(PayoutQuery.of(prepared))
        assert notice.verdict is Verdict.ACCEPTED
        assert (found.outcome, told.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
        assert found.channel_order_id == told.channel_order_id
        assert found.settlement_date == told.settlement_date
        held = next(one for one in bank.books()["payouts"] if one["no_order"] == order.merchant_order_id)
        assert (held["fen"], held["payee"]["card_no"], held["payee"]["acct_name"]) == (5_000_000, payee.account_no, payee.name)
        assert held["payee"]["flag_card"] == ("1" if isinstance(payee, CorporateAccount) else "0")
        by_theirs = PayoutQuery(channel_order_id=found.channel_order_id, amount=order.amount)
        assert bank.client.query_payout(by_theirs).outcome is Outcome.SUCCEEDED


def test_a_payout_comes_back_days_later(bank: Bank) -> None:
    prepared = bank.client.prepare(payout(bank, purpose="MOCK:END:CANCEL"))
    bank.client.payout(prepared)
    bank.passes(THREE_SECONDS)
    assert bank.client.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED
    bank.passes(2 * A_DAY + THREE_SECONDS)
    result = bank.client.query_payout(PayoutQuery.of(prepared))
    assert (result.outcome, result.new_id_allowed) == (Outcome.RETURNED, False)
    assert result.returned is not None
    assert result.returned.reason
    assert bank.books()["sums"]["returned"] == 1234


def test_a_repetition_is_held_back_confirmed_and_paid_once(bank: Bank) -> None:
    payee = company("33050161000")
    bank.client.payout(payout(bank, payee=payee))
    second = payout(bank, payee=payee)
    prepared = bank.client.prepare(second)
    held = bank.client.payout(prepared)
    assert (held.outcome, held.phase, held.next_action) == (
        Outcome.PENDING,
        Phase.AWAITING_CONFIRMATION,
        NextAction.CONFIRM,
    )
    assert bank.client.query_payout(PayoutQuery.of(prepared)).phase is Phase.AWAITING_CONFIRMATION
    wrong = ConfirmPayoutOrder(
        merchant_order_id=second.merchant_order_id,
        ordered_at=second.ordered_at,
        amount=second.amount,
        confirm_code="000000" if held.confirm_code != "000000" else "000001",
        notify_url=NOTIFY,
    )
    right = wrong.model_copy(update={"confirm_code": held.confirm_code})
    assert bank.client.confirm_payout(wrong).outcome is Outcome.UNKNOWN
    confirmed = bank.client.confirm_payout(right)
    assert (confirmed.outcome, bool(confirmed.channel_order_id)) == (Outcome.PENDING, True)
    again = bank.client.confirm_payout(right)
    assert (again.outcome, again.raw.code) == (Outcome.UNKNOWN, "4001")
    bank.passes(THREE_SECONDS)
    assert bank.client.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED
    assert bank.books()["sums"]["paid_out"] == 2468


def test_what_nobody_confirms_is_closed_and_may_be_paid_anew(bank: Bank) -> None:
    prepared = bank.client.prepare(payout(bank, purpose="MOCK:4003"))
    assert bank.client.payout(prepared).raw.code == "4003"
    bank.passes(A_DAY)
    result = bank.client.query_payout(PayoutQuery.of(prepared))
    assert (result.outcome, result.canonical, result.new_id_allowed) == (Outcome.FAILED, "PAYOUT_EXPIRED", True)
    assert bank.books()["sums"]["paid_out"] == 0


def test_the_code_of_a_lost_answer_is_lost(bank: Bank) -> None:
    """A query says that it waits, and has no code: all that is left is to let it be closed."""
    bank.world.faults.add({"channel": "lianlian", "kind": "lose_reply", "path": "paymentapi/payment"})
    prepared = bank.client.prepare(payout(bank, purpose="MOCK:4004"))
    assert bank.client.payout(prepared).outcome is Outcome.UNKNOWN
    found = bank.client.query_payout(PayoutQuery.of(prepared))
    assert (found.outcome, found.phase, found.confirm_code) == (Outcome.PENDING, Phase.AWAITING_CONFIRMATION, None)


def test_an_account_that_is_empty(bank: Bank) -> None:
    bank.control("merchants", bank.merchant(), "empty")
    balance = bank.client.balance(BalanceQuery())
    assert (balance.outcome, balance.balances[0].available) == (Outcome.SUCCEEDED, Money(0))
    order = payout(bank)
    refused = bank.client.payout(order)
    assert (refused.outcome, refused.canonical, refused.next_action) == (
        Outcome.FAILED,
        "MERCHANT_FUNDS_INSUFFICIENT",
        NextAction.TOP_UP,
    )
    assert not refused.new_id_allowed
    bank.control("merchants", bank.merchant(), "top_up", yuan="12.34")
    assert bank.client.payout(order).outcome is Outcome.PENDING
    assert bank.client.balance(BalanceQuery()).balances[0].available == Money(0)


def test_the_same_number_with_other_content(bank: Bank) -> None:
    order = payout(bank)
    bank.client.payout(order)
    for changes in ({"amount": Money(4321)}, {"payee": company()}, {"ordered_at": datetime(2026, 1, 1, tzinfo=UTC)}):
        told = bank.client.payout(order.model_copy(update=changes))
        assert (told.outcome, told.new_id_allowed) == (Outcome.UNKNOWN, False)
    assert [one["fen"] for one in bank.books()["payouts"]] == [1234]
    bank.passes(THREE_SECONDS)
    moved = order.model_copy(update={"ordered_at": datetime(2026, 1, 1, tzinfo=UTC)})
    told = bank.client.query_payout(PayoutQuery.of(bank.client.prepare(moved)))
    assert (told.outcome, told.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


def test_a_payout_that_failed_and_one_that_was_never_made(bank: Bank) -> None:
    prepared = bank.client.prepare(payout(bank, purpose="MOCK:END:1110"))
    bank.client.payout(prepared)
    bank.passes(THREE_SECONDS)
    result = bank.client.query_payout(PayoutQuery.of(prepared))
    assert (result.outcome, result.new_id_allowed, result.raw.message) == (Outcome.FAILED, True, "卡状态异常")
    told = bank.client.read_notification(bank.posted.pop()).events[0].against(PayoutQuery.of(prepared))
    assert (told.outcome, told.new_id_allowed) == (Outcome.FAILED, False)
    nowhere = bank.client.query_payout(PayoutQuery.of(bank.client.prepare(payout(bank))))
    assert (nowhere.outcome, nowhere.canonical, nowhere.raw.code) == (Outcome.UNKNOWN, "PAYOUT_NOT_FOUND", "8901")


def test_a_key_that_lianlian_does_not_know(mock_channels: World, mock_channel_keys: Path) -> None:
    bank = Bank(mock_channels, mock_channel_keys, merchant_key=new_gateway().merchant_pem)
    with bank.client:
        refused = bank.client.payout(payout(bank))
        assert (refused.outcome, refused.canonical, refused.raw.code) == (Outcome.FAILED, "SIGNATURE_INVALID", "1001")
        assert bank.books()["payouts"] == []


def test_over_a_real_port(mock_server: MockServer) -> None:
    config = LianlianConfig.from_directory(mock_server.keys / "lianlian", base_url=mock_server.base_url)
    order = PayoutOrder(
        merchant_order_id="realport01",
        ordered_at=datetime.now(UTC),
        amount=Money(88),
        payee=company("55555555555"),
        remark="货款",
        notify_url=NOTIFY,
    )
    with ChannelClient(open_channel("lianlian", config)) as client:
        prepared = client.prepare(order)
        assert client.payout(prepared).outcome is Outcome.PENDING
        mock_server.control("lianlian/payouts/realport01/complete")
        assert client.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED
        assert client.balance(BalanceQuery()).outcome is Outcome.SUCCEEDED
