"""Strings to sign, the Authorization header, and whether an answer can be believed.

Source: pay.weixin.qq.com, 签名生成 and 验签; vectors wx-authmsg-java, wx-authheader-go, self-response-*.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from payment_channels.channel import Authenticity, Exchange, HttpReply, Signer, Verifier, work_with
from payment_channels.channels.wechat.config import PlatformCertificate, WechatConfig
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError, RsaSigner, RsaVerifier
from payment_channels.model.refusals import ConfigurationError

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
"""Answers and notifications that start so are deliberately wrong, to find out who does not verify."""
WINDOW = timedelta(seconds=300)
FIRST_ERROR = 400


def request_message(method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return the string to sign of a request: five lines, each ended by a line feed. ``target`` is path and query."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return the string that an answer or a notification is verified over; an empty body (204) is signed too."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of one configuration, parsed once."""

    mchid: str
    serial_no: str
    signer: Signer = field(repr=False)
    verifiers: Mapping[str, Verifier] = field(repr=False)
    certificates: Mapping[str, Certificate] = field(repr=False)
    asked_for: str

    @classmethod
    def of(cls, config: WechatConfig) -> Self:
        """Parse the keys.

        Raises:
            ConfigurationError: one of them cannot be used; the text names the field.
        """
        verifiers: dict[str, Verifier] = {}
        certificates: dict[str, Certificate] = {}
        place = "merchant_key"
        try:
            signer = RsaSigner.from_pem(config.merchant_key, key_id=config.merchant_serial_no.upper())
            for number, key in enumerate(config.platform_keys):
                place = f"platform_keys.{number}"
                if isinstance(key, PlatformCertificate):
                    certificate = Certificate.from_pem(key.pem)
                    certificates[certificate.serial_no] = certificate
                    verifiers[certificate.serial_no] = certificate.verifier()
                else:
                    verifiers[key.key_id] = RsaVerifier.from_pem(key.pem, key_id=key.key_id)
        except KeyUnusableError as error:
            raise ConfigurationError.because(
                f"{place} 不可用：{error}", f"{place} cannot be used: {error}", field=place
            ) from error
        return cls(
            mchid=config.mchid,
            serial_no=signer.key_id,
            signer=signer,
            verifiers=verifiers,
            certificates=certificates,
            asked_for=next(iter(verifiers)),
        )

    def authorization(self, method: str, target: str, body: bytes, *, now: datetime, nonce: str) -> Exchange[str]:
        """Sign a request and return its Authorization header."""
        timestamp = int(now.timestamp())
        message = request_message(method, target, timestamp, nonce, body)
        signature = yield from work_with(self.signer, lambda: self.signer.sign(message))
        return (
            f'{SCHEME} mchid="{self.mchid}",nonce_str="{nonce}",timestamp="{timestamp}",'
            f'serial_no="{self.serial_no}",signature="{base64.b64encode(signature).decode()}"'
        )

    def believe(self, header: Callable[[str], str], body: bytes, *, now: datetime) -> tuple[Authenticity, str]:
        """Verify signature headers over ``body``; return the finding and, where it fails, why in a few words."""
        timestamp, nonce, signature, serial = (
            header(f"Wechatpay-{name}") for name in ("Timestamp", "Nonce", "Signature", "Serial")
        )
        if not (timestamp and nonce and signature and serial):
            return Authenticity.NOT_VERIFIED, "the signature headers are missing"
        if signature.startswith(PROBE):
            return Authenticity.NOT_VERIFIED, "a signature probe of WeChat Pay"
        verifier = self.verifiers.get(serial)
        if verifier is None:
            return Authenticity.NOT_VERIFIED, f"signed with a key that is not configured: {serial[:64]}"
        if not (timestamp.isascii() and timestamp.isdigit()) or abs(int(timestamp[:12]) - now.timestamp()) > WINDOW.total_seconds():
            return Authenticity.NOT_VERIFIED, "signed outside the window of 300 seconds: compare the clocks"
        certificate = self.certificates.get(serial)
        if certificate is not None and not certificate.valid_at(now):
            return Authenticity.NOT_VERIFIED, "signed with a platform certificate that is not valid now"
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return Authenticity.NOT_VERIFIED, "the signature is not base64"
        if not verifier.verify(answer_message(timestamp, nonce, body), raw):
            return Authenticity.NOT_VERIFIED, "the signature does not fit the body"
        return Authenticity.VERIFIED, ""

    def believe_reply(self, reply: HttpReply, *, now: datetime) -> tuple[Authenticity, str]:
        """Verify an answer. Answers of 400 and above carry no signature, as documented; if one does, it must fit."""
        if reply.status >= FIRST_ERROR and not reply.header("Wechatpay-Signature"):
            return Authenticity.UNSIGNED_AS_DOCUMENTED, ""
        return self.believe(reply.header, reply.body, now=now)
