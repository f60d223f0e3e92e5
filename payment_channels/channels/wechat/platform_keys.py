"""The keys by which WeChat Pay's words are believed: those of the configuration, and downloaded platform certificates.

Certificates overlap for days when they rotate, so the old ones stay until they expire. A download is asked for when a
serial number is unknown; a forger could send unknown numbers without end, so downloads are limited, and replies and
notifications have limits of their own.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Self

from payment_channels.channel import Verifier
from payment_channels.channel.allowance import Allowance
from payment_channels.channels.wechat.config import PlatformCertificate, WechatConfig
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.rsa import KeyUnusableError, RsaOaepEncryptor, RsaVerifier
from payment_channels.model.refusals import ConfigurationError

Purpose = Literal["reply", "notification"]


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One key: who verifies, who encrypts for it, and until when."""

    serial: str
    verifier: Verifier
    encryptor: RsaOaepEncryptor
    certificate: Certificate | None = None

    def valid_at(self, moment: datetime) -> bool:
        """A public key has no end; a certificate has."""
        return self.certificate is None or self.certificate.valid_at(moment)

    @classmethod
    def of_certificate(cls, certificate: Certificate) -> Self:
        """Make the key of a platform certificate."""
        serial = certificate.serial_no
        return cls(serial, certificate.verifier(), RsaOaepEncryptor(key_id=serial, key=certificate.key), certificate)


class PlatformKeys:
    """Shared by all threads and tasks of one adapter."""

    DOWNLOADS: ClassVar[int] = 5
    PER: ClassVar[timedelta] = timedelta(minutes=1)
    FRESH_FOR: ClassVar[timedelta] = timedelta(hours=12)

    def __init__(self, configured: Mapping[str, PlatformKey], *, downloads: bool) -> None:
        """Start from the configuration's keys; the first of them is asked for. ``downloads`` allows fetching more."""
        self._lock = threading.Lock()
        self._keys = dict(configured)
        self._order = list(configured)
        self._downloads = Allowance(self.DOWNLOADS, self.PER)
        self._downloads_allowed = downloads
        self._fresh_until: datetime | None = None

    @classmethod
    def of(cls, config: WechatConfig) -> Self:
        """Parse the keys of a configuration.

        Raises:
            ConfigurationError: one of them cannot be used; the text names the field.
        """
        keys: dict[str, PlatformKey] = {}
        for number, key in enumerate(config.platform_keys):
            place = f"platform_keys.{number}"
            try:
                if isinstance(key, PlatformCertificate):
                    made = PlatformKey.of_certificate(Certificate.from_pem(key.pem))
                else:
                    verifier = RsaVerifier.from_pem(key.pem, key_id=key.key_id)
                    made = PlatformKey(key.key_id, verifier, RsaOaepEncryptor(key_id=key.key_id, key=verifier.key))
            except KeyUnusableError as error:
                raise ConfigurationError.because(
                    f"{place} 不可用：{error.zh}", f"{place} cannot be used: {error.en}", field=place
                ) from error
            keys[made.serial] = made
        return cls(keys, downloads=config.downloads_certificates)

    def get(self, serial: str) -> PlatformKey | None:
        """Return the key of that serial number or id."""
        return self._keys.get(serial)

    def asked_for(self, now: datetime) -> PlatformKey | None:
        """Return the key that requests name and sensitive fields are encrypted for: configured first, then the newest."""
        with self._lock:
            for serial in self._order:
                if self._keys[serial].valid_at(now):
                    return self._keys[serial]
        return None

    def long_ago(self, now: datetime) -> bool:
        """Say whether certificates were fetched, and the last look is long ago."""
        return self._fresh_until is not None and now >= self._fresh_until

    def stale(self, now: datetime) -> bool:
        """Say whether certificates should be fetched before the next call: no key is valid, or the last look is long ago."""
        with self._lock:
            nothing_valid = not any(key.valid_at(now) for key in self._keys.values())
            return self._downloads_allowed and (self.long_ago(now) or nothing_valid)

    def may_download(self, purpose: Purpose, now: datetime) -> bool:
        """Take one of the downloads that this minute allows; False when they are used up or not allowed at all."""
        return self._downloads_allowed and self._downloads.take(purpose, now)

    def add(self, certificates: list[Certificate], now: datetime) -> None:
        """Take in what was downloaded, the one that lasts longest first; forget what has expired."""
        with self._lock:
            for certificate in certificates:
                self._keys[certificate.serial_no] = PlatformKey.of_certificate(certificate)
            self._keys = {serial: key for serial, key in self._keys.items() if key.valid_at(now)}
            ends = {serial: key.certificate.not_after for serial, key in self._keys.items() if key.certificate is not None}
            fixed = [serial for serial in self._order if serial in self._keys and serial not in ends]
            self._order = fixed + sorted(ends, key=lambda serial: ends[serial], reverse=True)
            self._fresh_until = now + self.FRESH_FOR
