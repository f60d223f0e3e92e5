"""Balance-change notices (账户余额变动通知, 3.22): something moved on an account of ours. They are not signed.

The document describes neither transport nor acknowledgement: a notice is taken from whatever door it came through, answered
with 200, and told as unsigned. Its example and its table of fields disagree on the time and on the side: both are read.
"""

import hashlib
import re
from datetime import datetime

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.cib import fox
from payment_channels.channels.cib.line import Line
from payment_channels.channels.cib.messages import BEIJING, moment_of, money_of
from payment_channels.codec.xml import Element
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict
from payment_channels.model.results import AccountEntryFacts, Amounts

MAX_BYTES = 64 * 1024
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TAKEN = Acknowledgement(status=200, body=b"", headers=TEXT)
INCOMING = {"0": False, "借": False, "1": True, "贷": True}
"""TRNTYPE: the table has 0 debit and 1 credit, the example 借."""
CHINESE_TIME = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日\s+(\d{1,2}):(\d{2})")


def read(line: Line, inbound: Inbound, seen: Seen) -> Exchange[Notice]:
    """Translate one notice. It is not signed: its event says so, and the statement has the last word."""
    if len(inbound.body) > MAX_BYTES:
        return _refused("larger than any notice")
    try:
        facts = _facts(inbound.body)
    except fox.MessageRefusedError as error:
        return _refused(str(error))
    reading = Reading(
        operation="notification.balance_change",
        where="BALANCECHANGENOTICE",
        authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,
        facts=facts,
    )
    event = Event(
        channel="cib",
        kind=EventKind.INCOMING_TRANSFER if facts.incoming else EventKind.BALANCE_CHANGE,
        notification_id=_id_of(facts, inbound.body),
        happened_at=facts.channel_time,
        received_at=line.clock(),
        reading=reading,
    )
    verdict = Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=(event,), acknowledgement=TAKEN)
    yield  # an exchange that asks nothing of the world


def _facts(body: bytes) -> AccountEntryFacts:
    root = fox.document(body)
    if root.name != "BALANCECHANGENOTICE":
        raise fox.MessageRefusedError("the root is not BALANCECHANGENOTICE")
    held = fox.wanted(root, "NOTICE_INFO")
    account, amount = fox.text(held, "ACCTID"), money_of(fox.text(held, "TRNAMT"), "TRNAMT")
    side = fox.text(held, "TRNTYPE")
    if account is None or amount is None or side not in INCOMING:
        raise fox.MessageRefusedError("ACCTID, TRNAMT or TRNTYPE is missing or not known")
    return AccountEntryFacts(
        entry_id=fox.text(held, "ATTACHINFO"),
        account=account,
        account_name=fox.text(held, "ACCT_NAME"),
        incoming=INCOMING[side],
        balance_after=money_of(fox.text(held, "BALAMT"), "BALAMT"),
        memo=fox.text(held, "MEMO") or "",
        channel_time=_time(held),
        amounts=Amounts(order=amount),
    )


def _time(held: Element) -> datetime | None:
    written = fox.text(held, "TRADE_TIME")
    found = CHINESE_TIME.fullmatch(written or "")
    if found is None:
        return moment_of(written)
    try:
        year, month, day, hour, minute = (int(part) for part in found.groups())
        return datetime(year, month, day, hour, minute, tzinfo=BEIJING)
    except ValueError:
        return None


def _id_of(facts: AccountEntryFacts, body: bytes) -> str:
    """ATTACHINFO is the entry's unique id, within its account; without one, a repetition is the notice with the same bytes."""
    told = f"{facts.account}|{facts.entry_id}".encode() if facts.entry_id is not None else body
    return hashlib.sha256(told).hexdigest()[:32]


def _refused(detail: str) -> Notice:
    meaning = own(
        "NOTIFICATION_UNREADABLE", channel="cib", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})"
    )
    answer = Acknowledgement(status=400, body=b"", headers=TEXT)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))
