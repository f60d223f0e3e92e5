"""One merchant's line to UnionPay: sign and send, verify what comes back, fetch the encryption certificate when it is time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from error_codes import translate
from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, Signer, TransportFailure, fetch
from payment_channels.channel.wire import MAX_REPLY_BYTES
from payment_channels.channels.unionpay import bodies, signing
from payment_channels.channels.unionpay.config import UnionpayConfig
from payment_channels.channels.unionpay.messages import MessageRefusedError, Told, form, read_answer
from payment_channels.channels.unionpay.trust import EncryptionKeys, Trust
from payment_channels.codec.pkcs12 import open_pfx
from payment_channels.codec.rsa import KeyUnusableError, RsaPkcs1Encryptor, RsaSigner
from payment_channels.model.refusals import ConfigurationError, RefusedError

FRONT, APP, BACK, QUERY = (f"/gateway/api/{name}.do" for name in ("frontTransReq", "appTransReq", "backTransReq", "queryTrans"))
FILES = "/"
ACCEPTED = "00"
DONE = frozenset({"00", "A6"})
USER_AGENT = "payment-channels (Python)"
CERTIFICATE_AGE = timedelta(days=1)
Say = Callable[[Told, str, str], dict[str, Any]]
"""Puts an answer's fields, and the where and code that were chosen, into the reading's words."""


class Line:
    """What the verbs share. Immutable but for the memory of certificates, which is safe to share."""

    def __init__(self, config: UnionpayConfig, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        """Parse keys and certificates once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.nonce = nonce
        self.signer: Signer | None = (config.signer or _pfx_signer(config)) if config.sign_method == signing.RSA else None
        self.trust = Trust(config)
        self.keys = EncryptionKeys(config, clock())

    def __repr__(self) -> str:
        """Name the merchant and nothing else."""
        return f"Line({self.config.mer_id!r})"

    @property
    def key_id(self) -> str:
        """The name of the signing key: the certificate's number, or the method where a shared key signs."""
        return self.signer.key_id if self.signer is not None else f"signMethod {self.config.sign_method}"

    def signed(self, fields: Mapping[str, str]) -> Exchange[dict[str, str]]:
        """Return a whole request, signed."""
        return (yield from signing.signed(self.config, self.signer, fields))

    def send(
        self,
        path: str,
        fields: Mapping[str, str],
        *,
        origin: str | None = None,
        preparatory: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> Exchange[HttpReply]:
        """Sign and post."""
        body = form((yield from self.signed(fields)))
        headers = (
            ("Accept-Encoding", "identity"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("User-Agent", USER_AGENT),
        )
        url = (origin or self.config.base_url) + path
        return (yield from fetch(HttpCall("POST", url, headers, body, preparatory=preparatory, max_reply_bytes=max_reply_bytes)))

    def read(self, reply: HttpReply, operation: str, asked: Mapping[str, str], say: Say, *, of_order: bool = False) -> Reading:
        """Read an answer. With ``of_order`` it is a query's: once ``respCode`` is 00, ``origRespCode`` speaks of the order."""
        try:
            fields = read_answer(reply.body)
            where = "origRespCode" if of_order and fields.get("respCode") == ACCEPTED else "respCode"
            code = fields.get(where, "")
            if not code:
                return Reading.unreadable(operation, http_status=reply.status, note=f"there is no {where}")
            why = signing.doubt(self.config, self.trust, fields, now=self.clock())
            words = say(Told(fields), where, code)
        except MessageRefusedError as error:
            return Reading.unreadable(operation, http_status=reply.status, note=str(error))
        message = fields.get("origRespMsg" if where == "origRespCode" else "respMsg", "")
        return Reading(
            **{
                "operation": operation,
                "where": where,
                "code": code,
                "message": message,
                "http_status": reply.status,
                "authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,
                "foreign": self.foreign(fields, asked, of_order=of_order),
                "note": why,
                **words,
            }
        )

    def foreign(self, fields: Mapping[str, str], asked: Mapping[str, str], *, of_order: bool = False) -> str:
        """Say in a few words what of a message is another merchant's or another transaction's.

        An order is its number *and* its time; the same number at another time is another transaction.
        """
        for name in ("merId", "orderId", "txnTime"):
            if name in asked and fields.get(name, asked[name]) != asked[name]:
                return f"{name} differs"
        told = fields.get("txnType")
        if not of_order and told is not None and told != asked.get("txnType", told):
            return "txnType differs"
        return ""

    def encryption_key(self) -> Exchange[RsaPkcs1Encryptor]:
        """Return the key to encrypt with, after asking for a newer one when it is time. With a valid one, a failure waits.

        Raises:
            RefusedError: there is none.
        """
        now = self.clock()
        current, problem = self.keys.current(now), None
        if current is None or now - self.keys.asked_at() >= CERTIFICATE_AGE:
            self.keys.asked(now)
            try:
                problem = yield from self._fetched(now)
            except TransportFailure:
                if current is None:
                    raise
            current = self.keys.current(now)
        if current is None:
            zh, en = problem or ("未配置", "none is configured")
            raise RefusedError.because(
                f"没有可用的银联敏感信息加密证书：{zh}",
                f"there is no encryption certificate of UnionPay's: {en}",
                canonical="CERTIFICATES_NOT_AVAILABLE",
            )
        return current

    def _fetched(self, now: datetime) -> Exchange[tuple[str, str] | None]:
        """Fetch the encryption certificate (95/00); return in both languages why it did not help, or None."""
        asked = bodies.encryption_certificate(self.config.mer_id, self.nonce(), now)
        reply = yield from self.send(BACK, asked, preparatory=True)
        try:
            fields = read_answer(reply.body)
        except MessageRefusedError as error:
            return f"HTTP {reply.status}，应答读不出（{error}）", f"HTTP {reply.status}, {error}"
        why = signing.doubt(self.config, self.trust, fields, now=now) or self.foreign(fields, asked)
        if why:
            return f"应答不可信（{why}）", why
        if fields.get("respCode") != ACCEPTED:
            meaning = translate("unionpay", "certificates", where="respCode", code=fields.get("respCode", ""))
            code = f"respCode {meaning.code[:8]}"
            return f"{code} {meaning.zh}", f"{code} {meaning.en}"
        certificate, why = self.trust.encryption_certificate(fields.get("encryptPubKeyCert", ""), now=now)
        if certificate is None:
            return f"取到的证书不能用（{why}）", why
        self.keys.replace(certificate)
        return None


def _pfx_signer(config: UnionpayConfig) -> Signer:
    try:
        held = open_pfx(config.merchant_pfx or b"", config.pfx_password or "")
    except KeyUnusableError as error:
        raise ConfigurationError.because(
            f"merchant_pfx 不可用：{error.zh}", f"merchant_pfx cannot be used: {error.en}", field="merchant_pfx"
        ) from error
    return RsaSigner(key_id=held.certificate.decimal_serial_no, key=held.key)
