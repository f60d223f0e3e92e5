"""The codes that LianLian answers, with their Chinese texts: the mock invents none.

LianLian publishes one list of ``ret_code`` for all its interfaces, so any of them may answer any code. The table, ``codes.csv``,
is that list (LianLianPay/GitBook-Docs-en@294f74ed docs/return-codes.md). Some texts have a gap for what is told on the spot: the
name of a parameter, the words of a bank.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

ACCEPTED = "0000"
CONFIRMATION = frozenset({"4002", "4003", "4004"})  # answers that carry a confirm_code
BAD_PARAMETER = "1004"
_GAP = re.compile(r"具体参数名|\{银行返回的错误信息\}")


@dataclass(frozen=True, slots=True)
class Row:
    """One code."""

    code: str
    message: str
    standing: str

    def text(self, told: str = "") -> str:
        """Return the text as an answer carries it, with ``told`` in its gap."""
        return _GAP.sub(lambda _: told, self.message) if told else self.message


class RefusedError(Exception):
    """A request that the channel refuses, with its code; ``why`` is for the mock's log alone."""

    def __init__(
        self,
        row: Row,
        *,
        told: str = "",
        why: dict[str, Any] | None = None,
        status: int = 200,
        more: dict[str, str] | None = None,
    ) -> None:
        """Hold what is answered; ``more`` are fields that the answer carries beside code and text."""
        super().__init__(f"{row.code}: {row.message}")
        self.row = row
        self.text = row.text(told)
        self.why = why
        self.status = status
        self.more = more or {}


def refused(
    code: str, *, told: str = "", why: dict[str, Any] | str | None = None, more: dict[str, str] | None = None
) -> RefusedError:
    """Return the refusal to raise.

    Raises:
        KeyError: the table has no such code.
    """
    return RefusedError(_table()[code], told=told, why={"reason": why} if isinstance(why, str) else why, more=more)


def find(code: str) -> Row | None:
    """Return the row of a code, or None if the list does not name it."""
    return _table().get(code)


def rows() -> list[Row]:
    """Return all rows."""
    return list(_table().values())


@cache
def _table() -> dict[str, Row]:
    content = files("mocks.lianlian").joinpath("codes.csv").read_text(encoding="utf-8")
    read = [Row(line["code"], line["message"], line["standing"]) for line in csv.DictReader(content.splitlines())]
    return {row.code: row for row in read}
