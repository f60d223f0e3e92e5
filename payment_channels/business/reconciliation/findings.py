"""One difference with the evidence of both sides, before it is a case: typed facts, and where each of them stands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from payment_channels.business.calendar import business_day
from payment_channels.business.reconciliation.classes import GRAVEST, Difference
from payment_channels.business.reconciliation.policy import AccountTerms
from payment_channels.journal.records import moment

Side = Mapping[str, Any]
"""A row of a bill or an order of the journal, by the names that ``staging`` gives its columns."""
AMOUNT, STATUS, FEE, CHANNEL_ONLY, LOCAL_ONLY, CUT_OFF, TWICE, BILLED = (1 << number for number in range(8))
"""What is wrong with a pair, as bits: several may be. TWICE: other rows speak of the same order, and one of them is the first.

BILLED: another day's bill has the order already, so that no row of this one is the first.
"""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A pair, or one side alone, that does not simply agree. ``facts`` are the bits above, ``order`` is the journal's own id."""

    facts: int
    order: int | None
    bill: Side | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A row of this bill about an order of another day."""

    kind: str
    number: str
    order_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. ``kind`` and ``number`` say whose; ``ordinal`` tells apart what the same number has more than once."""

    day: date
    kind: str
    number: str
    ordinal: int = 0
    facts: frozenset[Difference]
    bill: Side | None = None
    order: Side | None = None
    expected_fee: int | None = None
    note: str = ""

    @property
    def difference(self) -> Difference:
        """The class of its case: the gravest of its facts."""
        return next(one for one in (*GRAVEST, *self.facts) if one in self.facts)

    @property
    def currency(self) -> str:
        """The currency of its amounts; the bill's where the sides differ."""
        side = self.bill or self.order
        return str(side["currency"]) if side is not None else "CNY"

    @property
    def evidence(self) -> str:
        """Both sides as JSON: what the bill's row says and its line there, and what the journal said when it was compared."""
        told: dict[str, Any] = {}
        if self.bill is not None:
            told["bill"] = _shown(self.bill)
        if self.order is not None:
            told["journal"] = _shown(self.order)
        if self.note:
            told["note"] = self.note
        return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _shown(side: Side) -> dict[str, Any]:
    return {name: _told(name, value) for name, value in side.items() if value is not None}


def _told(name: str, value: Any) -> Any:
    if name in {"at", "created_at", "changed_at"}:
        when = moment(value)
        return when.isoformat() if isinstance(when, datetime) else None
    return bool(value) if name == "conflict" else value


def number_of(bill: Side) -> str:
    """Return by which number a row is spoken of: the core's, else the channel's, else its line."""
    own = bill["merchant_order_id"]
    if bill["kind"] in {"refund", "reversal"}:
        own = bill["merchant_refund_id"] or own
    return str(own or bill["channel_refund_id"] or bill["channel_order_id"] or f"line {bill['line']}")


def order_day(order: Side, terms: AccountTerms) -> date:
    """Return the channel's day that an order was written down in."""
    when = moment(int(order["created_at"]))
    assert when is not None  # noqa: S101  the column is never null
    return business_day(when, terms.cut_off)
