"""What the journal's commands show: tables on a terminal, plain columns in a file or pipe, JSON for machines, and progress.

Results go to the standard output; progress, questions and warnings to the standard error, so that a pipe carries results alone.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum
from typing import Any, TypeAlias

from payment_channels.business.calendar import BEIJING
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.money import Money
from payment_channels.model.refusals import PaymentChannelError

try:
    from rich.box import HEAVY_HEAD
    from rich.console import Console, JustifyMethod
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Table
except ImportError:  # the extra is not installed
    sys.exit("命令行需要额外依赖 / the command line needs an extra: pip install 'payment-channels[cli]'")

Row: TypeAlias = Mapping[str, Any]
Step: TypeAlias = Callable[[int, str], None]
WIDE = 100_000  # where nobody looks at it on a screen, a line is never broken
EVERY_SECONDS = 5.0
COLOURS = {
    "succeeded": "green",
    "pending": "cyan",
    "unknown": "yellow",
    "failed": "red",
    "returned": "magenta",
    "reversed": "magenta",
    "not_sent": "dim",
}


class Screen:
    """One command's output."""

    def __init__(self, *, as_json: bool = False) -> None:
        """``as_json`` has one JSON document on the standard output, and nothing else."""
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end a batch
        out = Console()
        self.terminal = out.is_terminal
        self._out = out if self.terminal else Console(width=WIDE, soft_wrap=True)
        self._aside = Console(stderr=True) if sys.stderr.isatty() else Console(stderr=True, width=WIDE, soft_wrap=True)

    def say(self, zh: str, en: str) -> None:
        """Say a sentence among the results; a machine does not want it."""
        if not self.as_json:
            self._out.print(escape(f"{zh} / {en}"), highlight=False)

    def text(self, text: str) -> None:
        """Say a text among the results that is in the reader's language alone, or holds both already."""
        if not self.as_json:
            self._out.print(escape(text), highlight=False)

    def note(self, zh: str, en: str) -> None:
        """Say something beside the results."""
        self._aside.print(escape(f"{zh} / {en}"), highlight=False)

    def document(self, content: Any) -> None:
        """Give the one JSON document."""
        print(json.dumps(content, ensure_ascii=not _has_every_letter(), indent=2, default=_plain))

    def line(self, content: Any) -> None:
        """Give one line of JSON, of work that has no end."""
        print(json.dumps(content, ensure_ascii=not _has_every_letter(), default=_plain), flush=True)

    def table(
        self, title: str, rows: Sequence[Row], columns: Mapping[str, str], numbers: Container[str] = frozenset({"orders", "line"})
    ) -> None:
        """Show rows; ``columns`` maps the fields that are shown to their headings, and ``numbers`` of them are never broken."""
        if not rows:
            self._out.print(f"{escape(title)}: 0")
            return
        box = HEAVY_HEAD if self.terminal else None
        table = Table(title=f"{escape(title)}: {len(rows)}", title_justify="left", title_style="bold", box=box)
        for name, words in columns.items():
            justify: JustifyMethod = "right" if name in numbers else "left"
            table.add_column(escape(words), overflow="fold", justify=justify, no_wrap=name in numbers)
        for row in rows:
            table.add_row(*(_cell(row.get(name)) for name in columns))
        self._out.print(table)

    def fields(self, row: Row, columns: Mapping[str, str]) -> None:
        """Show one thing: a line a field, those that are empty left out."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold" if self.terminal else None, no_wrap=True)
        table.add_column(overflow="fold")
        for name, words in columns.items():
            if row.get(name) not in (None, "", []):
                table.add_row(escape(words), _cell(row[name]))
        self._out.print(table)

    def refused(self, error: PaymentChannelError) -> None:
        """Show an error: its code, its field, what is wrong and what to do."""
        if self.as_json:
            told = {"canonical": error.canonical, "field": error.field, "zh": error.zh, "en": error.en}
            self.document({"error": told})
            return
        where = f" {error.field}" if error.field else ""
        self._aside.print(f"[red]错误 / error[/] {escape(error.canonical + where)}", highlight=False)
        for text in (error.zh, error.en):
            self._aside.print(f"  {escape(text)}", highlight=False)

    def ask(self, zh: str, en: str) -> bool:
        """Ask a question that only ``yes`` answers; without a terminal nobody is there to say it."""
        if not sys.stdin.isatty():
            return False
        self._aside.print(escape(f"{zh} / {en} [yes/no] "), end="", highlight=False)
        try:
            return input().strip().lower() in {"yes", "是"}
        except EOFError:
            return False

    @contextmanager
    def progress(self, zh: str, en: str, total: int | None) -> Iterator[Step]:
        """Show long work: call what is given with how many more are done, and a word about the last.

        A terminal gets a bar; anything else a line every few seconds, so that a log shows that it lives.
        """
        if self._aside.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with Progress(*columns, TextColumn("{task.fields[last]}"), console=self._aside) as bar:
                task = bar.add_task(f"{zh} / {en}", total=total, last="")
                yield lambda more, last: bar.update(task, advance=more, last=escape(last))
            return
        lines = _Lines(self._aside, f"{zh} / {en}", total)
        try:
            yield lines.step
        finally:
            lines.show()


class _Lines:
    """Progress where there is no terminal."""

    def __init__(self, console: Console, words: str, total: int | None) -> None:
        self._console, self._words, self._total = console, words, total
        self._done, self._shown, self._at = 0, -1, time.monotonic()

    def step(self, more: int, last: str) -> None:
        del last
        self._done += more
        if time.monotonic() - self._at >= EVERY_SECONDS:
            self.show()

    def show(self) -> None:
        if self._shown == self._done:
            return
        self._shown, self._at = self._done, time.monotonic()
        of = f"/{self._total}" if self._total is not None else ""
        self._console.print(escape(f"{self._words}: {self._done}{of}"), highlight=False)


def _has_every_letter() -> bool:
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"


def money(value: Money) -> str:
    """Write an amount for people: yuan where it is yuan, minor units elsewhere."""
    if value.currency == "CNY":
        return f"{text_of_minor(value.amount)} CNY"
    return f"{value.amount} 最小货币单位 minor units {value.currency}"


def duration(span: timedelta) -> str:
    """Write how long something has taken: the two units that matter."""
    seconds = round(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def _cell(value: Any) -> str:
    text = "" if value is None else _text(value)
    colour = COLOURS.get(text)
    return f"[{colour}]{text}[/]" if colour else escape(text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S%z")  # as the days are counted, and the rules written
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, timedelta):
        return duration(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(one) for one in value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, date | clock_time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} 写不成 JSON / {type(value).__name__} has no JSON form")
