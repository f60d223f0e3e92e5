"""Money: an integer of minor units (fen for CNY) and a currency. Never a float, never yuan."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Strict

from payment_channels.model.refusals import InvalidRequestError

_CURRENCY_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Money:
    """``Money(12345, "CNY")`` is 123.45 yuan: ``amount`` counts minor units (分, fen).

    Raises:
        InvalidRequestError: the amount is not an int (floats, bools and strings are refused), or the currency is
            not three capital letters (ISO 4217).
    """

    amount: Annotated[int, Strict()]
    currency: str = "CNY"

    def __post_init__(self) -> None:
        """Refuse what is no exact amount."""
        if type(self.amount) is not int:
            kind = type(self.amount).__name__
            raise InvalidRequestError.because(
                f"金额必须是整数最小货币单位（分），不能是 {kind}",
                f"an amount is an int of minor units (fen), not {kind}",
                field="amount",
            )
        letters = self.currency
        if not (isinstance(letters, str) and len(letters) == _CURRENCY_LETTERS and letters.isascii() and letters.isupper()):
            raise InvalidRequestError.because(
                "币种必须是三个大写字母（ISO 4217），例如 CNY",
                "a currency is three capital letters (ISO 4217), such as CNY",
                field="currency",
            )

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidRequestError.because(
                f"币种不同，不能合计：{self.currency} 与 {other.currency}",
                f"different currencies cannot be combined: {self.currency} and {other.currency}",
                field="currency",
            )

    def __add__(self, other: "Money") -> "Money":
        """Add within one currency."""
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract within one currency; the difference may be negative."""
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        """Return the opposite amount."""
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._same(other)
        return self.amount <= other.amount

    def __gt__(self, other: "Money") -> bool:
        """Compare within one currency."""
        return other < self

    def __ge__(self, other: "Money") -> bool:
        """Compare within one currency."""
        return other <= self
