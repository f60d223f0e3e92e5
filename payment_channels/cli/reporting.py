"""How a report is shown on the terminal and as JSON, and where its files are written."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from payment_channels.business import reports
from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports import Cell, Period, Rate, Report, Sheet, Words
from payment_channels.business.reports.sheets import grouped, money_text, span_text
from payment_channels.business.reports.spreadsheets import replace_whole
from payment_channels.cli.desk import Desk
from payment_channels.cli.exits import Exit
from payment_channels.cli.screen import Screen
from payment_channels.cli.tables import wrong
from payment_channels.model.money import Money

MOST_ROWS = 40
"""Rows of a table on the terminal; the files have all."""
_NUMBERS = frozenset({"count", "money", "rate", "span", "moment"})


def report(desk: Desk) -> Exit:
    """Make the report of a period, show it, and write the files that are asked for."""
    with desk.settings.journal() as journal:
        made = reports.report(journal, _period(desk, journal.clock()))
    files = _written(desk, made)
    if desk.screen.as_json:
        desk.screen.document(_document(made) | {"files": files})
        return Exit.DONE
    screen = _Printed(desk.screen, desk.options.language)
    screen.head(made)
    for sheet in made.sheets:
        screen.sheet(sheet.looked_at())
    for file in files:
        desk.screen.note(f"已写 {file}", "written")
    return Exit.DONE


def _period(desk: Desk, now: datetime) -> Period:
    day, first, last = desk.options.day, desk.options.first, desk.options.last
    if day is not None and (first is not None or last is not None):
        wrong("--day", "与 --from、--until 只写其一", "write it or --from and --until, not both")
    if first is None and last is None:
        return Period.day(day or now.astimezone(BEIJING).date() - timedelta(days=1))
    if first is None or last is None:
        wrong("--from", "--from 与 --until 须一起写", "--from and --until go together")
    return Period(first, last)


def _written(desk: Desk, made: Report) -> list[str]:
    """Write the files.

    Raises:
        ConfigurationError: a place cannot be written to.
    """
    files: list[str] = []
    for option, place in (("--csv", desk.options.csv), ("--html", desk.options.html)):
        if place is None:
            continue
        try:
            if option == "--csv":
                files += [str(path) for path in reports.write_files(made, Path(place))]
            else:
                Path(place).parent.mkdir(parents=True, exist_ok=True)
                replace_whole(Path(place), reports.page(made, language=desk.options.language))
                files.append(place)
        except OSError as error:
            wrong(option, f"{place} 无法写入：{error.strerror}", f"{place} cannot be written: {error.strerror}")
    return files


@dataclass(frozen=True, slots=True)
class _Printed:
    """A report on the terminal, in one language."""

    screen: Screen
    language: str

    def head(self, made: Report) -> None:
        self.screen.text(made.period.zh if self.language == "zh" else made.period.en)
        numbered = {str(number): one for number, one in enumerate(made.figures)}
        self.screen.fields(
            {number: f"{self.shown(one.value)}  {self.words(one.note)}" for number, one in numbered.items()},
            {number: self.words(one.title) for number, one in numbered.items()},
        )

    def sheet(self, sheet: Sheet) -> None:
        self.screen.text("")
        columns = {column.name: self.words(column.title) for column in sheet.columns}
        rows = [
            {column.name: self.shown(cell) for column, cell in zip(sheet.columns, row, strict=True)}
            for row in sheet.rows[:MOST_ROWS]
        ]
        numbers = {column.name for column in sheet.columns if column.kind in _NUMBERS}
        self.screen.table(self.words(sheet.title), rows, columns, numbers)
        if len(rows) < len(sheet.rows):
            self.screen.note(f"只列出 {len(rows)} 行；全部见 --csv", f"the first {len(rows)} of {len(sheet.rows)}; --csv has all")
        self.screen.text(self.words(sheet.note if rows else sheet.empty))

    def words(self, words: Words) -> str:
        return words.zh if self.language == "zh" else words.en

    def shown(self, cell: Cell) -> str:
        match cell:
            case None:
                return "—"
            case Words():
                return self.words(cell)
            case Money():
                return money_text(cell)
            case Rate():
                return cell.text
            case timedelta():
                return self.words(span_text(cell))
            case datetime():
                return f"{cell.astimezone(BEIJING):%Y-%m-%d %H:%M}"
            case int():
                return grouped(cell)
            case _:
                return str(cell)


def _document(made: Report) -> dict[str, Any]:
    return {
        "period": {"first_day": str(made.period.first), "last_day": str(made.period.last), "zone": "Asia/Shanghai"},
        "made_at": made.made_at,
        "figures": [
            {"zh": one.title.zh, "en": one.title.en, "value": _plain(one.value), "alarm": one.alarm} for one in made.figures
        ],
        "sheets": {
            sheet.name: [
                {column.name: _plain(cell) for column, cell in zip(sheet.columns, row, strict=True)} for row in sheet.rows
            ]
            for sheet in made.sheets
        },
    }


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Words):
        return {"zh": cell.zh, "en": cell.en}
    if isinstance(cell, Rate):
        return {"part": cell.part, "whole": cell.whole, "percent": cell.percent()}
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return str(cell)
    return cell
