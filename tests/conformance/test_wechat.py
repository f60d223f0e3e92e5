"""WeChat Pay keeps every promise."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import wechat


class TestWechat(wechat.Conformance):
    """Merchant mode, both kinds of platform key installed."""

    @pytest.fixture
    def ends(self, mock_channels: World, mock_channel_keys: Path, clock: KitClock) -> tuple[wechat.WechatCounterpart, Channel]:
        return wechat.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[wechat.WechatCounterpart, Channel]) -> wechat.WechatCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[wechat.WechatCounterpart, Channel]) -> Channel:
        return ends[1]
