"""The accounts of the settings file: one merchant at one channel each, opened when a command needs it and not before."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

from payment_channels.cli.tables import Table, environment, wrong
from payment_channels.client import DEFAULT_TIMEOUT, ChannelClient
from payment_channels.model.refusals import ConfigurationError, PaymentChannelError
from payment_channels.registry import manifest, open_channel

log = logging.getLogger("payment_channels.cli")
LONGEST_TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant at one channel. ``channel_fields`` and ``notify_url`` are given to every payout of a batch.

    What ``fields`` names in files (relative to ``home``) and in the environment is read when the account is opened: one that
    cannot be must not keep the others from their work.
    """

    name: str
    channel: str
    home: Path
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
            error.field = self._place(error.field)
            raise

    def _place(self, field: str | None) -> str:
        """Say where in the settings a field of the configuration stands: what the folder's reader takes stands in the options."""
        if field is None:
            return f"accounts.{self.name}"
        if self.folder is None or field in {"channel", "directory", "base_url"}:
            return f"accounts.{self.name}.{field}"
        reader = getattr(manifest(self.channel).configuration, "from_directory", None)
        among = ".options" if reader is not None and field in signature(reader).parameters else ""
        return f"accounts.{self.name}{among}.{field}"

    def _configuration(self) -> Any:
        given = {**self.options, **({"base_url": self.base_url} if self.base_url is not None else {})}
        kind = manifest(self.channel).configuration
        if self.folder is None:
            return kind(**{**(_filled(self.fields, self.home, "fields") or {}), **given})
        reader = getattr(kind, "from_directory", None)
        if reader is None:
            wrong("folder", f"渠道 {self.channel} 不能从文件夹读取，请用 fields", f"{self.channel} reads no folder: use fields")
        try:
            return reader(self.folder, **given)
        except TypeError as error:
            takes = ", ".join(list(signature(reader).parameters)[1:])
            wrong(
                "options",
                f"与渠道 {self.channel} 不合：{error}；folder 之外它接受：{takes}（base_url 写在账户里，其余写在 options 里）",
                f"do not fit {self.channel}: {error}; besides the folder it takes: {takes} "
                "(base_url stands in the account, all others in its options)",
            )


@dataclass(frozen=True, slots=True)
class Opened:
    """The accounts' clients by name, and why the others have none."""

    clients: dict[str, ChannelClient]
    refused: dict[str, PaymentChannelError]


def account_of(name: str, content: Any, folder: Path) -> Account:
    """Read one account's table; ``folder`` is the one of the settings file.

    Raises:
        ConfigurationError: a field is missing, unknown or malformed; it names the field.
    """
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
        home=folder,
        folder=folder / (place or "") if which == "folder" else None,
        base_url=table.text("base_url"),
        timeout=float(timeout),
        options=table.take("options", dict, {}),
        fields=fields if which == "fields" else None,
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
            return environment(place, named)
        try:
            read = (folder / named).read_bytes()
            return read if name == "bytes" else read.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            wrong(place, f"{folder / named} 无法读取：{error}", f"{folder / named} cannot be read: {error}")
    return {key: _filled(one, folder, f"{place}.{key}") for key, one in value.items()}


@contextmanager
def opened(accounts: Mapping[str, Account]) -> Iterator[Opened]:
    """Open a client of every account for a while; one that cannot be opened is told, and the others are there."""
    found = Opened({}, {})
    with ExitStack() as stack:
        for name, account in accounts.items():
            try:
                found.clients[name] = stack.enter_context(account.open())
            except PaymentChannelError as error:
                found.refused[name] = error
            except Exception as error:
                log.exception("the account %s", name)
                kind = type(error).__name__
                found.refused[name] = ConfigurationError.because(
                    f"打开时出错 {kind}，见日志", f"{kind} while it was opened, see the log", field=f"accounts.{name}"
                )
        yield found
