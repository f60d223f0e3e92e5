"""How an exchange ended: what happened on the wire, and what of it can be shown later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from payment_channels.channel.reading import Authenticity, Reading
from payment_channels.channel.verbs import Verb
from payment_channels.channel.wire import HttpCall, HttpReply, TransportFailure
from payment_channels.model.refusals import NotSentError
from payment_channels.model.results import EvidenceKind

EVIDENCE_BYTES = 64 * 1024


@dataclass(slots=True)
class Trail:
    """What happened on the wire during one verb. ``left``: a request that is not preparatory may have left."""

    left: bool = False
    call: HttpCall | None = None
    reply: HttpReply | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an exchange ended: with a reading or with an error.

    ``trusted_line`` is the address that the channel's configuration names as a line to believe; empty where answers are signed.
    """

    channel: str
    verb: Verb
    asked: Any
    trail: Trail
    reading: Reading | None = None
    error: Exception | None = None
    payable_for: timedelta | None = None
    operation: str = ""
    trusted_line: str = ""


def never_left(failure: TransportFailure) -> NotSentError:
    """Return the error for a request that never left.

    What led to it stays attached, without its traceback: reporters of errors print the variables of every frame, and these
    frames hold the signed request, the Authorization header and the payer's code.
    """
    raised = NotSentError.because(failure.reason)
    raised.__cause__ = failure
    behind: BaseException | None = failure
    while behind is not None:
        behind.__traceback__ = None
        behind = behind.__cause__ or behind.__context__
    return raised


def raw_of(reading: Reading) -> dict[str, Any]:
    """Return the fields of a ``RawCode``."""
    return {
        "where": reading.where,
        "code": reading.code,
        "sub_code": reading.sub_code,
        "message": reading.message,
        "http_status": reading.http_status,
        "request_id": reading.request_id,
    }


def evidence_of(ending: Ending, reading: Reading, note: str) -> dict[str, Any]:
    """Return the fields of an ``Evidence``."""
    trail = ending.trail
    if not trail.left:
        return {"kind": EvidenceKind.HANDED_TO_PAYER, "note": note}
    if trail.reply is None:
        kind = EvidenceKind.SENT_WITHOUT_ANSWER
    elif not reading.readable or reading.authenticity is Authenticity.NOT_VERIFIED:
        kind = EvidenceKind.ANSWERED_NOT_VERIFIABLE
    elif reading.authenticity is Authenticity.TRUSTED_LINE:
        kind = EvidenceKind.ANSWERED_OVER_TRUSTED_LINE
    else:
        kind = EvidenceKind.ANSWERED
    return {
        "kind": kind,
        "sent_at": trail.sent_at,
        "answered_at": trail.answered_at,
        "method": trail.call.method if trail.call else "",
        "url": trail.call.url.partition("?")[0] if trail.call else "",
        "http_status": trail.reply.status if trail.reply else None,
        "request_id": reading.request_id,
        "body": trail.reply.body[:EVIDENCE_BYTES] if trail.reply else b"",
        "note": note,
    }
