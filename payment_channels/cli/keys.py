"""The key ring as it is kept: a file of keys by name, or an environment variable; and how a new key joins it."""

import base64
import binascii
import json
import os
import re
import secrets
import stat
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from payment_channels.journal import KeyRing
from payment_channels.journal.sealing import KEY_BYTES
from payment_channels.model.refusals import ConfigurationError

NAME = re.compile(r"[0-9A-Za-z_.-]{1,64}")
ABOUT = (
    "# 日志库的密钥环：current 用来封存，其余只用来打开。丢失密钥，它封存的内容就再也打不开。\n"
    "# The journal's key ring: `current` seals, the others open. What a lost key sealed is lost with it.\n"
)


def _wrong(place: str, zh: str, en: str) -> NoReturn:
    raise ConfigurationError.because(f"{place}：{zh}", f"{place}: {en}", field=place)


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the ring is: a TOML file, or an environment variable ``name=base64,name=base64`` whose first one is current."""

    file: Path | None
    environment: str | None

    def ring(self) -> KeyRing:
        """Read the ring.

        Raises:
            ConfigurationError: it is missing or malformed; no key is shown.
        """
        if self.environment is not None:
            return _ring_of_text(os.environ.get(self.environment, ""), f"keys.environment ({self.environment})")
        return _ring_of_file(self.file or Path())

    @property
    def readable_by_others(self) -> bool:
        """Whether the file can be read by other users of this machine."""
        try:
            return self.file is not None and os.name == "posix" and bool(stat.S_IMODE(self.file.stat().st_mode) & 0o077)
        except OSError:
            return False

    def add(self, name: str, *, current: bool) -> KeyRing:
        """Add a fresh key to the file, making the file if there is none; return the ring as it is then.

        The first key is the current one; another becomes it with ``current``, which must wait until every process has it.

        Raises:
            ConfigurationError: the ring is no file, the name is taken or has other letters, or the file cannot be written.
        """
        path = self.file
        if path is None:
            _wrong(
                "keys.environment",
                "环境变量不能由命令改写，请自行加入新密钥",
                "a command cannot change the environment: add it there",
            )
        if not NAME.fullmatch(name):
            _wrong("NAME", "密钥名须为 1–64 位字母、数字或 _ . -", "a key's name has 1 to 64 letters, digits or _ . -")
        held = _ring_of_file(path) if path.exists() else None
        keys = dict(held.keys) if held is not None else {}
        if name in keys:
            _wrong("NAME", f"密钥 {name} 已有，请换一个名称", f"there is a key {name} already: choose another name")
        keys[name] = secrets.token_bytes(KEY_BYTES)
        ring = KeyRing(keys, name if current or held is None else held.current)
        try:
            _write(path, ring)
        except OSError as error:
            _wrong("keys.file", f"{path} 无法写入：{error}", f"{path} cannot be written: {error}")
        return ring


def _ring_of_file(path: Path) -> KeyRing:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        _wrong(
            "keys.file",
            f"没有密钥文件 {path}；新建请用 journal init",
            f"there is no file of keys {path}; make it by `journal init`",
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):  # what a parser says might show a key
        _wrong("keys.file", f"{path} 无法读取，或不是 TOML", f"{path} cannot be read, or is no TOML")
    keys, current = content.get("keys"), content.get("current")
    if not isinstance(keys, dict) or not isinstance(current, str):
        _wrong("keys.file", f'{path} 须有 current = "…" 与 [keys]', f'{path} needs current = "…" and [keys]')
    return KeyRing({name: _key(value, f"{path} [keys] {name}") for name, value in keys.items()}, current)


def _ring_of_text(text: str, place: str) -> KeyRing:
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        name, mark, value = part.strip().partition("=")
        if not mark or not name or name in keys:
            _wrong(place, "须写作 名称=base64,名称=base64，首个为当前密钥", "write name=base64,name=base64; the first is current")
        keys[name] = _key(value, f"{place} {name}")
    return KeyRing(keys, next(iter(keys)))


def _key(value: object, place: str) -> bytes:
    try:
        key = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        _wrong(place, f"须为 {KEY_BYTES} 字节的 base64", f"base64 of {KEY_BYTES} bytes is needed")
    return key


def _write(path: Path, ring: KeyRing) -> None:
    """Replace the file whole, for its owner's eyes alone: a half-written ring would lose the journal."""
    lines = [f"{json.dumps(name)} = {json.dumps(base64.b64encode(key).decode())}" for name, key in ring.keys.items()]
    text = f"{ABOUT}current = {json.dumps(ring.current)}\n\n[keys]\n" + "\n".join(lines) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made for its owner's eyes
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
