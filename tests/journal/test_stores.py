"""The stores under attack: one who fails among many, interruption, forks, closing, two processes, a file that cannot be."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from error_codes import Effect, NextAction, own
from payment_channels import ConfigurationError
from payment_channels.journal import JournalUnavailableError, SqliteStore, Store
from payment_channels.journal.postgres import PostgresStore
from payment_channels.journal.store import Cursor
from tests.journal.conftest import postgres_store


def add(number: int) -> Callable[[Cursor], int]:
    def work(cursor: Cursor) -> int:
        cursor.run(
            "INSERT INTO notices (account, notification_id, received_at, kind, inbound) VALUES ('a', ?, 0, '', '')",
            (str(number),),
        )
        return number

    return work


def numbers(store: Store) -> list[int]:
    return sorted(int(row[0]) for row in store.read(lambda cursor: cursor.rows("SELECT notification_id FROM notices")))


@pytest.fixture
def sqlite(tmp_path: Path) -> Any:
    opened = SqliteStore(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


class Gathered:
    """Holds the first transaction open until ``count`` others wait behind it, so that they are done together."""

    def __init__(self, store: SqliteStore, count: int) -> None:
        self.store, self.count = store, count
        self.threads: list[threading.Thread] = []
        self.came: dict[int, Any] = {}

    def start(self, number: int, work: Callable[[Cursor], Any]) -> None:
        def run() -> None:
            try:
                self.came[number] = self.store.write(work)
            except BaseException as error:  # noqa: BLE001  what each of them was told is what is asked
                self.came[number] = error

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def hold(self, cursor: Cursor) -> int:
        while len(self.store._waiting) < self.count:
            threading.Event().wait(0.001)
        return add(0)(cursor)

    def end(self) -> dict[int, Any]:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        return self.came


def test_one_who_fails_among_many_is_told_and_the_others_are_kept(sqlite: SqliteStore) -> None:
    gathered = Gathered(sqlite, 6)
    gathered.start(0, gathered.hold)

    def fail(cursor: Cursor) -> None:
        add(99)(cursor)
        raise KeyError("mine")

    for number in range(1, 7):
        gathered.start(number, fail if number == 3 else add(1) if number == 5 else add(number))
    came = gathered.end()
    assert isinstance(came.pop(3), KeyError)
    refused = [came.pop(number) for number in (1, 5) if isinstance(came[number], Exception)]
    assert [type(error) for error in refused] == [sqlite3.IntegrityError]  # two of the same number: one of them is refused
    assert numbers(sqlite) == [0, 1, 2, 4, 6]


def test_a_leader_that_is_interrupted_leaves_the_others_to_the_next(sqlite: SqliteStore) -> None:
    gathered = Gathered(sqlite, 3)
    gathered.start(0, gathered.hold)

    def interrupt(_: Cursor) -> None:
        raise KeyboardInterrupt

    for number, work in enumerate((interrupt, add(2), add(3)), 1):
        gathered.start(number, work)
        while len(sqlite._waiting) < number and 0 not in gathered.came:
            threading.Event().wait(0.001)
    came = gathered.end()
    # Whoever leads is interrupted by the first one's work, and is gone; the rest is done by the next, with or without it.
    assert sum(isinstance(one, KeyboardInterrupt) for one in came.values()) >= 1
    kept = [number for number, one in came.items() if not isinstance(one, KeyboardInterrupt)]
    assert numbers(sqlite) == sorted(kept)
    assert sqlite.write(add(9)) == 9


def test_a_file_that_fails_fails_all_who_wait_and_none_is_kept(sqlite: SqliteStore) -> None:
    gathered = Gathered(sqlite, 3)
    gathered.start(0, gathered.hold)

    def full(_: Cursor) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    for number in (1, 2, 3):
        gathered.start(number, full if number == 2 else add(number))
    came = gathered.end()
    assert came.pop(0) == 0
    assert {type(one) for one in came.values()} == {JournalUnavailableError}
    assert not any(one.maybe_kept for one in came.values())
    assert numbers(sqlite) == [0]


class FullDisk:
    """A connection to a slow disk that has no room for the second commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, text: str, values: Any = ()) -> Any:
        self._commits += text == "COMMIT"
        if text != "COMMIT" or self._commits != 2:
            return self._connection.execute(text, values)
        threading.Event().wait(0.1)
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


def test_a_commit_that_fails_is_told_to_all_who_wait_and_none_is_kept(sqlite: SqliteStore) -> None:
    sqlite._writer = FullDisk(sqlite._the_writer())  # type: ignore[assignment]
    gathered = Gathered(sqlite, 3)
    gathered.start(0, gathered.hold)
    for number in (1, 2, 3):
        gathered.start(number, add(number))
    came = gathered.end()
    assert came.pop(0) == 0
    assert {type(one) for one in came.values()} == {JournalUnavailableError}
    assert not any(one.maybe_kept for one in came.values())
    assert numbers(sqlite) == [0]
    assert sqlite.write(add(4)) == 4


def test_each_commit_is_on_the_disk_before_it_is_one(sqlite: SqliteStore) -> None:
    settings = {name: sqlite._the_writer().execute(f"PRAGMA {name}").fetchall() for name in ("synchronous", "foreign_keys")}
    assert settings == {"synchronous": [(2,)], "foreign_keys": [(1,)]}  # 2 is FULL: a sync with each commit


def test_a_transaction_within_a_transaction_is_a_mistake_and_no_deadlock(sqlite: SqliteStore) -> None:
    with pytest.raises(RuntimeError, match="within another"):
        sqlite.write(lambda _: sqlite.write(add(1)))
    assert sqlite.write(add(2)) == 2


def test_who_waits_when_it_is_closed_is_told(store: Store) -> None:
    store.write(add(1))
    store.close()
    for use in (lambda: store.write(add(2)), lambda: store.read(lambda _: None)):
        with pytest.raises(JournalUnavailableError) as caught:
            use()
        assert not caught.value.maybe_kept


def test_work_that_raises_keeps_nothing_of_what_it_had_done(store: Store) -> None:
    def half(cursor: Cursor) -> None:
        add(1)(cursor)
        raise KeyError("mine")

    with pytest.raises(KeyError):
        store.write(half)
    assert numbers(store) == []
    assert store.write(add(2)) == 2


def test_a_file_that_another_holds_too_long_is_unavailable_and_nothing_is_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "held", timeout=0.05)
    other = sqlite3.connect(tmp_path / "held", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailableError) as caught:
        store.write(add(1))
    assert not caught.value.maybe_kept
    other.execute("ROLLBACK")
    other.close()
    store.write(add(2))
    assert numbers(store) == [2]
    store.close()


def test_readers_are_shared_and_not_one_a_thread(sqlite: SqliteStore) -> None:
    for _ in range(5):
        thread = threading.Thread(target=lambda: numbers(sqlite))
        thread.start()
        thread.join()
    assert len(sqlite._idle) == 1


def test_a_journal_without_a_write_ahead_log_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="write-ahead log"):
        SqliteStore(":memory:")


def test_a_commit_of_the_server_is_on_its_disk_whatever_the_server_is_set_to(postgres_address: str) -> None:
    store = postgres_store(postgres_address, settings="-c synchronous_commit=off")
    try:
        assert store.write(lambda cursor: cursor.rows("SHOW synchronous_commit")) == [("on",)]
    finally:
        store.close()


def test_a_journal_that_cannot_be_used_has_a_code_of_its_own_which_invites_to_the_same_order(store: Store) -> None:
    store.close()
    with pytest.raises(JournalUnavailableError) as caught:
        store.write(add(1))
    error = caught.value
    assert (error.canonical, error.field) == ("JOURNAL_UNAVAILABLE", "journal")
    assert (error.meaning.effect, error.meaning.next_action) == (Effect.FAILED, NextAction.RETRY_SAME_ID)
    assert (error.meaning.new_id_allowed, error.meaning.failover) == (False, False)
    assert "日志" in error.zh
    assert "journal" in error.en


def test_a_database_that_is_away_is_told_as_the_journal_and_not_as_the_channel_s_configuration() -> None:
    with pytest.raises(JournalUnavailableError) as caught:
        PostgresStore("host=127.0.0.1 port=1 connect_timeout=2 dbname=nosuch")
    assert caught.value.canonical == "JOURNAL_UNAVAILABLE"
    assert own("JOURNAL_UNAVAILABLE").entry.counts_against_health is False
