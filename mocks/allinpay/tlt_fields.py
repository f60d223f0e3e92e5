"""The fields of TLT's payouts and queries as tables, and the check that refuses what is missing or of another form.

Sources: the structures of ikaiguang/go-allinpay and the published 100002 request in public copies of the official demo
(signVeryDemo). Which code a broken rule has is documented for an amount (1101) alone; 1000 for all others is assumed, and so
it is for an element that no list names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mocks.allinpay.codes import INFO, refused

AMOUNT, TIME, DAY = r"[1-9][0-9]{0,11}", "time", "day"  # the last two are more than a pattern


@dataclass(frozen=True, slots=True)
class Field:
    """One element: its name, its form, and whether it must be there."""

    name: str
    form: str
    required: bool = True


def _may(*names: str, form: str = r".{1,256}") -> tuple[Field, ...]:
    return tuple(Field(name, form, required=False) for name in names)


_HEAD = (Field("BUSINESS_CODE", r"[0-9]{5,6}"), Field("MERCHANT_ID", r"[0-9A-Za-z]{15}"), Field("SUBMIT_TIME", TIME))
_PAYEE = (
    Field("BANK_CODE", r"[0-9]{3,8}"),
    Field("ACCOUNT_NO", r"[0-9A-Za-z-]{1,32}"),
    Field("ACCOUNT_NAME", r".{1,60}"),
    Field("AMOUNT", AMOUNT),
    *_may("ACCOUNT_TYPE", form="0[012]"),
    *_may("ACCOUNT_PROP", form="[01]"),
    *_may("CURRENCY", form="CNY"),
    *_may("UNION_BANK", form="[0-9]{12}"),
    *_may("ID_TYPE", form="[0-9A-Z]"),
    *_may("E_USER_CODE", "ID", "TEL", "CUST_USERID", "REMARK", "SUMMARY", "PROVINCE", "CITY", "BANK_NAME"),
    *_may("PROTOCOL", "PROTOCOL_USERID", "SETTACCT"),
)
TRANS = (*_HEAD, *_PAYEE)
TRANS_SUM = (*_HEAD, Field("TOTAL_ITEM", r"[1-9][0-9]{0,7}"), Field("TOTAL_SUM", AMOUNT), *_may("SETTDAY", form=DAY))
TRANS_DETAIL = (Field("SN", r"[0-9]{1,4}"), *_PAYEE)
QTRANSREQ = (
    Field("QUERY_SN", r"[!-~]{1,60}"),
    Field("MERCHANT_ID", r"[0-9A-Za-z]{15}"),
    *_may("STATUS", "TYPE", form="[0-9]"),
    *_may("START_DAY", "END_DAY", form=r"[0-9]{8,14}"),
)


def check(where: str, given: Mapping[str, str], wanted: tuple[Field, ...]) -> None:
    """Refuse what breaks a rule of the table.

    Raises:
        RefusedError: 1101 for an amount, 1000 for everything else.
    """
    for one in wanted:
        value = given.get(one.name, "")
        if not value and one.required:
            raise refused(INFO, "1000", why=f"{where}/{one.name} is missing")
        if value and not _fits(one.form, value):
            raise refused(INFO, "1101" if one.form == AMOUNT else "1000", why=f"{where}/{one.name} is not of the form {one.form}")
    unknown = sorted(set(given) - {one.name for one in wanted})
    if unknown:
        raise refused(INFO, "1000", why=f"{where} has elements that no list names: {', '.join(unknown)}")


def _fits(form: str, value: str) -> bool:
    if form not in {TIME, DAY}:
        return re.fullmatch(form, value) is not None and value.isprintable()
    if not re.fullmatch(r"[0-9]{14}" if form == TIME else r"[0-9]{8}", value):
        return False
    try:
        datetime.strptime(value, "%Y%m%d%H%M%S" if form == TIME else "%Y%m%d")  # noqa: DTZ007  is it a time at all
    except ValueError:
        return False
    return True
