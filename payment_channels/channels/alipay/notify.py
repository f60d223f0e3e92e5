"""Notifications: forms, verified by both documented rules, translated into events; ``success`` is the answer that goes back.

Source: alipay/alipay-sdk-nodejs-all@e1676390, test/alipay.test.ts (checkNotifySign); vectors ali-notify-node-*, self-notify-*.
Trades are posted to the order's ``notify_url``. Transfers come by the open platform's message service (``msg_method``): its form
was seen in public clients alone, so it is assumed.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from error_codes import own
from payment_channels.channel import Authenticity, Event, Exchange, Notice, Reading
from payment_channels.channel.seen import Seen
from payment_channels.channels.alipay import signing
from payment_channels.channels.alipay.line import Line
from payment_channels.channels.alipay.messages import BEIJING, WHEN
from payment_channels.channels.alipay.notices import TradeNotice, TransferNotice
from payment_channels.codec import forms
from payment_channels.codec.canonical import could_be_cut_otherwise
from payment_channels.model.incoming import Acknowledgement, EventKind, Inbound, Problem, Verdict

TEXT = {"Content-Type": "text/plain;charset=utf-8"}
TAKEN = Acknowledgement(status=200, body=b"success", headers=TEXT)
RETRIED_FOR = timedelta(hours=48)
"""A notification is retried for 24 h 22 min (4m, 10m, 10m, 1h, 2h, 6h, 15h); what is twice as old is no delivery of Alipay's."""
TRANSFER = "alipay.fund.trans.order.changed"
TRADE = "trade_status_sync"


def read(line: Line, inbound: Inbound, seen: Seen, payable_for: timedelta | None) -> Exchange[Notice]:
    """Verify and translate one message. Nothing of it is believed before its signature is."""
    try:
        fields = forms.parse(inbound.body)
    except forms.FormRefusedError as error:
        return _refused("NOTIFICATION_UNREADABLE", 400, str(error))
    why = yield from _doubt(line, fields)
    if why:
        # What could not be verified for want of a certificate is answered 500, so that it comes again.
        return _refused("NOTIFICATION_NOT_VERIFIED", 500 if "could not be" in why else 401, why)
    sent_at = _sent_at(fields)
    if sent_at is not None and line.clock() - sent_at > RETRIED_FOR:
        return _refused("NOTIFICATION_STALE", 401, f"it was sent at {sent_at.isoformat()}, longer ago than it is retried")
    foreign = _foreign(line, fields)
    if foreign:
        return _refused("NOTIFICATION_FOR_ANOTHER_MERCHANT", 401, foreign)
    identity = fields.get("notify_id")
    if not identity:
        return _refused("NOTIFICATION_UNREADABLE", 400, "there is no notify_id")
    try:
        told = _told(fields)
    except (ValidationError, ValueError):
        return _refused("NOTIFICATION_UNREADABLE", 500, "the fields are not as documented")
    events = tuple(
        Event(
            channel="alipay",
            kind=kind,
            notification_id=identity,
            happened_at=sent_at,
            received_at=line.clock(),
            reading=reading,
            payable_for=payable_for,
        )
        for kind, reading in told
    )
    verdict = Verdict.REPEATED if seen.again(identity) else Verdict.ACCEPTED
    return Notice(verdict=verdict, events=events, acknowledgement=TAKEN)


def _refused(canonical: str, status: int, detail: str) -> Notice:
    meaning = own(canonical, channel="alipay", operation="notification", detail_zh=f"（{detail}）", detail_en=f"({detail})")
    answer = Acknowledgement(status=status, body=b"fail", headers=TEXT)
    return Notice(verdict=Verdict.REFUSED, events=(), acknowledgement=answer, problem=Problem(meaning=meaning, detail=detail))


def _doubt(line: Line, fields: dict[str, str]) -> Exchange[str]:
    """Return why a form is not believed; an empty text when it is."""
    signature, sn = fields.get("sign"), fields.get("alipay_cert_sn")
    if not signature:
        return "there is no sign"
    if fields.get("sign_type", signing.SIGN_TYPE) != signing.SIGN_TYPE:
        return "the sign_type is not RSA2"
    if could_be_cut_otherwise(fields, signing.DECIDING):
        return "it could be cut into other fields"
    keys = line.platform.all_valid(line.clock())
    if sn and line.config.certificate_mode:
        why = yield from line.key_ready(sn, "notification")
        if why:
            return why
        named = line.platform.get(sn)
        keys = [named] if named is not None and named.valid_at(line.clock()) else []
    for key in keys:
        for message in signing.notification_messages(fields):
            if (yield from signing.fits(key.verifier, message, signature)):
                return ""
    return "the signature does not fit the fields"


def _foreign(line: Line, fields: dict[str, str]) -> str:
    """Say whose it is when it is not ours; trades name the seller too."""
    if fields.get("app_id") != line.config.app_id:
        return "app_id differs"
    if fields.get("seller_id", line.config.seller_id) != line.config.seller_id:
        return "seller_id differs"
    return ""


def _sent_at(fields: dict[str, str]) -> datetime | None:
    """``notify_time`` of trades, or the message service's ``utc_timestamp`` in milliseconds."""
    milliseconds = fields.get("utc_timestamp", "")
    try:
        if "notify_time" not in fields and milliseconds.isascii() and milliseconds.isdigit():
            return datetime.fromtimestamp(int(milliseconds) / 1000, BEIJING)
        return datetime.strptime(fields.get("notify_time", ""), WHEN).replace(tzinfo=BEIJING)
    except (ValueError, OverflowError, OSError):
        return None


def _told(fields: dict[str, str]) -> list[tuple[EventKind, Reading]]:
    """Translate. A trade's notification that speaks of a refund tells of both: the payment as it stands, and the refund."""
    if fields.get("msg_method") == TRANSFER:
        transfer = TransferNotice.model_validate_json(fields.get("biz_content", ""))
        return [(EventKind.PAYOUT, _believed("notification.payout", **transfer.state()))]
    if fields.get("notify_type") != TRADE:
        kind = fields.get("msg_method") or fields.get("notify_type") or ""
        return [(EventKind.OTHER, _believed("notification", where="notify_type", code=kind))]
    trade = TradeNotice.model_validate(fields)
    payment = _believed("notification.payment", **trade.state(), facts=trade.facts())
    told = [(EventKind.PAYMENT, payment)]
    if trade.of_a_refund:
        reading = _believed("notification.refund", where="trade_status", code=trade.trade_status or "", facts=trade.refund())
        told.append((EventKind.REFUND, reading))
    return told


def _believed(operation: str, **words: Any) -> Reading:
    return Reading(operation=operation, authenticity=Authenticity.VERIFIED, **words)
