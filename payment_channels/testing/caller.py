"""One way to call a channel in either colour and over either HTTP library, so that a check is written once."""

import asyncio
import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Self

from payment_channels.channel import Channel
from payment_channels.client import AsyncChannelClient, ChannelClient
from payment_channels.testing.counterpart import Counterpart


@dataclass(frozen=True, slots=True)
class Colour:
    """A way to call: blocking or asynchronous, over httpx or httpx2."""

    library: str
    asynchronous: bool

    def __str__(self) -> str:
        """Name it in a test's id."""
        return f"{'async' if self.asynchronous else 'sync'}-{self.library}"

    @property
    def available(self) -> bool:
        """Whether the library is installed."""
        return importlib.util.find_spec(self.library) is not None


COLOURS = tuple(Colour(library, asynchronous) for library in ("httpx", "httpx2") for asynchronous in (False, True))


class Caller:
    """A client whose verbs are called alike, whatever its colour: ``caller.pay(order)`` returns the result."""

    def __init__(self, channel: Channel, colour: Colour, http: Any) -> None:
        """Make the client over an HTTP client of the colour."""
        self.channel = channel
        self.colour = colour
        self._http = http
        self._loop = asyncio.Runner() if colour.asynchronous else None
        made = AsyncChannelClient if colour.asynchronous else ChannelClient
        self.client: Any = made(channel, http=http)

    @classmethod
    def to(cls, counterpart: Counterpart, channel: Channel, colour: Colour) -> Self:
        """Make a caller that leads to a counterpart."""
        library = importlib.import_module(colour.library)
        return cls(channel, colour, counterpart.http(library, asynchronous=colour.asynchronous))

    @classmethod
    def to_nowhere(cls, channel: Channel, colour: Colour) -> Self:
        """Make a caller whose connections are refused: nothing ever leaves."""
        library = importlib.import_module(colour.library)

        def refused(request: Any) -> Any:
            raise library.ConnectError("connection refused", request=request)

        made = library.AsyncClient if colour.asynchronous else library.Client
        return cls(channel, colour, made(transport=library.MockTransport(refused)))

    def __getattr__(self, verb: str) -> Any:
        """Return a verb as a plain function."""
        method = getattr(self.client, verb)
        if self._loop is None:
            return method
        loop = self._loop
        return lambda *arguments, **options: loop.run(method(*arguments, **options))

    def end(self) -> None:
        """Close the connections and the loop."""
        if self._loop is None:
            self._http.close()
            return
        self._loop.run(self._http.aclose())
        self._loop.close()
