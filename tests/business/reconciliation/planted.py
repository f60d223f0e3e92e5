"""Days of business with differences planted in them, seeded: the journal's orders, the channel's rows, and what must be found.

Nothing here is made by the code under test: orders go into the journal's table by plain statements, rows are written by hand, and
what is expected is noted where it is planted.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from payment_channels import BillRow, BillRowKind, Money
from payment_channels.business.calendar import BEIJING
from payment_channels.business.reconciliation import AccountTerms, Difference, FeeTerms, Reconciliation, ReconciliationPolicy
from payment_channels.journal import Journal
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor

DAY = date(2026, 3, 4)
NEXT = DAY + timedelta(days=1)
ACCOUNT = "shop"
RATE = 6000  # 0.6 %
TERMS = AccountTerms(
    since=DAY,
    covers=frozenset({"payment", "refund", "payout"}),
    own_numbers=(r"[PRT]\d{10}",),
    fees={"payment": FeeTerms(millionths=RATE), "payout": FeeTerms(fixed=100)},
)
_ADD = (
    "INSERT INTO orders (account, kind, merchant_id, channel, channel_order_id, original_id, amount, currency, digest, "
    "digest_key, prepared, state, attempts, unresolved, conflict, created_at, changed_at) "
    "VALUES (?, ?, ?, 'scripted', ?, ?, ?, ?, ?, '1', ?, ?, 1, ?, ?, ?, ?)"
)
_LETTERS = {"payment": "P", "refund": "R", "payout": "T"}
_KINDS = {"payment": BillRowKind.PAYMENT, "refund": BillRowKind.REFUND, "payout": BillRowKind.PAYOUT}


def in_force(reconciliation: Reconciliation, terms: AccountTerms = TERMS, account: str = ACCOUNT, **more: Any) -> None:
    """Put a policy of one account into force, by two people."""
    policy = ReconciliationPolicy(accounts={account: terms}, **more)
    version = reconciliation.policies.propose(policy, who="Zhang", why="test")
    reconciliation.policies.put_in_force(version.number, who="Li")


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of a Beijing day."""
    return datetime.combine(day, time(hour, minute, second), BEIJING)


@dataclass
class Planted:
    """Orders, bills by day, and the differences that are to be found in each day's run."""

    seed: int
    orders: list[tuple[Any, ...]] = field(default_factory=list)
    bills: dict[date, list[BillRow]] = field(default_factory=lambda: {DAY: [], NEXT: []})
    expected: dict[date, set[tuple[str, str, Difference]]] = field(default_factory=lambda: {DAY: set(), NEXT: set()})
    number: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def order(
        self, kind: str = "payment", *, when: datetime | None = None, state: str = "succeeded", **given: Any
    ) -> dict[str, Any]:
        """Put an order into the journal, and return what a row about it would say."""
        self.number += 1
        own = f"{_LETTERS[kind]}{self.number:010}"
        when = when or at(DAY, self.random.randrange(0, 22), self.random.randrange(60), self.random.randrange(60))
        known = when + given.get("takes", timedelta(seconds=self.random.randrange(1, 90)))
        amount, channel = self.random.randrange(1, 5_000_000), f"C{self.random.randrange(10**20):020}"
        open_one, original = "1" if state in {"unknown", "pending"} else "", f"P{1:010}" if kind == "refund" else None
        self.orders.append((
            given.get("account", ACCOUNT), kind, own, channel, original, amount, "CNY", b"digest", b"prepared",
            state, open_one, int(given.get("conflict", False)), microseconds(when), microseconds(known),
        ))  # fmt: skip
        return {"kind": kind, "number": own, "channel": channel, "amount": amount, "at": known}

    def row(self, one: dict[str, Any], day: date = DAY, **changes: Any) -> BillRow:
        """Put a row about an order into a day's bill."""
        one = one | changes
        kind, back = one["kind"], one["kind"] == "refund"
        fee = {"payment": (one["amount"] * RATE + 500_000) // 1_000_000, "refund": 0, "payout": 100}[kind]
        row = BillRow(
            kind=_KINDS[kind],
            incoming=kind == "payment",
            amount=Money(one["amount"], one.get("currency", "CNY")),
            fee=Money(one.get("fee", fee)),
            merchant_order_id=None if back else one["number"],
            channel_order_id=None if back else one["channel"],
            merchant_refund_id=one["number"] if back else None,
            channel_refund_id=one["channel"] if back else None,
            at=one["at"],
            business_date=day,
            status="成功",
        )
        self.bills[day].append(row)
        return row

    def expect(self, difference: Difference, one: dict[str, Any], day: date = DAY) -> None:
        """Note what is to be found."""
        self.expected[day].add((one["kind"], one["number"], difference))

    def kind(self) -> str:
        """Draw a kind: mostly payments."""
        return self.random.choices(["payment", "refund", "payout"], [8, 1, 1])[0]

    def into(self, journal: Journal) -> None:
        """Write the orders into the journal's own table."""
        self.random.shuffle(self.orders)
        for first in range(0, len(self.orders), 5000):

            def work(cursor: Cursor, first: int = first) -> None:
                for values in self.orders[first : first + 5000]:
                    cursor.run(_ADD, values)

            journal.store.write(work)
        for rows in self.bills.values():
            self.random.shuffle(rows)


def agreeing(planted: Planted) -> None:
    """What no run may speak of: agreeing pairs, and orders that moved nothing and stand in no bill."""
    one = planted.order(planted.kind())
    planted.row(one)
    if planted.random.random() < 0.05:
        planted.order(planted.kind(), state="failed")


def channel_only(planted: Planted) -> None:
    planted.number += 1
    kind = planted.kind()
    one = {"kind": kind, "number": f"{_LETTERS[kind]}{planted.number:010}", "channel": "C1", "amount": 888, "at": at(DAY, 12)}
    planted.row(one)
    planted.expect(Difference.CHANNEL_ONLY, one)


def local_only(planted: Planted) -> None:
    planted.expect(Difference.LOCAL_ONLY, planted.order(planted.kind()))


def status(planted: Planted) -> None:
    one = planted.order(planted.kind(), state=planted.random.choice(["failed", "not_sent"]))
    planted.row(one)
    planted.expect(Difference.STATUS, one)


def amount(planted: Planted) -> None:
    """One fen more or less, or another currency. The fee is the amount's that the row has: nothing else is wrong."""
    one = planted.order(planted.kind())
    if planted.random.random() < 0.2:
        planted.row(one, currency="USD")
    else:
        planted.row(one, amount=one["amount"] + planted.random.choice([1, -1] if one["amount"] > 1 else [1]))
    planted.expect(Difference.AMOUNT, one)


def fee(planted: Planted) -> None:
    one = planted.order(planted.random.choice(["payment", "payout"]))
    right = (one["amount"] * RATE + 500_000) // 1_000_000 if one["kind"] == "payment" else 100
    planted.row(one, fee=right + planted.random.choice([1, -1, 100]))
    planted.expect(Difference.FEE, one)


def duplicate(planted: Planted) -> None:
    """The very row again, or a second trade under the same number."""
    one = planted.order(planted.kind())
    planted.row(one)
    planted.row(one, channel=planted.random.choice([one["channel"], "C2"]))
    planted.expect(Difference.DUPLICATE, one)


def foreign(planted: Planted) -> None:
    """A number that is nobody's here, or an order of another account."""
    if planted.random.random() < 0.5:
        one = planted.order(planted.kind(), account="other")
    else:
        planted.number += 1
        one = {"kind": "payment", "number": f"X-{planted.number}", "channel": "C3", "amount": 999, "at": at(DAY, 9)}
    planted.row(one)
    planted.expect(Difference.FOREIGN, one)


def cut_off(planted: Planted) -> None:
    """Pairs about midnight: in the next bill, in no bill, and an order that our own clock dates a day later than the channel."""
    which = planted.random.choice(["next", "never", "early"])
    if which == "early":
        planted.row(planted.order(planted.kind(), when=at(NEXT, 0, 0, planted.random.randrange(60))))
        return
    one = planted.order(planted.kind(), when=at(DAY, 23, 59, planted.random.randrange(60)))
    planted.expect(Difference.PENDING_CUTOFF, one)
    if which == "next":
        planted.row(one, NEXT)


DIFFERENCES: tuple[Callable[[Planted], None], ...] = (channel_only, local_only, status, amount, fee, duplicate, foreign, cut_off)


def plant(seed: int, rows: int, each: int) -> Planted:
    """Plant ``each`` differences of every class among ``rows`` agreeing pairs."""
    planted = Planted(seed)
    for _ in range(rows):
        agreeing(planted)
    for difference in DIFFERENCES:
        for _ in range(each):
            difference(planted)
    return planted
