"""An asynchronous verb that is cancelled, at whichever await: the journal has what may have left, and it is asked after."""

import asyncio
from typing import Any

import httpx
import pytest

from mocks.doors import async_transport
from mocks.world import World
from payment_channels import AsyncChannelClient, ChannelClient, Outcome
from payment_channels.journal import AsyncDurableClient, DurableClient, Journal, OrderKey, Resolver, State
from tests.journal.conftest import Clock, payout

KEY = OrderKey("shop", "payout", "payout0001")
PLACES = ["before begin", "after begin", "before sending", "after the answer", "before it is written", "after it is written"]


class Cancelling:
    """Counts the places that a verb awaits, and cancels the task at one of them."""

    def __init__(self, place: str) -> None:
        self.left = PLACES.index(place)

    def here(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise asyncio.CancelledError

    async def to_thread(self, work: Any, *given: Any, **named: Any) -> Any:
        """A thread that was begun goes on after its task was cancelled; one that was not never begins."""
        self.here()
        done = work(*given, **named)
        self.here()
        return done


class Wire(httpx.AsyncBaseTransport):
    """The mocks' door, with a place before a call and one after its answer."""

    def __init__(self, world: World, cancelling: Cancelling) -> None:
        self.door = async_transport(world)
        self.cancelling = cancelling

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.cancelling.here()
        answer = await self.door.handle_async_request(request)
        self.cancelling.here()
        return answer


@pytest.mark.parametrize("place", PLACES)
def test_what_a_cancelled_payout_may_have_done_is_known_to_the_journal_and_found_out(
    place: str,
    bare: ChannelClient,
    client: DurableClient,
    journal: Journal,
    resolver: Resolver,
    mock_channels: World,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cancelling, order = Cancelling(place), payout()

    async def cancelled() -> None:
        async with httpx.AsyncClient(transport=Wire(mock_channels, cancelling)) as http:
            durable = AsyncDurableClient(AsyncChannelClient(bare.channel, http=http, timeout=5), journal, account="shop")
            await durable.payout(order)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "to_thread", cancelling.to_thread)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled())
    arrived = bool(mock_channels.books()["wechat"]["transfers"])
    assert arrived is (PLACES.index(place) > PLACES.index("before sending"))
    found = journal.find(KEY)
    if place == "before begin":
        assert found is None
        return
    assert found is not None
    assert (found.state, found.next_at is not None) == (State.PENDING if place == PLACES[-1] else State.UNKNOWN, True)
    assert client.payout(order).outcome is Outcome(found.state.value)  # the same order again sends nothing: it may be on its way
    assert len(mock_channels.books()["wechat"]["transfers"]) == arrived
    for _ in range(4):
        clock.advance(minutes=10)
        resolver.step()
    after = journal.find(KEY)
    assert after is not None
    assert after.state is State.PENDING  # found, or sent once more where it was found nowhere: the payee has yet to confirm it
    assert len(mock_channels.books()["wechat"]["transfers"]) == 1
