"""The keys by which Alipay's words are believed: its public key, or its certificates, the one that is configured and later ones.

An answer names its certificate (``alipay_cert_sn``). An unknown one is fetched and taken in only if the root bundle vouches for
it; a forger could name unknown ones without end, so downloads are limited, replies and notifications apart.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Self

from payment_channels.channel import Verifier
from payment_channels.channel.allowance import Allowance
from payment_channels.channels.alipay.certificates import AlipayCertificate, Roots, read
from payment_channels.channels.alipay.config import AlipayConfig
from payment_channels.codec.rsa import KeyUnusableError, RsaVerifier
from payment_channels.model.refusals import ConfigurationError

Purpose = Literal["reply", "notification"]
PUBLIC_KEY = "alipay_public_key"


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One key of Alipay's: who verifies, and until when."""

    verifier: Verifier
    certificate: AlipayCertificate | None = None

    def valid_at(self, moment: datetime) -> bool:
        """A public key has no end; a certificate has."""
        return self.certificate is None or self.certificate.valid_at(moment)


class PlatformKeys:
    """Shared by all threads and tasks of one adapter."""

    DOWNLOADS: ClassVar[int] = 5
    PER: ClassVar[timedelta] = timedelta(minutes=1)
    MOST: ClassVar[int] = 16

    def __init__(self, configured: dict[str, PlatformKey], roots: Roots | None) -> None:
        """Start from the configuration's key; with ``roots``, others may be fetched."""
        self._lock = threading.Lock()
        self._keys = dict(configured)
        self._first = next(iter(configured))
        self._downloads = Allowance(self.DOWNLOADS, self.PER)
        self.roots = roots
        first = configured[self._first].certificate
        self.owner = first.certificate.common_name if first is not None else ""

    @classmethod
    def of(cls, config: AlipayConfig) -> Self:
        """Parse the keys of a configuration.

        Raises:
            ConfigurationError: one of them cannot be used; the text names the field.
        """
        place = "alipay_public_key"
        try:
            if not config.certificate_mode:
                verifier = RsaVerifier.from_pem(config.alipay_public_key or "", key_id=PUBLIC_KEY)
                return cls({PUBLIC_KEY: PlatformKey(verifier)}, None)
            place = "alipay_cert"
            certificate = read(config.alipay_cert or "")[0]
            place = "alipay_root_cert"
            roots = Roots.of(config.alipay_root_cert or "")
        except KeyUnusableError as error:
            raise ConfigurationError.because(
                f"{place} 不可用：{error.zh}", f"{place} cannot be used: {error.en}", field=place
            ) from error
        return cls({certificate.sn: PlatformKey(certificate.verifier, certificate)}, roots)

    def get(self, sn: str | None) -> PlatformKey | None:
        """Return the key that an answer names. Without a name, and in key mode always, it is the configured one."""
        return self._keys.get(sn if sn and self.roots is not None else self._first)

    def all_valid(self, now: datetime) -> list[PlatformKey]:
        """Return every key that may have signed what names none."""
        return [key for key in self._keys.values() if key.valid_at(now)]

    def may_download(self, purpose: Purpose, now: datetime) -> bool:
        """Take one of the downloads that this minute allows; False when they are used up or not allowed at all."""
        return self.roots is not None and self._downloads.take(purpose, now)

    def add(self, certificate: AlipayCertificate) -> None:
        """Take in what was fetched and vouched for; the oldest of those fetched goes when there are too many."""
        with self._lock:
            keys = {**self._keys, certificate.sn: PlatformKey(certificate.verifier, certificate)}
            fetched = [sn for sn in keys if sn != self._first]
            for sn in fetched[: max(0, len(keys) - self.MOST)]:
                del keys[sn]
            self._keys = keys  # a new one: whoever looks something up meanwhile needs no lock
