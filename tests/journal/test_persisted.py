"""What the journal writes down of an order can be read again: or it is refused before it is sent, or a person's at once."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from mocks.world import World
from payment_channels import InvalidRequestError, Outcome, PayoutOrder, Prepared
from payment_channels.journal import DurableClient, Journal, OrderKey, Resolver, State, persisted
from payment_channels.journal.looking import events, manual, verify
from payment_channels.journal.persisted import OrderUnreadableError
from tests.journal.conftest import Clock, payout

KEY = OrderKey("shop", "payout", "payout0001")


def forced(**fields: Any) -> PayoutOrder:
    """A payout changed as nobody should, past every check."""
    order = payout()
    vars(order).update(fields)
    return order


def test_what_could_not_be_read_again_is_not_sent(client: DurableClient, journal: Journal, mock_channels: World) -> None:
    with pytest.raises(InvalidRequestError, match="ordered_at"):
        client.payout(forced(ordered_at=payout().ordered_at.replace(tzinfo=None)))
    assert journal.find(KEY) is None
    assert mock_channels.books()["wechat"]["transfers"] == []


def without_zone(made: Prepared) -> bytes:
    """Write an order down as another version might have."""
    text = json.loads(made.model_dump_json())
    text["order"]["ordered_at"] = "2026-06-01T20:00:00"
    return json.dumps(text).encode()


def unreadable(client: DurableClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payout of whose sending nobody heard, written down as an earlier or a later version might have."""
    world.faults.add({"kind": "lose_reply", "path": "/transfer-bills", "method": "POST"})
    with monkeypatch.context() as patch:
        patch.setattr(persisted, "written", without_zone)
        assert client.payout(payout()).outcome is Outcome.UNKNOWN


def test_an_order_that_cannot_be_read_is_a_person_s_at_once_and_nobody_says_that_it_was_not_sent(
    client: DurableClient,
    resolver: Resolver,
    journal: Journal,
    mock_channels: World,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unreadable(client, mock_channels, monkeypatch)
    clock.advance(seconds=6)
    (done,) = resolver.step()
    assert (done.before, done.after, done.did) == (State.UNKNOWN, State.UNKNOWN, "waiting")
    (record,) = manual(journal)
    assert record.manual is not None
    assert "ordered_at" in record.manual
    assert "whether it was sent, its events say" in record.manual
    assert record.next_at is None
    for text in (record.manual, caplog.text):
        assert "nothing was sent" not in text
        assert "没有发送" not in text
    with pytest.raises(OrderUnreadableError, match="ordered_at"):
        client.send(KEY)
    assert len(mock_channels.books()["wechat"]["transfers"]) == 1
    assert [event.source for event in events(journal, record)] == ["opened", "answered"]
    ((_, faults),) = verify(journal)
    assert len(faults) == 1
    assert "what was prepared cannot be opened" in faults[0]


def test_what_is_read_is_what_was_written() -> None:
    made = Prepared(channel="wechat", order=payout(), wire={"a": "b"}, prepared_at=payout().ordered_at, key_id="K")
    assert persisted.read(persisted.written(made)) == made
    with pytest.raises(OrderUnreadableError, match=r"\(channel, order, prepared_at\)"):
        persisted.read(b"{}")
    vars(made)["key_id"] = None
    with pytest.raises(InvalidRequestError, match="key_id"):
        persisted.written(made)
    with pytest.raises(ValidationError):
        Prepared.model_validate_json("{}")
