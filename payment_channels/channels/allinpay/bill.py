"""Bills of VSP: ask for the address of one day's file, fetch it from an allowed origin alone, and type its rows.

Source: https://prodoc.allinpay.com/doc/1512 (trxfile/get; the address is valid for two minutes; there after 06:00 next day) and
007gzs/pyallinpay@29f2a072 allinpay/client/api/trxfile.py. The file itself is unsigned; its address comes signed.
"""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, fetch
from payment_channels.channels.allinpay.bill_lines import BillBrokenError, parse
from payment_channels.channels.allinpay.checks import check_no_others
from payment_channels.channels.allinpay.messages import BEIJING, Told
from payment_channels.channels.allinpay.vsp import ACCEPTED, FILES, USER_AGENT, VspLine
from payment_channels.model.bills import BillStatus
from payment_channels.model.queries import BillQuery

MAX_FILE = 256 * 1024 * 1024
READY_AT = time(6)
OK = 200


def bill(line: VspLine, asked: BillQuery) -> Exchange[Reading]:
    """Fetch the transactions of one day. What Allinpay refuses before 06:00 of the next day is not ready."""
    check_no_others([("sub_merchant", asked.sub_merchant), ("variant", asked.variant)])
    reply = yield from line.send(FILES, {"date": asked.day.strftime("%Y%m%d")})
    address: list[str] = []

    def say(told: Told, _where: str, code: str) -> dict[str, Any]:
        url = told.text("url")
        if code == ACCEPTED and url is not None:
            address.append(url)
        due = datetime.combine(asked.day + timedelta(days=1), READY_AT, BEIJING)
        if address or line.clock() >= due:
            return {}
        # What is refused as a whole comes unsigned, so public clients say; of a file that cannot be there yet it is believed.
        unsigned = {} if told.text("sign") is not None else {"authenticity": Authenticity.UNSIGNED_AS_DOCUMENTED}
        return {"finding": "BILL_NOT_READY", **unsigned}

    applied = yield from line.read(reply, "bill", say, of_order=False)
    if applied.authenticity is not Authenticity.VERIFIED or applied.foreign or not address:
        return applied
    if not _allowed(line, address[0]):
        return _broken(reply, "the download address is not of an allowed origin")
    headers = (("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT))
    file = yield from fetch(HttpCall("GET", address[0], headers, max_reply_bytes=MAX_FILE))
    if file.status != OK:
        note = f"HTTP {file.status} instead of the file: its address is valid for two minutes"
        return Reading.unreadable("bill.download", http_status=file.status, note=note)
    try:
        rows = parse(file.body, cusid=line.config.cusid, day=asked.day)
    except BillBrokenError as error:
        return _broken(file, str(error))
    return Reading(
        operation="bill.download",
        where="http",
        code=str(file.status),
        http_status=file.status,
        authenticity=Authenticity.VERIFIED,
        fields={"status": BillStatus.READY if rows else BillStatus.EMPTY, "rows": rows, "content": file.body},
    )


def _allowed(line: VspLine, url: str) -> bool:
    """Say whether an address is of Allinpay's origin or of a configured one; nothing else is fetched, nor sent there."""
    parts = urlsplit(url)
    clean = url.isascii() and url.isprintable() and " " not in url and not parts.fragment
    return clean and f"{parts.scheme}://{parts.netloc}" in {line.config.base_url, *line.config.file_origins}


def _broken(reply: HttpReply, why: str) -> Reading:
    return Reading(
        operation="bill.download",
        http_status=reply.status,
        authenticity=Authenticity.VERIFIED,
        finding="BILL_INCONSISTENT",
        note=why,
    )
