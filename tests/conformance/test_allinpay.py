"""Allinpay keeps every promise: VSP signed by RSA, TLT by its certificate."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import allinpay


class TestAllinpay(allinpay.Conformance):
    """Personal and corporate payees, one by one and in batches."""

    @pytest.fixture
    def ends(
        self, mock_channels: World, mock_channel_keys: Path, clock: KitClock
    ) -> tuple[allinpay.AllinpayCounterpart, Channel]:
        return allinpay.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[allinpay.AllinpayCounterpart, Channel]) -> allinpay.AllinpayCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[allinpay.AllinpayCounterpart, Channel]) -> Channel:
        return ends[1]
