"""What meets no order of its day: looked for in the whole journal, by both numbers and in other accounts, and judged by fact.

It may be an order of another day (about the cut-off, or a payer who took his time), a cancellation that has no row of its own in
the journal, another account's, or nobody's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.findings import (
    AMOUNT,
    CHANNEL_ONLY,
    CUT_OFF,
    DUPLICATE,
    FEE,
    LOCAL_ONLY,
    STATUS,
    Elsewhere,
    Finding,
    Side,
    Suspect,
    number_of,
    order_day,
)
from payment_channels.business.reconciliation.policy import AccountTerms
from payment_channels.business.reconciliation.staging import ORDER_COLUMNS
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

_FACTS = {
    AMOUNT: Difference.AMOUNT,
    STATUS: Difference.STATUS,
    FEE: Difference.FEE,
    LOCAL_ONLY: Difference.LOCAL_ONLY,
    CUT_OFF: Difference.PENDING_CUTOFF,
    DUPLICATE: Difference.DUPLICATE,
}
_MOVED = {"payment": {"succeeded", "reversed"}, "refund": {"succeeded"}, "payout": {"succeeded", "returned"}}
_ABOUT = {"payment": ("payment",), "refund": ("refund", "cancel"), "payout": ("payout",), "return": ("payout",)}
_ABOUT |= {"reversal": ("cancel", "payment"), "other": ("payment", "refund", "payout", "cancel")}
_AT_A_TIME = 200


@dataclass(slots=True)
class Judged:
    """What came of the suspects. ``opened`` are rows about orders that were not at their end: they may settle them."""

    findings: list[Finding] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    opened: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one account's day; ``met`` are the orders of the day that other days' bills have already."""

    journal: Journal
    account: str
    day: date
    terms: AccountTerms
    met: frozenset[tuple[str, str]]
    _today: set[tuple[str, str]] = field(default_factory=set)  # orders of this day that were met by the channel's number
    _taken: set[tuple[str, str, int]] = field(default_factory=set)

    def judge(self, suspects: Iterable[Suspect]) -> Judged:
        """Judge all of them, a few hundred at a time.

        Raises:
            JournalUnavailableError: the journal cannot be read.
        """
        judged, waiting = Judged(), iter(suspects)
        while some := list(islice(waiting, _AT_A_TIME)):
            known = self._known([one for one in some if one.facts & CHANNEL_ONLY])
            for one in some:
                self._take(judged, one, known)
        return judged

    def _take(self, judged: Judged, one: Suspect, known: "_Known") -> None:
        finding = self._alone(judged, one, known) if one.facts & CHANNEL_ONLY else self._paired(one)
        if finding is None:
            return
        stands = finding.order is not None and finding.bill is not None and finding.bill["settled"]
        if stands and Difference.STATUS in finding.facts and Difference.DUPLICATE not in finding.facts:
            judged.opened.append(finding)
        else:
            judged.findings.append(finding)

    def _paired(self, one: Suspect) -> Finding | None:
        """A pair of this day, or an order of this day that the bill does not have."""
        facts = frozenset(fact for bit, fact in _FACTS.items() if one.facts & bit)
        if one.bill is None:
            assert one.order is not None  # noqa: S101  a pair has at least one side
            kind, number = one.order["kind"], one.order["merchant_id"]
            if (kind, number) in self.met or (kind, number) in self._today:
                return None
            return Finding(day=self.day, kind=kind, number=number, facts=facts, order=one.order)
        return self._found(one, facts, one.order)

    def _alone(self, judged: Judged, one: Suspect, known: "_Known") -> Finding | None:
        """A row of the bill that met no order of this day."""
        bill = one.bill
        assert bill is not None  # noqa: S101  only the bill has it
        if one.facts & DUPLICATE:
            return self._found(one, frozenset({Difference.DUPLICATE}), known.of(self.account, bill))
        order = known.of(self.account, bill)
        if order is None:
            other = known.of_another(self.account, bill)
            if other is not None:
                return self._found(one, frozenset({Difference.FOREIGN}), None, note=f"an order of the account {other}")
            foreign = bill["kind"] == "other" or not self._may_be_ours(bill)
            return self._found(one, frozenset({Difference.FOREIGN if foreign else Difference.CHANNEL_ONLY}), None)
        if order["kind"] == bill["kind"]:
            there = order_day(order, self.terms)
            if there == self.day:
                self._today.add((order["kind"], order["merchant_id"]))
            else:
                judged.elsewhere.append(Elsewhere(order["kind"], order["merchant_id"], there))
        facts = self._differs(bill, order, known.amount_of(self.account, order))
        return self._found(one, facts, order) if facts else None

    def _differs(self, bill: Side, order: Side, amount: tuple[int, str] | None) -> frozenset[Difference]:
        """Compare a row with an order that the join did not bring together, by the join's own rules."""
        facts: set[Difference] = set()
        if amount is not None and amount != (bill["amount"], bill["currency"]):
            facts.add(Difference.AMOUNT)
        if order["conflict"] or not self._agrees(bill, order):
            facts.add(Difference.STATUS)
        terms = self.terms.fees.get(bill["kind"])
        if terms is not None and order["kind"] == bill["kind"]:
            charged = self._charged(bill)
            if charged is None or abs(charged - terms.of(bill["amount"])) > terms.tolerance:
                facts.add(Difference.FEE)
        return frozenset(facts)

    @staticmethod
    def _agrees(bill: Side, order: Side) -> bool:
        kind, state = bill["kind"], order["state"]
        if kind == "other":
            return False
        if not bill["settled"]:
            return True  # it is not at its end, so it says nothing of the state
        if kind == "return":
            return bool(state == "returned")
        if kind != order["kind"]:  # a cancellation, or a payment that was undone
            undone = {"succeeded", "reversed"} if order["kind"] == "cancel" else {"reversed"}
            return state in undone
        return state in _MOVED[kind]

    def _charged(self, bill: Side) -> int | None:
        fee = bill["fee"]
        if fee is None:
            return None
        return -int(fee) if self.terms.charged_fee_is == "negative" else int(fee)

    def _may_be_ours(self, bill: Side) -> bool:
        own = [number for number in (bill["merchant_refund_id"], bill["merchant_order_id"]) if number]
        if not self.terms.own_numbers:
            return bool(own)
        return any(re.fullmatch(pattern, number) for pattern in self.terms.own_numbers for number in own[:1])

    def _found(self, one: Suspect, facts: frozenset[Difference], order: Side | None, *, note: str = "") -> Finding:
        bill, line = one.bill, one.line
        assert bill is not None  # noqa: S101  both callers have a row
        assert line is not None  # noqa: S101  the same row's
        terms, number = self.terms.fees.get(bill["kind"]), number_of(bill, line)
        return Finding(
            day=self.day,
            kind=bill["kind"],
            number=number,
            ordinal=self._ordinal(bill["kind"], number, 1 if Difference.DUPLICATE in facts else 0),
            facts=facts,
            line=line,
            bill=bill,
            order=order,
            expected_fee=terms.of(bill["amount"]) if terms is not None and Difference.FEE in facts else None,
            note=note,
        )

    def _ordinal(self, kind: str, number: str, least: int) -> int:
        """Tell apart what one number has more than once, alike in every run: the row that is compared is 0."""
        while (kind, number, least) in self._taken:
            least += 1
        self._taken.add((kind, number, least))
        return least

    def _known(self, some: Sequence[Suspect]) -> "_Known":
        rows = [one.bill for one in some if one.bill is not None]
        own = {number for row in rows for number in (row["merchant_order_id"], row["merchant_refund_id"]) if number}
        theirs = {number for row in rows for number in (row["channel_order_id"], row["channel_refund_id"]) if number}

        def work(cursor: Cursor) -> list[tuple[Any, ...]]:
            return [*_by(cursor, "merchant_id", sorted(own)), *_by(cursor, "channel_order_id", sorted(theirs))]

        return _Known(self.journal.store.read(work) if rows else [])


def _by(cursor: Cursor, column: str, numbers: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if not numbers:
        return
    marks = ", ".join("?" * len(numbers))
    text = f"SELECT account, {', '.join(ORDER_COLUMNS)} FROM orders WHERE {column} IN ({marks})"  # noqa: S608  names of our own
    yield from cursor.rows(text, numbers)


class _Known:
    """Orders of the journal by both numbers."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._own: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._theirs: dict[tuple[str, str, str], dict[str, Any]] = {}
        for account, *values in rows:
            order = dict(zip(ORDER_COLUMNS, values, strict=True))
            self._own.setdefault((order["kind"], order["merchant_id"]), {})[account] = order
            if order["channel_order_id"]:
                self._theirs[account, order["kind"], order["channel_order_id"]] = order

    def of(self, account: str, bill: Side) -> dict[str, Any] | None:
        """Return the account's order that a row speaks of: by the core's number, and where the row has none, by the channel's."""
        for kind, number in _names(bill):
            found = self._own.get((kind, number), {}).get(account)
            if found is not None:
                return found
        if bill["merchant_refund_id"] or bill["merchant_order_id"]:
            return None
        numbers = [number for number in (bill["channel_refund_id"], bill["channel_order_id"]) if number]
        kinds = _ABOUT.get(bill["kind"], ())
        return next((found for kind in kinds for one in numbers if (found := self._theirs.get((account, kind, one)))), None)

    def amount_of(self, account: str, order: Side) -> tuple[int, str] | None:
        """Return what an order is about; a cancellation has no amount of its own, but its payment's, where that is at hand."""
        if order["kind"] == "cancel":
            order = self._own.get(("payment", order["original_id"]), {}).get(account, order)
        return None if order["amount"] is None else (order["amount"], order["currency"])

    def of_another(self, account: str, bill: Side) -> str | None:
        """Return the other account whose order a row speaks of."""
        for kind, number in _names(bill):
            for other in sorted(self._own.get((kind, number), {})):
                if other != account:
                    return other
        return None


def _names(bill: Side) -> Iterator[tuple[str, str]]:
    """Give the orders that a row may speak of, the likeliest first."""
    kind, order, refund = bill["kind"], bill["merchant_order_id"], bill["merchant_refund_id"]
    if kind == "refund":
        if refund:
            yield "refund", refund
        yield "cancel", refund or order or ""
    elif kind == "reversal":
        yield "cancel", refund or order or ""
        if order:
            yield "payment", order
    elif order:
        for about in _ABOUT.get(kind, ()):
            yield about, order
