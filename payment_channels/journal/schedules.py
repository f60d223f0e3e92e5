"""When an order that is not final is looked at again: read from tables, so that operations change them without code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from payment_channels.journal.folding import State
from payment_channels.model.refusals import ConfigurationError

_NAMES = frozenset({"waits", "patience", "watch", "resend_after", "per_second", "checked", "source"})
A_DAY, AN_HOUR = 86_400, 3_600
KINDS = frozenset({"payment", "refund", "payout", "payout_batch", "action"})


@dataclass(frozen=True, slots=True)
class Schedule:
    """One channel's and kind's. All in seconds; ``resend_after`` is None where nothing is ever sent again."""

    waits: tuple[int, ...]
    patience: int
    watch: int = 0
    resend_after: int | None = None
    per_second: float = 5.0

    def wait(self, looks: int) -> int:
        """Return how long to wait after so many looks."""
        return self.waits[min(looks, len(self.waits) - 1)]

    def next_look(
        self, state: State, *, now: int, created: int, looks: int, retry_after: int | None, heard: bool = True
    ) -> int | None:
        """Return the moment of the next look in microseconds, or None where there is none to come.

        ``looks`` counts the queries so far. What the channel itself asked for (``retry_after``) is never undercut. A look at a
        succeeded payout that was not ``heard`` of (no answer, or none to be believed) does not count: it is made again after
        an hour, if need be until the watch has lasted twice as long.
        """
        second = 1_000_000
        if state in {State.UNKNOWN, State.PENDING}:
            seconds = max(self.wait(looks), retry_after or 0)
            return min(now + seconds * second, max(created + self.patience * second, now + second))
        if state is not State.SUCCEEDED or not self.watch:
            return None
        pause, length = (A_DAY, self.watch) if heard else (AN_HOUR, 2 * self.watch)
        due = now + pause * second
        return due if due <= created + length * second else None

    def out_of_patience(self, *, now: int, created: int) -> bool:
        """Say whether the looking ends here."""
        return now >= created + self.patience * 1_000_000


class Schedules:
    """All schedules, by channel and kind of order."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Check the tables.

        Raises:
            ConfigurationError: a name is unknown, or a figure is none.
        """
        self._tables = tables
        for channel, table in tables.items():
            if not isinstance(table, dict):
                _check(channel, "", {})
            _check(channel, "action", {name: value for name, value in table.items() if not isinstance(value, dict)})
            for kind, values in table.items():
                if isinstance(values, dict):
                    _check(f"{channel}.{kind}", kind, values)
        self._made: dict[tuple[str, str], Schedule] = {}
        for kind in KINDS:
            self.of("default", kind)

    @classmethod
    def built_in(cls) -> Self:
        """Return the schedules that come with the package."""
        return cls(_read(Path(__file__).with_name("schedules.toml")))

    @classmethod
    def of_file(cls, path: str | Path) -> Self:
        """Return the package's own, overridden name by name by a file of the user's.

        Raises:
            ConfigurationError: it cannot be read.
        """
        try:
            own = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError.because(
                f"查询计划 {path} 无法读取：{error}", f"the schedules in {path} cannot be read: {error}", field="schedules"
            ) from error
        return cls(_merged(_read(Path(__file__).with_name("schedules.toml")), own))

    def of(self, channel: str, kind: str) -> Schedule:
        """Return the schedule of a channel's orders of a kind; kinds that are actions share one."""
        made = self._made.get((channel, kind))
        if made is None:
            made = self._made[channel, kind] = self._make(channel, kind if kind in KINDS else "action")
        return made

    def _make(self, channel: str, name: str) -> Schedule:
        found: dict[str, Any] = {}
        for table in (self._tables.get("default", {}), self._tables.get(channel, {})):
            found |= {key: value for key, value in table.items() if not isinstance(value, dict)} | table.get(name, {})
        return Schedule(
            waits=tuple(found["waits"]),
            patience=found["patience"],
            watch=found.get("watch", 0),
            resend_after=found.get("resend_after"),
            per_second=found.get("per_second", 5),
        )


def _check(place: str, kind: str, values: Mapping[str, Any]) -> None:
    waits = values.get("waits", [1])
    seconds = [value for name, value in values.items() if name in {"patience", "watch", "resend_after"}]
    rate = values.get("per_second", 1)
    whole = isinstance(waits, list) and waits and all(type(wait) is int and wait > 0 for wait in waits)
    if (
        kind not in KINDS
        or values.keys() - _NAMES
        or not whole
        or not all(type(one) is int and one >= 0 for one in seconds)
        or type(rate) not in {int, float}
        or rate <= 0
    ):
        raise ConfigurationError.because(
            f"查询计划 {place} 有误：名称须属于 {'、'.join(sorted(_NAMES))}，数值为正的整数秒，per_second 大于 0",
            f"the schedule {place} is wrong: its names are among {', '.join(sorted(_NAMES))}, its figures whole positive "
            "seconds, and per_second is above 0",
            field=place,
        )


@cache
def _read(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        held = merged.get(name)
        merged[name] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged
