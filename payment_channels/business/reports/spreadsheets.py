"""A report as CSV files, one a sheet: UTF-8 with its mark, as Excel wants it, and no cell is a formula.

Each line begins with the period and the moment, so that the files of many days may be laid together. An amount stands in three
columns: in major units (yuan) where it is yuan, its currency, and in exact minor units. A rate is told in percent, rounded down.
"""

import csv
import io
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports.report import Report
from payment_channels.business.reports.sheets import Cell, Column, Rate, Sheet, Words
from payment_channels.codec.amounts import text_of_minor
from payment_channels.model.money import Money

_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
_ENDINGS = {
    "money": ("", "_currency", "_minor"),
    "words": ("_zh", "_en"),
    "sentence": ("_zh", "_en"),
    "rate": ("_percent",),
    "span": ("_seconds",),
}
"""What is put behind a column's name, by what its cells are: a name for each column of the file."""
_STAMP = ("period_first_day", "period_last_day", "made_at")


def write_files(report: Report, folder: Path) -> list[Path]:
    """Write every sheet of a report into a folder, which is made where it is not there; a file of the name is replaced whole.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = report.made_at.astimezone(BEIJING).isoformat(timespec="seconds")
    stamp = (str(report.period.first), str(report.period.last), made)
    return [_written(sheet, stamp, folder / f"{sheet.name}.csv") for sheet in report.sheets]


def _written(sheet: Sheet, stamp: tuple[str, ...], path: Path) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*_STAMP, *(head for column in sheet.columns for head in _heads(column))))
    for row in sheet.rows:
        cells = [cell for value, column in zip(row, sheet.columns, strict=True) for cell in _cells(value, column)]
        writer.writerow((*stamp, *cells))
    replace_whole(path, "\ufeff" + text.getvalue())
    return path


def replace_whole(path: Path, text: str) -> None:
    """Put a text where a file of that name stands, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _heads(column: Column) -> list[str]:
    return [column.name + ending for ending in _ENDINGS.get(column.kind, ("",))]


def _cells(value: Cell, column: Column) -> tuple[str | int, ...]:
    match value:
        case None:
            return ("",) * len(_heads(column))
        case Money():
            return (text_of_minor(value.amount) if value.currency == "CNY" else "", value.currency, value.amount)
        case Words():
            return (_text(value.zh), _text(value.en))
        case Rate():
            return (value.percent() or "",)
        case timedelta():
            return (int(value.total_seconds()),)
        case datetime():
            return (value.astimezone(BEIJING).isoformat(timespec="seconds"),)
        case int():
            return (value,)
        case _:
            return (_text(str(value)),)


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULAS) else value
