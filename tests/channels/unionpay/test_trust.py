"""Whose signature is believed, and for whom card numbers are encrypted: chains, owners, validity, rotation."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    ChannelClient,
    HttpReply,
    NotSentError,
    Outcome,
    PaymentQuery,
    RefusedError,
    TransportFailure,
    open_channel,
)
from payment_channels.channels.unionpay.trust import REMEMBERED, Trust
from tests.channels.unionpay.conftest import (
    CARD,
    CN,
    PAYOUT,
    TEST_CN,
    Gateway,
    certificate,
    fields_of,
    in_message,
    made,
    of_query,
    payment,
    pem_of,
    plain,
    reply_of,
)
from tests.conftest import NOW, Script, scripted

LATER = NOW + timedelta(days=1)
LONG = (NOW - timedelta(days=1), NOW + timedelta(days=800))
Told = dict[str, str]


@cache
def stranger() -> Gateway:
    """Another gateway under authorities of the same names."""
    return Gateway()


def queried(client: ChannelClient, script: Script, reply: HttpReply) -> tuple[str, str]:
    script.answers = [reply]
    result = client.query(PaymentQuery.of(payment()))
    return result.canonical, result.evidence.note


FORGERIES: dict[str, Callable[[Gateway], HttpReply]] = {
    "a certificate under other authorities": lambda own: stranger().answers(of_query()),
    "its own issuer": lambda own: own.answers(of_query(), pem=pem_of(certificate(CN, own.key, CN, own.key))),
    "issued by the root itself": lambda own: own.answers(of_query(), pem=pem_of(certificate(CN, own.key, "ROOT", own.root_key))),
    "issued by another merchant": lambda own: own.answers(
        of_query(), pem=pem_of(certificate(CN, own.key, "041@Z@700000000000001:SIGN@6", own.merchant_key))
    ),
    "somebody else's name": lambda own: own.answers(of_query(), pem=own.issue("041@Z@某某公司@1", own.key)),
    "the test environment's name": lambda own: own.answers(of_query(), pem=own.issue(TEST_CN, own.key)),
    "the name in another place": lambda own: own.answers(of_query(), pem=own.issue("中国银联股份有限公司@041@Z@1", own.key)),
    "the merchant's own certificate": lambda own: own.answers(
        of_query(), pem=own.issue("041@Z@700000000000001:SIGN@6", own.merchant_key), key=own.merchant_key
    ),
    "an expired certificate": lambda own: own.answers(
        of_query(), pem=own.issue(CN, own.key, valid=(NOW - timedelta(days=9), NOW - timedelta(seconds=1)))
    ),
    "a certificate of tomorrow": lambda own: own.answers(
        of_query(), pem=own.issue(CN, own.key, valid=(NOW + timedelta(seconds=1), LATER))
    ),
    "the right certificate and another's signature": lambda own: own.answers(of_query(), key=own.merchant_key),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_is_not_believed(client: ChannelClient, script: Script, gateway: Gateway, what: str) -> None:
    canonical, why = queried(client, script, FORGERIES[what](gateway))
    assert canonical == "REPLY_NOT_VERIFIED"
    assert why


@pytest.mark.parametrize(
    "changes", [{"signMethod": "11"}, {"version": "5.0.0"}, {"version": "6.0.0"}, {"signature": "!"}], ids=str
)
def test_no_weaker_way_is_taken(client: ChannelClient, script: Script, gateway: Gateway, changes: Told) -> None:
    """A message says how it is signed; it does not choose how it is verified."""
    fields = {**gateway.signed(of_query()), **changes}
    body = "&".join(f"{name}={text}" for name, text in fields.items()).encode()
    assert queried(client, script, HttpReply(200, {}, body))[0] == "REPLY_NOT_VERIFIED"


def test_the_test_environment_s_name_by_setting(gateway: Gateway, script: Script) -> None:
    reply = gateway.answers(of_query(), pem=gateway.issue(TEST_CN, gateway.key))
    channel = open_channel("unionpay", gateway.config(certificate_owner="test"), clock=lambda: NOW)
    with scripted(channel, script) as client:
        assert queried(client, script, reply)[0] == "PAYMENT_SUCCEEDED"


def test_a_changed_certificate_is_believed_at_once(client: ChannelClient, script: Script, gateway: Gateway) -> None:
    """Certificates are swapped unannounced: the new one comes with the message."""
    new = made()
    reply = gateway.answers(of_query(), pem=gateway.issue(CN, new, serial=2), key=new)
    assert queried(client, script, reply)[0] == "PAYMENT_SUCCEEDED"


@pytest.mark.parametrize("whose", ["middle", "root"])
def test_an_authority_that_has_ended_vouches_for_nothing(gateway: Gateway, whose: str) -> None:
    over = (NOW - timedelta(days=900), NOW - timedelta(seconds=1))
    ended = {
        "middle": pem_of(certificate("MIDDLE", gateway.middle_key, "ROOT", gateway.root_key, authority=True, valid=over)),
        "root": pem_of(certificate("ROOT", gateway.root_key, "ROOT", gateway.root_key, authority=True, valid=over)),
    }
    trust = Trust(gateway.config(**{f"{whose}_certs": (ended[whose],)}))
    assert trust.verifier_of(in_message(gateway.pem), now=NOW)[0] is None
    assert trust.verifier_of(in_message(gateway.pem), now=over[1])[0] is not None, "by the same authority, while it lasted"


def test_a_signature_by_no_key_is_not_taken_where_a_certificate_is_wanted(
    client: ChannelClient, script: Script, gateway: Gateway
) -> None:
    """Without a secure key, anybody could make the digest of signMethod 11 over an empty one."""
    fields = {name: text for name, text in gateway.signed(of_query()).items() if name not in {"signature", "signPubKeyCert"}}
    fields["signMethod"] = "11"
    digest = hashlib.sha256(plain(fields) + b"&" + hashlib.sha256(b"").hexdigest().encode()).hexdigest()
    assert queried(client, script, reply_of({**fields, "signature": digest}))[0] == "REPLY_NOT_VERIFIED"


def test_what_passed_is_remembered_within_bounds_and_expires(gateway: Gateway) -> None:
    trust = Trust(gateway.config())
    pems = [in_message(gateway.issue(CN, gateway.key, serial=number)) for number in range(1, REMEMBERED + 4)]
    for pem in pems:
        assert trust.verifier_of(pem, now=NOW)[0]
    assert len(trust._passed) == REMEMBERED
    for broken in ("", "x", pems[0] + "\n" + pems[1], in_message(gateway.issue("041@Z@x@1", gateway.key))):
        assert trust.verifier_of(broken, now=NOW)[0] is None
    assert len(trust._passed) == REMEMBERED, "what does not pass takes no room"
    assert trust.verifier_of(pems[-1], now=NOW + timedelta(days=31))[0] is None


def told_of(pem: str, **changes: str) -> Told:
    return {"txnType": "95", "respCode": "00", "certType": "01", "encryptPubKeyCert": in_message(pem), **changes}


@pytest.fixture
def without(gateway: Gateway, script: Script) -> ChannelClient:
    """A merchant who was given no encryption certificate."""
    made_here = open_channel("unionpay", gateway.config(encrypt_cert=None), clock=lambda: NOW, nonce=lambda: "N0000001")
    return scripted(made_here, script)


def test_the_encryption_certificate_is_fetched(without: ChannelClient, script: Script, gateway: Gateway) -> None:
    script.answers = [gateway.answers(told_of(gateway.encrypt))]
    assert without.payout(PAYOUT).outcome is Outcome.UNKNOWN  # the script has no answer to the payout
    asked, paid = (fields_of(call) for call in script.calls)
    assert [call.preparatory for call in script.calls] == [True, False]
    kind = {name: asked[name] for name in ("txnType", "txnSubType", "bizType", "certType", "accessType", "orderId", "txnTime")}
    assert kind == {
        "txnType": "95",
        "txnSubType": "00",
        "bizType": "000000",
        "certType": "01",
        "accessType": "0",
        "orderId": "N0000001",
        "txnTime": "20260601200000",
    }
    assert paid["encryptCertId"] == "68759622183"
    assert gateway.encrypt_key.decrypt(base64.b64decode(paid["accNo"]), padding.PKCS1v15()) == CARD.encode()
    without.payout(PAYOUT)
    assert [fields_of(call)["txnType"] for call in script.calls] == ["95", "12", "12"], "it is kept"


def refusals(gateway: Gateway) -> dict[str, HttpReply | Exception]:
    other = made()
    past = (NOW - timedelta(days=9), NOW - timedelta(days=1))
    return {
        "signed by a stranger": stranger().answers(told_of(gateway.encrypt)),
        "refused": gateway.answers({"txnType": "95", "respCode": "06"}),
        "no certificate in it": gateway.answers({"txnType": "95", "respCode": "00"}),
        "another's certificate": gateway.answers(told_of(gateway.issue("041@Z@x@1", other))),
        "an expired one": gateway.answers(told_of(gateway.issue(TEST_CN, other, valid=past))),
        "one of other authorities": gateway.answers(told_of(stranger().encrypt)),
        "another merchant's answer": gateway.answers(told_of(gateway.encrypt, merId="7" * 15)),
        "no message": HttpReply(502, {}, b"<html>"),
    }


@pytest.mark.parametrize("what", ["signed by a stranger", "refused", "no certificate in it", "another's certificate",
    "an expired one", "one of other authorities", "another merchant's answer", "no message"])  # fmt: skip
def test_a_fetched_certificate_that_is_not_taken(without: ChannelClient, script: Script, gateway: Gateway, what: str) -> None:
    """Nothing that moves money has left: it is an exception, and the payout was not sent."""
    script.answers = [refusals(gateway)[what]]
    with pytest.raises(RefusedError) as caught:
        without.payout(PAYOUT)
    assert caught.value.canonical == "CERTIFICATES_NOT_AVAILABLE"
    reason = caught.value.zh.partition("加密证书：")[2]
    assert any(words in reason for words in ("应答不可信（", "应答读不出（", "取到的证书不能用（", "respCode 06 "))
    assert len(script.calls) == 1


def test_a_download_that_fails_is_an_exception(without: ChannelClient, script: Script) -> None:
    script.answers = [TransportFailure("ReadTimeout", maybe_sent=True)]
    with pytest.raises(NotSentError):
        without.payout(PAYOUT)
    assert len(script.calls) == 1


@pytest.mark.parametrize("answer", ["new", "lost", "refused"])
def test_every_day_it_is_asked_for_again(gateway: Gateway, script: Script, answer: str) -> None:
    """A new one takes the old one's place; a failure waits for the next day, since the old one is still valid."""
    now = NOW
    old = gateway.issue(TEST_CN, gateway.encrypt_key, serial=7, valid=LONG)
    new = gateway.issue(TEST_CN, gateway.encrypt_key, serial=8, valid=LONG)
    replies: dict[str, HttpReply | Exception] = {
        "new": gateway.answers(told_of(new)),
        "lost": TransportFailure("ReadTimeout", maybe_sent=True),
        "refused": gateway.answers({"txnType": "95", "respCode": "06"}),
    }
    channel = open_channel("unionpay", gateway.config(encrypt_cert=old), clock=lambda: now, nonce=lambda: "N0000001")
    with scripted(channel, script) as client:
        client.payout(PAYOUT)
        now = LATER
        script.answers = [replies[answer]]
        client.payout(PAYOUT)
        client.payout(PAYOUT)
    sent = [(fields["txnType"], fields.get("encryptCertId")) for fields in map(fields_of, script.calls)]
    after = ("12", "8" if answer == "new" else "7")
    assert sent == [("12", "7"), ("95", None), after, after]
