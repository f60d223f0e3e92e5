"""Yuan and fen meet in one place, exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.codec.amounts import decimal_of, minor_of_text, rounded_minor_of_text, text_of_minor


@pytest.mark.parametrize(
    ("text", "minor"), [("0.01", 1), ("1", 100), ("12.3", 1230), ("-0.04", -4), ("+5.00", 500), ("100000000.00", 10**10)]
)
def test_exact(text: str, minor: int) -> None:
    assert minor_of_text(text) == minor


@pytest.mark.parametrize("text", ["0.001", "0.005", "1.239", "-0.001"])
def test_finer_than_a_fen_is_refused_and_not_rounded(text: str) -> None:
    with pytest.raises(ValueError, match="finer"):
        minor_of_text(text)


@pytest.mark.parametrize(
    "text", ["", " ", "1,000.00", "1e3", "NaN", "inf", "1.", ".5", "¥1", "１", "0x10", "--1", "1 ", "9" * 16]
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    for read in (minor_of_text, rounded_minor_of_text, decimal_of):
        with pytest.raises(ValueError, match="plain"):
            read(text)


@pytest.mark.parametrize(("text", "minor"), [("0.00600", 1), ("0.00499", 0), ("0.005", 1), ("0.08000", 8)])
def test_fees_are_rounded_half_up(text: str, minor: int) -> None:
    assert rounded_minor_of_text(text) == minor


@given(st.integers(-(10**14), 10**14))
def test_there_and_back(minor: int) -> None:
    assert minor_of_text(text_of_minor(minor)) == minor
