"""WeChat Pay's gate: verifies a request's signature as strictly as the real one does, and signs the answer.

Sources: doc 4012072670 and live probes of 2026-09-11 for the texts; wechatpay-java@1dab7bec and wechatpay-go@6dbd7ce2 for
the strings to sign.
"""

import base64
import binascii
import re
import secrets

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from mocks.clock import Clock
from mocks.wechat import diagnosis
from mocks.wechat.codes import RefusedError, refused, request_id_suffix, text
from mocks.wechat.keys import WechatKeys
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import RsaSigner, RsaVerifier

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
_FIELDS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
_PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
_PAY = "/v3/pay/"
# Observed: these two look for the headers before the signature; /v3/pay/transactions/* does not.
_ASK_FOR_HEADERS = ("/v3/certificates", "/v3/refund/")


def string_to_verify(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what a request's signature covers: five lines, each with its line feed."""
    return b"\n".join([method.encode(), target.encode(), timestamp.encode(), nonce.encode(), body, b""])


def string_to_sign(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what an answer's or a notification's signature covers: three lines, each with its line feed."""
    return b"\n".join([timestamp.encode(), nonce.encode(), body, b""])


def verifies(verifier: RsaVerifier, message: bytes, signature: str) -> bool:
    """Say whether a base64 signature is that key's."""
    try:
        return verifier.verify(message, base64.b64decode(signature, validate=True))
    except binascii.Error:
        return False


class Gate:
    """Verifies requests and signs answers with the keys of one merchant."""

    def __init__(self, keys: WechatKeys, clock: Clock) -> None:
        """Hold the keys. ``current_certificate`` signs for those who name none."""
        self.keys = keys
        self._clock = clock
        self._merchant = keys.merchant_certificate.verifier()
        by_key = RsaSigner(keys.public_key_id, keys.wechatpay_key)
        self.signers: dict[str, RsaSigner] = {by_key.key_id: by_key}
        self.certificates: dict[str, bytes] = {}
        self.current_certificate = keys.public_key_id
        if keys.platform_certificates:
            self.add_certificate(keys.platform_certificate_pem, keys.platform_key)

    def add_certificate(self, pem: bytes, key: RSAPrivateKey) -> None:
        """Take a certificate of the platform into use; it signs from now on, the others stay valid."""
        serial = Certificate.from_pem(pem).serial_no
        self.signers[serial] = RsaSigner(serial, key)
        self.certificates[serial] = pem
        self.current_certificate = serial

    def drop_certificate(self, serial: str) -> None:
        """Take a certificate out of use; without any, answers are signed by the public key's other half."""
        del self.certificates[serial]
        if serial == self.current_certificate:
            self.current_certificate = self.keys.public_key_id
        del self.signers[serial]

    def check(self, request: MockRequest) -> None:
        """Let the request pass.

        Raises:
            RefusedError: with the gateway's own code and text, in the order in which the real one looks.
        """
        if request.path.startswith(_ASK_FOR_HEADERS) and not (
            request.headers.get("accept") and request.headers.get("user-agent")
        ):
            raise refused("gateway", "INVALID_REQUEST", text("gateway", "INVALID_REQUEST", "User-Agent"))
        fields = self._fields(request)
        self._check_time(fields)
        # In whichever case: a client with many users (wechatpay-node-v3 2.2.1) writes its serial in small letters.
        given = {"mchid": fields["mchid"], "serial_no": fields["serial_no"].upper()}
        wanted = {"mchid": self.keys.mchid, "serial_no": self._merchant.key_id}
        if given != wanted:
            # That an unknown mchid gets this answer too is assumed; the documented text is about serial_no.
            raise _sign_error(
                "证书序列号有误", reason="mchid and serial_no are not this merchant's", expected=wanted, given=given
            )
        message = string_to_verify(request.method, request.target, fields["timestamp"], fields["nonce_str"], request.body)
        if not verifies(self._merchant, message, fields["signature"]):
            why = diagnosis.explain(self._merchant.key, request, fields, message)
            raise refused("gateway", "SIGN_ERROR", _sign_text("签名错误"), why=why)
        serial = request.headers.get("wechatpay-serial")
        if serial and serial not in self.signers:
            why = {"reason": "Wechatpay-Serial names no key of the platform", "expected": list(self.signers), "given": serial}
            raise refused("gateway", "PARAM_ERROR", text("gateway", "PARAM_ERROR", "Wechatpay-Serial"), why=why)

    def _fields(self, request: MockRequest) -> dict[str, str]:
        value = request.headers.get("authorization", "")
        scheme, _, rest = value.partition(" ")
        on_pay = request.path.startswith(_PAY)
        if scheme != SCHEME:
            which = "验签失败" if on_pay else ("认证类型" if value else "格式错误")
            raise _sign_error(which, reason="Authorization is missing or of another scheme", expected=SCHEME, given=scheme)
        pairs = [_PAIR.fullmatch(part) for part in rest.split(",")]
        fields = {pair[1]: pair[2] for pair in pairs if pair}
        if len(pairs) != len(_FIELDS) or fields.keys() != _FIELDS or not all(fields.values()):
            wanted = 'mchid="…",nonce_str="…",signature="…",timestamp="…",serial_no="…" in any order, without spaces'
            raise _sign_error(
                "格式错误", reason="Authorization has not just the five fields", expected=wanted, given=diagnosis.masked(rest)
            )
        return fields

    def _check_time(self, fields: dict[str, str]) -> None:
        if not re.fullmatch(r"[0-9]{1,12}", fields["timestamp"]):
            raise _sign_error("格式错误", reason="the timestamp is no number of seconds", given=fields["timestamp"])
        now = int(self._clock.real().timestamp())
        if abs(now - int(fields["timestamp"])) > WINDOW_SECONDS:
            raise _sign_error(
                "不得超过5分钟", reason="the timestamp is too far from now", expected=now, given=fields["timestamp"]
            )

    def sign(self, reply: MockReply, request: MockRequest, *, signed: bool = True) -> MockReply:
        """Add the headers: the signature on 2xx alone, by whichever key the request's Wechatpay-Serial names."""
        headers = dict(reply.headers)
        if not (reply.status == 401 and request.path.startswith(_PAY)):  # noqa: PLR2004  observed: there alone it is missing
            headers["Request-ID"] = f"08{secrets.token_hex(16).upper()}-{request_id_suffix(reply.note.get('code'))}"
        if signed and 200 <= reply.status < 300:  # noqa: PLR2004  4xx and 5xx carry none: observed
            headers |= self.headers(reply.body, request.headers.get("wechatpay-serial"))
        return reply.with_headers(headers)

    def headers(self, body: bytes, serial: str | None) -> dict[str, str]:
        """Return the signature headers over ``body``, by the key named, or by the current platform certificate."""
        signer = self.signers.get(serial or "", self.signers[self.current_certificate])
        timestamp, nonce = str(int(self._clock.real().timestamp())), secrets.token_hex(16)
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": signer.key_id,
            "Wechatpay-Signature": base64.b64encode(signer.sign(string_to_sign(timestamp, nonce, body))).decode(),
            "Wechatpay-Signature-Type": SCHEME,
        }


def _sign_text(containing: str) -> str:
    return text("gateway", "SIGN_ERROR", containing)


def _sign_error(containing: str, *, reason: str, expected: object = None, given: object = None) -> RefusedError:
    why = {"reason": reason, "expected": expected, "given": given}
    return refused(
        "gateway", "SIGN_ERROR", _sign_text(containing), why={name: value for name, value in why.items() if value is not None}
    )
