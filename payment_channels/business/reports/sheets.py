"""A report's content, apart from how it is shown: sheets of typed cells, with the chart that a sheet may have.

Cells are exact: money in minor units, rates as two counts. The terminal, the CSV files and the page each write them their way.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.money import Money


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rate:
    """``part`` of ``whole``; of nothing there is no rate."""

    part: int
    whole: int

    def percent(self) -> str | None:
        """Return it in percent with two digits, rounded down: 100.00 says that every single one is in it."""
        if not self.whole:
            return None
        hundredths = self.part * 10_000 // self.whole
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def text(self) -> str:
        """Write it for people."""
        percent = self.percent()
        return f"{percent} %" if percent is not None else "—"


Cell: TypeAlias = str | int | Money | Rate | Words | datetime | date | timedelta | None
Kind: TypeAlias = Literal["text", "code", "words", "sentence", "count", "money", "rate", "moment", "span"]
Tone: TypeAlias = Literal[
    "succeeded", "business", "technical", "other", "undone", "pending", "unknown", "idle", "plain", "second"
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in a CSV file, its heading with the unit, and what its cells are.

    A ``code`` may be any name; a ``sentence`` is words that may be broken into lines.

    A ``rare`` one is left out where people look and all its cells are zero.
    """

    name: str
    title: Words
    kind: Kind = "words"
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour of a chart stands for."""

    title: Words
    tone: Tone


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, and a value for each series. ``told`` is what is written beside it."""

    label: str | Words
    values: tuple[int, ...]
    told: Words


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of stacked series. ``lying`` bars have their label above them, others stand in a row and share one axis.

    ``shares``: each bar is as long as any other and shows the shares of its series. ``unit`` is what the values count; with a
    ``currency`` they are its minor units.
    """

    title: Words
    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    unit: Words
    lying: bool = True
    shares: bool = False
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: ``name`` names its CSV file, ``note`` says what is counted and of when, ``empty`` what no row means."""

    name: str
    title: Words
    note: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Words
    charts: tuple[Chart, ...] = field(default=())

    def looked_at(self) -> "Sheet":
        """Return the sheet as people look at it: without rare columns of zeros."""
        kept = [
            place
            for place, column in enumerate(self.columns)
            if not column.rare or any(_something(row[place]) for row in self.rows)
        ]
        columns = tuple(self.columns[place] for place in kept)
        return replace(self, columns=columns, rows=tuple(tuple(row[place] for place in kept) for row in self.rows))


def _something(cell: Cell) -> bool:
    return cell.amount != 0 if isinstance(cell, Money) else bool(cell)


def grouped(number: int) -> str:
    """Write a count so that it can be read."""
    return f"{number:,}"


def several(number: int, noun: str) -> str:
    """Write a count with its noun, in English."""
    return f"{grouped(number)} {noun if number == 1 else f'{noun}s'}"


def money_text(value: Money) -> str:
    """Write an amount exactly: yuan where it is yuan, minor units elsewhere."""
    if value.currency != "CNY":
        return f"{grouped(value.amount)} minor units {value.currency}"
    whole, _, rest = text_of_minor(abs(value.amount)).partition(".")
    sign = "-" if value.amount < 0 else ""
    return f"{sign}{grouped(int(whole))}.{rest} CNY"


def span_text(span: timedelta) -> Words:
    """Write how long something has lasted, in the two units that matter."""
    minutes = span // timedelta(minutes=1)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return Words(f"{days} 天 {hours} 小时", f"{days} d {hours} h")
    if hours:
        return Words(f"{hours} 小时 {minutes % 60} 分", f"{hours} h {minutes % 60} min")
    return Words(f"{minutes} 分", f"{minutes} min")
