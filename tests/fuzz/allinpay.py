"""Targets of Allinpay: answers of both wires, signed and not; packets; what is posted to us; bills; the mock."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mocks.doors import open_world
from mocks.wire import MockRequest
from mocks.world import World
from payment_channels import ChannelClient, HttpReply, Inbound, Outcome, PaymentQuery, PayoutQuery, RefundQuery, open_channel
from payment_channels.channels.allinpay import packets
from payment_channels.channels.allinpay.bill_lines import BillBrokenError, parse
from payment_channels.channels.allinpay.messages import MessageRefusedError, read_answer, read_post
from tests.channels.allinpay.conftest import (
    CUSID,
    DETAIL,
    NONCE,
    PAYOUT,
    QUERY_SN,
    REFUND,
    Platform,
    elements,
    of_notice,
    of_query,
    packet,
    payment,
)
from tests.channels.allinpay.test_bill import DAY, line
from tests.channels.allinpay.test_properties import AMOUNTS, FORMS, PACKETS, VERBS, check
from tests.conftest import NOW, VECTORS, Script
from tests.fuzz.target import Target, refusing

NAMES, FORM_NAMES, PACKET_NAMES = sorted(VERBS), sorted(FORMS), sorted(PACKETS)
STATUSES = (200, 302, 400, 404, 500, 502, 503, 199)


@cache
def platform() -> Platform:
    """Allinpay with keys of its own."""
    return Platform()


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    return ChannelClient(open_channel("allinpay", platform().config(), clock=lambda: NOW, nonce=lambda: NONCE))


@cache
def world() -> World:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_world(Path(folder))


def _answer(data: bytes) -> None:
    """The first bytes choose verb and status; the rest is an unsigned answer: unknown, whatever it says, and no exception."""
    if len(data) < 2:
        return
    verb = NAMES[data[0] % len(NAMES)]
    client()._transport = Script([HttpReply(STATUSES[data[1] % len(STATUSES)], {}, data[2:])])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    if result.outcome is not Outcome.UNKNOWN:
        raise AssertionError(f"{verb}: {result.outcome} without a signature")


def _settled(verb: str, reply: HttpReply) -> None:
    client()._transport = Script([reply])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None and amounts.order.amount != AMOUNTS.get(verb, 100):
        raise AssertionError(f"{verb} succeeded with {amounts.order}")


def _signed_form(data: bytes) -> None:
    """What follows the verb is put over a good answer and signed well: success of the very amount, or none."""
    if not data:
        return
    try:
        changes = read_answer(data[1:])
    except MessageRefusedError:
        return
    fields = {name: text for name, text in {**of_query(), **changes}.items() if name != "sign"}
    _settled(FORM_NAMES[data[0] % len(FORM_NAMES)], platform().answers(fields))


def _signed_packet(data: bytes) -> None:
    """What follows the verb stands after INFO, signed well."""
    if data:
        verb = PACKET_NAMES[data[0] % len(PACKET_NAMES)]
        ours = {"payout": "P0000001", "payout_batch": "B0000001"}.get(verb, QUERY_SN)
        code = {"payout": "100014", "payout_batch": "100002"}.get(verb, "200004")
        info = {"TRX_CODE": code, "REQ_SN": ours, "RET_CODE": "0000"}
        content = packet(f"<INFO>{elements(info)}</INFO>").replace(b"</AIPG>", data[1:] + b"</AIPG>")
        _settled(verb, HttpReply(200, {}, platform().packs(content)))


def _posted(data: bytes) -> None:
    """As it comes, and signed well: never an exception, never a success of another amount."""
    client()._transport = Script()  # type: ignore[assignment]
    if client().read_notification(Inbound(body=data)).events:
        raise AssertionError("an unsigned notification was believed")
    try:
        fields = {name: text for name, text in read_post(data).items() if name != "sign"}
    except MessageRefusedError:
        return
    for happened in client().read_notification(platform().posts({**of_notice(), **fields})).events:
        for asked in (PaymentQuery.of(payment()), RefundQuery.of(REFUND), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED and result.amounts.order != asked.amount:
                raise AssertionError(f"a notification settled with {result.amounts.order}")


def _packet(data: bytes) -> None:
    """Any bytes are read or refused, and cutting the signature out raises nothing."""
    read = packets.read(data)
    read.parts("QTRANSRSP", "QTDETAIL")
    packets.SIGNED.sub(b"", read.content)


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    path, _, body = data.partition(b"\n")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if not 200 <= world().handle(MockRequest("POST", path.decode("latin-1") or "/", "", headers, body)).status < 600:
        raise AssertionError("the mock answered without a status")


def _published() -> bytes:
    held: dict[str, Any] = json.loads((VECTORS / "allinpay" / "allinpay_tlt_signature.json").read_text(encoding="utf-8"))
    text: str = held["self_made"]["xml_text"]
    return text.encode("gbk")


_DETAILS = f"<QTRANSRSP><QTDETAIL>{elements(DETAIL)}</QTDETAIL></QTRANSRSP>".encode("gbk")
TARGETS = (
    Target("allinpay_answer", _answer, (bytes([NAMES.index("query"), 0]) + json.dumps(of_query()).encode(), b"\x00\x04<html>")),
    Target(
        "allinpay_signed_form",
        _signed_form,
        (
            bytes([FORM_NAMES.index("query")]) + b'{"trxstatus":"3045","initamt":"101"}',
            bytes([FORM_NAMES.index("scan")]) + b'{"trxstatus":"0000","initamt":100}',
            bytes([FORM_NAMES.index("bill")]) + b'{"url":"https://vsp.allinpay.com/1.csv"}',
        ),
    ),
    Target(
        "allinpay_signed_packet",
        _signed_packet,
        (
            bytes([PACKET_NAMES.index("query_payout")]) + _DETAILS,
            bytes([PACKET_NAMES.index("query_payout_batch")]) + _DETAILS.replace(b"<SN>0<", b"<SN>0001<"),
            bytes([PACKET_NAMES.index("payout")]) + b"<TRANSRET><RET_CODE>0000</RET_CODE></TRANSRET>",
        ),
    ),
    Target("allinpay_posted", _posted, (urlencode(of_notice()).encode(), b"trxcode=VSP503&initamt=40&cusorderid=R0000001")),
    Target("allinpay_packet", refusing(_packet, MessageRefusedError), (_published(), packet("<INFO><A>1</A></INFO>"))),
    Target("allinpay_bill", refusing(lambda data: parse(data, cusid=CUSID, day=DAY), BillBrokenError), (line().encode(),)),
    Target("allinpay_mock", _mock, (b"/aipg/ProcessServlet\n" + _published(), b"/apiweb/unitorder/query\nreqsn=1&cusid=2")),
)
