"""All mock channels on one origin: finds whose a request is, plays the faults that were asked for, and keeps the log."""

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from mocks.clock import Clock
from mocks.faults import Fault, Faults
from mocks.notices import Notice, Notices, Post, post
from mocks.panel import PREFIX, Panel
from mocks.wire import Ending, MockReply, MockRequest

_KEPT = 1000  # requests in the log
_LONGEST = 8192  # characters of one text in it: the log stays small, whatever is sent
_TOKEN = re.compile(r"(token=)[^&]+")
_ENDINGS = {"lose_reply": Ending.LOST, "reset": Ending.RESET, "half_body": Ending.HALF}
# Not as long as many a JSON answer, no UTF-8, and no JSON.
_GARBAGE = bytes(range(255, 127, -3)) + b"\x00{]"
_PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def _short(value: Any) -> Any:
    """Return what is logged with long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value


class Channel(Protocol):
    """What the world asks of a mock channel."""

    name: str

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's: the longest beginning that it claims, 0 for none."""

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request, and play a fault of the kinds that only the channel can."""

    def controls(self) -> dict[str, list[str]]:
        """Return the verbs of ``control``, by the things that they happen to."""

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what a payer, a bank or an operator would do."""

    def books(self) -> dict[str, Any]:
        """Return what happened."""

    def reset(self) -> None:
        """Forget what happened."""

    def tick(self) -> None:
        """Let time do its work."""

    @property
    def notices(self) -> Notices:
        """The notifications in waiting."""


class World:
    """One handler for everything. It may be used from many threads; requests are done one at a time."""

    def __init__(self, channels: Sequence[Channel], clock: Clock, post: Post = post) -> None:
        """Open with empty books; ``post`` may be given to receive notifications without a socket."""
        self._post = post
        self._posting = threading.Lock()
        self._closed = threading.Event()
        self.channels = {channel.name: channel for channel in channels}
        self.clock = clock
        self.faults = Faults()
        self.log: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._late: list[tuple[int, Channel, MockRequest]] = []
        self._lock = threading.RLock()
        self._panel = Panel(self)
        self._count = 0

    def handle(self, request: MockRequest) -> MockReply:
        """Answer one request, whoever's it is."""
        with self._lock:
            if request.path.startswith(PREFIX):
                return self._panel.handle(request)
            return self._channel_reply(request)

    def tick(self) -> None:
        """Let time do its work everywhere."""
        with self._lock:
            for channel in self.channels.values():
                channel.tick()

    def deliver(self) -> list[dict[str, Any]]:
        """Post the notifications that are due, and return them; nobody is kept waiting meanwhile.

        The server does so by itself. Within a process, whoever tests says when.
        """
        if not self._posting.acquire(blocking=False):
            return []
        try:
            done: list[Notice] = []
            while due := self._due():
                for notices, notice in due:
                    if self._closed.is_set():
                        return [one.shown() for one in done]
                    if self.channels[notice.channel].notices is not notices:
                        continue  # the world was emptied meanwhile
                    headers, body = notice.write()
                    outcome = self._post(notice.url, headers, body)
                    with self._lock:
                        notices.posted(notice, outcome)
                    done.append(notice)
            return [notice.shown() for notice in dict.fromkeys(done)]
        finally:
            self._posting.release()

    def close(self) -> None:
        """Post no more notifications: whoever does not answer them holds up no end."""
        self._closed.set()

    def _due(self) -> list[tuple[Notices, Notice]]:
        self.tick()
        with self._lock:
            return [(channel.notices, notice) for channel in self.channels.values() for notice in channel.notices.due()]

    def reset(self) -> None:
        """Start anew: empty books and log, no faults, real time."""
        with self._lock:
            self.clock.reset()
            self.faults.clear()
            self._late.clear()
            self.log.clear()
            for channel in self.channels.values():
                channel.reset()

    def books(self) -> dict[str, Any]:
        """Return the books of every channel by its name."""
        with self._lock:
            return {name: channel.books() for name, channel in self.channels.items()}

    def _channel_reply(self, request: MockRequest) -> MockReply:
        # Channels share beginnings (as /v3/): who claims the longest one has it, in whichever order they were opened.
        channel = max(self.channels.values(), key=lambda one: one.owns(request.path), default=None)
        if channel is None or not channel.owns(request.path):
            return self._logged(
                None, request, MockReply(404, note={"reason": "no channel has such a path; GET /_mock/ shows what there is"})
            )
        fault = self.faults.take(channel.name, request)
        reply = self._played(channel, request, fault) if fault is not None else channel.handle(request)
        self._logged(channel, request, reply, fault)
        self._do_late_ones()
        return reply

    def _played(self, channel: Channel, request: MockRequest, fault: Fault) -> MockReply:
        options = fault.options
        if fault.kind == "executed_late":
            self._late.append((options.get("after", 1) + 1, channel, request))
            return MockReply(504, note={"reason": "to be executed later"}, ending=Ending.LOST)
        if fault.kind == "server_error":
            executed = channel.handle(request).note if options.get("executed") else {}
            status = options.get("http_status", 502)
            return MockReply(
                status, {"Content-Type": "text/html"}, _PROXY_PAGE.replace(b"502", str(status).encode()), note=executed
            )
        if fault.kind == "executed_twice":
            channel.handle(request)
        reply = channel.handle(request, fault)
        if fault.kind == "garbage":
            return replace(reply, status=200, body=_GARBAGE)
        if fault.kind == "delay":
            return replace(reply, delay=float(options["seconds"]))
        return reply.ended(_ENDINGS.get(fault.kind, Ending.WHOLE))

    def _do_late_ones(self) -> None:
        waiting = [(left - 1, channel, request) for left, channel, request in self._late]
        self._late = [entry for entry in waiting if entry[0] > 0]
        for left, channel, request in waiting:
            if left == 0:
                self._logged(channel, request, channel.handle(request).noted(late="executed after its caller had gone"))

    def _logged(self, channel: Channel | None, request: MockRequest, reply: MockReply, fault: Fault | None = None) -> MockReply:
        self._count += 1
        entry = {
            "number": self._count,
            "time": self.clock.real().isoformat(timespec="milliseconds"),
            "channel": channel.name if channel is not None else None,
            "method": request.method,
            "target": _short(_TOKEN.sub(r"\1***", request.target)),
            "status": reply.status,
            **_short(reply.note),
        }
        if fault is not None:
            entry["fault"] = fault.kind
        if reply.ending is not Ending.WHOLE:
            entry["ending"] = reply.ending.value
        self.log.append(entry)
        return reply

    def serves(self) -> Iterator[str]:
        """Return what can be asked for, a line each."""
        for name, channel in self.channels.items():
            for line in channel.serves():
                yield f"{name}: {line}"
        for line in self._panel.serves():
            yield f"control: {line}"
