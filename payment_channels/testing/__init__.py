"""The conformance kit: a class to subclass and two fixtures, and every promise of this SDK is tried on your channel.

::

    class TestMyChannel(ChannelConformance):
        usual_product = "native"

        @pytest.fixture
        def counterpart(self):
            return MyCounterpart(...)  # the other end of the wire: see ``Counterpart``

        @pytest.fixture
        def channel(self, counterpart, clock):
            return open_channel("mine", MyConfig(...), clock=clock)

Each check names the promise that it guards and, where it is broken, says what money did. What a channel does not
declare is skipped; nothing in here knows a channel by its name. It needs pytest, and httpx2 where both are to be tried.
"""

from payment_channels.testing.answers import Answers
from payment_channels.testing.caller import COLOURS, Caller, Colour
from payment_channels.testing.counterpart import Booked, Collected, Counterpart, Trouble
from payment_channels.testing.declared import Declared, Proved
from payment_channels.testing.kit import Kit, KitClock
from payment_channels.testing.printed import Printed
from payment_channels.testing.promises import Promise, PromiseBrokenError, keep

__all__ = [
    "COLOURS",
    "Booked",
    "Caller",
    "ChannelConformance",
    "Collected",
    "Colour",
    "Counterpart",
    "Kit",
    "KitClock",
    "Promise",
    "PromiseBrokenError",
    "Proved",
    "Trouble",
    "keep",
]


class ChannelConformance(Printed, Answers, Declared):
    """All checks. Subclass it in a test module, give it the two fixtures, and run pytest.

    pytest begins with the last base: payments and payouts that work come first, so ``pytest -x`` follows the work.
    """
