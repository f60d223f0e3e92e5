"""The day on the screen: what was done, what was expected, what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from payment_channels.business.routing import Decision
from payment_channels.codec.amounts import text_of_minor


@dataclass(slots=True)
class Told:
    """Shows each step and keeps what was not as expected."""

    screen: Console
    count: int = 0
    bad: list[str] = field(default_factory=list)

    def scene(self, zh: str, en: str) -> None:
        """Begin a scene."""
        self.screen.print(f"[bold]{zh}[/] / {en}")

    def step(self, zh: str, en: str, expected: Any, got: Any, detail: str = "") -> None:
        """Show a step, and whether it came out as expected."""
        self.count += 1
        good = expected == got
        if not good:
            self.bad.append(f"{zh}：应为 {expected}，实为 {got} / {en}: expected {expected}, got {got}")
        mark = "[green]✓[/]" if good else "[red]✗[/]"
        self.screen.print(f"   {mark}  {zh} / {en}: [cyan]{got}[/]", highlight=False)
        if detail:
            self.screen.print(f"      [dim]{detail}[/]", highlight=False)

    def aside(self, zh: str, en: str) -> None:
        """Tell what happens in the world outside."""
        self.screen.print(f"   [dim]{zh} / {en}[/]", highlight=False)

    def why(self, decision: Decision) -> None:
        """Show why an account was chosen, and why not each other of the merchant's list."""
        table = Table("渠道账户 / account", "为什么 / why", show_edge=False, pad_edge=False)
        for one in decision.considered:
            if one.account == decision.account:
                table.add_row(f"[green]{one.account}[/]", "选用 / chosen")
            elif one.place is not None:
                reasons = "\n".join(f"{reason.zh} / {reason.en}" for reason in one.reasons)
                table.add_row(one.account, reasons or "排在其后 / it comes after")
        self.screen.print(table)

    def rows(self, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """Show a table."""
        table = Table(*columns, show_edge=False, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        self.screen.print(table)


def yuan(fen: int) -> str:
    """Write fen as yuan."""
    return f"{text_of_minor(fen)} CNY"


def counts(found: Mapping[Any, int]) -> str:
    """Write what was counted."""
    return ", ".join(f"{name} {number}" for name, number in found.items()) or "—"
