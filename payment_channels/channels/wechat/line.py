"""One merchant's line to WeChat Pay: sign and send, verify what comes back, fetch certificates when they are missing."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, Signer, TransportFailure, fetch
from payment_channels.channel.wire import MAX_REPLY_BYTES
from payment_channels.channels.wechat import signing
from payment_channels.channels.wechat.config import WechatConfig
from payment_channels.channels.wechat.messages import Answer, CertificateList, ErrorAnswer
from payment_channels.channels.wechat.platform_keys import PlatformKey, PlatformKeys, Purpose
from payment_channels.codec.aead import SealBrokenError, unseal
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError, RsaSigner
from payment_channels.model.refusals import ConfigurationError, RefusedError

A = TypeVar("A", bound=Answer)
FIRST_ERROR = 400
OK = 200
CERTIFICATES = "/v3/certificates"
USER_AGENT = "payment-channels (Python)"


class Line:
    """What the verbs share. Immutable but for the cache of platform certificates, which is safe to share."""

    def __init__(self, config: WechatConfig, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        """Parse the keys once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.nonce = nonce
        self.signer: Signer = config.signer or _local_signer(config)
        self.platform = PlatformKeys.of(config)

    def __repr__(self) -> str:
        """Name the merchant and nothing else."""
        return f"Line({self.config.mchid!r})"

    def send(
        self, method: str, target: str, body: bytes = b"", *, serial: str | None = None, max_reply_bytes: int = MAX_REPLY_BYTES
    ) -> Exchange[HttpReply]:
        """Sign and send; ``target`` is path and query, encoded already. ``serial``: the key that fields are encrypted for."""
        now = self.clock()
        key = self.platform.asked_for(now)
        if key is None or self.platform.long_ago(now):
            yield from self._keys_ready()
            key = self.platform.asked_for(self.clock())
        serial = serial or (key.serial if key else None)
        return (yield from self._send(method, target, body, serial, max_reply_bytes=max_reply_bytes))

    def _send(
        self,
        method: str,
        target: str,
        body: bytes,
        serial: str | None,
        *,
        preparatory: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> Exchange[HttpReply]:
        timestamp, nonce = int(self.clock().timestamp()), self.nonce()
        message = signing.request_message(method, target, timestamp, nonce, body)
        header = yield from signing.authorization(self.config.mchid, self.signer, message, timestamp=timestamp, nonce=nonce)
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Content-Type", "application/json"),
            ("User-Agent", USER_AGENT),
            ("Authorization", header),
        ]
        if serial is not None:
            headers.append(("Wechatpay-Serial", serial))
        call = HttpCall(
            method, self.config.base_url + target, tuple(headers), body, preparatory=preparatory, max_reply_bytes=max_reply_bytes
        )
        return (yield from fetch(call))

    def encryption_key(self) -> Exchange[PlatformKey]:
        """Return the key that sensitive fields are encrypted for."""
        yield from self._keys_ready()
        key = self.platform.asked_for(self.clock())
        if key is None:
            raise _no_certificates("没有当前有效的平台证书或公钥", "no platform certificate or public key is valid now")
        return key

    def _keys_ready(self) -> Exchange[None]:
        """Fetch certificates where there are none, or where it is time. With a valid key left, a failure waits."""
        now = self.clock()
        if not self.platform.stale(now):
            return
        missing = self.platform.asked_for(now) is None
        try:
            problem = yield from self._download("reply")
        except TransportFailure:
            if missing:
                raise
            return
        if problem and missing:
            zh, en = problem
            raise _no_certificates(f"没有取到平台证书：{zh}", f"no platform certificate could be had: {en}")

    def _download(self, purpose: Purpose) -> Exchange[tuple[str, str] | None]:
        """Fetch the platform certificates; return in both languages why it did not help, or None.

        Raises:
            TransportFailure: there was no answer.
        """
        now = self.clock()
        if not self.platform.may_download(purpose, now):
            return "下载次数过多，或本商户不能下载", "too many downloads, or downloads are not for this merchant"
        reply = yield from self._send("GET", CERTIFICATES, b"", None, preparatory=True)
        if reply.status != OK:
            told = f"HTTP {reply.status} {_code_of(reply)}".strip()
            return told, told
        try:
            listed = CertificateList.model_validate_json(reply.body)
            fetched = [self._opened(entry.serial_no, entry.encrypt_certificate) for entry in listed.data]
        except (ValidationError, SealBrokenError, KeyUnusableError) as error:
            kind = type(error).__name__
            return f"证书列表读不出（{kind}），请核对 apiv3_key", f"the list cannot be read ({kind}): is apiv3_key right?"
        # The list is signed with one of the very keys that it may bring: verify it before any of them is believed.
        serial = reply.header("Wechatpay-Serial")
        brought = next((PlatformKey.of_certificate(one) for one in fetched if one.serial_no == serial), None)
        why = signing.doubt(_lookup(reply), reply.body, self.platform.get(serial) or brought, now=now)
        if why:
            return f"应答的签名不可信（{why}）", why
        self.platform.add([certificate for certificate in fetched if certificate.valid_at(now)], now)
        return None

    def _opened(self, serial_no: str, sealed: Any) -> Certificate:
        pem = unseal(
            self.config.apiv3_key.encode(),
            nonce=sealed.nonce,
            associated_data=sealed.associated_data,
            ciphertext=sealed.ciphertext,
        )
        certificate = Certificate.from_pem(pem)
        if certificate.serial_no != serial_no.upper():
            raise KeyUnusableError("列表中的序列号与证书的不同", "the serial number in the list is not the certificate's")
        return certificate

    def doubt(self, header: signing.Header, body: bytes, purpose: Purpose) -> Exchange[str]:
        """Return why signature headers are not believed, after fetching a certificate that is not known yet."""
        serial = header("wechatpay-serial")
        key = self.platform.get(serial)
        if key is None and serial and not serial.startswith("PUB_KEY_ID"):
            signature = header("wechatpay-signature")
            if signature and not signature.startswith(signing.PROBE):
                problem = yield from self._fetched(serial, purpose)
                key = self.platform.get(serial)
                if key is None and problem:
                    return problem
        return signing.doubt(header, body, key, now=self.clock())

    def _fetched(self, serial: str, purpose: Purpose) -> Exchange[str]:
        """Fetch certificates for the sake of one; the reply that asks for it must not be lost with the download."""
        try:
            problem = yield from self._download(purpose)
        except TransportFailure as failure:
            return f"the certificate {serial[:64]} could not be fetched: {failure.reason}"
        return f"the certificate {serial[:64]} could not be had: {problem[1]}" if problem else ""

    def reading(self, reply: HttpReply, operation: str, where: str, code: str, **more: Any) -> Exchange[Reading]:
        """Make the reading of a reply. Answers of 400 and above carry no signature, as documented; if one does, it must fit."""
        why = ""
        authenticity = Authenticity.UNSIGNED_AS_DOCUMENTED
        if reply.status < FIRST_ERROR or reply.header("Wechatpay-Signature"):
            why = yield from self.doubt(_lookup(reply), reply.body, "reply")
            authenticity = Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED
        return Reading(
            operation=operation,
            where=where,
            code=code,
            http_status=reply.status,
            request_id=reply.header("Request-ID") or None,
            authenticity=authenticity,
            note=why,
            **more,
        )

    def refusal(self, reply: HttpReply, operation: str) -> Exchange[Reading]:
        """Read what is no success: a code in JSON, or nothing but the status."""
        if not reply.body:
            return (yield from self.reading(reply, operation, "http", str(reply.status)))
        try:
            answer = ErrorAnswer.model_validate_json(reply.body)
        except ValidationError:
            return self.unreadable(reply, operation, "the error is not the documented JSON")
        return (yield from self.reading(reply, operation, "code", answer.code, message=answer.message or ""))

    def read(self, reply: HttpReply, operation: str, model: type[A], say: Callable[[A], dict[str, Any]]) -> Exchange[Reading]:
        """Read a success of the documented form; ``say`` puts the parsed answer into the reading's words.

        Anything else is the channel's refusal, or makes no sense.
        """
        if reply.status != OK:
            return (yield from self.refusal(reply, operation))
        answer = self.parsed(model, reply)
        if answer is None:
            return self.unreadable(reply, operation, "the body is not the documented JSON")
        try:
            words = say(answer)
        except ValueError:
            return self.unreadable(reply, operation, "the amount is not as documented")
        return (yield from self.reading(reply, operation, **words))

    def parsed(self, model: type[A], reply: HttpReply) -> A | None:
        """Return the answer in its documented form, or None where it is something else."""
        try:
            return model.model_validate_json(reply.body)
        except ValidationError:
            return None

    def unreadable(self, reply: HttpReply, operation: str, note: str) -> Reading:
        """Say that a reply makes no sense."""
        return Reading.unreadable(operation, http_status=reply.status, request_id=reply.header("Request-ID") or None, note=note)


def _local_signer(config: WechatConfig) -> Signer:
    try:
        return RsaSigner.from_pem(config.merchant_key or "", key_id=config.merchant_serial_no.upper())
    except KeyUnusableError as error:
        raise ConfigurationError.because(
            f"merchant_key 不可用：{error.zh}", f"merchant_key cannot be used: {error.en}", field="merchant_key"
        ) from error


def _lookup(reply: HttpReply) -> signing.Header:
    return lambda name: reply.headers.get(name, "")


def _code_of(reply: HttpReply) -> str:
    try:
        code = json.loads(reply.body).get("code", "")
    except (ValueError, AttributeError, RecursionError):  # the last one: nested without end
        return ""
    return str(code)[:64]


def _no_certificates(zh: str, en: str) -> RefusedError:
    return RefusedError.because(zh, en, canonical="CERTIFICATES_NOT_AVAILABLE")
