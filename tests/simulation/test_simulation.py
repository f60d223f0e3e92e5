"""A merchant's days on three channels with faults everywhere: intents, journal and books agree at the end, whatever the seed."""

from pathlib import Path

import pytest

from tests.simulation.report import SIZES, command, tell
from tests.simulation.story import Size

TINY = Size(payments=8, payouts=8, refunds=4, notifications=60)
CALM = Size(payments=6, payouts=6, refunds=3, notifications=30, rate=0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_intents_journal_and_books_agree(mock_channel_keys: Path, seed: int) -> None:
    found = tell(seed, TINY, mock_channel_keys)
    lines = "\n".join(found.wrong)
    assert not found.wrong, f"seed {seed}; at this size: tell({seed}, TINY, keys); larger: {command(seed, 'small')}\n{lines}"
    assert found.faults.total() > 10
    assert found.conflicts == 0


def test_a_seed_reproduces_everything_that_happened(mock_channel_keys: Path) -> None:
    first, again = (tell(7, TINY, mock_channel_keys) for _ in range(2))
    assert first.digest == again.digest
    assert first.faults == again.faults


def test_without_faults_nothing_is_left_to_people_but_what_a_bank_holds_back(mock_channel_keys: Path) -> None:
    found = tell(11, CALM, mock_channel_keys)
    assert (found.wrong, found.faults.total()) == ([], 0)
    assert not [why for why in found.manual if not why.startswith("unionpay payout")]


def test_the_sizes_are_those_that_were_promised() -> None:
    size, seeds = SIZES["full"]
    promised = (10_000, 10_000, 5_000, 100_000)
    assert (size.payments * seeds, size.payouts * seeds, size.refunds * seeds, size.notifications * seeds) == promised
    assert (size.rate, seeds) == (0.3, 20)
