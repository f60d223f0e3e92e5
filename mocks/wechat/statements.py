"""Bills over the wire: applied for with a date, handed out as an address with a hash, downloaded within five minutes."""

import gzip
import hashlib
import re
import secrets
from datetime import date, datetime, time, timedelta

from mocks.clock import BEIJING
from mocks.wechat import ledger
from mocks.wechat.codes import refused
from mocks.wechat.desk import Desk, Statement
from mocks.wechat.fields import wrong
from mocks.wire import MockReply, MockRequest

PATH = "/v3/billdownload/file"
# Bills are made on the next day by ten o'clock in Beijing and kept three months; a download address is good for five
# minutes (doc 4012084430, 2024-09-19). That a bill of today is said to be in the making is assumed.
_WAITING = 100  # bills that wait to be downloaded; the oldest go first
_READY, _KEPT, _GOOD_FOR = time(10), timedelta(days=92), timedelta(minutes=5)
# That an archive is named application/x-gzip is assumed of the two clients that expect it: wechatpay-node-v3 2.2.1 reads bytes of
# it where text/plain would be decoded and lost, and wechatpay-axios-plugin 0.9.6 accepts it by that name.
_PLAIN, _PACKED = "text/plain; charset=utf-8", "application/x-gzip"
_TYPES = {"ALL", "SUCCESS", "REFUND"}
_ACCOUNTS = {"BASIC", "OPERATION", "FEES"}


def trade(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Hand out the address of a trade bill."""
    asked = request.parameters
    day = _day(desk, operation, asked)
    kind = _among(operation, asked, "bill_type", _TYPES, "ALL")
    return _address(desk, request, operation, ledger.trade_bill(desk, day, kind, asked.get("sub_mchid")))


def funds(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Hand out the address of a fund flow."""
    asked = request.parameters
    day = _day(desk, operation, asked)
    account = _among(operation, asked, "account_type", _ACCOUNTS, "BASIC")
    return _address(desk, request, operation, ledger.fund_bill(desk, day, account))


def _day(desk: Desk, operation: str, asked: dict[str, str]) -> date:
    value = asked.get("bill_date", "")
    try:
        day = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else None
    except ValueError:
        day = None
    now = desk.clock.now()
    if day is None or day > now.date() or day < now.date() - _KEPT:
        raise wrong(
            operation, "bill_date", value, "映射到字符串字段“账单日期”规则校验失败，应为三个月内的yyyy-MM-dd", location="query"
        )
    if now < datetime.combine(day + timedelta(days=1), _READY, BEIJING):
        raise refused(operation, "STATEMENT_CREATING")
    return day


def _among(operation: str, asked: dict[str, str], name: str, possible: set[str], default: str) -> str:
    value = asked.get(name, default)
    if value not in possible:
        raise wrong(operation, name, value, "规则校验失败，不在枚举值范围内", location="query")
    return value


def _address(desk: Desk, request: MockRequest, operation: str, content: bytes | None) -> MockReply:
    packed = _among(operation, request.parameters, "tar_type", {"GZIP", ""}, "") == "GZIP"
    if content is None:
        raise refused(operation, "NO_STATEMENT_EXIST", "请求的账单文件不存在")  # an empty day has no empty file
    for old in [token for token, one in desk.statements.items() if one.until < desk.clock.now()]:
        del desk.statements[old]
    while len(desk.statements) >= _WAITING:
        del desk.statements[next(iter(desk.statements))]
    token = secrets.token_urlsafe(32)
    file = gzip.compress(content, mtime=0) if packed else content
    desk.statements[token] = Statement(file, _PACKED if packed else _PLAIN, desk.clock.now() + _GOOD_FOR)
    url = f"{request.origin}{PATH}?token={token}" + ("&tartype=gzip" if packed else "")  # lower case, as seen in the wild
    hashed = hashlib.sha1(content, usedforsecurity=False).hexdigest()  # of what is in the archive, not of the archive
    return MockReply.of_json({"hash_type": "SHA1", "hash_value": hashed, "download_url": url})


def download(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Hand out a bill; the answer is the bytes, and unsigned."""
    found = desk.statements.get(request.parameters.get("token", ""))
    if found is None or desk.clock.now() > found.until:
        raise refused(operation, "INVALID_REQUEST")
    return MockReply(200, {"Content-Type": found.kind}, found.content)
