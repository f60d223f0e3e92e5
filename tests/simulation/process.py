"""A process at work: the journal's file, and clients of one colour. Every other process of a story is asynchronous."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from payment_channels import Acknowledgement, AsyncChannelClient, BillQuery, BillResult, ChannelClient, Inbound
from payment_channels.channel import Channel
from payment_channels.journal import AsyncDurableClient, AsyncInbox, AsyncResolver, DurableClient, Inbox, Journal, Resolver
from payment_channels.model.results import Result
from tests.simulation.wire import Wire

TIMEOUT = 20


class Process:
    """What a merchant's process does, whatever its colour."""

    def pay(self, account: str, verb: str, order: Any) -> Result:
        """Hand an order to the durable client."""
        raise NotImplementedError

    def take(self, account: str, inbound: Inbound) -> Acknowledgement:
        """Hand a notification to the inbox."""
        raise NotImplementedError

    def bill(self, account: str, asked: BillQuery) -> BillResult:
        """Fetch a bill."""
        raise NotImplementedError

    def step(self) -> int:
        """Let the resolver look at what is due; return how many orders it looked at."""
        raise NotImplementedError

    def ask(self, account: str, verb: str, asked: Any) -> Result:
        """Ask the channel itself, past the journal."""
        raise NotImplementedError

    def end(self) -> None:
        """Leave nothing behind but the file."""


class Blocking(Process):
    """Threads' clients."""

    def __init__(self, journal: Journal, channels: Mapping[str, Channel], wire: Wire) -> None:
        """Start."""
        http = httpx.Client(transport=httpx.MockTransport(wire.answer))
        self._bare = {name: ChannelClient(one, http=http, timeout=TIMEOUT) for name, one in channels.items()}
        self._durable = {name: DurableClient(one, journal, account=name) for name, one in self._bare.items()}
        self._inboxes = {name: Inbox(one, journal, account=name) for name, one in self._bare.items()}
        self._resolver = Resolver(journal, self._bare, timeout=TIMEOUT, sleep=lambda _: None)

    def pay(self, account: str, verb: str, order: Any) -> Result:
        result: Result = getattr(self._durable[account], verb)(order)
        return result

    def take(self, account: str, inbound: Inbound) -> Acknowledgement:
        return self._inboxes[account].take(inbound)

    def bill(self, account: str, asked: BillQuery) -> BillResult:
        return self._bare[account].bill(asked)

    def step(self) -> int:
        return len(self._resolver.step())

    def ask(self, account: str, verb: str, asked: Any) -> Result:
        result: Result = getattr(self._bare[account], verb)(asked)
        return result


class Asynchronous(Process):
    """The same over asyncio, in a loop of the process's own."""

    def __init__(self, journal: Journal, channels: Mapping[str, Channel], wire: Wire) -> None:
        """Start."""

        async def answer(request: httpx.Request) -> httpx.Response:
            return wire.answer(request)

        self._runner = asyncio.Runner()
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        self._bare = {name: AsyncChannelClient(one, http=http, timeout=TIMEOUT) for name, one in channels.items()}
        self._durable = {name: AsyncDurableClient(one, journal, account=name) for name, one in self._bare.items()}
        self._inboxes = {name: AsyncInbox(one, journal, account=name) for name, one in self._bare.items()}
        self._resolver = AsyncResolver(journal, self._bare, timeout=TIMEOUT, sleep=_at_once)

    def pay(self, account: str, verb: str, order: Any) -> Result:
        result: Result = self._runner.run(getattr(self._durable[account], verb)(order))
        return result

    def take(self, account: str, inbound: Inbound) -> Acknowledgement:
        return self._runner.run(self._inboxes[account].take(inbound))

    def bill(self, account: str, asked: BillQuery) -> BillResult:
        return self._runner.run(self._bare[account].bill(asked))

    def step(self) -> int:
        return len(self._runner.run(self._resolver.step()))

    def ask(self, account: str, verb: str, asked: Any) -> Result:
        result: Result = self._runner.run(getattr(self._bare[account], verb)(asked))
        return result

    def end(self) -> None:
        self._runner.close()


async def _at_once(_: float) -> None:
    """Waiting for the channel's next free moment costs no time here."""
