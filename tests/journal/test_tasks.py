"""Worker processes of a task engine race for the same orders: each is sent once, asked after once, and none is forgotten."""

import os
import time
from collections.abc import Iterator

import psycopg
import pytest
from procrastinate import App

from mocks.process import MockServer
from payment_channels.journal import Journal, KeyRing, State
from payment_channels.journal.looking import unresolved, verify
from payment_channels.journal.tasks import Tasks
from tests.journal import worker
from tests.journal.conftest import KEY, SCHEMAS, payout
from tests.journal.worker import Place

NUMBERS = [f"payout{number:04}" for number in range(6)]
LOST = 2


@pytest.fixture
def place(postgres_address: str, mock_server: MockServer) -> Place:
    """A schema with the journal's tables and the engine's."""
    name = f"tasks_{os.getpid()}_{next(SCHEMAS)}"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    options = psycopg.conninfo.make_conninfo(postgres_address, options=f"-c search_path={name}")
    return Place(options, mock_server.base_url, mock_server.keys)


@pytest.fixture
def handing(place: Place) -> Iterator[tuple[App, Tasks]]:
    app, tasks = worker.tasks_at(place)
    with app.open():
        app.schema_manager.apply_schema()
        yield app, tasks
    tasks.journal.store.close()
    tasks.clients["shop"].client.close_connections()


def work(place: Place) -> None:
    for process in [worker.start(worker.work_through, place) for _ in range(3)]:
        assert worker.end_of(process) == 0


def requests(mock: MockServer, method: str) -> int:
    return sum(one["method"] == method for one in mock.control("log", method="GET")["log"] if "/transfer-bills" in one["target"])


def test_workers_that_race_for_the_same_orders_send_each_once(
    place: Place, handing: tuple[App, Tasks], mock_server: MockServer
) -> None:
    _, tasks = handing
    mock_server.control("faults", {"kind": "lose_reply", "path": "/transfer-bills", "method": "POST", "times": LOST})
    for number in NUMBERS:
        key = tasks.hand_over("shop", payout(number))
        for task in (tasks.send, tasks.send, tasks.look):  # more of them than there should be, and some too early
            task.defer(account=key.account, kind=key.kind, merchant_id=key.merchant_id)
    work(place)
    assert requests(mock_server, "POST") == len(NUMBERS)
    journal = tasks.journal
    assert sum(record.state is State.UNKNOWN for record in unresolved(journal)) == LOST

    # Their time has come: the sweep finds them, and whoever else asks at the same moment asks nothing.
    journal.store.write(lambda cursor: cursor.run("UPDATE orders SET next_at = 0 WHERE state = 'unknown'"))
    for moment in (1, 2):
        tasks.sweep.configure(queueing_lock=f"sweep {moment}").defer(timestamp=moment)
        for record in unresolved(journal):
            tasks.look.defer(account="shop", kind="payout", merchant_id=record.key.merchant_id)
    work(place)
    assert {record.state for record in unresolved(journal)} == {State.PENDING}
    assert (requests(mock_server, "POST"), requests(mock_server, "GET")) == (len(NUMBERS), LOST)
    assert [fault for _, faults in verify(Journal(journal.store, KeyRing.single(KEY))) for fault in faults] == []


def test_an_order_whose_task_was_lost_is_found_by_the_sweep(
    place: Place, handing: tuple[App, Tasks], mock_server: MockServer
) -> None:
    _, tasks = handing
    tasks.clients["shop"].put(payout())  # and here the process ended, before it could queue anything
    tasks.sweep.configure(queueing_lock="sweep 1").defer(timestamp=1)
    for pause in (0, 3, 6):  # on a busy machine a task may have been put off: what never left is tried again later
        time.sleep(pause)
        work(place)
        if requests(mock_server, "POST"):
            break
    assert requests(mock_server, "POST") == 1
    assert [record.state for record in unresolved(tasks.journal)] == [State.PENDING]
