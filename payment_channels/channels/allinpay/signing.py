"""VSP's signatures by MD5, RSA and SM2: what is signed, how it is written, and why a message is not believed.

Source: 007gzs/pyallinpay@cfd574fa tests/test_utils.py, whose signatures are vectors here, and the copies of Allinpay's own Java
demo (SybUtil.java, SmUtil.java) in jacky4631/sfb_server@5fd42678. SM2 signs requests with the appid as user id and answers with
``Allinpay``, both as raw r||s.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payment_channels.channel import Exchange, Signer, Verifier, work_with
from payment_channels.channels.allinpay.config import VspConfig
from payment_channels.codec.canonical import could_be_cut_otherwise, sorted_pairs
from payment_channels.codec.rsa import KeyUnusableError, RsaSha1Signer, RsaSha1Verifier, private_key, public_key
from payment_channels.codec.sm import Sm2Signer, Sm2Verifier
from payment_channels.model.refusals import ConfigurationError

NOT_SIGNED = frozenset({"sign"})
PLATFORM_USER_ID = "Allinpay"
DECIDING = ("retcode", "trxstatus", "trxamt", "initamt", "reqsn", "cusorderid", "trxid", "trxcode", "cusid", "randomstr")
"""What must not be hidden inside another value: by these a message is told from another one."""


def string_to_sign(fields: Mapping[str, str]) -> str:
    """Join all fields but ``sign``, sorted, empty ones left out, nothing encoded."""
    return sorted_pairs(fields, without=NOT_SIGNED)


def md5_signature(fields: Mapping[str, str], key: str) -> str:
    """Return the MD5 in lower-case hex: the key is one more field, ``key``, sorted among the others."""
    return hashlib.md5(string_to_sign({**fields, "key": key}).encode()).hexdigest()  # noqa: S324  the channel's own choice


def signer_of(config: VspConfig) -> Signer | None:
    """Return who signs requests; nobody where a shared key does.

    Raises:
        ConfigurationError: the private key cannot be used.
    """
    if config.sign_type == "MD5":
        return None
    if config.signer is not None:
        signer: Signer = config.signer
        return signer
    try:
        if config.sign_type == "SM2":
            own = _sm2_key(config.public_key or "")
            return Sm2Signer.of(config.private_key or "", own, key_id=f"SM2 {config.appid}", user_id=config.appid, encoding="raw")
        return RsaSha1Signer(key_id=f"RSA {config.appid}", key=_rsa_private(config.private_key or ""))
    except KeyUnusableError as error:
        raise unusable("vsp.private_key", error) from error


def verifier_of(config: VspConfig) -> Verifier | None:
    """Return who verifies Allinpay's messages; nobody where a shared key does.

    Raises:
        ConfigurationError: Allinpay's key cannot be used.
    """
    if config.sign_type == "MD5":
        return None
    try:
        if config.sign_type == "SM2":
            key = _sm2_key(config.platform_key or "")
            return Sm2Verifier.of(key, key_id="Allinpay SM2", user_id=PLATFORM_USER_ID, encoding="raw")
        return RsaSha1Verifier(key_id="Allinpay RSA", key=public_key(_pem(config.platform_key or "", "PUBLIC KEY")))
    except KeyUnusableError as error:
        raise unusable("vsp.platform_key", error) from error


def unusable(field: str, error: KeyUnusableError) -> ConfigurationError:
    """Make the refusal of a key; the error's text says why and shows nothing of it."""
    return ConfigurationError.because(f"{field} 不可用：{error.zh}", f"{field} cannot be used: {error.en}", field=field)


def _pem(text: str, label: str) -> str:
    """Put the bare base64 that Allinpay hands out between the lines of a PEM; a PEM stays as it is."""
    if "-----BEGIN" in text:
        return text
    return f"-----BEGIN {label}-----\n{''.join(text.split())}\n-----END {label}-----\n"


def _rsa_private(text: str) -> RSAPrivateKey:
    try:
        return private_key(_pem(text, "PRIVATE KEY"))
    except KeyUnusableError:
        return private_key(_pem(text, "RSA PRIVATE KEY"))  # bare base64 does not say which of the two forms it is


def _sm2_key(text: str) -> bytes | str:
    """Hex of the point, or base64 of SubjectPublicKeyInfo."""
    plain = "".join(text.split())
    try:
        return bytes.fromhex(plain)
    except ValueError:
        try:
            return base64.b64decode(plain, validate=True)
        except binascii.Error as error:
            raise KeyUnusableError("既不是十六进制，也不是 base64", "it is neither hex nor base64") from error


def signed(config: VspConfig, signer: Signer | None, fields: Mapping[str, str]) -> Exchange[dict[str, str]]:
    """Add ``signtype`` and ``sign``; drop what is empty."""
    whole = {**{name: text for name, text in fields.items() if text}, "signtype": config.sign_type}
    if signer is None:
        return {**whole, "sign": md5_signature(whole, config.md5_key or "")}
    message = string_to_sign(whole).encode()
    signature = yield from work_with(signer, lambda: signer.sign(message))
    return {**whole, "sign": base64.b64encode(signature).decode()}


def doubt(config: VspConfig, verifier: Verifier | None, fields: Mapping[str, str]) -> Exchange[str]:
    """Say in a few words why a message is not believed; an empty text when it is."""
    signature = fields.get("sign", "")
    if not signature:
        return "it is not signed"
    if could_be_cut_otherwise(fields, DECIDING):
        return "it could be cut into other fields"
    if fields.get("signtype", config.sign_type) != config.sign_type:
        return "its signtype is not the configured one"
    if verifier is None:
        if "key" in fields:
            return "it has a field of the name that the shared key is signed under"
        fits = hmac.compare_digest(md5_signature(fields, config.md5_key or "").encode(), signature.lower().encode())
        return "" if fits else "the signature does not fit the fields"
    raw = _unpacked(signature)
    if raw is None:
        return "the signature is not base64"
    message = string_to_sign(fields).encode()
    good = yield from work_with(verifier, lambda: verifier.verify(message, raw))
    return "" if good else "the signature does not fit the fields"


def _unpacked(signature: str) -> bytes | None:
    """Read base64 in its one proper form: whoever changes the unused bits of its last letter has changed the message."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == signature else None
