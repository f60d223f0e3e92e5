"""What meets no order of its day: looked for in the whole journal, by both numbers and in other accounts, and judged by fact.

It may be an order of another day (about the cut-off, or a payer who took his time), a cancellation that has no row of its own in
the journal, another account's, or nobody's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from payment_channels.business.reconciliation.classes import Difference
from payment_channels.business.reconciliation.earlier import Earlier, Noted, is_once, told
from payment_channels.business.reconciliation.findings import (
    AMOUNT,
    BILLED,
    CUT_OFF,
    FEE,
    LOCAL_ONLY,
    STATUS,
    TWICE,
    Elsewhere,
    Finding,
    Side,
    Suspect,
    number_of,
    order_day,
)
from payment_channels.business.reconciliation.knowing import Known, known
from payment_channels.business.reconciliation.policy import AccountTerms
from payment_channels.business.reconciliation.staging import MOVED
from payment_channels.journal import Journal

_FACTS = {
    AMOUNT: Difference.AMOUNT,
    STATUS: Difference.STATUS,
    FEE: Difference.FEE,
    LOCAL_ONLY: Difference.LOCAL_ONLY,
    CUT_OFF: Difference.PENDING_CUTOFF,
}
_AT_A_TIME = 200


@dataclass(slots=True)
class Judged:
    """What came of the suspects: ``opened`` are rows that may settle their orders, ``agreed`` counts rows that agree."""

    findings: list[Finding] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    opened: list[Finding] = field(default_factory=list)
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one account's day; ``noted`` are the orders of the day that other days' bills have, or this one has settled."""

    journal: Journal
    account: str
    day: date
    terms: AccountTerms
    noted: Noted
    earlier: Earlier
    _seen: set[tuple[str, str]] = field(default_factory=set)  # orders that were looked up for a row of this bill
    _lone: set[tuple[str, str, int]] = field(default_factory=set)  # rows that met no order of this day, by what they speak of
    _taken: set[tuple[str, str, int]] = field(default_factory=set)

    def judge(self, suspects: Iterable[Suspect]) -> Judged:
        """Judge all of them, a few hundred at a time; last those of which several speak of one order.

        Raises:
            JournalUnavailableError: the journal cannot be read.
        """
        judged, waiting, twice = Judged(), iter(suspects), dict[int, list[Suspect]]()
        while some := list(islice(waiting, _AT_A_TIME)):
            rows = [one.bill for one in some if one.bill is not None and one.order is None]
            orders = known(self.journal, rows, [one.order for one in some if one.order is not None])
            for one in some:
                if one.facts & TWICE and one.order is not None:
                    twice.setdefault(one.order, []).append(one)
                else:
                    self._take(judged, self._judged(judged, one, orders))
        groups = iter(twice.values())
        while several := list(islice(groups, _AT_A_TIME)):
            orders = known(self.journal, [], [one[0].order for one in several if one[0].order is not None])
            for group in several:
                self._take_several(judged, group, orders)
        return judged

    def _take(self, judged: Judged, finding: Finding | None) -> None:
        if finding is None:
            return
        stands = finding.order is not None and finding.bill is not None and finding.bill["settled"]
        if stands and Difference.STATUS in finding.facts:
            judged.opened.append(finding)
        else:
            judged.findings.append(finding)

    def _judged(self, judged: Judged, one: Suspect, orders: Known) -> Finding | None:
        if one.order is None:
            return self._alone(judged, one, orders)
        order = orders.by_id[one.order]
        if one.bill is not None:
            return self._first(judged, one, one.bill, order)
        kind, number = order["kind"], order["merchant_id"]
        if (kind, number) in self.noted.met or (kind, number) in self._seen:
            return None
        ordinal = self._ordinal(kind, number, 0)
        return Finding(day=self.day, kind=kind, number=number, ordinal=ordinal, facts=_facts(one), order=order)

    def _first(self, judged: Judged, one: Suspect, bill: Side, order: Side) -> Finding | None:
        """Judge the first or only row about an order: the one that is compared, unless another bill has the order already."""
        about, facts = (order["kind"], order["merchant_id"]), _facts(one)
        if one.facts & BILLED and about in self.noted.met:
            return self._one_too_many(bill, facts, order, told(self.noted.met[about], self.day))
        if one.facts & BILLED:
            judged.elsewhere.append(Elsewhere(*about, self.day))
        judged.agreed += not facts
        return self._found(bill, facts, order) if facts else None

    def _one_too_many(self, bill: Side, facts: frozenset[Difference], order: Side, note: str) -> Finding:
        """A row about what another bill has already. It settles what is open still: the other row may have had another amount."""
        return self._found(bill, frozenset({Difference.DUPLICATE}) | facts & {Difference.STATUS}, order, note=note)

    def _take_several(self, judged: Judged, group: list[Suspect], orders: Known) -> None:
        """Of several rows about one order the first is compared, and the others are duplicates.

        The first is the one that agrees best: the journal's channel number, then the right amount, then its place in the bill.
        """
        order = orders.by_id[group[0].order or 0]

        def place(one: Suspect) -> tuple[bool, bool, int]:
            assert one.bill is not None  # noqa: S101  only rows are several
            number = one.bill["channel_refund_id"] or one.bill["channel_order_id"]
            return number != order["channel_order_id"], bool(one.facts & AMOUNT), one.bill["line"]

        first, *others = sorted(group, key=place)
        assert first.bill is not None  # noqa: S101  the same
        self._take(judged, self._first(judged, first, first.bill, order))
        for one in others:
            assert one.bill is not None  # noqa: S101  the same
            judged.findings.append(self._found(one.bill, frozenset({Difference.DUPLICATE}), order))

    def _alone(self, judged: Judged, one: Suspect, orders: Known) -> Finding | None:
        """A row of the bill that met no order of this day."""
        bill = one.bill
        assert bill is not None  # noqa: S101  only the bill has it
        if self._again(bill):
            return self._found(bill, frozenset({Difference.DUPLICATE}), orders.of(self.account, bill))
        order = orders.of(self.account, bill)
        if order is None:
            other = orders.of_another(self.account, bill)
            if other is not None:
                return self._found(bill, frozenset({Difference.FOREIGN}), None, note=f"an order of the account {other}")
            foreign = bill["kind"] == "other" or not self._may_be_ours(bill)
            return self._found(bill, frozenset({Difference.FOREIGN if foreign else Difference.CHANNEL_ONLY}), None)
        facts = self._differs(bill, order, orders.amount_of(self.account, order))
        if order["kind"] == bill["kind"]:
            about, there = (order["kind"], order["merchant_id"]), order_day(order, self.terms)
            if about in self._seen:
                return self._found(bill, frozenset({Difference.DUPLICATE}), order)
            self._seen.add(about)
            had = self._had(order, about, there)
            if had:
                return self._one_too_many(bill, facts, order, had)
            if there != self.day or about in self.noted.settled:
                judged.elsewhere.append(Elsewhere(*about, there))
        return self._found(bill, facts, order) if facts else None

    def _had(self, order: Side, about: tuple[str, str], there: date) -> str:
        """Say which other bill has an order already; nothing where none surely has."""
        if there != self.day:
            return self.earlier.had(order, there)
        return told(self.noted.met[about], self.day) if about in self.noted.met and is_once(about[0]) else ""

    def _again(self, bill: Side) -> bool:
        """Say whether an earlier row of this bill speaks of the same, and remember this one."""
        number = bill["merchant_refund_id"] or bill["merchant_order_id"]
        if number is None or bill["kind"] == "other":
            return False
        about = (bill["kind"], number, 1 if bill["merchant_refund_id"] else 0)
        if about in self._lone:
            return True
        self._lone.add(about)
        return False

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
        return state in MOVED[kind]

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

    def _found(self, bill: Side, facts: frozenset[Difference], order: Side | None, *, note: str = "") -> Finding:
        terms, number = self.terms.fees.get(bill["kind"]), number_of(bill)
        return Finding(
            day=self.day,
            kind=bill["kind"],
            number=number,
            ordinal=self._ordinal(bill["kind"], number, 1 if Difference.DUPLICATE in facts else 0),
            facts=facts,
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


def _facts(one: Suspect) -> frozenset[Difference]:
    return frozenset(fact for bit, fact in _FACTS.items() if one.facts & bit)
