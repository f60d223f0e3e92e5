"""Every product of WeChat Pay against the mock: what the payer is given, code payments, transfers, service providers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.doors import open_world, transport
from mocks.world import World
from payment_channels import (
    CancelOrder,
    CancelPayoutOrder,
    ChannelClient,
    CloseOrder,
    Inbound,
    InvokeClient,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    PayoutOrder,
    PayoutQuery,
    Phase,
    Redirect,
    RefundOrder,
    RefundQuery,
    ShowQrCode,
    Verdict,
    Wallet,
    open_channel,
)
from payment_channels.channels.wechat import WechatConfig
from tests.conftest import payment

NUMBERS = iter(f"number{number:06}" for number in range(1_000_000))
CODE = PaymentCode(code="134567890123456789")
SCENE = {
    "transfer_scene_id": "1000",
    "transfer_scene_report_infos": [
        {"info_type": "活动名称", "info_content": "新会员有礼"},
        {"info_type": "奖励说明", "info_content": "注册会员抽奖一等奖"},
    ],
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    open_world(folder)
    return folder


@pytest.fixture
def world(keys: Path) -> World:
    return open_world(keys)


def client_of(world: World, keys: Path, now: timedelta = timedelta(), **changes: Any) -> ChannelClient:
    config = WechatConfig.from_directory(keys / "wechat").model_copy(update=changes)
    channel = open_channel("wechat", config, clock=lambda: datetime.now(UTC) + now)
    return ChannelClient(channel, http=httpx.Client(transport=transport(world)))


@pytest.fixture
def client(world: World, keys: Path) -> ChannelClient:
    return client_of(world, keys)


def order(product: str, **changes: Any) -> PaymentOrder:
    fields = {"merchant_order_id": next(NUMBERS), "ordered_at": datetime.now(UTC), "product": product}
    return payment(**{**fields, **changes})


def act(world: World, things: str, number: str, verb: str, **options: Any) -> None:
    world.channels["wechat"].control(things, number, verb, options)


PREPAY = [
    ("native", {}, ShowQrCode),
    ("jsapi", {"payer": Wallet(wallet_id="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")}, InvokeClient),
    ("app", {}, InvokeClient),
    ("h5", {"payer_ip": "14.23.150.211"}, Redirect),
]


@pytest.mark.parametrize(("product", "more", "action"), PREPAY)
def test_prepaid_products(client: ChannelClient, world: World, product: str, more: dict[str, Any], action: type) -> None:
    asked = order(product, **more)
    created = client.pay(asked)
    assert (created.outcome, type(created.payer_action)) == (Outcome.PENDING, action)
    act(world, "orders", asked.merchant_order_id, "pay")
    assert client.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(("product", "more", "action"), PREPAY)
def test_a_service_providers_whole_order(world: World, keys: Path, product: str, more: dict[str, Any], action: type) -> None:
    client = client_of(world, keys, service_provider=True)
    asked = order(product, sub_merchant="1900000109", **more)
    created = client.pay(asked)
    assert (created.outcome, type(created.payer_action)) == (Outcome.PENDING, action), created
    act(world, "orders", asked.merchant_order_id, "pay")
    assert client.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    original = OriginalPayment(merchant_order_id=asked.merchant_order_id, amount=asked.amount)
    number = f"R{asked.merchant_order_id}"
    refund = RefundOrder(
        merchant_refund_id=number, ordered_at=datetime.now(UTC), amount=Money(40), original=original, sub_merchant="1900000109"
    )
    assert client.refund(refund).outcome in {Outcome.PENDING, Outcome.SUCCEEDED}
    assert client.query_refund(RefundQuery.of(refund)).outcome is Outcome.SUCCEEDED
    other = order(product, sub_merchant="1900000109", **more)
    client.pay(other)
    assert (
        client.close(CloseOrder(merchant_order_id=other.merchant_order_id, sub_merchant="1900000109")).outcome
        is Outcome.SUCCEEDED
    )


def code_order(product: str, **changes: Any) -> PaymentOrder:
    more: dict[str, Any] = {"payer": CODE, "notify_url": None, "payer_ip": "14.23.150.211"}
    if product == "codepay":
        more["store_id"] = "S1"
    return order(product, **{**more, **changes})


@pytest.mark.parametrize("product", ["micropay", "codepay"])
def test_payment_codes(client: ChannelClient, world: World, keys: Path, product: str) -> None:
    asked = code_order(product)
    paid = client.pay(asked)
    if paid.outcome is Outcome.PENDING:
        assert paid.canonical == "PAYER_AUTHENTICATING"
        act(world, "orders", asked.merchant_order_id, "pay")
    found = client.query(PaymentQuery.of(asked))
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(100))
    original = OriginalPayment(
        merchant_order_id=asked.merchant_order_id, amount=asked.amount, product=product, ordered_at=asked.ordered_at
    )
    world.clock.advance(20)
    later = client_of(world, keys, now=timedelta(seconds=20))
    undone = later.cancel(CancelOrder(ordered_at=datetime.now(UTC), original=original))
    assert undone.outcome is Outcome.REVERSED, undone
    assert client.query(PaymentQuery.of(asked)).outcome is Outcome.REVERSED


def payout(**changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": f"P{next(NUMBERS)}",
        "ordered_at": datetime.now(UTC),
        "amount": Money(888),
        "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
        "remark": "新会员有礼",
        "channel_fields": SCENE,
    }
    return PayoutOrder(**{**fields, **changes})


def test_a_transfer_is_confirmed_or_fails_or_is_withdrawn(client: ChannelClient, world: World) -> None:
    confirmed, failed, withdrawn = payout(), payout(), payout()
    for asked in (confirmed, failed, withdrawn):
        created = client.payout(asked)
        assert (created.outcome, created.phase) == (Outcome.PENDING, Phase.AWAITING_CONFIRMATION), created
        assert isinstance(created.payee_action, InvokeClient)
    act(world, "transfers", confirmed.merchant_order_id, "confirm")
    done = client.query_payout(PayoutQuery.of(confirmed))
    assert (done.outcome, done.amounts.order) == (Outcome.SUCCEEDED, Money(888))
    act(world, "transfers", failed.merchant_order_id, "fail")
    assert client.query_payout(PayoutQuery.of(failed)).outcome is Outcome.FAILED
    cancelling = client.cancel_payout(CancelPayoutOrder(merchant_order_id=withdrawn.merchant_order_id, amount=Money(888)))
    assert cancelling.outcome in {Outcome.PENDING, Outcome.FAILED}


def test_a_sealed_name_is_opened_by_the_mock(client: ChannelClient) -> None:
    asked = payout(amount=Money(200_000), payee=Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy", name="张三"))
    assert client.payout(asked).outcome is Outcome.PENDING


@pytest.mark.parametrize("kind", ["lose_reply", "reset", "half_body", "garbage", "bad_signature", "unsigned"])
def test_a_payout_whose_reply_is_damaged_is_unknown_and_a_query_tells(client: ChannelClient, world: World, kind: str) -> None:
    asked = payout()
    world.faults.add({"kind": kind, "path": "/transfer-bills", "method": "POST"})
    first = client.payout(asked)
    assert (first.outcome, first.new_id_allowed) == (Outcome.UNKNOWN, False)
    act(world, "transfers", asked.merchant_order_id, "confirm")
    assert client.query_payout(PayoutQuery.of(asked)).outcome is Outcome.SUCCEEDED


def test_the_same_transfer_again_pays_once(client: ChannelClient, world: World) -> None:
    asked = payout()
    client.payout(asked)
    again = client.payout(asked)
    assert again.outcome is Outcome.PENDING
    other = client.payout(asked.model_copy(update={"amount": Money(889)}))
    assert other.outcome is Outcome.UNKNOWN
    booked = [one for one in world.books()["wechat"]["transfers"] if one["out_bill_no"] == asked.merchant_order_id]
    assert len(booked) == 1


def test_a_notification_of_the_mock_is_believed_once_and_its_forgery_never(client: ChannelClient, world: World) -> None:
    posted: list[tuple[dict[str, str], bytes]] = []

    def take(_url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        posted.append((headers, body))
        return 200, ""

    world._post = take
    asked = order("native", notify_url="http://127.0.0.1:9/notify")
    client.pay(asked)
    act(world, "orders", asked.merchant_order_id, "pay")
    world.deliver()
    ((headers, body),) = posted
    notice = client.read_notification(Inbound(body=body, headers=headers))
    assert notice.verdict is Verdict.ACCEPTED
    assert notice.events[0].against(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    assert client.read_notification(Inbound(body=body, headers=headers)).verdict is Verdict.REPEATED
    assert client.read_notification(Inbound(body=body + b" ", headers=headers)).verdict is Verdict.REFUSED
