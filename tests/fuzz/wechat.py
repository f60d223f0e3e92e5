"""Targets of WeChat Pay: answers to every verb, signed and not; what is posted to us; bills; and the mock's own front."""

import base64
import gzip
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mocks.doors import open_world
from mocks.wire import MockRequest
from mocks.world import World
from payment_channels import ChannelClient, HttpReply, Inbound, Outcome, PaymentQuery, open_channel
from payment_channels.channels.wechat import PlatformPublicKey, WechatConfig
from payment_channels.channels.wechat.bill import KINDS, BillBrokenError, parse, unpacked
from tests.channels.wechat.test_properties import AMOUNTS, VERBS, check
from tests.conftest import NOW, VECTORS, Platform, Script, payment
from tests.fuzz.target import Target, refusing

NAMES = sorted(VERBS)
STATUSES = (200, 202, 204, 400, 401, 403, 404, 429, 500, 502, 503, 199)
NONCE = "fdasflkja484"


@cache
def platform() -> Platform:
    """A platform with a key of its own."""
    return Platform(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    config = WechatConfig(
        mchid="1900000001",
        appid="wxd678efh567hg6787",
        merchant_serial_no="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        merchant_key=pem,
        apiv3_key="k" * 32,
        apiv2_key="z" * 32,
        platform_keys=(PlatformPublicKey(key_id=platform().serial, pem=platform().public_pem),),
    )
    return ChannelClient(open_channel("wechat", config, clock=lambda: NOW, nonce=lambda: "N"))


@cache
def world() -> World:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_world(Path(folder))


def _answer(data: bytes) -> None:
    """The first bytes choose verb, status and signature; the rest is the body. Any result, and never an exception."""
    if len(data) < 3:
        return
    verb, status, signed, body = NAMES[data[0] % len(NAMES)], STATUSES[data[1] % len(STATUSES)], data[2] & 1, data[3:]
    reply = platform().answers(body, status=status) if signed else HttpReply(status, {}, body)
    client()._transport = Script([reply])  # type: ignore[assignment]
    result = VERBS[verb](client())
    check(result)
    if result.outcome is Outcome.SUCCEEDED:
        amounts: Any = getattr(result, "amounts", None)
        if not signed:
            raise AssertionError(f"{verb} succeeded without a signature")
        if verb != "bill" and amounts is not None and (amounts.order is None or amounts.order.amount != AMOUNTS.get(verb, 100)):
            raise AssertionError(f"{verb} succeeded with {amounts.order}")


def _sealed(data: bytes) -> None:
    """Signed and sealed with our key, and of any content: never an exception, never a success of another amount."""
    box = base64.b64encode(AESGCM(b"k" * 32).encrypt(NONCE.encode(), data, b"")).decode()
    event = ("TRANSACTION.SUCCESS", "REFUND.SUCCESS", "MCHTRANSFER.BILL.FINISHED")[len(data) % 3]
    resource = {"ciphertext": box, "nonce": NONCE, "associated_data": ""}
    body = json.dumps({"id": "EV", "event_type": event, "resource": resource}).encode()
    client()._transport = Script()  # type: ignore[assignment]
    notice = client().read_notification(Inbound(body=body, headers=platform().headers(body)))
    for happened in notice.events:
        result = happened.against(PaymentQuery.of(payment()))
        check(result)
        if result.outcome is Outcome.SUCCEEDED and result.amounts.order != payment().amount:
            raise AssertionError(f"a notification settled with {result.amounts.order}")


def _posted(data: bytes) -> None:
    client()._transport = Script()  # type: ignore[assignment]
    client().read_notification(Inbound(body=data, headers=platform().headers(data)))
    client().read_notification(Inbound(body=data, headers={"Wechatpay-Signature": data[:64].decode("latin-1")}))


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    head, _, body = data.partition(b"\n")
    method, _, rest = head.decode("latin-1").partition(" ")
    path, _, query = rest.partition("?")
    request = MockRequest(method or "GET", path or "/", query, {"authorization": method, "wechatpay-serial": query[:20]}, body)
    if not 200 <= world().handle(request).status < 600:
        raise AssertionError("the mock answered without a status")


def _paid() -> bytes:
    return json.dumps(
        {"out_trade_no": payment().merchant_order_id, "trade_state": "SUCCESS", "amount": {"total": 100, "currency": "CNY"}}
    ).encode()


BILL = (VECTORS / "wechat" / "wechat_bill.ALL.csv").read_bytes()
FLOW = (VECTORS / "wechat" / "wechat_fundflow_doc_sample.csv").read_bytes()
TARGETS = (
    Target(
        "wechat_answer",
        _answer,
        (
            bytes([NAMES.index("query"), 0, 1]) + _paid(),
            bytes([NAMES.index("pay"), 3, 0]) + b'{"code":"PARAM_ERROR","message":"m"}',
            bytes([NAMES.index("bill"), 0, 1]) + b'{"hash_type":"SHA1","hash_value":"0","download_url":"https://a/b"}',
        ),
    ),
    Target("wechat_sealed", _sealed, (_paid(),)),
    Target("wechat_posted", _posted, (b'{"id":"EV","resource":{"ciphertext":"","nonce":""}}',)),
    Target(
        "wechat_bill",
        refusing(lambda data: parse(unpacked(data), KINDS["trade"]), BillBrokenError),
        (BILL[:4000], gzip.compress(BILL, mtime=0)),
    ),
    Target("wechat_fund_flow", refusing(lambda data: parse(unpacked(data), KINDS["fund_flow"]), BillBrokenError), (FLOW,)),
    Target(
        "wechat_mock",
        _mock,
        (b"POST /v3/pay/transactions/native\n{}", b"GET /_mock/books\n", b'POST /_mock/faults\n{"kind":"garbage"}'),
    ),
)
