"""AES in counter mode against NIST's own example; one function does both ways."""

import pytest

from payment_channels.codec.aes import counter_mode

# NIST SP 800-38A, F.5.5 CTR-AES256.Encrypt
KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
FIRST = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
CIPHER = bytes.fromhex("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5")


def test_the_published_example() -> None:
    assert counter_mode(KEY, FIRST, PLAIN) == CIPHER
    assert counter_mode(KEY, FIRST, CIPHER) == PLAIN


def test_any_length_and_nothing() -> None:
    assert counter_mode(KEY, FIRST, PLAIN[:5]) == CIPHER[:5]
    assert counter_mode(KEY, FIRST, b"") == b""


@pytest.mark.parametrize(("key", "first"), [(KEY[:31], FIRST), (KEY, FIRST[:15])])
def test_another_size_is_refused(key: bytes, first: bytes) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nvalid"):
        counter_mode(key, first, PLAIN)
