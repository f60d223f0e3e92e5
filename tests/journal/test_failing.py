"""The disk is full, the last write is torn, the database goes away and comes back: nothing is lost and nothing paid twice."""

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mocks.process import MockServer
from payment_channels import Outcome, Verb
from payment_channels.journal import DurableClient, Journal, JournalUnavailableError, KeyRing, OrderKey, SqliteStore, State
from payment_channels.journal.looking import verify
from payment_channels.journal.postgres import PostgresStore
from payment_channels.journal.store import Cursor
from tests.journal import worker
from tests.journal.conftest import KEY, payout, postgres_server, postgres_store
from tests.journal.scripted import Scripted, told
from tests.journal.worker import Place

FRAME, HEADER = 24 + 4096, 32  # of SQLite's write-ahead log: https://sqlite.org/fileformat2.html#walformat


def state(journal: Journal, number: str) -> State | None:
    found = journal.find(OrderKey("shop", "payout", number))
    return found.state if found is not None else None


def durable(journal: Journal, answer: Any) -> tuple[DurableClient, Scripted]:
    wire = Scripted({Verb.PAYOUT: [answer]})
    return DurableClient(wire, journal, account="shop"), wire  # type: ignore[arg-type]


def faults(journal: Journal) -> list[str]:
    return [fault for _, found in verify(journal) for fault in found]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "journal.sqlite3")
    yield store
    store.close()


def limit(store: SqliteStore, pages: int | None) -> None:
    """Let the file grow by no page more, or by as many as it likes."""
    assert store._writer is not None
    ((used,),) = store._writer.execute("PRAGMA page_count")
    store._writer.execute(f"PRAGMA max_page_count = {used + pages if pages is not None else 1 << 30}")


def test_on_a_full_disk_nothing_is_sent_and_the_same_order_is_once_there_is_room(small: SqliteStore) -> None:
    journal = Journal(small, KeyRing.single(KEY))
    client, wire = durable(journal, told(Verb.PAYOUT, Outcome.SUCCEEDED))
    limit(small, 2)
    refused = None
    for number in range(40):
        try:
            client.payout(payout(f"payout{number:04}"))
        except JournalUnavailableError:
            refused = f"payout{number:04}"
            break
    assert refused is not None
    assert wire.sent[-1][1].order.merchant_order_id != refused
    assert state(journal, refused) is None
    limit(small, None)
    assert client.payout(payout(refused)).outcome is Outcome.SUCCEEDED
    assert (state(journal, refused), faults(journal)) == (State.SUCCEEDED, [])
    assert len(wire.sent) == len({prepared.order.merchant_order_id for _, prepared in wire.sent})


def test_a_disk_that_fills_up_while_the_order_is_out_leaves_it_unknown(small: SqliteStore) -> None:
    journal = Journal(small, KeyRing.single(KEY))
    large = told(Verb.PAYOUT, Outcome.SUCCEEDED)
    large = large.model_copy(update={"evidence": large.evidence.model_copy(update={"body": random.Random(1).randbytes(60_000)})})

    def fill() -> Any:
        limit(small, 0)
        return large

    client, _ = durable(journal, fill)
    assert client.payout(payout()).outcome is Outcome.SUCCEEDED  # what was answered is told, though it could not be written
    limit(small, None)
    assert (state(journal, "payout0001"), faults(journal)) == (State.UNKNOWN, [])


def test_a_log_that_cannot_grow_sends_nothing(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "journal.sqlite3"), "", tmp_path)
    store = place.store()
    client, _ = durable(Journal(store, KeyRing.single(KEY)), told(Verb.PAYOUT, Outcome.SUCCEEDED))
    client.payout(payout("payout0001"))
    assert worker.end_of(worker.start(worker.pay_on_a_full_disk, place, "payout0002")) == 0
    client.payout(payout("payout0003"))
    journal = Journal(store, KeyRing.single(KEY))
    assert [state(journal, f"payout000{number}") for number in (1, 2, 3)] == [State.SUCCEEDED, None, State.SUCCEEDED]
    assert faults(journal) == []
    store.close()


def torn_at(lengths: list[int]) -> list[int]:
    """Places of every kind: in the log's head, in a frame's head, in its page, at its end, and around each commit."""
    inside = [0, 5, HEADER - 1, HEADER, HEADER + 1, HEADER + 23, HEADER + 24, HEADER + 25]
    return sorted({*inside, *(place for length in lengths for place in (length - FRAME, length - 2000, length - 1, length))})


def test_a_torn_last_write_costs_what_was_not_committed_and_nothing_else(small: SqliteStore, tmp_path: Path) -> None:
    journal = Journal(small, KeyRing.single(KEY))
    log = tmp_path / "journal.sqlite3-wal"
    begun: dict[str, int] = {}
    ended: dict[str, int] = {}
    numbers = [f"payout000{number}" for number in range(4)]

    def answer() -> Any:
        begun[numbers[len(begun)]] = log.stat().st_size
        return told(Verb.PAYOUT, Outcome.SUCCEEDED)

    client, _ = durable(journal, answer)
    for number in numbers:
        client.payout(payout(number))
        ended[number] = log.stat().st_size
    assert (log.stat().st_size - HEADER) % FRAME == 0
    for cut in torn_at([*begun.values(), *ended.values()]):
        folder = tmp_path / str(cut)
        folder.mkdir()
        shutil.copy(tmp_path / "journal.sqlite3", folder / "journal.sqlite3")
        (folder / "journal.sqlite3-wal").write_bytes(log.read_bytes()[:cut])
        store = SqliteStore(folder / "journal.sqlite3")
        torn = Journal(store, KeyRing.single(KEY))
        for number in numbers:
            expected = State.SUCCEEDED if cut >= ended[number] else State.UNKNOWN if cut >= begun[number] else None
            assert state(torn, number) is expected, (cut, number)
        assert faults(torn) == []
        store.close()
        shutil.rmtree(folder)


def test_a_last_write_of_other_bytes_is_as_if_it_were_not_there(small: SqliteStore, tmp_path: Path) -> None:
    client, _ = durable(Journal(small, KeyRing.single(KEY)), told(Verb.PAYOUT, Outcome.SUCCEEDED))
    client.payout(payout())
    content = bytearray((tmp_path / "journal.sqlite3-wal").read_bytes())
    content[-100] ^= 0xFF
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "journal.sqlite3", tmp_path / "other" / "journal.sqlite3")
    (tmp_path / "other" / "journal.sqlite3-wal").write_bytes(content)
    store = SqliteStore(tmp_path / "other" / "journal.sqlite3")
    journal = Journal(store, KeyRing.single(KEY))
    assert (state(journal, "payout0001"), faults(journal)) == (State.UNKNOWN, [])
    store.close()


def test_a_writer_whose_file_failed_keeps_nothing_and_works_on(small: SqliteStore) -> None:
    def fail(cursor: Cursor) -> None:
        cursor.run("INSERT INTO notices (account, notification_id, received_at, kind, inbound) VALUES ('a', 'b', 0, '', '')")
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(JournalUnavailableError):
        small.write(fail)
    assert small.write(lambda cursor: cursor.rows("SELECT COUNT(*) FROM notices")) == [(0,)]


# --- PostgreSQL


@pytest.fixture
def shared(postgres_address: str) -> Iterator[PostgresStore]:
    store = postgres_store(postgres_address)
    yield store
    store.close()


def terminate(address: str, backend: int) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 20000)", (backend,))


def backend_of(cursor: Cursor) -> int:
    ((number,),) = cursor.rows("SELECT pg_backend_pid()")
    return int(number)


def test_connections_that_died_while_they_lay_idle_are_replaced(shared: PostgresStore, postgres_address: str) -> None:
    client, wire = durable(Journal(shared, KeyRing.single(KEY)), told(Verb.PAYOUT, Outcome.SUCCEEDED))
    terminate(postgres_address, shared.read(backend_of))
    assert client.payout(payout()).outcome is Outcome.SUCCEEDED
    assert len(wire.sent) == 1


def test_a_connection_that_dies_in_a_transaction_keeps_nothing(shared: PostgresStore, postgres_address: str) -> None:
    def die(cursor: Cursor) -> None:
        cursor.run("INSERT INTO notices (account, notification_id, received_at, kind, inbound) VALUES ('a', 'b', 0, '', '')")
        terminate(postgres_address, backend_of(cursor))
        cursor.rows("SELECT 1")

    with pytest.raises(JournalUnavailableError) as caught:
        shared.write(die)
    assert not caught.value.maybe_kept
    assert shared.read(lambda cursor: cursor.rows("SELECT COUNT(*) FROM notices")) == [(0,)]


@pytest.mark.parametrize("lay_idle", [True, False])
def test_a_commit_that_breaks_is_told_as_a_doubt_and_never_made_again_by_itself(
    shared: PostgresStore, postgres_address: str, lay_idle: bool
) -> None:
    """Whether the server had it before the connection broke, nobody knows: done again, it could be there twice."""
    done: list[int] = []

    def die(cursor: Cursor) -> None:
        done.append(1)
        terminate(postgres_address, backend_of(cursor))

    if not lay_idle:
        shared._idle.popleft().close()
    with pytest.raises(JournalUnavailableError) as caught:
        shared.write(die)
    assert (caught.value.maybe_kept, done) == (True, [1])
    assert shared.write(lambda cursor: cursor.rows("SELECT 1")) == [(1,)]


def test_a_connection_that_dies_in_the_commit_leaves_a_doubt_that_is_cleared_before_anything_is_sent(
    shared: PostgresStore, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, deaths = shared.write, [1]

    def dying(work: Callable[[Cursor], Any]) -> Any:
        def last(cursor: Cursor) -> Any:
            done = work(cursor)
            if deaths:
                deaths.pop()
                terminate(postgres_address, backend_of(cursor))
            return done

        return write(last)

    monkeypatch.setattr(shared, "write", dying)
    client, wire = durable(Journal(shared, KeyRing.single(KEY)), told(Verb.PAYOUT, Outcome.SUCCEEDED))
    assert client.payout(payout()).outcome is Outcome.SUCCEEDED
    assert (len(wire.sent), faults(Journal(shared, KeyRing.single(KEY)))) == (1, [])


def test_a_word_with_a_nul_in_it_is_written_down_all_the_same(shared: PostgresStore) -> None:
    answer = told(Verb.PAYOUT, Outcome.SUCCEEDED, channel_order_id="c\0d")
    answer = answer.model_copy(update={"raw": answer.raw.model_copy(update={"code": "O\0K"})})
    journal = Journal(shared, KeyRing.single(KEY))
    client, _ = durable(journal, answer)
    client.payout(payout())
    assert (state(journal, "payout0001"), faults(journal)) == (State.SUCCEEDED, [])


def test_a_database_that_goes_away_and_comes_back_loses_nothing_and_pays_nothing_twice(mock_server: MockServer) -> None:
    numbers = [f"payout{number:04}" for number in range(12)]
    with postgres_server() as server:
        place = Place(psycopg.conninfo.make_conninfo(server.get_uri()), mock_server.base_url, mock_server.keys)
        paying = worker.start(worker.pay_many, place, numbers)
        for seen in (2, 6):
            while len(transfers(mock_server)) < seen and paying.is_alive():
                threading.Event().wait(0.02)
            server.stop()
            server.ensure_postgres_running()
        assert worker.end_of(paying) == 0
        assert worker.end_of(worker.start(worker.recover_all, place)) == 0
        store = place.store()
        journal = Journal(store, KeyRing.single(KEY))
        assert transfers(mock_server) == numbers
        assert {state(journal, number) for number in numbers} == {State.PENDING}
        assert faults(journal) == []
        store.close()


def transfers(mock: MockServer) -> list[str]:
    return sorted(one["out_bill_no"] for one in mock.control("books", method="GET")["wechat"]["transfers"])
