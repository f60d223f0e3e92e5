"""Alipay's gate: verifies requests of the gateway and of the REST protocol as strictly as the real one, and signs the answers.

The order of the checks: app_id goes before the signature (probe of 2026-09-11); the rest of the order is assumed. No page names a
window for the gateway's timestamp: its form alone is checked. The REST protocol's is refused once ``expired_seconds`` are over.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from mocks.alipay import certs, diagnosis, signing
from mocks.alipay.codes import GATEWAY, REST, refused
from mocks.alipay.keys import AlipayKeys
from mocks.clock import BEIJING, Clock
from mocks.wire import MockRequest
from payment_channels.codec.rsa import RsaVerifier

SCHEME = "ALIPAY-SHA256withRSA"
CODECS = {"utf-8": "utf-8", "gbk": "gb18030"}
_TOLD = "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："
_NEEDED = (
    ("sign", "isv.missing-signature"),
    ("sign_type", "isv.missing-signature-type"),
    ("timestamp", "isv.missing-timestamp"),
    ("version", "isv.missing-version"),
)


class Gate:
    """Verifies requests and signs answers with the keys of one app."""

    def __init__(self, keys: AlipayKeys, clock: Clock) -> None:
        """Hold the keys. ``current`` is the number of the certificate that signs for those who name theirs."""
        self.keys = keys
        self._clock = clock
        self._app = RsaVerifier(keys.app_id, keys.app_key)
        self._keys: dict[str, RSAPrivateKey] = {}
        self.certificates: dict[str, bytes] = {}
        self.current = ""
        self.add_certificate(keys.alipay_cert_pem, keys.alipay_key)

    def add_certificate(self, pem: bytes, key: RSAPrivateKey) -> None:
        """Take a certificate into use; it signs from now on, the others stay valid."""
        self.current = certs.serial(x509.load_pem_x509_certificate(pem))
        self._keys[self.current] = key
        self.certificates[self.current] = pem

    def retire_certificates(self) -> None:
        """Take all certificates but the current one out of use."""
        self.certificates = {self.current: self.certificates[self.current]}

    def signature(self, message: bytes, *, certified: bool) -> str:
        """Sign an answer, with the current certificate's key for those who named theirs."""
        return signing.signature(self._keys[self.current] if certified else self.keys.alipay_key, message)

    def check_gateway(self, given: Mapping[str, str]) -> bool:
        """Let a request of the gateway pass; return whether it named its certificate.

        Raises:
            RefusedError: with the gateway's own code.
        """
        if not given.get("method"):
            raise refused(GATEWAY, "isv.missing-method")
        if not given.get("app_id"):
            raise refused(GATEWAY, "isv.missing-app-id")
        if given["app_id"] != self.keys.app_id:
            why = {"reason": "app_id is not this app's", "expected": self.keys.app_id, "given": given["app_id"]}
            raise refused(GATEWAY, "isv.invalid-app-id", "无效的AppID参数", why=why, signed=False)  # no sign: observed
        for name, code in _NEEDED:
            if not given.get(name):
                raise refused(GATEWAY, code)
        _check_forms(given)
        certified = self._check_certificates(given)
        text = signing.gateway_string(given)
        message = text.encode(_codec(given), "replace")
        if not signing.verifies(self._app, message, given["sign"]):
            why = diagnosis.explain(self._app.key, given, text)
            # As the real gateway writes it into its JSON, ampersands escaped as in HTML.
            raise refused(GATEWAY, "isv.invalid-signature", _TOLD + text.replace("&", "&amp;"), why=why)
        if given.get("app_auth_token"):
            raise refused(GATEWAY, "aop.invalid-app-auth-token")  # nobody has given one: there are no sub-merchants here
        return certified

    def _check_certificates(self, given: Mapping[str, str]) -> bool:
        wanted = {"app_cert_sn": self.keys.app_cert_sn, "alipay_root_cert_sn": self.keys.root_cert_sn}
        named = {name: given[name] for name in wanted if given.get(name)}
        if named and named != wanted:
            why = {"reason": "the certificates' numbers are not this app's and its roots'", "expected": wanted, "given": named}
            raise refused(GATEWAY, "isv.missing-signature-config", why=why)
        return bool(named)

    def check_rest(self, request: MockRequest) -> bool:
        """Let a request of the REST protocol pass; return whether it named its certificate.

        Raises:
            RefusedError: with that protocol's code.
        """
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme != SCHEME:  # without Authorization the probe got this code
            raise refused(
                REST, "missing-timestamp", why={"reason": f"Authorization is missing or of another scheme than {SCHEME}"}
            )
        authority, _, sign = rest.partition(",sign=")
        fields = dict(part.partition("=")[::2] for part in authority.split(","))
        self._check_rest_fields(fields)
        certified = self._check_rest_certificates(fields, request)
        if not sign:
            raise refused(REST, "missing-signature", why={"reason": "Authorization does not end in ,sign=…", "given": "***"})
        token = request.headers.get("alipay-app-auth-token")
        message = signing.rest_string(authority, request.method, request.target, request.body, token)
        if not signing.verifies(self._app, message, sign):
            why = diagnosis.explain_rest(self._app.key, request, authority, sign, message)
            raise refused(REST, "invalid-signature", why=why)
        if token:
            raise refused(REST, "invalid-app-auth-token")
        return certified

    def _check_rest_fields(self, fields: Mapping[str, str]) -> None:
        if not fields.get("app_id"):
            raise refused(REST, "missing-app-id")
        if fields["app_id"] != self.keys.app_id:
            why = {"reason": "app_id is not this app's", "expected": self.keys.app_id, "given": fields["app_id"]}
            raise refused(REST, "invalid-app-id", why=why)
        stamp, lasts = fields.get("timestamp", ""), fields.get("expired_seconds", "")
        if not stamp:
            raise refused(REST, "missing-timestamp")
        if not re.fullmatch(r"[0-9]{13}", stamp) or not re.fullmatch(r"[0-9]{0,9}", lasts):
            raise refused(REST, "invalid-timestamp", why={"reason": "the timestamp is no number of milliseconds", "given": stamp})
        now = int(self._clock.real().timestamp() * 1000)
        if lasts and now > int(stamp) + int(lasts) * 1000:
            why = {"reason": "the timestamp and its expired_seconds are over", "expected": str(now), "given": stamp}
            raise refused(REST, "illegal-timestamp", "时间戳已过期", why=why)
        if not fields.get("nonce"):
            raise refused(REST, "invalid-parameter", why={"reason": "Authorization has no nonce"})

    def _check_rest_certificates(self, fields: Mapping[str, str], request: MockRequest) -> bool:
        number, root = fields.get("app_cert_sn"), request.headers.get("alipay-root-cert-sn")
        if number and number != self.keys.app_cert_sn:
            why = {"reason": "app_cert_sn is not this app's", "expected": self.keys.app_cert_sn, "given": number}
            raise refused(REST, "app-cert-not-exist", "应用公钥证书不存在", why=why)
        if root and root != self.keys.root_cert_sn:
            why = {"reason": "alipay-root-cert-sn is not that of the roots", "expected": self.keys.root_cert_sn, "given": root}
            raise refused(REST, "invalid-alipay-root-cert-sn", "支付宝根证书序列号无效", why=why)
        if number and not root:
            raise refused(REST, "missing-alipay-root-cert-sn", "缺少支付宝根证书序列号")
        return bool(number)

    def rest_headers(self, body: bytes, *, certified: bool) -> dict[str, str]:
        """Return the headers that sign an answer of the REST protocol."""
        stamp, nonce = str(int(self._clock.real().timestamp() * 1000)), secrets.token_hex(16)
        sign = self.signature(signing.answer_string(stamp, nonce, body), certified=certified)
        headers = {"alipay-timestamp": stamp, "alipay-nonce": nonce, "alipay-signature": sign}
        return headers | ({"alipay-sn": self.current} if certified else {})


def _codec(given: Mapping[str, str]) -> str:
    return CODECS.get(given.get("charset", "utf-8").lower(), "utf-8")


def _check_forms(given: Mapping[str, str]) -> None:
    if given["sign_type"] in {"RSA", "HMAC_SHA1"}:  # known, but no key was uploaded for them
        raise refused(GATEWAY, "isv.missing-signature-config")
    if given["sign_type"] != "RSA2":
        raise refused(GATEWAY, "isv.invalid-signature-type")
    if given.get("charset", "utf-8").lower() not in CODECS:
        raise refused(GATEWAY, "isv.invalid-charset")
    if given.get("format", "JSON").upper() != "JSON":
        raise refused(GATEWAY, "isv.invalid-format")
    if given["version"] != "1.0":
        raise refused(GATEWAY, "isv.invalid-parameter", "参数无效，version应为1.0")
    if not _is_time(given["timestamp"]):
        raise refused(GATEWAY, "isv.invalid-timestamp")


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text))
