"""Targets of the codec: whatever the bytes, it parses, or it refuses with the error that it documents."""

import contextlib
import gzip
import importlib.util
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from payment_channels.codec import aead, amounts, archives, certificates, rsa, sm, xml
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


def _asked(certificate: certificates.Certificate) -> None:
    """What can be asked of a certificate is answered, and one that stands alone in a message vouches for nobody."""
    told = (certificate.serial_no, certificate.decimal_serial_no, certificate.common_name, certificate.may_issue)
    if certificate.valid_at(certificate.not_before) is not (certificate.not_before <= certificate.not_after):
        raise AssertionError(f"not valid when it begins: {told}")
    certificate.issued_by(certificate)
    if certificate.verifier().verify(b"never signed", b"0" * 256):
        raise AssertionError("it verified what nobody signed")


def _certificate(data: bytes) -> None:
    _asked(certificates.Certificate.from_pem(data))


UNPACKED = archives.Limits(total=1024 * 1024, entries=8)


def _unpacked(data: bytes) -> None:
    """Whatever a zip holds is within its limits, under names that lead nowhere else."""
    files = archives.unzip(data, UNPACKED)
    if sum(map(len, files.values())) > UNPACKED.total or len(files) > UNPACKED.entries:
        raise AssertionError("more than the limits allow")
    if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in files):
        raise AssertionError(f"a name leads elsewhere: {sorted(files)}")


def _inflated(read: Callable[[bytes], bytes]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        if len(read(data)) > UNPACKED.total:
            raise AssertionError("more than the limits allow")

    return refusing(run, archives.ArchiveRefusedError)


def _zip(method: int, **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _sm() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / "sm" / "sm_vectors.json").read_text(encoding="utf-8"))
    return loaded


@cache
def _sm2() -> tuple[sm.Sm2Verifier, sm.Sm2Verifier, sm.Sm2Decryptor]:
    signed = _sm()["sm2_sign"][0]
    public = signed["public_key"]["x"] + signed["public_key"]["y"]
    return (
        sm.Sm2Verifier.of(public, key_id="der"),
        sm.Sm2Verifier.of(public, key_id="raw", encoding="raw"),
        sm.Sm2Decryptor.of(signed["private_key"], key_id="k"),
    )


def _sm2_signature(data: bytes) -> None:
    """A signature of a message that was never signed: refused, and never raised."""
    der, raw, _ = _sm2()
    for verifier in (der, raw):
        if verifier.verify(b"never signed", data) or verifier.verify(b"never signed", data[:64]):
            raise AssertionError(f"forged, as {verifier.key_id}")


def _sm2_box(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        _sm2()[2].decrypt(data)


def _sm2_targets() -> tuple[Target, ...]:
    """SM2 where its library is; it has no wheel for every platform."""
    if importlib.util.find_spec("gmssl_pyx") is None:
        return ()
    signed, sealed = _sm()["sm2_sign"][0], _sm()["sm2_encrypt"][0]
    raw = bytes.fromhex(signed["r"] + signed["s"])
    public = bytes.fromhex(signed["public_key"]["x"] + signed["public_key"]["y"])
    return (
        Target("sm2_signature", _sm2_signature, (raw, b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:])),
        Target("sm2_box", _sm2_box, (bytes.fromhex(sealed["der_GM_T_0009"]),)),
        Target(
            "sm2_public_key", refusing(sm.sm2_public_key, rsa.KeyUnusableError), (public, b"\x04" + public, b"\x02" + public[:32])
        ),
    )


TARGETS = (
    Target(
        "zip",
        refusing(_unpacked, archives.ArchiveRefusedError),
        (_zip(zipfile.ZIP_DEFLATED, a=b"1,2\r\n", b=b"3"), _zip(zipfile.ZIP_STORED, a=b"1,2\r\n"), _zip(zipfile.ZIP_STORED)),
    ),
    Target("gzip", _inflated(lambda data: archives.gunzip(data, UNPACKED)), (gzip.compress(b"1,2\r\n", mtime=0),)),
    Target("zlib", _inflated(lambda data: archives.inflate(data, UNPACKED)), (zlib.compress(b"1,2\r\n"),)),
    Target("deflate", _inflated(lambda data: archives.inflate(data, UNPACKED, raw=True)), (zlib.compress(b"1,2\r\n")[2:-4],)),
    Target(
        "sm4",
        refusing(lambda data: sm.sm4_decrypt(b"k" * 16, data, iv=b"i" * 16), aead.SealBrokenError),
        (sm.sm4_encrypt(b"k" * 16, b"1,2", iv=b"i" * 16),),
    ),
    *_sm2_targets(),
    Target(
        "xml",
        refusing(xml.parse, xml.XmlRefusedError),
        (b"<xml><a><![CDATA[1]]></a></xml>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
    ),
    Target("amount", refusing(_amount, ValueError), (b"12.30", b"-0.01", b"1e5", "１２".encode())),
    Target("private_key", refusing(rsa.private_key, rsa.KeyUnusableError), _pems()),
    Target("public_key", refusing(rsa.public_key, rsa.KeyUnusableError), _pems()),
    Target("certificate", refusing(_certificate, rsa.KeyUnusableError), _pems()),
    Target(
        "certificate_in_message",
        refusing(
            lambda data: _asked(certificates.Certificate.from_message(data.decode("utf-8", "replace"))), rsa.KeyUnusableError
        ),
        _pems(),
    ),
    Target(
        "unseal",
        refusing(
            lambda data: aead.unseal(b"k" * 32, nonce="fdasflkja484", associated_data="", ciphertext=data.decode("latin-1")),
            aead.SealBrokenError,
        ),
        (aead.seal(b"k" * 32, nonce="fdasflkja484", associated_data="", plain=b"{}").encode(),),
    ),
)
