"""Killed for real: processes end with SIGKILL at every step of the journal's life, and books, journal and intent agree."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mocks.process import MockServer
from payment_channels import ChannelClient
from payment_channels.journal import Journal, KeyRing, OrderKey, OrderRecord, State, Store
from payment_channels.journal.looking import verify
from tests.journal import worker
from tests.journal.conftest import KEY, SCHEMAS
from tests.journal.worker import Place

NUMBER = "payout0001"
LATER = (300.0, 700.0, 1100.0)
"""Seconds after the order at which the next processes look: each is after the lease and the pause of the one before."""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, mock_server: MockServer) -> Place:
    """An empty journal and a mock server with empty books, both outside of this process."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "journal.sqlite3"), mock_server.base_url, mock_server.keys)
    address, name = request.getfixturevalue("postgres_address"), f"killed_{os.getpid()}_{next(SCHEMAS)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    options = psycopg.conninfo.make_conninfo(address, options=f"-c search_path={name}")
    return Place(options, mock_server.base_url, mock_server.keys)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = place.store()
    yield opened
    opened.close()


@pytest.fixture
def client(place: Place) -> Iterator[ChannelClient]:
    with place.client() as opened:
        yield opened


def killed(process: Any) -> None:
    assert worker.end_of(process) == -signal.SIGKILL


def done(process: Any) -> None:
    assert worker.end_of(process) == 0


def transfers(mock: MockServer) -> list[tuple[str, int]]:
    found = mock.control("books", method="GET")["wechat"]["transfers"]
    return [(one["out_bill_no"], one["transfer_amount"]) for one in found]


def posts(mock: MockServer) -> int:
    log = mock.control("log", method="GET")["log"]
    return sum(one["method"] == "POST" and one["target"].endswith("/transfer-bills") for one in log)


def at(store: Store, number: str = NUMBER) -> OrderRecord | None:
    return Journal(store, KeyRing.single(KEY)).find(OrderKey("shop", "payout", number))


def agree(store: Store, mock: MockServer, *, sent: bool) -> None:
    """Books, journal and intent: one transfer of this amount if it was sent, none if not; the journal says which."""
    record = at(store)
    assert [fault for _, faults in verify(Journal(store, KeyRing.single(KEY))) for fault in faults] == []
    if sent:
        assert transfers(mock) == [(NUMBER, 888)]
        assert record is not None
        assert record.state is State.PENDING  # it waits for the payee
        mock.control(f"wechat/transfers/{NUMBER}/confirm")
    else:
        assert (transfers(mock), record) == ([], None)


# Where the paying process ends, whether the order is in the journal then, and whether the money moved by then.
PAYING = {
    "write.before:1": (False, False),
    "write.within:1": (False, False),
    "write.after:1": (True, False),
    "send.before:1": (True, False),
    "send.after:1": (True, True),
    "write.before:2": (True, True),
    "write.within:2": (True, True),
    "write.after:2": (True, True),
}


@pytest.mark.parametrize("point", PAYING)
def test_a_payer_that_is_killed_leaves_an_order_that_the_next_process_carries_on(
    place: Place, mock_server: MockServer, store: Store, point: str
) -> None:
    written, moved = PAYING[point]
    killed(worker.start(worker.pay, place, NUMBER, point))
    assert (at(store) is not None, len(transfers(mock_server))) == (written, int(moved))
    done(worker.start(worker.recover, place, LATER[0], ""))
    agree(store, mock_server, sent=written)
    done(worker.start(worker.pay, place, NUMBER, ""))  # the core asks for the same order again
    assert transfers(mock_server) == [(NUMBER, 888)]
    done(worker.start(worker.recover, place, LATER[2], ""))
    record = at(store)
    assert record is not None
    assert record.state is (State.SUCCEEDED if written else State.PENDING)
    assert posts(mock_server) == 1


# Where the recovering process ends: it claims, asks, writes what it found, opens an attempt, sends, writes, and lets go.
RECOVERING = (
    "write.after:1",
    "send.after:1",
    "write.within:2",
    "write.after:2",
    "write.within:3",
    "write.after:3",
    "send.after:2",
    "write.within:4",
    "write.after:4",
    "write.before:5",
    "write.after:5",
)


@pytest.mark.parametrize("point", RECOVERING)
def test_a_recovery_that_is_killed_twice_in_a_row_is_carried_on_by_the_third(
    place: Place, mock_server: MockServer, store: Store, point: str
) -> None:
    killed(worker.start(worker.pay, place, NUMBER, "send.before:1"))
    killed(worker.start(worker.recover, place, LATER[0], point))
    again = worker.end_of(worker.start(worker.recover, place, LATER[1], point))
    assert again in {0, -signal.SIGKILL}  # a point is not reached where the first has come further
    done(worker.start(worker.recover, place, LATER[2], ""))
    agree(store, mock_server, sent=True)


def test_workers_that_race_for_one_order_send_it_once(place: Place, mock_server: MockServer, store: Store) -> None:
    racing = [worker.start(worker.pay, place, NUMBER, "") for _ in range(3)]
    for process in racing:
        done(process)
    assert posts(mock_server) == 1
    agree(store, mock_server, sent=True)


def test_recoveries_that_race_for_one_order_send_it_once(place: Place, mock_server: MockServer, store: Store) -> None:
    killed(worker.start(worker.pay, place, NUMBER, "send.before:1"))
    racing = [worker.start(worker.recover, place, LATER[0], "") for _ in range(3)]
    for process in racing:
        done(process)
    assert posts(mock_server) == 1
    agree(store, mock_server, sent=True)
