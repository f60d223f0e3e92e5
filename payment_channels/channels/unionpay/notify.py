"""Notifications: a posted form with its own certificate, verified, and told as an event. Successes alone are notified.

Source: BackRcvResponse of UnionPay's demos (Varorbc/PaySharp@3423dafe, playniuniu/python-unionpay@464b792e): answer 200 within
10 seconds, else it comes again, five times in all. 00 and A6 are success; before booking, query once more.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.unionpay import signing
from payment_channels.channels.unionpay.line import DONE, Line
from payment_channels.channels.unionpay.messages import MessageRefusedError, Told, read_post
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict
from payment_channels.model.results import Facts

MAX_BYTES = 256 * 1024
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TAKEN = Acknowledgement(status=200, body=b"ok", headers=TEXT)
Reader = Callable[[Told, bool], Facts]
KINDS: Mapping[str, tuple[EventKind, str, Reader]] = {
    "01": (EventKind.PAYMENT, "notification.payment", lambda told, done: told.payment(None, paid=done)),
    "04": (EventKind.REFUND, "notification.refund", lambda told, done: told.refund(done=done)),
    "31": (EventKind.REFUND, "notification.cancel", lambda told, done: told.refund(done=done)),
    "12": (EventKind.PAYOUT, "notification.payout", lambda told, done: told.payout(paid=done)),
}
"""By txnType. A cancellation is told as a refund: money goes back under a number of its own."""


def read(line: Line, inbound: Inbound, seen: Seen, payable_for: timedelta | None) -> Exchange[Notice]:
    """Verify and translate one message. Nothing of it is believed before its signature is."""
    if len(inbound.body) > MAX_BYTES:
        return _refused("NOTIFICATION_UNREADABLE", 400, "larger than any notification")
    try:
        fields = read_post(inbound.body)
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 400, str(error))
    why = signing.doubt(line.config, line.trust, fields, now=line.clock())
    if why:
        return _refused("NOTIFICATION_NOT_VERIFIED", 401, why)
    if fields.get("merId") != line.config.mer_id:
        return _refused("NOTIFICATION_FOR_ANOTHER_MERCHANT", 401, "merId differs")
    try:
        kind, reading = _reading(Told(fields))
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 500, str(error))
    event = Event(
        channel="unionpay",
        kind=kind,
        notification_id=_id_of(fields),
        happened_at=reading.facts.channel_time if reading.facts is not None else None,
        received_at=line.clock(),
        reading=reading,
        payable_for=payable_for,
    )
    verdict = Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=(event,), acknowledgement=TAKEN)
    yield  # an exchange that asks nothing of the world


def _reading(told: Told) -> tuple[EventKind, Reading]:
    code = told.text("respCode")
    if code is None:
        reason = "there is no respCode"
        raise MessageRefusedError(reason)
    known = KINDS.get(told.text("txnType") or "")
    if known is None:
        other = Reading(
            operation="notification", where="txnType", code=told.text("txnType") or "", authenticity=Authenticity.VERIFIED
        )
        return EventKind.OTHER, other
    kind, operation, facts = known
    reading = Reading(
        operation=operation,
        where="respCode",
        code=code,
        message=told.text("respMsg") or "",
        authenticity=Authenticity.VERIFIED,
        facts=facts(told, code in DONE),
        foreign=_no_notification(told, code),
    )
    if kind is EventKind.PAYMENT:
        return kind, replace(reading, provisional="a failed try may be followed by another until the order expires: query it")
    return kind, reading


def _no_notification(told: Told, code: str) -> str:
    """Say in a few words what shows that a message is a synchronous answer, signed alike and posted here by somebody.

    respCode 00 of an answer means that a request was accepted, or a query answered; here it would mean that money moved. Every
    notification has a traceNo, and answers to refunds and cancellations have none; origRespCode stands in a query's answer alone
    (field lists of jifuwei/lol@0b761071). Of payouts no list was found: without a traceNo the query decides.
    """
    if told.text("origRespCode") is not None:
        return "an answer to a query, not a notification"
    if code in DONE and told.text("traceNo") is None:
        return "without traceNo it is the answer to a request, not a notification"
    return ""


def _id_of(fields: Mapping[str, str]) -> str:
    """UnionPay gives its notifications no id: a repetition is the one with the same content."""
    return hashlib.sha256(signing.string_to_sign(fields).encode()).hexdigest()[:32]


def _refused(canonical: str, status: int, detail: str) -> Notice:
    meaning = own(canonical, channel="unionpay", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})")
    answer = Acknowledgement(status=status, body=b"fail", headers=TEXT)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))
