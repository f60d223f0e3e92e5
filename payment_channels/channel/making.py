"""How a result is put together of what was found: both vocabularies, the evidence, and what the reply told."""

from typing import Any

from payment_channels.channel.ending import Ending
from payment_channels.channel.reading import Authenticity, Reading
from payment_channels.model.results import Evidence, EvidenceKind, RawCode, Result

EVIDENCE_BYTES = 64 * 1024
MESSAGE_CHARACTERS = 2000
"""More than any channel says to people. Every result is stored: a message of megabytes, which a broken or hostile peer can send,
would stand in the journal whole."""
_TEXTS = frozenset({str})
_TEXT_OR_NONE = frozenset({str, type(None)})
_NUMBER_OR_NONE = frozenset({int, type(None)})


def made(kind: type[Result], fields: dict[str, Any], reading: Reading, *, checked: bool) -> Result:
    """Make the result; ``checked``: all fields are there, each validated already, with an adapter's facts, or the SDK's own.

    Then it is not validated once more. Everything else goes through the model: what is not told in full, and a reading with
    a part of another type than its class says. ``raw`` and ``evidence`` come as the fields of theirs: one validation of the
    whole costs half of three.

    Raises:
        ValidationError: a part is not what the model demands.
        UnicodeEncodeError: a text holds half a character, which JSON can say (a lone surrogate) and no journal can store.
    """
    declared = _as_declared(reading)
    if declared:
        texts = (reading.code, reading.message, reading.note, reading.sub_code or "", reading.request_id or "")
        "".join((reading.operation, reading.where, *texts)).encode()  # pydantic looks at no text that is one already
    if not checked or not declared:
        return kind(**fields)
    fields["raw"], fields["evidence"] = RawCode.of_checked(fields["raw"]), Evidence.of_checked(fields["evidence"])
    return kind.of_checked(fields)


def _as_declared(reading: Reading) -> bool:
    """Say whether what an adapter wrote into the reading itself is of the types that the class declares."""
    return (
        _TEXTS.issuperset(map(type, (reading.operation, reading.where, reading.code, reading.message, reading.note)))
        and _TEXT_OR_NONE.issuperset(map(type, (reading.sub_code, reading.request_id)))
        and _NUMBER_OR_NONE.issuperset(map(type, (reading.http_status, reading.retry_after)))
    )


def raw_of(reading: Reading) -> dict[str, Any]:
    """Return the fields of a ``RawCode``, every one. Codes stay whole, since they decide; of a message its beginning is kept."""
    return {
        "where": reading.where,
        "code": reading.code,
        "sub_code": reading.sub_code,
        "message": reading.message[:MESSAGE_CHARACTERS],
        "http_status": reading.http_status,
        "request_id": reading.request_id,
    }


def evidence_of(ending: Ending, reading: Reading, note: str) -> dict[str, Any]:
    """Return the fields of an ``Evidence``, every one."""
    trail = ending.trail
    call, reply = trail.call if trail.left else None, trail.reply if trail.left else None
    return {
        "kind": _kind(ending, reading),
        "sent_at": trail.sent_at if trail.left else None,
        "answered_at": trail.answered_at if trail.left else None,
        "method": call.method if call else "",
        "url": call.url.partition("?")[0] if call else "",
        "http_status": reply.status if reply else None,
        "request_id": reading.request_id if trail.left else None,
        "body": reply.body[:EVIDENCE_BYTES] if reply else b"",
        "note": note,
    }


def _kind(ending: Ending, reading: Reading) -> EvidenceKind:
    if not ending.trail.left:
        return EvidenceKind.HANDED_TO_PAYER
    if ending.trail.reply is None and ending.trail.answered_at is None:  # a notification has no reply
        return EvidenceKind.SENT_WITHOUT_ANSWER
    if not reading.readable or reading.authenticity is Authenticity.NOT_VERIFIED:
        return EvidenceKind.ANSWERED_NOT_VERIFIABLE
    if reading.authenticity is Authenticity.TRUSTED_LINE:
        return EvidenceKind.ANSWERED_OVER_TRUSTED_LINE
    return EvidenceKind.ANSWERED
