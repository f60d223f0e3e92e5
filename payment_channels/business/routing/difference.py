"""What is different between two versions of a policy, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from payment_channels.business.routing.policy import RoutingPolicy


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
    return [
        Difference(place, before.get(place), after.get(place))
        for place in sorted(before.keys() | said.keys())  # a default that nobody wrote is nothing new
        if before.get(place) != after.get(place)
    ]


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
