"""The TLT gate of the Allinpay mock: published signatures, every refusal, signed answers, and why a signature was refused."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from mocks.allinpay import AllinpayKeys, AllinpayMock
from mocks.allinpay.codes import RefusedError
from mocks.allinpay.tlt_messages import read
from mocks.allinpay.tlt_signing import check, verifies
from mocks.clock import Clock
from mocks.wire import MockReply
from mocks.world import World
from tests.mocks.allinpay_merchant import TLT_PATH, Merchant

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "allinpay" / "allinpay_tlt_signature.json").read_text(encoding="utf-8")
)
OWN = VECTORS["self_made"]


def own_key() -> RSAPublicKey:
    key = load_pem_public_key(OWN["public_key_pem"].encode())
    assert isinstance(key, RSAPublicKey)
    return key


def test_the_vector_is_cut_and_verifies() -> None:
    message = read(OWN["xml_text"].encode("gbk"))
    assert hashlib.sha1(message.signed, usedforsecurity=False).hexdigest() == OWN["sha1_of_plaintext_gbk"]
    assert message.signature is not None
    assert verifies(own_key(), message.signed, message.signature)
    assert not verifies(own_key(), message.signed.replace(b"<AMOUNT>1<", b"<AMOUNT>2<"), message.signature)
    assert not verifies(own_key(), message.signed, message.signature.upper())


def test_the_published_signature_is_one_over_the_published_digest() -> None:
    """The text carries a person's name and is not copied; its digest is."""
    published = VECTORS["published_sample"]
    key = x509.load_pem_x509_certificate(published["certificate_pem"].encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    digest = bytes.fromhex(published["sha1_of_plaintext_gbk"])
    key.verify(bytes.fromhex(published["signature_hex"]), digest, padding.PKCS1v15(), Prehashed(hashes.SHA1()))  # noqa: S303
    assert published["signature_hex"].islower()


def test_a_mock_with_the_vectors_merchant_takes_the_vector(allinpay_keys: AllinpayKeys, clock: Clock, trader: Merchant) -> None:
    keys = replace(allinpay_keys, tlt_merchant=own_key(), merchant_id="200604000000445", user_name="20060400000044502")
    mock = AllinpayMock(keys, clock)
    trader.send = mock.handle
    answer = trader.tlt(OWN["xml_text"].encode("gbk"))
    assert answer.codes == ("0000", "0000")
    (held,) = mock.books()["payouts"]
    assert (held["REQ_SN"], held["AMOUNT"], held["ACCOUNT_PROP"]) == ("200604000000445-20260101120000001", 1, "1")
    assert held["payee"]["ACCOUNT_NAME"] == "测试公司"
    assert trader.tlt(OWN["xml_text"].replace("<AMOUNT>1<", "<AMOUNT>2<").encode("gbk")).info == "1106"


def test_info_may_stand_after_the_body(trader: Merchant) -> None:
    """As in the published request of a batch."""
    text = trader.payout_text()
    head, _, rest = text.partition(b"<INFO>")
    info, _, after = rest.partition(b"</INFO>")
    moved = head + after.removesuffix(b"</AIPG>") + b"<INFO>" + info + b"</INFO></AIPG>"
    assert trader.tlt(trader.sealed(moved)).codes == ("0000", "0000")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VERSION": "03"}, "1000"),
        ({"VERSION": ""}, "1000"),
        ({"DATA_TYPE": "1"}, "1000"),
        ({"LEVEL": "10"}, "1000"),
        ({"TRX_CODE": ""}, "1000"),
        ({"TRX_CODE": "100011"}, "1000"),  # collecting is not served
        ({"REQ_SN": ""}, "1000"),
        ({"REQ_SN": "1" * 61}, "1000"),
        ({"REQ_SN": "流水号"}, "1000"),
        ({"USER_NAME": "20060400000044502"}, "1105"),
        ({"MERCHANT_ID": "200604000000445"}, "1105"),
        ({"VERSION": "05", "MERCHANT_ID": ""}, "1000"),
    ],
)
def test_info_is_looked_at(allinpay: AllinpayMock, trader: Merchant, changes: dict[str, str], code: str) -> None:
    given = {"TRX_CODE": "100014", "REQ_SN": "payout0001"} | changes
    trx_code, number = given.pop("TRX_CODE"), given.pop("REQ_SN")
    text = trader.payout_text().decode("gbk")
    rest = text.partition("</INFO>")[2].removesuffix("</AIPG>")
    assert trader.tlt(trader.sealed(trader.xml(trx_code, number, rest, **given))).info == code
    assert allinpay.books()["payouts"] == []


@pytest.mark.parametrize("changes", [{"VERSION": "05"}, {"MERCHANT_ID": ""}, {"USER_PASS": ""}, {"LEVEL": ""}, {"LEVEL": "0"}])
def test_what_may_be_otherwise(trader: Merchant, changes: dict[str, str]) -> None:
    rest = trader.payout_text().decode("gbk").partition("</INFO>")[2].removesuffix("</AIPG>")
    answer = trader.tlt(trader.sealed(trader.xml("100014", "payout0001", rest, **changes)))
    assert answer.codes == ("0000", "0000")
    assert answer.text("INFO/VERSION") == changes.get("VERSION", "04")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"<AIPG/>",  # without its declaration
        b'<?xml version="1.0" encoding="UTF-8"?><AIPG/>',
        b'<?xml version="1.0" encoding="GBK"?><AIPG>',
        b'<?xml version="1.0" encoding="GBK"?><GZELINK/>',
        b'<?xml version="1.0" encoding="GBK"?><AIPG>\xff\xff</AIPG>',
        b'<?xml version="1.0" encoding="GBK"?><!DOCTYPE a [<!ENTITY b "c">]><AIPG>&b;</AIPG>',
    ],
)
def test_what_cannot_be_read_is_1001(trader: Merchant, content: bytes) -> None:
    answer = trader.tlt(content)
    assert (answer.info, answer.text("INFO/ERR_MSG"), answer.text("INFO/REQ_SN")) == ("1001", "报文解释错", "")


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0" encoding="GBK"?><AIPG/>',
        b'<?xml version="1.0" encoding="GBK"?><AIPG><INFO/><INFO/></AIPG>',
        b'<?xml version="1.0" encoding="GBK"?><AIPG><INFO><REQ_SN>1</REQ_SN><REQ_SN>2</REQ_SN></INFO></AIPG>',
    ],
)
def test_what_has_no_good_info_is_1000(trader: Merchant, content: bytes) -> None:
    assert trader.tlt(content).info == "1000"


Mistake = Callable[[Merchant, bytes], bytes]


def _sealed_with(text: bytes, merchant: Merchant, signed: bytes) -> bytes:
    return merchant.sealed(text, merchant.tlt_key.sign(signed, padding.PKCS1v15(), hashes.SHA1()).hex())  # noqa: S303


MISTAKES: dict[str, tuple[Mistake, str]] = {
    "none": (lambda _merchant, text: text, "there is not exactly one"),
    "two": (
        lambda merchant, text: merchant.sealed(text.replace(b"<TRANS>", b"<TRANS><SIGNED_MSG>00</SIGNED_MSG>")),
        "there is not exactly one",
    ),
    "no hex": (lambda merchant, text: merchant.sealed(text, "xyz"), "no hex text"),
    "capitals": (
        lambda merchant, text: merchant.sealed(
            text,
            merchant.tlt_key.sign(text, padding.PKCS1v15(), hashes.SHA1()).hex().upper(),  # noqa: S303
        ),
        "small letters",
    ),
    "utf-8": (lambda merchant, text: _sealed_with(text, merchant, text.decode("gbk").encode()), "UTF-8"),
    "no declaration": (lambda merchant, text: _sealed_with(text, merchant, text.partition(b"?>")[2]), "the declaration"),
    "empty element": (
        lambda merchant, text: _sealed_with(text, merchant, text.replace(b"</INFO>", b"<SIGNED_MSG></SIGNED_MSG></INFO>")),
        "an empty SIGNED_MSG",
    ),
    "sha-256": (
        lambda merchant, text: merchant.sealed(text, merchant.tlt_key.sign(text, padding.PKCS1v15(), hashes.SHA256()).hex()),
        "SHA-256",
    ),
    "another key": (
        lambda merchant, text: merchant.sealed(
            text,
            rsa.generate_private_key(public_exponent=65537, key_size=2048).sign(text, padding.PKCS1v15(), hashes.SHA1()).hex(),  # noqa: S303
        ),
        "another key",
    ),
    "changed afterwards": (
        lambda merchant, text: merchant.sealed(text).replace(b"<AMOUNT>2000<", b"<AMOUNT>9000<"),
        "another key, another text",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_log_says_why_a_signature_was_refused(allinpay: AllinpayMock, trader: Merchant, mistake: str) -> None:
    make, reason = MISTAKES[mistake]
    reply: MockReply = allinpay.handle(trader.post(make(trader, trader.payout_text())))
    assert (reply.note["code"], reply.note["message"]) == ("1106", "签名验证错")
    why: dict[str, Any] = reply.note["why"]
    assert reason in why["reason"]
    assert allinpay.books()["payouts"] == []
    assert trader.tlt_verified(reply.body)


def test_another_path_or_method_is_empty(allinpay: AllinpayMock, trader: Merchant) -> None:
    request = trader.post(trader.sealed(trader.payout_text()))
    assert allinpay.handle(replace(request, method="GET")).status == 405
    assert allinpay.handle(replace(request, path="/aipg/Other")).status == 404
    assert (allinpay.owns(TLT_PATH), allinpay.owns("/gateway.do")) == (len("/aipg/"), 0)


def test_the_log_names_neither_payee_nor_account(allinpay: AllinpayMock, trader: Merchant, clock: Clock) -> None:
    world = World([allinpay], clock, lambda *_: (200, ""))
    trader.send = world.handle
    trader.payout()
    trader.payout()
    assert [(entry["operation"], entry.get("code")) for entry in world.log] == [("payout", None), ("payout", "1102")]
    assert "张三" not in str(list(world.log))
    assert "6200000000000000001" not in str(list(world.log))


def test_a_refusal_carries_a_code_of_the_table(allinpay_keys: AllinpayKeys, trader: Merchant) -> None:
    with pytest.raises(RefusedError, match=r"tlt\.info 1106"):
        check(allinpay_keys, read(trader.payout_text()))
