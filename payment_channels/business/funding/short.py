"""What there is for a merchant to reserve in a channel account, and the refusal where it does not suffice."""

from payment_channels.business.amounts import spoken
from payment_channels.business.funding.books import Books
from payment_channels.business.funding.ledger import Held, Purse, credit_used
from payment_channels.business.funding.policy import AccountFunding, Mode
from payment_channels.business.funding.reservations import Reservation
from payment_channels.journal.store import Cursor, Store
from payment_channels.model.refusals import RefusedError


class ShortOfFundsError(RefusedError):
    """The merchant's money in the channel account does not suffice. Nothing was reserved, and nothing was sent."""

    CANONICAL = "MERCHANT_FUNDS_INSUFFICIENT"


def free(store: Store, cursor: Cursor, purse: Purse, books: Books, settings: AccountFunding, *, locking: bool = False) -> int:
    """Return what may be reserved: what is available and left, and where the account has credit, what is left of that.

    ``locking``: the transaction will use it, so nobody else may use the credit meanwhile.
    """
    if settings.mode is Mode.FUNDS_FIRST:
        return books.available + books.residual
    used = credit_used(store, cursor, purse.account, purse.currency, locking=locking)
    return max(0, books.available) + books.residual + settings.credit - used


def suffices(store: Store, cursor: Cursor, held: Held, asked: Reservation, settings: AccountFunding) -> None:
    """Go on where what there is suffices.

    Raises:
        ShortOfFundsError: it does not.
    """
    there = free(store, cursor, held.purse, held.books, settings, locking=True)
    if asked.needed > there:
        purse = held.purse
        has, needs, fees = (spoken(one, purse.currency) for one in (there, asked.needed, asked.needed - asked.amount))
        raise ShortOfFundsError.because(
            f"（商户 {purse.merchant} 在账户 {purse.account} 可用 {has}，需要 {needs}，其中手续费 {fees}；没有占用，也没有发送）",
            f"(merchant {purse.merchant} has {has} in account {purse.account} and needs {needs}, fees of {fees} included; "
            "nothing was reserved, and nothing was sent)",
            field="amount",
        )
