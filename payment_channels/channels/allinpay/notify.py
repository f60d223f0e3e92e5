"""Notifications of VSP: a posted form, verified, and told as an event; answered ``success``, else it comes again five times.

Source: https://prodoc.allinpay.com/doc/2100 (take every parameter, drop the empty ones, sign; re-sent after 15 s, 15 s, 5 m,
10 m, 15 m). trxcode says whether it is a payment, a cancellation or a refund; ``cusorderid`` is our own number.
"""

import hashlib
from datetime import timedelta

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.allinpay import signing
from payment_channels.channels.allinpay.messages import MessageRefusedError, Told, read_post
from payment_channels.channels.allinpay.payments import GIVES_BACK
from payment_channels.channels.allinpay.vsp import DONE, VspLine
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict

MAX_BYTES = 256 * 1024
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TAKEN = Acknowledgement(status=200, body=b"success", headers=TEXT)
TAKES = frozenset({"VSP501", "VSP505", "VSP511", "VSP541", "VSP551"})
"""trxcode of payments (hlib-go/hallinpay@74394108 const.go); one that is not in GIVES_BACK either is an event of no kind."""


def read(line: VspLine, inbound: Inbound, seen: Seen, payable_for: timedelta | None) -> Exchange[Notice]:
    """Verify and translate one message. Nothing of it is believed before its signature is."""
    if len(inbound.body) > MAX_BYTES:
        return _refused("NOTIFICATION_UNREADABLE", 400, "larger than any notification")
    try:
        fields = read_post(inbound.body)
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 400, str(error))
    why = yield from signing.doubt(line.config, line.verifier, fields)
    if why:
        return _refused("NOTIFICATION_NOT_VERIFIED", 401, why)
    if fields.get("appid") != line.config.appid or line.foreign(fields):
        return _refused("NOTIFICATION_FOR_ANOTHER_MERCHANT", 401, "appid or cusid differs")
    try:
        kind, reading = _reading(Told(fields))
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 500, str(error))
    event = Event(
        channel="allinpay",
        kind=kind,
        notification_id=_id_of(fields),
        happened_at=reading.facts.channel_time if reading.facts is not None else None,
        received_at=line.clock(),
        reading=reading,
        payable_for=payable_for,
    )
    verdict = Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=(event,), acknowledgement=TAKEN)


def _reading(told: Told) -> tuple[EventKind, Reading]:
    code, kind = told.text("trxstatus"), told.text("trxcode") or ""
    if code is None:
        reason = "there is no trxstatus"
        raise MessageRefusedError(reason)
    done, message = code == DONE, told.text("errmsg") or ""
    if kind in TAKES:
        return EventKind.PAYMENT, Reading(
            operation="notification.payment",
            where="trxstatus",
            code=code,
            message=message,
            authenticity=Authenticity.VERIFIED,
            facts=told.payment(None, paid=done),
            foreign=_no_notification(told),
            provisional="a failed try may be followed by another until the order expires: query it",
        )
    if kind in GIVES_BACK:
        return EventKind.REFUND, Reading(
            operation="notification.refund",
            where="trxstatus",
            code=code,
            message=message,
            authenticity=Authenticity.VERIFIED,
            facts=told.refund(done=done),
            foreign=_no_notification(told),
        )
    other = Reading(operation="notification", where="trxcode", code=kind, authenticity=Authenticity.VERIFIED)
    return EventKind.OTHER, other


def _no_notification(told: Told) -> str:
    """Say in a few words what shows that a message is an answer to a request, signed alike and posted here by somebody.

    Our number is ``cusorderid`` here and ``reqsn`` in answers; an answer has a ``retcode``, a notification has none.
    """
    if told.text("retcode") is not None or told.text("reqsn") is not None:
        return "an answer to a request, not a notification"
    return "" if told.text("cusorderid") is not None else "there is no cusorderid"


def _id_of(fields: dict[str, str]) -> str:
    """Allinpay gives its notifications no id: a repetition is the one with the same content."""
    return hashlib.sha256(signing.string_to_sign(fields).encode()).hexdigest()[:32]


def _refused(canonical: str, status: int, detail: str) -> Notice:
    meaning = own(canonical, channel="allinpay", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})")
    answer = Acknowledgement(status=status, body=b"fail", headers=TEXT)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))
