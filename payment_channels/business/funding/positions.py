"""Where an order's money belongs, given what is known of the order: a pure function, from which every posting follows.

What is posted is the difference between where the money is and where it belongs. So whatever comes in whatever order, and twice,
and against what came before, the books end where the journal's last word has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from payment_channels.business.funding.books import Books
from payment_channels.business.funding.policy import Mode
from payment_channels.business.funding.reservations import Reservation
from payment_channels.journal.folding import State

CAME_BACK = frozenset({State.RETURNED, State.REVERSED})
ENDED_WITHOUT = frozenset({State.FAILED.value, *(state.value for state in CAME_BACK)})
"""Ends that leave the money in the channel account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is known of one payout: where it stands, the fee that the channel told, and of a return what came back of it.

    ``fee_kept`` is None where nobody said so: then nothing is taken back that may not have come. ``conflict``: two sources said
    opposite things of it, and what was seen to move stays where it was seen until people decide.
    """

    amount: int
    state: State
    fee: int | None = None
    back: int | None = None
    fee_kept: bool | None = None
    conflict: bool = False


def held(reservation: Reservation) -> Books:
    """Return where the money of an order is whose end is not known: held, whatever else is the case."""
    needed, given = reservation.needed, reservation.from_residual
    return Books(available=given - needed, residual=-given, reserved=needed)


def belongs(reservation: Reservation, facts: Sequence[Fact]) -> Books:
    """Return where an order's money belongs; of a batch each line has a fact of its own."""
    where = held(reservation)
    for fact in facts:
        where += _freed(reservation, fact)
    if reservation.mode is Mode.INSTRUCTION_FIRST:
        # Nothing was paid in for what failed: it goes back as it came, to the credit first and what is left to the residual.
        failed = sum(fact.amount for fact in facts if fact.state is State.FAILED)
        where += Books(residual=-failed, available=failed)
    more = max(0, where.available)  # an order gives back no more than it took: what a residual gave is a residual again
    return where + Books(available=-more, residual=more)


def _freed(reservation: Reservation, fact: Fact) -> Books:
    """Return how one payout's end moves what was held for it."""
    expected = reservation.fee or 0
    if fact.state is State.FAILED:
        return Books(reserved=-fact.amount - expected, residual=fact.amount, available=expected)
    if fact.state is not State.SUCCEEDED and fact.state not in CAME_BACK:
        return Books()
    # Where fees are billed apart, none leaves the account, whatever the channel says that it costs.
    taken = 0 if reservation.fee is None else expected if fact.fee is None else fact.fee
    paid = Books(reserved=-fact.amount - expected, spent=fact.amount, fees=taken, available=expected - taken)
    return paid + _came_back(fact, taken) if fact.state in CAME_BACK else paid


def _came_back(fact: Fact, taken: int) -> Books:
    """A return less what the channel kept of it; a reversal (冲账) undoes the payout and its fee."""
    undone = fact.state is State.REVERSED
    back = fact.amount if undone or fact.back is None else min(fact.back, fact.amount)
    given_back = taken if undone or fact.fee_kept is False else 0
    return Books(returned=-fact.amount, residual=back + given_back, fees=fact.amount - back - given_back)
