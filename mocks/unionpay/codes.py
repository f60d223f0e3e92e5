"""The codes that UnionPay answers, with their Chinese texts: the mock invents none.

UnionPay publishes one list for all its interfaces, so any operation may answer any of them. The table, ``codes.csv``, was
collected from copies of that list. ``detail`` are the seven digits that end ``respMsg``: few are known (recorded answers and
issues, named in the table); where none is, the mock writes 9999999.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SUCCEEDED = frozenset({"00", "A6"})
UNRESOLVED = frozenset({"03", "04", "05"})  # what every official demo asks again for
_UNKNOWN_DETAIL = "9999999"


@dataclass(frozen=True, slots=True)
class Row:
    """One code."""

    code: str
    message: str
    detail: str
    standing: str

    @property
    def text(self) -> str:
        """The text as an answer carries it."""
        return f"{self.message}[{self.detail}]"


class RefusedError(Exception):
    """A request that the channel refuses, with its code; ``why`` is for the mock's log alone."""

    def __init__(self, row: Row, *, why: dict[str, Any] | None = None, status: int = 200) -> None:
        """Hold what is answered."""
        super().__init__(f"{row.code}: {row.message}")
        self.row = row
        self.why = why
        self.status = status


def refused(code: str, *, why: dict[str, Any] | str | None = None) -> RefusedError:
    """Return the refusal to raise.

    Raises:
        KeyError: the table has no such code.
    """
    return RefusedError(row_of(code), why={"reason": why} if isinstance(why, str) else why)


def row_of(code: str) -> Row:
    """Return the row of a code, the fuller text first.

    Raises:
        KeyError: the table has no such code.
    """
    return _table()[code][0]


def find(code: str) -> Row | None:
    """Return the row of a code, or None if no page names it."""
    return _table().get(code, [None])[0]


def rows() -> list[Row]:
    """Return all rows; a code whose text two sources give differently has two."""
    return [row for several in _table().values() for row in several]


def text_of(code: str) -> str:
    """Return the text of a code as an answer carries it, also of one that no page names."""
    row = find(code)
    return row.text if row is not None else f"模拟的应答码[{_UNKNOWN_DETAIL}]"


@cache
def _table() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    content = files("mocks.unionpay").joinpath("codes.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(content.splitlines()):
        row = Row(line["code"], line["message"], line["detail"] or _UNKNOWN_DETAIL, line["standing"])
        found.setdefault(row.code, []).append(row)
    return found
