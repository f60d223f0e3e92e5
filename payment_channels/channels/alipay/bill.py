"""Bills: ask for the address, download from an allowed origin alone, unpack, compare with the file's own footer, type the rows.

Source: alipay.data.dataservice.bill.downloadurl.query; a real export of 2019-09-17 (fixture alipay_trade_detail_sample.gbk.csv).
A zip of GBK files: the rows (业务明细, 账务明细) and a summary by shop (汇总), which has no figure that the footer lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, fetch
from payment_channels.channels.alipay import checks
from payment_channels.channels.alipay.bill_file import FUND_FLOW, TRADE, BillBrokenError, Kind, parse
from payment_channels.channels.alipay.line import OK, USER_AGENT, Line
from payment_channels.channels.alipay.messages import BEIJING, BillAddress, Words
from payment_channels.codec.archives import ArchiveRefusedError, unzip
from payment_channels.model.bills import BillStatus
from payment_channels.model.queries import BillQuery

QUERY = "alipay.data.dataservice.bill.downloadurl.query"
MAX_FILE = 512 * 1024 * 1024
READY_AT = time(9)
"""A day's bill is there by nine o'clock of the next day; what is missing before then is not ready rather than empty."""
MISSING = frozenset({"BILL_NOT_EXIST", "isp.bill_not_exist"})
EMPTY_FILE = "EMPTY_DATA_WITH_BILL_FILE"


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of bill: as the gateway calls it, and how its file is read."""

    bill_type: str
    file: Kind


KINDS: Mapping[str, Asked] = {"trade": Asked("trade", TRADE), "fund_flow": Asked("signcustomer", FUND_FLOW)}


def bill(line: Line, asked: BillQuery) -> Exchange[Reading]:
    """Fetch one day's bill."""
    checks.check_no_sub_merchant(asked.sub_merchant)
    kind = KINDS[asked.bill_kind]
    secure = "true" if line.config.base_url.startswith("https:") else None
    content = {"bill_type": kind.bill_type, "bill_date": asked.day.isoformat(), "secure": secure}
    reply = yield from line.send(QUERY, content)
    address: list[str] = []

    def say(answer: BillAddress) -> Words:
        if answer.bill_file_code:
            return {"where": "bill_file_code", "code": answer.bill_file_code}
        if not answer.bill_download_url:
            raise ValueError("there is no bill_download_url")
        address.append(answer.bill_download_url)
        return {"where": "code", "code": answer.code}

    applied = yield from line.read(reply, QUERY, "bill", BillAddress, say)
    if applied.authenticity is not Authenticity.VERIFIED or not address:
        return _not_yet(applied, asked.day, line.clock())
    if not _allowed(line, address[0]):
        return _broken("bill", reply, "the download address is not of an allowed origin")
    headers = (("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT))
    file = yield from fetch(HttpCall("GET", address[0], headers, max_reply_bytes=MAX_FILE))
    if file.status != OK:
        return line.unreadable(file, "bill.download", f"HTTP {file.status} instead of the file: its address lasts 30 seconds")
    return _checked(file, kind.file)


def _not_yet(applied: Reading, day: date, now: datetime) -> Reading:
    """A bill that does not exist before its hour is not ready, whatever the code means afterwards."""
    due = datetime.combine(day + timedelta(days=1), READY_AT, BEIJING)
    if applied.sub_code not in MISSING or applied.authenticity is not Authenticity.VERIFIED or now >= due:
        return applied
    return Reading(
        operation=applied.operation,
        where=applied.where,
        code=applied.code,
        sub_code=applied.sub_code,
        message=applied.message,
        http_status=applied.http_status,
        authenticity=applied.authenticity,
        finding="BILL_NOT_READY",
    )


def _allowed(line: Line, url: str) -> bool:
    """Say whether an address is of the gateway's origin or of a configured one; nothing else is fetched, nor sent there."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    clean = url.isascii() and url.isprintable() and " " not in url and not parts.fragment
    return clean and origin in {line.config.base_url, *line.config.bill_origins}


def _checked(file: HttpReply, kind: Kind) -> Reading:
    """The file is unsigned, as documented; its address came signed, and its footer has to agree with its rows."""
    try:
        content = _rows_of(unzip(file.body))
        rows = parse(content, kind)
    except (ArchiveRefusedError, BillBrokenError) as error:
        return _broken("bill.download", file, str(error))
    return Reading(
        operation="bill.download",
        where="http",
        code=str(file.status),
        http_status=file.status,
        authenticity=Authenticity.VERIFIED,
        fields={"status": BillStatus.READY if rows else BillStatus.EMPTY, "rows": rows, "content": content},
    )


def _rows_of(files: Mapping[str, bytes]) -> bytes:
    """Return the one file that is no summary."""
    found = [content for name, content in files.items() if "汇总" not in name]
    if len(found) != 1:
        raise BillBrokenError(f"the zip holds {len(found)} files of rows, not one")
    return found[0]


def _broken(operation: str, reply: HttpReply, why: str) -> Reading:
    return Reading(
        operation=operation,
        http_status=reply.status,
        authenticity=Authenticity.VERIFIED,
        finding="BILL_INCONSISTENT",
        note=why,
    )
