"""What an exit status says, and how a command is stopped: between two orders at the first signal, at once at the second."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType

SLICE_SECONDS = 0.1


class Exit(IntEnum):
    """The exit statuses of ``journal`` and ``payout-batch``."""

    DONE = 0
    FOUND = 1  # somebody must look: a fault, a failed line, an order that is not there, an account that cannot be opened
    REFUSED = 2  # settings, file or command are wrong, or nobody said yes: nothing was sent
    UNAVAILABLE = 3  # the journal's database cannot be used: what was not written down was not sent
    UNRESOLVED = 4  # not at its end: something is unknown, pending or not sent; run it again later
    INTERRUPTED = 130  # stopped by a signal: what is known stands in the journal; run it again


class Stop:
    """Says whether a signal has asked to stop."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False

    def __call__(self) -> bool:
        """Say whether to stop."""
        return self.asked

    def sleep(self, seconds: float) -> None:
        """Wait, but not after somebody has asked to stop."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))


@contextmanager
def stopping() -> Iterator[Stop]:
    """Have SIGINT and SIGTERM ask to stop after what is under way; a second SIGINT interrupts that too."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may ask for signals
        return

    def asked(number: int, _frame: FrameType | None) -> None:
        if stop.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.asked = True

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
