"""The demo's steps: shown as they happen, compared with what is expected, and shown again as tables."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from error_codes import outward
from payment_channels.cli.cast import Cast
from payment_channels.model.results import Result

try:
    from rich.console import Console
    from rich.table import Table
except ImportError:  # the extra is not installed
    sys.exit("演示需要额外依赖 / the demo needs extras: pip install 'payment-channels[cli,mocks,reconciliation]'")

Act = Callable[[Cast], tuple[Result, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step at one channel: what was done, what was expected, what came of it."""

    key: str
    zh: str
    en: str
    channel: str
    expected: str
    result: Result

    @property
    def good(self) -> bool:
        """Whether the outcome is the expected one."""
        return str(self.result.outcome) == self.expected


class Story:
    """The steps of all channels, shown as they happen."""

    def __init__(self, screen: Console, casts: tuple[Cast, ...]) -> None:
        """Start without steps."""
        self.screen = screen
        self.casts = casts
        self.steps: list[Step] = []
        self._number = 0

    def having(self, key: str) -> tuple[Cast, ...]:
        """Return the channels that have a step."""
        return tuple(cast for cast in self.casts if key not in cast.absent)

    def tell(self, key: str, zh: str, en: str, expected: str, act: Act) -> None:
        """Do one step at every channel that has it, and show it."""
        self._number += 1
        self.screen.print(f"[bold]{self._number}. {zh}[/] / {en}")
        for cast in self.casts:
            if key in cast.absent:
                self.screen.print(f"   [dim]·  {cast.name:<9}该渠道没有此步 / not at this channel[/]")
                continue
            started = time.perf_counter()
            result, detail = act(cast)
            step = Step(key, zh, en, cast.name, cast.expected.get(key, expected), result)
            self.steps.append(step)
            mark = "[green]✓[/]" if step.good else "[red]✗[/]"
            spent = f"[dim]{(time.perf_counter() - started) * 1000:.0f} ms[/]"
            self.screen.print(f"   {mark}  {cast.name:<9}[cyan]{result.outcome}[/] {result.canonical}  {spent}")
            if detail:
                self.screen.print(f"      [dim]{detail}[/]", highlight=False)

    def aside(self, step: str, zh: str, en: str, act: Callable[[Cast], None]) -> None:
        """Let something happen in the world outside, at every channel that has the step before."""
        for cast in self.having(step):
            act(cast)
        self.screen.print(f"   [dim]{zh} / {en}[/]")

    def table(self) -> Table:
        """Return all steps as a table: a row a step, a column a channel, each with both vocabularies."""
        table = Table(title="结果 / Results：outcome · 统一错误码 canonical · 渠道原始码 raw", show_lines=True)
        table.add_column("步骤 / step", overflow="fold")
        for cast in self.casts:
            table.add_column(cast.name, overflow="fold")
        by_step = {(step.key, step.channel): step for step in self.steps}
        for key in dict.fromkeys(step.key for step in self.steps):
            first = next(step for step in self.steps if step.key == key)
            cells = [_cell(by_step.get((key, cast.name))) for cast in self.casts]
            table.add_row(f"{first.zh}\n[dim]{first.en}[/]", *cells)
        return table

    def one_meaning(self, key: str) -> Table:
        """Return a step as channels see it and as the core does: many raw codes, one canonical, one outward code."""
        table = Table(
            title="同一含义，一个统一错误码，一个对外码 / one meaning, one canonical code, one outward code", show_lines=True
        )
        for column in ("渠道 / channel", "渠道原始码 / raw code", "统一错误码 / canonical", "对外码 / outward", "下一步 / next"):
            table.add_column(column, overflow="fold")
        for step in self.steps:
            if step.key != key:
                continue
            result, published = step.result, outward(step.result.canonical, step.result.outcome)
            raw = " ".join(part for part in (result.raw.where, result.raw.code, result.raw.sub_code) if part)
            told = f"{result.canonical}\n[dim]{result.meaning.entry.merchant_zh}\n{result.meaning.entry.merchant_en}[/]"
            new_id = "可换新单号 / new id allowed" if result.new_id_allowed else "不可换单号 / no new id"
            table.add_row(
                step.channel,
                f"{raw}\n[dim]{result.raw.message}[/]",
                told,
                f"{published.code}\nHTTP {published.http}",
                f"{result.next_action}\n[dim]{new_id}[/]",
            )
        return table


def _cell(step: Step | None) -> str:
    if step is None:
        return "[dim]—[/]"
    result = step.result
    raw = " ".join(part for part in (result.raw.where, result.raw.code, result.raw.sub_code) if part) or "—"
    colour = "green" if step.good else "red"
    return f"[{colour}]{'✓' if step.good else '✗'} {result.outcome}[/] {result.canonical}\n[dim]{raw}[/]"


def console() -> Console:
    """Return a screen wide enough for the table, also where the output goes to a file."""
    return Console(width=max(Console().width, 150))
