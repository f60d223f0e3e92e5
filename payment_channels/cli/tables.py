"""Tables of a TOML file, read field by field: whatever is missing, misspelt or of another type is named with what to do."""

import os
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from payment_channels.model.refusals import ConfigurationError


def wrong(place: str, zh: str, en: str) -> NoReturn:
    """Refuse one field of the settings.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError.because(f"{place}：{zh}", f"{place}: {en}", field=place)


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """Read a TOML file; ``name`` says which setting led to it.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        wrong(name, f"没有文件 {path}；请检查路径", f"there is no file {path}: look at the path")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        wrong(name, f"{path} 无法读取：{error}", f"{path} cannot be read: {error}")


class Table:
    """One table of the file: each field is taken by its name and type, and what nobody took is refused."""

    def __init__(self, content: Any, place: str) -> None:
        """``place`` names the table, as a reader would look for it."""
        if not isinstance(content, dict):
            wrong(place, f"须为一节，写作 [{place}]", f"a table is needed, written as [{place}]")
        self.place = place
        self._left: dict[str, Any] = dict(content)

    def take(self, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """Return a field and have it counted as known; None, or the default, where it is absent."""
        if name not in self._left:
            return default
        value = self._left.pop(name)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if type(value) not in kinds:
            wanted = " / ".join(one.__name__ for one in kinds)
            wrong(f"{self.place}.{name}", f"类型须为 {wanted}", f"its type must be {wanted}")
        return value

    def text(self, name: str) -> str | None:
        """Return a text that is not empty, or None."""
        value: str | None = self.take(name, str)
        if value == "":
            wrong(f"{self.place}.{name}", "不能为空", "it must not be empty")
        return value

    def one_of(self, *names: str) -> str:
        """Return which of several fields stands in the table: exactly one of them must."""
        found = [name for name in names if name in self._left]
        if len(found) != 1:
            wrong(self.place, f"须写且只写其中一项：{'、'.join(names)}", f"write exactly one of: {', '.join(names)}")
        return found[0]

    def end(self, *known: str) -> None:
        """Refuse what nobody took; ``known`` lists the fields that there are."""
        for name in self._left:
            wrong(f"{self.place}.{name}", f"没有此项；可写：{'、'.join(known)}", f"no such field; there are: {', '.join(known)}")


def environment(place: str, name: str) -> str:
    """Return what an environment variable holds; ``place`` is the setting that names it.

    Raises:
        ConfigurationError: it is not set, or empty.
    """
    value = os.environ.get(name)
    if not value:
        wrong(place, f"环境变量 {name} 没有值", f"the environment variable {name} is not set")
    return value
