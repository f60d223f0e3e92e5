"""CIB's direct connection keeps every promise, by transfer and by 收付直通车."""

from dataclasses import replace
from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import Channel, Inbound, Prepared
from payment_channels.channel import Authenticity, Exchange, Notice, Reading
from payment_channels.channels.cib import Cib
from payment_channels.testing import COLOURS, Caller, KitClock, PromiseBrokenError
from tests.conformance import cib


class Credulous(Cib):
    """Calls a notice verified that nobody has signed."""

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        notice = yield from super().read_notification(inbound)
        events = (replace(event, reading=replace(event.reading, authenticity=Authenticity.VERIFIED)) for event in notice.events)
        return replace(notice, events=tuple(events))


def test_the_kit_notices_an_unsigned_notice_that_is_believed(mock_channels: World, mock_channel_keys: Path) -> None:
    counterpart, good = cib.opened(mock_channels, mock_channel_keys, KitClock())
    assert isinstance(good, Cib)
    channel = Credulous(good.config)
    caller = Caller.to(counterpart, channel, COLOURS[0])
    with pytest.raises(PromiseBrokenError, match="FORGERY"):
        cib.Conformance().test_an_unsigned_notification_settles_nothing(channel, caller, counterpart)


class Blind(Cib):
    """Takes a stored result for its own, whoever was paid: only the payee gives it away."""

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        reading = yield from super().payout(prepared)
        return replace(reading, foreign="")


def test_the_kit_notices_a_payout_that_paid_somebody_else(mock_channels: World, mock_channel_keys: Path) -> None:
    counterpart, good = cib.opened(mock_channels, mock_channel_keys, KitClock())
    assert isinstance(good, Cib)
    channel = Blind(good.config)
    caller = Caller.to(counterpart, channel, COLOURS[0])
    with pytest.raises(PromiseBrokenError, match=r"OTHER_CONTENT.*another payee was called paid"):
        cib.Conformance().test_another_payee_under_the_same_payout_id(channel, caller, counterpart)


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


class TestByFast(Ends, cib.ByFast):
    """By 快速转账."""

    @pytest.fixture
    def counterpart(self, ends: tuple[cib.CibCounterpart, Channel]) -> cib.CibCounterpart:
        ends[0].doors = cib.FASTS
        return ends[0]


class TestByAgent(Ends, cib.ByAgent):
    """By 收付直通车."""

    @pytest.fixture
    def counterpart(self, ends: tuple[cib.CibCounterpart, Channel]) -> cib.CibCounterpart:
        ends[0].doors = cib.AGENTS
        return ends[0]
