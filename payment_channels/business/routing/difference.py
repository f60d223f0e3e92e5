"""What is different between two versions of a policy, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from payment_channels.business.routing.policy import RoutingPolicy
from payment_channels.business.routing.terms import KINDS, Terms

OPENED = "{}"
"""An operation that an account does without a condition, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what it was and what it will be, each None where it is not there."""

    place: str
    was: str | None
    will_be: str | None


def differences(was: RoutingPolicy | None, will_be: RoutingPolicy) -> list[Difference]:
    """Return what changes, in the order of the fields' names; of a first policy, everything that it says."""
    before = dict(_fields("", was.model_dump(mode="json"))) if was is not None else {}
    after = dict(_fields("", will_be.model_dump(mode="json")))
    said = dict(_fields("", will_be.model_dump(mode="json", exclude_defaults=True)))
    found = [
        Difference(place, before.get(place), after.get(place))
        for place in before.keys() | said.keys()  # a default that nobody wrote is nothing new
        if before.get(place) != after.get(place)
    ]
    found += [Difference(place, None, OPENED) for place in _opened(was, will_be)]
    return sorted(found, key=lambda one: one.place)


def _opened(was: RoutingPolicy | None, will_be: RoutingPolicy) -> Iterator[str]:
    """What an account now does without a condition of its own: it says nothing, and yet it changes where orders go."""
    for name, account in will_be.accounts.items():
        former = was.accounts.get(name) if was is not None else None
        for kind in KINDS:
            if account.terms(kind) == Terms() and (former is None or former.terms(kind) is None):
                yield f"accounts.{name}.{kind}"


def _fields(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _fields(f"{place}.{name}" if place else name, one)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for number, one in enumerate(value, 1):
            yield from _fields(f"{place}[{number}]", one)
    elif isinstance(value, list):
        if value:
            yield place, ", ".join(sorted(str(one) for one in value))
    elif value is not None:
        yield place, str(value)
