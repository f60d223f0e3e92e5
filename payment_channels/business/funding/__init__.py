"""Funding (头寸): each merchant's money in each channel account, as double-entry postings in the journal's database."""

from payment_channels.business.funding.alarms import Alarm, AlarmKind
from payment_channels.business.funding.books import Book, Books
from payment_channels.business.funding.comparing import Comparison
from payment_channels.business.funding.elsewhere import Elsewhere, Whereabouts
from payment_channels.business.funding.funding import Funding
from payment_channels.business.funding.ledger import EntryKind, Purse
from payment_channels.business.funding.policy import AccountFunding, FundingPolicy, Mode
from payment_channels.business.funding.remaining import Left
from payment_channels.business.funding.requests import Request, RequestKind, RequestState
from payment_channels.business.funding.reservations import Reservation
from payment_channels.business.funding.residuals import Residuals
from payment_channels.business.funding.short import ShortOfFundsError
from payment_channels.business.funding.statements import (
    Balance,
    EntryRecord,
    Movement,
    Statement,
    Whose,
    balances,
    entries,
    statements,
)

__all__ = [
    "AccountFunding",
    "Alarm",
    "AlarmKind",
    "Balance",
    "Book",
    "Books",
    "Comparison",
    "Elsewhere",
    "EntryKind",
    "EntryRecord",
    "Funding",
    "FundingPolicy",
    "Left",
    "Mode",
    "Movement",
    "Purse",
    "Request",
    "RequestKind",
    "RequestState",
    "Reservation",
    "Residuals",
    "ShortOfFundsError",
    "Statement",
    "Whereabouts",
    "Whose",
    "balances",
    "entries",
    "statements",
]
