"""Published vectors of Allinpay, replayed against the adapter's signing of both wires, to the byte."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import serialization

from payment_channels.channel import HttpCall
from payment_channels.channels.allinpay import packets
from payment_channels.channels.allinpay.messages import Told
from payment_channels.channels.allinpay.signing import doubt, md5_signature, string_to_sign, verifier_of
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaSha1Verifier, public_key
from payment_channels.codec.sm import Sm2Verifier
from tests.channels.allinpay.conftest import APPID, MD5_KEY, Platform, packet
from tests.conftest import VECTORS


def loaded(name: str) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((VECTORS / "allinpay" / name).read_text(encoding="utf-8"))
    return held


VSP, TLT = loaded("allinpay_vsp.json"), loaded("allinpay_tlt_signature.json")


def run(exchange: Any) -> Any:
    """Run an exchange that asks nothing of the world."""
    try:
        next(exchange)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it asked for something")


def fields(text: str) -> dict[str, str]:
    return dict(parse_qsl(text))


def test_rsa_request() -> None:
    vector = VSP["rsa_request"]
    assert string_to_sign(fields(vector["string_to_sign"])) == vector["string_to_sign"]
    key = serialization.load_der_public_key(base64.b64decode(vector["public_key_der_b64"]))
    verifier = RsaSha1Verifier(key_id="x", key=key)  # type: ignore[arg-type]
    assert verifier.verify(vector["string_to_sign"].encode(), base64.b64decode(vector["signature"]))
    assert not verifier.verify(
        vector["string_to_sign"].replace("version=11", "version=12").encode(), base64.b64decode(vector["signature"])
    )


def test_sm2_request_has_the_appid_as_user_id() -> None:
    vector = VSP["sm2_request"]
    assert string_to_sign(fields(vector["string_to_sign"])) == vector["string_to_sign"]
    message, signature = vector["string_to_sign"].encode(), base64.b64decode(vector["signature"])
    own = Sm2Verifier.of(vector["public_key_xy_hex"], key_id="x", user_id=APPID, encoding="raw")
    assert own.verify(message, signature)
    for other in vector["fails_with_id"]:
        wrong = Sm2Verifier.of(vector["public_key_xy_hex"], key_id="x", user_id=other, encoding="raw")
        assert not wrong.verify(message, signature)


def test_sm2_answers_are_allinpay_s(platform: Platform) -> None:
    """The verifier that a configuration leads to, over the published answer."""
    vector = VSP["sm2_response"]
    config = platform.vsp(
        sign_type="SM2",
        private_key="11" * 32,
        public_key=VSP["sm2_request"]["public_key_xy_hex"],
        platform_key=vector["platform_public_key_der_b64"],
    )
    verifier = verifier_of(config)
    assert verifier is not None
    assert verifier.verify(vector["text_utf8"].encode(), base64.b64decode(vector["signature"]))
    assert not verifier.verify(vector["text_utf8"].encode() + b"0", base64.b64decode(vector["signature"]))


def test_md5_has_the_key_as_one_more_field(platform: Platform) -> None:
    vector = VSP["md5_selfmade"]
    given = fields(vector["string"])
    key = given.pop("key")
    assert key == MD5_KEY
    assert md5_signature(given, key) == vector["md5"]
    config = platform.vsp(sign_type="MD5", md5_key=MD5_KEY, private_key=None, platform_key=None)
    assert run(doubt(config, None, {**given, "sign": vector["md5"].upper()})) == ""
    assert run(doubt(config, None, {**given, "trxid": "1", "sign": vector["md5"]})) != ""
    assert run(doubt(config, None, {**given, "key": key, "sign": vector["md5"]})) != "", "a field called key"


def test_the_published_packet_s_signature_is_over_the_digest_that_is_stored() -> None:
    """The text itself is not stored, since it names a person; its digest and its signature are."""
    vector = TLT["published_sample"]
    number = Certificate.from_pem(vector["certificate_pem"]).key.public_numbers()
    opened = pow(int(vector["signature_hex"], 16), number.e, number.n).to_bytes(128, "big")
    assert opened.endswith(bytes.fromhex(vector["sha1_of_plaintext_gbk"]))
    assert vector["signature_hex"] == vector["signature_hex"].lower()


def test_the_self_made_packet_verifies_over_its_own_bytes() -> None:
    vector = TLT["self_made"]
    content = vector["xml_text"].encode("gbk")
    verifier = RsaSha1Verifier(key_id="x", key=public_key(vector["public_key_pem"]))
    read = packets.read(content)
    assert run(packets.doubt(verifier, read)) == ""
    assert hashlib.sha1(packets.SIGNED.sub(b"", content)).hexdigest() == vector["sha1_of_plaintext_gbk"]  # noqa: S324
    changed = content.replace(b"<AMOUNT>1<", b"<AMOUNT>2<")
    assert run(packets.doubt(verifier, packets.read(changed))) == "the signature does not fit the text"


def test_what_is_written_is_what_the_self_made_packet_is() -> None:
    """The writer, given that packet's fields, makes its very bytes."""
    text = TLT["self_made"]["xml_text"]
    read = packets.read(text.encode("gbk"))
    info = {name: value for name, value in read.info.items() if name != "SIGNED_MSG"}
    trans = packets.within("TRANS", packets.fields_of(read.parts("TRANS")[0]))
    assert hashlib.sha1(packets.plain(info, trans)).hexdigest() == TLT["self_made"]["sha1_of_plaintext_gbk"]  # noqa: S324


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packet("<INFO><A>1</A></INFO>"), "it is not signed"),
        (packet("<INFO><SIGNED_MSG>ab</SIGNED_MSG><SIGNED_MSG>ab</SIGNED_MSG></INFO>"), "SIGNED_MSG stands twice"),
        (packet("<INFO><SIGNED_MSG>ab</SIGNED_MSG></INFO><X><SIGNED_MSG>cd</SIGNED_MSG></X>"), "more than one signature"),
        (packet("<INFO><A>1</A></INFO><X><SIGNED_MSG>ab</SIGNED_MSG></X>"), "does not stand in INFO"),
        (packet("<INFO><SIGNED_MSG>abc</SIGNED_MSG></INFO>"), "the signature is not hex"),
        (packet("<INFO><SIGNED_MSG>AB</SIGNED_MSG></INFO>"), "it is not signed"),
    ],
)
def test_a_signature_stands_once_in_info(content: bytes, why: str) -> None:
    verifier = RsaSha1Verifier(key_id="x", key=public_key(TLT["self_made"]["public_key_pem"]))
    try:
        told = run(packets.doubt(verifier, packets.read(content)))
    except ValueError as error:
        told = str(error)
    assert why in told


def test_the_recorded_answer_of_a_payout() -> None:
    """What an answer prints of itself is read where the catalogue looks: the envelope and TRANSRET, without an amount."""
    answer = loaded("allinpay_tlt.json")["100014_response"]["AIPG"]
    assert answer["INFO"]["RET_CODE"] == answer["TRANSRET"]["RET_CODE"] == "0000"
    assert "AMOUNT" not in answer["TRANSRET"]


def test_calls_do_not_print_what_they_carry() -> None:
    assert "secret" not in repr(HttpCall("POST", "https://vsp.allinpay.com/", (), b"secret"))
    assert Told({"a": ""}).text("a", "b") is None
