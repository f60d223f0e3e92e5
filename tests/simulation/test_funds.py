"""Funding while everything goes wrong and processes die: postings balance to the fen and agree with the channels' books."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payment_channels.business.funding import following, funding
from payment_channels.business.funding.facts import Told, told_of
from payment_channels.journal import State
from tests.simulation.funds import Found, tell

OPEN = frozenset({State.UNKNOWN, State.PENDING})


@pytest.mark.parametrize("seed", [1001, 1003])
def test_the_postings_balance_and_agree_with_the_channels_books(mock_channel_keys: Path, seed: int) -> None:
    found = tell(seed, "tiny", mock_channel_keys)
    assert found.wrong == []
    assert found.deaths.total() > 5
    assert {"paid_in", "reserved", "spent", "failed", "returned", "taken_out"} <= found.kinds.keys()


def _as(told: Told | None, believed: Callable[[State], State]) -> Told | None:
    if told is None or told.state is State.NOT_SENT:
        return told
    facts = [replace(fact, state=believed(fact.state)) for fact in told.facts]
    return replace(told, state=believed(told.state), facts=facts)


@pytest.mark.parametrize(
    ("believed", "rule"),
    [
        (lambda state: State.FAILED if state is State.UNKNOWN else state, "seen_on_the_way"),
        (lambda state: State.SUCCEEDED if state is State.RETURNED else state, "funds_and_books_agree"),
        (lambda state: State.UNKNOWN if state is State.FAILED else state, "funds_and_books_agree"),
        (lambda state: State.FAILED if state in OPEN else state, "seen_on_the_way"),
    ],
)
def test_a_belief_that_is_wrong_is_found_out(
    mock_channel_keys: Path, monkeypatch: pytest.MonkeyPatch, believed: Callable[[State], State], rule: str
) -> None:
    monkeypatch.setattr(following, "told_of", lambda *asked: _as(told_of(*asked), believed))
    assert rule in _broken(tell(1001, "tiny", mock_channel_keys))


@pytest.mark.parametrize(
    ("room", "name", "instead", "rule"),
    [
        (funding, "behind", lambda *_: [], "nothing_is_left_to_follow"),
        (funding, "suffices", lambda *_: None, "money_is_conserved"),
        (following, "post", lambda *_: None, "the_books_balance"),
    ],
)
def test_a_step_that_is_left_out_is_found_out(
    mock_channel_keys: Path, monkeypatch: pytest.MonkeyPatch, room: Any, name: str, instead: Any, rule: str
) -> None:
    monkeypatch.setattr(room, name, instead)
    assert rule in _broken(tell(1001, "tiny", mock_channel_keys))


def _broken(found: Found) -> set[str]:
    return {line.partition(":")[0] for line in found.wrong}
