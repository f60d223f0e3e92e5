"""An order is written down before the wire and its outcome after it; the same order again sends nothing."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from mocks.doors import async_transport
from mocks.world import World
from payment_channels import (
    AsyncChannelClient,
    ChannelClient,
    InvalidRequestError,
    Money,
    NotSentError,
    Outcome,
    PayoutQuery,
    TransportFailure,
    Verb,
)
from payment_channels.journal import (
    AsyncDurableClient,
    DurableClient,
    Journal,
    JournalUnavailableError,
    KeyRing,
    OrderKey,
    SqliteStore,
    State,
    Store,
)
from payment_channels.journal.looking import verify
from payment_channels.journal.postgres import PostgresStore
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

KEY = OrderKey("shop", "payout", "payout0001")


def transfers(world: World) -> list[dict[str, object]]:
    found: list[dict[str, object]] = world.books()["wechat"]["transfers"]
    return found


def lose(world: World) -> None:
    world.faults.add({"kind": "lose_reply", "path": "/transfer-bills", "method": "POST"})


def test_the_order_is_in_the_journal_when_the_request_leaves(
    client: DurableClient, journal: Journal, bare: ChannelClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[State] = []

    def send(*_: object) -> object:
        record = journal.find(KEY)
        seen.append(record.state if record is not None else State.NOT_SENT)
        raise TransportFailure("ReadTimeout", maybe_sent=True)

    monkeypatch.setattr(bare._transport, "send", send)
    assert client.payout(payout()).outcome is Outcome.UNKNOWN
    assert seen == [State.UNKNOWN]


def test_the_same_order_again_returns_what_is_known_and_sends_nothing(client: DurableClient, mock_channels: World) -> None:
    lose(mock_channels)
    assert client.payout(payout()).outcome is Outcome.UNKNOWN
    again = client.payout(payout())
    assert (again.outcome, again.canonical) == (Outcome.UNKNOWN, "REPLY_LOST")
    assert [entry["method"] for entry in mock_channels.log] == ["POST"]
    assert len(transfers(mock_channels)) == 1


def test_the_same_number_with_other_content_is_refused(client: DurableClient, mock_channels: World) -> None:
    client.payout(payout())
    for other in (payout(fen=889), payout(remark="别的"), payout(payee=payout().payee.model_copy(update={"wallet_id": "oX"}))):
        with pytest.raises(InvalidRequestError) as caught:
            client.payout(other)
        assert caught.value.canonical == "DUPLICATE_OTHER_CONTENT"
    assert len(transfers(mock_channels)) == 1


def test_what_never_left_is_raised_and_may_be_sent_again(
    client: DurableClient, journal: Journal, bare: ChannelClient, monkeypatch: pytest.MonkeyPatch, mock_channels: World
) -> None:
    def refuse(*_: object) -> object:
        raise TransportFailure("ConnectError", maybe_sent=False)

    with monkeypatch.context() as patched:
        patched.setattr(bare._transport, "send", refuse)
        with pytest.raises(NotSentError):
            client.payout(payout())
    record = journal.find(KEY)
    assert record is not None
    assert record.state is State.NOT_SENT
    assert client.payout(payout()).outcome is Outcome.PENDING
    assert len(transfers(mock_channels)) == 1


def test_a_journal_that_cannot_be_written_sends_nothing(
    client: DurableClient, journal: Journal, mock_channels: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> object:
        raise JournalUnavailableError.because("磁盘已满", "disk full")

    monkeypatch.setattr(journal.store, "write", full)
    with pytest.raises(JournalUnavailableError):
        client.payout(payout())
    assert transfers(mock_channels) == []


def test_an_outcome_that_cannot_be_written_is_still_told(
    client: DurableClient, journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> object:
        raise JournalUnavailableError.because("磁盘已满", "disk full")

    monkeypatch.setattr(journal, "answered", full)
    assert client.payout(payout()).outcome is Outcome.PENDING
    record = journal.find(KEY)
    assert record is not None
    assert record.state is State.UNKNOWN
    assert "payout0001" in caplog.text


def test_a_query_is_noted_at_the_order(client: DurableClient, journal: Journal, mock_channels: World) -> None:
    lose(mock_channels)
    client.payout(payout())
    mock_channels.channels["wechat"].control("transfers", "payout0001", "confirm", {})
    record = journal.find(KEY)
    assert record is not None
    found = client.query_payout(PayoutQuery.of(journal.prepared_of(record)))
    assert found.outcome is Outcome.SUCCEEDED
    after = journal.find(KEY)
    assert after is not None
    assert (after.state, after.canonical, after.channel_order_id) == (
        State.SUCCEEDED,
        "PAYOUT_SUCCEEDED",
        found.channel_order_id,
    )
    assert client.payout(payout()).outcome is Outcome.SUCCEEDED


def test_nothing_that_names_a_payee_lies_open(bare: ChannelClient, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "open.sqlite3")
    client = DurableClient(bare, Journal(store, KeyRing.generate()), account="shop")
    client.payout(payout(payee=payout().payee.model_copy(update={"name": "张三丰"}), amount=Money(300000)))
    store.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in ("张三丰", "o-MYE42l80oelYMDE34nYD456Xoy"):
        assert secret.encode() not in stored
    assert b"payout0001" in stored


def test_the_state_follows_from_the_events(client: DurableClient, journal: Journal) -> None:
    client.payout(payout())
    client.payout(payout("payout0002"))
    ((looked_at, faults),) = verify(journal)
    assert (looked_at, faults) == (2, [])
    journal.store.write(lambda cursor: cursor.run("UPDATE orders SET state = 'succeeded' WHERE merchant_id = 'payout0002'"))
    ((_, faults),) = verify(journal)
    assert len(faults) == 1
    assert "payout0002" in faults[0]


def test_both_colours_write_the_same(journal: Journal, bare: ChannelClient, mock_channels: World) -> None:
    async def story() -> Outcome:
        async with httpx.AsyncClient(transport=async_transport(mock_channels)) as http:
            client = AsyncDurableClient(AsyncChannelClient(bare.channel, http=http), journal, account="shop")
            lose(mock_channels)
            await client.payout(payout())
            return (await client.payout(payout())).outcome

    assert asyncio.run(story()) is Outcome.UNKNOWN
    assert len(transfers(mock_channels)) == 1


def impatient(opened: Store, tmp_path: Path) -> Store:
    """The same journal as another process has it, which waits for nobody."""
    if not isinstance(opened, PostgresStore):
        return SqliteStore(tmp_path / "journal.sqlite3", timeout=0)
    options = psycopg.conninfo.conninfo_to_dict(opened._address)["options"]
    return PostgresStore(psycopg.conninfo.make_conninfo(opened._address, options=f"{options} -c lock_timeout=100"))


def test_no_transaction_is_open_while_the_order_is_on_its_way(store: Store, journal: Journal, tmp_path: Path) -> None:
    touched: list[Any] = []

    def meanwhile() -> Any:
        other = impatient(store, tmp_path)
        touched.extend(other.write(lambda cursor: cursor.rows("UPDATE orders SET queries = queries RETURNING merchant_id")))
        other.close()
        return told(Verb.PAYOUT, Outcome.SUCCEEDED)

    wire = Scripted({Verb.PAYOUT: [meanwhile]})
    DurableClient(wire, journal, account="shop").payout(payout())  # type: ignore[arg-type]
    assert touched == [("payout0001",)]
