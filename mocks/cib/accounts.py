"""The customer's account: what is on it, what is kept back for what is under way, and a row for every movement.

The rows are what the statement is made of, in the order in which they were booked: what is past never changes. The day of a row
is the calendar day; that the real bank books a late evening's rows on the next day is not done.
"""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

DEBIT, CREDIT = "DEBIT", "CREDIT"
FEE, TRANSFER = "227", "231"  # the 摘要代码 of the samples' rows 收费 and 汇款; which one a credit has is assumed
CHARGED = "收费"
RETURNED = "退汇"  # how a row names what came back is not documented: assumed
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a movement."""

    acct_id: str = ""
    name: str = ""
    bank: str = ""
    bank_no: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why money moves: 摘要, 用途, the other end; ``about`` is the TRNUID or number that it belongs to."""

    summary: str
    purpose: str
    other: Party
    about: str
    cheque: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked row. ``amount`` and ``balance`` (after it) are fen."""

    number: int
    at: datetime
    kind: str
    amount: int
    balance: int
    cause: Cause
    teller: str

    @property
    def code(self) -> str:
        """TRNCODE."""
        return FEE if self.cause.summary == CHARGED else TRANSFER

    @property
    def is_return(self) -> bool:
        """Whether it is money that came back."""
        return self.cause.summary == RETURNED

    @property
    def row_id(self) -> str:
        """ATTACHINFO: as long as the samples' are."""
        return f"{self.at:%Y%m%d}01{self.number:09d}000001"

    @property
    def core_id(self) -> str:
        """HXJYLSBH: thirty letters, as the sample's."""
        return f"H00100{self.at:%Y%m%d}{self.number:012d}0000"


class Account:
    """One account; amounts are fen."""

    def __init__(self, acct_id: str, name: str, balance: int, booked: Callable[[Entry], None]) -> None:
        """Open it; ``booked`` is told of every row."""
        self.acct_id = acct_id
        self.name = name
        self.balance = balance
        self.kept_back = 0
        self.entries: list[Entry] = []
        self._booked = booked
        self._numbers = itertools.count(1 + secrets.randbelow(10**6))

    @property
    def available(self) -> int:
        """What may be used."""
        return self.balance - self.kept_back

    def keep_back(self, fen: int) -> bool:
        """Keep money back for what is under way; say whether there was enough."""
        if fen > self.available:
            return False
        self.kept_back += fen
        return True

    def release(self, fen: int) -> None:
        """Keep it back no longer."""
        self.kept_back -= fen

    def debit(self, at: datetime, fen: int, cause: Cause) -> None:
        """Book what goes out."""
        self.balance -= fen
        self._book(at, DEBIT, fen, cause)

    def credit(self, at: datetime, fen: int, cause: Cause) -> None:
        """Book what comes in."""
        self.balance += fen
        self._book(at, CREDIT, fen, cause)

    def _book(self, at: datetime, kind: str, fen: int, cause: Cause) -> None:
        entry = Entry(next(self._numbers), at, kind, fen, self.balance, cause, _teller())
        self.entries.append(entry)
        self._booked(entry)


def _teller() -> str:
    return "9999" + "".join(secrets.choice(_LETTERS) for _ in range(4))
