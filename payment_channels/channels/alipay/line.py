"""One merchant's line to the gateway: sign and send, cut and verify what comes back, fetch certificates when they are missing."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, Signer, TransportFailure, fetch
from payment_channels.channels.alipay import bodies, signing
from payment_channels.channels.alipay.certificates import SERIAL, decoded, read
from payment_channels.channels.alipay.config import AlipayConfig
from payment_channels.channels.alipay.envelope import Envelope, EnvelopeRefusedError, cut
from payment_channels.channels.alipay.messages import Answer, CertificateDownload, Words, time_of
from payment_channels.channels.alipay.platform_keys import PlatformKeys, Purpose
from payment_channels.codec import forms
from payment_channels.codec.aes import CipherBrokenError, decrypt, encrypt
from payment_channels.codec.rsa import KeyUnusableError, RsaSigner
from payment_channels.model.refusals import ConfigurationError

A = TypeVar("A", bound=Answer)
OK = 200
GATEWAY = "/gateway.do"
DOWNLOAD = "alipay.open.app.alipaycert.download"
SUCCESS = frozenset({"10000"})
UNSIGNED = ("40002", "isv.invalid-app-id")
"""The one answer without a signature: the gateway looks at app_id before anything else (probed 2026-09-11)."""
ECHOES = "isv.invalid-signature"
"""Its sub_msg repeats the whole string to sign, account numbers and names included (alipay-sdk-nodejs-all, src/alipay.ts)."""
USER_AGENT = "payment-channels (Python)"
HEADERS = (
    ("Accept-Encoding", "identity"),
    ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"),
    ("User-Agent", USER_AGENT),
)


class Line:
    """What the verbs share. Immutable but for the cache of Alipay's certificates, which is safe to share."""

    def __init__(self, config: AlipayConfig, clock: Callable[[], datetime]) -> None:
        """Parse the keys once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.platform = PlatformKeys.of(config)
        self._serials = self._own_serials()
        self.signer: Signer = config.signer or self._local_signer()
        self._aes_key = base64.b64decode(config.aes_key) if config.aes_key else None

    def __repr__(self) -> str:
        """Name the application and nothing else."""
        return f"Line({self.config.app_id!r})"

    def _own_serials(self) -> dict[str, str]:
        """Certificate mode: the serial numbers that every request names."""
        if self.config.app_cert is None or self.platform.roots is None:
            return {}
        try:
            own = read(self.config.app_cert)[0]
        except KeyUnusableError as error:
            raise ConfigurationError.because(
                f"app_cert 不可用：{error.zh}", f"app_cert cannot be used: {error.en}", field="app_cert"
            ) from error
        return {"app_cert_sn": own.sn, "alipay_root_cert_sn": self.platform.roots.sn}

    def _local_signer(self) -> Signer:
        try:
            key_id = self._serials.get("app_cert_sn", self.config.app_id)
            return RsaSigner.from_pem(self.config.app_private_key or "", key_id=key_id)
        except KeyUnusableError as error:
            raise ConfigurationError.because(
                f"app_private_key 不可用：{error.zh}", f"app_private_key cannot be used: {error.en}", field="app_private_key"
            ) from error

    def request(
        self, method: str, content: Mapping[str, Any], *, plain: bool = False, **public: str | None
    ) -> Exchange[dict[str, str]]:
        """Return all parameters of a request, signed. ``public`` are public parameters such as ``notify_url``."""
        text = bodies.encoded(content)
        encrypts = self._aes_key is not None and not plain
        if self._aes_key is not None and encrypts:
            text = base64.b64encode(encrypt(self._aes_key, text.encode())).decode()
        params = {
            "app_id": self.config.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": signing.SIGN_TYPE,
            "timestamp": time_of(self.clock()),
            "version": "1.0",
            **self._serials,
            **({"encrypt_type": "AES"} if encrypts else {}),
            **public,
            "biz_content": text,
        }
        return (yield from signing.signed(self.signer, params))

    def send(
        self, method: str, content: Mapping[str, Any], *, notify_url: str | None = None, preparatory: bool = False
    ) -> Exchange[HttpReply]:
        """Sign and send. Everything stands in the body, so that no log of addresses holds a signature."""
        params = yield from self.request(method, content, plain=preparatory, notify_url=notify_url)
        url = self.config.base_url + GATEWAY
        return (yield from fetch(HttpCall("POST", url, HEADERS, forms.encode(params), preparatory=preparatory)))

    def read(
        self,
        reply: HttpReply,
        method: str,
        operation: str,
        model: type[A],
        say: Callable[[A], Words],
        *,
        taken: frozenset[str] = SUCCESS,
    ) -> Exchange[Reading]:
        """Read an answer; ``say`` puts one whose code is among ``taken`` into the reading's words. The rest are refusals."""
        if reply.status != OK:
            return self.unreadable(reply, operation, f"HTTP {reply.status}: the gateway answers 200, whatever it says")
        try:
            envelope = cut(reply.body, method)
            why = yield from self.doubt(envelope, "reply")
            answer = model.model_validate_json(self._opened(envelope))
            words = say(answer) if answer.code in taken else _refusal(answer)
        except EnvelopeRefusedError as error:
            return self.unreadable(reply, operation, str(error))
        except (ValidationError, CipherBrokenError):
            return self.unreadable(reply, operation, "the response is not the documented JSON")
        except ValueError as error:
            return self.unreadable(reply, operation, f"the response is not as documented ({error})")
        authenticity = Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED
        if envelope.sign is None and (answer.code, answer.sub_code) == UNSIGNED:
            authenticity, why = Authenticity.UNSIGNED_AS_DOCUMENTED, ""
        return Reading(operation=operation, http_status=reply.status, authenticity=authenticity, note=why, **words)

    def _opened(self, envelope: Envelope) -> bytes:
        """Return the response's JSON. Errors of the gateway come unencrypted, whatever was asked."""
        if not envelope.encrypted:
            return envelope.content
        if self._aes_key is None:
            raise CipherBrokenError("it is encrypted, and no aes_key is configured")
        return decrypt(self._aes_key, base64.b64decode(envelope.content.strip(b'"').replace(b"\\/", b"/"), validate=True))

    def doubt(self, envelope: Envelope, purpose: Purpose) -> Exchange[str]:
        """Return why an answer is not believed, after fetching a certificate that is not known yet; empty when it is."""
        if not envelope.sign:
            return "the answer carries no signature"
        key = self.platform.get(envelope.alipay_cert_sn)
        if key is None:
            why = yield from self.key_ready(envelope.alipay_cert_sn, purpose)
            if why:
                return why
            key = self.platform.get(envelope.alipay_cert_sn)
        if key is None or not key.valid_at(self.clock()):
            return "the certificate that it is signed with is not valid now"
        fits = yield from signing.fits(key.verifier, envelope.content, envelope.sign)
        return "" if fits else "the signature does not fit the response"

    def key_ready(self, sn: str | None, purpose: Purpose) -> Exchange[str]:
        """See that the key of that serial number is known; return why it could not be had."""
        if self.platform.get(sn) is not None:
            return ""
        if sn is None or not SERIAL.fullmatch(sn):
            return "alipay_cert_sn is no serial number: 32 hex digits"  # nobody could be asked for it
        problem = yield from self._fetched(sn, purpose)
        # Whoever asked for it beside us may have had it meanwhile, and then nothing is in doubt.
        return problem if self.platform.get(sn) is None else ""

    def _fetched(self, sn: str, purpose: Purpose) -> Exchange[str]:
        """Fetch one certificate where that is allowed; return why it could not be had."""
        place = f"the certificate {sn} could not be"
        if not self.platform.may_download(purpose, self.clock()):
            return f"{place} had: too many downloads"
        try:
            # The answer that asks for it must not be lost with the download: whatever goes wrong here is a doubt.
            problem = yield from self._download(sn)
        except TransportFailure as failure:
            return f"{place} fetched: {failure.reason}"
        return f"{place} had: {problem}" if problem else ""

    def _download(self, sn: str) -> Exchange[str]:
        """Fetch one certificate. The answer is signed with that very certificate, so the root bundle vouches for it instead."""
        reply = yield from self.send(DOWNLOAD, {"alipay_cert_sn": sn}, preparatory=True)
        if reply.status != OK:
            return f"HTTP {reply.status}"
        try:
            answer = CertificateDownload.model_validate_json(cut(reply.body, DOWNLOAD).content)
            if self.platform.roots is not None:
                content = decoded(answer.alipay_cert_content)
                self.platform.add(self.platform.roots.vouched(content, sn, self.clock(), owner=self.platform.owner))
        except ValidationError:
            return "the answer holds no certificate"
        except EnvelopeRefusedError as error:
            return str(error)
        except KeyUnusableError as error:
            return error.en
        return ""

    def unreadable(self, reply: HttpReply, operation: str, note: str) -> Reading:
        """Say that a reply makes no sense."""
        return Reading.unreadable(operation, http_status=reply.status, note=note)


def _refusal(answer: Answer) -> Words:
    message = answer.msg if answer.sub_code == ECHOES else answer.sub_msg or answer.msg
    return {
        "where": "code",
        "code": answer.code,
        "sub_code": answer.sub_code,
        "message": message or "",
        "facts": answer.named(),
    }
