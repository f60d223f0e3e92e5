"""Forks and processes that start at once: nobody uses another's connection, and what is made is made once."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from payment_channels.journal import SqliteStore, Store
from tests.journal.conftest import postgres_store
from tests.journal.test_stores import add, numbers


def _child(store: Store, reported: Any) -> None:
    try:
        store.write(add(2))
        reported.put(numbers(store))
    except BaseException as error:  # noqa: BLE001  the parent shows it
        reported.put(repr(error))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_the_child_of_a_fork_uses_no_connection_of_its_parent(store: Store) -> None:
    store.write(add(1))
    numbers(store)
    context = multiprocessing.get_context("fork")
    reported = context.Queue()
    process = context.Process(target=_child, args=(store, reported))
    process.start()
    assert reported.get(timeout=30) == [1, 2]
    process.join()
    store.write(add(3))
    assert numbers(store) == [1, 2, 3]


def _open(path: Path, number: int, reported: Any) -> None:
    try:
        store = SqliteStore(path)
        store.write(add(number))
        store.close()
        reported.put(number)
    except BaseException as error:  # noqa: BLE001  the parent shows it
        reported.put(repr(error))


def _backend(store: Store) -> int:
    ((number,),) = store.read(lambda cursor: cursor.rows("SELECT pg_backend_pid()"))
    return int(number)


def _told_backend(store: Store, reported: Any) -> None:
    reported.put(_backend(store))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_the_child_of_a_fork_speaks_over_a_connection_of_its_own(postgres_address: str) -> None:
    store = postgres_store(postgres_address)
    ours = _backend(store)
    context = multiprocessing.get_context("fork")
    reported = context.Queue()
    process = context.Process(target=_told_backend, args=(store, reported))
    process.start()
    assert reported.get(timeout=30) != ours
    process.join()
    assert _backend(store) == ours
    store.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_processes_that_make_the_file_at_once_make_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    reported = context.Queue()
    processes = [context.Process(target=_open, args=(tmp_path / "new", number, reported)) for number in range(4)]
    for process in processes:
        process.start()
    assert sorted(reported.get(timeout=30) for _ in processes) == [0, 1, 2, 3]
    for process in processes:
        process.join()
    assert numbers(SqliteStore(tmp_path / "new")) == [0, 1, 2, 3]
