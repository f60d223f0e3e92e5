"""The codes that WeChat Pay answers, by operation, with their HTTP statuses and Chinese texts: the mock invents none.

The table, ``codes.csv``, was collected from the channel's pages; ``standing`` says whether a row is documented, observed
or assumed. The same code has other statuses in other operations, so nothing is looked up by the code alone.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mocks.wire import MockReply

# Two codes of refunds stand in a FAQ without a status (404 and 403 are taken by others there): 400 is assumed.
_ASSUMED_STATUS = 400
# Where an operation has no such row, the platform's general ones apply: the gateway's, then the public list of 2021.
_GENERAL = ("gateway", "public")
# The number after the last dash of Request-ID, in the few cases that the official trouble-shooting guide names.
# Source: wechatpay-apiv3/wechatpay-skills@15f40d07, 排障手册.md
_SUFFIXES = {
    "SIGN_ERROR": 268443699,
    "PARAM_ERROR": 268435461,
    "ORDER_NOT_EXIST": 268512771,
    "ORDER_PAID": 268498689,
    "OUT_TRADE_NO_USED": 268498688,
    "FREQUENCY_LIMITED": 268447840,
    "APPID_MCHID_NOT_MATCH": 268445527,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One code of one operation."""

    operation: str
    status: int
    code: str
    message: str
    standing: str


class RefusedError(Exception):
    """A request that the channel refuses, with its code; ``why`` is for the mock's log alone."""

    def __init__(self, row: Row, *, detail: dict[str, Any] | None = None, why: dict[str, Any] | None = None) -> None:
        """Hold what is answered."""
        super().__init__(f"{row.code}: {row.message}")
        self.row = row
        self.detail = detail
        self.why = why

    def reply(self) -> MockReply:
        """Return the answer of API v3; ``detail`` comes with PARAM_ERROR and INVALID_REQUEST alone."""
        content: dict[str, Any] = {"code": self.row.code, "message": self.row.message}
        if self.detail is not None:
            content["detail"] = self.detail
        return MockReply.of_json(content, self.row.status)


def refused(
    operation: str,
    code: str,
    message: str | None = None,
    *,
    status: int | None = None,
    detail: dict[str, Any] | None = None,
    why: dict[str, Any] | None = None,
) -> RefusedError:
    """Return the refusal to raise; ``message`` and ``status`` replace the table's.

    Raises:
        KeyError: neither the operation nor the general lists have such a code.
    """
    row = find(operation, code)
    if row is None:
        raise KeyError(f"{operation} has no code {code}")
    changed = Row(operation, status or row.status, code, message or row.message, row.standing)
    return RefusedError(changed, detail=detail, why=why)


def find(operation: str, code: str) -> Row | None:
    """Return the first row of that code for the operation, or of the general lists; None if no page names it."""
    table = _table()
    return next((table[place, code][0] for place in (operation, *_GENERAL) if (place, code) in table), None)


def of(operation: str) -> list[Row]:
    """Return the operation's own rows."""
    return [row for (place, _), rows in _table().items() if place == operation for row in rows]


def text(operation: str, code: str, containing: str) -> str:
    """Return the message of that code which contains a given piece, to choose between several.

    Raises:
        StopIteration: there is none.
    """
    return next(row.message for row in _table()[operation, code] if containing in row.message)


def request_id_suffix(code: str | None) -> int:
    """Return the number that ends Request-ID; 0 where no page gives one."""
    return _SUFFIXES.get(code or "", 0)


@cache
def _table() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    content = files("mocks.wechat").joinpath("codes.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(content.splitlines()):
        status = int(line["http_status"] or _ASSUMED_STATUS)
        row = Row(line["operation"], status, line["code"], line["message"], line["standing"])
        found.setdefault((row.operation, row.code), []).append(row)
    return found
