"""Adapter and mock, written apart, meet: every signature, payouts through their whole life, batches, bills, and a real port."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.doors import transport
from mocks.process import MockServer
from mocks.world import World
from payment_channels import (
    BillQuery,
    ChannelClient,
    Inbound,
    Money,
    Outcome,
    PaymentOrder,
    PaymentQuery,
    PayoutBatchOrder,
    PayoutBatchQuery,
    PayoutOrder,
    PayoutQuery,
    Verdict,
    open_channel,
)
from payment_channels.channels.allinpay import AllinpayConfig
from payment_channels.channels.allinpay.config import SignType
from payment_channels.model.bills import BillStatus
from tests.channels.allinpay.conftest import COMPANY, PERSON

NUMBERS = iter(f"order{number:06}" for number in range(1_000_000))
LOCAL, NOTIFY = "http://127.0.0.1:8700", "http://127.0.0.1:9/notify"
MINUTE, A_DAY = 60, 24 * 3600


class Shop:
    """A client, and the world it leads to."""

    def __init__(self, world: World, keys: Path, sign_type: SignType = "RSA") -> None:
        self.world = world
        self.posted: list[Inbound] = []
        world._post = self._take
        config = AllinpayConfig.from_directory(keys / "allinpay", base_url=LOCAL, sign_type=sign_type)
        channel = open_channel("allinpay", config, clock=world.clock.now)
        self.client = ChannelClient(channel, http=httpx.Client(transport=transport(world)))

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self.posted.append(Inbound(body=body, headers=headers))
        return 200, "success"

    def control(self, things: str, number: str, verb: str, **options: Any) -> Any:
        return self.world.channels["allinpay"].control(things, number, verb, options)

    def passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.tick()

    def payment(self, **changes: Any) -> PaymentOrder:
        fields: dict[str, Any] = {
            "merchant_order_id": next(NUMBERS),
            "ordered_at": self.world.clock.now(),
            "amount": Money(1234),
            "product": "wechat_native",
            "subject": "一壶茶",
            "notify_url": NOTIFY,
        }
        return PaymentOrder(**{**fields, **changes})

    def payout(self, **changes: Any) -> PayoutOrder:
        fields: dict[str, Any] = {
            "merchant_order_id": next(NUMBERS),
            "ordered_at": self.world.clock.now(),
            "amount": Money(888),
            "payee": PERSON,
        }
        return PayoutOrder(**{**fields, **changes})


@pytest.fixture
def shop(mock_channels: World, mock_channel_keys: Path) -> Shop:
    return Shop(mock_channels, mock_channel_keys)


@pytest.mark.parametrize("sign_type", ["MD5", "RSA", "SM2"])
def test_every_signature_is_understood_by_both_ends(mock_channels: World, mock_channel_keys: Path, sign_type: SignType) -> None:
    shop = Shop(mock_channels, mock_channel_keys, sign_type)
    order = shop.payment(attach="附言")
    assert shop.client.pay(order).outcome is Outcome.PENDING
    shop.control("orders", order.merchant_order_id, "pay")
    shop.world.deliver()
    (posted,) = shop.posted
    notice = shop.client.read_notification(posted)
    found = shop.client.query(PaymentQuery.of(order))
    assert (notice.verdict, notice.events[0].against(PaymentQuery.of(order)).outcome) == (Verdict.ACCEPTED, Outcome.SUCCEEDED)
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(1234))


def test_an_order_that_nobody_paid_in_time(shop: Shop) -> None:
    prepared = shop.client.prepare(shop.payment())
    shop.client.pay(prepared)
    assert shop.client.query(PaymentQuery.of(prepared)).outcome is Outcome.PENDING
    shop.passes(6 * MINUTE + 1)
    late = shop.client.query(PaymentQuery.of(prepared))
    assert (late.outcome, late.canonical, late.new_id_allowed) == (Outcome.FAILED, "PAYMENT_CLOSED_UNPAID", True)


@pytest.mark.parametrize(
    ("wish", "told", "found"),
    [
        ("MOCK:3031", Outcome.FAILED, Outcome.FAILED),
        ("MOCK:3999", Outcome.UNKNOWN, Outcome.FAILED),
        ("MOCK:4000", Outcome.PENDING, Outcome.PENDING),
        ("MOCK:0014", Outcome.PENDING, Outcome.PENDING),
        ("MOCK:2000", Outcome.PENDING, Outcome.PENDING),
        ("MOCK:2008", Outcome.UNKNOWN, Outcome.UNKNOWN),
        ("MOCK:DONE:2008", Outcome.UNKNOWN, Outcome.SUCCEEDED),
        ("MOCK:DONE:0003", Outcome.UNKNOWN, Outcome.SUCCEEDED),
        ("MOCK:query:1000", Outcome.PENDING, Outcome.UNKNOWN),
        ("MOCK:query:1001", Outcome.PENDING, Outcome.UNKNOWN),
        ("MOCK:1105", Outcome.FAILED, Outcome.UNKNOWN),
        ("MOCK:1000", Outcome.UNKNOWN, Outcome.UNKNOWN),
    ],
)
def test_what_a_payout_comes_to(shop: Shop, wish: str, told: Outcome, found: Outcome) -> None:
    order = shop.payout(remark=wish)
    prepared = shop.client.prepare(order)
    assert shop.client.payout(prepared).outcome is told
    assert shop.client.query_payout(PayoutQuery.of(prepared)).outcome is found


def test_a_payout_that_was_in_between_arrives(shop: Shop) -> None:
    order = shop.payout(remark="MOCK:2007", payee=COMPANY)
    shop.client.payout(order)
    shop.passes(6 * MINUTE)
    assert shop.client.query_payout(PayoutQuery.of(order)).outcome is Outcome.SUCCEEDED


def test_a_number_that_was_used_moves_nothing_and_fails_nothing(shop: Shop) -> None:
    order = shop.payout()
    shop.client.payout(order)
    again, other = shop.client.payout(order), shop.client.payout(order.model_copy(update={"amount": Money(889)}))
    assert (again.outcome, other.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert [one["AMOUNT"] for one in shop.world.books()["allinpay"]["payouts"]] == [888]


def test_a_batch_through_its_day(shop: Shop) -> None:
    lines = (shop.payout(), shop.payout(payee=COMPANY, remark="MOCK:3031"), shop.payout(remark="MOCK:HOLD:0014"))
    batch = PayoutBatchOrder(merchant_batch_id=next(NUMBERS), ordered_at=shop.world.clock.now(), lines=lines)
    prepared = shop.client.prepare(batch)
    sent = shop.client.payout_batch(prepared)
    assert [line.outcome for line in sent.lines] == [Outcome.PENDING] * 3
    soon = shop.client.query_payout_batch(PayoutBatchQuery.of(prepared))
    assert [line.outcome for line in soon.lines] == [Outcome.PENDING] * 3
    shop.passes(21 * MINUTE)
    late = shop.client.query_payout_batch(PayoutBatchQuery.of(prepared))
    assert [line.outcome for line in late.lines] == [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PENDING]
    assert [line.new_id_allowed for line in late.lines] == [False, True, False]
    assert {line.raw.where for line in late.lines} == {"detail.RET_CODE"}


def test_a_batch_that_was_rejected_whole(shop: Shop) -> None:
    lines = (shop.payout(), shop.payout(payee=COMPANY))
    batch = PayoutBatchOrder(merchant_batch_id=next(NUMBERS), ordered_at=shop.world.clock.now(), lines=lines)
    shop.client.payout_batch(batch)
    shop.control("batches", batch.merchant_batch_id, "reject", code="2004")
    told = shop.client.query_payout_batch(PayoutBatchQuery.of(batch))
    assert [told.outcome, *(line.outcome for line in told.lines)] == [Outcome.FAILED] * 3


def test_a_bill_is_there_after_six_of_the_next_day(shop: Shop) -> None:
    order = shop.payment()
    shop.client.pay(order)
    shop.control("orders", order.merchant_order_id, "pay")
    today = shop.world.clock.now().date()
    asked = BillQuery(day=today, bill_kind="trade")
    assert shop.client.bill(asked).status is BillStatus.NOT_READY
    shop.passes(A_DAY + 7 * 3600)
    bill = shop.client.bill(asked)
    assert [(row.merchant_order_id, row.amount) for row in bill.rows] == [(order.merchant_order_id, Money(1234))]


def test_over_a_real_port(mock_server: MockServer) -> None:
    config = AllinpayConfig.from_directory(mock_server.keys / "allinpay", base_url=mock_server.base_url)
    with ChannelClient(open_channel("allinpay", config)) as client:
        order = PayoutOrder(
            merchant_order_id=f"port{next(NUMBERS)}", ordered_at=datetime.now(UTC), amount=Money(1), payee=COMPANY
        )
        assert client.payout(order).outcome is Outcome.PENDING
        assert client.query_payout(PayoutQuery.of(order)).outcome is Outcome.SUCCEEDED
