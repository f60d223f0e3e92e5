"""Bills over the wire: asked for with a day or a month, handed out as an address that is good for thirty seconds, downloaded."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from mocks.alipay import ledger
from mocks.alipay.archive import archive
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import refused
from mocks.alipay.desk import Desk, Statement
from mocks.alipay.fields import check, wrong
from mocks.alipay.ledger import Period
from mocks.clock import BEIJING
from mocks.wire import MockReply, MockRequest

# The path of real addresses, whose host is another one (dwbillcenter.alipay.com).
PATH = "/downloadBillFile.resource"
_GOOD_FOR = timedelta(seconds=30)
# A day's bill is made by nine o'clock of the next, a month's on the third day of the next; they are kept for six years.
_DAY_READY, _MONTH_READY, _KEPT = timedelta(hours=9), timedelta(days=2, hours=9), timedelta(days=6 * 365)
_KINDS = {"trade", "signcustomer"}


def address(desk: Desk, call: Call) -> Answer:
    """Hand out the address of a bill; where nothing happened, that of an empty one, and a word that says so."""
    check(call.operation, call.biz)
    kind = call.biz["bill_type"]
    if kind not in _KINDS:
        raise refused(call.operation, "TYPE_NOT_SUPPORTED")
    period = _period(desk, call)
    now = desk.clock.now()
    found = ledger.trade(desk, period, now) if kind == "trade" else ledger.flow(desk, period, now)
    token = secrets.token_hex(16)
    content = archive(found or ledger.empty(desk, period, now, kind), now)
    desk.statements[token] = Statement(content, now + _GOOD_FOR)
    account, name = ledger.account_of(desk), period.name
    query = (
        f"bizType={kind}&userId={account}&fileType=csv.zip&bizDates={name}&downloadFileName={account}_{name}.csv.zip"
        f"&fileId={quote(f'/{kind}/{account}/{name}.csv.zip', safe='')}&timestamp={int(now.timestamp())}&token={token}"
    )
    url = {"bill_download_url": f"{call.origin}{PATH}?{query}"}
    return Answer(url | ({} if found else {"bill_file_code": "EMPTY_DATA_WITH_BILL_FILE"}))


def _period(desk: Desk, call: Call) -> Period:
    text = call.biz["bill_date"]
    monthly = text.count("-") == 1
    try:
        start = datetime.strptime(text, "%Y-%m" if monthly else "%Y-%m-%d").replace(tzinfo=BEIJING)
    except ValueError as error:
        raise wrong(call.operation, "bill_date", "应为yyyy-MM-dd或yyyy-MM") from error
    period = ledger.month(start) if monthly else ledger.day(start)
    now = desk.clock.now()
    if start > now or start < now - _KEPT:
        raise wrong(call.operation, "bill_date", "超出可下载的范围")
    if now < period.end + (_MONTH_READY if monthly else _DAY_READY):
        raise refused(call.operation, "BILL_NOT_EXIST")  # not yet; which code the real one has before nine is assumed
    return period


def download(desk: Desk, request: MockRequest) -> MockReply:
    """Hand out a bill. What an address that is no longer good gets, no page says: a page with 404 is assumed."""
    found = desk.statements.get(request.parameters.get("token", ""))
    if request.method != "GET" or found is None or desk.clock.now() > found.until:
        reason = "the address is unknown, or older than thirty seconds of business time"
        return MockReply(404, {"Content-Type": "text/html"}, b"<html><body>404</body></html>", note={"reason": reason})
    name = request.parameters.get("downloadFileName", "bill.csv.zip")
    shown = "".join(letter for letter in name if letter.isalnum() or letter in "._")
    headers = {"Content-Type": "application/zip", "Content-Disposition": f"attachment;filename={shown}"}
    return MockReply(200, {name: value.encode("ascii", "replace").decode() for name, value in headers.items()}, found.content)
