"""Targets of CIB's direct connection: answers to every verb, put together or as they come; notices; batch lines; the mock."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from mocks.doors import open_world
from mocks.wire import MockRequest
from mocks.world import World
from payment_channels import ChannelClient, HttpReply, Inbound, Money, Outcome, PayoutQuery, Verdict, open_channel
from payment_channels.channels.cib.batches import _read
from payment_channels.channels.cib.fox import MessageRefusedError, read
from payment_channels.codec.xml import Element
from tests.channels.cib.conftest import NUMBER, config, found, order, transferred
from tests.channels.cib.test_accounts import entry, held, notice, page
from tests.channels.cib.test_batches import ROWS, told
from tests.channels.cib.test_properties import VERBS, check
from tests.conftest import NOBODY, NOW, VECTORS, Script
from tests.fuzz.target import Target, refusing

NAMES = sorted(VERBS)
STATUSES = (200, 302, 400, 404, 500, 502, 503, 199)


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    channel = open_channel("cib", config(), clock=lambda: NOW, nonce=lambda: "N0000001")
    return ChannelClient(channel, http=NOBODY)


@cache
def world() -> World:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_world(Path(folder))


def _answer(data: bytes) -> None:
    """The first bytes choose verb and status; the rest is the answer. Never an exception, never another payout's success."""
    if len(data) < 2:
        return
    verb = NAMES[data[0] % len(NAMES)]
    status = STATUSES[data[1] % len(STATUSES)]
    client()._transport = Script([HttpReply(status, {}, data[2:])])  # type: ignore[assignment]
    result: Any = VERBS[verb](client())
    check(result)
    if result.outcome is not Outcome.UNKNOWN and status != 200:
        raise AssertionError(f"{verb}: {result.outcome} with HTTP {status}")
    if result.outcome is Outcome.SUCCEEDED and verb in {"transfer", "agent", "query", "query_agent"}:
        facts = (result.merchant_order_id, result.amounts.order)
        if facts != (NUMBER, Money(124)):
            raise AssertionError(f"{verb} succeeded with {facts}")


def _lines(data: bytes) -> object:
    return _read(Element("XFERINFOTEXT", text=data.decode("gbk", "replace")), "payout_batch.line", ())


def _posted(data: bytes) -> None:
    """A notice is read or refused, and settles nothing."""
    heard = client().read_notification(Inbound(body=data))
    if (heard.verdict is Verdict.REFUSED) is not (heard.events == ()):
        raise AssertionError(f"{heard.verdict} with {len(heard.events)} events")
    for event in heard.events:
        if event.against(PayoutQuery.of(order())).outcome is not Outcome.UNKNOWN:
            raise AssertionError("an unsigned notice settled a payout")


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    if not 200 <= world().handle(MockRequest("POST", "/cib", "", {"content-type": "application/x-fox"}, data)).status < 600:
        raise AssertionError("the mock answered without a status")


def _published() -> tuple[bytes, ...]:
    texts: dict[str, str] = json.loads((VECTORS / "cib" / "cib_direct.json").read_text(encoding="utf-8"))
    return tuple(text.encode("gbk") for name, text in texts.items() if name.endswith(("_request", "_response")))


def _for(verb: str, body: bytes) -> bytes:
    return bytes([NAMES.index(verb), 0]) + body


TARGETS = (
    Target(
        "cib_answer",
        _answer,
        (
            _for("transfer", transferred()),
            _for("query", found()),
            _for("query_batch", told("PART_PAYOUT", *ROWS)),
            _for("balance", held()),
            _for("bill", page(entry("A1"), entry("A2"))),
            bytes([0, 4]) + b"<html>",
        ),
    ),
    Target("cib_envelope", refusing(lambda data: read(data, "XFERTRNRS"), MessageRefusedError), _published()),
    Target("cib_lines", refusing(_lines, MessageRefusedError), ("\n".join(ROWS).encode("gbk"),)),
    Target("cib_posted", _posted, (notice().body, notice(TRADE_TIME="2017年10月23日    16:22", TRNTYPE="借").body)),
    Target("cib_mock", _mock, _published()),
)
