"""Money that comes into a channel account or leaves it past the SDK: noted once under its reference."""

from dataclasses import dataclass

from payment_channels.business.amounts import spoken
from payment_channels.business.funding.books import Books
from payment_channels.business.funding.ledger import Entry, EntryKind, Purse, lock, post
from payment_channels.business.funding.short import ShortOfFundsError
from payment_channels.business.people import checked_by_another, named
from payment_channels.journal import Journal
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """One movement. ``reference`` is the bank's or the channel's own number of it; the same again changes nothing."""

    merchant: str
    account: str
    amount: Money
    reference: str

    @property
    def purse(self) -> Purse:
        """Whose it is."""
        return Purse(named(self.merchant, "merchant"), named(self.account, "account"), self.amount.currency)


def paid_in(journal: Journal, cash: Cash, *, who: str) -> Books:
    """Note what came in.

    Raises:
        InvalidRequestError: the amount is not positive, a name is missing, or the reference is of another movement.
    """
    change = Books(outside=-_positive(cash), available=cash.amount.amount)
    return _noted(journal, cash, change, _entry(journal, cash, EntryKind.PAID_IN, named(who)))


def taken_out(journal: Journal, cash: Cash, *, people: tuple[str, str], why: str) -> Books:
    """Note what two people took out of what is available.

    Raises:
        ShortOfFundsError: so much is not available.
        InvalidRequestError: as above, or both people are the same.
    """
    who, reason = ", ".join(checked_by_another(*people)), named(why, "why")
    change = Books(outside=_positive(cash), available=-cash.amount.amount)
    return _noted(journal, cash, change, _entry(journal, cash, EntryKind.TAKEN_OUT, who, reason))


def _positive(cash: Cash) -> int:
    if cash.amount.amount <= 0:
        raise InvalidRequestError.because("金额须为正", "the amount is positive", field="amount")
    return cash.amount.amount


def _entry(journal: Journal, cash: Cash, kind: EntryKind, who: str, note: str | None = None) -> Entry:
    return Entry(kind=kind, at=journal.now(), reference=named(cash.reference, "reference"), who=who, note=note)


def _noted(journal: Journal, cash: Cash, change: Books, entry: Entry) -> Books:
    purse = cash.purse

    def work(cursor: Cursor) -> Books:
        held = lock(journal.store, cursor, purse)
        if _is_known(cursor, purse, change, entry):
            return held.books
        if change.available < 0 and held.books.available + change.available < 0:
            there, wanted = (spoken(one, purse.currency) for one in (held.books.available, -change.available))
            raise ShortOfFundsError.because(
                f"（可取 {there}，要取 {wanted}）",
                f"({there} is available and {wanted} would be taken out)",
                field="amount",
            )
        moved = post(cursor, held, change, entry)
        if moved is None:
            raise _other_content(entry)
        return moved.books

    return journal.store.write(work)


def _is_known(cursor: Cursor, purse: Purse, change: Books, entry: Entry) -> bool:
    rows = cursor.rows(
        "SELECT e.account, e.merchant, e.currency, p.amount FROM fund_entries e JOIN fund_postings p ON p.entry_id = e.id "
        "WHERE e.account = ? AND e.kind = ? AND e.reference = ? AND p.book = 'available'",
        (purse.account, entry.kind.value, entry.reference),
    )
    if rows and tuple(rows[0]) != (*purse.values, change.available):
        raise _other_content(entry)
    return bool(rows)


def _other_content(entry: Entry) -> InvalidRequestError:
    return InvalidRequestError.because(
        f"凭证号 {entry.reference} 已记过商户、币种或金额不同的一笔",
        f"the reference {entry.reference} stands for another merchant, currency or amount already",
        field="reference",
        canonical="DUPLICATE_OTHER_CONTENT",
    )
