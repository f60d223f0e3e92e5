"""The codes that CIB answers, with their Chinese texts: the mock invents none.

The bank's document (V4.0.4) has no list of STATUS codes; ``codes.csv`` holds those that its examples show, and the states of its
appendix 1. Which of them answers which mistake is assumed wherever the mock refuses; a text that stands under several codes, or
a code with several texts, is in the table as often as it was seen.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

STATUS, STATE, REFUND = "STATUS", "XFERPRCCODE", "REFUNDSTATUS"
UNKNOWN = "6000"  # 未知失败
NOT_FOUND, USED, BROKEN, AMOUNT = "2020", "12345", "2000", "2006"
NOT_OURS, RULE, NO_MONEY = "50006", "52000", "75320"
NO_RECORD = "查无记录"  # a text of 2000


@dataclass(frozen=True, slots=True)
class Row:
    """One code where it stands."""

    where: str
    code: str
    message: str
    standing: str


class RefusedError(Exception):
    """A request that the bank refuses, with its code; ``why`` is for the mock's log alone.

    ``spends``: the refusal is the stored result of its TRNUID from now on. ``at_sign_on``: it stands in SONRS.
    """

    def __init__(self, row: Row, *, why: str | None = None, spends: bool = False, at_sign_on: bool = False) -> None:
        """Hold what is answered."""
        super().__init__(f"{row.code}: {row.message}")
        self.row = row
        self.why = why
        self.spends = spends
        self.at_sign_on = at_sign_on


def refused(
    code: str, message: str | None = None, *, why: str | None = None, spends: bool = False, at_sign_on: bool = False
) -> RefusedError:
    """Return the refusal to raise; ``message`` chooses among the texts of one code.

    Raises:
        KeyError: the table has no such code, or no such text of it.
    """
    return RefusedError(row_of(code, message), why=why, spends=spends, at_sign_on=at_sign_on)


def row_of(code: str, message: str | None = None, where: str = STATUS) -> Row:
    """Return the row of a code, the first of its texts unless one is named.

    Raises:
        KeyError: the table has no such row.
    """
    fitting = [row for row in _table().get((where, code), []) if message in {None, row.message}]
    if not fitting:
        raise KeyError(f"codes.csv has no {where} {code} with the text {message!r}")
    return fitting[0]


def find(code: str, where: str = STATUS) -> Row | None:
    """Return the first row of a code, or None if the document shows none."""
    return _table().get((where, code), [None])[0]


def rows() -> list[Row]:
    """Return all rows."""
    return [row for several in _table().values() for row in several]


@cache
def _table() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    content = files("mocks.cib").joinpath("codes.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(content.splitlines()):
        row = Row(line["where"], line["code"], line["message"], line["standing"])
        found.setdefault((row.where, row.code), []).append(row)
    return found
