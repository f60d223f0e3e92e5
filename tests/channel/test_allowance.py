"""An allowance is used up, comes back with time, and one purpose takes nothing from another."""

from datetime import UTC, datetime, timedelta

from payment_channels.channel.allowance import Allowance

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_it_is_used_up_and_comes_back() -> None:
    allowance = Allowance(2, MINUTE)
    assert [allowance.take("reply", NOW + timedelta(seconds=second)) for second in (0, 30, 59)] == [True, True, False]
    assert allowance.take("reply", NOW + MINUTE)  # the first is a minute old
    assert not allowance.take("reply", NOW + MINUTE)
    assert allowance.take("reply", NOW + timedelta(seconds=90))


def test_one_purpose_takes_nothing_from_another() -> None:
    allowance = Allowance(1, MINUTE)
    assert allowance.take("notification", NOW)
    assert not allowance.take("notification", NOW)
    assert allowance.take("reply", NOW)
