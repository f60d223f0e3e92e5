"""SM2, SM3 and SM4 against what the standards print and what others signed; the tests of SM2 need the extra ``gm``."""

import base64
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.channel.wire import Decryptor, Signer, Verifier
from payment_channels.codec.aead import SealBrokenError
from payment_channels.codec.rsa import KeyUnusableError
from payment_channels.codec.sm import (
    DEFAULT_USER_ID,
    Sm2Decryptor,
    Sm2Encryptor,
    Sm2MissingError,
    Sm2Signer,
    Sm2Verifier,
    sm2_public_key,
    sm3,
    sm4_decrypt,
    sm4_encrypt,
)

FILE = Path(__file__).parents[1] / "vectors" / "sm" / "sm_vectors.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SIGN = VECTORS["sm2_sign"][0]
ENCRYPT = VECTORS["sm2_encrypt"][0]
PRIVATE, PUBLIC = SIGN["private_key"], SIGN["public_key"]["x"] + SIGN["public_key"]["y"]
MESSAGE = SIGN["message_ascii"].encode()
RAW = bytes.fromhex(SIGN["r"] + SIGN["s"])
DER = encode_dss_signature(int(SIGN["r"], 16), int(SIGN["s"], 16))
ORDER = int(VECTORS["sm2_order_of_the_curve"], 16)

try:
    importlib.import_module("gmssl_pyx")
    absent = False
except ImportError:
    absent = True
needs_gm = pytest.mark.skipif(absent, reason="gmssl-pyx has no wheel for this platform")


# --- SM3 and SM4 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["sm3"])
def test_sm3(vector: dict[str, str]) -> None:
    assert sm3(bytes.fromhex(vector["input_hex"])).hex().upper() == vector["digest"]


def test_sm3_inside_the_published_signature() -> None:
    assert sm3(bytes.fromhex(SIGN["ZA"]) + MESSAGE).hex().upper() == SIGN["e"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["mode"]) for v in VECTORS["sm4"]])
def test_sm4(vector: dict[str, str]) -> None:
    key, plain, sealed = (bytes.fromhex(vector[name]) for name in ("key", "plaintext", "ciphertext"))
    iv = bytes.fromhex(vector["iv"]) if vector["mode"] == "CBC" else None
    assert sm4_encrypt(key, plain, iv=iv, padded=False) == sealed
    assert sm4_decrypt(key, sealed, iv=iv, padded=False) == plain
    padded = sm4_encrypt(key, plain, iv=iv)
    assert padded.startswith(sealed)
    assert len(padded) == len(sealed) + 16  # PKCS#7 adds a whole block to a whole block


@given(st.binary(max_size=200), st.booleans())
def test_sm4_there_and_back(plain: bytes, chained: bool) -> None:
    iv = b"i" * 16 if chained else None
    sealed = sm4_encrypt(b"k" * 16, plain, iv=iv)
    assert sm4_decrypt(b"k" * 16, sealed, iv=iv) == plain


def test_sm4_refuses_what_does_not_fit() -> None:
    for key, iv in ((b"", None), (b"k" * 15, None), (b"k" * 32, None), (b"k" * 16, b"i" * 15)):
        with pytest.raises(KeyUnusableError):
            sm4_encrypt(key, b"1", iv=iv)
        with pytest.raises(KeyUnusableError):
            sm4_decrypt(key, b"1" * 16, iv=iv)
    with pytest.raises(ValueError, match="block length"):
        sm4_encrypt(b"k" * 16, b"1", iv=None, padded=False)
    for broken in (b"", b"1", b"1" * 17, sm4_encrypt(b"other key 16 byt", b"1", iv=None)):
        with pytest.raises(SealBrokenError):
            sm4_decrypt(b"k" * 16, broken, iv=None)


# --- SM2 -----------------------------------------------------------------------------------------------------------------


@needs_gm
def test_the_published_signature_is_verified_in_both_encodings() -> None:
    der = Sm2Verifier.of(PUBLIC, key_id="k")
    raw = Sm2Verifier.of(PUBLIC, key_id="k", encoding="raw")
    assert SIGN["user_id_ascii"] == DEFAULT_USER_ID
    assert der.verify(MESSAGE, DER)
    assert raw.verify(MESSAGE, RAW)
    assert not der.verify(MESSAGE, RAW)
    assert not raw.verify(MESSAGE, DER)
    assert not Sm2Verifier.of(PUBLIC, key_id="k", user_id="00000051").verify(MESSAGE, DER)


@needs_gm
@pytest.mark.parametrize("vector", [pytest.param(v, id=v["name"]) for v in VECTORS["sm2_foreign"]])
def test_what_others_signed_with_a_user_id_of_their_own(vector: dict[str, str]) -> None:
    spki = vector.get("public_key_spki_base64")
    public: bytes | str = base64.b64decode(spki) if spki else vector["public_key_hex"]
    message, signature = vector["message"].encode(), base64.b64decode(vector["signature_base64"])
    assert Sm2Verifier.of(public, key_id="k", user_id=vector["user_id"], encoding="raw").verify(message, signature)
    assert not Sm2Verifier.of(public, key_id="k", encoding="raw").verify(message, signature)


@needs_gm
@pytest.mark.parametrize("encoding", ["der", "raw"])
@pytest.mark.parametrize("user_id", [DEFAULT_USER_ID, "Allinpay", "商户"])
def test_what_is_signed_is_verified(encoding: Any, user_id: str) -> None:
    signer = Sm2Signer.of(PRIVATE, PUBLIC, key_id="k", user_id=user_id, encoding=encoding)
    verifier = Sm2Verifier.of(PUBLIC, key_id="k", user_id=user_id, encoding=encoding)
    for number in range(20):  # a half with leading zeroes would show itself in one of 128 only
        message = b"%d" % number
        signature = signer.sign(message)
        assert verifier.verify(message, signature)
        assert not verifier.verify(message + b"0", signature)
        assert encoding == "der" or len(signature) == 64
    assert signer.sign(b"") != signer.sign(b"")


@needs_gm
def test_short_halves_keep_their_zeroes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small numbers: raw has 64 bytes all the same, and the numbers come back from it."""
    signer = Sm2Signer.of(PRIVATE, PUBLIC, key_id="k", encoding="raw")
    library = importlib.import_module("gmssl_pyx")
    short = encode_dss_signature(0xAB, 1)
    monkeypatch.setattr(library, "sm2_sign", lambda *_, **__: short)
    raw = signer.sign(b"m")
    assert raw == bytes(31) + b"\xab" + bytes(31) + b"\x01"
    seen: list[bytes] = []

    def verified(_key: bytes, _message: bytes, signature: bytes, **_: bytes) -> bool:
        seen.append(signature)
        return True

    monkeypatch.setattr(library, "sm2_verify", verified)
    assert Sm2Verifier.of(PUBLIC, key_id="k", encoding="raw").verify(b"m", raw)
    assert [decode_dss_signature(signature) for signature in seen] == [(0xAB, 1)]


@needs_gm
def test_no_wrong_signature_raises_or_passes() -> None:
    der = Sm2Verifier.of(PUBLIC, key_id="k")
    r, s = decode_dss_signature(DER)
    outside = [(0, 0), (0, s), (r, 0), (ORDER, s), (r, ORDER), (r + ORDER, s), (r, s + ORDER), (r, ORDER - s), (s, r)]
    wrong = [b"", b"0", DER[:-1], DER + b"\0", b"\x30\x00", os.urandom(70), *(encode_dss_signature(*pair) for pair in outside)]
    assert [signature for signature in wrong if der.verify(MESSAGE, signature)] == []
    raw = Sm2Verifier.of(PUBLIC, key_id="k", encoding="raw")
    wrong = [b"", RAW[:-1], RAW + b"\0", bytes(64), b"\xff" * 64, RAW[32:] + RAW[:32], *(_flipped(RAW, at) for at in (0, 31, 63))]
    assert [signature for signature in wrong if raw.verify(MESSAGE, signature)] == []


def _flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


@needs_gm
def test_forms_of_one_public_key() -> None:
    raw = bytes.fromhex(PUBLIC)
    spki = base64.b64decode(VECTORS["sm2_foreign"][1]["public_key_spki_base64"])
    compressed = bytes([2 + raw[-1] % 2]) + raw[:32]
    assert {sm2_public_key(form) for form in (PUBLIC, PUBLIC.lower(), raw, b"\x04" + raw, "04" + PUBLIC, compressed)} == {raw}
    assert sm2_public_key(spki) == spki[-64:]


@needs_gm
@pytest.mark.parametrize("wrong", [b"", "zz", "00" * 64, "ff" * 64, b"\x04" * 65, b"\x05" + bytes(64), bytes(91), "-----BEGIN"])
def test_no_public_key(wrong: bytes | str) -> None:
    for make in (sm2_public_key, lambda key: Sm2Verifier.of(key, key_id="k"), lambda key: Sm2Encryptor.of(key, key_id="k")):
        with pytest.raises(KeyUnusableError):
            make(wrong)


@needs_gm
def test_no_pair_of_keys() -> None:
    other = importlib.import_module("gmssl_pyx").sm2_key_generate()[0]
    with pytest.raises(KeyUnusableError, match="belong together") as caught:
        Sm2Signer.of(PRIVATE, other, key_id="k")
    assert PRIVATE not in str(caught.value).upper()
    for wrong in ("", "zz", PRIVATE[:-2], bytes(32), b"\xff" * 32, ORDER.to_bytes(32, "big")):
        with pytest.raises(KeyUnusableError):
            Sm2Signer.of(wrong, PUBLIC, key_id="k")
    for user_id in ("", "x" * 8192):
        with pytest.raises(KeyUnusableError, match="user id"):
            Sm2Signer.of(PRIVATE, PUBLIC, key_id="k", user_id=user_id)
        with pytest.raises(KeyUnusableError, match="user id"):
            Sm2Verifier.of(PUBLIC, key_id="k", user_id=user_id)


@needs_gm
def test_the_published_ciphertext_opens_and_another_goes_there_and_back() -> None:
    opener, sealer = Sm2Decryptor.of(PRIVATE, key_id="k"), Sm2Encryptor.of(PUBLIC, key_id="k")
    assert opener.decrypt(bytes.fromhex(ENCRYPT["der_GM_T_0009"])).decode() == ENCRYPT["plaintext_ascii"]
    for plain in (b"1", "证件号码".encode(), b"x" * 255):
        assert opener.decrypt(sealer.encrypt(plain)) == plain
    for plain in (b"", b"x" * 256):
        with pytest.raises(ValueError, match="1 to 255 bytes"):
            sealer.encrypt(plain)
    good = sealer.encrypt(b"plain")
    for broken in (b"", b"x", good[:-1], _flipped(good, len(good) - 1), bytes(100)):
        with pytest.raises(SealBrokenError):
            opener.decrypt(broken)
    for wrong in ("", "zz", PRIVATE[:-2]):
        with pytest.raises(KeyUnusableError):
            Sm2Decryptor.of(wrong, key_id="k")


@needs_gm
def test_they_are_what_an_exchange_takes_and_print_no_key() -> None:
    signer: Signer = Sm2Signer.of(PRIVATE, PUBLIC, key_id="of-the-key")
    verifier: Verifier = Sm2Verifier.of(PUBLIC, key_id="of-the-key")
    decryptor: Decryptor = Sm2Decryptor.of(PRIVATE, key_id="of-the-key")
    assert (signer.slow, verifier.slow, decryptor.slow) == (True, False, True)
    for thing in (signer, verifier, decryptor):
        assert thing.key_id == "of-the-key"
        printed = repr(thing)
        assert "of-the-key" in printed
        for secret in (bytes.fromhex(PRIVATE), bytes.fromhex(PUBLIC)):
            assert repr(secret)[2:20] not in printed
            assert secret.hex() not in printed.lower()


def test_without_the_library_both_languages_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    for make in (
        lambda: Sm2Signer.of(PRIVATE, PUBLIC, key_id="k"),
        lambda: Sm2Verifier.of(PUBLIC, key_id="k"),
        lambda: Sm2Encryptor.of(PUBLIC, key_id="k"),
        lambda: Sm2Decryptor.of(PRIVATE, key_id="k"),
    ):
        with pytest.raises(Sm2MissingError) as caught:
            make()
        error = caught.value
        assert "payment-channels[gm]" in error.zh
        assert "payment-channels[gm]" in error.en
        assert str(error) == f"{error.zh} | {error.en}"
        assert isinstance(error, KeyUnusableError)


def test_sm2_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, payment_channels.codec.sm; sys.exit('gmssl_pyx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
