"""Yuan text and minor units: the only place where the two meet. Exact, or refused."""

import re
from decimal import ROUND_HALF_UP, Decimal

_PLAIN = re.compile(r"[+-]?\d{1,15}(\.\d{1,8})?")


def decimal_of(text: str) -> Decimal:
    """Read a plain decimal number such as ``-12.30``.

    Raises:
        ValueError: it is no plain decimal number (exponents, separators, other digits are refused).
    """
    if not text.isascii() or not _PLAIN.fullmatch(text):
        reason = "not a plain decimal number"
        raise ValueError(reason)
    return Decimal(text)


def minor_of_text(text: str, *, digits: int = 2) -> int:
    """Return minor units of an amount in major units: ``"12.3"`` yuan are 1230 fen.

    Raises:
        ValueError: it is no plain number, or it is finer than the minor unit.
    """
    minor = decimal_of(text).scaleb(digits)
    if minor != minor.to_integral_value():
        reason = "finer than the minor unit"
        raise ValueError(reason)
    return int(minor)


def rounded_minor_of_text(text: str, *, digits: int = 2) -> int:
    """Return minor units, rounded half up: for fees, which bills state finer than money moves.

    Raises:
        ValueError: it is no plain number.
    """
    return int(decimal_of(text).scaleb(digits).to_integral_value(ROUND_HALF_UP))


def text_of_minor(minor: int, *, digits: int = 2) -> str:
    """Return the amount in major units, with all its digits: 1230 fen are ``"12.30"`` yuan."""
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"
