"""Strings to sign made of sorted ``k=v`` pairs, as form and XML protocols have them."""

from collections.abc import Mapping


def sorted_pairs(fields: Mapping[str, str], *, without: frozenset[str] = frozenset()) -> str:
    """Join ``k=v`` with ``&``, sorted by key (ASCII), leaving out empty values and the named keys; nothing is encoded."""
    return "&".join(f"{key}={fields[key]}" for key in sorted(fields) if fields[key] and key not in without)
