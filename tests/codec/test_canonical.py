"""Strings to sign of sorted pairs, and the messages whose string could belong to other fields."""

import pytest

from payment_channels.codec.canonical import could_be_cut_otherwise, sorted_pairs

DECIDING = ("amount", "order")


def test_the_same_string_belongs_to_several_messages() -> None:
    """Why the second function is there: nothing is encoded, so the string does not say where it was cut."""
    genuine = {"amount": "1", "note": "x&order=2&zz=", "order": "1"}
    forged = {"amount": "1", "note": "x", "order": "2", "zz": "&order=1"}
    assert sorted_pairs(genuine) == sorted_pairs(forged)


@pytest.mark.parametrize(
    ("fields", "could"),
    [
        ({"amount": "1", "note": "Tom & Jerry", "order": "1"}, False),
        ({"amount": "1", "note": "a=1&b=2", "order": "1"}, False),
        ({"amount": "1", "note": "{a=1&b=2}", "order": "1"}, False),
        ({"amount": "1", "note": "order=1", "order": "1"}, False),
        ({"amount": "1", "note": "x", "order": "2", "zz": "&order=1"}, True),
        ({"amount": "1", "amount=2&order": "1"}, True),
        ({"amount": "1", "note": "{x&amount=2}"}, True),
        ({"": "1"}, True),
    ],
)
def test_a_deciding_name_inside_a_value_or_a_name(fields: dict[str, str], could: bool) -> None:
    assert could_be_cut_otherwise(fields, DECIDING) is could
