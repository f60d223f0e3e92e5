"""What the journal keeps at rest is sealed with the user's key: account numbers, names, answers as they came."""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payment_channels.journal.persisted import OrderUnreadableError
from payment_channels.model.refusals import ConfigurationError

KEY_BYTES, NONCE_BYTES = 32, 12
PLAIN, PACKED = b"\x00", b"\x01"
SHORT = 2048
"""Bytes up to which compressing costs more time than it saves room."""
LARGEST = 16 * 1024 * 1024
"""Bytes that one sealed text may unpack to; nothing that the journal writes comes near."""


class SealBrokenError(ValueError):
    """A sealed text does not open: its key is not in the ring, it was changed, or it stands in another's place.

    ``zh`` and ``en`` say which.
    """

    def __init__(self, zh: str, en: str) -> None:
        """Hold the reason in both languages."""
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        """Return both."""
        return f"{self.zh} | {self.en}"


def why_unopened(error: ValueError) -> tuple[str, str]:
    """Return in both languages why a text does not open, or cannot be read once it is open: that in the reader's own words."""
    return (error.zh, error.en) if isinstance(error, SealBrokenError | OrderUnreadableError) else (str(error), str(error))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by name, 32 bytes each. ``current`` seals; all of them open, so that an old one is retired without haste.

    AES-256-GCM with random nonces: take a new key before one has sealed 2**32 texts (NIST SP 800-38D, 8.3).
    """

    keys: Mapping[str, bytes] = field(repr=False)
    current: str
    _boxes: dict[str, AESGCM] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the ring.

        Raises:
            ConfigurationError: the current key is missing, or a key or a name has the wrong length.
        """
        if self.current not in self.keys:
            raise ConfigurationError.because(
                f"密钥环中没有当前密钥 {self.current}", f"the ring has no key named {self.current}", field="current"
            )
        for name, key in self.keys.items():
            if len(key) != KEY_BYTES or not 1 <= len(name.encode()) <= 255:  # noqa: PLR2004  the name's length is one byte
                raise ConfigurationError.because(
                    f"密钥 {name} 须为 {KEY_BYTES} 字节，名称 1–255 字节",
                    f"the key {name} must have {KEY_BYTES} bytes and a name of 1 to 255 bytes",
                    field="keys",
                )
            self._boxes[name] = AESGCM(key)

    @classmethod
    def single(cls, key: bytes, *, name: str = "1") -> Self:
        """Return a ring of one key."""
        return cls({name: key}, name)

    @classmethod
    def generate(cls, *, name: str = "1") -> Self:
        """Return a ring with a fresh key; keep it, or what it sealed is lost."""
        return cls.single(secrets.token_bytes(KEY_BYTES), name=name)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt, and compress what is long; ``place`` binds the text to where it stands: it opens nowhere else."""
        name, nonce = self.current.encode(), secrets.token_bytes(NONCE_BYTES)
        head = bytes([len(name)]) + name
        packed = PLAIN + plain if len(plain) <= SHORT else PACKED + zlib.compress(plain, 1)
        box = self._boxes[self.current].encrypt(nonce, packed, head + place.encode())
        return head + nonce + box

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt.

        Raises:
            SealBrokenError: it does not open.
        """
        length = sealed[0] if sealed else 0
        head, name = sealed[: length + 1], sealed[1 : length + 1].decode("utf-8", "replace")
        opener = self._boxes.get(name)
        if opener is None:
            raise SealBrokenError(
                f"由密钥 {name!r} 封存，而密钥环中没有它", f"sealed with the key {name!r}, which is not in the ring"
            )
        nonce, box = sealed[length + 1 : length + 1 + NONCE_BYTES], sealed[length + 1 + NONCE_BYTES :]
        try:
            packed = opener.decrypt(nonce, box, head + place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(
                f"{place} 处的内容被改动过，或本不在此处", f"what stands at {place} was changed, or belongs elsewhere"
            ) from error
        if packed[:1] == PLAIN:
            return packed[1:]
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed[1:], LARGEST)
        if not unpacker.eof:
            raise SealBrokenError(
                f"{place} 处的内容超过 {LARGEST} 字节", f"what stands at {place} is larger than {LARGEST} bytes"
            )
        return plain

    def digest(self, content: bytes, name: str | None = None) -> tuple[str, bytes]:
        """Return a keyed digest and its key's name: a bare hash of an account number could be guessed."""
        used = name or self.current
        key = self.keys.get(used)
        if key is None:
            raise SealBrokenError(
                f"摘要由密钥 {used!r} 算出，而密钥环中没有它", f"digested with the key {used!r}, which is not in the ring"
            )
        return used, hmac.new(key, b"digest\x00" + content, hashlib.sha256).digest()
