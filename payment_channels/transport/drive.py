"""The two drivers: they run an exchange step by step over a transport, one blocking, one asynchronous."""

import asyncio
from time import monotonic
from typing import Any, Protocol, TypeVar

from payment_channels.channel.wire import Exchange, HttpCall, HttpReply, TransportFailure, Work

T = TypeVar("T")


class Transport(Protocol):
    """Carries calls. ``seconds`` is what is left of the verb's time."""

    def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Return the answer, or raise ``TransportFailure``."""


class AsyncTransport(Protocol):
    """Carries calls without blocking the loop."""

    async def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Return the answer, or raise ``TransportFailure``."""


def drive(exchange: Exchange[T], transport: Transport, timeout: float) -> T:
    """Run an exchange to its end; ``timeout`` in seconds covers all of its calls together."""
    deadline = monotonic() + timeout
    try:
        step = next(exchange)
        while True:
            try:
                answer = transport.send(step, _left(deadline)) if isinstance(step, HttpCall) else step.call()
            except Exception as failure:  # noqa: BLE001  the exchange decides what a failure means
                step = exchange.throw(failure)
            else:
                step = exchange.send(answer)
    except StopIteration as stop:
        done: T = stop.value
        return done
    finally:
        exchange.close()


async def adrive(exchange: Exchange[T], transport: AsyncTransport, timeout: float) -> T:  # noqa: ASYNC109  one deadline for all calls
    """Run an exchange to its end on asyncio; slow work with keys goes to a thread."""
    deadline = monotonic() + timeout
    try:
        step = next(exchange)
        while True:
            try:
                if isinstance(step, HttpCall):
                    answer = await transport.send(step, _left(deadline))
                else:
                    answer = await asyncio.to_thread(_worked, step)
            except Exception as failure:  # noqa: BLE001  the exchange decides what a failure means
                step = exchange.throw(failure)
            else:
                step = exchange.send(answer)
    except StopIteration as stop:
        done: T = stop.value
        return done
    finally:
        exchange.close()


def _worked(step: Work) -> Any:
    """Do it in a thread. No future of Python 3.11 can carry a StopIteration: whoever awaits one waits for ever."""
    try:
        return step.call()
    except StopIteration as error:
        reason = "work with a key raised StopIteration"
        raise RuntimeError(reason) from error


def _left(deadline: float) -> float:
    seconds = deadline - monotonic()
    if seconds <= 0:
        reason = "no time is left for this call"
        raise TransportFailure(reason, maybe_sent=False)
    return seconds
