"""Schedules are data: growing intervals, an end, what a channel asks for, and a user's own file over the package's."""

from pathlib import Path

import pytest

from payment_channels import ConfigurationError
from payment_channels.journal import Schedules, State
from payment_channels.journal.schedules import KINDS, Schedule

SECOND = 1_000_000
PLAN = Schedule(waits=(5, 10, 60), patience=1000, watch=3 * 86_400)


def due(state: State, looks: int, *, now: int = 0, retry_after: int | None = None, heard: bool = True) -> int | None:
    found = PLAN.next_look(state, now=now * SECOND, created=0, looks=looks, retry_after=retry_after, heard=heard)
    return None if found is None else found // SECOND - now


def test_intervals_grow_and_the_last_one_repeats() -> None:
    assert [due(State.UNKNOWN, looks) for looks in range(5)] == [5, 10, 60, 60, 60]


def test_what_the_channel_asked_for_is_later_never_sooner() -> None:
    assert due(State.PENDING, 0, retry_after=30) == 30
    assert due(State.PENDING, 2, retry_after=30) == 60


def test_the_last_look_is_at_the_end_of_patience() -> None:
    assert due(State.UNKNOWN, 9, now=980) == 20
    assert due(State.UNKNOWN, 9, now=5000) == 1
    assert not PLAN.out_of_patience(now=999 * SECOND, created=0)
    assert PLAN.out_of_patience(now=1000 * SECOND, created=0)


def test_a_succeeded_payout_is_watched_once_a_day_and_then_no_more() -> None:
    assert due(State.SUCCEEDED, 3) == 86_400
    assert due(State.SUCCEEDED, 3, now=2 * 86_400 + 1) is None
    for state in (State.FAILED, State.RETURNED, State.REVERSED, State.NOT_SENT):
        assert due(state, 0) is None


def test_a_look_of_the_watch_that_heard_nothing_is_made_again_after_an_hour_for_as_long_again() -> None:
    assert due(State.SUCCEEDED, 3, heard=False) == 3_600
    assert due(State.SUCCEEDED, 3, now=6 * 86_400 - 3_600, heard=False) == 3_600
    assert due(State.SUCCEEDED, 3, now=6 * 86_400 - 3_599, heard=False) is None
    assert due(State.FAILED, 3, heard=False) is None


def test_the_package_s_own_schedules_serve_every_kind() -> None:
    schedules = Schedules.built_in()
    for kind in KINDS:
        assert schedules.of("any channel", kind).patience > 0
    assert schedules.of("wechat", "close") == schedules.of("wechat", "action")
    assert schedules.of("wechat", "payment").resend_after is None


def test_a_file_of_the_user_s_overrides_name_by_name(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[wechat]\nper_second = 20\n[wechat.payout]\nwaits = [7]\n", encoding="utf-8")
    schedules = Schedules.of_file(path)
    own, others = schedules.of("wechat", "payout"), schedules.of("alipay", "payout")
    assert (own.waits, own.per_second, own.patience) == ((7,), 20, others.patience)
    assert (others.waits[0], others.per_second) == (5, 5)


@pytest.mark.parametrize(
    "text",
    [
        "[wechat.payout]\nwait = [7]",
        "[wechat.payout]\nwaits = []",
        "[wechat.payout]\nwaits = [0]",
        "[wechat.payout]\nwaits = [1.5]",
        "[wechat.payout]\npatience = -1",
        "[wechat.payout]\npatience = 1.5",
        "[wechat.payout]\nper_second = 0",
        "[wechat]\nper_second = 0",
        "[wechat.payuot]\nwaits = [7]",
        "wechat = 1",
        "not toml",
    ],
)
def test_a_mistake_in_it_is_named_before_anything_is_asked(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        Schedules.of_file(path)
    with pytest.raises(ConfigurationError):
        Schedules.of_file(tmp_path / "missing.toml")
