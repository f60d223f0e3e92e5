"""Notifications: verified on the raw bytes, opened, translated into events; and the exact answer that goes back.

Source: pay.weixin.qq.com, 支付成功回调通知, 退款结果通知, 商家转账回调通知; vectors wx-notify-go, self-notify-*.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.wechat.line import Line
from payment_channels.channels.wechat.messages import Notification, RefundNotice, Transaction, Transfer
from payment_channels.codec.aead import SealBrokenError, unseal
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict

MAX_BYTES = 256 * 1024
JSON = {"Content-Type": "application/json"}
TAKEN = Acknowledgement(status=200, body=b'{"code":"SUCCESS"}', headers=JSON)
REFUSED_BODY = '{"code":"FAIL","message":"失败"}'.encode()


def read(line: Line, inbound: Inbound, seen: Seen, payable_for: timedelta | None) -> Exchange[Notice]:
    """Verify, open and translate one message. Nothing of it is believed before its signature is."""
    headers = {name.lower(): text for name, text in inbound.headers.items()}
    if len(inbound.body) > MAX_BYTES:
        return _refused("NOTIFICATION_UNREADABLE", 400, "larger than any notification")
    why = yield from line.doubt(lambda name: headers.get(name, ""), inbound.body, "notification")
    if why:
        stale = "window" in why
        # What could not be verified for want of a certificate is answered 500, so that it comes again.
        status = 500 if "could not be" in why else 401
        return _refused("NOTIFICATION_STALE" if stale else "NOTIFICATION_NOT_VERIFIED", status, why)
    try:
        envelope = Notification.model_validate_json(inbound.body)
        plain = unseal(
            line.config.apiv3_key.encode(),
            nonce=envelope.resource.nonce,
            associated_data=envelope.resource.associated_data,
            ciphertext=envelope.resource.ciphertext,
        )
    except ValidationError:
        return _refused("NOTIFICATION_UNREADABLE", 400, "not the documented JSON")
    except SealBrokenError:
        return _refused("NOTIFICATION_UNREADABLE", 500, "the resource does not open: is apiv3_key right?")
    kind, reader = _reader_of(envelope.event_type)
    try:
        reading = reader(line, plain)
    except (ValidationError, ValueError):
        return _refused("NOTIFICATION_UNREADABLE", 500, "the resource is not the documented JSON")
    if reading.foreign:
        return _refused("NOTIFICATION_FOR_ANOTHER_MERCHANT", 401, reading.foreign)
    event = Event(
        channel="wechat",
        kind=kind,
        notification_id=envelope.id,
        happened_at=envelope.create_time,
        received_at=line.clock(),
        reading=reading,
        payable_for=payable_for,
    )
    verdict = Verdict.REPEATED if seen.again(envelope.id) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=(event,), acknowledgement=TAKEN)


def _refused(canonical: str, status: int, detail: str) -> Notice:
    meaning = own(canonical, channel="wechat", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})")
    answer = Acknowledgement(status=status, body=REFUSED_BODY, headers=JSON)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))


def _reader_of(event_type: str) -> tuple[EventKind, Callable[[Line, bytes], Reading]]:
    """Say what an event is about, and who reads its resource."""
    family = "MCHTRANSFER.BILL" if event_type.startswith("MCHTRANSFER.BILL.") else event_type.partition(".")[0]
    known = READERS.get(family)
    if known is not None:
        return known
    return EventKind.OTHER, lambda _line, _plain: _believed("notification", "event_type", event_type)


def _believed(operation: str, where: str, code: str, **more: Any) -> Reading:
    return Reading(operation=operation, where=where, code=code, authenticity=Authenticity.VERIFIED, **more)


def _payment(line: Line, plain: bytes) -> Reading:
    answer = Transaction.model_validate_json(plain)
    more = {
        "message": answer.trade_state_desc or "",
        "facts": answer.facts(),
        "foreign": answer.foreign(line.config),
        "sub_merchant": answer.sub_mchid,
    }
    return _believed("notification.payment", "trade_state", answer.trade_state, **more)


def _refund(line: Line, plain: bytes) -> Reading:
    answer = RefundNotice.model_validate_json(plain)
    more = {"facts": answer.facts(), "foreign": answer.foreign(line.config), "sub_merchant": answer.sub_mchid}
    return _believed("notification.refund", "refund_status", answer.refund_status, **more)


def _payout(line: Line, plain: bytes) -> Reading:
    answer = Transfer.model_validate_json(plain)
    reason = ("fail_reason", answer.fail_reason) if answer.fail_reason else None
    more = {"reason": reason, "facts": answer.facts(), "foreign": answer.foreign(line.config)}
    return _believed("notification.payout", "transfer_state", answer.state, **more)


READERS = {
    "TRANSACTION": (EventKind.PAYMENT, _payment),
    "REFUND": (EventKind.REFUND, _refund),
    "MCHTRANSFER.BILL": (EventKind.PAYOUT, _payout),
}
