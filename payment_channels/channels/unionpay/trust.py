"""Whose certificates are believed: signer ← middle ← root, all valid now, the owner UnionPay; and for whom we encrypt.

Source: UnionPay's .NET SDK, CertUtil.cs (Varorbc/PaySharp@3423dafe upacp_sdk_net), the same in its Java SDK: validity, chain
with revocation off, then the owner's name, the third part of the subject's CN between ``@``.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from payment_channels.channels.unionpay.config import Owner, UnionpayConfig
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError, RsaPkcs1Encryptor, RsaSha1Verifier, RsaVerifier
from payment_channels.model.refusals import ConfigurationError

UNIONPAY, TEST_UNIONPAY = "中国银联股份有限公司", "00040000:SIGN"
OWNERS: Mapping[Owner, frozenset[str]] = {
    "production": frozenset({UNIONPAY}),
    "test": frozenset({UNIONPAY, TEST_UNIONPAY}),
}
ENCRYPTION_OWNERS = frozenset({UNIONPAY, TEST_UNIONPAY})
"""Encryption certificates are named 00040000:SIGN in production too (CN=041@Z1200040000:SIGN@00040000:SIGN@00000002)."""
REMEMBERED = 16
Chain = tuple[Certificate, Certificate, Certificate]
OWNER_PART = 2


def owner_of(certificate: Certificate) -> str:
    """Return the third part of the common name between ``@``; empty where there is none."""
    parts = certificate.common_name.split("@")
    return parts[OWNER_PART] if len(parts) > OWNER_PART else ""


class Trust:
    """The configured authorities, and a small memory of certificates that passed: by digest, so that nothing is parsed twice."""

    def __init__(self, config: UnionpayConfig) -> None:
        """Parse what is configured.

        Raises:
            ConfigurationError: a certificate cannot be read, or no middle was issued by a root.
        """
        self._owners = OWNERS[config.certificate_owner]
        self._roots = [_configured("root_certs", pem) for pem in config.root_certs]
        self._middles = [_configured("middle_certs", pem) for pem in config.middle_certs]
        self._legacy = {one.decimal_serial_no: one for one in (_configured("legacy_certs", pem) for pem in config.legacy_certs)}
        if config.sign_method == "01" and not any(_issuers(middle, self._roots) for middle in self._middles):
            raise ConfigurationError.because(
                "middle_certs 中没有由 root_certs 签发的证书，请核对证书文件",
                "no certificate of middle_certs was issued by one of root_certs: check the files",
                field="middle_certs",
            )
        self._passed: OrderedDict[bytes, Chain] = OrderedDict()
        self._lock = threading.Lock()

    def verifier_of(self, pem: str, *, now: datetime) -> tuple[RsaVerifier | None, str]:
        """Return who verifies a message's signature by its ``signPubKeyCert``, or None and why not."""
        key = hashlib.sha256(pem.encode("utf-8", "surrogatepass")).digest()
        chain = self._remembered(key)
        if chain is None or not _valid(chain, now):
            try:
                certificate = Certificate.from_message(pem)
            except KeyUnusableError as error:
                return None, f"signPubKeyCert: {error.en}"
            if owner_of(certificate) not in self._owners:
                return None, "signPubKeyCert belongs to somebody else"
            chain = self._chain_of(certificate, now)
            if chain is None:
                return None, "signPubKeyCert is not valid now, or was not issued under the configured middle and root"
            self._remember(key, chain)
        return chain[0].verifier(), ""

    def encryption_certificate(self, pem: str, *, now: datetime) -> tuple[Certificate | None, str]:
        """Return a fetched encryption certificate, or None and why it is not taken."""
        try:
            certificate = Certificate.from_message(pem)
        except KeyUnusableError as error:
            return None, f"encryptPubKeyCert: {error.en}"
        if owner_of(certificate) not in ENCRYPTION_OWNERS:
            return None, "encryptPubKeyCert belongs to somebody else"
        # With a secure key alone no authority need be configured: the signed answer vouches for what it brings.
        if not certificate.valid_at(now) or (self._middles and self._chain_of(certificate, now) is None):
            return None, "encryptPubKeyCert is not valid now, or was not issued under the configured middle and root"
        return certificate, ""

    def legacy_verifier_of(self, cert_id: str, *, now: datetime) -> RsaSha1Verifier | None:
        """Return who verifies a message of 5.0.0, whose certificate goes by its decimal serial number."""
        certificate = self._legacy.get(cert_id)
        if certificate is None or not certificate.valid_at(now):
            return None
        return RsaSha1Verifier(key_id=cert_id, key=certificate.key)

    def _chain_of(self, certificate: Certificate, now: datetime) -> Chain | None:
        """Return signer, middle and root where each was issued by the next and all are valid now."""
        for middle in _issuers(certificate, self._middles):
            for root in _issuers(middle, self._roots):
                if _valid((certificate, middle, root), now):
                    return certificate, middle, root
        return None

    def _remembered(self, key: bytes) -> Chain | None:
        with self._lock:
            return self._passed.get(key)

    def _remember(self, key: bytes, chain: Chain) -> None:
        with self._lock:
            self._passed[key] = chain
            self._passed.move_to_end(key)
            while len(self._passed) > REMEMBERED:
                self._passed.popitem(last=False)


def _issuers(certificate: Certificate, candidates: list[Certificate]) -> list[Certificate]:
    return [one for one in candidates if certificate.issued_by(one)]


def _valid(chain: Chain, now: datetime) -> bool:
    return all(one.valid_at(now) for one in chain)


class EncryptionKeys:
    """The certificate that card numbers are encrypted for: the configured one, until a fetched one takes its place."""

    def __init__(self, config: UnionpayConfig, now: datetime) -> None:
        """Start with what is configured; it is taken for fresh, and asked after a day later.

        Raises:
            ConfigurationError: it cannot be read.
        """
        self._lock = threading.Lock()
        self._current = _configured("encrypt_cert", config.encrypt_cert) if config.encrypt_cert else None
        self._asked_at = now

    def __repr__(self) -> str:
        """Name the certificate and nothing else."""
        current = self._current
        return f"EncryptionKeys({current.decimal_serial_no if current else None})"

    def current(self, now: datetime) -> RsaPkcs1Encryptor | None:
        """Return the key to encrypt with, if there is one that is valid now; its id is the decimal serial number."""
        certificate = self._current
        if certificate is None or not certificate.valid_at(now):
            return None
        return RsaPkcs1Encryptor(key_id=certificate.decimal_serial_no, key=certificate.key)

    def asked_at(self) -> datetime:
        """Return when the certificate was last asked for."""
        return self._asked_at

    def asked(self, now: datetime) -> None:
        """Note that it is being asked for, whatever comes of it."""
        with self._lock:
            self._asked_at = now

    def replace(self, certificate: Certificate) -> None:
        """Use a fetched certificate from now on."""
        with self._lock:
            self._current = certificate


def _configured(name: str, pem: str) -> Certificate:
    try:
        return Certificate.from_pem(pem)
    except KeyUnusableError as error:
        raise ConfigurationError.because(
            f"{name} 不可用：{error.zh}", f"{name} cannot be used: {error.en}", field=name
        ) from error
