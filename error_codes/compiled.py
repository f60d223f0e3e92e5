"""The tables as they are read at run time: compact JSON, made of the TOML that people write, and never believed if stale.

A compiled table names the size and checksum of the very text that it was made of. What does not fit, or is not there, is
read from the TOML, which is slower and always right: an edited table is in force at once, compiled or not.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMPILED = "compiled"
"""The folder of the compiled tables, beside the written ones; the paths within are the same."""


def parse(text: bytes) -> dict[str, Any]:
    """Read a table as people write it.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML.
    """
    import tomllib  # noqa: PLC0415  it costs more than everything else here, and compiled tables do without it

    return tomllib.loads(text.decode("utf-8"))


def read(folder: Path, name: str) -> dict[str, Any]:
    """Read one table of a folder, ``canonical`` or ``channels/wechat``, from its compiled form if that is of today."""
    text = (folder / f"{name}.toml").read_bytes()
    try:
        held = json.loads(path_of(folder, name).read_bytes())
    except (OSError, ValueError):
        return parse(text)
    if not isinstance(held, dict) or held.get("made_of") != _fingerprint(text) or not isinstance(held.get("table"), dict):
        return parse(text)
    table: dict[str, Any] = held["table"]
    return table


def path_of(folder: Path, name: str) -> Path:
    """Return where a table's compiled form lies."""
    return folder / COMPILED / f"{name}.json"


def generated(folder: Path) -> dict[Path, str]:
    """Return every compiled table of a folder and what it should hold."""
    written = [folder / "canonical.toml", *sorted((folder / "channels").glob("*.toml"))]
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in written]
    return {path_of(folder, name): pack((folder / f"{name}.toml").read_bytes()) for name in names}


def pack(text: bytes) -> str:
    """Make the compiled form of a table: an entry a line, so that a change of one row is a change of one line."""
    parts = ",\n".join(f"{_compact(key)}:{_lines(value)}" for key, value in parse(text).items())
    return f'{{"made_of":{_compact(_fingerprint(text))},"table":{{\n{parts}\n}}}}\n'


def _fingerprint(text: bytes) -> list[int]:
    return [len(text), zlib.crc32(text)]


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    if isinstance(value, Mapping) and any(isinstance(held, Mapping) for held in value.values()):
        return "{\n" + ",\n".join(f"{_compact(key)}:{_compact(held)}" for key, held in value.items()) + "\n}"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
