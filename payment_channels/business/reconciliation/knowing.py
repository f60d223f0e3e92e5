"""Orders of the journal that a bill's rows speak of: by the journal's id, by both numbers, and in other accounts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from payment_channels.business.reconciliation.findings import Side
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor

COLUMNS = (
    "id", "kind", "merchant_id", "channel_order_id", "original_id", "amount", "currency", "state", "conflict", "created_at",
    "changed_at",
)  # fmt: skip
"""What is shown of an order as evidence."""
_ABOUT = {"payment": ("payment",), "refund": ("refund", "cancel"), "payout": ("payout",), "return": ("payout",)}
_ABOUT |= {"reversal": ("cancel", "payment"), "other": ("payment", "refund", "payout", "cancel")}


def known(journal: Journal, rows: Sequence[Side], orders: Sequence[int]) -> "Known":
    """Look up the orders of these ids, and those of any day and account that these rows may speak of.

    Raises:
        JournalUnavailableError: the journal cannot be read.
    """
    own = {number for row in rows for number in (row["merchant_order_id"], row["merchant_refund_id"]) if number}
    theirs = {number for row in rows for number in (row["channel_order_id"], row["channel_refund_id"]) if number}

    def work(cursor: Cursor) -> list[tuple[Any, ...]]:
        wanted = (("id", orders), ("merchant_id", sorted(own)), ("channel_order_id", sorted(theirs)))
        return [row for column, values in wanted for row in _by(cursor, column, values)]

    return Known(journal.store.read(work))


def _by(cursor: Cursor, column: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    if not values:
        return []
    marks = ", ".join("?" * len(values))
    text = f"SELECT account, {', '.join(COLUMNS)} FROM orders WHERE {column} IN ({marks})"  # noqa: S608  names of our own
    return cursor.rows(text, values)


class Known:
    """Some orders of the journal."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Sort what was read: an account, and then the columns."""
        self.by_id: dict[int, dict[str, Any]] = {}
        self._own: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._theirs: dict[tuple[str, str, str], dict[str, Any]] = {}
        for account, *values in rows:
            order = dict(zip(COLUMNS, values, strict=True))
            self.by_id[order["id"]] = order
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
