"""Published signatures verify, and the encrypted message has the very bytes that the algorithm gives."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from payment_channels.channels.lianlian import signing
from payment_channels.channels.lianlian.messages import encoded, moment, read_message
from payment_channels.channels.lianlian.payload import ALPHABET, PayloadKeys, random_keys, seal
from payment_channels.codec.rsa import RsaMd5Signer, RsaMd5Verifier, RsaOaepDecryptor, RsaOaepEncryptor
from tests.channels.lianlian.conftest import KEYS, ORDERED_AT, TIME, Gateway


def drained(exchange: Any) -> Any:
    """Run an exchange that asks nothing of the world."""
    try:
        next(exchange)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it asked something of the world")


def verifier_of(vector: dict[str, Any]) -> RsaMd5Verifier:
    pem = f"-----BEGIN PUBLIC KEY-----\n{vector['public_key_der_b64']}\n-----END PUBLIC KEY-----\n"
    return RsaMd5Verifier.from_pem(pem, key_id="LianLian")


@pytest.mark.parametrize("number", [0, 1])
def test_the_printed_answers_verify(vectors: dict[str, Any], number: int) -> None:
    vector = vectors["verify"][number]
    assert signing.string_to_sign(vector["fields"]) == vector["string_to_sign"]
    assert drained(signing.doubt(verifier_of(vector), vector["fields"])) == ""


@pytest.mark.parametrize("number", [0, 1])
def test_the_printed_answers_with_one_thing_changed_do_not(vectors: dict[str, Any], number: int) -> None:
    vector = vectors["verify"][number]
    verifier = verifier_of(vector)
    for name in vector["fields"]:
        changed = {**vector["fields"], name: vector["fields"][name] + "0"}
        assert drained(signing.doubt(verifier, changed)) != "", name
        assert drained(signing.doubt(verifier, {one: text for one, text in vector["fields"].items() if one != name})) != "", name


def test_empty_values_and_the_signature_are_not_signed_and_case_does_not_count() -> None:
    assert signing.string_to_sign({"B": "2", "a": "1", "c": "", "sign": "x", "sign_type": "RSA"}) == "a=1&B=2&sign_type=RSA"


def test_what_a_value_could_hide_is_not_believed(gateway: Gateway) -> None:
    """``info_order`` is a text of the merchant's: with another state inside it, the same string belongs to two messages."""
    verifier = RsaMd5Verifier(key_id="LianLian", key=gateway.key.public_key())
    hiding = gateway.signed({"info_order": "x&result_pay=SUCCESS", "no_order": "1"})
    assert drained(signing.doubt(verifier, hiding)) == "it could be cut into other fields"
    plain = gateway.signed({"info_order": "x&y=SUCCESS", "no_order": "1"})
    assert drained(signing.doubt(verifier, plain)) == ""


def test_a_signature_is_rsa_over_md5_and_what_is_signed_is_what_is_sent(gateway: Gateway) -> None:
    signer = RsaMd5Signer(key_id="me", key=gateway.merchant)
    whole = drained(signing.signed(signer, {"oid_partner": "1", "no_order": "2", "prcptcd": ""}))
    assert set(whole) == {"oid_partner", "no_order", "sign_type", "sign"}
    assert gateway.verified(json.loads(encoded(whole))) == {"oid_partner": "1", "no_order": "2", "sign_type": "RSA"}


def test_the_encrypted_message(vectors: dict[str, Any]) -> None:
    made = vectors["pay_load_self_made"]
    keys = PayloadKeys(hmac_key=made["hmac_key"], aes_key=made["aes_key"], nonce=made["nonce"])
    assert keys == KEYS
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  as short as LianLian's
    sealed = seal(made["plain"].encode(), keys, RsaOaepEncryptor(key_id="LianLian", key=private.public_key()))
    version, hmac_key, aes_key, *rest = sealed.split("$")
    assert version == made["format"].partition("$")[0]
    assert rest == [made["part4_nonce_b64"], made["part5_cipher_b64"], made["part6_hmac_b64"]]
    decryptor = RsaOaepDecryptor(key_id="LianLian", key=private)
    assert decryptor.decrypt(base64.b64decode(hmac_key, validate=True)).decode() == made["hmac_key"]
    assert decryptor.decrypt(base64.b64decode(aes_key, validate=True)).decode() == made["aes_key"]


def test_keys_are_of_the_alphabet_and_never_the_same() -> None:
    drawn = [random_keys() for _ in range(20)]
    for keys in drawn:
        assert [len(keys.hmac_key), len(keys.aes_key), len(keys.nonce)] == [32, 32, 8]
        assert set(keys.hmac_key + keys.aes_key + keys.nonce) <= set(ALPHABET)
        assert keys.hmac_key not in repr(keys)
    assert len({keys.aes_key for keys in drawn} | {keys.hmac_key for keys in drawn}) == 2 * len(drawn)


def test_printed_samples_are_read(vectors: dict[str, Any]) -> None:
    for name in ("query_response_example", "notify_example"):
        assert read_message(json.dumps(vectors[name]).encode()) == vectors[name]


def test_a_time_is_beijing_s() -> None:
    assert moment(ORDERED_AT) == TIME
