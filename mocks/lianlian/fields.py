"""The fields of LianLian's requests as tables, and the check that refuses what is missing or of another form (1004).

Sources: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-apply-API.md, instant-payment-confirm-API.md,
instant-payment-result-query.md, balance-query-api.md; LianLianPay/LLP-YT-Java@28ec8020 ``PaymentParams``. Where they disagree:
``flag_card`` is 0 or 1 (the page's text says 1 and 2, its sample and the SDK 0 and 1); ``info_order`` must be there from 50,000
yuan (the SDK; the page says always); a query names its version ``query_version`` (the page) or ``api_version`` (its sample and
the SDK). The form of account numbers, and that 1004 is the answer to all of these, is assumed; the first rule broken is told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mocks.clock import BEIJING
from mocks.lianlian.codes import BAD_PARAMETER, RefusedError, refused

MOST_FEN = 100_000_000_00
PURPOSE_FROM_FEN = 50_000_00
PERSONAL, CORPORATE = "0", "1"
_TIME, _URL, _MONEY = "time", "url", "money"  # forms that are more than a pattern


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its form, and whether it must be there."""

    name: str
    form: str
    required: bool = True


def may(name: str, form: str) -> Field:
    """Return an optional field."""
    return Field(name, form, required=False)


_COMMON = (Field("oid_partner", r"[0-9]{18}"), Field("sign_type", r"RSA"), Field("sign", r".{1,2048}"))
_VERSION = r"1\.[01]"
_NUMBER = r"[0-9A-Za-z_-]{1,32}"
_NOTIFY = Field("notify_url", _URL)
OUTER = (Field("oid_partner", r"[0-9]{18}"), Field("pay_load", r"(?s:.{1,16384})"))
PAYMENT = (
    *_COMMON,
    Field("api_version", _VERSION),
    Field("no_order", _NUMBER),
    Field("dt_order", _TIME),
    Field("money_order", _MONEY),
    Field("flag_card", r"[01]"),
    Field("card_no", r"[0-9A-Za-z-]{5,32}"),
    Field("acct_name", r".{1,64}"),
    Field("memo", r".{1,24}"),
    _NOTIFY,
    may("info_order", r".{1,255}"),
    may("bank_code", r"[0-9]{8}"),
    may("bank_name", r".{1,64}"),
    may("prcptcd", r"[0-9]{12}"),
    may("brabank_name", r".{1,128}"),
    may("city_code", r"[0-9]{6}"),
    may("platform", r".{1,64}"),
    may("risk_item", r"(?s:.{1,4096})"),
)
CONFIRM = (
    *_COMMON,
    Field("api_version", _VERSION),
    Field("no_order", _NUMBER),
    Field("confirm_code", r"[0-9A-Za-z]{6}"),
    _NOTIFY,
    may("platform", r".{1,64}"),
)
QUERY = (
    *_COMMON,
    may("no_order", _NUMBER),
    may("oid_paybill", r"[0-9]{1,18}"),
    may("query_version", _VERSION),
    may("api_version", _VERSION),
    may("platform", r".{1,64}"),
)
BALANCE = (*_COMMON, Field("api_version", _VERSION))
BRANCHES = (
    *_COMMON,
    Field("bank_code", r"[0-9]{8}"),
    Field("city_code", r"[0-9]{6}"),
    Field("brabank_name", r".{1,128}"),
)


def check(fields: Mapping[str, object], wanted: tuple[Field, ...]) -> None:
    """Refuse the request that breaks a rule of the table.

    Raises:
        RefusedError: 1004, with the name of the field in its text.
    """
    for one in wanted:
        value = fields.get(one.name)
        if value in (None, ""):
            if one.required:
                raise bad(one.name, f"{one.name} is missing")
        elif not isinstance(value, str):
            raise bad(one.name, f"{one.name} should be a JSON text")
        elif not _fits(one.form, value):
            raise bad(one.name, f"{one.name} is not of the form {one.form}")


def check_payment(fields: Mapping[str, str]) -> None:
    """Refuse a payment whose fields do not go together.

    Raises:
        RefusedError: 1004.
    """
    if fields["flag_card"] == CORPORATE and not fields.get("bank_code"):
        raise bad("bank_code", "bank_code is missing, which an account of a company (flag_card 1) needs")
    if fields["flag_card"] == PERSONAL and not re.fullmatch(r"[0-9]{13,19}", fields["card_no"]):
        raise bad("card_no", "card_no is no card number of 13 to 19 digits, which flag_card 0 needs")
    if fen_of(fields["money_order"]) >= PURPOSE_FROM_FEN and not fields.get("info_order"):
        raise bad("info_order", "info_order is missing, which a payment from 50,000 yuan needs")


def bad(name: str, why: str) -> RefusedError:
    """Return the refusal of a parameter."""
    return refused(BAD_PARAMETER, told=name, why=why)


def fen_of(text: str) -> int:
    """Return the fen of yuan with two decimals."""
    yuan, _, rest = text.partition(".")
    return int(yuan) * 100 + int(rest)


def yuan_of(fen: int) -> str:
    """Return yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


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
    if form == _MONEY:
        return re.fullmatch(r"(0|[1-9][0-9]{0,8})\.[0-9]{2}", value) is not None and 1 <= fen_of(value) <= MOST_FEN
    return re.fullmatch(form, value) is not None and (value.isprintable() or "(?s:" in form)


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return len(value) <= 128 and parts.scheme in {"http", "https"} and bool(parts.hostname) and value.isprintable()  # noqa: PLR2004  String(128)
    except ValueError:
        return False
