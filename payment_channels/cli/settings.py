"""The settings file of the journal's commands: where the journal is, its keys, and the accounts that it speaks for.

Everything in it is checked by name, and a wrong field is named together with what to do. Paths are relative to the file.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from payment_channels.cli.keys import Keys
from payment_channels.client import DEFAULT_TIMEOUT, ChannelClient
from payment_channels.journal import Journal, Schedules, SqliteStore, Store
from payment_channels.model.refusals import ConfigurationError
from payment_channels.registry import manifest, open_channel

LONGEST_TIMEOUT = 300


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


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant at one channel. ``channel_fields`` and ``notify_url`` are given to every payout of a batch."""

    name: str
    channel: str
    folder: Path | None
    base_url: str | None
    timeout: float
    options: Mapping[str, Any] = field(repr=False)
    fields: Mapping[str, Any] | None = field(repr=False)
    notify_url: str | None
    channel_fields: Mapping[str, Any]

    def open(self) -> ChannelClient:
        """Make the account's client.

        Raises:
            ConfigurationError: there is no such channel, or its configuration cannot be used; it names this account.
        """
        try:
            return ChannelClient(open_channel(self.channel, self._configuration()), timeout=self.timeout)
        except ConfigurationError as error:
            error.field = f"accounts.{self.name}" + (f".{error.field}" if error.field else "")
            raise

    def _configuration(self) -> Any:
        given = {**self.options, **({"base_url": self.base_url} if self.base_url is not None else {})}
        kind = manifest(self.channel).configuration
        if self.folder is None:
            return kind(**{**(self.fields or {}), **given})
        reader = getattr(kind, "from_directory", None)
        if reader is None:
            wrong("folder", f"渠道 {self.channel} 不能从文件夹读取，请用 fields", f"{self.channel} reads no folder: use fields")
        try:
            return reader(self.folder, **given)
        except TypeError as error:
            wrong("options", f"渠道 {self.channel} 没有此选项：{error}", f"{self.channel} has no such option: {error}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says. Nothing is opened before it is needed."""

    path: Path
    sqlite: Path | None
    postgres: str | None = field(repr=False)
    schedules: Path | None
    keys: Keys
    accounts: Mapping[str, Account]

    @property
    def place(self) -> str:
        """Where the journal is, without a password."""
        return str(self.sqlite) if self.sqlite is not None else "PostgreSQL"

    def account(self, name: str) -> Account:
        """Return one account.

        Raises:
            ConfigurationError: there is none of that name.
        """
        if name not in self.accounts:
            known = ", ".join(self.accounts) or "-"
            wrong(
                "--account",
                f"设置文件里没有账户 {name}；已有：{known}",
                f"the settings have no account {name}; there are: {known}",
            )
        return self.accounts[name]

    def _store(self, *, make: bool) -> Store:
        if self.sqlite is None:
            try:
                from payment_channels.journal.postgres import PostgresStore  # noqa: PLC0415  an extra
            except ImportError:
                wrong(
                    "journal.postgres",
                    "请先 pip install 'payment-channels[postgres]'",
                    "pip install 'payment-channels[postgres]'",
                )
            return PostgresStore(self.postgres or "")
        if not make and not self.sqlite.exists():
            wrong(
                "journal.sqlite",
                f"没有日志库 {self.sqlite}；新建请用 journal init。路径写错而新建一个空的，会让已付的订单再付一次",
                f"there is no journal {self.sqlite}; make one by `journal init`. An empty one in the wrong place would pay "
                "again what another has paid",
            )
        return SqliteStore(self.sqlite)

    @contextmanager
    def journal(self, *, make: bool = False) -> Iterator[Journal]:
        """Open the journal for a while; only with ``make`` is a new one made.

        Raises:
            ConfigurationError: the settings lead to nothing that can be used.
            JournalUnavailableError: the database cannot be reached.
        """
        ring = self.keys.ring()
        schedules = Schedules.of_file(self.schedules) if self.schedules is not None else None
        store = self._store(make=make)
        try:
            yield Journal(store, ring, schedules=schedules)
        finally:
            store.close()

    @contextmanager
    def clients(self) -> Iterator[dict[str, ChannelClient]]:
        """Open a client of every account for a while."""
        with ExitStack() as stack:
            yield {name: stack.enter_context(account.open()) for name, account in self.accounts.items()}


def read_settings(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        ConfigurationError: it cannot be read, or a field is missing, unknown or malformed; it names the field.
    """
    content = read_toml(path, "--settings")
    folder = path.resolve().parent
    table = Table(content, "settings")
    for name in ("journal", "keys"):
        if name not in content:
            wrong(name, f"设置文件缺少 [{name}]", f"the settings have no [{name}]")
    journal = Table(table.take("journal", dict, {}), "journal")
    keys = Table(table.take("keys", dict, {}), "keys")
    accounts = table.take("accounts", dict, {})
    table.end("journal", "keys", "accounts")
    which = journal.one_of("sqlite", "postgres", "postgres_environment")
    place = journal.text(which) or ""
    schedules = journal.text("schedules")
    journal.end("sqlite", "postgres", "postgres_environment", "schedules")
    return Settings(
        path=path,
        sqlite=folder / place if which == "sqlite" else None,
        postgres=_environment("journal.postgres_environment", place) if which == "postgres_environment" else place,
        schedules=folder / schedules if schedules is not None else None,
        keys=_keys(keys, folder),
        accounts={name: _account(name, value, folder) for name, value in accounts.items()},
    )


def _environment(place: str, name: str) -> str:
    value = os.environ.get(name)
    if not value:
        wrong(place, f"环境变量 {name} 没有值", f"the environment variable {name} is not set")
    return value


def _keys(table: Table, folder: Path) -> Keys:
    which = table.one_of("file", "environment")
    value = table.text(which) or ""
    table.end("file", "environment")
    return Keys(folder / value, None) if which == "file" else Keys(None, value)


def _account(name: str, content: Any, folder: Path) -> Account:
    table = Table(content, f"accounts.{name}")
    channel = table.text("channel")
    if channel is None:
        wrong(f"{table.place}.channel", "必填，如 wechat", "required, such as wechat")
    which = table.one_of("folder", "fields")
    place = table.text("folder")
    fields = table.take("fields", dict)
    timeout = table.take("timeout", (int, float), DEFAULT_TIMEOUT)
    if not 0 < timeout <= LONGEST_TIMEOUT:
        wrong(f"{table.place}.timeout", f"须为 0–{LONGEST_TIMEOUT} 秒", f"seconds, above 0 and at most {LONGEST_TIMEOUT}")
    account = Account(
        name=name,
        channel=channel,
        folder=folder / (place or "") if which == "folder" else None,
        base_url=table.text("base_url"),
        timeout=float(timeout),
        options=table.take("options", dict, {}),
        fields=_filled(fields, folder, f"{table.place}.fields") if which == "fields" else None,
        notify_url=table.text("notify_url"),
        channel_fields=table.take("channel_fields", dict, {}),
    )
    known = ("channel", "folder", "fields", "options", "base_url", "timeout", "notify_url", "channel_fields")
    table.end(*known)
    return account


def _filled(value: Any, folder: Path, place: str) -> Any:
    """Put in what a field names instead of holding it: ``{file = …}``, ``{bytes = …}`` or ``{environment = …}``."""
    if isinstance(value, list):
        return tuple(_filled(one, folder, f"{place}.{number}") for number, one in enumerate(value))
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (name := next(iter(value))) in {"file", "bytes", "environment"}:
        named = str(value[name])
        if name == "environment":
            return _environment(place, named)
        try:
            read = (folder / named).read_bytes()
            return read if name == "bytes" else read.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            wrong(place, f"{folder / named} 无法读取：{error}", f"{folder / named} cannot be read: {error}")
    return {key: _filled(one, folder, f"{place}.{key}") for key, one in value.items()}
