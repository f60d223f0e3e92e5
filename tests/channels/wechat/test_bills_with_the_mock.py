"""Bills made from the mock's books, and certificates that it rotates: the circle closes without a file of ours."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from mocks.doors import open_world, transport
from mocks.world import World
from payment_channels import (
    BillQuery,
    BillRowKind,
    BillStatus,
    ChannelClient,
    Money,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    RefundOrder,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.conftest import payment


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    open_world(folder)
    return folder


@pytest.fixture
def world(keys: Path) -> World:
    return open_world(keys)


def client_of(world: World, keys: Path, trust: str = "both") -> ChannelClient:
    config = WechatConfig.from_directory(keys / "wechat", trust=trust)  # type: ignore[arg-type]
    return ChannelClient(open_channel("wechat", config), http=httpx.Client(transport=transport(world)))


def a_days_business(client: ChannelClient, world: World) -> date:
    """Three payments of 1.00 and a refund of 0.40; returns the channel's day."""
    for number in range(3):
        order = payment(merchant_order_id=f"bill-{number:04}", ordered_at=datetime.now(UTC))
        client.pay(order)
        world.channels["wechat"].control("orders", order.merchant_order_id, "pay", {})
    original = OriginalPayment(merchant_order_id="bill-0000", amount=Money(100))
    client.refund(RefundOrder(merchant_refund_id="R1", ordered_at=datetime.now(UTC), amount=Money(40), original=original))
    return world.clock.now().date()


def test_not_ready_then_ready_and_what_was_done(world: World, keys: Path) -> None:
    client = client_of(world, keys)
    day = a_days_business(client, world)
    assert client.bill(BillQuery(day=day, bill_kind="trade")).status is BillStatus.NOT_READY
    world.clock.advance(36 * 3600)
    for compressed in (False, True):
        bill = client.bill(BillQuery(day=day, bill_kind="trade", compressed=compressed))
        assert (bill.status, bill.outcome) == (BillStatus.READY, Outcome.SUCCEEDED)
        told = sorted((row.kind, row.merchant_order_id, row.amount.amount) for row in bill.rows)
        assert told == [
            (BillRowKind.PAYMENT, "bill-0000", 100),
            (BillRowKind.PAYMENT, "bill-0001", 100),
            (BillRowKind.PAYMENT, "bill-0002", 100),
            (BillRowKind.REFUND, "bill-0000", 40),
        ]
        (refund,) = [row for row in bill.rows if row.kind is BillRowKind.REFUND]
        assert (refund.merchant_refund_id, refund.incoming) == ("R1", False)
    for variant, count in (("SUCCESS", 3), ("REFUND", 1)):
        assert len(client.bill(BillQuery(day=day, bill_kind="trade", variant=variant)).rows) == count
    assert client.bill(BillQuery(day=day, bill_kind="fund_flow")).status is BillStatus.READY
    assert client.bill(BillQuery(day=day - timedelta(days=2), bill_kind="trade")).status is BillStatus.EMPTY


@pytest.mark.parametrize("kind", ["lose_reply", "half_body", "garbage", "bad_signature", "unsigned"])
def test_a_bill_that_does_not_arrive_whole_is_never_empty(world: World, keys: Path, kind: str) -> None:
    client = client_of(world, keys)
    day = a_days_business(client, world)
    world.clock.advance(36 * 3600)
    world.faults.add({"kind": kind, "path": "tradebill"})
    assert client.bill(BillQuery(day=day, bill_kind="trade")).status is BillStatus.UNKNOWN
    world.faults.add({"kind": kind, "path": "billdownload"})
    damaged = client.bill(BillQuery(day=day, bill_kind="trade")).status
    assert damaged in {BillStatus.UNKNOWN, BillStatus.INCONSISTENT, BillStatus.READY}
    assert damaged is not BillStatus.READY or kind in {"bad_signature", "unsigned"}, "the file itself carries no signature"


def test_downloaded_certificates_are_enough(world: World, keys: Path) -> None:
    client = client_of(world, keys, trust="download")
    order = payment(merchant_order_id="cert-0001", ordered_at=datetime.now(UTC))
    assert client.pay(order).outcome is Outcome.PENDING
    assert client.query(PaymentQuery.of(order)).outcome is Outcome.PENDING
