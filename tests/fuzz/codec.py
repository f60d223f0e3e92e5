"""Targets of the codec: whatever the bytes, it parses, or it refuses with the error that it documents."""

import json
from pathlib import Path
from typing import Any

from payment_channels.codec import aead, amounts, certificates, rsa, xml
from tests.fuzz.target import Target, refusing

VECTORS = Path(__file__).parents[1] / "vectors"


def _amount(data: bytes) -> None:
    """What is accepted as an amount comes back the same from its own text."""
    text = data.decode("utf-8", "replace")
    minor = amounts.minor_of_text(text)
    if amounts.minor_of_text(amounts.text_of_minor(minor)) != minor:
        raise AssertionError(f"{text!r} became {minor} and does not come back")


def _keys() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / "wechat" / "wechat_vectors.json").read_text(encoding="utf-8"))["keys"]
    return loaded


def _pems() -> tuple[bytes, ...]:
    return tuple(text.encode() for key in _keys().values() for name, text in key.items() if name.endswith("_pem"))


TARGETS = (
    Target(
        "xml",
        refusing(xml.parse, xml.XmlRefusedError),
        (b"<xml><a><![CDATA[1]]></a></xml>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
    ),
    Target("amount", refusing(_amount, ValueError), (b"12.30", b"-0.01", b"1e5", "１２".encode())),
    Target("private_key", refusing(rsa.private_key, rsa.KeyUnusableError), _pems()),
    Target("public_key", refusing(rsa.public_key, rsa.KeyUnusableError), _pems()),
    Target("certificate", refusing(certificates.Certificate.from_pem, rsa.KeyUnusableError), _pems()),
    Target(
        "unseal",
        refusing(
            lambda data: aead.unseal(b"k" * 32, nonce="fdasflkja484", associated_data="", ciphertext=data.decode("latin-1")),
            aead.SealBrokenError,
        ),
        (aead.seal(b"k" * 32, nonce="fdasflkja484", associated_data="", plain=b"{}").encode(),),
    ),
)
