"""Settlement files (76): download from the file host, base64, deflate, zip, and rows that must agree with the summary.

Source: playniuniu/python-unionpay@464b792e src/app/fileDownload.py; entries INN<yymmdd>88ZM_<merId> (trade detail),
INN<yymmdd>88ZME_<merId> (error handling; its columns are not published) and RD2010<yymmdd>01_<merId> (summary).
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.unionpay import bodies
from payment_channels.channels.unionpay.line import ACCEPTED, FILES, Line
from payment_channels.channels.unionpay.messages import Told
from payment_channels.channels.unionpay.zm import BillBrokenError, fen, parse, signed_fen
from payment_channels.codec.amounts import minor_of_text
from payment_channels.codec.archives import ArchiveRefusedError, inflate, unzip
from payment_channels.model.bills import BillRow, BillStatus
from payment_channels.model.queries import BillQuery

MAX_REPLY = 128 * 1024 * 1024
DETAIL = re.compile(r"INN(\d{6})..ZM_(\w+)")
ERRORS = re.compile(r"INN(\d{6})..ZME_(\w+)")
SUMMARY = re.compile(r"RD\d{4}(\d{6})\d\d_(\w+)")
TOTAL = re.compile(r"^总计 +(\d+) +" + " +".join([r"(\d+\.\d\d)"] * 6) + " *$", re.MULTILINE)
"""Count; amount, fee and clearing difference, each in debit (借) and credit (贷)."""


def bill(line: Line, asked: BillQuery) -> Exchange[Reading]:
    """Fetch the file of a clearing day. 98 says that there is none: not ready, or a day without business."""
    request = bodies.settlement_file(line.config.mer_id, asked.day, line.clock())
    reply = yield from line.send(FILES, request, origin=line.config.file_url, max_reply_bytes=MAX_REPLY)

    def say(told: Told, _where: str, code: str) -> dict[str, Any]:
        if code != ACCEPTED:
            return {}
        try:
            content = unpacked(told.text("fileContent") or "")
            rows, note = read(content, mer_id=line.config.mer_id, day=asked.day)
        except BillBrokenError as error:
            return {"finding": "BILL_INCONSISTENT", "note": str(error)}
        status = BillStatus.READY if rows else BillStatus.EMPTY
        return {"fields": {"status": status, "rows": rows, "content": content}, "note": note}

    reading = line.read(reply, "bill", {"merId": line.config.mer_id, "txnType": "76"}, say)
    return reading


def unpacked(content: str) -> bytes:
    """Return the zip that ``fileContent`` holds: base64 of a deflated file.

    Raises:
        BillBrokenError: it is damaged, or too large.
    """
    try:
        return inflate(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError) as error:
        reason = f"fileContent: {error}" if isinstance(error, ArchiveRefusedError) else "fileContent is not base64"
        raise BillBrokenError(reason) from error


def read(content: bytes, *, mer_id: str, day: date) -> tuple[tuple[BillRow, ...], str]:
    """Read the zip of one merchant and day; return the rows, and what else it holds in a few words.

    Raises:
        BillBrokenError: it is damaged, another merchant's or another day's, or its rows do not add up to its summary.
    """
    try:
        files = unzip(content)
    except ArchiveRefusedError as error:
        raise BillBrokenError(str(error)) from error
    detail, errors, summary = (_entry(files, pattern, mer_id, day) for pattern in (DETAIL, ERRORS, SUMMARY))
    if detail is None:
        reason = "there is no trade detail (ZM) of this merchant and day in the zip"
        raise BillBrokenError(reason)
    rows = parse(detail, mer_id=mer_id, day=day)
    if summary is not None:
        _compare(rows, summary)
    lines = sum(bool(one.strip()) for one in (errors or b"").split(b"\n"))
    return rows, f"{lines} lines of error handling (ZME), whose columns are not published, are in the content" if lines else ""


def _entry(files: Mapping[str, bytes], pattern: re.Pattern[str], mer_id: str, day: date) -> bytes | None:
    """Return the entry of a kind; its name says whose it is and of which day."""
    for name, content in files.items():
        found = pattern.fullmatch(name.rpartition("/")[2])
        if found is None:
            continue
        if found.groups() != (day.strftime("%y%m%d"), mer_id):
            reason = "the zip is another merchant's or another day's"
            raise BillBrokenError(reason)
        return content
    return None


def _compare(rows: tuple[BillRow, ...], summary: bytes) -> None:
    try:
        total = TOTAL.search(summary.decode("gbk").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        reason = "the summary is not GBK"
        raise BillBrokenError(reason) from error
    if total is None:
        reason = "the summary has no line of totals"
        raise BillBrokenError(reason)
    count, *amounts = total.groups()
    debit, credit, fee_debit, fee_credit, net_debit, net_credit = (minor_of_text(text) for text in amounts)
    told = (int(count), debit + credit, fee_debit - fee_credit, net_credit - net_debit)
    found = (
        len(rows),
        sum(fen(row.raw["txnAmt"], "txnAmt") for row in rows),
        -sum(signed_fen(row.raw["merFee"], "merFee") for row in rows),
        sum(signed_fen(row.raw["clearingNetAmt"], "clearingNetAmt") for row in rows),
    )
    for name, one, other in zip(("count", "amount", "fee", "net"), found, told, strict=True):
        if one != other:
            reason = f"{name}: the rows give {one}, the summary says {other} (fen)"
            raise BillBrokenError(reason)
