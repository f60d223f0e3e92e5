"""The two drivers: whatever work with a key raises comes to its exchange, which decides what it means."""

import asyncio
from typing import Any, NoReturn

import pytest

from payment_channels.channel.wire import Exchange, Work
from payment_channels.transport.drive import adrive, drive


class Nothing:
    """No network: these exchanges have nothing to send."""

    def send(self, *_: object) -> Any:
        raise AssertionError


def trying(defect: Exception) -> Exchange[str]:
    def key_work() -> NoReturn:
        raise defect

    try:
        yield Work(key_work)
    except Exception as heard:  # noqa: BLE001  whatever comes
        return type(heard).__name__
    return "nothing"


@pytest.mark.parametrize(
    "defect", [ValueError("x"), StopIteration("no key left"), TimeoutError()], ids=lambda one: type(one).__name__
)
def test_what_work_with_a_key_raises_is_heard_in_both_colours(defect: Exception) -> None:
    """A search for a key that finds none may raise StopIteration, which no future can carry: nobody may wait for it."""

    async def run() -> str:
        return await asyncio.wait_for(adrive(trying(defect), Nothing(), 5), 5)

    heard = "RuntimeError" if isinstance(defect, StopIteration) else type(defect).__name__
    assert asyncio.run(run()) == heard
    assert drive(trying(defect), Nothing(), 5) == type(defect).__name__
