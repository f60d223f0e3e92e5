"""Alipay keeps every promise."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import alipay


class TestAlipay(alipay.Conformance):
    """Certificate mode."""

    @pytest.fixture
    def ends(self, mock_channels: World, mock_channel_keys: Path, clock: KitClock) -> tuple[alipay.AlipayCounterpart, Channel]:
        return alipay.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[alipay.AlipayCounterpart, Channel]) -> alipay.AlipayCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[alipay.AlipayCounterpart, Channel]) -> Channel:
        return ends[1]
