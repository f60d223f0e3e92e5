"""Targets of UnionPay: answers to every verb, signed and not; what is posted to us; certificates; settlement files; the mock."""

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
from payment_channels.channels.unionpay.bill import read, unpacked
from payment_channels.channels.unionpay.messages import MessageRefusedError, read_answer, read_post
from payment_channels.channels.unionpay.trust import Trust
from payment_channels.channels.unionpay.zm import BillBrokenError, parse
from tests.channels.unionpay.conftest import PAYOUT, REFUND, Gateway, in_message, of_query, payment
from tests.channels.unionpay.test_bill import DAY, DETAIL, GENUINE, MERCHANT, deflated
from tests.channels.unionpay.test_properties import AMOUNTS, VERBS, check
from tests.conftest import NOW, VECTORS, Script
from tests.fuzz.target import Target, refusing

NAMES = sorted(VERBS)
STATUSES = (200, 302, 400, 404, 500, 502, 503, 199)
SIGNATURE = {"signature", "signPubKeyCert"}


@cache
def gateway() -> Gateway:
    """UnionPay with keys of its own."""
    return Gateway()


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    return ChannelClient(open_channel("unionpay", gateway().config(), clock=lambda: NOW, nonce=lambda: "N0000001"))


@cache
def trust() -> Trust:
    """The authorities of that client."""
    return Trust(gateway().config())


@cache
def world() -> World:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_world(Path(folder))


def _answer(data: bytes) -> None:
    """The first bytes choose verb and status; the rest is an unsigned answer. Any result but a certain one, and no exception."""
    if len(data) < 2:
        return
    verb = NAMES[data[0] % len(NAMES)]
    client()._transport = Script([HttpReply(STATUSES[data[1] % len(STATUSES)], {}, data[2:])])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    if result.outcome is not Outcome.UNKNOWN:
        raise AssertionError(f"{verb}: {result.outcome} without a signature")


def _signed(data: bytes) -> None:
    """What follows the verb is put over a good answer and signed well: success of the very amount, or none."""
    if not data:
        return
    verb = NAMES[data[0] % len(NAMES)]
    try:
        changes = read_answer(data[1:])
    except MessageRefusedError:
        return
    fields = {name: text for name, text in {**of_query(), **changes}.items() if name not in SIGNATURE}
    client()._transport = Script([gateway().answers(fields)])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    amounts: Any = getattr(result, "amounts", None)
    if result.outcome is Outcome.SUCCEEDED and amounts is not None and amounts.order.amount != AMOUNTS.get(verb, 100):
        raise AssertionError(f"{verb} succeeded with {amounts.order}")


def _posted(data: bytes) -> None:
    """As it comes, and signed well: never an exception, never a success of another amount."""
    client()._transport = Script()  # type: ignore[assignment]
    client().read_notification(Inbound(body=data))
    try:
        fields = {name: text for name, text in read_post(data).items() if name not in SIGNATURE}
    except MessageRefusedError:
        return
    notice = client().read_notification(gateway().posts({**of_query(), **fields}))
    for happened in notice.events:
        for asked in (PaymentQuery.of(payment()), RefundQuery.of(REFUND), PayoutQuery.of(PAYOUT)):
            result = happened.against(asked)
            check(result)
            if result.outcome is Outcome.SUCCEEDED and result.amounts.order != asked.amount:
                raise AssertionError(f"a notification settled with {result.amounts.order}")


def _certificate(data: bytes) -> None:
    """No bytes but those that were issued pass for UnionPay's certificate."""
    text = data.decode("utf-8", "replace")
    verifier, why = trust().verifier_of(text, now=NOW)
    if (verifier is None) is not bool(why):
        raise AssertionError("neither believed nor explained")
    if verifier is not None and verifier.key.public_numbers() != gateway().key.public_key().public_numbers():
        raise AssertionError("a strange key is believed")


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    path, _, body = data.partition(b"\n")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if not 200 <= world().handle(MockRequest("POST", path.decode("latin-1") or "/", "", headers, body)).status < 600:
        raise AssertionError("the mock answered without a status")


def _published() -> tuple[bytes, ...]:
    held: dict[str, Any] = json.loads((VECTORS / "unionpay" / "unionpay.json").read_text(encoding="utf-8"))
    return tuple(one["body"].encode() for one in held["verify"])


def _certificates() -> tuple[bytes, ...]:
    held: dict[str, Any] = json.loads((VECTORS / "unionpay" / "unionpay.json").read_text(encoding="utf-8"))
    return tuple(in_message(one["pem"]).encode() for one in held["certs"].values())


def _plain(fields: dict[str, str]) -> bytes:
    return "&".join(f"{name}={text}" for name, text in fields.items()).encode()


TARGETS = (
    Target("unionpay_answer", _answer, (bytes([NAMES.index("query"), 0]) + _plain(of_query()), bytes([0, 4]) + b"<html>")),
    Target(
        "unionpay_signed",
        _signed,
        (
            bytes([NAMES.index("query")]) + b"origRespCode=05&reserved={a=1&b=2}",
            bytes([NAMES.index("pay")]) + b"respCode=00&tn=1&txnType=01",
            bytes([NAMES.index("bill")]) + b"respCode=00&txnType=76&fileContent=" + deflated(GENUINE).encode(),
        ),
    ),
    Target("unionpay_posted", _posted, (*_published(), urlencode({**of_query(), "txnType": "01"}).encode())),
    Target("unionpay_certificate", _certificate, _certificates()),
    Target(
        "unionpay_file_content",
        refusing(lambda data: unpacked(data.decode("latin-1")), BillBrokenError),
        (deflated(GENUINE).encode(),),
    ),
    Target("unionpay_zip", refusing(lambda data: read(data, mer_id=MERCHANT, day=DAY), BillBrokenError), (GENUINE,)),
    Target("unionpay_detail", refusing(lambda data: parse(data, mer_id=MERCHANT, day=DAY), BillBrokenError), (DETAIL[:1218],)),
    Target("unionpay_mock", _mock, tuple(b"/gateway/api/queryTrans.do\n" + body for body in _published())),
)
