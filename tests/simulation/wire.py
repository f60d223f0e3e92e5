"""The network between the SDK and the mocks, with seeded faults; and the way back, on which notifications are lost and forged."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx

from mocks.doors import transport
from mocks.world import World
from payment_channels import Inbound
from tests.simulation.channels import Side

LATE = 240
"""Seconds after which at most a request that hung somewhere arrives: less than the shortest quiet period of a channel."""
WAITED = 20
"""Seconds that a caller waits for an answer that does not come; on the virtual clock."""
FAULTS = {
    "never_left": "the connection is refused",
    "lost_on_the_way": "the request vanishes",
    "reply_lost": "executed, and the reply is lost",
    "executed_late": "the caller gives up, and then it is executed",
    "repeated": "executed, and the network delivers it once more later",
    "slow": "executed, and answered after the caller gave up",
    "killed_before": "the process dies before the request leaves",
    "killed_after": "executed, and the process dies before it reads the reply",
    # The rest is played by the mock:
    "executed_twice": "executed twice over, and the second reply is given",
    "half_body": "executed, and half of the reply arrives",
    "garbage": "executed, and answered with bytes that mean nothing",
    "bad_signature": "executed, and answered with a signature that does not verify",
    "unsigned": "executed, and answered without a signature",
    "server_error": "answered 502 by a proxy, not executed",
    "server_error_done": "executed, and answered 502 by a proxy",
    "unknown_state": "executed, and answered with a state that nobody has seen",
}
_PLAYED: dict[str, dict[str, Any]] = {
    **{name: {"kind": name} for name in ("executed_twice", "half_body", "garbage", "bad_signature", "unsigned", "server_error")},
    "server_error_done": {"kind": "server_error", "executed": True},
    "unknown_state": {"kind": "unknown_state", "state": "Z9"},
}
_RARE = {"killed_before": 1, "killed_after": 1}


class Killed(BaseException):
    """The process that was at work ends here."""


class Clock:
    """One clock for the journal, the adapters and the mocks; it begins tomorrow at noon in Beijing, and only moves by hand."""

    def __init__(self) -> None:
        self.start = datetime.combine(date.today() + timedelta(days=1), time(4, tzinfo=UTC))  # noqa: DTZ011  any day will do
        self.now = self.start

    def __call__(self) -> datetime:
        return self.now

    @property
    def seconds(self) -> float:
        """How long the simulation has lasted."""
        return (self.now - self.start).total_seconds()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Wire:
    """Every request of the SDK goes through ``answer``. With ``calm`` there are no faults."""

    world: World
    clock: Clock
    dice: random.Random
    rate: float
    calm: bool = False
    played: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    _late: list[tuple[float, int, Any]] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._door = transport(self.world)

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.clock.wait(0.05)
        if self.calm or self.dice.random() >= self.rate:
            return self._executed(request)
        names = list(FAULTS)
        fault = self.dice.choices(names, [_RARE.get(name, 4) for name in names])[0]
        self.played[fault] += 1
        if fault in _PLAYED:
            return self._by_the_mock(request, fault)
        return self._by_the_network(request, fault)

    def _executed(self, request: httpx.Request) -> httpx.Response:
        return self._door.handle_request(request)

    def _by_the_mock(self, request: httpx.Request, fault: str) -> httpx.Response:
        self.world.faults.add(dict(_PLAYED[fault]))
        try:
            return self._executed(request)
        finally:
            self.world.faults.clear()

    def _by_the_network(self, request: httpx.Request, fault: str) -> httpx.Response:
        if fault == "never_left":
            raise httpx.ConnectError("simulated", request=request)
        if fault == "killed_before":
            raise Killed
        if fault == "executed_late":
            self._arrives_later(request)
        elif fault != "lost_on_the_way":
            reply = self._executed(request)
            if fault == "killed_after":
                raise Killed
            if fault == "repeated":
                self._arrives_later(request)
                return reply
            if fault == "reply_lost":
                raise httpx.ReadError("simulated", request=request)
        self.clock.wait(WAITED)
        raise httpx.ReadTimeout("simulated", request=request)

    def _arrives_later(self, request: httpx.Request) -> None:
        due = self.clock.seconds + self.dice.uniform(WAITED, LATE)
        heapq.heappush(self._late, (due, next(self._numbers), request))

    @property
    def next_late(self) -> float | None:
        """When the next request arrives that hung somewhere."""
        return self._late[0][0] if self._late else None

    def arrive(self) -> None:
        """Let the requests arrive whose time has come; nobody reads the replies."""
        while self._late and self._late[0][0] <= self.clock.seconds:
            self._executed(heapq.heappop(self._late)[2])


@dataclass
class Mail:
    """Where the mocks post their notifications. ``give`` hands one to the merchant's inbox and returns what is answered."""

    sides: dict[str, Side]
    dice: random.Random
    rate: float
    give: Callable[[str, Inbound], tuple[int, str] | None]
    later: Callable[[float, str, Inbound], None]
    unchanged: Callable[[str, str, Inbound], None]
    count: Counter[str] = field(default_factory=Counter)
    seen: list[tuple[str, Inbound]] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str]:
        """Take a notification as ``World`` posts it, unless something happens to it on the way."""
        account = url.rpartition("/")[2]
        if account not in self.sides:  # an order that named no address of ours: the merchant learns of it by asking
            self.count["elsewhere"] += 1
            return None, "simulated"
        inbound = Inbound(body=body, headers=headers)
        self.count["posted"] += 1
        what = self.dice.choice(("lost", "duplicated", "late", "forged")) if self.dice.random() < self.rate else ""
        if what:
            self.count[what] += 1
        if what == "lost":
            return None, "simulated"
        self.seen.append((account, inbound))
        if what == "late":  # and so it overtakes others or is overtaken; the channel, unanswered, posts it again
            self.later(self.dice.uniform(1, 7200), account, inbound)
            return None, "simulated"
        if what == "forged":
            forgeries = list(self.sides[account].forger.forgeries(inbound))
            for name, forged in self.dice.sample(forgeries, k=min(2, len(forgeries))):
                self.unchanged(name, account, forged)
        answer = self.give(account, inbound)
        if what == "duplicated":
            self.give(account, inbound)
        return answer or (None, "simulated")

    def replay(self) -> None:
        """Hand in an old notification once more, as somebody would who recorded it."""
        if self.seen:
            self.count["replayed"] += 1
            self.give(*self.seen[self.dice.randrange(len(self.seen))])
