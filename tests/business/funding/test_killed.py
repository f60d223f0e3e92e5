"""Killed for real, and racing: whatever process dies wherever, the next carries on, and not a fen is lost or found."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mocks.process import MockServer
from payment_channels import Money
from payment_channels.business.funding import Books, Funding
from payment_channels.journal import OrderKey, State
from tests.business.funding import worker
from tests.business.funding.worker import FEN
from tests.journal.conftest import SCHEMAS
from tests.journal.worker import Place, end_of, start

NUMBER = "payout0001"
ORDER = OrderKey("shop", "payout", NUMBER)
CAME = 1000
HELD = Books(-CAME, CAME - FEN, reserved=FEN)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, mock_server: MockServer) -> Place:
    if request.param == "sqlite":
        return Place(str(tmp_path / "journal.sqlite3"), mock_server.base_url, mock_server.keys)
    address, name = request.getfixturevalue("postgres_address"), f"funds_{os.getpid()}_{next(SCHEMAS)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    options = psycopg.conninfo.make_conninfo(address, options=f"-c search_path={name}")
    return Place(options, mock_server.base_url, mock_server.keys)


@pytest.fixture
def funding(place: Place) -> Iterator[Funding]:
    opened = worker.books(place)
    opened.paid_in("tea", "shop", Money(CAME), reference="bank-1", who="Zhang")
    yield opened
    opened.journal.store.close()


def killed(process: Any) -> None:
    assert end_of(process) == -signal.SIGKILL


def done(process: Any) -> None:
    assert end_of(process) == 0


# Where the paying process ends, whether its money is held then, and whether the order is in the journal.
PAYING = {
    "write.before:1": (False, False),
    "write.within:1": (False, False),
    "write.after:1": (True, False),
    "write.within:2": (True, False),
    "write.after:2": (True, True),
    "send.after:1": (True, True),
    "write.within:3": (True, True),
    "write.after:3": (True, True),
    "write.within:4": (True, True),
    "write.after:4": (True, True),
}


@pytest.mark.parametrize("point", PAYING)
def test_a_payer_that_is_killed_leaves_its_money_held_and_the_next_process_carries_on(
    place: Place, mock_server: MockServer, funding: Funding, point: str
) -> None:
    held, written = PAYING[point]
    killed(start(worker.pay, place, NUMBER, point))
    assert (funding.books("tea", "shop") == HELD, funding.journal.find(ORDER) is not None) == (held, written)
    done(start(worker.recover, place, 300.0, ""))
    assert funding.books("tea", "shop") == (HELD if held else Books(-CAME, CAME))
    done(start(worker.pay, place, NUMBER, ""))  # the core asks for the same order again
    assert funding.books("tea", "shop") == HELD
    mock_server.control(f"wechat/transfers/{NUMBER}/confirm")
    killed(start(worker.recover, place, 1100.0, "write.within:3"))  # it claims, writes what it heard, and dies
    done(start(worker.recover, place, 2000.0, ""))
    record = funding.journal.find(ORDER)
    assert record is not None
    assert record.state is State.SUCCEEDED
    assert funding.books("tea", "shop") == Books(-CAME, CAME - FEN, spent=FEN)
    assert funding.faults() == []


def test_processes_that_race_for_a_merchants_money_never_reserve_a_fen_too_much(place: Place, funding: Funding) -> None:
    racing = [start(worker.reserve_many, place, name, 30, 37) for name in ("a", "b", "c")]
    for process in racing:
        done(process)
    found = funding.books("tea", "shop")
    assert found.reserved % 37 == 0
    assert 0 <= found.available < 37 + 30  # what came in after the last reservation is left
    assert found.available + found.reserved == -found.outside
    assert funding.faults() == []


def test_processes_that_race_for_one_order_reserve_it_once(place: Place, mock_server: MockServer, funding: Funding) -> None:
    racing = [start(worker.pay, place, NUMBER, "") for _ in range(3)]
    for process in racing:
        done(process)
    assert funding.books("tea", "shop") == HELD
    assert len(mock_server.control("books", method="GET")["wechat"]["transfers"]) == 1
    assert funding.faults() == []
