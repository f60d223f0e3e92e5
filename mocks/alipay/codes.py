"""The codes that Alipay answers, by operation, with their Chinese texts and where each was found: the mock invents none.

``codes.csv`` was collected from the channel's enumerations and copies of its pages; ``standing`` says whether a row is
documented, observed or assumed. ``code`` and ``sub_code`` are the gateway's; ``status`` is what the REST protocol answers, by the
class rule of open-v3/054fcv, since no page gives a status a code. In ``source`` PHP3:X is alipay/alipay-sdk-php-all@d95249a3
``v3/src/Model/X.php``, BUS is Bishoptylaor/paypay@85b3fc29 ``alipay/utils/busserr.go``, a copy of the official table.
"""

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from mocks.faults import Fault

GATEWAY, REST = "gateway", "v3"
LIMITED = "isv.app-call-limited"  # what too many requests are answered
MESSAGES = {
    "10000": "Success",
    "10003": " order success pay inprocess",  # with the space: as seen in answers of the real gateway
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40003": "Insufficient Conditions",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}
_MAIN = re.compile(r"(\d{5})(?=:|$)")
_PREFIX = re.compile(r"^(isv|isp|aop)\.")


@dataclass(frozen=True, slots=True)
class Row:
    """One code of one operation. ``text`` is the sub_msg of the gateway and the message of the REST protocol."""

    operation: str
    code: str
    sub_code: str
    status: int
    text: str
    standing: str


class RefusedError(Exception):
    """A request that the channel refuses, with its code; ``why`` is for the mock's log alone."""

    def __init__(self, row: Row, *, why: dict[str, Any] | None = None, signed: bool = True) -> None:
        """Hold what is answered."""
        super().__init__(f"{row.sub_code}: {row.text}")
        self.row = row
        self.why = why
        self.signed = signed

    def gateway(self) -> dict[str, str]:
        """Return the answer of the gateway."""
        row = self.row
        content = {"code": row.code, "msg": MESSAGES.get(row.code, "")}
        return content | ({"sub_code": row.sub_code, "sub_msg": row.text} if row.sub_code else {})

    def rest(self) -> tuple[int, dict[str, str]]:
        """Return status and answer of the REST protocol, where the gateway's own codes have no prefix."""
        if self.row.operation != GATEWAY:
            return self.row.status, {"code": self.row.sub_code or self.row.code, "message": self.row.text}
        name = _PREFIX.sub("", self.row.sub_code)
        known = find(REST, name)
        return known.status if known is not None else self.row.status, {"code": name, "message": self.row.text}


def refused(
    operation: str, sub_code: str, text: str | None = None, *, why: dict[str, Any] | None = None, signed: bool = True
) -> RefusedError:
    """Return the refusal to raise; ``text`` replaces the table's.

    Raises:
        KeyError: the operation has no such code.
    """
    row = find(operation, sub_code)
    if row is None:
        raise KeyError(f"{operation} has no code {sub_code}")
    return RefusedError(replace(row, text=text or row.text), why=why, signed=signed)


def find(operation: str, sub_code: str) -> Row | None:
    """Return the first row of that code for the operation; None if no page names it."""
    return next((row for row in of(operation) if row.sub_code == sub_code), None)


def of(operation: str) -> list[Row]:
    """Return the operation's own rows."""
    return _table().get(operation, [])


def asked_for(operation: str, code: str, fault: Fault | None = None) -> Row:
    """Return the row of a code that somebody wants to see, known or not, as the gateway's code, its sub_code or both.

    ``ACQ.SYSTEM_ERROR``, ``20000:ACQ.SYSTEM_ERROR`` or ``20000``; what a fault says of status and message replaces the table's.
    """
    found = _MAIN.match(code)
    main, sub_code = (found[1], code[found.end() :].removeprefix(":")) if found else ("", code)
    known = (
        find(operation, sub_code) or find(GATEWAY, sub_code) or Row(operation, "40004", sub_code, 400, "模拟的错误", "asked for")
    )
    options = fault.options if fault is not None else {}
    return replace(
        known,
        code=main or known.code,
        status=options.get("http_status", known.status),
        text=options.get("message", known.text),
    )


@cache
def _table() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    content = files("mocks.alipay").joinpath("codes.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(content.splitlines()):
        # The gateway's own codes have no status of their own here: the REST protocol's rows give it.
        row = Row(
            line["operation"], line["code"], line["sub_code"], int(line["status"] or 400), line["message"], line["standing"]
        )
        found.setdefault(row.operation, []).append(row)
    return found
