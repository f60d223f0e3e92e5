"""CIB's direct connection keeps every promise, by transfer and by 收付直通车."""

from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel
from payment_channels.testing import KitClock
from tests.conformance import cib


class Ends:
    """The fixtures of both classes."""

    @pytest.fixture
    def ends(self, mock_channels: World, mock_channel_keys: Path, clock: KitClock) -> tuple[cib.CibCounterpart, Channel]:
        return cib.opened(mock_channels, mock_channel_keys, clock)

    @pytest.fixture
    def counterpart(self, ends: tuple[cib.CibCounterpart, Channel]) -> cib.CibCounterpart:
        return ends[0]

    @pytest.fixture
    def channel(self, ends: tuple[cib.CibCounterpart, Channel]) -> Channel:
        return ends[1]


class TestCib(Ends, cib.Conformance):
    """By transfer: by the ordinary way and by 超级网银. Batches, balance, statement and notices."""


class TestByAgent(Ends, cib.ByAgent):
    """By 收付直通车."""

    @pytest.fixture
    def counterpart(self, ends: tuple[cib.CibCounterpart, Channel]) -> cib.CibCounterpart:
        ends[0].doors = cib.AGENTS
        return ends[0]
