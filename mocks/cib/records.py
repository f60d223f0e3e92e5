"""The statement as a file (FSTMTTRNRQ 3.3.9): records of 530 bytes in GBK, the last of which is the line end.

Documented: the columns and their widths, NUM rows a page (a multiple of 100, at most 1000), MORE and TOTAL, 6421 for a day that
has no rows, the amounts between which rows are asked for. Assumed: 2001 for a page behind the last, 2000 for another NUM, what
stands in the columns that no page explains, that numbers are set to the right and texts to the left as in the sample, and that
no blanks stand before a record (the sample is indented).
"""

import re
from typing import Any

from mocks.cib.accounts import CREDIT, Entry
from mocks.cib.codes import BROKEN, refused
from mocks.cib.desk import BANK, CITY, Desk
from mocks.cib.messages import group, second, tag, yuan
from mocks.cib.statements import booked
from payment_channels.codec.xml import cdata

_MOST, _STEP = 1000, 100


def file(desk: Desk, asked: dict[str, Any]) -> str:
    """Hand out a page of records."""
    wanted = asked["SCUSTSTMTRQ"]
    desk.check_account(wanted["ACCTFROM"]["ACCTID"])
    account, period = desk.account, wanted["INCTRAN"]
    size, page = int(period["NUM"]), int(period["PAGE"])
    if not 0 < size <= _MOST or size % _STEP:
        raise refused(BROKEN, why=f"NUM is {size}; it should be a multiple of {_STEP}, at most {_MOST}")
    least, most = (_fen(period.get(name)) for name in ("MINAMT", "MAXAMT"))
    fitting = [
        one
        for one in booked(account, period, desk.now().date())
        if (least is None or least <= one.amount) and (most is None or one.amount <= most)
    ]
    here = fitting[(page - 1) * size : page * size]
    if not here:
        raise refused("2001" if fitting else "6421", why=f"{len(fitting)} rows, and none on page {page}")
    payer = (tag("ACCTID", account.acct_id), tag("NAME", account.name), tag("BANKDESC", BANK), tag("CITY", CITY))
    now = second(desk.now())
    return group(
        "SCUSTSTMTRS",
        group("ACCTFROM", *payer),
        tag("TOTAL", len(fitting)),
        tag("MORE", "Y" if len(fitting) > page * size else "N"),
        f'<TRANLIST size="{len(here)}">{cdata("".join(map(record, here)))}</TRANLIST>',
        group("LEDGERBAL", tag("BALAMT", yuan(account.balance)), tag("DTASOF", now)),
        group("AVAILBAL", tag("BALAMT", yuan(account.available)), tag("DTASOF", now)),
    )


def _fen(text: str | None) -> int | None:
    if text is None:
        return None
    whole, _, part = text.partition(".")
    fen = int(whole.lstrip("-")) * 100 + int(part.ljust(2, "0"))
    return -fen if text.startswith("-") else fen


def record(one: Entry) -> str:
    """Return the record of an entry, its line end last."""
    other = one.cause.other
    interbank = bool(other.bank_no) and not other.bank_no.startswith("309")
    cheque = re.sub(r"[^0-9]", "", one.cause.cheque)[-9:]
    columns = (
        (one.core_id, 30),
        (f"{one.number % 10**6:10}", 10),
        ("  1", 3),
        (f"{one.at:%Y%m%d}", 8),
        (f"{one.at:%H%M%S}", 6),
        ("11", 2),
        ("701", 3),
        ("1820", 4),
        ("1820", 4),
        (one.teller, 8),
        ("204", 3),
        (f"{cheque:>10}", 10),
        ("3500484519", 10),
        (f"{yuan(one.balance):>15}", 15),
        (f"{yuan(one.amount):>15}", 15),
        ("01", 2),
        ("1", 1),
        ("1" if one.kind == CREDIT else "0", 1),
        ("0", 1),
        ("0", 1),
        (one.code, 3),
        ("", 32),
        (other.acct_id, 32),
        (other.name, 120),
        (other.bank_no, 14),
        (other.bank, 70),
        ("8" if interbank else "0", 1),
        (one.cause.purpose, 60),
        (one.cause.summary, 60),
    )
    return "".join(_filled(text, width) for text, width in columns) + "\n"


def _filled(text: str, width: int) -> str:
    """Fill a text up to so many bytes of GBK; what is too long loses whole characters at its end."""
    while len(text.encode("gbk", "replace")) > width:
        text = text[:-1]
    return text + " " * (width - len(text.encode("gbk", "replace")))
