"""Published vectors of Alipay, replayed against the adapter's signing, cutting and certificates, to the byte."""

import base64
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from payment_channels import Inbound, Notice, Verdict
from payment_channels.channels.alipay import Alipay, AlipayConfig
from payment_channels.channels.alipay import envelope as envelope_module
from payment_channels.channels.alipay.certificates import Roots, read
from payment_channels.channels.alipay.envelope import Envelope, EnvelopeRefusedError, cut
from payment_channels.channels.alipay.signing import fits, notification_messages, request_message, signed
from payment_channels.codec import aes, forms
from payment_channels.codec.aes import CipherBrokenError
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaSigner, RsaVerifier
from tests.conftest import VECTORS

Vectors = dict[str, Any]
NOTIFICATIONS = [*(f"ali-notify-node-{number}" for number in range(6)), "self-notify-trade-success"]
ANSWERS = ["ali-response-node-file-upload", "self-gateway-precreate-response", "self-gateway-query-error-response"]
SERIALS = [
    "ali-sn-appCertPublicKey_2021001161683774.crt",
    "ali-sn-alipayCertPublicKey_RSA2.crt",
    "ali-sn-smartwalle-alipayPublicCert.crt",
    "ali-sn-smartwalle-appPublicCert.crt",
    "ali-sn-alipay-alipayCertPublicKey_RSA2.crt",
    "ali-sn-alipay-appCertPublicKey_2021003156675030.crt",
]


def finish(exchange: Any) -> Any:
    """Run an exchange that asks nothing of the world."""
    with pytest.raises(StopIteration) as stopped:
        next(exchange)
    return stopped.value.value


def public_key(vectors: Vectors, vector: Mapping[str, Any]) -> str:
    pem: str = vector.get("public_key_pem") or vectors["keys"][vector["key"]]["public_key_pem"]
    return pem


def believes(verifier: RsaVerifier, fields: Mapping[str, str]) -> bool:
    return any(finish(fits(verifier, message, fields["sign"])) for message in notification_messages(fields))


def test_a_request(alipay_vectors: Vectors) -> None:
    vector = alipay_vectors["self-gateway-precreate-request"]
    for form in ("private_key_pkcs1_pem", "app_private_key_pkcs8_pem"):
        signer = RsaSigner.from_pem(alipay_vectors["keys"][vector["key"]][form], key_id="x")
        assert request_message(vector["params"]).decode() == vector["string_to_sign"]
        params = finish(signed(signer, vector["params"]))
        assert params["sign"] == vector["sign"]
        assert forms.encode(params).decode() == vector["form_body"]


def test_what_is_empty_is_neither_signed_nor_sent(alipay_vectors: Vectors) -> None:
    vector = alipay_vectors["self-gateway-precreate-request"]
    signer = RsaSigner.from_pem(alipay_vectors["keys"][vector["key"]]["private_key_pkcs1_pem"], key_id="x")
    params = finish(signed(signer, {**vector["params"], "app_auth_token": ""}))
    assert forms.encode(params).decode() == vector["form_body"]


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_cut_and_verified(alipay_vectors: Vectors, name: str) -> None:
    vector = alipay_vectors[name]
    method = vector["response_key"].removesuffix("_response").replace("_", ".")
    envelope = cut(vector["response_body"].encode(), method)
    assert envelope.content.decode() == vector["string_to_verify"]
    verifier = RsaVerifier.from_pem(public_key(alipay_vectors, vector), key_id="x")
    assert envelope.sign == vector["sign"]
    assert finish(fits(verifier, envelope.content, vector["sign"]))
    assert not finish(fits(verifier, envelope.content + b" ", vector["sign"]))


def test_escaped_slashes_stay(alipay_vectors: Vectors) -> None:
    vector = alipay_vectors["ali-response-node-escaped-slash"]
    envelope = cut(vector["response_body"].encode(), "alipay.offline.material.image.upload")
    assert envelope.content.decode() == vector["string_to_verify"]
    assert b"\\/" in envelope.content


SPACED = [
    b'{"%s":%s,"sign":"s"}',
    b'{\n\t"%s" :\r\n %s ,\n "sign" : "s" }\n',
    b'{"sign":"s","%s":%s}',
    b'{"sign":"s","alipay_cert_sn":"n","%s":%s}',
]
CONTENTS = [
    b'{"code":"10000","sign":"inner"}',
    b'{"code":"1","a":"}]\\"{","b":[{"c":"\\\\"}],"url":"http:\\/\\/x"}',
    b'{ "code" : "10000" ,\n"msg":"a,\\"sign\\":\\"x\\"" }',
    '{"msg":"中文 \\u4e2d"}'.encode(),
    b'"Y2lwaGVy\\/dGV4dA=="',
]


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("layout", SPACED)
def test_the_cut_is_exact(layout: bytes, content: bytes) -> None:
    """White space around, an inner sign, braces and quotes within texts: the cut is the value, to the byte."""
    for name in (b"alipay_trade_query_response", b"error_response"):
        envelope = cut(layout % (name, content), "alipay.trade.query")
        assert (envelope.content, envelope.sign) == (content, "s")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>502</html>",
        b'{"alipay_trade_query_response":{"code":"1"}',
        b'{"alipay_trade_query_response":{"code":"1"},"sign":"s"}x',
        b'{"alipay_trade_query_response":{"code":"1"},"sign":"s"}{}',
        b'{"alipay_trade_query_response":{"code":"1"},"alipay_trade_query_response":{"code":"2"},"sign":"s"}',
        b'{"alipay_trade_query_response":{"code":"1"},"alipay_trade\\u005fquery_response":{"code":"2"},"sign":"s"}',
        b'{"alipay_trade_query_response":{"code":"1"},"error_response":{"code":"2"},"sign":"s"}',
        b'{"alipay_trade_pay_response":{"code":"1"},"sign":"s"}',
        b'{"alipay_trade_query_response":{"code":"1"},"sign":7}',
        b'{"alipay_trade_query_response":null,"sign":"s"}',
        b'{"alipay_trade_query_response":[1],"sign":"s"}',
        b'{"alipay_trade_query_response":{"code":"1"},"sign":"s}',
        b'{"alipay_trade_query_response":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b',"sign":"s"}',
        b'["alipay_trade_query_response",{"code":"1"}]',
    ],
)
def test_what_could_be_cut_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeRefusedError):
        cut(body, "alipay.trade.query")


USUAL = [
    b'{"alipay_trade_query_response":{"code":"1","u":"h:\\/\\/x"},"sign":"AA=="}',
    b'{"alipay_trade_query_response":{"code":"1","a":"}\\""},"sign":"AA==","alipay_cert_sn":"0af"}',
    b'{"error_response":{"code":"1"},"sign":"AA=="}',
]
PIECES = [b"{", b"}", b'"', b",", b":", b"\\", b"sign", b'"sign":"B",', b'"alipay_cert_sn":"1"', b" ", b"[", b"\xff", b"x", b"1"]


def test_in_one_go_and_name_by_name_the_cut_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers with up to three faults in them, read both ways."""
    chance = random.Random(5)
    bodies = [*USUAL, b'{"alipay_trade_pay_response":{"code":"1"},"sign":"AA=="}', *(faulty(chance) for _ in range(4000))]
    quickly = [cut_or_none(body) for body in bodies]
    assert 100 < sum(found is not None for found in quickly) < 3900
    monkeypatch.setattr(envelope_module, "_USUAL", re.compile(b"(?!)"))
    assert [cut_or_none(body) for body in bodies] == quickly


def faulty(chance: random.Random) -> bytes:
    body = bytearray(chance.choice(USUAL))
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(body))
        body[place : place + chance.randrange(3)] = chance.choice([*PIECES, b""])
    return bytes(body)


def cut_or_none(body: bytes) -> Envelope | None:
    try:
        return cut(body, "alipay.trade.query")
    except EnvelopeRefusedError:
        return None


def test_an_answer_names_its_certificate() -> None:
    assert cut(USUAL[1], "alipay.trade.query").alipay_cert_sn == "0af"
    assert cut(USUAL[0], "alipay.trade.query").alipay_cert_sn is None


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_notifications(alipay_vectors: Vectors, name: str) -> None:
    vector = alipay_vectors[name]
    fields = forms.parse(vector["form_body"].encode())
    assert fields == vector["params"]
    verifier = RsaVerifier.from_pem(public_key(alipay_vectors, vector), key_id="x")
    expected = vector.get("expected_valid_raw", vector.get("expected_valid", True))
    assert believes(verifier, fields) is expected
    if expected:
        assert vector["string_verified"].encode() in set(notification_messages(fields))
        assert not believes(verifier, {**fields, "notify_id": fields["notify_id"] + "0"})


@pytest.mark.parametrize("name", ["ali-notify-node-0", "ali-notify-node-1"])
def test_a_real_notification_is_read_whole(alipay_vectors: Vectors, app_pem: str, name: str) -> None:
    vector = alipay_vectors[name]
    ours = AlipayConfig(
        app_id="2019073166072302",
        seller_id="2088531891668739",
        app_private_key=app_pem,
        alipay_public_key=vector["public_key_pem"],
    )
    body = vector["form_body"].encode()

    def read_at(moment: datetime, **changes: str) -> Notice:
        channel = Alipay(ours.model_copy(update=changes), clock=lambda: moment)
        notice: Notice = finish(channel.read_notification(Inbound(body=body)))
        return notice

    soon = datetime(2019, 8, 15, 8, 0, tzinfo=UTC)
    notice = read_at(soon)
    assert (notice.verdict, notice.acknowledgement.body) == (Verdict.ACCEPTED, b"success")
    (event,) = notice.events
    facts: Any = event.facts
    assert (facts.merchant_order_id, facts.channel_order_id) == ("20190815155618536-564-57", "2019081522001468450512505578")
    assert (facts.amounts.order.amount, facts.paid_at.isoformat()) == (10, "2019-08-15T15:56:24+08:00")
    assert read_at(datetime(2026, 6, 1, tzinfo=UTC)).verdict is Verdict.REFUSED, "dated years ago"
    assert read_at(soon, app_id="2021000000000000").verdict is Verdict.REFUSED
    assert read_at(soon, seller_id="2088000000000000").verdict is Verdict.REFUSED


@pytest.mark.parametrize("name", SERIALS)
def test_serial_numbers(alipay_vectors: Vectors, name: str) -> None:
    vector = alipay_vectors[name]
    assert read(vector["certificate_pem"])[0].sn == vector["sn"]


def test_the_root_bundle_with_its_sm2_entries(alipay_vectors: Vectors) -> None:
    vector = alipay_vectors["ali-root-sn"]
    roots = Roots.of(vector["certificate_bundle_pem"])
    assert roots.sn == vector["expected"] == "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6"


def test_the_real_chain_is_vouched_for(alipay_vectors: Vectors) -> None:
    """Alipay's real certificate, the authority that comes with it, and the real root; and not the sandbox's, nor a merchant's."""
    roots = Roots.of(alipay_vectors["ali-root-sn"]["certificate_bundle_pem"])
    vector = alipay_vectors["ali-sn-alipay-alipayCertPublicKey_RSA2.crt"]
    now = datetime(2026, 6, 1, tzinfo=UTC)
    owner = "支付宝(中国)网络技术有限公司-2088441168346762"
    assert roots.vouched(vector["certificate_pem"].encode(), vector["sn"], now, owner=owner).sn == vector["sn"]
    with pytest.raises(ValueError, match="owner"):
        roots.vouched(
            vector["certificate_pem"].encode(), vector["sn"], now, owner="支付宝(中国)网络技术有限公司-2088831204659217"
        )
    alone = vector["certificate_pem"].split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    sandbox = alipay_vectors["ali-sn-smartwalle-alipayPublicCert.crt"]
    merchant = alipay_vectors["ali-sn-alipay-appCertPublicKey_2021003156675030.crt"]
    authority = vector["certificate_pem"].split("-----END CERTIFICATE-----")[1] + "-----END CERTIFICATE-----\n"
    for content, sn, moment in (
        (alone, vector["sn"], now),
        (vector["certificate_pem"], vector["sn"], datetime(2028, 1, 1, tzinfo=UTC)),
        (vector["certificate_pem"], "0" * 32, now),
        (sandbox["certificate_pem"], sandbox["sn"], datetime(2024, 1, 1, tzinfo=UTC)),
    ):
        with pytest.raises(ValueError, match=r"certificate|root|chain"):
            roots.vouched(content.encode(), sn, moment, owner=Certificate.from_pem(content).common_name)
    content = merchant["certificate_pem"] + authority
    with pytest.raises(ValueError, match="application's certificate"):  # whoever is named as the owner by mistake
        roots.vouched(content.encode(), merchant["sn"], now, owner=Certificate.from_pem(content).common_name)


def test_content_encryption(alipay_vectors: Vectors) -> None:
    vector = alipay_vectors["ali-aes-easysdk"]
    key, sealed = base64.b64decode(vector["key_b64"]), base64.b64decode(vector["ciphertext_b64"])
    assert aes.encrypt(key, vector["plaintext"].encode()) == sealed
    assert aes.decrypt(key, sealed).decode() == vector["plaintext"]
    for changed in (sealed[:-1], b"", sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed * 2):
        with pytest.raises(CipherBrokenError):
            aes.decrypt(key, changed)


def test_the_real_bill_is_there() -> None:
    """The fixture of the bills' tests is the file as it was exported, in GBK."""
    assert (
        (VECTORS / "alipay" / "alipay_trade_detail_sample.gbk.csv").read_bytes().decode("gbk").startswith("#支付宝业务明细查询")
    )
