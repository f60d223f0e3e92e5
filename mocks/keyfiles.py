"""Files of keys in a folder: read whole or refused with what to do, made when missing, and never overwritten by accident."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from payment_channels.codec.rsa import KeyUnusableError

PRIVATE, PUBLIC = 0o600, 0o644
_T = TypeVar("_T")


class KeysRefusedError(Exception):
    """The folder holds something that cannot be used. It is left as it is; the text says what to do."""


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
        raise KeysRefusedError(f"{path}: {error}. It is left as it is; mend it, or remove it and a new one is made") from error
    return parsed


@lru_cache(maxsize=256)
def _parsed(parse: Callable[[bytes], _T], content: bytes) -> _T:
    return parse(content)  # what comes out is immutable, and what is refused is not kept


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
