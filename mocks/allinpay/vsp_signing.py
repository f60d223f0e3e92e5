"""VSP's gate: verifies forms signed by MD5, RSA or SM2, says why one does not verify, and signs answers in kind.

Sources: vectors/allinpay_vsp.json. All filled parameters but ``sign``, sorted by name; MD5 puts the key in as one more of
them; RSA is SHA1withRSA in base64; SM2 is SM3withSM2, raw r||s in base64, with the appid as user id of requests and
``Allinpay`` of what the platform signs. In which order the real gateway looks is on no page: form, merchant, signature is
assumed.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from mocks.allinpay.codes import RETCODE, RefusedError, refused
from mocks.allinpay.keys import AllinpayKeys, Sm2Pair
from payment_channels.codec.sm import Sm2Signer, Sm2Verifier

MD5, RSA, SM2 = "MD5", "RSA", "SM2"
METHODS = (MD5, RSA, SM2)
PLATFORM_ID = "Allinpay"
_SHA1 = hashes.SHA1()  # noqa: S303  the protocol's choice


def string_to_sign(fields: Mapping[str, str], md5_key: str | None = None) -> str:
    """Return what a signature covers; ``md5_key`` is sorted in as a parameter of its own."""
    filled = {name: value for name, value in fields.items() if value and name != "sign"}
    if md5_key is not None:
        filled["key"] = md5_key
    return "&".join(f"{name}={filled[name]}" for name in sorted(filled))


def md5_hex(text: str) -> str:
    """Return a digest in small hex digits."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the protocol's choice


def rsa_signature(key: RSAPrivateKey, text: str) -> str:
    """Return the signature of signtype RSA."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), _SHA1)).decode()


def rsa_verifies(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Say whether a signature of signtype RSA is that key's."""
    raw = _base64(signature)
    if raw is None:
        return False
    try:
        key.verify(raw, text.encode(), padding.PKCS1v15(), _SHA1)
    except InvalidSignature:
        return False
    return True


def sm2_verifies(public: bytes, user_id: str, text: str, signature: str) -> bool:
    """Say whether a signature of signtype SM2 is that key's, for that user id."""
    raw = _base64(signature)
    return raw is not None and Sm2Verifier.of(public, key_id="", user_id=user_id, encoding="raw").verify(text.encode(), raw)


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def refusing(fields: Mapping[str, str], code: str, *, why: dict[str, Any] | str) -> RefusedError:
    """Return a refusal of a whole request: the finer codes came with version 12, before it there is FAIL alone."""
    return refused(RETCODE, code if fields.get("version", "11") == "12" else "FAIL", why=why)


class Gate:
    """Verifies requests and signs answers with the keys of one merchant."""

    def __init__(self, keys: AllinpayKeys) -> None:
        """Hold the keys."""
        self.keys = keys

    def check(self, fields: Mapping[str, str]) -> None:
        """Let a request pass whose common fields have the right form.

        Raises:
            RefusedError: SIGNAUTHERR, or FAIL before version 12.
        """
        for name, own in (("cusid", self.keys.cusid), ("appid", self.keys.appid)):
            if fields[name] != own:
                raise refusing(
                    fields, "SIGNAUTHERR", why={"reason": f"{name} is another's", "expected": own, "given": fields[name]}
                )
        method, text = fields["signtype"], string_to_sign(fields)
        if method == MD5:
            good = fields["sign"].lower() == md5_hex(string_to_sign(fields, self.keys.md5_key))
        elif method == RSA:
            good = rsa_verifies(self.keys.vsp_merchant.public_key(), text, fields["sign"])
        else:
            pair = _there(fields, self.keys.sm2_merchant)
            good = sm2_verifies(pair.public, self.keys.appid, text, fields["sign"])
        if not good:
            raise refusing(fields, "SIGNAUTHERR", why=self._explain(fields, text))

    def sign(self, fields: Mapping[str, str], method: str) -> dict[str, str]:
        """Return the filled fields with their signature."""
        filled = {name: value for name, value in fields.items() if value}
        text = string_to_sign(filled)
        if method == MD5:
            sign = md5_hex(string_to_sign(filled, self.keys.md5_key)).upper()  # as recorded answers have it
        elif method == RSA:
            sign = rsa_signature(self.keys.vsp_platform, text)
        else:
            pair = _there(fields, self.keys.sm2_platform)
            signer = Sm2Signer.of(pair.private, pair.public, key_id="", user_id=PLATFORM_ID, encoding="raw")
            sign = base64.b64encode(signer.sign(text.encode())).decode()
        return filled | {"sign": sign}

    def _explain(self, fields: Mapping[str, str], text: str) -> dict[str, Any]:
        method, given = fields["signtype"], fields["sign"]
        why: dict[str, Any] = {"expected": _masked(text)}
        if method != MD5 and _base64(given) is None:
            return why | {"reason": "the signature is not base64"}
        for mistake, items in _mistakes(fields):
            if self._made(method, given, items):
                return why | {"reason": f"the key is right, the string is not: {mistake}"}
        if method == MD5 and given.lower() == md5_hex(f"{text}&key={self.keys.md5_key}"):
            return why | {"reason": "key was put at the end of the string; it is sorted in as one of the parameters"}
        pair = self.keys.sm2_merchant
        if method == SM2 and pair is not None:
            for other in ("1234567812345678", PLATFORM_ID):
                if sm2_verifies(pair.public, other, text, given):
                    return why | {"reason": f"the user id was {other}; for requests it is the appid"}
        return why | {"reason": "another key, another string, another hash, or damaged"}

    def _made(self, method: str, given: str, items: list[tuple[str, str]]) -> bool:
        signed = "&".join(f"{name}={value}" for name, value in items)
        if method == MD5:
            keyed = (
                sorted([*items, ("key", self.keys.md5_key)]) if items == sorted(items) else [*items, ("key", self.keys.md5_key)]
            )
            return given.lower() == md5_hex("&".join(f"{name}={value}" for name, value in keyed))
        if method == RSA:
            return rsa_verifies(self.keys.vsp_merchant.public_key(), signed, given)
        pair = self.keys.sm2_merchant
        return pair is not None and sm2_verifies(pair.public, self.keys.appid, signed, given)


def _there(fields: Mapping[str, str], pair: Sm2Pair | None) -> Sm2Pair:
    if pair is None:
        raise refusing(fields, "SIGNAUTHERR", why="SM2 needs gmssl-pyx here: pip install 'payment-channels[gm,mocks]'")
    return pair


def _masked(text: str) -> str:
    """Return a string to sign without what is nobody else's business."""
    private = ("acct=", "authcode=", "idno=", "truename=")
    return "&".join(f"{part.partition('=')[0]}=***" if part.startswith(private) else part for part in text.split("&"))


def _mistakes(fields: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    given = [(name, value) for name, value in fields.items() if name != "sign"]
    filled = [(name, value) for name, value in given if value]
    yield "the parameters are not sorted", filled
    yield "empty parameters are in it", sorted(given)
    for missing in ("signtype", "version", "randomstr"):
        yield f"{missing} is missing from it", sorted((name, value) for name, value in filled if name != missing)
    yield "its values are url-encoded", sorted((name, quote_plus(value)) for name, value in filled)
