"""The tables are made once and brought up to date once, whole or not at all; those of a newer program are left alone."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from payment_channels import ConfigurationError
from payment_channels.journal import JournalUnavailableError, SqliteStore, Store
from payment_channels.journal.postgres import PostgresStore
from payment_channels.journal.schema import MIGRATIONS
from tests.journal.test_stores import add, numbers


def reopened(opened: Store, tmp_path: Path) -> Store:
    """The same journal, as the next process opens it."""
    return PostgresStore(opened._address) if isinstance(opened, PostgresStore) else SqliteStore(tmp_path / "journal.sqlite3")


def test_a_journal_of_a_newer_version_is_refused_and_left_alone(store: Store, tmp_path: Path) -> None:
    store.write(lambda cursor: cursor.run("UPDATE journal_version SET version = 99"))
    with pytest.raises(ConfigurationError, match="version 99"):
        reopened(store, tmp_path)
    assert store.read(lambda cursor: cursor.rows("SELECT version FROM journal_version")) == [(99,)]


def next_version(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """Have the program know one migration more."""
    for database in ("sqlite", "postgres"):
        monkeypatch.setattr(f"payment_channels.journal.{database}.MIGRATIONS", (*MIGRATIONS, texts))


def test_an_older_journal_is_brought_up_to_date_once_and_keeps_what_it_has(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(add(1))
    next_version(monkeypatch, "ALTER TABLE notices ADD COLUMN further {big}", "UPDATE notices SET further = 7")
    for _ in range(2):  # were it applied twice, the column would be there already
        newer = reopened(store, tmp_path)
        assert newer.read(lambda cursor: cursor.rows("SELECT notification_id, further FROM notices")) == [("1", 7)]
        assert newer.read(lambda cursor: cursor.rows("SELECT version FROM journal_version")) == [(len(MIGRATIONS) + 1,)]
        newer.close()


def test_a_migration_that_fails_leaves_the_journal_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(add(1))
    with monkeypatch.context() as patched:
        next_version(patched, "ALTER TABLE notices ADD COLUMN further {big}", "nonsense")
        with pytest.raises(JournalUnavailableError):
            reopened(store, tmp_path)
    same = reopened(store, tmp_path)
    assert (numbers(same), len(same.read(lambda cursor: cursor.rows("SELECT * FROM notices"))[0])) == ([1], 10)
    assert same.read(lambda cursor: cursor.rows("SELECT version FROM journal_version")) == [(len(MIGRATIONS),)]
    same.close()


def test_a_room_beside_the_journal_has_tables_and_a_version_of_its_own(store: Store) -> None:
    first = ("CREATE TABLE beside (number {big} NOT NULL)",)
    for _ in range(2):
        store.bring_up_to_date("beside", (first,))
    store.write(lambda cursor: cursor.run("INSERT INTO beside (number) VALUES (?)", (7,)))
    store.bring_up_to_date("beside", (first, ("UPDATE beside SET number = number + 1",)))
    assert store.read(lambda cursor: cursor.rows("SELECT number FROM beside")) == [(8,)]
    assert store.read(lambda cursor: cursor.rows("SELECT version FROM beside_version")) == [(2,)]
    assert store.read(lambda cursor: cursor.rows("SELECT version FROM journal_version")) == [(len(MIGRATIONS),)]
    with pytest.raises(ConfigurationError, match="version 2 of beside"):
        store.bring_up_to_date("beside", (first,))


def test_processes_that_make_the_tables_of_a_database_at_once_make_them_once(postgres_address: str) -> None:
    name = f"at_once_{os.getpid()}"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    address = psycopg.conninfo.make_conninfo(postgres_address, options=f"-c search_path={name}")
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(PostgresStore, [address] * 4))
    assert stores[0].read(lambda cursor: cursor.rows("SELECT version FROM journal_version")) == [(len(MIGRATIONS),)]
    for one in stores:
        one.close()
