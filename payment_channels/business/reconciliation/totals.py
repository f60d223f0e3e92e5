"""Totals: what a bill's rows and the journal's orders add up to, and the channel's own summary that the rows must agree with.

The adapters compare a bill that they fetch with its own summary, and call it ``inconsistent``; a summary given here is for files
and rows of other origin, and is compared in the same way: a bill that contradicts its summary is not used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Strict

from payment_channels.model.bills import BillRowKind
from payment_channels.model.record import Record


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows of a kind and currency a side has, and what they add up to, in minor units.

    ``side`` is ``bill`` (all rows) or ``journal`` (the orders that the bill must not leave out). ``net`` is what came in less
    what went out; ``fee`` has the sign that the file gives it. The journal knows neither.
    """

    side: str
    kind: str
    currency: str
    count: int
    amount: int
    net: int = 0
    fee: int = 0


class SummaryLine(Record):
    """One line of the channel's summary: of one kind, or of all rows. What it does not say is None. Minor units."""

    kind: BillRowKind | None = None
    currency: str = "CNY"
    count: Annotated[int, Strict()] | None = None
    amount: Annotated[int, Strict()] | None = None
    fee: Annotated[int, Strict()] | None = None


def contradictions(totals: Iterable[Sum], summary: Sequence[SummaryLine]) -> list[str]:
    """Say where the rows of a bill do not add up to its summary."""
    rows = [one for one in totals if one.side == "bill"]
    found = []
    for line in summary:
        meant = [one for one in rows if one.currency == line.currency and line.kind in {None, one.kind}]
        for name in ("count", "amount", "fee"):
            told, added = getattr(line, name), sum(getattr(one, name) for one in meant)
            if told is not None and told != added:
                found.append(f"{line.kind or 'all'} {line.currency} {name}: rows {added}, summary {told}")
    return found
