"""How a core tests against the mocks, over a real port and within the process: the mock's manual shows this file as it stands."""

from datetime import UTC, datetime
from pathlib import Path

import httpx

from mocks import doors
from mocks.process import MockServer
from mocks.world import World
from payment_channels import ChannelClient, Money, Outcome, PaymentOrder, PaymentQuery, open_channel
from payment_channels.channels.wechat import WechatConfig


def order() -> PaymentOrder:
    return PaymentOrder(
        merchant_order_id=datetime.now(UTC).strftime("test%y%m%d%H%M%S%f"),
        ordered_at=datetime.now(UTC),
        amount=Money(1280),
        product="native",
        subject="a pot of tea",
        notify_url="https://shop.example/notify",
    )


def test_a_lost_reply_over_a_real_port(mock_server: MockServer) -> None:
    config = WechatConfig.from_directory(mock_server.keys / "wechat", base_url=mock_server.base_url)
    with ChannelClient(open_channel("wechat", config)) as client:
        asked = order()
        prepared = client.prepare(asked)
        mock_server.control("faults", {"kind": "lose_reply", "path": "/native"})
        assert client.pay(prepared).outcome is Outcome.UNKNOWN
        mock_server.control(f"wechat/orders/{asked.merchant_order_id}/pay")
        assert client.query(PaymentQuery.of(prepared)).outcome is Outcome.SUCCEEDED
        assert len(mock_server.control("books", method="GET")["wechat"]["orders"]) == 1


def test_a_payment_within_the_process(mock_channels: World, mock_channel_keys: Path) -> None:
    config = WechatConfig.from_directory(mock_channel_keys / "wechat", base_url="https://mocks.test")
    with httpx.Client(transport=doors.transport(mock_channels)) as http:
        client = ChannelClient(open_channel("wechat", config), http=http)
        asked = order()
        prepared = client.prepare(asked)
        assert client.pay(prepared).outcome is Outcome.PENDING
        paid = http.post(f"https://mocks.test/_mock/wechat/orders/{asked.merchant_order_id}/pay")
        assert paid.is_success
        assert client.query(PaymentQuery.of(prepared)).outcome is Outcome.SUCCEEDED
