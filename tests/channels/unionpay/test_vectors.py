"""Published vectors of UnionPay, replayed against the adapter's signing, reading and trust, to the byte."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.channels.unionpay.messages import Told, read_answer, read_post
from payment_channels.channels.unionpay.signing import digest, doubt, keyed_digest, string_to_sign
from payment_channels.channels.unionpay.trust import Trust, owner_of
from payment_channels.codec.archives import inflate
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaSha1Verifier, RsaVerifier
from tests.channels.unionpay.conftest import Gateway
from tests.conftest import VECTORS

PUBLISHED: dict[str, Any] = json.loads((VECTORS / "unionpay" / "unionpay.json").read_text(encoding="utf-8"))
CERTS = PUBLISHED["certs"]
THEN = datetime(2017, 10, 31, tzinfo=UTC)  # when the notification was sent, and its certificate valid


def old_config(gateway: Gateway, **changes: Any) -> UnionpayConfig:
    """A merchant of the test environment of then."""
    return gateway.config(
        root_certs=(CERTS["acp_test_root"]["pem"],),
        middle_certs=(CERTS["acp_test_middle"]["pem"],),
        certificate_owner="test",
        **changes,
    )


@pytest.mark.parametrize(
    "vector", [one for one in PUBLISHED["sign"] if one["signMethod"] == "01"], ids=lambda one: one["version"]
)
def test_rsa_signatures(vector: dict[str, Any]) -> None:
    assert string_to_sign(vector["fields"]) == vector["string_to_sign"]
    signed = digest(vector["fields"], vector["version"])
    assert signed.decode() == vector["digest_hex"]
    key = Certificate.from_pem(CERTS["acp_test_sign_public"]["pem"]).key
    verifier = (RsaSha1Verifier if vector["version"] == "5.0.0" else RsaVerifier)(key_id="x", key=key)
    assert verifier.verify(signed, base64.b64decode(vector["signature"]))
    assert not verifier.verify(signed[::-1], base64.b64decode(vector["signature"]))


@pytest.mark.parametrize(
    "vector",
    [one for one in PUBLISHED["sign"] if one["signMethod"] != "01"],
    ids=lambda one: f"{one['signMethod']}-{one['secure_key']}",
)
def test_keyed_signatures(vector: dict[str, Any]) -> None:
    assert keyed_digest(vector["fields"], vector["signMethod"], vector["secure_key"]) == vector["signature"]


def test_a_request_of_5_0_0(gateway: Gateway) -> None:
    """Signed by the merchant's certificate; here it stands where UnionPay's own of 5.0.0 would."""
    (vector,) = [one for one in PUBLISHED["verify"] if "url" in one]
    fields = read_post(vector["body"].encode())
    config = old_config(gateway, legacy_certs=(CERTS["acp_test_sign_public"]["pem"],))
    trust = Trust(config)
    assert doubt(config, trust, fields, now=datetime(2016, 4, 17, tzinfo=UTC)) == ""
    assert doubt(config, trust, fields, now=datetime(2019, 4, 17, tzinfo=UTC)), "the certificate has expired"
    assert doubt(config, trust, {**fields, "orderId": "20160417090109"}, now=datetime(2016, 4, 17, tzinfo=UTC))
    assert doubt(config, trust, {**fields, "certId": "1"}, now=datetime(2016, 4, 17, tzinfo=UTC))
    without = old_config(gateway)
    assert "legacy_certs" in doubt(without, Trust(without), fields, now=datetime(2016, 4, 17, tzinfo=UTC))


def test_a_real_notification_of_5_1_0(gateway: Gateway) -> None:
    (vector,) = [one for one in PUBLISHED["verify"] if "signPubKeyCert_certId" in one]
    fields = read_post(vector["body"].encode())
    assert fields == dict(parse_qsl(vector["body"]))
    assert digest(fields).decode() == vector["digest_hex"]
    certificate = Certificate.from_message(fields["signPubKeyCert"])
    assert certificate.decimal_serial_no == vector["signPubKeyCert_certId"]
    assert owner_of(certificate) == "00040000:SIGN"
    config = old_config(gateway)
    trust = Trust(config)
    for _ in range(2):  # the second time from memory
        assert doubt(config, trust, fields, now=THEN) == ""
    assert doubt(config, trust, {**fields, "respCode": "01"}, now=THEN) == "the signature does not fit the fields"
    assert "not valid now" in doubt(config, trust, fields, now=datetime(2026, 1, 1, tzinfo=UTC))
    production = config.model_copy(update={"certificate_owner": "production"})
    assert "somebody else" in doubt(production, Trust(production), fields, now=THEN)


def test_an_answer_as_it_comes() -> None:
    (vector,) = PUBLISHED["responses"]
    fields = read_answer(vector["body"].encode())
    assert (fields["respCode"], fields["respMsg"]) == ("34", "查无此交易[2600000]")
    assert (fields["merId"], len(fields)) == ("777290058110097", vector["body"].count("&") + 1)
    assert Told(fields).payment("app", paid=False).merchant_order_id == "20160417104527"


def test_a_deflated_file() -> None:
    (vector,) = PUBLISHED["encode"]
    assert inflate(base64.b64decode(vector["base64"])).decode() == vector["plain"]


def test_the_encrypted_field_is_one_block_of_rsa() -> None:
    """Its private key is not shipped; that the very form is made and opened is tried with keys of our own."""
    (vector,) = PUBLISHED["decrypt"]
    assert len(binascii.a2b_base64(vector["cipher_b64"])) == 256
    assert vector["plain"].startswith("phoneNo=")
