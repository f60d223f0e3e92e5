"""The keys and numbers that the LianLian mock and its clients share: read from a folder, and what is missing there is made.

``merchant_key.pem`` signs requests; ``lianlian_public_key.pem`` verifies answers and is what clients encrypt for;
``lianlian_key.pem`` is its other half and the mock's own. ``channel.toml`` has ``oid_partner``.
"""

import re
import secrets
import string
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from mocks.keyfiles import (
    PRIVATE,
    PUBLIC,
    KeysRefusedError,
    no_access,
    no_half,
    no_pair,
    no_toml,
    private_key,
    read,
    replace,
    write,
)
from payment_channels.codec.rsa import public_key

# The published samples are of 1024 bits. Nothing on the wire depends on it, and Python's cryptography warns of such keys.
_KEY_BITS = 2048
_PARTNER = re.compile(r"[0-9]{18}")


@dataclass(frozen=True, slots=True)
class LianlianKeys:
    """Everything both ends need, parsed once."""

    oid_partner: str
    merchant_key: RSAPublicKey = field(repr=False)
    platform_key: RSAPrivateKey = field(repr=False)


def load(folder: Path) -> LianlianKeys:
    """Read ``folder``; what is missing is made to fit what is there, and nothing there is changed.

    Raises:
        KeysRefusedError: something there is damaged, or two things do not belong together.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        oid_partner = _partner(folder / "channel.toml")
        merchant = _merchant(folder)
        platform = _pair(folder, "lianlian_key.pem", "lianlian_public_key.pem")
    except OSError as error:
        raise no_access(folder, error) from error
    return LianlianKeys(oid_partner, merchant, platform)


def _merchant(folder: Path) -> RSAPublicKey:
    """Return what requests are verified with; a folder that has the public half alone is one whose merchant keeps his key."""
    public = folder / "merchant_public_key.pem"
    if public.exists() and not (folder / "merchant_key.pem").exists():
        return read(public, public_key)
    return _pair(folder, "merchant_key.pem", public.name).public_key()


def _pair(folder: Path, private_name: str, public_name: str) -> RSAPrivateKey:
    private_path, public_path = folder / private_name, folder / public_name
    if public_path.exists() and not private_path.exists():
        raise no_half(private_path, public_name)
    if not private_path.exists():
        made = generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        write(private_path, made.private_bytes(serialization.Encoding.PEM, form, nothing), PRIVATE)
    key = read(private_path, private_key)
    if not public_path.exists():
        shape = serialization.PublicFormat.SubjectPublicKeyInfo
        write(public_path, key.public_key().public_bytes(serialization.Encoding.PEM, shape), PUBLIC)
    if read(public_path, public_key) != key.public_key():
        raise no_pair(public_path, private_name)
    return key


def _partner(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise no_toml(path, error) from error
    made = "2026" + "".join(secrets.choice(string.digits) for _ in range(14))  # a year first, as the published samples have it
    given = found.get("oid_partner", made)
    if not isinstance(given, str) or not _PARTNER.fullmatch(given):
        raise KeysRefusedError(
            f"{path}：oid_partner 应为 18 位数字的文本，现为 {given!r}",
            f"{path}: oid_partner should be a text of 18 digits, not {given!r}",
        )
    if "oid_partner" not in found:
        replace(path, f'oid_partner = "{given}"\n' + text)
    return given
