"""Strings to sign made of sorted ``k=v`` pairs, as form and XML protocols have them."""

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[A-Za-z0-9_.\-]+")


def sorted_pairs(fields: Mapping[str, str], *, without: frozenset[str] = frozenset()) -> str:
    """Join ``k=v`` with ``&``, sorted by key (ASCII), leaving out empty values and the named keys; nothing is encoded."""
    return "&".join([f"{key}={fields[key]}" for key in sorted(fields) if fields[key] and key not in without])


def could_be_cut_otherwise(fields: Mapping[str, str], deciding: Iterable[str]) -> bool:
    """Say whether the same string to sign could belong to other fields, one of the ``deciding`` names hidden inside a value.

    Nothing is encoded in the string, so a text that a payer or a shop chose (a remark, an attachment) may hold ``&k=v``. Whoever
    has seen such a message signed could post it again cut elsewhere: his text as fields, the true ones swallowed by a value or
    by a name. A message that hides one of the names that decide is therefore not to be believed, whatever its signature.
    """
    if not all(_NAME.fullmatch(name) for name in fields):
        return True
    suspects = [text for text in fields.values() if "&" in text]
    return any(f"&{name}=" in text for name in deciding for text in suspects)
