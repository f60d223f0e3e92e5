"""LianLian keeps every promise."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import lianlian


class TestLianlian(lianlian.Conformance):
    """Signed by RSA over MD5; persons and companies by the same order."""

    @pytest.fixture
    def ends(
        self, mock_channels: World, mock_channel_keys: Path, clock: KitClock
    ) -> tuple[lianlian.LianlianCounterpart, Channel]:
        return lianlian.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[lianlian.LianlianCounterpart, Channel]) -> lianlian.LianlianCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[lianlian.LianlianCounterpart, Channel]) -> Channel:
        return ends[1]
