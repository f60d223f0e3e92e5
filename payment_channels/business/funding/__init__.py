"""Funding (头寸): each merchant's money in each channel account, as double-entry postings in the journal's database."""

from payment_channels.business.funding.books import Book, Books
from payment_channels.business.funding.funding import Funding
from payment_channels.business.funding.ledger import EntryKind, Purse
from payment_channels.business.funding.policy import AccountFunding, FundingPolicy, Mode
from payment_channels.business.funding.reservations import Reservation
from payment_channels.business.funding.short import ShortOfFundsError

__all__ = [
    "AccountFunding",
    "Book",
    "Books",
    "EntryKind",
    "Funding",
    "FundingPolicy",
    "Mode",
    "Purse",
    "Reservation",
    "ShortOfFundsError",
]
