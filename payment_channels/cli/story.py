"""The demo's steps: shown as they happen, compared with what is expected, and shown again as a table."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from payment_channels.model.results import Result

try:
    from rich.console import Console
    from rich.table import Table
except ImportError:  # the extra is not installed
    sys.exit("演示需要额外依赖 / the demo needs extras: pip install 'payment-channels[cli,mocks]'")


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step: what was done, what was expected, what came of it."""

    zh: str
    en: str
    expected: str
    result: Result
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether the outcome is the expected one."""
        return str(self.result.outcome) == self.expected


class Story:
    """The steps, shown as they happen."""

    def __init__(self, console: Console) -> None:
        """Start without steps."""
        self.console = console
        self.steps: list[Step] = []

    def tell(self, zh: str, en: str, expected: str, act: Callable[[], tuple[Result, str]]) -> Result:
        """Do one step and show it."""
        started = time.perf_counter()
        result, detail = act()
        step = Step(zh, en, expected, result, detail)
        self.steps.append(step)
        mark = "[green]✓[/]" if step.good else "[red]✗[/]"
        seconds = time.perf_counter() - started
        told = f"[cyan]{result.outcome}[/] {result.canonical}  [dim]{seconds * 1000:.0f} ms[/]"
        self.console.print(f"{mark} [bold]{len(self.steps)}. {zh}[/] / {en}  {told}")
        if detail:
            self.console.print(f"     [dim]{detail}[/]", highlight=False)
        return result

    def table(self) -> Table:
        """Return all steps as a table."""
        table = Table(title="结果 / Results")
        for column in ("", "步骤 / step", "渠道码 / raw", "统一错误码 / canonical", "结果 / outcome", "下一步 / next action"):
            table.add_column(column, overflow="fold")
        for step in self.steps:
            result = step.result
            raw = f"{result.raw.where} {result.raw.code}".strip() or "—"
            outcome = f"[{'green' if step.good else 'red'}]{result.outcome}[/]"
            table.add_row(
                "✓" if step.good else "✗",
                f"{step.zh}\n[dim]{step.en}[/]",
                raw,
                result.canonical,
                outcome,
                str(result.next_action),
            )
        return table


def console() -> Console:
    """Return a screen wide enough for the table, also where the output goes to a file."""
    return Console(width=max(Console().width, 120))
