"""The settings file of the journal's commands: where the journal is, its keys, and the accounts that it speaks for.

Everything in it is checked by name, and a wrong field is named together with what to do. Paths are relative to the file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from payment_channels.cli.accounts import Account, account_of
from payment_channels.cli.keys import Keys
from payment_channels.cli.tables import Table, environment, read_toml, wrong
from payment_channels.journal import Journal, Schedules, SqliteStore, Store


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
        postgres=environment("journal.postgres_environment", place) if which == "postgres_environment" else place,
        schedules=folder / schedules if schedules is not None else None,
        keys=_keys(keys, folder),
        accounts={name: account_of(name, value, folder) for name, value in accounts.items()},
    )


def _keys(table: Table, folder: Path) -> Keys:
    which = table.one_of("file", "environment")
    value = table.text(which) or ""
    table.end("file", "environment")
    return Keys(folder / value, None) if which == "file" else Keys(None, value)
