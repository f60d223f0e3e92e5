"""UnionPay keeps every promise."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import unionpay


class TestUnionpay(unionpay.Conformance):
    """Signed by RSA, believed by certificate."""

    @pytest.fixture
    def ends(
        self, mock_channels: World, mock_channel_keys: Path, clock: KitClock
    ) -> tuple[unionpay.UnionpayCounterpart, Channel]:
        return unionpay.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[unionpay.UnionpayCounterpart, Channel]) -> unionpay.UnionpayCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[unionpay.UnionpayCounterpart, Channel]) -> Channel:
        return ends[1]
