"""The codes that Allinpay answers, with their Chinese texts: the mock invents none.

The table, ``codes.csv``, was collected from a client's copy of the VSP list and from copies of the TLT list; each row names
its source. The same number means different things in different places, so a row says where it stands: ``vsp.retcode`` and
``vsp.trxstatus`` of the collecting side, ``tlt.info`` (INFO/RET_CODE) and ``tlt.detail`` (RET_CODE of TRANSRET and QTDETAIL)
of the payouts. The TLT list of bank reasons (3xxx) is known to be incomplete.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

RETCODE, TRXSTATUS, INFO, DETAIL = "vsp.retcode", "vsp.trxstatus", "tlt.info", "tlt.detail"
PLACES = {"retcode": RETCODE, "trxstatus": TRXSTATUS, "info": INFO, "detail": DETAIL}
_NOTE = re.compile(r"\s*\(.*|，具体.*")  # what the lists say about a code, beside its text


@dataclass(frozen=True, slots=True)
class Row:
    """One code at one place."""

    where: str
    code: str
    message: str
    standing: str

    @property
    def text(self) -> str:
        """The text as an answer carries it, without the list's own remarks."""
        return _NOTE.sub("", self.message)


class RefusedError(Exception):
    """A request that the channel refuses, with its code; ``why`` is for the mock's log alone."""

    def __init__(self, row: Row, *, why: dict[str, Any] | None = None, status: int = 200) -> None:
        """Hold what is answered."""
        super().__init__(f"{row.where} {row.code}: {row.message}")
        self.row = row
        self.why = why
        self.status = status


def refused(where: str, code: str, *, why: dict[str, Any] | str | None = None) -> RefusedError:
    """Return the refusal to raise.

    Raises:
        KeyError: the table has no such code there.
    """
    return RefusedError(row_of(where, code), why={"reason": why} if isinstance(why, str) else why)


def row_of(where: str, code: str) -> Row:
    """Return the row of a code.

    Raises:
        KeyError: the table has no such code there.
    """
    return _table()[where, code]


def find(where: str, code: str) -> Row | None:
    """Return the row of a code, or None if no list names it there."""
    return _table().get((where, code))


def rows() -> list[Row]:
    """Return all rows."""
    return list(_table().values())


def asked_for(code: str, places: tuple[str, str]) -> Row:
    """Return the row that somebody asked to be answered: ``info:2008`` names its place, a bare code the first that has it.

    A code that no list names is answered all the same, at the second place: that is where new ones come.
    """
    name, _, bare = code.rpartition(":")
    if PLACES.get(name) in places:
        return find(PLACES[name], bare) or Row(PLACES[name], bare, "模拟的返回码", "asked for")
    found = next((row for place in places if (row := find(place, code)) is not None), None)
    return found or Row(places[1], code, "模拟的返回码", "asked for")


@cache
def _table() -> dict[tuple[str, str], Row]:
    content = files("mocks.allinpay").joinpath("codes.csv").read_text(encoding="utf-8")
    read = [Row(line["where"], line["code"], line["message"], line["standing"]) for line in csv.DictReader(content.splitlines())]
    return {(row.where, row.code): row for row in read}
