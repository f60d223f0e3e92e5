"""The books of one merchant's money in one channel account, and sums over all of them at once."""

from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import Any


class Book(StrEnum):
    """Where a merchant's money is, or came from. Every entry moves it from some to others and sums to zero over all."""

    OUTSIDE = "outside"  # the world: minus what was paid in
    AVAILABLE = "available"  # paid in and free; below zero it is what the channel's credit, or a correction, has used
    RESERVED = "reserved"  # held for orders whose end is not known
    SPENT = "spent"  # paid to payees, and what came back of it not yet deducted
    RESIDUAL = "residual"  # left in the channel account by failed and returned payouts; funds the next
    RETURNED = "returned"  # minus what came back of what was spent (退票)
    FEES = "fees"  # kept by the channel


@dataclass(frozen=True, slots=True)
class Books:
    """An amount of each book in minor units: a balance, or a change of it."""

    outside: int = 0
    available: int = 0
    reserved: int = 0
    spent: int = 0
    residual: int = 0
    returned: int = 0
    fees: int = 0

    @classmethod
    def of(cls, values: Any) -> "Books":
        """Make them of a row whose columns stand in the order of ``NAMES``."""
        return cls(*(int(value) for value in values))

    @property
    def values(self) -> tuple[int, ...]:
        """The amounts, in the order of ``NAMES``."""
        return astuple(self)

    @property
    def total(self) -> int:
        """The sum over all books: zero, of anything that was ever posted."""
        return sum(self.values)

    @property
    def in_the_channel(self) -> int:
        """What the channel account should hold of it if nothing that is reserved has been paid."""
        return self.available + self.reserved + self.residual

    def __bool__(self) -> bool:
        """Say whether anything is not zero."""
        return any(self.values)

    def __add__(self, other: "Books") -> "Books":
        """Add book by book."""
        return Books(*(one + two for one, two in zip(self.values, other.values, strict=True)))

    def __sub__(self, other: "Books") -> "Books":
        """Subtract book by book."""
        return Books(*(one - two for one, two in zip(self.values, other.values, strict=True)))

    def __neg__(self) -> "Books":
        """Return the opposite of each."""
        return Books() - self


NAMES = tuple(one.name for one in fields(Books))
COLUMNS = ", ".join(NAMES)
"""The books as columns of a table, in this order."""
