"""Money is an exact count of minor units; what is not exact is refused, in both languages."""

import pytest
from pydantic import TypeAdapter, ValidationError

from payment_channels import InvalidRequestError, Money


@pytest.mark.parametrize("amount", [1.0, 12.34, "100", True, None, float("nan")])
def test_refuses_what_is_not_an_exact_integer(amount: object) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Money(amount)  # type: ignore[arg-type]
    assert "分" in caught.value.zh
    assert "minor units" in caught.value.en
    assert caught.value.canonical == "REQUEST_INVALID"


@pytest.mark.parametrize("currency", ["cny", "RMB1", "", "人民币", None])
def test_refuses_what_is_no_currency(currency: object) -> None:
    with pytest.raises(InvalidRequestError, match="ISO 4217"):
        Money(1, currency)  # type: ignore[arg-type]


def test_arithmetic_stays_within_one_currency() -> None:
    assert Money(100) + Money(23) == Money(123)
    assert Money(100) - Money(123) == Money(-23)
    assert -Money(5) == Money(-5)
    assert Money(1) < Money(2) <= Money(2)
    assert Money(3) > Money(2) >= Money(2)
    for combine in (lambda: Money(1, "CNY") + Money(1, "USD"), lambda: Money(1, "CNY") < Money(1, "USD")):
        with pytest.raises(InvalidRequestError, match="CNY"):
            combine()


def test_equal_amounts_of_two_currencies_differ() -> None:
    assert Money(1, "CNY") != Money(1, "USD")


def test_json_does_not_round_either() -> None:
    adapter = TypeAdapter(Money)
    assert adapter.validate_json('{"amount":12345,"currency":"CNY"}') == Money(12345)
    for text in ('{"amount":1.0,"currency":"CNY"}', '{"amount":"1","currency":"CNY"}', '{"amount":true,"currency":"CNY"}'):
        with pytest.raises(ValidationError):
            adapter.validate_json(text)
