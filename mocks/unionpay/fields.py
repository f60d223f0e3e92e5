"""The fields of UnionPay's requests as tables, and the check that refuses what is missing (13) or of another form (10).

Sources: the field lists of the official demos (playniuniu/python-unionpay@464b7926 ``src/app``; Varorbc/PaySharp@3423dafe) and
the pages open.unionpay.com acpAPIId=791 (file), 800 (cancel), 901 (query). Which code a broken rule has is assumed where it is
not one of these two; special letters in a text that is echoed are refused, since the page asks for base64 then.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mocks.clock import BEIJING
from mocks.unionpay.codes import refused

API, FILES = "/gateway/api", "/"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its form, and whether it must be there."""

    name: str
    form: str
    required: bool = True


def may(name: str, form: str) -> Field:
    """Return an optional field."""
    return Field(name, form, required=False)


_TIME, _URL = "time", "url"  # forms that are more than a pattern
_ECHOED = r"[^&={}\[\]]{1,1024}|\{.*\}"
COMMON = (
    Field("version", r"5\.[01]\.0"),
    Field("encoding", r"(?i:utf-8)"),
    Field("signMethod", r"01|11|12"),
    Field("signature", r".{1,1024}"),
    Field("txnType", r"[0-9]{2}"),
    Field("txnSubType", r"[0-9]{2}"),
    Field("bizType", r"[0-9]{6}"),
    Field("accessType", r"[012]"),
    Field("merId", r"[0-9A-Za-z]{15}"),
    may("certId", r"[0-9]{1,128}"),
)
_ORDER = (Field("orderId", r"[0-9A-Za-z]{8,40}"), Field("txnTime", _TIME))
_MONEY = (*_ORDER, Field("txnAmt", r"[1-9][0-9]{0,11}"), Field("backUrl", _URL), may("reqReserved", _ECHOED))
_CURRENCY = Field("currencyCode", r"156")
_CHANNEL = r"0[578]|16"
_CONSUME = (*_MONEY, _CURRENCY, may("payTimeout", _TIME), may("orderDesc", r".{1,32}"), may("issInsCode", r"[0-9A-Za-z]{1,20}"))
_FOLLOWING = (
    *_MONEY,
    may("currencyCode", r"156"),
    may("channelType", _CHANNEL),
    may("origQryId", r"[0-9]{21}"),
    may("origOrderId", r"[0-9A-Za-z]{8,40}"),
    may("origTxnTime", _TIME),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for: where, by which types, and with which fields."""

    name: str
    path: str
    types: frozenset[tuple[str, str]]
    businesses: frozenset[str]
    fields: tuple[Field, ...]


def _operation(name: str, path: str, types: str, businesses: str, *fields: Field) -> Operation:
    pairs = frozenset((pair[:2], pair[3:]) for pair in types.split())
    return Operation(name, path, pairs, frozenset(businesses.split()), fields)


# A refund goes by the business type of its order, and by 000000 too (recorded: yansongda/pay sends it so and is accepted).
OPERATIONS = (
    _operation(
        "front",
        f"{API}/frontTransReq.do",
        "01/01",
        "000201 000202",
        *_CONSUME,
        Field("channelType", r"0[78]"),
        Field("frontUrl", _URL),
    ),
    _operation(
        "app", f"{API}/appTransReq.do", "01/01", "000201", *_CONSUME, Field("channelType", r"0[78]"), may("frontUrl", _URL)
    ),
    _operation("refund", f"{API}/backTransReq.do", "04/00", "000000 000201 000202", *_FOLLOWING),
    _operation("cancel", f"{API}/backTransReq.do", "31/00", "000000 000201 000202", *_FOLLOWING),
    _operation(
        "payout",
        f"{API}/backTransReq.do",
        "12/00",
        "000401",
        *_MONEY,
        _CURRENCY,
        Field("channelType", r"0[78]"),
        may("accType", r"0[123]"),
        Field("accNo", r".{1,1024}"),
        Field("customerInfo", r".{1,4096}"),
        may("encryptCertId", r"[0-9]{1,128}"),
    ),
    _operation(
        "encrypt_certificate",
        f"{API}/backTransReq.do",
        "95/00",
        "000000",
        *_ORDER,
        Field("certType", r"01"),
        may("channelType", _CHANNEL),
        may("reqReserved", _ECHOED),
    ),
    _operation(
        "query",
        f"{API}/queryTrans.do",
        "00/00 00/02",
        "000000 000201 000202 000401",
        may("orderId", r"[0-9A-Za-z]{8,40}"),
        may("txnTime", _TIME),
        may("queryId", r"[0-9]{21}"),
        may("channelType", _CHANNEL),
    ),
    _operation(
        "file",
        FILES,
        "76/01",
        "000000",
        Field("txnTime", _TIME),
        Field("settleDate", r"(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"),
        Field("fileType", r"00"),
        may("reqReserved", _ECHOED),
    ),
)
PATHS = {one.path: one.name for one in OPERATIONS}


def check(fields: Mapping[str, str], wanted: tuple[Field, ...]) -> None:
    """Refuse the request that breaks a rule of the table.

    Raises:
        RefusedError: 13 for what is missing, 10 for what has another form.
    """
    for one in wanted:
        value = fields.get(one.name, "")
        if not value and one.required:
            raise refused("13", why=f"{one.name} is missing")
        if value and not _fits(one.form, value):
            raise refused("10", why=f"{one.name} is not of the form {one.form}")


def check_common(fields: Mapping[str, str]) -> None:
    """Refuse what cannot even be verified.

    Raises:
        RefusedError: 13 or 10, as ``check``.
    """
    check(fields, COMMON)
    if fields["signMethod"] == "01" and not fields.get("certId"):
        raise refused("13", why="certId is missing, which signMethod 01 needs")
    if fields["signMethod"] != "01" and fields["version"] != "5.1.0":
        raise refused("10", why="signMethod 11 and 12 came with version 5.1.0")


def operation_of(path: str, fields: Mapping[str, str]) -> Operation:
    """Return what is asked for.

    Raises:
        RefusedError: 15 where this path knows no such transaction; that it is this code is assumed.
    """
    asked = (fields["txnType"], fields["txnSubType"])
    found = next((one for one in OPERATIONS if one.path == path and asked in one.types), None)
    if found is None:
        raise refused("15", why=f"{path} knows no txnType {asked[0]} with txnSubType {asked[1]}")
    if fields["bizType"] not in found.businesses:
        raise refused("15", why=f"bizType of {found.name} should be one of {', '.join(sorted(found.businesses))}")
    return found


def moment(text: str) -> datetime | None:
    """Return the time that fourteen digits tell, in Beijing, or None where they tell none."""
    if not re.fullmatch(r"[0-9]{14}", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None


def _fits(form: str, value: str) -> bool:
    if form == _TIME:
        return moment(value) is not None
    if form == _URL:
        return _is_address(value)
    return re.fullmatch(form, value) is not None and value.isprintable()


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and value.isprintable()
    except ValueError:
        return False
