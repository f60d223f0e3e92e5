"""Files of keys in a folder: read whole or refused with what to do, made when missing, and never overwritten by accident."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payment_channels.codec import rsa
from payment_channels.codec.rsa import KeyUnusableError

PRIVATE, PUBLIC = 0o600, 0o644
_PROOF, _PADDING, _DIGEST = b"whole", padding.PKCS1v15(), hashes.SHA256()
_T = TypeVar("_T")


class KeysRefusedError(Exception):
    """The folder holds something that cannot be used. It is left as it is; the text says what to do, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        """Hold the text."""
        super().__init__(f"{zh} / {en}")


def no_access(folder: Path, error: OSError) -> KeysRefusedError:
    """Say that the folder, or a file in it, cannot be read or made."""
    place, why = error.filename or folder, error.strerror or error
    return KeysRefusedError(f"{place} 无法读写：{why}", f"{place} cannot be read or written: {why}")


def no_half(path: Path, other: str) -> KeysRefusedError:
    """Say that a file is missing while another one is there that is of no use without it."""
    return KeysRefusedError(
        f"缺少 {path}，而需要它的 {other} 还在：请放回，或把 {other} 也删除",
        f"{path} is missing, but {other} is there, which needs it: put it back, or remove the other one too",
    )


def no_pair(path: Path, key_name: str) -> KeysRefusedError:
    """Say that a certificate or a public half is not of the key beside it."""
    return KeysRefusedError(
        f"{path} 与 {key_name} 不是一对：请删除 {path.name}，会由密钥重新生成，或放回与它配对的密钥",
        f"{path} does not belong to {key_name}: remove {path.name}, and it is made from the key, or put its own key back",
    )


def no_toml(path: Path, error: ValueError) -> KeysRefusedError:
    """Say that a file of facts cannot be read."""
    return KeysRefusedError(
        f"{path} 不是 TOML（{error}）：请修复，或删除后自动新建",
        f"{path} is not TOML ({error}): mend it, or remove it and a new one is made",
    )


def no_text(path: Path, name: str, fitting: str) -> KeysRefusedError:
    """Say that a fact should be a text of letters, digits and signs; ``fitting`` is one that would do."""
    return KeysRefusedError(
        f'{path}：{name} 应为带引号的文本，例如 {name} = "{fitting}"',
        f'{path}: {name} should be a text in quotes, as in {name} = "{fitting}"',
    )


def read(path: Path, parse: Callable[[bytes], _T]) -> _T:
    """Return what is in a file: read each time, parsed once for each content.

    Parsing a private key proves its primes, some 60 ms of work, and a world for each test
    would pay it for every key of every channel.

    Raises:
        KeysRefusedError: it cannot be used.
    """
    try:
        parsed: _T = _parsed(parse, path.read_bytes())  # the cache forgets the type
    except KeyUnusableError as error:
        raise KeysRefusedError(
            f"{path} 不可用：{error.zh}。文件保持原样，请修复，或删除后自动新建",
            f"{path} cannot be used: {error.en}. It is left as it is; mend it, or remove it and a new one is made",
        ) from error
    return parsed


@lru_cache(maxsize=256)
def _parsed(parse: Callable[[bytes], _T], content: bytes) -> _T:
    return parse(content)  # what comes out is immutable, and what is refused is not kept


def private_key(pem: bytes) -> RSAPrivateKey:
    """Parse a private key of the folder, and see that it signs what its public half verifies.

    That takes a millisecond. To prove its primes, as the SDK does with a merchant's key, would take sixty for each of fifteen
    keys at every start; it is done where this one look fails, and then says what is wrong.

    Raises:
        KeyUnusableError: it is no PEM, it is encrypted, it is not RSA, or it is damaged.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, RSAPrivateKey):
            key.public_key().verify(key.sign(_PROOF, _PADDING, _DIGEST), _PROOF, _PADDING, _DIGEST)
            return key
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, InternalError):
        pass  # the SDK's own reader says why
    return rsa.private_key(pem)


def write(path: Path, content: bytes, mode: int) -> None:
    """Make a file that is not there yet."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def replace(path: Path, text: str) -> None:
    """Put a private text in the place of what may be there, in one piece."""
    if not path.exists():
        write(path, text.encode(), PRIVATE)
        return
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    write(new, text.encode(), PRIVATE)
    new.replace(path)
