"""The codes that LianLian answers, with their Chinese texts: the mock invents none.

LianLian publishes a list of ``ret_code`` for all its products (LianLianPay/GitBook-Docs-en@294f74ed docs/return-codes.md), and
its instant payments have a list of their own (LianLianPay/LLP-InstantPay-Java@3c08f948 ``RetCodeEnum``). ``codes.csv`` has both.
Where they give one code two texts, the instant payments' own is answered: the published answer with 4005 has it. Of 1004 the
other one is, since it names the parameter. Some texts have a gap for what is told on the spot: that name, the words of a bank.
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
    of: str  # "instantpay", or "all"

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
    return RefusedError(_table()[code][0], told=told, why={"reason": why} if isinstance(why, str) else why, more=more)


def find(code: str) -> Row | None:
    """Return the row of a code whose text is answered, or None if neither list names it."""
    return _table().get(code, [None])[0]


def rows() -> list[Row]:
    """Return all rows; a code that both lists have has two."""
    return [row for several in _table().values() for row in several]


@cache
def _table() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    content = files("mocks.lianlian").joinpath("codes.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(content.splitlines()):
        found.setdefault(line["code"], []).append(Row(line["code"], line["message"], line["list"]))
    return found
