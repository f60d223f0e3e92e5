"""Notifications: a posted JSON object, verified, and told as an event.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-notification.md, docs/async-notification-concept.md: answered
within 5 seconds with exactly ``ret_code`` 0000 and ``ret_msg`` ok, or it comes again, 30 times, every 2 minutes. It has neither
time nor id. SUCCESS and FAILURE are told, says that page; LianLianPay/LLP-InstantPay-Java@3c08f948
ImmediatePayNotifyController.java says that a return (CANCEL) is told too, after the success.
"""

import hashlib
from collections.abc import Mapping

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.lianlian import signing
from payment_channels.channels.lianlian.line import Line
from payment_channels.channels.lianlian.messages import FAILED, MessageRefusedError, Told, read_message
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict

MAX_BYTES = 256 * 1024
JSON = {"Content-Type": "application/json;charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TAKEN = Acknowledgement(status=200, body=b'{"ret_code":"0000","ret_msg":"ok"}', headers=JSON)
REQUIRED = ("oid_partner", "dt_order", "no_order", "oid_paybill", "money_order", "result_pay")


def read(line: Line, inbound: Inbound, seen: Seen) -> Exchange[Notice]:
    """Verify and translate one message. Nothing of it is believed before its signature is."""
    if len(inbound.body) > MAX_BYTES:
        return _refused("NOTIFICATION_UNREADABLE", 400, "larger than any notification")
    try:
        fields = read_message(inbound.body)
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 400, str(error))
    why = yield from signing.doubt(line.verifier, fields)
    if why:
        return _refused("NOTIFICATION_NOT_VERIFIED", 401, why)
    told = Told(fields)
    if line.foreign(told):
        return _refused("NOTIFICATION_FOR_ANOTHER_MERCHANT", 401, line.foreign(told))
    try:
        reading = _reading(told)
    except MessageRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 400, str(error))
    event = Event(
        channel="lianlian",
        kind=EventKind.PAYOUT,
        notification_id=_id_of(fields),
        happened_at=None,
        received_at=line.clock(),
        reading=reading,
    )
    verdict = Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=(event,), acknowledgement=TAKEN)


def _reading(told: Told) -> Reading:
    lacking = told.lacks(*REQUIRED)
    if lacking:
        raise MessageRefusedError(lacking)
    if told.text("ret_code"):
        # Answers are signed alike. One that was overheard could be posted here by anybody, and may have been overtaken since.
        reason = "with a ret_code it is the answer to a request, not a notification"
        raise MessageRefusedError(reason)
    code = told.text("result_pay")
    return Reading(
        operation="notification.payout",
        where="result_pay",
        code=code,
        message=told.text("info_order") if code == FAILED else "",  # which a failure has, the page says, even if none was sent
        authenticity=Authenticity.VERIFIED,
        facts=told.payout(),
    )


def _id_of(fields: Mapping[str, str]) -> str:
    """LianLian gives its notifications no id: a repetition is the one with the same content."""
    return hashlib.sha256(signing.string_to_sign(fields).encode()).hexdigest()[:32]


def _refused(canonical: str, status: int, detail: str) -> Notice:
    meaning = own(canonical, channel="lianlian", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})")
    answer = Acknowledgement(status=status, body=b"fail", headers=TEXT)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))
