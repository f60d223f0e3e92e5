"""Notifications in waiting: what is to be posted where and when, on the business clock, until it is taken."""

import http.client
import ipaddress
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from mocks.clock import Clock
from mocks.control import ControlRefusedError

TIMEOUT_SECONDS = 5.0  # the channels wait so long for an answer
MOST = 50_000  # that are kept, posted or not
_LONGEST_ANSWER = 4096
Posted = tuple[int | None, str]
"""The HTTP status of the answer and its text; or None, and why there was none."""
Post = Callable[[str, dict[str, str], bytes], Posted]


@dataclass(eq=False)
class Notice:
    """One notification. ``write`` makes headers and body anew each time: a signature is never older than its posting."""

    number: int
    channel: str
    event: str
    about: str
    url: str
    write: Callable[[], tuple[dict[str, str], bytes]]
    waits: Sequence[int]
    due: datetime | None
    taken: bool = False
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        facts = {"number": self.number, "channel": self.channel, "event": self.event, "about": self.about, "url": self.url}
        due = self.due.isoformat(timespec="seconds") if self.due is not None else None
        return facts | {"taken": self.taken, "due": due, "attempts": self.attempts}


class Notices:
    """The notifications of one channel."""

    def __init__(
        self,
        clock: Clock,
        channel: str,
        taken: Callable[[int], bool] = lambda status: 200 <= status < 300,  # noqa: PLR2004
        word: str | Callable[[str], bool] | None = None,
    ) -> None:
        """Start without any. ``taken`` says which HTTP statuses make the channel believe that a notification has arrived.

        ``word`` is what the answer has to say as well, and nothing else, where the channel demands one; or it judges the answer.
        """
        self._clock = clock
        self._channel = channel
        self._taken = taken
        self._word = word
        self._numbers = itertools.count(1)
        self.all: list[Notice] = []
        self._waiting: list[Notice] = []

    def add(
        self, event: str, about: str, url: str, write: Callable[[], tuple[dict[str, str], bytes]], waits: Sequence[int]
    ) -> Notice:
        """Have a notification posted now, and after each of ``waits`` seconds until it is taken."""
        notice = Notice(next(self._numbers), self._channel, event, about, url, write, waits, self._clock.now())
        if len(self.all) >= MOST:  # the oldest goes, one that has ended if there is one
            self.all.remove(next((one for one in self.all if one.due is None), self.all[0]))
        self.all.append(notice)
        self._waiting.append(notice)
        return notice

    def due(self) -> list[Notice]:
        """Return what is to be posted now, the longest due first."""
        now = self._clock.now()
        self._waiting = [one for one in self._waiting if one.due is not None]
        return sorted((one for one in self._waiting if one.due is not None and one.due <= now), key=lambda one: one.due or now)

    def posted(self, notice: Notice, outcome: Posted) -> None:
        """Note what came of a posting, and when the next one is, counted from when this one was due."""
        status, text = outcome
        was_due = notice.due or self._clock.now()
        attempt: dict[str, Any] = {"at": was_due.isoformat(timespec="seconds"), "status": status}
        told = {"error": text} if status is None else {"answer": text} if self._word is not None else {}
        notice.attempts.append(attempt | told)
        said = self._word(text) if callable(self._word) else self._word in {None, text}
        taken = status is not None and self._taken(status) and said
        notice.taken = notice.taken or taken  # any other answer asks for it again
        number = len(notice.attempts)
        more = not notice.taken and number <= len(notice.waits)
        notice.due = was_due + timedelta(seconds=notice.waits[number - 1]) if more else None

    def of_number(self, number: str) -> Notice:
        """Return the notification of that number.

        Raises:
            ControlRefusedError: there is none.
        """
        found = next((one for one in self.all if str(one.number) == number), None)
        if found is None:
            raise ControlRefusedError(
                f"没有通知 {number}；GET /_mock/notifications 列出全部",
                f"no notification has the number {number}; GET /_mock/notifications shows them",
                status=404,
            )
        return found

    def again(self, notice: Notice) -> None:
        """Have it posted once more, as a channel may do at any time, even when it was taken."""
        if notice.due is None:
            self._waiting.append(notice)
        notice.due = self._clock.now()


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself, without asking any name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def post(url: str, headers: dict[str, str], body: bytes) -> Posted:
    """Post to this machine alone, by http; anything else is left, and said to be."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
            return None, "not posted: the mock posts to this machine alone, by http"
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS)
    except ValueError as error:  # a port that is none
        return None, f"not posted: {error}"
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_ANSWER).decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: letters that no request line can hold
        return None, f"{type(error).__name__}: {error}"
    finally:
        connection.close()
