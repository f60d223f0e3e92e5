"""Every order that is not final has a next look; what nobody can know goes to people, and stays unknown."""

from datetime import timedelta
from pathlib import Path

import pytest

from mocks.world import World
from payment_channels import ChannelClient, CloseOrder, Outcome
from payment_channels.channels.wechat import WechatConfig
from payment_channels.journal import DurableClient, Inbox, Journal, OrderKey, OrderRecord, Resolver, State
from payment_channels.journal.claims import claim
from payment_channels.journal.looking import conflicts, events, manual, unmatched
from payment_channels.journal.opening import Lease
from tests.journal.conftest import Clock, payment, payout, received

PAYOUT, PAYMENT = OrderKey("shop", "payout", "payout0001"), OrderKey("shop", "payment", "payment0001")


def at(journal: Journal, key: OrderKey) -> OrderRecord:
    found = journal.find(key)
    assert found is not None
    return found


def lose(world: World, path: str) -> None:
    world.faults.add({"kind": "lose_reply", "path": path, "method": "POST"})


def test_a_lost_payout_is_found_by_the_resolver(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    lose(mock_channels, "/transfer-bills")
    client.payout(payout())
    assert resolver.step() == []  # not before its time
    mock_channels.channels["wechat"].control("transfers", "payout0001", "confirm", {})
    clock.advance(seconds=6)
    (done,) = resolver.step()
    assert (done.before, done.after, done.did) == (State.UNKNOWN, State.SUCCEEDED, "queried")
    assert at(journal, PAYOUT).state is State.SUCCEEDED


def test_a_payout_that_never_arrived_is_sent_again_only_as_the_very_same(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    mock_channels.faults.add({"kind": "server_error", "path": "/transfer-bills", "method": "POST"})
    assert client.payout(payout()).outcome is Outcome.UNKNOWN
    clock.advance(seconds=6)
    (first,) = resolver.step()
    assert (first.after, first.did) == (State.UNKNOWN, "queried")  # not found, and too early to try again
    clock.advance(seconds=300)
    (second,) = resolver.step()
    assert (second.after, second.did) == (State.PENDING, "resent")
    transfers = mock_channels.books()["wechat"]["transfers"]
    assert [(one["out_bill_no"], one["transfer_amount"]) for one in transfers] == [("payout0001", 888)]
    assert at(journal, PAYOUT).standing.attempts == 2


def test_a_payment_that_was_not_found_is_never_sent_again(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    mock_channels.faults.add({"kind": "server_error", "path": "/native", "method": "POST"})
    client.pay(payment())
    for _ in range(4):
        clock.advance(hours=1)
        resolver.step()
    assert at(journal, PAYMENT).standing.attempts == 1
    assert mock_channels.books()["wechat"]["orders"] == []


def test_at_the_end_of_patience_people_are_asked_and_it_stays_unknown(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    mock_channels.faults.add({"kind": "server_error", "path": "/v3/", "times": None, "probability": 1.0})
    client.payout(payout())
    for _ in range(40):
        clock.advance(hours=6)
        resolver.step()
    (record,) = manual(journal)
    assert (record.state, record.next_at) == (State.UNKNOWN, None)
    assert "times" in str(record.manual)
    decided = journal.decided(PAYOUT, Outcome.FAILED, who=("王", "李"), why="the bank confirmed by letter")
    assert (decided.state, manual(journal)) == (State.FAILED, [])


def test_one_person_alone_decides_nothing(client: DurableClient, journal: Journal, mock_channels: World) -> None:
    lose(mock_channels, "/transfer-bills")
    client.payout(payout())
    with pytest.raises(ValueError, match="two people"):
        journal.decided(PAYOUT, Outcome.FAILED, who=("王", " 王 "), why="because")
    with pytest.raises(ValueError, match="two people"):
        journal.decided(PAYOUT, Outcome.FAILED, who=("Zhang San", "ＺHANG  san"), why="because")


def test_a_claim_is_nobody_elses_until_it_ends(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    lose(mock_channels, "/transfer-bills")
    client.payout(payout())
    clock.advance(seconds=6)
    assert len(claim(journal, Lease("dead process", timedelta(seconds=60)), ("shop",), 10)) == 1
    assert resolver.step() == []
    clock.advance(seconds=61)
    assert len(resolver.step()) == 1


def test_a_process_that_died_while_sending_leaves_an_order_that_is_asked_after(
    client: DurableClient, resolver: Resolver, journal: Journal, bare: ChannelClient, clock: Clock, mock_channels: World
) -> None:
    prepared = bare.prepare(payout())
    client._begin(prepared, 5)  # and here the process ended, before it sent or after
    assert at(journal, PAYOUT).state is State.UNKNOWN
    clock.advance(seconds=11)
    resolver.step()
    clock.advance(seconds=300)
    resolver.step()
    assert at(journal, PAYOUT).state is State.PENDING
    assert len(mock_channels.books()["wechat"]["transfers"]) == 1


def test_a_closing_is_told_by_its_payment(
    client: DurableClient, resolver: Resolver, journal: Journal, mock_channels: World, clock: Clock
) -> None:
    client.pay(payment())
    lose(mock_channels, "/close")
    closed = client.close(CloseOrder(merchant_order_id="payment0001"))
    assert closed.outcome is Outcome.UNKNOWN
    clock.advance(seconds=31)
    resolver.step()
    assert at(journal, OrderKey("shop", "close", "payment0001")).state is State.SUCCEEDED
    assert at(journal, PAYMENT).state is State.FAILED


def test_notifications_settle_once_in_any_order(
    client: DurableClient, inbox: Inbox, journal: Journal, mock_channels: World
) -> None:
    lose(mock_channels, "/native")
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    (message,) = received(mock_channels)
    for _ in range(3):
        answer = inbox.take(message)
        assert (answer.status, answer.body) == (200, b'{"code":"SUCCESS"}')
    record = at(journal, PAYMENT)
    assert record.state is State.SUCCEEDED
    assert [event.source for event in events(journal, record)] == ["opened", "answered", "notified"]


def test_a_notification_of_an_order_that_is_not_ours_is_kept_and_acknowledged(
    bare: ChannelClient, inbox: Inbox, journal: Journal, mock_channels: World
) -> None:
    bare.pay(payment("others0001"))
    mock_channels.channels["wechat"].control("orders", "others0001", "pay", {})
    (message,) = received(mock_channels)
    assert inbox.take(message).status == 200
    (kept,) = unmatched(journal)
    assert (kept.merchant_id, kept.order_id) == ("others0001", None)


def test_success_after_a_recorded_failure_is_shown(
    client: DurableClient, inbox: Inbox, journal: Journal, mock_channels: World
) -> None:
    lose(mock_channels, "/native")
    client.pay(payment())
    journal.decided(PAYMENT, Outcome.FAILED, who=("王", "李"), why="a mistake")
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    inbox.take(received(mock_channels)[0])
    (record,) = conflicts(journal)
    assert (record.key, record.state) == (PAYMENT, State.SUCCEEDED)


def test_a_forged_notification_changes_nothing(
    client: DurableClient, inbox: Inbox, journal: Journal, mock_channels: World, mock_channel_keys: Path
) -> None:
    assert WechatConfig.from_directory(mock_channel_keys / "wechat").mchid
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    (message,) = received(mock_channels)
    forged = message.model_copy(update={"body": message.body.replace(b"TRANSACTION", b"TRANSACTIOM")})
    assert inbox.take(forged).status == 401
    assert at(journal, PAYMENT).state is State.PENDING
