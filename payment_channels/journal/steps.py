"""How work that asks a channel and writes to the journal is written once: as steps, and the two drivers that take them.

A blocking driver does each step where it stands; on asyncio the channel is awaited, and the journal's own work is done
beside the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from payment_channels.channel import Verb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """A verb of a client, which is blocking or asynchronous as its driver is; ``timeout`` in seconds."""

    client: Any
    verb: Verb
    asked: Any
    timeout: float

    def do(self) -> Any:
        """Return the result, or what is to be awaited for it."""
        return getattr(self.client, self.verb)(self.asked, timeout=self.timeout)


@dataclass(frozen=True, slots=True)
class Work:
    """The journal's own: it may wait for a disk or a database."""

    do: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is done for so many seconds."""

    seconds: float


Steps = Generator[Ask | Work | Pause, Any, T]


def take(steps: Steps[T], sleep: Callable[[float], None]) -> T:
    """Take all steps, blocking; what one of them raises is raised where it was asked for."""
    try:
        step = next(steps)
        while True:
            try:
                answer: Any = None
                if isinstance(step, Pause):
                    sleep(step.seconds)
                else:
                    answer = step.do()
            except Exception as failure:  # noqa: BLE001  the steps decide what a failure means
                step = steps.throw(failure)
            else:
                step = steps.send(answer)
    except StopIteration as stop:
        done: T = stop.value
        return done
    finally:
        steps.close()


async def atake(steps: Steps[T], sleep: Callable[[float], Awaitable[None]]) -> T:
    """Take all steps on asyncio."""
    try:
        step = next(steps)
        while True:
            try:
                answer: Any = None
                if isinstance(step, Pause):
                    await sleep(step.seconds)
                elif isinstance(step, Ask):
                    answer = await step.do()
                else:
                    answer = await asyncio.to_thread(step.do)
            except Exception as failure:  # noqa: BLE001  the steps decide what a failure means
                step = steps.throw(failure)
            else:
                step = steps.send(answer)
    except StopIteration as stop:
        done: T = stop.value
        return done
    finally:
        steps.close()
