"""The parameters of VSP's requests as tables, and the check that refuses what is missing or of another form.

Sources: 007gzs/pyallinpay@cfd574fa ``client/api`` (each with the page that it copies) and hlib-go/hallinpay@74394108 for
names, lengths and which paytype needs ``acct``; prodoc.allinpay.com/doc/1512 for the file. PARAMERR is for a wrong parameter
from version 12 on, FAIL before it. Parameters that no list names are taken and signed, as the page asks clients to do with
what they get.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from mocks.allinpay.codes import RefusedError
from mocks.allinpay.vsp_signing import METHODS, refusing

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200
_URL = "url"  # more than a pattern


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its name, its form, and whether it must be there."""

    name: str
    form: str
    required: bool = True


def may(name: str, form: str) -> Field:
    """Return an optional parameter."""
    return Field(name, form, required=False)


COMMON = (
    Field("cusid", r"[0-9A-Za-z]{1,15}"),
    Field("appid", r"[0-9A-Za-z]{1,8}"),
    Field("randomstr", r"[0-9A-Za-z]{1,32}"),
    Field("signtype", "|".join(METHODS)),
    Field("sign", r".{1,512}"),
    may("version", r"1[12]"),
    may("orgid", r"[0-9A-Za-z]{1,15}"),
)
_NUMBER, _TRXID, _AMOUNT = r"[!-~]{1,32}", r"[!-~]{1,50}", r"[1-9][0-9]{0,14}"
_MONEY = (Field("reqsn", _NUMBER), Field("trxamt", _AMOUNT), may("remark", r".{1,160}"))
_ORDER = (*_MONEY, may("body", r".{1,100}"), may("limit_pay", r"no_credit"), may("validtime", r"[1-9][0-9]{0,3}"))
_FOLLOWING = (*_MONEY, may("oldreqsn", _NUMBER), may("oldtrxid", _TRXID))
NEEDS_ACCT = frozenset({"W02", "W06", "A02", "U02"})
TRXCODES = {"W": 500, "Q": 504, "A": 510, "U": 550}
"""By whose wallet it is: a payment is one more than this, its cancellation two, its refund three."""
PAYTYPES = ("W01", "W02", "W06", "A01", "A02", "A03", "Q01", "Q02", "U01", "U02")

OPERATIONS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "/apiweb/unitorder/pay": ("pay", (*_ORDER, Field("paytype", "|".join(PAYTYPES)), Field("notify_url", _URL))),
    "/apiweb/unitorder/scanqrpay": ("scanqrpay", (*_ORDER, Field("authcode", r"[0-9]{16,24}"), may("notify_url", _URL))),
    "/apiweb/unitorder/query": ("query", (may("reqsn", _NUMBER), may("trxid", _TRXID))),
    "/apiweb/unitorder/cancel": ("cancel", _FOLLOWING),
    "/apiweb/unitorder/refund": ("refund", _FOLLOWING),
    "/apiweb/trxfile/get": ("trxfile", (Field("date", r"[0-9]{8}"), may("filetype", "1"))),
}
_LONGEST_VALIDTIME = 1440  # minutes


def read_form(content_type: str, body: bytes) -> dict[str, str] | None:
    """Return the parameters of a form, or None where it is none: another type, no UTF-8, a name that stands twice."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def check(fields: Mapping[str, str], wanted: tuple[Field, ...]) -> None:
    """Refuse what breaks a rule of the table.

    Raises:
        RefusedError: PARAMERR, or FAIL before version 12.
    """
    for one in wanted:
        value = fields.get(one.name, "")
        if not value and one.required:
            raise _wrong(fields, f"{one.name} is missing")
        if value and not (_is_address(value) if one.form == _URL else re.fullmatch(one.form, value) and value.isprintable()):
            raise _wrong(fields, f"{one.name} is not of the form {one.form}")


def check_order(fields: Mapping[str, str]) -> None:
    """Refuse an order whose parameters do not go together.

    Raises:
        RefusedError: PARAMERR, or FAIL before version 12.
    """
    if fields.get("paytype") in NEEDS_ACCT and not fields.get("acct"):
        raise _wrong(fields, f"paytype {fields['paytype']} needs acct, the payer's id at his wallet")
    if int(fields.get("validtime") or 1) > _LONGEST_VALIDTIME:
        raise _wrong(fields, f"validtime is {_LONGEST_VALIDTIME} minutes at most")


def one_of(fields: Mapping[str, str], first: str, second: str) -> None:
    """Refuse a request that names none of two.

    Raises:
        RefusedError: PARAMERR, or FAIL before version 12.
    """
    if not fields.get(first) and not fields.get(second):
        raise _wrong(fields, f"neither {first} nor {second} is there")


def day(fields: Mapping[str, str]) -> datetime:
    """Return the day that ``date`` tells.

    Raises:
        RefusedError: it tells none.
    """
    try:
        return datetime.strptime(fields["date"], "%Y%m%d")  # noqa: DTZ007  a day, in Beijing
    except ValueError as error:
        raise _wrong(fields, f"date {fields['date']} is no day") from error


def wallet_of(authcode: str) -> str | None:
    """Return whose payment code it is, by its length and beginning: WeChat Pay, Alipay, QQ, UnionPay; None for nobody's.

    Sources: the pages of the wallets themselves for 10 to 15 with 18 digits, 25 to 30 with 16 to 24, 91 with 18, 62 with 19.
    """
    for wallet, form in (("W", r"1[0-5]\d{16}"), ("A", r"(?:2[5-9]|30)\d{14,22}"), ("Q", r"91\d{16}"), ("U", r"62\d{17}")):
        if re.fullmatch(form, authcode):
            return wallet
    return None


def _wrong(fields: Mapping[str, str], why: str) -> RefusedError:
    return refusing(fields, "PARAMERR", why=why)


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and value.isprintable()
    except ValueError:
        return False
